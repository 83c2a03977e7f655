package attest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/pades"
	"kytiem/store"
)

// What is kept with an attestation (Thông tư 15/2025/TT-BKHCN, Phụ lục II, K1-K3): the
// certificates, how they stood when they signed, and the time-stamps, as they were fetched.
const (
	EvidenceCertificate = "certificate"
	EvidenceOCSP        = "ocsp"
	EvidenceCRL         = "crl"
	EvidenceTimestamp   = "timestamp"
)

// findings are what was fetched about a bundle's signatures, each once.
type findings []store.Piece

func (f *findings) add(kind, source string, content []byte) {
	sum := store.Digest(sha256.Sum256(content))
	if len(content) == 0 || slices.ContainsFunc(*f, func(had store.Piece) bool { return had.SHA256 == sum }) {
		return
	}
	*f = append(*f, store.Piece{SHA256: sum, Kind: kind, Source: source, Content: content})
}

// about adds paths, and the answers about them.
func (f *findings) about(evidence ...certs.Evidence) {
	for _, e := range evidence {
		for _, c := range e.Certificates() {
			f.add(EvidenceCertificate, "", c.Raw)
		}
		for _, answer := range e.Answers {
			kind := EvidenceOCSP
			if answer.Source == "crl" {
				kind = EvidenceCRL
			}
			f.add(kind, answer.URL, answer.Raw)
		}
	}
}

// keep stores them with a bundle, in one order: transactions that store the same must not
// wait for each other.
func (f findings) keep(ctx context.Context, tx *store.Tx, bundle string) error {
	sorted := slices.SortedFunc(slices.Values(f), func(a, b store.Piece) int { return slices.Compare(a.SHA256[:], b.SHA256[:]) })
	return tx.AddEvidence(ctx, bundle, sorted)
}

// Evidence lists what is kept about the signatures of a bundle.
func (s *Service) Evidence(ctx context.Context, who Actor, id string, p Page) ([]store.Evidence, string, error) {
	v := s.store.Glance()
	b, err := v.Bundle(ctx, id)
	if err := s.guard(ctx, who, ReadBundles, b.Unit, id, err); err != nil {
		return nil, "", err
	}
	return v.Evidence(ctx, id, p)
}

// EvidenceFile finds one piece of it.
func (s *Service) EvidenceFile(ctx context.Context, who Actor, id string, sum store.Digest) (store.Evidence, *Blob, error) {
	v := s.store.Glance()
	b, err := v.Bundle(ctx, id)
	if err := s.guard(ctx, who, ReadBundles, b.Unit, id, err); err != nil {
		return store.Evidence{}, nil, err
	}
	e, err := v.EvidenceOf(ctx, id, sum)
	if err != nil {
		return e, nil, err
	}
	content, err := v.Blob(ctx, sum)
	return e, content, err
}

// ErrCarried is evidence that the signature itself carries: deleting the copy of it would
// delete nothing, and deleting that would break the signature.
var ErrCarried = fmt.Errorf("the signature itself carries it: %w", ErrConflict)

// DeleteEvidence deletes one piece, for a reason that the audit chain names. What the
// signatures of the bundle carry is ErrCarried.
func (s *Service) DeleteEvidence(ctx context.Context, who Actor, id string, sum store.Digest, reason string) error {
	b, err := s.store.Glance().Bundle(ctx, id)
	if err := s.guard(ctx, who, DeleteEvidence, b.Unit, id, err); err != nil {
		return err
	}
	if err := reasoned(reason, ""); err != nil {
		return err
	}
	_, err = again(func() (struct{}, error) { return struct{}{}, s.deleteEvidence(ctx, who, id, sum, reason) })
	return err
}

