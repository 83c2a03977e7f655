package verify

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
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
	return v.detached(ctx, name, p7s, beside{content: content})
}

// DetachedDigest judges a detached CMS signature whose content stays with the caller, who
// says its SHA-256: messageDigest is held against that (RFC 5652, 5.4). What the content
// says, and so whether the signer is its unit, nobody here has seen: the report tells.
func (v *Verifier) DetachedDigest(ctx context.Context, name string, p7s []byte, sum [sha256.Size]byte) (*Report, error) {
	return v.detached(ctx, name, p7s, beside{sum: &sum})
}

func (v *Verifier) detached(ctx context.Context, name string, p7s []byte, b beside) (*Report, error) {
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
	leaves, _ := v.addDetached(ctx, r, name, cms, b)
	content := b.content
	if b.sum == nil && cms.Content != nil {
		content = cms.Content
	}
	if m, err := bundle.ParseManifest(content); err == nil {
		r.Bundle = bundleOf(m)
		judgeUnitSigner(r, m, leaves)
	}
	r.settle()
	return r, nil
}

// addDetached judges every signer of cms over what lies beside it and adds them to the
// report.
func (v *Verifier) addDetached(ctx context.Context, r *Report, name string, cms *pades.CMS, b beside) ([]*x509.Certificate, *evidence) {
	e := v.evidence()
	e.addCMS(cms, 0)
	var leaves []*x509.Certificate
	for i := range cms.Signers {
		if exhausted(ctx, r) {
			return leaves, e
		}
		s := Signature{
			ID: fmt.Sprintf("%s#%d", name, i+1), Format: "CAdES-BASELINE-B",
			Chain: []ChainLink{}, Revocation: []Revocation{}, Timestamps: []Timestamp{},
		}
		c := (*checks)(&s.Checks)
		if b.foreign(cms.Content) {
			c.fail("R-C3", FormatFailure, "", "the signature carries another content than the one given with it")
		}
		if cms.Content == nil && b.sum != nil {
			c.warn("R-C3", "sig.content_unseen", "the content was not given, only its SHA-256")
		}
		content, digest := b.content, b.digest
		if cms.Content != nil {
			content, digest = cms.Content, beside{content: cms.Content}.digest
		}
		options := pades.CheckOptions{Profile: pades.CAdES, Attached: cms.Content != nil, Content: content}
		e.archived = nil // archive time-stamps are over one signer each
		e.archiveTimestamps(ctx, &s, c, cms, i, digest)
		proofs := []time.Time{v.At}
		for _, a := range e.archived {
			if a.at.Before(v.At) {
				proofs = append(proofs, a.at)
			}
		}
		leaves = append(leaves, e.judgeCMS(ctx, &s, c, signed{cms, i, digest, options, ordered(proofs)}))
		s.settle()
		r.Signatures = append(r.Signatures, s)
	}
	r.collect(e)
	return leaves, e
}

// signed is one SignerInfo, what it signs, and since when it is proven to exist.
type signed struct {
	cms     *pades.CMS
	signer  int
	digest  func(crypto.Hash) ([]byte, error)
	options pades.CheckOptions
	proofs  []time.Time // by time-stamps over the CMS, earliest first; the last is the validation time
}

// judgeCMS applies the rules on one SignerInfo, on its time-stamps, and then on its
// certificate. It returns the signer's certificate, nil where none was found.
func (e *evidence) judgeCMS(ctx context.Context, s *Signature, c *checks, subject signed) *x509.Certificate {
	cms := subject.cms
	result := cms.Check(subject.signer, subject.digest, subject.options)
	for _, f := range result.Findings {
		if f.Message == "" { // the format package says that a rule holds, not how
			f.Message = holds(f.Rule)
		}
		*c = append(*c, Check{ID: f.Rule, Status: CheckStatus(f.Status), Message: f.Message, sub: SubIndication(f.Sub)})
	}
	s.Algorithm = string(result.Algorithm)
	if subject.signer >= len(cms.Signers) {
		return nil
	}
	signer := &cms.Signers[subject.signer]
	if s.ClaimedSigningTime == nil {
		if at, err := signer.SigningTime(); err == nil && !at.IsZero() {
			s.ClaimedSigningTime = claimed(at)
		}
	}
	proofs := e.judgeTimes(ctx, s, c, subject, signer)
	if result.Signer == nil {
		return nil // R-C8 has said so
	}
	leaf := result.Signer.Certificate
	if leaf == nil {
		c.fail("R-X1", CertificateChainGeneral, "", fmt.Sprintf("signer's certificate: %v", result.Signer.Err))
		return nil
	}
	if at := s.ClaimedSigningTime; at != nil && at.After(e.v.At.Add(certs.DefaultSkew)) {
		c.fail("R-C11", SigConstraintsFailure, "sig.future", "claimed signing time after the validation time")
	}
	q := question{leaf: leaf, use: certs.Signing, usage: certs.CheckUsage, proofs: proofs}
	if s.ClaimedSigningTime != nil {
		q.made = *s.ClaimedSigningTime
	}
	a := e.ask(ctx, q)
	*c = append(*c, a.checks...)
	s.Signer, s.Chain = signerOf(leaf), chainOf(a.path)
	for _, r := range a.revocation {
		s.Revocation = append(s.Revocation, revocationOf(r))
	}
	if until := certs.HashBelieved(result.Hash); a.holds && a.at.After(until) && !until.IsZero() {
		c.fail("R-X4", CryptoConstraintsFailureNoPOE, "cert.aged", fmt.Sprintf("digest of the content believed until %s", until.Format(time.DateOnly)))
	}
	e.level(s, a)
	return leaf
}

// judgeTimes judges the time-stamps over the signature, and gives all times at which it
// is proven to have existed: the best is the earliest (EN 319 102-1, 5.5.4).
func (e *evidence) judgeTimes(ctx context.Context, s *Signature, c *checks, subject signed, signer *pades.SignerInfo) []time.Time {
	tokenProofs := subject.proofs
	before := len(s.Timestamps)
	e.signatureTimestamps(ctx, s, c, signer, tokenProofs)
	proofs := slices.Clone(subject.proofs)
	for _, t := range s.Timestamps[before:] {
		if t.passed() && t.Time.Before(e.v.At) {
			proofs = append(proofs, *t.Time)
		}
	}
	proofs = ordered(proofs)
	s.BestSignatureTime = claimed(proofs[0])
	// R-T3: by its own word a signature is made before it is stamped. The word is only a
	// claim, and clocks differ.
	if at := s.ClaimedSigningTime; at != nil && len(proofs) > 1 && at.After(proofs[0].Add(certs.DefaultSkew)) {
		c.warn("R-T3", "ts.claim", "claimed signing time after the time-stamp")
	}
	e.contentTimestamps(ctx, s, c, subject, signer, proofs)
	if len(s.Timestamps) > 0 {
		c.held("R-T3")
	}
	return proofs
}

func claimed(at time.Time) *time.Time {
	at = at.UTC()
	return &at
}
