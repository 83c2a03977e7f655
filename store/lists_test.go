package store

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"kytiem/audit"
	"kytiem/bundle"
)

// TestLists runs what the steps list and count on both databases.
func TestLists(t *testing.T) {
	for name, test := range map[string]func(*testing.T, *Store){
		"units": listUnits, "bundles": listBundles, "certificates": listCertificates, "items": listItems, "stamps": listStamps,
		"results": listResults, "corrections": listCorrections, "numbers": giveNumbers,
	} {
		t.Run(name+" sqlite", func(t *testing.T) {
			t.Parallel()
			test(t, open(t, newFile(t), &clock{now: today}))
		})
		t.Run(name+" postgres", func(t *testing.T) { t.Parallel(); test(t, open(t, newDatabase(t), &clock{now: today})) })
	}
}

// same compares lists of names.
func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// names are the names of items.
func names[T any](items []T, name func(T) string) (all []string) {
	for _, item := range items {
		all = append(all, name(item))
	}
	return all
}

func listUnits(t *testing.T, s *Store) {
	merged := bundle.Date{Year: 2025, Month: 7, Day: 1}
	for _, u := range []bundle.Unit{
		{Code: "075", Level: bundle.Province, Name: "Đồng Nai"},
		{Code: "07508", Level: bundle.Commune, Parent: "075", Name: "B", ValidTo: bundle.Date{Year: 2025, Month: 6, Day: 30}},
		{Code: "07508", Level: bundle.Commune, Parent: "075", Name: "B mới", ValidFrom: merged},
		{Code: "07507", Level: bundle.Commune, Parent: "075", Name: "A"},
	} {
		must(t, s, func(tx *Tx) error { return tx.PutUnit(t.Context(), u) })
	}
	for _, limit := range []int{1, 2, 3, 4} { // a page that ends between the two of one code
		all := pages(t, limit, func(p Page) ([]bundle.Unit, string, error) { return s.Glance().UnitsPage(t.Context(), p) })
		same(t, fmt.Sprint("pages of ", limit), names(all, func(u bundle.Unit) string { return u.Code + u.ValidFrom.String() }),
			"075", "07507", "07508", "075082025-07-01")
	}
}

func listBundles(t *testing.T, s *Store) {
	ctx := t.Context()
	var first Bundle
	for n, id := range []string{"BZ", "BA", "BM"} { // not in the order of their ids
		must(t, s, func(tx *Tx) error {
			b, err := tx.AddBundle(ctx, id, fmt.Sprint("0750", n), "")
			if n == 0 {
				first = b
			}
			return err
		})
	}
	all := pages(t, 1, func(p Page) ([]Bundle, string, error) { return s.Glance().AllBundles(ctx, p) })
	same(t, "bundles", names(all, func(b Bundle) string { return b.ID }), "BZ", "BA", "BM")

	must(t, s, func(tx *Tx) error { first.Root = bundle.HexHash{1}; return tx.SealBundle(ctx, &first) })
	if counts, err := s.Glance().CountBundles(ctx); err != nil || len(counts) != 2 || counts[bundle.Sealed] != 1 || counts[bundle.Open] != 2 {
		t.Errorf("got %v, %v, want 1 sealed, 2 open", counts, err)
	}

	// Of several that are about to work on one bundle, one goes on.
	second := first
	must(t, s, func(tx *Tx) error { return tx.TouchBundle(ctx, &first) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.TouchBundle(ctx, &second) })
	if b, err := s.Glance().Bundle(ctx, "BZ"); err != nil || b != first || b.Status.State != bundle.Sealed {
		t.Errorf("got %+v, %v, want %+v", b, err, first)
	}
}

func listCertificates(t *testing.T, s *Store) {
	ctx := t.Context()
	addAccount(t, s, "A")
	for n, unit := range []string{"07507", "07508", "07507", "07507"} {
		must(t, s, func(tx *Tx) error {
			return tx.BindCertificate(ctx, Certificate{ID: fmt.Sprint("C", n), Account: "A", Unit: unit, SHA256: Digest{byte(n)}, DER: []byte{0x30},
				NotBefore: today, NotAfter: today})
		})
	}
	must(t, s, func(tx *Tx) error { return tx.UnbindCertificate(ctx, "C2") })
	all := pages(t, 1, func(p Page) ([]Certificate, string, error) { return s.Glance().CertificatesOfUnit(ctx, "07507", p) })
	same(t, "certificates", names(all, func(c Certificate) string { return c.ID }), "C0", "C2", "C3")
	if !all[0].UnboundAt.IsZero() || all[1].UnboundAt.IsZero() {
		t.Errorf("got %+v, want only the second unbound", all)
	}
}

