package pades

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

func ruleOf(err error) string {
	var format *FormatError
	if errors.As(err, &format) {
		return format.Rule
	}
	return fmt.Sprint(err)
}

func TestRevisions(t *testing.T) {
	byHand := twoFields()
	second := appended(byHand, map[int]string{5: "<< /Length 0 >>\nstream\n\nendstream", 10: "(new)"}, "/Size 11 /Root 1 0 R /Prev "+startxref(byHand))
	for _, test := range []struct {
		name       string
		pdf        []byte
		ends       []int
		stream     bool
		hybrid     bool
		linearized bool
	}{
		{name: "one", pdf: byHand, ends: []int{len(byHand)}},
		{name: "no end of line", pdf: byHand[:len(byHand)-1], ends: []int{len(byHand) - 1}},
		{name: "two", pdf: second, ends: []int{len(byHand), len(second)}},
		{name: "tail", pdf: append(bytes.Clone(byHand), "\r\n "...), ends: []int{len(byHand)}},
		{name: "streams", pdf: converted(t, byHand, "--object-streams=generate"), ends: []int{-1}, stream: true},
		{name: "linearized", pdf: converted(t, byHand, "--linearize"), ends: []int{-1}, linearized: true},
		{name: "linearized streams", pdf: converted(t, byHand, "--linearize", "--object-streams=generate"), ends: []int{-1}, linearized: true, stream: true},
		{name: "hybrid", pdf: hybrid(), ends: []int{-1}, hybrid: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			revisions := opened(t, test.pdf).Revisions()
			if len(revisions) != len(test.ends) {
				t.Fatalf("got %d revisions, want %d", len(revisions), len(test.ends))
			}
			for i, r := range revisions {
				want := int64(test.ends[i])
				if want < 0 {
					want = int64(len(test.pdf))
				}
				if r.End != want || r.Stream != test.stream || r.Hybrid != test.hybrid || r.Linearized != test.linearized {
					t.Errorf("got %+v, want end %d", r, want)
				}
			}
		})
	}
}

// TestObjectOfRevision asks for the same object as two readers see it.
func TestObjectOfRevision(t *testing.T) {
	base := twoFields()
	f := opened(t, appended(base, map[int]string{9: "(two)"}, "/Size 10 /Root 1 0 R /Prev "+startxref(base)))
	for rev, want := range []Kind{Dictionary, String} {
		v, err := f.Object(rev, Ref{9, 0})
		if err != nil || v.Kind != want {
			t.Errorf("revision %d: got %v, %v, want %v", rev, v.Kind, err, want)
		}
	}
	for _, ref := range []Ref{{9, 1}, {0, 0}, {0, 65535}, {77, 0}} {
		if v, err := f.Object(1, ref); v.Kind != Null || err != nil {
			t.Errorf("%v: got %v, %v, want null", ref, v.Kind, err)
		}
	}
	start, end, compressed, err := f.Locate(1, Ref{9, 0})
	if got := string(f.Bytes()[start:end]); got != "9 0 obj\n(two)\nendobj" || compressed || err != nil {
		t.Errorf("located %q, %v, %v", got, compressed, err)
	}
}

// TestManyRevisions goes through enough of them to be found by index.
func TestManyRevisions(t *testing.T) {
	pdf := twoFields()
	const n = 300
	for i := range n {
		pdf = appended(pdf, map[int]string{9: fmt.Sprint(i), 10 + i: "(once)"}, fmt.Sprintf("/Size %d /Root 1 0 R /Prev %s", 11+i, startxref(pdf)))
	}
	f := opened(t, pdf)
	for i := range n {
		if v, err := f.Object(i+1, Ref{9, 0}); err != nil || v.number != uint64(i) {
			t.Fatalf("revision %d: got %v, %v", i+1, v.number, err)
		}
		before, _ := f.Object(i, Ref{10 + i, 0})
		after, err := f.Object(n, Ref{10 + i, 0})
		if before.Kind != Null || after.Kind != String || err != nil {
			t.Fatalf("object %d: %v, then %v, %v", 10+i, before.Kind, after.Kind, err)
		}
	}
	if list, err := f.EmptyFields(); len(list) != 2 || err != nil {
		t.Errorf("got %d fields, %v", len(list), err)
	}
}

