package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"kytiem/bundle"
)

// ChunkBytes is how much of a blob stands in one row: SQLite reads a row's pages one
// after the other up to the byte that is asked for, and every proof asks for one record
// in the middle of many.
const ChunkBytes = 64 << 10

// sentChunks is how many chunks go to the database together.
const sentChunks = 16

// PutBlob stores what r holds under its SHA-256 and gives that and the size. What is
// there already is not stored again. The reader is read within the transaction: it
// must be a file or memory, never a connection that somebody can keep waiting.
func (tx *Tx) PutBlob(ctx context.Context, r io.Reader) (sum Digest, size int64, err error) {
	id, hash := bundle.NewID(), sha256.New()
	var pending []statement
	chunks := int64(0)
	for last := false; !last; {
		room := make([]byte, ChunkBytes)
		n, err := io.ReadFull(r, room)
		last = errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
		if err != nil && !last {
			return Digest{}, 0, fmt.Errorf("reading what to store: %w", err)
		}
		if n > 0 {
			hash.Write(room[:n])
			pending = append(pending, insertChunk(id, chunks, room[:n]))
			chunks++
			size += int64(n)
		}
		if len(pending) == sentChunks {
			if _, err := tx.conn.all(ctx, pending); err != nil {
				return Digest{}, 0, fmt.Errorf("storing chunks up to %d: %w", chunks, err)
			}
			pending = nil
		}
	}
	hash.Sum(sum[:0])
	written, err := tx.conn.all(ctx, append(pending, insertBlob(sum, id, size, tx.now)))
	if err == nil && written[len(written)-1] == 0 {
		_, err = tx.conn.exec(ctx, `DELETE FROM chunks WHERE blob = $1`, id)
	}
	if err != nil {
		return Digest{}, 0, fmt.Errorf("storing blob %s: %w", sum, err)
	}
	return sum, size, nil
}

// PutContents is [Tx.PutBlob] for what is in memory, whose digests are known before anything
// is sent: all of it in one round trip, if it is not large.
func (tx *Tx) PutContents(ctx context.Context, contents ...[]byte) ([]Digest, error) {
	sums := make([]Digest, len(contents))
	var pending []statement
	for i, content := range contents {
		sums[i] = sha256.Sum256(content)
		id, n := bundle.NewID(), int64(0)
		pending = append(pending, insertBlob(sums[i], id, int64(len(content)), tx.now))
		for chunk := range slices.Chunk(content, ChunkBytes) {
			pending = append(pending, statement{ // only if the blob was not there
				`INSERT INTO chunks (blob, n, bytes) SELECT $1, $2, $3 WHERE EXISTS (SELECT 1 FROM blobs WHERE id = $1)`, []any{id, n, chunk},
			})
			n++
		}
	}
	explain := func(err error) error { return fmt.Errorf("storing contents: %w", err) }
	if len(pending) <= sentChunks {
		for _, s := range pending {
			if err := tx.postpone(false, explain, s.query, s.args...); err != nil {
				return nil, err
			}
		}
		return sums, nil
	}
	for together := range slices.Chunk(pending, sentChunks) {
		if _, err := tx.conn.all(ctx, together); err != nil {
			return nil, explain(err)
		}
	}
	return sums, nil
}

// PutContent is [Tx.PutContents] for one.
func (tx *Tx) PutContent(ctx context.Context, content []byte) (Digest, error) {
	sums, err := tx.PutContents(ctx, content)
	if err != nil {
		return Digest{}, err
	}
	return sums[0], nil
}

func insertChunk(blob string, n int64, chunk []byte) statement {
	return statement{`INSERT INTO chunks (blob, n, bytes) VALUES ($1, $2, $3)`, []any{blob, n, chunk}}
}

func insertBlob(sum Digest, id string, size int64, now time.Time) statement {
	return statement{`INSERT INTO blobs (sha256, id, size, chunks, stored_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (sha256) DO NOTHING`,
		[]any{sum[:], id, size, (size + ChunkBytes - 1) / ChunkBytes, micros(now)}}
}

// Blob is stored content, which never changes. It is for concurrent use if its view
// is.
type Blob struct {
	SHA256 Digest

	// ctx is of the whole reading, since io.ReaderAt has no room for one.
	ctx  context.Context
	view *View
	id   string
	size int64

	mutex sync.Mutex
	n     int64  // of the chunk at hand, for those who read in small steps
	chunk []byte // nil at first
}

// Blob finds the content with this SHA-256. It is read as asked for, by way of v and
// until ctx is done.
func (v *View) Blob(ctx context.Context, sum Digest) (*Blob, error) {
	b := &Blob{SHA256: sum, ctx: ctx, view: v}
	err := v.one(ctx, `SELECT id, size FROM blobs WHERE sha256 = $1`, []any{sum[:]}, &b.id, &b.size)
	if err != nil {
		return nil, fmt.Errorf("reading blob %s: %w", sum, err)
	}
	return b, nil
}

// Size is the length in bytes.
func (b *Blob) Size() int64 { return b.size }

