package bundle_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"kytiem/bundle"
)

func TestRollAll(t *testing.T) {
	roll, _ := rollOf(t, 5)
	i := 0
	for got, err := range roll.All() {
		if err != nil {
			t.Fatal(err)
		}
		want, err := roll.At(i)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("record %d: id %s, want %s", i, got.ID, want.ID)
		}
		i++
	}
	if i != 5 {
		t.Errorf("%d records, want 5", i)
	}
	for range roll.All() {
		break // a caller that has seen enough
	}
}

// TestRollAllChanged changes the file behind a roll: All never ends before the last
// record without an error, nor goes past it.
func TestRollAllChanged(t *testing.T) {
	_, lines := rollOf(t, 3)
	longer := record(t, 100)
	split := bytes.SplitAfter(lines, []byte("\n"))
	for _, test := range []struct {
		name string
		now  []byte
	}{
		{"emptied", nil},
		{"cut after a line", slices.Concat(split[0], split[1])},
		{"cut within a line", lines[:len(lines)-9]},
		{"line before", append(append(longer.Append(nil), '\n'), lines...)},
		{"shorter lines", bytes.Repeat([]byte("\n"), len(lines))},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := bytes.NewReader(lines)
			roll, err := bundle.ReadRoll(source, int64(len(lines)))
			if err != nil {
				t.Fatal(err)
			}
			source.Reset(test.now)
			var last error
			for _, err := range roll.All() {
				if last != nil {
					t.Fatal("records after an error")
				}
				last = err
			}
			var rollError *bundle.RollError
			if !errors.As(last, &rollError) {
				t.Errorf("All ended with %v, want a RollError", last)
			}
			if _, err := roll.ByName(); err == nil {
				t.Error("ByName ordered what is not there")
			}
		})
	}
}

// TestByNameMany orders more records than have their keys in one block.
func TestByNameMany(t *testing.T) {
	const n = 10_000
	type leafed struct {
		leaf bundle.Hash
		line []byte
	}
	all := make([]leafed, n)
	for i := range all {
		r := record(t, i)
		r.FullName = "Nguyễn Văn An"
		r.BirthDate = bundle.Date{Year: 1900 + i/112, Month: 1 + i%112/28, Day: 1 + i%28}
		all[i] = leafed{r.Leaf(), append(r.Append(nil), '\n')}
	}
	slices.SortFunc(all, func(a, b leafed) int { return bytes.Compare(a.leaf[:], b.leaf[:]) })
	var lines []byte
	for _, r := range all {
		lines = append(lines, r.line...)
	}
	roll, err := bundle.ReadRoll(bytes.NewReader(lines), int64(len(lines)))
	if err != nil {
		t.Fatal(err)
	}
	order, err := roll.ByName()
	if err != nil {
		t.Fatal(err)
	}
	var before bundle.Date
	for _, i := range order {
		r, err := roll.At(int(i))
		if err != nil {
			t.Fatal(err)
		}
		if r.BirthDate.Compare(before) <= 0 {
			t.Fatalf("%s after %s", r.BirthDate, before)
		}
		before = r.BirthDate
	}
	if len(order) != n {
		t.Errorf("%d records, want %d", len(order), n)
	}
}

func TestValidID(t *testing.T) {
	for _, test := range []struct {
		name, id string
		want     bool
	}{
		{"new", bundle.NewID(), true},
		{"whole alphabet", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:20] + "234567", true},
		{"empty", "", false},
		{"short", "ABCDEFGHIJKLMNOPQRSTUVWXY", false},
		{"long", "ABCDEFGHIJKLMNOPQRSTUVWXYZA", false},
		{"small letter", "aBCDEFGHIJKLMNOPQRSTUVWXYZ", false},
		{"digit that is none of base32", "ABCDEFGHIJKLM1OPQRSTUVWXYZ", false},
		{"not ASCII", "ABCDEFGHIJKLMĐPQRSTUVWXYZ", false},
		{"line end", "ABCDEFGHIJKLMNOPQRSTUVWXY\n", false},
	} {
		if got := bundle.ValidID(test.id); got != test.want {
			t.Errorf("%s: ValidID(%q) = %t, want %t", test.name, test.id, got, test.want)
		}
	}
}
