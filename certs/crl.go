package certs

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"
)

// maxCRL bounds a CRL in bytes; those of large authorities reach several million.
const maxCRL = 20 << 20

// ParseCRL judges the complete CRL raw (DER or PEM, RFC 5280, 5) as evidence about cert, which issuer issued, current at the
// time at within [DefaultSkew]. Whatever is wrong with it makes the status Unknown, with a Cause. Delta, indirect and
// partial CRLs are not evidence here.
func ParseCRL(raw []byte, cert, issuer *x509.Certificate, at time.Time) Revocation {
	list, err := authenticCRL(raw, issuer)
	if err != nil {
		return unknown(cert, fmt.Errorf("CRL: %w", err))
	}
	return list.status(cert, window{at: at, skew: DefaultSkew})
}

// authenticCRL reads a CRL and checks all that does not depend on the certificate asked about, so that one reading serves
// many.
func authenticCRL(raw []byte, issuer *x509.Certificate) (*crl, error) {
	list, err := readCRL(raw)
	if err != nil {
		return nil, err
	}
	// RFC 5280, 6.3.3 (f): the CRL of another authority, and a key not certified for CRLs.
	if !bytes.Equal(list.issuer, issuer.RawSubject) {
		return nil, ErrOther
	}
	if !issuer.IsCA && issuer.Version != 1 || issuer.KeyUsage != 0 && issuer.KeyUsage&x509.KeyUsageCRLSign == 0 {
		return nil, ErrNotAuthorized
	}
	algorithm := signatureAlgorithm(list.algorithm)
	if algorithm == x509.UnknownSignatureAlgorithm {
		return nil, ErrWeak
	}
	if issuer.CheckSignature(algorithm, list.tbs, list.signature) != nil { // RFC 5280, 6.3.3 (g)
		return nil, ErrForged
	}
	if err := list.readExtensions(); err != nil {
		return nil, err
	}
	return list, nil
}

// issuedBy says whether a CRL bears the issuer's name, before any mathematics.
func issuedBy(raw []byte, issuer *x509.Certificate) bool {
	list, err := readCRL(raw)
	return err == nil && bytes.Equal(list.issuer, issuer.RawSubject)
}

// readExtensions takes in the scope. RFC 5280, 5.2: a critical extension that is not understood forbids the CRL's use.
func (l *crl) readExtensions() error {
	for _, e := range l.extensions {
		switch e.Id.String() {
		case "2.5.29.27": // deltaCRLIndicator, 5.2.4: lists changes only, critical or not
			return ErrDelta
		case "2.5.29.28": // issuingDistributionPoint, 5.2.5
			if err := l.scope.read(e.Value); err != nil {
				return err
			}
		case "2.5.29.20", "2.5.29.35", "2.5.29.60": // cRLNumber, authorityKeyIdentifier, expiredCertsOnCRL
		default:
			if e.Critical {
				return ErrCritical
			}
		}
	}
	return nil
}

// status looks the certificate up.
func (l *crl) status(cert *x509.Certificate, w window) Revocation {
	answer := Revocation{Serial: Serial(cert), Source: "crl", Raw: l.raw, ThisUpdate: l.thisUpdate, NextUpdate: l.nextUpdate}
	err := l.look(cert, w, &answer)
	if err != nil {
		return unknown(cert, fmt.Errorf("CRL: %w", err))
	}
	return answer
}

func (l *crl) look(cert *x509.Certificate, w window, answer *Revocation) error {
	if !w.admits(l.thisUpdate, l.nextUpdate) {
		return ErrOutdated
	}
	return l.state(cert, answer)
}

// state is what the list says of the certificate, whether or not it is current.
func (l *crl) state(cert *x509.Certificate, answer *Revocation) error {
	if !l.scope.includes(cert) {
		return ErrScope
	}
	entry, listed, err := l.find(cert.SerialNumber)
	switch {
	case err != nil:
		return err
	case !listed:
		answer.Status = Good
		if !answer.covers(cert, extensionTime(l.extensions, "2.5.29.60")) {
			return ErrOutOfBounds
		}
		return nil
	}
	answer.Status, answer.RevokedAt, answer.Reason = Revoked, entry.at, entry.reason
	switch entry.reason {
	case reasonHold:
		answer.Status = Suspended
	case reasonRemove: // RFC 5280, 5.3.1: in delta CRLs only
		return ErrEntry
	}
	return nil
}

// crlScope is the issuing distribution point (RFC 5280, 5.2.5). Its zero value, the extension absent, is a complete CRL for
// everything its issuer issued.
type crlScope struct {
	points              []string // URIs; nil if the CRL does not say
	usersOnly, caOnly   bool
	namesWithoutAnyURIs bool
}

type issuingDistributionPoint struct {
	Point          distributionPointName `asn1:"optional,tag:0"`
	UsersOnly      bool                  `asn1:"optional,tag:1"`
	CAOnly         bool                  `asn1:"optional,tag:2"`
	SomeReasons    asn1.BitString        `asn1:"optional,tag:3"`
	Indirect       bool                  `asn1:"optional,tag:4"`
	AttributesOnly bool                  `asn1:"optional,tag:5"`
}

type distributionPointName struct {
	FullName     []asn1.RawValue                   `asn1:"optional,tag:0"`
	RelativeName pkix.RelativeDistinguishedNameSET `asn1:"optional,tag:1"`
}

func (s *crlScope) read(der []byte) error {
	var point issuingDistributionPoint
	if rest, err := asn1.Unmarshal(der, &point); err != nil || len(rest) > 0 {
		return ErrMalformed
	}
	// A list of some reasons or of attribute certificates cannot show that a certificate is good; an indirect one may mean
	// another authority's serial numbers.
	switch {
	case point.Indirect:
		return fmt.Errorf("an indirect list: %w", ErrPartial)
	case point.SomeReasons.BitLength > 0:
		return fmt.Errorf("a list of some reasons: %w", ErrPartial)
	case point.AttributesOnly:
		return ErrScope
	}
	s.usersOnly, s.caOnly = point.UsersOnly, point.CAOnly
	for _, name := range point.Point.FullName {
		if name.Class == asn1.ClassContextSpecific && name.Tag == 6 { // uniformResourceIdentifier
			s.points = append(s.points, string(name.Bytes))
		}
	}
	s.namesWithoutAnyURIs = len(s.points) == 0 && (len(point.Point.FullName) > 0 || len(point.Point.RelativeName) > 0)
	return nil
}

// includes says whether cert is within the scope (RFC 5280, 6.3.3 (b)(2)).
func (s *crlScope) includes(cert *x509.Certificate) bool {
	if s.usersOnly && cert.IsCA || s.caOnly && !cert.IsCA || s.namesWithoutAnyURIs {
		return false
	}
	// A CRL cut into parts by distribution point: another part's silence says nothing.
	return len(s.points) == 0 || slices.ContainsFunc(s.points, func(point string) bool {
		return slices.Contains(cert.CRLDistributionPoints, point)
	})
}
