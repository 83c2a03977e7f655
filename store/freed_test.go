package store

import (
	"errors"
	"fmt"
	"testing"

	"kytiem/bundle"
)

// seal gathers at most limit ready results of unit 07507 in a bundle and seals it with a
// record for each; it gives their number.
func seal(t *testing.T, s *Store, id, supersedes string, limit int) (b Bundle, n int) {
	t.Helper()
	must(t, s, func(tx *Tx) (err error) {
		if b, err = tx.AddBundle(t.Context(), id, "07507", supersedes); err != nil {
			return err
		}
		if n, err = tx.ClaimResults(t.Context(), &b, limit); err != nil {
			return err
		}
		var records []Record
		for r, err := range tx.ResultsOf(t.Context(), id) {
			if err != nil {
				return err
			}
			records = append(records, Record{ID: fmt.Sprint(id, "-", len(records)), Result: r.ID, Position: len(records)})
		}
		b.Root, b.Size = bundle.HexHash{1}, len(records)
		return errors.Join(tx.AddRecords(t.Context(), id, each(records...)), tx.SealBundle(t.Context(), &b))
	})
	return b, n
}

// move does acts on a bundle.
func move(t *testing.T, s *Store, b *Bundle, acts ...bundle.Act) {
	t.Helper()
	for _, act := range acts {
		must(t, s, func(tx *Tx) error { return tx.MoveBundle(t.Context(), b, act) })
	}
}

// free lets go of a bundle's results.
func free(t *testing.T, s *Store, id string) {
	t.Helper()
	must(t, s, func(tx *Tx) error { _, err := tx.FreeResults(t.Context(), id); return err })
}

// TestFreed: in whatever state a bundle is whose results were let go, they go over to
// another bundle only if it counts no more, or if that is its successor.
func TestFreed(t *testing.T) {
	tests := []struct {
		name     string
		acts     []bundle.Act
		stranger int // how many a bundle gets that is not the successor
		heir     int // and its successor, after that
	}{
		{"sealed", nil, 0, 5},
		{"pending", []bundle.Act{bundle.Request}, 0, 5},
		{"lapsed", []bundle.Act{bundle.Request, bundle.Lapse}, 0, 5},
		{"signed", []bundle.Act{bundle.Request, bundle.Sign}, 0, 5},
		{"minuted", []bundle.Act{bundle.Confirm}, 0, 5},
		{"pending, minuted before", []bundle.Act{bundle.Confirm, bundle.Request}, 0, 5},
		{"withdrawn", []bundle.Act{bundle.Withdraw}, 5, 0},
		{"recalled", []bundle.Act{bundle.Confirm, bundle.Recall}, 5, 0},
	}
	for kind, database := range map[string]func() string{
		"sqlite":   func() string { return newFile(t) },
		"postgres": func() string { return newDatabase(t) },
	} {
		for _, test := range tests {
			t.Run(kind+" "+test.name, func(t *testing.T) {
				t.Parallel()
				s := open(t, database(), &clock{now: today})
				addReady(t, s, 0, 5)
				b, n := seal(t, s, "B1", "", 100)
				if n != 5 {
					t.Fatalf("got %d claimed, want 5", n)
				}
				move(t, s, &b, test.acts...)
				free(t, s, "B1")
				if _, n := seal(t, s, "B2", "", 100); n != test.stranger {
					t.Errorf("another bundle: got %d, want %d", n, test.stranger)
				}
				heir, n := seal(t, s, "B3", "B1", 100)
				if n != test.heir {
					t.Errorf("the successor: got %d, want %d", n, test.heir)
				}
				if test.heir == 0 {
					return
				}
				// A successor that is withdrawn hands on what it had to the next one only.
				move(t, s, &heir, bundle.Withdraw)
				free(t, s, "B3")
				if _, n := seal(t, s, "B4", "", 100); n != 0 {
					t.Errorf("another bundle after the successor was withdrawn: got %d, want 0", n)
				}
				if _, n := seal(t, s, "B5", "B1", 100); n != 5 {
					t.Errorf("the next successor: got %d, want 5", n)
				}
				checkInvariants(t, s)
			})
		}
	}
}

// TestFreedAmongOthers: what may not be claimed does not take the place of what may.
func TestFreedAmongOthers(t *testing.T) {
	for kind, database := range map[string]string{"sqlite": newFile(t), "postgres": newDatabase(t)} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t, database, &clock{now: today})
			addReady(t, s, 0, 20)
			seal(t, s, "B1", "", 10) // the first by name
			free(t, s, "B1")
			if _, n := seal(t, s, "B2", "", 8); n != 8 {
				t.Errorf("got %d claimed, want 8 of the 10 that may be", n)
			}
			if _, n := seal(t, s, "B3", "", 8); n != 2 {
				t.Errorf("got %d claimed, want the last 2", n)
			}
		})
	}
}