func (s *Service) deleteEvidence(ctx context.Context, who Actor, id string, sum store.Digest, reason string) error {
	v := s.store.Glance()
	b, err := v.Bundle(ctx, id) // before its files: were they raised since, so was its version
	if err != nil {
		return err
	}
	e, err := v.EvidenceOf(ctx, id, sum)
	if err != nil {
		return err
	}
	carried, err := s.carried(ctx, id)
	if err != nil {
		return err
	}
	if carried[sum] {
		return fmt.Errorf("evidence %s about bundle %s: %w", sum, id, ErrCarried)
	}
	_, err = step(ctx, s, who, func(tx *store.Tx) (struct{}, error) {
		if err := tx.TouchBundle(ctx, &b); err != nil {
			return struct{}{}, err
		}
		if err := tx.DropEvidence(ctx, id, sum); err != nil {
			return struct{}{}, err
		}
		why, err := keepText(ctx, tx, "reason", reason)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, tx.Audit("evidence.delete", who.Account, b.Unit, id, audit.ID("evidence", sum.String()), audit.ID("kind", e.Kind), why)
	})
	return err
}

// carried is what the signatures of a bundle carry, as they are now; nothing where there are
// none yet.
func (s *Service) carried(ctx context.Context, id string) (map[store.Digest]bool, error) {
	files, err := s.store.Glance().Files(ctx, id)
	if err != nil {
		return nil, err
	}
	c := carrying{}
	if _, err := fileOf(files, bundle.SignatureFile); err != nil {
		return c, nil //nolint:nilerr // not signed
	}
	p7s, err := s.content(ctx, files, bundle.SignatureFile)
	if err == nil {
		err = c.cms(p7s)
	}
	var pages []byte
	if err == nil {
		pages, err = s.content(ctx, files, bundle.PagesFile)
	}
	if err == nil {
		err = c.document(pages)
	}
	return c, err
}

// carrying is what was found to be carried, by digest.
type carrying map[store.Digest]bool

func (c carrying) note(contents ...[]byte) {
	for _, content := range contents {
		c[sha256.Sum256(content)] = true
	}
}

func (c carrying) document(pages []byte) error {
	file, err := pades.Open(pages)
	if err != nil {
		return err
	}
	dss, err := file.DSS(len(file.Revisions()) - 1)
	if err != nil {
		return err
	}
	if dss != nil {
		for _, stored := range slices.Concat(dss.Certs, dss.CRLs, dss.OCSPs) {
			c.note(stored.DER)
		}
	}
	signatures, err := file.Signatures()
	if err != nil {
		return err
	}
	for i := range signatures {
		token, err := signatures[i].Token()
		if err == nil {
			c.note(token)
			err = c.cms(token)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// cms notes what a CMS holds, and the time-stamps in it, which are CMS, too.
func (c carrying) cms(der []byte) error {
	cms, err := pades.ParseCMS(der)
	if err != nil {
		return err
	}
	for _, cert := range cms.Certificates {
		c.note(cert.Raw)
	}
	c.note(slices.Concat(cms.CRLs, cms.OCSPs)...)
	for i := range cms.Signers {
		for _, token := range slices.Concat(cms.Signers[i].TimeStamps(), cms.Signers[i].ArchiveTimeStamps()) {
			c.note(token)
			if err := c.cms(token); err != nil { // a time-stamp of a time-stamp: each is smaller than what holds it
				return err
			}
		}
	}
	return nil
}

// Revision finds what a signed file of a bundle was before it was raised.
func (s *Service) Revision(ctx context.Context, who Actor, id string, sum store.Digest) (store.Revision, *Blob, error) {
	v := s.store.Glance()
	b, err := v.Bundle(ctx, id)
	if err := s.guard(ctx, who, ReadPages, b.Unit, id, err); err != nil {
		return store.Revision{}, nil, err
	}
	found, err := v.Revisions(ctx, id)
	if err != nil {
		return store.Revision{}, nil, err
	}
	for _, r := range found {
		if r.SHA256 == sum {
			content, err := v.Blob(ctx, sum)
			return r, content, err
		}
	}
	return store.Revision{}, nil, fmt.Errorf("revision %s of bundle %s: %w", sum, id, ErrNotFound)
}
