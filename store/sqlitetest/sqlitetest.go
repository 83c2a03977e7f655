// Package sqlitetest gives tests SQLite databases that have all tables, each in a
// directory of its own, as copies of one: making the tables takes longer than most tests.
//
// It is for tests only and knows none of our tables.
package sqlitetest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Shared is what the databases of all tests of a program are copies of. It is for
// concurrent use.
type Shared struct {
	// Furnish makes the tables in the file at path, by opening it for instance, and closes
	// it, so that nothing is left beside it.
	Furnish func(path string) error

	once    sync.Once
	content []byte
	failed  error
}

// Database makes a database of this name with all tables, and gives its path.
func (s *Shared) Database(t testing.TB, name string) string {
	t.Helper()
	s.once.Do(func() { s.content, s.failed = s.furnished() })
	if s.failed != nil {
		t.Fatal(s.failed)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, s.content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// furnished is a database with all tables, whole in one file.
func (s *Shared) furnished() ([]byte, error) {
	directory, err := os.MkdirTemp("", "sqlitetest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(directory)
	path := filepath.Join(directory, "furnished.db")
	if err := s.Furnish(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
