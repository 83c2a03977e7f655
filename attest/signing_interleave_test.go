package attest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/certs/devca"
	"kytiem/store"
)

// TestSigningMeets: what else can happen to a bundle or a request while the other server
// prepares or completes a signature.
func TestSigningMeets(t *testing.T) {
	for _, c := range []contest{
		{"complete and complete", completeAll},
		{"complete crossed", completeCrossed},
		{"complete several bundles", completeSeveral},
		{"complete and expire", completeExpire},
		{"complete several and expire", completeSeveralExpire},
		{"complete and refuse", completeRefuse},
		{"complete and confirm minutes", completeConfirmMinutes},
		{"complete and draw minutes", completeDrawMinutes},
		{"prepare and prepare", prepareTwice},
		{"prepare under two certificates", prepareCertificates},
		{"first use of a certificate for two bundles", prepareFirstUse},
		{"prepare several bundles", prepareSeveral},
		{"prepare and draw minutes", prepareDrawMinutes},
		{"prepare and confirm minutes", prepareConfirmMinutes},
		{"prepare and unbind", prepareUnbind},
	} {
		t.Run(c.name, c.hold)
	}
}

// order asks for signatures under key.
func (s *servers) order(key devca.Issued, bundles ...string) func(*attest.Service) error {
	return func(on *attest.Service) error {
		_, err := on.Prepare(context.Background(), s.who[attest.Head], attest.SigningOrder{Bundles: bundles, Certificates: chainOf(key)})
		return err
	}
}

// bring completes a request with some of its signatures, one call for each lot.
func (s *servers) bring(r attest.SigningRequest, lots ...[]attest.ItemSignature) func(*attest.Service) error {
	return func(on *attest.Service) error {
		for _, lot := range lots {
			_, outcomes, err := on.Complete(context.Background(), s.who[attest.Head], r.ID, lot)
			if err := done(outcomes, err); err != nil {
				return err
			}
		}
		return nil
	}
}

// asked is a sealed bundle, a request for it, and its signatures.
func (s *servers) asked(t *testing.T) (store.Bundle, attest.SigningRequest, []attest.ItemSignature) {
	t.Helper()
	b := s.sealed(t, 2)
	r := s.prepare(t, s.key, b.ID)
	return b, r, sign(t, s.key, r.Items...)
}

// lapse closes whatever request is open for a bundle.
func (s *servers) lapse(t *testing.T, id string) {
	t.Helper()
	r, err := s.store.Glance().RequestOf(t.Context(), id)
	if errors.Is(err, store.ErrNotFound) {
		return
	}
	if err == nil {
		_, err = s.Refuse(t.Context(), s.who[attest.Head], r.ID, "thôi")
	}
	if err != nil {
		t.Fatal(err)
	}
}

func completeAll(t *testing.T, s *servers) ([]act, func([]error)) {
	b, r, signatures := s.asked(t)
	bring := s.bring(r, signatures)
	return []act{{"complete", bring, nil}, {"complete", bring, nil}, {"complete", bring, nil}}, func(outcomes []error) {
		s.expectState(t, b.ID, outcomes, bundle.Signed)
	}
}

func completeCrossed(t *testing.T, s *servers) ([]act, func([]error)) {
	b, r, signatures := s.asked(t)
	first, second := signatures[:1], signatures[1:]
	return []act{{"complete", s.bring(r, first, second), nil}, {"complete", s.bring(r, second, first), nil}}, func(outcomes []error) {
		s.expectState(t, b.ID, outcomes, bundle.Signed)
	}
}

func completeSeveral(t *testing.T, s *servers) ([]act, func([]error)) {
	var ids []string
	for range 3 {
		ids = append(ids, s.sealed(t, 1).ID)
	}
	r := s.prepare(t, s.key, ids...)
	signatures := sign(t, s.key, r.Items...)
	backwards := slices.Clone(signatures)
	slices.Reverse(backwards)
	return []act{{"complete", s.bring(r, signatures), nil}, {"complete backwards", s.bring(r, backwards), nil}}, func(outcomes []error) {
		for _, id := range ids {
			s.expectState(t, id, outcomes, bundle.Signed)
		}
		if after, err := s.SigningRequest(t.Context(), s.who[attest.Head], r.ID); err != nil || after.State != store.RequestDone {
			t.Errorf("request is %s (%v), want done", after.State, err)
		}
	}
}

