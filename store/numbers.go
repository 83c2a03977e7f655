package store

import (
	"context"
	"fmt"
)

// NextNumber gives the next number in a unit's register of documents of one kind and
// year, from 1. Numbers of transactions that do not commit are given again.
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
