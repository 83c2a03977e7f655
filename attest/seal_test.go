package attest_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/sample"
	"kytiem/store"
)

// beside is another server on the desk's database.
func (d *desk) beside(change func(*attest.Options)) *attest.Service {
	o := attest.Options{Store: d.store, Anchors: d.anchors()}
	if change != nil {
		change(&o)
	}
	return attest.New(o)
}

// sound holds that every row of a sealed bundle has its record there and no other claim.
func (d *desk) sound(t testing.TB) {
	t.Helper()
	checkEverything(t, d)
	bundles, _, err := d.store.Glance().Bundles(t.Context(), commune, store.Page{Limit: store.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bundles {
		n, err := d.store.Glance().CountClaims(t.Context(), b.ID)
		switch {
		case err != nil:
			t.Fatal(err)
		case b.Status.State == bundle.Sealed && n != b.Size:
			t.Errorf("bundle %s of %d records claims %d rows", b.ID, b.Size, n)
		case b.Status.State == bundle.Withdrawn && n != 0:
			t.Errorf("bundle %s was withdrawn and claims %d rows", b.ID, n)
		}
		for r, err := range d.store.Glance().ResultsOf(t.Context(), b.ID) {
			if err != nil {
				t.Fatal(err)
			}
			records, err := d.store.Glance().RecordsOf(t.Context(), r.ID)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(records, func(x store.Record) bool { return x.Bundle == b.ID }) && b.Status.State == bundle.Sealed {
				t.Errorf("result %s is in bundle %s without a record", r.ID, b.ID)
			}
		}
	}
}

// ok gives the bundle of a call that has to succeed.
func ok(t testing.TB) func(attest.Bundle, error) attest.Bundle {
	return func(b attest.Bundle, err error) attest.Bundle {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

// TestSeal: what is ready is sealed, as far as the limit goes, and nothing else.
func TestSeal(t *testing.T) {
	temp := t.TempDir()
	d := newDesk(t, func(o *attest.Options) { o.Temp = temp })
	d.ready(t, 7)
	d.fresh(t, 2, sample.Mix{})
	first := ok(t)(d.sealAs(t, attest.Health, 3))
	if first.Size != 3 || first.Status.State != bundle.Sealed || first.Counts.Doses != 3 || first.SealedAt.IsZero() || first.Progress != nil {
		t.Errorf("sealed %+v, want three results", first.Bundle)
	}
	var names []string
	for _, f := range first.Files {
		names = append(names, f.Name)
	}
	if want := []string{bundle.PagesFile, bundle.DocumentFile, bundle.ManifestFile, bundle.RecordsFile}; !slices.Equal(names, want) {
		t.Errorf("files %v, want %v", names, want)
	}
	m, err := bundle.ParseManifest(d.file(t, first.ID, bundle.ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	unit, _ := sample.Unit(commune)
	if m.Bundle != first.ID || m.ConfirmationSource != bundle.ConfirmedInService || m.Unit != bundle.NameOf(unit) || m.Root != first.Root || m.Size != 3 {
		t.Errorf("manifest %+v", m)
	}
	second := ok(t)(d.sealAs(t, attest.Health, 0))
	if second.Size != 4 || second.ID == first.ID {
		t.Errorf("sealed %+v, want the other four", second.Bundle)
	}
	if _, err := d.sealAs(t, attest.Health, 0); !errors.Is(err, attest.ErrNothingReady) {
		t.Errorf("sealing nothing: %v, want ErrNothingReady", err)
	}
	if all, _, err := d.Bundles(t.Context(), d.who[attest.Health], commune, attest.Page{}); err != nil || len(all) != 2 {
		t.Errorf("%d bundles (%v), want the two that were sealed", len(all), err)
	}
	sealed := d.entries(t, "bundles.seal")
	if len(sealed) != 2 || sealed[0].Actor != d.who[attest.Health].Account || !strings.Contains(sealed[0].Detail.String(), first.Root.String()) {
		t.Errorf("chain tells %+v", sealed)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("%d files left behind (%v)", len(left), err)
	}
	d.sound(t)
}

// TestSealProvince: the legal basis is that of the province, which the register tells.
func TestSealProvince(t *testing.T) {
	d := newDesk(t, nil)
	unit, _ := sample.Unit(commune)
	d.tx(t, func(tx *store.Tx) error {
		for code := unit.Parent; code != ""; {
			above, there := sample.Unit(code)
			if !there {
				return fmt.Errorf("sample unit %s is not there", code)
			}
			if err := tx.PutUnit(t.Context(), above); err != nil {
				return err
			}
			code = above.Parent
		}
		return nil
	})
	b := d.sealed(t, 1)
	m, err := bundle.ParseManifest(d.file(t, b.ID, bundle.ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	want, err := bundle.LegalBasisOn(bundle.DateOf(d.clock.Now()), "75")
	if err != nil || !slices.Equal(m.LegalBasis, want) {
		t.Errorf("legal basis %v, want %v (%v)", m.LegalBasis, want, err)
	}
}

// TestSealRoles: the health sector of the unit seals, and nobody else.
func TestSealRoles(t *testing.T) {
	d := newDesk(t, nil)
	d.ready(t, 2)
	for _, who := range append(actors(d), d.alien, attest.Actor{Account: "x", Role: attest.Health, Unit: other}, attest.Actor{}) {
		want := attest.ErrForbidden
		switch {
		case who.Anybody():
			want = attest.ErrUnauthenticated
		case who.Role == attest.Health && who.Unit == commune:
			continue
		case who.Role == attest.Health:
			want = attest.ErrNotFound
		}
		if _, err := d.Seal(t.Context(), who, attest.SealOrder{Unit: commune}); !errors.Is(err, want) {
			t.Errorf("%s of %q: %v, want %v", who.Role, who.Unit, err, want)
		}
	}
	if b := d.seal(t); b.Size != 2 {
		t.Errorf("%d sealed after all refusals, want 2", b.Size)
	}
}

// TestSealOutside: results of days on which the unit did not exist are named, claimed by nothing, and can be corrected.
func TestSealOutside(t *testing.T) {
	d := newDesk(t, nil)
	d.ready(t, 30)
	var days []bundle.Date
	rows, _, err := d.Results(t.Context(), d.who[attest.Health], attest.Worklist{Unit: commune}, attest.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		days = append(days, r.VaccinatedOn)
	}
	slices.SortFunc(days, bundle.Date.Compare)
	last := days[len(days)-3] // of the unit
	unit, _ := sample.Unit(commune)
	unit.ValidTo = last
	d.tx(t, func(tx *store.Tx) error { return tx.PutUnit(t.Context(), unit) })
	var want []string
	for _, r := range rows {
		if r.VaccinatedOn.Compare(last) > 0 {
			want = append(want, r.ID)
		}
	}
	slices.Sort(want)
	var outside *attest.OutsideError
	_, err = d.sealAs(t, attest.Health, 0)
	if !errors.As(err, &outside) || !errors.Is(err, dossier.ErrOutsidePeriod) || len(want) == 0 || !slices.Equal(outside.Results, want) {
		t.Fatalf("sealing: %v, want results %v", err, want)
	}
	if all, _, err := d.Bundles(t.Context(), d.who[attest.Health], commune, attest.Page{}); err != nil || len(all) != 0 {
		t.Errorf("%d bundles (%v), want none", len(all), err)
	}
	for _, id := range want {
		_, err := d.Correct(t.Context(), d.who[attest.Health], id, attest.Amendment{Fields: map[string]string{"vaccinated_on": last.String()}, Reason: "nhập nhầm ngày"})
		if err != nil {
			t.Fatal(err)
		}
	}
	if b := d.seal(t); b.Size != 30-len(want) {
		t.Errorf("%d sealed, want what was in order", b.Size)
	}
	d.confirmed(t, attest.Health, attest.Confirmation{Part: attest.Vaccination, Results: want})
	if b := d.seal(t); b.Size != len(want) {
		t.Errorf("%d sealed, want what was corrected", b.Size)
	}
	d.sound(t)
}

// TestSealReusedCode: where a code stood for two units, each has a bundle of its own.
func TestSealReusedCode(t *testing.T) {
	d := newDesk(t, nil)
	d.ready(t, 40)
	early, _ := sample.Unit(commune)
	var from, to bundle.Date
	rows, _, err := d.Results(t.Context(), d.who[attest.Health], attest.Worklist{Unit: commune}, attest.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if from.IsZero() || r.VaccinatedOn.Compare(from) < 0 {
			from = r.VaccinatedOn
		}
		if r.VaccinatedOn.Compare(to) > 0 {
			to = r.VaccinatedOn
		}
	}
	late := early
	late.ValidFrom, late.ValidTo, late.FullName = to, bundle.Date{}, "Xã Phú Hòa Mới"
	early.ValidTo = bundle.DateOf(time.Date(to.Year, time.Month(to.Month), to.Day-1, 0, 0, 0, 0, time.UTC))
	d.tx(t, func(tx *store.Tx) error {
		return errors.Join(tx.PutUnit(t.Context(), early), tx.PutUnit(t.Context(), late))
	})
	first, second := d.seal(t), d.seal(t)
	if first.Period.From != from || first.Period.To.Compare(to) >= 0 || second.Period != (bundle.Period{From: to, To: to}) || first.Size+second.Size != 40 {
		t.Errorf("periods %v and %v, %d and %d results of 40 from %s to %s", first.Period, second.Period, first.Size, second.Size, from, to)
	}
	for id, want := range map[string]string{first.ID: early.FullName, second.ID: late.FullName} {
		if m, err := bundle.ParseManifest(d.file(t, id, bundle.ManifestFile)); err != nil || m.Unit.Name != want {
			t.Errorf("unit %q (%v), want %q", m.Unit.Name, err, want)
		}
	}
	d.sound(t)
}

// TestSealSuccessor: a bundle that supersedes another takes all that is ready, whatever the limit.
func TestSealSuccessor(t *testing.T) {
	d := newDesk(t, nil)
	old := d.signed(t, 5)
	next := ok(t)(d.Supersede(t.Context(), d.who[attest.Head], old.ID, "sai một dòng"))
	if told := ok(t)(d.Bundle(t.Context(), d.who[attest.Head], old.ID)); told.SupersededBy != next.ID {
		t.Errorf("successor %q told, want %q", told.SupersededBy, next.ID)
	}
	d.ready(t, 2)
	b := ok(t)(d.sealAs(t, attest.Health, 3))
	if b.ID != next.ID || b.Size != 7 || b.Supersedes != old.ID {
		t.Errorf("sealed %+v, want the successor with all seven", b.Bundle)
	}
	d.sound(t)
}

// cutOff leaves the unit's open bundle with claims as a server leaves it that was killed between claiming and sealing.
func (d *desk) cutOff(t testing.TB, limit int) (b store.Bundle) {
	t.Helper()
	d.tx(t, func(tx *store.Tx) (err error) {
		if b, err = tx.AddBundle(t.Context(), bundle.NewID(), commune, ""); err == nil {
			_, err = tx.ClaimResults(t.Context(), &b, limit)
		}
		return err
	})
	return b
}

// TestSealCutOff: a bundle that has its rows is sealed with these, and the next one has the others.
func TestSealCutOff(t *testing.T) {
	d := newDesk(t, nil)
	d.ready(t, 8)
	left := d.cutOff(t, 5)
	if b := ok(t)(d.sealAs(t, attest.Health, 2)); b.ID != left.ID || b.Size != 5 {
		t.Errorf("sealed %s with %d results, want %s with its five", b.ID, b.Size, left.ID)
	}
	if b := d.seal(t); b.Size != 3 {
		t.Errorf("sealed %d results, want the other three", b.Size)
	}
	d.sound(t)
}

// TestSealNoRoom: a seal that cannot be drawn leaves a bundle that the next call seals.
func TestSealNoRoom(t *testing.T) {
	temp := filepath.Join(t.TempDir(), "missing")
	d := newDesk(t, func(o *attest.Options) { o.Temp = temp })
	d.ready(t, 3)
	if _, err := d.sealAs(t, attest.Health, 0); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("sealing without room: %v", err)
	}
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	if b := d.seal(t); b.Size != 3 {
		t.Errorf("sealed %d results, want three", b.Size)
	}
	if got := len(d.entries(t, "bundles.claim")); got != 1 {
		t.Errorf("claimed %d times, want once", got)
	}
	d.sound(t)
}

// TestSealAtOnce: of calls at once, on two servers, all tell of the same bundle, which is sealed once.
func TestSealAtOnce(t *testing.T) {
	d := newDesk(t, nil)
	second := d.beside(nil)
	for range 3 {
		d.ready(t, 40)
		told := make([]attest.Bundle, 6)
		errs := make([]error, len(told))
		var wait sync.WaitGroup
		begin := make(chan struct{})
		for n := range told {
			wait.Go(func() {
				<-begin
				on := []*attest.Service{d.Service, second}[n%2]
				told[n], errs[n] = on.Seal(t.Context(), d.who[attest.Health], attest.SealOrder{Unit: commune})
			})
		}
		close(begin)
		wait.Wait()
		first := slices.IndexFunc(errs, func(err error) bool { return err == nil })
		if first < 0 {
			t.Fatal(errs)
		}
		for n, b := range told {
			if errors.Is(errs[n], attest.ErrNothingReady) { // it began when all was over
				continue
			}
			if errs[n] != nil || b.ID != told[first].ID || b.Size != 40 || b.Status.State != bundle.Sealed || len(b.Files) != 4 {
				t.Errorf("call %d: %s with %d results (%v), want %s with all 40", n, b.ID, b.Size, errs[n], told[first].ID)
			}
		}
	}
	if got := len(d.entries(t, "bundles.seal")); got != 3 {
		t.Errorf("sealed %d times, want three", got)
	}
	d.sound(t)
}

// TestSealWithdrawnMeanwhile: what is withdrawn by another server while it is drawn is not sealed, and its rows are free.
func TestSealWithdrawnMeanwhile(t *testing.T) {
	temp := t.TempDir()
	d := newDesk(t, func(o *attest.Options) { o.Temp = temp })
	d.ready(t, 3000)
	second := d.beside(nil)
	withdrawn := make(chan error, 1)
	go func() {
		for t.Context().Err() == nil { // until it is being drawn
			if found, _ := filepath.Glob(filepath.Join(temp, "*")); len(found) > 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		open, err := d.store.Glance().OpenBundle(t.Context(), commune)
		if err == nil {
			_, err = second.Withdraw(t.Context(), d.who[attest.Head], open.ID, "nhầm")
		}
		withdrawn <- err
	}()
	_, err := d.sealAs(t, attest.Health, 0)
	if err := <-withdrawn; err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, attest.ErrMove) {
		t.Errorf("sealing: %v, want ErrMove", err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("%d files left behind (%v)", len(left), err)
	}
	if b := d.seal(t); b.Size != 3000 {
		t.Errorf("sealed %d results, want all", b.Size)
	}
	d.sound(t)
}

// TestSealUnderKey: a call under an idempotency key is answered in its last transaction, drawn at once or later.
func TestSealUnderKey(t *testing.T) {
	for name, later := range map[string]int{"at once": 10, "later": 2} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, func(o *attest.Options) { o.DrawLater = later })
			d.ready(t, 4)
			key := attest.Key{Scope: "token POST /v1/bundles", Key: "k"}
			once, _, err := d.Claim(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			answered := 0
			ctx := once.In(t.Context(), func(outcome any) (attest.Answer, error) {
				answered++
				return attest.Answer{Status: 201, Body: []byte(outcome.(attest.Bundle).ID)}, nil
			})
			b := ok(t)(d.Seal(ctx, d.who[attest.Health], attest.SealOrder{Unit: commune}))
			_, before, err := d.Claim(t.Context(), key)
			if err != nil || before == nil || string(before.Body) != b.ID || answered != 1 {
				t.Errorf("answer %+v (%v), made %d times, want %s once", before, err, answered, b.ID)
			}
		})
	}
}
