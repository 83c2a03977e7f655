package store

import (
	"context"
	"fmt"
	"slices"

	"kytiem/audit"
	"kytiem/bundle"
)

// PutUnit adds a unit to the register, or changes the one with this code and first
// day. Units of one code must not be valid on the same day (bundle.ErrUnitOverlap),
// and a code is short text without blanks (ErrText), since audit entries carry it.
//
// The register is kept by one administrator at a time: two that add overlapping
// periods at once are found out by [View.Units] only.
func (tx *Tx) PutUnit(ctx context.Context, u bundle.Unit) error {
	if !audit.ValidText(u.Code) || len(u.Code) > 32 {
		return fmt.Errorf("code of a unit: %w", ErrText)
	}
	others, err := tx.UnitsOf(ctx, u.Code)
	if err != nil {
		return err
	}
	var register bundle.Units
	others = slices.DeleteFunc(others, func(other bundle.Unit) bool { return other.ValidFrom == u.ValidFrom }) // about to be changed
	for _, each := range append(others, u) {
		if err := register.Add(each); err != nil {
			return err
		}
	}
	_, err = tx.conn.exec(ctx,
		`INSERT INTO units (code, valid_from, valid_to, level, parent, kind, name, full_name, identifier)
		 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		 ON CONFLICT (code, valid_from) DO UPDATE SET valid_to = $3, level = $4, parent = $5, kind = $6, name = $7,
		 full_name = $8, identifier = $9`,
		u.Code, u.ValidFrom.String(), u.ValidTo.String(), string(u.Level), u.Parent, u.Kind, u.Name, u.FullName, u.Identifier)
	if err != nil {
		return fmt.Errorf("storing unit %s: %w", u.Code, err)
	}
	return nil
}

// UnitsOf lists the units that had this code, in the order of time.
func (v *View) UnitsOf(ctx context.Context, code string) ([]bundle.Unit, error) {
	units, err := list(ctx, v, unit,
		`SELECT code, valid_from, valid_to, level, parent, kind, name, full_name, identifier FROM units
		 WHERE code = $1 ORDER BY valid_from`, code)
	if err != nil {
		return nil, fmt.Errorf("reading the units of code %s: %w", code, err)
	}
	return units, nil
}

// UnitsBelow lists the units that are or were below parent, by code and time; below
// "" are the provinces.
func (v *View) UnitsBelow(ctx context.Context, parent string, p Page) ([]bundle.Unit, string, error) {
	var code, from string
	if err := p.read(&code, &from); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	units, err := list(ctx, v, unit,
		`SELECT code, valid_from, valid_to, level, parent, kind, name, full_name, identifier FROM units
		 WHERE parent = $1 AND (code, valid_from) > ($2, $3) ORDER BY code, valid_from LIMIT $4`, parent, code, from, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing the units below %s: %w", parent, err)
	}
	units, next := cut(units, limit, func(u *bundle.Unit) string { return cursor(u.Code, u.ValidFrom) })
	return units, next, nil
}

// UnitsPage lists all units by code and time.
func (v *View) UnitsPage(ctx context.Context, p Page) ([]bundle.Unit, string, error) {
	var code, from string
	if err := p.read(&code, &from); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	units, err := list(ctx, v, unit,
		`SELECT code, valid_from, valid_to, level, parent, kind, name, full_name, identifier FROM units
		 WHERE (code, valid_from) > ($1, $2) ORDER BY code, valid_from LIMIT $3`, code, from, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing units: %w", err)
	}
	units, next := cut(units, limit, func(u *bundle.Unit) string { return cursor(u.Code, u.ValidFrom) })
	return units, next, nil
}

// Units reads the whole register, some fifteen thousand units.
func (v *View) Units(ctx context.Context) (*bundle.Units, error) {
	var register bundle.Units
	for u, err := range walk(ctx, v, unit,
		`SELECT code, valid_from, valid_to, level, parent, kind, name, full_name, identifier FROM units ORDER BY code, valid_from`) {
		if err == nil {
			err = register.Add(u)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the register of units: %w", err)
		}
	}
	return &register, nil
}

func unit(r rows) (u bundle.Unit, err error) {
	err = r.Scan(&u.Code, date(&u.ValidFrom), date(&u.ValidTo), &u.Level, &u.Parent, &u.Kind, &u.Name, &u.FullName, &u.Identifier)
	return u, err
}
