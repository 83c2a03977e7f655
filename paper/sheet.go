package paper

import (
	"fmt"
	"io"
	"strings"
)

// Sheet is a document being drawn, page after page, from the top down. Lengths are
// millimetres in its interface. The first error stays and is what [Sheet.Close]
// returns; drawing after it does nothing, so that callers ask once.
type Sheet struct {
	objects   *objects
	stream    stream
	used      usage
	about     Properties
	mark      code
	picture   *Picture // that content streams may show; nil: none
	pages     int      // object numbers
	resources int
	current   int
	kids      []int
	fields    []field
	size      format
	y         float64 // down from the upper edge, points
	number    int     // of the page within its part
	record    string  // id of the record being drawn, for errors
	err       error
}

// Orientation of the paper (Nghị định 30/2020/NĐ-CP, Phụ lục I, phần I, mục I.1).
type Orientation int

// The orientations; landscape is for lists.
const (
	Portrait Orientation = iota
	Landscape
)

// format is a page's size and margins in points.
type format struct {
	width, height            float64
	left, right, top, bottom float64
}

// formats are A4 within the margins that the decree allows (phần I, mục I.3: top
// and bottom 20 to 25 mm, left 30 to 35, right 15 to 20).
func (o Orientation) format() format {
	f := format{width: 210 * mm, height: 297 * mm, left: 30 * mm, right: 15 * mm, top: 20 * mm, bottom: 20 * mm}
	if o == Landscape {
		f.width, f.height = f.height, f.width
	}
	return f
}

// NewSheet begins a document that is written to w while it is drawn.
func NewSheet(w io.Writer, about Properties) *Sheet {
	s := &Sheet{about: about}
	faces, err := allMetrics()
	if err != nil {
		s.fail(err)
		return s
	}
	if about.Mark != "" {
		if s.mark, err = newCode(about.Mark); err != nil {
			s.fail(err)
			return s
		}
	}
	for _, text := range [...]string{about.Title, about.Footer} {
		if err := faces[Regular].checkText(text); err != nil {
			s.fail(fmt.Errorf("title or footer: %w", err))
			return s
		}
	}
	s.stream = stream{faces: &faces, used: &s.used}
	s.objects = newObjects(w)
	s.pages, s.resources = s.objects.reserve(), s.objects.reserve()
	return s
}

func (s *Sheet) fail(err error) {
	if s.err != nil {
		return
	}
	if s.record != "" {
		err = fmt.Errorf("record %s: %w", s.record, err)
	}
	s.err = err
}

// Part begins a part of the document on a new page: the document itself, or an
// annex, whose pages are numbered on their own (phần I, mục I.7 and IV.2).
func (s *Sheet) Part(o Orientation) {
	s.endPage()
	s.size, s.number = o.format(), 0
	s.beginPage()
}

func (s *Sheet) beginPage() {
	if s.err != nil {
		return
	}
	s.number++
	s.current = s.objects.reserve()
	s.stream.reset()
	s.y = s.size.top
	if s.number > 1 {
		// Size 13 to 14, centred within the top margin, not on the first page.
		s.line(item{text: fmt.Sprint(s.number), size: 13, lead: 13, align: Centre}, s.size.left, s.textWidth(), 11*mm-6.5)
	}
	if s.about.Footer != "" {
		s.line(item{text: s.about.Footer, face: Bold, size: 10, lead: 10, align: Centre}, s.size.left, s.textWidth(), s.size.height-12*mm)
	}
	if s.mark != nil {
		// In the wide left margin, where it takes no room from the text.
		s.stream.code(s.mark, 4*mm, markSide+6*mm, markSide)
	}
}

// markSide makes a module of a version 6 code half a millimetre: four pixels in a
// scan of 200 dpi, which is the least that ND30 allows (Phụ lục I, phần III).
const markSide = 25 * mm

// endPage writes the page that was being drawn.
func (s *Sheet) endPage() {
	if s.err != nil || s.current == 0 {
		return
	}
	s.stream.endText()
	content := s.objects.reserve()
	s.objects.stream(content, "", s.stream.b)
	var annotations strings.Builder
	for _, f := range s.fields {
		if f.page == s.current {
			annotations.WriteString(ref(f.object) + " ")
		}
	}
	entries := ""
	if annotations.Len() > 0 {
		entries = "/Annots[" + annotations.String() + "]"
	}
	s.objects.put(s.current, fmt.Sprintf("<</Type/Page/Parent %s/Resources %s/MediaBox[0 0 %s %s]/Contents %s%s>>",
		ref(s.pages), ref(s.resources), appendNumber(nil, hundredths(s.size.width)), appendNumber(nil, hundredths(s.size.height)), ref(content), entries))
	s.kids = append(s.kids, s.current)
	s.current = 0
	if s.objects.err != nil {
		s.fail(s.objects.err)
	}
}

func (s *Sheet) breakPage() {
	s.endPage()
	s.beginPage()
}

// textWidth, foot and room: where text may stand, in points.
func (s *Sheet) textWidth() float64 { return s.size.width - s.size.left - s.size.right }
func (s *Sheet) foot() float64      { return s.size.height - s.size.bottom }
func (s *Sheet) room() float64      { return s.foot() - s.y }

// Keep begins a new page unless height is left on this one.
func (s *Sheet) Keep(height float64) {
	if s.err == nil && height*mm > s.room() {
		s.breakPage()
	}
}

// Close writes what the pages need and ends the file. It does not close the
// writer.
func (s *Sheet) Close() error {
	s.endPage()
	if s.err != nil {
		return s.err
	}
	o := s.objects
	var fonts, kids strings.Builder
	for f := range faceCount {
		runes := s.used.runes(f)
		if len(runes) == 0 {
			continue
		}
		n := o.reserve()
		if err := o.font(n, s.stream.faces[f], runes); err != nil {
			return err
		}
		fmt.Fprintf(&fonts, "/%s %s", resourceName(f), ref(n))
	}
	for _, page := range s.kids {
		kids.WriteString(ref(page) + " ")
	}
	pictures := ""
	if s.picture != nil {
		pictures = "/XObject<</" + pictureName + " " + ref(o.picture(s.picture)) + ">>"
	}
	o.put(s.resources, fmt.Sprintf("<</Font<<%s>>%s>>", fonts.String(), pictures))
	o.put(s.pages, fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(s.kids), kids.String()))
	form := s.form()
	entries, info := o.archive(s.about)
	catalog := o.reserve()
	o.put(catalog, fmt.Sprintf("<</Type/Catalog/Pages %s%s%s>>", ref(s.pages), form, entries))
	return o.finish(catalog, info)
}
