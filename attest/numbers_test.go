package attest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/signer"
)

// asked has the head ask for signatures with an order, then refuse: the number stays.
func (d *desk) asked(t testing.TB, o attest.SigningOrder) error {
	t.Helper()
	o.Certificates = chainOf(d.key)
	r, err := d.Prepare(t.Context(), d.who[attest.Head], o)
	if err == nil {
		_, err = d.Refuse(t.Context(), d.who[attest.Head], r.ID, "thử")
	}
	return err
}

// TestNumbers: under one number stands one document of the unit's year, whether the number
// was chosen or came in turn, and however many zeros stand before it.
func TestNumbers(t *testing.T) {
	d := newDesk(t, nil)
	b := []string{d.sealed(t, 1).ID, d.sealed(t, 1).ID, d.sealed(t, 1).ID}
	for _, tt := range []struct {
		name   string
		bundle int
		number string
		want   error
		has    string // afterwards
	}{
		{"in turn", 0, "", nil, "1"},
		{"chosen, another's", 1, "1", attest.ErrNumberTaken, ""},
		{"with a zero, another's", 1, "01", attest.ErrNumberTaken, ""},
		{"none", 1, "0", bundle.ErrMalformed, ""},
		{"zeros", 1, "000", bundle.ErrMalformed, ""},
		{"path", 1, "../../x", bundle.ErrMalformed, ""},
		{"chosen", 1, "02", nil, "2"},
		{"its own again", 1, "2", nil, "2"},
		{"past the chosen", 2, "", nil, "3"},
		{"kept", 2, "", nil, "3"},
		{"between", 2, "1a", nil, "1a"},
		{"kept between", 2, "", nil, "1a"},
		{"given up by nobody", 0, "3", attest.ErrNumberTaken, "1"},
	} {
		err := d.asked(t, attest.SigningOrder{Bundles: []string{b[tt.bundle]}, Number: tt.number})
		if !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if got := d.bundle(t, b[tt.bundle]).Number; got != tt.has {
			t.Errorf("%s: number %q, want %q", tt.name, got, tt.has)
		}
	}
	d.sound(t)
}

// TestNumberOfYear: a document that is dated back over the turn of the year has a number of
// the year in which it is dated.
func TestNumberOfYear(t *testing.T) {
	d := newDesk(t, nil)
	first, second := d.sealed(t, 1).ID, d.sealed(t, 1).ID
	for _, tt := range []struct {
		bundle string
		date   bundle.Date
		want   string
	}{
		{first, bundle.Date{}, "1"},
		{second, bundle.Date{}, "2"},
		{second, bundle.Date{Year: 2021, Month: 12, Day: 31}, "1"}, // the first of that year
		{second, bundle.Date{}, "2"},
		{second, bundle.Date{Year: 2021, Month: 12, Day: 30}, "1"},
	} {
		if err := d.asked(t, attest.SigningOrder{Bundles: []string{tt.bundle}, Date: tt.date}); err != nil {
			t.Fatal(err)
		}
		if got := d.bundle(t, tt.bundle).Number; got != tt.want {
			t.Errorf("dated %q: number %q, want %q", tt.date, got, tt.want)
		}
	}
	if faults := check(t, d.Service).Faults; len(faults) != 0 {
		t.Errorf("faults %+v", faults)
	}
}