func listItems(t *testing.T, s *Store) {
	ctx := t.Context()
	addAccount(t, s, "A")
	b, base := addSealed(t, s, "B1")
	if _, err := s.Glance().RequestOf(ctx, b.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("before any request: got %v, want %v", err, ErrNotFound)
	}
	request := func(id string, kinds ...string) Request {
		r := Request{ID: id, Account: "A", Carrier: "api", ExpiresAt: today.AddDate(0, 0, 1), Certificate: Digest{9}}
		for _, kind := range kinds {
			r.Items = append(r.Items, Item{ID: id + "-" + kind, Bundle: b.ID, Kind: kind, Base: base, Prepared: `{}`})
		}
		return r
	}
	must(t, s, func(tx *Tx) error { return tx.AddRequest(ctx, request("R1", "manifest", "pdf")) })
	must(t, s, func(tx *Tx) error { return tx.CompleteItem(ctx, "R1-pdf", Digest{7}) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.DropItem(ctx, "R1-manifest") }) // still open
	if r, err := s.Glance().RequestOf(ctx, b.ID); err != nil || r.ID != "R1" || len(r.Items) != 2 || r.Certificate != (Digest{9}) {
		t.Errorf("got request %+v, %v, want R1", r, err)
	}
	must(t, s, func(tx *Tx) error { return tx.CloseRequest(ctx, "R1", RequestLapsed) })
	if _, err := s.Glance().RequestOf(ctx, b.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("after it lapsed: got %v, want %v", err, ErrNotFound)
	}
	must(t, s, func(tx *Tx) error { return tx.DropItem(ctx, "R1-pdf") })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.DropItem(ctx, "R1-pdf") })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.DropItem(ctx, "R9-pdf") })
	must(t, s, func(tx *Tx) error { return tx.AddRequest(ctx, request("R2", "pdf")) })
	must(t, s, func(tx *Tx) error { return tx.CompleteItem(ctx, "R2-pdf", Digest{8}) })
	must(t, s, func(tx *Tx) error { return tx.CloseRequest(ctx, "R2", RequestDone) })

	items, err := s.Glance().ItemsOf(ctx, b.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "items", names(items, func(i Item) string { return fmt.Sprint(i.ID, " ", i.State, " ", i.Signed[0]) }),
		"R1-manifest lapsed 0", "R1-pdf lapsed 7", "R2-pdf done 8")
	if items, err := s.Glance().ItemsOf(ctx, "B9"); err != nil || len(items) != 0 {
		t.Errorf("another bundle: got %v, %v, want none", items, err)
	}
}

func listStamps(t *testing.T, s *Store) {
	ctx := t.Context()
	if _, err := s.Glance().LastStamp(ctx); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
	for _, seq := range []int64{10, 2, 300} {
		must(t, s, func(tx *Tx) error {
			return tx.AddStamp(ctx, Stamp{Head: audit.Head{Seq: seq, Sum: audit.Hash{byte(seq)}}, Token: []byte{byte(seq)}, At: today})
		})
	}
	var seqs []string
	for stamp, err := range s.Glance().Stamps(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if stamp.Head.Sum != (audit.Hash{byte(stamp.Head.Seq)}) || !stamp.At.Equal(today) {
			t.Errorf("got stamp %+v", stamp)
		}
		seqs = append(seqs, fmt.Sprint(stamp.Head.Seq))
	}
	same(t, "stamps", seqs, "2", "10", "300")
	if last, err := s.Glance().LastStamp(ctx); err != nil || last.Head.Seq != 300 {
		t.Errorf("got last stamp %+v, %v, want 300", last, err)
	}

	must(t, s, func(tx *Tx) error { return tx.Audit("unit.put", "A", "07507", "07507") })
	if e, err := s.Glance().AuditEntry(ctx, 1); err != nil || e.Seq != 1 || e.Act != "unit.put" {
		t.Errorf("got entry %+v, %v", e, err)
	}
	if _, err := s.Glance().AuditEntry(ctx, 2); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
}

