package attest

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/intake"
	"kytiem/store"
)

// MaxUnits bounds one change of the register, which holds some fifteen thousand units.
const MaxUnits = 20_000

// Units lists the register of units by code and time; below says of which unit, "" of
// all.
func (s *Service) Units(ctx context.Context, who Actor, below string, p Page) ([]bundle.Unit, string, error) {
	if err := s.may(ctx, who, ReadUnits, below, below); err != nil {
		return nil, "", err
	}
	if below == "" {
		return s.store.Glance().UnitsPage(ctx, p)
	}
	return s.store.Glance().UnitsBelow(ctx, below, p)
}

// UnitsOf lists the units that had a code, in the order of time. A code of none is
// ErrNotFound.
func (s *Service) UnitsOf(ctx context.Context, who Actor, code string) ([]bundle.Unit, error) {
	if err := s.may(ctx, who, ReadUnits, code, code); err != nil {
		return nil, err
	}
	units, err := s.store.Glance().UnitsOf(ctx, code)
	if err == nil && len(units) == 0 {
		err = fmt.Errorf("unit of this code: %w", ErrNotFound) // which is the caller's text
	}
	return units, err
}

// PutUnits adds units to the register, or changes those with the same code and first
// day, all or none. They are held to the rules for a file of units, in whose words the
// error speaks (*[intake.FileError], the first unit being line 2). What is in the register
// as it comes changes nothing.
func (s *Service) PutUnits(ctx context.Context, who Actor, units []bundle.Unit) error {
	if err := s.may(ctx, who, WriteUnits, "", ""); err != nil {
		return err
	}
	if len(units) > MaxUnits {
		return fmt.Errorf("%d units: %w", len(units), ErrTooMany)
	}
	units, err := asInFile(units)
	if err != nil {
		return err
	}
	_, err = step(ctx, s, who, func(tx *store.Tx) (struct{}, error) { return struct{}{}, putUnits(ctx, tx, who, units) })
	return err
}

func putUnits(ctx context.Context, tx *store.Tx, who Actor, units []bundle.Unit) error {
	var changed []bundle.Unit
	known := make(map[string]bool) // codes of units in which others may lie
	for _, u := range units {
		known[u.Code] = true
	}
	for _, u := range units {
		others, err := tx.UnitsOf(ctx, u.Code)
		if err != nil {
			return err
		}
		if slices.Contains(others, u) {
			continue
		}
		if err := parented(ctx, tx, known, u); err != nil {
			return err
		}
		if err := tx.PutUnit(ctx, u); err != nil {
			return err
		}
		changed = append(changed, u)
	}
	if len(changed) == 0 {
		return nil
	}
	// Who is head of a unit hangs on its identifier: what was entered is kept, so that the
	// register of any time can be told from the chain.
	entered, err := json.Marshal(changed)
	if err != nil {
		return err
	}
	sum, err := tx.PutContent(ctx, entered)
	if err != nil {
		return err
	}
	code := changed[0].Code
	if slices.ContainsFunc(changed, func(u bundle.Unit) bool { return u.Code != code }) {
		code = ""
	}
	return tx.Audit("units.write", who.Account, code, code, audit.Count("units", int64(len(changed))), audit.ID("entered", sum.String()))
}

// parented asks whether the unit above is in the register, or comes with this one. A
// province has none.
func parented(ctx context.Context, tx *store.Tx, known map[string]bool, u bundle.Unit) error {
	if u.Parent == "" || known[u.Parent] {
		return nil
	}
	above, err := tx.UnitsOf(ctx, u.Parent)
	if err != nil {
		return err
	}
	if len(above) > 0 {
		known[u.Parent] = true
		return nil
	}
	return &intake.FileError{Finding: intake.Finding{Column: "parent", Code: "unit_parent_unknown",
		VI: fmt.Sprintf("Không có đơn vị cấp trên mã %s của đơn vị mã %s; hãy thêm đơn vị cấp trên trước hoặc cùng lúc.", u.Parent, u.Code),
		EN: fmt.Sprintf("There is no unit of code %s above the unit of code %s; add the one above first, or together.", u.Parent, u.Code)}}
}

// asInFile reads units as a file of units is read, with all its rules. They come in the
// order of code and time, so that a unit whose time is cut short makes room for the next.
func asInFile(units []bundle.Unit) ([]bundle.Unit, error) {
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	rows := [][]string{{"level", "code", "parent", "kind", "name", "full_name", "identifier", "valid_from", "valid_to"}}
	for _, u := range units {
		rows = append(rows, []string{string(u.Level), u.Code, u.Parent, u.Kind, u.Name, u.FullName, u.Identifier,
			u.ValidFrom.String(), u.ValidTo.String()})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, err
	}
	register, err := intake.ReadUnits(&file)
	if err != nil {
		return nil, err
	}
	read := slices.Collect(register.All())
	if len(read) != len(units) { // a line without anything on it is none
		return nil, fmt.Errorf("unit without anything: %w", bundle.ErrMalformed)
	}
	return read, nil
}
