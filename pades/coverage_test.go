package pades

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// resigned is a document with one signature whose text was changed after the
// fact, in bytes of the same number, so that no offset moves.
func resigned(t *testing.T, old, new string) []byte {
	t.Helper()
	pdf := signed(t, twoFields(), SignatureOptions{Field: "head", Reason: "x", Reserve: 2000})
	if len(old) != len(new) || bytes.Count(pdf, []byte(old)) != 1 {
		t.Fatalf("cannot replace %q", old)
	}
	return bytes.Replace(pdf, []byte(old), []byte(new), 1)
}

// TestCoverageRules breaks each rule on its own.
func TestCoverageRules(t *testing.T) {
	base := twoFields()
	pdf := signed(t, base, SignatureOptions{Field: "head", Reason: "x", Reserve: 2000})
	s := signatures(t, pdf)[0]
	byteRange := fmt.Sprintf("[0 %d %d %d]", s.ByteRange[1], s.ByteRange[2], s.ByteRange[3])
	ranged := func(format string, args ...any) []byte {
		text := fmt.Sprintf(format, args...)
		width := byteRangeWidth
		return resigned(t, byteRange+strings.Repeat(" ", width-len(byteRange)), text+strings.Repeat(" ", width-len(text)))
	}
	b, c, d := s.ByteRange[1], s.ByteRange[2], s.ByteRange[3]
	at := func(offset int64, with string) []byte {
		changed := bytes.Clone(pdf)
		copy(changed[offset:], with)
		return changed
	}
	hexadecimal := string(pdf[b:c])
	for _, test := range []struct {
		name string
		pdf  []byte
		want string
	}{
		{"as signed", pdf, "<nil>"},
		{"three integers", ranged("[0 %d %d]", b, c), "R-B1"},
		{"five integers", ranged("[0 %d %d %d 0]", b, c, d), "R-B1"},
		{"null", ranged("null"), "R-B1"},
		{"indirect", ranged("9 0 R"), "R-B1"},
		{"an indirect integer", ranged("[0 %d %d 9 0 R]", b, c), "R-B1"},
		{"real", ranged("[0 %d %d %d.]", b, c, d), "R-B1"},
		{"not from the beginning", ranged("[1 %d %d %d]", b-1, c, d), "R-B1"},
		{"negative", ranged("[0 -1 %d %d]", c, d), "R-B1"},
		{"no gap", ranged("[0 %d %d %d]", c, c, d), "R-B1"},
		{"beyond the file", ranged("[0 %d %d %d]", b, c, d+1), "R-B1"},
		{"overflow", ranged("[0 %d 999999 9223372036854775807]", b), "R-B1"},
		{"empty contents", at(b, "<>"+strings.Repeat(" ", len(hexadecimal)-2)), "R-B2"},
		{"null contents", at(b, "null"+strings.Repeat(" ", len(hexadecimal)-4)), "R-B2"},
		{"zero contents", at(b, "<"+strings.Repeat("0", len(hexadecimal)-2)+">"), "R-B2"},
		{"array of contents", at(b, "[1]"+strings.Repeat(" ", len(hexadecimal)-3)), "R-B2"},
		{"wider gap", ranged("[0 %d %d %d]", b-1, c, d), "R-B3"},
		{"narrower gap", ranged("[0 %d %d %d]", b+1, c, d), "R-B3"},
		{"gap elsewhere", ranged("[0 %d %d %d]", 100, 200, int64(len(pdf))-200), "R-B3"},
		{"blank in the contents", at(b+1, " "), "R-B3"},
		{"literal contents", at(b, "(x"+strings.Repeat("0", len(hexadecimal)-3)+")"), "R-B3"},
		{"contents that end early", at(c-9, ">        "), "R-B3"},
		{"covers less", ranged("[0 %d %d %d]", b, c, d-10), "R-B5"},
		{"covers no end of line", ranged("[0 %d %d %d]", b, c, d-1), "<nil>"},
		{"content in the gap", at(c-12, ">/Extra <00>"), "R-B3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := opened(t, test.pdf)
			list, err := f.Signatures()
			if err != nil || len(list) != 1 {
				t.Fatalf("got %d signatures, %v", len(list), err)
			}
			c, err := f.Coverage(list[0])
			if got := ruleOf(err); got != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if (c.Extent == Partial) != (err != nil) {
				t.Errorf("extent is %s with %v", c.Extent, err)
			}
		})
	}
}

