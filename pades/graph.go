package pades

import (
	"errors"
	"math"
	"slices"
	"strings"
)

// graph knows which objects refer to which: of one revision everything that its
// trailer leads to, and of the ones after it what they write. An entry may be out
// of date, since an object written again may have ceased to refer; it is checked
// against the object before anything is concluded from it.
type graph struct {
	f     *File
	edges []edge // of the first revision, by target
	later map[int32][]int32
	seen  map[int32]bool // objects whose references are known
	added int            // to later
}

// edge says that object from refers to object to. 0 is the trailer.
type edge struct{ to, from int32 }

// Bounds on the memory for references: 8 bytes each in the first revision, a hundred in
// later ones. A document of a thousand pages has fifty thousand.
const (
	maxEdges = 4_000_000
	maxLater = 500_000
)

// references walks the document of a revision.
func (f *File) references(rev int) (*graph, error) {
	g := &graph{f: f, later: map[int32][]int32{}, seen: map[int32]bool{}}
	var queue []Ref
	from := int32(0)
	visit := func(v Value) {
		ref, _ := v.Ref()
		to := int32(ref.Number)
		g.edges = append(g.edges, edge{to, from})
		if g.seen[to] {
			return
		}
		if _, _, there := f.lookup(rev, ref.Number); there { // of the others there are no more than edges
			g.seen[to] = true
			queue = append(queue, ref)
		}
	}
	f.Trailer(rev).references(visit)
	for len(queue) > 0 {
		ref := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		v, err := f.referring(rev, ref)
		if err != nil {
			return nil, err
		}
		from = int32(ref.Number)
		v.references(visit)
		if len(g.edges) > maxEdges {
			return nil, broken(ruleLimit, v.Start, "more than %d references", maxEdges)
		}
	}
	slices.SortFunc(g.edges, func(a, b edge) int {
		if a.to != b.to {
			return int(a.to) - int(b.to)
		}
		return int(a.from) - int(b.from)
	})
	g.edges = slices.Compact(g.edges)
	return g, nil
}

// referring is an object as far as it can refer to others: of a stream the dictionary,
// also where its length is wrong, as it is in some signed documents.
func (f *File) referring(rev int, ref Ref) (Value, error) {
	obj, err := f.object(rev, ref)
	if format := (*FormatError)(nil); !errors.As(err, &format) || format.Rule != ruleStructure {
		return obj.value, err
	}
	e, _, ok := f.lookup(rev, ref.Number)
	if !ok || e.kind != inUse || e.at >= int64(len(f.b)) {
		return Value{}, err
	}
	s := f.scan(f.b, f.token(e.at))
	if at, ok := s.header(); !ok || at != ref {
		return Value{}, err
	}
	v, broken := s.value()
	if over := f.spend(s, e.at); over != nil {
		return Value{}, over
	}
	if s.space(); broken != nil || v.Kind != Dictionary || !s.word("stream") {
		return Value{}, err
	}
	return v, nil
}

// advance takes in what a revision writes, and what that leads to: something that lay
// there unused may be part of the document from now on.
func (g *graph) advance(rev int) error {
	changed, _ := g.f.Changed(rev)
	queue := slices.Clone(changed)
	from := int32(0)
	visit := func(v Value) {
		ref, _ := v.Ref()
		to := int32(ref.Number)
		if l := g.later[to]; len(l) == 0 || l[len(l)-1] != from {
			g.later[to] = append(l, from)
			g.added++
		}
		if g.seen[to] {
			return
		}
		if _, _, there := g.f.lookup(rev, ref.Number); there {
			g.seen[to] = true
			queue = append(queue, ref)
		}
	}
	g.f.Trailer(rev).references(visit)
	for len(queue) > 0 {
		ref := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		g.seen[int32(ref.Number)] = true
		v, err := g.f.referring(rev, ref)
		if err != nil {
			return err
		}
		from = int32(ref.Number)
		v.references(visit)
		if g.added > maxLater {
			return broken(ruleLimit, v.Start, "more than %d references after the signature", maxLater)
		}
	}
	return nil
}

// referrers are the objects that may refer to one.
func (g *graph) referrers(number int) []int32 {
	list := g.some(number, math.MaxInt)
	slices.Sort(list)
	return slices.Compact(list)
}

