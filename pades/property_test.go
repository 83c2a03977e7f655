package pades

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestAnySequence signs documents in any sequence of fields, old and new,
// visible and not. Every revision stays a prefix of the next byte by byte, and
// every signature passes every rule to the end.
func TestAnySequence(t *testing.T) {
	stamp := parsedStamp(t)
	starts := map[string][]byte{
		"table":      twoFields(),
		"streams":    converted(t, twoFields(), "--object-streams=generate"),
		"linearized": converted(t, twoFields(), "--linearize"),
		"no form":    drawn(t, 3000),
		"hybrid":     hybrid(),
	}
	rapid.Check(t, func(t *rapid.T) {
		pdf := starts[rapid.SampledFrom([]string{"table", "streams", "linearized", "no form", "hybrid"}).Draw(t, "start")]
		if rapid.Bool().Draw(t, "without end of line") {
			pdf = bytes.TrimRight(pdf, "\r\n")
		}
		filled := map[string]bool{}
		revisions := [][]byte{pdf}
		for range rapid.IntRange(1, 6).Draw(t, "signatures") {
			field := rapid.SampledFrom([]string{"head", "organisation", "bên A", "party (2)"}).Draw(t, "field")
			o := SignatureOptions{Field: field, Time: signingTime, Reserve: rapid.IntRange(1, 300).Draw(t, "reserve")}
			o.Name = rapid.String().Draw(t, "name")
			if rapid.Bool().Draw(t, "visible") {
				o.Appearance, o.Rect = stamp, [4]float64{10.5, 20, 210.25, 100}
			}
			f, err := Open(pdf)
			if err != nil {
				t.Fatal(err)
			}
			u, err := Prepare(f, o)
			if filled[field] {
				if err == nil {
					t.Fatalf("%s is signed twice", field)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			next, err := u.Embed(pdf, bytes.Repeat([]byte{0x7F}, rapid.IntRange(1, o.Reserve).Draw(t, "size")))
			if err != nil {
				t.Fatal(err)
			}
			filled[field] = true
			pdf = next
			revisions = append(revisions, pdf)
		}
		check(t, revisions, len(filled))
	})
}

func check(t *rapid.T, revisions [][]byte, want int) {
	last := revisions[len(revisions)-1]
	for i, r := range revisions {
		if !bytes.HasPrefix(last, r) {
			t.Fatalf("revision %d is no prefix of the last", i)
		}
	}
	if n, err := judge(last); n != want || err != nil {
		t.Fatalf("%d signatures, %v; want %d", n, err, want)
	}
	f, err := Open(last)
	if err != nil {
		t.Fatal(err)
	}
	list, err := f.Signatures()
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range list {
		want := WholeRevision
		if i == len(list)-1 {
			want = WholeFile
		}
		if c, _ := f.Coverage(s); c.Extent != want {
			t.Fatalf("signature %d covers %s, want %s", i, c.Extent, want)
		}
		if s.DocMDP != 0 || fmt.Sprint(s.Filter, s.SubFilter) != "Adobe.PPKLite"+SubFilter {
			t.Fatalf("signature %d is %+v", i, s)
		}
	}
}
