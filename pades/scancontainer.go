package pades

import (
	"math"
	"strconv"
)

// numeric reads a number (7.3.3) or, where two numbers are followed by R, a
// reference (7.3.10).
func (s *scanner) numeric() (Value, error) {
	if v, ok := s.reference(); ok {
		return v, nil
	}
	start, digits, points := s.pos, 0, 0
	if c := s.b[s.pos]; c == '+' || c == '-' {
		s.pos++
	}
	for ; s.pos < len(s.b) && isRegular(s.b[s.pos]); s.pos++ {
		switch c := s.b[s.pos]; {
		case isDigit(c):
			digits++
		case c == '.':
			points++
		default:
			return Value{}, s.fail("a number with other characters")
		}
	}
	// 40 digits are more than any writer gives; a float of millions of them
	// would be costly to convert.
	if digits == 0 || digits > 40 || points > 1 {
		return Value{}, s.fail("not a number")
	}
	text := string(s.b[start:s.pos])
	if points == 0 {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return Value{}, s.fail("an integer out of range")
		}
		return Value{Kind: Integer, number: uint64(n)}, nil
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return Value{}, s.fail("a real number out of range")
	}
	return Value{Kind: Real, number: math.Float64bits(x)}, nil
}

func (s *scanner) reference() (Value, bool) {
	start := s.pos
	n, ok := s.digits()
	if ok && n <= math.MaxInt32 && s.blank() {
		if g, ok := s.digits(); ok && g <= math.MaxUint16 && s.blank() && s.word("R") {
			return Value{Kind: Reference, number: uint64(n)<<32 | uint64(g)}, true
		}
	}
	s.pos = start
	return Value{}, false
}

func (s *scanner) array() (Value, error) {
	items, err := s.until("]", 1)
	return Value{Kind: Array, items: items}, err
}

// dictionary reads a dictionary (7.3.7). A key that occurs twice with two values is refused:
// readers differ in which of the two they take.
func (s *scanner) dictionary() (Value, error) {
	items, err := s.until(">>", 2)
	if err != nil {
		return Value{}, err
	}
	if len(items)%2 == 1 {
		return Value{}, s.fail("a dictionary key without a value")
	}
	var seen map[string]int // where the key stands in kept
	if len(items) > 32 {
		seen = make(map[string]int, len(items)/2)
	}
	kept := items[:0]
	for i := 0; i < len(items); i += 2 {
		if items[i].Kind != Name {
			return Value{}, broken(ruleStructure, items[i].Start, "a dictionary key that is not a name")
		}
		first, twice := seen[string(items[i].octets)]
		if seen == nil {
			first = Value{Kind: Dictionary, items: kept}.index(string(items[i].octets))
			twice = first >= 0
		}
		switch {
		case !twice:
			if seen != nil {
				seen[string(items[i].octets)] = len(kept)
			}
			kept = append(kept, items[i], items[i+1])
		case !kept[first+1].same(items[i+1]):
			return Value{}, broken(ruleDuplicate, items[i].Start, "a dictionary key that occurs twice")
		}
	}
	return Value{Kind: Dictionary, items: kept}, nil
}

// until reads values up to the closing token, after an opening one of n bytes.
func (s *scanner) until(closing string, n int) ([]Value, error) {
	if s.depth--; s.depth < 0 {
		return nil, broken(ruleLimit, int64(s.pos), "objects nested too deep")
	}
	before := len(*s.open)
	defer func() {
		s.depth++
		*s.open = (*s.open)[:before]
		if before == 0 && cap(*s.open) > 4096 { // one huge object is not to be paid for as long as the file is open
			*s.open = nil
		}
	}()
	s.pos += n
	for {
		s.space()
		if end := s.pos + len(closing); end <= len(s.b) && string(s.b[s.pos:end]) == closing {
			s.pos = end
			items := (*s.open)[before:]
			if len(items) == 0 {
				return nil, nil
			}
			exact := make([]Value, len(items))
			copy(exact, items)
			return exact, nil
		}
		v, err := s.value()
		if err != nil {
			return nil, err
		}
		*s.open = append(*s.open, v)
	}
}
