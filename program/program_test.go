package program_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kytiem/program"
)

// TestMain lets this very program stand for one that is installed and looks for another.
func TestMain(m *testing.M) {
	name := os.Getenv("LOOK_FOR")
	if name == "" {
		os.Exit(m.Run())
	}
	path, err := program.Find(name)
	if errors.Is(err, program.ErrMissing) {
		path = "missing"
	}
	fmt.Print(path)
}

func TestFind(t *testing.T) {
	const other = "other-program"
	type place int
	const (
		nothing place = iota
		file
		folder
		data // not to be executed
	)
	put := func(dir string, what place) {
		t.Helper()
		path, err := filepath.Join(dir, other), error(nil)
		switch what {
		case file:
			err = os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700)
		case folder:
			err = os.Mkdir(path, 0o700)
		case data:
			err = os.WriteFile(path, nil, 0o600)
		case nothing:
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name         string
		beside, path place
		want         string
	}{
		{"beside", file, nothing, "installed"},
		{"beside, though another is in PATH", file, file, "installed"},
		{"in PATH", nothing, file, "path"},
		{"a directory of that name beside", folder, file, "path"},
		{"nowhere", nothing, nothing, "missing"},
		{"in PATH, but no program", nothing, data, "missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			base, err := filepath.EvalSymlinks(t.TempDir()) // as the system names a running program
			if err != nil {
				t.Fatal(err)
			}
			installed, inPath, elsewhere := filepath.Join(base, "installed"), filepath.Join(base, "path"), filepath.Join(base, "elsewhere")
			for _, dir := range []string{installed, inPath, elsewhere} {
				if err := os.Mkdir(dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			put(installed, tt.beside)
			put(inPath, tt.path)
			asker := filepath.Join(installed, "asker")
			if err := os.WriteFile(asker, content, 0o700); err != nil {
				t.Fatal(err)
			}
			c := exec.CommandContext(t.Context(), asker)
			c.Dir, c.Env = elsewhere, []string{"LOOK_FOR=" + other, "PATH=" + inPath}
			out, err := c.Output()
			if err != nil {
				t.Fatal(err)
			}
			want := tt.want
			if want != "missing" {
				want = filepath.Join(base, want, other)
			}
			if got := strings.TrimSpace(string(out)); got != want {
				t.Errorf("found %q, want %q", got, want)
			}
		})
	}
}
