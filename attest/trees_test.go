package attest

import (
	"errors"
	"testing"

	"kytiem/bundle"
)

// TestTreesBounded: trees that were not asked for longest make room; one too large is not kept, and a failure neither.
func TestTreesBounded(t *testing.T) {
	const leaves = 120_000 // 7.7 MB a tree
	trees, grown0 := newTrees(), 0
	of := func(id string, n int, fault error) {
		t.Helper()
		_, err := trees.of(t.Context(), id, func() (*grown, error) {
			grown0++
			return &grown{bundle: id, tree: bundle.NewTree(make([]bundle.Hash, n))}, fault
		})
		if !errors.Is(err, fault) {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"a", "b", "c", "d", "a", "e"} { // five would be too many, and b is the oldest
		of(id, leaves, nil)
	}
	if grown0 != 5 || trees.bytes > treesBytes || trees.kept["a"] == nil || trees.kept["b"] != nil {
		t.Errorf("grown %d, %d bytes kept in %d trees", grown0, trees.bytes, len(trees.kept))
	}
	of("big", 1_000_000, nil) // more than all together may have, and yet the last
	if len(trees.kept) != 1 || trees.kept["big"] == nil {
		t.Errorf("%d trees beside the big one", len(trees.kept)-1)
	}
	of("x", 1, errors.ErrUnsupported)
	of("small", 1, nil)
	if len(trees.kept) != 1 || trees.kept["small"] == nil || trees.bytes > treesBytes {
		t.Errorf("%d trees, %d bytes", len(trees.kept), trees.bytes)
	}
}
