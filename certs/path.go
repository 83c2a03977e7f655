package certs

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Why there is no acceptable path, beside ErrExpired, ErrNotYetValid and ErrWeak.
var (
	ErrNoPath      = errors.New("no path to a trust anchor") // NO_CERTIFICATE_CHAIN_FOUND
	ErrConstraints = errors.New("constraint of the certification path violated")
)

// Limits on the search. The pool comes from the document being judged: cross-certificates of one name make the number of
// paths exponential, and each link costs a signature check.
const (
	maxPathLength      = 8
	maxPaths           = 16
	maxSignatureChecks = 100

	// maxRSABits bounds an issuer's key: a hundred checks with keys of 100,000 bits, all of the document's own making, take
	// minutes. Authorities have 4,096.
	maxRSABits = 8192
)

// Path is a certification path: the certificate in question first, each next one the issuer of the one before, a trust
// anchor last. An anchor judged itself is a path of one.
type Path []*x509.Certificate

// LinkError says which certificate of the best path found makes it unacceptable.
type LinkError struct {
	Path  Path  // complete up to an anchor; not to be trusted
	Index int   // of the certificate at fault in Path; 0 is the leaf
	Err   error // wraps ErrExpired, ErrNotYetValid, ErrConstraints, ErrWeak or ErrClosed
}

func (e *LinkError) Error() string {
	if e.Index == 0 {
		return fmt.Sprintf("leaf: %v", e.Err)
	}
	return fmt.Sprintf("issuer %d of the leaf: %v", e.Index, e.Err)
}

func (e *LinkError) Unwrap() error { return e.Err }

// Paths builds the certification paths from leaf over certificates of pool to one of anchors that hold at the time at
// (RFC 5280, 6.1; shell model: every certificate is valid at that one time), shortest first. The pool needs no order and
// confers no trust.
//
// Checked are signatures (SHA-2 only), validity, CA flag, path length, keyCertSign, name constraints, policy constraints,
// critical extensions and the key sizes of the issuers; not the leaf's key ([CheckStrength]), its usage ([CheckUsage]), nor
// revocation ([PathRevocation]). Without a path to an anchor the error is ErrNoPath; with none that holds it is a
// *LinkError about the one that comes closest.
//
// It knows nothing of purposes, periods and trust domains: that is [Anchors.Paths].
func Paths(leaf *x509.Certificate, pool, anchors []*x509.Certificate, at time.Time) ([]Path, error) {
	return (&search{}).paths(leaf, pool, anchors, at)
}

// paths is Paths within the borders of trust domains.
func (s *search) paths(leaf *x509.Certificate, pool, anchors []*x509.Certificate, at time.Time) ([]Path, error) {
	if slices.ContainsFunc(anchors, leaf.Equal) {
		path := Path{leaf}
		if err := path.check(at, s.verified); err != nil {
			return nil, err
		}
		return []Path{path}, nil
	}

	s.anchors, s.pool, s.checks = bySubject(anchors), bySubject(pool), maxSignatureChecks
	if path := s.onlyPath(leaf, at); path != nil {
		return []Path{path}, nil
	}
	s.extend(Path{leaf}, nil)

	var good []Path
	var closest *LinkError
	for _, candidate := range s.found {
		flaw := candidate.flaw
		if flaw == nil {
			flaw = candidate.path.check(at, s.verified)
		}
		switch {
		case flaw == nil:
			good = append(good, candidate.path)
		case closest == nil || closeness(flaw) > closeness(closest):
			flaw.Path = candidate.path
			closest = flaw
		}
	}
	switch {
	case len(good) > 0:
		slices.SortStableFunc(good, func(a, b Path) int { return len(a) - len(b) })
		return good, nil
	case closest != nil:
		return nil, closest
	}
	return nil, fmt.Errorf("certificate %s: %w", Serial(leaf), ErrNoPath)
}

