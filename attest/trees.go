package attest

import (
	"container/list"
	"context"
	"sync"

	"kytiem/bundle"
	"kytiem/store"
)

// Bounds of the trees in memory. All of them together have treesBytes, the last one used
// is kept even if it is larger, up to treeBytes: some two million records.
const (
	treesBytes = 32 << 20
	treeBytes  = 128 << 20
)

// grown is what the proofs of one bundle have in common.
type grown struct {
	bundle  string
	unit    string
	records store.File
	tree    *bundle.Tree

	manifest []byte

	mutex sync.Mutex
	p7s   []byte // nil until the bundle is signed
}

func (g *grown) size() int64 {
	return 2*int64(g.tree.Len())*int64(len(bundle.Hash{})) + int64(len(g.manifest)) + 4<<10
}

// trees keeps the trees of the bundles that were asked about last. What a bundle was
// sealed with never changes, so nothing in it grows stale.
type trees struct {
	mutex sync.Mutex
	kept  map[string]*list.Element // of *grown
	order *list.List               // the last used first
	bytes int64
	grows map[string]*growing // by those who came first, for all who wait
}

type growing struct {
	done chan struct{}
	tree *grown
	err  error
}

func newTrees() *trees {
	return &trees{kept: make(map[string]*list.Element), order: list.New(), grows: make(map[string]*growing)}
}

// of gives a bundle's tree, grown once by grow however many ask for it at once.
func (t *trees) of(ctx context.Context, id string, grow func() (*grown, error)) (*grown, error) {
	t.mutex.Lock()
	if at, there := t.kept[id]; there {
		t.order.MoveToFront(at)
		t.mutex.Unlock()
		return at.Value.(*grown), nil
	}
	g, under := t.grows[id]
	if !under {
		g = &growing{done: make(chan struct{})}
		t.grows[id] = g
	}
	t.mutex.Unlock()
	if under {
		select {
		case <-g.done:
			return g.tree, g.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	g.tree, g.err = grow()
	t.mutex.Lock()
	delete(t.grows, id)
	if g.err == nil {
		t.put(g.tree)
	}
	t.mutex.Unlock()
	close(g.done)
	return g.tree, g.err
}

// put keeps a tree and lets go of those that were not asked for longest.
func (t *trees) put(g *grown) {
	if g.size() > treeBytes {
		return
	}
	t.kept[g.bundle] = t.order.PushFront(g)
	t.bytes += g.size()
	for t.bytes > treesBytes && t.order.Len() > 1 {
		last := t.order.Back()
		gone := t.order.Remove(last).(*grown)
		delete(t.kept, gone.bundle)
		t.bytes -= gone.size()
	}
}
