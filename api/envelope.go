package api

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// envelope is JSON with documents in it, in base64, read as it comes. encoding/json would
// have such a document in memory three times over; here it is there once, decoded, and the
// rest is bounded by what a member may hold.
type envelope struct {
	in    *bufio.Reader
	depth int
	most  int64 // bytes of one document
}

// maxTextBytes bounds what is no document: names of files, of policies.
const maxTextBytes = 4 << 10

func newEnvelope(r io.Reader, most int64) *envelope {
	return &envelope{in: bufio.NewReaderSize(r, 32<<10), most: most}
}

var errNotJSON = fmt.Errorf("not JSON: %w", errJSON)

// next is the next byte that is no white space (RFC 8259, 2), which is not taken.
func (e *envelope) next() (byte, error) {
	for {
		b, err := e.in.ReadByte()
		switch {
		case err != nil:
			return 0, cutOff(err)
		case b != ' ' && b != '\t' && b != '\n' && b != '\r':
			return b, e.in.UnreadByte()
		}
	}
}

// cutOff tells JSON that ends early, which is none, from a disk that fails.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return errNotJSON
	}
	return err
}

func (e *envelope) expect(want byte) error {
	got, err := e.next()
	if err == nil && got != want {
		err = errNotJSON
	}
	if err == nil {
		_, err = e.in.Discard(1)
	}
	return err
}

// null takes a null, if there is one.
func (e *envelope) null() (bool, error) {
	b, err := e.next()
	if err != nil || b != 'n' {
		return false, err
	}
	word := make([]byte, len("null"))
	if _, err := io.ReadFull(e.in, word); err != nil || string(word) != "null" {
		return false, errNotJSON
	}
	return true, nil
}

// within reads what stands between two brackets, item by item.
func (e *envelope) within(opening, closing byte, item func() error) error {
	if e.depth++; e.depth > maxDepth {
		return errNotJSON
	}
	defer func() { e.depth-- }()
	if err := e.expect(opening); err != nil {
		return err
	}
	for first := true; ; first = false {
		switch b, err := e.next(); {
		case err != nil:
			return err
		case b == closing:
			return e.expect(closing)
		case !first:
			if err := e.expect(','); err != nil {
				return err
			}
		}
		if err := item(); err != nil {
			return err
		}
	}
}

// object reads an object; member has to read the value. Null is an object without members.
func (e *envelope) object(member func(name string) error) error {
	if none, err := e.null(); none || err != nil {
		return err
	}
	var seen []string // of few: what is not known is an error
	return e.within('{', '}', func() error {
		name, err := e.text()
		if err != nil {
			return err
		}
		if slices.Contains(seen, name) { // readers differ on which of them counts (RFC 8259, 4)
			return errNotJSON
		}
		seen = append(seen, name)
		if err := e.expect(':'); err != nil {
			return err
		}
		return member(name)
	})
}

// array reads a list; item has to read the value. Null is an empty list.
func (e *envelope) array(item func() error) error {
	if none, err := e.null(); none || err != nil {
		return err
	}
	return e.within('[', ']', item)
}

// end sees to it that nothing follows.
func (e *envelope) end() error {
	switch _, err := e.next(); {
	case errors.Is(err, errNotJSON):
		return nil
	case err != nil:
		return err
	}
	return errNotJSON
}

// text reads a short string. Null is an empty one.
func (e *envelope) text() (string, error) {
	if none, err := e.null(); none || err != nil {
		return "", err
	}
	if err := e.expect('"'); err != nil {
		return "", err
	}
	raw := []byte{'"'}
	for escaped := false; ; {
		b, err := e.in.ReadByte()
		switch {
		case err != nil:
			return "", cutOff(err)
		case len(raw) > maxTextBytes:
			return "", errNotJSON
		}
		raw = append(raw, b)
		if b == '"' && !escaped {
			break
		}
		escaped = b == '\\' && !escaped
	}
	var text string
	if !utf8.Valid(raw) || json.Unmarshal(raw, &text) != nil {
		return "", errNotJSON
	}
	return text, nil
}

