package attest_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/sample"
	"kytiem/store"
)

// TestResultsMeet: what two servers can do to the same rows at once, and to one call.
func TestResultsMeet(t *testing.T) {
	for _, c := range []contest{
		{"import the same file", importTwice},
		{"import the same rows in another order", importCrossed},
		{"confirm both parts", confirmBoth},
		{"confirm one part twice", confirmTwice},
		{"confirm and find wrong", confirmWrong},
		{"confirm and correct", confirmCorrect},
		{"correct and correct", correctTwice},
		{"seal and seal", sealTwice},
		{"seal and find wrong", sealWrong},
		{"seal and correct", sealCorrect},
		{"seal and withdraw", sealWithdraw},
		{"one idempotency key", keyTwice},
		{"revoke a token", revokeToken},
		{"disable an account", disableAccount},
	} {
		t.Run(c.name, c.hold)
	}
}

// rowsFile writes n rows that no other round has, in order or backwards.
func (s *servers) rowsFile(t *testing.T, n int, backwards bool) []byte {
	t.Helper()
	unit, _ := sample.Unit(commune)
	rows := slices.Collect(sample.Rows(sample.Options{Seed: s.seed, Rows: n, Unit: unit, Mix: sample.Mix{}}))
	if backwards {
		slices.Reverse(rows)
	}
	var out bytes.Buffer
	if err := sample.WriteCSV(&out, slices.Values(rows), sample.CSVOptions{}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// importing counts what imports take.
func (s *servers) importing(t *testing.T, content []byte, taken *atomic.Int64) func(*attest.Service) error {
	return func(on *attest.Service) error {
		in, err := on.Import(context.Background(), s.who[attest.Health], attest.Upload{Unit: commune, File: scan(t, content)})
		taken.Add(int64(in.Taken))
		if err == nil && in.Taken+in.Bad+in.Doubled != in.Rows {
			return errors.New("an import whose counts do not add up")
		}
		return err
	}
}

func importTwice(t *testing.T, s *servers) ([]act, func([]error)) {
	s.seed += 1000
	var taken atomic.Int64
	once := s.importing(t, s.rowsFile(t, 300, false), &taken)
	return []act{{"import", once, nil}, {"import", once, nil}, {"import", once, nil}}, func([]error) {
		if got := taken.Load(); got != 300 {
			t.Errorf("%d rows were taken, want 300", got)
		}
	}
}

func importCrossed(t *testing.T, s *servers) ([]act, func([]error)) {
	s.seed += 1000
	var taken atomic.Int64
	return []act{
			{"import", s.importing(t, s.rowsFile(t, 300, false), &taken), nil},
			{"import backwards", s.importing(t, s.rowsFile(t, 300, true), &taken), nil},
		}, func([]error) {
			if got := taken.Load(); got != 300 {
				t.Errorf("%d rows were taken, want 300", got)
			}
		}
}

// confirming confirms a part of results, and counts how many it found unconfirmed.
func (s *servers) confirming(part attest.Part, ids []string, answer bundle.Match, confirmed *atomic.Int64) func(*attest.Service) error {
	who, reason := s.who[attest.Health], ""
	if part == attest.Identity {
		who = s.who[attest.Police]
	}
	if answer == bundle.Wrong {
		reason = "chưa chính xác"
	}
	return func(on *attest.Service) error {
		out, err := on.Confirm(context.Background(), who, attest.Confirmation{Part: part, Results: ids, Answer: answer, Reason: reason})
		if err == nil && len(out.Confirmed)+len(out.Unchanged) != len(ids) {
			return errors.New("a confirmation whose results do not add up")
		}
		confirmed.Add(int64(len(out.Confirmed)))
		return err
	}
}

// mixed is fresh results of which every other one was found wrong and corrected, so that
// the police's word changes more in it than the confirmation.
func (s *servers) mixed(t *testing.T, n int) (ids []string) {
	t.Helper()
	for i, r := range s.fresh(t, n, sample.Mix{}) {
		ids = append(ids, r.ID)
		if i%2 == 0 {
			continue
		}
		s.confirmed(t, attest.Police, attest.Confirmation{Part: attest.Identity, Results: []string{r.ID}, Answer: bundle.Wrong, Reason: "sai"})
		if _, err := s.Correct(t.Context(), s.who[attest.Health], r.ID, attest.Amendment{Fields: map[string]string{"full_name": r.FullName + " Anh"}, Reason: "sai tên"}); err != nil {
			t.Fatal(err)
		}
	}
	return ids
}

func (s *servers) standings(t *testing.T, ids []string) map[attest.Standing]int {
	t.Helper()
	found, err := s.store.Glance().ResultsByID(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	counts := make(map[attest.Standing]int)
	for _, r := range found {
		counts[r.Standing]++
	}
	return counts
}

func confirmBoth(t *testing.T, s *servers) ([]act, func([]error)) {
	ids := s.mixed(t, 24)
	var health, police atomic.Int64
	return []act{
			{"confirm vaccination", s.confirming(attest.Vaccination, ids, "", &health), nil},
			{"confirm identity", s.confirming(attest.Identity, ids, bundle.Matched, &police), nil},
		}, func([]error) {
			if got := s.standings(t, ids); got[attest.Ready] != len(ids) || health.Load() != police.Load() {
				t.Errorf("standings %v after %d and %d were confirmed", got, health.Load(), police.Load())
			}
		}
}

func confirmTwice(t *testing.T, s *servers) ([]act, func([]error)) {
	ids := s.mixed(t, 16)
	var health, police atomic.Int64
	vaccination := s.confirming(attest.Vaccination, ids, "", &health)
	identity := s.confirming(attest.Identity, ids, bundle.Matched, &police)
	return []act{{"confirm", vaccination, nil}, {"confirm", vaccination, nil}, {"confirm identity", identity, nil}, {"confirm identity", identity, nil}},
		func([]error) {
			if h, p := health.Load(), police.Load(); h != int64(len(ids)) || p != int64(len(ids)) {
				t.Errorf("%d and %d of %d were confirmed", h, p, len(ids))
			}
		}
}

func confirmWrong(t *testing.T, s *servers) ([]act, func([]error)) {
	ids := s.mixed(t, 16)
	var confirmed, wrong atomic.Int64
	return []act{
			{"confirm identity", s.confirming(attest.Identity, ids, bundle.Matched, &confirmed), nil},
			{"find wrong", s.confirming(attest.Identity, ids, bundle.Wrong, &wrong), nil},
			{"confirm vaccination", s.confirming(attest.Vaccination, ids, "", &confirmed), nil},
		}, func([]error) {
			if got := s.standings(t, ids); len(got) != 1 { // whoever came last, for all of them
				t.Errorf("standings %v", got)
			}
		}
}

func (s *servers) correcting(id, field, value string) func(*attest.Service) error {
	return func(on *attest.Service) error {
		_, err := on.Correct(context.Background(), s.who[attest.Health], id, attest.Amendment{Fields: map[string]string{field: value}, Reason: "sai"})
		return err
	}
}

func confirmCorrect(t *testing.T, s *servers) ([]act, func([]error)) {
	ids := s.mixed(t, 6)
	var confirmed atomic.Int64
	return []act{
			{"confirm vaccination", s.confirming(attest.Vaccination, ids, "", &confirmed), nil},
			{"confirm identity", s.confirming(attest.Identity, ids, bundle.Matched, &confirmed), nil},
			{"correct", s.correcting(ids[0], "lot_number", "L-77"), []error{attest.ErrStale}},
			{"correct", s.correcting(ids[1], "full_name", "Nguyễn Văn Sửa"), []error{attest.ErrStale}},
		}, func(outcomes []error) {
			for n, wanted := range map[int]bool{0: outcomes[2] == nil, 1: outcomes[3] == nil} {
				corrections, _, err := s.Corrections(t.Context(), s.who[attest.Health], ids[n], attest.Page{})
				if err != nil || (len(corrections) == n+1) != wanted {
					t.Errorf("%d corrections (%v) after %v", len(corrections), err, outcomes[2+n])
				}
			}
		}
}

func correctTwice(t *testing.T, s *servers) ([]act, func([]error)) {
	id := s.fresh(t, 1, sample.Mix{})[0].ID
	stale := []error{attest.ErrStale}
	return []act{{"correct", s.correcting(id, "lot_number", "L-1"), stale}, {"correct", s.correcting(id, "site", "Trạm khác"), stale}},
		func(outcomes []error) {
			corrections, _, err := s.Corrections(t.Context(), s.who[attest.Health], id, attest.Page{})
			if err != nil || len(corrections) != succeeded(outcomes) || len(corrections) == 0 {
				t.Errorf("%d corrections (%v) after %v", len(corrections), err, outcomes)
			}
		}
}

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
