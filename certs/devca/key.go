package devca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"sync"
)

// subjectKeys are the keys that authorities share, by kind, in the order in which each gives them away: see
// Options.FreshKeys.
type subjectKeys struct {
	mu     sync.Mutex
	byKind map[string][]crypto.Signer
}

// processSubjects is the shared set.
var processSubjects = subjectKeys{byKind: make(map[string][]crypto.Signer)}

// key gives the nth key of a kind.
func (s *subjectKeys) key(kind string, n int) (crypto.Signer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.byKind[kind]) <= n {
		key, err := newKey(kind)
		if err != nil {
			return nil, err
		}
		s.byKind[kind] = append(s.byKind[kind], key)
	}
	return s.byKind[kind][n], nil
}

// subjectKey is a key that nobody has whom this authority certified.
func (ca *CA) subjectKey(kind string) (crypto.Signer, error) {
	if ca.ownKeys() {
		return newKey(kind)
	}
	ca.mu.Lock()
	n := ca.certified[kind]
	ca.certified[kind]++
	ca.mu.Unlock()
	return processSubjects.key(kind, n)
}

func newKey(kind string) (crypto.Signer, error) {
	switch kind {
	case "", "rsa2048":
		return rsa.GenerateKey(rand.Reader, 2048)
	case "rsa3072":
		return rsa.GenerateKey(rand.Reader, 3072)
	case "rsa1024":
		return rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // weak on purpose: for tests that it is refused
	case "p256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "p384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	}
	return nil, fmt.Errorf("key kind %q is none of rsa1024 rsa2048 rsa3072 p256 p384", kind)
}
