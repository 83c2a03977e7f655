package pades

import (
	"bytes"
	"encoding/hex"
	"math"
	"strconv"
)

// scanner reads PDF objects (ISO 32000-1, 7.2 and 7.3) from b, strictly.
type scanner struct {
	b   []byte
	pos int

	depth int // containers that may still be opened: a stack overflow cannot be recovered from
	nodes int // values that may still be read: "1 1 1 …" costs 44 bytes of memory for one of file

	// open are the values read so far of the containers that are not closed. One place for
	// all objects of a file: each would let its own grow.
	open *[]Value
}

// maxNodes is the most values one object may hold: 22 MB of memory.
const maxNodes = 250_000

func (f *File) scan(b []byte, pos int64) *scanner {
	return &scanner{b: b, pos: int(pos), depth: f.limits.Nesting, nodes: maxNodes, open: &f.open}
}

func (s *scanner) fail(format string, args ...any) error {
	return broken(ruleStructure, int64(s.pos), format, args...)
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func isRegular(c byte) bool { return !isSpace(c) && !isDelimiter(c) }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// space skips white space and comments.
func (s *scanner) space() {
	for s.pos < len(s.b) {
		switch c := s.b[s.pos]; {
		case isSpace(c):
			s.pos++
		case c == '%':
			for s.pos < len(s.b) && s.b[s.pos] != '\n' && s.b[s.pos] != '\r' {
				s.pos++
			}
		default:
			return
		}
	}
}

// word skips the keyword w if it stands here as a whole token.
func (s *scanner) word(w string) bool {
	end := s.pos + len(w)
	if end > len(s.b) || string(s.b[s.pos:end]) != w || end < len(s.b) && isRegular(s.b[end]) {
		return false
	}
	s.pos = end
	return true
}

// exactly takes these bytes, if they come next.
func (s *scanner) exactly(b []byte) bool {
	if !bytes.HasPrefix(s.b[s.pos:], b) {
		return false
	}
	s.pos += len(b)
	return true
}

// digits reads a number of at most ten digits, as offsets and object numbers
// are written.
func (s *scanner) digits() (int64, bool) {
	start := s.pos
	var n int64
	for s.pos < len(s.b) && isDigit(s.b[s.pos]) {
		if s.pos-start == 10 {
			s.pos = start
			return 0, false
		}
		n = n*10 + int64(s.b[s.pos]-'0')
		s.pos++
	}
	return n, s.pos > start
}

// header reads the "N G obj" that begins an indirect object.
func (s *scanner) header() (Ref, bool) {
	n, ok := s.digits()
	if !ok || !s.blank() {
		return Ref{}, false
	}
	g, ok := s.digits()
	if !ok || !s.blank() || n > math.MaxInt32 || g > math.MaxUint16 {
		return Ref{}, false
	}
	return Ref{int(n), int(g)}, s.word("obj")
}

// blank skips white space, of which there must be some.
func (s *scanner) blank() bool {
	start := s.pos
	for s.pos < len(s.b) && isSpace(s.b[s.pos]) {
		s.pos++
	}
	return s.pos > start
}

// value reads the object that begins at the next token.
func (s *scanner) value() (Value, error) {
	s.space()
	if s.pos >= len(s.b) {
		return Value{}, s.fail("end of data where an object is expected")
	}
	if s.nodes--; s.nodes < 0 {
		return Value{}, broken(ruleLimit, int64(s.pos), "an object of more than %d values", maxNodes)
	}
	start := s.pos
	var v Value
	var err error
	switch c := s.b[s.pos]; {
	case c == '/':
		v, err = s.name()
	case c == '(':
		v, err = s.literal()
	case c == '<' && s.pos+1 < len(s.b) && s.b[s.pos+1] == '<':
		v, err = s.dictionary()
	case c == '<':
		v, err = s.hexadecimal()
	case c == '[':
		v, err = s.array()
	case isDigit(c) || c == '+' || c == '-' || c == '.':
		v, err = s.numeric()
	case s.word("true"):
		v = Value{Kind: Boolean, number: 1}
	case s.word("false"):
		v = Value{Kind: Boolean}
	case s.word("null"):
	default:
		err = s.fail("not an object")
	}
	v.Start, v.End = int64(start), int64(s.pos)
	return v, err
}

// name reads a name (7.3.5). Without #-escapes it shares the buffer.
func (s *scanner) name() (Value, error) {
	s.pos++
	start, escaped := s.pos, false
	for s.pos < len(s.b) && isRegular(s.b[s.pos]) {
		escaped = escaped || s.b[s.pos] == '#'
		s.pos++
	}
	raw := s.b[start:s.pos:s.pos]
	if !escaped {
		return Value{Kind: Name, octets: raw}, nil
	}
	decoded := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '#' {
			decoded = append(decoded, raw[i])
			continue
		}
		if i+2 >= len(raw) {
			return Value{}, s.fail("a name ends in an unfinished escape")
		}
		c, err := strconv.ParseUint(string(raw[i+1:i+3]), 16, 8)
		if err != nil || c == 0 {
			return Value{}, s.fail("a name with a wrong escape")
		}
		decoded = append(decoded, byte(c))
		i += 2
	}
	return Value{Kind: Name, octets: decoded}, nil
}

