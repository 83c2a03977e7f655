// Package desktest gives tests what a service stands on: a clock, a database with all
// tables, and people and authorities with their keys.
//
// It is for tests only, of attest and of the surfaces above it. What is done with the
// service each of them does in its own way, by calls of Go or over HTTP.
package desktest

import (
	"context"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/store"
	"kytiem/store/sqlitetest"
)

// Sample units.
const (
	Commune = "26221" // whose bundles are signed at a desk
	Other   = "26227"
)

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

// Options are a service's on a database that is open for the time of the test. It trusts
// ca, asks it at its addresses, and goes by now.
func Options(t testing.TB, database string, ca *devca.CA, now func() time.Time) attest.Options {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Database: database, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return attest.Options{Store: s, Anchors: certs.Anchors{CA: certs.Path{ca.Root().Certificate}},
		Revocation: &certs.HTTP{AllowPrivate: true, Now: now}, Temp: t.TempDir()}
}
