package pades

import (
	"math"
	"strings"
	"unicode"
)

// sight says whether the text of an appearance can be seen (R-M4): text that says the
// field's value proves nothing where it is too small, outside the box, in the colour of
// what it stands on, painted over, turned round (a 6 is a 9), or in another order than it
// is read. Honest appearances draw a background and a border, and then the text, upright
// and from left to right.
type sight struct {
	seen       sightState
	saved      []sightState
	bbox       box
	scale      [2]float64 // from the form to the page
	path       outline
	clips      bool // the path is to clip
	ground     []ground
	inText     bool
	text, line matrix
	last       box // what was shown last
	shows      int
}

// sightState is what q saves (8.4.1).
type sightState struct {
	matrix       matrix
	within       box // what is not clipped away
	fill, stroke colour
	width        float64 // of lines
	font         *fontText
	size, lead   float64
}

// Bounds of what counts as seen: 2 points high, and an eighth of the way from black to
// white off what it stands on.
const (
	leastHeight   = 2.0
	leastContrast = 0.125
	maxShows      = 20_000
)

// sightOf begins an appearance that is shown in a rectangle of the page, by a widget turned
// so many degrees (table 189, /R); ok is false for one that is shown in none (12.5.5), or
// turned or stretched otherwise.
func (d *differ) sightOf(form Value, rect box, turned int64) (s *sight, ok bool, err error) {
	b, err := d.f.rectangle(d.new, form.Key("BBox"))
	if err != nil || !visible(b) || !visible(rect) || form.Key("OC").Kind != Null {
		return nil, false, err
	}
	m, err := d.f.key(d.new, form, "Matrix")
	if err != nil || m.Kind != Null && !turns(numbersOf(m.Items()), turned) || m.Kind == Null && turned != 0 {
		return nil, false, err
	}
	bbox := box(b)
	wide, high := rect[2]-rect[0], rect[3]-rect[1]
	if turned%180 != 0 {
		wide, high = high, wide
	}
	scale := [2]float64{wide / (bbox[2] - bbox[0]), high / (bbox[3] - bbox[1])}
	black := colour{0, 1}
	return &sight{
		seen: sightState{matrix: identity, within: bbox, fill: black, stroke: black, width: 1},
		bbox: bbox, scale: scale, ground: []ground{{box: bbox, light: 1}},
	}, alikeIn(scale[0], scale[1]), nil
}

// alikeIn reports whether letters of such a width and height keep their shape.
func alikeIn(wide, high float64) bool { return wide >= high/2 && wide <= high*2 }

// turns reports whether a form's matrix turns it as the widget says, and does nothing else.
func turns(m []float64, degrees int64) bool {
	if len(m) != 6 {
		return false
	}
	size := math.Max(math.Abs(m[0]), math.Abs(m[1]))
	want := map[int64][4]float64{0: {1, 0, 0, 1}, 90: {0, 1, -1, 0}, 180: {-1, 0, 0, -1}, 270: {0, -1, 1, 0}}[degrees]
	for i, w := range want {
		if !(math.Abs(m[i]-w*size) <= size/1000) {
			return false
		}
	}
	return want != [4]float64{} && size > 0
}

