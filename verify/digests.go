package verify

import (
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
)

// digests hashes a document once, however many signatures it has. Every byte range begins
// where the document does (R-B1), so that one pass, which leaves its state at the gap of
// each, is the longer part of them all and of the document's own hash.
type digests struct {
	data   []byte
	gaps   []int64                       // where they begin, ascending
	states map[crypto.Hash][]hash.Cloner // of what lies before each gap
}

// expect says that the digest of a byte range will be asked for. All have to be expected
// before the first is asked for.
func (d *digests) expect(byteRange []int64) {
	i, known := slices.BinarySearch(d.gaps, byteRange[1])
	if !known {
		d.gaps = slices.Insert(d.gaps, i, byteRange[1])
	}
}

// of is the digest of a byte range (R-B9), which has passed R-B1.
func (d *digests) of(byteRange []int64, algorithm crypto.Hash) ([]byte, error) {
	states, err := d.pass(algorithm)
	if err != nil {
		return nil, err
	}
	i, known := slices.BinarySearch(d.gaps, byteRange[1])
	if !known {
		return nil, fmt.Errorf("hashing up to byte %d, where no signature was expected", byteRange[1])
	}
	return d.goOn(states[i], byteRange[2], byteRange[2]+byteRange[3])
}

// pass hashes up to the last gap.
func (d *digests) pass(algorithm crypto.Hash) ([]hash.Cloner, error) {
	if states, done := d.states[algorithm]; done {
		return states, nil
	}
	running, states, from := algorithm.New(), make([]hash.Cloner, 0, len(d.gaps)), int64(0)
	for _, gap := range d.gaps {
		running.Write(d.data[from:gap])
		from = gap
		state, err := clone(running)
		if err != nil {
			return nil, err
		}
		states = append(states, state)
	}
	if d.states == nil {
		d.states = map[crypto.Hash][]hash.Cloner{}
	}
	d.states[algorithm] = states
	return states, nil
}

func clone(h hash.Hash) (hash.Cloner, error) {
	state, ok := h.(hash.Cloner)
	if !ok {
		return nil, fmt.Errorf("hashing with %T, which keeps its state to itself", h)
	}
	return state.Clone()
}

func (d *digests) goOn(state hash.Hash, from, to int64) ([]byte, error) {
	h, err := clone(state)
	if err != nil {
		return nil, err
	}
	h.Write(d.data[from:to])
	return h.Sum(nil), nil
}

// document is the SHA-256 of the whole, in hexadecimal.
func (d *digests) document() string {
	if states := d.states[crypto.SHA256]; len(states) > 0 {
		if sum, err := d.goOn(states[len(states)-1], d.gaps[len(states)-1], int64(len(d.data))); err == nil {
			return hex.EncodeToString(sum)
		}
	}
	sum := sha256.Sum256(d.data)
	return hex.EncodeToString(sum[:])
}
