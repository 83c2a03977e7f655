package attest_test

import (
	"context"
	"testing"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/store"
)

// TestReplacingMeets: what else can happen to a bundle or its successor while the other
// server replaces, recalls, withdraws or attests it.
func TestReplacingMeets(t *testing.T) {
	for _, c := range []contest{
		{"supersede twice", supersedeTwice},
		{"supersede and recall", supersedeRecall},
		{"supersede and prepare", supersedePrepare},
		{"recall twice", recallTwice},
		{"recall and prepare", recallPrepare},
		{"complete and supersede", completeSupersede},
		{"complete the successor and recall", completeRecall},
		{"confirm the successor's minutes and recall", confirmRecall},
		{"withdraw and prepare", withdrawPrepare},
		{"withdraw and confirm minutes", withdrawConfirm},
		{"withdraw twice", withdrawTwice},
		{"withdraw the successor and recall", withdrawRecall},
	} {
		t.Run(c.name, c.hold)
	}
}

// elsewhere are what the second of two moves of a bundle may be told.
func elsewhere() []error { return []error{attest.ErrStale, attest.ErrMove} }

func (s *servers) supersede(id string) func(*attest.Service) error {
	return func(on *attest.Service) error {
		_, err := on.Supersede(context.Background(), s.who[attest.Head], id, "sai ngày tiêm")
		return err
	}
}

func (s *servers) recall(id string) func(*attest.Service) error {
	return func(on *attest.Service) error {
		_, err := on.Recall(context.Background(), s.who[attest.Head], id, "không đúng đối tượng")
		return err
	}
}

func (s *servers) withdraw(id string) func(*attest.Service) error {
	return func(on *attest.Service) error {
		_, err := on.Withdraw(context.Background(), s.who[attest.Health], id, "nhầm")
		return err
	}
}

// settleRows has a unit without an open bundle and without anything ready again.
func (s *servers) settleRows(t *testing.T) {
	t.Helper()
	if b, err := s.store.Glance().OpenBundle(t.Context(), commune); err == nil {
		if _, err := s.Withdraw(t.Context(), s.who[attest.Head], b.ID, "dọn"); err != nil {
			t.Fatal(err)
		}
	}
}

// one expects that one of two acts was done and no other.
func one(t *testing.T, outcomes []error) {
	t.Helper()
	if n := succeeded(outcomes); n != 1 {
		t.Errorf("%d acts were done, want 1: %v", n, outcomes)
	}
}

func supersedeTwice(t *testing.T, s *servers) ([]act, func([]error)) {
	s.settleRows(t)
	old := s.signed(t, 2)
	busy := []error{attest.ErrStale, attest.ErrConflict}
	return []act{{"supersede", s.supersede(old.ID), busy}, {"supersede", s.supersede(old.ID), busy}}, func(outcomes []error) { one(t, outcomes) }
}

func supersedeRecall(t *testing.T, s *servers) ([]act, func([]error)) {
	s.settleRows(t)
	old := s.signed(t, 2)
	return []act{{"supersede", s.supersede(old.ID), elsewhere()}, {"recall", s.recall(old.ID), elsewhere()}}, func(outcomes []error) {
		want := bundle.Signed
		if outcomes[1] == nil {
			want = bundle.Recalled
		}
		s.expectState(t, old.ID, outcomes, want)
	}
}

// supersedePrepare: a minuted bundle is either signed after all or replaced.
func supersedePrepare(t *testing.T, s *servers) ([]act, func([]error)) {
	s.settleRows(t)
	old := s.minuted(t, 2)
	return []act{{"supersede", s.supersede(old.ID), elsewhere()}, {"prepare", s.order(s.key, old.ID), elsewhere()}}, func(outcomes []error) {
		if succeeded(outcomes) > 1 {
			t.Error("replaced and to be signed")
		}
		s.lapse(t, old.ID)
	}
}

func recallTwice(t *testing.T, s *servers) ([]act, func([]error)) {
	b := s.signed(t, 2)
	return []act{{"recall", s.recall(b.ID), elsewhere()}, {"recall", s.recall(b.ID), elsewhere()}}, func(outcomes []error) {
		one(t, outcomes)
		s.expectState(t, b.ID, outcomes, bundle.Recalled)
	}
}