// Bounds of the search for the pages that something belongs to. A font belongs to all of a
// thousand pages, and nobody reads that list; a file can be woven so that every step up
// leads to everything.
const (
	maxShownOn  = 16
	maxClimbing = 64
)

// shownOn are the numbers of the pages that an object belongs to, as far as they are found
// near it; of one that belongs to none it is 0 alone.
func (d *differ) shownOn(ref Ref) []int {
	if len(d.changes) >= maxChanges {
		return []int{0}
	}
	root, _ := d.f.Trailer(d.old).Key("Root").Ref()
	queue, seen := []int{ref.Number}, map[int]bool{0: true, root.Number: true}
	var pages []int
	for len(queue) > 0 && len(seen) < maxClimbing && len(pages) < maxShownOn {
		number := queue[0]
		queue = queue[1:]
		if seen[number] {
			continue
		}
		seen[number] = true
		if e, _, ok := d.f.lookup(d.old, number); ok && d.pages[e.ref(number)] > 0 {
			pages = append(pages, d.pages[e.ref(number)])
			continue
		}
		for _, from := range d.graph.some(number, maxClimbing) {
			queue = append(queue, int(from))
		}
	}
	if len(pages) == 0 {
		return []int{0}
	}
	slices.Sort(pages)
	return pages
}

// some are so many of the objects that may refer to one at most.
func (g *graph) some(number, most int) []int32 {
	i, _ := slices.BinarySearchFunc(g.edges, int32(number), func(e edge, to int32) int { return int(e.to) - int(to) })
	var list []int32
	for ; i < len(g.edges) && g.edges[i].to == int32(number) && len(list) < most; i++ {
		list = append(list, g.edges[i].from)
	}
	later := g.later[int32(number)]
	return append(list, later[:min(len(later), most-len(list))]...)
}

// use is one way in which the document refers to an object: the dictionary object
// that holds the reference, and the keys that lead to it within, arrays left out.
type use struct {
	holder Ref // zero is the trailer
	path   string
}

// uses finds every way to an object in the old revision. What refers to it from an
// array that is an object of its own is used as that array is.
func (d *differ) uses(ref Ref) ([]use, error) {
	return d.usesWithin(ref, 0)
}

func (d *differ) usesWithin(ref Ref, depth int) ([]use, error) {
	if depth > 4 {
		return nil, broken(ruleLimit, 0, "arrays within arrays without end")
	}
	var list []use
	for _, number := range d.graph.referrers(ref.Number) {
		holder, value, err := d.holder(int(number))
		if err != nil {
			return nil, err
		}
		if value.Kind == Array {
			if !refersTo(value, ref) {
				continue
			}
			further, err := d.usesWithin(holder, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, further...)
			continue
		}
		var keys []string
		paths(value, ref, &keys, func() { list = append(list, use{holder, strings.Join(keys, "/")}) })
	}
	slices.SortFunc(list, func(a, b use) int {
		if a.holder != b.holder {
			return a.holder.Number - b.holder.Number
		}
		return strings.Compare(a.path, b.path)
	})
	return slices.Compact(list), nil
}

// holder is the object of the old revision under a number; 0 is the trailer.
func (d *differ) holder(number int) (Ref, Value, error) {
	if number == 0 {
		return Ref{}, d.f.Trailer(d.old), nil
	}
	e, _, ok := d.f.lookup(d.old, number)
	if !ok || e.kind == free {
		return Ref{}, Value{}, nil
	}
	ref := e.ref(number)
	v, err := d.f.Object(d.old, ref)
	return ref, v, err
}

// paths calls found for every reference to ref in v, with the keys that lead there.
func paths(v Value, ref Ref, keys *[]string, found func()) {
	switch v.Kind {
	case Reference:
		if r, _ := v.Ref(); r == ref {
			found()
		}
	case Array:
		for _, item := range v.items {
			paths(item, ref, keys, found)
		}
	case Dictionary, Stream:
		for i := 1; i < len(v.items); i += 2 {
			*keys = append(*keys, string(v.items[i-1].octets))
			paths(v.items[i], ref, keys, found)
			*keys = (*keys)[:len(*keys)-1]
		}
	}
}

func refersTo(v Value, ref Ref) (found bool) {
	v.references(func(r Value) {
		target, _ := r.Ref()
		found = found || target == ref
	})
	return found
}
