package attest_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/store"
)

// sealing seals what is ready and tells of the bundle.
func (s *servers) sealing(into *atomic.Pointer[attest.Bundle]) func(*attest.Service) error {
	return func(on *attest.Service) error {
		b, err := on.Seal(context.Background(), s.who[attest.Health], attest.SealOrder{Unit: commune})
		if err == nil {
			into.Store(&b)
		}
		return err
	}
}

// emptied withdraws what is sealed and seals the rest, so that a round begins with
// nothing ready.
func (s *servers) emptied(t *testing.T) {
	t.Helper()
	if b, err := s.store.Glance().OpenBundle(t.Context(), commune); err == nil {
		t.Fatalf("bundle %s was left open", b.ID)
	}
	counts, err := s.CountResults(t.Context(), s.who[attest.Health], commune)
	if err != nil {
		t.Fatal(err)
	}
	if counts[attest.Ready] > 0 {
		s.seal(t)
	}
}

func sealTwice(t *testing.T, s *servers) ([]act, func([]error)) {
	s.emptied(t)
	s.ready(t, 12)
	var told [3]atomic.Pointer[attest.Bundle]
	var acts []act
	for n := range told {
		acts = append(acts, act{"seal", s.sealing(&told[n]), []error{attest.ErrNothingReady}})
	}
	return acts, func(outcomes []error) {
		id := ""
		for n := range told {
			b := told[n].Load()
			switch {
			case b == nil:
			case id == "":
				id = b.ID
			case id != b.ID:
				t.Errorf("two bundles: %v", outcomes)
			}
			if b != nil && (b.Status.State != bundle.Sealed || b.Size != 12) {
				t.Errorf("told of a bundle that is %s with %d rows", b.Status.State, b.Size)
			}
		}
		if id == "" {
			t.Errorf("nothing was sealed: %v", outcomes)
		}
	}
}

func sealWrong(t *testing.T, s *servers) ([]act, func([]error)) {
	s.emptied(t)
	s.ready(t, 10)
	page, _, err := s.store.Glance().Worklist(t.Context(), store.Worklist{Unit: commune, Standings: []store.Standing{store.Ready}}, store.Page{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range page {
		ids = append(ids, r.ID)
	}
	slices.Reverse(ids)
	var wrong atomic.Int64
	var told atomic.Pointer[attest.Bundle]
	return []act{
			{"seal", s.sealing(&told), []error{attest.ErrNothingReady}},
			{"find wrong", s.confirming(attest.Identity, ids, bundle.Wrong, &wrong), nil},
		}, func(outcomes []error) {
			sealed := 0
			if b := told.Load(); b != nil {
				sealed = b.Size
			}
			if sealed+int(wrong.Load()) != len(ids) {
				t.Errorf("%d sealed, %d found wrong, of %d; the acts came to %v", sealed, wrong.Load(), len(ids), outcomes)
			}
		}
}

func sealCorrect(t *testing.T, s *servers) ([]act, func([]error)) {
	s.emptied(t)
	s.ready(t, 5)
	page, _, err := s.store.Glance().Worklist(t.Context(), store.Worklist{Unit: commune, Standings: []store.Standing{store.Ready}}, store.Page{Limit: 50})
	if err != nil || len(page) != 5 {
		t.Fatal(len(page), err)
	}
	var told atomic.Pointer[attest.Bundle]
	return []act{
			{"seal", s.sealing(&told), nil},
			{"correct", s.correcting(page[2].ID, "lot_number", "L-5"), []error{attest.ErrInBundle, attest.ErrStale}},
		}, func(outcomes []error) {
			want := 5
			if outcomes[1] == nil {
				want = 4
			}
			if b := told.Load(); b == nil || b.Size != want {
				t.Errorf("sealed %+v, want %d rows; the acts came to %v", b, want, outcomes)
			}
		}
}

// sealWithdraw: the bundle that one server draws is withdrawn by the other, open or
// sealed.
func sealWithdraw(t *testing.T, s *servers) ([]act, func([]error)) {
	s.emptied(t)
	s.ready(t, 8)
	var told atomic.Pointer[attest.Bundle]
	withdraw := func(on *attest.Service) error {
		for range 200 {
			b, _, err := s.store.Glance().Bundles(context.Background(), commune, store.Page{Limit: 1})
			if err == nil && len(b) == 1 && (b[0].Status.State == bundle.Open || b[0].Status.State == bundle.Sealed && b[0].Size == 8) {
				_, err = on.Withdraw(context.Background(), s.who[attest.Head], b[0].ID, "nhầm")
				return err
			}
			time.Sleep(time.Millisecond)
		}
		return nil
	}
	return []act{
			{"seal", s.sealing(&told), []error{attest.ErrNothingReady, attest.ErrMove}},
			{"withdraw", withdraw, []error{attest.ErrStale, attest.ErrMove}},
		}, func(outcomes []error) {
			if _, err := s.store.Glance().OpenBundle(t.Context(), commune); err == nil {
				if _, err := s.Seal(t.Context(), s.who[attest.Health], attest.SealOrder{Unit: commune}); err != nil {
					t.Errorf("sealing what was left open by %v: %v", outcomes, err)
				}
			}
		}
}
