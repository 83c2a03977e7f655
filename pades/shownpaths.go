package pades

import "math"

// ground is what text may stand on, and how light it is; text may stand on no line.
type ground struct {
	box
	light float64
	line  bool
}

// outline is a path, by the boxes around its pieces (8.5.2).
type outline struct {
	pieces     []box
	parts      int
	rectangles bool // it is one, or several
	slanted    bool // what is a rectangle is none on the page
	start, at  [2]float64
}

// Bounds on what an appearance paints. A comb has a line for every letter; a background or
// the shadow of a border has six corners.
const (
	maxPieces  = 256
	maxCorners = 8
	maxEdge    = 5.0 // points along the edge of a box in which a border may lie
	mostOf     = 0.8 // of a box, where the whole is meant
)

// add takes up one operator of a path.
func (o *outline) add(operator string, n []float64, m matrix) bool {
	if len(o.pieces) > maxPieces {
		return false
	}
	o.slanted = o.slanted || m[1] != 0 || m[2] != 0
	piece := func(x0, y0, x1, y1 float64) {
		o.pieces = append(o.pieces, m.bounds(box{x0, y0, x1, y1}))
	}
	switch operator {
	case "re":
		o.rectangles = o.parts == 0 || o.rectangles
		x0, y0, x1, y1 := n[0], n[1], n[0]+n[2], n[1]+n[3]
		piece(x0, y0, x1, y0)
		piece(x1, y0, x1, y1)
		piece(x0, y1, x1, y1)
		piece(x0, y0, x0, y1)
		o.parts, o.start, o.at = o.parts+1, [2]float64{x0, y0}, [2]float64{x0, y0}
		return true
	case "m":
		o.parts, o.start, o.at, o.rectangles = o.parts+1, [2]float64(n), [2]float64(n), false
		return true
	case "h":
		o.close(m)
		return true
	}
	o.rectangles = false
	for ; len(n) >= 2; n = n[2:] { // curves stay within their points
		piece(o.at[0], o.at[1], n[0], n[1])
		o.at = [2]float64(n[:2])
	}
	return true
}

// close draws the line back to where the part began.
func (o *outline) close(m matrix) {
	if o.at != o.start {
		o.pieces = append(o.pieces, m.bounds(box{o.at[0], o.at[1], o.start[0], o.start[1]}))
		o.at = o.start
	}
}

func (o *outline) bounds() box {
	if len(o.pieces) == 0 {
		return box{}
	}
	b := o.pieces[0]
	for _, p := range o.pieces[1:] {
		b = box{min(b[0], p[0]), min(b[1], p[1]), max(b[2], p[2]), max(b[3], p[3])}
	}
	return b
}

// paint ends a path. What is painted after text may cover it; what is painted before has to
// be a background or a border, and no drawing that is read as text.
func (s *sight) paint(operator string) bool {
	ok := operator == "n" || s.shows == 0
	switch operator {
	case "s", "b", "b*":
		s.path.close(s.seen.matrix)
	}
	switch operator {
	case "f", "F", "f*", "B", "B*", "b", "b*":
		ok = ok && s.filled()
	}
	switch operator {
	case "S", "s", "B", "B*", "b", "b*":
		ok = ok && s.drawn()
	}
	if s.clips {
		w, p := &s.seen.within, s.path.bounds()
		*w = box{max(w[0], p[0]), max(w[1], p[1]), min(w[2], p[2]), min(w[3], p[3])}
		ok = ok && s.path.parts == 1 && s.path.rectangles && !s.path.slanted
	}
	s.path, s.clips = outline{}, false
	return ok && len(s.ground) <= maxPieces
}

// filled takes up a background.
func (s *sight) filled() bool {
	b := s.path.bounds()
	s.ground = append(s.ground, ground{box: b, light: s.seen.fill.light})
	return s.path.parts <= 1 && len(s.path.pieces) <= maxCorners && (s.across(b, 0) || s.atEdge(b))
}

// drawn takes up the lines of a border, of a comb or between lines of text.
func (s *sight) drawn() bool {
	half := math.Abs(s.seen.width) / 2 * max(math.Abs(s.seen.matrix[0])+math.Abs(s.seen.matrix[1]), math.Abs(s.seen.matrix[2])+math.Abs(s.seen.matrix[3]))
	for _, p := range s.path.pieces {
		line := box{p[0] - half, p[1] - half, p[2] + half, p[3] + half}
		s.ground = append(s.ground, ground{box: line, line: true})
		straight := p[0] == p[2] && s.across(p, 1) || p[1] == p[3] && s.across(p, 0)
		if !(straight && half*2*s.scale[0] <= maxEdge) && !s.atEdge(line) {
			return false
		}
	}
	return true
}

// across reports whether something reaches from side to side of the box, along an axis.
func (s *sight) across(b box, axis int) bool {
	reach := min(b[axis+2], s.bbox[axis+2]) - max(b[axis], s.bbox[axis])
	return reach >= mostOf*(s.bbox[axis+2]-s.bbox[axis])
}

// atEdge reports whether something lies along one edge of the box.
func (s *sight) atEdge(b box) bool {
	for axis := range 2 {
		edge := min(maxEdge/s.scale[axis], (s.bbox[axis+2]-s.bbox[axis])/5)
		if b[axis+2] <= s.bbox[axis]+edge || b[axis] >= s.bbox[axis+2]-edge {
			return true
		}
	}
	return false
}
