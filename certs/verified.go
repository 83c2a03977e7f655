package certs

import (
	"crypto/sha256"
	"sync"
)

// maxVerified bounds the paths that are remembered. Only those that held are, so that filling it takes as many certificates
// of authorities that are trusted here; it is then begun anew.
const maxVerified = 10_000

// VerifiedPaths remembers the paths of which crypto/x509 found once that every signature holds and every name and policy is
// within its constraints. That follows from the bytes of the certificates and from nothing else, and all of them are the
// key, so that no document can say anything about another. What can change is not remembered and asked each time: which
// anchors are trusted, for what and when, the trust domain, the periods of validity, revocation, and the age of algorithms.
// A path that did not hold is checked again.
//
// The zero value is empty, a nil one remembers nothing; both are safe for concurrent use.
type VerifiedPaths struct {
	mu   sync.Mutex
	seen map[[sha256.Size]byte]struct{}
}

// digest is the key of a path: each certificate is a whole element, so that no two paths are the same bytes.
func (p Path) digest() (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, cert := range p {
		h.Write(cert.Raw)
	}
	h.Sum(sum[:0])
	return sum
}

// do reports whether verify found the path to hold, now or before.
func (v *VerifiedPaths) do(p Path, verify func() bool) bool {
	if v == nil {
		return verify()
	}
	key := p.digest()
	v.mu.Lock()
	_, known := v.seen[key]
	v.mu.Unlock()
	if known {
		return true
	}
	if !verify() {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.seen == nil || len(v.seen) >= maxVerified {
		v.seen = make(map[[sha256.Size]byte]struct{})
	}
	v.seen[key] = struct{}{}
	return true
}
