package attest_test

import (
	"context"
	"testing"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/sample"
)

// busy are what a second signer of the same bundle may be told.
func busy() []error { return []error{attest.ErrStale, attest.ErrRequestOpen} }

func prepareTwice(t *testing.T, s *servers) ([]act, func([]error)) {
	b := s.sealed(t, 2)
	order := s.order(s.key, b.ID)
	return []act{{"prepare", order, busy()}, {"prepare", order, busy()}, {"prepare", order, busy()}}, func(outcomes []error) {
		if n := succeeded(outcomes); n != 1 {
			t.Errorf("%d requests were opened, want 1: %v", n, outcomes)
		}
		s.expectState(t, b.ID, outcomes, bundle.Pending)
		s.lapse(t, b.ID)
	}
}

func prepareCertificates(t *testing.T, s *servers) ([]act, func([]error)) {
	b := s.sealed(t, 2)
	unit, _ := sample.Unit(commune)
	renewed := s.issue(t, unit.Identifier)
	return []act{{"prepare", s.order(s.key, b.ID), busy()}, {"prepare anew", s.order(renewed, b.ID), busy()}}, func(outcomes []error) {
		if n := succeeded(outcomes); n != 1 {
			t.Errorf("%d requests were opened, want 1: %v", n, outcomes)
		}
		s.lapse(t, b.ID)
	}
}

func prepareFirstUse(t *testing.T, s *servers) ([]act, func([]error)) {
	one, two := s.sealed(t, 1), s.sealed(t, 1)
	unit, _ := sample.Unit(commune)
	renewed := s.issue(t, unit.Identifier)
	return []act{{"prepare", s.order(renewed, one.ID), nil}, {"prepare another", s.order(renewed, two.ID), nil}}, func([]error) {
		s.lapse(t, one.ID)
		s.lapse(t, two.ID)
	}
}

func prepareSeveral(t *testing.T, s *servers) ([]act, func([]error)) {
	one, two := s.sealed(t, 1), s.sealed(t, 1)
	return []act{{"prepare", s.order(s.key, one.ID, two.ID), busy()}, {"prepare backwards", s.order(s.key, two.ID, one.ID), busy()}},
		func(outcomes []error) {
			if n := succeeded(outcomes); n > 1 {
				t.Errorf("%d requests were opened", n)
			}
			s.lapse(t, one.ID)
			s.lapse(t, two.ID)
		}
}

func prepareDrawMinutes(t *testing.T, s *servers) ([]act, func([]error)) {
	b := s.sealed(t, 2)
	return []act{
			{"prepare", s.order(s.key, b.ID), busy()},
			{"draw minutes", s.draw(b.ID), []error{attest.ErrMove, attest.ErrStale}},
		}, func(outcomes []error) {
			if succeeded(outcomes) == 0 {
				t.Errorf("neither was done: %v", outcomes)
			}
			if r, err := s.store.Glance().RequestOf(t.Context(), b.ID); err == nil { // what was prepared names what lies beside it
				told, err := s.SigningRequest(t.Context(), s.who[attest.Head], r.ID)
				if err != nil {
					t.Fatal(err)
				}
				s.complete(t, told, sign(t, s.key, told.Items...))
			}
		}
}

func prepareConfirmMinutes(t *testing.T, s *servers) ([]act, func([]error)) {
	b := s.drawn(t)
	return []act{
			{"prepare", s.order(s.key, b.ID), busy()},
			{"confirm minutes", s.confirmScan(t, b.ID), []error{attest.ErrMove, attest.ErrStale}},
		}, func(outcomes []error) {
			if succeeded(outcomes) == 0 {
				t.Errorf("neither was done: %v", outcomes)
			}
			s.lapse(t, b.ID)
		}
}

func prepareUnbind(t *testing.T, s *servers) ([]act, func([]error)) {
	b := s.sealed(t, 1)
	unit, _ := sample.Unit(commune)
	key := s.issue(t, unit.Identifier)
	var der []byte
	for _, c := range chainOf(key) {
		der = append(der, c.Raw...)
	}
	bound, err := s.BindCertificate(t.Context(), s.who[attest.Head], s.who[attest.Head].Account, der)
	if err != nil {
		t.Fatal(err)
	}
	unbind := func(on *attest.Service) error {
		return on.UnbindCertificate(context.Background(), s.who[attest.Head], bound.ID, "mất thẻ")
	}
	return []act{{"prepare", s.order(key, b.ID), []error{attest.ErrUnbound}}, {"unbind", unbind, nil}}, func([]error) { s.lapse(t, b.ID) }
}
