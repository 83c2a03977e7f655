package pades

import "bytes"

// indirect is an object as it was found.
type indirect struct {
	ref   Ref
	value Value
	src   []byte // what the offsets of value count in: the file, or a decoded object stream
	// start and end span "N G obj" to endobj; of an object in a stream, that stream.
	start, end int64
	compressed bool
}

// raw are the bytes of a value found in the object.
func (o indirect) raw(v Value) []byte { return o.src[v.Start:v.End] }

// Object is what a reader of the bytes up to the end of revision rev finds
// under ref: the null object if there is none (7.3.10). It is an error if
// something else stands at the place named (rule R-P3).
func (f *File) Object(rev int, ref Ref) (Value, error) {
	obj, err := f.object(rev, ref)
	return obj.value, err
}

// Locate is the span of an object in the file, "N G obj" to endobj, or, if it
// is compressed, of the object stream that holds it. The span of an object
// that does not exist is empty.
func (f *File) Locate(rev int, ref Ref) (start, end int64, compressed bool, err error) {
	obj, err := f.object(rev, ref)
	return obj.start, obj.end, obj.compressed, err
}

// Resolve follows references from v as a reader of revision rev does.
func (f *File) Resolve(rev int, v Value) (Value, error) {
	obj, err := f.resolve(rev, v)
	return obj.value, err
}

// resolve is Resolve, with the object that the value was found in. If v is no
// reference, that is zero.
func (f *File) resolve(rev int, v Value) (indirect, error) {
	obj := indirect{value: v}
	for hops := 0; obj.value.Kind == Reference; hops++ {
		if hops == f.limits.Nesting {
			return indirect{}, broken(ruleLimit, v.Start, "references that lead to references without end")
		}
		ref, _ := obj.value.Ref()
		var err error
		if obj, err = f.object(rev, ref); err != nil {
			return indirect{}, err
		}
	}
	return obj, nil
}

// key resolves an entry of a dictionary.
func (f *File) key(rev int, dict Value, key string) (Value, error) {
	return f.Resolve(rev, dict.Key(key))
}

func (f *File) object(rev int, ref Ref) (indirect, error) {
	e, in, ok := f.entryOf(rev, ref)
	if !ok {
		return indirect{ref: ref}, nil
	}
	if e.kind == compressed {
		return f.compressedObject(rev, in, ref.Number, e)
	}
	in, err := f.writtenIn(in, ref.Number, e)
	if err != nil {
		return indirect{}, err
	}
	obj, err := f.indirectAt(rev, e.at, f.bodyEnd(in, e.at))
	if err != nil {
		return indirect{}, err
	}
	if obj.ref != ref {
		return indirect{}, errOther(e.at)
	}
	return obj, nil
}

// begun is a scanner at the value of an object that stands in the file itself, and nil for
// any other.
func (f *File) begun(rev int, ref Ref) (*scanner, error) {
	e, in, ok := f.entryOf(rev, ref)
	if !ok || e.kind == compressed {
		return nil, nil
	}
	in, err := f.writtenIn(in, ref.Number, e)
	if err != nil {
		return nil, err
	}
	limit := f.bodyEnd(in, e.at)
	if e.at >= limit {
		return nil, errOutside(e.at)
	}
	s := f.scan(f.b[:limit], e.at)
	if found, ok := s.header(); !ok || found != ref {
		return nil, errOther(e.at)
	}
	s.space()
	return s, nil
}

// entryOf is the entry under which revision rev finds an object, and the revision that
// lists it so.
func (f *File) entryOf(rev int, ref Ref) (e entry, in int, ok bool) {
	e, in, ok = f.lookup(rev, ref.Number)
	return e, in, ok && e.kind != free && e.ref(ref.Number) == ref && ref.Number != 0
}

func errOther(at int64) error {
	return broken(ruleObject, at, "another object than the cross-reference section lists")
}

func errOutside(at int64) error { return broken(ruleObject, at, "an object outside its revision") }