// TestMinutesNumbers: minutes are numbered as documents are, in a register of their own.
func TestMinutesNumbers(t *testing.T) {
	d := newDesk(t, nil)
	b := []string{d.sealed(t, 1).ID, d.sealed(t, 1).ID}
	for _, tt := range []struct {
		bundle int
		number string
		want   error
	}{
		{0, "../../x", bundle.ErrMalformed},
		{0, "0", bundle.ErrMalformed},
		{0, "01", nil},
		{1, "1", attest.ErrNumberTaken},
		{1, "", nil}, // past it
		{0, "2", attest.ErrNumberTaken},
		{0, "", nil}, // as before
		{0, "3", nil},
	} {
		o := meeting()
		o.Number = tt.number
		_, err := d.DrawMinutes(t.Context(), d.who[attest.Clerk], b[tt.bundle], o)
		if !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("bundle %d under %q: %v, want %v", tt.bundle, tt.number, err, tt.want)
		}
	}
	var got []string
	for _, e := range d.entries(t, "minutes.number") {
		got = append(got, e.Detail.String())
	}
	if want := []string{`{"number":"1","year":2022}`, `{"number":"2","year":2022}`, `{"number":"3","year":2022}`}; !slices.Equal(got, want) {
		t.Errorf("entered %v, want %v", got, want)
	}
	d.sound(t)
}

// TestDocumentDate: a document is of the day on which it is signed, or of the week before.
func TestDocumentDate(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 2)
	today := bundle.DateOf(d.clock.Now().In(bundle.VietnamTime()))
	day := func(n int) bundle.Date {
		return bundle.DateOf(d.clock.Now().In(bundle.VietnamTime()).AddDate(0, 0, n))
	}
	for _, tt := range []struct {
		name string
		date bundle.Date
		want error
	}{
		{"none", bundle.Date{}, nil},
		{"today", today, nil},
		{"a week ago", day(-7), nil},
		{"more than a week ago", day(-8), attest.ErrDocumentDate},
		{"tomorrow", day(1), attest.ErrDocumentDate},
		{"never", bundle.Date{Year: 9999, Month: 12, Day: 31}, attest.ErrDocumentDate},
		{"no day", bundle.Date{Year: 2022, Month: 1}, attest.ErrDocumentDate},
		{"last dose", b.Period.To, attest.ErrDocumentDate},
	} {
		err := d.asked(t, attest.SigningOrder{Bundles: []string{b.ID}, Date: tt.date})
		if !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("%s (%s): %v, want %v", tt.name, tt.date, err, tt.want)
		}
	}
	d.clock.Pass(-90 * 24 * time.Hour) // a clock that was set back: the doses are of days to come
	if err := d.asked(t, attest.SigningOrder{Bundles: []string{b.ID}}); !errors.Is(err, attest.ErrDocumentDate) && !strings.Contains(err.Error(), "not valid yet") {
		t.Errorf("before the doses: %v", err)
	}
}

// TestKeptDocumentSays: of a document that is signed nothing else can be ordered than what
// it says.
func TestKeptDocumentSays(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 2)
	r := d.prepare(t, d.key, b.ID)
	d.complete(t, r, sign(t, d.key, r.Items[0]))
	if _, err := d.Refuse(t.Context(), d.who[attest.Head], r.ID, "thử"); err != nil {
		t.Fatal(err)
	}
	number := d.bundle(t, b.ID).Number
	d.clock.Pass(24 * time.Hour)
	deputy := bundle.Capacity("KT")
	for name, o := range map[string]attest.SigningOrder{
		"number":   {Number: "77"},
		"date":     {Date: bundle.Date{Year: 2022, Month: 1, Day: 6}},
		"place":    {Place: "Nơi khác"},
		"capacity": {Capacity: &deputy},
	} {
		o.Bundles = []string{b.ID}
		if err := d.asked(t, o); !errors.Is(err, attest.ErrDocumentSigned) {
			t.Errorf("another %s: %v, want %v", name, err, attest.ErrDocumentSigned)
		}
	}
	o := attest.SigningOrder{Bundles: []string{b.ID}, Certificates: chainOf(d.key), Number: "0" + number, Date: bundle.Date{Year: 2022, Month: 1, Day: 5}}
	again, err := d.Prepare(t.Context(), d.who[attest.Head], o)
	if err != nil || len(again.Items) != 1 || again.Items[0].Kind != signer.Manifest {
		t.Errorf("what it says: %+v, %v", again.Items, err)
	}
}