// ReadAt implements [io.ReaderAt].
func (b *Blob) ReadAt(p []byte, offset int64) (int, error) {
	if offset < 0 {
		return 0, fmt.Errorf("reading blob %s at %d: %w", b.SHA256, offset, ErrNotFound)
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	read := 0
	for read < len(p) {
		at := offset + int64(read)
		if at >= b.size {
			return read, io.EOF
		}
		if err := b.load(at / ChunkBytes); err != nil {
			return read, err
		}
		read += copy(p[read:], b.chunk[at%ChunkBytes:])
	}
	return read, nil
}

// load brings chunk n into memory.
func (b *Blob) load(n int64) error {
	if b.chunk != nil && b.n == n {
		return nil
	}
	b.chunk = nil
	var chunk []byte
	err := b.view.one(b.ctx, `SELECT bytes FROM chunks WHERE blob = $1 AND n = $2`, []any{b.id, n}, &chunk)
	if errors.Is(err, ErrNotFound) || err == nil && int64(len(chunk)) != min(ChunkBytes, b.size-n*ChunkBytes) {
		err = ErrCorrupt
	}
	if err != nil {
		return fmt.Errorf("reading blob %s, chunk %d: %w", b.SHA256, n, err)
	}
	b.n, b.chunk = n, chunk
	return nil
}

// Reader reads the whole from the beginning. Several readers may be under way.
func (b *Blob) Reader() *io.SectionReader { return io.NewSectionReader(b, 0, b.size) }

// Check reads the whole and holds it against its SHA-256; the error is ErrCorrupt.
func (b *Blob) Check() error {
	hash := sha256.New()
	if _, err := io.CopyBuffer(hash, struct{ io.Reader }{b.Reader()}, make([]byte, ChunkBytes)); err != nil {
		return err
	}
	if Digest(hash.Sum(nil)) != b.SHA256 {
		return fmt.Errorf("blob %s: %w", b.SHA256, ErrCorrupt)
	}
	return nil
}

// BlobRange reads size bytes of a blob from offset on, and no more than that from the
// database where they stand in one chunk: for one record out of very many. What reaches
// beyond the end is ErrNotFound.
func (v *View) BlobRange(ctx context.Context, sum Digest, offset, size int64) ([]byte, error) {
	first, last := offset/ChunkBytes, (offset+size-1)/ChunkBytes
	var read []byte
	var err error
	switch {
	case offset < 0: // SQLite would count from the end
		err = ErrNotFound
	case size <= 0:
		return nil, nil
	case first == last:
		err = v.one(ctx,
			`SELECT substr(c.bytes, $1, $2) FROM blobs AS b JOIN chunks AS c ON c.blob = b.id WHERE b.sha256 = $3 AND c.n = $4`,
			[]any{offset%ChunkBytes + 1, size, sum[:], first}, &read)
	default:
		read = make([]byte, 0, min(last-first+1, maxRoom)*ChunkBytes)
		for chunk, fault := range walk(ctx, v, func(r rows) (chunk []byte, err error) { return chunk, r.Scan(&chunk) },
			`SELECT c.bytes FROM blobs AS b JOIN chunks AS c ON c.blob = b.id WHERE b.sha256 = $1 AND c.n BETWEEN $2 AND $3 ORDER BY c.n`,
			sum[:], first, last) {
			if err = fault; err != nil {
				break
			}
			read = append(read, chunk...)
		}
		read = read[min(offset%ChunkBytes, int64(len(read))):]
		read = read[:min(size, int64(len(read)))]
	}
	if err == nil && int64(len(read)) != size {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("reading %d bytes at %d of blob %s: %w", size, offset, sum, err)
	}
	return read, nil
}

// maxRoom is for how many chunks room is made before the first of them is there.
const maxRoom = 1024

// Content reads a blob whole, in one round trip, and holds it against its SHA-256; the error
// is ErrCorrupt.
func (v *View) Content(ctx context.Context, sum Digest) ([]byte, error) {
	var content []byte
	var size int64
	var err error
	for chunk, fault := range walk(ctx, v, func(r rows) (chunk []byte, err error) { return chunk, r.Scan(&size, &chunk) },
		`SELECT b.size, c.bytes FROM blobs AS b LEFT JOIN chunks AS c ON c.blob = b.id WHERE b.sha256 = $1 ORDER BY c.n`, sum[:]) {
		if err = fault; err != nil {
			break
		}
		if content == nil {
			content = make([]byte, 0, max(0, min(size, maxRoom*ChunkBytes)))
		}
		content = append(content, chunk...)
	}
	switch {
	case err != nil:
	case content == nil:
		err = ErrNotFound
	case int64(len(content)) != size || sha256.Sum256(content) != sum:
		err = ErrCorrupt
	}
	if err != nil {
		return nil, fmt.Errorf("reading blob %s: %w", sum, err)
	}
	return content, nil
}

// Blobs lists what is stored, by digest.
func (v *View) Blobs(ctx context.Context, p Page) ([]Digest, string, error) {
	after := []byte{}
	if err := p.read(&after); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	sums, err := list(ctx, v, func(r rows) (sum Digest, err error) { return sum, r.Scan(digest(&sum)) },
		`SELECT sha256 FROM blobs WHERE sha256 > $1 ORDER BY sha256 LIMIT $2`, after, limit+1)
	if err != nil {
		return nil, "", err
	}
	sums, next := cut(sums, limit, func(sum *Digest) string { return cursor(sum[:]) })
	return sums, next, nil
}
