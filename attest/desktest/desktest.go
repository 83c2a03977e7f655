// Package desktest gives tests what a service stands on: a database with all tables, and
// a key for its statements.
//
// It is for tests only, of attest and of the surfaces above it. What is done with the
// service each of them does in its own way, by calls of Go or over HTTP.
package desktest

import (
	"context"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/certs/devca"
	"kytiem/signer"
	"kytiem/store"
	"kytiem/store/sqlitetest"
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

// Begun is when a desk's clock begins to go.
func Begun() time.Time { return time.Date(2022, 1, 5, 2, 0, 0, 0, time.UTC) }

// Statements gives a service a key of its own, certified by an authority that it trusts.
func Statements(t testing.TB, o *attest.Options) {
	t.Helper()
	ca, err := devca.New(devca.Options{Now: Begun})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ca.Serve(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	issued, err := ca.Issue(devca.Profile{Kind: devca.Organisation, CommonName: "Ký Tiêm", Identifiers: []string{"MST:0000000001"}, Key: "p256"})
	if err != nil {
		t.Fatal(err)
	}
	p12, err := issued.PKCS12("x")
	if err != nil {
		t.Fatal(err)
	}
	key, err := signer.OpenPKCS12(p12, "x")
	if err != nil {
		t.Fatal(err)
	}
	o.Anchors.CA = append(o.Anchors.CA, ca.Root().Certificate)
	o.Statements = &attest.Statements{Carrier: key}
	for _, c := range key.Certificates() {
		o.Statements.Chain = append(o.Statements.Chain, c.Raw)
	}
}
