package intake

import (
	"strings"
	"testing"

	"kytiem/bundle"
)

// FuzzDate: what is read as a date prints back, in either notation, to a text that
// reads as the same date; what is not read says why.
func FuzzDate(f *testing.F) {
	for _, seed := range []string{"07/03/1945", "3/1945", "1945", "2021-08-12", "2021-08-12 07:30:00", "29.2.2020", "00/00/1945", "31/02/1990", "99999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, code := parseDate(text)
		if code != "" {
			if !d.IsZero() || catalogue()[code].vi == "" {
				t.Errorf("date %v beside code %q", d, code)
			}
			return
		}
		if d.IsZero() || !d.Valid() {
			t.Fatalf("read as %v, which is no date", d)
		}
		for _, again := range []string{d.Vietnamese(), d.String()} {
			if e, code := parseDate(again); e != d || code != "" {
				t.Errorf("%v prints as %q, which reads as %v %s", d, again, e, code)
			}
		}
		if year := d.String()[:4]; !strings.Contains(text, year) {
			t.Errorf("year %s does not stand in the text", year)
		}
	})
}

func TestBeforeBirth(t *testing.T) {
	given := bundle.Date{Year: 2021, Month: 8, Day: 12}
	for _, test := range []struct {
		birth string
		want  bool
	}{
		{"", false}, {"2021", false}, {"2021-08", false}, {"2021-08-12", false}, {"2022", true}, {"2021-09", true}, {"2021-08-13", true},
	} {
		birth, err := bundle.ParseDate(test.birth)
		if err != nil {
			t.Fatal(err)
		}
		if got := before(given, birth); got != test.want {
			t.Errorf("12/08/2021 before birth %q: %v, want %v", test.birth, got, test.want)
		}
	}
}
