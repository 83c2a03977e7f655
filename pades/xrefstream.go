package pades

import "math"

// readXRefStream reads a cross-reference stream (7.5.8). All its entries are
// direct objects: nothing can be looked up before it is read.
func (f *File) readXRefStream(at int64, left *int) (*section, error) {
	obj, err := f.parseIndirect(-1, at, int64(len(f.b)))
	if err != nil {
		return nil, err
	}
	dict := obj.value
	if dict.Kind != Stream || dict.Key("Type").Name() != "XRef" {
		return nil, broken(ruleStructure, at, "no cross-reference section where one is announced")
	}
	widths, ok := streamWidths(dict)
	if !ok {
		return nil, broken(ruleStructure, at, "a cross-reference stream without proper /W")
	}
	rows, err := f.decode(-1, dict)
	if err != nil {
		return nil, err
	}
	sec := &section{at: obj.start, end: obj.end, stream: true, trailer: dict}
	index := dict.Key("Index").Items()
	if index == nil {
		index = []Value{{Kind: Integer}, dict.Key("Size")}
	}
	width := widths[0] + widths[1] + widths[2]
	for ; len(index) >= 2; index = index[2:] {
		first, ok := index[0].Int()
		count, ok2 := index[1].Int()
		if !ok || !ok2 || first < 0 || first > math.MaxInt32 || count < 0 || count > int64(len(rows)/width) {
			return nil, broken(ruleStructure, at, "a cross-reference stream with a wrong /Index")
		}
		if *left -= int(count); *left < 0 {
			return nil, broken(ruleLimit, at, "too many objects")
		}
		if count == 0 {
			continue
		}
		r := entryRange{first: int(first), entries: make([]entry, count)}
		for i := range r.entries {
			r.entries[i] = streamEntry(rows, widths)
			rows = rows[width:]
		}
		sec.ranges = append(sec.ranges, r)
	}
	// Rows beyond those are nobody's: /Index says how many there are (7.5.8.2).
	if len(index) != 0 {
		return nil, broken(ruleStructure, at, "a cross-reference stream with a wrong /Index")
	}
	return sec, sec.finish()
}

func streamWidths(dict Value) (w [3]int, ok bool) {
	items := dict.Key("W").Items()
	if len(items) != 3 {
		return w, false
	}
	for i, item := range items {
		n, ok := item.Int()
		if !ok || n < 0 || n > 8 {
			return w, false
		}
		w[i] = int(n)
	}
	return w, w[1] > 0
}

// streamEntry reads the first row of rows (7.5.8.3, table 18).
func streamEntry(rows []byte, widths [3]int) entry {
	fields := [3]uint64{1, 0, 0} // a type of width 0 is 1
	for i, w := range widths {
		if w == 0 {
			continue
		}
		fields[i] = 0
		for _, c := range rows[:w] {
			fields[i] = fields[i]<<8 | uint64(c)
		}
		rows = rows[w:]
	}
	// What is out of range is an object that does not exist: asking for it
	// finds nothing at that offset.
	e := entry{at: int64(min(fields[1], math.MaxInt64)), index: uint32(min(fields[2], math.MaxUint32))}
	switch fields[0] {
	case 1:
		e.kind = inUse
	case 2:
		e.kind = compressed
	}
	return e // every other type is the null object
}
