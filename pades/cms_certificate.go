package pades

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// CMSCertificate is a certificate a CMS carries. It is a hint, not evidence: nothing signs the
// set it comes in (RFC 5652, 5.1), so nothing follows from its presence or its place.
type CMSCertificate struct {
	Raw []byte
	// Certificate is nil where crypto/x509 refuses Raw: 4 % of the certificates in real documents
	// (negative serial numbers, odd names). Err says why. Such a certificate can be found and its
	// key used to check the mathematics; whoever decides on trust must refuse it.
	Certificate *x509.Certificate
	Err         error

	fields certificateFields
}

// certificateFields is what binds a certificate to a SignerInfo, read leniently (RFC 5280, 4.1).
type certificateFields struct {
	serial []byte // content octets of the INTEGER, as written
	issuer []byte // whole Name
	spki   []byte // whole SubjectPublicKeyInfo
	ski    []byte // subjectKeyIdentifier; nil if absent
}

var errCertificateForm = errors.New("not a certificate")

// parseCertificate reads one Certificate element.
func parseCertificate(raw []byte) CMSCertificate {
	c := CMSCertificate{Raw: raw}
	var err error
	if c.fields, err = parseCertificateFields(raw); err != nil {
		c.Err = err
		return c
	}
	c.Certificate, c.Err = x509.ParseCertificate(raw)
	return c
}

// parseCertificateFields walks TBSCertificate without judging it.
func parseCertificateFields(raw []byte) (certificateFields, error) {
	var f certificateFields
	var certificate, tbs, serial, issuer, spki cryptobyte.String
	in := cryptobyte.String(raw)
	ok := in.ReadASN1(&certificate, cbasn1.SEQUENCE) && in.Empty() &&
		certificate.ReadASN1(&tbs, cbasn1.SEQUENCE) &&
		tbs.SkipOptionalASN1(cmsTag0) && // version
		tbs.ReadASN1(&serial, cbasn1.INTEGER) &&
		tbs.SkipASN1(cbasn1.SEQUENCE) && // signature
		tbs.ReadASN1Element(&issuer, cbasn1.SEQUENCE) &&
		tbs.SkipASN1(cbasn1.SEQUENCE) && // validity
		tbs.SkipASN1(cbasn1.SEQUENCE) && // subject
		tbs.ReadASN1Element(&spki, cbasn1.SEQUENCE)
	if !ok {
		return f, errCertificateForm
	}
	f.serial, f.issuer, f.spki = serial, issuer, spki
	f.ski = subjectKeyIdentifier(tbs)
	return f, nil
}

// subjectKeyIdentifier looks for the extension of RFC 5280, 4.2.1.2, in what follows the key.
func subjectKeyIdentifier(tbs cryptobyte.String) []byte {
	const issuerUniqueID, subjectUniqueID = cbasn1.Tag(0x81), cbasn1.Tag(0x82)
	var explicit, extensions cryptobyte.String
	var present bool
	if !tbs.SkipOptionalASN1(issuerUniqueID) || !tbs.SkipOptionalASN1(subjectUniqueID) ||
		!tbs.ReadOptionalASN1(&explicit, &present, cmsTag3) || !present ||
		!explicit.ReadASN1(&extensions, cbasn1.SEQUENCE) {
		return nil
	}
	for !extensions.Empty() {
		var extension, value cryptobyte.String
		var oid asn1.ObjectIdentifier
		var ski []byte
		if !extensions.ReadASN1(&extension, cbasn1.SEQUENCE) || !extension.ReadASN1ObjectIdentifier(&oid) {
			return nil
		}
		if !oid.Equal(asn1.ObjectIdentifier{2, 5, 29, 14}) {
			continue
		}
		if !extension.SkipOptionalASN1(cbasn1.BOOLEAN) || !extension.ReadASN1(&value, cbasn1.OCTET_STRING) ||
			!value.ReadASN1Bytes(&ski, cbasn1.OCTET_STRING) {
			return nil
		}
		return ski
	}
	return nil
}

// PublicKey is the certificate's key, also where crypto/x509 refuses the rest of it or knows the
// key only by rsaEncryption's name (an id-RSASSA-PSS key: RFC 4055, 1.2). The error wraps
// ErrUnsupportedKey.
func (c CMSCertificate) PublicKey() (crypto.PublicKey, error) {
	if c.Certificate != nil && c.Certificate.PublicKey != nil {
		return c.Certificate.PublicKey, nil
	}
	spki := cryptobyte.String(c.fields.spki)
	var seq cryptobyte.String
	var bits []byte
	if spki.ReadASN1(&seq, cbasn1.SEQUENCE) {
		id, ok := readAlgorithmIdentifier(&seq, cbasn1.SEQUENCE)
		if ok && id.OID.Equal(oidRSAPSS) && seq.ReadASN1BitStringAsBytes(&bits) {
			if key, err := x509.ParsePKCS1PublicKey(bits); err == nil {
				return key, nil
			}
		}
	}
	key, err := x509.ParsePKIXPublicKey(c.fields.spki)
	if err != nil {
		return nil, fmt.Errorf("reading the public key: %w", ErrUnsupportedKey)
	}
	return key, nil
}

// SignerID names the signer's certificate: by issuer and serial number, or by key identifier (RFC 5652, 5.3).
type SignerID struct {
	Issuer       []byte // whole Name in DER; nil if SubjectKeyID is used
	Serial       []byte // content octets of the INTEGER
	SubjectKeyID []byte
}

// names says whether id points to c. Names are compared octet by octet: a signer writes the
// issuer as the certificate has it, and two encodings of one name are two names here.
func (id SignerID) names(c CMSCertificate) bool {
	if id.SubjectKeyID != nil {
		return c.fields.ski != nil && bytes.Equal(id.SubjectKeyID, c.fields.ski)
	}
	return c.fields.issuer != nil && bytes.Equal(id.Issuer, c.fields.issuer) && bytes.Equal(id.Serial, c.fields.serial)
}