func recallPrepare(t *testing.T, s *servers) ([]act, func([]error)) {
	b := s.minuted(t, 2)
	return []act{{"recall", s.recall(b.ID), elsewhere()}, {"prepare", s.order(s.key, b.ID), elsewhere()}}, func(outcomes []error) {
		if succeeded(outcomes) > 1 {
			t.Error("recalled and to be signed")
		}
		s.lapse(t, b.ID)
		s.expectState(t, b.ID, outcomes, bundle.Recalled, bundle.Minuted)
	}
}

// completeSupersede: a bundle is superseded as soon as it is signed, and not before.
func completeSupersede(t *testing.T, s *servers) ([]act, func([]error)) {
	s.settleRows(t)
	b, r, signatures := s.asked(t)
	return []act{{"complete", s.bring(r, signatures), nil}, {"supersede", s.supersede(b.ID), elsewhere()}}, func(outcomes []error) {
		s.expectState(t, b.ID, outcomes, bundle.Signed)
	}
}

// succeeding is a sealed bundle that is to supersede a signed one.
func (s *servers) succeeding(t *testing.T) (old, next store.Bundle) {
	t.Helper()
	s.settleRows(t)
	old = s.signed(t, 2)
	if err := s.supersede(old.ID)(s.Service); err != nil {
		t.Fatal(err)
	}
	next = s.seal(t)
	if next.Supersedes != old.ID {
		t.Fatalf("sealed %s, want the successor of %s", next.ID, old.ID)
	}
	return old, next
}

func completeRecall(t *testing.T, s *servers) ([]act, func([]error)) {
	old, next := s.succeeding(t)
	r := s.prepare(t, s.key, next.ID)
	return []act{{"complete", s.bring(r, sign(t, s.key, r.Items...)), nil}, {"recall", s.recall(old.ID), elsewhere()}}, func(outcomes []error) {
		s.expectState(t, next.ID, outcomes, bundle.Signed)
		want := bundle.Superseded
		if outcomes[1] == nil {
			want = bundle.Recalled
		}
		s.expectState(t, old.ID, outcomes, want)
	}
}

func confirmRecall(t *testing.T, s *servers) ([]act, func([]error)) {
	old, next := s.succeeding(t)
	if err := s.draw(next.ID)(s.Service); err != nil {
		t.Fatal(err)
	}
	return []act{{"confirm minutes", s.confirmScan(t, next.ID), elsewhere()}, {"recall", s.recall(old.ID), elsewhere()}}, func(outcomes []error) {
		if succeeded(outcomes) == 0 {
			t.Errorf("neither was done: %v", outcomes)
		}
		s.expectState(t, old.ID, outcomes, bundle.Superseded, bundle.Recalled)
	}
}

func withdrawPrepare(t *testing.T, s *servers) ([]act, func([]error)) {
	b := s.sealed(t, 2)
	alone := append(elsewhere(), attest.ErrRequestOpen)
	return []act{{"withdraw", s.withdraw(b.ID), alone}, {"prepare", s.order(s.key, b.ID), alone}}, func(outcomes []error) {
		if succeeded(outcomes) > 1 {
			t.Error("withdrawn and to be signed")
		}
		s.lapse(t, b.ID)
		s.expectState(t, b.ID, outcomes, bundle.Withdrawn, bundle.Sealed)
	}
}

func withdrawConfirm(t *testing.T, s *servers) ([]act, func([]error)) {
	b := s.drawn(t)
	return []act{{"withdraw", s.withdraw(b.ID), elsewhere()}, {"confirm minutes", s.confirmScan(t, b.ID), elsewhere()}}, func(outcomes []error) {
		one(t, outcomes)
		s.expectState(t, b.ID, outcomes, bundle.Withdrawn, bundle.Minuted)
	}
}

func withdrawTwice(t *testing.T, s *servers) ([]act, func([]error)) {
	b := s.sealed(t, 2)
	return []act{{"withdraw", s.withdraw(b.ID), elsewhere()}, {"withdraw", s.withdraw(b.ID), elsewhere()}}, func(outcomes []error) {
		one(t, outcomes)
		s.expectState(t, b.ID, outcomes, bundle.Withdrawn)
	}
}

func withdrawRecall(t *testing.T, s *servers) ([]act, func([]error)) {
	old, next := s.succeeding(t)
	return []act{{"withdraw", s.withdraw(next.ID), nil}, {"recall", s.recall(old.ID), nil}}, func(outcomes []error) {
		s.expectState(t, next.ID, outcomes, bundle.Withdrawn)
		s.expectState(t, old.ID, outcomes, bundle.Recalled)
	}
}
