package api

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"

	"kytiem/certs"
	"kytiem/verify"
)

// evidenceIndex finds the certificates of a full report by their SHA-256.
type evidenceIndex map[string]*x509.Certificate

func newEvidenceIndex(r *verify.Report) evidenceIndex {
	index := make(evidenceIndex)
	if r.Evidence == nil {
		return index
	}
	for _, der := range r.Evidence.Certificates {
		if cert, err := x509.ParseCertificate(der); err == nil {
			sum := sha256.Sum256(der)
			index[hex.EncodeToString(sum[:])] = cert
		}
	}
	return index
}

// signer is the certificate that a signature was made with; nil if it is not at hand.
func (index evidenceIndex) signer(s *verify.Signature) *x509.Certificate {
	if len(s.Chain) > 0 {
		return index[s.Chain[0].SHA256]
	}
	for _, cert := range index { // it leads nowhere, so that the report tells no path
		if s.Signer != nil && certs.Serial(cert) == s.Signer.Serial && certs.Issuer(cert).CommonName == s.Signer.Issuer &&
			certs.Subject(cert).CommonName == s.Signer.CommonName && cert.NotAfter.Equal(s.Signer.NotAfter) {
			return cert
		}
	}
	return nil
}

// sivaCertificate is a certificate that a signature rests on.
type sivaCertificate struct {
	CommonName string      `json:"commonName"`
	Type       string      `json:"type" enum:"SIGNING,SIGNATURE_TIMESTAMP,ARCHIVE_TIMESTAMP"`
	Content    string      `json:"content" doc:"DER, base64"`
	Issuer     *sivaIssuer `json:"issuer,omitempty"`
}

type sivaIssuer struct {
	CommonName string `json:"commonName"`
	Content    string `json:"content" doc:"DER, base64"`
}

// certificatesOf lists the certificates of the signer and of the authorities whose
// time-stamps it has.
func (index evidenceIndex) certificatesOf(s *verify.Signature) (all []sivaCertificate) {
	add := func(kind string, cert *x509.Certificate, chain []verify.ChainLink) {
		if cert == nil {
			return
		}
		c := sivaCertificate{CommonName: certs.Subject(cert).CommonName, Type: kind, Content: base64.StdEncoding.EncodeToString(cert.Raw)}
		if len(chain) > 1 {
			if issuer := index[chain[1].SHA256]; issuer != nil {
				c.Issuer = &sivaIssuer{certs.Subject(issuer).CommonName, base64.StdEncoding.EncodeToString(issuer.Raw)}
			}
		}
		all = append(all, c)
	}
	add("SIGNING", index.signer(s), s.Chain)
	for _, t := range s.Timestamps {
		kind := "ARCHIVE_TIMESTAMP"
		if t.Type == "signature" {
			kind = "SIGNATURE_TIMESTAMP"
		}
		if len(t.Chain) > 0 {
			add(kind, index[t.Chain[0].SHA256], t.Chain)
		}
	}
	return all
}

// namesOf are a person's names, where the certificate has them apart (X.520, 6.2.4, 6.2.5).
func namesOf(cert *x509.Certificate) (given, family string) {
	for _, name := range cert.Subject.Names {
		text, _ := name.Value.(string)
		switch {
		case name.Type.Equal(asn1.ObjectIdentifier{2, 5, 4, 42}):
			given = text
		case name.Type.Equal(asn1.ObjectIdentifier{2, 5, 4, 4}):
			family = text
		}
	}
	return given, family
}
