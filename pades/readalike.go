package pades

import "fmt"

// readAlike holds that what a revision writes is the same text to all who have the password
// (R-M10), unless it does what nobody may, whoever reads it.
func (d *differ) readAlike(changed []Ref) error {
	if d.f.cipher == nil || (Difference{Changes: d.changes}).Level() == Other {
		return nil
	}
	for _, ref := range changed {
		obj, err := d.f.object(d.new, ref)
		if err != nil {
			return err
		}
		apart, err := d.f.apart(d.new, obj.value)
		if err == nil && apart {
			apart, err = d.unexplained(obj)
		}
		if err != nil {
			return err
		}
		if apart {
			return fmt.Errorf("object %d is encrypted in a way of its own: %w", ref.Number, ErrEncrypted)
		}
	}
	return nil
}

// apart reports whether a stream asks to be read otherwise than all streams are: by a crypt
// filter of its own, or by a type whose data are left in clear. Not all readers do as it
// asks: poppler takes every crypt filter for Identity, and poppler and MuPDF decrypt what
// calls itself a cross-reference stream and is none. Data can be made that are one text as
// they lie and another one decrypted.
func (f *File) apart(rev int, v Value) (bool, error) {
	if f.cipher == nil || v.Kind != Stream {
		return false, nil
	}
	h, kind := &f.cipher.handler, v.Key("Type")
	switch name := kind.Name(); {
	case kind.Kind == Reference,
		name == "XRef", // 7.5.8.2
		name == "Metadata" && !h.metadata,
		name == "EmbeddedFile" && h.inside != h.data:
		return true, nil
	}
	filters, err := f.key(rev, v, "Filter")
	if err != nil {
		return false, err
	}
	list := filters.Items()
	if filters.Kind != Array {
		list = []Value{filters}
	}
	for _, item := range list { // also where it is not the first, as it has to be (7.4.10)
		filter, err := f.Resolve(rev, item)
		if err != nil || filter.Name() == "Crypt" {
			return true, err
		}
	}
	return false, nil
}

// unexplained reports whether a stream that is read apart is neither a cross-reference
// section nor the document's metadata, which are no part of a page.
func (d *differ) unexplained(obj indirect) (bool, error) {
	for _, s := range d.f.revisions[d.new].sections {
		if s.stream && s.at == obj.start {
			return false, nil
		}
	}
	root, err := d.f.catalog(d.new)
	if err != nil {
		return true, err
	}
	metadata, _ := root.value.Key("Metadata").Ref()
	return metadata != obj.ref, nil
}

// shownData are the data of a stream that is compared with what somebody sees. Of one that
// is read apart, whenever it was written, nobody knows what that is.
func (d *differ) shownData(stream Value) ([]byte, error) {
	apart, err := d.f.apart(d.new, stream)
	if err != nil {
		return nil, err
	}
	if apart {
		return nil, broken(ruleStructure, stream.Start, "a stream that is shown and encrypted in a way of its own")
	}
	return d.f.decode(d.new, stream)
}