// errBase64 is a string that is not base64.
var errBase64 = errors.New("not base64")

// document reads a string that is base64. Null is none. hint is about how long it will be.
func (e *envelope) document(hint int64) ([]byte, error) {
	if none, err := e.null(); none || err != nil {
		return nil, err
	}
	if err := e.expect('"'); err != nil {
		return nil, err
	}
	letters := &letters{in: e.in}
	// One more than is taken tells what is too long; one more than hinted at, that it ended.
	decoded := io.LimitReader(base64.NewDecoder(base64.StdEncoding.Strict(), letters), e.most+1)
	data := make([]byte, 0, max(512, min(hint, e.most)+1))
	for {
		n, err := decoded.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case int64(len(data)) > e.most:
			return nil, errTooLong
		case errors.Is(err, io.EOF) && letters.over:
			return data, nil
		case letters.err != nil:
			return nil, letters.err
		case err != nil:
			return nil, errBase64
		}
		if len(data) == cap(data) {
			data = slices.Grow(data, len(data))
		}
	}
}

// letters are those of a string of base64, up to its end. JSON may write any of them in
// another way, as some libraries do: \/ and \u003d, and line feeds as \n.
type letters struct {
	in     *bufio.Reader
	padded bool // after which there is nothing but padding
	over   bool
	err    error
}

// Read implements [io.Reader].
func (l *letters) Read(p []byte) (n int, err error) {
	for n < len(p) && !l.over && l.err == nil {
		if run := l.run(p[n:]); run > 0 {
			n += run
			continue
		}
		var b byte
		if b, l.err = l.letter(); l.over || l.err != nil {
			break
		}
		switch {
		case b == '=':
			l.padded = true
		case l.padded && b != '\n' && b != '\r':
			l.err = errBase64 // a second text behind the first: readers differ on what it is
			continue
		}
		p[n] = b
		n++
	}
	switch {
	case l.err != nil:
		return n, l.err
	case l.over:
		return n, io.EOF
	}
	return n, nil
}

// run copies what is plain and already there.
func (l *letters) run(p []byte) int {
	if l.padded {
		return 0
	}
	there, _ := l.in.Peek(min(len(p), l.in.Buffered()))
	n := 0
	for n < len(there) && (there[n] >= 'a' && there[n] <= 'z' || there[n] >= 'A' && there[n] <= 'Z' || there[n] >= '/' && there[n] <= '9' || there[n] == '+') {
		n++
	}
	n = copy(p, there[:n])
	_, _ = l.in.Discard(n) // which is there
	return n
}

// letter reads one, in whichever way it is written.
func (l *letters) letter() (byte, error) {
	b, err := l.in.ReadByte()
	switch {
	case err != nil:
		return 0, cutOff(err)
	case b == '"':
		l.over = true
		return 0, nil
	case b < ' ' || b >= utf8.RuneSelf:
		return 0, errNotJSON
	case b != '\\':
		return b, nil
	}
	if b, err = l.in.ReadByte(); err != nil {
		return 0, cutOff(err)
	}
	switch b {
	case '/':
		return b, nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 'u':
		return l.codePoint()
	}
	return 0, errBase64
}

// codePoint reads the four digits of one that is ASCII.
func (l *letters) codePoint() (byte, error) {
	var digits [4]byte
	if _, err := io.ReadFull(l.in, digits[:]); err != nil {
		return 0, errNotJSON
	}
	point, err := strconv.ParseUint(string(digits[:]), 16, 16)
	switch {
	case err != nil:
		return 0, errNotJSON
	case point >= utf8.RuneSelf:
		return 0, errBase64
	}
	return byte(point), nil
}

// enveloped takes a body of JSON with so many documents in it. It lies on disk, as others
// do, until it is its turn.
func (c *call) enveloped(documents int64) (*upload, error) {
	kind, parameters, err := c.mediaType()
	if err != nil {
		return nil, err
	}
	if charset := parameters["charset"]; kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, errMediaType
	}
	return c.brief(documents*(c.api.o.MaxDocument/3*4+4) + c.api.o.MaxJSON)
}
