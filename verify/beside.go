package verify

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"errors"
)

// beside is what lies beside a signature: the content, its SHA-256 alone, or nothing.
type beside struct {
	content []byte
	sum     *[sha256.Size]byte
}

// foreign reports whether a signature that carries content carries another one than what
// lies beside it.
func (b beside) foreign(carried []byte) bool {
	switch {
	case carried == nil:
		return false
	case b.sum != nil:
		return sha256.Sum256(carried) != *b.sum
	}
	return b.content != nil && !bytes.Equal(carried, b.content)
}

// digest is that of the content.
func (b beside) digest(hash crypto.Hash) ([]byte, error) {
	switch {
	case b.content != nil:
		h := hash.New()
		h.Write(b.content)
		return h.Sum(nil), nil
	case b.sum == nil:
		return nil, errors.New("no content beside the signature")
	case hash != crypto.SHA256:
		return nil, errors.New("the SHA-256 of the content is known, and the signature is over another digest")
	}
	return b.sum[:], nil
}
