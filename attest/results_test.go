package attest_test

import (
	"errors"
	"strings"
	"testing"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/sample"
	"kytiem/store"
)

// fresh imports n clean results, which nobody has confirmed yet, and gives them by name.
func (d *desk) fresh(t testing.TB, n int, mix sample.Mix) []attest.Result {
	t.Helper()
	unit, _ := sample.Unit(commune)
	d.seed++
	id := bundle.NewID()
	d.tx(t, func(tx *store.Tx) error {
		err := tx.AddImport(t.Context(), store.Import{ID: id, Unit: commune, Account: d.who[attest.Health].Account, Rows: n, Taken: n})
		if err != nil {
			return err
		}
		_, _, err = tx.AddResults(t.Context(), id, func(yield func(bundle.Result, error) bool) {
			for r := range sample.Results(sample.Options{Seed: d.seed, Rows: n, Unit: unit, Mix: mix}) {
				if !yield(r, nil) {
					return
				}
			}
		})
		return err
	})
	var found []attest.Result
	all, _, err := d.Results(t.Context(), d.who[attest.Health], attest.Worklist{Unit: commune}, attest.Page{Limit: store.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.Import == id {
			found = append(found, r)
		}
	}
	return found
}

func (d *desk) result(t testing.TB, id string) attest.Result {
	t.Helper()
	r, err := d.Result(t.Context(), d.who[attest.Health], id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (d *desk) confirmed(t testing.TB, role attest.Role, c attest.Confirmation) attest.Confirmed {
	t.Helper()
	out, err := d.Confirm(t.Context(), d.who[role], c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (d *desk) sealAs(t testing.TB, role attest.Role, limit int) (attest.Bundle, error) {
	t.Helper()
	return d.Seal(t.Context(), d.who[role], attest.SealOrder{Unit: commune, Limit: limit})
}

func actors(d *desk) (all []attest.Actor) {
	for _, role := range attest.Roles() {
		all = append(all, d.who[role])
	}
	return all
}

// TestConfirmRoles: each part by its own role, in its own reach, with an answer that it has.
func TestConfirmRoles(t *testing.T) {
	d := newDesk(t, nil)
	id := d.fresh(t, 1, sample.Mix{})[0].ID
	for _, part := range []attest.Part{attest.Vaccination, attest.Identity} {
		act, own := attest.ConfirmVaccination, attest.Health
		if part == attest.Identity {
			act, own = attest.ConfirmIdentity, attest.Police
		}
		c := attest.Confirmation{Part: part, Results: []string{id}, Answer: bundle.Matched}
		for _, who := range append(actors(d), d.alien, attest.Actor{Account: "x", Role: own, Unit: other}, attest.Actor{}) {
			var want error
			switch {
			case who.Anybody():
				want = attest.ErrUnauthenticated
			case attest.ReachOf(who.Role, act) == attest.Nowhere:
				want = attest.ErrForbidden
			case who.Unit != commune:
				want = attest.ErrNotFound
			default:
				continue // its own, below
			}
			if _, err := d.Confirm(t.Context(), who, c); !errors.Is(err, want) {
				t.Errorf("%s by %s of %q: %v, want %v", part, who.Role, who.Unit, err, want)
			}
		}
	}
	if r := d.result(t, id); r.HealthConfirmedBy != "" || r.PoliceConfirmedBy != "" {
		t.Error("confirmed by who may not")
	}
	many := make([]string, attest.MaxConfirmed+1)
	for _, tt := range []struct {
		name string
		role attest.Role
		c    attest.Confirmation
		want error
	}{
		{"no part", attest.Health, attest.Confirmation{Part: "both", Results: []string{id}}, attest.ErrPart},
		{"vaccination wrong", attest.Health, attest.Confirmation{Part: attest.Vaccination, Results: []string{id}, Answer: bundle.Wrong, Reason: "x"}, attest.ErrPart},
		{"identity without an answer", attest.Police, attest.Confirmation{Part: attest.Identity, Results: []string{id}}, attest.ErrPart},
		{"cleansed is not an answer", attest.Police, attest.Confirmation{Part: attest.Identity, Results: []string{id}, Answer: bundle.Cleansed}, attest.ErrPart},
		{"wrong without a reason", attest.Police, attest.Confirmation{Part: attest.Identity, Results: []string{id}, Answer: bundle.Wrong}, attest.ErrReason},
		{"none", attest.Health, attest.Confirmation{Part: attest.Vaccination}, attest.ErrNotFound},
		{"one not there", attest.Health, attest.Confirmation{Part: attest.Vaccination, Results: []string{id, bundle.NewID()}}, attest.ErrNotFound},
		{"too many", attest.Health, attest.Confirmation{Part: attest.Vaccination, Results: many}, attest.ErrTooMany},
	} {
		if _, err := d.Confirm(t.Context(), d.who[tt.role], tt.c); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	if r := d.result(t, id); r.HealthConfirmedBy != "" {
		t.Error("confirmed beside one that is not there")
	}
}

// TestConfirm: both parts make a result ready, once; repeating changes nothing.
func TestConfirm(t *testing.T) {
	d := newDesk(t, nil)
	var ids []string
	for _, r := range d.fresh(t, 3, sample.Mix{}) {
		ids = append(ids, r.ID)
	}
	doubled := append(ids, ids...)
	vaccination := attest.Confirmation{Part: attest.Vaccination, Results: doubled}
	identity := attest.Confirmation{Part: attest.Identity, Results: doubled, Answer: bundle.Matched}
	for n, want := range []int{3, 0} {
		for role, c := range map[attest.Role]attest.Confirmation{attest.Health: vaccination, attest.Police: identity} {
			out := d.confirmed(t, role, c)
			if len(out.Confirmed) != want || len(out.Unchanged) != 3-want {
				t.Errorf("%s, time %d: %d confirmed, %d unchanged", c.Part, n+1, len(out.Confirmed), len(out.Unchanged))
			}
		}
	}
	r := d.result(t, ids[0])
	if r.Standing != attest.Ready || r.HealthConfirmedBy != d.who[attest.Health].Account || r.PoliceConfirmedBy != d.who[attest.Police].Account || r.PoliceAt.IsZero() {
		t.Errorf("result %+v", r)
	}
	if _, err := d.sealAs(t, attest.Health, 0); err != nil {
		t.Fatal(err)
	}
	if out := d.confirmed(t, attest.Police, attest.Confirmation{Part: attest.Identity, Results: ids, Answer: bundle.Wrong, Reason: "không trùng khớp"}); len(out.Confirmed) != 0 {
		t.Errorf("%d found wrong in a bundle", len(out.Confirmed))
	}
}

// TestWrongAndCleansed is the way of a result that the police find wrong: corrected, verified, cleansed.
func TestWrongAndCleansed(t *testing.T) {
	d := newDesk(t, nil)
	id := d.fresh(t, 1, sample.Mix{})[0].ID
	right := attest.Confirmation{Part: attest.Identity, Results: []string{id}, Answer: bundle.Matched}
	wrong := attest.Confirmation{Part: attest.Identity, Results: []string{id}, Answer: bundle.Wrong, Reason: "chưa chính xác"}
	d.confirmed(t, attest.Health, attest.Confirmation{Part: attest.Vaccination, Results: []string{id}})
	d.confirmed(t, attest.Police, right)
	d.confirmed(t, attest.Police, wrong) // they look again
	if r := d.result(t, id); r.Match != bundle.Wrong || r.MatchReason != wrong.Reason || r.PoliceConfirmedBy != "" || r.Standing != attest.LacksCleansing|attest.LacksPolice {
		t.Fatalf("found wrong: %+v", r)
	}
	after, err := d.Correct(t.Context(), d.who[attest.Health], id, attest.Amendment{
		Fields: map[string]string{"full_name": "Nguyễn Thị Sửa", "birth_date": "02/03/1980"}, Reason: "nhập nhầm", Evidence: "CCCD"})
	if err != nil {
		t.Fatal(err)
	}
	if after.FullName != "Nguyễn Thị Sửa" || after.Match != bundle.Wrong || after.HealthConfirmedBy == "" {
		t.Errorf("corrected: %+v", after)
	}
	d.confirmed(t, attest.Police, right)
	if r := d.result(t, id); r.Match != bundle.Cleansed || r.MatchReason != "" || r.Standing != attest.Ready {
		t.Errorf("verified: %+v", r)
	}
	found, _, err := d.Corrections(t.Context(), d.who[attest.Police], id, attest.Page{})
	if err != nil || len(found) != 1 || len(found[0].Changes) != 2 || found[0].Account != d.who[attest.Health].Account {
		t.Fatalf("corrections %+v (%v)", found, err)
	}
	if c := found[0].Changes[1]; c.Field != "full_name" || c.After != "Nguyễn Thị Sửa" || c.Before == "" {
		t.Errorf("change %+v", c)
	}
	for _, e := range append(d.entries(t, "results.correct"), d.entries(t, "results.confirm")...) {
		if line := string(e.AppendLine(nil)); strings.Contains(line, "1980") || strings.Contains(line, "Nguy") || strings.Contains(line, "CCCD") {
			t.Errorf("entry tells of a person: act %s", e.Act)
		}
	}
}

// TestCorrect: what a correction may be, and whose confirmation it takes back.
func TestCorrect(t *testing.T) {
	d := newDesk(t, nil)
	rows := d.fresh(t, 6, sample.Mix{})
	id := rows[0].ID
	both := func() {
		d.confirmed(t, attest.Health, attest.Confirmation{Part: attest.Vaccination, Results: []string{id}})
		d.confirmed(t, attest.Police, attest.Confirmation{Part: attest.Identity, Results: []string{id}, Answer: bundle.Matched})
	}
	var invalid *attest.InvalidError
	for _, tt := range []struct {
		name   string
		who    attest.Actor
		fields map[string]string
		reason string
		want   error
	}{
		{"police", d.who[attest.Police], map[string]string{"lot_number": "L"}, "x", attest.ErrForbidden},
		{"another unit's health", attest.Actor{Account: "x", Role: attest.Health, Unit: other}, map[string]string{"lot_number": "L"}, "x", attest.ErrNotFound},
		{"without a reason", d.who[attest.Health], map[string]string{"lot_number": "L"}, " ", attest.ErrReason},
		{"long reason", d.who[attest.Health], map[string]string{"lot_number": "L"}, strings.Repeat("x", attest.MaxReasonBytes+1), attest.ErrText},
		{"match", d.who[attest.Health], map[string]string{"match": "dung"}, "x", attest.ErrField},
		{"confirmation", d.who[attest.Health], map[string]string{"police_confirmed_by": "x"}, "x", attest.ErrField},
		{"unit", d.who[attest.Health], map[string]string{"unit": other}, "x", attest.ErrField},
	} {
		if _, err := d.Correct(t.Context(), tt.who, id, attest.Amendment{Fields: tt.fields, Reason: tt.reason}); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	for field, value := range map[string]string{"gender": "?", "vaccinated_on": "31/02/2021", "id_number": "12", "dose_number": "first",
		"full_name": "\u202eNguyễn", "birth_date": "2121"} {
		_, err := d.Correct(t.Context(), d.who[attest.Health], id, attest.Amendment{Fields: map[string]string{field: value}, Reason: "x"})
		if !errors.As(err, &invalid) || len(invalid.Findings) == 0 || strings.Contains(err.Error(), value) && len(value) > 2 {
			t.Errorf("%s: %v, want an InvalidError that does not quote", field, err)
		}
	}
	if r := d.result(t, id); r.Version != rows[0].Version {
		t.Error("changed by what was refused")
	}
	for _, tt := range []struct {
		field, value   string
		health, police bool // whose confirmation stays
	}{
		{"lot_number", "NEW1", false, true},
		{"full_name", "Nguyễn Văn Khác", true, false},
		{"external_id", "ours-1", true, true},
		{"site", "Trạm Y tế khác", false, true},
	} {
		both()
		r, err := d.Correct(t.Context(), d.who[attest.Health], id, attest.Amendment{Fields: map[string]string{tt.field: tt.value}, Reason: "x"})
		if err != nil {
			t.Fatal(err)
		}
		if (r.HealthConfirmedBy != "") != tt.health || (r.PoliceConfirmedBy != "") != tt.police {
			t.Errorf("%s corrected: health %q, police %q", tt.field, r.HealthConfirmedBy, r.PoliceConfirmedBy)
		}
		if !tt.police && r.Match != bundle.Unmatched {
			t.Errorf("%s corrected: match %q stays", tt.field, r.Match)
		}
	}
	double := map[string]string{"id_type": string(rows[1].IDType), "id_number": rows[1].IDNumber, "full_name": rows[1].FullName,
		"dose_number": "9", "vaccinated_on": rows[1].VaccinatedOn.String(), "birth_date": rows[1].BirthDate.String(), "gender": string(rows[1].Gender)}
	if rows[1].DoseNumber > 0 {
		double["dose_number"] = string(rune('0' + rows[1].DoseNumber))
	}
	if _, err := d.Correct(t.Context(), d.who[attest.Health], id, attest.Amendment{Fields: double, Reason: "x"}); !errors.Is(err, attest.ErrConflict) {
		t.Errorf("becoming another result's double: %v, want ErrConflict", err)
	}
}

// TestExemptConfirmed: a foreigner is exempt from the match, not from the confirmation.
func TestExemptConfirmed(t *testing.T) {
	d := newDesk(t, nil)
	rows := d.fresh(t, 2, sample.Mix{Foreign: 1})
	id := rows[0].ID
	if !rows[0].Exempt() {
		t.Fatalf("sample: %+v is not exempt", rows[0].Result.IDType)
	}
	d.confirmed(t, attest.Health, attest.Confirmation{Part: attest.Vaccination, Results: []string{id}})
	if _, err := d.sealAs(t, attest.Health, 0); !errors.Is(err, attest.ErrNothingReady) {
		t.Errorf("sealing without the police: %v", err)
	}
	d.confirmed(t, attest.Police, attest.Confirmation{Part: attest.Identity, Results: []string{id}, Answer: bundle.Matched})
	b, err := d.sealAs(t, attest.Health, 0)
	if err != nil || b.Counts.Exempt != 1 || b.Size != 1 {
		t.Errorf("sealed %+v (%v), want one that is exempt", b.Counts, err)
	}
}
