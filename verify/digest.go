package verify

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"

	"kytiem/pades"
)

// DetachedDigest judges a detached CMS signature whose content stays with the caller, who
// says its SHA-256: messageDigest is held against that (RFC 5652, 5.4). What the content
// says, and so whether the signer is its unit, nobody here has seen: the report tells.
func (v *Verifier) DetachedDigest(ctx context.Context, name string, p7s []byte, sum [sha256.Size]byte) (*Report, error) {
	cms, err := pades.ParseCMS(p7s)
	if err != nil && !bytes.HasPrefix(p7s, []byte{0x30}) { // no SEQUENCE (X.690, 8.9)
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, inputTime)
	defer cancel()
	v = v.fixed()
	r := v.report(name, "cms", p7s)
	if err != nil {
		(*checks)(&r.Checks).fail("R-C1", FormatFailure, "", err.Error())
		r.settle()
		return r, nil
	}
	digest := func(hash crypto.Hash) ([]byte, error) {
		if hash != crypto.SHA256 {
			return nil, errors.New("the SHA-256 of the content is known, and the signature is over another digest")
		}
		return sum[:], nil
	}
	for i := range cms.Signers {
		if exhausted(ctx, r) {
			break
		}
		s := Signature{
			ID: fmt.Sprintf("%s#%d", name, i+1), Format: "CAdES-BASELINE-B",
			Chain: []ChainLink{}, Revocation: []Revocation{}, Timestamps: []struct{}{},
		}
		var c checks
		if cms.Content != nil && sha256.Sum256(cms.Content) != sum {
			c.fail("R-C3", FormatFailure, "", "the signature carries another content than the one whose SHA-256 was given")
		}
		options := pades.CheckOptions{Profile: pades.CAdES, Attached: cms.Content != nil, Content: cms.Content}
		v.judgeCMS(ctx, &s, &c, cms, i, digest, options)
		if cms.Content == nil {
			c.warn("R-C3", "sig.content_unseen", "the content was not given, only its SHA-256")
		}
		s.Checks = c
		s.settle()
		r.Signatures = append(r.Signatures, s)
	}
	r.settle()
	return r, nil
}
