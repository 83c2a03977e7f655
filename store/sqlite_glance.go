package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// Bounds of what is kept prepared: statements with more values than that are lists of
// ids, whose text is another every time.
const (
	maxStatements = 128
	maxBound      = 12
)

// sqliteGlance reads outside of transactions with statements that stay prepared: of a
// short question, preparing is half the work.
type sqliteGlance struct {
	sqliteConn
	db *sql.DB

	mutex sync.Mutex
	kept  map[string]*sql.Stmt
}

func (g *sqliteGlance) query(ctx context.Context, query string, args ...any) (rows, error) {
	statement, err := g.prepared(ctx, query, len(args)) //nolint:sqlclosecheck // by close, all of them
	if err != nil {
		return nil, sqliteError(ctx, err)
	}
	if statement == nil {
		return g.sqliteConn.query(ctx, query, args...)
	}
	if err := storable(args); err != nil {
		return nil, err
	}
	rows, err := statement.QueryContext(ctx, args...) //nolint:rowserrcheck // sqliteRows.Close does
	if err != nil {
		return nil, sqliteError(ctx, err)
	}
	return sqliteRows{ctx, rows}, nil
}

// prepared finds or makes a statement; nil where it is not kept.
func (g *sqliteGlance) prepared(ctx context.Context, query string, bound int) (*sql.Stmt, error) {
	if bound > maxBound {
		return nil, nil //nolint:nilnil // said above
	}
	g.mutex.Lock()
	known, full := g.kept[query], len(g.kept) == maxStatements
	g.mutex.Unlock()
	if known != nil || full {
		return known, nil
	}
	// Not under the lock: it may wait for a connection.
	fresh, err := g.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if known = g.kept[query]; known != nil || len(g.kept) == maxStatements {
		return known, fresh.Close() //nolint:sqlclosecheck // only where it is not kept
	}
	if g.kept == nil {
		g.kept = make(map[string]*sql.Stmt)
	}
	g.kept[query] = fresh
	return fresh, nil
}

func (g *sqliteGlance) close() error {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	var err error
	for _, s := range g.kept {
		err = errors.Join(err, s.Close())
	}
	return err
}
