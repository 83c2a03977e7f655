package minutes

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kytiem/bundle"
	"kytiem/paper"
)

// Party is one person who takes part for one of the parties concerned. Name and
// position may be empty: they are then written by hand.
type Party struct {
	Name     string `json:"name"`
	Party    string `json:"party"` // Công an xã Phú Hòa
	Position string `json:"position"`
	Role     Role   `json:"role"`
}

// Role is what somebody does at the meeting.
type Role string

// The roles. A secretary represents the party that the file names beside them; a
// meeting without one has a block for whoever writes the minutes by hand.
const (
	Chair     Role = "chair"
	Secretary Role = "secretary"
	Member    Role = "member"
)

// roles are the ways in which the parties file names them; an empty role is a
// member.
func roles(word string) (Role, bool) {
	switch bundle.Fold(word) {
	case "chair", "chu-tri", "chu tri", "chu-toa", "chu toa":
		return Chair, true
	case "secretary", "thu-ky", "thu ky":
		return Secretary, true
	case "member", "thanh-vien", "thanh vien", "":
		return Member, true
	}
	return "", false
}

// The limits of a parties file: a meeting has a handful of people, and what claims
// more is not such a file.
const (
	maxPartiesBytes = 256 << 10
	maxParties      = 50
	maxPartyText    = 200 // characters of one cell
)

// What can be wrong with a parties file.
var (
	ErrHeader = errors.New("header is not party,name,position,role")
	ErrCell   = errors.New("cell cannot be used")
)

// PartyError says where a parties file is wrong.
type PartyError struct {
	Line   int    // from 1, the header's
	Column string // name of the column; empty: the line as a whole
	Err    error
}

func (e *PartyError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("parties file line %d: %v", e.Line, e.Err)
	}
	return fmt.Sprintf("parties file line %d, column %s: %v", e.Line, e.Column, e.Err)
}

// Unwrap gives what is wrong.
func (e *PartyError) Unwrap() error { return e.Err }

// ParseParties reads a parties file: CSV (RFC 4180, also with semicolons and a byte
// order mark, as spreadsheets write it) with the columns party, name, position and
// role in any order. Text comes out trimmed and in NFC. Whether the parties are
// enough for a unit is for [Minutes.Check] to say.
func ParseParties(r io.Reader) ([]Party, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxPartiesBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading parties file: %w", err)
	}
	if len(data) > maxPartiesBytes {
		return nil, fmt.Errorf("reading parties file: more than %d bytes: %w", maxPartiesBytes, bundle.ErrTooLarge)
	}
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("reading parties file: not UTF-8: %w", ErrCell)
	}
	in := csv.NewReader(bytes.NewReader(data))
	header, _, _ := bytes.Cut(data, []byte("\n"))
	if bytes.Count(header, []byte(";")) > bytes.Count(header, []byte(",")) {
		in.Comma = ';'
	}
	columns, err := partyColumns(in)
	if err != nil {
		return nil, err
	}
	var parties []Party
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return parties, nil
		}
		if err != nil {
			return nil, csvError(err)
		}
		line, _ := in.FieldPos(0)
		if len(parties) == maxParties {
			return nil, &PartyError{line, "", fmt.Errorf("more than %d people: %w", maxParties, bundle.ErrTooLarge)}
		}
		party, fault := partyOf(row, columns)
		if fault != nil {
			fault.Line = line
			return nil, fault
		}
		parties = append(parties, party)
	}
}

// columnNames are the columns of the file.
func columnNames() []string { return []string{"party", "name", "position", "role"} }

func partyColumns(in *csv.Reader) ([]string, error) {
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, &PartyError{1, "", ErrHeader}
	}
	if err != nil {
		return nil, csvError(err)
	}
	for i, name := range header {
		header[i] = strings.ToLower(strings.TrimSpace(name))
	}
	if !slices.Equal(slices.Sorted(slices.Values(header)), slices.Sorted(slices.Values(columnNames()))) {
		return nil, &PartyError{1, "", ErrHeader}
	}
	return header, nil
}

// csvError keeps the line of an error of encoding/csv.
func csvError(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return &PartyError{parse.Line, "", parse.Err}
	}
	return fmt.Errorf("reading parties file: %w", err)
}

func partyOf(row, columns []string) (Party, *PartyError) {
	var p Party
	for i, cell := range row {
		text := strings.Join(strings.Fields(norm.NFC.String(cell)), " ")
		if utf8.RuneCountInString(text) > maxPartyText {
			return p, &PartyError{Column: columns[i], Err: fmt.Errorf("longer than %d characters: %w", maxPartyText, ErrCell)}
		}
		for _, r := range text {
			if !paper.Printable(r) {
				return p, &PartyError{Column: columns[i], Err: fmt.Errorf("character %U cannot be printed: %w", r, ErrCell)}
			}
		}
		switch columns[i] {
		case "party":
			p.Party = text
		case "name":
			p.Name = text
		case "position":
			p.Position = text
		case "role":
			role, known := roles(text)
			if !known {
				return p, &PartyError{Column: "role", Err: fmt.Errorf("not chair, secretary or member: %w", ErrCell)}
			}
			p.Role = role
		}
	}
	if p.Party == "" {
		return p, &PartyError{Column: "party", Err: fmt.Errorf("empty: %w", ErrCell)}
	}
	return p, nil
}

// sector is which of the parties concerned a party is, by its name.
type sector int

const (
	other sector = iota // a facility, a residents' group
	committee
	station
	police
)

func sectorOf(party string) sector {
	name := bundle.Fold(party)
	switch {
	case strings.Contains(name, "cong an"):
		return police
	case strings.Contains(name, "tram y te"), strings.Contains(name, "tyt"):
		return station
	case strings.Contains(name, "uy ban nhan dan"), strings.Contains(name, "ubnd"):
		return committee
	}
	return other
}

// checkParties asks for those without whom the minutes confirm nothing: health
// attests the vaccination and police the identity (9438, mục 2). The minutes of a
// commune need its People's Committee, its health station and its police, those of
// a facility the facility, the People's Committee and the police; the commune's
// chair or the facility's head presides (8938, I bước 4 and II bước 4).
func checkParties(parties []Party, unit bundle.UnitName) error {
	var (
		present           [police + 1]bool
		chairs, scribes   int
		chairOf           sector
		facility          = unit.Level == bundle.Facility
		needed, neededFor = []sector{committee, station, police}, "a commune: People's Committee, health station, police"
	)
	for _, p := range parties {
		s := sectorOf(p.Party)
		present[s] = true
		switch p.Role {
		case Chair:
			chairs++
			chairOf = s
		case Secretary:
			scribes++
		case Member:
		default:
			return fmt.Errorf("role of a party: %w", bundle.ErrMalformed)
		}
	}
	if facility {
		needed, neededFor = []sector{committee, police}, "a facility: the facility, People's Committee, police"
	}
	for _, s := range needed {
		if !present[s] {
			return fmt.Errorf("parties for %s: %w", neededFor, ErrParties)
		}
	}
	// The facility may be a health station, but not the committee or the police.
	rightChair := chairOf == committee
	if facility {
		rightChair = chairOf == other || chairOf == station
	}
	switch {
	case chairs != 1 || !rightChair:
		return ErrChair
	case scribes > 1:
		return ErrSecretary
	}
	return nil
}
