package paper

import (
	"bytes"
	"cmp"
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
	Picture       *Picture  // of the handwritten signature or the seal; nil: lines alone
	Width, Height float64   // of the signature field, points
}

// Stamp draws the appearance of a signature: the lines that Vietnamese agencies
// show (Ký bởi, Cơ quan, Ngày ký), blue for a person and red for an organisation
// (ND30, Phụ lục I, phần II, mục II.7 and II.8), as large as fits and never larger
// than the field. A person's lines keep to the right two thirds: the seal goes
// over the left third.
//
// A person's picture stands alone, in the middle, and an organisation's above the lines
// that belong to it (Thông tư 01/2019/TT-BNV), towards the person's. Its colours are the
// picture's own.
//
// It is a content stream over the resources of [StampSheet] for the same picture, in
// place of the page's own: viewers stretch an appearance from its box, which is the
// sheet's page, to the field (ISO 32000-1, 12.5.5), and the stream undoes that.
func Stamp(o StampOptions) ([]byte, error) {
	base, err := stampSheet()
	if err != nil {
		return nil, err
	}
	if o.SignedBy == "" || o.Width < 1 || o.Height < 1 {
		return nil, ErrStamp
	}
	texts := o.lines()
	for i, text := range texts {
		if err := base.check(text); err != nil {
			return nil, fmt.Errorf("drawing line %d of the stamp: %w", i+1, err)
		}
	}
	var used usage
	s := stream{faces: &base.faces, used: &used, b: make([]byte, 0, 512)}
	s.b = fmt.Appendf(s.b, "%.5f 0 0 %.5f 0 0 cm\n", stampPage/o.Width, stampPage/o.Height)
	whole := area{width: o.Width, height: o.Height}
	switch {
	case o.Picture != nil && o.Seal:
		lines := area{width: o.Width, height: o.Height * sealLines}
		s.picture(o.Picture, area{bottom: lines.height, width: o.Width, height: o.Height - lines.height}, 1)
		base.draw(&s, texts, "0.8 0 0 rg\n", lines)
	case o.Picture != nil:
		s.picture(o.Picture, whole, 0.5)
	case o.Seal:
		base.draw(&s, texts, "0.8 0 0 rg\n", whole)
	default:
		base.draw(&s, texts, "0 0 0.75 rg\n", area{left: o.Width / 3, width: o.Width * 2 / 3, height: o.Height})
	}
	return s.b, nil
}

// sealLines is how much of the height of a seal's field goes to two lines below its
// picture.
const sealLines = 0.28

// lines are what the stamp says. What a picture says itself is not said again.
func (o *StampOptions) lines() []string {
	at := "Ngày ký: " + o.At.In(bundle.VietnamTime()).Format("02-01-2006 15:04:05 -07:00")
	switch {
	case o.Picture != nil && o.Seal:
		return []string{"Cơ quan: " + cmp.Or(o.Organisation, o.SignedBy), at}
	case o.Picture != nil:
		return nil
	case o.Organisation == "":
		return []string{"Ký bởi: " + o.SignedBy, at}
	}
	return []string{"Ký bởi: " + o.SignedBy, "Cơ quan: " + o.Organisation, at}
}

// area is a part of a stamp, in points from its lower left corner.
type area struct{ left, bottom, width, height float64 }

// StampSheet is a PDF of one page whose resources hold the font of every stamp, and its
// picture if it has one; always the same bytes for the same picture. Without one it is
// made once per process, because a font subset costs milliseconds where a stamp costs
// microseconds. The caller does not change it.
func StampSheet(picture *Picture) ([]byte, error) {
	if picture != nil {
		return drawStampSheet(picture)
	}
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
	base.file, err = drawStampSheet(nil)
	return base, err
})

func drawStampSheet(picture *Picture) ([]byte, error) {
	var file bytes.Buffer
	s := NewSheet(&file, Properties{Title: "Ký số", Created: time.Date(2021, 11, 5, 0, 0, 0, 0, time.UTC)})
	s.size = format{width: stampPage, height: stampPage}
	s.picture = picture
	s.beginPage()
	s.stream.text(Regular, 1, 0, 0, string(alphabet()))
	if err := s.Close(); err != nil {
		return nil, fmt.Errorf("drawing the stamps' font: %w", err)
	}
	return file.Bytes(), nil
}

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

// draw sets the lines in the largest type that fits the area. Every step down
// is a tenth: text of any length fits in the end.
func (b *stampBase) draw(s *stream, texts []string, colour string, in area) {
	const edge = 1.5 // points that stay free all around
	m := b.faces[Regular]
	var room [8]string
	lines, size := room[:0], float64(largestStamp)
	for ; ; size *= 0.9 {
		lines = lines[:0]
		for _, text := range texts {
			lines = m.lines(lines, text, int(max(1, in.width-2*edge)/size*1000))
		}
		if float64(len(lines))*lead(size) <= in.height-2*edge || size < 0.01 {
			break
		}
	}
	s.b = append(s.b, colour...)
	y := in.bottom + (in.height+float64(len(lines))*lead(size))/2 - lead(size)
	for _, line := range lines {
		s.text(Regular, size, in.left+edge, y+0.25*size, line)
		y -= lead(size)
	}
	s.endText()
}
