package pades

import (
	"bytes"
	"math"
)

// Extent says how much of the file a signature's byte range covers.
type Extent string

// The extents, as the verification report names them.
const (
	WholeFile     Extent = "WHOLE_FILE"     // everything but the hole
	WholeRevision Extent = "WHOLE_REVISION" // the document as it stood when signed; later revisions follow
	Partial       Extent = "PARTIAL"        // less: nothing is known of what a reader sees
)

// Coverage is what a signature covers.
type Coverage struct {
	Extent   Extent
	Revision int // the last revision covered
}

// maxTail is how much white space may follow the last revision: some programs
// add a line or two, more has no honest reason.
const maxTail = 16

// Coverage checks that the byte range of a signature leaves out its own
// /Contents and nothing else of its revision, by the rules R-B1 (byte range),
// R-B2 (contents), R-B3 (the gap) and R-B5 (the revision). The first one that
// is broken is a *[FormatError], and the extent then Partial.
func (f *File) Coverage(s Signature) (Coverage, error) {
	partial := Coverage{Extent: Partial, Revision: s.Revision}
	for _, rule := range []func(*Signature) error{f.checkByteRange, f.checkContents, f.checkGap, f.checkRevision} {
		if err := rule(&s); err != nil {
			return partial, err
		}
	}
	if f.whiteTail(s.end()) == nil {
		return Coverage{Extent: WholeFile, Revision: s.Revision}, nil
	}
	return Coverage{Extent: WholeRevision, Revision: s.Revision}, nil
}

func (f *File) checkByteRange(s *Signature) error {
	r, at := s.ByteRange, s.dict.Start
	if len(r) != 4 {
		return broken("R-B1", at, "/ByteRange is not an array of four integers")
	}
	switch {
	case r[0] != 0, r[1] <= 0, r[2] <= r[1], r[3] <= 0:
		return broken("R-B1", at, "/ByteRange is not one gap in a range from the beginning of the file")
	case r[2] > math.MaxInt64-r[3] || r[2]+r[3] > int64(len(f.b)):
		return broken("R-B1", at, "/ByteRange reaches beyond the end of the file")
	}
	return nil
}

func (f *File) checkContents(s *Signature) error {
	if len(bytes.Trim(s.Contents, "\x00")) == 0 {
		return broken("R-B2", s.dict.Start, "/Contents is absent, empty or zero, or stands in an object stream")
	}
	return nil
}

func (f *File) checkGap(s *Signature) error {
	b, c := s.ByteRange[1], s.ByteRange[2]
	if b != s.ContentsStart || c != s.ContentsEnd {
		return broken("R-B3", b, "the gap of /ByteRange is not the value of /Contents")
	}
	token := f.b[b:c]
	if token[0] != '<' || token[len(token)-1] != '>' || len(token)%2 != 0 {
		return broken("R-B3", b, "/Contents is not a hexadecimal string of whole bytes")
	}
	for _, d := range token[1 : len(token)-1] {
		if !isDigit(d) && (d|0x20 < 'a' || d|0x20 > 'f') {
			return broken("R-B3", b, "/Contents holds other characters than hexadecimal digits")
		}
	}
	return nil
}

// checkRevision sees to it that the signature covers the revision that holds
// it: its dictionary, and the section that lists it, to the end. That the
// dictionary lies in the revision is known from its lookup (rule R-P3).
func (f *File) checkRevision(s *Signature) error {
	r := &f.revisions[s.Revision]
	end := s.end()
	// Some programs leave the last end-of-line marker unsigned, or write more white space and
	// sign that.
	if end < r.End-r.eol || end > r.End+maxTail || end > r.End && len(bytes.Trim(f.b[r.End:end], "\r\n ")) > 0 {
		return broken("R-B5", end, "/ByteRange does not end where its revision ends")
	}
	if s.obj.start < r.start || s.obj.end > end {
		return broken("R-B5", s.obj.start, "a signature dictionary outside the revision it signs")
	}
	return nil
}

// whiteTail checks that nothing but a few bytes of white space stands from an
// offset to the end of the file (rule R-P5).
func (f *File) whiteTail(from int64) error {
	tail := f.b[from:]
	switch {
	case len(bytes.Trim(tail, "\x00\t\n\f\r ")) > 0:
		return broken(ruleBytes, from, "more than white space after the end of the document")
	case len(tail) > maxTail || len(bytes.Trim(tail, "\r\n ")) > 0:
		return doubtful(ruleBytes, from, "more than a little white space after the end of the document")
	}
	return nil
}

// Padding reports whether what follows the first n bytes of the contents, the
// length of the CMS, is all zero (rule R-B4): other bytes would be an unsigned
// place to hide things in.
func (f *File) Padding(s Signature, n int) bool {
	return n >= 0 && n <= len(s.Contents) && len(bytes.TrimLeft(s.Contents[n:], "\x00")) == 0
}

// CanonicalContents reports whether the contents are written as [Update.Embed]
// writes them, in lower-case digits without blanks. The gap is not signed, so
// in a document of our own this shows a changed letter.
func (f *File) CanonicalContents(s Signature) bool {
	token := f.b[s.ContentsStart:s.ContentsEnd]
	if len(token) != 2*len(s.Contents)+2 {
		return false
	}
	return !bytes.ContainsAny(token, "ABCDEF")
}

// Nested checks that every signature contains the ones listed before it whole (rule
// R-B6): two signatures that end together or cross cannot both have been made over
// what the other left. It answers in the order of the list, nil for a signature that
// does. Byte ranges must have passed [File.Coverage]; others are passed over.
func Nested(sigs []Signature) []error {
	faults := make([]error, len(sigs))
	var covered int64 // the farthest end so far: one pass, however many signatures a hostile file claims
	for i := range sigs {
		s := &sigs[i]
		if len(s.ByteRange) != 4 {
			continue
		}
		if covered > s.ByteRange[1] {
			faults[i] = broken("R-B6", s.ContentsStart, "a signature that does not contain the ones before it")
		}
		covered = max(covered, s.end())
	}
	return faults
}
