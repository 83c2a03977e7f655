package pades

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func ders(list []Stored) string {
	var texts []string
	for _, s := range list {
		texts = append(texts, string(s.DER))
	}
	return strings.Join(texts, " ")
}

func dered(texts ...string) (list [][]byte) {
	for _, text := range texts {
		list = append(list, []byte(text))
	}
	return list
}

// appendedDSS is pdf with more in its store.
func appendedDSS(t testing.TB, pdf []byte, add Evidence) []byte {
	t.Helper()
	out, err := AppendDSS(opened(t, pdf), add)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAppendDSS stores evidence in every kind of document, signed before and
// after, twice, and reads it back.
func TestAppendDSS(t *testing.T) {
	for name, base := range bases(t) {
		t.Run(name, func(t *testing.T) {
			once := signed(t, base, SignatureOptions{Field: "head"})
			first := appendedDSS(t, once, Evidence{Certs: dered("certificate", "issuer", "certificate"), OCSPs: dered("answer")})
			second := appendedDSS(t, first, Evidence{Certs: dered("issuer", "root"), CRLs: dered("list"), OCSPs: dered("answer")})
			if !bytes.HasPrefix(first, once) || !bytes.HasPrefix(second, first) {
				t.Fatal("bytes of an earlier revision changed")
			}
			signatures(t, signed(t, second, SignatureOptions{Field: "organisation"}))
			f := opened(t, second)
			last := len(f.Revisions()) - 1
			dss, err := f.DSS(last)
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprint(ders(dss.Certs), "; ", ders(dss.CRLs), "; ", ders(dss.OCSPs), "; ", dss.Unreadable)
			if want := "certificate issuer root; list; answer; 0"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if a, b := dss.Certs[0].Revision, dss.Certs[2].Revision; a != last-1 || b != last {
				t.Errorf("got revisions %d and %d, want %d and %d", a, b, last-1, last)
			}
			if before, err := f.DSS(last - 2); before != nil || err != nil {
				t.Errorf("before there was one: got %v, %v", before, err)
			}
			catalog, err := f.Catalog(last)
			if err != nil {
				t.Fatal(err)
			}
			if level, _ := catalog.Key("Extensions").Key("ESIC").Key("ExtensionLevel").Int(); level != 1 {
				t.Errorf("got extension level %d, want 1", level)
			}
			if out := ran(t, second, "qpdf", "--check"); strings.Contains(out, "WARNING") {
				t.Errorf("qpdf warns:\n%s", out)
			}
			tool(t, "pdfsig", "poppler-utils")
			if out := ran(t, second, "pdfsig", "-nocert"); !strings.Contains(out, "Signature is Valid") {
				t.Errorf("pdfsig does not accept it:\n%s", out)
			}
			if again := appendedDSS(t, second, Evidence{Certs: dered("root")}); !bytes.Equal(again, second) {
				t.Error("a revision was appended with nothing new in it")
			}
		})
	}
}

// TestAppendDSSKeeps extends stores that others wrote in ways of their own.
func TestAppendDSSKeeps(t *testing.T) {
	stream := func(text string) string {
		return fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text)
	}
	const trailer = "/Size 20 /Root 1 0 R"
	for _, test := range []struct {
		name    string
		catalog string
		others  map[int]string
	}{
		{"in the catalog", "/DSS << /Certs [10 0 R] /VRI << /AB << /Cert [10 0 R] >> >> >>", nil},
		{"of its own", "/DSS 11 0 R", map[int]string{11: "<< /Certs 12 0 R /VRI 13 0 R >>", 12: "[10 0 R]", 13: "<< /AB 14 0 R >>", 14: "<< /Cert [10 0 R] >>"}},
		{"empty lists", "/DSS << /Certs [10 0 R] /CRLs [] /OCSPs null /VRI << /AB << /Cert [10 0 R] /TU (D:20261123) /TS 10 0 R >> >> >>", nil},
		{"extended already", "/DSS << /Certs [10 0 R 10 0 R] /VRI << /AB << /Cert [10 0 R] >> >> >> /Extensions 15 0 R", map[int]string{15: "<< /ADBE << /BaseVersion /1.7 /ExtensionLevel 8 >> >>"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			objects := twoFieldsObjects()
			objects[1] = strings.TrimSuffix(objects[1], ">>") + test.catalog + " >>"
			objects[10] = stream("old")
			for n, text := range test.others {
				objects[n] = text
			}
			pdf := appendedDSS(t, written(objects, trailer), Evidence{Certs: dered("old", "new"), CRLs: dered("list"), OCSPs: dered("answer")})
			f := opened(t, pdf)
			dss, err := f.DSS(1)
			if err != nil {
				t.Fatal(err)
			}
			if len(dss.VRI) != 1 || dss.VRI[0].Key != "AB" || ders(dss.VRI[0].Certs) != "old" {
				t.Errorf("got %+v, want what was kept for AB", dss.VRI)
			}
			if got := ders(dss.Certs) + "; " + ders(dss.CRLs) + "; " + ders(dss.OCSPs); got != "old new; list; answer" {
				t.Errorf("got %s", got)
			}
			catalog, err := f.Catalog(1)
			if err != nil {
				t.Fatal(err)
			}
			extensions, err := f.Resolve(1, catalog.Key("Extensions"))
			if err != nil || extensions.Key("ESIC").Kind != Dictionary || strings.Contains(test.catalog, "15 0 R") != (extensions.Key("ADBE").Kind == Dictionary) {
				t.Errorf("got extensions for %v, %v", extensions.Keys(), err)
			}
			if out := ran(t, pdf, "qpdf", "--check"); strings.Contains(out, "WARNING") {
				t.Errorf("qpdf warns:\n%s", out)
			}
		})
	}
}

