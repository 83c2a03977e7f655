package store

import (
	"context"
	"iter"
	"strings"
	"unicode/utf8"
)

// sqliteBatch is how many rows one INSERT holds: fewer cost calls, more cost the
// journal of the statement.
const sqliteBatch = 20

func (c sqliteConn) copy(ctx context.Context, table string, columns []string, values iter.Seq2[[]any, error]) error {
	return c.batches(ctx, table, columns, "", values, func([]any, int, int64) error { return nil })
}

func (c sqliteConn) merge(ctx context.Context, table string, columns []string, values iter.Seq2[[]any, error]) ([]int, error) {
	var left []int
	start := 0
	err := c.batches(ctx, table, columns, " ON CONFLICT DO NOTHING", values, func(batch []any, rows int, written int64) error {
		if int(written) < rows {
			missing, err := c.missing(ctx, table, columns[0], batch, rows)
			if err != nil {
				return err
			}
			for _, i := range missing {
				left = append(left, start+i)
			}
		}
		start += rows
		return nil
	})
	return left, err
}

// batches inserts values in statements of several rows, and after each calls done
// with the batch, how many rows it had and how many of them were written.
func (c sqliteConn) batches(ctx context.Context, table string, columns []string, clause string,
	values iter.Seq2[[]any, error], done func(batch []any, rows int, written int64) error,
) error {
	// Question marks, not $1: SQLite looks up names one by one, for every row anew.
	row := "(?" + strings.Repeat(",?", len(columns)-1) + ")"
	// OR FAIL: an error ends the transaction in any case, and a statement that need not
	// be taken back alone needs no journal of its own.
	insert := "INSERT OR FAIL INTO " + table + " (" + strings.Join(columns, ",") + ") VALUES " + row
	full, err := c.db.PrepareContext(ctx, insert+strings.Repeat(","+row, sqliteBatch-1)+clause) //nolint:sqlclosecheck // deferred below
	if err != nil {
		return sqliteError(ctx, err)
	}
	defer full.Close()

	batch := make([]any, 0, sqliteBatch*len(columns))
	for value, err := range values {
		if err != nil {
			return err
		}
		if err := storable(value); err != nil {
			return err
		}
		if batch = append(batch, value...); len(batch) < cap(batch) {
			continue
		}
		result, err := full.ExecContext(ctx, batch...)
		if err != nil {
			return sqliteError(ctx, err)
		}
		written, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if err := done(batch, sqliteBatch, written); err != nil {
			return err
		}
		batch = batch[:0]
	}
	rest := len(batch) / len(columns)
	if rest == 0 {
		return nil
	}
	written, err := c.exec(ctx, insert+strings.Repeat(","+row, rest-1)+clause, batch...)
	if err != nil {
		return err
	}
	return done(batch, rest, written)
}

// missing finds the rows of a batch that were not written, by their key.
func (c sqliteConn) missing(ctx context.Context, table, key string, batch []any, rows int) ([]int, error) {
	keys := make([]any, rows)
	for i := range keys {
		keys[i] = batch[i*len(batch)/rows]
	}
	answer, err := c.query(ctx, "SELECT "+key+" FROM "+table+" WHERE "+key+" IN (?"+strings.Repeat(",?", rows-1)+")", keys...)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	there := make(map[any]bool, rows)
	for answer.Next() {
		var key string
		if err := answer.Scan(&key); err != nil {
			return nil, err
		}
		there[key] = true
	}
	if err := answer.Close(); err != nil {
		return nil, err
	}
	var missing []int
	for i, key := range keys {
		if !there[key] {
			missing = append(missing, i)
		}
	}
	return missing, nil
}

// storable refuses text that PostgreSQL refuses, so that what one database holds the
// other can take over.
func storable(values []any) error {
	for _, value := range values {
		if s, ok := value.(string); ok && (strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s)) {
			return ErrText
		}
	}
	return nil
}
