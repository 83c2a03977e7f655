package pades

import (
	"crypto/sha256"
	"slices"
	"strconv"
)

// Evidence is what is put into a document, or a CMS, for those who judge it
// later: certificates, certificate lists and OCSP responses (RFC 6960, 4.2.1,
// whole responses), each in DER.
type Evidence struct{ Certs, CRLs, OCSPs [][]byte }

// AppendDSS appends a revision whose document security store holds what the
// store held before and the evidence, each value once, and is the whole new
// document: f's own bytes if there is nothing to add. Streams are written as they
// are: what a signature made is not to be compressed.
//
// VRI entries are left alone and none is written: they name by SHA-1, EN 319
// 142-1, 5.4.2.3 makes them optional, and what they would list is listed.
//
// It refuses what [Prepare] refuses.
func AppendDSS(f *File, add Evidence) ([]byte, error) {
	w, err := extending(f)
	if err != nil {
		return nil, err
	}
	had, err := f.DSS(w.rev)
	if err != nil {
		return nil, err
	}
	if had == nil {
		had = &DSS{}
	}
	var lists []storeList
	for _, list := range []struct {
		key string
		had []Stored
		add [][]byte
	}{{"Certs", had.Certs, add.Certs}, {"CRLs", had.CRLs, add.CRLs}, {"OCSPs", had.OCSPs, add.OCSPs}} {
		if fresh := notIn(list.had, list.add); len(fresh) > 0 {
			lists = append(lists, storeList{list.key, fresh})
		}
	}
	if len(lists) == 0 {
		return f.b, nil
	}
	if err := w.survey(func(formField, Value) error { return nil }); err != nil {
		return nil, err
	}
	if err := w.store(lists); err != nil {
		return nil, err
	}
	w.writeEdited()
	var sum Sum
	if f.Trailer(w.rev).Key("ID").Kind == Null { // otherwise nothing is made of it
		sum = sha256.Sum256(f.b)
	}
	w.finish(sum[:])
	return slices.Concat(f.b, w.out), nil
}

type storeList struct {
	key    string
	values [][]byte
}

// notIn are the values that a store does not hold yet, each once.
func notIn(had []Stored, values [][]byte) [][]byte {
	seen := make(map[string]bool, len(had)+len(values))
	for _, s := range had {
		seen[string(s.DER)] = true
	}
	var fresh [][]byte
	for _, v := range values {
		if !seen[string(v)] {
			seen[string(v)] = true
			fresh = append(fresh, v)
		}
	}
	return fresh
}

// store writes the streams and lists them.
func (w *revisionWriter) store(lists []storeList) error {
	root, err := w.f.catalog(w.rev)
	if err != nil {
		return err
	}
	held, err := w.f.resolve(w.rev, root.value.Key("DSS"))
	if err != nil {
		return err
	}
	holder := root
	if held.ref.Number != 0 {
		holder = held
	}
	room := 4096
	for _, list := range lists {
		for _, der := range list.values {
			room += len(der) + 128
		}
	}
	w.out = slices.Grow(w.out, room)
	fresh := "<< /Type /DSS"
	for _, list := range lists {
		refs := ""
		for i, der := range list.values {
			if i > 0 {
				refs += " "
			}
			refs += reference(w.stream(der))
		}
		if held.value.Kind == Null {
			fresh += " /" + list.key + " [" + refs + "]"
			continue
		}
		if err := w.pushTo(holder, held.value, list.key, refs); err != nil {
			return err
		}
	}
	if held.value.Kind == Null {
		self := Ref{Number: w.number(1)}
		w.begin(self)
		w.out = append(w.out, fresh+" >>"...)
		w.end()
		w.set(root, root.value, "DSS", reference(self))
	}
	return w.declareExtension(root)
}

// stream writes bytes as a stream object and is its reference.
func (w *revisionWriter) stream(data []byte) Ref {
	ref := Ref{Number: w.number(1)}
	w.begin(ref)
	w.out = append(w.out, "<< /Length "+strconv.Itoa(len(data))+" >>\nstream\n"...)
	w.out = append(w.out, data...)
	w.out = append(w.out, "\nendstream"...)
	w.end()
	return ref
}

// declareExtension says in the catalog that the document uses what ETSI added to
// PDF 1.7 (ISO 32000-1, 7.12), as other signing programs do.
func (w *revisionWriter) declareExtension(root indirect) error {
	const entry = "<< /BaseVersion /1.7 /ExtensionLevel 1 >>"
	held, err := w.f.resolve(w.rev, root.value.Key("Extensions"))
	switch {
	case err != nil:
		return err
	case held.value.Kind == Null:
		w.set(root, root.value, "Extensions", "<< /ESIC "+entry+" >>")
	case held.value.Kind != Dictionary || held.value.Key("ESIC").Kind != Null:
	case held.ref.Number != 0:
		w.set(held, held.value, "ESIC", entry)
	default:
		w.set(root, held.value, "ESIC", entry)
	}
	return nil
}