func listResults(t *testing.T, s *Store) {
	ctx := t.Context()
	ids := addReady(t, s, 0, 1203) // more than two batches
	found, err := s.Glance().ResultsByID(ctx, append([]string{"", "not there", "'); --"}, ids...))
	if err != nil {
		t.Fatal(err)
	}
	got := names(found, func(r Result) string { return r.ID })
	slices.Sort(got)
	slices.Sort(ids)
	if !slices.Equal(got, ids) {
		t.Errorf("got %d results by their ids, want the %d that there are", len(got), len(ids))
	}
	if found, err := s.Glance().ResultsByID(ctx, nil); err != nil || len(found) != 0 {
		t.Errorf("no ids: got %v, %v", found, err)
	}
	must(t, s, func(tx *Tx) error {
		b, err := tx.AddBundle(ctx, "B1", "07507", "")
		if err == nil {
			_, err = tx.ClaimResults(ctx, &b, 1000)
		}
		return err
	})
	if n, err := s.Glance().CountClaims(ctx, "B1"); err != nil || n != 1000 {
		t.Errorf("got %d claims, %v, want 1000", n, err)
	}
}

func listCorrections(t *testing.T, s *Store) {
	ctx := t.Context()
	addAccount(t, s, "A")
	change := Change{Field: "full_name", Before: "\" \\ 中 \u2028 <b>", After: ""}
	must(t, s, func(tx *Tx) error { // of one instant
		return errors.Join(
			tx.AddCorrection(ctx, Correction{ID: "C1", Result: "R1", Account: "A", Changes: []Change{change}}),
			tx.AddCorrection(ctx, Correction{ID: "C3", Result: "R1", Account: "A"}),
			tx.AddCorrection(ctx, Correction{ID: "C2", Result: "R1", Account: "A"}),
			tx.AddCorrection(ctx, Correction{ID: "C4", Result: "R2", Account: "A"}))
	})
	all := pages(t, 1, func(p Page) ([]Correction, string, error) { return s.Glance().Corrections(ctx, "R1", p) })
	same(t, "corrections", names(all, func(c Correction) string { return c.ID }), "C3", "C2", "C1")
	if !slices.Equal(all[2].Changes, []Change{change}) {
		t.Errorf("got %+v, want %+v", all[2].Changes, change)
	}
	refuse(t, s, ErrNotFound, func(tx *Tx) error {
		return tx.AddCorrection(ctx, Correction{ID: "C5", Result: "R1", Account: "nobody"})
	})
	refuse(t, s, ErrConflict, func(tx *Tx) error { return tx.AddCorrection(ctx, Correction{ID: "C1", Result: "R1", Account: "A"}) })

	if _, err := s.Glance().Progress(ctx, "B1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
	refuse(t, s, ErrNotFound, func(tx *Tx) error { return tx.SetProgress(ctx, Progress{Bundle: "B1"}) })
}

// giveNumbers: of transactions at once each has a number of its own, without gaps though
// some give up.
func giveNumbers(t *testing.T, s *Store) {
	ctx := t.Context()
	const hands, times = 4, 15
	gaveUp := errors.New("gave up")
	var mutex sync.Mutex
	var given []int
	var all sync.WaitGroup
	for range hands {
		all.Go(func() {
			for n := range times {
				var number int
				err := s.InTx(ctx, func(tx *Tx) (err error) {
					if number, err = tx.NextNumber(ctx, "07507", 2026, "document"); err == nil && n%3 == 0 {
						err = gaveUp
					}
					return err
				})
				if err == nil {
					mutex.Lock()
					given = append(given, number)
					mutex.Unlock()
				} else if !errors.Is(err, gaveUp) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	slices.Sort(given)
	for n, number := range given {
		if number != n+1 {
			t.Fatalf("got numbers %v, want 1 to %d", given, len(given))
		}
	}
	if len(given) != hands*times*2/3 {
		t.Errorf("got %d numbers, want %d", len(given), hands*times*2/3)
	}
	for _, other := range []struct {
		unit, kind string
		year       int
	}{{"07508", "document", 2026}, {"07507", "minutes", 2026}, {"07507", "document", 2027}} {
		must(t, s, func(tx *Tx) error {
			n, err := tx.NextNumber(ctx, other.unit, other.year, other.kind)
			if n != 1 {
				t.Errorf("register %v: got %d, want 1", other, n)
			}
			return err
		})
	}
}
