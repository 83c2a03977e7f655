package bundle_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kytiem/bundle"
)

// result is a ready result to start from.
func result(n int) bundle.Result {
	return bundle.Result{
		Unit: "26068", FullName: fmt.Sprintf("Nguyễn Thị Hòa %d", n), Gender: bundle.Female,
		BirthDate: bundle.Date{Year: 1990, Month: 3, Day: 7}, IDType: bundle.CCCD, IDNumber: fmt.Sprintf("075190%06d", n),
		DoseNumber: 1, VaccinatedOn: bundle.Date{Year: 2021, Month: 11, Day: 1 + n%28},
		Vaccine: "AstraZeneca", LotNumber: "NK-021", Site: "Trạm Y tế xã Phú Hòa",
		Match: bundle.Matched, HealthConfirmedBy: "y-te", PoliceConfirmedBy: "cong-an",
	}
}

func record(t testing.TB, n int) bundle.Record {
	t.Helper()
	r, err := bundle.NewRecord(result(n))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rollOf seals n records: their lines in leaf order, read back as a roll.
func rollOf(t testing.TB, n int) (*bundle.Roll, []byte) {
	t.Helper()
	records := make([]bundle.Record, n)
	for i := range records {
		records[i] = record(t, i)
	}
	slices.SortFunc(records, func(a, b bundle.Record) int {
		x, y := a.Leaf(), b.Leaf()
		return bytes.Compare(x[:], y[:])
	})
	var lines []byte
	for i := range records {
		lines = append(records[i].Append(lines), '\n')
	}
	roll, err := bundle.ReadRoll(bytes.NewReader(lines), int64(len(lines)))
	if err != nil {
		t.Fatal(err)
	}
	return roll, lines
}

func manifestOf(t testing.TB, roll *bundle.Roll) (*bundle.Manifest, []byte) {
	t.Helper()
	root, err := bundle.Root(roll.Leaves())
	if err != nil {
		t.Fatal(err)
	}
	m := &bundle.Manifest{
		V: 1, Bundle: bundle.NewID(), ConfirmationSource: bundle.ConfirmedInFile,
		Counts: roll.Counts(), Period: roll.Period(), Root: bundle.HexHash(root), Size: roll.Len(),
		SealedAt: "2021-12-01T02:03:04Z",
		Unit:     bundle.UnitName{Code: "26068", Kind: "xa", Level: bundle.Commune, Name: "Xã Phú Hòa"},
	}
	data, err := bundle.Canonical(m)
	if err != nil {
		t.Fatal(err)
	}
	return m, data
}

func TestDate(t *testing.T) {
	for _, test := range []struct {
		text, vietnamese string
		ok               bool
	}{
		{"", "", true},
		{"1945", "1945", true},
		{"1945-03", "03/1945", true},
		{"1945-03-07", "07/03/1945", true},
		{"2024-02-29", "29/02/2024", true},
		{"2023-02-29", "", false},
		{"1945-13", "", false},
		{"1945-3-7", "", false},
		{"1945-00-07", "", false},
		{"0000", "", false},
		{"1945-03-07-01", "", false},
		{"+945", "", false},
	} {
		t.Run(test.text, func(t *testing.T) {
			d, err := bundle.ParseDate(test.text)
			if ok := err == nil; ok != test.ok {
				t.Fatalf("ok = %v (%v), want %v", ok, err, test.ok)
			}
			if err != nil {
				return
			}
			if got := d.String(); got != test.text {
				t.Errorf("String() = %q, want %q", got, test.text)
			}
			if got := d.Vietnamese(); got != test.vietnamese {
				t.Errorf("Vietnamese() = %q, want %q", got, test.vietnamese)
			}
		})
	}
}

func TestLacks(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*bundle.Result)
		want   []bundle.Lack
	}{
		{"ready", func(*bundle.Result) {}, nil},
		{"cleansed", func(r *bundle.Result) { r.Match = bundle.Cleansed }, nil},
		{"born in a year", func(r *bundle.Result) { r.BirthDate = bundle.Date{Year: 1945} }, nil},
		{"not matched", func(r *bundle.Result) { r.Match = "" }, []bundle.Lack{bundle.LacksMatch}},
		{"wrong", func(r *bundle.Result) { r.Match = bundle.Wrong }, []bundle.Lack{bundle.LacksCleansing}},
		{"without confirmations", func(r *bundle.Result) { r.HealthConfirmedBy, r.PoliceConfirmedBy = "", "" },
			[]bundle.Lack{bundle.LacksHealth, bundle.LacksPolice}},
		{"without number", func(r *bundle.Result) { r.IDNumber = "" }, []bundle.Lack{bundle.LacksIDNumber}},
		{"foreigner with passport", func(r *bundle.Result) {
			r.Nationality, r.IDType, r.IDNumber, r.Match = "KR", bundle.Passport, "M12345678", ""
		}, nil},
		{"foreigner with a 12-digit number", func(r *bundle.Result) {
			r.Nationality, r.IDType, r.IDNumber, r.Match = "KR", bundle.Passport, "075190000001", ""
		}, []bundle.Lack{bundle.LacksMatch}},
		{"citizen with passport", func(r *bundle.Result) {
			r.Nationality, r.IDType, r.IDNumber, r.Match = "VN", bundle.Passport, "B1234567", ""
		}, []bundle.Lack{bundle.LacksMatch}},
		{"passport of nobody", func(r *bundle.Result) {
			r.IDType, r.IDNumber = bundle.Passport, "B1234567"
		}, []bundle.Lack{bundle.LacksNationality}},
		{"partial vaccination date", func(r *bundle.Result) { r.VaccinatedOn.Day = 0 }, []bundle.Lack{bundle.LacksDate}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := result(1)
			test.change(&r)
			if got := r.Lacks(); !slices.Equal(got, test.want) {
				t.Errorf("Lacks() = %v, want %v", got, test.want)
			}
			if _, err := bundle.NewRecord(r); errors.Is(err, bundle.ErrNotReady) != (test.want != nil) {
				t.Errorf("NewRecord: %v", err)
			}
		})
	}
}

