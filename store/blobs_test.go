package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/iotest"

	"kytiem/bundle"
)

// noise is n bytes, the same for one seed.
func noise(seed uint64, n int) []byte {
	var key [32]byte
	key[0], key[1] = byte(seed), byte(seed>>8)
	b := make([]byte, n)
	_, _ = rand.NewChaCha8(key).Read(b)
	return b
}

func testBlobs(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	for i, size := range []int{0, 1, ChunkBytes - 1, ChunkBytes, ChunkBytes + 1, 3*ChunkBytes + 12345} {
		content := noise(uint64(i), size)
		want := Digest(sha256.Sum256(content))
		for range 2 { // the second time it is there already
			must(t, s, func(tx *Tx) error {
				sum, n, err := tx.PutBlob(ctx, iotest.HalfReader(bytes.NewReader(content)))
				if sum != want || n != int64(size) {
					t.Errorf("got %s, %d, want %s, %d", sum, n, want, size)
				}
				if err != nil {
					return err
				}
				blob, err := tx.Blob(ctx, sum) // seen by its own transaction
				if err != nil {
					return err
				}
				return blob.Check()
			})
		}
		blob, err := s.Glance().Blob(ctx, want)
		if err != nil {
			t.Fatal(err)
		}
		if blob.Size() != int64(size) {
			t.Errorf("got size %d, want %d", blob.Size(), size)
		}
		if err := iotest.TestReader(blob.Reader(), content); size < 2*ChunkBytes && err != nil {
			t.Error(err)
		}
		if got, err := s.Glance().Content(ctx, want); err != nil || !bytes.Equal(got, content) {
			t.Errorf("size %d: got %d bytes, %v", size, len(got), err)
		}
		part := make([]byte, 100)
		for _, at := range []int{0, size / 2, ChunkBytes - 50, size - 50, size, size + 1} {
			n, err := blob.ReadAt(part, int64(max(at, 0)))
			wantPart := content[min(max(at, 0), size):min(max(at, 0)+100, size)]
			if !bytes.Equal(part[:n], wantPart) || (n < 100) != errors.Is(err, io.EOF) {
				t.Errorf("size %d at %d: got %d bytes, %v, want %d", size, at, n, err, len(wantPart))
			}
		}
		for _, r := range [][2]int{{0, size}, {size / 2, size / 3}, {size - 1, 1}, {ChunkBytes - 5, 10}, {size, 0}} {
			if r[0] < 0 || r[0]+r[1] > size {
				continue
			}
			got, err := s.Glance().BlobRange(ctx, want, int64(r[0]), int64(r[1]))
			if err != nil || !bytes.Equal(got, content[r[0]:r[0]+r[1]]) {
				t.Errorf("size %d, %d from %d: got %d bytes, %v", size, r[1], r[0], len(got), err)
			}
		}
		for _, r := range [][2]int64{{int64(size), 1}, {0, int64(size) + 1}, {-1, 1}, {-5, 10}, {1 << 40, 1}, {0, 1 << 40}} {
			if got, err := s.Glance().BlobRange(ctx, want, r[0], r[1]); !errors.Is(err, ErrNotFound) {
				t.Errorf("size %d, %d from %d: got %d bytes, %v, want %v", size, r[1], r[0], len(got), err, ErrNotFound)
			}
		}
		if _, err := blob.ReadAt(part, -1); err == nil {
			t.Error("got no error before the beginning")
		}
	}
	if _, err := s.Glance().Blob(ctx, Digest{1}); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
	if _, err := s.Glance().Content(ctx, Digest{1}); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}

	// Several at once, of which some are there already and one comes twice.
	several := [][]byte{noise(0, 0), noise(20, 10), noise(21, 20*ChunkBytes+1), noise(20, 10), noise(3, ChunkBytes)}
	must(t, s, func(tx *Tx) error {
		sums, err := tx.PutContents(ctx, several...)
		if err != nil {
			return err
		}
		for i, content := range several {
			if got, err := tx.Content(ctx, sums[i]); err != nil || !bytes.Equal(got, content) {
				t.Errorf("content %d: got %d bytes, %v", i, len(got), err)
			}
		}
		var lost int
		if err := tx.one(ctx, `SELECT COUNT(*) FROM chunks WHERE blob NOT IN (SELECT id FROM blobs)`, nil, &lost); err != nil || lost > 0 {
			t.Errorf("%d chunks of no blob, %v", lost, err)
		}
		return nil
	})
	torn := errors.New("torn")
	refuse(t, s, torn, func(tx *Tx) error {
		_, _, err := tx.PutBlob(ctx, io.MultiReader(bytes.NewReader(noise(9, 2*ChunkBytes)), iotest.ErrReader(torn)))
		return err
	})

	// What readers of records.ndjson do: many of them, on one blob, in small steps.
	roll, _ := rollOf(t, 4000)
	var sum Digest
	must(t, s, func(tx *Tx) (err error) { sum, _, err = tx.PutBlob(ctx, bytes.NewReader(roll)); return err })
	blob, err := s.Glance().Blob(ctx, sum)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			r, err := bundle.ReadRoll(blob, blob.Size())
			if err != nil || r.Len() != 4000 {
				t.Errorf("got %v, %v", r, err)
			}
		})
	}
	wait.Wait()
}

