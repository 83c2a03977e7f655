package store

import (
	"testing"

	"kytiem/bundle"
)

// TestNarrowClaims: of the results that a bundle claims those of other days are let go.
func TestNarrowClaims(t *testing.T) {
	for kind, database := range map[string]func() string{
		"sqlite":   func() string { return newFile(t) },
		"postgres": func() string { return newDatabase(t) },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t, database(), &clock{now: today})
			addReady(t, s, 0, 5)
			var b Bundle
			must(t, s, func(tx *Tx) (err error) {
				if b, err = tx.AddBundle(t.Context(), "B1", "07507", ""); err == nil {
					_, err = tx.ClaimResults(t.Context(), &b, 100)
				}
				return err
			})
			claims := func() (n int, p bundle.Period) {
				for _, err := range s.Glance().Claims(t.Context(), "B1") {
					if err != nil {
						t.Fatal(err)
					}
					n++
				}
				p, err := s.Glance().PeriodOfClaims(t.Context(), "B1")
				if err != nil {
					t.Fatal(err)
				}
				return n, p
			}
			n, period := claims()
			if n != 5 || period.From.IsZero() || period.To.Compare(period.From) < 0 {
				t.Fatalf("%d claimed, period %v", n, period)
			}
			after := bundle.Date{Year: period.To.Year + 1, Month: 1, Day: 1}
			for _, test := range []struct {
				name string
				to   bundle.Period
				left int
			}{
				{"without bounds", bundle.Period{}, 5},
				{"the whole period", period, 5},
				{"from its first day on", bundle.Period{From: period.From}, 5},
				{"until its last day", bundle.Period{To: period.To}, 5},
				{"after it", bundle.Period{From: after}, 0},
			} {
				must(t, s, func(tx *Tx) error { _, err := tx.NarrowClaims(t.Context(), "B1", test.to); return err })
				if n, _ := claims(); n != test.left {
					t.Errorf("%s: got %d left, want %d", test.name, n, test.left)
				}
			}
			if _, period := claims(); period != (bundle.Period{}) {
				t.Errorf("period %v without claims, want none", period)
			}
			must(t, s, func(tx *Tx) error {
				n, err := tx.ClaimResults(t.Context(), &b, 100)
				if n != 5 {
					t.Errorf("got %d claimed again, want 5", n)
				}
				return err
			})
			checkInvariants(t, s)
		})
	}
}