// writtenIn is the revision in whose bytes an entry listed by revision in
// points: that one, or, if it lists the object again unchanged, an earlier one.
// Anything else would exchange an object for bytes prepared before (R-P3).
func (f *File) writtenIn(in, number int, e entry) (int, error) {
	for e.at < f.revisions[in].start {
		before, r, ok := f.lookup(in-1, number)
		if !ok || before != e {
			return 0, broken(ruleObject, e.at, "a revision that lists bytes of an earlier one as a changed object")
		}
		in = r
	}
	r := &f.revisions[in]
	if e.at >= r.End || !r.split && e.at > r.XRef {
		return 0, broken(ruleObject, e.at, "an object outside the revision that lists it")
	}
	return in, nil
}

// bodyEnd is where an object of revision in that begins at offset at must have
// ended: before the cross-reference section, unless it is that.
func (f *File) bodyEnd(in int, at int64) int64 {
	r := &f.revisions[in]
	if r.split || at == r.XRef {
		return r.End
	}
	return r.XRef
}

// parseIndirect reads the indirect object at offset at, which must end within
// the first limit bytes of the file (7.3.10). An indirect /Length is looked up
// in revision rev.
func (f *File) parseIndirect(rev int, at, limit int64) (indirect, error) {
	if at < 0 || at >= limit {
		return indirect{}, errOutside(at)
	}
	s := f.scan(f.b[:limit], at)
	ref, ok := s.header()
	if !ok {
		return indirect{}, broken(ruleObject, at, "no object where one is listed")
	}
	v, err := s.value()
	if err := f.spend(s, at); err != nil {
		return indirect{}, err
	}
	if err != nil {
		return indirect{}, err
	}
	s.space()
	if v.Kind == Dictionary && s.word("stream") {
		if v, err = f.streamData(rev, s, v); err != nil {
			return indirect{}, err
		}
		s.space()
	}
	if f.cipher != nil {
		if err := f.decipher(rev, ref, &v); err != nil {
			return indirect{}, err
		}
	}
	if !s.word("endobj") {
		return indirect{}, s.fail("an object that does not end in endobj")
	}
	return indirect{ref: ref, value: v, src: f.b, start: at, end: int64(s.pos)}, nil
}

// spend counts what was scanned since an offset, a value as much as 32 bytes.
// An object asked for again counts again, so this bounds what many references to one
// large object cost.
func (f *File) spend(s *scanner, from int64) error {
	return f.charge(int64(s.pos)-from+32*int64(maxNodes-s.nodes), from)
}

func (f *File) charge(cost, at int64) error {
	f.parsed += cost
	if f.parsed > f.limits.Parsed {
		return broken(ruleLimit, at, "a document that takes too long to read")
	}
	return nil
}

// streamData reads the data of a stream, after the keyword (7.3.8).
func (f *File) streamData(rev int, s *scanner, dict Value) (Value, error) {
	switch rest := s.b[s.pos:]; {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		s.pos += 2
	case bytes.HasPrefix(rest, []byte("\n")):
		s.pos++
	default:
		return Value{}, s.fail("the keyword stream without an end of line")
	}
	length, err := f.streamLength(rev, dict)
	if err != nil {
		return Value{}, err
	}
	if length < 0 || length > int64(len(s.b)-s.pos) {
		return Value{}, s.fail("a stream longer than its revision")
	}
	end := s.pos + int(length)
	data := s.b[s.pos:end:end]
	s.pos = end
	switch rest := s.b[s.pos:]; {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		s.pos += 2
	case len(rest) > 0 && (rest[0] == '\n' || rest[0] == '\r'):
		s.pos++
	}
	if !s.word("endstream") {
		return Value{}, s.fail("a stream of another length than /Length")
	}
	dict.Kind, dict.octets, dict.End = Stream, data, int64(s.pos)
	return dict, nil
}

func (f *File) streamLength(rev int, dict Value) (int64, error) {
	// A length may stand in an object stream, whose length may stand in an
	// object stream.
	if f.nested++; f.nested > 8 {
		return 0, broken(ruleLimit, dict.Start, "a stream whose length depends on itself")
	}
	defer func() { f.nested-- }()
	v, err := f.key(rev, dict, "Length")
	if err != nil {
		return 0, err
	}
	n, ok := v.Int()
	if !ok {
		return 0, broken(ruleStructure, dict.Start, "a stream without /Length")
	}
	return n, nil
}
