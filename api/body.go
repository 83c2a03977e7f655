package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// slowestPace is the least that a sender has to average, in bytes per second, once
// SlowSender is over: a byte now and then must not hold a place for a day.
const slowestPace = 8 << 10

// sender is the body of a call, whose every read has to come by its time. It knows
// whether all of it came.
type sender struct {
	io.ReadCloser
	of       *http.Request
	deadline func(time.Time) error
	answer   func(time.Time) error // by when the answer has to be written
	begun    time.Time
	stall    time.Duration
	read     int64
	over     bool
}

// watch puts the body under its times. From here on a caller who sends nothing is cut off,
// whether the call reads its body or not.
func (c *call) watch() {
	r := c.gin.Request
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return
	}
	control := http.NewResponseController(c.gin.Writer)
	s := &sender{ReadCloser: r.Body, of: r, deadline: control.SetReadDeadline, answer: control.SetWriteDeadline, begun: c.begun, stall: c.api.o.SlowSender}
	s.extend()
	r.Body = s
}

// lingering is for how long a sender whose call was refused may go on sending: a connection
// that is closed upon unread bytes is reset, and a reset can overtake the answer.
const lingering = 500 * time.Millisecond

// unwatch lets go of a body. What was not sent yet is not waited for; where the answer is
// the last on its connection, net/http takes in a little of it before it hangs up.
func (c *call) unwatch() {
	s, watched := c.gin.Request.Body.(*sender)
	if !watched || s.over {
		return
	}
	at := time.Now()
	if c.gin.Writer.Header().Get("Connection") == "close" {
		at = at.Add(lingering)
	}
	_ = s.deadline(at)
	s.of.Body = s.ReadCloser // net/http knows its own only, and waits a moment where it is left unread
}

func (s *sender) extend() {
	at := time.Now().Add(s.stall)
	if pace := s.begun.Add(s.stall + time.Duration(s.read)*time.Second/slowestPace); pace.Before(at) {
		at = pace
	}
	_ = s.deadline(at) // a writer without deadlines is none of a network
}

// Read implements [io.Reader].
func (s *sender) Read(p []byte) (int, error) {
	s.extend()
	n, err := s.ReadCloser.Read(p)
	s.read += int64(n)
	if errors.Is(err, io.EOF) {
		s.over = true
		// Else net/http, which now waits for the next call, would take the time that runs out
		// for a caller who hung up, and the step would be cut off.
		_ = s.deadline(time.Time{})
		_ = s.answer(time.Now().Add(netTime)) // what a server gives runs from the head of the call
	}
	return n, err
}

// Close implements [io.Closer].
func (s *sender) Close() error { return s.ReadCloser.Close() }

// limited is the body, of which more than so many bytes are an error.
func (c *call) limited(most int64) io.Reader {
	return http.MaxBytesReader(c.gin.Writer, c.gin.Request.Body, most)
}

// broken says what it means that a body could not be read to its end. The connection
// serves no further call then.
func (c *call) broken(err error) error {
	c.gin.Writer.Header().Set("Connection", "close")
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return fmt.Errorf("body over %d bytes: %w", tooLong.Limit, errTooLong)
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errSlow
	}
	return errTruncated // whose text can be anything
}

// mediaType is what a body says to be; empty where it says nothing. One that is packed is
// taken by no call: its bounds are those of what was sent.
func (c *call) mediaType() (string, map[string]string, error) {
	for _, packed := range c.gin.Request.Header.Values("Content-Encoding") {
		if !strings.EqualFold(packed, "identity") {
			return "", nil, errMediaType
		}
	}
	said := c.gin.Request.Header.Get("Content-Type")
	if said == "" {
		return "", nil, nil
	}
	kind, parameters, err := mime.ParseMediaType(said)
	if err != nil {
		return "", nil, errMediaType
	}
	return kind, parameters, nil
}

// takeJSON reads a JSON body whole and holds it to what the description cannot say, so that
// huma finds in it what everybody else would.
func (c *call) takeJSON() error {
	kind, parameters, err := c.mediaType()
	if err != nil {
		return err
	}
	if charset := parameters["charset"]; kind != "application/json" || charset != "" && charset != "utf-8" && charset != "UTF-8" {
		return errMediaType
	}
	body, err := io.ReadAll(c.limited(cmp.Or(c.op.most, c.api.o.MaxJSON)))
	if err != nil {
		return c.broken(err)
	}
	if len(body) == 0 {
		return errNoBody
	}
	if err := checkJSON(body); err != nil {
		return err
	}
	c.sum = sha256.Sum256(body)
	c.gin.Request.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// maxDepth bounds how JSON nests; the calls need four.
const maxDepth = 16

// checkJSON refuses what readers of JSON disagree about: names that come twice (RFC 8259,
// 4), invalid UTF-8, more than one value; and what only costs: deep nesting. Names are
// those of the description to the letter, where encoding/json would fold their case.
func checkJSON(data []byte) error {
	if !utf8.Valid(data) {
		return fmt.Errorf("not UTF-8: %w", errJSON)
	}
	in := json.NewDecoder(bytes.NewReader(data))
	in.UseNumber()
	if err := checkValue(in, 0); err != nil {
		return err
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("something behind the value: %w", errJSON)
	}
	return nil
}

func checkValue(in *json.Decoder, depth int) error {
	token, err := in.Token()
	if err != nil {
		return fmt.Errorf("at byte %d: %w", in.InputOffset(), errJSON)
	}
	open, nested := token.(json.Delim)
	if !nested {
		return nil
	}
	if depth >= maxDepth {
		return fmt.Errorf("nested more than %d deep: %w", maxDepth, errJSON)
	}
	seen := make(map[string]bool)
	for in.More() {
		if open == '{' {
			name, err := in.Token()
			if err != nil {
				return fmt.Errorf("at byte %d: %w", in.InputOffset(), errJSON)
			}
			text, _ := name.(string)
			if seen[text] {
				return fmt.Errorf("name twice, at byte %d: %w", in.InputOffset(), errJSON)
			}
			if !plainName(text) {
				return invalid(fault{Location: "body", Code: "unexpected"})
			}
			seen[text] = true
		}
		if err := checkValue(in, depth+1); err != nil {
			return err
		}
	}
	if _, err := in.Token(); err != nil {
		return fmt.Errorf("at byte %d: %w", in.InputOffset(), errJSON)
	}
	return nil
}

// plainName reports whether a name is written as all names of the API are.
func plainName(name string) bool {
	for _, b := range []byte(name) {
		if (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '_' {
			return false
		}
	}
	return name != ""
}
