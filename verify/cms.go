package verify

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/pades"
)

// Detached judges a detached CMS signature (.p7s) over content, or a CMS that
// carries its content; nil content says that there is none beside the signature.
// Several signers give several signatures in the report. Where the content is a
// manifest of ours, the signer has to be its unit. A broken CMS is a verdict; the
// error is about input that is no CMS at all.
func (v *Verifier) Detached(ctx context.Context, name string, p7s, content []byte) (*Report, error) {
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
	leaves := v.addDetached(ctx, r, name, cms, content)
	if cms.Content != nil {
		content = cms.Content
	}
	if m, err := bundle.ParseManifest(content); err == nil {
		r.Bundle = bundleOf(m)
		judgeUnitSigner(r, m, leaves)
	}
	r.settle()
	return r, nil
}

// addDetached judges every signer of cms over content and adds them to the report.
func (v *Verifier) addDetached(ctx context.Context, r *Report, name string, cms *pades.CMS, content []byte) []*x509.Certificate {
	attached := cms.Content != nil
	foreign := attached && content != nil && !bytes.Equal(content, cms.Content)
	if attached {
		content = cms.Content
	}
	var leaves []*x509.Certificate
	for i := range cms.Signers {
		if exhausted(ctx, r) {
			return leaves
		}
		s := Signature{
			ID: fmt.Sprintf("%s#%d", name, i+1), Format: "CAdES-BASELINE-B",
			Chain: []ChainLink{}, Revocation: []Revocation{}, Timestamps: []struct{}{},
		}
		var c checks
		if foreign {
			c.fail("R-C3", FormatFailure, "", "the signature carries another content than the one given with it")
		}
		digest := func(hash crypto.Hash) ([]byte, error) {
			if content == nil {
				return nil, errors.New("no content beside the signature")
			}
			h := hash.New()
			h.Write(content)
			return h.Sum(nil), nil
		}
		options := pades.CheckOptions{Profile: pades.CAdES, Attached: attached, Content: content}
		leaves = append(leaves, v.judgeCMS(ctx, &s, &c, cms, i, digest, options))
		s.Checks = c
		s.settle()
		r.Signatures = append(r.Signatures, s)
	}
	return leaves
}

// judgeCMS applies the rules on one SignerInfo and then on its certificate. It
// returns the signer's certificate, nil where none was found.
func (v *Verifier) judgeCMS(ctx context.Context, s *Signature, c *checks, cms *pades.CMS, signer int,
	digest func(crypto.Hash) ([]byte, error), o pades.CheckOptions,
) *x509.Certificate {
	result := cms.Check(signer, digest, o)
	for _, f := range result.Findings {
		*c = append(*c, Check{ID: f.Rule, Status: CheckStatus(f.Status), Message: f.Message, sub: SubIndication(f.Sub)})
	}
	if s.ClaimedSigningTime == nil && signer < len(cms.Signers) {
		if at, err := cms.Signers[signer].SigningTime(); err == nil && !at.IsZero() {
			s.ClaimedSigningTime = claimed(at)
		}
	}
	if signer < len(cms.Signers) && len(cms.Signers[signer].TimeStamps()) > 0 {
		c.warn("R-T2", "sig.timestamp_ignored", "a signature time-stamp is there; this version does not judge it and takes no time from it")
	}
	if result.Signer == nil {
		return nil // R-C8 has said so
	}
	leaf := result.Signer.Certificate
	if leaf == nil {
		c.fail("R-X1", CertificateChainGeneral, "", fmt.Sprintf("signer's certificate: %v", result.Signer.Err))
		return nil
	}
	if at := s.ClaimedSigningTime; at != nil && at.After(v.At.Add(certs.DefaultSkew)) {
		c.fail("R-C11", SigConstraintsFailure, "sig.future", "claimed signing time after the validation time")
	}
	v.judgeCertificate(ctx, s, c, leaf, poolOf(cms, leaf))
	return leaf
}

// poolOf lists the other certificates of the CMS, hints for the path. Those that do
// not parse are left out: what is not needed for the path does not matter.
func poolOf(cms *pades.CMS, leaf *x509.Certificate) []*x509.Certificate {
	var pool []*x509.Certificate
	for _, other := range cms.Certificates {
		if other.Certificate != nil && !other.Certificate.Equal(leaf) {
			pool = append(pool, other.Certificate)
		}
	}
	return slices.Clip(pool)
}

func claimed(at time.Time) *time.Time {
	at = at.UTC()
	return &at
}
