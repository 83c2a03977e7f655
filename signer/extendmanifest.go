package signer

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"time"

	"kytiem/pades"
)

// Manifest raises a detached signature over manifest.json to a level, as [Extender.Document]
// does a document: signature-time-stamp, then certificates and revocation data in SignedData,
// then archive-time-stamp-v3 (EN 319 122-1, 5.3, 6.3, 5.5.3).
func (e *Extender) Manifest(ctx context.Context, p7s, manifest []byte, to Level) (*Extended, error) {
	x := e.extending(ctx, p7s)
	cms, err := readManifestCMS(p7s)
	if err != nil {
		return x.Extended, err
	}
	x.Level = cmsLevel(cms)
	for _, step := range []struct {
		to  Level
		run func(*pades.CMS) error
	}{
		{LevelT, x.stampManifest},
		{LevelLT, x.storeManifestEvidence},
		{LevelLTA, func(cms *pades.CMS) error { return x.archiveManifest(cms, manifest) }},
	} {
		if !to.Reaches(step.to) || x.Level.Reaches(step.to) {
			continue
		}
		if cms, err = readManifestCMS(x.Content); err != nil {
			return x.Extended, err
		}
		if err := step.run(cms); err != nil {
			return x.Extended, fmt.Errorf("raising the manifest's signature to %s: %w", step.to, err)
		}
		x.Level = step.to
	}
	return x.Extended, nil
}

// RenewManifest adds evidence about the last archive time-stamp and a new one over all of it.
func (e *Extender) RenewManifest(ctx context.Context, p7s, manifest []byte) (*Extended, error) {
	x := e.extending(ctx, p7s)
	cms, err := readManifestCMS(p7s)
	if err != nil {
		return x.Extended, err
	}
	if x.Level = cmsLevel(cms); x.Level != LevelLTA {
		return x.Extended, fmt.Errorf("renewing at %s: %w", x.Level, ErrLevel)
	}
	if err := x.archiveManifest(cms, manifest); err != nil {
		return x.Extended, fmt.Errorf("renewing the archive time-stamp: %w", err)
	}
	return x.Extended, nil
}

func readManifestCMS(p7s []byte) (*pades.CMS, error) {
	cms, err := pades.ParseCMS(p7s)
	if err != nil {
		return nil, err
	}
	if len(cms.Signers) != 1 {
		return nil, pades.ErrUnextendedCMS
	}
	return cms, nil
}

func (x *extending) stampManifest(cms *pades.CMS) error {
	if _, err := x.signerPath(cms, nil, x.e.now()); err != nil {
		return err
	}
	stamp, token, err := x.stamp(sha256.Sum256(cms.Signers[0].Signature))
	if err != nil {
		return err
	}
	p7s, err := pades.AddUnsigned(x.Content, pades.TimeStampAttribute(token))
	if err != nil {
		return err
	}
	x.Content = p7s
	x.keep(token, stamp)
	return nil
}

func (x *extending) storeManifestEvidence(cms *pades.CMS) error {
	stamps, err := parseStamps(cms.Signers[0].TimeStamps())
	if err != nil {
		return err
	}
	var at time.Time
	for _, stamp := range stamps {
		if at.IsZero() || stamp.At.Before(at) {
			at = stamp.At
		}
	}
	path, err := x.signerPath(cms, nil, at)
	if err != nil {
		return err
	}
	if err := x.gather(path, at); err != nil {
		return err
	}
	if err := x.gatherAuthorities(stamps, certificatesOf(cms)); err != nil {
		return err
	}
	return x.addEvidence()
}

func parseStamps(tokens [][]byte) ([]*pades.TimeStamp, error) {
	var stamps []*pades.TimeStamp
	for _, token := range tokens {
		stamp, err := pades.ParseTimeStamp(token)
		if err != nil {
			return nil, err
		}
		stamps = append(stamps, stamp)
	}
	return stamps, nil
}

func certificatesOf(cms *pades.CMS) []*x509.Certificate {
	var list []*x509.Certificate
	for _, c := range cms.Certificates {
		if c.Certificate != nil {
			list = append(list, c.Certificate)
		}
	}
	return list
}

func (x *extending) addEvidence() error {
	p7s, err := pades.AddEvidence(x.Content, x.evidence())
	if err == nil {
		x.Content = p7s
	}
	return err
}

// archiveManifest reaches B-LTA, or renews it.
func (x *extending) archiveManifest(cms *pades.CMS, manifest []byte) error {
	stamps, err := parseStamps(cms.Signers[0].ArchiveTimeStamps())
	if err != nil {
		return err
	}
	if err := x.gatherAuthorities(stamps, certificatesOf(cms)); err != nil {
		return err
	}
	return x.archive(x.addEvidence, func() error {
		archive, err := pades.PrepareArchive(x.Content, sha256.Sum256(manifest))
		if err != nil {
			return err
		}
		stamp, token, err := x.stamp(archive.Digest)
		if err != nil {
			return err
		}
		p7s, err := archive.Embed(token)
		if err != nil {
			return err
		}
		x.Content = p7s
		x.keep(token, stamp)
		return nil
	})
}
