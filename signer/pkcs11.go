package signer

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kytiem/pades"
	"kytiem/token"
)

// PKCS11Options say which key on which token, and how its PIN may be tried.
type PKCS11Options struct {
	URI     token.URI // has to name one certificate of a signer
	Program token.Program
	Login   token.Login

	// Issuers are certificates between the token's and a root that the token itself does not
	// hold. What does not lead upwards from it is passed over.
	Issuers []*x509.Certificate
}

// PKCS11 is a key on a USB token or in an HSM, behind its vendor's library. It is a
// [KeyCarrier]. Every batch is one login of a process of its own.
type PKCS11 struct {
	program token.Program
	login   token.Login
	by      token.Certificate
	chain   []*x509.Certificate

	turn    chan struct{} // held during a batch: two logins at once are more than some tokens take
	refused error         // the PIN was wrong; it is not sent again
	proven  bool          // the PIN was right once
}

// maxPath bounds the way up from a certificate among those of a token.
const maxPath = 8

// OpenPKCS11 finds the certificate. The PIN is not needed for it, and not tried: [PKCS11.Try]
// does that.
func OpenPKCS11(ctx context.Context, o PKCS11Options) (*PKCS11, error) {
	listed, err := o.Program.List(ctx)
	if err != nil {
		return nil, err
	}
	var named []token.Certificate
	var leaves, others []*x509.Certificate
	others = append(others, o.Issuers...)
	for _, c := range listed {
		certificate, err := x509.ParseCertificate(c.DER)
		if err != nil {
			continue // another's, or of no use to us
		}
		if certificate.IsCA {
			others = append(others, certificate)
		} else if o.URI.Names(c) {
			named, leaves = append(named, c), append(leaves, certificate)
		}
	}
	switch len(named) {
	case 0:
		return nil, fmt.Errorf("%d certificates on all tokens: %w", len(listed), token.ErrNoCertificate)
	case 1:
	default:
		var uris []string
		for _, c := range named {
			uris = append(uris, c.URI().String())
		}
		return nil, fmt.Errorf("%w: %s", token.ErrAmbiguous, strings.Join(uris, " "))
	}
	return &PKCS11{program: o.Program, login: o.Login, by: named[0], chain: climb(leaves[0], others), turn: make(chan struct{}, 1)}, nil
}

// climb follows issuers upwards, as far as there are any.
func climb(leaf *x509.Certificate, others []*x509.Certificate) []*x509.Certificate {
	chain := []*x509.Certificate{leaf}
	for len(chain) < maxPath {
		last := chain[len(chain)-1]
		up := slices.IndexFunc(others, func(issuer *x509.Certificate) bool {
			return string(last.RawIssuer) == string(issuer.RawSubject) && !last.Equal(issuer) && last.CheckSignatureFrom(issuer) == nil
		})
		if up < 0 {
			break
		}
		chain = append(chain, others[up])
	}
	return chain
}

// Certificates are the key's certificate and those that lead from it upwards, as far as the
// token and the options hold them.
func (c *PKCS11) Certificates() []*x509.Certificate { return c.chain }

// Try signs something that is no document and no manifest, so that a wrong PIN or a missing
// key shows when a service starts, not when its first signature is wanted.
func (c *PKCS11) Try(ctx context.Context) error {
	algorithm, err := pades.AlgorithmFor(c.chain[0].PublicKey, false)
	if err != nil {
		return err
	}
	// Signed attributes begin with 0x31 (RFC 5652, 5.4), a CMS could not be made of this.
	_, err = c.Sign(ctx, []Request{{SignedAttributes: []byte("kytiem: is this key in working order?"), Algorithm: algorithm, Certificates: [][]byte{c.by.DER}}})
	return err
}

// Sign implements [KeyCarrier].
func (c *PKCS11) Sign(ctx context.Context, requests []Request) ([][]byte, error) {
	if len(requests) == 0 {
		return nil, ctx.Err()
	}
	items := make([]token.Item, len(requests))
	for i, r := range requests {
		if len(r.Certificates) == 0 || string(r.Certificates[0]) != string(c.by.DER) {
			return nil, fmt.Errorf("request %d: %w", i, ErrNoCertificate)
		}
		if !r.Algorithm.Fits(c.chain[0].PublicKey) {
			return nil, fmt.Errorf("request %d, algorithm %s: %w", i, r.Algorithm, pades.ErrUnsupportedAlgorithm)
		}
		h := r.Algorithm.Hash().New()
		h.Write(r.SignedAttributes)
		items[i] = token.Item{Algorithm: string(r.Algorithm), Digest: h.Sum(nil)}
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c.refused != nil {
		return nil, c.refused
	}
	login := c.login
	login.Unattended = login.Unattended && !c.proven // somebody else's slip does not stop a PIN that is known to be right
	signatures, err := c.program.Sign(ctx, c.by, login, items)
	for _, fault := range []error{token.ErrPINIncorrect, token.ErrPINIncorrectFinal, token.ErrPINLocked, token.ErrPINExpired, token.ErrPINLength} {
		if errors.Is(err, fault) {
			c.refused = err
		}
	}
	if err != nil {
		return nil, err
	}
	c.proven = true
	// The child verified what came of the library. This is about the child.
	for i, r := range requests {
		if err := r.Algorithm.Verify(c.chain[0].PublicKey, r.SignedAttributes, signatures[i]); err != nil {
			return nil, fmt.Errorf("request %d: %w: %w", i, token.ErrSignature, err)
		}
	}
	return signatures, nil
}
