package store

import (
	"reflect"
	"testing"
)

// testAnchors: what is said of an anchor last counts, and each change has a number.
func testAnchors(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	generation := func(want int64) {
		t.Helper()
		if n, err := s.Glance().TrustGeneration(ctx); err != nil || n != want {
			t.Errorf("generation %d (%v), want %d", n, err, want)
		}
	}
	say := func(a Anchor) {
		t.Helper()
		must(t, s, func(tx *Tx) error {
			if err := tx.ChangeTrust(ctx); err != nil {
				return err
			}
			return tx.PutAnchor(ctx, a)
		})
	}
	generation(0)
	b := Anchor{SHA256: Digest{9}, DER: []byte{0x30, 0}, Purposes: []string{"tsa"}}
	a := Anchor{SHA256: Digest{7}, DER: []byte{0x30, 1}, Purposes: []string{"ca", "rs"}, Domain: "public", From: today, Until: today.AddDate(10, 0, 0)}
	say(b)
	say(a)
	generation(2)
	b.Removed, b.Until = true, today
	say(b)
	generation(3)
	got, err := s.Glance().Anchors(ctx)
	if err != nil || len(got) != 2 {
		t.Fatalf("got %v (%v)", got, err)
	}
	for i, want := range []Anchor{a, b} {
		want.ChangedAt = got[i].ChangedAt
		if want.ChangedAt.IsZero() || !reflect.DeepEqual(got[i], want) {
			t.Errorf("got  %+v\nwant %+v", got[i], want)
		}
	}
}
