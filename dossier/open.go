package dossier

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/rogpeppe/go-internal/lockedfile"

	"kytiem/bundle"
)

// directory is a bundle directory that a step works on.
type directory struct {
	path         string
	names        []string
	records      *lockedfile.File
	manifestJSON []byte
	manifest     *bundle.Manifest
	document     *bundle.Document
	roll         *bundle.Roll
}

// open reads a bundle directory and compares its records with its manifest: no
// step works on what is not whole. Who will change it opens it alone.
func open(path string, alone bool) (_ *directory, err error) {
	// A link to a bundle directory stands for the directory, which is what changes.
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return nil, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(path + aside); err == nil {
		return nil, fmt.Errorf("%s: %w", path+aside, ErrInterrupted)
	}
	d := &directory{path: path}
	if d.records, err = lock(path, alone); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
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
	info, err := d.records.Stat()
	if err != nil {
		return nil, err
	}
	d.roll, err = d.manifest.ReadRoll(d.records, info.Size())
	return d, err
}

// lock opens the records, which no step ever changes, and holds them: a step that
// changes the directory has them for itself, others share them. The lock is on the
// file and goes along when the directory is replaced, so who waited for it finds
// the directory as the other step left it.
func lock(path string, alone bool) (*lockedfile.File, error) {
	records := filepath.Join(path, bundle.RecordsFile)
	info, err := os.Lstat(records)
	if err != nil {
		return nil, fmt.Errorf("not a bundle directory: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file: %w", bundle.RecordsFile, bundle.ErrMalformed)
	}
	if alone {
		return lockedfile.Edit(records)
	}
	return lockedfile.Open(records)
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
