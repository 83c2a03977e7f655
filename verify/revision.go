package verify

import (
	"crypto/sha256"
	"encoding/hex"

	"kytiem/pades"
)

// Revision finds the document as it was signed in one that goes on behind a signature, by
// the SHA-256 that a report gives for it ([Coverage]). By its digest, since two signatures
// can bear one name. It is nil if no signature covers such a revision; the error is about
// a document that cannot be read.
func Revision(data []byte, sum [sha256.Size]byte) ([]byte, error) {
	file, signatures, err := openPDF(data, "")
	if err != nil {
		return nil, err
	}
	signatures = signatures[:min(len(signatures), maxSignatures)]
	d := digests{data: data}
	var ends []int64
	for i := range signatures {
		if coverage, err := file.Coverage(signatures[i]); err == nil && coverage.Extent != pades.Partial {
			ends = append(ends, endOf(signatures[i].ByteRange))
			d.expect(ends[len(ends)-1])
		}
	}
	for _, end := range ends {
		if d.beginning(end) == sum {
			return data[:end:end], nil
		}
	}
	return nil, nil //nolint:nilnil // none is no fault of the document
}

// nameRevisions notes the size and the SHA-256 of what was signed, for each signature that
// covers a whole revision.
func nameRevisions(signatures []Signature, d *digests) {
	var whole []*Coverage
	for i := range signatures {
		if c := signatures[i].Coverage; c.Extent != string(pades.Partial) {
			c.Size = endOf(c.ByteRange)
			d.expect(c.Size)
			whole = append(whole, c)
		}
	}
	for _, c := range whole {
		sum := d.beginning(c.Size)
		c.SHA256 = hex.EncodeToString(sum[:])
	}
}

// endOf is where a byte range of two spans ends.
func endOf(byteRange []int64) int64 { return byteRange[2] + byteRange[3] }
