// Package store keeps what the service knows: units, accounts, tokens and
// certificates, imports and results, bundles and their files, signing requests, jobs
// and the audit chain, in one SQLite file or in PostgreSQL, with the same SQL text.
//
// A step of the service is one [Store.InTx]: it reads, decides, writes and enters
// itself in the audit chain, and all of that happens or none. State changes are
// compare-and-swap: a step that decided on what is no longer so gets [ErrStale] and
// changes nothing.
//
// The package holds no rule of who may do what or when: it keeps what it is given
// whole, unique and in order. It makes no signatures, judges none, logs nothing,
// and opens no connection but to the database.
package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"kytiem/audit"
)

// Options say which database, and how to use it.
type Options struct {
	// Database is the path of a SQLite file, made if it is not there and readable by
	// its owner only, or the address of a PostgreSQL database (postgres://…).
	Database string

	// Now gives the instant of each transaction; nil is [time.Now].
	Now func() time.Time

	// Connections is how many connections are held at most: to PostgreSQL, and for
	// reading a SQLite file, which has one for writing in any case. 0 stands for 8.
	Connections int
}

const defaultConnections = 8

// database is what SQLite and PostgreSQL have to offer, each in its own file.
//
// write opens a transaction in which writing is allowed, read one that sees a single
// state of the database from its first query on. glance answers single queries, each
// by the newest state. All of them fail with the package's errors.
type database interface {
	write(ctx context.Context) (transaction, error)
	read(ctx context.Context) (transaction, error)
	glance() conn
	migrate(ctx context.Context) error
	work(ctx context.Context, c *river.Config) (interface{ Stop(context.Context) error }, error)
	lastWorker() string // an expression for who took a row of river_job last
	close() error
}

// Store is an open database. It is for concurrent use.
type Store struct {
	database database
	now      func() time.Time
	file     string        // of SQLite; empty for PostgreSQL
	head     chan struct{} // held by the one of this program who may take the head of the chain
}

// Open opens the database and brings its tables up to date. Tables newer than this
// program are left as they are: migrations are made so that old code runs on them. Any
// number of programs may open one PostgreSQL database; a SQLite file belongs to one
// at a time.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{now: o.Now, head: make(chan struct{}, 1)}
	if s.now == nil {
		s.now = time.Now
	}
	connections := o.Connections
	if connections <= 0 {
		connections = defaultConnections
	}
	var err error
	if strings.HasPrefix(o.Database, "postgres://") || strings.HasPrefix(o.Database, "postgresql://") {
		s.database, err = openPostgres(ctx, o.Database, connections)
	} else {
		s.file = o.Database
		s.database, err = openSQLite(ctx, o.Database, connections)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	if err := s.database.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("bringing the tables up to date: %w", err), s.Close())
	}
	return s, nil
}

// Close waits for what is under way and closes the database.
func (s *Store) Close() error { return s.database.close() }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	v := s.Glance()
	var one int64
	return v.one(ctx, `SELECT 1`, nil, &one)
}

// Single reports whether the database belongs to one program at a time, as a SQLite file
// does.
func (s *Store) Single() bool { return s.file != "" }

// View reads. It is not for concurrent use, and a walk (a function that returns an
// iterator) must end before the next call.
type View struct {
	conn conn
	now  time.Time
}

// Now is the one instant of the transaction, UTC in whole microseconds.
func (v *View) Now() time.Time { return v.now }

// Tx reads and writes.
type Tx struct {
	View
	strict  *strict
	entries []audit.Entry // of this transaction, entered in the chain last
}

// InTx runs step in a transaction and commits it if step returns nil. Otherwise, and
// if step panics, nothing has happened. A step must not open connections elsewhere
// nor wait for anybody: with SQLite it is the only one that writes. An error of the
// database ends the transaction, even if step passes over it; ErrNotFound for a row
// that was read does not, nor ErrStale, unless it is of a change that travels with the next
// question ([Tx.ReplaceFile], [Tx.CompleteItem]).
//
// When the connection is lost while the transaction is being committed, the error is
// ErrUnavailable and the step may or may not have happened. So it is where ctx is done at
// that moment, with its error; then it can happen just after InTx has returned, too.
func (s *Store) InTx(ctx context.Context, step func(*Tx) error) error {
	begun, err := s.database.write(ctx)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	t := &strict{transaction: begun}
	defer t.rollback()
	tx := &Tx{View: View{conn: t, now: s.instant()}, strict: t}
	if err := step(tx); err != nil {
		return err
	}
	if _, err := t.send(ctx); err != nil {
		return err
	}
	if len(tx.entries) > 0 { // a queue of our own: many who wait for one row keep the database busy with waiting
		select {
		case s.head <- struct{}{}:
			defer func() { <-s.head }()
		case <-ctx.Done():
			return fmt.Errorf("waiting for the audit chain: %w", ctx.Err())
		}
	}
	if err := tx.enter(ctx); err != nil {
		return fmt.Errorf("entering the audit chain: %w", err)
	}
	if err := t.commit(ctx); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	return nil
}

// Read runs look on one state of the database, which nobody changes meanwhile.
func (s *Store) Read(ctx context.Context, look func(*View) error) error {
	t, err := s.database.read(ctx)
	if err != nil {
		return fmt.Errorf("beginning to read: %w", err)
	}
	defer t.rollback()
	return look(&View{conn: t, now: s.instant()})
}

// Glance is a view without a transaction: every call on it sees the newest state by
// itself. It is for single questions, and for blobs, which never change; unlike
// other views it is for concurrent use and without an end.
func (s *Store) Glance() *View { return &View{conn: s.database.glance(), now: s.instant()} }

func (s *Store) instant() time.Time { return s.now().UTC().Truncate(time.Microsecond) }
