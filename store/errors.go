package store

import (
	"context"
	"errors"
	"fmt"
)

// What can be wrong with what was asked. Every error of this package that is none of
// these, nor of the context, is a fault of the program or of the database.
var (
	ErrNotFound    = errors.New("not there")
	ErrConflict    = errors.New("in conflict with what is there")
	ErrStale       = errors.New("changed in the meantime")
	ErrUnavailable = errors.New("database unavailable") // try again later
	ErrText        = errors.New("text that a database cannot hold")
	ErrCursor      = errors.New("not a cursor of this list")
	ErrCorrupt     = errors.New("not as it was stored")
)

// ErrDeadlock is an ErrUnavailable: this transaction and another waited for each
// other's rows, and this one gave way. Taken again at once it goes through.
var ErrDeadlock = fmt.Errorf("%w, gave way to another transaction", ErrUnavailable)

// fault is an error of the database itself. It names the code and the rule, never
// the database's own words, which can quote the values.
type fault struct {
	kind error  // one of the above, or nil
	code string // SQLSTATE, or SQLite's extended result code
	rule string // constraint, table or column
}

func (f *fault) Error() string {
	text := "database error " + f.code
	if f.kind != nil {
		text = f.kind.Error() + " (" + f.code + ")"
	}
	if f.rule != "" {
		text += ", " + f.rule
	}
	return text
}

func (f *fault) Unwrap() error { return f.kind }

// lost is an error of the connection, unless the caller gave up first.
func lost(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return cause
	}
	return fmt.Errorf("%w: %T", ErrUnavailable, err) // its text can hold the address
}

// swapped turns the number of rows that a compare-and-swap changed into its outcome.
func swapped(rows int64, err error) error {
	if err == nil && rows == 0 {
		return ErrStale
	}
	return err
}
