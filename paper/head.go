package paper

import (
	"kytiem/bundle"
)

// Head is the upper part of a document's first page: ô số 1 to 4 of ND30.
type Head struct {
	Parent   string   // superior agency, upper case; may be empty
	Agency   []string // the issuing agency's name, upper case, line by line
	Number   string   // empty: room to write it
	Notation string   // BC-UBND
	Place    string   // empty: no line for place and date, as in Mẫu 1.9
	Date     bundle.Date
}

// The two columns of the head have the proportions of the models in ND30, Phụ lục
// III.
const (
	headLeft  = 65 * mm
	headRight = 100 * mm
)

// Head draws the upper part of a document.
func (s *Sheet) Head(h Head) {
	centred := func(face Face, size float64) item {
		return item{face: face, size: size, lead: lead(size), align: Centre}
	}
	agency := column{width: headLeft - 3*mm}
	if h.Parent != "" {
		agency.add(s, h.Parent, centred(Regular, 12))
	}
	for _, line := range h.Agency {
		agency.add(s, line, centred(Bold, 12))
	}
	nation := column{left: headLeft, width: headRight}
	nation.add(s, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", centred(Bold, 12))
	nation.add(s, "Độc lập - Tự do - Hạnh phúc", centred(Bold, 13))
	s.underline(&agency, 0.4) // a third to a half of the text
	s.underline(&nation, 1)   // all of it
	s.stack(true, agency, nation)
	s.y += 3 * mm

	number := column{width: agency.width}
	number.add(s, "Số: "+Notation(h.Number, h.Notation), centred(Regular, 13))
	place := column{left: headLeft, width: headRight}
	if h.Place != "" {
		place.add(s, PlaceAndDate(h.Place, h.Date), centred(Italic, 13))
	}
	s.stack(true, number, place)
	s.y += 6 * mm
}

// underline draws a line under the last item of a column, as long as a share of the
// widest line of its face.
func (s *Sheet) underline(c *column, share float64) {
	if s.err != nil || len(c.items) == 0 {
		return
	}
	last := &c.items[len(c.items)-1]
	widest := 0
	for _, it := range c.items {
		if it.face == last.face && it.size == last.size {
			widest = max(widest, s.stream.faces[it.face].measure(it.text))
		}
	}
	last.rule = share * float64(widest) * last.size / 1000
}

// Title draws ô số 5a: the kind of document, in capitals, and what it is about.
func (s *Sheet) Title(kind string, subject ...string) {
	c := column{width: s.textWidth()}
	c.add(s, kind, item{face: Bold, size: 14, lead: 1.4 * 14, align: Centre})
	for _, line := range subject {
		c.add(s, line, item{face: Bold, size: 13, lead: 1.25 * 13, align: Centre})
	}
	s.underline(&c, 0.4)
	s.stack(true, c)
	s.y += 5 * mm
}

// SealHeight is how much room, in millimetres, [Sheet.Seal] and a sentence of two
// lines above it take: what says "below" belongs on the same page ([Sheet.Keep]).
const SealHeight = 50

// Seal shows what the signature stands on: the bundle's id and root, in groups of
// four and as a QR code.
func (s *Sheet) Seal(m *bundle.Manifest) {
	const side, padding = 32 * mm, 2.5 * mm
	mark, err := newCode(Payload(m))
	if err != nil {
		s.fail(err)
		return
	}
	text := column{left: padding, width: s.textWidth() - side - 2*padding}
	small := item{size: 11, lead: 1.35 * 11}
	large := item{face: Bold, size: 12, lead: 1.35 * 12}
	text.gap(padding)
	text.add(s, "Hồ sơ dữ liệu số:", small)
	text.add(s, m.Bundle, large)
	text.add(s, "Mã băm gốc (SHA-256) của danh sách:", small)
	root := Groups(m.Root)
	text.add(s, root[:len(root)/2], large) // eight groups a line
	text.add(s, root[len(root)/2+1:], large)
	if s.err != nil {
		return
	}
	height := max(text.height()+padding, side)
	if s.y += paragraphGap; height > s.room() {
		s.breakPage()
	}
	if s.err != nil {
		return
	}
	top, left, right := s.y, s.size.left, s.size.left+s.textWidth()
	s.stack(true, text)
	s.stream.code(mark, right-side, s.size.height-top-(height-side)/2, side)
	s.y = top + height
	up := func(y float64) float64 { return s.size.height - y }
	for _, edge := range [...][4]float64{
		{left, up(top), right, up(top)}, {left, up(s.y), right, up(s.y)},
		{left, up(top), left, up(s.y)}, {right, up(top), right, up(s.y)},
	} {
		s.stream.line(edge[0], edge[1], edge[2], edge[3], 0.5)
	}
}

// Payload is what the QR codes of a bundle hold: enough to find the bundle and to
// know its root from paper alone.
func Payload(m *bundle.Manifest) string {
	return "KYTIEM:1:" + m.Bundle + ":" + m.Root.String()
}
