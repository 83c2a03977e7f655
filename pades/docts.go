package pades

import (
	"crypto"
	"fmt"
	"slices"
	"strconv"
)

// TimeStampSubFilter is the encoding of document time-stamps (ETSI EN 319
// 142-1, 5.4.3): an RFC 3161 token.
const TimeStampSubFilter = "ETSI.RFC3161"

// DocTimeStampReserve is the room, in bytes, for a document time-stamp where no
// trial token says how large its authority's are.
const DocTimeStampReserve = 12000

// IsTimeStamp says whether the signature is a document time-stamp. The entry
// /Type is optional and changes nothing in how the contents are read (table 252),
// so it does not decide.
func (s *Signature) IsTimeStamp() bool { return s.SubFilter == TimeStampSubFilter }

// TimeStamp is the token in the contents of a document time-stamp, read and
// checked as by [ParseTimeStamp]. Whether it is over the document is for the
// imprint to tell, which has to be the digest of the byte range.
func (s *Signature) TimeStamp() (*TimeStamp, error) {
	token, err := s.Token()
	if err != nil {
		return nil, err
	}
	return ParseTimeStamp(token)
}

// Token is the contents of a signature without their padding: the CMS, or a
// time-stamp token.
func (s *Signature) Token() ([]byte, error) {
	cms, err := ParseCMS(s.Contents)
	if err != nil {
		return nil, err
	}
	return s.Contents[:cms.Length], nil
}

// PrepareTimeStamp draws up the revision that will hold a document time-stamp of
// f (5.4.3) in an invisible field of its own, and the SHA-256 to be stamped: the
// digest of the update, into whose hole [Update.Embed] puts the token. reserve is
// how many bytes that may have.
//
// It refuses what [Prepare] refuses.
func PrepareTimeStamp(f *File, reserve int) (*Update, error) {
	if reserve <= 0 || reserve > maxReserve {
		return nil, fmt.Errorf("%w: %d bytes reserved for the time-stamp", ErrOptions, reserve)
	}
	w, err := extending(f)
	if err != nil {
		return nil, err
	}
	name, err := w.freeName("DocTimeStamp")
	if err != nil {
		return nil, fmt.Errorf("preparing a time-stamp: %w", err)
	}
	w.out = slices.Grow(w.out, 2*reserve+4096)
	signature := Ref{Number: w.number(1)}
	w.begin(signature)
	// No /M: the token states the time (5.4.3).
	w.out = append(w.out, "<< /Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /"+TimeStampSubFilter...)
	hole := w.hole(reserve)
	w.end()
	if err := w.create(signature, SignatureOptions{Field: name}); err != nil {
		return nil, fmt.Errorf("preparing a time-stamp: %w", err)
	}
	w.writeEdited()
	return w.update(hole, crypto.SHA256), nil
}

// freeName is a field name that no field of the document has, the prefix with a
// number: a name given twice makes two signatures one (R-B8).
func (w *revisionWriter) freeName(prefix string) (string, error) {
	taken := map[string]bool{}
	err := w.survey(func(field formField, _ Value) error {
		taken[field.name] = true
		return nil
	})
	for n := 1; ; n++ {
		if name := prefix + strconv.Itoa(n); !taken[name] {
			return name, err
		}
	}
}
