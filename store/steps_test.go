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

	testRegister(t, s)

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

// testRegister: under one number stands one bundle, in each year and kind.
func testRegister(t *testing.T, s *Store) {
	ctx := t.Context()
	for _, id := range []string{"N1", "N2"} {
		must(t, s, func(tx *Tx) error { _, err := tx.AddBundle(ctx, id, "unit of "+id, ""); return err })
	}
	year := func(y int) Register { return Register{Unit: "07508", Year: y, Kind: "document"} }
	enter := func(in Register, number, bundle string) func(*Tx) error {
		return func(tx *Tx) error { return tx.EnterNumber(ctx, in, number, bundle) }
	}
	must(t, s, enter(year(2021), "5", "N1"))
	must(t, s, enter(year(2021), "5", "N1")) // again
	refuse(t, s, ErrConflict, enter(year(2021), "5", "N2"))
	must(t, s, enter(year(2022), "5", "N2"))
	must(t, s, enter(Register{"07509", 2021, "document"}, "5", "N2"))
	must(t, s, enter(Register{"07508", 2021, "minutes"}, "5", "N2"))
	must(t, s, func(tx *Tx) error { // a number that was taken stops no transaction
		if err := tx.EnterNumber(ctx, year(2021), "5", "N2"); !errors.Is(err, ErrConflict) {
			t.Errorf("got %v, want %v", err, ErrConflict)
		}
		return tx.EnterNumber(ctx, year(2021), "6", "N2")
	})
	must(t, s, enter(year(2021), "4", "N2"))
	for _, tt := range []struct {
		year                   int
		bundle, preferred, has string
	}{
		{2021, "N1", "", "5"}, {2021, "N1", "4", "5"}, {2021, "N2", "6", "6"}, {2021, "N2", "4", "4"}, {2022, "N2", "4", "5"}, {2022, "N1", "5", ""},
	} {
		got, err := s.Glance().NumberOf(ctx, year(tt.year), tt.bundle, tt.preferred)
		if got != tt.has || tt.has == "" && !errors.Is(err, ErrNotFound) {
			t.Errorf("%s in %d: got %q, %v, want %q", tt.bundle, tt.year, got, err, tt.has)
		}
	}
	if got, err := s.Glance().Numbered(ctx, year(2021), "6"); got != "N2" || err != nil {
		t.Errorf("got %q, %v, want N2", got, err)
	}
	if got, err := s.Glance().Numbered(ctx, year(2021), "7"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %q, %v, want %v", got, err, ErrNotFound)
	}
}

// testLastAct: the latest act of a kind is found behind others, and what no act made is
// found too.
func testLastAct(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	account := addAccount(t, s, "stranger")
	must(t, s, func(tx *Tx) error {
		return tx.AddAccount(ctx, Account{ID: "known", Name: "Trạm Y tế", Role: "health", Unit: "07507"})
	})
	for _, act := range []string{"accounts.add", "accounts.add", "refused", "refused"} {
		must(t, s, func(tx *Tx) error { return tx.Audit(act, account, "07507", "known") })
	}
	head, err := s.Glance().AuditHead(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := s.Glance().LastAct(ctx, "known", "accounts.add"); err != nil || e.Seq != head.Seq-2 || e.Act != "accounts.add" || e.Subject != "known" {
		t.Errorf("got %+v, %v, want entry %d", e, err, head.Seq-2)
	}
	if _, err := s.Glance().LastAct(ctx, account, "accounts.add"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
	found, err := s.Glance().Unentered(ctx, 10)
	if err != nil || len(found) != 1 || found[0] != (Unentered{Act: "accounts.add", ID: account}) {
		t.Errorf("got %v, %v, want %s alone", found, err, account)
	}
}
