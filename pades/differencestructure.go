package pades

// The structure tree (14.7) says what reading aids are told. A new widget enters it
// as an element of its own, and as a reference from the parent tree; nothing that
// was there changes.

// structureRoot compares the roots of the structure trees.
func (d *differ) structureRoot(ref Ref, before, after Value) error {
	if before.Kind != Dictionary || after.Kind != Dictionary {
		d.other(ruleChanges, ref, "structure of the document removed or added")
		return nil
	}
	for _, key := range changedKeys(before, after) {
		ok := false
		var err error
		switch key {
		case "ParentTreeNextKey":
			was, _ := before.Key(key).Int()
			is, there := after.Key(key).Int()
			ok = there && is >= was
		case "ParentTree", "IDTree":
			ok, err = d.treeGrown(before.Key(key), after.Key(key))
		case "K":
			ok, err = d.kidsGrown(before.Key(key), after.Key(key))
		}
		if err != nil {
			return err
		}
		if !ok {
			d.other(ruleChanges, ref, "/%s of the structure changed", printable(key))
			return nil
		}
	}
	d.allowed(FormFill, ref, "structure of the document extended")
	return nil
}

// usedByStructure judges an object that the structure tree refers to.
func (d *differ) usedByStructure(u use, ref Ref, before, after Value) (bool, error) {
	root, err := d.f.catalog(d.old)
	if err != nil {
		return true, err
	}
	structure, _ := root.value.Key("StructTreeRoot").Ref()
	if structure.Number == 0 {
		return false, nil
	}
	holder, err := d.f.Object(d.old, u.holder)
	if err != nil {
		return true, err
	}
	element := holder.Key("S").Kind == Name && holder.Key("P").Kind == Reference
	switch {
	case u.path == "P" && element && ref == structure: // an element's way back; the root is compared by the catalog's
		return true, nil
	case u.holder == structure && (u.path == "ParentTree" || u.path == "IDTree"),
		u.path == "Kids", (u.path == "Nums" || u.path == "Names") && before.Kind == Array:
		if ok, err := d.ofStructure(u, structure); !ok || err != nil {
			return false, err
		}
		ok, err := d.treeGrown(before, after)
		if ok && err == nil {
			d.allowed(FormFill, ref, "structure of the document extended")
		}
		return ok, err
	case (u.path == "K" && (element || u.holder == structure) || u.path == "Nums" || u.path == "P" && element) && before.Key("S").Kind == Name,
		u.path == "K" && (element || u.holder == structure) && before.Kind == Array:
		ok, err := d.elementGrown(before, after)
		if ok && err == nil {
			d.allowed(FormFill, ref, "structure of the document extended")
		}
		return ok, err
	}
	return false, nil
}

// ofStructure reports whether what is used so belongs to the trees of the structure alone:
// pages, scripts and attachments stand in trees of the same make.
func (d *differ) ofStructure(u use, structure Ref) (bool, error) {
	top := func(u use) bool {
		return u.holder == structure && (u.path == "ParentTree" || u.path == "IDTree")
	}
	if top(u) {
		return true, nil
	}
	return d.onlyWithin(u.holder, func(u use) standing {
		switch {
		case top(u):
			return atTop
		case u.path == "Kids":
			return within
		}
		return elsewhere
	}, 0)
}

// elementGrown compares two structure elements, or arrays of them.
func (d *differ) elementGrown(before, after Value) (bool, error) {
	if before.Kind == Array {
		return d.kidsGrown(before, after)
	}
	for _, key := range changedKeys(before, after) {
		if key != "K" {
			return false, nil
		}
		if ok, err := d.kidsGrown(before.Key(key), after.Key(key)); !ok || err != nil {
			return ok, err
		}
	}
	return true, nil
}

// kidsGrown compares the kids of an element: one, or an array.
func (d *differ) kidsGrown(before, after Value) (bool, error) {
	was, err := d.arrayOf(d.old, before)
	if err != nil {
		return false, err
	}
	is, err := d.arrayOf(d.new, after)
	if err != nil {
		return false, err
	}
	if len(was) > len(is) {
		return false, nil
	}
	for i, item := range was {
		if !item.same(is[i]) {
			return false, nil
		}
	}
	for _, item := range is[len(was):] {
		if ok, err := d.newElement(item, 0); !ok || err != nil {
			return ok, err
		}
	}
	return true, nil
}

// arrayOf is the elements of a value that is an array or stands for one of itself.
func (d *differ) arrayOf(rev int, v Value) ([]Value, error) {
	target, err := d.f.Resolve(rev, v)
	switch {
	case err != nil || target.Kind == Null:
		return nil, err
	case target.Kind == Array:
		return target.items, nil
	}
	return []Value{v}, nil
}