// TestDSS reads what is in no order: it is passed over, or refused where it could
// be made to cost.
func TestDSS(t *testing.T) {
	many := strings.Repeat("10 0 R null ", maxStored)
	for _, test := range []struct {
		name       string
		dss        string
		certs      string
		unreadable int
		rule       string
	}{
		{"one", "<< /Certs [10 0 R] >>", "old", 0, ""},
		{"compressed", "<< /Certs [11 0 R] >>", "new", 0, ""},
		{"the same again", "<< /Certs [10 0 R 10 0 R] >>", "old", 0, ""},
		{"nothing there", "<< /Certs [18 0 R] >>", "", 1, ""},
		{"no streams", "<< /Certs [5 (text) 3 0 R] >>", "", 3, ""},
		{"another filter", "<< /Certs [12 0 R 10 0 R] >>", "old", 1, ""},
		{"no dictionary", "[10 0 R]", "", 0, ruleStructure},
		{"no list", "<< /Certs 10 0 R >>", "", 0, ""},
		{"too many", "<< /Certs [" + many + "] >>", "", 0, ruleLimit},
		{"a bomb", "<< /Certs [13 0 R] >>", "", 0, ruleLimit},
	} {
		t.Run(test.name, func(t *testing.T) {
			objects := twoFieldsObjects()
			objects[1] = strings.TrimSuffix(objects[1], ">>") + "/DSS " + test.dss + " >>"
			objects[10] = "<< /Length 3 >>\nstream\nold\nendstream"
			objects[11] = deflated([]byte("new"))
			objects[12] = "<< /Length 3 /Filter /LZWDecode >>\nstream\nold\nendstream"
			objects[13] = deflated(make([]byte, 10_000))
			pdf := written(objects, "/Size 20 /Root 1 0 R")
			f, err := Limits{Inflated: 5000}.Open(pdf)
			if err != nil {
				t.Fatal(err)
			}
			dss, err := f.DSS(0)
			if (err != nil || test.rule != "") && ruleOf(err) != test.rule {
				t.Fatalf("got %v, want rule %q", err, test.rule)
			}
			if err == nil && (ders(dss.Certs) != test.certs || dss.Unreadable != test.unreadable) {
				t.Errorf("got %q, %d unreadable, want %q, %d", ders(dss.Certs), dss.Unreadable, test.certs, test.unreadable)
			}
		})
	}
}

func TestAppendDSSRefuses(t *testing.T) {
	base := twoFields()
	for _, test := range []struct {
		name string
		pdf  []byte
		want error
	}{
		{"encrypted", converted(t, base, "--encrypt", "", "owner", "256", "--"), ErrEncrypted},
		{"tail", append(bytes.Clone(base), '\n', '\n'), ErrUnextendable},
		{"certified against changes", certified(1), ErrUnextendable},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := AppendDSS(opened(t, test.pdf), Evidence{Certs: dered("x")}); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if _, err := PrepareTimeStamp(opened(t, test.pdf), 1000); !errors.Is(err, test.want) {
				t.Errorf("time-stamp: got %v, want %v", err, test.want)
			}
		})
	}
}
