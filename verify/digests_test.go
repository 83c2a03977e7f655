package verify

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// TestDigests: hashed once, every byte range, every beginning and the whole have the digests they have
// alone, in whatever order they are asked for.
func TestDigests(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 100)
	ranges := [][]int64{{0, 900, 1000, 600}, {0, 10, 20, 30}, {0, 10, 40, 1}, {0, 333, 334, 1}}
	d := &digests{data: data}
	for _, r := range ranges {
		d.expect(r[1])
	}
	ends := []int64{1600, 30, 900}
	for _, end := range ends {
		d.expect(end)
	}
	for _, algorithm := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA3_256} {
		for range 2 {
			for _, r := range ranges {
				h := algorithm.New()
				h.Write(data[:r[1]])
				h.Write(data[r[2] : r[2]+r[3]])
				if got, err := d.of(r, algorithm); err != nil || !bytes.Equal(got, h.Sum(nil)) {
					t.Errorf("%s of %v: got %x, %v", algorithm, r, got, err)
				}
			}
		}
	}
	for _, end := range append(ends, 31) { // the last was not expected
		if got, want := d.beginning(end), sha256.Sum256(data[:end]); got != want {
			t.Errorf("the first %d bytes: got %x, want %x", end, got, want)
		}
	}
	sum := sha256.Sum256(data)
	want := hex.EncodeToString(sum[:])
	for _, d := range []*digests{d, {data: data}} {
		if got := d.document(); got != want {
			t.Errorf("the whole after %d passes: got %s, want %s", len(d.states), got, want)
		}
	}
	late := []int64{0, 11, 20, 30}
	if _, err := d.of(late, crypto.SHA256); err == nil {
		t.Error("a byte range that was not expected has a digest")
	}
	d.expect(late[1])
	for _, r := range append(ranges, late) { // those behind it move
		h := sha256.New()
		h.Write(data[:r[1]])
		h.Write(data[r[2] : r[2]+r[3]])
		if got, err := d.of(r, crypto.SHA256); err != nil || !bytes.Equal(got, h.Sum(nil)) {
			t.Errorf("%v, with one that was expected late: got %x, %v", r, got, err)
		}
	}
}
