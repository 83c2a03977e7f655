// Package pgtest gives tests a private PostgreSQL: a server in a directory of its own,
// reached by a Unix socket only, without fsync, that ends with the test program
// however that ends. Tests of one program share a server ([Shared]), those that stop
// or freeze it start one for themselves ([Start]).
//
// It is for tests only, knows none of our tables, and installs nothing: where PostgreSQL is
// missing, tests are skipped and say so.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL server. It is not for concurrent use where it is stopped.
type Server struct {
	directory string
	settings  []string
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

// Need skips the test where PostgreSQL is not installed.
func Need(t testing.TB) {
	t.Helper()
	if programs() == "" {
		t.Skip("PostgreSQL is not installed (Debian package postgresql)")
	}
}

// identity is whom PostgreSQL runs as: never root.
func identity() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil //nolint:nilnil // as who runs the test
	}
	postgres, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(postgres.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(postgres.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// Start makes a server, which ends with Close. Settings (name=value) are added to those
// that make a server of tests: fsync=on, where it matters how long a commit takes.
func Start(settings ...string) (*Server, error) {
	who, err := identity()
	if err != nil {
		return nil, err
	}
	// Not t.TempDir: the path of a socket has room for 107 bytes.
	directory, err := os.MkdirTemp("/tmp", "ktpg")
	if err != nil {
		return nil, err
	}
	s := &Server{directory: directory, settings: settings}
	if who != nil {
		if err := os.Chown(directory, int(who.Uid), int(who.Gid)); err != nil {
			return nil, err
		}
	}
	initdb := exec.Command(programs()+"/initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-D", directory+"/data") //nolint:noctx // a second
	initdb.Dir, initdb.SysProcAttr = "/", &syscall.SysProcAttr{Credential: who}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s, s.Resume()
}

// Resume starts a server that was halted, with what it held. It runs behind a shell that
// waits for our end of a pipe to close, so that it does not outlive a test that is
// killed.
func (s *Server) Resume() error {
	who, err := identity()
	if err != nil {
		return err
	}
	script := `"$0" "$@" >log 2>&1 & server=$!
		read -r end; kill -QUIT $server; wait`
	args := []string{"-c", script, programs() + "/postgres", "-D", "data", "-k", s.directory}
	for _, setting := range append([]string{"listen_addresses=", "fsync=off", "full_page_writes=off", "max_connections=200"}, s.settings...) {
		args = append(args, "-c", setting)
	}
	s.process = exec.Command("/bin/sh", args...) //nolint:noctx // ends with Halt
	s.process.Dir, s.process.SysProcAttr = s.directory, &syscall.SysProcAttr{Credential: who}
	if s.stop, err = s.process.StdinPipe(); err != nil {
		return err
	}
	if err := s.process.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		connection, err := pgx.Connect(context.Background(), s.Address("postgres"))
		if err == nil {
			return connection.Close(context.Background())
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("PostgreSQL did not start: %w", err)
		}
	}
}

// Halt stops the server at once, as if its machine had lost power.
func (s *Server) Halt() error {
	err := s.stop.Close()
	_ = s.process.Wait() // how it ended is how it was made to end
	return err
}

// Freeze stops the server's processes where they are: it takes connections and answers
// nothing, as a machine behind a broken network does, until it is thawed.
func (s *Server) Freeze() error { return s.signal(syscall.SIGSTOP) }

// Thaw has a frozen server go on.
func (s *Server) Thaw() error { return s.signal(syscall.SIGCONT) }

// signal reaches the server and its children, but not the shell that guards them.
func (s *Server) signal(number syscall.Signal) error {
	first, err := os.ReadFile(filepath.Join(s.directory, "data", "postmaster.pid"))
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(first), "\n")
	server, err := strconv.Atoi(line)
	if err != nil {
		return err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", server, server))
	if err != nil {
		return err
	}
	for _, field := range append([]string{line}, strings.Fields(string(children))...) {
		process, err := strconv.Atoi(field)
		if err == nil {
			err = syscall.Kill(process, number)
		}
		if err != nil && !errors.Is(err, syscall.ESRCH) { // ended just now
			return err
		}
	}
	return nil
}

// Close ends the server and removes what it held.
func (s *Server) Close() error {
	err := s.Halt()
	os.RemoveAll(s.directory)
	return err
}

// Address is a database's address.
func (s *Server) Address(database string) string {
	return "postgres:///" + database + "?" + url.Values{"host": {s.directory}, "user": {"postgres"}}.Encode()
}

// Create makes a database; clause is "" or the rest of the statement.
func (s *Server) Create(database, clause string) error {
	connection, err := pgx.Connect(context.Background(), s.Address("postgres"))
	if err != nil {
		return err
	}
	defer connection.Close(context.Background())
	_, err = connection.Exec(context.Background(), "CREATE DATABASE "+database+" "+clause)
	return err
}
