package sample_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"math"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"kytiem/bundle"
	"kytiem/sample"
)

func unit(t testing.TB, code string) bundle.Unit {
	t.Helper()
	u, ok := sample.Unit(code)
	if !ok {
		t.Fatalf("no unit %s", code)
	}
	return u
}

func TestUnits(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(sample.Units())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(rows[0], " "), "level code parent kind name full_name identifier valid_from valid_to"; got != want {
		t.Errorf("got columns %q, want %q", got, want)
	}
	on := bundle.Date{Year: 2021, Month: 11, Day: 5}
	var register bundle.Units
	levels := map[bundle.Level]int{}
	for _, row := range rows[1:] {
		u := unit(t, row[1])
		if err := register.Add(u); err != nil {
			t.Error(err)
		}
		levels[u.Level]++
		if !u.ValidOn(on) || u.ValidOn(bundle.Date{Year: 2025, Month: 7, Day: 1}) {
			t.Errorf("unit %s: valid %s to %s, want valid on %s and no longer in July 2025", u.Code, u.ValidFrom, u.ValidTo, on)
		}
		if !norm.NFC.IsNormalString(strings.Join(row, "")) {
			t.Errorf("unit %s is not in NFC", u.Code)
		}
	}
	for level, want := range map[bundle.Level]int{bundle.Province: 1, bundle.District: 11, bundle.Commune: 170, bundle.Facility: 8} {
		if got := levels[level]; got != want {
			t.Errorf("got %d units of level %s, want %d", got, level, want)
		}
	}
	for _, row := range rows[1:] {
		province, err := register.Province(unit(t, row[1]), on)
		if err != nil || province.Code != "75" {
			t.Errorf("unit %s: got province %q, %v, want 75", row[1], province.Code, err)
		}
		if kind, number, found := strings.Cut(row[6], ":"); found && (kind != "MST" || len(number) != 10) && (kind != "MNS" || len(number) != 7) {
			t.Errorf("unit %s: got identifier %q, want MST with 10 or MNS with 7 digits", row[1], row[6])
		}
	}
}

// share counts how many of the persons that may have a property have it.
type share struct {
	name    string
	among   func(r *bundle.Result) bool
	has     func(r *bundle.Result) bool
	want    float64
	of, got int
}

func TestRealMix(t *testing.T) {
	mix := sample.RealMix()
	anyone := func(*bundle.Result) bool { return true }
	citizen := func(r *bundle.Result) bool { return r.Citizen() }
	numbered := func(r *bundle.Result) bool { return r.Citizen() && r.IDNumber != "" }
	shares := []*share{
		{name: "foreigners", among: anyone, has: func(r *bundle.Result) bool { return r.Exempt() }, want: mix.Foreign},
		{name: "without a number", among: citizen, has: func(r *bundle.Result) bool { return r.IDNumber == "" }, want: 0.0458},
		{name: "found wrong, cleansed or not", among: numbered, has: func(r *bundle.Result) bool { return r.Match == bundle.Wrong || r.Match == bundle.Cleansed }, want: 0.2604},
		{name: "not answered", among: numbered, has: func(r *bundle.Result) bool { return r.Match == bundle.Unmatched }, want: 0.0353},
		{name: "cleansed", among: numbered, has: func(r *bundle.Result) bool { return r.Match == bundle.Cleansed }, want: 0.2604 / 3},
		{name: "old cards", among: numbered, has: func(r *bundle.Result) bool { return r.IDType == bundle.CMND }, want: mix.OldCard},
		{name: "born in a year", among: citizen, has: func(r *bundle.Result) bool { return r.BirthDate.Month == 0 }, want: mix.YearOnly},
		{name: "born in a month", among: citizen, has: func(r *bundle.Result) bool { return r.BirthDate.Month != 0 && r.BirthDate.Day == 0 }, want: mix.MonthOnly},
		{name: "decomposed names", among: citizen, has: func(r *bundle.Result) bool { return !norm.NFC.IsNormalString(r.FullName) }, want: mix.Decomposed},
		{name: "women", among: anyone, has: func(r *bundle.Result) bool { return r.Gender == bundle.Female }, want: 0.5},
		// Ready: citizens with a number, matched or cleansed, and foreigners; all but 2 % confirmed.
		{name: "ready", among: anyone, has: func(r *bundle.Result) bool { return len(r.Lacks()) == 0 },
			want: (0.005 + 0.995*(1-0.0458)*(1-0.0353-0.2604*2/3)) * (1 - mix.Unconfirmed)},
	}
	person := ""
	for r := range sample.Results(sample.Options{Seed: 1, Rows: 200_000, Mix: mix}) {
		if id := r.ExternalID[:len(r.ExternalID)-2]; id == person {
			continue
		} else {
			person = id
		}
		for _, s := range shares {
			if s.among(&r) {
				s.of++
				if s.has(&r) {
					s.got++
				}
			}
		}
	}
	for _, s := range shares {
		got := float64(s.got) / float64(s.of)
		// Four standard deviations of a draw of that size (NFC changes nothing in a few unaccented names).
		if tolerance := 4 * math.Sqrt(s.want*(1-s.want)/float64(s.of)); math.Abs(got-s.want) > tolerance {
			t.Errorf("%s: got %.4f of %d, want %.4f ± %.4f", s.name, got, s.of, s.want, tolerance)
		}
	}
}