// TestEveryByte changes every byte of a signed document: what the byte range
// covers is for the digest to find, so this looks at the rest, the gap.
func TestEveryByte(t *testing.T) {
	base := twoFields()
	u := prepared(t, base, SignatureOptions{Field: "head", Reserve: 40})
	cms := bytes.Repeat([]byte{0xAB, 0x0C}, 16)
	pdf, err := u.Embed(base, cms)
	if err != nil {
		t.Fatal(err)
	}
	s := signatures(t, pdf)[0]
	for i := s.ContentsStart; i < s.ContentsEnd; i++ {
		for _, mask := range []byte{0x01, 0x20, 0x40, 0x80} {
			changed := bytes.Clone(pdf)
			changed[i] ^= mask
			f, err := Open(changed)
			if err != nil {
				continue
			}
			list, err := f.Signatures()
			if err != nil || len(list) != 1 {
				continue
			}
			_, err = f.Coverage(list[0])
			intact := err == nil && f.CanonicalContents(list[0]) && f.Padding(list[0], len(cms)) && bytes.HasPrefix(list[0].Contents, cms)
			if intact {
				t.Errorf("byte %d of the gap changed by %#x is not seen", i-s.ContentsStart, mask)
			}
		}
	}
}

func TestNested(t *testing.T) {
	once := signed(t, twoFields(), SignatureOptions{Field: "head"})
	twice := signed(t, once, SignatureOptions{Field: "organisation"})
	list := signatures(t, twice)
	same := slices.Clone(list)
	same[1].ByteRange = same[0].ByteRange
	crossing := slices.Clone(list)
	crossing[1].ByteRange = []int64{0, same[0].end() - 1, same[0].end() + 10, 10}
	for _, test := range []struct {
		name string
		list []Signature
		want string
	}{{"nested", list, "<nil>"}, {"same range", same, "R-B6"}, {"crossing", crossing, "R-B6"}} {
		t.Run(test.name, func(t *testing.T) {
			faults := Nested(test.list)
			if got := ruleOf(faults[1]); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if err := faults[0]; err != nil {
				t.Errorf("the first: got %v", err)
			}
		})
	}
}

