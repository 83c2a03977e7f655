package paper

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"

	"kytiem/bundle"
)

// ErrStamp says that a stamp has nowhere to stand or nothing to say.
var ErrStamp = errors.New("stamp without a size or a signer")

// StampOptions say what the visible appearance of a signature shows and how large
// it is.
type StampOptions struct {
	SignedBy      string    // the certificate's common name
	Organisation  string    // its organisation; empty: no such line
	At            time.Time // claimed signing time; shown in Việt Nam's zone
	Seal          bool      // an organisation's signature, and not a person's
	Width, Height float64   // of the signature field, points
}

// Stamp draws the appearance of a signature: the lines that Vietnamese agencies
// show (Ký bởi, Cơ quan, Ngày ký), blue for a person and red for an organisation
// (ND30, Phụ lục I, phần II, mục II.7 and II.8), as large as fits and never larger
// than the field. A person's lines keep to the right two thirds: the seal goes
// over the left third.
//
// It is a content stream over the resources of [StampSheet], in place of the page's
// own: viewers stretch an appearance from its box, which is the sheet's page, to the
// field (ISO 32000-1, 12.5.5), and the stream undoes that.
func Stamp(o StampOptions) ([]byte, error) {
	base, err := stampSheet()
	if err != nil {
		return nil, err
	}
	if o.SignedBy == "" || o.Width < 1 || o.Height < 1 {
		return nil, ErrStamp
	}
	texts := make([]string, 0, 3)
	texts = append(texts, "Ký bởi: "+o.SignedBy)
	if o.Organisation != "" {
		texts = append(texts, "Cơ quan: "+o.Organisation)
	}
	texts = append(texts, "Ngày ký: "+o.At.In(bundle.VietnamTime()).Format("02-01-2006 15:04:05 -07:00"))
	for i, text := range texts {
		if err := base.check(text); err != nil {
			return nil, fmt.Errorf("drawing line %d of the stamp: %w", i+1, err)
		}
	}
	left, width := 0.0, o.Width
	if !o.Seal {
		left, width = o.Width/3, o.Width*2/3
	}
	return base.draw(texts, o, left, width), nil
}

// StampSheet is a PDF of one page whose resources hold the font of every stamp: made
// once per process, because a font subset costs milliseconds where a stamp costs
// microseconds, and always the same bytes. The caller does not change it.
func StampSheet() ([]byte, error) {
	base, err := stampSheet()
	if err != nil {
		return nil, err
	}
	return base.file, nil
}

// stampBase is what all stamps share.
type stampBase struct {
	file  []byte
	faces [faceCount]*metrics
	runes [1 << 16 / 64]uint64
}

// stampSheet draws [StampSheet]. The runes are those that names and organisations in
// certificates are written with here.
var stampSheet = sync.OnceValues(func() (*stampBase, error) {
	faces, err := allMetrics()
	if err != nil {
		return nil, err
	}
	base := &stampBase{faces: faces}
	for _, r := range alphabet() {
		base.runes[r>>6] |= 1 << (r & 63)
	}
	var file bytes.Buffer
	s := NewSheet(&file, Properties{Title: "Ký số", Created: time.Date(2021, 11, 5, 0, 0, 0, 0, time.UTC)})
	s.size = format{width: stampPage, height: stampPage}
	s.beginPage()
	s.stream.text(Regular, 1, 0, 0, string(alphabet()))
	if err := s.Close(); err != nil {
		return nil, fmt.Errorf("drawing the stamps' font: %w", err)
	}
	base.file = file.Bytes()
	return base, nil
})

func (b *stampBase) check(text string) error {
	for i, r := range text {
		if r < 0 || r > 0xFFFF || b.runes[r>>6]>>(r&63)&1 == 0 {
			return fmt.Errorf("character %U at byte %d: %w", r, i, ErrUnprintable)
		}
	}
	return b.faces[Regular].checkText(text)
}

// stampPage is the width and height of the sheet.
const stampPage = 100

// largestStamp is the type size of a stamp with room to spare.
const largestStamp = 10

// draw sets the lines in the largest type that fits the rectangle. Every step down
// is a tenth: text of any length fits in the end.
func (b *stampBase) draw(texts []string, o StampOptions, left, width float64) []byte {
	const edge = 1.5 // points that stay free all around
	m := b.faces[Regular]
	var room [8]string
	lines, size := room[:0], float64(largestStamp)
	for ; ; size *= 0.9 {
		lines = lines[:0]
		for _, text := range texts {
			lines = m.lines(lines, text, int(max(1, width-2*edge)/size*1000))
		}
		if float64(len(lines))*lead(size) <= o.Height-2*edge || size < 0.01 {
			break
		}
	}
	var used usage
	s := stream{faces: &b.faces, used: &used, b: make([]byte, 0, 512)}
	colour := "0 0 0.75 rg\n"
	if o.Seal {
		colour = "0.8 0 0 rg\n"
	}
	s.b = fmt.Appendf(s.b, "%.5f 0 0 %.5f 0 0 cm\n", stampPage/o.Width, stampPage/o.Height)
	s.b = append(s.b, colour...)
	y := (o.Height+float64(len(lines))*lead(size))/2 - lead(size)
	for _, line := range lines {
		s.text(Regular, size, left+edge, y+0.25*size, line)
		y -= lead(size)
	}
	s.endText()
	return s.b
}