func TestNumbers(t *testing.T) {
	seen := map[string]string{}
	kinds := map[bundle.IDType]int{}
	for r := range sample.Results(sample.Options{Seed: 2, Rows: 100_000, Mix: sample.RealMix()}) {
		person := r.ExternalID[:len(r.ExternalID)-2]
		if r.IDNumber != "" {
			if other, ok := seen[r.Person()]; ok && other != person {
				t.Fatalf("persons %s and %s have one number", other, person)
			}
			seen[r.Person()] = person
		}
		kinds[r.IDType]++
		switch r.IDType {
		case bundle.CCCD:
			n := r.IDNumber
			if !bundle.IsPersonalNumber(n) || n[0] != '0' {
				t.Fatalf("row %s: number not of twelve digits after a province", r.ExternalID)
			}
			if got, want := (n[3]-'0')%2 == 1, r.Gender == bundle.Female; got != want {
				t.Errorf("row %s: number says woman %t, row %t", r.ExternalID, got, want)
			}
			if got, want := 1900+int(n[3]-'0')/2*100+int(n[4]-'0')*10+int(n[5]-'0'), r.BirthDate.Year; got != want {
				t.Errorf("row %s: number says born %d, row %d", r.ExternalID, got, want)
			}
		case bundle.CMND:
			if len(r.IDNumber) != 9 || strings.Trim(r.IDNumber, "0123456789") != "" {
				t.Errorf("row %s: old number not of nine digits", r.ExternalID)
			}
		case bundle.Passport:
			if r.Citizen() || !r.Exempt() {
				t.Errorf("row %s: a passport, and not exempt", r.ExternalID)
			}
		}
	}
	for _, kind := range []bundle.IDType{bundle.CCCD, bundle.CMND, bundle.Passport, ""} {
		if kinds[kind] == 0 {
			t.Errorf("no row with number of kind %q", kind)
		}
	}
}

func TestDoses(t *testing.T) {
	from, to := bundle.Date{Year: 2021, Month: 9, Day: 1}, bundle.Date{Year: 2021, Month: 12, Day: 31}
	vaccines, doses := map[string]int{}, map[int]int{}
	var last bundle.Result
	n := 0
	for r := range sample.Results(sample.Options{Seed: 3, Rows: 50_000}) {
		n++
		if lacks := r.Lacks(); len(lacks) != 0 {
			t.Fatalf("row %s of a clean mix lacks %v", r.ExternalID, lacks)
		}
		if r.VaccinatedOn.Compare(from) < 0 || r.VaccinatedOn.Compare(to) > 0 {
			t.Errorf("row %s: vaccinated on %s", r.ExternalID, r.VaccinatedOn)
		}
		if r.DoseNumber > 1 {
			if r.Person() != last.Person() || r.DoseNumber != last.DoseNumber+1 || r.VaccinatedOn.Compare(last.VaccinatedOn) <= 0 || r.Vaccine != last.Vaccine {
				t.Errorf("row %s does not follow %s", r.ExternalID, last.ExternalID)
			}
		}
		vaccines[r.Vaccine]++
		doses[r.DoseNumber]++
		last = r
	}
	if n != 50_000 {
		t.Errorf("got %d rows, want 50,000", n)
	}
	if len(vaccines) != 8 {
		t.Errorf("got %d vaccines, want the 8 of Quyết định 5772/QĐ-BYT", len(vaccines))
	}
	if len(doses) != 3 || doses[1] < doses[2] || doses[2] < doses[3] {
		t.Errorf("got doses %v, want first to third, each rarer", doses)
	}
}

