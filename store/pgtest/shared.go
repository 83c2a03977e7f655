package pgtest

import (
	"fmt"
	"sync"
	"testing"
)

// Shared is the server of all tests of a program that do not stop it, started by the
// first that asks. It is for concurrent use.
type Shared struct {
	// Furnish makes the tables in an empty database, by opening it for instance; all
	// others are copies of that one, which is faster than making the tables anew.
	Furnish func(address string) error

	once   sync.Once
	server *Server
	failed error
	mutex  sync.Mutex // also because one template serves one copy at a time
	number int
}

// furnished is the database that others are copies of.
const furnished = "furnished"

// Database makes a database with all tables and gives its address.
func (s *Shared) Database(t testing.TB) string {
	t.Helper()
	return s.create(t, "TEMPLATE "+furnished)
}

// Empty makes a database without tables and gives its address.
func (s *Shared) Empty(t testing.TB) string {
	t.Helper()
	return s.create(t, "")
}

func (s *Shared) create(t testing.TB, clause string) string {
	t.Helper()
	Need(t)
	s.once.Do(func() {
		if s.server, s.failed = Start(); s.failed != nil {
			return
		}
		if s.failed = s.server.Create(furnished, ""); s.failed == nil {
			s.failed = s.Furnish(s.server.Address(furnished))
		}
	})
	if s.failed != nil {
		t.Fatal(s.failed)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.number++
	name := fmt.Sprintf("test%d", s.number)
	if err := s.server.Create(name, clause); err != nil {
		t.Fatal(err)
	}
	return s.server.Address(name)
}

// Close ends the server, if any test asked for it. TestMain calls it.
func (s *Shared) Close() error {
	if s.server == nil {
		return nil
	}
	return s.server.Close()
}
