package attest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"kytiem/bundle"
	"kytiem/store"
)

// folder is a bundle's files as the directory that it is exported as, for our verifier:
// those that are stored, and in their place those that are about to be.
type folder struct {
	ctx    context.Context // fs.FS has no room for one
	view   *store.View
	stored []store.File
	anew   map[string][]byte
	spool  func(*store.Blob) (*os.File, error) // of records that are read in another order; nil reads them where they are
}

// smallFile is what is read whole when it is opened.
const smallFile = 1 << 20

// Open implements [fs.FS].
func (d *folder) Open(name string) (fs.File, error) {
	if content, there := d.anew[name]; there {
		return openBytes(name, content), nil
	}
	for _, f := range d.stored {
		if f.Name != name {
			continue
		}
		if f.Size <= smallFile {
			content, err := whole(d.ctx, d.view, f.SHA256, f.Size)
			return openBytes(name, content), err
		}
		blob, err := d.view.Blob(d.ctx, f.SHA256)
		if err != nil {
			return nil, err
		}
		if name == bundle.RecordsFile && d.spool != nil {
			return d.spool(blob)
		}
		return opened{entry{name, f.Size}, blob.Reader()}, nil
	}
	return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
}

// ReadDir implements [fs.ReadDirFS].
func (d *folder) ReadDir(string) ([]fs.DirEntry, error) {
	var entries []fs.DirEntry
	for name, content := range d.anew {
		entries = append(entries, fs.FileInfoToDirEntry(entry{name, int64(len(content))}))
	}
	for _, f := range d.stored {
		if _, there := d.anew[f.Name]; !there {
			entries = append(entries, fs.FileInfoToDirEntry(entry{f.Name, f.Size}))
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// spoolPrefix begins the names of files in Options.Temp that hold a bundle's records
// while it is drawn.
const spoolPrefix = "kytiem-records-"

// spool copies a blob into a file that is gone when it is closed. Lists are drawn by name
// and records lie by leaf: out of the store every record would cost a chunk.
func (s *Service) spool(blob *store.Blob) (*os.File, error) {
	f, err := os.CreateTemp(s.o.Temp, spoolPrefix)
	if err != nil {
		return nil, fmt.Errorf("making room for records: %w", err)
	}
	err = os.Remove(f.Name()) // it lives as long as it is open
	if err == nil {
		_, err = io.CopyBuffer(f, struct{ io.Reader }{blob.Reader()}, make([]byte, store.ChunkBytes))
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("spooling records: %w", err), f.Close())
	}
	return f, nil
}

// whole reads a blob of known size.
func whole(ctx context.Context, v *store.View, sum store.Digest, size int64) ([]byte, error) {
	if size == 0 {
		return nil, nil
	}
	return v.BlobRange(ctx, sum, 0, size)
}

type opened struct {
	entry entry
	*io.SectionReader
}

func openBytes(name string, content []byte) opened {
	size := int64(len(content))
	return opened{entry{name, size}, io.NewSectionReader(bytes.NewReader(content), 0, size)}
}

// Stat implements [fs.File].
func (f opened) Stat() (fs.FileInfo, error) { return f.entry, nil }

// Close implements [fs.File].
func (opened) Close() error { return nil }

// entry implements [fs.FileInfo].
type entry struct {
	name string
	size int64
}

func (e entry) Name() string     { return e.name }
func (e entry) Size() int64      { return e.size }
func (entry) Mode() fs.FileMode  { return 0o400 }
func (entry) ModTime() time.Time { return time.Time{} }
func (entry) IsDir() bool        { return false }
func (entry) Sys() any           { return nil }
