package pades

import (
	"crypto"
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// ErrNoAttribute is the absence of the attribute asked for.
var ErrNoAttribute = errors.New("attribute is absent")

// SignerInfo is one signature (RFC 5652, 5.3).
type SignerInfo struct {
	Version            int
	SID                SignerID
	DigestAlgorithm    AlgorithmIdentifier
	SignedAttrs        []Attribute // nil if absent
	SignatureAlgorithm SignatureScheme
	Signature          []byte
	UnsignedAttrs      []Attribute

	// SignedAttrsRaw is the whole element, under its own tag 0xA0; nil if absent. The signature is
	// over the same bytes under tag 0x31 (RFC 5652, 5.4).
	SignedAttrsRaw []byte

	fields []byte // the elements from version to signature, as they stand
}

// readSignerInfo reads one SignerInfo off s.
func readSignerInfo(s *cryptobyte.String) (SignerInfo, error) {
	var si SignerInfo
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, cbasn1.SEQUENCE) {
		return si, cmsMalformed("SignerInfo")
	}
	whole := seq
	if !seq.ReadASN1Integer(&si.Version) {
		return si, cmsMalformed("version")
	}
	if !readSignerID(&seq, &si.SID) {
		return si, cmsMalformed("sid")
	}
	var ok bool
	if si.DigestAlgorithm, ok = readAlgorithmIdentifier(&seq, cbasn1.SEQUENCE); !ok {
		return si, cmsMalformed("digestAlgorithm")
	}
	var err error
	if si.SignedAttrsRaw, si.SignedAttrs, err = readAttributes(&seq, cmsTag0); err != nil {
		return si, fmt.Errorf("signedAttrs: %w", err)
	}
	algorithm, ok := readAlgorithmIdentifier(&seq, cbasn1.SEQUENCE)
	if !ok {
		return si, cmsMalformed("signatureAlgorithm")
	}
	si.SignatureAlgorithm = parseScheme(algorithm)
	if !seq.ReadASN1Bytes(&si.Signature, cbasn1.OCTET_STRING) {
		return si, cmsMalformed("signature")
	}
	si.fields = whole[:len(whole)-len(seq)]
	if _, si.UnsignedAttrs, err = readAttributes(&seq, cmsTag1); err != nil {
		return si, fmt.Errorf("unsignedAttrs: %w", err)
	}
	if !seq.Empty() {
		return si, cmsMalformed("end")
	}
	return si, nil
}

func readSignerID(s *cryptobyte.String, id *SignerID) bool {
	if s.PeekASN1Tag(cmsSKI) {
		return s.ReadASN1Bytes(&id.SubjectKeyID, cmsSKI)
	}
	var seq, issuer cryptobyte.String
	if !s.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1Element(&issuer, cbasn1.SEQUENCE) {
		return false
	}
	id.Issuer = issuer
	return seq.ReadASN1Bytes(&id.Serial, cbasn1.INTEGER) && seq.Empty()
}

// readAttributes reads an optional implicitly tagged SET OF Attribute with its raw element.
func readAttributes(s *cryptobyte.String, tag cbasn1.Tag) ([]byte, []Attribute, error) {
	if !s.PeekASN1Tag(tag) {
		return nil, nil, nil
	}
	var raw, set cryptobyte.String
	if !s.ReadASN1Element(&raw, tag) {
		return nil, nil, ErrCMS
	}
	element := raw
	if !element.ReadASN1(&set, tag) {
		return nil, nil, ErrCMS
	}
	attributes, err := parseAttributes(set)
	return raw, attributes, err
}

// parseAttributes reads the contents of a SET OF Attribute, in the order written.
func parseAttributes(set cryptobyte.String) ([]Attribute, error) {
	var attributes []Attribute
	for !set.Empty() {
		if len(attributes) == cmsMaxAttributes {
			return nil, fmt.Errorf("attributes: %w", ErrCMSLimit)
		}
		a, err := readAttribute(&set)
		if err != nil {
			return nil, err
		}
		attributes = append(attributes, a)
	}
	return attributes, nil
}