// closeness ranks refused paths: out of date says most about the certificate, weak the least.
func closeness(flaw *LinkError) int {
	switch {
	case errors.Is(flaw, ErrWeak):
		return 0
	case errors.Is(flaw, ErrConstraints):
		return 1
	}
	return 2
}

type candidate struct {
	path Path
	flaw *LinkError // found on a link while searching
}

// search walks from a leaf towards the anchors, depth first.
type search struct {
	anchors, pool map[string][]*x509.Certificate
	borders       map[identity]Domain
	verified      *VerifiedPaths
	checks        int // signature checks left
	found         []candidate
}

func bySubject(certs []*x509.Certificate) map[string][]*x509.Certificate {
	index := make(map[string][]*x509.Certificate, len(certs))
	for _, cert := range distinct(certs) {
		index[string(cert.RawSubject)] = append(index[string(cert.RawSubject)], cert)
	}
	return index
}

func (s *search) extend(path Path, flaw *LinkError) {
	last := path[len(path)-1]
	anchors := s.anchors[string(last.RawIssuer)] // RFC 5280, 6.1.3 (a)(4)
	for _, anchor := range anchors {
		if linked, next := s.link(path, anchor, flaw); linked && len(s.found) < maxPaths {
			if i := s.crosses(path, anchor); i >= 0 && next == nil {
				next = &LinkError{Index: i, Err: fmt.Errorf("certificate %s is an anchor of another trust domain: %w", Serial(path[i]), ErrConstraints)}
			}
			s.found = append(s.found, candidate{append(slices.Clone(path), anchor), next})
		}
	}
	if len(path)+1 >= maxPathLength {
		return
	}
	for _, cert := range s.pool[string(last.RawIssuer)] {
		if slices.ContainsFunc(anchors, cert.Equal) || path.has(cert) {
			continue
		}
		if linked, next := s.link(path, cert, flaw); linked {
			s.extend(append(slices.Clone(path), cert), next)
		}
	}
}

// has knows a certificate again by name and key too: a CA re-certified under the same key leads nowhere new.
func (p Path) has(cert *x509.Certificate) bool {
	return slices.ContainsFunc(p, func(c *x509.Certificate) bool {
		return bytes.Equal(c.RawSubject, cert.RawSubject) && bytes.Equal(c.RawSubjectPublicKeyInfo, cert.RawSubjectPublicKeyInfo)
	})
}

// link says whether parent's key signed the last certificate of path (RFC 5280, 6.1.3 (a)(1)), and the path's first flaw
// so far. A flawed link is followed all the same: the path explains a refusal better than its absence.
func (s *search) link(path Path, parent *x509.Certificate, flaw *LinkError) (bool, *LinkError) {
	if s.checks == 0 {
		return false, nil
	}
	s.checks--
	child := path[len(path)-1]
	if key, ok := parent.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxRSABits {
		return false, nil
	}
	refusal := child.CheckSignatureFrom(parent)
	if refusal == nil {
		return true, flaw
	}
	var insecure x509.InsecureAlgorithmError
	var constraint x509.ConstraintViolationError
	if !errors.As(refusal, &insecure) && !errors.As(refusal, &constraint) {
		return false, nil // the mathematics, which is not done twice
	}
	// Here SHA-1 is computed and keyUsage ignored, only to know that the two belong together.
	related := parent.CheckSignature(child.SignatureAlgorithm, child.RawTBSCertificate, child.Signature) == nil
	if !related {
		return false, nil
	}
	if flaw != nil {
		return true, flaw
	}
	// Thông tư 15/2025/TT-BKHCN, Phụ lục I. MD5 is not even computed above: it ends as no path.
	if errors.As(refusal, &insecure) {
		return true, &LinkError{Index: len(path) - 1,
			Err: fmt.Errorf("certificate %s, signature algorithm %s: %w", Serial(child), child.SignatureAlgorithm, ErrWeak)}
	}
	// RFC 5280, 6.1.4 (k) and (n): no CA, or a keyUsage without keyCertSign.
	return true, &LinkError{Index: len(path),
		Err: fmt.Errorf("certificate %s may not issue certificates: %w", Serial(parent), ErrConstraints)}
}

