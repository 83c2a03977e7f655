package store

import (
	"context"
	"fmt"
	"iter"
)

// Record is where a sealed record stands: one line of its bundle's records.ndjson,
// one leaf of its tree. That never changes, whatever becomes of the result.
type Record struct {
	ID       string // as in the record itself
	Bundle   string
	Result   string
	Position int   // of the leaf, from 0
	LineAt   int64 // where its line begins
	LineSize int   // without the line end
}

// AddRecords adds the records of a bundle.
func (tx *Tx) AddRecords(ctx context.Context, bundle string, records iter.Seq2[Record, error]) error {
	columns := []string{"id", "bundle", "result", "position", "line_at", "line_size"}
	err := tx.conn.copy(ctx, "records", columns, func(yield func([]any, error) bool) {
		values := make([]any, 0, len(columns))
		for r, err := range records {
			values = append(values[:0], r.ID, bundle, r.Result, r.Position, r.LineAt, r.LineSize)
			if !yield(values, err) || err != nil {
				return
			}
		}
	})
	if err != nil {
		return fmt.Errorf("adding records of bundle %s: %w", bundle, err)
	}
	return nil
}

// Record finds a sealed record.
func (v *View) Record(ctx context.Context, id string) (Record, error) {
	r, err := only(ctx, v, record, `SELECT id, bundle, result, position, line_at, line_size FROM records WHERE id = $1`, id)
	if err != nil {
		return Record{}, fmt.Errorf("reading record %s: %w", id, err)
	}
	return r, nil
}

// RecordsOf lists the records that a result was sealed in, one for each bundle.
func (v *View) RecordsOf(ctx context.Context, result string) ([]Record, error) {
	records, err := list(ctx, v, record,
		`SELECT id, bundle, result, position, line_at, line_size FROM records WHERE result = $1 ORDER BY id LIMIT $2`, result, MaxPage)
	if err != nil {
		return nil, fmt.Errorf("reading records of result %s: %w", result, err)
	}
	return records, nil
}

func record(r rows) (x Record, err error) {
	err = r.Scan(&x.ID, &x.Bundle, &x.Result, &x.Position, &x.LineAt, &x.LineSize)
	return x, err
}
