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
// where the document does (R-B1), and so does every revision: one pass, which leaves its
// state at the gap of each signature and at the end of each signed revision, is the longer
// part of them all and of the document's own hash.
type digests struct {
	data   []byte
	marks  []int64                       // where a state is wanted, ascending
	states map[crypto.Hash][]hash.Cloner // of what lies before each mark
}

// expect says that what begins with the document and has a gap at a byte, or ends there,
// will be asked for. What is expected after the first was asked for costs another pass.
func (d *digests) expect(at int64) {
	i, known := slices.BinarySearch(d.marks, at)
	if !known {
		d.marks, d.states = slices.Insert(d.marks, i, at), nil // states are found by the place of their mark
	}
}

// of is the digest of a byte range (R-B9), which has passed R-B1.
func (d *digests) of(byteRange []int64, algorithm crypto.Hash) ([]byte, error) {
	state, err := d.until(byteRange[1], algorithm)
	if err != nil {
		return nil, err
	}
	return d.goOn(state, byteRange[2], endOf(byteRange))
}

// beginning is the SHA-256 of the document up to a byte.
func (d *digests) beginning(end int64) [sha256.Size]byte {
	if state, err := d.until(end, crypto.SHA256); err == nil {
		return [sha256.Size]byte(state.Sum(nil))
	}
	return sha256.Sum256(d.data[:end])
}

// until is the state of hashing up to a byte that was expected, from which others go on.
func (d *digests) until(end int64, algorithm crypto.Hash) (hash.Cloner, error) {
	states, err := d.pass(algorithm)
	if err != nil {
		return nil, err
	}
	i, known := slices.BinarySearch(d.marks, end)
	if !known {
		return nil, fmt.Errorf("hashing up to byte %d, where nothing was expected", end)
	}
	return states[i], nil
}

// pass hashes up to the last mark.
func (d *digests) pass(algorithm crypto.Hash) ([]hash.Cloner, error) {
	if states, done := d.states[algorithm]; done {
		return states, nil
	}
	running, states, from := algorithm.New(), make([]hash.Cloner, 0, len(d.marks)), int64(0)
	for _, mark := range d.marks {
		running.Write(d.data[from:mark])
		from = mark
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
		if sum, err := d.goOn(states[len(states)-1], d.marks[len(states)-1], int64(len(d.data))); err == nil {
			return hex.EncodeToString(sum)
		}
	}
	sum := sha256.Sum256(d.data)
	return hex.EncodeToString(sum[:])
}
