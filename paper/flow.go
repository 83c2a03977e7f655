package paper

import (
	"fmt"
)

// Align is where a line of text stands between its margins.
type Align int

// The alignments. A justified paragraph's last line is not spread.
const (
	Left Align = iota
	Centre
	Right
	Justified
)

// item is one line of text, or one room that stays free, in a column.
type item struct {
	text   string
	face   Face
	size   float64
	lead   float64 // height of the line
	align  Align
	indent float64
	last   bool    // of a justified paragraph
	rule   float64 // length of a line under the text
	room   []box
}

// box is a signature field within a room.
type box struct {
	field               string
	left, width, height float64
}

// column is a stack of items between two edges.
type column struct {
	left, width float64
	items       []item
}

func (c *column) height() float64 {
	sum := 0.0
	for _, it := range c.items {
		sum += it.lead
	}
	return sum
}

// lead is the distance of lines for text of a size: single spacing, which the
// decree calls the least (phần II, mục II.6).
func lead(size float64) float64 { return 1.17 * size }

// add breaks text into lines that fit the column and stacks them, each like the
// pattern.
func (c *column) add(s *Sheet, text string, like item) {
	if s.err != nil {
		return
	}
	m := s.stream.faces[like.face]
	if err := m.checkText(text); err != nil {
		s.fail(err)
		return
	}
	if like.lead == 0 {
		like.lead = lead(like.size)
	}
	limit := int(c.width / like.size * 1000)
	first := int(like.indent / like.size * 1000)
	lines := m.indented(text, limit, first)
	if like.align == Centre && len(lines) > 1 {
		lines = m.balanced(lines, text, limit)
	}
	for i, line := range lines {
		it := like
		it.text = line
		if i > 0 {
			it.indent = 0
		}
		c.items = append(c.items, it)
	}
	c.items[len(c.items)-1].last = true
}

// gap leaves height free, in points.
func (c *column) gap(height float64) { c.items = append(c.items, item{lead: height}) }

// stack draws columns side by side. Together they begin a new page if they fit
// there and not here; what fits no page goes on from page to page, line by line,
// so that nothing is ever lost.
func (s *Sheet) stack(together bool, columns ...column) {
	if s.err != nil {
		return
	}
	tallest := 0.0
	for i := range columns {
		tallest = max(tallest, columns[i].height())
	}
	page := s.foot() - s.size.top
	if together && tallest > s.room() && tallest <= page {
		s.breakPage()
	}
	next := make([]int, len(columns))
	for s.err == nil {
		lowest, pending := s.y, false
		for i, c := range columns {
			y := s.y
			for next[i] < len(c.items) {
				it := c.items[next[i]]
				if y+it.lead > s.foot() && y > s.size.top {
					pending = true
					break
				}
				s.line(it, s.size.left+c.left, c.width, y)
				y += it.lead
				next[i]++
			}
			lowest = max(lowest, y)
		}
		s.y = lowest
		if !pending {
			return
		}
		s.breakPage()
	}
}

// line draws one item whose upper left corner is at x, y from the upper edge.
func (s *Sheet) line(it item, x, width, y float64) {
	for _, b := range it.room {
		s.field(b, x, y)
	}
	if it.text == "" {
		return
	}
	m := s.stream.faces[it.face]
	x, width = x+it.indent, width-it.indent
	wide := float64(m.measure(it.text)) * it.size / 1000
	// Capitals stand in the middle of the line's height.
	base := s.size.height - y - (it.lead+float64(m.capHeight)*it.size/1000)/2
	switch it.align {
	case Centre:
		x += (width - wide) / 2
	case Right:
		x += width - wide
	case Justified:
		// Where the next word is long, few words spread over a line cannot be read.
		extra := (width - wide) / float64(max(1, countSpaces(it.text)))
		if !it.last && extra > 0 && extra < it.size {
			s.stream.spread(it.face, it.size, x, base, it.text, extra)
			return
		}
	case Left:
	}
	s.stream.text(it.face, it.size, x, base, it.text)
	if it.rule > 0 {
		middle := x + wide/2
		under := s.size.height - y - it.lead - 2
		s.stream.line(middle-it.rule/2, under, middle+it.rule/2, under, 0.6)
	}
}

func countSpaces(text string) int {
	n := 0
	for i := range len(text) {
		if text[i] == ' ' {
			n++
		}
	}
	return n
}

// Style is how a paragraph looks.
type Style int

// The styles of ND30, Phụ lục I: content; legal basis; the lines above and below
// a title.
const (
	Body Style = iota
	Basis
	Ragged // content that is not spread: room to write in, one long word, would tear its line apart
	Plain  // no indent, not spread
	Centred
	Strong // bold: the heading of a section
	Note   // small
)

// bodySize is the type size of content (phần II, mục II.6: 13 to 14).
const bodySize = 13

func (st Style) item() item {
	it := item{size: bodySize, lead: 1.25 * bodySize, align: Justified, indent: 10 * mm}
	switch st {
	case Body:
	case Basis:
		it.face = Italic
	case Ragged:
		it.align = Left
	case Plain:
		it.align, it.indent = Left, 0
	case Centred:
		it.align, it.indent = Centre, 0
	case Strong:
		it.face, it.align = Bold, Left
	case Note:
		it.size, it.lead, it.indent = 11, lead(11), 0
	}
	return it
}

// paragraphGap is the least distance between paragraphs (phần II, mục II.6: 6 pt).
const paragraphGap = 6

// Paragraph draws text, with the distance of paragraphs above it.
func (s *Sheet) Paragraph(style Style, text string) {
	c := column{width: s.textWidth()}
	c.add(s, text, style.item())
	if s.err != nil {
		return
	}
	if s.y > s.size.top {
		s.y += paragraphGap
	}
	// No first line and no heading alone at the foot of a page, no last line alone at
	// the head of one.
	n, fit := len(c.items), int(s.room()/c.items[0].lead)
	switch {
	case fit < min(n, 2), style == Strong && fit < 4, fit == n-1 && n == 3:
		s.breakPage()
	case fit == n-1 && n > 3:
		s.stack(false, column{width: c.width, items: c.items[:n-2]})
		s.breakPage()
		c.items = c.items[n-2:]
	}
	s.stack(false, c)
}

// Paragraphf is [Sheet.Paragraph] over formatted text.
func (s *Sheet) Paragraphf(style Style, format string, a ...any) {
	s.Paragraph(style, fmt.Sprintf(format, a...))
}
