package attest_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/certs/devca"
	"kytiem/sample"
	"kytiem/store"
)

// TestCountersigningMeets: what else can happen while a clerk on another server prepares or
// brings the organisation's signature.
func TestCountersigningMeets(t *testing.T) {
	for _, c := range []contest{
		{"two clerks prepare", countersignTwoClerks},
		{"one clerk prepares twice", countersignTwice},
		{"complete and complete", countersignComplete},
		{"complete and expire", countersignExpire},
		{"complete and recall", countersignRecall},
		{"complete and refuse", countersignRefuse},
		{"prepare and supersede", countersignSupersede},
	} {
		t.Run(c.name, c.hold)
	}
}

// clerk is another clerk of the commune, with a key of the organisation for either.
func (s *servers) clerk(t *testing.T) (second attest.Actor, keys [2]devca.Issued) {
	t.Helper()
	second = attest.Actor{Account: bundle.NewID(), Role: attest.Clerk, Unit: commune}
	s.tx(t, func(tx *store.Tx) error {
		err := tx.AddAccount(t.Context(), store.Account{ID: second.Account, Name: "Mẫu", Role: string(attest.Clerk), Unit: commune})
		if err != nil {
			return err
		}
		return tx.Audit("accounts.add", "operator", commune, second.Account)
	})
	unit, _ := sample.Unit(commune)
	for n := range keys {
		keys[n] = s.sealKey(t, unit.Identifier)
	}
	return second, keys
}

func (s *servers) orderBy(who attest.Actor, key devca.Issued, id string) func(*attest.Service) error {
	return func(on *attest.Service) error {
		_, err := on.Prepare(context.Background(), who, attest.SigningOrder{Bundles: []string{id}, Certificates: chainOf(key)})
		return err
	}
}

// bringBy completes a request of the clerk's.
func (s *servers) bringBy(who attest.Actor, r attest.SigningRequest, signatures []attest.ItemSignature) func(*attest.Service) error {
	return func(on *attest.Service) error {
		_, outcomes, err := on.Complete(context.Background(), who, r.ID, signatures)
		return done(outcomes, err)
	}
}

// countersigned is a signed bundle, the clerk's request for it, and the signature.
func (s *servers) countersigned(t *testing.T) (store.Bundle, attest.SigningRequest, []attest.ItemSignature) {
	t.Helper()
	b := s.signed(t, 1)
	key := s.seals(t)
	r := s.countersign(t, key, b.ID)
	return b, r, sign(t, key, r.Items...)
}

