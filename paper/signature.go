package paper

import (
	"errors"
	"fmt"
	"strings"
)

// ErrField says that a document would have two signature fields of one name.
var ErrField = errors.New("signature field of this name drawn already")

// Signature is a block for one signature: ô số 7a to 7c and 8 of ND30.
type Signature struct {
	Titles []string // bold, upper case: TM. ỦY BAN NHÂN DÂN, CHỦ TỊCH
	Note   string   // what the titles leave open, in italics
	Name   string   // empty: room to write it
	Field  string   // the person's signature field
	Seal   string   // the organisation's, over a third of the person's on the left; empty: none
}

// The fields stand between position and name. A stamp of three lines is readable
// in two thirds of the person's; the seal's height is what a round seal of 36 mm
// leaves when it goes by its middle.
const (
	personWidth = 57 * mm
	sealWidth   = 40 * mm
	fieldHeight = 24 * mm
)

// signatureHead is what stands above the room of a block.
func (s *Sheet) signatureHead(b Signature, left, width float64) column {
	c := column{left: left, width: width}
	for _, title := range b.Titles {
		c.add(s, title, item{face: Bold, size: 13, align: Centre})
	}
	if b.Note != "" {
		c.add(s, b.Note, item{face: Italic, size: 12, align: Centre})
	}
	return c
}

// signature lays a block out below its head: the room with its fields, the name.
func (s *Sheet) signature(b Signature, head column) column {
	c, width := head, head.width
	c.gap(1 * mm)
	room := item{lead: fieldHeight}
	person := box{field: b.Field, width: min(personWidth, width-4*mm), height: fieldHeight}
	person.left = (width - person.width) / 2
	if b.Field != "" {
		room.room = append(room.room, person)
	}
	if b.Seal != "" {
		room.room = append(room.room, box{field: b.Seal, left: person.left + person.width/3 - sealWidth, width: sealWidth, height: fieldHeight})
	}
	c.items = append(c.items, room)
	c.gap(1 * mm)
	if b.Name == "" {
		c.gap(lead(13))
	} else {
		c.add(s, b.Name, item{face: Bold, size: 13, align: Centre})
	}
	return c
}

// Signatures draws blocks side by side, their rooms at one height.
func (s *Sheet) Signatures(blocks ...Signature) {
	s.y += 4 * mm
	width := s.textWidth() / float64(len(blocks))
	columns, tallest := make([]column, len(blocks)), 0.0
	for i, b := range blocks {
		columns[i] = s.signatureHead(b, float64(i)*width, width-2*mm)
		tallest = max(tallest, columns[i].height())
	}
	for i, b := range blocks {
		columns[i].gap(tallest - columns[i].height())
		columns[i] = s.signature(b, columns[i])
	}
	s.stack(true, columns...)
}

// Closing draws the end of a document: who gets it on the left, who signs on the
// right.
func (s *Sheet) Closing(recipients []string, b Signature) {
	s.y += 5 * mm
	s.stack(true, s.recipients(recipients, headLeft-3*mm), s.signature(b, s.signatureHead(b, headLeft, headRight)))
}

// Recipients draws ô số 9b alone.
func (s *Sheet) Recipients(list []string) {
	s.y += 4 * mm
	s.stack(true, s.recipients(list, s.textWidth()))
}

// recipients is the column of ô số 9b: one line each with a semicolon, a full stop
// after the last.
func (s *Sheet) recipients(list []string, width float64) column {
	c := column{width: width}
	c.add(s, "Nơi nhận:", item{face: BoldItalic, size: 12})
	for i, name := range list {
		end := ";"
		if i == len(list)-1 {
			end = "."
		}
		c.add(s, "- "+name+end, item{size: 11})
	}
	return c
}

// field is an empty signature field on a page.
type field struct {
	name   string
	object int
	page   int
	rect   [4]float64 // points from the lower left corner
}

// field prepares an empty signature field: the fields of every expected signer
// exist before anybody signs, so that later signers only fill them.
func (s *Sheet) field(b box, x, y float64) {
	for _, other := range s.fields {
		if other.name == b.field {
			s.fail(fmt.Errorf("field %s: %w", b.field, ErrField))
			return
		}
	}
	left, top := x+b.left, s.size.height-y
	s.fields = append(s.fields, field{b.field, s.objects.reserve(), s.current, [4]float64{left, top - b.height, left + b.width, top}})
}

// form writes the signature fields and returns the catalog's entry for them.
func (s *Sheet) form() string {
	if len(s.fields) == 0 {
		return ""
	}
	o := s.objects
	// Every annotation has an appearance (ISO 19005-3, 6.3.3); an empty one shows
	// nothing. The first signature of a field brings its own.
	blank := o.reserve()
	o.stream(blank, "/Type/XObject/Subtype/Form/BBox[0 0 1 1]", nil)
	var all strings.Builder
	for _, f := range s.fields {
		var rect []byte
		for _, v := range f.rect {
			rect = append(appendNumber(rect, hundredths(v)), ' ')
		}
		// F: printed and locked, and neither hidden nor invisible (ISO 19005-3, 6.3.2).
		o.put(f.object, fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(%s)/F 132/P %s/Rect[%s]/AP<</N %s>>>>",
			f.name, ref(f.page), rect, ref(blank)))
		all.WriteString(ref(f.object) + " ")
	}
	// SigFlags 1: there are signature fields; that only appending is allowed begins
	// with the first signature (ISO 32000-1, table 219).
	return "/AcroForm<</Fields[" + all.String() + "]/SigFlags 1>>"
}
