package dossier

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"kytiem/bundle"
	"kytiem/signer"
	"kytiem/verify"
)

// ErrNotRaised is a signature that is kept, at a lower level than asked for. It can be
// raised later ([Raise]).
var ErrNotRaised = errors.New("signed, but not at the level asked for")

// RaiseOptions say how far the signatures of a bundle directory are raised, and by whom.
type RaiseOptions struct {
	Extender *signer.Extender
	Level    signer.Level
	Verifier *verify.Verifier // as in [SignOptions]
	Now      time.Time
}

// Raise raises both signatures of a signed directory to a level, or, where they have level
// B-LTA, renews their archive time-stamps. The directory is replaced only by one that our
// verifier accepts and whose level is no lower; with [ErrNotRaised] it is replaced by what
// could be reached.
func Raise(ctx context.Context, dir string, o RaiseOptions) (*verify.Report, error) {
	o.Now = inVietnam(o.Now)
	d, err := open(dir, true)
	if err != nil {
		return nil, err
	}
	defer d.close()
	pages, err := readFile(d.path, bundle.PagesFile, verify.MaxDocumentBytes)
	if err != nil {
		return nil, err
	}
	p7s, err := readFile(d.path, bundle.SignatureFile, bundle.MaxSignatureBytes)
	if err != nil {
		return nil, fmt.Errorf("reading the signature to raise: %w", err)
	}
	raisedPages, raisedP7S, failure := raiseBoth(ctx, o.Extender, o.Level, pages, p7s, d.manifestJSON)
	if failure != nil && bytes.Equal(raisedPages, pages) && bytes.Equal(raisedP7S, p7s) {
		return nil, failure
	}
	report, err := d.keepSigned(ctx, SignOptions{Verifier: o.Verifier, Now: o.Now}, map[string][]byte{
		bundle.PagesFile: raisedPages, bundle.SignatureFile: raisedP7S,
	})
	return report, errors.Join(err, failure)
}

// raiseBoth raises document and manifest as far as it can, each on its own: what failed for
// one may succeed for the other. What comes back is never less than what was given.
func raiseBoth(ctx context.Context, e *signer.Extender, to signer.Level, pages, p7s, manifest []byte) (raisedPages, raisedP7S []byte, err error) {
	document, failed := e.Document(ctx, pages, to)
	if failed == nil && bytes.Equal(document.Content, pages) && to == signer.LevelLTA {
		document, failed = e.RenewDocument(ctx, pages)
	}
	if failed != nil {
		err = fmt.Errorf("%s stays at %s: %w: %w", bundle.PagesFile, document.Level, ErrNotRaised, failed)
	}
	cms, failed := e.Manifest(ctx, p7s, manifest, to)
	if failed == nil && bytes.Equal(cms.Content, p7s) && to == signer.LevelLTA {
		cms, failed = e.RenewManifest(ctx, p7s, manifest)
	}
	if failed != nil {
		err = errors.Join(err, fmt.Errorf("%s stays at %s: %w: %w", bundle.SignatureFile, cms.Level, ErrNotRaised, failed))
	}
	return document.Content, cms.Content, err
}
