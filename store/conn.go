package store

import (
	"context"
	"iter"

	"github.com/riverqueue/river"
)

// conn is what the functions of this package ask of a database: a transaction of
// pgx or of database/sql, or a pool of either. Errors are this package's.
type conn interface {
	// exec runs a statement and tells how many rows it changed.
	exec(ctx context.Context, query string, args ...any) (int64, error)

	// all runs statements one after the other up to the first that fails, in a single
	// round trip where there are any, and tells how many rows each of those before it
	// changed.
	all(ctx context.Context, statements []statement) ([]int64, error)

	// query runs a statement that answers with rows, which must be closed.
	query(ctx context.Context, query string, args ...any) (rows, error)

	// copy writes many rows; one that conflicts fails them all.
	copy(ctx context.Context, table string, columns []string, values iter.Seq2[[]any, error]) error

	// merge writes many rows, the first column of which is the table's key and new,
	// leaves out those that conflict, and gives their places in values, from 0.
	merge(ctx context.Context, table string, columns []string, values iter.Seq2[[]any, error]) (left []int, err error)
}

// statement changes rows.
type statement struct {
	query string
	args  []any
}

// transaction is a conn with an end. After commit, rollback does nothing.
type transaction interface {
	conn
	enqueue(ctx context.Context, args river.JobArgs, o *river.InsertOpts) error
	commit(ctx context.Context) error
	rollback()
}

// strict is a transaction that is over with its first error, as PostgreSQL has it and
// SQLite has not: a step that passed over an error would end differently on the two.
type strict struct {
	transaction
	failed  error
	waiting []later
}

func (s *strict) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if len(s.waiting) == 0 && s.failed == nil {
		var n int64
		n, s.failed = s.transaction.exec(ctx, query, args...)
		return n, s.failed
	}
	changed, err := s.send(ctx, statement{query, args})
	if err != nil {
		return 0, err
	}
	return changed[0], nil
}

func (s *strict) all(ctx context.Context, statements []statement) ([]int64, error) {
	return s.send(ctx, statements...)
}

func (s *strict) query(ctx context.Context, query string, args ...any) (answer rows, err error) {
	if _, err := s.send(ctx); err != nil {
		return nil, err
	}
	answer, s.failed = s.transaction.query(ctx, query, args...)
	if s.failed != nil {
		return nil, s.failed
	}
	return &strictRows{answer, s}, nil
}

func (s *strict) copy(ctx context.Context, table string, columns []string, values iter.Seq2[[]any, error]) error {
	if _, err := s.send(ctx); err != nil {
		return err
	}
	s.failed = s.transaction.copy(ctx, table, columns, values)
	return s.failed
}

func (s *strict) merge(ctx context.Context, table string, columns []string, values iter.Seq2[[]any, error]) (left []int, err error) {
	if _, err := s.send(ctx); err != nil {
		return nil, err
	}
	left, s.failed = s.transaction.merge(ctx, table, columns, values)
	return left, s.failed
}

func (s *strict) enqueue(ctx context.Context, args river.JobArgs, o *river.InsertOpts) error {
	if _, err := s.send(ctx); err != nil {
		return err
	}
	s.failed = s.transaction.enqueue(ctx, args, o)
	return s.failed
}

func (s *strict) commit(ctx context.Context) error {
	if _, err := s.send(ctx); err != nil {
		return err
	}
	return s.transaction.commit(ctx)
}

// strictRows notice what goes wrong while an answer is read.
type strictRows struct {
	rows
	of *strict
}

func (r *strictRows) Close() error {
	err := r.rows.Close()
	if err != nil && r.of.failed == nil {
		r.of.failed = err
	}
	return err
}

// rows are an answer, read in the manner of [database/sql.Rows].
type rows interface {
	Next() bool
	Scan(into ...any) error
	Close() error // also tells what ended the reading
}

// one reads the single row of an answer; no row is ErrNotFound.
func (v *View) one(ctx context.Context, query string, args []any, into ...any) error {
	rows, err := v.conn.query(ctx, query, args...)
	if err != nil {
		return err
	}
	found := rows.Next()
	if found {
		err = rows.Scan(into...)
	}
	if closing := rows.Close(); err == nil {
		err = closing
	}
	if err == nil && !found {
		return ErrNotFound
	}
	return err
}

// only reads the single item of an answer; no row is ErrNotFound.
func only[T any](ctx context.Context, v *View, read func(rows) (T, error), query string, args ...any) (T, error) {
	for item, err := range walk(ctx, v, read, query, args...) {
		return item, err
	}
	var none T
	return none, ErrNotFound
}

// walk reads the rows of an answer one after the other.
func walk[T any](ctx context.Context, v *View, read func(rows) (T, error), query string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := v.conn.query(ctx, query, args...)
		if err != nil {
			yield(none, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			item, err := read(rows)
			if !yield(item, err) || err != nil {
				return
			}
		}
		if err := rows.Close(); err != nil {
			yield(none, err)
		}
	}
}

// list reads all rows of an answer; its query bounds them.
func list[T any](ctx context.Context, v *View, read func(rows) (T, error), query string, args ...any) ([]T, error) {
	var items []T
	for item, err := range walk(ctx, v, read, query, args...) {
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}
