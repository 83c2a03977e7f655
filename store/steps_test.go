package store

import (
	"errors"
	"testing"
	"time"

	"kytiem/audit"
	"kytiem/bundle"
)

// testSteps: what the steps keep beside the things themselves.
func testSteps(t *testing.T, s *Store, c *clock) {
	ctx := t.Context()
	account := addAccount(t, s, "officer")

	for n, want := range []int{1, 2, 3} {
		must(t, s, func(tx *Tx) error {
			got, err := tx.NextNumber(ctx, "07507", 2021, "document")
			if got != want {
				t.Errorf("number %d: got %d, want %d", n, got, want)
			}
			return err
		})
	}
	must(t, s, func(tx *Tx) error {
		if got, err := tx.NextNumber(ctx, "07507", 2022, "document"); got != 1 || err != nil {
			t.Errorf("another year: got %d, %v, want 1", got, err)
		}
		return nil
	})

	change := Change{Field: "full_name", Before: "Nguyễn Thị Hoà", After: "Nguyễn Thị Hòa"}
	for _, id := range []string{"C1", "C2", "C3"} {
		must(t, s, func(tx *Tx) error {
			return tx.AddCorrection(ctx, Correction{ID: id, Result: "R", Account: account, Reason: "sai dấu", Evidence: "CCCD", Changes: []Change{change}})
		})
		c.set(c.look().Add(time.Second))
	}
	var read []Correction
	for after, first := "", true; first || after != ""; first = false {
		page, next, err := s.Glance().Corrections(ctx, "R", Page{After: after, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		read, after = append(read, page...), next
	}
	if len(read) != 3 || read[0].ID != "C3" || len(read[2].Changes) != 1 || read[2].Changes[0] != change {
		t.Errorf("got corrections %v, want C3, C2, C1", read)
	}

	must(t, s, func(tx *Tx) error { _, err := tx.AddBundle(ctx, "B1", "07507", ""); return err })
	must(t, s, func(tx *Tx) error { return tx.SetProgress(ctx, Progress{Bundle: "B1", Done: 1, Total: 3}) })
	must(t, s, func(tx *Tx) error {
		return tx.SetProgress(ctx, Progress{Bundle: "B1", Done: 2, Total: 3, Fault: "fault"})
	})
	if p, err := s.Glance().Progress(ctx, "B1"); err != nil || p.Done != 2 || p.Fault != "fault" {
		t.Errorf("got progress %v, %v", p, err)
	}
	must(t, s, func(tx *Tx) error { return tx.ClearProgress(ctx, "B1") })

	head := audit.Head{Seq: 7, Sum: audit.Hash{1}}
	must(t, s, func(tx *Tx) error { return tx.AddStamp(ctx, Stamp{Head: head, Token: []byte("token"), At: today}) })
	refuse(t, s, ErrConflict, func(tx *Tx) error { return tx.AddStamp(ctx, Stamp{Head: head, Token: []byte("token"), At: today}) })
	if last, err := s.Glance().LastStamp(ctx); err != nil || last.Head != head || string(last.Token) != "token" {
		t.Errorf("got stamp %v, %v", last, err)
	}
}

// testSuccession: results of a bundle in force go over to its successor and to no other
// bundle, also after they were let go.
func testSuccession(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	addReady(t, s, 0, 10)
	var first, stranger, next Bundle
	must(t, s, func(tx *Tx) (err error) {
		if first, err = tx.AddBundle(ctx, "B1", "07507", ""); err != nil {
			return err
		}
		if _, err = tx.ClaimResults(ctx, &first, 100); err != nil {
			return err
		}
		first.Root, first.Size = bundle.HexHash{1}, 10
		return tx.SealBundle(ctx, &first)
	})
	var records []Record
	for r, err := range s.Glance().ResultsOf(ctx, "B1") {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, Record{ID: "X" + r.ID, Result: r.ID, Position: len(records)})
	}
	must(t, s, func(tx *Tx) error {
		if err := tx.AddRecords(ctx, "B1", each(records...)); err != nil {
			return err
		}
		_, err := tx.FreeResults(ctx, "B1")
		return err
	})
	gaveUp := errors.New("gave up")
	refuse(t, s, gaveUp, func(tx *Tx) (err error) {
		if stranger, err = tx.AddBundle(ctx, "B2", "07507", ""); err != nil {
			return err
		}
		n, err := tx.ClaimResults(ctx, &stranger, 100)
		if n != 0 {
			t.Errorf("another bundle claimed %d results of one in force", n)
		}
		if err != nil {
			return err
		}
		return gaveUp
	})
	must(t, s, func(tx *Tx) (err error) {
		if next, err = tx.AddBundle(ctx, "B3", "07507", "B1"); err != nil {
			return err
		}
		n, err := tx.ClaimResults(ctx, &next, 100)
		if n != 10 {
			t.Errorf("the successor claimed %d results, want 10", n)
		}
		return err
	})
}
