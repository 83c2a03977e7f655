package pades

// standing is where a use of an object lies, of a part of the document that is judged by rules
// of its own.
type standing int

const (
	elsewhere standing = iota
	within             // in an object that has to be of that part itself
	atTop              // where that part begins
)

// onlyWithin reports whether every way to an object of the old revision leads through one
// part of the document. What is changed by the rules of that part, and is something else as
// well, would change that, too (R-M2): a font that is called validation data, scripts that
// stand in a tree of the structure.
func (d *differ) onlyWithin(ref Ref, of func(use) standing, depth int) (bool, error) {
	if only, known := d.alone[ref]; known || depth > 8 {
		return only, nil
	}
	if d.alone == nil {
		d.alone = map[Ref]bool{}
	}
	d.alone[ref] = false // also for those that lead to themselves
	uses, err := d.uses(ref)
	if err != nil {
		return false, err
	}
	for _, u := range uses {
		switch of(u) {
		case elsewhere:
			return false, nil
		case within:
			if only, err := d.onlyWithin(u.holder, of, depth+1); !only || err != nil {
				return false, err
			}
		}
	}
	d.alone[ref] = len(uses) > 0
	return len(uses) > 0, nil
}
