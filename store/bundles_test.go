package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kytiem/bundle"
)

// addSealed adds a sealed bundle, and a blob that requests can be based on.
func addSealed(t testing.TB, s *Store, id string) (Bundle, Digest) {
	t.Helper()
	var b Bundle
	var sum Digest
	must(t, s, func(tx *Tx) (err error) {
		if sum, _, err = tx.PutBlob(t.Context(), strings.NewReader("manifest of "+id)); err != nil {
			return err
		}
		if b, err = tx.AddBundle(t.Context(), id, "07507", ""); err != nil {
			return err
		}
		b.Root, b.Size = bundle.HexHash{1}, 1
		return tx.SealBundle(t.Context(), &b)
	})
	return b, sum
}

func testBundles(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	var b Bundle
	must(t, s, func(tx *Tx) (err error) { b, err = tx.AddBundle(ctx, "B1", "07507", ""); return err })
	refuse(t, s, ErrConflict, func(tx *Tx) error { _, err := tx.AddBundle(ctx, "B2", "07507", ""); return err })
	refuse(t, s, ErrConflict, func(tx *Tx) error { _, err := tx.AddBundle(ctx, "B1", "07508", ""); return err })
	refuse(t, s, ErrNotFound, func(tx *Tx) error { _, err := tx.AddBundle(ctx, "B3", "07509", "B0"); return err })
	refuse(t, s, bundle.ErrMove, func(tx *Tx) error { c := b; return tx.MoveBundle(ctx, &c, bundle.Seal) })
	refuse(t, s, bundle.ErrMove, func(tx *Tx) error { c := b; return tx.MoveBundle(ctx, &c, bundle.Sign) })

	b.Root, b.Size = bundle.HexHash{7}, 3
	b.Counts = bundle.Counts{Doses: 3, Matched: 2, Exempt: 1, Persons: 2}
	b.Period = bundle.Period{From: bundle.Date{Year: 2021, Month: 9, Day: 1}, To: bundle.Date{Year: 2021, Month: 9, Day: 3}}
	opened := b
	must(t, s, func(tx *Tx) error { return tx.SealBundle(ctx, &b) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.SealBundle(ctx, &opened) })
	got, err := s.Glance().Bundle(ctx, "B1")
	if err != nil || got != b || got.Status.State != bundle.Sealed || got.Version != 2 || got.SealedAt.IsZero() {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, b)
	}

	stale := b
	must(t, s, func(tx *Tx) error { return tx.MoveBundle(ctx, &b, bundle.Request) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.MoveBundle(ctx, &stale, bundle.Confirm) })
	must(t, s, func(tx *Tx) error { return tx.NumberBundle(ctx, &b, "05") })
	if got, err := s.Glance().Bundle(ctx, "B1"); err != nil || got != b || got.Status != (bundle.Status{State: bundle.Pending, Before: bundle.Sealed}) || got.Number != "05" {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, b)
	}
	must(t, s, func(tx *Tx) error { return tx.MoveBundle(ctx, &b, bundle.Lapse) })
	if b.Status != (bundle.Status{State: bundle.Sealed}) {
		t.Errorf("got %+v", b.Status)
	}
	must(t, s, func(tx *Tx) error {
		return errors.Join(tx.MoveBundle(ctx, &b, bundle.Request), tx.MoveBundle(ctx, &b, bundle.Sign))
	})

	// One successor at a time, and another one after it was withdrawn.
	var next Bundle
	must(t, s, func(tx *Tx) (err error) {
		if next, err = tx.AddBundle(ctx, "B4", "07507", "B1"); err != nil {
			return err
		}
		next.Root = bundle.HexHash{8}
		return tx.SealBundle(ctx, &next)
	})
	refuse(t, s, ErrConflict, func(tx *Tx) error { _, err := tx.AddBundle(ctx, "B5", "07507", "B1"); return err })
	if got, err := s.Glance().Successor(ctx, "B1"); err != nil || got != next {
		t.Errorf("got %+v, %v, want %+v", got, err, next)
	}
	must(t, s, func(tx *Tx) error { return tx.MoveBundle(ctx, &next, bundle.Withdraw) })
	if _, err := s.Glance().Successor(ctx, "B1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
	must(t, s, func(tx *Tx) error { _, err := tx.AddBundle(ctx, "B5", "07507", "B1"); return err })

	for i := range 5 {
		must(t, s, func(tx *Tx) error {
			_, err := tx.AddBundle(ctx, fmt.Sprintf("C%d", i), fmt.Sprintf("075%02d", 20+i), "")
			return err
		})
	}
	mine := pages(t, 2, func(p Page) ([]Bundle, string, error) { return s.Glance().Bundles(ctx, "07507", p) })
	if len(mine) != 3 || mine[0].ID != "B5" || mine[2] != b {
		t.Errorf("got %+v", mine)
	}
	open := pages(t, 2, func(p Page) ([]Bundle, string, error) { return s.Glance().BundlesIn(ctx, bundle.Open, p) })
	if len(open) != 6 || open[0].ID != "C4" || open[5].ID != "B5" {
		t.Errorf("got %+v", open)
	}
	if _, err := s.Glance().Bundle(ctx, "B9"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
}

func testFiles(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	b, sum := addSealed(t, s, "B1")
	var raised Digest
	must(t, s, func(tx *Tx) (err error) {
		raised, _, err = tx.PutBlob(ctx, strings.NewReader("raised"))
		return errors.Join(err, tx.AddFile(ctx, b.ID, bundle.PagesFile, sum), tx.AddFile(ctx, b.ID, bundle.AnnexName(1), sum))
	})
	refuse(t, s, ErrConflict, func(tx *Tx) error { return tx.AddFile(ctx, b.ID, bundle.PagesFile, raised) })
	refuse(t, s, ErrNotFound, func(tx *Tx) error { return tx.AddFile(ctx, b.ID, bundle.ManifestFile, Digest{1}) })
	refuse(t, s, ErrNotFound, func(tx *Tx) error { return tx.AddFile(ctx, "B0", bundle.ManifestFile, sum) })
	must(t, s, func(tx *Tx) error { return tx.ReplaceFile(ctx, b.ID, bundle.PagesFile, sum, raised) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.ReplaceFile(ctx, b.ID, bundle.PagesFile, sum, raised) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.ReplaceFile(ctx, b.ID, bundle.ManifestFile, sum, raised) })
	files, err := s.Glance().Files(ctx, b.ID)
	if err != nil || len(files) != 2 || files[0].Name != "annex-01.pdf" || files[0].SHA256 != sum || files[1].SHA256 != raised || files[1].Size != 6 {
		t.Errorf("got %+v, %v", files, err)
	}
	if got, err := s.Glance().File(ctx, b.ID, bundle.PagesFile); err != nil || got != files[1] {
		t.Errorf("got %+v, %v, want %+v", got, err, files[1])
	}
	if _, err := s.Glance().File(ctx, b.ID, bundle.MinutesFile); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
}

func testRecords(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	var records []Record
	for i := range 45 {
		records = append(records, Record{ID: fmt.Sprintf("R%02d", i), Bundle: "B1", Result: fmt.Sprintf("X%02d", i), Position: i, LineAt: int64(i) * 500, LineSize: 499})
	}
	again := records[7]
	again.ID, again.Bundle = "S07", "B2"
	must(t, s, func(tx *Tx) error {
		return errors.Join(tx.AddRecords(ctx, "B1", each(records...)), tx.AddRecords(ctx, "B2", each(again)), tx.AddRecords(ctx, "B3", each[Record]()))
	})
	refuse(t, s, ErrConflict, func(tx *Tx) error { return tx.AddRecords(ctx, "B3", each(records[3])) })
	got, err := s.Glance().Record(ctx, "R07")
	if err != nil || got != records[7] {
		t.Errorf("got %+v, %v, want %+v", got, err, records[7])
	}
	both, err := s.Glance().RecordsOf(ctx, "X07")
	if err != nil || len(both) != 2 || both[0] != records[7] || both[1] != again {
		t.Errorf("got %+v, %v", both, err)
	}
	if _, err := s.Glance().Record(ctx, "none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
}

// asked is a request for both signatures of a bundle.
func asked(id, bundle string, base Digest) Request {
	return Request{ID: id, Account: "A", Carrier: "agent", ExpiresAt: today.Add(time.Hour), Items: []Item{
		{ID: id + "-pdf", Bundle: bundle, Kind: "pdf", Base: base, Prepared: `{"z":1,"a":2}`},
		{ID: id + "-manifest", Bundle: bundle, Kind: "manifest", Base: base, Prepared: `{}`},
	}}
}

func testRequests(t *testing.T, s *Store, c *clock) {
	ctx := t.Context()
	addAccount(t, s, "A")
	b, base := addSealed(t, s, "B1")
	refuse(t, s, ErrNotFound, func(tx *Tx) error { return tx.AddRequest(ctx, asked("R1", "B0", base)) })
	refuse(t, s, ErrNotFound, func(tx *Tx) error { return tx.AddRequest(ctx, asked("R1", b.ID, Digest{1})) })
	must(t, s, func(tx *Tx) error { return tx.AddRequest(ctx, asked("R1", b.ID, base)) })
	refuse(t, s, ErrConflict, func(tx *Tx) error { return tx.AddRequest(ctx, asked("R2", b.ID, base)) })

	got, err := s.Glance().Request(ctx, "R1")
	if err != nil || got.State != RequestOpen || len(got.Items) != 2 || got.Items[0].ID != "R1-pdf" || got.Items[0].Prepared != `{"z":1,"a":2}` ||
		got.Items[1].Base != base || got.Items[1].Request != "R1" || !got.ExpiresAt.Equal(today.Add(time.Hour)) {
		t.Errorf("got %+v, %v", got, err)
	}
	if i, err := s.Glance().OpenItem(ctx, b.ID, "pdf"); err != nil || i != got.Items[0] {
		t.Errorf("got %+v, %v, want %+v", i, err, got.Items[0])
	}

	// One item done, the other lapses; the next request carries only the missing one.
	must(t, s, func(tx *Tx) error { return tx.CompleteItem(ctx, "R1-pdf", Digest{1}) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.CompleteItem(ctx, "R1-pdf", Digest{1}) })
	if due, err := s.Glance().RequestsDue(ctx, today.Add(time.Hour-1), 10); err != nil || len(due) != 0 {
		t.Errorf("got %v, %v", due, err)
	}
	c.set(today.Add(2 * time.Hour))
	if due, err := s.Glance().RequestsDue(ctx, c.look(), 10); err != nil || len(due) != 1 || due[0] != "R1" {
		t.Errorf("got %v, %v", due, err)
	}
	must(t, s, func(tx *Tx) error { return tx.CloseRequest(ctx, "R1", RequestLapsed) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.CloseRequest(ctx, "R1", RequestRefused) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.CompleteItem(ctx, "R1-manifest", Digest{1}) })
	got, err = s.Glance().Request(ctx, "R1")
	if err != nil || got.State != RequestLapsed || got.ClosedAt.IsZero() || got.Items[0].State != RequestDone || got.Items[0].DoneAt.IsZero() || got.Items[1].State != RequestLapsed {
		t.Errorf("got %+v, %v", got, err)
	}
	if i, err := s.Glance().Item(ctx, "R1-manifest"); err != nil || i != got.Items[1] {
		t.Errorf("got %+v, %v, want %+v", i, err, got.Items[1])
	}
	rest := asked("R2", b.ID, base)
	rest.Items = rest.Items[1:]
	must(t, s, func(tx *Tx) error { return tx.AddRequest(ctx, rest) })
	must(t, s, func(tx *Tx) error {
		return errors.Join(tx.CompleteItem(ctx, "R2-manifest", Digest{1}), tx.CloseRequest(ctx, "R2", RequestDone))
	})
	if due, err := s.Glance().RequestsDue(ctx, c.look(), 10); err != nil || len(due) != 0 {
		t.Errorf("got %v, %v", due, err)
	}
	all := pages(t, 1, func(p Page) ([]Request, string, error) { return s.Glance().Requests(ctx, "A", p) })
	if len(all) != 2 || all[0].ID != "R2" || all[1].ID != "R1" {
		t.Errorf("got %+v", all)
	}
	for _, read := range []func() error{
		func() error { _, err := s.Glance().Request(ctx, "R9"); return err },
		func() error { _, err := s.Glance().Item(ctx, "R9-pdf"); return err },
		func() error { _, err := s.Glance().OpenItem(ctx, b.ID, "pdf"); return err },
	} {
		if err := read(); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v, want %v", err, ErrNotFound)
		}
	}
}

func testKeys(t *testing.T, s *Store, c *clock) {
	ctx := t.Context()
	k := Key{Scope: "T1 POST /v1/bundles", Key: "k-1", Body: Digest{1}}
	claim := func(k Key) (claim *Claim, answer *Answer, err error) {
		err = s.InTx(ctx, func(tx *Tx) (err error) {
			claim, answer, err = tx.ClaimKey(ctx, k, time.Minute)
			return err
		})
		return claim, answer, err
	}
	first, answer, err := claim(k)
	if err != nil || first == nil || answer != nil {
		t.Fatalf("got %v, %v, %v", first, answer, err)
	}
	if _, _, err := claim(k); !errors.Is(err, ErrKeyBusy) {
		t.Errorf("got %v, want %v", err, ErrKeyBusy)
	}
	other := k
	other.Body = Digest{2}
	if _, _, err := claim(other); !errors.Is(err, ErrKeyBody) {
		t.Errorf("got %v, want %v", err, ErrKeyBody)
	}
	other.Scope = "T2 POST /v1/bundles"
	if c, _, err := claim(other); err != nil || c == nil {
		t.Errorf("got %v, %v", c, err)
	}

	// The first call died: another takes the key over, and the first can no longer answer.
	c.set(today.Add(2 * time.Minute))
	second, _, err := claim(k)
	if err != nil || second == nil {
		t.Fatalf("got %v, %v", second, err)
	}
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.AnswerKey(ctx, first, Answer{Status: 201}) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.DropKey(ctx, first) })
	must(t, s, func(tx *Tx) error { return tx.AnswerKey(ctx, second, Answer{201, []byte(`{"id":"B1"}`)}) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.AnswerKey(ctx, second, Answer{Status: 500}) })
	if _, answer, err := claim(k); err != nil || answer == nil || answer.Status != 201 || string(answer.Body) != `{"id":"B1"}` {
		t.Errorf("got %+v, %v", answer, err)
	}

	dropped, _, err := claim(Key{Scope: "s", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	must(t, s, func(tx *Tx) error { return tx.DropKey(ctx, dropped) })
	if again, _, err := claim(Key{Scope: "s", Key: "k"}); err != nil || again == nil {
		t.Errorf("got %v, %v", again, err)
	}
	must(t, s, func(tx *Tx) error {
		n, err := tx.SweepKeys(ctx, today.Add(time.Minute))
		if n != 1 { // of the other token; ours was taken over later
			t.Errorf("got %d swept, want 1", n)
		}
		return err
	})
}

// testRenewedKeys: a call that lasts keeps its key as long as it says so; of one that died
// the key can be given back.
func testRenewedKeys(t *testing.T, s *Store, c *clock) {
	ctx := t.Context()
	k := Key{Scope: "T1 POST /v1/bundles", Key: "k-1", Body: Digest{1}}
	claim := func() (claim *Claim, err error) {
		err = s.InTx(ctx, func(tx *Tx) (err error) {
			claim, _, err = tx.ClaimKey(ctx, k, time.Minute)
			return err
		})
		return claim, err
	}
	first, err := claim()
	if err != nil {
		t.Fatal(err)
	}
	c.set(today.Add(50 * time.Second))
	var renewed *Claim
	must(t, s, func(tx *Tx) (err error) { renewed, err = tx.RenewKey(ctx, first, tx.Now()); return err })
	c.set(today.Add(100 * time.Second))
	if _, err := claim(); !errors.Is(err, ErrKeyBusy) {
		t.Errorf("got %v, want %v", err, ErrKeyBusy)
	}
	refuse(t, s, ErrStale, func(tx *Tx) error { _, err := tx.RenewKey(ctx, first, tx.Now()); return err })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.AnswerKey(ctx, first, Answer{Status: 201}) })
	for _, tt := range []struct {
		before time.Time
		want   int
	}{{today.Add(50 * time.Second), 0}, {today.Add(time.Minute), 1}} {
		must(t, s, func(tx *Tx) error {
			n, err := tx.DropClaims(ctx, tt.before)
			if n != tt.want {
				t.Errorf("before %v: got %d dropped, want %d", tt.before, n, tt.want)
			}
			return err
		})
	}
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.AnswerKey(ctx, renewed, Answer{Status: 201}) })
	done, err := claim()
	if err != nil {
		t.Fatal(err)
	}
	must(t, s, func(tx *Tx) (err error) { done, err = tx.RenewKey(ctx, done, tx.Now().Add(24*time.Hour)); return err })
	if _, err := claim(); !errors.Is(err, ErrKeySpent) {
		t.Errorf("answered once: got %v, want %v", err, ErrKeySpent)
	}
	must(t, s, func(tx *Tx) error { return tx.DropKey(ctx, done) })
	again, err := claim()
	if err != nil {
		t.Fatal(err)
	}
	must(t, s, func(tx *Tx) error { return tx.AnswerKey(ctx, again, Answer{201, []byte("{}")}) })
	must(t, s, func(tx *Tx) error { // what was answered stays
		n, err := tx.DropClaims(ctx, today.Add(time.Hour))
		if n != 0 {
			t.Errorf("got %d dropped, want none", n)
		}
		return err
	})
}
