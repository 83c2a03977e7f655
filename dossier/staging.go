package dossier

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// staging is a directory being made beside the one it will become, on the same
// file system, so that taking its place is a rename. Only its owner may look into
// it: it holds personal data, and who else sees it is the owner's to say.
type staging struct {
	dir  string // where files are made
	goal string
}

// stage begins a directory that will become goal.
func stage(goal string) (*staging, error) {
	goal, err := filepath.Abs(goal)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(goal), "."+filepath.Base(goal)+".making-")
	if err != nil {
		return nil, fmt.Errorf("making a directory beside %s: %w", goal, err)
	}
	return &staging{dir: dir, goal: goal}, nil
}

func (s *staging) path(name string) string { return filepath.Join(s.dir, name) }

// take links a file of the goal into the staging directory unchanged.
func (s *staging) take(name string) error {
	if err := os.Link(filepath.Join(s.goal, name), s.path(name)); err == nil {
		return nil
	}
	// A file system without hard links: copy.
	content, err := os.Open(filepath.Join(s.goal, name))
	if err != nil {
		return err
	}
	defer content.Close()
	return writeFile(s.path(name), func(f *os.File) error {
		_, err := f.ReadFrom(content)
		return err
	})
}

// discard removes what was staged; after a finished step there is nothing left to
// remove.
func (s *staging) discard() { os.RemoveAll(s.dir) }

// become gives the staged directory its name. The name must be free.
func (s *staging) become() error {
	// rename(2) replaces an empty directory without a word; refuse that one, too.
	if _, err := os.Lstat(s.goal); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", s.goal, ErrExists)
	}
	return os.Rename(s.dir, s.goal)
}

// aside is added to the name of a directory while another takes its place.
const aside = ".old"

// replace puts the staged directory in the place of the one it was made from. If
// the machine stops between the two renames, the old directory is whole under the
// name with ".old"; later steps then say so (ErrInterrupted).
func (s *staging) replace() error {
	old := s.goal + aside
	if err := os.Rename(s.goal, old); err != nil {
		return fmt.Errorf("setting the old directory aside: %w", err)
	}
	if err := os.Rename(s.dir, s.goal); err != nil {
		return errors.Join(fmt.Errorf("putting the new directory in place: %w", err), os.Rename(old, s.goal))
	}
	os.RemoveAll(old)
	return nil
}
