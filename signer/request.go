package signer

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"kytiem/pades"
)

// What can be wrong when a prepared signature is completed. ErrSignature is a
// signature by another key, or over something else.
var (
	ErrUsed           = errors.New("signing request already completed")
	ErrLapsed         = errors.New("signing request expired")
	ErrSignature      = errors.New("signature does not fit the request")
	ErrContentChanged = errors.New("content changed since it was prepared")
	ErrNoCertificate  = errors.New("no certificate to sign with")
)

// Kind is what a request signs.
type Kind string

// The kinds: a PDF document (PAdES) and the manifest (CAdES, detached).
const (
	Document Kind = "pdf"
	Manifest Kind = "manifest"
)

// Request is what leaves for the key's carrier.
type Request struct {
	Kind  Kind   `json:"kind"`
	Title string `json:"title"` // for the holder to recognise it by; no personal data

	// DocumentSHA256 is of the exact bytes that are signed, which the signing side
	// can fetch, hash and compare with messageDigest in SignedAttributes.
	DocumentSHA256 []byte `json:"document_sha256"`

	// SignedAttributes is the DER of SET OF Attribute (tag 0x31): the bytes to sign
	// (RFC 5652, 5.4). Digest is their hash under Algorithm, for keys that sign
	// digests.
	SignedAttributes []byte          `json:"signed_attributes"`
	Digest           []byte          `json:"digest"`
	Algorithm        pades.Algorithm `json:"algorithm"`

	// Certificates are DER, leaf first. The signature has to be by the leaf's key.
	Certificates [][]byte `json:"certificates"`

	Expires time.Time `json:"expires"`
}

// KeyCarrier is where a private key lives: a token on a desk, a remote-signing
// authority, a file.
//
// Sign answers every request with a signature over its SignedAttributes under its
// Algorithm by the key of its first certificate, in the order of the requests; ECDSA
// signatures are DER (RFC 3279, 2.2.3). It fails whole or answers whole, never
// retries a PIN by itself, and returns when ctx is done.
type KeyCarrier interface {
	Sign(ctx context.Context, requests []Request) ([][]byte, error)
}

// Prepared is our half of a request: what has to be kept until the signature comes
// back. It is used up by one Complete. It can be stored as JSON; that a stored one
// is not completed twice, by whatever number of servers, is for the store to see to.
type Prepared struct {
	Request Request       `json:"request"`
	Update  *pades.Update `json:"update,omitempty"` // the revision to append, for documents

	certificates []*x509.Certificate // of the request, parsed; nil after it was stored
	used         bool
}

// Complete puts the signature in place: it returns the signed document, or the CMS
// over the manifest. content is what was prepared; if it changed in between, the
// error is ErrContentChanged. The signature is verified with the certificate's key
// before anything is made of it, and certificate and request have to be in force at
// now.
func (p *Prepared) Complete(content, signature []byte, now time.Time) ([]byte, error) {
	if p.used {
		return nil, ErrUsed
	}
	if now.After(p.Request.Expires) {
		return nil, fmt.Errorf("at %s: %w", p.Request.Expires.UTC().Format(time.RFC3339), ErrLapsed)
	}
	certificates := p.certificates
	if certificates == nil {
		var err error
		if certificates, err = parseCertificates(p.Request.Certificates); err != nil {
			return nil, err
		}
	}
	if err := checkSigner(certificates[0], now); err != nil {
		return nil, err
	}
	r := p.Request
	if err := r.Algorithm.Verify(certificates[0].PublicKey, r.SignedAttributes, signature); err != nil {
		return nil, fmt.Errorf("verifying with the certificate's key: %w", ErrSignature)
	}
	cms, err := pades.SignedData(r.SignedAttributes, r.Algorithm, signature, certificates)
	if err != nil {
		return nil, fmt.Errorf("assembling CMS: %w", err)
	}
	signed, err := p.embed(content, cms)
	if err != nil {
		return nil, err
	}
	p.used = true
	return signed, nil
}

func (p *Prepared) embed(content, cms []byte) ([]byte, error) {
	if p.Update == nil {
		if sum := sha256.Sum256(content); string(sum[:]) != string(p.Request.DocumentSHA256) {
			return nil, fmt.Errorf("manifest: %w", ErrContentChanged)
		}
		return cms, nil
	}
	signed, err := p.Update.Embed(content, cms)
	if errors.Is(err, pades.ErrRevisionChanged) || errors.Is(err, pades.ErrUpdateChanged) {
		return nil, fmt.Errorf("document: %w: %w", ErrContentChanged, err)
	}
	return signed, err
}

func parseCertificates(ders [][]byte) ([]*x509.Certificate, error) {
	if len(ders) == 0 {
		return nil, ErrNoCertificate
	}
	certificates := make([]*x509.Certificate, len(ders))
	for i, der := range ders {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("reading certificate %d: %w", i, err)
		}
		certificates[i] = cert
	}
	return certificates, nil
}
