package certs

import (
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"time"
)

// onlyPath is the path from leaf where there is no choice, as nearly always: one certificate bears each issuer's name. It
// is nil where there is a choice, or where the path does not hold or crosses from one trust domain into another, and the
// search says why. What the search would find out on each link before it goes on, crypto/x509 finds out about the whole
// path, so that no signature is checked twice.
func (s *search) onlyPath(leaf *x509.Certificate, at time.Time) Path {
	path := Path{leaf}
	for len(path) < maxPathLength {
		last := path[len(path)-1]
		anchors := s.anchors[string(last.RawIssuer)]
		var next *x509.Certificate
		candidates := len(anchors)
		if candidates == 1 {
			next = anchors[0]
		}
		anchored := candidates > 0
		for _, cert := range s.pool[string(last.RawIssuer)] {
			if slices.ContainsFunc(anchors, cert.Equal) || path.has(cert) {
				continue
			}
			candidates, next = candidates+1, cert
		}
		if candidates != 1 {
			return nil
		}
		if key, ok := next.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxRSABits {
			return nil
		}
		path = append(path, next)
		if anchored {
			if s.crosses(path[:len(path)-1], next) >= 0 || path.check(at, s.verified) != nil {
				return nil
			}
			return path
		}
	}
	return nil
}
