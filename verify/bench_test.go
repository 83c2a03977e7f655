package verify_test

import (
	"fmt"
	"testing"

	"github.com/jung-kurt/gofpdf"

	"kytiem/certs"
	"kytiem/verify"
)

// BenchmarkPDF judges a document of 150 KB of a signer who has signed before, with what it carries at hand: B-B with a
// source that answers from memory, LT and LTA with what is in them; and one of 25
// signatures over 50 revisions.
func BenchmarkPDF(b *testing.B) {
	e := newEpoch(b, signedAt)
	e.v.Anchors.Verified = &certs.VerifiedPaths{}
	by := e.issue(b, nil)
	document := pages(b, 150_000)
	signed := signPDF(b, by, "one", document, signedAt)
	many := document
	for n := range 25 {
		many = signPDF(b, by, fmt.Sprintf("s%d", n), many, signedAt)
		many = appendDSS(b, many, e.evidence(b, e.pathOf(e.issue(b, nil))))
	}
	for _, test := range []struct {
		name     string
		document []byte
	}{
		{"B", signed},
		{"LT", e.raise(b, by, signed, levelLT)},
		{"LTA", e.raise(b, by, signed, levelLTA)},
		{"25 signatures", many},
	} {
		b.Run(test.name, func(b *testing.B) {
			if got := e.v.PDF(b.Context(), "x", test.document); got.Verdict != verify.TotalPassed {
				b.Fatalf("%s: %s", got.Verdict, faults(got))
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(test.document)))
			for b.Loop() {
				e.v.PDF(b.Context(), "x", test.document)
			}
		})
	}
}

// pages is a document of about so many bytes.
func pages(t testing.TB, size int) []byte {
	t.Helper()
	pdf := gofpdf.New("P", "mm", "A4", "")
	pdf.SetCompression(false)
	pdf.SetFont("Helvetica", "", 10)
	for written := 0; written < size; {
		pdf.AddPage()
		for y := 10.0; y < 280 && written < size; y += 5 {
			line := fmt.Sprintf("%08d 0123456789 0123456789 0123456789 0123456789", written)
			pdf.Text(10, y, line)
			written += len(line) + 40
		}
	}
	return output(t, pdf)
}
