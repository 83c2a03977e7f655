package pades

import (
	"math"
	"slices"
)

// section is one cross-reference section: a table with its trailer (7.5.4,
// 7.5.5) or a stream (7.5.8).
type section struct {
	at, end int64 // from the keyword xref, or the stream's object number, to one past the trailer or endobj
	stream  bool
	ranges  []entryRange // ascending, without overlap
	trailer Value
	prev    int64    // /Prev, or -1
	hidden  *section // /XRefStm of a hybrid file, or nil

	width  int  // of the entries of a table, but that of object 0
	uneven bool // some are not of 20 bytes
}

// entryRange holds the entries of consecutive object numbers.
type entryRange struct {
	first   int
	entries []entry
}

type entryKind uint8

const (
	free entryKind = iota
	inUse
	compressed
)

type entry struct {
	at    int64  // inUse: offset; free: next free number; compressed: number of the object stream
	index uint32 // inUse, free: generation; compressed: position in the object stream
	kind  entryKind
}

func (e entry) ref(number int) Ref {
	if e.kind == compressed {
		return Ref{Number: number}
	}
	return Ref{number, int(e.index)}
}

func (s *section) each(visit func(number int, e entry)) {
	for _, r := range s.ranges {
		for i, e := range r.entries {
			visit(r.first+i, e)
		}
	}
	if s.hidden != nil {
		s.hidden.each(visit)
	}
}

// find looks a number up in the section alone. In a hybrid one the stream
// speaks for what the table calls free or does not list (7.5.8.4).
func (s *section) find(number int) (entry, bool) {
	e, ok := s.own(number)
	if s.hidden != nil && (!ok || e.kind == free) {
		if h, found := s.hidden.own(number); found {
			return h, true
		}
	}
	return e, ok
}

func (s *section) own(number int) (entry, bool) {
	i, exact := slices.BinarySearchFunc(s.ranges, number, func(r entryRange, n int) int { return r.first - n })
	if !exact {
		i--
	}
	if i < 0 || number-s.ranges[i].first >= len(s.ranges[i].entries) {
		return entry{}, false
	}
	return s.ranges[i].entries[number-s.ranges[i].first], true
}

// readSection reads the section at offset at, together with the one it hides.
// left is how many entries all sections may still hold.
func (f *File) readSection(at int64, left *int) (*section, error) {
	if at < 0 || at >= int64(len(f.b)) {
		return nil, broken(ruleStructure, at, "a cross-reference section outside the file")
	}
	at = f.token(at)
	sec, err := f.readTable(at, left)
	if sec == nil && err == nil {
		sec, err = f.readXRefStream(at, left)
	}
	if err != nil {
		return nil, err
	}
	if sec.prev, err = f.offsetKey(sec, "Prev"); err != nil {
		return nil, err
	}
	if sec.stream {
		return sec, nil
	}
	hidden, err := f.offsetKey(sec, "XRefStm")
	if err != nil || hidden < 0 {
		return sec, err
	}
	if hidden >= at {
		return nil, broken(ruleStructure, at, "a hybrid section whose stream does not precede its table")
	}
	if sec.hidden, err = f.readXRefStream(hidden, left); err != nil {
		return nil, err
	}
	return sec, nil
}

// offsetKey reads an offset of the trailer, -1 if it has none. Offsets are
// direct objects, since nothing can be looked up before they are known.
func (f *File) offsetKey(sec *section, key string) (int64, error) {
	v := sec.trailer.Key(key)
	if v.Kind == Null {
		return -1, nil
	}
	n, ok := v.Int()
	if !ok || n < 0 || n >= int64(len(f.b)) {
		return 0, broken(ruleStructure, v.Start, "/%s is not an offset in the file", key)
	}
	return n, nil
}

// finish puts the ranges in order and checks that they overlap nowhere and
// stay below /Size (7.5.5).
func (s *section) finish() error {
	slices.SortFunc(s.ranges, func(a, b entryRange) int { return a.first - b.first })
	size, ok := s.trailer.Key("Size").Int()
	if !ok || size < 1 || size > math.MaxInt32 {
		return broken(ruleStructure, s.at, "a cross-reference section without /Size")
	}
	next := 0
	for _, r := range s.ranges {
		if r.first < next {
			return broken(ruleDuplicate, s.at, "a cross-reference section that lists an object twice")
		}
		next = r.first + len(r.entries)
	}
	if int64(next) > size {
		return broken(ruleTrailer, s.at, "a cross-reference section that lists objects beyond /Size")
	}
	return nil
}

