package store

import (
	"context"
	"os"
	"testing"

	"kytiem/store/pgtest"
)

// shared is the server of all tests that do not stop it.
var shared = pgtest.Shared{Furnish: func(address string) error {
	s, err := Open(context.Background(), Options{Database: address})
	if err != nil {
		return err
	}
	return s.Close()
}}

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
