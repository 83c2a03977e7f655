package attest_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/signer"
	"kytiem/store"
	"kytiem/verify"
)

// TestRaisingMeets: a bundle's head signs, and while a job raises the signature that just came, a clerk on another server
// puts the organisation's beside it. Both end well, in some order.
func TestRaisingMeets(t *testing.T) {
	c := &raisingContest{}
	t.Run("raise job and countersignature", func(t *testing.T) {
		t.Cleanup(func() { t.Logf("the job was first in %d rounds", c.first) })
		(&contest{"raise job and countersignature", c.stage}).hold(t)
	})
}

// raisingContest is what its rounds share: servers with an authority, whose jobs run.
type raisingContest struct {
	anchors certs.Anchors
	first   int // rounds in which the job was the first
}

func (c *raisingContest) begin(t *testing.T, s *servers) {
	t.Helper()
	c.anchors = certs.Anchors{CA: certs.Path{s.ca.Root().Certificate}, TSA: certs.Path{s.ca.TSARoot().Certificate}}
	for n, now := range []func() time.Time{s.clock.Now, s.ahead.Now} {
		s.both[n] = attest.New(attest.Options{Store: s.stores[n], Anchors: c.anchors, Revocation: &certs.HTTP{AllowPrivate: true, Now: now},
			Timestamper: &signer.TSA{URL: s.url + "/tsa", Anchors: c.anchors, Now: now}})
	}
	s.Service = s.both[0]
	works(t, s.both[:]...)
}

// raising is about how long a job takes to be there and to raise two files.
const raising = 200 * time.Millisecond

func (c *raisingContest) stage(t *testing.T, s *servers) ([]act, func([]error)) {
	if c.anchors.CA == nil {
		c.begin(t, s)
	}
	b := s.sealed(t, 1)
	r := s.prepare(t, s.key, b.ID)
	signatures := sign(t, s.key, r.Items...)
	key := s.seals(t)
	complete := func(on *attest.Service) error {
		_, outcomes, err := on.Complete(context.Background(), s.who[attest.Head], r.ID, signatures)
		return done(outcomes, err)
	}
	countersign := func(on *attest.Service) error {
		time.Sleep(rand.N(raising))
		return s.countersignSoon(t, on, key, b.ID)
	}
	return []act{{"sign", complete, nil}, {"countersign", countersign, nil}}, func([]error) { c.settle(t, s, b.ID) }
}

// countersignSoon is a clerk who begins as soon as the head has signed, and again if the document got another revision.
func (s *servers) countersignSoon(t *testing.T, on *attest.Service, key devca.Issued, id string) error {
	ctx := context.Background()
	for late := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		r, err := on.Prepare(ctx, s.who[attest.Clerk], attest.SigningOrder{Bundles: []string{id}, Certificates: chainOf(key)})
		if err == nil {
			_, outcomes, failed := on.Complete(ctx, s.who[attest.Clerk], r.ID, sign(t, key, r.Items...))
			err = done(outcomes, failed)
		}
		if err == nil || time.Now().After(late) {
			return err
		}
		if !errors.Is(err, attest.ErrUnsigned) && !errors.Is(err, attest.ErrRevised) && !errors.Is(err, attest.ErrRequestOpen) && !errors.Is(err, store.ErrStale) {
			return err
		}
	}
}

// settle has the bundle raised to the end, which a job that found it being signed would do half a minute later, and holds
// what must be so then: both signatures have the level, and none ever had a lower one than before.
func (c *raisingContest) settle(t *testing.T, s *servers, id string) {
	t.Helper()
	until(t, "the bundle is at B-LTA", func() bool {
		l, err := s.both[1].Raise(t.Context(), id)
		return err == nil && l.Level == string(signer.LevelLTA)
	})
	if n := s.told(t, id); n != 1 {
		t.Errorf("countersigned %d times", n)
	}
	report := s.exported(t, id, c.anchors)
	high := 0
	for _, signature := range report.Signatures {
		if strings.HasSuffix(signature.Format, "-BASELINE-LTA") {
			high++
		}
	}
	if report.Verdict != verify.TotalPassed || high != 3 { // the head's two and the organisation's
		t.Errorf("verdict %s with %d signatures at LTA, want 3", report.Verdict, high)
	}
	entries, _, err := s.store.Glance().AuditOf(t.Context(), id, store.Page{Limit: store.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	reached := signer.LevelB
	for n := len(entries) - 1; n >= 0; n-- { // the oldest first
		switch e := entries[n]; e.Act {
		case "bundles.countersign": // another document, which begins anew
			if reached != signer.LevelB {
				c.first++
			}
			reached = signer.LevelB
		case "bundles.raise":
			level := signer.LevelB
			for _, l := range signer.Levels() {
				if strings.Contains(e.Detail.String(), `"level":"`+string(l)+`"`) {
					level = l
				}
			}
			if !level.Reaches(reached) {
				t.Errorf("raised to %s after %s", level, reached)
			}
			reached = level
		}
	}
	s.state(t, id, bundle.Signed)
}