// completeExpire: one server's clock is an hour ahead, so that it closes what the other
// completes.
func completeExpire(t *testing.T, s *servers) ([]act, func([]error)) {
	b, r, signatures := s.asked(t)
	lots := [][][]attest.ItemSignature{{signatures}, {signatures[:1], signatures[1:]}, {signatures[1:]}}[len(s.taken(t))%3]
	expire := func(*attest.Service) error { return s.late().Expire(context.Background(), r.ID) }
	closed := []error{attest.ErrRequestClosed}
	complete := func(*attest.Service) error { return s.bring(r, lots...)(s.both[0]) }
	return []act{{"complete", complete, closed}, {"expire", expire, nil}}, func(outcomes []error) {
		after, err := s.store.Glance().Request(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if after.State == store.RequestOpen {
			t.Errorf("request is open after it expired; the acts came to %v", outcomes)
		}
		brought := 0
		for _, lot := range lots {
			brought += len(lot)
		}
		want := bundle.Sealed
		if outcomes[0] == nil && brought == 2 {
			want = bundle.Signed
		}
		s.expectState(t, b.ID, outcomes, want)
		if want == bundle.Signed != (after.State == store.RequestDone) {
			t.Errorf("request is %s, bundle %s", after.State, want)
		}
	}
}

// completeSeveralExpire: a request for several bundles is completed in several
// transactions, between which it can expire.
func completeSeveralExpire(t *testing.T, s *servers) ([]act, func([]error)) {
	ids := []string{s.sealed(t, 1).ID, s.sealed(t, 1).ID}
	r := s.prepare(t, s.key, ids...)
	complete := func(*attest.Service) error { return s.bring(r, sign(t, s.key, r.Items...))(s.both[0]) }
	expire := func(*attest.Service) error { return s.late().Expire(context.Background(), r.ID) }
	return []act{{"complete", complete, []error{attest.ErrRequestClosed}}, {"expire", expire, nil}}, func(outcomes []error) {
		after, err := s.store.Glance().Request(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		signed := 0
		for _, id := range ids {
			s.expectState(t, id, outcomes, bundle.Signed, bundle.Sealed)
			if s.bundle(t, id).Status.State == bundle.Signed {
				signed++
			}
		}
		if whole := signed == len(ids); whole != (after.State == store.RequestDone) || whole != (outcomes[0] == nil) {
			t.Errorf("request is %s with %d of %d bundles signed; the acts came to %v", after.State, signed, len(ids), outcomes)
		}
	}
}

func completeRefuse(t *testing.T, s *servers) ([]act, func([]error)) {
	b, r, signatures := s.asked(t)
	refuse := func(on *attest.Service) error {
		_, err := on.Refuse(context.Background(), s.who[attest.Head], r.ID, "không")
		return err
	}
	return []act{
			{"complete", s.bring(r, signatures[:1], signatures[1:]), []error{attest.ErrRequestClosed}},
			{"refuse", refuse, []error{attest.ErrRequestClosed, attest.ErrStale}},
		}, func(outcomes []error) {
			want := bundle.Signed
			if outcomes[1] == nil {
				want = bundle.Sealed
			}
			s.expectState(t, b.ID, outcomes, want)
			if outcomes[0] == nil && outcomes[1] == nil {
				t.Error("completed and refused")
			}
		}
}

func (s *servers) confirmScan(t *testing.T, id string) func(*attest.Service) error {
	paper := s.file(t, id, bundle.MinutesFile)
	return func(on *attest.Service) error {
		_, err := on.ConfirmMinutes(context.Background(), s.who[attest.Clerk], id, scan(t, paper))
		return err
	}
}

func (s *servers) draw(id string) func(*attest.Service) error {
	return func(on *attest.Service) error {
		_, err := on.DrawMinutes(context.Background(), s.who[attest.Clerk], id, meeting())
		return err
	}
}

func (s *servers) drawn(t *testing.T) store.Bundle {
	t.Helper()
	b := s.sealed(t, 2)
	if err := s.draw(b.ID)(s.Service); err != nil {
		t.Fatal(err)
	}
	return b
}

func completeConfirmMinutes(t *testing.T, s *servers) ([]act, func([]error)) {
	b := s.drawn(t)
	r := s.prepare(t, s.key, b.ID)
	return []act{
		{"complete", s.bring(r, sign(t, s.key, r.Items...)), nil},
		{"confirm minutes", s.confirmScan(t, b.ID), []error{attest.ErrMove, attest.ErrStale}},
	}, func(outcomes []error) { s.expectState(t, b.ID, outcomes, bundle.Signed) }
}

func completeDrawMinutes(t *testing.T, s *servers) ([]act, func([]error)) {
	b, r, signatures := s.asked(t)
	return []act{
		{"complete", s.bring(r, signatures), nil},
		{"draw minutes", s.draw(b.ID), []error{attest.ErrMove, attest.ErrStale}},
	}, func(outcomes []error) { s.expectState(t, b.ID, outcomes, bundle.Signed) }
}

// taken lists the head's requests, which grows with each round.
func (s *servers) taken(t *testing.T) []store.Request {
	t.Helper()
	requests, _, err := s.store.Glance().Requests(t.Context(), s.who[attest.Head].Account, store.Page{Limit: store.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	return requests
}

// late is the second server with its clock an hour ahead of the first's.
func (s *servers) late() *attest.Service {
	s.ahead.Set(s.clock.Now().Add(time.Hour))
	return s.both[1]
}
