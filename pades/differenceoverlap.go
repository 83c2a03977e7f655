package pades

// What is laid over a page after it was signed can cover what it says, or change it: a
// figure by a digit beside it. Rule R-M9 tells the reader where that may be so. Only what
// is new counts: prepared fields lie where the author put them before anybody signed.

// box is a rectangle on a page: left, bottom, right, top.
type box [4]float64

// meets reports whether two rectangles share more than an edge.
func (b box) meets(c box) bool {
	return b[0] < c[2] && c[0] < b[2] && b[1] < c[3] && c[1] < b[3]
}

// pageTexts are where the pages of the signed revision show text, read when asked for.
type pageTexts struct {
	rev   int
	known map[Ref][]box
}

// Bounds on what is read and compared for R-M9, which only warns.
const (
	maxTextPages   = 32
	maxTextBoxes   = 20_000
	maxTextContent = 4 << 20
	maxNeighbours  = 1000
)

// overlap notes a new annotation that lies over text of its page or over another
// annotation (R-M9).
func (d *differ) overlap(page, ref Ref, annotation Value) error {
	flags, err := d.f.key(d.new, annotation, "F")
	if err != nil {
		return err
	}
	rect, err := d.f.rectangle(d.new, annotation.Key("Rect"))
	if bits, _ := flags.Int(); err != nil || !visible(rect) || bits&flagsUnseen != 0 || annotation.Key("Subtype").Name() == "Popup" {
		return err
	}
	over, err := d.overAnnotation(page, box(rect))
	if err != nil {
		return err
	}
	what := "something new lies over an annotation or a field"
	if !over {
		if over, err = d.overText(page, box(rect)); err != nil {
			return err
		}
		what = "something new lies over text of the page"
	}
	if over {
		d.note(Change{Rule: "R-M9", Object: ref, Page: d.pages[page], Note: true, What: what})
	}
	return nil
}

// overAnnotation reports whether a rectangle meets an annotation that was on the page.
func (d *differ) overAnnotation(page Ref, rect box) (bool, error) {
	was, err := d.f.Object(d.old, page)
	if err != nil {
		return false, err
	}
	list, err := d.f.key(d.old, was, "Annots")
	if err != nil {
		return false, err
	}
	items := list.Items()
	for _, item := range items[:min(len(items), maxNeighbours)] {
		other, err := d.f.Resolve(d.old, item)
		if err != nil {
			return false, err
		}
		there, err := d.f.rectangle(d.old, other.Key("Rect"))
		if err != nil {
			return false, err
		}
		if visible(there) && rect.meets(there) && other.Key("Subtype").Name() != "Popup" {
			return true, nil
		}
	}
	return false, nil
}

// overText reports whether a rectangle meets text of the page as it was signed.
func (d *differ) overText(page Ref, rect box) (bool, error) {
	texts, known := d.texts.known[page]
	if !known {
		if len(d.texts.known) == maxTextPages || d.pages[page] == 0 {
			return false, nil
		}
		var err error
		if texts, err = d.f.textBoxes(d.texts.rev, page); err != nil {
			return false, err
		}
		d.texts.known[page] = texts
	}
	for _, text := range texts {
		if rect.meets(text) {
			return true, nil
		}
	}
	return false, nil
}

