package pades

import "slices"

// remarks are the kinds of annotation that are recognised as remarks, whatever they
// show (12.5.6). All others can cover or imitate what a page says.
var remarks = []string{"Text", "Popup", "Highlight", "Underline", "StrikeOut", "Squiggly", "Ink", "Caret"}

// annotations compares the annotations of a page: what was there stays in its order.
func (d *differ) annotations(page Ref, before, after Value) error {
	items, kept := added(before, after)
	if !kept {
		d.other(ruleChanges, page, "annotation of a page removed, or moved")
		return nil
	}
	return d.newAnnotations(page, items)
}

func (d *differ) newAnnotations(page Ref, items []Value) error {
	for _, item := range items {
		ref, _ := item.Ref()
		a, err := d.f.Resolve(d.new, item)
		if err != nil {
			return err
		}
		subtype, err := d.f.key(d.new, a, "Subtype")
		if err != nil {
			return err
		}
		switch {
		case a.Kind == Null: // shows nothing
		case subtype.Name() == "Widget":
			err = d.newWidget(page, ref)
		case slices.Contains(remarks, subtype.Name()):
			d.note(Change{Rule: ruleChanges, Level: Annotate, Object: ref, Page: d.pages[page], What: "annotation added: " + subtype.Name()})
		default:
			d.note(Change{
				Rule: ruleChanges, Level: Other, Object: ref, Page: d.pages[page], Annotation: true,
				What: "annotation added that can hide or imitate content: " + printable(subtype.Name()),
			})
		}
		if err == nil {
			err = d.overlap(page, ref, a)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// newWidget judges a widget that a page did not list before: it must be that of a
// signature field which is itself new, or signed in this revision. The field's own
// change says the rest.
func (d *differ) newWidget(page, ref Ref) error {
	before, after, err := d.forms()
	if err != nil {
		return err
	}
	field := after.objects[ref]
	if field == nil || field.kind != "Sig" {
		d.other(ruleChanges, page, "widget added that belongs to no signature field")
		return nil
	}
	was := before.objects[field.ref]
	if was == nil {
		return nil
	}
	if changed, err := d.valueChanged(was); changed || err != nil {
		return err
	}
	d.other(ruleChanges, page, "widget of an earlier field added")
	return nil
}

// annotation judges one that is written again in place.
func (d *differ) annotation(page, ref Ref, before, after Value) error {
	was, is, err := d.entries(before, after, "Subtype")
	if err != nil {
		return err
	}
	if was.Name() != is.Name() || !slices.Contains(remarks, is.Name()) || after.Kind != Dictionary {
		d.note(Change{Rule: ruleChanges, Level: Other, Object: ref, Page: d.pages[page], What: "annotation changed: " + printable(was.Name())})
		return nil
	}
	d.note(Change{Rule: ruleChanges, Level: Annotate, Object: ref, Page: d.pages[page], What: "annotation changed: " + is.Name()})
	return nil
}
