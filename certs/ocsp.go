package certs

import (
	"bytes"
	"crypto"
	_ "crypto/sha1" // identifies issuers in OCSP, RFC 5019, 2.1.1; no signature rests on it
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Limits on OCSP responses, which anybody on the way may have made.
const (
	maxOCSP             = 100 << 10
	maxOCSPCertificates = 10 // each may cost a signature check
)

// ParseOCSP judges the OCSP response raw (DER, RFC 6960, 4.2.1) as evidence about cert, which issuer issued, current at the
// time at within [DefaultSkew]. Whatever is wrong with it makes the status Unknown, with a Cause.
func ParseOCSP(raw []byte, cert, issuer *x509.Certificate, at time.Time) Revocation {
	return parseOCSP(raw, cert, issuer, window{at: at, skew: DefaultSkew}, nil)
}

// NoCheck says whether an OCSP responder's certificate need not be checked for revocation itself: id-pkix-ocsp-nocheck,
// RFC 6960, 4.2.2.2.1.
func NoCheck(responder *x509.Certificate) bool {
	return slices.ContainsFunc(responder.Extensions, func(e pkix.Extension) bool {
		return e.Id.String() == "1.3.6.1.5.5.7.48.1.5"
	})
}

// basicOCSPResponse is BasicOCSPResponse (RFC 6960, 4.2.1). Around the signed data nothing is signed, so it is read to the
// byte, which encoding/asn1 does not do.
type basicOCSPResponse struct {
	Data         ocspResponseData
	Algorithm    pkix.AlgorithmIdentifier
	Signature    []byte
	Certificates []cryptobyte.String
}

// The signed part, as far as encoding/asn1 can express it.
type (
	ocspResponseData struct {
		Raw         asn1.RawContent
		Version     int `asn1:"optional,default:0,explicit,tag:0"`
		ResponderID asn1.RawValue
		ProducedAt  time.Time `asn1:"generalized"`
		Responses   []singleResponse
		Extensions  []pkix.Extension `asn1:"explicit,tag:1,optional"`
	}
	singleResponse struct {
		ID         certID
		Status     asn1.RawValue
		ThisUpdate time.Time        `asn1:"generalized"`
		NextUpdate time.Time        `asn1:"generalized,explicit,tag:0,optional"`
		Extensions []pkix.Extension `asn1:"explicit,tag:1,optional"`
	}
	certID struct {
		Hash         pkix.AlgorithmIdentifier
		NameHash     []byte
		KeyHash      []byte
		SerialNumber *big.Int
	}
	revokedInfo struct {
		At     time.Time       `asn1:"generalized"`
		Reason asn1.Enumerated `asn1:"explicit,tag:0,optional"`
	}
)

// parseOCSP is ParseOCSP with the window and, if the request carried one, the nonce.
func parseOCSP(raw []byte, cert, issuer *x509.Certificate, w window, nonce []byte) Revocation {
	answer, err := readOCSP(raw, cert, issuer, w, nonce)
	if err != nil {
		return unknown(cert, fmt.Errorf("OCSP response: %w", err))
	}
	return answer
}

func readOCSP(raw []byte, cert, issuer *x509.Certificate, w window, nonce []byte) (Revocation, error) {
	answer, err := authenticOCSP(raw, cert, issuer, nonce)
	if err == nil && !w.holds(answer) {
		err = ErrOutdated
	}
	return answer, err
}

// authenticOCSP checks all but whether the answer is current.
func authenticOCSP(raw []byte, cert, issuer *x509.Certificate, nonce []byte) (Revocation, error) {
	basic, err := decodeOCSP(raw)
	if err != nil {
		return Revocation{}, err
	}
	return basic.authentic(raw, cert, issuer, nonce)
}

func (basic *basicOCSPResponse) authentic(raw []byte, cert, issuer *x509.Certificate, nonce []byte) (Revocation, error) {
	data := basic.Data

	// x/crypto/ocsp compares serial numbers alone, and every authority has a certificate number 1.
	i := slices.IndexFunc(data.Responses, func(r singleResponse) bool { return r.ID.names(cert, issuer) })
	if i < 0 {
		return Revocation{}, ErrOther
	}
	single := data.Responses[i]

	responder, err := basic.responder(cert, issuer)
	if err != nil {
		return Revocation{}, err
	}
	if err := checkOCSPExtensions(data.Extensions, single.Extensions, cert, nonce); err != nil {
		return Revocation{}, err
	}
	if err := checkOCSPTimes(data.ProducedAt, single, responder, cert); err != nil {
		return Revocation{}, err
	}

	answer := Revocation{
		Serial: Serial(cert), Source: "ocsp", Raw: raw,
		ThisUpdate: single.ThisUpdate, NextUpdate: single.NextUpdate, ProducedAt: data.ProducedAt,
	}
	if responder != issuer {
		answer.Responder = responder
	}
	if err := answer.readStatus(single.Status); err != nil {
		return Revocation{}, err
	}
	if answer.Status == Good && !answer.covers(cert, archiveCutoff(single.Extensions)) {
		return Revocation{}, ErrOutOfBounds
	}
	return answer, nil
}

func decodeOCSP(raw []byte) (*basicOCSPResponse, error) {
	if len(raw) > maxOCSP {
		return nil, ErrTooLarge
	}
	input := cryptobyte.String(raw)
	var outer, wrapped, octets cryptobyte.String
	var status int
	var kind asn1.ObjectIdentifier
	if !input.ReadASN1(&outer, casn1.SEQUENCE) || !input.Empty() || !outer.ReadASN1Enum(&status) {
		return nil, ErrMalformed
	}
	if status != 0 { // RFC 6960, 4.2.1: such an answer is not signed and says nothing
		return nil, fmt.Errorf("status %d: %w", status, ErrRefused)
	}
	if !outer.ReadASN1(&wrapped, explicit(0)) || !outer.Empty() ||
		!wrapped.ReadASN1(&outer, casn1.SEQUENCE) || !wrapped.Empty() ||
		!outer.ReadASN1ObjectIdentifier(&kind) || kind.String() != "1.3.6.1.5.5.7.48.1.1" || // id-pkix-ocsp-basic
		!outer.ReadASN1(&octets, casn1.OCTET_STRING) || !outer.Empty() {
		return nil, ErrMalformed
	}
	return decodeBasicOCSP(octets)
}

func decodeBasicOCSP(input cryptobyte.String) (*basicOCSPResponse, error) {
	basic := &basicOCSPResponse{}
	var fields, data, algorithm, wrapped, list cryptobyte.String
	var sent bool
	if !input.ReadASN1(&fields, casn1.SEQUENCE) || !input.Empty() ||
		!fields.ReadASN1Element(&data, casn1.SEQUENCE) ||
		!fields.ReadASN1Element(&algorithm, casn1.SEQUENCE) ||
		!fields.ReadASN1BitStringAsBytes(&basic.Signature) ||
		!fields.ReadOptionalASN1(&wrapped, &sent, explicit(0)) || !fields.Empty() ||
		sent && (!wrapped.ReadASN1(&list, casn1.SEQUENCE) || !wrapped.Empty()) {
		return nil, ErrMalformed
	}
	for !list.Empty() {
		var cert cryptobyte.String
		if len(basic.Certificates) == maxOCSPCertificates || !list.ReadASN1Element(&cert, casn1.SEQUENCE) {
			return nil, ErrMalformed
		}
		basic.Certificates = append(basic.Certificates, cert)
	}
	if rest, err := asn1.Unmarshal(data, &basic.Data); err != nil || len(rest) > 0 {
		return nil, ErrMalformed
	}
	if rest, err := asn1.Unmarshal(algorithm, &basic.Algorithm); err != nil || len(rest) > 0 {
		return nil, ErrMalformed
	}
	return basic, nil
}

func explicit(tag uint8) casn1.Tag { return casn1.Tag(tag).Constructed().ContextSpecific() }

// names says whether the CertID is that of cert as issued by issuer (RFC 6960, 4.1.1 and 3.2, item 1).
func (id certID) names(cert, issuer *x509.Certificate) bool {
	hash, known := hashAlgorithm(id.Hash)
	key, ok := publicKeyBits(issuer)
	return known && ok && id.SerialNumber != nil && id.SerialNumber.Cmp(cert.SerialNumber) == 0 &&
		bytes.Equal(id.NameHash, sum(hash, issuer.RawSubject)) && bytes.Equal(id.KeyHash, sum(hash, key))
}

func hashAlgorithm(id pkix.AlgorithmIdentifier) (crypto.Hash, bool) {
	switch id.Algorithm.String() {
	case "1.3.14.3.2.26":
		return crypto.SHA1, true
	case "2.16.840.1.101.3.4.2.1":
		return crypto.SHA256, true
	case "2.16.840.1.101.3.4.2.2":
		return crypto.SHA384, true
	case "2.16.840.1.101.3.4.2.3":
		return crypto.SHA512, true
	}
	return 0, false
}

// publicKeyBits is the content of subjectPublicKey without tag, length and unused-bits octet, which OCSP hashes.
func publicKeyBits(cert *x509.Certificate) ([]byte, bool) {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(cert.RawSubjectPublicKeyInfo, &info); err != nil {
		return nil, false
	}
	return info.Key.RightAlign(), true
}

func sum(hash crypto.Hash, data []byte) []byte {
	h := hash.New()
	h.Write(data)
	return h.Sum(nil)
}

// readStatus decodes CertStatus, a CHOICE that encoding/asn1 has no notion of.
func (r *Revocation) readStatus(status asn1.RawValue) error {
	if status.Class != asn1.ClassContextSpecific {
		return ErrMalformed
	}
	switch status.Tag {
	case 0:
		r.Status = Good
	case 1:
		var revoked revokedInfo
		if rest, err := asn1.UnmarshalWithParams(status.FullBytes, &revoked, "tag:1"); err != nil || len(rest) > 0 {
			return ErrMalformed
		}
		r.Status, r.RevokedAt, r.Reason = Revoked, revoked.At, int(revoked.Reason)
		switch r.Reason {
		case reasonHold:
			r.Status = Suspended
		case reasonRemove: // RFC 5280, 5.3.1: in delta CRLs only
			return ErrMalformed
		}
	case 2:
		return ErrUnlisted
	default:
		return ErrMalformed
	}
	return nil
}

// CRLReason values that are not simply reasons (RFC 5280, 5.3.1).
const (
	reasonHold   = 6
	reasonRemove = 8
)

// covers says whether a Good answer still speaks about a certificate that had expired by then: responders and CRLs may
// forget expired certificates, unless they state since when they keep them.
func (r *Revocation) covers(cert *x509.Certificate, keptSince time.Time) bool {
	return !r.ThisUpdate.After(cert.NotAfter) || !keptSince.IsZero() && !keptSince.After(cert.NotAfter)
}
