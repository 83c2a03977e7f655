package paper

import (
	"fmt"
)

// Column is one column of a table.
type Column struct {
	Name  string // in errors; the name of a record's field
	Head  string
	Width float64 // millimetres
	Align Align   // Left or Centre
}

// Table is a table being drawn, row by row. Its head stands on every page. A cell
// that is too long for its column goes on below; a row that is too high for a page
// goes on on the next.
type Table struct {
	sheet   *Sheet
	columns []Column
	size    float64
	edges   []float64 // of the columns, points
	head    [][]string
	cells   [][]string // lines of the row being drawn; reused
	marks   []float64  // heights of the horizontal lines on this page
}

// padding is between a cell's text and its edges.
const padding = 0.8 * mm

// Table begins a table of text in this size. The columns together are as wide as
// the text.
func (s *Sheet) Table(size float64, columns ...Column) *Table {
	t := &Table{sheet: s, columns: columns, size: size, edges: []float64{s.size.left}, cells: make([][]string, len(columns))}
	if s.err != nil {
		return t
	}
	for _, c := range columns {
		t.edges = append(t.edges, t.edges[len(t.edges)-1]+c.Width*mm)
		bold := s.stream.faces[Bold]
		t.head = append(t.head, bold.balanced(bold.lines(nil, c.Head, t.limit(c)), c.Head, t.limit(c)))
	}
	s.y += 1.5 * mm
	if t.height(t.head)+3*t.lead() > s.room() { // no head alone at the foot of a page
		s.breakPage()
	}
	t.begin()
	return t
}

func (t *Table) lead() float64 { return 1.15 * t.size }

// limit is how wide a line of a column may be, in thousandths of the type size.
func (t *Table) limit(c Column) int { return int((c.Width*mm - 2*padding) / t.size * 1000) }

func (t *Table) height(cells [][]string) float64 {
	most := 1
	for _, lines := range cells {
		most = max(most, len(lines))
	}
	return float64(most)*t.lead() + padding
}

// begin draws the head.
func (t *Table) begin() {
	t.marks = append(t.marks[:0], t.sheet.y)
	t.draw(Bold, t.head)
}

// draw puts prepared lines at the current height and moves below them.
func (t *Table) draw(face Face, cells [][]string) {
	s := t.sheet
	metrics := s.stream.faces[face]
	height := t.height(cells)
	for i, lines := range cells {
		base := s.size.height - s.y - padding/2 - (t.lead()+float64(metrics.capHeight)*t.size/1000)/2
		if face == Bold { // a head stands in the middle of its cell, also upright
			base -= (height - padding - float64(len(lines))*t.lead()) / 2
		}
		for _, text := range lines {
			x := t.edges[i] + padding
			if t.columns[i].Align == Centre || face == Bold {
				x = (t.edges[i] + t.edges[i+1] - float64(metrics.measure(text))*t.size/1000) / 2
			}
			s.stream.text(face, t.size, x, base, text)
			base -= t.lead()
		}
	}
	s.y += height
	t.marks = append(t.marks, s.y)
}

// Row draws one row, a text per column.
func (t *Table) Row(cells ...string) {
	s := t.sheet
	if s.err != nil {
		return
	}
	metrics := s.stream.faces[Regular]
	for i, text := range cells {
		if err := metrics.checkText(text); err != nil {
			s.fail(fmt.Errorf("column %s: %w", t.columns[i].Name, err))
			return
		}
		t.cells[i] = metrics.lines(t.cells[i][:0], text, t.limit(t.columns[i]))
	}
	page := s.foot() - s.size.top - t.height(t.head)
	height := t.height(t.cells)
	if height > s.room() && (height <= page || s.room() < 3*t.lead()) {
		t.turn()
	}
	for rest := t.cells; ; {
		if t.height(rest) <= s.room() || s.err != nil {
			t.draw(Regular, rest)
			return
		}
		fit := max(1, int((s.room()-padding)/t.lead()))
		var now [][]string
		now, rest = split(rest, fit)
		t.draw(Regular, now)
		t.turn()
	}
}

// split parts a row after n lines.
func split(cells [][]string, n int) (now, rest [][]string) {
	now, rest = make([][]string, len(cells)), make([][]string, len(cells))
	for i, lines := range cells {
		n := min(n, len(lines))
		now[i], rest[i] = lines[:n], lines[n:]
	}
	return now, rest
}

// turn ends the table's part on this page and goes on on the next.
func (t *Table) turn() {
	t.grid()
	t.sheet.breakPage()
	t.begin()
}

// grid draws the lines of the page's part: a few long ones, which is less than a
// border around every cell by far.
func (t *Table) grid() {
	s := t.sheet
	if s.err != nil {
		return
	}
	left, right := t.edges[0], t.edges[len(t.edges)-1]
	top, bottom := s.size.height-t.marks[0], s.size.height-t.marks[len(t.marks)-1]
	s.stream.endText()
	s.stream.op("w", 0.4)
	for _, mark := range t.marks {
		s.stream.op("m", left, s.size.height-mark)
		s.stream.op("l", right, s.size.height-mark)
	}
	for _, edge := range t.edges {
		s.stream.op("m", edge, top)
		s.stream.op("l", edge, bottom)
	}
	s.stream.op("S")
}

// End draws what is left of the grid.
func (t *Table) End() { t.grid() }
