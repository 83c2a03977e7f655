package pades

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
)

// revisionWriter makes the bytes of one revision to append to a file (7.5.6).
type revisionWriter struct {
	f       *File
	rev     int // the revision extended
	next    int // the next new object number
	out     []byte
	offsets map[Ref]int64      // of the objects written
	edited  map[Ref]*rewriting // existing objects to write again
}

func newRevisionWriter(f *File) *revisionWriter {
	w := &revisionWriter{f: f, rev: len(f.revisions) - 1, offsets: map[Ref]int64{}, edited: map[Ref]*rewriting{}}
	for rev := range f.revisions {
		size, _ := f.Trailer(rev).Key("Size").Int()
		w.next = max(w.next, int(size))
	}
	// The signed prefix of an earlier signature ends at %%EOF and its end of
	// line; the line feed is ours only if that has none.
	if f.revisions[w.rev].eol == 0 {
		w.out = append(w.out, '\n')
	}
	return w
}

// at is the offset in the file of what is written next.
func (w *revisionWriter) at() int64 { return int64(len(w.f.b) + len(w.out)) }

// number takes n consecutive new object numbers, of which it is the first.
func (w *revisionWriter) number(n int) int {
	first := w.next
	w.next += n
	return first
}

// begin starts an object; end finishes it.
func (w *revisionWriter) begin(ref Ref) {
	w.offsets[ref] = w.at()
	w.out = fmt.Appendf(w.out, "%d %d obj\n", ref.Number, ref.Generation)
}

func (w *revisionWriter) end() { w.out = append(w.out, "\nendobj\n"...) }

// rewriting is an existing object and what changes in it. All else is copied
// byte by byte, so that nothing is lost that this package does not know.
type rewriting struct {
	obj   indirect
	edits []edit
}

type edit struct {
	start, end int64 // in the object's source
	text       string
}

func (w *revisionWriter) edit(obj indirect, e edit) {
	r := w.edited[obj.ref]
	if r == nil {
		r = &rewriting{obj: obj}
		w.edited[obj.ref] = r
	}
	if !slices.Contains(r.edits, e) { // one array may be both /Fields and /Annots
		r.edits = append(r.edits, e)
	}
}

// set gives an entry of a dictionary found in obj a value.
func (w *revisionWriter) set(obj indirect, dict Value, key, value string) {
	if i := dict.index(key); i >= 0 {
		old := dict.items[i+1]
		w.edit(obj, edit{old.Start, old.End, " " + value})
		return
	}
	w.edit(obj, edit{dict.End - 2, dict.End - 2, " /" + key + " " + value + " "})
}

// push adds an element to an array found in obj.
func (w *revisionWriter) push(obj indirect, array Value, element string) {
	w.edit(obj, edit{array.End - 1, array.End - 1, " " + element})
}

// pushTo adds an element to an entry that is an array, an indirect one, or
// absent.
func (w *revisionWriter) pushTo(obj indirect, dict Value, key, element string) error {
	held, err := w.f.resolve(w.rev, dict.Key(key))
	if err != nil {
		return err
	}
	switch {
	case held.value.Kind == Null:
		w.set(obj, dict, key, "["+element+"]")
	case held.value.Kind != Array:
		return broken(ruleStructure, dict.Start, "/%s is not an array", key)
	case held.ref.Number != 0:
		w.push(held, held.value, element)
	default:
		w.push(obj, held.value, element)
	}
	return nil
}

// writeEdited writes the changed objects, in the order of their numbers.
func (w *revisionWriter) writeEdited() {
	refs := make([]Ref, 0, len(w.edited))
	for ref := range w.edited {
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, func(a, b Ref) int { return a.Number - b.Number })
	for _, ref := range refs {
		r := w.edited[ref]
		slices.SortStableFunc(r.edits, func(a, b edit) int { return int(a.start - b.start) })
		w.begin(ref)
		at := r.obj.value.Start
		for _, e := range r.edits {
			w.out = append(w.out, r.obj.src[at:e.start]...)
			w.out = append(w.out, e.text...)
			at = e.end
		}
		w.out = append(w.out, r.obj.src[at:r.obj.value.End]...)
		w.end()
	}
}

