package tokentest

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

//go:embed testdata/misbehave.c
var misbehaveC []byte

// Misbehaving is a library in front of SoftHSM's that locks, disappears, hangs and crashes as
// SoftHSM never does, and writes down what is asked of it.
type Misbehaving struct {
	Module string
	calls  string
	t      testing.TB
}

// Misbehave compiles the library, and has it behave in one of the ways of testdata/misbehave.c.
func (s *Tokens) Misbehave(t testing.TB, behaviour string) Misbehaving {
	t.Helper()
	compiler, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler")
	}
	dir := t.TempDir()
	m := Misbehaving{Module: filepath.Join(dir, "misbehave.so"), calls: filepath.Join(dir, "calls"), t: t}
	source := filepath.Join(dir, "misbehave.c")
	if err := os.WriteFile(source, misbehaveC, 0o600); err != nil {
		t.Fatal(err)
	}
	define := fmt.Sprintf("-DREAL=%q", s.Module)
	if out, err := exec.CommandContext(context.Background(), compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", define, "-o", m.Module, source, "-ldl").CombinedOutput(); err != nil {
		t.Fatalf("compiling: %v\n%s", err, out)
	}
	t.Setenv("MISBEHAVE", behaviour)
	t.Setenv("MISBEHAVE_CALLS", m.calls)
	return m
}

// Calls are the calls since the last time this was asked, by what they do: login, logout,
// context, sign, write.
func (m Misbehaving) Calls() string {
	m.t.Helper()
	content, err := os.ReadFile(m.calls)
	if err != nil && !os.IsNotExist(err) {
		m.t.Fatal(err)
	}
	os.Remove(m.calls)
	return strings.Join(strings.Fields(string(content)), " ")
}
