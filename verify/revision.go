package verify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

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
	var ends []int64
	for i := range signatures {
		if coverage, err := file.Coverage(signatures[i]); err == nil && coverage.Extent != pades.Partial {
			ends = append(ends, endOf(signatures[i].ByteRange))
		}
	}
	slices.Sort(ends)
	for i, found := range beginnings(data, ends) {
		if found == sum {
			return data[:ends[i]:ends[i]], nil
		}
	}
	return nil, nil //nolint:nilnil // none is no fault of the document
}

// nameRevisions notes the size and the SHA-256 of what was signed, for each signature that
// covers a whole revision.
func nameRevisions(signatures []Signature, data []byte) {
	var whole []*Coverage
	for i := range signatures {
		if c := signatures[i].Coverage; c.Extent != string(pades.Partial) {
			c.Size = endOf(c.ByteRange)
			whole = append(whole, c)
		}
	}
	slices.SortFunc(whole, func(a, b *Coverage) int { return cmp.Compare(a.Size, b.Size) })
	ends := make([]int64, len(whole))
	for i, c := range whole {
		ends[i] = c.Size
	}
	for i, sum := range beginnings(data, ends) {
		whole[i].SHA256 = hex.EncodeToString(sum[:])
	}
}

// endOf is where a byte range of two spans ends.
func endOf(byteRange []int64) int64 { return byteRange[2] + byteRange[3] }

// beginnings are the SHA-256 of data up to each of the ends, which are in order. Revisions
// begin with those before them: one pass serves all, however many signatures there are.
func beginnings(data []byte, ends []int64) [][sha256.Size]byte {
	sums := make([][sha256.Size]byte, len(ends))
	h, at := sha256.New(), int64(0)
	for i, end := range ends {
		h.Write(data[at:end])
		h.Sum(sums[i][:0]) // and goes on from there
		at = end
	}
	return sums
}