// rollOf makes a records.ndjson of n records.
func rollOf(t testing.TB, n int) ([]byte, []bundle.Record) {
	t.Helper()
	records := make([]bundle.Record, n)
	for i := range records {
		r := matched(i)
		r.HealthConfirmedBy, r.PoliceConfirmedBy = "A", "B"
		var err error
		if records[i], err = bundle.NewRecord(r); err != nil {
			t.Fatal(err)
		}
	}
	leaves := make(map[string]bundle.Hash, n)
	for i := range records {
		leaves[records[i].ID] = records[i].Leaf()
	}
	slices.SortFunc(records, func(a, b bundle.Record) int {
		x, y := leaves[a.ID], leaves[b.ID]
		return bytes.Compare(x[:], y[:])
	})
	var lines []byte
	for i := range records {
		lines = append(records[i].Append(lines), '\n')
	}
	return lines, records
}

func testBrokenBlobs(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	content := noise(1, 2*ChunkBytes+10)
	put := func() (sum Digest) {
		must(t, s, func(tx *Tx) (err error) { sum, _, err = tx.PutBlob(ctx, bytes.NewReader(content)); return err })
		return sum
	}
	faults := []struct {
		name, query string
		args        []any
	}{
		{"other bytes", `UPDATE chunks SET bytes = $1 WHERE n = 1`, []any{noise(2, ChunkBytes)}},
		{"fewer bytes", `UPDATE chunks SET bytes = $1 WHERE n = 1`, []any{[]byte("short")}},
		{"no bytes", `DELETE FROM chunks WHERE n = 1`, nil},
		{"bytes elsewhere", `UPDATE chunks SET n = 3 WHERE n = 1`, nil},
		{"said to be shorter", `UPDATE blobs SET size = size - 1`, nil},
		{"said to be longer", `UPDATE blobs SET size = size + 100`, nil},
		{"said to be less than nothing", `UPDATE blobs SET size = -2`, nil},
	}
	for _, fault := range faults {
		sum := put()
		must(t, s, func(tx *Tx) error { _, err := tx.conn.exec(ctx, fault.query, fault.args...); return err })
		blob, err := s.Glance().Blob(ctx, sum)
		if err != nil {
			t.Fatal(err)
		}
		if err := blob.Check(); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: got %v, want %v", fault.name, err, ErrCorrupt)
		}
		if got, err := s.Glance().Content(ctx, sum); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: got %d bytes, %v, want %v", fault.name, len(got), err, ErrCorrupt)
		}
		must(t, s, func(tx *Tx) error {
			for _, clean := range []string{`DELETE FROM chunks`, `DELETE FROM blobs`} {
				if _, err := tx.conn.exec(ctx, clean); err != nil {
					return err
				}
			}
			return nil
		})
	}
	// A blob in use cannot be removed from under its users.
	b, sum := addSealed(t, s, "B1")
	must(t, s, func(tx *Tx) error { return tx.AddFile(ctx, b.ID, bundle.ManifestFile, sum) })
	refuse(t, s, ErrNotFound, func(tx *Tx) error {
		_, err := tx.conn.exec(ctx, `DELETE FROM blobs WHERE sha256 = $1`, sum[:])
		return err
	})
}
