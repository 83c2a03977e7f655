package audit

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// MaxLineBytes bounds a line of an exported chain: one without an end must not fill
// the memory.
const MaxLineBytes = 8 << 10

// AppendLine writes e as one line of an exported chain, canonical JSON (RFC 8785)
// without a line end, after b. The entry must have been through [Sum].
func (e *Entry) AppendLine(b []byte) []byte {
	b = e.appendStart(b)
	b = hex.AppendEncode(append(b, `,"prev":"`...), e.Prev[:])
	b = strconv.AppendInt(append(b, `","seq":`...), e.Seq, 10)
	b = appendText(b, "subject", e.Subject)
	b = hex.AppendEncode(append(b, `,"sum":"`...), e.Sum[:])
	return e.appendEnd(append(b, '"'))
}

// ParseLine reads what [Entry.AppendLine] writes, and nothing else. Whether the
// entry follows another is for [Check] to say.
func ParseLine(line []byte) (Entry, error) {
	if len(line) > MaxLineBytes {
		return Entry{}, fmt.Errorf("line of %d bytes: %w", len(line), ErrMalformed)
	}
	var members struct {
		Act     string          `json:"act"`
		Actor   string          `json:"actor"`
		At      string          `json:"at"`
		Detail  json.RawMessage `json:"detail"`
		Prev    string          `json:"prev"`
		Seq     int64           `json:"seq"`
		Subject string          `json:"subject"`
		Sum     string          `json:"sum"`
		Unit    string          `json:"unit"`
	}
	if json.Unmarshal(line, &members) != nil { // the decoder's own words would quote the line
		return Entry{}, fmt.Errorf("reading JSON: %w", ErrMalformed)
	}
	at, err := time.Parse(timeForm, members.At)
	if err != nil {
		return Entry{}, fmt.Errorf("reading time: %w", ErrMalformed)
	}
	e := Entry{Seq: members.Seq, At: at, Act: members.Act, Actor: members.Actor, Unit: members.Unit,
		Subject: members.Subject, Prev: hash(members.Prev), Sum: hash(members.Sum)}
	if detail := Detail(members.Detail); detail != "{}" {
		e.Detail = detail
	}
	if err := e.check(); err != nil {
		return Entry{}, err
	}
	if string(e.AppendLine(nil)) != string(line) {
		return Entry{}, fmt.Errorf("entry %d, not in canonical form: %w", e.Seq, ErrMalformed)
	}
	return e, nil
}

// hash reads a digest; what is none becomes another line when it is printed again.
func hash(text string) (h Hash) {
	if len(text) == hex.EncodedLen(len(h)) {
		_, _ = hex.Decode(h[:], []byte(text))
	}
	return h
}
