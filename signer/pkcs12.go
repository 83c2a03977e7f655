package signer

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"

	"software.sslmate.com/src/go-pkcs12"

	"kytiem/pades"
)

// MaxPKCS12Bytes bounds a PKCS#12 file: one key and a few certificates.
const MaxPKCS12Bytes = 1 << 20

// What can be wrong with a PKCS#12 file.
var (
	ErrPassword = errors.New("wrong password")
	ErrPKCS12   = errors.New("not a PKCS#12 file with one key and its certificate")
)

// PKCS12 is a key and its certificates out of a PKCS#12 file (RFC 7292), for
// development, organisation seals and the command line. It is a [KeyCarrier].
type PKCS12 struct {
	key   crypto.Signer
	chain []*x509.Certificate
}

// OpenPKCS12 reads a PKCS#12 file. A wrong password is ErrPassword, everything else
// that is wrong ErrPKCS12.
func OpenPKCS12(data []byte, password string) (*PKCS12, error) {
	if len(data) > MaxPKCS12Bytes {
		return nil, fmt.Errorf("%d bytes: %w", len(data), ErrPKCS12)
	}
	key, leaf, others, err := pkcs12.DecodeChain(data, password)
	if errors.Is(err, pkcs12.ErrIncorrectPassword) {
		return nil, ErrPassword
	}
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok || leaf == nil {
		return nil, ErrPKCS12
	}
	if public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !public.Equal(leaf.PublicKey) {
		return nil, fmt.Errorf("key of another certificate: %w", ErrPKCS12)
	}
	return &PKCS12{key: signer, chain: append([]*x509.Certificate{leaf}, others...)}, nil
}

// Certificates are the key's certificate and those that lead from it to a root.
func (c *PKCS12) Certificates() []*x509.Certificate { return c.chain }

// Sign implements [KeyCarrier].
func (c *PKCS12) Sign(ctx context.Context, requests []Request) ([][]byte, error) {
	signatures := make([][]byte, len(requests))
	for i, r := range requests {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(r.Certificates) == 0 || string(r.Certificates[0]) != string(c.chain[0].Raw) {
			return nil, fmt.Errorf("request %d: %w", i, ErrNoCertificate)
		}
		if !r.Algorithm.Fits(c.chain[0].PublicKey) {
			return nil, fmt.Errorf("request %d, algorithm %s: %w", i, r.Algorithm, pades.ErrUnsupportedAlgorithm)
		}
		hash := r.Algorithm.Hash()
		h := hash.New()
		h.Write(r.SignedAttributes)
		var options crypto.SignerOpts = hash
		switch r.Algorithm {
		case pades.PS256, pades.PS384, pades.PS512:
			options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
		}
		signature, err := c.key.Sign(rand.Reader, h.Sum(nil), options)
		if err != nil {
			return nil, fmt.Errorf("request %d: %w", i, err)
		}
		signatures[i] = signature
	}
	return signatures, nil
}
