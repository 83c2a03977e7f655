package attest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/store"
)

// Export writes a bundle to a new directory, which verifies offline as it does here. It
// appears whole or not at all, for its owner only: it holds personal data.
func (s *Service) Export(ctx context.Context, who Actor, id, dir string) error {
	v := s.store.Glance()
	b, err := v.Bundle(ctx, id)
	if who != Operator() { // who holds the database itself
		err = s.guard(ctx, who, ReadPages, b.Unit, id, err)
	}
	if err != nil {
		return err
	}
	if b.Status.State == bundle.Open {
		return fmt.Errorf("bundle %s: %w", id, ErrDrawing)
	}
	files, err := v.Files(ctx, id)
	if err != nil {
		return err
	}
	if len(files) == 0 { // withdrawn before it was sealed
		return fmt.Errorf("files of bundle %s: %w", id, ErrNotFound)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if err := free(dir); err != nil {
		return err
	}
	making, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".making-")
	if err != nil {
		return fmt.Errorf("making a directory beside %s: %w", dir, err)
	}
	defer os.RemoveAll(making) // nothing is left of it once it has its name
	root, err := os.OpenRoot(making)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range files {
		if err := export(ctx, v, root, f); err != nil {
			return fmt.Errorf("writing %s of bundle %s: %w", f.Name, id, err)
		}
	}
	_, err = step(ctx, s, who, func(tx *store.Tx) (struct{}, error) {
		return struct{}{}, tx.Audit("bundles.export", who.Account, b.Unit, id, audit.Count("files", int64(len(files))))
	})
	if err != nil {
		return err
	}
	if err := free(dir); err != nil { // again: rename(2) replaces an empty directory without a word
		return err
	}
	return os.Rename(making, dir)
}

// free reports whether there is nothing of this name yet.
func free(dir string) error {
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", dir, dossier.ErrExists)
	}
	return nil
}

// export writes one file and sees it safely on disk.
func export(ctx context.Context, v *store.View, root *os.Root, f store.File) (err error) {
	blob, err := v.Blob(ctx, f.SHA256)
	if err != nil {
		return err
	}
	file, err := root.OpenFile(f.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if closing := file.Close(); err == nil {
			err = closing
		}
	}()
	sum := sha256.New()
	if _, err := io.CopyBuffer(io.MultiWriter(file, sum), blob.Reader(), make([]byte, store.ChunkBytes)); err != nil {
		return err
	}
	if store.Digest(sum.Sum(nil)) != f.SHA256 {
		return store.ErrCorrupt
	}
	return file.Sync()
}
