package pades

import (
	"bytes"
	"slices"
)

// readChain follows the cross-reference sections from the end of the file to
// its first (rule R-P1) and groups them into revisions (rule R-P2).
func (f *File) readChain() error {
	if !bytes.Contains(f.b[:min(len(f.b), 1024)], []byte("%PDF-")) {
		return broken(ruleHeader, 0, "no PDF header in the first 1024 bytes")
	}
	at, err := f.lastStartXRef()
	if err != nil {
		return err
	}
	var chain []*section // newest first
	left := f.limits.Objects
	for at >= 0 {
		if len(chain) == f.limits.Revisions+1 { // a linearized one has two sections
			return broken(ruleLimit, at, "more than %d revisions", f.limits.Revisions)
		}
		sec, err := f.readSection(at, &left)
		if err != nil {
			return err
		}
		// Offsets fall strictly, so that no chain is endless. The one exception is
		// a linearized file, whose first section stands before its second; that
		// one must be the last.
		if n := len(chain); n > 0 && sec.at >= chain[n-1].at && (sec.prev >= 0 || sec.at == chain[n-1].at) {
			return broken(ruleStructure, sec.at, "cross-reference sections that do not lead back to the first")
		}
		chain = append(chain, sec)
		at = sec.prev
	}
	for len(chain) > 0 {
		var r revision
		if r, chain, err = f.nextRevision(chain); err != nil {
			return err
		}
		f.revisions = append(f.revisions, r)
		f.encrypted = f.encrypted || r.sections[0].trailer.Key("Encrypt").Kind != Null
	}
	last := f.revisions[len(f.revisions)-1]
	if tail := f.b[last.End:]; len(bytes.TrimLeft(tail, "\x00\t\n\f\r ")) > 0 {
		return broken(ruleStructure, last.End, "content after the end of the last revision")
	}
	// Finding an object by going back through all revisions is quickest while
	// they are few; thousands of them would make that quadratic.
	if len(f.revisions) > 8 {
		f.listed = map[int][]int{}
		for i, r := range f.revisions {
			for _, sec := range r.sections {
				sec.each(func(number int, _ entry) {
					if l := f.listed[number]; len(l) == 0 || l[len(l)-1] != i {
						f.listed[number] = append(l, i)
					}
				})
			}
		}
	}
	return nil
}

// lastStartXRef reads the end of the file backwards: white space, %%EOF, the
// offset, startxref (7.5.5).
func (f *File) lastStartXRef() (int64, error) {
	const space = "\x00\t\n\f\r "
	rest, ok := bytes.CutSuffix(bytes.TrimRight(f.b, space), []byte("%%EOF"))
	if !ok {
		return 0, broken(ruleStructure, int64(len(f.b)), "the file does not end in %%%%EOF")
	}
	rest = bytes.TrimRight(rest, space)
	digits := len(rest)
	for digits > 0 && isDigit(rest[digits-1]) {
		digits--
	}
	s := f.scan(rest, int64(digits))
	at, ok := s.digits()
	if !ok || !bytes.HasSuffix(bytes.TrimRight(rest[:digits], space), []byte("startxref")) {
		return 0, broken(ruleStructure, int64(len(rest)), "no startxref before the last %%%%EOF")
	}
	return at, nil
}

// nextRevision takes the oldest revision off the chain.
func (f *File) nextRevision(chain []*section) (revision, []*section, error) {
	n := len(chain)
	sec := chain[n-1]
	r := revision{sections: chain[n-1:]}
	if i := len(f.revisions); i > 0 {
		r.start = f.revisions[i-1].End
	} else if n > 1 {
		newer := chain[n-2]
		switch {
		case newer.at < sec.at:
			if !f.linearized() {
				return r, nil, broken(ruleStructure, newer.at, "a cross-reference section that follows its successor, in a file that is not linearized")
			}
			r.Linearized, r.split = true, true
		case len(newer.ranges) == 0 && newer.hidden != nil && newer.hidden.at < sec.at:
			// Word writes a table, then an empty one whose stream stands before
			// both: one writing in two sections.
			r.split = true
		}
		if r.split {
			r.sections = chain[n-2:]
		}
	}
	newest := r.sections[0]
	if newest.hidden != nil && newest.hidden.at < r.start {
		repeated, err := f.repeats(newest)
		if err != nil {
			return r, nil, err
		}
		if repeated {
			newest.hidden = nil
		}
	}
	r.XRef, r.Stream, r.Hybrid = newest.at, newest.stream, newest.hidden != nil
	last := newest
	if r.Linearized {
		last = sec
	}
	if last.at < r.start || newest.at < r.start || r.Hybrid && newest.hidden.at < r.start {
		return r, nil, broken(ruleStructure, last.at, "a cross-reference section in the bytes of an earlier revision")
	}
	var err error
	r.End, r.eol, err = f.revisionEnd(last, newest.at)
	return r, chain[:n-len(r.sections)], err
}

