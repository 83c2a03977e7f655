// Package audit is the record of who did what: entries in one chain, in which each
// names the hash of the one before it, so that nothing can be changed, removed,
// put in between or reordered without every later entry giving it away.
//
// An entry holds ids, codes and counts only. People's names and numbers have no
// way in: texts are short and of printable ASCII without blanks.
//
// The chain alone does not stop who may write to the whole of it: he can compute
// every hash anew. What does is a head that left the house, time-stamped and
// exported. The package neither stores entries nor stamps heads; it does no input
// or output and reads no clock.
package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Version is the version of the form in which entries are hashed and exported.
const Version = 1

// MaxTextBytes bounds every text of an entry: ids, codes, digests in hexadecimal.
const MaxTextBytes = 128

// ErrMalformed is an entry that this package would not have written.
var ErrMalformed = errors.New("malformed audit entry")

// Hash is a SHA-256 digest in the chain.
type Hash [sha256.Size]byte

// String is the digest in lower-case hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Entry is one act, or one import of many results.
type Entry struct {
	Seq     int64     // from 1, without gaps
	At      time.Time // UTC, microseconds: the instant of the transaction that did it
	Act     string    // what was done: bundle.seal
	Actor   string    // id of the account, or of the part of the program
	Unit    string    // code of the unit concerned; empty where none is
	Subject string    // id of what it was done to; empty where there is none
	Detail  Detail
	Prev    Hash // Sum of the entry before; zero in the first
	Sum     Hash // over Prev and everything above, see [Sum]
}

// Head is where a chain ends. The zero Head is where every chain begins.
type Head struct {
	Seq int64 // of the last entry
	Sum Hash  // of the last entry
}

// sumTag sets the hashes of the chain apart from those of records, leaves and
// nodes (0x00 to 0x02).
const sumTag = 0x03

// Sum is the hash that e must carry after an entry with the hash prev:
// SHA-256(0x03 ‖ prev ‖ JCS(entry without prev and sum)). An entry that has no such
// form is ErrMalformed.
func Sum(prev Hash, e *Entry) (Hash, error) {
	if err := e.check(); err != nil {
		return Hash{}, err
	}
	var room [1024]byte
	b := append(append(room[:0], sumTag), prev[:]...)
	b = e.appendStart(b)
	b = strconv.AppendInt(append(b, `,"seq":`...), e.Seq, 10)
	b = appendText(b, "subject", e.Subject)
	return sha256.Sum256(e.appendEnd(b)), nil
}

// After puts e behind head: it sets Seq, Prev and Sum, and returns the new head.
func (e *Entry) After(head Head) (Head, error) {
	e.Seq, e.Prev = head.Seq+1, head.Sum
	sum, err := Sum(e.Prev, e)
	if err != nil {
		return head, err
	}
	e.Sum = sum
	return Head{e.Seq, sum}, nil
}

// timeForm has the six decimals always: one instant, one text.
const timeForm = "2006-01-02T15:04:05.000000Z"

// check asks whether e has a canonical form. It says which part has none, never
// what stands there.
func (e *Entry) check() error {
	at := e.At
	switch {
	case e.Seq < 1 || e.Seq > maxCount:
		return fmt.Errorf("sequence number: %w", ErrMalformed)
	case at.Location() != time.UTC || at.Year() < 1970 || at.Year() > 9999 || at.Nanosecond()%1000 != 0:
		return fmt.Errorf("entry %d, time: %w", e.Seq, ErrMalformed)
	case !ValidText(e.Act) || !ValidText(e.Actor):
		return fmt.Errorf("entry %d, act and actor: %w", e.Seq, ErrMalformed)
	case e.Unit != "" && !ValidText(e.Unit):
		return fmt.Errorf("entry %d, unit: %w", e.Seq, ErrMalformed)
	case e.Subject != "" && !ValidText(e.Subject):
		return fmt.Errorf("entry %d, subject: %w", e.Seq, ErrMalformed)
	}
	if err := e.Detail.check(); err != nil {
		return fmt.Errorf("entry %d: %w", e.Seq, err)
	}
	return nil
}

// ValidText reports whether s may stand in an entry: 1 to 128 printable ASCII
// characters without blank, quotation mark and backslash, which therefore print in
// JSON as they are.
func ValidText(s string) bool {
	if s == "" || len(s) > MaxTextBytes {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// appendStart writes the members up to detail, in the order of RFC 8785, 3.2.3.
func (e *Entry) appendStart(b []byte) []byte {
	b = append(append(append(b, `{"act":"`...), e.Act...), '"')
	b = appendText(b, "actor", e.Actor)
	b = append(b, `,"at":"`...)
	b = e.At.AppendFormat(b, timeForm)
	b = append(b, `","detail":`...)
	return append(b, e.Detail.String()...)
}

// appendEnd writes the members after sum.
func (e *Entry) appendEnd(b []byte) []byte {
	b = appendText(b, "unit", e.Unit)
	b = strconv.AppendInt(append(b, `,"v":`...), Version, 10)
	return append(b, '}')
}

// appendText writes a member whose value is known to need no escapes.
func appendText(b []byte, name, value string) []byte {
	b = append(append(append(b, ',', '"'), name...), `":"`...)
	return append(append(b, value...), '"')
}
