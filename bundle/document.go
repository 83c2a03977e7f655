package bundle

import (
	"fmt"
	"slices"
)

// DocumentVersion is the version of document.json and of the layout its pages are
// drawn in: another layout is another version, so that pages drawn once can be
// drawn again byte for byte or not at all.
const DocumentVersion = 1

// MaxDocumentBytes bounds document.json.
const MaxDocumentBytes = 1 << 20

// Document is what the pages need beside records and manifest. While Preview is
// set, number and date are still open: they are those of the day the head signs.
// The members stand in the order of RFC 8785, 3.2.3.
type Document struct {
	Agency      []string     `json:"agency"` // lines of the issuing agency's name, upper case
	Attachments []Attachment `json:"attachments,omitempty"`
	Capacity    Capacity     `json:"capacity,omitempty"`
	Date        Date         `json:"date,omitzero"`
	Notation    string       `json:"notation"`         // BC-UBND
	Number      string       `json:"number,omitempty"` // 05
	Parent      string       `json:"parent,omitempty"` // superior agency, upper case
	Place       string       `json:"place"`
	Preview     bool         `json:"preview,omitempty"`
	Recipients  []string     `json:"recipients"`
	Signatory   Signatory    `json:"signatory"`
	V           int          `json:"v"`
}

// Signatory is who signs: as the certificate names the person, and with the
// identifiers (MST:…, CCCD:…) that the certificate has to carry.
type Signatory struct {
	Identifiers []string `json:"identifiers,omitempty"`
	Name        string   `json:"name,omitempty"`
	Position    string   `json:"position"` // Chủ tịch, Giám đốc
}

// Attachment names a file that went with the document, such as the minutes that
// preceded the signature.
type Attachment struct {
	Name   string  `json:"name"`
	SHA256 HexHash `json:"sha256"`
}

// Capacity is the form of signing for somebody else (Nghị định 30/2020/NĐ-CP,
// Điều 13).
type Capacity string

// The capacities: on behalf of a collective, for the head, by order, by
// authorisation, acting.
const (
	NoCapacity Capacity = ""
	TM         Capacity = "TM"
	KT         Capacity = "KT"
	TL         Capacity = "TL"
	TUQ        Capacity = "TUQ"
	Q          Capacity = "Q"
)

// Capacities lists what may stand before a signature.
func Capacities() []Capacity { return []Capacity{NoCapacity, TM, KT, TL, TUQ, Q} }

// The signature fields that a bundle document is drawn with, empty, before anybody
// signs: the head's, and the organisation's after it (Nghị định 30/2020/NĐ-CP,
// Điều 32).
const (
	HeadField         = "head"
	OrganisationField = "organisation"
)

// ParseDocument reads document.json, with the strictness of [ParseManifest].
func ParseDocument(data []byte) (*Document, error) {
	if len(data) > MaxDocumentBytes {
		return nil, fmt.Errorf("document of %d bytes: %w", len(data), ErrTooLarge)
	}
	var d Document
	if err := ParseCanonical(data, &d); err != nil {
		return nil, fmt.Errorf("reading document: %w", err)
	}
	if d.V != DocumentVersion {
		return nil, fmt.Errorf("document version %d: %w", d.V, ErrVersion)
	}
	if err := d.Check(); err != nil {
		return nil, fmt.Errorf("reading document: %w", err)
	}
	return &d, nil
}

// Check asks whether the document agrees with itself.
func (d *Document) Check() error {
	switch {
	case len(d.Agency) == 0 || len(d.Agency) > 4 || d.Notation == "" || d.Place == "":
		return fmt.Errorf("agency, notation and place: %w", ErrMalformed)
	case !slices.Contains(Capacities(), d.Capacity):
		return fmt.Errorf("capacity: %w", ErrMalformed)
	case d.Preview != (d.Number == "") || d.Preview != d.Date.IsZero():
		return fmt.Errorf("number and date of a document, or neither in a preview: %w", ErrMalformed)
	case !d.Preview && (!d.Date.Complete() || d.Signatory.Name == ""):
		return fmt.Errorf("date and signatory: %w", ErrMalformed)
	}
	return nil
}
