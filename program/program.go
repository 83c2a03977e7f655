// Package program finds a program of ours from another one: kytiem-service behind kytiem, kytiem-token beside them, devca
// for a try. They are installed together, in one directory. It starts none of them, and knows none by name.
package program

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// ErrMissing is a program of ours that lies neither beside this one nor in PATH.
var ErrMissing = errors.New("program not found")

// Find finds another program of ours. It looks beside this one first: what was installed
// together is of one version, and PATH is whoever's who calls.
func Find(name string) (string, error) {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), name)
		if about, err := os.Stat(beside); err == nil && about.Mode().IsRegular() {
			return beside, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return path, nil
}
