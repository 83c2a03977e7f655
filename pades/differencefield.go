package pades

import "slices"

// fieldObject judges an object that is a terminal field of the form, one of its
// widgets, or both in one; done is false if it is neither.
func (d *differ) fieldObject(ref Ref, before, after Value) (done bool, err error) {
	forms, now, err := d.forms()
	if err != nil {
		return true, err
	}
	field := forms.objects[ref]
	if field == nil {
		return false, nil
	}
	is := now.objects[ref]
	if is == nil || is.name != field.name || is.kind != field.kind || is.ref != field.ref {
		d.other(ruleChanges, ref, "field removed, renamed or made another kind")
		return true, nil
	}
	changed, err := d.valueChanged(field)
	if err != nil {
		return true, err
	}
	c := Change{Rule: ruleChanges, Level: FormFill, Object: ref, Field: field.name, Existing: true, What: "field filled"}
	switch keys := changedKeys(before, after); field.kind {
	case "Sig":
		err = d.signatureField(c, field, is, keys, before, after, changed)
	case "Tx", "Ch", "Btn":
		err = d.filledField(c, is, keys, before, after, changed)
	default:
		d.fieldChanged(c, "field of an unknown kind changed")
	}
	return true, err
}

// fieldChanged notes a change of a field that nothing allows.
func (d *differ) fieldChanged(c Change, what string) {
	c.Level, c.What = Other, what
	d.note(c)
}

// signatureField judges what becomes of a signature field: an empty one may be
// signed, a signed one stays as it is.
func (d *differ) signatureField(c Change, field, is *formField, keys []string, before, after Value, changed bool) error {
	if !changed {
		c.Rule = "R-M4"
		d.fieldChanged(c, "signature field changed without being signed")
		return nil
	}
	was, err := d.f.Resolve(d.old, field.value)
	if err != nil {
		return err
	}
	signature, err := d.f.Resolve(d.new, is.value)
	if err != nil {
		return err
	}
	value, indirect := is.value.Ref()
	if was.Kind != Null || signature.Kind != Dictionary || indirect && d.existed(value) {
		d.fieldChanged(c, "signature field changed that is signed, or signed with something that was there before")
		return nil
	}
	page, _, err := d.shown(d.new, is)
	if err != nil {
		return err
	}
	c.What, c.Page = "prepared signature field signed", d.pages[page]
	return d.onlyKeys(c, []string{"V", "AP", "AS", "M", "F", "Ff"}, keys, before, after)
}

// filledField judges a text, choice or button field that was filled in. Its
// appearance may change with its value only (R-M4), and must show it.
func (d *differ) filledField(c Change, is *formField, keys []string, before, after Value, changed bool) error {
	if slices.Contains(keys, "AP") && !changed {
		c.Rule = "R-M4"
		d.fieldChanged(c, "appearance of a field changed, but not its value")
		return nil
	}
	if slices.Contains(keys, "AS") && !changed {
		c.Rule = "R-M4"
		d.fieldChanged(c, "state of a field changed, but not its value")
		return nil
	}
	entries := []string{"V", "AP", "AS", "M", "F", "Ff", "DA", "Q"}
	if is.kind == "Btn" && (slices.Contains(keys, "AP") || changed && slices.Contains(keys, "MK")) {
		d.buttonDrawn(c)
		entries = append(entries, "MK")
	}
	if slices.Contains(keys, "DA") || slices.Contains(keys, "Q") {
		appearance, err := d.appearanceOf(d.new, is)
		if err != nil {
			return err
		}
		drawing, err := d.f.key(d.new, appearance, "N")
		if err != nil {
			return err
		}
		note := c
		note.Note, note.What = true, "default appearance of a field changed"
		if drawing.Kind == Null { // readers draw it so, in white or too small to be seen
			note.Note, note.Unclear = false, true
		}
		d.note(note)
	}
	if is.kind == "Ch" && changed {
		entries = append(entries, "I", "TI") // which option that is, and which stands on top: /V holds where they disagree (table 231)
	}
	if err := d.onlyKeys(c, entries, keys, before, after); err != nil || !changed {
		return err
	}
	if is.kind == "Btn" {
		return d.checkState(c, is)
	}
	return d.checkShown(c, is)
}

