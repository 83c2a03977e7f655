package attest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"kytiem/bundle"
	"kytiem/store"
	"kytiem/verify"
)

// folder is a bundle's files as the directory that it is exported as, for our verifier:
// those that are stored, and in their place those that are about to be.
type folder struct {
	ctx    context.Context // fs.FS has no room for one
	view   *store.View
	stored []store.File
	anew   map[string][]byte
	spool  func(*store.Blob) (*os.File, error) // of records that are read in another order; nil reads them where they are

	mutex  sync.Mutex
	unread error // why something that is stored could not be read
}

// judge has our verifier judge the files. To it a file that cannot be read is one that is
// not there; here it is no verdict: a good signature must not be turned down because the
// database, or room on the disk, was away for a moment. Why is then the error, and unread.
func (d *folder) judge(v *verify.Verifier, bundle string) (*verify.Report, error) {
	report, err := v.Directory(d.ctx, bundle, d)
	if d.unread != nil {
		return nil, fmt.Errorf("reading the files of bundle %s: %w", bundle, d.unread)
	}
	return report, err
}

// note keeps why something could not be read.
func (d *folder) note(err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		d.mutex.Lock()
		defer d.mutex.Unlock()
		d.unread = cmp.Or(d.unread, err)
	}
	return err
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
		file, err := d.open(f)
		return file, d.note(err)
	}
	return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
}

func (d *folder) open(f store.File) (fs.File, error) {
	if f.Size <= smallFile {
		content, err := d.view.Content(d.ctx, f.SHA256)
		return openBytes(f.Name, content), err
	}
	blob, err := d.view.Blob(d.ctx, f.SHA256)
	if err != nil {
		return nil, err
	}
	if f.Name == bundle.RecordsFile && d.spool != nil {
		return d.spool(blob)
	}
	return opened{entry{f.Name, f.Size}, io.NewSectionReader(noted{blob, d}, 0, f.Size)}, nil
}

// noted is a blob whose folder keeps why it could not be read.
type noted struct {
	blob *store.Blob
	of   *folder
}

// ReadAt implements [io.ReaderAt].
func (n noted) ReadAt(p []byte, offset int64) (int, error) {
	read, err := n.blob.ReadAt(p, offset)
	return read, n.of.note(err)
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
