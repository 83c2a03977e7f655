package dossier

import (
	"fmt"
	"io"
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
	if _, err := os.Lstat(path + aside); err == nil {
		return nil, fmt.Errorf("%s: %w", path+aside, ErrInterrupted)
	}
	d := &directory{path: path}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		d.names = append(d.names, e.Name())
	}
	if d.manifestJSON, err = readFile(path, bundle.ManifestFile, bundle.MaxManifestBytes); err != nil {
		return nil, fmt.Errorf("not a bundle directory: %w", err)
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

// readFile reads one file of a directory, at most limit bytes: a scan or a signature
// put there by somebody must not fill the memory.
func readFile(dir, name string, limit int64) ([]byte, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s of more than %d bytes: %w", name, limit, bundle.ErrTooLarge)
	}
	return data, nil
}
