package attest_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/sample"
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
