package bundle_test

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
	"testing"

	"kytiem/bundle"
)

// counted is n different leaves.
func counted(n int) []bundle.Hash {
	leaves := make([]bundle.Hash, n)
	for i := range leaves {
		leaves[i] = sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
	}
	return leaves
}

// split is the largest power of two below n (RFC 6962, 2.1).
func split(n int) int {
	k := 1
	for 2*k < n {
		k *= 2
	}
	return k
}

// rootOf is the words of RFC 6962, 2.1, and nothing cleverer.
func rootOf(leaves []bundle.Hash) bundle.Hash {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	default:
		left, right := rootOf(leaves[:split(n)]), rootOf(leaves[split(n):])
		return sha256.Sum256(slices.Concat([]byte{1}, left[:], right[:]))
	}
}

// pathOf is the words of RFC 6962, 2.1.1.
func pathOf(index int, leaves []bundle.Hash) []bundle.Hash {
	n := len(leaves)
	if n == 1 {
		return nil
	}
	if k := split(n); index < k {
		return append(pathOf(index, leaves[:k]), rootOf(leaves[k:]))
	}
	k := split(n)
	return append(pathOf(index-k, leaves[k:]), rootOf(leaves[:k]))
}

// TestTree compares every root and path of small trees with the definition.
func TestTree(t *testing.T) {
	for size := range 70 {
		leaves := counted(size)
		tree := bundle.NewTree(leaves)
		if tree.Len() != size {
			t.Errorf("length %d, want %d", tree.Len(), size)
		}
		root, err := tree.Root()
		if err != nil || root != rootOf(leaves) {
			t.Errorf("root of %d leaves: %x, %v", size, root, err)
		}
		for index := range size {
			path, err := tree.Path(index)
			if err != nil || !slices.Equal(path, pathOf(index, leaves)) {
				t.Errorf("path of %d in %d: %x, %v", index, size, path, err)
			}
		}
		for _, index := range []int{-1, size, size + 1, 1 << 40} {
			if path, err := tree.Path(index); err == nil {
				t.Errorf("path of %d in %d: got %x, want an error", index, size, path)
			}
		}
	}
}

// TestTreeAtOnce: a service shares one tree among its requests.
func TestTreeAtOnce(t *testing.T) {
	leaves := counted(1000)
	tree := bundle.NewTree(leaves)
	root := rootOf(leaves)
	var asking sync.WaitGroup
	for first := range 4 {
		asking.Go(func() {
			for index := first; index < len(leaves); index += 4 {
				path, err := tree.Path(index)
				if err == nil {
					err = bundle.CheckPath(path, len(leaves), index, root, leaves[index])
				}
				if err != nil {
					t.Errorf("leaf %d: %v", index, err)
				}
			}
		})
	}
	asking.Wait()
}

func BenchmarkTreePath(b *testing.B) {
	tree := bundle.NewTree(counted(10_000))
	for b.Loop() {
		if _, err := tree.Path(7_777); err != nil {
			b.Fatal(err)
		}
	}
}
