package pades

import (
	"crypto"
	_ "crypto/sha512" // crypto.SHA384 and crypto.SHA512 of SignatureOptions
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// SubFilter is the encoding of the signatures written here (ETSI EN 319 142-1,
// 4.1): a detached CAdES signature.
const SubFilter = "ETSI.CAdES.detached"

// SignatureOptions say what signature [Prepare] makes room for.
type SignatureOptions struct {
	// Field is the fully qualified name of the field to sign. An empty field of
	// that name is filled and keeps its page and rectangle; if there is none,
	// one is made at Page and Rect.
	Field string
	Page  int        // counted from 1; 0 means the first
	Rect  [4]float64 // left, bottom, right, top in points; zero makes it invisible

	// Time is the claimed time of signing, written with its offset from UTC.
	Time                                time.Time
	Name, Reason, Location, ContactInfo string // UTF-8 of at most 1024 bytes; left out if empty

	// Appearance is what a field with a rectangle shows; nil leaves it bare.
	Appearance *Appearance
	// Reserve is how many bytes the CMS may have, at most 1 MB. Too few means
	// asking the signer again.
	Reserve int
	// Hash digests the byte range; zero means SHA-256.
	Hash crypto.Hash
}

// maxText bounds each text of a signature dictionary, and the field's name.
const maxText = 1024

// maxReserve bounds the hole: it is hashed by nobody and hides nothing, but
// every copy of the document carries it.
const maxReserve = 1 << 20

func (o *SignatureOptions) check() error {
	switch {
	case o.Field == "":
		return fmt.Errorf("%w: no field name", ErrOptions)
	case o.Time.IsZero() || o.Time.Year() < 1 || o.Time.Year() > 9999:
		return fmt.Errorf("%w: no time of signing", ErrOptions) // EN 319 142-1, 6.3: /M shall be present
	case o.Reserve <= 0 || o.Reserve > maxReserve:
		return fmt.Errorf("%w: %d bytes reserved for the CMS", ErrOptions, o.Reserve)
	case o.Hash != crypto.SHA256 && o.Hash != crypto.SHA384 && o.Hash != crypto.SHA512:
		return fmt.Errorf("%w: not a hash for signatures", ErrOptions)
	}
	for _, text := range []string{o.Field, o.Name, o.Reason, o.Location, o.ContactInfo} {
		// What is not UTF-8 would be signed as something else than was given.
		if len(text) > maxText || !utf8.ValidString(text) {
			return fmt.Errorf("%w: a text that is too long, or not UTF-8", ErrOptions)
		}
	}
	for _, x := range o.Rect {
		if math.IsNaN(x) || math.Abs(x) > 1e6 {
			return fmt.Errorf("%w: a rectangle beyond any page", ErrOptions)
		}
	}
	return nil
}

// Prepare draws up the revision that will hold a signature of f, and the digest
// to be signed. It changes nothing: what it returns is appended by
// [Update.Embed] once the signature is there.
//
// Refused are encrypted documents ([ErrEncrypted]), those that do not end in
// %%EOF and its end of line, allow no change, or hold signatures in object
// streams ([ErrUnextendable]), filled fields ([ErrFieldFilled]) and fields that
// are none for a signature, or constrain it in ways not honoured here
// ([ErrField]).
func Prepare(f *File, o SignatureOptions) (*Update, error) {
	if o.Hash == 0 {
		o.Hash = crypto.SHA256
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	w, err := extending(f)
	if err != nil {
		return nil, err
	}
	w.out = slices.Grow(w.out, o.room())
	field, err := w.findField(o.Field)
	if err != nil {
		return nil, fmt.Errorf("preparing a signature: %w", err)
	}
	signature := Ref{Number: w.number(1)}
	w.begin(signature)
	w.dictionary(o)
	hole := w.hole(o.Reserve)
	w.end()
	if field != nil {
		err = w.fill(field, signature, o)
	} else {
		err = w.create(signature, o)
	}
	if err != nil {
		return nil, fmt.Errorf("preparing a signature: %w", err)
	}
	w.writeEdited()
	return w.update(hole, o.Hash), nil
}

// extending begins a revision of a document that can have one.
func extending(f *File) (*revisionWriter, error) {
	if f.Encrypted() {
		return nil, ErrEncrypted
	}
	if len(f.Tail()) > 0 {
		return nil, fmt.Errorf("%w: it goes on after its last revision", ErrUnextendable)
	}
	return newRevisionWriter(f), nil
}

// update ends the revision and digests what its byte range covers.
func (w *revisionWriter) update(h signatureHole, hash crypto.Hash) *Update {
	sum := newDigests(hash)
	sum.base(w.f.b)
	w.finish(sum.revision[:])
	u := &Update{Base: sum.revision, BaseSize: int64(len(w.f.b)), Suffix: w.out, Reserve: h.reserve, Hash: hash}
	u.ByteRange = [4]int64{0, h.contents, h.contents + int64(2*h.reserve) + 2, 0}
	u.ByteRange[3] = w.at() - u.ByteRange[2]
	copy(w.out[h.byteRange:], fmt.Appendf(nil, "[0 %d %d %d]", u.ByteRange[1], u.ByteRange[2], u.ByteRange[3]))
	u.Digest = sum.suffix(u.signedSuffix())
	return u
}

// room is about how many bytes the revision will have: the hole is by far the most of it,
// and growing over it step by step copies it several times.
func (o *SignatureOptions) room() int {
	room := 2*o.Reserve + 4096
	if o.Appearance != nil {
		room += len(o.Appearance.content)
	}
	return room
}

// byteRangeWidth has room for three offsets of ten digits.
const byteRangeWidth = len("[0 1234567890 1234567890 1234567890]")

// dictionary begins the signature dictionary (table 252), which [revisionWriter.hole] ends.
func (w *revisionWriter) dictionary(o SignatureOptions) {
	w.out = append(w.out, "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /"+SubFilter+" /M ("...)
	w.out = appendDate(w.out, o.Time)
	w.out = append(w.out, ')')
	for _, t := range []struct{ key, text string }{
		{"Name", o.Name}, {"Reason", o.Reason}, {"Location", o.Location}, {"ContactInfo", o.ContactInfo},
	} {
		if t.text != "" {
			w.out = appendText(append(w.out, " /"+t.key+" "...), t.text)
		}
	}
}

// signatureHole is where a signature dictionary waits for its contents, and for
// the numbers of its byte range: remembered, since searching for them could find
// another's.
type signatureHole struct {
	contents  int64 // offset in the file
	byteRange int   // offset in the output
	reserve   int
}

// hole ends a signature dictionary with an empty byte range and empty contents.
func (w *revisionWriter) hole(reserve int) signatureHole {
	w.out = append(w.out, " /ByteRange "...)
	h := signatureHole{byteRange: len(w.out), reserve: reserve}
	w.out = append(w.out, strings.Repeat(" ", byteRangeWidth)...)
	w.out = append(w.out, " /Contents "...)
	h.contents = w.at()
	w.out = append(appendHole(w.out, reserve), " >>"...)
	return h
}

// appendDate writes a date (7.9.4).
func appendDate(b []byte, t time.Time) []byte {
	_, offset := t.Zone()
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	b = t.AppendFormat(append(b, "D:"...), "20060102150405")
	return fmt.Appendf(b, "%c%02d'%02d'", sign, offset/3600, offset/60%60)
}
