package paper

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
)

// unhinted is a TrueType program without its instructions, and with no tables but those
// that a CIDFontType2 font needs (ISO 32000-1, 9.9). Instructions fit outlines to the dots
// of coarse screens; viewers of documents leave them aside, and half of what a document of
// a few pages weighs would be theirs.
func unhinted(program []byte) ([]byte, error) {
	tables, err := tablesOf(program)
	if err != nil {
		return nil, err
	}
	head, maxp := tables["head"], tables["maxp"]
	if len(head) != 54 || len(maxp) != 32 || len(tables["hhea"]) != 36 {
		return nil, fmt.Errorf("tables of other sizes: %w", errCut)
	}
	wide := binary.BigEndian.Uint16(head[50:]) != 0 // offsets of four bytes, not of two that count in twos
	if tables["glyf"], tables["loca"], err = withoutInstructions(tables["glyf"], tables["loca"], wide); err != nil {
		return nil, err
	}
	clear(maxp[14:28])                       // what instructions may need at most
	binary.BigEndian.PutUint16(maxp[14:], 1) // maxZones: no twilight zone
	clear(head[8:12])                        // checkSumAdjustment, which is of the whole
	file := trueType(tables, "glyf", "head", "hhea", "hmtx", "loca", "maxp")
	at := int(binary.BigEndian.Uint32(file[12+16+8:])) // of head, the second of them
	binary.BigEndian.PutUint32(file[at+8:], 0xB1B0AFBA-sumOf(file))
	return file, nil
}

// tablesOf copies the tables of a program by their tags.
func tablesOf(program []byte) (map[string][]byte, error) {
	tables := make(map[string][]byte)
	if len(program) < 12 {
		return nil, fmt.Errorf("no TrueType program: %w", errCut)
	}
	for n := range int(binary.BigEndian.Uint16(program[4:])) {
		if len(program) < 28+16*n {
			return nil, fmt.Errorf("table %d cut off: %w", n, errCut)
		}
		entry := program[12+16*n:]
		at, size := uint64(binary.BigEndian.Uint32(entry[8:])), uint64(binary.BigEndian.Uint32(entry[12:]))
		if at+size > uint64(len(program)) {
			return nil, fmt.Errorf("table %d cut off: %w", n, errCut)
		}
		tables[string(entry[:4])] = slices.Clone(program[at : at+size])
	}
	return tables, nil
}

// withoutInstructions writes outlines and their places anew.
func withoutInstructions(glyf, loca []byte, wide bool) (outlines, places []byte, err error) {
	width := 2
	if wide {
		width = 4
	}
	place := func(n int) int {
		if wide {
			return int(binary.BigEndian.Uint32(loca[4*n:]))
		}
		return 2 * int(binary.BigEndian.Uint16(loca[2*n:]))
	}
	put := func() {
		if wide {
			places = binary.BigEndian.AppendUint32(places, uint32(len(outlines)))
		} else {
			places = binary.BigEndian.AppendUint16(places, uint16(len(outlines)/2))
		}
	}
	put()
	for n := range len(loca)/width - 1 {
		from, to := place(n), place(n+1)
		if from > to || to > len(glyf) {
			return nil, nil, fmt.Errorf("outline %d: %w", n, errCut)
		}
		outline, err := withoutInstruction(glyf[from:to])
		if err != nil {
			return nil, nil, fmt.Errorf("outline %d: %w", n, err)
		}
		outlines = append(outlines, outline...)
		if len(outlines)%2 != 0 {
			outlines = append(outlines, 0)
		}
		put()
	}
	return outlines, places, nil
}

// Flags of the components of an outline (OpenType, table glyf).
const (
	argumentsAreWords = 0x0001
	hasScale          = 0x0008
	moreComponents    = 0x0020
	hasTwoScales      = 0x0040
	hasMatrix         = 0x0080
	hasInstructions   = 0x0100
)

// withoutInstruction is one outline: of contours, or made of other outlines.
func withoutInstruction(outline []byte) ([]byte, error) {
	if len(outline) == 0 {
		return nil, nil
	}
	if len(outline) < 10 {
		return nil, errCut
	}
	if contours := int(int16(binary.BigEndian.Uint16(outline))); contours >= 0 {
		at := 10 + 2*contours
		if len(outline) < at+2 {
			return nil, errCut
		}
		end := at + 2 + int(binary.BigEndian.Uint16(outline[at:]))
		if len(outline) < end {
			return nil, errCut
		}
		return slices.Concat(outline[:at], []byte{0, 0}, outline[end:]), nil
	}
	kept := slices.Clone(outline)
	for at := 10; ; {
		if len(kept) < at+4 {
			return nil, errCut
		}
		flags := binary.BigEndian.Uint16(kept[at:])
		binary.BigEndian.PutUint16(kept[at:], flags&^hasInstructions)
		at += 4 + 2 // a glyph, and two arguments of a byte
		if flags&argumentsAreWords != 0 {
			at += 2
		}
		switch {
		case flags&hasScale != 0:
			at += 2
		case flags&hasTwoScales != 0:
			at += 4
		case flags&hasMatrix != 0:
			at += 8
		}
		if flags&moreComponents == 0 {
			return kept[:min(at, len(kept))], nil
		}
	}
}

// trueType puts tables together (OpenType, organization of a font), in the order of their tags.
func trueType(tables map[string][]byte, tags ...string) []byte {
	slices.SortFunc(tags, cmp.Compare[string])
	log := 0
	for 2<<log <= len(tags) {
		log++
	}
	file := binary.BigEndian.AppendUint32(nil, 0x00010000)
	for _, n := range []int{len(tags), 16 << log, log, 16*len(tags) - 16<<log} {
		file = binary.BigEndian.AppendUint16(file, uint16(n))
	}
	at := len(file) + 16*len(tags)
	for _, tag := range tags {
		table := tables[tag]
		file = append(file, tag...)
		for _, n := range []uint32{sumOf(table), uint32(at), uint32(len(table))} {
			file = binary.BigEndian.AppendUint32(file, n)
		}
		at += (len(table) + 3) / 4 * 4
	}
	for _, tag := range tags {
		file = append(file, tables[tag]...)
		file = append(file, make([]byte, -len(file)&3)...)
	}
	return file
}

// sumOf is the checksum of a table: its words added up, the last one filled with zeros.
func sumOf(table []byte) (sum uint32) {
	for ; len(table) >= 4; table = table[4:] {
		sum += binary.BigEndian.Uint32(table)
	}
	var last [4]byte
	copy(last[:], table)
	return sum + binary.BigEndian.Uint32(last[:])
}
