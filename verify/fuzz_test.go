package verify_test

import (
	"bytes"
	"crypto/x509"
	"strings"
	"testing"

	"kytiem/certs"
	"kytiem/pades"
	"kytiem/verify"
)

// FuzzPDF: whatever is done to a signed document, it passes only while every signed
// byte is as it was; white space after the end is forgiven (R-P5).
func FuzzPDF(f *testing.F) {
	w := newWorld(f)
	signed := signPDF(f, w.issue(f, nil), "one", page(f), signedAt)
	f.Add(signed)
	f.Add(page(f))
	v := &verify.Verifier{Anchors: certs.Anchors{CA: []*x509.Certificate{w.ca.Root().Certificate}}, Revocation: trusting{}, At: signedAt}
	if got := v.PDF(f.Context(), "x", signed).Verdict; got != verify.TotalPassed {
		f.Fatalf("the seed itself: %s", got)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		report := v.PDF(t.Context(), "x", data)
		changed := !bytes.HasPrefix(data, signed) && !sameButHexCase(data, signed)
		if report.Verdict == verify.TotalPassed && changed {
			t.Errorf("%d changed bytes pass", len(data))
		}
	})
}

// FuzzRevision: whatever object somebody appends to a document of another, it passes only
// while its pages are what was signed.
func FuzzRevision(f *testing.F) {
	w := newWorld(f)
	text := formText()
	signed := dictionary{number: 20, objects: map[int]string{7: strings.Replace(text[7], " >>", " /V 20 0 R >>", 1)}}.
		signedBy(f, w.issue(f, nil), revised(nil, text, ""))
	for n, object := range text {
		f.Add(n, object, 0, "")
	}
	f.Add(8, strings.Replace(text[8], "(old)", "(new)", 1), 10, strings.Replace(text[10], "(old)", "(new)", 1))
	v := w.judgeBy()
	f.Fuzz(func(t *testing.T, a int, first string, b int, second string) {
		objects := map[int]string{}
		for n, object := range map[int]string{a: first, b: second} {
			if n > 0 && n < 90 {
				objects[n] = object
			}
		}
		data := revised(signed, objects, "")
		checkPages(t, v, data)
	})
}

// checkPages holds that a form passes only while its pages are what was signed.
func checkPages(t *testing.T, v *verify.Verifier, data []byte) {
	t.Helper()
	if v.PDF(t.Context(), "x", data).Verdict != verify.TotalPassed {
		return
	}
	file, err := pades.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	last := len(file.Revisions()) - 1
	for _, n := range []int{2, 3, 5, 9} { // page tree, page, content, font
		was, err := file.Object(0, pades.Ref{Number: n})
		if err != nil {
			t.Fatal(err)
		}
		is, err := file.Object(last, pades.Ref{Number: n})
		if err != nil {
			t.Fatal(err)
		}
		if n != 3 && !bytes.Equal(was.Octets(), is.Octets()) || len(was.Keys()) != len(is.Keys()) {
			t.Errorf("object %d is another, and it passes", n)
		}
	}
}

// sameButHexCase forgives the case of the digits of /Contents, which means nothing in
// documents of others (in our own directories it is a change).
func sameButHexCase(a, b []byte) bool {
	return len(a) >= len(b) && bytes.EqualFold(a[:len(b)], b)
}

// FuzzDetached: no CMS but the one that was made passes over the content.
func FuzzDetached(f *testing.F) {
	w := newWorld(f)
	content := []byte("content")
	p7s := detached(f, w.issue(f, nil), content)
	f.Add(p7s)
	v := &verify.Verifier{Anchors: certs.Anchors{CA: []*x509.Certificate{w.ca.Root().Certificate}}, Revocation: trusting{}, At: signedAt}
	f.Fuzz(func(t *testing.T, data []byte) {
		report, err := v.Detached(t.Context(), "x", data, content)
		if err == nil && report.Verdict == verify.TotalPassed && !bytes.HasPrefix(data, p7s) {
			t.Errorf("another CMS of %d bytes passes", len(data))
		}
	})
}
