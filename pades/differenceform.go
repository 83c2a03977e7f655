package pades

// form is the interactive form of one revision, its terminal fields by the objects
// they and their widgets are.
type form struct {
	fields  []formField
	objects map[Ref]*formField
	named   map[string]int
}

// Bounds on the fields that are held in memory to be compared: forms have hundreds, of
// some twenty values each.
const (
	maxFields      = 50_000
	maxFieldValues = 500_000
)

func (f *File) formOf(rev int) (*form, error) {
	in := &form{objects: map[Ref]*formField{}, named: map[string]int{}}
	values := 0
	err := f.fields(rev, func(field formField) error {
		if values += field.obj.value.count(); values > maxFieldValues {
			return broken(ruleLimit, field.obj.start, "fields of more than %d values", maxFieldValues)
		}
		if len(in.fields) == maxFields {
			return broken(ruleLimit, field.obj.start, "more than %d fields", maxFields)
		}
		in.fields = append(in.fields, field)
		in.named[field.name]++
		return nil
	})
	for i := range in.fields {
		field := &in.fields[i]
		for _, v := range append([]Value{referenceTo(field.ref)}, field.widgets...) {
			if ref, ok := v.Ref(); ok && ref.Number != 0 && in.objects[ref] == nil {
				in.objects[ref] = field
			}
		}
	}
	return in, err
}

// referenceTo is a reference that no file holds.
func referenceTo(ref Ref) Value {
	return Value{Kind: Reference, number: uint64(ref.Number)<<32 | uint64(ref.Generation)}
}

// forms reads the forms of both revisions, once.
func (d *differ) forms() (before, after *form, err error) {
	if d.before == nil {
		if d.before, err = d.f.formOf(d.old); err != nil {
			return nil, nil, err
		}
		if d.after, err = d.f.formOf(d.new); err != nil {
			return nil, nil, err
		}
	}
	return d.before, d.after, nil
}

// form compares two form dictionaries (12.7.2).
func (d *differ) form(ref Ref, before, after Value) error {
	if after.Kind != Dictionary {
		d.other(ruleChanges, ref, "form removed")
		return nil
	}
	for _, key := range changedKeys(before, after) {
		was, is, err := d.entries(before, after, key)
		if err != nil {
			return err
		}
		switch key {
		case "Fields":
			if err := d.fieldList(ref, was, is); err != nil {
				return err
			}
		case "SigFlags":
			flagsWas, _ := was.Int()
			flagsIs, ok := is.Int()
			if !ok || flagsWas&^flagsIs != 0 {
				d.other(ruleChanges, ref, "signature flags of the form taken back")
				continue
			}
			d.allowed(LongTerm, ref, "signature flags of the form set")
		case "NeedAppearances":
			if is.Bool() {
				d.other(ruleChanges, ref, "readers told to draw the fields anew")
				continue
			}
			d.allowed(FormFill, ref, "readers told to draw the fields as they are")
		case "DR":
			if err := d.resources(ref, was, is); err != nil {
				return err
			}
		case "DA", "Q":
			d.allowed(FormFill, ref, "default appearance of the form set")
		default:
			if err := d.otherUnlessAlike(ref, before.Key(key), after.Key(key), "/"+printable(key)+" of the form changed"); err != nil {
				return err
			}
		}
	}
	return nil
}

// resources lets things be added to what the fields may use. The fonts that are there
// stay: fields would say something else in others (R-M4).
func (d *differ) resources(ref Ref, before, after Value) error {
	was, is, err := d.entries(before, after, "Font")
	if err != nil {
		return err
	}
	for _, name := range was.Keys() {
		if same, err := d.f.alike(d.old, was.Key(name), d.new, is.Key(name)); err != nil {
			return err
		} else if !same {
			d.other("R-M4", ref, "fonts of the form replaced")
			return nil
		}
	}
	d.allowed(FormFill, ref, "resources of the form added")
	return nil
}

// fieldList compares the lists of fields: what was there stays in its order, and
// only signature fields are added.
func (d *differ) fieldList(list Ref, before, after Value) error {
	items, kept := added(before, after)
	if !kept {
		d.other(ruleChanges, list, "field removed from the form, or moved")
		return nil
	}
	return d.newFields(items)
}

func (d *differ) newFields(items []Value) error {
	for _, item := range items {
		if err := d.newField(item); err != nil {
			return err
		}
	}
	return nil
}

// newField judges a field that was added.
func (d *differ) newField(item Value) error {
	_, after, err := d.forms()
	if err != nil {
		return err
	}
	ref, _ := item.Ref()
	field := after.objects[ref]
	switch {
	case field == nil || field.ref != ref || field.kind != "Sig":
		d.other(ruleChanges, ref, "field added that is none for a signature")
		return nil
	case d.existed(ref):
		d.other("R-M2", ref, "field added that was something else before")
		return nil
	case after.named[field.name] > 1:
		d.other(ruleField, ref, "field added under the name of another")
		return nil
	case len(field.widgets) > 1:
		d.other(ruleChanges, ref, "signature field added that is shown in several places")
		return nil
	}
	return d.newSignatureField(ref, field)
}