func readAttribute(s *cryptobyte.String) (Attribute, error) {
	var a Attribute
	var seq, set cryptobyte.String
	if !s.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1ObjectIdentifier(&a.Type) || !seq.ReadASN1(&set, cbasn1.SET) || !seq.Empty() {
		return a, cmsMalformed("attribute")
	}
	values, err := splitElements(set, cmsMaxValues)
	if err != nil {
		return a, fmt.Errorf("attribute %s: %w", a.Type, err)
	}
	a.Values = values
	return a, nil
}

// signedValue is the first value of the first signed attribute of that type; that there is no
// other is for Check to say (R-C4).
func (s *SignerInfo) signedValue(oid asn1.ObjectIdentifier) (cryptobyte.String, error) {
	for _, a := range s.SignedAttrs {
		if a.Type.Equal(oid) && len(a.Values) > 0 {
			return a.Values[0], nil
		}
	}
	return nil, absentAttribute(oid)
}

// absentAttribute is an ErrNoAttribute that puts its name into words only for who asks: most attributes are optional.
type absentAttribute asn1.ObjectIdentifier

func (a absentAttribute) Error() string {
	return fmt.Sprintf("attribute %s: %v", asn1.ObjectIdentifier(a), ErrNoAttribute)
}

func (absentAttribute) Unwrap() error { return ErrNoAttribute }

func badAttribute(oid asn1.ObjectIdentifier) error { return cmsMalformed("attribute " + oid.String()) }

// ContentType is the content-type attribute (RFC 5652, 11.1). Like the other accessors it
// answers ErrNoAttribute if absent and ErrCMS if malformed.
func (s *SignerInfo) ContentType() (asn1.ObjectIdentifier, error) {
	v, err := s.signedValue(oidContentType)
	if err != nil {
		return nil, err
	}
	var oid asn1.ObjectIdentifier
	if !v.ReadASN1ObjectIdentifier(&oid) || !v.Empty() {
		return nil, badAttribute(oidContentType)
	}
	return oid, nil
}

// MessageDigest is the message-digest attribute (RFC 5652, 11.2).
func (s *SignerInfo) MessageDigest() ([]byte, error) {
	v, err := s.signedValue(oidMessageDigest)
	if err != nil {
		return nil, err
	}
	var digest []byte
	if !v.ReadASN1Bytes(&digest, cbasn1.OCTET_STRING) || !v.Empty() {
		return nil, badAttribute(oidMessageDigest)
	}
	return digest, nil
}

// SigningTime is the signing-time attribute (RFC 5652, 11.3): the signer's claim, in UTC.
func (s *SignerInfo) SigningTime() (time.Time, error) {
	v, err := s.signedValue(oidSigningTime)
	if err != nil {
		return time.Time{}, err
	}
	var t time.Time
	ok := v.PeekASN1Tag(cbasn1.UTCTime) && v.ReadASN1UTCTime(&t) || v.PeekASN1Tag(cbasn1.GeneralizedTime) && v.ReadASN1GeneralizedTime(&t)
	if !ok || !v.Empty() {
		return time.Time{}, badAttribute(oidSigningTime)
	}
	return t.UTC(), nil
}

// CertID names a certificate by its hash (ESSCertID: RFC 2634, 5.4.1; ESSCertIDv2: RFC 5035, 4).
type CertID struct {
	Hash     crypto.Hash // 0 if the algorithm is not known
	CertHash []byte
	Issuer   []byte // directoryName of issuerSerial, whole Name; nil if absent
	Serial   []byte // content octets of the INTEGER; nil if absent
	V1       bool   // from signing-certificate, which knows SHA-1 only
}

