// Package desktest gives tests what a service stands on: a clock, a database with all
// tables, and people and authorities with their keys.
//
// It is for tests only, of attest and of the surfaces above it. What is done with the
// service each of them does in its own way, by calls of Go or over HTTP.
package desktest

import (
	"context"
	"testing"

	"kytiem/store"
	"kytiem/store/sqlitetest"
)

// Commune is the sample unit whose bundles are signed at a desk; Other is another one.
const Commune, Other = "26221", "26227"

// copied is what the databases of a program's tests are copies of.
var copied = sqlitetest.Shared{Furnish: Furnish}

// Furnish makes the tables in an empty database.
func Furnish(database string) error {
	s, err := store.Open(context.Background(), store.Options{Database: database})
	if err != nil {
		return err
	}
	return s.Close()
}

// Database makes a SQLite database with all tables and gives its path.
func Database(t testing.TB) string {
	t.Helper()
	return copied.Database(t, "desk.db")
}
