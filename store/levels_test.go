package store

import (
	"crypto/sha256"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// put stores content.
func put(t testing.TB, s *Store, content string) (sum Digest) {
	t.Helper()
	must(t, s, func(tx *Tx) (err error) {
		sum, _, err = tx.PutBlob(t.Context(), strings.NewReader(content))
		return err
	})
	return sum
}

func testLevels(t *testing.T, s *Store, c *clock) {
	ctx := t.Context()
	for _, id := range []string{"B1", "B2", "B3"} {
		_, sum := addSealed(t, s, id)
		must(t, s, func(tx *Tx) error {
			if id == "B3" { // by a program that knows no levels
				return tx.AddFile(ctx, id, "manifest.p7s", sum)
			}
			if err := tx.AddFile(ctx, id, "manifest.p7s", sum); err != nil {
				return err
			}
			return tx.AddLevel(ctx, id, "B-B")
		})
	}
	refuse(t, s, ErrConflict, func(tx *Tx) error { return tx.AddLevel(ctx, "B1", "B-B") })
	refuse(t, s, ErrNotFound, func(tx *Tx) error { return tx.AddLevel(ctx, "B9", "B-B") })
	for want := 1; want >= 0; want-- {
		must(t, s, func(tx *Tx) error {
			if n, err := tx.AdoptLevels(ctx, "manifest.p7s", "B-B"); err != nil || n != want {
				t.Errorf("adopted %d, %v, want %d", n, err, want)
			}
			return nil
		})
	}
	at := pages(t, 2, func(p Page) ([]Level, string, error) { return s.Glance().LevelsAt(ctx, "", "B-B", p) })
	if len(at) != 3 || at[0].Bundle != "B1" || at[2].Bundle != "B3" {
		t.Errorf("at B-B: %+v, want all three, the oldest first", at)
	}
	if none, _, err := s.Glance().LevelsAt(ctx, "07508", "B-B", Page{}); err != nil || len(none) != 0 {
		t.Errorf("of another unit: %+v, %v", none, err)
	}

	one := at[0]
	one.Cause, one.NextAt = "tsa-unavailable", c.look().Add(time.Hour)
	must(t, s, func(tx *Tx) error { return tx.DelayLevel(ctx, &one) })
	if got, err := s.Glance().Level(ctx, "B1"); err != nil || !reflect.DeepEqual(got, one) || got.Tries != 1 {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, one)
	}
	stale := one
	lapses := today.AddDate(5, 0, 0)
	one.Level, one.DocumentLapses, one.ManifestLapses = "B-LTA", lapses, lapses.Add(-time.Hour)
	must(t, s, func(tx *Tx) error { return tx.RaiseLevel(ctx, &one) })
	if got, err := s.Glance().Level(ctx, "B1"); err != nil || !reflect.DeepEqual(got, one) || got.Tries != 0 || !got.Lapses.Equal(one.ManifestLapses) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, one)
	}
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.RaiseLevel(ctx, &stale) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.DelayLevel(ctx, &stale) })

	two := at[1]
	two.Level, two.DocumentLapses = "B-T", lapses // of which the other file has none yet
	must(t, s, func(tx *Tx) error { return tx.RaiseLevel(ctx, &two) })
	for before, want := range map[time.Time]int{lapses.Add(-time.Hour): 0, lapses: 1} {
		found := pages(t, 1, func(p Page) ([]Level, string, error) { return s.Glance().LevelsLapsing(ctx, "07507", before, p) })
		n, err := s.Glance().CountLapsing(ctx, before)
		if err != nil || n != want || len(found) != want {
			t.Errorf("lapsing before %s: %d listed, %d counted, %v, want %d", before, len(found), n, err, want)
		}
	}
	counts, err := s.Glance().CountLevels(ctx)
	if want := map[string]map[string]int{"B-LTA": {"": 1}, "B-T": {"": 1}, "B-B": {"": 1}}; err != nil || !reflect.DeepEqual(counts, want) {
		t.Errorf("got %v, %v, want %v", counts, err, want)
	}
	if of, err := s.Glance().LevelsOf(ctx, []string{"B2", "B9", "B1"}); err != nil || len(of) != 2 {
		t.Errorf("levels of three: %+v, %v, want two", of, err)
	}
	if of, err := s.Glance().LevelsOf(ctx, nil); err != nil || len(of) != 0 {
		t.Errorf("levels of none: %+v, %v", of, err)
	}

	before, err := s.Glance().File(ctx, "B1", "manifest.p7s")
	if err != nil {
		t.Fatal(err)
	}
	raised := put(t, s, "raised")
	must(t, s, func(tx *Tx) error { return tx.RaiseFile(ctx, "B1", &before, "B-B", raised) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.RaiseFile(ctx, "B1", &before, "B-B", raised) })
	revisions, err := s.Glance().Revisions(ctx, "B1")
	if err != nil || len(revisions) != 1 || revisions[0].SHA256 != before.SHA256 || !revisions[0].At.Equal(before.At) || !revisions[0].Until.After(before.At) {
		t.Errorf("got %+v, %v, want what was there before", revisions, err)
	}
}