func numbersOf(operands []Value) []float64 {
	var numbers []float64
	for _, v := range operands {
		if n, ok := v.Number(); ok {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// operandsOf is how many operands an operator takes, and how many of them are numbers. Those
// that are not listed draw what is not read here: pictures, shadings, transparency. With
// more operands than these readers take the last ones, or the first.
func operandsOf(operator string) (count, numbers int, known bool) {
	switch operator {
	case "q", "Q", "h", "S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "n", "W", "W*", "BT", "ET", "T*", "EMC":
		return 0, 0, true
	case "w", "J", "j", "M", "i", "Tc", "Tw", "Tz", "TL", "Tr", "Ts", "g", "G":
		return 1, 1, true
	case "ri", "Tj", "TJ", "'", "cs", "CS", "BMC", "MP":
		return 1, 0, true
	case "m", "l", "Td", "TD":
		return 2, 2, true
	case "d", "Tf":
		return 2, 1, true
	case "BDC", "DP":
		return 2, 0, true
	case "rg", "RG":
		return 3, 3, true
	case "\"":
		return 3, 2, true
	case "v", "y", "re", "k", "K":
		return 4, 4, true
	case "c", "cm", "Tm":
		return 6, 6, true
	}
	return 0, 0, false
}

// operate follows an operator, and reports whether what is shown can still be seen.
func (s *sight) operate(operator string, operands []Value) bool {
	n := numbersOf(operands)
	switch operator {
	case "sc", "scn":
		return len(operands) == len(n) && s.seen.fill.set(n, s.seen.fill.components)
	case "SC", "SCN":
		return len(operands) == len(n) && s.seen.stroke.set(n, s.seen.stroke.components)
	}
	if count, numbers, known := operandsOf(operator); !known || len(operands) != count || len(n) != numbers {
		return false
	}
	switch operator {
	case "q", "Q", "cm":
		return !s.inText && s.save(operator, n)
	case "g", "rg", "k":
		return s.seen.fill.set(n, len(n))
	case "G", "RG", "K":
		return s.seen.stroke.set(n, len(n))
	case "cs": // PDFBox names the space, others do not; what is no name of a device is not read
		return s.seen.fill.in(operands[0].Name())
	case "CS":
		return s.seen.stroke.in(operands[0].Name())
	case "BDC": // a layer may be switched off (8.11.3.2)
		return operands[0].Name() != "OC"
	case "w":
		s.seen.width = n[0]
	case "Tr", "Tc", "Tw", "Ts":
		return n[0] == 0 // all others paint letters otherwise, or elsewhere
	case "Tz":
		return n[0] == 100
	case "m", "l", "c", "v", "y", "h", "re":
		return !s.inText && s.path.add(operator, n, s.seen.matrix)
	case "W", "W*":
		s.clips = true
	case "n", "S", "s", "f", "F", "f*", "B", "B*", "b", "b*":
		return !s.inText && s.paint(operator)
	case "BT", "ET":
		opens := operator == "BT"
		ok := s.inText != opens
		s.inText, s.text, s.line = opens, identity, identity
		return ok
	case "TL", "Tf", "Td", "TD", "Tm", "T*", "'", "\"":
		return s.place(operator, n)
	}
	return true
}

// save keeps the state, or takes up again what was kept, or moves what comes.
func (s *sight) save(operator string, n []float64) bool {
	kept := len(s.saved)
	switch {
	case operator == "cm":
		s.seen.matrix = matrix(n).then(s.seen.matrix)
	case operator == "q":
		s.saved = append(s.saved, s.seen)
		return kept < 100
	case kept == 0:
		return false
	default:
		s.seen, s.saved = s.saved[kept-1], s.saved[:kept-1]
	}
	return true
}

// place follows an operator that says where text stands (9.4.2).
func (s *sight) place(operator string, n []float64) bool {
	down := false
	switch operator {
	case "TL":
		s.seen.lead = n[0]
		return true
	case "Tf":
		s.seen.size = n[0]
		return true
	case "Tm":
		s.line = matrix(n)
	case "TD":
		s.seen.lead = -n[1]
		s.line = matrix{1, 0, 0, 1, n[0], n[1]}.then(s.line)
	case "Td":
		s.line = matrix{1, 0, 0, 1, n[0], n[1]}.then(s.line)
	default:
		down = true
	}
	if down {
		s.line = matrix{1, 0, 0, 1, 0, -s.seen.lead}.then(s.line)
	}
	s.text = s.line
	return s.inText && (operator != "\"" || n[0] == 0 && n[1] == 0)
}

// kern moves what comes, in thousandths of the size to the left (9.4.3): letters nearer to
// each other or words apart, and nothing farther.
func (s *sight) kern(n float64) bool {
	s.text = matrix{1, 0, 0, 1, -n / 1000 * s.seen.size, 0}.then(s.text)
	return math.Abs(n) <= 500
}

// show looks at text that is shown.
func (s *sight) show(text string) bool {
	size, m := s.seen.size, s.text.then(s.seen.matrix)
	least, most := widths(text)
	s.text = matrix{1, 0, 0, 1, least * size, 0}.then(s.text)
	if text = strings.TrimSpace(text); text == "" {
		return true
	}
	least, _ = widths(text)
	wide, high := m[0]*size*s.scale[0], m[3]*size*s.scale[1]
	// Said so that what is no number is not seen.
	upright := high*1.2 >= leastHeight && alikeIn(wide, high) && math.Abs(m[1])+math.Abs(m[2]) <= m[0]/100
	b := m.bounds(box{0, 0, least * size, 0.6 * size}) // of small letters
	w := s.seen.within
	inside := b[0] >= w[0]-1 && b[2] <= w[2]+1 && b[1] >= w[1]-(b[3]-b[1])/4 && b[3] <= w[3]
	if s.shows++; !s.inText || !upright || !inside || !s.follows(b) || s.shows > maxShows {
		return false
	}
	s.last = b
	for _, g := range s.ground {
		reach := b
		if !g.line {
			reach[2] = b[0] + (b[2]-b[0])*most/least
		}
		if g.meets(reach) && (g.line || g.box[1] > b[1] || g.box[3] < b[3] || math.Abs(g.light-s.seen.fill.light) < leastContrast) {
			return false
		}
	}
	return true
}

// follows reports whether text is read after what was shown last: beside it or lower.
func (s *sight) follows(b box) bool {
	if s.shows == 1 {
		return true
	}
	high := b[3] - b[1]
	if down := s.last[1] - b[1]; math.Abs(down) > high/2 {
		return down > 0
	}
	return b[0] >= s.last[2]-high/3
}

// widths are how many times its size a text is wide, at least and at most. Widths of fonts
// are not read: figures, which count most, are half as wide as they are high in all of them.
func widths(text string) (least, most float64) {
	for _, r := range text {
		most++
		switch {
		case r >= '0' && r <= '9':
			least += 0.5
		case unicode.IsSpace(r):
			least += 0.2
		case unicode.IsLetter(r):
			least += 0.35
		default:
			least += 0.2
		}
	}
	return least, most
}
