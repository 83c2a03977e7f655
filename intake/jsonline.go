package intake

import (
	"encoding/json"
	"strings"
)

// member is one member of a JSON object.
type member struct {
	name   string
	text   string // the string, or a number, true and false as written; empty for null
	nested bool   // an object or array, which text holds as it came
	source string // name and value as they came: "name": value
}

// objectReader moves along one line that holds one JSON object (RFC 8259). It exists
// because encoding/json gives members of unknown names only as a map, which loses
// their order and the second of two with one name, at a quarter of the speed.
type objectReader struct {
	rest string
	bad  bool
}

// readObject appends the members of the object that line consists of. It reports
// false if line is anything else.
func readObject(line string, members []member) ([]member, bool) {
	r := objectReader{rest: line}
	if !r.take('{') {
		return nil, false
	}
	for !r.take('}') {
		if len(members) > 0 && !r.take(',') {
			return nil, false
		}
		r.blanks()
		start := r.rest
		m := member{name: r.text()}
		if !r.take(':') {
			return nil, false
		}
		r.value(&m)
		if r.bad {
			return nil, false
		}
		m.source = start[:len(start)-len(r.rest)]
		members = append(members, m)
	}
	if r.blanks(); r.rest != "" {
		return nil, false
	}
	return members, true
}

func (r *objectReader) blanks() {
	for r.rest != "" && strings.IndexByte(" \t\r\n", r.rest[0]) >= 0 {
		r.rest = r.rest[1:]
	}
}

// take moves past blanks and c, if c is what comes.
func (r *objectReader) take(c byte) bool {
	r.blanks()
	if r.rest == "" || r.rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

// text reads a string.
func (r *objectReader) text() string {
	if r.rest == "" || r.rest[0] != '"' {
		r.bad = true
		return ""
	}
	escaped := false
	for i := 1; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			r.bad = true
			return ""
		case c == '"':
			raw := r.rest[:i+1]
			r.rest = r.rest[i+1:]
			if !escaped {
				return raw[1:i]
			}
			var s string
			if json.Unmarshal([]byte(raw), &s) != nil {
				r.bad = true
			}
			return s
		}
	}
	r.bad = true
	return ""
}

// value reads a value into m.
func (r *objectReader) value(m *member) {
	r.blanks()
	if r.rest == "" {
		r.bad = true
		return
	}
	switch r.rest[0] {
	case '"':
		m.text = r.text()
		return
	case '{', '[':
		m.nested = true
		m.text = r.nested()
	default:
		end := strings.IndexAny(r.rest, " \t\r\n,}]")
		if end < 0 {
			end = len(r.rest)
		}
		m.text, r.rest = r.rest[:end], r.rest[end:]
	}
	if !json.Valid([]byte(m.text)) {
		r.bad = true
	}
	if m.text == "null" {
		m.text = ""
	}
}

// nested moves past an object or array and returns it.
func (r *objectReader) nested() string {
	depth := 0
	for i := 0; i < len(r.rest); i++ {
		switch r.rest[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			inner := objectReader{rest: r.rest[i:]}
			inner.text()
			if inner.bad {
				r.bad = true
				return ""
			}
			i = len(r.rest) - len(inner.rest) - 1
		}
		if depth == 0 {
			all := r.rest[:i+1]
			r.rest = r.rest[i+1:]
			return all
		}
	}
	r.bad = true
	return ""
}
