package attest

import (
	"context"
	"io"

	"kytiem/store"
)

// Bundle is a bundle and what belongs to it.
type Bundle struct {
	store.Bundle
	Files        []store.File    // ordered by name
	Progress     *store.Progress // while a job draws it
	SupersededBy string          // its successor, from when that is opened; in force only when State says superseded
	Request      string          // the signing request that is open for it
}

// SealOrder says what is to be sealed.
type SealOrder struct {
	Unit  string
	Limit int // results at most; zero: all that are ready, up to bundle.MaxRecords
}

// Seal puts a unit's ready results into a bundle: the unit's open one, where a step
// was cut off or a bundle is to be superseded, or a new one. It claims the rows, draws
// beside the store, and seals by compare-and-swap; of two servers that do it at once one
// wins and both tell of the same bundle. Above Options.DrawLater results a job does
// it, and the bundle comes back open with its progress. With nothing ready the error is
// ErrNothingReady.
func (s *Service) Seal(ctx context.Context, who Actor, o SealOrder) (Bundle, error) {
	return Bundle{}, ErrNotFound
}

// Withdraw takes back a sealed bundle that nobody signed; its rows are free again.
func (s *Service) Withdraw(ctx context.Context, who Actor, id, reason string) (Bundle, error) {
	return Bundle{}, ErrNotFound
}

// Bundle reads a bundle.
func (s *Service) Bundle(ctx context.Context, who Actor, id string) (Bundle, error) {
	return Bundle{}, ErrNotFound
}

// Bundles lists a unit's bundles, the newest first, without their files.
func (s *Service) Bundles(ctx context.Context, who Actor, unit string, p Page) ([]store.Bundle, string, error) {
	return nil, "", ErrNotFound
}

// File finds a file of a bundle. The manifest and the signature over it are public;
// everything else holds personal data.
func (s *Service) File(ctx context.Context, who Actor, id, name string) (store.File, *Blob, error) {
	return store.File{}, nil, ErrNotFound
}

// Export writes a bundle to a new directory, which verifies offline as it does here.
func (s *Service) Export(ctx context.Context, who Actor, id, dir string) error { return ErrNotFound }

var _ io.ReaderAt = (*Blob)(nil)
