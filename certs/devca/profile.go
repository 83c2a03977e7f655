package devca

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// Kinds of subjects.
const (
	Person       = "person"       // a natural person within an organisation
	Organisation = "organisation" // the organisation itself; its seal
)

// Profile is what a certificate is asked to say. Empty attributes are left out.
type Profile struct {
	Kind         string   `json:"kind"` // Person or Organisation
	CommonName   string   `json:"common_name"`
	Organization string   `json:"organization"`
	Title        string   `json:"title,omitempty"`
	Province     string   `json:"province,omitempty"`
	Locality     string   `json:"locality,omitempty"`
	Identifiers  []string `json:"identifiers"`   // one UID attribute each: "MST:0319303270", "CCCD:075090000001"
	Key          string   `json:"key,omitempty"` // "rsa2048" (the default), "rsa3072", "p256", "p384"; "rsa1024" is weak on purpose

	// Signer is a key to certify instead of a new one.
	Signer crypto.Signer `json:"-"`
	// NotBefore and NotAfter; an hour ago and in a year if zero.
	NotBefore time.Time `json:"-"`
	NotAfter  time.Time `json:"-"`
	// Alter has the last word on the certificate before it is signed: key usage, extensions, SHA-1, whatever a test needs.
	Alter func(*x509.Certificate) `json:"-"`
}

// Issued is a certificate with its key and the issuers between it and the root, which is not among them.
type Issued struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
	Chain       []*x509.Certificate
}

// Issue certifies a profile: keyUsage digitalSignature and nonRepudiation, critical; extended key usage emailProtection,
// which together with none at all is what NSS, and so pdfsig, takes for document signing.
func (ca *CA) Issue(p Profile) (Issued, error) {
	subject, err := p.Subject()
	if err != nil {
		return Issued{}, err
	}
	key := p.Signer
	if key == nil {
		if key, err = ca.subjectKey(p.Key); err != nil {
			return Issued{}, err
		}
	}

	ca.mu.Lock()
	defer ca.mu.Unlock()
	template := ca.template("", 365*24*time.Hour)
	template.Subject, template.RawSubject = pkix.Name{}, subject
	template.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
	if !p.NotBefore.IsZero() {
		template.NotBefore = p.NotBefore
	}
	if !p.NotAfter.IsZero() {
		template.NotAfter = p.NotAfter
	}
	ca.addresses(template, "/ocsp", "/issuing.crt", "/issuing.crl")
	if p.Alter != nil {
		p.Alter(template)
	}
	leaf, err := ca.under(ca.issuing, template, key)
	if err != nil {
		return Issued{}, err
	}
	return Issued{leaf.Certificate, leaf.Key, []*x509.Certificate{ca.issuing.Certificate}}, ca.save()
}

// Subject encodes the subject's name in DER, in the order seen in Vietnamese certificates: C, ST, L, O, T, UID…, CN.
func (p Profile) Subject() ([]byte, error) {
	if p.Kind != Person && p.Kind != Organisation {
		return nil, fmt.Errorf("profile kind %q is neither %q nor %q", p.Kind, Person, Organisation)
	}
	var name pkix.RDNSequence
	add := func(value string, id ...int) {
		if value != "" {
			name = append(name, pkix.RelativeDistinguishedNameSET{{Type: asn1.ObjectIdentifier(id), Value: value}})
		}
	}
	add("VN", 2, 5, 4, 6)
	add(p.Province, 2, 5, 4, 8)
	add(p.Locality, 2, 5, 4, 7)
	add(p.Organization, 2, 5, 4, 10)
	if p.Kind == Person {
		add(p.Title, 2, 5, 4, 12)
	}
	for _, identifier := range p.Identifiers {
		add(identifier, 0, 9, 2342, 19200300, 100, 1, 1)
	}
	add(p.CommonName, 2, 5, 4, 3)
	der, err := asn1.Marshal(name)
	if err != nil {
		return nil, fmt.Errorf("encoding the subject: %w", err)
	}
	return der, nil
}

// PKCS12 packs key, certificate and issuing authority as a carrier file (RFC 7292, with AES and SHA-256).
func (i Issued) PKCS12(password string) ([]byte, error) {
	file, err := pkcs12.Modern.Encode(i.Key, i.Certificate, i.Chain, password)
	if err != nil {
		return nil, fmt.Errorf("packing PKCS#12: %w", err)
	}
	return file, nil
}

// Revoke enters a certificate of this authority as revoked from at on, with a CRLReason (RFC 5280, 5.3.1): 6 suspends it,
// 8 lifts a suspension.
func (ca *CA) Revoke(serial *big.Int, at time.Time, reason int) error {
	ca.mu.Lock()
	defer ca.mu.Unlock()
	id := serialOf(serial)
	if _, ok := ca.issued[id]; !ok {
		return fmt.Errorf("revoking certificate %s: not issued here", id)
	}
	if reason == reasonRemove {
		delete(ca.revoked, id)
	} else {
		ca.revoked[id] = revocation{at.UTC().Truncate(time.Second), reason}
	}
	return ca.save()
}

const reasonRemove = 8 // removeFromCRL