// newElement reports whether an element is new and holds nothing but references to
// new widgets (14.7.4.3).
func (d *differ) newElement(item Value, depth int) (bool, error) {
	if ref, ok := item.Ref(); ok && d.existed(ref) || depth > 8 {
		return false, nil
	}
	v, err := d.f.Resolve(d.new, item)
	if err != nil || v.Kind != Dictionary {
		return false, err
	}
	if v.Key("Type").Name() == "OBJR" {
		_, after, err := d.forms()
		if err != nil {
			return false, err
		}
		target, _ := v.Key("Obj").Ref()
		field := after.objects[target]
		return field != nil && field.kind == "Sig", nil
	}
	kids, err := d.arrayOf(d.new, v.Key("K"))
	if err != nil {
		return false, err
	}
	for _, kid := range kids {
		if ok, err := d.newElement(kid, depth+1); !ok || err != nil {
			return ok, err
		}
	}
	return true, nil
}

// treeGrown compares two number or name trees, or nodes of them (7.9.6, 7.9.7): pairs may be
// added, none is changed, however they are divided among nodes. before and after may be
// references.
func (d *differ) treeGrown(before, after Value) (bool, error) {
	if ok, err := d.nodeGrown(before, after, 0); ok || err != nil {
		return ok, err
	}
	was, ok, err := d.leaves(d.old, before, nil, 0)
	if !ok || err != nil {
		return false, err
	}
	is, ok, err := d.leaves(d.new, after, nil, 0)
	if !ok || err != nil {
		return false, err
	}
	return d.pairsGrown(was, is)
}

// maxLeaves bounds the values of one tree that are compared.
const maxLeaves = 200_000

// leaves adds the keys and values of a tree, in their order; ok is false for what is none.
func (d *differ) leaves(rev int, node Value, list []Value, depth int) ([]Value, bool, error) {
	v, err := d.f.Resolve(rev, node)
	if err != nil || depth > 8 || v.Kind != Dictionary && v.Kind != Array || len(list)+len(v.items) > maxLeaves {
		return nil, false, err
	}
	if v.Kind == Array {
		return append(list, v.items...), len(v.items)%2 == 0, nil
	}
	for i, key := range v.Keys() {
		parts := []Value{v.items[2*i+1]}
		switch key {
		case "Nums", "Names":
		case "Kids":
			if parts, err = d.arrayOf(rev, parts[0]); err != nil {
				return nil, false, err
			}
		case "Limits", "Type":
			continue
		default:
			return nil, false, nil
		}
		for _, part := range parts {
			var ok bool
			if list, ok, err = d.leaves(rev, part, list, depth+1); !ok || err != nil {
				return nil, false, err
			}
		}
	}
	return list, true, nil
}

func (d *differ) nodeGrown(before, after Value, depth int) (bool, error) {
	if depth > 8 {
		return false, nil
	}
	was, err := d.f.Resolve(d.old, before)
	if err != nil {
		return false, err
	}
	is, err := d.f.Resolve(d.new, after)
	if err != nil {
		return false, err
	}
	if was.Kind == Array && is.Kind == Array {
		return d.pairsGrown(was.items, is.items)
	}
	if is.Kind != Dictionary || was.Kind != Dictionary && was.Kind != Null {
		return false, nil
	}
	for _, key := range changedKeys(was, is) {
		switch key {
		case "Limits":
		case "Nums", "Names":
			ok, err := d.nodeGrown(was.Key(key), is.Key(key), depth+1)
			if err != nil || !ok && was.Key(key).Kind != Null {
				return false, err
			}
		case "Kids":
			kidsWas, err := d.arrayOf(d.old, was.Key(key))
			if err != nil {
				return false, err
			}
			kidsIs, err := d.arrayOf(d.new, is.Key(key))
			if err != nil {
				return false, err
			}
			there := make(map[Ref]bool, len(kidsIs))
			for _, kid := range kidsIs {
				ref, _ := kid.Ref()
				there[ref] = true
			}
			for _, kid := range kidsWas {
				if ref, ok := kid.Ref(); !ok || !there[ref] {
					return false, nil
				}
			}
		default:
			return false, nil
		}
	}
	return true, nil
}

// pairsGrown reports whether all pairs of one list stand in the other.
func (d *differ) pairsGrown(was, is []Value) (bool, error) {
	j := 0
	for i := 0; i+1 < len(was); i += 2 {
		for ; j+1 < len(is); j += 2 {
			if same, err := d.samePair(was[i:i+2], is[j:j+2]); same {
				break
			} else if err != nil || was[i].same(is[j]) { // two values of one key are two trees
				return false, err
			}
		}
		if j+1 >= len(is) {
			return false, nil
		}
		j += 2
	}
	return true, nil
}

// samePair compares a key and its value. iText writes the lists of elements of a page as new
// objects; the elements they name are compared where they are.
func (d *differ) samePair(was, is []Value) (bool, error) {
	if !was[0].same(is[0]) || was[1].same(is[1]) {
		return was[0].same(is[0]), nil
	}
	before, err := d.f.Resolve(d.old, was[1])
	if err != nil {
		return false, err
	}
	after, err := d.f.Resolve(d.new, is[1])
	return err == nil && before.Kind == Array && before.same(after), err
}