// TestOpenForgives has what real programs write beside the letter of 7.5, and every reader
// reads alike: nothing is guessed.
func TestOpenForgives(t *testing.T) {
	base := twoFields()
	n, _ := strconv.Atoi(startxref(base))
	lineEnds := func(end string) []byte {
		table := bytes.ReplaceAll(base[n:], []byte(" n \n"), []byte(" n"+end))
		return append(bytes.Clone(base[:n]), bytes.ReplaceAll(table, []byte(" f \n"), []byte(" f"+end))...)
	}
	before := fmt.Sprintf("%010d", bytes.Index(base, []byte("9 0 obj")))
	rows := "\x00\x00\x00\x00" + "\x01\x00\x09\x00" + "\x01\x00\x09\x00" // one more than /Index says
	stream := "%PDF-1.5\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
	stream += fmt.Sprintf("2 0 obj\n<< /Type /XRef /Size 3 /W [1 2 1] /Index [0 2] /Root 1 0 R /Length %d >>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", len(rows), rows, len(stream))
	for _, test := range []struct {
		name string
		pdf  []byte
		ref  Ref // an object that is found
	}{
		{"startxref at the line end before", bytes.Replace(base, fmt.Appendf(nil, "startxref\n%d", n), fmt.Appendf(nil, "startxref\n%d", n-1), 1), Ref{9, 0}},
		{"an object at the line end before", bytes.Replace(base, []byte(before), fmt.Appendf(nil, "%010d", bytes.Index(base, []byte("9 0 obj"))-1), 1), Ref{9, 0}},
		{"entries of 19 bytes", lineEnds("\n"), Ref{9, 0}},
		{"entries of 19 bytes, as on old Macintoshes", lineEnds("\r"), Ref{9, 0}},
		{"entries of 21 bytes", lineEnds(" \r\n"), Ref{9, 0}},
		{"a stream with a row too many", []byte(stream), Ref{1, 0}},
		{"an object at the line end of the revision before", func() []byte {
			pdf := appended(base, map[int]string{9: "(x)"}, "/Size 10 /Root 1 0 R /Prev "+startxref(base))
			return bytes.Replace(pdf, fmt.Appendf(nil, "%010d", len(base)), fmt.Appendf(nil, "%010d", len(base)-1), 1)
		}(), Ref{9, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := opened(t, test.pdf)
			last := len(f.revisions) - 1
			if v, err := f.Object(last, test.ref); v.Kind == Null || err != nil {
				t.Errorf("got %v, %v", v.Kind, err)
			}
			if err := f.Accounting(0); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRepeatedStream: a trailer that was written again with all its entries names the stream
// of a hybrid section again; that is no second one unless it takes back what came between.
func TestRepeatedStream(t *testing.T) {
	pdf := hybrid()
	trailer := func(pdf []byte) string {
		return fmt.Sprintf("/Size 12 /Root 1 0 R /XRefStm %d /Prev %s", bytes.Index(pdf, []byte("10 0 obj")), startxref(pdf))
	}
	again := appended(pdf, map[int]string{9: "(x)"}, trailer(pdf))
	f := opened(t, again)
	if r := f.revisions[1]; r.Hybrid || f.Accounting(0) != nil || f.OneView(0) != nil {
		t.Errorf("got %+v, %v, %v", r.Revision, f.Accounting(0), f.OneView(0))
	}
	again = appended(pdf, map[int]string{6: "<< /Fields [] >>"}, "/Size 12 /Root 1 0 R /Prev "+startxref(pdf))
	again = appended(again, map[int]string{9: "(x)"}, trailer(again))
	if _, err := Open(again); ruleOf(err) != "R-P1" {
		t.Errorf("what it takes back: got %v", err)
	}
	between := appended(pdf, map[int]string{9: "(x)"}, strings.Replace(trailer(pdf), "XRefStm "+fmt.Sprint(bytes.Index(pdf, []byte("10 0 obj"))), "XRefStm "+fmt.Sprint(bytes.Index(pdf, []byte("5 0 obj"))), 1))
	if _, err := Open(between); err == nil {
		t.Error("a stream of another kind is taken")
	}
}

// TestOpenRefuses has one broken file per rule of the chain and of objects.
func TestOpenRefuses(t *testing.T) {
	base := twoFields()
	n := startxref(base)
	next := func(objects map[int]string, trailer string) []byte {
		return appended(base, objects, trailer)
	}
	swap := func(old, new string) []byte {
		if bytes.Count(base, []byte(old)) == 0 {
			t.Fatalf("no %q in the base", old)
		}
		return bytes.Replace(base, []byte(old), []byte(new), 1)
	}
	redirected := func() []byte {
		pdf := next(map[int]string{9: "(x)"}, "/Size 10 /Root 1 0 R /Prev "+n)
		entry := fmt.Sprintf("%010d", bytes.LastIndex(pdf, []byte("9 0 obj")))
		old := fmt.Sprintf("%010d", bytes.Index(pdf, []byte("8 0 obj")))
		return bytes.Replace(pdf, []byte(entry), []byte(old), 1)
	}()
	object := func(number int) func(*File) error {
		return func(f *File) error { _, err := f.Object(len(f.revisions)-1, Ref{number, 0}); return err }
	}
	for _, test := range []struct {
		name string
		pdf  []byte
		ask  func(*File) error
		want string
	}{
		{name: "nothing", pdf: nil, want: "R-P8"},
		{name: "no header", pdf: swap("%PDF-1.7", "%PFD-1.7"), want: "R-P8"},
		{name: "no end", pdf: bytes.TrimSuffix(base, []byte("%%EOF\n")), want: "R-P1"},
		{name: "text after the end", pdf: append(bytes.Clone(base), "more\n"...), want: "R-P1"},
		{name: "comment after the end", pdf: append(bytes.Clone(base), "%more\n"...), want: "R-P1"},
		{name: "second end", pdf: append(bytes.Clone(base), "%%EOF\n"...), want: "R-P1"},
		{name: "startxref again", pdf: append(bytes.Clone(base), "startxref\n"+n+"\n%%EOF\n"...), want: "R-P1"},
		{name: "object before startxref again", pdf: append(bytes.Clone(base), "99 0 obj null endobj\nstartxref\n"+n+"\n%%EOF\n"...), want: "R-P1"},
		{name: "startxref elsewhere", pdf: bytes.Replace(base, []byte("startxref\n"+n), []byte("startxref\n"+n+"0"), 1), want: "R-P1"},
		{name: "startxref beside", pdf: bytes.Replace(base, []byte("startxref\n"+n), []byte("startxref\n1"), 1), want: "R-P3"},
		{name: "no trailer", pdf: swap("trailer", "trainer"), want: "R-P1"},
		{name: "entry without a line end", pdf: swap("65535 f \n", "65535 f  "), want: "R-P1"},
		{name: "long subsection", pdf: swap("0 1\n0000000000", "0 999999999\n0000000000"), want: "R-P1"},
		{name: "object listed twice", pdf: swap("9 1\n0", "8 1\n0"), want: "R-P4"},
		{name: "small size", pdf: swap("/Size 10", "/Size 9"), want: "R-P7"},
		{name: "no size", pdf: swap("/Size 10", "/Site 10"), want: "R-P1"},
		{name: "loop", pdf: next(map[int]string{9: "null"}, "/Size 10 /Root 1 0 R /Prev "+fmt.Sprint(len(base)+len("9 0 obj\nnull\nendobj\n"))), want: "R-P1"},
		{name: "prev outside", pdf: next(nil, "/Size 10 /Root 1 0 R /Prev 99999"), want: "R-P1"},
		{name: "prev negative", pdf: next(nil, "/Size 10 /Root 1 0 R /Prev -1"), want: "R-P1"},
		{name: "prev forward", pdf: forward(), want: "R-P1"},
		{name: "earlier end spoilt", pdf: bytes.Replace(next(nil, "/Size 10 /Root 1 0 R /Prev "+n), []byte("%%EOF"), []byte("%%E0F"), 1), want: "R-P2"},
		{name: "earlier startxref spoilt", pdf: bytes.Replace(next(nil, "/Size 10 /Root 1 0 R /Prev "+n), []byte("startxref\n"+n), []byte("startxref\n"+strings.Repeat("1", len(n))), 1), want: "R-P2"},
		{name: "redirected object", pdf: redirected, ask: object(9), want: "R-P3"},
		{name: "other object", pdf: swap("9 0 obj", "8 0 obj"), ask: object(9), want: "R-P3"},
		{name: "no object", pdf: swap("9 0 obj", "(9 0ob)"), ask: object(9), want: "R-P3"},
		{name: "no endobj", pdf: swap("/Helvetica >>\nendobj", "/Helvetica >>\nendabj"), ask: object(9), want: "R-P1"},
		{name: "long stream", pdf: twoFieldsBut(5, "<< /Length 5 >>\nstream\n12\nendstream"), ask: object(5), want: "R-P1"},
		{name: "short stream", pdf: twoFieldsBut(5, "<< /Length 1 >>\nstream\n12\nendstream"), ask: object(5), want: "R-P1"},
		{name: "endless stream", pdf: twoFieldsBut(5, "<< /Length 99999999 >>\nstream\n12\nendstream"), ask: object(5), want: "R-P1"},
		{name: "length of itself", pdf: twoFieldsBut(5, "<< /Length 5 0 R >>\nstream\n12\nendstream"), ask: object(5), want: "R-P9"},
		{name: "reference to itself", pdf: twoFieldsBut(9, "9 0 R"), ask: func(f *File) error {
			_, err := f.Resolve(0, Value{Kind: Reference, number: 9 << 32})
			return err
		}, want: "R-P9"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := Open(test.pdf)
			if err == nil && test.ask != nil {
				err = test.ask(f)
			} else if test.ask != nil {
				t.Fatalf("not opened: %v", err)
			}
			if got := ruleOf(err); got != test.want {
				t.Errorf("got %s (%v), want %s", got, err, test.want)
			}
		})
	}
}

// forward is a file whose older section lies after its newer one, without
// being linearized.
func forward() []byte {
	pdf := []byte("%PDF-1.7\n")
	first := len(pdf)
	pdf = append(pdf, "xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 9 /Root 1 0 R /Prev 0000000200 >>\nstartxref\n0\n%%EOF\n"...)
	pdf = append(pdf, strings.Repeat(" ", 200-len(pdf))...)
	return fmt.Appendf(pdf, "xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 9 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", first)
}

// TestLimits has files that would cost more than their size allows.
func TestLimits(t *testing.T) {
	base := twoFields()
	bomb := written(map[int]string{1: deflated(bytes.Repeat([]byte("x"), 4<<20))}, "/Size 2 /Root 1 0 R")
	deepFields := map[int]string{1: "<< /Type /Catalog /AcroForm << /Fields [2 0 R] >> >>"}
	for n := 2; n < 200; n++ {
		deepFields[n] = fmt.Sprintf("<< /T (a) /Kids [%d 0 R] >>", n+1)
	}
	ring := map[int]string{
		1: "<< /Type /Catalog /Pages 2 0 R >>",
		2: "<< /Type /Pages /Count 9 /Kids [3 0 R] >>",
		3: "<< /Type /Pages /Count 9 /Kids [2 0 R] >>",
	}
	for _, test := range []struct {
		name   string
		limits Limits
		pdf    []byte
		ask    func(*File) error
		want   string
	}{
		{name: "size", limits: Limits{Size: 100}, pdf: base, want: "R-P9"},
		{name: "objects", limits: Limits{Objects: 9}, pdf: base, want: "R-P9"},
		{name: "objects that fit", limits: Limits{Objects: 10}, pdf: base, want: "<nil>"},
		{name: "revisions", limits: Limits{Revisions: 1}, pdf: revised(base, 3), want: "R-P9"},
		{name: "parsed", limits: Limits{Parsed: 1000}, pdf: base, ask: func(f *File) error {
			for range 100 {
				root, _ := f.Trailer(0).Key("Root").Ref()
				if _, err := f.Object(0, root); err != nil {
					return err
				}
			}
			return nil
		}, want: "R-P9"},
		{name: "ratio", limits: Limits{}, pdf: bomb, ask: decodeFirst, want: "R-P9"},
		{name: "inflated", limits: Limits{Inflated: 1 << 20}, pdf: written(map[int]string{1: deflated([]byte(strings.Repeat("0123456789abcdef", 4<<16)))}, "/Size 2 /Root 1 0 R"), ask: decodeFirst, want: "R-P9"},
		{name: "deep fields", pdf: written(deepFields, "/Size 200 /Root 1 0 R"), ask: func(f *File) error { _, err := f.Signatures(); return err }, want: "R-P9"},
		{name: "ring of pages", pdf: written(ring, "/Size 4 /Root 1 0 R"), ask: func(f *File) error { _, err := f.page(0, 1); return err }, want: "R-P1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now()
			f, err := test.limits.Open(test.pdf)
			if err == nil && test.ask != nil {
				err = test.ask(f)
			}
			if got := ruleOf(err); got != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func decodeFirst(f *File) error {
	v, err := f.Object(0, Ref{1, 0})
	if err != nil {
		return err
	}
	_, err = f.Decode(0, v)
	return err
}

func revised(pdf []byte, times int) []byte {
	for range times {
		pdf = appended(pdf, nil, "/Size 10 /Root 1 0 R /Prev "+startxref(pdf))
	}
	return pdf
}
