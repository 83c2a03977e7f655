package bundle

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Tree is the hashes of a Merkle tree over leaf hashes (RFC 6962, 2.1), in memory: twice
// the leaves. They are kept nowhere else, since leaves give them again at once; a tree is
// for who needs many paths in it. It is for concurrent use.
type Tree struct{ levels [][]Hash } // complete subtrees of 1, 2, 4 … leaves

// NewTree makes the tree over leaf hashes in the order given, which it keeps.
func NewTree(leaves []Hash) *Tree {
	t := &Tree{levels: [][]Hash{leaves}}
	for below := leaves; len(below) > 1; {
		level := make([]Hash, len(below)/2)
		for n := range level {
			level[n] = tlog.NodeHash(below[2*n], below[2*n+1])
		}
		t.levels = append(t.levels, level)
		below = level
	}
	return t
}

// ReadHashes implements [tlog.HashReader].
func (t *Tree) ReadHashes(indexes []int64) ([]Hash, error) {
	hashes := make([]Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		if level >= len(t.levels) || n >= int64(len(t.levels[level])) {
			return nil, fmt.Errorf("node %d of level %d over %d leaves: %w", n, level, t.Len(), ErrMalformed)
		}
		hashes[i] = t.levels[level][n]
	}
	return hashes, nil
}

// Len is the number of leaves.
func (t *Tree) Len() int { return len(t.levels[0]) }

// Root is the hash of the whole tree. A bundle's leaves are ordered by their hash, so
// that a leaf's position tells nothing about its record.
func (t *Tree) Root() (Hash, error) { return tlog.TreeHash(int64(t.Len()), t) }

// Path is the audit path of leaf number index (RFC 6962, 2.1.1).
func (t *Tree) Path(index int) ([]Hash, error) {
	return tlog.ProveRecord(int64(t.Len()), int64(index), t)
}

// Root is the root of the tree over leaf hashes.
func Root(leaves []Hash) (Hash, error) { return NewTree(leaves).Root() }

// Path is the audit path of one leaf of the tree over leaf hashes.
func Path(leaves []Hash, index int) ([]Hash, error) { return NewTree(leaves).Path(index) }

// CheckPath reports whether leaf stands at index in the tree of size leaves with
// this root; if not, the error is ErrProof.
func CheckPath(path []Hash, size, index int, root, leaf Hash) error {
	if err := tlog.CheckRecord(path, int64(size), root, int64(index), leaf); err != nil {
		return fmt.Errorf("leaf %d of %d: %w", index, size, ErrProof)
	}
	return nil
}
