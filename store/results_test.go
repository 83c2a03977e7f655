package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"kytiem/bundle"
)

func TestNameKey(t *testing.T) {
	tests := []struct{ name, want string }{
		{"Trần Thị Đào", "tran thi dao"},
		{"  nguyễn   VĂN Ỹ ", "nguyen van y"},
		{"Nguyễn Văn Hoà", "nguyen van hoa"}, // combining marks
		{"Müller-Lüdenscheidt", "muller-ludenscheidt"},
		{"H'Hen Niê", "h'hen nie"},
		{"Ơ Ư ơ ư ự ặ", "o u o u u a"},
		{"山田太郎", "山田太郎"},
		{"", ""},
	}
	for _, test := range tests {
		if got := NameKey(test.name); got != test.want {
			t.Errorf("NameKey(%q) = %q, want %q", test.name, got, test.want)
		}
	}
}

func TestStandings(t *testing.T) {
	all := Standings()
	if len(all) != 25 || all[0] != Ready || all[24] != InBundle {
		t.Errorf("got %d standings %v", len(all), all)
	}
	if got := Lacking(LacksHealth | LacksPolice); len(got) != 6 {
		t.Errorf("got %v", got)
	}
	seen := make(map[Standing]bool)
	for data := range 2 {
		for _, match := range []bundle.Match{bundle.Unmatched, bundle.Matched, bundle.Wrong, bundle.Cleansed} {
			for _, health := range []string{"", "A"} {
				for _, police := range []string{"", "B"} {
					r := matched(1)
					r.Match, r.HealthConfirmedBy, r.PoliceConfirmedBy = match, health, police
					if data == 1 {
						r.Vaccine = ""
					}
					standing := StandingOf(&r)
					seen[standing] = true
					if !slices.Contains(all, standing) {
						t.Errorf("standing %b is not listed", standing)
					}
					if (standing == Ready) != (len(r.Lacks()) == 0) {
						t.Errorf("standing %b of what lacks %v", standing, r.Lacks())
					}
				}
			}
		}
	}
	if len(seen) != len(all)-1 {
		t.Errorf("%d standings occur, want %d", len(seen), len(all)-1)
	}
}

// TestRowID: ids have the form of all ids, and grow along an import and with time.
func TestRowID(t *testing.T) {
	millis := today.UnixMilli()
	before := ""
	for n := 0; n < 100_000; n += 256 {
		id := rowID(millis, n)
		if !bundle.ValidID(id) || id <= before {
			t.Fatalf("got %s after %s", id, before)
		}
		before = id
	}
	if later := rowID(today.AddDate(500, 0, 0).UnixMilli(), 0); later <= before {
		t.Errorf("got %s after %s", later, before)
	}
}

func testResults(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	full, bare := matched(1), bundle.Result{Unit: "07507"}
	full.MatchReason, full.Nationality = "đã đối chiếu", "VN"
	full.HealthConfirmedBy, full.PoliceConfirmedBy = "a claim", "another"
	must(t, s, func(tx *Tx) error {
		added, doubled, err := tx.AddResults(ctx, "IMPORT", each(full, bare))
		if added != 2 || len(doubled) != 0 {
			t.Errorf("got %d, %v", added, doubled)
		}
		return err
	})
	full.HealthConfirmedBy, full.PoliceConfirmedBy = "", "" // claims confirm nothing
	page, next, err := s.Glance().Worklist(ctx, Worklist{Unit: "07507"}, Page{})
	if err != nil || next != "" || len(page) != 2 {
		t.Fatalf("got %+v, %q, %v", page, next, err)
	}
	if got := page[0]; got.Result != bare || got.Standing != LacksData|LacksMatch|LacksHealth|LacksPolice || got.Version != 1 {
		t.Errorf("got %+v", got)
	}
	if got := page[1]; got.Result != full || got.Standing != LacksHealth|LacksPolice || got.Import != "IMPORT" {
		t.Errorf("got  %+v\nwant %+v", got.Result, full)
	}

	changed := page[1]
	changed.FullName, changed.DoseNumber, changed.Match = "Lê Văn Ý", 0, bundle.Wrong
	changed.HealthConfirmedBy, changed.HealthAt = "ACCOUNT", today
	must(t, s, func(tx *Tx) error { return tx.UpdateResult(ctx, changed) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.UpdateResult(ctx, changed) })
	got, err := s.Glance().Result(ctx, changed.ID)
	changed.Version, changed.Standing, changed.nameKey = 2, LacksData|LacksCleansing|LacksPolice, "le van y"
	if err != nil || got != changed {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, changed)
	}
	if _, err := s.Glance().Result(ctx, "none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
	counts, err := s.Glance().CountResults(ctx, "07507")
	if err != nil || len(counts) != 2 || counts[changed.Standing] != 1 {
		t.Errorf("got %v, %v", counts, err)
	}
	unread := errors.New("unread")
	refuse(t, s, unread, func(tx *Tx) error {
		_, _, err := tx.AddResults(ctx, "IMPORT2", func(yield func(bundle.Result, error) bool) {
			_ = yield(matched(2), nil) && yield(bundle.Result{}, unread)
		})
		return err
	})
}