func (d *differ) newSignatureField(ref Ref, field *formField) error {
	page, shown, err := d.shown(d.new, field)
	if err != nil {
		return err
	}
	signature, err := d.f.Resolve(d.new, field.value)
	if err != nil {
		return err
	}
	if value, ok := field.value.Ref(); ok && signature.Kind == Dictionary && d.existed(value) {
		d.other("R-M2", ref, "signature field added over a dictionary that was there before")
		return nil
	}
	c := Change{Rule: ruleChanges, Level: FormFill, Object: ref, Field: field.name, Page: d.pages[page], Visible: shown, What: "signature field added"}
	subFilter, err := d.f.key(d.new, signature, "SubFilter")
	if err != nil {
		return err
	}
	switch {
	case signature.Kind == Dictionary && subFilter.Name() == "ETSI.RFC3161":
		c.What = "document time-stamp added"
		if !shown {
			c.Level = LongTerm
		}
	case signature.Kind == Dictionary:
		c.What = "signature added"
	case shown:
		appearance, err := d.appearanceOf(d.new, field)
		if err != nil {
			return err
		}
		if appearance.Kind != Null { // it shows something that nobody signs
			c.Level, c.Rule = Other, "R-M8"
		}
	}
	d.note(c)
	return nil
}

// appearanceOf is the appearance dictionary of a field's widget (12.5.5).
func (d *differ) appearanceOf(rev int, field *formField) (Value, error) {
	if len(field.widgets) == 0 {
		return Value{}, nil
	}
	widget, err := d.f.Resolve(rev, field.widgets[0])
	if err != nil {
		return Value{}, err
	}
	return d.f.key(rev, widget, "AP")
}

// Bits of an annotation's /F (table 165).
const (
	flagHidden  = 1 << 1
	flagNoView  = 1 << 5
	flagsUnseen = flagHidden | flagNoView
)

// shown reports whether a field's widget covers part of a page.
func (d *differ) shown(rev int, field *formField) (Ref, bool, error) {
	page, rect, err := d.f.widget(rev, *field)
	if err != nil || len(field.widgets) == 0 {
		return page, false, err
	}
	widget, err := d.f.Resolve(rev, field.widgets[0])
	if err != nil {
		return page, false, err
	}
	flags, err := d.f.key(rev, widget, "F")
	if err != nil {
		return page, false, err
	}
	bits, _ := flags.Int()
	return page, visible(rect) && bits&flagsUnseen == 0, nil
}

// usedByForm judges an object that the form or one of its fields refers to.
func (d *differ) usedByForm(u use, ref Ref, before, after Value) (bool, error) {
	root, err := d.f.catalog(d.old)
	if err != nil {
		return true, err
	}
	formRef, _ := root.value.Key("AcroForm").Ref()
	if formRef.Number != 0 && u.holder == formRef && u.path == "Fields" && before.Kind == Array {
		return true, d.fieldList(ref, before, after)
	}
	fields, _, err := d.forms()
	if err != nil {
		return true, err
	}
	field := fields.objects[u.holder]
	if field == nil {
		return false, nil
	}
	switch u.path {
	case "AP", "AP/N", "AP/D", "AP/R":
		if before.Kind == Array {
			return false, nil
		}
		return d.appearance(field, ref)
	}
	if len(u.path) > 5 && (u.path[:5] == "AP/N/" || u.path[:5] == "AP/D/") {
		return d.appearance(field, ref)
	}
	return false, nil
}

// appearance judges an object of a field's appearance that is written again in
// place: that is allowed where it is the field's alone (R-M3) and the field's value
// changed with it (R-M4).
func (d *differ) appearance(field *formField, ref Ref) (bool, error) {
	changed, err := d.valueChanged(field)
	if err != nil {
		return true, err
	}
	if !changed || field.kind == "Sig" {
		d.other("R-M4", ref, "appearance of a field changed, but not its value")
		return true, nil
	}
	uses, err := d.uses(ref)
	if err != nil {
		return true, err
	}
	for _, u := range uses {
		if d.before.objects[u.holder] != field {
			return false, nil
		}
	}
	// What it shows is compared with the value where that is found to have changed.
	d.note(Change{Rule: "R-M3", Level: FormFill, Object: ref, Field: field.name, Existing: true, What: "appearance of a field drawn again"})
	return true, nil
}

// valueChanged reports whether a field's value is another in the new revision.
func (d *differ) valueChanged(field *formField) (bool, error) {
	_, after, err := d.forms()
	if err != nil {
		return false, err
	}
	now := after.objects[field.ref]
	if now == nil || field.ref.Number == 0 { // gone, or changed only together with the list it stands in
		return false, nil
	}
	was, err := d.f.Resolve(d.old, field.value)
	if err != nil {
		return false, err
	}
	is, err := d.f.Resolve(d.new, now.value)
	return !was.same(is), err
}
