package certs

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"slices"
)

// Stock is revocation data that came with a document: OCSP responses and CRLs, of unknown worth. It answers with what of
// them is authentic, whatever its time; whether that is current at the time that matters, and whether it existed before it
// could have been forged, is for the caller. The zero value is empty; it is not safe for concurrent use.
type Stock struct {
	ocsps  [][]byte
	read   []*basicOCSPResponse // of ocsps; nil: malformed
	faults []error              // of ocsps: why they are malformed
	crls   [][]byte
	added  map[[sha256.Size]byte]bool
	lists  map[listOf]*crl // nil: not authentic
	about  map[pair][]Revocation
	checks int
}

type listOf struct {
	crl    int
	issuer [sha256.Size]byte
}

// maxStockChecks bounds the answers whose signatures are checked: a document may bring thousands that name one
// certificate, none of them true.
const maxStockChecks = 256

// AddOCSP and AddCRL add one value, which is kept and must not be changed. What is there already is not added again.
func (s *Stock) AddOCSP(der []byte) {
	if s.add(der) {
		basic, err := decodeOCSP(der)
		if err != nil {
			basic = nil
		}
		s.ocsps, s.read, s.faults, s.about = append(s.ocsps, der), append(s.read, basic), append(s.faults, err), nil
	}
}

// AddCRL is like AddOCSP.
func (s *Stock) AddCRL(der []byte) {
	if s.add(der) {
		s.crls, s.about = append(s.crls, der), nil
	}
}

func (s *Stock) add(der []byte) bool {
	if s.added == nil {
		s.added = make(map[[sha256.Size]byte]bool)
	}
	sum := sha256.Sum256(der)
	if s.added[sum] {
		return false
	}
	s.added[sum] = true
	return true
}

// About lists what is authentic about cert, which issuer issued (the caller has checked that signature), OCSP first, each
// in the order it was added. Where it was too much to look at, the error is ErrTooLarge.
func (s *Stock) About(cert, issuer *x509.Certificate) ([]Revocation, error) {
	key := pairOf(cert, issuer)
	if answers, known := s.about[key]; known {
		return answers, nil
	}
	var answers []Revocation
	for i, basic := range s.read {
		if basic == nil || !basic.names(cert, issuer) {
			continue
		}
		if s.checks++; s.checks > maxStockChecks {
			return answers, fmt.Errorf("revocation data: %w", ErrTooLarge)
		}
		if answer, err := basic.authentic(s.ocsps[i], cert, issuer, nil); err == nil {
			answers = append(answers, answer)
		}
	}
	for i, raw := range s.crls {
		list, err := s.list(i, raw, issuer)
		if err != nil {
			return answers, err
		}
		if list == nil {
			continue
		}
		answer := Revocation{Serial: Serial(cert), Source: "crl", Raw: raw, ThisUpdate: list.thisUpdate, NextUpdate: list.nextUpdate}
		if list.state(cert, &answer) == nil {
			answers = append(answers, answer)
		}
	}
	if s.about == nil {
		s.about = make(map[pair][]Revocation)
	}
	s.about[key] = answers
	return answers, nil
}

// names says whether the response holds an answer about the certificate, before any mathematics.
func (basic *basicOCSPResponse) names(cert, issuer *x509.Certificate) bool {
	return slices.ContainsFunc(basic.Data.Responses, func(single singleResponse) bool { return single.ID.names(cert, issuer) })
}

// list reads a CRL once for each issuer of its name.
func (s *Stock) list(i int, raw []byte, issuer *x509.Certificate) (*crl, error) {
	key := listOf{i, sha256.Sum256(issuer.Raw)}
	if list, known := s.lists[key]; known {
		return list, nil
	}
	var list *crl
	if issuedBy(raw, issuer) {
		if s.checks++; s.checks > maxStockChecks { // and so each time that it is asked: what was not checked is not known
			return nil, fmt.Errorf("revocation data: %w", ErrTooLarge)
		}
		if authentic, err := authenticCRL(raw, issuer); err == nil {
			list = authentic
		}
	}
	if s.lists == nil {
		s.lists = make(map[listOf]*crl)
	}
	s.lists[key] = list
	return list, nil
}

// Unchecked lists what OCSP responses say of a certificate whose issuer is not known, so that nothing about them can be
// checked: by its serial number and its issuer's name. It must never make a verdict better.
func (s *Stock) Unchecked(cert *x509.Certificate) []Revocation {
	var answers []Revocation
	for i, basic := range s.read {
		if basic == nil {
			continue
		}
		for _, single := range basic.Data.Responses {
			if !single.ID.namesUnder(cert) {
				continue
			}
			answer := Revocation{
				Serial: Serial(cert), Source: "ocsp", Raw: s.ocsps[i],
				ThisUpdate: single.ThisUpdate, NextUpdate: single.NextUpdate, ProducedAt: basic.Data.ProducedAt,
			}
			if answer.readStatus(single.Status) == nil {
				answers = append(answers, answer)
			}
		}
	}
	return answers
}

// namesUnder is names without the issuer's key.
func (id certID) namesUnder(cert *x509.Certificate) bool {
	hash, known := hashAlgorithm(id.Hash)
	return known && id.SerialNumber != nil && id.SerialNumber.Cmp(cert.SerialNumber) == 0 &&
		bytes.Equal(id.NameHash, sum(hash, cert.RawIssuer))
}

// Strays lists what of the stock and of certificates is not as its issuer made it, as far as the certificates and anchors
// tell: nobody among them signed it. Beside a signature of our own nothing else has a place, and a byte that was changed
// shows.
func (s *Stock) Strays(pool, anchors []*x509.Certificate) (strays [][]byte) {
	all := distinct(append(slices.Clone(pool), anchors...))
	issuers := bySubject(all)
	for _, cert := range distinct(pool) {
		if !slices.ContainsFunc(issuers[string(cert.RawIssuer)], func(issuer *x509.Certificate) bool { return signedBy(cert, issuer) }) {
			strays = append(strays, cert.Raw)
		}
	}
	answered := make(map[[sha256.Size]byte]bool)
	for _, cert := range all {
		for _, issuer := range issuers[string(cert.RawIssuer)] {
			answers, err := s.About(cert, issuer)
			if err != nil {
				return append(strays, s.ocsps...)
			}
			for _, answer := range answers {
				answered[sha256.Sum256(answer.Raw)] = true
			}
		}
	}
	for _, list := range [][][]byte{s.ocsps, s.crls} {
		for _, raw := range list {
			if !answered[sha256.Sum256(raw)] {
				strays = append(strays, raw)
			}
		}
	}
	return strays
}

func signedBy(cert, issuer *x509.Certificate) bool {
	if key, ok := issuer.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxRSABits {
		return false
	}
	return issuer.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature) == nil
}
