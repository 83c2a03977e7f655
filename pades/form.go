package pades

import "fmt"

// formField is a terminal field of the interactive form (12.7.3), with what
// it inherits.
type formField struct {
	ref     Ref // zero if the field is a direct object
	obj     indirect
	name    string // fully qualified (12.7.3.2)
	kind    string // /FT
	value   Value  // /V, not resolved
	widgets []Value
}

// fields calls visit for every terminal field of revision rev, in the order of
// the tree. A field met again is skipped.
func (f *File) fields(rev int, visit func(formField) error) error {
	root, err := f.catalog(rev)
	if err != nil {
		return err
	}
	form, err := f.key(rev, root.value, "AcroForm")
	if err != nil {
		return err
	}
	list, err := f.key(rev, form, "Fields")
	if err != nil {
		return err
	}
	w := fieldWalk{f: f, rev: rev, seen: map[Ref]bool{}, visit: visit}
	for _, item := range list.Items() {
		if err := w.field(item, formField{}, 0); err != nil {
			return fmt.Errorf("reading the form: %w", err)
		}
	}
	return nil
}

type fieldWalk struct {
	f     *File
	rev   int
	seen  map[Ref]bool
	visit func(formField) error
}

func (w *fieldWalk) field(item Value, parent formField, depth int) error {
	if depth > w.f.limits.Nesting {
		return broken(ruleLimit, item.Start, "form fields nested too deep")
	}
	obj, err := w.f.resolve(w.rev, item)
	if err != nil {
		return err
	}
	ref, _ := item.Ref()
	if obj.value.Kind != Dictionary || ref.Number != 0 && w.seen[ref] {
		return nil
	}
	w.seen[ref] = true
	field := formField{ref: ref, obj: obj, name: parent.name, kind: parent.kind, value: parent.value}
	name, err := w.f.key(w.rev, obj.value, "T")
	if err != nil {
		return err
	}
	if len(name.octets) > 4*maxFieldName {
		return broken(ruleLimit, name.Start, "a field name of more than %d bytes", maxFieldName)
	}
	if name.Kind == String {
		if field.name != "" {
			field.name += "."
		}
		field.name += name.Text()
		// Names add up along the path: a chain of long ones would cost its square.
		if len(field.name) > maxFieldName {
			return broken(ruleLimit, name.Start, "a field name of more than %d bytes", maxFieldName)
		}
	}
	kind, err := w.f.key(w.rev, obj.value, "FT")
	if err != nil {
		return err
	}
	if kind.Kind == Name {
		field.kind = kind.Name()
	}
	if v := obj.value.Key("V"); v.Kind != Null {
		field.value = v
	}
	kids, err := w.f.key(w.rev, obj.value, "Kids")
	if err != nil {
		return err
	}
	terminal := true
	for _, kid := range kids.Items() {
		v, err := w.f.Resolve(w.rev, kid)
		if err != nil {
			return err
		}
		if v.Key("T").Kind == Null { // 12.7.3.1: a kid without a name is a widget of this field
			field.widgets = append(field.widgets, kid)
			continue
		}
		terminal = false
		if err := w.field(kid, field, depth+1); err != nil {
			return err
		}
	}
	if !terminal {
		return nil
	}
	if len(kids.Items()) == 0 {
		field.widgets = []Value{item}
	}
	return w.visit(field)
}

const maxFieldName = 4096

// Field is a signature field that nobody has signed.
type Field struct {
	Name string // fully qualified
	Ref  Ref
	Page int        // of its widget, counted from 1; 0 if it says none
	Rect [4]float64 // of its widget, in points: left, bottom, right, top; zero if invisible
}

// EmptyFields are the signature fields of the last revision without a value.
func (f *File) EmptyFields() ([]Field, error) {
	rev := len(f.revisions) - 1
	var list []Field
	var pages []Ref
	err := f.fields(rev, func(field formField) error {
		v, err := f.Resolve(rev, field.value)
		if err != nil || field.kind != "Sig" || v.Kind != Null {
			return err
		}
		page, rect, err := f.widget(rev, field)
		list = append(list, Field{Name: field.name, Ref: field.ref, Rect: rect})
		pages = append(pages, page)
		return err
	})
	if err != nil {
		return nil, err
	}
	numbers, err := f.pageNumbers(rev, pages)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Page = numbers[pages[i]]
	}
	return list, nil
}

// widget is the page and the rectangle of a field's first widget (12.5.2).
func (f *File) widget(rev int, field formField) (page Ref, rect [4]float64, err error) {
	if len(field.widgets) == 0 {
		return Ref{}, rect, nil
	}
	w, err := f.Resolve(rev, field.widgets[0])
	if err != nil {
		return Ref{}, rect, err
	}
	page, _ = w.Key("P").Ref()
	rect, err = f.rectangle(rev, w.Key("Rect"))
	return page, rect, err
}

// rectangle reads a rectangle with its corners in order (7.9.5); zero if v is
// none.
func (f *File) rectangle(rev int, v Value) (rect [4]float64, err error) {
	v, err = f.Resolve(rev, v)
	if err != nil || len(v.Items()) != 4 {
		return [4]float64{}, err
	}
	for i, item := range v.Items() {
		if item, err = f.Resolve(rev, item); err != nil {
			return [4]float64{}, err
		}
		n, ok := item.Number()
		if !ok {
			return [4]float64{}, nil
		}
		rect[i] = n
	}
	return [4]float64{min(rect[0], rect[2]), min(rect[1], rect[3]), max(rect[0], rect[2]), max(rect[1], rect[3])}, nil
}
