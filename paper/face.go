package paper

import (
	"fmt"
	"sync"
	"unicode"

	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifbolditalic"
	"github.com/go-fonts/liberation/liberationserifitalic"
	"github.com/go-fonts/liberation/liberationserifregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Face is one of the four faces of Liberation Serif, which has the measures of
// Times New Roman (Nghị định 30/2020/NĐ-CP, Phụ lục I, phần I, mục I.3) and every
// Vietnamese letter.
type Face int

// The faces.
const (
	Regular Face = iota
	Bold
	Italic
	BoldItalic
	faceCount
)

// absent marks a rune that a face has no glyph for.
const absent = 0xFFFF

// metrics is what layout and font dictionary need to know about a face; lengths
// are thousandths of the type size, the glyph space of ISO 32000-1, 9.2.4.
type metrics struct {
	name       string // PostScript name
	program    []byte // the whole TrueType file
	widths     []uint16
	ascent     int
	descent    int
	capHeight  int
	box        [4]int
	slant      int // degrees
	stem       int
	descriptor int // flags of ISO 32000-1, table 123
}

// allMetrics reads the four fonts once, when the first page or stamp is drawn: a
// process that verifies only PDFs and proofs never pays for them.
var allMetrics = sync.OnceValues(func() (all [faceCount]*metrics, err error) {
	const serif, symbolic, italic = 1 << 1, 1 << 2, 1 << 6
	sources := [faceCount]metrics{
		Regular:    {name: "LiberationSerif", program: liberationserifregular.TTF, stem: 84, descriptor: serif | symbolic},
		Bold:       {name: "LiberationSerif-Bold", program: liberationserifbold.TTF, stem: 139, descriptor: serif | symbolic},
		Italic:     {name: "LiberationSerif-Italic", program: liberationserifitalic.TTF, stem: 76, descriptor: serif | symbolic | italic},
		BoldItalic: {name: "LiberationSerif-BoldItalic", program: liberationserifbolditalic.TTF, stem: 121, descriptor: serif | symbolic | italic},
	}
	for i := range sources {
		m := sources[i]
		if err := m.read(); err != nil {
			return all, fmt.Errorf("reading %s: %w", m.name, err)
		}
		all[i] = &m
	}
	return all, nil
})

func (m *metrics) read() error {
	parsed, err := sfnt.Parse(m.program)
	if err != nil {
		return err
	}
	var (
		buffer sfnt.Buffer
		em     = fixed.I(1000)
	)
	measures, err := parsed.Metrics(&buffer, em, font.HintingNone)
	if err != nil {
		return err
	}
	bounds, err := parsed.Bounds(&buffer, em, font.HintingNone)
	if err != nil {
		return err
	}
	m.ascent, m.descent, m.capHeight = measures.Ascent.Round(), -measures.Descent.Round(), measures.CapHeight.Round()
	// The library's y axis points down, the page's up.
	m.box = [4]int{bounds.Min.X.Floor(), -bounds.Max.Y.Ceil(), bounds.Max.X.Ceil(), -bounds.Min.Y.Floor()}
	if post := parsed.PostTable(); post != nil {
		m.slant = int(post.ItalicAngle)
	}
	m.widths = make([]uint16, 1<<16)
	for r := range m.widths {
		m.widths[r] = absent
		glyph, err := parsed.GlyphIndex(&buffer, rune(r))
		if err != nil {
			return err
		}
		if glyph == 0 || !unicode.IsPrint(rune(r)) {
			continue
		}
		advance, err := parsed.GlyphAdvance(&buffer, glyph, em, font.HintingNone)
		if err != nil {
			return err
		}
		m.widths[r] = uint16(advance.Round())
	}
	return nil
}

// width is the width of r, or absent.
func (m *metrics) width(r rune) int {
	if r >= 0 && int(r) < len(m.widths) {
		return int(m.widths[r])
	}
	return absent
}

// Printable reports whether every face has a glyph for r and r is text: letters,
// marks, digits, punctuation, symbols and the plain space. Controls, bidi marks,
// zero-width characters, other spaces, private use and everything above U+FFFF
// are not.
func Printable(r rune) bool {
	all, err := allMetrics()
	if err != nil {
		return false
	}
	for _, m := range all {
		if m.width(r) == absent {
			return false
		}
	}
	return true
}
