package store

import (
	"context"
	"fmt"
)

// Register is one of the registers in which a unit enters its documents: those of one
// kind and year.
type Register struct {
	Unit string
	Year int
	Kind string
}

// NextNumber gives the next number of a unit's register of documents of one kind and
// year, from 1. Numbers of transactions that do not commit are given again. Whether a
// document stands under it already, which was numbered by hand, is [Tx.EnterNumber]'s
// to know.
func (tx *Tx) NextNumber(ctx context.Context, unit string, year int, kind string) (int, error) {
	var n int
	err := tx.one(ctx,
		`INSERT INTO numbers (unit, year, kind, last) VALUES ($1, $2, $3, 1)
		 ON CONFLICT (unit, year, kind) DO UPDATE SET last = numbers.last + 1 RETURNING last`, []any{unit, year, kind}, &n)
	if err != nil {
		return 0, fmt.Errorf("numbering a document of unit %s: %w", unit, err)
	}
	return n, nil
}

// EnterNumber enters a bundle's document under a number, written without zeros before
// it. Under one number stands one bundle: if another has it, the error is ErrConflict.
func (tx *Tx) EnterNumber(ctx context.Context, in Register, number, bundle string) error {
	entered, err := tx.conn.exec(ctx,
		`INSERT INTO numbered (unit, year, kind, number, bundle, at) VALUES ($1, $2, $3, $4, $5, $6)
		 ON CONFLICT (unit, year, kind, number) DO UPDATE SET at = excluded.at WHERE numbered.bundle = excluded.bundle`,
		in.Unit, in.Year, in.Kind, number, bundle, micros(tx.now))
	if err == nil && entered == 0 {
		err = ErrConflict
	}
	if err != nil {
		return fmt.Errorf("entering bundle %s in the register of unit %s: %w", bundle, in.Unit, err)
	}
	return nil
}

// NumberOf is the number under which a bundle stands in a register; of several it is
// the preferred one, or else the last. Where it has none the error is ErrNotFound.
func (v *View) NumberOf(ctx context.Context, in Register, bundle, preferred string) (number string, err error) {
	err = v.one(ctx, `SELECT number FROM numbered WHERE bundle = $1 AND kind = $2 AND year = $3 AND unit = $4
		ORDER BY CASE WHEN number = $5 THEN 0 ELSE 1 END, at DESC LIMIT 1`, []any{bundle, in.Kind, in.Year, in.Unit, preferred}, &number)
	if err != nil {
		return "", fmt.Errorf("reading the number of bundle %s: %w", bundle, err)
	}
	return number, nil
}

// Numbered is the bundle whose document stands under a number.
func (v *View) Numbered(ctx context.Context, in Register, number string) (bundle string, err error) {
	err = v.one(ctx, `SELECT bundle FROM numbered WHERE unit = $1 AND year = $2 AND kind = $3 AND number = $4`,
		[]any{in.Unit, in.Year, in.Kind, number}, &bundle)
	if err != nil {
		return "", fmt.Errorf("reading a number of unit %s: %w", in.Unit, err)
	}
	return bundle, nil
}
