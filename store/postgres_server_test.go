package store

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is a private PostgreSQL in a directory of its own, reached by a Unix socket
// only, without fsync.
type server struct {
	directory string
	stop      io.Closer // ends the process, and would end it if this one died
	process   *exec.Cmd
}

// programs finds PostgreSQL's programs, the newest version's.
var programs = sync.OnceValue(func() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) > 0 {
		return filepath.Dir(slices.Max(found))
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path)
	}
	return ""
})

// identity is whom PostgreSQL runs as: never root.
func identity() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	postgres, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.ParseUint(postgres.Uid, 10, 32)
	gid, _ := strconv.ParseUint(postgres.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// startServer makes a server, which ends with close.
func startServer() (*server, error) {
	who, err := identity()
	if err != nil {
		return nil, err
	}
	// Not t.TempDir: the path of a socket has room for 107 bytes.
	directory, err := os.MkdirTemp("/tmp", "ktpg")
	if err != nil {
		return nil, err
	}
	s := &server{directory: directory}
	if who != nil {
		if err := os.Chown(directory, int(who.Uid), int(who.Gid)); err != nil {
			return nil, err
		}
	}
	initdb := exec.Command(programs()+"/initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-D", directory+"/data")
	initdb.Dir, initdb.SysProcAttr = "/", &syscall.SysProcAttr{Credential: who}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s, s.start()
}

// start runs the server behind a shell that waits for our end of a pipe to close, so
// that it does not outlive a test that is killed.
func (s *server) start() error {
	who, err := identity()
	if err != nil {
		return err
	}
	script := `"$0" -D data -k "$PWD" -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=200 >log 2>&1 & server=$!
		read -r end; kill -QUIT $server; wait`
	s.process = exec.Command("/bin/sh", "-c", script, programs()+"/postgres")
	s.process.Dir, s.process.SysProcAttr = s.directory, &syscall.SysProcAttr{Credential: who}
	if s.stop, err = s.process.StdinPipe(); err != nil {
		return err
	}
	if err := s.process.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		connection, err := pgx.Connect(context.Background(), s.address("postgres"))
		if err == nil {
			return connection.Close(context.Background())
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("PostgreSQL did not start: %w", err)
		}
	}
}

// halt stops the server at once, as if its machine had lost power.
func (s *server) halt() {
	s.stop.Close()
	_ = s.process.Wait()
}

func (s *server) close() {
	s.halt()
	os.RemoveAll(s.directory)
}

func (s *server) address(database string) string {
	return "postgres:///" + database + "?" + url.Values{"host": {s.directory}, "user": {"postgres"}}.Encode()
}

// shared is the server of all tests that do not stop it, started by the first.
var shared struct {
	once   sync.Once
	server *server
	err    error
	number int
	mutex  sync.Mutex
}

// needPostgres skips the test where PostgreSQL is not installed.
func needPostgres(t testing.TB) {
	t.Helper()
	if programs() == "" {
		t.Skip("PostgreSQL is not installed (Debian package postgresql)")
	}
}

// newDatabase makes a database with all tables in the shared server and gives its
// address: a copy of one that was opened, which is faster than making the tables anew.
func newDatabase(t testing.TB) string { return createDatabase(t, " TEMPLATE opened") }

// createDatabase makes a database as the clause says.
func createDatabase(t testing.TB, clause string) string {
	t.Helper()
	needPostgres(t)
	shared.once.Do(func() {
		if shared.server, shared.err = startServer(); shared.err != nil {
			return
		}
		if shared.err = shared.server.create("opened"); shared.err != nil {
			return
		}
		s, err := Open(t.Context(), Options{Database: shared.server.address("opened")})
		if err == nil {
			err = s.Close()
		}
		shared.err = err
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	shared.mutex.Lock() // also because one template serves one copy at a time
	defer shared.mutex.Unlock()
	shared.number++
	name := fmt.Sprintf("test%d", shared.number)
	if err := shared.server.create(name + clause); err != nil {
		t.Fatal(err)
	}
	return shared.server.address(name)
}

func (s *server) create(database string) error {
	connection, err := pgx.Connect(context.Background(), s.address("postgres"))
	if err != nil {
		return err
	}
	defer connection.Close(context.Background())
	_, err = connection.Exec(context.Background(), "CREATE DATABASE "+database)
	return err
}

func TestMain(m *testing.M) {
	if file := os.Getenv(crashFile); file != "" {
		os.Exit(writeUntilKilled(file))
	}
	code := m.Run()
	if shared.server != nil {
		shared.server.close()
	}
	os.Exit(code)
}
