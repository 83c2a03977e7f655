package certs

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
)

// signatureAlgorithm maps the AlgorithmIdentifier on an OCSP response or CRL to crypto/x509's constant, which that package
// does not do for others. Only what TT15 allows has an entry, so SHA-1 comes out as unknown and is refused. The parameters
// are unsigned in OCSP and must be as prescribed: NULL or absent with RSA (RFC 4055, 5), absent with ECDSA (RFC 5758, 3.2).
func signatureAlgorithm(id pkix.AlgorithmIdentifier) x509.SignatureAlgorithm {
	var algorithm x509.SignatureAlgorithm
	plain := len(id.Parameters.FullBytes) == 0
	switch id.Algorithm.String() {
	case "1.2.840.113549.1.1.11":
		algorithm, plain = x509.SHA256WithRSA, absentOrNull(id)
	case "1.2.840.113549.1.1.12":
		algorithm, plain = x509.SHA384WithRSA, absentOrNull(id)
	case "1.2.840.113549.1.1.13":
		algorithm, plain = x509.SHA512WithRSA, absentOrNull(id)
	case "1.2.840.113549.1.1.10":
		return pssAlgorithm(id.Parameters.FullBytes)
	case "1.2.840.10045.4.3.2":
		algorithm = x509.ECDSAWithSHA256
	case "1.2.840.10045.4.3.3":
		algorithm = x509.ECDSAWithSHA384
	case "1.2.840.10045.4.3.4":
		algorithm = x509.ECDSAWithSHA512
	}
	if !plain {
		return x509.UnknownSignatureAlgorithm
	}
	return algorithm
}

// pssParameters is RSASSA-PSS-params (RFC 4055, 3.1). Its defaults are SHA-1, hence nothing is optional here.
type pssParameters struct {
	Hash    pkix.AlgorithmIdentifier `asn1:"explicit,tag:0"`
	MGF     pkix.AlgorithmIdentifier `asn1:"explicit,tag:1"`
	Salt    int                      `asn1:"explicit,tag:2"`
	Trailer int                      `asn1:"optional,explicit,tag:3,default:1"`
}

// pssAlgorithm accepts what crypto/x509 can verify: one hash for the message and MGF1, a salt of the hash's length.
func pssAlgorithm(der []byte) x509.SignatureAlgorithm {
	var parameters pssParameters
	var mgfHash pkix.AlgorithmIdentifier
	if rest, err := asn1.Unmarshal(der, &parameters); err != nil || len(rest) > 0 {
		return x509.UnknownSignatureAlgorithm
	}
	if rest, err := asn1.Unmarshal(parameters.MGF.Parameters.FullBytes, &mgfHash); err != nil || len(rest) > 0 {
		return x509.UnknownSignatureAlgorithm
	}
	if parameters.MGF.Algorithm.String() != "1.2.840.113549.1.1.8" || !mgfHash.Algorithm.Equal(parameters.Hash.Algorithm) ||
		!absentOrNull(parameters.Hash) || !absentOrNull(mgfHash) || parameters.Trailer != 1 {
		return x509.UnknownSignatureAlgorithm
	}
	switch hash := parameters.Hash.Algorithm.String(); {
	case hash == "2.16.840.1.101.3.4.2.1" && parameters.Salt == 32:
		return x509.SHA256WithRSAPSS
	case hash == "2.16.840.1.101.3.4.2.2" && parameters.Salt == 48:
		return x509.SHA384WithRSAPSS
	case hash == "2.16.840.1.101.3.4.2.3" && parameters.Salt == 64:
		return x509.SHA512WithRSAPSS
	}
	return x509.UnknownSignatureAlgorithm
}

func absentOrNull(id pkix.AlgorithmIdentifier) bool {
	return len(id.Parameters.FullBytes) == 0 || bytes.Equal(id.Parameters.FullBytes, asn1.NullBytes)
}