// check judges a path. Its signatures are checked last, by crypto/x509, and before by the search where there is a choice;
// not again where they were found to hold. Time comes after structure, so that ErrExpired means that nothing but time (and perhaps a name or policy constraint) is
// wrong.
func (p Path) check(at time.Time, verified *VerifiedPaths) *LinkError {
	for i, cert := range p {
		if err := p.checkStructure(i); err != nil {
			return &LinkError{Path: p, Index: i, Err: fmt.Errorf("certificate %s: %w", Serial(cert), err)}
		}
	}
	for i, cert := range p {
		if err := CheckValidity(cert, at); err != nil { // RFC 5280, 6.1.3 (a)(2)
			return &LinkError{Path: p, Index: i, Err: err}
		}
	}
	// RFC 5280, 6.1.3 (b)–(f), 6.1.4 (a)–(j): names and policies, by crypto/x509. Its error texts may quote names.
	if !verified.do(p, func() bool { return p.verified(at) }) {
		return &LinkError{Path: p, Index: 0,
			Err: fmt.Errorf("certificate %s, name or policy constraint: %w", Serial(p[0]), ErrConstraints)}
	}
	return nil
}

func (p Path) checkStructure(i int) error {
	cert, anchor := p[i], i == len(p)-1
	if len(unhandledCritical(cert)) > 0 { // RFC 5280, 4.2 and 6.1.4 (o)
		return fmt.Errorf("unknown critical extension: %w", ErrConstraints)
	}
	if i == 0 {
		return nil
	}
	if err := checkKey(cert); err != nil { // Thông tư 15/2025/TT-BKHCN, Phụ lục II, 1.3
		return err
	}
	// RFC 5280, 6.1.4 (k). A version 1 certificate has no such flag; it can only be an anchor, by the operator's word.
	if !cert.IsCA && !(anchor && cert.Version == 1) {
		return fmt.Errorf("not a certification authority: %w", ErrConstraints)
	}
	if cert.MaxPathLen >= 0 && cert.BasicConstraintsValid && i-1 > cert.MaxPathLen { // RFC 5280, 6.1.4 (l) and (m)
		return fmt.Errorf("path longer than it allows: %w", ErrConstraints)
	}
	return nil
}

// unhandledCritical lists the critical extensions that nobody here understands. QCStatements (RFC 3739, 3.2.6) states
// what the certificate is, and restricts nothing that we check.
func unhandledCritical(cert *x509.Certificate) []asn1.ObjectIdentifier {
	return slices.DeleteFunc(slices.Clone(cert.UnhandledCriticalExtensions), func(id asn1.ObjectIdentifier) bool {
		return id.String() == "1.3.6.1.5.5.7.1.3"
	})
}

// verified has crypto/x509 validate exactly this path.
func (p Path) verified(at time.Time) bool {
	options := x509.VerifyOptions{
		Roots:         x509.NewCertPool(), // never nil, which would mean the machine's own roots
		Intermediates: x509.NewCertPool(),
		CurrentTime:   at,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	// Copies: crypto/x509 refuses QCStatements, and the originals are shared.
	copies := make([]x509.Certificate, len(p))
	for i, cert := range p {
		copies[i] = *cert
		copies[i].UnhandledCriticalExtensions = unhandledCritical(cert)
		switch i {
		case len(p) - 1:
			options.Roots.AddCert(&copies[i])
		case 0:
		default:
			options.Intermediates.AddCert(&copies[i])
		}
	}
	chains, err := copies[0].Verify(options)
	return err == nil && slices.ContainsFunc(chains, func(chain []*x509.Certificate) bool {
		return slices.EqualFunc(chain, p, (*x509.Certificate).Equal)
	})
}
