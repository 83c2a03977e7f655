package attest_test

import (
	"errors"
	"testing"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/store"
	"kytiem/store/pgtest"
)

// TestCutOff loses the connection to the database at each message of the two steps of a
// signature, with the answer to it. Whoever took the step hears that the database is
// unavailable and nothing else, above all no verdict; taken again it goes on from there.
func TestCutOff(t *testing.T) {
	t.Parallel()
	s := newServers(t)
	line := pgtest.NewLine(t, s.database)
	far, err := store.Open(t.Context(), store.Options{Database: line.Address(), Now: s.clock.Now, Connections: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	on := attest.New(attest.Options{Store: far, Anchors: s.anchors(), Revocation: &certs.HTTP{AllowPrivate: true, Now: s.clock.Now}})

	var b store.Bundle
	var r attest.SigningRequest
	var signatures []attest.ItemSignature
	for _, tt := range []struct {
		name  string
		fresh func()
		still func(store.Bundle) bool // nothing was done yet
		step  func(*attest.Service) error
		twice error // what comes of the step when it was taken before
		then  bundle.State
	}{
		{
			"prepare", func() { b = s.sealed(t, 1) },
			func(b store.Bundle) bool { return b.Status.State == bundle.Sealed && b.Number == "" },
			func(on *attest.Service) error { return s.order(s.key, b.ID)(on) }, attest.ErrRequestOpen, bundle.Pending,
		},
		{
			"complete", func() { b, r, signatures = s.asked(t) },
			func(b store.Bundle) bool { return b.Status.State == bundle.Pending },
			func(on *attest.Service) error { return s.bring(r, signatures)(on) }, nil, bundle.Signed,
		},
	} {
		tt.fresh()
		for n, cut := 1, true; cut; n++ {
			line.CutAt(n)
			err := tt.step(on)
			cut = line.Mend()
			for _, other := range []error{attest.ErrUnbound, attest.ErrNotAccepted, attest.ErrStale, attest.ErrNotFound} {
				if errors.Is(err, other) || err != nil && !errors.Is(err, attest.ErrUnavailable) {
					t.Fatalf("%s, cut off at message %d: %v, want %v alone", tt.name, n, err, attest.ErrUnavailable)
				}
			}
			if tt.still(s.bundle(t, b.ID)) {
				continue
			}
			if err := tt.step(s.Service); err != nil && !errors.Is(err, tt.twice) {
				t.Errorf("%s, cut off at message %d, again: %v, want %v", tt.name, n, err, tt.twice)
			}
			s.state(t, b.ID, tt.then)
			tt.fresh()
		}
	}
	checkEverything(t, s.desk)
}
