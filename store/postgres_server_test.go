package store

import (
	"context"
	"os"
	"testing"

	"kytiem/store/pgtest"
	"kytiem/store/sqlitetest"
)

// shared is the server of all tests that do not stop it, copied the file of those that do
// without.
var (
	shared = pgtest.Shared{Furnish: furnish}
	copied = sqlitetest.Shared{Furnish: furnish}
)

// furnish makes the tables in an empty database.
func furnish(database string) error {
	s, err := Open(context.Background(), Options{Database: database})
	if err != nil {
		return err
	}
	return s.Close()
}

// newFile makes a SQLite database with all tables and gives its path.
func newFile(t testing.TB) string { return copied.Database(t, "kytiem.db") }

// newDatabase makes a database with all tables in the shared server and gives its
// address.
func newDatabase(t testing.TB) string { return shared.Database(t) }

// startServer starts a server that the test may stop.
func startServer(t testing.TB) *pgtest.Server {
	t.Helper()
	pgtest.Need(t)
	server, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

func TestMain(m *testing.M) {
	if file := os.Getenv(crashFile); file != "" {
		os.Exit(writeUntilKilled(file))
	}
	code := m.Run()
	_ = shared.Close()
	os.Exit(code)
}
