package dossier

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"kytiem/intake"
)

// leftovers is the file of the rows that could not be sealed, in the shape of the
// file they came in. It is made with its first row and gets its name at the end.
type leftovers struct {
	path   string
	reader *intake.Reader
	file   *os.File
	out    *intake.ErrorFile
}

func (l *leftovers) write(row intake.Row) error {
	if l.file == nil {
		f, err := os.CreateTemp(filepath.Dir(l.path), "."+filepath.Base(l.path)+".making-")
		if err != nil {
			return fmt.Errorf("making the file of rows that are not ready: %w", err)
		}
		l.file = f
		l.out = intake.NewErrorFile(f, l.reader)
	}
	return l.out.Write(row)
}

// finish writes what is left to write, and lets go of the reader: it remembers
// something of every row, and drawing needs the room.
func (l *leftovers) finish() error {
	l.reader = nil
	if l.file == nil {
		return nil
	}
	if err := errors.Join(l.out.Close(), l.file.Sync(), l.file.Close()); err != nil {
		return fmt.Errorf("writing the file of rows that are not ready: %w", err)
	}
	return nil
}

// keep gives the finished file its name.
func (l *leftovers) keep() error {
	if l.file == nil {
		return nil
	}
	return os.Rename(l.file.Name(), l.path)
}

// discard removes a file that did not get its name.
func (l *leftovers) discard() {
	if l.file != nil {
		_ = l.file.Close() // closed already where it was finished
		os.Remove(l.file.Name())
	}
}
