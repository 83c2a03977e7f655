package store

import (
	"errors"
	"testing"
)

// FuzzPage: a cursor that is read prints back to the same text.
func FuzzPage(f *testing.F) {
	f.Add(cursor(int64(newest), "B1"))
	f.Add(cursor(1, "\u2028<"))
	f.Add("WzEsICJCMSJd") // with a blank
	f.Add("!")
	f.Fuzz(func(t *testing.T, after string) {
		var at int64
		var id string
		err := Page{After: after}.read(&at, &id)
		switch {
		case err != nil && !errors.Is(err, ErrCursor):
			t.Fatalf("got %v, want %v", err, ErrCursor)
		case err == nil && after != "" && cursor(at, id) != after:
			t.Fatalf("%q read as %d, %q", after, at, id)
		}
	})
}