// repeats reports whether the stream of a hybrid section is one that an earlier revision
// has, and says of every object what was so before: programs that write the trailer again
// with all its entries name it again (EU DSS by OpenPDF, over documents of Word). A reader
// that knows such streams and one that does not then see the same (rule R-P6).
func (f *File) repeats(sec *section) (bool, error) {
	known := slices.ContainsFunc(f.revisions, func(r revision) bool {
		return slices.ContainsFunc(r.sections, func(s *section) bool { return s.hidden != nil && s.hidden.at == sec.hidden.at })
	})
	if !known {
		return false, nil
	}
	// Each object is looked up through all revisions before: a thousand of either cost.
	last, objects := len(f.revisions)-1, 0
	same := true
	sec.hidden.each(func(number int, e entry) {
		objects++
		if own, ok := sec.own(number); same && (!ok || own.kind == free) && objects*len(f.revisions) <= maxRepeated {
			before, _, _ := f.lookup(last, number)
			same = before == e && !ok
		}
	})
	if objects*len(f.revisions) > maxRepeated {
		return false, nil
	}
	return same, f.charge(int64(objects*len(f.revisions)), sec.at)
}

// maxRepeated bounds the lookups for one section that names an earlier stream again.
const maxRepeated = 1 << 20

// revisionEnd reads what follows a section, startxref with the given offset
// and %%EOF, and is one past the end-of-line marker after that, and its length.
func (f *File) revisionEnd(sec *section, startxref int64) (end, eol int64, err error) {
	s := f.scan(f.b, sec.end)
	s.space() // iText writes its version there as a comment
	if !s.word("startxref") || !s.blank() {
		return 0, 0, broken(ruleRevision, int64(s.pos), "no startxref after a cross-reference section")
	}
	if at, ok := s.digits(); !ok || f.token(at) != startxref {
		return 0, 0, broken(ruleRevision, int64(s.pos), "startxref after a cross-reference section gives another offset")
	}
	s.blank()
	if !bytes.HasPrefix(f.b[s.pos:], []byte("%%EOF")) {
		return 0, 0, broken(ruleRevision, int64(s.pos), "no %%%%EOF after startxref")
	}
	end = int64(s.pos + len("%%EOF"))
	switch rest := f.b[end:]; {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		eol = 2
	case len(rest) > 0 && (rest[0] == '\r' || rest[0] == '\n'):
		eol = 1
	}
	return end + eol, eol, nil
}

// linearized reports whether the first object of the file is a linearization
// parameter dictionary (annex F.3.3).
func (f *File) linearized() bool {
	s := f.scan(f.b[:min(len(f.b), 4096)], 0) // it lies in the first 1024 bytes; the header may be preceded by as many
	s.space()
	if _, ok := s.header(); !ok {
		return false
	}
	v, err := s.value()
	return err == nil && v.Kind == Dictionary && v.Key("Linearized").Kind != Null
}

// lookup finds what a reader of revision rev takes object number to be, and
// the revision that says so.
func (f *File) lookup(rev, number int) (e entry, in int, ok bool) {
	if f.listed == nil {
		for in = rev; in >= 0; in-- {
			if e, ok = f.revisions[in].find(number); ok {
				return e, in, true
			}
		}
		return entry{}, -1, false
	}
	list := f.listed[number]
	i, exact := slices.BinarySearch(list, rev)
	if !exact {
		i--
	}
	if i < 0 {
		return entry{}, -1, false
	}
	e, ok = f.revisions[list[i]].find(number)
	return e, list[i], ok
}

func (r *revision) find(number int) (entry, bool) {
	for _, sec := range r.sections {
		if e, ok := sec.find(number); ok {
			return e, true
		}
	}
	return entry{}, false
}
