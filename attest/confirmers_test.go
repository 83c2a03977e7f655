package attest_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/intake"
	"kytiem/sample"
)

// TestConfirmersNamed: records and lists say by name who confirmed a result, and never by
// an id of ours.
func TestConfirmersNamed(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 3)
	records := d.file(t, b.ID, bundle.RecordsFile)
	for _, role := range []attest.Role{attest.Health, attest.Police} {
		if got := bytes.Count(records, []byte(`"`+named(role)+`"`)); got != 3 {
			t.Errorf("%s is named in %d records, want 3", role, got)
		}
		if bytes.Contains(records, []byte(d.who[role].Account)) {
			t.Errorf("account of %s stands in the records", role)
		}
	}
	d.sound(t)
}

// TestAccountNames: what cannot be printed in a list, or reads as something else, is no
// name.
func TestAccountNames(t *testing.T) {
	d := newDesk(t, nil)
	for _, tt := range []struct {
		name, called, want string // "" refused
	}{
		{"office", "Trạm Y tế xã Phú Hòa", "Trạm Y tế xã Phú Hòa"},
		{"blanks around", "  Công an xã Phú Hòa ", "Công an xã Phú Hòa"},
		{"apart", "Phu\u0301 Ho\u0300a", "Phú Hòa"},
		{"as long as may be", strings.Repeat("ấ", attest.MaxNameRunes), strings.Repeat("ấ", attest.MaxNameRunes)},
		{"too long", strings.Repeat("a", attest.MaxNameRunes+1), ""},
		{"right to left", "Công an \u202eaòH úhP", ""},
		{"isolated", "Công an \u2066Phú Hòa\u2069", ""},
		{"mark", "Công an\u200f", ""},
		{"nothing wide", "Công\u200ban", ""},
		{"no glyph", "公安", ""},
		{"two lines", "Công\nan", ""},
	} {
		a, err := d.AddAccount(t.Context(), d.who[attest.Admin], tt.called, attest.Police, commune)
		if a.Name != tt.want || tt.want == "" && !errors.Is(err, attest.ErrText) || tt.want != "" && err != nil {
			t.Errorf("%s: %q, %v, want %q", tt.name, a.Name, err, tt.want)
		}
	}
}

// TestCleansedAfterWrong: only what was corrected after the police found it wrong, and
// where they look, is cleansed.
func TestCleansedAfterWrong(t *testing.T) {
	name := map[string]string{"full_name": "Nguyễn Thị Sửa"}
	site := map[string]string{"site": "Trạm Y tế khác"}
	for _, tt := range []struct {
		name  string
		steps []any // what is corrected, or what the police answer
		want  bundle.Match
	}{
		{"corrected after", []any{bundle.Wrong, name, bundle.Matched}, bundle.Cleansed},
		{"not corrected", []any{bundle.Wrong, bundle.Matched}, bundle.Matched},
		{"corrected before", []any{name, bundle.Wrong, bundle.Matched}, bundle.Matched},
		{"elsewhere before", []any{site, bundle.Wrong, bundle.Matched}, bundle.Matched},
		{"elsewhere after", []any{bundle.Wrong, site, bundle.Matched}, bundle.Matched},
		{"wrong again", []any{bundle.Wrong, name, bundle.Wrong, bundle.Matched}, bundle.Matched},
		{"wrong twice", []any{bundle.Wrong, bundle.Wrong, name, site, bundle.Matched}, bundle.Cleansed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, nil)
			id := d.fresh(t, 1, sample.Mix{})[0].ID
			for _, step := range tt.steps {
				switch step := step.(type) {
				case bundle.Match:
					d.confirmed(t, attest.Police, attest.Confirmation{Part: attest.Identity, Results: []string{id}, Answer: step, Reason: "không trùng khớp"})
				case map[string]string:
					if _, err := d.Correct(t.Context(), d.who[attest.Health], id, attest.Amendment{Fields: step, Reason: "nhập nhầm"}); err != nil {
						t.Fatal(err)
					}
				}
			}
			if got := d.result(t, id); got.Match != tt.want {
				t.Errorf("match %q, want %q", got.Match, tt.want)
			}
		})
	}
}

// TestHeld: what stands in a bundle in force is not told to be ready when nothing can claim
// it; the answer says what to do.
func TestHeld(t *testing.T) {
	d := newDesk(t, nil)
	b := d.signed(t, 3)
	count := func(when string, ready, in int) {
		t.Helper()
		counts, err := d.CountResults(t.Context(), d.who[attest.Health], commune)
		if err != nil || counts[attest.Ready] != ready || counts[attest.InBundle] != in {
			t.Errorf("%s: %v (%v), want %d ready, %d in a bundle", when, counts, err, ready, in)
		}
	}
	supersede := func() attest.Bundle {
		t.Helper()
		return ok(t)(d.Supersede(t.Context(), d.who[attest.Head], b.ID, "sai ngày tiêm"))
	}
	next := supersede()
	count("successor open", 3, 0)
	ok(t)(d.Withdraw(t.Context(), d.who[attest.Head], next.ID, "nhầm"))
	count("successor withdrawn", 0, 3)
	if _, err := d.sealAs(t, attest.Health, 0); !errors.Is(err, attest.ErrHeld) || !errors.Is(err, attest.ErrNothingReady) {
		t.Errorf("sealing: %v, want %v", err, attest.ErrHeld)
	}
	d.ready(t, 1)
	count("another is ready", 1, 3)
	if got := d.seal(t); got.Size != 1 {
		t.Errorf("sealed %d, want 1", got.Size)
	}
	supersede()
	count("superseded again", 3, 1)
	if got := d.seal(t); got.Size != 3 {
		t.Errorf("sealed %d in the successor, want 3", got.Size)
	}
	d.sound(t)
}

// TestParents: a unit lies in one that is in the register, or comes with it.
func TestParents(t *testing.T) {
	d := newDesk(t, nil)
	unit := func(level bundle.Level, code, parent string) bundle.Unit {
		return bundle.Unit{Level: level, Code: code, Parent: parent, Kind: "xa", Name: code, FullName: "Xã " + code}
	}
	for _, tt := range []struct {
		name  string
		units []bundle.Unit
		want  string // in the error
	}{
		{"above nowhere", []bundle.Unit{unit(bundle.Commune, "99998", "99999")}, "99999"},
		{"together", []bundle.Unit{unit(bundle.Commune, "99998", "9999"), unit(bundle.Province, "9999", "")}, ""},
		{"in the register", []bundle.Unit{unit(bundle.Commune, "99997", "9999")}, ""},
		{"one of two", []bundle.Unit{unit(bundle.Commune, "99996", "9999"), unit(bundle.Commune, "99995", "9998")}, "9998"},
	} {
		err := d.PutUnits(t.Context(), d.who[attest.Admin], tt.units)
		var file *intake.FileError
		if tt.want == "" && err != nil || tt.want != "" && (!errors.As(err, &file) || !strings.Contains(file.EN, tt.want) || !strings.Contains(file.VI, tt.want)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if _, err := d.UnitsOf(t.Context(), d.who[attest.Admin], "99996"); !errors.Is(err, attest.ErrNotFound) {
		t.Errorf("of a call that was refused: %v, want nothing", err)
	}
}
