package store

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// postgresBatch is how many rows are written before it is known whether they
// conflict: they are held in memory until then, and each batch is a transaction
// within the transaction, of which PostgreSQL likes no more than 64.
const postgresBatch = 20_000

func (c postgresConn) copy(ctx context.Context, table string, columns []string, values iter.Seq2[[]any, error]) error {
	source := &copySource{}
	var stop func()
	source.next, stop = iter.Pull2(values)
	defer stop()
	_, err := c.db.CopyFrom(ctx, pgx.Identifier{table}, columns, source)
	if source.err != nil { // what the rows' own source said, before the server's echo of it
		return source.err
	}
	return postgresError(ctx, err)
}

// merge expects no conflicts, as most files have none: batches are copied as they
// are. Only one that conflicts takes the long way, at a third of the speed.
func (c postgresConn) merge(ctx context.Context, table string, columns []string, values iter.Seq2[[]any, error]) ([]int, error) {
	var left []int
	batch := make([]any, 0, postgresBatch*len(columns))
	start := 0
	write := func() error {
		missing, err := c.mergeBatch(ctx, table, columns, batch)
		for _, n := range missing {
			left = append(left, start+n)
		}
		start += len(batch) / len(columns)
		batch = batch[:0]
		return err
	}
	for value, err := range values {
		if err != nil {
			return nil, err
		}
		if batch = append(batch, value...); len(batch) == cap(batch) {
			if err := write(); err != nil {
				return nil, err
			}
		}
	}
	if len(batch) > 0 {
		if err := write(); err != nil {
			return nil, err
		}
	}
	return left, nil
}

func (c postgresConn) mergeBatch(ctx context.Context, table string, columns []string, batch []any) ([]int, error) {
	within, err := c.db.Begin(ctx)
	if err != nil {
		return nil, postgresError(ctx, err)
	}
	err = postgresConn{within}.copy(ctx, table, columns, rowsOf(batch, len(columns), nil))
	if err == nil {
		return nil, postgresError(ctx, within.Commit(ctx))
	}
	if err := postgresError(ctx, within.Rollback(ctx)); err != nil {
		return nil, err
	}
	if !errors.Is(err, ErrConflict) {
		return nil, err
	}
	return c.sift(ctx, table, columns, batch)
}

// sift writes what does not conflict, by way of a table without indexes, since COPY
// itself has no way around a conflict.
func (c postgresConn) sift(ctx context.Context, table string, columns []string, batch []any) ([]int, error) {
	staging, names := "staging_"+table, strings.Join(columns, ", ")
	for _, statement := range [...]string{
		`CREATE TEMP TABLE IF NOT EXISTS ` + staging + ` ON COMMIT DROP AS SELECT CAST(0 AS BIGINT) AS n, ` + names + ` FROM ` + table + ` WITH NO DATA`,
		`TRUNCATE pg_temp.` + staging,
	} {
		if _, err := c.exec(ctx, statement); err != nil {
			return nil, err
		}
	}
	if err := c.copy(ctx, staging, append([]string{"n"}, columns...), rowsOf(batch, len(columns), []any{0})); err != nil {
		return nil, err
	}
	written, err := list(ctx, &View{conn: c}, func(r rows) (key string, err error) { return key, r.Scan(&key) },
		`INSERT INTO `+table+` (`+names+`) SELECT `+names+` FROM pg_temp.`+staging+` ORDER BY n ON CONFLICT DO NOTHING RETURNING `+columns[0])
	if err != nil {
		return nil, err
	}
	there := make(map[any]bool, len(written))
	for _, key := range written {
		there[key] = true
	}
	var left []int
	for n := range len(batch) / len(columns) {
		if !there[batch[n*len(columns)]] {
			left = append(left, n)
		}
	}
	return left, nil
}

// rowsOf walks the rows of a batch, each behind the number in front, if there is one,
// which counts them.
func rowsOf(batch []any, width int, front []any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		room := slices.Clone(front)
		for row := range slices.Chunk(batch, width) {
			value := row
			if front != nil {
				value = append(room[:1], row...)
			}
			if !yield(value, nil) {
				return
			}
			if front != nil {
				room[0] = room[0].(int) + 1
			}
		}
	}
}

// copySource hands an iterator's rows to COPY.
type copySource struct {
	next   func() ([]any, error, bool)
	values []any
	err    error
}

// Next implements [pgx.CopyFromSource].
func (s *copySource) Next() bool {
	values, err, more := s.next()
	s.values, s.err = values, err
	return more && err == nil
}

// Values implements [pgx.CopyFromSource].
func (s *copySource) Values() ([]any, error) { return s.values, nil }

// Err implements [pgx.CopyFromSource].
func (s *copySource) Err() error { return s.err }
