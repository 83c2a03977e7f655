package attest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"kytiem/store"
)

// folder is a bundle's files as the directory that it is exported as, for our verifier:
// those that are stored, and in their place those that are about to be.
type folder struct {
	ctx    context.Context // fs.FS has no room for one
	view   *store.View
	stored []store.File
	anew   map[string][]byte
}

// Open implements [fs.FS].
func (d *folder) Open(name string) (fs.File, error) {
	if content, there := d.anew[name]; there {
		return openBytes(name, content), nil
	}
	for _, f := range d.stored {
		if f.Name != name {
			continue
		}
		if f.Size <= store.ChunkBytes {
			content, err := whole(d.ctx, d.view, f.SHA256, f.Size)
			return openBytes(name, content), err
		}
		blob, err := d.view.Blob(d.ctx, f.SHA256)
		if err != nil {
			return nil, err
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
