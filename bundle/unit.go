package bundle

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Level is the place of a unit in the administrative order of a time: three
// tiers until 30 June 2025, two since (no district), with vaccination facilities
// standing in the territory of a commune.
type Level string

// The levels, as the units file names them.
const (
	Province Level = "province"
	District Level = "district"
	Commune  Level = "commune"
	Facility Level = "facility"
)

// Unit is an administrative unit or a vaccination facility during one period of
// validity. Codes are strings with leading zeros, and a code was given to another
// territory when the units changed in July 2025: what identifies a unit is its
// code together with a date.
type Unit struct {
	Level    Level  `json:"level"`
	Code     string `json:"code"`
	Parent   string `json:"parent"`    // code of the unit above; for a facility, of its commune
	Kind     string `json:"kind"`      // xa, phuong, thi-tran, dac-khu, …; for a facility, what it is
	Name     string `json:"name"`      // without the kind: Phú Hòa
	FullName string `json:"full_name"` // with it: Xã Phú Hòa

	// Identifier is the tax code (MST:) or budget-unit code (MNS:) that the
	// unit's certificates carry in their subject; empty where unknown.
	Identifier string `json:"identifier,omitempty"`

	ValidFrom Date `json:"valid_from,omitzero"` // zero: since ever
	ValidTo   Date `json:"valid_to,omitzero"`   // last day; zero: still valid
}

// ValidOn reports whether the unit existed on day d; a zero d asks whether it
// exists without an end.
func (u Unit) ValidOn(d Date) bool {
	if d.IsZero() {
		return u.ValidTo.IsZero()
	}
	return u.ValidFrom.Compare(d) <= 0 && (u.ValidTo.IsZero() || d.Compare(u.ValidTo) <= 0)
}

// Units is a register of units by code and period. The zero value is empty.
type Units struct {
	byCode map[string][]Unit
}

// Add puts a unit into the register. Two units of one code must not be valid on
// the same day: such a pair is ErrUnitOverlap.
func (us *Units) Add(u Unit) error {
	for _, other := range us.byCode[u.Code] {
		if overlap(u, other) {
			return fmt.Errorf("unit %s: %w", u.Code, ErrUnitOverlap)
		}
	}
	if us.byCode == nil {
		us.byCode = make(map[string][]Unit)
	}
	us.byCode[u.Code] = append(us.byCode[u.Code], u)
	return nil
}

func overlap(a, b Unit) bool {
	startsBefore := func(u, v Unit) bool {
		return v.ValidTo.IsZero() || u.ValidFrom.Compare(v.ValidTo) <= 0
	}
	return startsBefore(a, b) && startsBefore(b, a)
}

// Len is the number of units in the register.
func (us *Units) Len() int {
	n := 0
	for _, units := range us.byCode {
		n += len(units)
	}
	return n
}

// All goes through the register by code and time.
func (us *Units) All() iter.Seq[Unit] {
	return func(yield func(Unit) bool) {
		for _, code := range slices.Sorted(maps.Keys(us.byCode)) {
			ordered := slices.SortedFunc(slices.Values(us.byCode[code]), func(a, b Unit) int { return a.ValidFrom.Compare(b.ValidFrom) })
			for _, u := range ordered {
				if !yield(u) {
					return
				}
			}
		}
	}
}

// At finds the unit that had this code on day on. A zero day is allowed while the
// code belonged to one unit only; otherwise it is ErrUnitAmbiguous.
func (us *Units) At(code string, on Date) (Unit, error) {
	all := us.byCode[code]
	if on.IsZero() {
		switch len(all) {
		case 0:
			return Unit{}, fmt.Errorf("unit %s: %w", code, ErrUnitUnknown)
		case 1:
			return all[0], nil
		}
		return Unit{}, fmt.Errorf("unit %s stands for %d units of different times, state a date: %w", code, len(all), ErrUnitAmbiguous)
	}
	i := slices.IndexFunc(all, func(u Unit) bool { return u.ValidOn(on) })
	if i < 0 {
		return Unit{}, fmt.Errorf("unit %s on %s: %w", code, on, ErrUnitUnknown)
	}
	return all[i], nil
}

// Province finds the province that u lies in on day on, by following the parents.
func (us *Units) Province(u Unit, on Date) (Unit, error) {
	for range 5 { // no chain of parents is longer; a file that loops must not hang us
		if u.Level == Province {
			return u, nil
		}
		above, err := us.At(u.Parent, on)
		if err != nil {
			return Unit{}, err
		}
		u = above
	}
	return Unit{}, fmt.Errorf("unit %s: %w", u.Code, ErrUnitUnknown)
}

// ParseUnitKey reads a unit's key as the command line writes it: CODE or
// CODE@YYYY-MM-DD.
func ParseUnitKey(text string) (code string, on Date, err error) {
	code, day, dated := strings.Cut(text, "@")
	if code == "" || len(code) > 32 {
		return "", Date{}, ErrUnitUnknown
	}
	if dated {
		on, err = ParseDate(day)
		if err == nil && !on.Complete() {
			err = fmt.Errorf("day of unit %s: %w", code, ErrDate)
		}
	}
	return code, on, err
}
