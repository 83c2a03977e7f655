package terminal

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ErrNoProgram is a program of ours that lies neither beside this one nor in PATH.
var ErrNoProgram = errors.New("program not found")

// Program finds another program of ours. It looks beside this one first: they are installed
// together.
func Program(name string) (string, error) {
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), name)
		if about, err := os.Stat(beside); err == nil && about.Mode().IsRegular() {
			return beside, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoProgram, err)
	}
	return path, nil
}
