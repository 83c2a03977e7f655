package verify_test

import (
	"bytes"
	"crypto/x509"
	"testing"

	"kytiem/certs"
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
