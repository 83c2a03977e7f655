package bundle

import (
	"encoding/hex"
	"fmt"
	"time"
)

// AnnexRows is how many rows of the list one document holds; a longer list stands
// in annex files of their own.
const AnnexRows = 50_000

// MaxManifestBytes bounds manifest.json: a manifest with annexes for ten million
// records stays far below.
const MaxManifestBytes = 1 << 20

// MaxSignatureBytes bounds manifest.p7s, which carries certificate lists once it is to last.
const MaxSignatureBytes = 32 << 20

// MaxRecords bounds a bundle: a whole province's doses fit, and a count that
// somebody made up cannot overflow.
const MaxRecords = 20_000_000

// Manifest is what a unit's head signs: which unit, how many, the root of the tree
// over the records. It holds no personal data and never changes after sealing. The
// members stand in the order of RFC 8785, 3.2.3.
type Manifest struct {
	Annexes            []Annex      `json:"annexes,omitempty"`
	Bundle             string       `json:"bundle"`
	ConfirmationSource string       `json:"confirmation_source"` // who vouches for the confirmations
	Counts             Counts       `json:"counts"`
	LegalBasis         []LegalBasis `json:"legal_basis"`
	Period             Period       `json:"period"`
	Root               HexHash      `json:"root"`
	SealedAt           string       `json:"sealed_at"` // RFC 3339, UTC, whole seconds
	Size               int          `json:"size"`      // leaves under Root
	Supersedes         string       `json:"supersedes,omitempty"`
	Unit               UnitName     `json:"unit"`
	V                  int          `json:"v"`
}

// Where a manifest's confirmations come from: acts of signed-in people of both
// sectors in the service, or mere statements in a file.
const (
	ConfirmedInService = "service"
	ConfirmedInFile    = "file"
)

// Annex is one file with a part of the list; SHA256 is of the file as it was
// drawn at sealing.
type Annex struct {
	Name   string  `json:"name"`
	Rows   int     `json:"rows"`
	SHA256 HexHash `json:"sha256"`
}

// Counts says what the records of a bundle are: how many persons and doses, and
// how the identity behind each dose was established. Matched, Cleansed and Exempt
// add up to Doses.
type Counts struct {
	Cleansed int `json:"cleansed"`
	Doses    int `json:"doses"`
	Exempt   int `json:"exempt"`
	Matched  int `json:"matched"`
	Persons  int `json:"persons"`
}

// Period is the first and the last day of vaccination in a bundle.
type Period struct {
	From Date `json:"from"`
	To   Date `json:"to"`
}

// UnitName is what a manifest says about its unit; names are those of the day of
// sealing, whatever the unit is called later.
type UnitName struct {
	Code       string `json:"code"`
	Identifier string `json:"identifier,omitempty"`
	Kind       string `json:"kind"`
	Level      Level  `json:"level"`
	Name       string `json:"name"`
}

// NameOf is what a manifest says about u.
func NameOf(u Unit) UnitName {
	return UnitName{Code: u.Code, Identifier: u.Identifier, Kind: u.Kind, Level: u.Level, Name: u.FullName}
}

// HexHash is a SHA-256 digest that JSON shows in lower-case hexadecimal.
type HexHash [32]byte

// String is the digest in lower-case hexadecimal.
func (h HexHash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText implements [encoding.TextMarshaler].
func (h HexHash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (h *HexHash) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(h)) {
		return fmt.Errorf("digest of %d characters: %w", len(text), ErrMalformed)
	}
	if _, err := hex.Decode(h[:], text); err != nil {
		return fmt.Errorf("digest: %w", ErrMalformed)
	}
	return nil
}

// ParseManifest reads manifest.json and refuses what [Canonical] would not have
// written for a manifest that makes sense.
func ParseManifest(data []byte) (*Manifest, error) {
	if len(data) > MaxManifestBytes {
		return nil, fmt.Errorf("manifest of %d bytes: %w", len(data), ErrTooLarge)
	}
	var m Manifest
	if err := ParseCanonical(data, &m); err != nil {
		return nil, fmt.Errorf("reading manifest: %w", err)
	}
	if m.V != RecordVersion {
		return nil, fmt.Errorf("manifest version %d: %w", m.V, ErrVersion)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("reading manifest: %w", err)
	}
	return &m, nil
}

// check asks whether the manifest agrees with itself.
func (m *Manifest) check() error {
	c := m.Counts
	sealed, err := time.Parse(time.RFC3339, m.SealedAt)
	rows := 0
	for i, a := range m.Annexes {
		if a.Name != AnnexName(i+1) || a.Rows < 1 || a.Rows > m.Size-rows {
			return fmt.Errorf("annex %d: %w", i+1, ErrMalformed)
		}
		rows += a.Rows
	}
	switch {
	case !ValidID(m.Bundle), m.Supersedes != "" && !ValidID(m.Supersedes):
		return fmt.Errorf("bundle id: %w", ErrMalformed)
	case m.ConfirmationSource != ConfirmedInFile && m.ConfirmationSource != ConfirmedInService:
		return fmt.Errorf("confirmation source: %w", ErrMalformed)
	case m.Size < 1, m.Size > MaxRecords, c.Doses != m.Size,
		c.Matched < 0, c.Matched > m.Size, c.Cleansed < 0, c.Cleansed > m.Size, c.Exempt < 0, c.Exempt > m.Size,
		c.Matched+c.Cleansed+c.Exempt != c.Doses, c.Persons < 1, c.Persons > c.Doses:
		return fmt.Errorf("counts: %w", ErrMalformed)
	case m.Annexes != nil && rows != m.Size:
		return fmt.Errorf("annexes hold %d of %d rows: %w", rows, m.Size, ErrMalformed)
	case !m.Period.From.Complete(), !m.Period.To.Complete(), m.Period.From.Compare(m.Period.To) > 0:
		return fmt.Errorf("period: %w", ErrMalformed)
	case err != nil, sealed.UTC().Format(time.RFC3339) != m.SealedAt:
		return fmt.Errorf("time of sealing: %w", ErrMalformed)
	case m.Unit.Code == "", m.Unit.Name == "":
		return fmt.Errorf("unit: %w", ErrMalformed)
	}
	return nil
}
