package dossier

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"kytiem/bundle"
)

// directory is a bundle directory that a step works on.
type directory struct {
	path         string
	names        []string
	records      *os.File
	manifestJSON []byte
	manifest     *bundle.Manifest
	document     *bundle.Document
	roll         *bundle.Roll
}

// open reads a bundle directory and compares its records with its manifest: no
// step works on what is not whole.
func open(path string) (_ *directory, err error) {
	d := &directory{path: path}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		d.names = append(d.names, e.Name())
	}
	if d.manifestJSON, err = readFile(path, bundle.ManifestFile, bundle.MaxManifestBytes); err != nil {
		return nil, err
	}
	if d.manifest, err = bundle.ParseManifest(d.manifestJSON); err != nil {
		return nil, err
	}
	documentJSON, err := readFile(path, bundle.DocumentFile, bundle.MaxDocumentBytes)
	if err != nil {
		return nil, err
	}
	if d.document, err = bundle.ParseDocument(documentJSON); err != nil {
		return nil, err
	}
	if d.records, err = os.Open(filepath.Join(path, bundle.RecordsFile)); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	info, err := d.records.Stat()
	if err != nil {
		return nil, err
	}
	if d.roll, err = bundle.ReadRoll(d.records, info.Size()); err != nil {
		return nil, err
	}
	return d, d.roll.Agree(d.manifest)
}

func (d *directory) close() { _ = d.records.Close() } // only read

func (d *directory) has(name string) bool { return slices.Contains(d.names, name) }

// readFile reads one file of a directory that must not be larger than limit.
func readFile(dir, name string, limit int64) ([]byte, error) {
	path := filepath.Join(dir, name)
	info, err := os.Stat(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("not a bundle directory: %w", err)
		}
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s of %d bytes: %w", name, info.Size(), bundle.ErrTooLarge)
	}
	return os.ReadFile(path)
}