// SigningCertificates are the certificates signing-certificate-v2 and then signing-certificate name, in their
// order: the first of each attribute is the signer's own (RFC 5035, 3). ErrNoAttribute if both are absent.
func (s *SignerInfo) SigningCertificates() ([]CertID, error) {
	var ids []CertID
	for _, oid := range []asn1.ObjectIdentifier{oidSigningCertificateV2, oidSigningCertificate} {
		v, err := s.signedValue(oid)
		if err != nil {
			continue
		}
		var outer, certs cryptobyte.String
		if !v.ReadASN1(&outer, cbasn1.SEQUENCE) || !v.Empty() || !outer.ReadASN1(&certs, cbasn1.SEQUENCE) ||
			!outer.SkipOptionalASN1(cbasn1.SEQUENCE) || !outer.Empty() || certs.Empty() {
			return nil, badAttribute(oid)
		}
		for n := 0; !certs.Empty(); n++ {
			id, ok := readCertID(&certs, oid.Equal(oidSigningCertificate))
			if !ok || n == cmsMaxValues {
				return nil, badAttribute(oid)
			}
			ids = append(ids, id)
		}
	}
	if ids == nil {
		return nil, fmt.Errorf("signing certificate: %w", ErrNoAttribute)
	}
	return ids, nil
}

func readCertID(s *cryptobyte.String, v1 bool) (CertID, bool) {
	id := CertID{Hash: crypto.SHA256, V1: v1} // DEFAULT of v2
	if v1 {
		id.Hash = crypto.SHA1
	}
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, cbasn1.SEQUENCE) {
		return id, false
	}
	if !v1 && seq.PeekASN1Tag(cbasn1.SEQUENCE) {
		algorithm, ok := readAlgorithmIdentifier(&seq, cbasn1.SEQUENCE)
		if !ok {
			return id, false
		}
		id.Hash = algorithm.Hash()
	}
	if !seq.ReadASN1Bytes(&id.CertHash, cbasn1.OCTET_STRING) {
		return id, false
	}
	if seq.Empty() {
		return id, true
	}
	var issuerSerial, names, name cryptobyte.String
	if !seq.ReadASN1(&issuerSerial, cbasn1.SEQUENCE) || !seq.Empty() ||
		!issuerSerial.ReadASN1(&names, cbasn1.SEQUENCE) ||
		!issuerSerial.ReadASN1Bytes(&id.Serial, cbasn1.INTEGER) || !issuerSerial.Empty() {
		return id, false
	}
	if names.ReadASN1(&name, cmsDName) {
		id.Issuer = name
	}
	return id, true
}

// AlgorithmProtection is the CMSAlgorithmProtection attribute (RFC 6211, 2): both algorithms repeated under the signature.
type AlgorithmProtection struct {
	DigestAlgorithm    AlgorithmIdentifier
	SignatureAlgorithm AlgorithmIdentifier
}

// AlgorithmProtection reads that attribute.
func (s *SignerInfo) AlgorithmProtection() (AlgorithmProtection, error) {
	var p AlgorithmProtection
	v, err := s.signedValue(oidAlgorithmProtection)
	if err != nil {
		return p, err
	}
	var seq cryptobyte.String
	ok := v.ReadASN1(&seq, cbasn1.SEQUENCE) && v.Empty()
	if ok {
		p.DigestAlgorithm, ok = readAlgorithmIdentifier(&seq, cbasn1.SEQUENCE)
	}
	if ok {
		p.SignatureAlgorithm, ok = readAlgorithmIdentifier(&seq, cmsTag1)
	}
	if !ok || !seq.Empty() {
		return p, badAttribute(oidAlgorithmProtection)
	}
	return p, nil
}

// TimeStamps are the tokens of all signature-time-stamp attributes (EN 319 122-1, 5.3), unread: each should
// be a CMS over an RFC 3161 TSTInfo whose imprint is that of Signature.
func (s *SignerInfo) TimeStamps() [][]byte {
	var tokens [][]byte
	for _, a := range s.UnsignedAttrs {
		if a.Type.Equal(oidSignatureTimeStamp) {
			tokens = append(tokens, a.Values...)
		}
	}
	return tokens
}

// ContentTimeStamps are the tokens of the content-time-stamp attributes (EN 319 122-1, 5.2.8), which
// the signature covers: it was made after them.
func (s *SignerInfo) ContentTimeStamps() [][]byte {
	var tokens [][]byte
	for _, a := range s.SignedAttrs {
		if a.Type.Equal(oidContentTimeStamp) {
			tokens = append(tokens, a.Values...)
		}
	}
	return tokens
}
