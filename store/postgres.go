package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// postgres is a PostgreSQL database behind a pool of connections.
type postgres struct {
	pool *pgxpool.Pool
	jobs *river.Client[pgx.Tx] // enqueues only
}

// Limits of what is waited for. connectTimeout: a server that does not answer is
// unavailable. lockTimeout: so is a row whose holder does not let go; only large
// imports of one unit at the same time wait for long.
const (
	connectTimeout = 5 * time.Second
	lockTimeout    = 30 * time.Second
)

func openPostgres(ctx context.Context, address string, connections int) (*postgres, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil { // its words quote the address
		return nil, errors.New("not a valid postgres:// address")
	}
	config.MaxConns = int32(min(connections, 1000))
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	settings := config.ConnConfig.RuntimeParams
	settings["application_name"] = "kytiem"
	settings["lock_timeout"] = fmt.Sprint(lockTimeout.Milliseconds())
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, postgresError(ctx, err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, postgresError(ctx, err)
	}
	jobs, err := insertOnly(riverpgxv5.New(pool))
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &postgres{pool, jobs}, nil
}

// write uses READ COMMITTED: every change is a compare-and-swap, which then waits for
// the other's outcome and judges by it instead of failing.
func (p *postgres) write(ctx context.Context) (transaction, error) {
	return p.begin(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
}

func (p *postgres) read(ctx context.Context) (transaction, error) {
	return p.begin(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
}

func (p *postgres) begin(ctx context.Context, o pgx.TxOptions) (transaction, error) {
	tx, err := p.pool.BeginTx(ctx, o)
	if err != nil {
		return nil, postgresError(ctx, err)
	}
	return postgresTx{postgresConn{tx}, tx, p.jobs}, nil
}

// work takes a job up within milliseconds, since River listens on a connection of its
// own.
func (p *postgres) work(ctx context.Context, c *river.Config) (interface{ Stop(context.Context) error }, error) {
	return begin(ctx, riverpgxv5.New(p.pool), c)
}

func (p *postgres) lastWorker() string { return `attempted_by[array_upper(attempted_by, 1)]` }

func (p *postgres) glance() conn { return postgresConn{p.pool} }

func (p *postgres) close() error {
	p.pool.Close()
	return nil
}

// postgresConn fits pgx.Tx and *pgxpool.Pool to conn.
type postgresConn struct{ db pgxHandle }

type pgxHandle interface {
	Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	Begin(ctx context.Context) (pgx.Tx, error)
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, source pgx.CopyFromSource) (int64, error)
}

func (c postgresConn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := c.db.Exec(ctx, query, args...)
	return tag.RowsAffected(), postgresError(ctx, err)
}

func (c postgresConn) all(ctx context.Context, statements []statement) (changed []int64, err error) {
	var batch pgx.Batch
	for _, s := range statements {
		batch.Queue(s.query, s.args...).Exec(func(tag pgconn.CommandTag) error {
			changed = append(changed, tag.RowsAffected())
			return nil
		})
	}
	err = c.db.SendBatch(ctx, &batch).Close() // which reads the answers, and tells of the first error
	return changed, postgresError(ctx, err)
}

func (c postgresConn) query(ctx context.Context, query string, args ...any) (rows, error) {
	rows, err := c.db.Query(ctx, query, args...)
	if err != nil {
		return nil, postgresError(ctx, err)
	}
	return postgresRows{ctx, rows}, nil
}

type postgresRows struct {
	ctx context.Context
	pgx.Rows
}

func (r postgresRows) Close() error {
	r.Rows.Close()
	return postgresError(r.ctx, r.Err())
}

type postgresTx struct {
	postgresConn
	tx   pgx.Tx
	jobs *river.Client[pgx.Tx]
}

func (t postgresTx) enqueue(ctx context.Context, args river.JobArgs, o *river.InsertOpts) error {
	_, err := t.jobs.InsertTx(ctx, t.tx, args, o)
	return postgresError(ctx, err)
}

func (t postgresTx) commit(ctx context.Context) error { return postgresError(ctx, t.tx.Commit(ctx)) }

// rollback must reach the server also when the caller has given up, or the
// connection could not be used again.
func (t postgresTx) rollback() {
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	_ = t.tx.Rollback(ctx)
}

// postgresError says in this package's terms what went wrong (PostgreSQL, appendix A,
// error codes).
func postgresError(ctx context.Context, err error) error {
	var e *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case !errors.As(err, &e):
		return connectionError(ctx, err)
	}
	f := &fault{code: "SQLSTATE " + e.Code, rule: cmp.Or(e.ConstraintName, e.ColumnName, e.TableName)}
	switch {
	case e.Code == "23505": // unique_violation
		f.kind = ErrConflict
	case e.Code == "23503": // foreign_key_violation
		f.kind = ErrNotFound
	case e.Code == "22021": // character_not_in_repertoire
		f.kind = ErrText
	case strings.HasPrefix(e.Code, "40"): // transaction rollback: serialization, deadlock
		f.kind = ErrDeadlock
	case e.Code == "25006", // read_only_sql_transaction: a standby that took the address over
		strings.HasPrefix(e.Code, "08"), // connection exceptions
		strings.HasPrefix(e.Code, "53"), // insufficient resources: disk, memory, connections
		strings.HasPrefix(e.Code, "55"), // object not in prerequisite state: lock timeout
		strings.HasPrefix(e.Code, "57"), // operator intervention: shutdown, starting up
		strings.HasPrefix(e.Code, "58"): // system error: input and output
		f.kind = ErrUnavailable
	case strings.HasPrefix(e.Code, "XX"): // internal error, data corrupted
		f.kind = ErrCorrupt
	}
	return f
}

// connectionError tells a lost connection, for which pgx has no type of its own, from
// what the program did wrong.
func connectionError(ctx context.Context, err error) error {
	var connecting *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &connecting), errors.As(err, &network), pgconn.SafeToRetry(err),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, context.DeadlineExceeded): // of the connection, the caller's was asked before
		return lost(ctx, err)
	}
	if before, _, quoting := strings.Cut(err.Error(), ": unable to encode"); quoting {
		return errors.New(before) // the rest is the value
	}
	return err
}
