package dossier

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"kytiem/bundle"
)

// spill holds records on disk while they come in, and in memory only where each
// one lies and what its leaf is: 48 bytes a record, so that a million fit.
type spill struct {
	file    *os.File
	out     *bufio.Writer
	entries []entry
	size    int64
	line    []byte
}

type entry struct {
	leaf   bundle.Hash
	offset int64
	length int32
	n      int32 // in the order in which they came
}

func newSpill(dir string) (*spill, error) {
	f, err := os.OpenFile(filepath.Join(dir, "spill"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making room for records: %w", err)
	}
	return &spill{file: f, out: bufio.NewWriterSize(f, 1<<20)}, nil
}

func (s *spill) add(r *bundle.Record) error {
	s.line = append(r.Append(s.line[:0]), '\n')
	if len(s.line) > bundle.MaxRecordBytes {
		return fmt.Errorf("record of %d bytes: %w", len(s.line), bundle.ErrTooLarge)
	}
	if _, err := s.out.Write(s.line); err != nil {
		return fmt.Errorf("spilling records: %w", err)
	}
	s.entries = append(s.entries, entry{r.Leaf(), s.size, int32(len(s.line)), int32(len(s.entries))})
	s.size += int64(len(s.line))
	return nil
}

// writeOrdered writes the records to path in the order of their leaves, and removes
// the spill. placed is told, if set, where the line of the nth record that came lies.
func (s *spill) writeOrdered(path string, placed func(n, position int, at int64, size int)) (err error) {
	defer s.close()
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("spilling records: %w", err)
	}
	slices.SortFunc(s.entries, func(a, b entry) int { return bytes.Compare(a.leaf[:], b.leaf[:]) })
	return writeFile(path, func(f *os.File) error {
		out := bufio.NewWriterSize(f, 1<<20)
		at := int64(0)
		for position, e := range s.entries {
			if placed != nil {
				placed(int(e.n), position, at, int(e.length)-1)
			}
			at += int64(e.length)
			s.line = slices.Grow(s.line[:0], int(e.length))[:e.length]
			if _, err := s.file.ReadAt(s.line, e.offset); err != nil {
				return err
			}
			if _, err := out.Write(s.line); err != nil {
				return err
			}
		}
		return out.Flush()
	})
}

func (s *spill) close() {
	_ = s.file.Close() // it is removed
	os.Remove(s.file.Name())
	s.entries = nil
}

// writeFile makes a new file, readable by its owner only since it may hold
// personal data, and sees it safely on disk.
func writeFile(path string, write func(*os.File) error) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			err = fmt.Errorf("writing %s: %w", filepath.Base(path), err)
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	return f.Sync()
}

// writeBytes is writeFile for content that is at hand.
func writeBytes(path string, content []byte) error {
	return writeFile(path, func(f *os.File) error {
		_, err := f.Write(content)
		return err
	})
}