// buttonDrawn notes that a button that was pressed is also drawn otherwise. Filling in does
// not need that, but iText does it; what its states look like is held against nothing, so
// that somebody has to look (R-M4).
func (d *differ) buttonDrawn(c Change) {
	c.Rule, c.Level, c.Unclear, c.What = "R-M4", FormFill, true, "appearance of a button changed"
	d.note(c)
}

// onlyKeys notes c if a field changes in the given entries alone, and in its flags
// so that it is seen as before and at most closed to writing.
func (d *differ) onlyKeys(c Change, allowed, keys []string, before, after Value) error {
	for _, key := range keys {
		was, is, err := d.entries(before, after, key)
		if err != nil {
			return err
		}
		bitsWas, _ := was.Int()
		bitsIs, _ := is.Int()
		switch {
		case !slices.Contains(allowed, key):
			same, err := d.f.alike(d.old, before.Key(key), d.new, after.Key(key))
			if err != nil {
				return err
			}
			if same {
				continue
			}
			d.fieldChanged(c, "/"+printable(key)+" of a field changed")
			return nil
		case key == "F" && (bitsWas^bitsIs)&flagsUnseen != 0:
			c.Rule = "R-M9"
			d.fieldChanged(c, "field hidden or shown")
			return nil
		case key == "Ff" && bitsWas|1 != bitsIs|1:
			d.fieldChanged(c, "flags of a field changed")
			return nil
		}
	}
	d.note(c)
	return nil
}

// printable is a key as it may stand in a message.
func printable(key string) string {
	if len(key) > 32 {
		key = key[:32]
	}
	clean := []byte(key)
	for i, b := range clean {
		if b <= ' ' || b > '~' {
			clean[i] = '?'
		}
	}
	return string(clean)
}

// checkState compares the state that a button's widgets show with its value
// (12.7.4.2.3): of all widgets, those in the state of that name are on.
func (d *differ) checkState(c Change, field *formField) error {
	value, err := d.f.Resolve(d.new, field.value)
	if err != nil {
		return err
	}
	want := value.Name()
	c.Rule = "R-M4"
	could, on := false, false // show the value
	for _, item := range field.widgets {
		widget, err := d.f.Resolve(d.new, item)
		if err != nil {
			return err
		}
		state, err := d.f.key(d.new, widget, "AS")
		if err != nil {
			return err
		}
		appearance, err := d.f.key(d.new, widget, "AP")
		if err != nil {
			return err
		}
		normal, err := d.f.key(d.new, appearance, "N")
		if err != nil {
			return err
		}
		shows := state.Name()
		could, on = could || normal.Key(want).Kind != Null, on || shows == want
		if normal.Kind != Dictionary || shows == want || shows == "Off" || shows == "" {
			continue
		}
		d.fieldChanged(c, "a button shows another state than its value")
		return nil
	}
	if could && !on && want != "Off" {
		d.fieldChanged(c, "a button does not show its value")
	}
	return nil
}

// page compares two pages: their lists of annotations may grow.
func (d *differ) page(ref Ref, before, after Value) error {
	for _, key := range changedKeys(before, after) {
		switch key {
		case "Annots":
			was, is, err := d.entries(before, after, key)
			if err != nil {
				return err
			}
			if err := d.annotations(ref, was, is); err != nil {
				return err
			}
		case "Tabs":
			d.note(Change{Rule: ruleChanges, Level: Annotate, Object: ref, Page: d.pages[ref], What: "tab order of a page changed"})
		default:
			if err := d.otherUnlessAlike(ref, before.Key(key), after.Key(key), "/"+printable(key)+" of a page changed"); err != nil {
				return err
			}
		}
	}
	return nil
}
