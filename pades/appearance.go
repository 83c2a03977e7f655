package pades

import (
	"fmt"
	"slices"
)

// Appearance is what a visible signature shows: a drawing read once from a
// one-page PDF, used for any number of signatures. It is safe for concurrent
// use.
type Appearance struct {
	box       [4]float64
	content   []byte
	filter    string     // how content is compressed, as dictionary entries
	resources template   // value of /Resources
	group     template   // value of /Group, or empty
	objects   []template // what the resources refer to; their index is the hole's object
}

// template is the text of an object with holes for the numbers that objects
// will have in the file it is written to.
type template struct {
	text  []byte
	holes []hole
}

type hole struct{ start, end, object int }

func (t template) appendTo(b []byte, objects []Ref) []byte {
	at := 0
	for _, h := range t.holes {
		b = append(b, t.text[at:h.start]...)
		b = append(b, reference(objects[h.object])...)
		at = h.end
	}
	return append(b, t.text[at:]...)
}

// ParseAppearance reads the first page of a PDF as a drawing. Fonts, images
// and what else the page's resources refer to is copied as it is; annotations
// are left out.
func ParseAppearance(pdf []byte) (*Appearance, error) {
	f, err := Open(pdf)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAppearance, err)
	}
	if f.Encrypted() {
		return nil, fmt.Errorf("%w: %w", ErrAppearance, ErrEncrypted)
	}
	im := importer{f: f, rev: len(f.revisions) - 1, index: map[Ref]int{}}
	a, err := im.appearance()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAppearance, err)
	}
	return a, nil
}

// WithContent is the drawing with another content stream (7.8.2), given
// uncompressed, over the same resources and box. It is not copied.
func (a *Appearance) WithContent(content []byte) *Appearance {
	b := *a
	b.content, b.filter = content, ""
	return &b
}

// appendTo writes the drawing as a form XObject (8.10.2) and is its reference. What the
// page draws with already is referred to and not written once more.
func (a *Appearance) appendTo(w *revisionWriter, page Ref) Ref {
	objects := a.held(w, page)
	var missing []int
	var room int
	for i, ref := range objects {
		if ref.Number == 0 {
			objects[i] = Ref{Number: w.number(1)}
			missing = append(missing, i)
			room += len(a.objects[i].text) + 32
		}
	}
	w.out = slices.Grow(w.out, room)
	for _, i := range missing {
		w.begin(objects[i])
		w.out = a.objects[i].appendTo(w.out, objects)
		w.end()
	}
	form := Ref{Number: w.number(1)}
	w.begin(form)
	w.out = append(w.out, "<< /Type /XObject /Subtype /Form /BBox "...)
	w.out = appendRectangle(w.out, a.box)
	w.out = append(w.out, " /Resources "...)
	w.out = a.resources.appendTo(w.out, objects)
	if len(a.group.text) > 0 {
		w.out = append(w.out, " /Group "...)
		w.out = a.group.appendTo(w.out, objects)
	}
	w.out = fmt.Appendf(w.out, "%s /Length %d >>\nstream\n", a.filter, len(a.content))
	w.out = append(w.out, a.content...)
	w.out = append(w.out, "\nendstream"...)
	w.end()
	return form
}

// importer copies objects out of a file.
type importer struct {
	f     *File
	rev   int
	index map[Ref]int
	queue []Ref // by index
}

func (im *importer) appearance() (*Appearance, error) {
	ref, err := im.f.page(im.rev, 1)
	if err != nil {
		return nil, err
	}
	page, err := im.f.object(im.rev, ref)
	if err != nil {
		return nil, err
	}
	a := &Appearance{resources: template{text: []byte("<< >>")}}
	box, err := im.inherited(page, "MediaBox")
	if err != nil {
		return nil, err
	}
	if a.box, err = im.f.rectangle(im.rev, box.value); err != nil {
		return nil, err
	}
	if a.box[2] <= a.box[0] || a.box[3] <= a.box[1] {
		return nil, broken(ruleStructure, page.start, "a page without /MediaBox")
	}
	resources, err := im.inherited(page, "Resources")
	if err != nil {
		return nil, err
	}
	if resources.value.Kind != Null {
		a.resources = im.template(resources, resources.value)
	}
	if group := page.value.Key("Group"); group.Kind != Null {
		a.group = im.template(page, group)
	}
	if err := im.content(a, page.value.Key("Contents")); err != nil {
		return nil, err
	}
	for i := 0; i < len(im.queue); i++ { // the queue grows as objects name further ones
		obj, err := im.f.object(im.rev, im.queue[i])
		if err != nil {
			return nil, err
		}
		t := template{text: []byte("null")}
		if obj.value.Kind != Null {
			t = im.template(obj, obj.value)
		}
		a.objects = append(a.objects, t)
	}
	return a, nil
}

// inherited is an attribute of a page or, failing that, of the nodes above it
// (7.7.3.4), with the object in which it stands.
func (im *importer) inherited(node indirect, key string) (indirect, error) {
	for range im.f.limits.Nesting {
		if v := node.value.Key(key); v.Kind != Null {
			node.value = v
			return node, nil
		}
		parent := node.value.Key("Parent")
		if parent.Kind != Reference {
			break
		}
		var err error
		if node, err = im.f.resolve(im.rev, parent); err != nil {
			return indirect{}, err
		}
	}
	return indirect{}, nil
}

// template makes a value found in obj independent of the file, and queues what
// it refers to.
func (im *importer) template(obj indirect, v Value) template {
	t := template{text: obj.raw(v)}
	v.references(func(r Value) {
		ref, _ := r.Ref()
		i, known := im.index[ref]
		if !known {
			i = len(im.queue)
			im.index[ref] = i
			im.queue = append(im.queue, ref)
		}
		t.holes = append(t.holes, hole{int(r.Start - v.Start), int(r.End - v.Start), i})
	})
	return t
}

// content takes over a page's content: one stream as it stands, several
// decoded and joined (7.8.2).
func (im *importer) content(a *Appearance, v Value) error {
	v, err := im.f.Resolve(im.rev, v)
	if err != nil {
		return err
	}
	if v.Kind == Stream && v.Key("Filter").Name() == "FlateDecode" && v.Key("DecodeParms").Kind == Null && v.Key("F").Kind == Null {
		a.content, a.filter = v.octets, " /Filter /FlateDecode"
		return nil
	}
	parts := []Value{v}
	if v.Kind == Array {
		parts = v.items
	}
	for _, part := range parts {
		stream, err := im.f.Resolve(im.rev, part)
		if err != nil {
			return err
		}
		data, err := im.f.decode(im.rev, stream)
		if err != nil {
			return err
		}
		a.content = append(append(a.content, data...), '\n')
	}
	return nil
}
