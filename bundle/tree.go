package bundle

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// leaves answers tlog's questions for stored hashes by computing them: only leaf
// hashes are kept anywhere, inner nodes nowhere.
type leaves []Hash

// ReadHashes implements [tlog.HashReader].
func (l leaves) ReadHashes(indexes []int64) ([]Hash, error) {
	hashes := make([]Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		first, end := n<<level, (n+1)<<level
		if end > int64(len(l)) {
			return nil, fmt.Errorf("node %d of level %d over %d leaves: %w", n, level, len(l), ErrMalformed)
		}
		hashes[i] = complete(l[first:end])
	}
	return hashes, nil
}

// complete is the hash of a tree over a power of two of leaves (RFC 6962, 2.1).
func complete(l leaves) Hash {
	if len(l) == 1 {
		return l[0]
	}
	half := len(l) / 2
	return tlog.NodeHash(complete(l[:half]), complete(l[half:]))
}

// Root is the Merkle tree hash over the leaf hashes in the order given (RFC 6962,
// 2.1). A bundle's leaves are ordered by their hash, so that a leaf's position
// tells nothing about its record.
func Root(l []Hash) (Hash, error) {
	return tlog.TreeHash(int64(len(l)), leaves(l))
}

// Path is the audit path of leaf number index (RFC 6962, 2.1.1).
func Path(l []Hash, index int) ([]Hash, error) {
	return tlog.ProveRecord(int64(len(l)), int64(index), leaves(l))
}

// CheckPath reports whether leaf stands at index in the tree of size leaves with
// this root; if not, the error is ErrProof.
func CheckPath(path []Hash, size, index int, root, leaf Hash) error {
	if err := tlog.CheckRecord(path, int64(size), root, int64(index), leaf); err != nil {
		return fmt.Errorf("leaf %d of %d: %w", index, size, ErrProof)
	}
	return nil
}