func testEvidence(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	addSealed(t, s, "B1")
	_, manifest := addSealed(t, s, "B2")
	shared := put(t, s, "a list of many")
	piece := func(kind, source, content string) Piece {
		return Piece{SHA256: Digest(sha256.Sum256([]byte(content))), Kind: kind, Source: source, Content: []byte(content)}
	}
	list := piece("crl", "http://ca.example.vn/ca.crl", "a list of many")
	must(t, s, func(tx *Tx) error {
		return errors.Join(tx.AddEvidence(ctx, "B1", nil), tx.AddEvidence(ctx, "B1", []Piece{list}),
			tx.AddEvidence(ctx, "B2", []Piece{list, piece("certificate", "", "manifest of B2")}))
	})
	must(t, s, func(tx *Tx) error {
		return tx.AddEvidence(ctx, "B1", []Piece{piece("timestamp", "", "a token"), piece("ocsp", "elsewhere", "a list of many")})
	})
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.AddEvidence(ctx, "B9", []Piece{list}) })
	kept := pages(t, 1, func(p Page) ([]Evidence, string, error) { return s.Glance().Evidence(ctx, "B1", p) })
	if len(kept) != 2 || kept[0].At.IsZero() || kept[0].Size+kept[1].Size != int64(len("a list of many")+len("a token")) {
		t.Errorf("kept %+v, want the list once and the token", kept)
	}
	if one, err := s.Glance().EvidenceOf(ctx, "B2", shared); err != nil || one.Kind != "crl" || one.Source != "http://ca.example.vn/ca.crl" {
		t.Errorf("got %+v, %v", one, err)
	}
	must(t, s, func(tx *Tx) error { return tx.DropEvidence(ctx, "B1", shared) })
	refuse(t, s, ErrNotFound, func(tx *Tx) error { return tx.DropEvidence(ctx, "B1", shared) })
	if _, err := s.Glance().Blob(ctx, shared); err != nil {
		t.Errorf("what another bundle keeps is gone: %v", err)
	}
	must(t, s, func(tx *Tx) error {
		if err := tx.DropEvidence(ctx, "B2", shared); err != nil {
			return err
		}
		return tx.AddFile(ctx, "B2", "manifest.json", manifest)
	})
	refuse(t, s, ErrNotFound, func(tx *Tx) error { _, err := tx.Blob(ctx, shared); return err })
	must(t, s, func(tx *Tx) error { return tx.DropEvidence(ctx, "B2", manifest) })
	if _, err := s.Glance().Blob(ctx, manifest); err != nil {
		t.Errorf("a file's content went with the evidence: %v", err)
	}
}