// testDoubles: the same dose of the same person is taken once by each unit; what cannot
// be told apart is taken as it comes.
func testDoubles(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	var first []bundle.Result
	for i := range 95 {
		first = append(first, matched(i))
	}
	must(t, s, func(tx *Tx) error {
		added, doubled, err := tx.AddResults(ctx, "IMPORT1", each(first...))
		if added != 95 || len(doubled) != 0 {
			t.Errorf("got %d, %v", added, doubled)
		}
		return err
	})
	secondDose, otherUnit, otherDay, nobody, undated := matched(3), matched(3), matched(3), matched(3), matched(3)
	secondDose.DoseNumber, otherUnit.Unit, otherDay.VaccinatedOn.Year = 2, "07510", 2022
	nobody.IDNumber, undated.VaccinatedOn = "", bundle.Date{}
	second := []bundle.Result{matched(200), matched(3), secondDose, otherUnit, secondDose, otherDay, nobody, nobody, undated, undated}
	for i := range 60 {
		second = append(second, matched(i+70)) // 25 of them doubles
	}
	want := []int{1, 4}
	for i := range 25 {
		want = append(want, 10+i)
	}
	must(t, s, func(tx *Tx) error {
		added, doubled, err := tx.AddResults(ctx, "IMPORT2", each(second...))
		if added != len(second)-len(want) || !slices.Equal(doubled, want) {
			t.Errorf("got %d, %v, want %d, %v", added, doubled, len(second)-len(want), want)
		}
		if err != nil {
			return err
		}
		// Once more in the same transaction: every row that can be told apart is there.
		added, doubled, err = tx.AddResults(ctx, "IMPORT3", each(second...))
		if added != 4 || len(doubled) != len(second)-4 {
			t.Errorf("got %d, %d, want 4, %d", added, len(doubled), len(second)-4)
		}
		return err
	})

	page, _, err := s.Glance().Worklist(ctx, Worklist{Unit: "07510"}, Page{})
	if err != nil || len(page) != 1 {
		t.Fatalf("got %+v, %v", page, err)
	}
	page[0].IDNumber = "075000000999"
	must(t, s, func(tx *Tx) error { return tx.UpdateResult(ctx, page[0]) })
	all := pages(t, 50, func(p Page) ([]Result, string, error) { return s.Glance().Worklist(ctx, Worklist{Unit: "07507"}, p) })
	double := all[slices.IndexFunc(all, func(r Result) bool { return r.IDNumber == matched(5).IDNumber })]
	double.IDNumber, double.VaccinatedOn = matched(6).IDNumber, matched(6).VaccinatedOn
	refuse(t, s, ErrConflict, func(tx *Tx) error { return tx.UpdateResult(ctx, double) })
}

// TestDoublesOfManyRows: places in a file that is longer than what PostgreSQL is given
// at a time.
func TestDoublesOfManyRows(t *testing.T) {
	t.Parallel()
	s := open(t, newDatabase(t), &clock{now: today})
	add := func(want ...int) {
		t.Helper()
		must(t, s, func(tx *Tx) error {
			n := postgresBatch + 100
			added, doubled, err := tx.AddResults(t.Context(), "IMPORT", func(yield func(bundle.Result, error) bool) {
				for i := range n {
					r := matched(i)
					if !slices.Contains([]int{7, postgresBatch - 1, postgresBatch, postgresBatch + 99}, i) {
						r.IDNumber = "" // nobody's double
					}
					if !yield(r, nil) {
						return
					}
				}
			})
			if added != n-len(want) || !slices.Equal(doubled, want) {
				t.Errorf("got %d, %v, want %d, %v", added, doubled, n-len(want), want)
			}
			return err
		})
	}
	add()
	add(7, postgresBatch-1, postgresBatch, postgresBatch+99)
}