// readTable reads a cross-reference table, and is nil if there is none at at.
func (f *File) readTable(at int64, left *int) (*section, error) {
	s := f.scan(f.b, at)
	if !s.word("xref") {
		return nil, nil
	}
	sec := &section{at: at}
	for {
		s.blank()
		if s.word("trailer") {
			break
		}
		r, err := s.tableRange(sec, left)
		if err != nil {
			return nil, err
		}
		if len(r.entries) > 0 {
			sec.ranges = append(sec.ranges, r)
		}
	}
	trailer, err := s.value()
	if err != nil {
		return nil, err
	}
	if trailer.Kind != Dictionary {
		return nil, broken(ruleStructure, trailer.Start, "a trailer that is not a dictionary")
	}
	sec.trailer, sec.end = trailer, trailer.End
	return sec, sec.finish()
}

// shortEntry is how long an entry of a table is at least: 20 bytes by 7.5.4, but some
// programs write one byte as its line end, or three.
const shortEntry = 19

// tableRange reads one subsection: a line "first count", then count entries, in a section all
// of one length. Readers that count on 20 bytes (PDFium) are out of step in others, and find
// other offsets; where nothing brings them into step again, they see it, and look for the
// objects themselves.
func (s *scanner) tableRange(sec *section, left *int) (entryRange, error) {
	first, ok := s.digits()
	if !ok || !s.blank() {
		return entryRange{}, s.fail("neither a subsection nor a trailer in a cross-reference table")
	}
	count, ok := s.digits()
	for s.pos < len(s.b) && s.b[s.pos] == ' ' {
		s.pos++
	}
	start := s.pos
	for s.pos < len(s.b) && s.pos < start+2 && (s.b[s.pos] == '\r' || s.b[s.pos] == '\n') {
		s.pos++
	}
	if !ok || s.pos == start || first > math.MaxInt32 || count > int64(len(s.b)-s.pos)/shortEntry {
		return entryRange{}, s.fail("a malformed subsection of a cross-reference table")
	}
	if *left -= int(count); *left < 0 {
		return entryRange{}, broken(ruleLimit, int64(s.pos), "too many objects")
	}
	r := entryRange{first: int(first), entries: make([]entry, count)}
	for i := range r.entries {
		e, length := tableEntry(s.b[s.pos:])
		if length == 0 {
			return entryRange{}, s.fail("a cross-reference entry that is not as 7.5.4 has them")
		}
		r.entries[i] = e
		s.pos += length
		sec.uneven = sec.uneven || length != 20
		if number := r.first + i; number > 0 && sec.width == 0 { // some write the first one by themselves
			sec.width = length
		} else if number > 0 && sec.width != length {
			return entryRange{}, s.fail("cross-reference entries of different lengths")
		}
	}
	if sec.uneven && s.pos < len(s.b) && isSpace(s.b[s.pos]) {
		return entryRange{}, s.fail("white space after cross-reference entries that are not of 20 bytes")
	}
	return r, nil
}

// tableEntry reads an entry, and is its length with the line end, 0 if there is none.
func tableEntry(b []byte) (e entry, length int) {
	if len(b) < shortEntry {
		return entry{}, 0
	}
	at, ok := decimal(b[:10])
	gen, ok2 := decimal(b[11:16])
	if !ok || !ok2 || b[10] != ' ' || b[16] != ' ' || b[17] != 'n' && b[17] != 'f' {
		return entry{}, 0
	}
	e = entry{at: at, index: uint32(gen)}
	if b[17] == 'n' {
		e.kind = inUse
	}
	length = 18
	for _, c := range " \r\n" {
		if length < len(b) && rune(b[length]) == c {
			length++
		}
	}
	if end := b[length-1]; end != '\r' && end != '\n' {
		return entry{}, 0
	}
	return e, length
}

func decimal(b []byte) (int64, bool) {
	var n int64
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
