package pades

import (
	"fmt"
	"strings"
)

// findField finds the field of a name, nil if there is none, and looks over
// the others for what forbids to extend the document.
func (w *revisionWriter) findField(name string) (*formField, error) {
	var found *formField
	err := w.survey(func(field formField, value Value) error {
		if field.name != name {
			return nil
		}
		switch {
		case found != nil:
			return fmt.Errorf("%w: two fields have the name", ErrField)
		case field.kind != "Sig" || field.ref.Number == 0:
			return fmt.Errorf("%w: it is no signature field", ErrField)
		case value.Kind != Null:
			return ErrFieldFilled
		}
		// 12.7.4.5: a lock must be repeated in the signature, and a seed value
		// obeyed; a writer that does neither must leave the field alone.
		if field.obj.value.Key("Lock").Kind != Null || field.obj.value.Key("SV").Kind != Null {
			return fmt.Errorf("%w: it has a lock or a seed value", ErrField)
		}
		found = &field
		return nil
	})
	return found, err
}

// survey calls visit for every field and, of signature fields, their value, and
// refuses a document that something in it forbids to extend.
func (w *revisionWriter) survey(visit func(field formField, signature Value) error) error {
	if err := w.mayChange(); err != nil {
		return err
	}
	return w.f.fields(w.rev, func(field formField) error {
		var value indirect
		if field.kind == "Sig" {
			var err error
			if value, err = w.f.resolve(w.rev, field.value); err != nil {
				return err
			}
			if value.compressed || value.value.Kind == Dictionary && value.ref.Number == 0 && field.obj.compressed {
				return fmt.Errorf("%w: a signature dictionary in an object stream", ErrUnextendable)
			}
		}
		return visit(field, value.value)
	})
}

// mayChange refuses a document certified to allow no change (12.8.2.2).
func (w *revisionWriter) mayChange() error {
	root, err := w.f.catalog(w.rev)
	if err != nil {
		return err
	}
	permissions, err := w.f.key(w.rev, root.value, "Perms")
	if err != nil {
		return err
	}
	certification := Signature{Revision: w.rev}
	if certification.dict, err = w.f.key(w.rev, permissions, "DocMDP"); err != nil {
		return err
	}
	if err := w.f.readDocMDP(&certification); err != nil {
		return err
	}
	if certification.DocMDP == 1 {
		return fmt.Errorf("%w: it is certified to allow no change", ErrUnextendable)
	}
	return nil
}

// fill gives an empty field its signature. The field keeps its object number,
// name, page and rectangle.
func (w *revisionWriter) fill(field *formField, signature Ref, o SignatureOptions) error {
	w.set(field.obj, field.obj.value, "V", reference(signature))
	page, rect, err := w.f.widget(w.rev, *field)
	if err != nil {
		return err
	}
	// A document whose pages cannot be read would be refused once it is signed.
	if _, err := w.f.pageNumbers(w.rev, []Ref{page}); err != nil {
		return err
	}
	if o.Appearance != nil && visible(rect) {
		if len(field.widgets) != 1 {
			return fmt.Errorf("%w: it is shown in several places", ErrField)
		}
		widget, err := w.f.resolve(w.rev, field.widgets[0])
		if err != nil {
			return err
		}
		form := o.Appearance.appendTo(w, page)
		w.set(widget, widget.value, "AP", "<< /N "+reference(form)+" >>")
	}
	form, holder, err := w.acroForm()
	if err != nil {
		return err
	}
	w.setSigFlags(holder, form)
	return nil
}

// create adds a signed field, merged with its widget (12.7.3.1), to the form
// and the page.
func (w *revisionWriter) create(signature Ref, o SignatureOptions) error {
	if strings.Contains(o.Field, ".") {
		return fmt.Errorf("%w: its name would be that of a path", ErrField) // 12.7.3.2
	}
	pageRef, err := w.f.page(w.rev, max(o.Page, 1))
	if err != nil {
		return err
	}
	page, err := w.f.object(w.rev, pageRef)
	if err != nil {
		return err
	}
	if page.value.Key("Type").Name() != "Page" {
		return broken(ruleStructure, page.start, "a page tree whose /Count is wrong")
	}
	var appearance string
	if o.Appearance != nil && visible(o.Rect) {
		appearance = " /AP << /N " + reference(o.Appearance.appendTo(w, pageRef)) + " >>"
	}
	field := Ref{Number: w.number(1)}
	w.begin(field)
	// /F 132: print, locked (table 165).
	w.out = append(w.out, "<< /Type /Annot /Subtype /Widget /FT /Sig /F 132 /T "...)
	w.out = appendText(w.out, o.Field)
	w.out = append(w.out, " /Rect "...)
	w.out = appendRectangle(w.out, o.Rect)
	w.out = append(w.out, " /P "+reference(pageRef)+" /V "+reference(signature)+appearance+" >>"...)
	w.end()
	if err := w.pushTo(page, page.value, "Annots", reference(field)); err != nil {
		return err
	}
	form, holder, err := w.acroForm()
	if err != nil {
		return err
	}
	if form.Kind == Null {
		w.set(holder, holder.value, "AcroForm", "<< /Fields ["+reference(field)+"] /SigFlags 3 >>")
		return nil
	}
	w.setSigFlags(holder, form)
	return w.pushTo(holder, form, "Fields", reference(field))
}

// acroForm is the form and the object it stands in: its own, or the catalog.
func (w *revisionWriter) acroForm() (form Value, holder indirect, err error) {
	if holder, err = w.f.catalog(w.rev); err != nil {
		return Value{}, indirect{}, err
	}
	entry := holder.value.Key("AcroForm")
	held, err := w.f.resolve(w.rev, entry)
	if err != nil {
		return Value{}, indirect{}, err
	}
	if held.value.Kind != Null && held.value.Kind != Dictionary {
		return Value{}, indirect{}, broken(ruleStructure, entry.Start, "/AcroForm is not a dictionary")
	}
	if held.ref.Number != 0 && held.value.Kind == Dictionary {
		holder = held
	}
	return held.value, holder, nil
}

// setSigFlags says that the document has signatures and may only be appended
// to (table 219).
func (w *revisionWriter) setSigFlags(holder indirect, form Value) {
	flags, _ := form.Key("SigFlags").Int()
	if flags&3 != 3 {
		w.set(holder, form, "SigFlags", fmt.Sprint(flags|3))
	}
}

func visible(rect [4]float64) bool { return rect[2] > rect[0] && rect[3] > rect[1] }

func reference(ref Ref) string { return fmt.Sprintf("%d %d R", ref.Number, ref.Generation) }