func testWorklist(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	names := []string{"Đào Văn An", "dao van an", "Đặng Thị Bích", "Ân", "Zoë", "", "Đào Văn Ánh", "山田"}
	var results []bundle.Result
	for i := range 80 {
		r := matched(i)
		r.FullName = names[i%len(names)]
		r.Match = []bundle.Match{bundle.Unmatched, bundle.Matched, bundle.Wrong}[i%3]
		results = append(results, r)
	}
	must(t, s, func(tx *Tx) error {
		_, _, err := tx.AddResults(ctx, "IMPORT", each(results...))
		return err
	})
	tests := []struct {
		name string
		list Worklist
		want func(*bundle.Result) bool
	}{
		{"all", Worklist{Unit: "07507"}, func(*bundle.Result) bool { return true }},
		{"of another unit", Worklist{Unit: "07508"}, func(*bundle.Result) bool { return false }},
		{"to be confirmed", Worklist{Unit: "07507", Standings: Lacking(LacksHealth)}, func(*bundle.Result) bool { return true }},
		{"to be cleansed", Worklist{Unit: "07507", Standings: Lacking(LacksCleansing)}, func(r *bundle.Result) bool { return r.Match == bundle.Wrong }},
		{"matched", Worklist{Unit: "07507", Standings: []Standing{LacksHealth | LacksPolice}}, func(r *bundle.Result) bool {
			return r.Match == bundle.Matched && r.FullName != ""
		}},
		{"ready", Worklist{Unit: "07507", Standings: []Standing{Ready}}, func(*bundle.Result) bool { return false }},
		{"by name", Worklist{Unit: "07507", Name: "ĐÀO VĂN"}, func(r *bundle.Result) bool { return len(r.FullName) >= 10 && r.FullName != "Đặng Thị Bích" }},
		{"by whole name", Worklist{Unit: "07507", Name: "山田"}, func(r *bundle.Result) bool { return r.FullName == "山田" }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := make(map[string]bool)
			for _, r := range results {
				if test.want(&r) {
					want[r.ExternalID] = true
				}
			}
			got := pages(t, 7, func(p Page) ([]Result, string, error) { return s.Glance().Worklist(ctx, test.list, p) })
			if len(got) != len(want) {
				t.Errorf("got %d, want %d", len(got), len(want))
			}
			for i, r := range got {
				if !want[r.ExternalID] {
					t.Errorf("got %s, unwanted or twice", r.ExternalID)
				}
				delete(want, r.ExternalID)
				if i > 0 && got[i-1].nameKey > r.nameKey {
					t.Errorf("got %q before %q", got[i-1].nameKey, r.nameKey)
				}
			}
		})
	}
}

func testConfirm(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	must(t, s, func(tx *Tx) error {
		_, _, err := tx.AddResults(ctx, "IMPORT", func(yield func(bundle.Result, error) bool) {
			for i := range 600 {
				if !yield(matched(i), nil) {
					return
				}
			}
		})
		return err
	})
	all := pages(t, 500, func(p Page) ([]Result, string, error) { return s.Glance().Worklist(ctx, Worklist{Unit: "07507"}, p) })
	var ids []string
	for _, r := range all {
		ids = append(ids, r.ID)
	}
	confirm := func(part Part, unit string, ids []string, want int) {
		t.Helper()
		must(t, s, func(tx *Tx) error {
			done, err := tx.ConfirmResults(ctx, part, unit, "ACCOUNT", ids)
			if len(done) != want {
				t.Errorf("got %d confirmed, want %d", len(done), want)
			}
			return err
		})
	}
	confirm(Vaccination, "07508", ids, 0) // another unit's
	confirm(Vaccination, "07507", ids[:10], 10)
	confirm(Vaccination, "07507", ids, 590)
	confirm(Vaccination, "07507", append(ids, "none"), 0)
	confirm(Identity, "07507", ids[:550], 550)
	confirm(Identity, "07507", nil, 0)
	counts, err := s.Glance().CountResults(ctx, "07507")
	if err != nil || counts[Ready] != 550 || counts[LacksPolice] != 50 {
		t.Errorf("got %v, %v", counts, err)
	}
	got, err := s.Glance().Result(ctx, ids[0])
	if err != nil || got.HealthConfirmedBy != "ACCOUNT" || got.HealthAt.IsZero() || !got.PoliceAt.After(got.HealthAt) || got.Version != 3 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func testClaim(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	ids := addReady(t, s, 0, 30)
	unready := matched(100)
	must(t, s, func(tx *Tx) error {
		_, _, err := tx.AddResults(ctx, "IMPORT2", each(unready))
		return err
	})
	claim := func(id string, limit, want int) {
		t.Helper()
		must(t, s, func(tx *Tx) error {
			b, err := tx.AddBundle(ctx, id, "07507", "")
			if err != nil {
				return err
			}
			n, err := tx.ClaimResults(ctx, &b, limit)
			if n != want {
				t.Errorf("got %d claimed, want %d", n, want)
			}
			if err != nil {
				return err
			}
			b.Size = n
			return tx.SealBundle(ctx, &b)
		})
	}
	claim("B1", 10, 10)
	claim("B2", 100, 20)
	claim("B3", 100, 0)
	n := 0
	for r, err := range s.Glance().ResultsOf(ctx, "B2") {
		if err != nil || r.Bundle != "B2" || r.Standing != InBundle {
			t.Fatalf("got %+v, %v", r, err)
		}
		n++
	}
	if n != 20 {
		t.Errorf("got %d results, want 20", n)
	}
	held, err := s.Glance().Result(ctx, ids[0])
	if err != nil {
		t.Fatal(err)
	}
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.UpdateResult(ctx, held) })
	must(t, s, func(tx *Tx) error {
		if n, err := tx.FreeResults(ctx, held.Bundle); err != nil || n != 10 {
			return fmt.Errorf("got %d freed, want 10: %w", n, err)
		}
		b, err := tx.Bundle(ctx, held.Bundle)
		if err != nil {
			return err
		}
		return tx.MoveBundle(ctx, &b, bundle.Withdraw)
	})
	claim("B4", 100, 10)
}