func TestUnits(t *testing.T) {
	day := func(text string) bundle.Date {
		d, err := bundle.ParseDate(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	var units bundle.Units
	for _, u := range []bundle.Unit{
		{Level: bundle.Province, Code: "24", Name: "Bắc Giang", ValidTo: day("2025-06-30")},
		{Level: bundle.Province, Code: "24", Name: "Bắc Ninh", ValidFrom: day("2025-07-01")},
		{Level: bundle.Commune, Code: "07000", Parent: "24", Name: "A"},
	} {
		if err := units.Add(u); err != nil {
			t.Fatal(err)
		}
	}
	if err := units.Add(bundle.Unit{Code: "24", ValidFrom: day("2025-01-01")}); !errors.Is(err, bundle.ErrUnitOverlap) {
		t.Errorf("overlapping unit: %v", err)
	}
	for _, test := range []struct{ key, want string }{
		{"24@2021-11-01", "Bắc Giang"}, {"24@2025-07-01", "Bắc Ninh"}, {"07000", "A"},
	} {
		code, on, err := bundle.ParseUnitKey(test.key)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := units.At(code, on); err != nil || got.Name != test.want {
			t.Errorf("At(%s) = %q, %v, want %q", test.key, got.Name, err, test.want)
		}
	}
	if _, err := units.At("24", bundle.Date{}); !errors.Is(err, bundle.ErrUnitAmbiguous) {
		t.Errorf("code of two units without a day: %v", err)
	}
	commune, _ := units.At("07000", bundle.Date{})
	if p, err := units.Province(commune, day("2021-11-01")); err != nil || p.Name != "Bắc Giang" {
		t.Errorf("Province = %q, %v", p.Name, err)
	}
}

// TestMoves tries every act on every status against the diagram of the design.
func TestMoves(t *testing.T) {
	legal := map[string]bundle.Status{
		"open seal":              {State: bundle.Sealed},
		"open withdraw":          {State: bundle.Withdrawn},
		"sealed request":         {State: bundle.Pending, Before: bundle.Sealed},
		"sealed confirm":         {State: bundle.Minuted},
		"sealed withdraw":        {State: bundle.Withdrawn},
		"minuted request":        {State: bundle.Pending, Before: bundle.Minuted},
		"minuted supersede":      {State: bundle.Superseded},
		"minuted recall":         {State: bundle.Recalled},
		"signed supersede":       {State: bundle.Superseded},
		"signed recall":          {State: bundle.Recalled},
		"pending(sealed) sign":   {State: bundle.Signed},
		"pending(minuted) sign":  {State: bundle.Signed},
		"pending(sealed) lapse":  {State: bundle.Sealed},
		"pending(minuted) lapse": {State: bundle.Minuted},
	}
	tried := 0
	for _, state := range bundle.States() {
		from := []bundle.Status{{State: state}}
		if state == bundle.Pending {
			from = []bundle.Status{{State: state, Before: bundle.Sealed}, {State: state, Before: bundle.Minuted}}
		}
		for _, s := range from {
			for _, act := range bundle.Acts() {
				name := fmt.Sprintf("%s %s", s.State, act)
				if s.Before != "" {
					name = fmt.Sprintf("%s(%s) %s", s.State, s.Before, act)
				}
				tried++
				got, err := s.Apply(act)
				want, ok := legal[name]
				if ok != (err == nil) || ok && got != want || !ok && (got != s || !errors.Is(err, bundle.ErrMove)) {
					t.Errorf("%s: got %v, %v, want %v, legal %v", name, got, err, want, ok)
				}
			}
		}
	}
	if want := 9 * len(bundle.Acts()); tried != want {
		t.Errorf("tried %d pairs, want %d", tried, want)
	}
}

func TestLegalBasis(t *testing.T) {
	day := bundle.Date{Year: 2021, Month: 12, Day: 1}
	for province, want := range map[string]int{"": 2, "01": 2, "75": 3} {
		basis, err := bundle.LegalBasisOn(day, province)
		if err != nil || len(basis) != want {
			t.Errorf("in province %q: %d references, %v, want %d", province, len(basis), err, want)
		}
	}
	if early, _ := bundle.LegalBasisOn(bundle.Date{Year: 2021, Month: 10, Day: 30}, "75"); len(early) != 1 {
		t.Errorf("before 9438: %d references, want 1", len(early))
	}
}

func TestRollAgree(t *testing.T) {
	roll, _ := rollOf(t, 25)
	for _, test := range []struct {
		name   string
		change func(*bundle.Manifest)
		want   string
	}{
		{"as sealed", func(*bundle.Manifest) {}, ""},
		{"root", func(m *bundle.Manifest) { m.Root[0] ^= 1 }, "root"},
		{"size", func(m *bundle.Manifest) { m.Size++ }, "records"},
		{"counts", func(m *bundle.Manifest) { m.Counts.Persons-- }, "counts"},
		{"period", func(m *bundle.Manifest) { m.Period.To.Year++ }, "dates"},
		{"unit", func(m *bundle.Manifest) { m.Unit.Code = "26069" }, "unit"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, _ := manifestOf(t, roll)
			test.change(m)
			err := roll.Agree(m)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("Agree: %v, want mention of %q", err, test.want)
			}
		})
	}
}