// told counts how often the chain tells of an organisation's signature on a bundle.
func (s *servers) told(t *testing.T, id string) int {
	t.Helper()
	entries, _, err := s.store.Glance().AuditOf(t.Context(), id, store.Page{Limit: store.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if e.Act == "bundles.countersign" {
			n++
		}
	}
	return n
}

func countersignTwoClerks(t *testing.T, s *servers) ([]act, func([]error)) {
	b := s.signed(t, 1)
	second, keys := s.clerk(t)
	return []act{
			{"prepare", s.orderBy(s.who[attest.Clerk], keys[0], b.ID), busy()},
			{"prepare by another", s.orderBy(second, keys[1], b.ID), busy()},
		}, func(outcomes []error) {
			if n := succeeded(outcomes); n != 1 {
				t.Fatalf("%d requests were opened, want 1: %v", n, outcomes)
			}
			first := slices.IndexFunc(outcomes, func(err error) bool { return err == nil })
			who := []attest.Actor{s.who[attest.Clerk], second}[first]
			open, err := s.store.Glance().RequestOf(t.Context(), b.ID)
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.SigningRequest(t.Context(), who, open.ID)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.bringBy(who, r, sign(t, keys[first], r.Items...))(s.Service); err != nil {
				t.Error(err)
			}
			if n := s.told(t, b.ID); n != 1 {
				t.Errorf("countersigned %d times", n)
			}
		}
}

func countersignTwice(t *testing.T, s *servers) ([]act, func([]error)) {
	b := s.signed(t, 1)
	order := s.orderBy(s.who[attest.Clerk], s.seals(t), b.ID)
	return []act{{"prepare", order, busy()}, {"prepare", order, busy()}, {"prepare", order, busy()}}, func(outcomes []error) {
		if n := succeeded(outcomes); n != 1 {
			t.Errorf("%d requests were opened, want 1: %v", n, outcomes)
		}
		s.expectState(t, b.ID, outcomes, bundle.Signed)
	}
}

func countersignComplete(t *testing.T, s *servers) ([]act, func([]error)) {
	b, r, signatures := s.countersigned(t)
	bring := s.bringBy(s.who[attest.Clerk], r, signatures)
	return []act{{"complete", bring, nil}, {"complete", bring, nil}, {"complete", bring, nil}}, func(outcomes []error) {
		if n := s.told(t, b.ID); n != 1 {
			t.Errorf("countersigned %d times: %v", n, outcomes)
		}
	}
}

func countersignExpire(t *testing.T, s *servers) ([]act, func([]error)) {
	b, r, signatures := s.countersigned(t)
	complete := func(*attest.Service) error { return s.bringBy(s.who[attest.Clerk], r, signatures)(s.both[0]) }
	expire := func(*attest.Service) error { return s.late().Expire(context.Background(), r.ID) }
	return []act{{"complete", complete, []error{attest.ErrRequestClosed}}, {"expire", expire, nil}}, func(outcomes []error) {
		want := 0
		if outcomes[0] == nil {
			want = 1
		}
		if n := s.told(t, b.ID); n != want {
			t.Errorf("countersigned %d times, want %d: %v", n, want, outcomes)
		}
		if after, err := s.store.Glance().Request(t.Context(), r.ID); err != nil || after.State == store.RequestOpen {
			t.Errorf("request is %s (%v)", after.State, err)
		}
		s.expectState(t, b.ID, outcomes, bundle.Signed)
	}
}

func countersignRecall(t *testing.T, s *servers) ([]act, func([]error)) {
	b, r, signatures := s.countersigned(t)
	recall := func(on *attest.Service) error {
		_, err := on.Recall(context.Background(), s.who[attest.Head], b.ID, "sai")
		return err
	}
	return []act{
			{"complete", s.bringBy(s.who[attest.Clerk], r, signatures), []error{attest.ErrRevised}},
			{"recall", recall, []error{attest.ErrStale}},
		}, func(outcomes []error) {
			want := 0
			if outcomes[0] == nil {
				want = 1
			}
			if n := s.told(t, b.ID); n != want || succeeded(outcomes) == 0 {
				t.Errorf("countersigned %d times, want %d: %v", n, want, outcomes)
			}
		}
}

func countersignRefuse(t *testing.T, s *servers) ([]act, func([]error)) {
	b, r, signatures := s.countersigned(t)
	refuse := func(on *attest.Service) error {
		_, err := on.Refuse(context.Background(), s.who[attest.Clerk], r.ID, "không")
		return err
	}
	return []act{
			{"complete", s.bringBy(s.who[attest.Clerk], r, signatures), []error{attest.ErrRequestClosed}},
			{"refuse", refuse, []error{attest.ErrRequestClosed, attest.ErrStale}},
		}, func(outcomes []error) {
			if n := succeeded(outcomes); n != 1 {
				t.Errorf("%d of completing and refusing came about: %v", n, outcomes)
			}
			s.expectState(t, b.ID, outcomes, bundle.Signed)
		}
}

func countersignSupersede(t *testing.T, s *servers) ([]act, func([]error)) {
	b := s.signed(t, 1)
	key := s.seals(t)
	supersede := func(on *attest.Service) error {
		_, err := on.Supersede(context.Background(), s.who[attest.Head], b.ID, "sai")
		return err
	}
	return []act{
			{"prepare", s.orderBy(s.who[attest.Clerk], key, b.ID), []error{bundle.ErrMove}},
			{"supersede", supersede, []error{attest.ErrStale}},
		}, func(outcomes []error) {
			if succeeded(outcomes) == 0 {
				t.Errorf("neither was done: %v", outcomes)
			}
			// The unit gathers one bundle at a time: what was opened makes room for the next round.
			next, err := s.store.Glance().Successor(t.Context(), b.ID)
			if errors.Is(err, store.ErrNotFound) {
				return
			}
			if err == nil {
				_, err = s.Withdraw(t.Context(), s.who[attest.Head], next.ID, "thôi")
			}
			if err != nil {
				t.Error(err)
			}
		}
}
