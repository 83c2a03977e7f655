package attest_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/intake"
	"kytiem/store"
)

func day(y, m, d int) bundle.Date { return bundle.Date{Year: y, Month: m, Day: d} }

// above enters the units in which the others of these tests lie.
func (d *desk) above(t testing.TB) {
	t.Helper()
	d.tx(t, func(tx *store.Tx) error {
		err := tx.PutUnit(t.Context(), bundle.Unit{Level: bundle.Province, Code: "75", Kind: "tinh", Name: "Đồng Nai", FullName: "Tỉnh Đồng Nai"})
		if err != nil {
			return err
		}
		return tx.PutUnit(t.Context(), bundle.Unit{Level: bundle.District, Code: "750", Parent: "75", Kind: "huyen", Name: "Mẫu", FullName: "Huyện Mẫu"})
	})
}

// TestUnits: the register over time, all or nothing, and one entry for each change.
func TestUnits(t *testing.T) {
	d := newDesk(t, nil)
	admin := d.who[attest.Admin]
	d.above(t)
	before := bundle.Unit{Level: bundle.Commune, Code: "99001", Parent: "750", Kind: "xa", Name: "Mẫu", FullName: "Xã Mẫu"}
	cut, after := before, before
	cut.ValidTo = day(2025, 6, 30)
	after.Parent, after.Kind, after.FullName, after.Identifier, after.ValidFrom = "75", "phuong", "Phường Mẫu", "MST:0319303270", day(2025, 7, 1)
	loose := before
	loose.Code, loose.FullName = "99002", " Xã  Mẫu "
	bad := func(change func(*bundle.Unit)) []bundle.Unit {
		u := before
		u.Code = "99003"
		change(&u)
		good := before
		good.Code = "99004"
		return []bundle.Unit{good, u}
	}
	var file *intake.FileError
	isFile := func(err error) bool { return errors.As(err, &file) }
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	for _, tt := range []struct {
		name  string
		units []bundle.Unit
		want  func(error) bool
	}{
		{"none", nil, isFile},
		{"too many", make([]bundle.Unit, attest.MaxUnits+1), is(attest.ErrTooMany)},
		{"an empty one", make([]bundle.Unit, 1), func(err error) bool { return err != nil }},
		{"an empty one among others", []bundle.Unit{before, {}}, func(err error) bool { return err != nil }},
		{"no such level", bad(func(u *bundle.Unit) { u.Level = "village" }), isFile},
		{"code with a blank", bad(func(u *bundle.Unit) { u.Code = "99 03" }), isFile},
		{"no name", bad(func(u *bundle.Unit) { u.Name = "" }), isFile},
		{"control character", bad(func(u *bundle.Unit) { u.Name = "a\u202eb" }), isFile},
		{"line in a name", bad(func(u *bundle.Unit) { u.Name = "a\n\"b,c" }), isFile},
		{"identifier of another kind", bad(func(u *bundle.Unit) { u.Identifier = "CCCD:075070000001" }), isFile},
		{"ends before it begins", bad(func(u *bundle.Unit) { u.ValidFrom, u.ValidTo = day(2025, 2, 1), day(2025, 1, 1) }), isFile},
		{"month only", bad(func(u *bundle.Unit) { u.ValidFrom = bundle.Date{Year: 2025, Month: 2} }), isFile},
		{"twice in one call", bad(func(u *bundle.Unit) { u.Code = "99004" }), is(bundle.ErrUnitOverlap)},
		{"first", []bundle.Unit{before}, is(nil)},
		{"as it is", []bundle.Unit{before}, is(nil)},
		{"two at a time", []bundle.Unit{after}, is(bundle.ErrUnitOverlap)},
		{"one after the other", []bundle.Unit{after, cut}, is(nil)},
		{"tidied", []bundle.Unit{loose}, is(nil)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := d.PutUnits(t.Context(), admin, tt.units); !tt.want(err) {
				t.Errorf("putting: %v", err)
			}
		})
	}
	got, err := d.UnitsOf(t.Context(), d.who[attest.Verifier], "99001")
	if err != nil || !slices.Equal(got, []bundle.Unit{cut, after}) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, []bundle.Unit{cut, after})
	}
	if got, err := d.UnitsOf(t.Context(), admin, "99002"); err != nil || got[0].FullName != "Xã Mẫu" {
		t.Errorf("got %+v, %v, want the name without the blanks", got, err)
	}
	for _, code := range []string{"99003", "99004", "x y"} {
		if got, err := d.UnitsOf(t.Context(), admin, code); !errors.Is(err, attest.ErrNotFound) {
			t.Errorf("got %+v, %v, want %v", got, err, attest.ErrNotFound)
		}
	}
	entries := d.entries(t, "units.write")
	if len(entries) != 3 || entries[0].Subject != "99001" || entries[0].Actor != admin.Account {
		t.Errorf("got %d entries, want 3: %+v", len(entries), entries)
	}

	below, _, err := d.Units(t.Context(), d.who[attest.Police], "750", attest.Page{})
	if err != nil || !slices.Contains(below, cut) || slices.Contains(below, after) {
		t.Errorf("below the district: %+v, %v", below, err)
	}
	all, next, err := d.Units(t.Context(), admin, "", attest.Page{Limit: 2})
	if err != nil || len(all) != 2 || next == "" {
		t.Errorf("got %d units, %q, %v", len(all), next, err)
	}
	if _, _, err := d.Units(t.Context(), attest.Actor{}, "", attest.Page{}); !errors.Is(err, attest.ErrUnauthenticated) {
		t.Errorf("anybody listing: %v", err)
	}
	if _, err := d.UnitsOf(t.Context(), attest.Actor{}, "99001"); !errors.Is(err, attest.ErrUnauthenticated) {
		t.Errorf("anybody reading: %v", err)
	}
	for _, role := range attest.Roles() {
		if err := d.PutUnits(t.Context(), d.who[role], []bundle.Unit{before}); role != attest.Admin && !errors.Is(err, attest.ErrForbidden) {
			t.Errorf("%s putting: %v, want %v", role, err, attest.ErrForbidden)
		}
	}
}

// TestUnitsAsBigAsTheCountry: one call takes the whole register.
func TestUnitsAsBigAsTheCountry(t *testing.T) {
	if testing.Short() {
		t.Skip("enters many rows, one after the other")
	}
	d := newDesk(t, nil)
	d.above(t)
	units := make([]bundle.Unit, 0, 15_000)
	for n := range cap(units) {
		units = append(units, bundle.Unit{Level: bundle.Commune, Code: strconv.Itoa(80_000 + n), Parent: "75", Kind: "xa", Name: "Mẫu", FullName: "Xã Mẫu"})
	}
	if err := d.PutUnits(t.Context(), attest.Operator(), units); err != nil {
		t.Fatal(err)
	}
	var register *bundle.Units
	err := d.store.Read(t.Context(), func(v *store.View) (err error) { register, err = v.Units(t.Context()); return err })
	if err != nil || register.Len() != len(units)+4 {
		t.Errorf("got %d units, %v, want %d", register.Len(), err, len(units)+4)
	}
}