// textBoxes are about where a page shows text (9.4): widths of fonts are not read, each
// code counts as half an em. What cannot be read is left out.
func (f *File) textBoxes(rev int, page Ref) ([]box, error) {
	dict, err := f.Object(rev, page)
	if err != nil {
		return nil, err
	}
	contents, err := f.key(rev, dict, "Contents")
	if err != nil {
		return nil, err
	}
	parts := contents.Items()
	if contents.Kind == Stream {
		parts = []Value{contents}
	}
	var all []byte // 7.8.2: the parts are one content, divided anywhere between tokens
	for _, part := range parts {
		stream, err := f.Resolve(rev, part)
		if err != nil {
			return nil, err
		}
		data, err := f.decode(rev, stream)
		if over := limitOnly(err); over != nil {
			return nil, over
		}
		if len(all)+len(data) > maxTextContent {
			break
		}
		all = append(append(all, data...), '\n')
	}
	p := textPlacer{matrix: identity}
	s := f.scan(all, 0)
	var operands []Value
	for s.space(); s.pos < len(s.b) && len(p.boxes) < maxTextBoxes; s.space() {
		if operator := s.operator(); operator != "" {
			p.operate(operator, operands)
			operands = operands[:0]
			continue
		}
		v, err := s.value()
		if err != nil || len(operands) == 64 {
			break // an inline image, or what is no content: nothing after it is placed
		}
		operands = append(operands, v)
	}
	return p.boxes, f.spend(s, 0)
}

// matrix is a transformation [a b c d e f] (8.3.3).
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// then is the transformation m followed by n.
func (m matrix) then(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// bounds is the rectangle around a transformed one.
func (m matrix) bounds(b box) box {
	out := box{}
	for i, corner := range [][2]float64{{b[0], b[1]}, {b[2], b[1]}, {b[0], b[3]}, {b[2], b[3]}} {
		x := m[0]*corner[0] + m[2]*corner[1] + m[4]
		y := m[1]*corner[0] + m[3]*corner[1] + m[5]
		if i == 0 {
			out = box{x, y, x, y}
		}
		out = box{min(out[0], x), min(out[1], y), max(out[2], x), max(out[3], y)}
	}
	return out
}

// textPlacer follows the operators that say where text stands (8.4.4, 9.4.2).
type textPlacer struct {
	matrix     matrix // to the page
	saved      []matrix
	text, line matrix
	size, lead float64
	boxes      []box
}

func (p *textPlacer) operate(operator string, operands []Value) {
	numbers := make([]float64, 0, 6)
	for _, v := range operands {
		if n, ok := v.Number(); ok {
			numbers = append(numbers, n)
		}
	}
	last := Value{}
	if len(operands) > 0 {
		last = operands[len(operands)-1]
	}
	switch {
	case operator == "q" && len(p.saved) < 100:
		p.saved = append(p.saved, p.matrix)
	case operator == "Q" && len(p.saved) > 0:
		p.matrix, p.saved = p.saved[len(p.saved)-1], p.saved[:len(p.saved)-1]
	case operator == "cm" && len(numbers) == 6:
		p.matrix = matrix(numbers).then(p.matrix)
	case operator == "BT":
		p.text, p.line = identity, identity
	case operator == "Tm" && len(numbers) == 6:
		p.text, p.line = matrix(numbers), matrix(numbers)
	case operator == "Tf" && len(numbers) == 1:
		p.size = numbers[0]
	case operator == "TL" && len(numbers) == 1:
		p.lead = numbers[0]
	case operator == "Td" && len(numbers) == 2:
		p.move(numbers[0], numbers[1])
	case operator == "TD" && len(numbers) == 2:
		p.lead = -numbers[1]
		p.move(numbers[0], numbers[1])
	case operator == "T*":
		p.move(0, -p.lead)
	case operator == "'" || operator == "\"":
		p.move(0, -p.lead)
		p.show(len(last.octets))
	case operator == "Tj":
		p.show(len(last.octets))
	case operator == "TJ":
		codes := 0
		for _, item := range last.Items() {
			codes += len(item.octets)
		}
		p.show(codes)
	}
}

func (p *textPlacer) move(x, y float64) {
	p.line = matrix{1, 0, 0, 1, x, y}.then(p.line)
	p.text = p.line
}

func (p *textPlacer) show(codes int) {
	if codes == 0 {
		return
	}
	width := float64(codes) * p.size / 2
	p.boxes = append(p.boxes, p.text.then(p.matrix).bounds(box{0, -p.size / 5, width, p.size}))
	p.text = matrix{1, 0, 0, 1, width, 0}.then(p.text)
}
