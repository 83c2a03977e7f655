package pades

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"
)

// Sum is a SHA-256. As text it is hexadecimal.
type Sum [sha256.Size]byte

func (s Sum) String() string { return hex.EncodeToString(s[:]) }

// MarshalText implements encoding.TextMarshaler.
func (s Sum) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, s[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Sum) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(s)) {
		return fmt.Errorf("a SHA-256 of %d digits", len(text))
	}
	_, err := hex.Decode(s[:], text)
	return err
}

// Update is a prepared revision: what is kept between the two steps of
// signing. It holds nothing of the document it extends but its hash.
type Update struct {
	Base      Sum         // of the revision extended
	BaseSize  int64       // its length
	Suffix    []byte      // what is appended to it, the hole filled with zeros
	ByteRange [4]int64    // as in the signature dictionary
	Hash      crypto.Hash // of Digest
	Digest    []byte      // over the byte range: the CMS's message digest
	Reserve   int         // how many bytes the CMS may have
}

// digests hashes a base and a suffix in one pass: the state at the end of the
// base gives its hash, and goes on into the suffix.
type digests struct {
	ranged   hash.Hash
	revision Sum
}

func newDigests(h crypto.Hash) *digests { return &digests{ranged: h.New()} }

func (d *digests) base(b []byte) {
	d.ranged.Write(b)
	if d.ranged.Size() == sha256.Size {
		copy(d.revision[:], d.ranged.Sum(nil)) // Sum leaves the state as it is
		return
	}
	d.revision = sha256.Sum256(b)
}

func (d *digests) suffix(parts ...[]byte) []byte {
	for _, part := range parts {
		d.ranged.Write(part)
	}
	return d.ranged.Sum(nil)
}

// signedSuffix is what the byte range covers of the suffix: before and after
// the hole.
func (u *Update) signedSuffix() (before, after []byte) {
	return u.Suffix[:u.ByteRange[1]-u.BaseSize], u.Suffix[u.ByteRange[2]-u.BaseSize:]
}

// check sees to it that what was stored is a whole: an update is read back
// from a database, and wrong numbers must not reach into a slice.
func (u *Update) check() error {
	start, end := u.ByteRange[1]-u.BaseSize, u.ByteRange[2]-u.BaseSize
	size := int64(len(u.Suffix))
	switch {
	case u.BaseSize < 0 || u.ByteRange[0] != 0 || start < 0 || end <= start || end > size || u.ByteRange[3] != size-end,
		u.Reserve <= 0 || u.Reserve > maxReserve || end-start != int64(2*u.Reserve)+2,
		u.Suffix[start] != '<' || u.Suffix[end-1] != '>',
		u.Hash != crypto.SHA256 && u.Hash != crypto.SHA384 && u.Hash != crypto.SHA512:
		return ErrUpdateChanged
	}
	return nil
}

// storedUpdate is an update as it is stored: without its hole, which is zeros and most of
// it.
type storedUpdate struct {
	Base          Sum
	BaseSize      int64
	Before, After []byte // what the byte range covers of the suffix
	ByteRange     [4]int64
	Hash          crypto.Hash
	Digest        []byte
	Reserve       int
}

// MarshalJSON implements [encoding/json.Marshaler].
func (u *Update) MarshalJSON() ([]byte, error) {
	if err := u.check(); err != nil {
		return nil, err
	}
	before, after := u.signedSuffix()
	return json.Marshal(storedUpdate{u.Base, u.BaseSize, before, after, u.ByteRange, u.Hash, u.Digest, u.Reserve})
}

// UnmarshalJSON implements [encoding/json.Unmarshaler]. Numbers that do not fit each
// other are [ErrUpdateChanged].
func (u *Update) UnmarshalJSON(text []byte) error {
	var s storedUpdate
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	if s.Reserve <= 0 || s.Reserve > maxReserve {
		return ErrUpdateChanged
	}
	suffix := make([]byte, 0, len(s.Before)+2*s.Reserve+2+len(s.After))
	suffix = appendHole(append(suffix, s.Before...), s.Reserve)
	*u = Update{s.Base, s.BaseSize, append(suffix, s.After...), s.ByteRange, s.Hash, s.Digest, s.Reserve}
	return u.check()
}

// SignedBytes are the bytes whose digest is u.Digest, for a signing side that
// wants to see them. base is the document that was prepared; that it is the
// same is for the reader's digest to tell.
func (u *Update) SignedBytes(base []byte) (io.Reader, error) {
	if err := u.check(); err != nil {
		return nil, err
	}
	if int64(len(base)) != u.BaseSize {
		return nil, ErrRevisionChanged
	}
	before, after := u.signedSuffix()
	return io.MultiReader(bytes.NewReader(base), bytes.NewReader(before), bytes.NewReader(after)), nil
}

// Embed appends the update to the document that was prepared, with the CMS in
// its hole, and is the whole signed document. It refuses another document
// ([ErrRevisionChanged]), an update that is not the one whose digest was signed
// ([ErrUpdateChanged]), and a CMS larger than the hole ([ErrTooLarge]). Whether
// the CMS is a signature of that digest is for the caller to know.
func (u *Update) Embed(base, cms []byte) ([]byte, error) {
	if err := u.check(); err != nil {
		return nil, err
	}
	if len(cms) > u.Reserve {
		return nil, fmt.Errorf("%w: %d bytes of %d", ErrTooLarge, len(cms), u.Reserve)
	}
	if len(cms) == 0 {
		return nil, fmt.Errorf("%w: no CMS", ErrOptions)
	}
	if int64(len(base)) != u.BaseSize {
		return nil, ErrRevisionChanged
	}
	sum := newDigests(u.Hash)
	sum.base(base)
	if sum.revision != u.Base {
		return nil, ErrRevisionChanged
	}
	if !bytes.Equal(sum.suffix(u.signedSuffix()), u.Digest) {
		return nil, ErrUpdateChanged
	}
	signed := make([]byte, len(base)+len(u.Suffix)) // the runtime does not clear what is copied over at once, as slices.Concat does
	copy(signed, base)
	copy(signed[len(base):], u.Suffix)
	embedContents(signed[u.ByteRange[1]+1:u.ByteRange[2]-1], cms)
	return signed, nil
}

// embedContents writes a CMS between the angle brackets of a hole. Zeros come first: a
// shorter CMS over a longer one would leave its end behind.
func embedContents(hole, cms []byte) {
	fillZeros(hole)
	hex.Encode(hole, cms)
}

// appendHole writes contents of zeros, with room for a CMS of so many bytes.
func appendHole(b []byte, reserve int) []byte {
	b = append(slices.Grow(b, 2*reserve+2), '<')
	digits := b[len(b) : len(b)+2*reserve]
	fillZeros(digits)
	return append(b[:len(b)+len(digits)], '>')
}

// fillZeros writes the digit zero all over b, doubling what is written.
func fillZeros(b []byte) {
	const zeros = "0000000000000000000000000000000000000000000000000000000000000000"
	for n := copy(b, zeros); n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}
