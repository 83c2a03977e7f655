package verify

import (
	"crypto/sha256"
	"hash"
	"io"
	"sync"
)

// Drawn remembers of the last pages that this process drew what they were drawn from: a
// service that prepares a document and judges it a moment later draws it once. Pages are a
// function of their manifest, which names the records by their root, and of
// document.json; so only digests are kept, and nothing in them grows stale. A nil Drawn
// remembers nothing. It is for concurrent use.
type Drawn struct {
	mutex sync.Mutex
	pages map[drawnFrom]drawnPages
	order []drawnFrom // the oldest first
}

// mostDrawn bounds what is remembered: a minute of signing, some 150 kB.
const mostDrawn = 1024

type drawnFrom struct{ manifest, document [sha256.Size]byte }

type drawnPages struct {
	sum  [sha256.Size]byte
	size int64
}

// Add says that records which are those of the manifest were drawn as pages of this digest
// and size.
func (d *Drawn) Add(manifestJSON, documentJSON []byte, pages [sha256.Size]byte, size int) {
	d.add(drawnFrom{sha256.Sum256(manifestJSON), sha256.Sum256(documentJSON)}, drawnPages{pages, int64(size)})
}

func (d *Drawn) add(from drawnFrom, pages drawnPages) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if _, known := d.pages[from]; known {
		return
	}
	if d.pages == nil {
		d.pages = make(map[drawnFrom]drawnPages)
	}
	if len(d.order) == mostDrawn {
		delete(d.pages, d.order[0])
		d.order = d.order[1:]
	}
	d.pages[from], d.order = pages, append(d.order, from)
}

func (d *Drawn) of(from drawnFrom) (drawnPages, bool) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	pages, known := d.pages[from]
	return pages, known
}

// bundle is draw, which draws what manifest and document say, onto the comparison with
// a file. Where it is known what will be drawn, only its digest is compared.
func (d *Drawn) bundle(manifestJSON, documentJSON []byte, to *comparer, draw func(io.Writer) error) error {
	if d == nil {
		return draw(to)
	}
	from := drawnFrom{sha256.Sum256(manifestJSON), sha256.Sum256(documentJSON)}
	if known, ok := d.of(from); ok {
		return to.begins(known)
	}
	w := &measured{hash: sha256.New()}
	if err := draw(io.MultiWriter(to, w)); err != nil {
		return err
	}
	d.add(from, drawnPages{[sha256.Size]byte(w.hash.Sum(nil)), w.size})
	return nil
}

// measured is a writer that keeps the digest and the size of what is written.
type measured struct {
	hash hash.Hash
	size int64
}

func (m *measured) Write(p []byte) (int, error) {
	m.size += int64(len(p))
	return m.hash.Write(p)
}
