package verify_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"kytiem/verify"
)

// TestRevision takes what each of two people signed out of the file that came of it, by
// the digests in the report.
func TestRevision(t *testing.T) {
	e := newEpoch(t, signedAt)
	by := e.issue(t, nil)
	first := signPDF(t, by, "one", page(t), signedAt)
	second := signPDF(t, by, "two", first, signedAt)
	final := appendDSS(t, second, e.evidence(t, e.pathOf(by)))
	r := e.v.PDF(t.Context(), "x.pdf", final)
	if len(r.Signatures) != 2 {
		t.Fatalf("%d signatures, want 2", len(r.Signatures))
	}
	for i, want := range [][]byte{first, second} {
		c := r.Signatures[i].Coverage
		sum := sha256.Sum256(want)
		if c.SHA256 != hex.EncodeToString(sum[:]) || c.Size != int64(len(want)) {
			t.Errorf("report on %s: %d bytes of SHA-256 %s, want %d of %x", r.Signatures[i].ID, c.Size, c.SHA256, len(want), sum)
		}
		if got, err := verify.Revision(final, sum); err != nil || !bytes.Equal(got, want) {
			t.Errorf("revision of %s: %d bytes (%v), want %d", r.Signatures[i].ID, len(got), err, len(want))
		}
	}
	for name, data := range map[string][]byte{"whole file": final, "nobody's": page(t)} { // which nobody signed
		if got, err := verify.Revision(final, sha256.Sum256(data)); got != nil || err != nil {
			t.Errorf("%s: got %d bytes (%v), want none", name, len(got), err)
		}
	}
	if _, err := verify.Revision([]byte("%PDF-1.7"), sha256.Sum256(nil)); err == nil {
		t.Error("a revision of what is no document")
	}
	partial := bytes.Replace(first, []byte("/ByteRange [0 "), []byte("/ByteRange [1 "), 1)
	if c := e.v.PDF(t.Context(), "x.pdf", partial).Signatures[0].Coverage; c.Size != 0 || c.SHA256 != "" {
		t.Errorf("a signature over less than a revision names one: %+v", c)
	}
}