func TestToneStyles(t *testing.T) {
	count := func(mix sample.Mix) (reformed, old int) {
		for r := range sample.Results(sample.Options{Seed: 4, Rows: 20_000, Mix: mix}) {
			if !norm.NFC.IsNormalString(r.FullName) {
				t.Fatalf("row %s: name not in NFC", r.ExternalID)
			}
			for word := range strings.FieldsSeq(r.FullName) {
				switch word {
				case "Hòa", "Thủy", "Thúy", "Thùy", "Thụy":
					reformed++
				case "Hoà", "Thuỷ", "Thuý", "Thuỳ", "Thuỵ":
					old++
				}
			}
		}
		return reformed, old
	}
	if reformed, old := count(sample.Mix{}); reformed == 0 || old != 0 {
		t.Errorf("clean mix: got %d new and %d old tone marks, want only new ones", reformed, old)
	}
	if reformed, old := count(sample.Mix{OldTone: 0.4}); reformed < old || old == 0 {
		t.Errorf("got %d new and %d old tone marks, want both, more new ones", reformed, old)
	}
}

func TestFacility(t *testing.T) {
	facility := unit(t, "75907")
	for r := range sample.Results(sample.Options{Seed: 5, Rows: 10, Unit: facility}) {
		if r.Site != facility.FullName || r.HealthConfirmedBy != facility.FullName || r.PoliceConfirmedBy != "Công an phường Tam Hiệp" {
			t.Errorf("got site %q, confirmed by %q and %q", r.Site, r.HealthConfirmedBy, r.PoliceConfirmedBy)
		}
	}
}

func TestPeriod(t *testing.T) {
	day := bundle.Date{Year: 2021, Month: 12, Day: 5}
	tests := []struct {
		name     string
		from, to bundle.Date
		want     int
	}{
		{"one day", day, day, 100},
		{"turned round", day, bundle.Date{Year: 2021, Month: 12, Day: 4}, 0},
		{"mistyped year", day, bundle.Date{Year: 9999, Month: 12, Day: 31}, 100},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows := slices.Collect(sample.Results(sample.Options{Rows: 100, From: tt.from, To: tt.to}))
			if len(rows) != tt.want {
				t.Errorf("got %d rows, want %d", len(rows), tt.want)
			}
			for _, r := range rows {
				if r.VaccinatedOn.Compare(tt.from) < 0 || r.VaccinatedOn.Compare(tt.to) > 0 {
					t.Errorf("got day %s, want %s to %s", r.VaccinatedOn, tt.from, tt.to)
				}
			}
		})
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	sum := func(seed uint64) [32]byte {
		h := sha256.New()
		mix := sample.RealMix()
		mix.Bad = 0.1
		if err := sample.WriteCSV(h, sample.Rows(sample.Options{Seed: seed, Rows: 5000, Mix: mix}), sample.CSVOptions{}); err != nil {
			t.Fatal(err)
		}
		return [32]byte(h.Sum(nil))
	}
	first := sum(7)
	if again := sum(7); again != first {
		t.Errorf("one seed made two files: %x and %x", first, again)
	}
	if other := sum(8); other == first {
		t.Errorf("two seeds made one file: %x", first)
	}
	rows := sample.Rows(sample.Options{Seed: 7, Rows: 500})
	if !slices.Equal(slices.Collect(rows), slices.Collect(rows)) {
		t.Error("a sequence walked again is another")
	}
}
