package attest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/store"
)

// TestClocks: two servers whose clocks differ, or one whose clock jumps, between the two
// steps of a signature. It is made or not, and all that is kept agrees.
func TestClocks(t *testing.T) {
	for _, tt := range []struct {
		name         string
		prepare      int           // which server
		before, then time.Duration // how far the second server's clock is off, and how the first's jumps in between
		want         error         // of completing on the first server
	}{
		{"prepared by a clock that is ahead", 1, time.Hour, 0, attest.ErrNotAccepted},
		{"prepared by a clock that is behind", 1, -time.Hour, 0, attest.ErrRequestClosed},
		{"prepared by a clock that is a little behind", 1, -5 * time.Minute, 0, nil},
		{"clock jumps forward", 0, 0, time.Hour, attest.ErrRequestClosed},
		{"clock jumps a little forward", 0, 0, 5 * time.Minute, nil},
		{"clock jumps back", 0, 0, -time.Hour, attest.ErrNotAccepted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServers(t)
			b := s.sealed(t, 2)
			s.ahead.Pass(tt.before)
			head := s.who[attest.Head]
			r, err := s.both[tt.prepare].Prepare(t.Context(), head, attest.SigningOrder{Bundles: []string{b.ID}, Certificates: chainOf(s.key)})
			if err != nil {
				t.Fatal(err)
			}
			s.clock.Pass(tt.then)
			_, outcomes, err := s.both[0].Complete(t.Context(), head, r.ID, sign(t, s.key, r.Items...))
			if err := done(outcomes, err); !errors.Is(err, tt.want) || tt.want == nil && err != nil {
				t.Errorf("completing: %v, want %v", err, tt.want)
			}
			if errors.Is(tt.want, attest.ErrNotAccepted) { // of a time that is yet to come: nothing is lost, it comes
				s.state(t, b.ID, bundle.Pending)
				s.clock.Pass(time.Hour)
				s.complete(t, r, sign(t, s.key, r.Items...))
			}
			want, state := bundle.Signed, store.RequestDone
			if errors.Is(tt.want, attest.ErrRequestClosed) {
				want, state = bundle.Sealed, store.RequestLapsed
			}
			s.state(t, b.ID, want)
			for n, on := range s.both {
				if err := on.Expire(context.Background(), r.ID); err != nil {
					t.Errorf("server %d, expiring: %v", n, err)
				}
				if after, err := on.SigningRequest(t.Context(), head, r.ID); err != nil || after.State != state {
					t.Errorf("server %d: request is %s (%v), want %s", n, after.State, err, state)
				}
			}
			checkEverything(t, s.desk)
		})
	}
}