// TestLaterRevisions has what an attacker may append to a signed document.
func TestLaterRevisions(t *testing.T) {
	pdf := signed(t, twoFields(), SignatureOptions{Field: "head", Reason: "x", Reserve: 2000})
	s := signatures(t, pdf)[0]
	dictionary := string(pdf[s.dict.Start:s.dict.End])
	trailer := "/Size 30 /Root 1 0 R /Prev " + startxref(pdf)
	field := "<< /FT /Sig /T (head) /V 10 0 R >>"
	next := func(objects map[int]string) []byte { return appended(pdf, objects, trailer) }
	inserted := func(text string) []byte { // before the cross-reference section of an update
		update := appended(pdf, nil, trailer)
		return slices.Concat(pdf, []byte(text), bytes.Replace(update[len(pdf):], []byte("startxref\n"+fmt.Sprint(len(pdf))), fmt.Appendf(nil, "startxref\n%d", len(pdf)+len(text)), 1))
	}
	for _, test := range []struct {
		name string
		pdf  []byte
		want []string // rules of Coverage, Consistent and Accounting of the first signature
	}{
		{"nothing", pdf, []string{"<nil>", "<nil>", "<nil>"}},
		{"empty revision", next(nil), []string{"<nil>", "<nil>", "<nil>"}},
		{"blank lines", append(bytes.Clone(pdf), "\n\r\n  "...), []string{"<nil>", "<nil>", "<nil>"}},
		{"many lines and zeros", append(bytes.Clone(pdf), strings.Repeat("\x00\n", 99)...), []string{"<nil>", "<nil>", "R-P5 doubtful"}},
		{"many blanks", append(bytes.Clone(pdf), strings.Repeat(" ", 17)...), []string{"<nil>", "<nil>", "R-P5 doubtful"}},
		{"new object", next(map[int]string{20: "(x)"}), []string{"<nil>", "<nil>", "<nil>"}},
		{"dictionary repeated", next(map[int]string{10: dictionary}), []string{"<nil>", "<nil>", "<nil>"}},
		{"reason replaced", next(map[int]string{10: strings.Replace(dictionary, "<FEFF0078>", "<FEFF0079>", 1)}), []string{"<nil>", "R-B7", "<nil>"}},
		{"name added", next(map[int]string{10: strings.Replace(dictionary, "/Reason", "/Name (y) /Reason", 1)}), []string{"<nil>", "R-B7", "<nil>"}},
		{"contents replaced", next(map[int]string{10: strings.Replace(dictionary, "/Contents <30", "/Contents <31", 1)}), []string{"<nil>", "R-B7", "<nil>"}},
		{"dictionary nulled", next(map[int]string{10: "null"}), []string{"<nil>", "R-B8", "<nil>"}},
		{"field emptied", next(map[int]string{7: "<< /FT /Sig /T (head) >>"}), []string{"<nil>", "R-B8", "<nil>"}},
		{"field renamed", next(map[int]string{7: "<< /FT /Sig /T (other) /V 10 0 R >>"}), []string{"<nil>", "R-B8", "<nil>"}},
		{"field of another kind", next(map[int]string{7: "<< /FT /Tx /T (head) /V 10 0 R >>"}), []string{"<nil>", "R-B8", "<nil>"}},
		{"another field of the name", next(map[int]string{6: "<< /Fields [20 0 R] >>", 20: field}), []string{"<nil>", "R-B7", "<nil>"}},
		{"form removed", next(map[int]string{1: "<< /Type /Catalog /Pages 2 0 R >>"}), []string{"<nil>", "R-B8", "<nil>"}},
		{"other catalog", appended(pdf, nil, strings.Replace(trailer, "1 0 R", "2 0 R", 1)), []string{"<nil>", "R-B8", "R-P7"}},
		{"encrypted later", appended(pdf, nil, trailer+" /Encrypt 20 0 R"), []string{"<nil>", "<nil>", "R-P7"}},
		{"smaller size", appended(pdf, nil, strings.Replace(trailer, "30", "5", 1)), []string{"<nil>", "<nil>", "R-P7 doubtful"}},
		{"unlisted object", inserted("21 0 obj\n(x)\nendobj\n"), []string{"<nil>", "<nil>", "R-P5"}},
		{"comment", inserted("% 21 0 obj\n"), []string{"<nil>", "<nil>", "R-P5"}},
		{"name of a program", inserted("% Written by a program\n"), []string{"<nil>", "<nil>", "R-P5 doubtful"}},
		{"second trailer", inserted("trailer\n<< /Root 2 0 R >>\n"), []string{"<nil>", "<nil>", "R-P5"}},
		{"nested objects", nestedObjects(pdf, trailer), []string{"<nil>", "<nil>", "R-P4"}},
		{"hybrid", hybridUpdate(pdf), []string{"<nil>", "<nil>", "R-P6 doubtful"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := opened(t, test.pdf)
			list, err := f.Signatures()
			if err != nil {
				t.Fatal(err)
			}
			_, coverage := f.Coverage(list[0])
			accounting := f.Accounting(list[0].Revision)
			got := []string{ruleOf(coverage), ruleOf(f.Consistent(list[0])), ruleOf(accounting)}
			if format := (*FormatError)(nil); errors.As(accounting, &format) && format.Doubtful {
				got[2] += " doubtful"
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			// A dictionary that was changed after signing is found, and not covered.
			for _, other := range list[1:] {
				if _, err := f.Coverage(other); err == nil {
					t.Errorf("the replaced dictionary of revision %d is covered", other.Revision)
				}
			}
		})
	}
}

// nestedObjects lists an object that lies within a stream that is listed too.
func nestedObjects(pdf []byte, trailer string) []byte {
	inner := "21 0 obj\n(x)\nendobj\n"
	update := appended(pdf, map[int]string{
		20: fmt.Sprintf("<< /Length %d >>\nstream\n%sendstream", len(inner), inner),
		21: "(y)",
	}, trailer)
	outer := bytes.LastIndex(update, []byte("\n21 0 obj\n(y)")) + 1
	within := bytes.LastIndex(update, []byte(inner))
	update = bytes.Replace(update, fmt.Appendf(nil, "%010d", outer), fmt.Appendf(nil, "%010d", within), 1)
	return bytes.Replace(update, []byte("21 0 obj\n(y)\nendobj\n"), []byte("                    "), 1)
}

// hybridUpdate appends a table with a stream that older readers do not see.
func hybridUpdate(pdf []byte) []byte {
	out := bytes.Clone(pdf)
	at := len(out)
	out = append(out, "20 0 obj\n<< /Type /XRef /Size 30 /W [1 2 1] /Index [25 1] /Length 4 >>\nstream\n\x00\x00\x00\x00\nendstream\nendobj\n"...)
	return appended(out, nil, fmt.Sprintf("/Size 30 /Root 1 0 R /Prev %s /XRefStm %d", startxref(pdf), at))
}

func TestSharedDictionary(t *testing.T) {
	objects := twoFieldsObjects()
	objects[7] = "<< /FT /Sig /T (a) /V 9 0 R >>"
	objects[8] = "<< /FT /Sig /T (b) /V 9 0 R >>"
	objects[9] = "<< /Type /Sig /Contents <01> >>"
	list, err := opened(t, written(objects, "/Size 10 /Root 1 0 R")).Signatures()
	if err != nil || len(list) != 1 || list[0].Field != "a" || !slices.Equal(list[0].SharedBy, []string{"b"}) {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestFieldNames(t *testing.T) {
	objects := twoFieldsObjects()
	objects[6] = "<< /Fields [7 0 R] >>"
	objects[7] = "<< /FT /Sig /T (parties) /Kids [8 0 R 9 0 R] >>"
	objects[8] = "<< /T <FEFF1EC7> /Kids [<< /P 4 0 R /Rect [9 20 3 10] >>] >>"
	objects[9] = "<< /T (b) /V << /Type /Sig >> >>"
	f := opened(t, written(objects, "/Size 10 /Root 1 0 R"))
	empty, err := f.EmptyFields()
	if want := (Field{Name: "parties.ệ", Ref: Ref{8, 0}, Page: 2, Rect: [4]float64{3, 10, 9, 20}}); err != nil || len(empty) != 1 || empty[0] != want {
		t.Errorf("got %+v, %v, want %+v", empty, err, want)
	}
	list, err := f.Signatures()
	if err != nil || len(list) != 1 || list[0].Field != "parties.b" || list[0].Ref != (Ref{}) {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestEmbedded(t *testing.T) {
	content := []byte(`{"v":1}`)
	for _, test := range []struct {
		name  string
		entry string
		file  string
		want  error
	}{
		{"associated", "/AF [7 0 R]", "manifest.json", nil},
		{"name tree", "/Names << /EmbeddedFiles << /Kids [<< /Names [(k) 7 0 R] >>] >> >>", "manifest.json", nil},
		{"other name", "/AF [7 0 R]", "other", ErrNoEmbedded},
		{"none", "", "manifest.json", ErrNoEmbedded},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := opened(t, written(map[int]string{
				1: "<< /Type /Catalog " + test.entry + " >>",
				7: "<< /Type /Filespec /F (x) /UF (manifest.json) /EF << /F 8 0 R >> >>",
				8: deflated(content),
			}, "/Size 9 /Root 1 0 R"))
			got, err := f.Embedded(0, test.file)
			if !errors.Is(err, test.want) || test.want == nil && !bytes.Equal(got, content) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
