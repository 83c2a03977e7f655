package pades

// Consistent checks that the last revision still shows a signature as it was
// signed (rule R-B7): the same field holds a dictionary that is deeply equal.
// Otherwise a reader of the file is shown a reason or a name that nobody
// signed. A signature that is gone altogether breaks R-B8.
func (f *File) Consistent(s Signature) error {
	switch {
	case s.Removed:
		return broken(ruleField, s.dict.Start, "a signature that a later revision removes")
	case s.DuplicateName:
		return broken(ruleField, s.dict.Start, "a signature field with the name of another")
	case s.altered:
		return broken("R-B7", s.dict.Start, "SIG_DICT_INCONSISTENT: a signature dictionary that a later revision changes")
	}
	return nil
}

// alike reports whether two values, each read in its revision, are deeply
// equal.
func (f *File) alike(revA int, a Value, revB int, b Value) (bool, error) {
	c := comparison{f: f, revA: revA, revB: revB, open: map[[2]Ref]bool{}}
	return c.equal(a, b, 0)
}

type comparison struct {
	f          *File
	revA, revB int
	open       map[[2]Ref]bool // pairs of objects being compared, or found equal
}

func (c *comparison) equal(a, b Value, depth int) (bool, error) {
	if depth > c.f.limits.Nesting {
		return false, broken(ruleLimit, a.Start, "objects nested too deep")
	}
	refA, isA := a.Ref()
	refB, isB := b.Ref()
	if isA && isB {
		if c.open[[2]Ref{refA, refB}] {
			return true, nil
		}
		c.open[[2]Ref{refA, refB}] = true
	}
	a, err := c.f.Resolve(c.revA, a)
	if err != nil {
		return false, err
	}
	if b, err = c.f.Resolve(c.revB, b); err != nil {
		return false, err
	}
	if a.Kind != b.Kind || len(a.items) != len(b.items) {
		return false, nil
	}
	if !a.IsDictionary() && a.Kind != Array {
		return a.same(b), nil
	}
	if a.Kind == Stream && (a.number != b.number || string(a.octets) != string(b.octets)) {
		return false, nil
	}
	find := b.finder()
	for i, item := range a.items {
		other := i
		if a.IsDictionary() {
			if i%2 == 0 {
				continue
			}
			key := a.items[i-1].octets
			if other = find(string(key)) + 1; other == 0 {
				return false, nil
			}
			// /Data of a signature reference (table 253) names the catalog, and
			// with it the whole document, which later revisions may change.
			if string(key) == "Data" && item.Kind == Reference {
				if !item.same(b.items[other]) {
					return false, nil
				}
				continue
			}
		}
		if same, err := c.equal(item, b.items[other], depth+1); !same || err != nil {
			return false, err
		}
	}
	return true, nil
}
