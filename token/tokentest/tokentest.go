// Package tokentest gives tests tokens made of files (SoftHSM, filled by pkcs11-tool), the
// program kytiem-token, and a library that misbehaves as tokens on desks do. It is for tests
// only, and installs nothing: what is missing is told by an error that is ErrMissing.
package tokentest

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ErrMissing is a program that is not installed.
var ErrMissing = errors.New("not installed")

// PIN is that of every token made here.
const PIN = "482913"

// Tokens is a directory of SoftHSM's tokens.
type Tokens struct {
	Module string // SoftHSM's library
	Conf   string // for SOFTHSM2_CONF
}

// New makes a directory without tokens.
func New(dir string) (*Tokens, error) {
	s := &Tokens{Conf: filepath.Join(dir, "softhsm2.conf")}
	for _, path := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"} {
		if _, err := os.Stat(path); err == nil {
			s.Module = path
		}
	}
	if s.Module == "" {
		return nil, fmt.Errorf("SoftHSM (Debian package softhsm2): %w", ErrMissing)
	}
	if _, err := exec.LookPath("pkcs11-tool"); err != nil {
		return nil, fmt.Errorf("pkcs11-tool (Debian package opensc): %w", ErrMissing)
	}
	held := filepath.Join(dir, "tokens")
	if err := os.MkdirAll(held, 0o700); err != nil {
		return nil, err
	}
	return s, os.WriteFile(s.Conf, []byte("directories.tokendir = "+held+"\nobjectstore.backend = file\nlog.level = ERROR\n"), 0o600)
}

// Need makes a directory of tokens for one test, with SOFTHSM2_CONF set; the test is
// skipped where it cannot be had.
func Need(t testing.TB) *Tokens {
	t.Helper()
	s, err := New(t.TempDir())
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", s.Conf)
	return s
}

// Make initialises a token and returns its serial number.
func (s *Tokens) Make(label string) (serial string, err error) {
	before, err := s.serials()
	if err != nil {
		return "", err
	}
	if err := s.run("softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "87654321", "--pin", PIN); err != nil {
		return "", err
	}
	after, err := s.serials()
	for now := range after {
		if !before[now] {
			serial = now
		}
	}
	return serial, err
}

func (s *Tokens) serials() (map[string]bool, error) {
	show := exec.CommandContext(context.Background(), "softhsm2-util", "--show-slots")
	show.Env = append(os.Environ(), "SOFTHSM2_CONF="+s.Conf)
	out, err := show.Output()
	serials := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "Serial number:"); ok && strings.TrimSpace(value) != "" {
			serials[strings.TrimSpace(value)] = true
		}
	}
	return serials, err
}

// PutCertificate writes a certificate onto the token with that serial number.
func (s *Tokens) PutCertificate(serial string, id []byte, label string, certificate *x509.Certificate) error {
	return s.put(serial, certificate.Raw, "--type", "cert", "--id", hex.EncodeToString(id), "--label", label)
}

// PutKey writes a private key onto it; options are pkcs11-tool's, such as --always-auth.
func (s *Tokens) PutKey(serial string, id []byte, key crypto.Signer, options ...string) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return s.put(serial, der, append([]string{"--type", "privkey", "--usage-sign", "--id", hex.EncodeToString(id), "--label", "key"}, options...)...)
}

func (s *Tokens) put(serial string, content []byte, options ...string) error {
	file := filepath.Join(filepath.Dir(s.Conf), "object")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		return err
	}
	defer os.Remove(file)
	args := []string{"--module", s.Module, "--login", "--pin", PIN, "--write-object", file}
	slot, err := s.slot(serial)
	if err != nil {
		return err
	}
	return s.run("pkcs11-tool", append(append(args, "--slot", slot), options...)...)
}

// slot is where SoftHSM shows a token: the end of its serial number.
func (s *Tokens) slot(serial string) (string, error) {
	if len(serial) != 16 {
		return "", fmt.Errorf("serial number %q: not SoftHSM's", serial)
	}
	number, err := hex.DecodeString(serial[8:])
	if err != nil {
		return "", err
	}
	number[0] &= 0x7f
	return "0x" + hex.EncodeToString(number), nil
}

func (s *Tokens) run(program string, args ...string) error {
	cmd := exec.CommandContext(context.Background(), program, args...)
	cmd.Env = append(os.Environ(), "SOFTHSM2_CONF="+s.Conf)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w: %s", program, args, err, out)
	}
	return nil
}

// BuildProgram builds kytiem-token into a directory, as make build does.
func BuildProgram(dir string) (path string, err error) {
	path = filepath.Join(dir, "kytiem-token")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", path, "kytiem/cmd/kytiem-token")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building kytiem-token: %w: %s", err, out)
	}
	return path, nil
}
