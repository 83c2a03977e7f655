package attest_test

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/sample"
	"kytiem/store"
)

// keyTwice: a call that comes to both servers is done once, and both give the same answer
// or that it is under way.
func keyTwice(t *testing.T, s *servers) ([]act, func([]error)) {
	s.seed += 1000
	content := s.rowsFile(t, 5, false)
	key := attest.Key{Scope: "T POST /v1/imports", Key: bundle.NewID(), Body: store.Digest{1}}
	var did atomic.Int64
	var answers [3][]byte
	var acts []act
	for n := range answers {
		acts = append(acts, act{"call", func(on *attest.Service) error {
			once, before, err := on.Claim(context.Background(), key)
			if err != nil || before != nil {
				if before != nil {
					answers[n] = before.Body
				}
				return err
			}
			ctx := once.In(context.Background(), func(outcome any) (attest.Answer, error) {
				return attest.Answer{Status: 200, Body: []byte(outcome.(attest.Imported).ID)}, nil
			})
			in, err := on.Import(ctx, s.who[attest.Health], attest.Upload{Unit: commune, File: scan(t, content)})
			if err == nil {
				did.Add(1)
				answers[n] = []byte(in.ID)
			}
			return err
		}, []error{attest.ErrKeyBusy}})
	}
	return acts, func(outcomes []error) {
		if did.Load() != 1 {
			t.Errorf("done %d times: %v", did.Load(), outcomes)
		}
		_, before, err := s.both[1].Claim(t.Context(), key)
		if err != nil || before == nil {
			t.Fatalf("asking again: %v, %v", before, err)
		}
		for n, answer := range answers {
			if answer != nil && !bytes.Equal(answer, before.Body) {
				t.Errorf("call %d was answered %s, want %s", n, answer, before.Body)
			}
		}
	}
}

// tokened is a signed-in account of a role, and the id of its token.
func (s *servers) tokened(t *testing.T, role attest.Role) (attest.Actor, attest.Issued) {
	t.Helper()
	admin := s.who[attest.Admin]
	a, err := s.AddAccount(t.Context(), admin, "Mẫu", role, commune)
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.IssueToken(t.Context(), admin, a.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	who, err := s.Authenticate(t.Context(), token.Secret)
	if err != nil {
		t.Fatal(err)
	}
	return who, token
}

// correctAs corrects a row again and again until it may no more, and gives how often.
func (s *servers) correctAs(who attest.Actor, id string, n *atomic.Int64) func(*attest.Service) error {
	return func(on *attest.Service) error {
		for i := range 6 {
			_, err := on.Correct(context.Background(), who, id, attest.Amendment{Fields: map[string]string{"lot_number": "L-" + string(rune('A'+i))}, Reason: "sai"})
			if err != nil {
				return err
			}
			n.Add(1)
		}
		return nil
	}
}

func revokeToken(t *testing.T, s *servers) ([]act, func([]error)) {
	who, token := s.tokened(t, attest.Health)
	id := s.fresh(t, 1, sample.Mix{})[0].ID
	return s.cutOff(t, who, token, id, func(on *attest.Service) error {
		return on.RevokeToken(context.Background(), s.who[attest.Admin], token.ID)
	})
}

func disableAccount(t *testing.T, s *servers) ([]act, func([]error)) {
	who, token := s.tokened(t, attest.Health)
	id := s.fresh(t, 1, sample.Mix{})[0].ID
	return s.cutOff(t, who, token, id, func(on *attest.Service) error {
		_, err := on.DisableAccount(context.Background(), s.who[attest.Admin], who.Account)
		return err
	})
}

// cutOff has somebody lose what he signs in with while he works.
func (s *servers) cutOff(t *testing.T, who attest.Actor, token attest.Issued, id string, cut func(*attest.Service) error) ([]act, func([]error)) {
	var did atomic.Int64
	return []act{{"correct", s.correctAs(who, id, &did), []error{attest.ErrUnauthenticated}}, {"cut off", cut, nil}}, func(outcomes []error) {
		corrections, _, err := s.Corrections(t.Context(), s.who[attest.Health], id, attest.Page{})
		if err != nil || len(corrections) != int(did.Load()) {
			t.Errorf("%d corrections (%v), %d were answered; the acts came to %v", len(corrections), err, did.Load(), outcomes)
		}
		if _, err := s.both[1].Authenticate(t.Context(), token.Secret); !errors.Is(err, attest.ErrUnauthenticated) {
			t.Errorf("the token opens still: %v", err)
		}
		if err := s.correctAs(who, id, &did)(s.both[0]); !errors.Is(err, attest.ErrUnauthenticated) {
			t.Errorf("who was cut off goes on: %v", err)
		}
	}
}