// finish writes the cross-reference section, of the kind that the last
// revision has: where they are mixed, Acrobat calls byte ranges invalid.
func (w *revisionWriter) finish(baseSum []byte) {
	stream := w.f.revisions[w.rev].Stream
	self := Ref{}
	if stream {
		self = Ref{Number: w.number(1)}
		w.offsets[self] = w.at()
	}
	xref := w.at()
	refs := make([]Ref, 0, len(w.offsets)+1)
	refs = append(refs, Ref{}) // 7.5.4: every section lists the head of the free list
	for ref := range w.offsets {
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, func(a, b Ref) int { return a.Number - b.Number })
	if stream {
		w.writeStream(self, refs, baseSum)
	} else {
		w.writeTable(refs, baseSum)
	}
	w.out = fmt.Appendf(w.out, "startxref\n%d\n%%%%EOF\n", xref)
}

// head is the entry of object 0, which the new section must repeat.
func (w *revisionWriter) head() entry {
	if e, _, ok := w.f.lookup(w.rev, 0); ok && e.kind == free && e.at <= 9_999_999_999 {
		return e
	}
	return entry{index: 65535}
}

func (w *revisionWriter) writeTable(refs []Ref, baseSum []byte) {
	w.out = append(w.out, "xref\n"...)
	for len(refs) > 0 {
		run := 1
		for run < len(refs) && refs[run].Number == refs[0].Number+run {
			run++
		}
		w.out = fmt.Appendf(w.out, "%d %d\n", refs[0].Number, run)
		for _, ref := range refs[:run] {
			if ref.Number == 0 {
				w.out = fmt.Appendf(w.out, "%010d %05d f \n", w.head().at, min(w.head().index, 65535))
				continue
			}
			w.out = fmt.Appendf(w.out, "%010d %05d n \n", w.offsets[ref], ref.Generation)
		}
		refs = refs[run:]
	}
	w.out = append(w.out, "trailer\n<<"...)
	w.trailer(baseSum)
	w.out = append(w.out, " >>\n"...)
}

func (w *revisionWriter) writeStream(self Ref, refs []Ref, baseSum []byte) {
	var index, rows []byte
	for i, ref := range refs {
		if i == 0 || ref.Number != refs[i-1].Number+1 {
			run := 1
			for i+run < len(refs) && refs[i+run].Number == ref.Number+run {
				run++
			}
			index = fmt.Appendf(index, " %d %d", ref.Number, run)
		}
		kind, at, generation := byte(1), w.offsets[ref], ref.Generation
		if ref.Number == 0 {
			kind, at, generation = 0, w.head().at, int(min(w.head().index, 65535))
		}
		rows = append(rows, kind, byte(at>>32), byte(at>>24), byte(at>>16), byte(at>>8), byte(at), byte(generation>>8), byte(generation))
	}
	w.out = fmt.Appendf(w.out, "%d 0 obj\n<< /Type /XRef /W [1 5 2] /Index [%s] /Length %d", self.Number, bytes.TrimSpace(index), len(rows))
	w.trailer(baseSum)
	w.out = append(w.out, " >>\nstream\n"...)
	w.out = append(w.out, rows...)
	w.out = append(w.out, "\nendstream\nendobj\n"...)
}

// trailer writes the entries of 7.5.5. /Root and /Info stay what they were,
// and so does /ID, by which later readers know the document.
func (w *revisionWriter) trailer(baseSum []byte) {
	old := w.f.Trailer(w.rev)
	w.out = fmt.Appendf(w.out, " /Size %d /Prev %d", w.next, w.f.revisions[w.rev].XRef)
	for _, key := range []string{"Root", "Info", "ID"} {
		v := old.Key(key)
		switch {
		case v.Kind != Null:
			w.out = fmt.Appendf(w.out, " /%s %s", key, w.f.b[v.Start:v.End])
		case key == "ID":
			id := hex.EncodeToString(baseSum[:16])
			w.out = fmt.Appendf(w.out, " /ID [<%s> <%s>]", id, id)
		}
	}
}

// appendNumber writes a coordinate to a thousandth of a point.
func appendNumber(b []byte, x float64) []byte {
	text := strconv.AppendFloat(nil, x, 'f', 3, 64)
	return append(b, bytes.TrimRight(bytes.TrimRight(text, "0"), ".")...)
}

func appendRectangle(b []byte, rect [4]float64) []byte {
	b = append(b, '[')
	for i, x := range rect {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendNumber(b, x)
	}
	return append(b, ']')
}
