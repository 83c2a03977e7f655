package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/sample"
)

// served is a database with units and accounts, a throwaway CA, and `kytiem serve` as a
// process of its own, which can be killed and started again.
type served struct {
	t     *testing.T
	dir   string
	env   []string // settings of the service
	url   string
	units []*office
	admin string // token

	ca      *devca
	process *exec.Cmd
	log     *lockedBuffer

	// impatient says that clients do not wait until a claim of a server that died is stale,
	// but take another key: what died without an answer did nothing.
	impatient bool
}

// office is one unit with who works there and the head's key.
type office struct {
	bundle.Unit
	tokens map[attest.Role]string
	key    crypto.Signer
	chain  [][]byte
}

// lockedBuffer is what a process says, while it says it.
type lockedBuffer struct {
	mutex sync.Mutex
	bytes bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.bytes.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.bytes.String()
}

// newServed makes all but the process; database is a path or an address.
func newServed(t *testing.T, database string, codes ...string) *served {
	t.Helper()
	s := &served{t: t, dir: t.TempDir(), log: &lockedBuffer{}}
	var heads []profile
	for n, code := range codes {
		unit, ok := sample.Unit(code)
		if !ok || unit.Identifier == "" {
			t.Fatalf("no sample unit %s with an identifier", code)
		}
		head := headOf(unit)
		head["name"] = fmt.Sprintf("head%d", n)
		heads = append(heads, head)
		s.units = append(s.units, &office{Unit: unit, tokens: make(map[attest.Role]string)})
	}
	var err error
	if s.ca, err = spawnDevca(t.Context(), s.dir, heads); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.ca.stop)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	s.url = "http://" + address
	temp := filepath.Join(s.dir, "temp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	s.env = []string{"KYTIEM_LISTEN=" + address, "KYTIEM_DATABASE=" + database, "KYTIEM_TRUST=" + filepath.Join(s.dir, "trust"),
		"KYTIEM_REVOCATION=private", "KYTIEM_TEMP=" + temp, "KYTIEM_LOG_LEVEL=warn"}
	s.visit(serving, s.furnish)
	return s
}

// visit opens the database within this process, while nobody serves it.
func (s *served) visit(to purpose, do func(ctx context.Context, one *service) error) {
	s.t.Helper()
	o, err := readSettings(s.env)
	if err == nil {
		ctx := context.WithoutCancel(s.t.Context())
		err = o.with(ctx, s.log, to, func(one *service) error { return do(ctx, one) })
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// furnish enters units, and accounts with their tokens and keys.
func (s *served) furnish(ctx context.Context, one *service) error {
	if err := seedUnits(ctx, one); err != nil {
		return err
	}
	account := func(role attest.Role, unit string) (string, error) {
		a, err := one.AddAccount(ctx, attest.Operator(), "Mẫu", role, unit)
		if err != nil {
			return "", err
		}
		issued, err := one.IssueToken(ctx, attest.Operator(), a.ID, 0)
		return issued.Secret, err
	}
	var err error
	if s.admin, err = account(attest.Admin, ""); err != nil {
		return err
	}
	for n, o := range s.units {
		for _, role := range []attest.Role{attest.Health, attest.Police, attest.Head} {
			if o.tokens[role], err = account(role, o.Code); err != nil {
				return err
			}
		}
		if err := o.take(s.ca.key(fmt.Sprintf("head%d", n))); err != nil {
			return err
		}
	}
	return nil
}

// take reads the head's key.
func (o *office) take(path string) error {
	packed, err := os.ReadFile(path + ".p12")
	if err != nil {
		return err
	}
	password, err := os.ReadFile(path + ".pass")
	if err != nil {
		return err
	}
	key, leaf, others, err := pkcs12.DecodeChain(packed, strings.TrimSpace(string(password)))
	if err != nil {
		return err
	}
	o.key, o.chain = key.(crypto.Signer), raw(append([]*x509.Certificate{leaf}, others...))
	return nil
}

// start starts the service, waits until it is ready, and tells how long that took.
func (s *served) start() time.Duration {
	s.t.Helper()
	began := time.Now()
	s.process = exec.Command("kytiem", "serve")
	s.process.Env = append(os.Environ(), s.env...)
	s.process.Stderr = s.log
	out, err := s.process.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	s.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.Contains(line, s.url) {
		s.t.Fatalf("the service did not start: %q, %v\n%s", line, err, s.log)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return time.Since(began)
}

// kill ends the service as a power cut would.
func (s *served) kill() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
}

// stop asks the service to end, which it must do well.
func (s *served) stop() {
	s.t.Helper()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	if err := s.process.Wait(); err != nil {
		s.t.Errorf("stopping: %v\n%s", err, s.log)
	}
}
