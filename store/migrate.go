package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// migrations are numbered, forward only, and come in pairs of one number. A program
// must run on tables newer than it knows: columns are added with a default, and one
// that is no longer used is left for the migration after next.
//
//go:embed migrations
var migrations embed.FS

func (f *sqliteFile) migrate(ctx context.Context) error {
	if err := migrate(ctx, goose.DialectSQLite3, f.writer, "migrations/sqlite"); err != nil {
		return err
	}
	return migrateJobs(ctx, riversqlite.New(f.writer))
}

func (p *postgres) migrate(ctx context.Context) error {
	handle := stdlib.OpenDBFromPool(p.pool)
	defer handle.Close() // of the handle; the pool stays open
	if err := migrate(ctx, goose.DialectPostgres, handle, "migrations/postgres", goose.WithSessionLocker(migrationLock{})); err != nil {
		return err
	}
	// Not of the pool, which may have one connection, and that makes the tables.
	beside := stdlib.OpenDB(*p.pool.Config().ConnConfig)
	defer beside.Close()
	c, err := beside.Conn(ctx)
	if err != nil {
		return postgresError(ctx, err)
	}
	defer c.Close()
	if err := (migrationLock{}).SessionLock(ctx, c); err != nil {
		return err
	}
	err = migrateJobs(ctx, riverpgxv5.New(p.pool))
	return errors.Join(err, (migrationLock{}).SessionUnlock(ctx, c))
}

// migrationLock lets one of several programs that start together do the work while
// the others wait: at the database, where goose's own lock would ask every five
// seconds.
type migrationLock struct{}

// migrationLockID is a number that is nobody else's by being random.
const migrationLockID = 7_364_820_915_520_138

// SessionLock implements [lock.SessionLocker].
func (migrationLock) SessionLock(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLockID))
	return err
}

// SessionUnlock implements [lock.SessionLocker].
func (migrationLock) SessionUnlock(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, `SELECT pg_advisory_unlock($1)`, int64(migrationLockID))
	return err
}

var _ lock.SessionLocker = migrationLock{}

func migrate(ctx context.Context, dialect goose.Dialect, handle *sql.DB, folder string, o ...goose.ProviderOption) error {
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(dialect, handle, files, append(o, goose.WithDisableGlobalRegistry(true))...)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}
