package store

import (
	"context"
	"fmt"
	"time"
)

// File is one file of a bundle, named as in a bundle directory.
type File struct {
	Name   string
	SHA256 Digest // of the blob that is its content
	Size   int64
	At     time.Time // since when it is this content
}

// AddFile gives a bundle a file that it does not have yet (else ErrConflict), the
// content of which is a blob that is there (else ErrNotFound).
func (tx *Tx) AddFile(_ context.Context, bundle, name string, content Digest) error {
	return tx.postpone(false, func(err error) error { return fmt.Errorf("adding %s to bundle %s: %w", name, bundle, err) },
		`INSERT INTO files (bundle, name, sha256, at) VALUES ($1, $2, $3, $4)`, bundle, name, content[:], micros(tx.now))
}

// ReplaceFile exchanges the content of a file, which must still be the one before;
// else it is ErrStale.
func (tx *Tx) ReplaceFile(_ context.Context, bundle, name string, before, content Digest) error {
	return tx.postpone(true, func(err error) error { return fmt.Errorf("replacing %s of bundle %s: %w", name, bundle, err) },
		`UPDATE files SET sha256 = $1, at = $2 WHERE bundle = $3 AND name = $4 AND sha256 = $5`, content[:], micros(tx.now), bundle, name, before[:])
}

// fileColumns and fileThere ask for the size row by row: for a join, a database that has not
// counted its rows for a while reads all blobs to find four.
const (
	fileColumns = `f.name, f.sha256, (SELECT b.size FROM blobs AS b WHERE b.sha256 = f.sha256), f.at`
	fileThere   = `(SELECT b.size FROM blobs AS b WHERE b.sha256 = f.sha256) IS NOT NULL`
)

// File finds a file of a bundle.
func (v *View) File(ctx context.Context, bundle, name string) (File, error) {
	f, err := only(ctx, v, file, `SELECT `+fileColumns+` FROM files AS f WHERE f.bundle = $1 AND f.name = $2 AND `+fileThere, bundle, name)
	if err != nil {
		return File{}, fmt.Errorf("reading %s of bundle %s: %w", name, bundle, err)
	}
	return f, nil
}

// Files lists the files of a bundle by name.
func (v *View) Files(ctx context.Context, bundle string) ([]File, error) {
	files, err := list(ctx, v, file, `SELECT `+fileColumns+` FROM files AS f WHERE f.bundle = $1 AND `+fileThere+` ORDER BY f.name`, bundle)
	if err != nil {
		return nil, fmt.Errorf("listing files of bundle %s: %w", bundle, err)
	}
	return files, nil
}

func file(r rows) (f File, err error) {
	err = r.Scan(&f.Name, digest(&f.SHA256), &f.Size, instant(&f.At))
	return f, err
}
