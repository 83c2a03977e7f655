package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteFile is a SQLite database: one handle that writes, and a pool that reads.
type sqliteFile struct {
	writer, readers *sql.DB
	glances         *sqliteGlance
	jobs            *river.Client[*sql.Tx] // enqueues only
}

// openSQLite opens the file, which holds personal data and so is made for its owner
// only; SQLite gives the files beside it the same mode.
func openSQLite(ctx context.Context, path string, connections int) (*sqliteFile, error) {
	if path == "" {
		return nil, fmt.Errorf("no file named: %w", ErrNotFound)
	}
	made, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := made.Close(); err != nil {
		return nil, err
	}
	// FULL, not NORMAL: these are legal records, and what was answered must survive a
	// power cut. temp_store: the journal of a statement over many rows is written to a
	// file otherwise. journal_size_limit: a large import leaves no large log behind.
	writer, err := sqliteHandle(path, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(5000)", "page_size(8192)", "journal_mode(wal)", "synchronous(full)", "foreign_keys(1)",
			"temp_store(memory)", "cache_size(-32768)", "journal_size_limit(67108864)"},
	}, 1)
	if err != nil {
		return nil, err
	}
	readers, err := sqliteHandle(path, url.Values{
		"_txlock": {"deferred"},
		"_pragma": {"busy_timeout(5000)", "query_only(1)", "temp_store(memory)", "cache_size(-8192)"},
	}, connections)
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	f := &sqliteFile{writer: writer, readers: readers, glances: &sqliteGlance{sqliteConn: sqliteConn{readers}, db: readers}}
	if f.jobs, err = insertOnly(riversqlite.New(writer)); err != nil {
		return nil, errors.Join(err, f.close())
	}
	if err := writer.PingContext(ctx); err != nil {
		return nil, errors.Join(sqliteError(ctx, err), f.close())
	}
	return f, nil
}

func sqliteHandle(path string, settings url.Values, connections int) (*sql.DB, error) {
	name := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: settings.Encode()}
	handle, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	handle.SetMaxOpenConns(connections)
	handle.SetMaxIdleConns(connections)
	return handle, nil
}

func (f *sqliteFile) write(ctx context.Context) (transaction, error) {
	return beginSQLite(ctx, f.writer, f.jobs)
}
func (f *sqliteFile) read(ctx context.Context) (transaction, error) {
	return beginSQLite(ctx, f.readers, nil)
}
func (f *sqliteFile) glance() conn { return f.glances }

// work has jobs share the one handle that writes: a second writer would only wait for
// the first, and give up when that is a large import.
func (f *sqliteFile) work(ctx context.Context, c *river.Config) (interface{ Stop(context.Context) error }, error) {
	return begin(ctx, riversqlite.New(f.writer), c)
}

func (f *sqliteFile) lastWorker() string { return `json_extract(attempted_by, '$[#-1]')` }

func (f *sqliteFile) close() error {
	return errors.Join(f.glances.close(), f.readers.Close(), f.writer.Close())
}

// sqliteConn fits *sql.Tx and *sql.DB to conn.
type sqliteConn struct{ db sqlHandle }

type sqlHandle interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

func (c sqliteConn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := storable(args); err != nil {
		return 0, err
	}
	result, err := c.db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, sqliteError(ctx, err)
	}
	return result.RowsAffected()
}

func (c sqliteConn) all(ctx context.Context, statements []statement) (changed []int64, err error) {
	for _, s := range statements {
		n, err := c.exec(ctx, s.query, s.args...)
		if err != nil {
			return changed, err
		}
		changed = append(changed, n)
	}
	return changed, nil
}

func (c sqliteConn) query(ctx context.Context, query string, args ...any) (rows, error) {
	if err := storable(args); err != nil {
		return nil, err
	}
	rows, err := c.db.QueryContext(ctx, query, args...) //nolint:rowserrcheck // sqliteRows.Close does
	if err != nil {
		return nil, sqliteError(ctx, err)
	}
	return sqliteRows{ctx, rows}, nil
}

type sqliteRows struct {
	ctx context.Context
	*sql.Rows
}

func (r sqliteRows) Close() error {
	err := r.Err()
	if closing := r.Rows.Close(); err == nil {
		err = closing
	}
	return sqliteError(r.ctx, err)
}

type sqliteTx struct {
	sqliteConn
	tx   *sql.Tx
	jobs *river.Client[*sql.Tx]
}

func beginSQLite(ctx context.Context, db *sql.DB, jobs *river.Client[*sql.Tx]) (transaction, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, sqliteError(ctx, err)
	}
	return sqliteTx{sqliteConn{tx}, tx, jobs}, nil
}

func (t sqliteTx) enqueue(ctx context.Context, args river.JobArgs, o *river.InsertOpts) error {
	_, err := t.jobs.InsertTx(ctx, t.tx, args, o)
	return sqliteError(ctx, err)
}

func (t sqliteTx) commit(ctx context.Context) error { return sqliteError(ctx, t.tx.Commit()) }

// rollback fails only where there is nothing left to take back.
func (t sqliteTx) rollback() { _ = t.tx.Rollback() }

// sqliteError says in this package's terms what went wrong. SQLite's own words name
// tables and columns, but can quote what a JSON function was given.
func sqliteError(ctx context.Context, err error) error {
	var e *sqlite.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case !errors.As(err, &e):
		return err
	}
	f := &fault{code: "SQLite " + strconv.Itoa(e.Code())}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		f.kind = ErrConflict
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		f.kind = ErrNotFound
	}
	switch e.Code() & 0xff { // the rest of the code says more exactly what happened
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
		f.kind = ErrUnavailable
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		f.kind = ErrCorrupt
	}
	return f
}
