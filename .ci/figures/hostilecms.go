package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"time"

	"kytiem/pades"
)

// people are an authority and somebody it certified.
type people struct {
	key          *ecdsa.PrivateKey
	root, signer *x509.Certificate
}

func newPeople() (*people, error) {
	p := &people{}
	var err error
	if p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	if p.root, err = p.certificate(1, "root", "root", true); err != nil {
		return nil, err
	}
	p.signer, err = p.certificate(2, "signer", "root", false)
	return p, err
}

// certificate is one of a name, issued under a name; all have one key.
func (p *people) certificate(serial int64, name, issuer string, authority bool) (*x509.Certificate, error) {
	usage := x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if authority {
		usage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: usage, IsCA: authority, BasicConstraintsValid: true,
	}
	parent := &x509.Certificate{Subject: pkix.Name{CommonName: issuer}, PublicKey: p.key.Public()}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, p.key.Public(), p.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// nothing is the digest of what hostile files sign.
var nothing = sha256.Sum256(nil)

// cms is a signature by the signer over a digest, with further certificates.
func (p *people) cms(digest []byte, certificates ...*x509.Certificate) ([]byte, error) {
	attributes, err := pades.SignedAttributes(pades.AttributeOptions{Digest: digest, Hash: crypto.SHA256, Certificate: p.signer})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(attributes)
	signature, err := p.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	return pades.SignedData(attributes, pades.ES256, signature, append([]*x509.Certificate{p.signer}, certificates...))
}

func fourBytes(n int64) string {
	return string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// numbered is a certificate with another serial number, and so with a signature that does
// not hold.
func numbered(der []byte, n int) []byte {
	out := bytes.Clone(der)
	copy(out[len(out)-8:], fourBytes(int64(n)))
	return out
}

// crowded is a CMS with many certificates more.
func crowded(cms, certificate []byte, n int) ([]byte, error) {
	var text struct {
		Type    asn1.ObjectIdentifier
		Content struct {
			Version      int
			Digests      asn1.RawValue
			Content      asn1.RawValue
			Certificates asn1.RawValue `asn1:"optional,tag:0"`
			Signers      asn1.RawValue
		} `asn1:"explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(cms, &text); err != nil {
		return nil, err
	}
	set := bytes.Clone(text.Content.Certificates.Bytes)
	for i := range n {
		set = append(set, numbered(certificate, i)...)
	}
	text.Content.Certificates = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: set}
	return asn1.Marshal(text)
}

// header is a DER tag with a length of five bytes.
func header(tag byte, n int) string { return string([]byte{tag, 0x84}) + fourBytes(int64(n)) }
