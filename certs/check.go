package certs

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// What can be wrong with a certificate taken by itself. Errors of this package wrap one of them.
var (
	ErrExpired     = errors.New("expired")
	ErrNotYetValid = errors.New("not valid yet")
	ErrUsage       = errors.New("not meant for signing documents")
	ErrWeak        = errors.New("algorithm or key below what is allowed")
)

// Least key sizes in bits, Thông tư 15/2025/TT-BKHCN, Phụ lục I.
const (
	minRSABits   = 2048
	minECDSABits = 256
)

// Serial is the certificate's serial number as lower-case hexadecimal, two digits a byte: the way this package names a
// certificate in errors.
func Serial(cert *x509.Certificate) string {
	return hex.EncodeToString(cert.SerialNumber.Bytes())
}

// CheckValidity says whether at lies within notBefore and notAfter, both included (RFC 5280, 4.1.2.5); otherwise the
// error wraps ErrNotYetValid or ErrExpired.
func CheckValidity(cert *x509.Certificate, at time.Time) error {
	switch {
	case at.Before(cert.NotBefore):
		return fmt.Errorf("certificate %s, from %s: %w", Serial(cert), cert.NotBefore.UTC().Format(time.RFC3339), ErrNotYetValid)
	case at.After(cert.NotAfter):
		return fmt.Errorf("certificate %s, until %s: %w", Serial(cert), cert.NotAfter.UTC().Format(time.RFC3339), ErrExpired)
	}
	return nil
}

// CheckUsage says whether the certificate may sign documents: an end-entity certificate whose keyUsage has
// digitalSignature or nonRepudiation and whose extended key usage, if there is one, allows it
// (Thông tư 15/2025/TT-BKHCN, Phụ lục II, 1.4 and 1.5). Otherwise the error wraps ErrUsage.
func CheckUsage(cert *x509.Certificate) error {
	// RFC 5280, 4.2.1.9: a CA's key certifies; a document signed with it would be outside the certificate's scope.
	if cert.IsCA || cert.KeyUsage&x509.KeyUsageCertSign != 0 {
		return fmt.Errorf("certificate %s of a certification authority: %w", Serial(cert), ErrUsage)
	}
	// RFC 5280, 4.2.1.3. An absent extension gives no bits either and is refused: scope must be stated to be checked.
	if cert.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		return fmt.Errorf("certificate %s without digitalSignature or nonRepudiation: %w", Serial(cert), ErrUsage)
	}
	// RFC 5280, 4.2.1.12: with the extension present, only the purposes it lists.
	restricted := len(cert.ExtKeyUsage)+len(cert.UnknownExtKeyUsage) > 0
	if restricted && !slices.ContainsFunc(cert.ExtKeyUsage, signsDocuments) &&
		!slices.ContainsFunc(cert.UnknownExtKeyUsage, namesDocumentSigning) {
		return fmt.Errorf("certificate %s, extended key usage: %w", Serial(cert), ErrUsage)
	}
	return nil
}

func signsDocuments(usage x509.ExtKeyUsage) bool {
	return usage == x509.ExtKeyUsageAny || usage == x509.ExtKeyUsageEmailProtection
}

// namesDocumentSigning knows the purposes that crypto/x509 has no constant for.
func namesDocumentSigning(purpose asn1.ObjectIdentifier) bool {
	switch purpose.String() {
	case "1.3.6.1.5.5.7.3.36", // id-kp-documentSigning, RFC 9336
		"1.2.840.113583.1.1.5",    // Adobe authentic documents trust
		"1.3.6.1.4.1.311.10.3.12": // Microsoft document signing
		return true
	}
	return false
}

// CheckStrength says whether the certificate's key and the signature on it meet the mandatory algorithms: RSA of 2048
// bits or ECDSA of 256 bits and more, with a hash of the SHA-2 family (Thông tư 15/2025/TT-BKHCN, Phụ lục I; Phụ lục II,
// 1.3). Otherwise the error wraps ErrWeak.
func CheckStrength(cert *x509.Certificate) error {
	if !strongSignature(cert.SignatureAlgorithm) {
		return fmt.Errorf("certificate %s, signature algorithm %s: %w", Serial(cert), cert.SignatureAlgorithm, ErrWeak)
	}
	return checkKey(cert)
}

func strongSignature(algorithm x509.SignatureAlgorithm) bool {
	switch algorithm {
	case x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA,
		x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS,
		x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512:
		return true
	}
	return false
}

func checkKey(cert *x509.Certificate) error {
	bits, least := 0, minRSABits
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		bits = key.N.BitLen()
	case *ecdsa.PublicKey:
		bits, least = key.Curve.Params().BitSize, minECDSABits
	}
	if bits < least {
		return fmt.Errorf("certificate %s, %s key of %d bits: %w", Serial(cert), cert.PublicKeyAlgorithm, bits, ErrWeak)
	}
	return nil
}
