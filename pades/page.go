package pades

import "fmt"

// pages walks the page tree of revision rev (7.7.3) and calls visit with each
// page's number, from 1, and reference, until visit is false.
func (f *File) pages(rev int, visit func(number int, page Ref) bool) error {
	root, err := f.catalog(rev)
	if err != nil {
		return err
	}
	tree := pageWalk{f: f, rev: rev, seen: map[Ref]bool{}, visit: visit}
	if _, err := tree.node(root.value.Key("Pages"), 0); err != nil {
		return fmt.Errorf("reading the page tree: %w", err)
	}
	return nil
}

type pageWalk struct {
	f      *File
	rev    int
	seen   map[Ref]bool
	number int
	visit  func(int, Ref) bool
}

// node reports whether the walk goes on after the node's pages.
func (w *pageWalk) node(item Value, depth int) (bool, error) {
	if depth > w.f.limits.Nesting {
		return false, broken(ruleLimit, item.Start, "page tree nested too deep")
	}
	ref, ok := item.Ref()
	if !ok || w.seen[ref] {
		return false, broken(ruleStructure, item.Start, "a page tree node that is no reference, or is met twice")
	}
	w.seen[ref] = true
	node, err := w.f.Resolve(w.rev, item)
	if err != nil {
		return false, err
	}
	kids, err := w.f.key(w.rev, node, "Kids")
	if err != nil {
		return false, err
	}
	if kids.Kind != Array {
		return w.page(ref), nil
	}
	// A node of as many leaves as kids has only leaves: they need not be read to
	// be counted, which on a long document is most of the work.
	if count, _ := node.Key("Count").Int(); count == int64(len(kids.items)) {
		for _, kid := range kids.items {
			leaf, ok := kid.Ref()
			if !ok || !w.page(leaf) {
				return false, nil
			}
		}
		return true, nil
	}
	for _, kid := range kids.items {
		if more, err := w.node(kid, depth+1); !more || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (w *pageWalk) page(ref Ref) bool {
	w.number++
	return w.visit(w.number, ref)
}

// pageNumbers finds the numbers of pages, for those that are in the page tree.
func (f *File) pageNumbers(rev int, wanted []Ref) (map[Ref]int, error) {
	open := map[Ref]bool{}
	for _, ref := range wanted {
		if ref.Number != 0 {
			open[ref] = true
		}
	}
	numbers := map[Ref]int{}
	if len(open) == 0 {
		return numbers, nil
	}
	err := f.pages(rev, func(number int, page Ref) bool {
		if open[page] {
			numbers[page] = number
			delete(open, page)
		}
		return len(open) > 0
	})
	return numbers, err
}

// page is the reference of the page with a number.
func (f *File) page(rev, number int) (ref Ref, err error) {
	err = f.pages(rev, func(n int, page Ref) bool {
		if n == number {
			ref = page
		}
		return n < number
	})
	if err == nil && ref.Number == 0 {
		return Ref{}, fmt.Errorf("%w: page %d", ErrNoPage, number)
	}
	return ref, err
}
