package paper

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// Lengths on a page are points, as PDF has them; layouts are stated in
// millimetres, as the decree has them.
const mm = 72 / 25.4

// usage remembers which runes a document shows in which face.
type usage [faceCount]*[1 << 10]uint64

func (u *usage) add(f Face, r rune) {
	if u[f] == nil {
		u[f] = new([1 << 10]uint64)
	}
	u[f][r>>6] |= 1 << (r & 63)
}

// runes lists what was used of one face, ascending.
func (u *usage) runes(f Face) []rune {
	var all []rune
	if u[f] == nil {
		return nil
	}
	for i, word := range u[f] {
		for bit := range 64 {
			if word>>bit&1 != 0 {
				all = append(all, rune(i<<6|bit))
			}
		}
	}
	return all
}

// stream is a content stream (ISO 32000-1, 7.8.2) being written. Coordinates are
// points from the lower left corner and go out as whole hundredths, so that
// relative moves never drift.
type stream struct {
	b      []byte
	faces  *[faceCount]*metrics
	used   *usage
	inText bool
	face   Face
	size   float64
	x, y   int // hundredths, start of the current line of text
}

// reset makes room for the next stream; fonts are chosen anew on every page.
func (s *stream) reset() {
	s.b, s.inText, s.size = s.b[:0], false, 0
}

func hundredths(v float64) int { return int(math.Round(v * 100)) }

// appendNumber writes n hundredths as a PDF number.
func appendNumber(b []byte, n int) []byte {
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = strconv.AppendInt(b, int64(n/100), 10)
	switch rest := n % 100; {
	case rest == 0:
		return b
	case rest%10 == 0:
		return append(b, '.', byte('0'+rest/10))
	default:
		return append(b, '.', byte('0'+rest/10), byte('0'+rest%10))
	}
}

// op writes numbers and then the operator that takes them.
func (s *stream) op(operator string, operands ...float64) {
	for _, v := range operands {
		s.b = append(appendNumber(s.b, hundredths(v)), ' ')
	}
	s.b = append(append(s.b, operator...), '\n')
}

// endText closes the text object, which lines and fills must stand outside of
// (ISO 32000-1, 8.2).
func (s *stream) endText() {
	if s.inText {
		s.b = append(s.b, "ET\n"...)
		s.inText = false
	}
}

// at moves to where a piece of text begins, in the face and size given.
func (s *stream) at(f Face, size, x, y float64) {
	if !s.inText {
		s.b = append(s.b, "BT\n"...)
		s.inText, s.x, s.y = true, 0, 0
	}
	if s.face != f || s.size != size {
		s.b = append(append(append(s.b, '/'), resourceName(f)...), ' ')
		s.op("Tf", size)
		s.face, s.size = f, size
	}
	hx, hy := hundredths(x), hundredths(y)
	s.b = appendNumber(s.b, hx-s.x)
	s.b = append(appendNumber(append(s.b, ' '), hy-s.y), " Td "...)
	s.x, s.y = hx, hy
}

// text shows checked text.
func (s *stream) text(f Face, size, x, y float64, text string) {
	s.at(f, size, x, y)
	s.b = append(s.shown(f, text), " Tj\n"...)
}

// spread shows checked text whose spaces are wider by extra points each: the
// spaces stay characters, so that whoever copies the text gets them.
func (s *stream) spread(f Face, size, x, y float64, text string, extra float64) {
	s.at(f, size, x, y)
	s.b = append(s.b, '[')
	start := 0
	for i := range len(text) {
		if text[i] == ' ' {
			s.b = append(s.shown(f, text[start:i+1]), ' ')
			s.b = append(appendNumber(s.b, hundredths(-extra*1000/size)), ' ')
			start = i + 1
		}
	}
	s.b = append(s.shown(f, text[start:]), "] TJ\n"...)
}

// shown writes text as a literal string of UTF-16BE codes: the fonts are encoded
// with Identity-H and their character ids are the runes themselves.
func (s *stream) shown(f Face, text string) []byte {
	b := append(s.b, '(')
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		i += n
		s.used.add(f, r)
		b = appendEscaped(appendEscaped(b, byte(r>>8)), byte(r))
	}
	return append(b, ')')
}

// appendEscaped writes a byte of a literal string (ISO 32000-1, 7.3.4.2); a bare
// carriage return would be read as a line feed.
func appendEscaped(b []byte, c byte) []byte {
	switch c {
	case '(', ')', '\\':
		return append(b, '\\', c)
	case '\r':
		return append(b, '\\', 'r')
	}
	return append(b, c)
}

// line draws a straight line.
func (s *stream) line(x1, y1, x2, y2, width float64) {
	s.endText()
	s.op("w", width)
	s.op("m", x1, y1)
	s.op("l", x2, y2)
	s.op("S")
}

// resourceName is what content streams call a face.
func resourceName(f Face) string { return "F" + strconv.Itoa(int(f)+1) }