func TestByName(t *testing.T) {
	names := []string{"Trần Văn An", "Lê Thị Ánh", "Nguyễn Văn Ân", "Đỗ Bình", "Phạm Đức", "Hồ Dung", "Bùi Hòa", "Bùi Hoàng"}
	var records []bundle.Record
	for i, name := range names {
		r := record(t, i)
		r.FullName = name
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b bundle.Record) int {
		x, y := a.Leaf(), b.Leaf()
		return bytes.Compare(x[:], y[:])
	})
	var lines []byte
	for i := range records {
		lines = append(records[i].Append(lines), '\n')
	}
	roll, err := bundle.ReadRoll(bytes.NewReader(lines), int64(len(lines)))
	if err != nil {
		t.Fatal(err)
	}
	order, err := roll.ByName()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range order {
		r, err := roll.At(int(i))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.FullName)
	}
	// The Vietnamese alphabet: a ă â b … d đ …, so An, Ánh before Ân, Dung before Đức.
	want := []string{"Trần Văn An", "Lê Thị Ánh", "Nguyễn Văn Ân", "Đỗ Bình", "Hồ Dung", "Phạm Đức", "Bùi Hòa", "Bùi Hoàng"}
	if !slices.Equal(got, want) {
		t.Errorf("ByName:\n got %q\nwant %q", got, want)
	}
}
