package minutes

import (
	"errors"
	"fmt"
	"time"

	"kytiem/bundle"
)

// Version is the version of minutes.json and of the pages drawn from it.
const Version = 1

// MaxBytes bounds minutes.json, which comes embedded in files from anywhere.
const MaxBytes = 1 << 20

// What can be wrong with minutes.
var (
	ErrChair     = errors.New("minutes need exactly one chair, of the unit that attests")
	ErrSecretary = errors.New("minutes have at most one secretary")
	ErrParties   = errors.New("a party that has to take part is missing")
	ErrTime      = errors.New("not a time: 2021-11-08T08:30, or RFC 3339")
	ErrEnd       = errors.New("meeting ends before it begins")
)

// Minutes is what minutes.json says: all that the pages need beside the manifest
// and the records. What is empty and can be written by hand is left blank on
// paper. The members stand in the order of RFC 8785, 3.2.3. There is no place of
// issue: Mẫu 1.9 has no line for it.
type Minutes struct {
	Agency     []string `json:"agency"`             // lines of the issuing agency's name, upper case
	End        string   `json:"end,omitempty"`      // like Start
	Notation   string   `json:"notation"`           // BB-UBND
	Number     string   `json:"number,omitempty"`   // 05
	Opinions   string   `json:"opinions,omitempty"` // of the parties; lines apart by line feeds
	Parent     string   `json:"parent,omitempty"`   // superior agency, upper case
	Parties    []Party  `json:"parties"`
	Reason     string   `json:"reason,omitempty"`     // why there is no signature; empty: DefaultReason
	Recipients []string `json:"recipients,omitempty"` // without the line about filing
	Start      string   `json:"start,omitempty"`      // RFC 3339, or 2021-11-08T08:30 in Việt Nam
	V          int      `json:"v"`
	Venue      string   `json:"venue,omitempty"`
}

// DefaultReason is the reason that the two letters know.
const DefaultReason = "chưa có chứng thư số"

// Parse reads minutes.json and refuses what [bundle.Canonical] would not have
// written.
func Parse(data []byte) (*Minutes, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("minutes of %d bytes: %w", len(data), bundle.ErrTooLarge)
	}
	var m Minutes
	if err := bundle.ParseCanonical(data, &m); err != nil {
		return nil, fmt.Errorf("reading minutes: %w", err)
	}
	if m.V != Version {
		return nil, fmt.Errorf("minutes version %d: %w", m.V, bundle.ErrVersion)
	}
	return &m, nil
}

// Check asks whether the minutes can be those of a unit: complete as far as they
// cannot be completed by hand, presided over by whom the letters name, with every
// party concerned.
func (m *Minutes) Check(unit bundle.UnitName) error {
	if len(m.Agency) == 0 || len(m.Agency) > 4 || m.Notation == "" {
		return fmt.Errorf("agency and notation: %w", bundle.ErrMalformed)
	}
	start, err := instant(m.Start)
	if err != nil {
		return err
	}
	end, err := instant(m.End)
	if err != nil {
		return err
	}
	if !end.IsZero() && end.Before(start) {
		return ErrEnd
	}
	return checkParties(m.Parties, unit)
}

// instant reads a time of the meeting, as it is meant and printed in Việt Nam; none
// is the zero time.
func instant(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.In(bundle.VietnamTime()), nil
	}
	t, err := time.ParseInLocation("2006-01-02T15:04", text, bundle.VietnamTime())
	if err != nil {
		return time.Time{}, ErrTime
	}
	return t, nil
}
