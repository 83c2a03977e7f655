package minutes

import (
	"errors"
	"testing"

	"kytiem/bundle"
)

func TestMoment(t *testing.T) {
	tests := []struct {
		name, text, want string
		err              error
	}{
		{"civil time", "2021-11-08T08:30", "08 giờ 30, ngày 08 tháng 11 năm 2021", nil},
		{"another zone", "2022-01-01T20:05:00Z", "03 giờ 05, ngày 02 tháng 01 năm 2022", nil},
		{"our zone", "2022-03-09T14:00:00+07:00", "14 giờ 00, ngày 09 tháng 3 năm 2022", nil},
		{"open", "", "……… giờ ………, ngày ……… tháng ……… năm ………", nil},
		{"a date alone", "2021-11-08", "", ErrTime},
		{"no such day", "2021-02-30T08:00", "", ErrTime},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := instant(test.text); !errors.Is(err, test.err) {
				t.Fatalf("got %v, want %v", err, test.err)
			}
			if test.err != nil {
				return
			}
			if got := moment(test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A meeting does not end before it begins, whichever way the two are written.
func TestCheckTimes(t *testing.T) {
	tests := []struct {
		name, start, end string
		want             error
	}{
		{"in order", "2021-11-08T08:30", "2021-11-08T09:15", nil},
		{"at once", "2021-11-08T08:30", "2021-11-08T08:30", nil},
		{"the other way round", "2021-11-08T09:15", "2021-11-08T08:30", ErrEnd},
		{"the other way round in Việt Nam", "2021-11-08T08:30", "2021-11-08T01:29:00Z", ErrEnd},
		{"in order in Việt Nam", "2021-11-08T08:30", "2021-11-08T01:31:00Z", nil},
		{"end alone", "", "2021-11-08T08:30", nil},
		{"start alone", "2021-11-08T08:30", "", nil},
		{"no end", "2021-11-08T08:30", "chiều", ErrTime},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := &Minutes{Agency: []string{"XÃ PHÚ HÒA"}, Notation: "BB-UBND", Start: test.start, End: test.end, V: Version, Parties: []Party{
				{Party: "Ủy ban nhân dân xã", Role: Chair}, {Party: "Trạm Y tế xã", Role: Member}, {Party: "Công an xã", Role: Member}}}
			if got := m.Check(bundle.UnitName{Level: bundle.Commune}); !errors.Is(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestParse(t *testing.T) {
	m := &Minutes{Agency: []string{"XÃ PHÚ HÒA"}, Notation: "BB-UBND", Parties: []Party{{Party: "Công an xã", Role: Member}}, V: Version}
	data, err := bundle.Canonical(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(data); err != nil {
		t.Errorf("got %v, want what was written", err)
	}
	m.V++
	later, err := bundle.Canonical(m)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		data []byte
		want error
	}{
		{"another version", later, bundle.ErrVersion},
		{"white space", append(data, '\n'), bundle.ErrNotCanonical},
		{"empty", nil, bundle.ErrMalformed},
		{"too large", make([]byte, MaxBytes+1), bundle.ErrTooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Parse(test.data); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// FuzzParse: what parses prints back to the same bytes.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"agency":["A"],"notation":"BB","parties":[],"v":1}`))
	f.Add([]byte(`{"agency":["A"],"end":"2021-11-08T08:30","notation":"BB","number":"1","opinions":"a\nb","parent":"P","parties":[{"name":"","party":"B","position":"C","role":"chair"}],"reason":"r","recipients":["x"],"start":"","v":1,"venue":"V"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		again, err := bundle.Canonical(m)
		if err != nil || string(again) != string(data) {
			t.Fatalf("got %q, %v, want %q", again, err, data)
		}
	})
}