// literal reads a string in parentheses (7.3.4.2).
func (s *scanner) literal() (Value, error) {
	s.pos++
	start, open, plain := s.pos, 1, true
	for ; s.pos < len(s.b); s.pos++ {
		switch s.b[s.pos] {
		case '(':
			open++
		case ')':
			open--
		case '\\':
			plain = false
			s.pos++
		case '\r':
			plain = false
		}
		if open == 0 {
			break
		}
	}
	if s.pos >= len(s.b) {
		return Value{}, s.fail("a string that does not end")
	}
	raw := s.b[start:s.pos:s.pos]
	s.pos++
	if !plain {
		raw = unescape(raw)
	}
	return Value{Kind: String, octets: raw}, nil
}

func unescape(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '\r' { // an end of line is one line feed, however it is written
			if i+1 < len(raw) && raw[i+1] == '\n' {
				i++
			}
			out = append(out, '\n')
			continue
		}
		if c != '\\' {
			out = append(out, c)
			continue
		}
		i++
		switch c = raw[i]; c {
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case '\n': // the line goes on
		case '\r':
			if i+1 < len(raw) && raw[i+1] == '\n' {
				i++
			}
		case '0', '1', '2', '3', '4', '5', '6', '7':
			n := 0
			for j := 0; j < 3 && i < len(raw) && raw[i] >= '0' && raw[i] <= '7'; j++ {
				n = n*8 + int(raw[i]-'0')
				i++
			}
			i--
			out = append(out, byte(n)) // 7.3.4.2: high-order overflow is ignored
		default:
			out = append(out, c)
		}
	}
	return out
}

// hexadecimal reads a string in angle brackets (7.3.4.3).
func (s *scanner) hexadecimal() (Value, error) {
	s.pos++
	length := bytes.IndexByte(s.b[s.pos:], '>')
	if length < 0 {
		s.pos = len(s.b)
		return Value{}, s.fail("a hexadecimal string that does not end")
	}
	raw := s.b[s.pos : s.pos+length]
	s.pos += length
	decoded := make([]byte, hex.DecodedLen(len(raw)))
	_, err := hex.Decode(decoded, raw)
	if err != nil { // mostly there are neither blanks nor a digit too few
		raw = packed(raw)
		decoded = make([]byte, hex.DecodedLen(len(raw)))
		_, err = hex.Decode(decoded, raw)
	}
	if err != nil {
		return Value{}, s.fail("a hexadecimal string with other characters")
	}
	s.pos++
	return Value{Kind: String, octets: decoded}, nil
}

// packed are digits without blanks, and with the zero that the last may go without.
func packed(raw []byte) []byte {
	digits := make([]byte, 0, len(raw)+1)
	for _, c := range raw {
		if !isSpace(c) {
			digits = append(digits, c)
		}
	}
	if len(digits)%2 == 1 {
		digits = append(digits, '0')
	}
	return digits
}
