package bundle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Canonical returns the RFC 8785 form of v, a struct of ours whose JSON members
// are declared in the order RFC 8785, 3.2.3 wants and hold only strings, integers
// below 2^53, booleans, lists and further such structs; a test holds the result
// against a general implementation. Text that is not valid UTF-8, or that holds
// the line separators which encoding/json cannot write unescaped, is refused.
func Canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("writing canonical JSON: %w", err)
	}
	out := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	for _, escape := range [...]string{`\u2028`, `\u2029`, `\ufffd`} {
		if bytes.Contains(out, []byte(escape)) {
			return nil, fmt.Errorf("writing canonical JSON: text holds %s: %w", escape, ErrMalformed)
		}
	}
	return out, nil
}

// ParseCanonical reads data into v and refuses everything but the exact bytes
// that [Canonical] would write: unknown members, another order, white space,
// repeated names.
func ParseCanonical(data []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		// The decoder's own words quote the input, which may be about a person.
		return fmt.Errorf("reading JSON near byte %d: %w", decoder.InputOffset(), ErrMalformed)
	}
	again, err := Canonical(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, data) {
		return ErrNotCanonical
	}
	return nil
}

const hexDigits = "0123456789abcdef"

// appendString writes s as a JSON string by RFC 8785, 3.2.2.2: the two-letter
// escapes where they exist, \u00xx for the other controls, everything else as it
// is. s must be valid UTF-8.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		if k := strings.IndexByte("\"\\\b\f\n\r\t", c); k >= 0 {
			b = append(b, '\\', `"\bfnrt`[k])
		} else {
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(b, s[start:]...), '"')
}

// canonicalReader reads JSON that is known member for member: it moves along data
// and remembers the first thing that was not as it had to be.
type canonicalReader struct {
	data []byte
	bad  bool
}

// expect moves past literal.
func (r *canonicalReader) expect(literal string) {
	if rest, ok := bytes.CutPrefix(r.data, []byte(literal)); ok {
		r.data = rest
		return
	}
	r.bad = true
}

// at reports whether c comes next.
func (r *canonicalReader) at(c byte) bool { return len(r.data) > 0 && r.data[0] == c }

// text reads a JSON string. Escapes are undone without asking whether they were
// the canonical ones: the caller prints the whole again and compares.
func (r *canonicalReader) text() string {
	raw := r.quoted()
	if bytes.IndexByte(raw, '\\') < 0 {
		r.bad = r.bad || !utf8.Valid(raw)
		return string(raw)
	}
	var s string
	if json.Unmarshal([]byte(`"`+string(raw)+`"`), &s) != nil {
		r.bad = true
	}
	return s
}

// quoted reads a JSON string and gives what stands between the quotes.
func (r *canonicalReader) quoted() []byte {
	r.expect(`"`)
	end := 0
	for end < len(r.data) && r.data[end] != '"' {
		if r.data[end] == '\\' {
			end++
		}
		end++
	}
	if r.bad || end >= len(r.data) {
		r.bad = true
		return nil
	}
	raw := r.data[:end]
	r.data = r.data[end+1:]
	return raw
}

// integer reads a JSON integer of at most nine digits without a sign.
func (r *canonicalReader) integer() int {
	n, digits := 0, 0
	for digits < len(r.data) && digits < 9 && r.data[digits] >= '0' && r.data[digits] <= '9' {
		n = n*10 + int(r.data[digits]-'0')
		digits++
	}
	r.bad = r.bad || digits == 0
	r.data = r.data[digits:]
	return n
}
