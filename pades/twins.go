package pades

// held finds, for every object of a drawing, the one of the document that is the same, or
// the zero Ref: among what the page draws with, which is where a stamp in the document's
// own font finds it. A page whose resources cannot be read holds nothing.
func (a *Appearance) held(w *revisionWriter, page Ref) []Ref {
	held := make([]Ref, len(a.objects))
	candidates := w.drawnWith(page)
	for i := range held {
		for _, ref := range candidates {
			t := twins{w: w, of: a.objects, found: make(map[int]Ref)}
			if held[i].Number == 0 && t.same(i, ref) {
				for i, twin := range t.found {
					held[i] = twin
				}
			}
		}
	}
	return held
}

// drawnWith is what a page's resources refer to (7.8.3), by way of the dictionaries of
// one kind of them too.
func (w *revisionWriter) drawnWith(page Ref) (refs []Ref) {
	im := importer{f: w.f, rev: w.rev}
	node, err := w.f.object(w.rev, page)
	if err != nil {
		return nil
	}
	resources, err := im.inherited(node, "Resources")
	if err != nil {
		return nil
	}
	dict, err := w.f.Resolve(w.rev, resources.value)
	if err != nil {
		return nil
	}
	for i := 1; i < len(dict.items); i += 2 {
		kind, err := w.f.Resolve(w.rev, dict.items[i])
		if err != nil {
			return nil
		}
		kind.references(func(v Value) {
			ref, _ := v.Ref()
			refs = append(refs, ref)
		})
	}
	return refs
}

// twins compares objects of a drawing with those of a document.
type twins struct {
	w     *revisionWriter
	of    []template
	found map[int]Ref // what is the same if the rest is
}

// same reports whether object i of the drawing and one of the document are the same text, and so
// is what both refer to, in the same order. What is the same to the byte is read in the same way,
// so that nothing but references is read: a font's lists of widths are long.
func (t *twins) same(i int, ref Ref) bool {
	if twin, seen := t.found[i]; seen {
		return twin == ref
	}
	t.found[i] = ref
	s, err := t.w.f.begun(t.w.rev, ref)
	if err != nil || s == nil {
		return false
	}
	own, at, from := t.of[i], 0, s.pos
	next := make([]Ref, len(own.holes))
	for n, h := range own.holes {
		if !s.exactly(own.text[at:h.start]) {
			return false
		}
		v, err := s.value()
		if err != nil || v.Kind != Reference {
			return false
		}
		next[n], _ = v.Ref()
		at = h.end
	}
	if !s.exactly(own.text[at:]) {
		return false
	}
	if s.space(); !s.word("endobj") || t.w.f.charge(int64(s.pos-from), int64(from)) != nil {
		return false
	}
	for n, h := range own.holes {
		if !t.same(h.object, next[n]) {
			return false
		}
	}
	return true
}
