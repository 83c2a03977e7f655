package certs

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"time"
)

// responder finds the certificate named by responderID among the issuer and those sent along, checks that it may answer for
// the issuer, and that its key signed (RFC 6960, 4.2.2.2 and 3.2, items 2 to 4).
func (basic *basicOCSPResponse) responder(cert, issuer *x509.Certificate) (*x509.Certificate, error) {
	candidates := []*x509.Certificate{issuer}
	for _, raw := range basic.Certificates {
		if c, err := x509.ParseCertificate(raw); err == nil && !c.Equal(issuer) {
			candidates = append(candidates, c)
		}
	}
	algorithm := signatureAlgorithm(basic.Algorithm)
	if algorithm == x509.UnknownSignatureAlgorithm {
		return nil, ErrWeak
	}

	named := false
	for _, candidate := range candidates {
		if !namesResponder(basic.Data.ResponderID, candidate) || !mayRespond(candidate, cert, issuer) {
			continue
		}
		named = true
		if candidate.CheckSignature(algorithm, basic.Data.Raw, basic.Signature) == nil {
			return candidate, nil
		}
	}
	if named {
		return nil, ErrForged
	}
	return nil, ErrNotAuthorized
}

// namesResponder compares a ResponderID (RFC 6960, 4.2.1: byName [1], byKey [2], both explicit) with a certificate.
func namesResponder(id asn1.RawValue, cert *x509.Certificate) bool {
	if id.Class != asn1.ClassContextSpecific || !id.IsCompound {
		return false
	}
	switch id.Tag {
	case 1:
		return bytes.Equal(id.Bytes, cert.RawSubject)
	case 2:
		var keyHash []byte
		rest, err := asn1.Unmarshal(id.Bytes, &keyHash)
		key, ok := publicKeyBits(cert)
		return err == nil && len(rest) == 0 && ok && bytes.Equal(keyHash, sum(crypto.SHA1, key))
	}
	return false
}

// mayRespond says whether a certificate may sign answers for issuer: the issuer itself, or one that the issuer issued
// directly and for this purpose (RFC 6960, 4.2.2.2). Any other certificate of the same authority, a signer's own for
// one, must not: it could attest itself.
func mayRespond(responder, cert, issuer *x509.Certificate) bool {
	if responder == issuer {
		return true
	}
	return !responder.Equal(cert) &&
		slices.Contains(responder.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning) &&
		// RFC 5280, 4.2.1.3
		(responder.KeyUsage == 0 || responder.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) != 0) &&
		bytes.Equal(responder.RawIssuer, issuer.RawSubject) &&
		len(unhandledCritical(responder)) == 0 &&
		CheckStrength(responder) == nil &&
		responder.CheckSignatureFrom(issuer) == nil
}

// checkOCSPExtensions refuses what is critical and unknown (RFC 6960, 4.4), another's nonce (RFC 9654, 2.1) and the hash of
// another certificate (certHash of Common PKI: proof that the responder has seen this one).
func checkOCSPExtensions(response, single []pkix.Extension, cert *x509.Certificate, nonce []byte) error {
	for _, e := range response {
		switch {
		case e.Id.Equal(oidNonce):
			var echoed []byte
			rest, err := asn1.Unmarshal(e.Value, &echoed)
			if nonce != nil && (err != nil || len(rest) > 0 || !bytes.Equal(echoed, nonce)) {
				return ErrReplayed
			}
		case e.Critical:
			return ErrCritical
		}
	}
	for _, e := range single {
		switch {
		case e.Id.String() == "1.3.36.8.3.13":
			var certHash struct {
				Algorithm pkix.AlgorithmIdentifier
				Hash      []byte
			}
			rest, err := asn1.Unmarshal(e.Value, &certHash)
			hash, known := hashAlgorithm(certHash.Algorithm)
			if err != nil || len(rest) > 0 || !known || !bytes.Equal(certHash.Hash, sum(hash, cert.Raw)) {
				return ErrCertHash
			}
		case e.Critical:
			return ErrCritical
		}
	}
	return nil
}

var (
	oidNonce  = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2} // id-pkix-ocsp-nonce, RFC 9654
	oidSHA1   = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidSHA256 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
)

// checkOCSPTimes holds the answer's times against the responder's validity and the certificate's beginning.
func checkOCSPTimes(producedAt time.Time, single singleResponse, responder, cert *x509.Certificate) error {
	// A responder's stolen, expired key must not be able to date answers outside its certificate's life. That what it
	// answers was learnt before, as a responder newly certified may say, is no lie.
	if CheckValidity(responder, producedAt) != nil || single.ThisUpdate.After(responder.NotAfter) {
		return ErrNotAuthorized
	}
	switch {
	case single.ThisUpdate.After(producedAt.Add(DefaultSkew)): // RFC 6960, 4.2.2.1: as of later than it was signed
		return ErrOutdated
	case !single.NextUpdate.IsZero() && single.NextUpdate.Before(single.ThisUpdate):
		return ErrOutdated
	case single.ThisUpdate.Add(DefaultSkew).Before(cert.NotBefore): // it cannot be about it
		return ErrOutdated
	}
	return nil
}

// archiveCutoff reads the date since when the responder keeps expired certificates (RFC 6960, 4.4.4); zero if absent.
func archiveCutoff(extensions []pkix.Extension) time.Time {
	return extensionTime(extensions, "1.3.6.1.5.5.7.48.1.6")
}

func extensionTime(extensions []pkix.Extension, id string) time.Time {
	for _, e := range extensions {
		if e.Id.String() != id {
			continue
		}
		var date time.Time
		if rest, err := asn1.UnmarshalWithParams(e.Value, &date, "generalized"); err == nil && len(rest) == 0 {
			return date
		}
	}
	return time.Time{}
}
