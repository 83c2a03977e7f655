package bundle

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// RecordVersion is the version of the record's form and of the tree over records.
const RecordVersion = 1

// MaxRecordBytes bounds one line of records.ndjson: a line without an end must not
// fill the memory.
const MaxRecordBytes = 16 << 10

// Salt is the 128 random bits that keep a record's fields from being guessed out
// of their digests.
type Salt [16]byte

// Record is one sealed result: what stands in one line of records.ndjson and
// under one leaf of the tree. It never changes; a correction is a new record in a
// new bundle.
type Record struct {
	ID       string // random and ours, see [NewID]
	Salt     Salt
	Identity Identity
	Result   // Match does not survive sealing: Identity says what it led to
}

// NewID draws an id for a record or a bundle: 26 letters and digits of RFC 4648
// base32, 130 random bits. Ids say nothing about whom or what they stand for, so
// they may stand in URLs and logs.
func NewID() string { return rand.Text() }

// ValidID reports whether s has the form of [NewID].
func ValidID(s string) bool {
	return len(s) == 26 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// NewRecord makes a record out of a ready result, with a new id and salt. A result
// that is not ready is ErrNotReady.
func NewRecord(r Result) (Record, error) {
	if lacks := r.Lacks(); len(lacks) > 0 {
		return Record{}, fmt.Errorf("lacking %v: %w", lacks, ErrNotReady)
	}
	record := Record{ID: NewID(), Identity: r.identity(), Result: r}
	record.Match = ""
	if record.Nationality == "" {
		record.Nationality = Vietnam
	}
	rand.Read(record.Salt[:])
	return record, nil
}

// Append writes the record's canonical JSON (RFC 8785), without a line end, after
// b. The members stand in the order of RFC 8785, 3.2.3.
func (r *Record) Append(b []byte) []byte {
	text := func(name, value string) {
		b = append(append(append(b, ',', '"'), name...), '"', ':')
		b = appendString(b, value)
	}
	b = append(b, `{"birth_date":"`...)
	b = append(r.BirthDate.append(b), `","dose_number":`...)
	b = strconv.AppendInt(b, int64(r.DoseNumber), 10)
	text("external_id", r.ExternalID)
	text("full_name", r.FullName)
	text("gender", string(r.Gender))
	text("health_confirmed_by", r.HealthConfirmedBy)
	text("id", r.ID)
	text("id_number", r.IDNumber)
	text("id_type", string(r.IDType))
	text("identity", string(r.Identity))
	text("lot_number", r.LotNumber)
	text("match_reason", r.MatchReason)
	text("nationality", r.Nationality)
	text("police_confirmed_by", r.PoliceConfirmedBy)
	b = append(b, `,"salt":"`...)
	b = hex.AppendEncode(b, r.Salt[:])
	b = append(b, '"')
	text("site", r.Site)
	text("unit", r.Unit)
	b = append(b, `,"v":1,"vaccinated_on":"`...)
	b = append(r.VaccinatedOn.append(b), '"')
	text("vaccine", r.Vaccine)
	return append(b, '}')
}

// ParseRecord reads one line of records.ndjson, without its line end. It accepts
// exactly what [Record.Append] writes for a record that could have been sealed.
func ParseRecord(line []byte) (Record, error) {
	if len(line) > MaxRecordBytes {
		return Record{}, fmt.Errorf("record of %d bytes: %w", len(line), ErrTooLarge)
	}
	var r Record
	in := canonicalReader{data: line}
	in.expect(`{"birth_date":`)
	r.BirthDate = in.date()
	in.expect(`,"dose_number":`)
	r.DoseNumber = in.integer()
	text := func(name string) string {
		in.expect(`,"`)
		in.expect(name)
		in.expect(`":`)
		return in.text()
	}
	r.ExternalID = text("external_id")
	r.FullName = text("full_name")
	r.Gender = Gender(text("gender"))
	r.HealthConfirmedBy = text("health_confirmed_by")
	r.ID = text("id")
	r.IDNumber = text("id_number")
	r.IDType = IDType(text("id_type"))
	r.Identity = Identity(text("identity"))
	r.LotNumber = text("lot_number")
	r.MatchReason = text("match_reason")
	r.Nationality = text("nationality")
	r.PoliceConfirmedBy = text("police_confirmed_by")
	in.expect(`,"salt":`)
	in.hex(r.Salt[:])
	r.Site = text("site")
	r.Unit = text("unit")
	in.expect(`,"v":1,"vaccinated_on":`)
	r.VaccinatedOn = in.date()
	r.Vaccine = text("vaccine")
	in.expect(`}`)
	if in.bad || len(in.data) > 0 {
		return Record{}, ErrMalformed
	}
	var room [1024]byte
	if !bytes.Equal(r.Append(room[:0]), line) {
		return Record{}, ErrNotCanonical
	}
	return r, r.check()
}

func (r *canonicalReader) date() Date {
	d, err := ParseDate(r.text())
	r.bad = r.bad || err != nil
	return d
}

// check asks what sealing would have asked of the result.
func (r *Record) check() error {
	result := r.Result
	switch r.Identity {
	case IdentityMatched:
		result.Match = Matched
	case IdentityCleansed:
		result.Match = Cleansed
	case IdentityExempt:
	default:
		return fmt.Errorf("identity of the record: %w", ErrMalformed)
	}
	if lacks := result.Lacks(); len(lacks) > 0 || result.identity() != r.Identity {
		return fmt.Errorf("lacking %v: %w", lacks, ErrNotReady)
	}
	if !ValidID(r.ID) || !utf8.ValidString(r.FullName) {
		return fmt.Errorf("id of the record: %w", ErrMalformed)
	}
	return nil
}
