package pades

import (
	"math"
	"slices"
	"strings"
)

// sight says whether the text of an appearance can be seen (R-M4): text that says the
// field's value proves nothing where it is too small, outside the box, in the colour of
// what it stands on, or painted over. Honest appearances draw a background and a border,
// and then the text.
type sight struct {
	text   textPlacer
	seen   sightState
	saved  []sightState
	path   box
	parts  int  // of the path
	clips  bool // the path is to clip
	shown  bool // some text
	scale  float64
	ground []ground // what was painted, the paper first
}

// ground is what text may stand on, and how light it is.
type ground struct {
	box
	light float64
}

type sightState struct {
	within box     // what is not clipped away
	fill   float64 // how light the colour of filling is: 0 black, 1 white
}

// Bounds of what counts as seen: 2 points high, and an eighth of the way from black to
// white off what it stands on.
const (
	leastHeight   = 2.0
	leastContrast = 0.125
	maxGrounds    = 64
)

// sightOf begins an appearance that is shown in a rectangle of the page; ok is false for one
// that is shown in none (12.5.5).
func (d *differ) sightOf(form Value, rect box) (s *sight, ok bool, err error) {
	b, err := d.f.rectangle(d.new, form.Key("BBox"))
	if err != nil || !visible(b) || !visible(rect) || form.Key("OC").Kind != Null {
		return nil, false, err
	}
	bbox := box(b)
	return &sight{
		text: textPlacer{matrix: identity}, seen: sightState{within: bbox}, ground: []ground{{bbox, 1}},
		scale: math.Sqrt(rect.area() / bbox.area()),
	}, true, nil
}

func (b box) area() float64 { return (b[2] - b[0]) * (b[3] - b[1]) }

// operate follows an operator, and reports whether what was shown can still be seen.
func (s *sight) operate(operator string, operands []Value) bool {
	var numbers []float64
	for _, v := range operands {
		if n, ok := v.Number(); ok {
			numbers = append(numbers, n)
		}
	}
	switch operator {
	case "q":
		if len(s.saved) == 100 {
			return false
		}
		s.saved = append(s.saved, s.seen)
	case "Q":
		if n := len(s.saved); n > 0 {
			s.seen, s.saved = s.saved[n-1], s.saved[:n-1]
		}
	case "g", "rg", "k", "sc", "scn":
		return s.colour(numbers)
	case "cs": // PDFBox names the space, others do not; what is no name of a device is not read
		s.seen.fill = 0
		return len(operands) == 1 && strings.HasPrefix(operands[0].Name(), "Device")
	case "gs": // may make things transparent
		return false
	case "BDC": // a layer may be switched off (8.11.3.2)
		return len(operands) == 0 || operands[0].Name() != "OC"
	case "Tr":
		return len(numbers) == 1 && (numbers[0] == 0 || numbers[0] == 2) // all others paint no filled letters, or clip
	case "re":
		if len(numbers) == 4 {
			s.extend(box{numbers[0], numbers[1], numbers[0] + numbers[2], numbers[1] + numbers[3]})
		}
		s.parts++
	case "m", "l", "c", "v", "y":
		if operator == "m" {
			s.parts++
		}
		for ; len(numbers) >= 2; numbers = numbers[2:] {
			s.extend(box{numbers[0], numbers[1], numbers[0], numbers[1]})
		}
	case "W", "W*":
		s.clips = true
		return s.parts <= 1 // with more, what lies within may be cut out
	case "n", "S", "s", "f", "F", "f*", "B", "B*", "b", "b*":
		return s.paint(operator)
	}
	return s.place(operator, operands)
}

// colour takes a colour of DeviceGray, DeviceRGB or DeviceCMYK, by how light it is.
func (s *sight) colour(c []float64) bool {
	switch len(c) {
	case 1:
		s.seen.fill = c[0]
	case 3:
		s.seen.fill = (c[0] + c[1] + c[2]) / 3
	case 4:
		s.seen.fill = (1 - c[3]) * (1 - (c[0]+c[1]+c[2])/3)
	default:
		return false
	}
	return true
}

// extend takes a rectangle, whichever way round, into the path.
func (s *sight) extend(b box) {
	b = s.text.matrix.bounds(b)
	if s.path == (box{}) {
		s.path = b
		return
	}
	s.path = box{min(s.path[0], b[0]), min(s.path[1], b[1]), max(s.path[2], b[2]), max(s.path[3], b[3])}
}

// paint ends a path. What is painted after text may cover it.
func (s *sight) paint(operator string) bool {
	plain := true
	if operator != "n" {
		plain = !s.shown && len(s.ground) < maxGrounds
		if operator != "S" && operator != "s" {
			s.ground = append(s.ground, ground{s.path, s.seen.fill})
		}
	}
	if w := &s.seen.within; s.clips {
		*w = box{max(w[0], s.path[0]), max(w[1], s.path[1]), min(w[2], s.path[2]), min(w[3], s.path[3])}
	}
	s.path, s.parts, s.clips = box{}, 0, false
	return plain
}

// place follows an operator of text, and looks at what it shows.
func (s *sight) place(operator string, operands []Value) bool {
	s.text.operate(operator, operands)
	if len(s.text.boxes) == 0 {
		return true
	}
	b, w := s.text.boxes[0], s.seen.within
	s.text.boxes, s.shown = s.text.boxes[:0], true // a content may hold millions
	middle := (b[1] + b[3]) / 2
	if (b[3]-b[1])*s.scale < leastHeight || middle < w[1] || middle > w[3] || b[0] < w[0]-1 || b[0] > w[2] || w[2]-w[0] < leastHeight {
		return false
	}
	return !slices.ContainsFunc(s.ground, func(g ground) bool {
		stands := g.box[0] < b[2] && b[0] < g.box[2] && g.box[1] <= middle && middle <= g.box[3]
		return stands && math.Abs(g.light-s.seen.fill) < leastContrast
	})
}
