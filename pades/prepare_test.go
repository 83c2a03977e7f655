package pades

import (
	"bytes"
	"crypto"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// bases are documents of every kind that are extended, each with the empty
// fields head (visible) and organisation (invisible), or without a form.
func bases(t *testing.T) map[string][]byte {
	byHand := twoFields()
	return map[string][]byte{
		"table":              byHand,
		"no end of line":     bytes.TrimRight(byHand, "\n"),
		"object streams":     converted(t, byHand, "--object-streams=generate"),
		"linearized":         converted(t, byHand, "--linearize"),
		"linearized streams": converted(t, byHand, "--linearize", "--object-streams=generate"),
		"gofpdf":             drawn(t, 20_000),
		"gofpdf streams":     converted(t, drawn(t, 20_000), "--object-streams=generate"),
		"hybrid":             hybrid(),
	}
}

// TestSign signs every kind of document twice, and has programs of others say
// what they think of it.
func TestSign(t *testing.T) {
	tool(t, "qpdf", "qpdf")
	tool(t, "pdfsig", "poppler-utils")
	tool(t, "pdftotext", "poppler-utils")
	for name, base := range bases(t) {
		t.Run(name, func(t *testing.T) {
			ran(t, base, "qpdf", "--check")
			once := signed(t, base, SignatureOptions{
				Field: "head", Page: 1, Rect: [4]float64{300, 100, 500, 180}, Appearance: parsedStamp(t),
				Name: "Nguyễn Thị Hòa", Reason: "Xác nhận kết quả tiêm", Location: "Biên Hòa",
			})
			twice := signed(t, once, SignatureOptions{Field: "organisation"})
			if !bytes.HasPrefix(once, base) || !bytes.HasPrefix(twice, once) {
				t.Fatal("bytes of an earlier revision changed")
			}
			list := signatures(t, twice)
			if len(list) != 2 {
				t.Fatalf("got %d signatures, want 2", len(list))
			}
			head := list[0]
			got := []any{head.Field, head.Type, head.SubFilter, head.Time, head.Name, head.Reason, head.Location, head.Page, head.Rect, head.DocMDP}
			want := []any{"head", "Sig", SubFilter, "D:20261123093000+07'00'", "Nguyễn Thị Hòa", "Xác nhận kết quả tiêm", "Biên Hòa", 1, [4]float64{300, 100, 500, 180}, 0}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			f := opened(t, twice)
			for i, want := range []Extent{WholeRevision, WholeFile} {
				if c, err := f.Coverage(list[i]); c.Extent != want || err != nil {
					t.Errorf("%s covers %v, %v; want %v", list[i].Field, c, err, want)
				}
			}
			if !f.CanonicalContents(head) || !f.Padding(head, len(head.Contents)-100) || f.Padding(head, 100) {
				t.Error("contents are not the CMS in lower-case digits and zeros")
			}
			if out := ran(t, twice, "qpdf", "--check"); strings.Contains(out, "WARNING") {
				t.Errorf("qpdf warns:\n%s", out)
			}
			out := ran(t, once, "pdfsig", "-nocert")
			if !strings.Contains(out, "Signature is Valid") || !strings.Contains(out, "Total document signed") || !strings.Contains(out, "ETSI.CAdES.detached") {
				t.Errorf("pdfsig does not accept it:\n%s", out)
			}
			if out := ran(t, twice, "pdfsig", "-nocert"); strings.Count(out, "Signature is Valid") != 2 {
				t.Errorf("pdfsig does not accept both:\n%s", out)
			}
			if text := ran(t, twice, "pdftotext"); text != "" {
				t.Errorf("pdftotext complains: %s", text)
			}
		})
	}
}

// TestSignKeepsDocument checks that what is rewritten loses nothing.
func TestSignKeepsDocument(t *testing.T) {
	base := twoFields()
	f := opened(t, signed(t, base, SignatureOptions{Field: "third", Page: 2, Appearance: parsedStamp(t), Rect: [4]float64{10, 10, 210, 90}}))
	last := len(f.Revisions()) - 1
	changed, freed := f.Changed(last)
	if len(freed) != 0 {
		t.Errorf("freed %v, want none", freed)
	}
	existing := map[Ref]bool{}
	for _, ref := range changed {
		existing[ref] = ref.Number < 10
	}
	want := []Ref{{4, 0}, {6, 0}} // the page and the form
	for _, ref := range want {
		if !existing[ref] {
			t.Errorf("%v is not rewritten", ref)
		}
		delete(existing, ref)
	}
	for ref, was := range existing {
		if was {
			t.Errorf("%v is rewritten without need", ref)
		}
	}
	form, err := f.Object(last, Ref{6, 0})
	if err != nil {
		t.Fatal(err)
	}
	flags, _ := form.Key("SigFlags").Int()
	if got := form.Key("DA").Text(); got != "/Helv 0 Tf 0 g" || flags != 3 || len(form.Key("Fields").Items()) != 3 {
		t.Errorf("form has /DA %q, /SigFlags %d, %d fields", got, flags, len(form.Key("Fields").Items()))
	}
	if root, want := f.Trailer(last).Key("Root"), f.Trailer(0).Key("Root"); !root.same(want) {
		t.Errorf("root is %v, want %v", root, want)
	}
	empty, err := f.EmptyFields()
	if err != nil {
		t.Fatal(err)
	}
	wantEmpty := []Field{
		{Name: "head", Ref: Ref{7, 0}, Page: 1, Rect: [4]float64{300, 100, 500, 180}},
		{Name: "organisation", Ref: Ref{8, 0}, Page: 1},
	}
	if !reflect.DeepEqual(empty, wantEmpty) {
		t.Errorf("empty fields are %v, want %v", empty, wantEmpty)
	}
}

func TestAppearanceIsText(t *testing.T) {
	tool(t, "pdftotext", "poppler-utils")
	a := parsedStamp(t)
	fromStreams, err := ParseAppearance(converted(t, stamp(t), "--object-streams=generate"))
	if err != nil {
		t.Fatal(err)
	}
	severalContents, err := ParseAppearance(written(map[int]string{
		1: "<< /Type /Catalog /Pages 2 0 R >>",
		2: "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 200 80] /Resources << /Font << /F1 6 0 R >> >> >>",
		3: "<< /Type /Page /Parent 2 0 R /Contents [4 0 R 5 0 R] /Group << /Type /Group /S /Transparency >> >>",
		4: deflated([]byte("BT /F1 24 Tf 9 40 Td")),
		5: "<< /Length 11 >>\nstream\n(ONE) Tj ET\nendstream",
		6: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}, "/Size 7 /Root 1 0 R"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		a    *Appearance
		want string
	}{
		{"as drawn", a, "STAMPED"},
		{"from object streams", fromStreams, "STAMPED"},
		{"of several contents", severalContents, "ONE"},
		{"other content", a.WithContent([]byte("BT /F" + fontName(t) + " 12 Tf 10 40 Td (ANOTHER) Tj ET")), "ANOTHER"},
	} {
		t.Run(test.name, func(t *testing.T) {
			pdf := signed(t, twoFields(), SignatureOptions{Field: "head", Appearance: test.a})
			if got := pdfText(t, pdf); !strings.Contains(got, test.want) || !strings.Contains(got, "Ket qua tiem chung") {
				t.Errorf("text is %q, want %q in it", got, test.want)
			}
			if out := ran(t, pdf, "qpdf", "--check"); strings.Contains(out, "WARNING") {
				t.Errorf("qpdf warns:\n%s", out)
			}
		})
	}
}

func TestPrepareRefuses(t *testing.T) {
	base := twoFields()
	options := SignatureOptions{Field: "head", Time: signingTime, Reserve: 100}
	with := func(change func(*SignatureOptions)) SignatureOptions {
		o := options
		change(&o)
		return o
	}
	replaced := func(old, new string) []byte {
		if !bytes.Contains(base, []byte(old)) || len(old) != len(new) {
			t.Fatalf("cannot replace %q", old)
		}
		return bytes.Replace(base, []byte(old), []byte(new), 1)
	}
	compressedSignature := appended(base, map[int]string{
		7: "<< /FT /Sig /T (head) /V << /Type /Sig /Contents <01> >> >>",
	}, "/Size 10 /Root 1 0 R /Prev "+startxref(base))
	compressedSignature = converted(t, compressedSignature, "--object-streams=generate")
	for _, test := range []struct {
		name string
		pdf  []byte
		o    SignatureOptions
		want error
	}{
		{"no field", base, with(func(o *SignatureOptions) { o.Field = "" }), ErrOptions},
		{"no time", base, with(func(o *SignatureOptions) { o.Time = o.Time.AddDate(9000, 0, 0) }), ErrOptions},
		{"no reserve", base, with(func(o *SignatureOptions) { o.Reserve = 0 }), ErrOptions},
		{"large reserve", base, with(func(o *SignatureOptions) { o.Reserve = 2 << 20 }), ErrOptions},
		{"SHA-1", base, with(func(o *SignatureOptions) { o.Hash = crypto.SHA1 }), ErrOptions},
		{"long name", base, with(func(o *SignatureOptions) { o.Field = strings.Repeat("a", 1025) }), ErrOptions},
		{"broken UTF-8", base, with(func(o *SignatureOptions) { o.Reason = "a\xff" }), ErrOptions},
		{"name of a path", base, with(func(o *SignatureOptions) { o.Field = "a.b" }), ErrField},
		{"no such page", base, with(func(o *SignatureOptions) { o.Field, o.Page = "new", 3 }), ErrNoPage},
		{"filled field", signed(t, base, SignatureOptions{Field: "head"}), options, ErrFieldFilled},
		{"text field", replaced("/FT /Sig /T (head) ", "/FT /Tx  /T (head) "), options, ErrField},
		{"locked field", replaced("/F 132 /P 3 0 R /Rect [300 100", "/Lock 5 0 R /Rect [    300 100"), options, ErrField},
		{"two of the name", replaced("(organisation)", "(head)        "), options, ErrField},
		{"tail", append(bytes.Clone(base), '\n', '\n'), options, ErrUnextendable},
		{"encrypted", converted(t, base, "--encrypt", "", "owner", "256", "--"), options, ErrEncrypted},
		{"signature in an object stream", compressedSignature, with(func(o *SignatureOptions) { o.Field = "organisation" }), ErrUnextendable},
		{"certified against changes", certified(1), options, ErrUnextendable},
		{"certified for forms", certified(2), options, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Prepare(opened(t, test.pdf), test.o)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	broken := opened(t, bytes.Replace(base, []byte("2 0 obj"), []byte("2 0 abj"), 1))
	if _, err := Prepare(broken, options); ruleOf(err) != ruleObject {
		t.Errorf("a broken page tree: got %v, want %s", err, ruleObject)
	}
}

// certified is twoFields with a certification in place of permissions p.
func certified(p int) []byte {
	base := twoFields()
	return appended(base, map[int]string{
		1:  "<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R /Perms << /DocMDP 10 0 R >> >>",
		10: "<< /Type /Sig /Contents <01> /Reference [<< /TransformMethod /DocMDP /TransformParams << /P " + string(rune('0'+p)) + " >> >>] >>",
	}, "/Size 11 /Root 1 0 R /Prev "+startxref(base))
}

func TestParseAppearanceRefuses(t *testing.T) {
	for _, test := range []struct {
		name string
		pdf  []byte
	}{
		{"no PDF", []byte("stamp")},
		{"no page", written(map[int]string{1: "<< /Type /Catalog >>"}, "/Size 2 /Root 1 0 R")},
		{"page without a box", written(map[int]string{
			1: "<< /Pages 2 0 R >>", 2: "<< /Kids [3 0 R] /Count 1 >>", 3: "<< /Type /Page >>",
		}, "/Size 4 /Root 1 0 R")},
		{"encrypted", converted(t, stamp(t), "--encrypt", "", "owner", "256", "--")},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := ParseAppearance(test.pdf); !errors.Is(err, ErrAppearance) {
				t.Errorf("got %v, want %v", err, ErrAppearance)
			}
		})
	}
}
