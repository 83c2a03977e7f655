package pades

import (
	"strings"
	"unicode"
)

// checkShown compares the text that a field's widgets show with the value that the
// field has (R-M4): a value that says one thing and an appearance that shows another
// is how a signed form is made to lie. What cannot be read leaves a doubt.
func (d *differ) checkShown(c Change, field *formField) error {
	texts, err := d.valueTexts(field)
	if err != nil {
		return err
	}
	flags, err := d.inheritedFlags(field)
	if err != nil {
		return err
	}
	// In place of a password something else is shown, and of a list it is not read which
	// option is marked: the text says nothing.
	const password, combo = 1 << 13, 1 << 17 // tables 228 and 230
	silent := field.kind == "Tx" && flags&password != 0 || field.kind == "Ch" && flags&combo == 0
	for _, item := range field.widgets {
		widget, err := d.f.resolve(d.new, item)
		if err != nil {
			return err
		}
		appearance, err := d.f.key(d.new, widget.value, "AP")
		if err != nil {
			return err
		}
		c.Rule, c.Object = "R-M4", widget.ref
		for _, key := range []string{"N", "R", "D"} { // at rest, under the mouse, pressed (table 168)
			drawing, err := d.f.key(d.new, appearance, key)
			if err != nil {
				return err
			}
			if drawing.Kind == Null {
				continue // readers draw the value themselves
			}
			if silent {
				c.Unclear, c.What = true, "what a field shows does not say its value"
				d.note(c)
				continue
			}
			if err := d.checkDrawing(c, field, widget.value, drawing, texts); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkDrawing holds one appearance of a widget against what the field's value may be
// shown as.
func (d *differ) checkDrawing(c Change, field *formField, widget, drawing Value, texts []string) error {
	shown, doubt := "", true // for one with states, as buttons have
	if drawing.Kind == Stream {
		rect, err := d.f.rectangle(d.new, widget.Key("Rect"))
		if err != nil {
			return err
		}
		style, err := d.f.key(d.new, widget, "MK")
		if err != nil {
			return err
		}
		turned, err := d.f.key(d.new, style, "R")
		if err != nil {
			return err
		}
		degrees, _ := turned.Int()
		if shown, doubt, err = d.textOf(drawing, box(rect), degrees); err != nil {
			return err
		}
		if strange, err := d.strangeFont(drawing); err != nil {
			return err
		} else if strange {
			note := c
			note.Note, note.What = true, "a field is shown in a font that was not there when it was signed"
			d.note(note)
		}
	}
	switch {
	case doubt:
		c.Unclear, c.What = true, "what a field shows cannot be read, or seen"
		d.note(c)
	case !saysAny(shown, texts):
		formatted, err := d.formatted(widget, field)
		if err != nil {
			return err
		}
		c.Level, c.What = Other, "a field shows another text than its value"
		if formatted { // its own program writes numbers and dates in another form
			c.Level, c.Unclear = FormFill, true
		}
		d.note(c)
	}
	return nil
}

// saysAny compares texts without blanks and controls, which line breaks and comb
// fields add and take away.
func saysAny(shown string, texts []string) bool {
	bare := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) || unicode.IsControl(r) || r == 0xA0 {
				return -1
			}
			return r
		}, s)
	}
	said := bare(shown)
	for _, text := range texts {
		if bare(text) == said {
			return true
		}
	}
	return false
}

// valueTexts are the texts that a field's value may be shown as: itself or, of a
// choice, the text beside it (12.7.4.4). A list shows all its options.
func (d *differ) valueTexts(field *formField) ([]string, error) {
	value, err := d.f.Resolve(d.new, field.value)
	if err != nil {
		return nil, err
	}
	texts := []string{value.Text()}
	if value.Kind == Stream {
		data, err := d.shownData(value)
		if err != nil {
			return nil, err
		}
		texts = []string{decodeText(data)}
	}
	if field.kind != "Ch" {
		return texts, nil
	}
	options, err := d.f.key(d.new, field.obj.value, "Opt")
	if err != nil {
		return nil, err
	}
	var all strings.Builder
	for _, item := range options.Items() {
		option, err := d.f.Resolve(d.new, item)
		if err != nil {
			return nil, err
		}
		label := option.Text()
		if pair := option.Items(); len(pair) == 2 {
			label = pair[1].Text()
			if pair[0].Text() == value.Text() {
				texts = append(texts, label)
			}
		}
		all.WriteString(label)
	}
	return append(texts, all.String()), nil
}

// inheritedFlags is the /Ff of a field or, failing that, of the fields above it.
func (d *differ) inheritedFlags(field *formField) (int64, error) {
	node := field.obj.value
	for range d.f.limits.Nesting {
		flags, err := d.f.key(d.new, node, "Ff")
		if err != nil {
			return 0, err
		}
		if n, ok := flags.Int(); ok {
			return n, nil
		}
		if node, err = d.f.key(d.new, node, "Parent"); err != nil || node.Kind != Dictionary {
			return 0, err
		}
	}
	return 0, nil
}

// formatted reports whether a program in the form writes the field's text.
func (d *differ) formatted(widget Value, field *formField) (bool, error) {
	for _, v := range []Value{widget, field.obj.value} {
		actions, err := d.f.key(d.new, v, "AA")
		if err != nil || actions.Key("F").Kind != Null {
			return err == nil, err
		}
	}
	return false, nil
}

// strangeFont reports whether an appearance uses a font that the old revision does
// not have.
func (d *differ) strangeFont(form Value) (bool, error) {
	resources, err := d.f.key(d.new, form, "Resources")
	if err != nil {
		return false, err
	}
	fonts, err := d.f.key(d.new, resources, "Font")
	if err != nil {
		return false, err
	}
	for _, name := range fonts.Keys() {
		if ref, ok := fonts.Key(name).Ref(); !ok || !d.existed(ref) {
			return true, nil
		}
	}
	return false, nil
}
