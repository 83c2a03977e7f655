package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"kytiem/audit"
	"kytiem/bundle"
)

func testTransactions(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	changed := errors.New("changed its mind")
	refuse(t, s, changed, func(tx *Tx) error {
		if err := tx.AddAccount(ctx, Account{ID: "A"}); err != nil {
			return err
		}
		if _, err := tx.Account(ctx, "A"); err != nil { // sees its own writing
			return err
		}
		return errors.Join(changed, tx.Audit("account.add", "A", "", "A"))
	})
	func() {
		defer func() { _ = recover() }()
		_ = s.InTx(ctx, func(tx *Tx) error {
			_ = tx.AddAccount(ctx, Account{ID: "A"})
			panic("in the middle of a step")
		})
	}()
	// An error passed over ends the transaction on every database.
	refuse(t, s, ErrConflict, func(tx *Tx) error {
		_ = tx.AddAccount(ctx, Account{ID: "A"})
		_ = tx.AddAccount(ctx, Account{ID: "A"})
		_ = tx.AddAccount(ctx, Account{ID: "B"})
		return nil
	})
	if _, err := s.Glance().Account(ctx, "A"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
	if head, err := s.Glance().AuditHead(ctx); err != nil || head != (audit.Head{}) {
		t.Errorf("got %+v, %v, want none", head, err)
	}
	// Of changes that travel together the first fault counts, whatever a later one ran into.
	b, sum := addSealed(t, s, "together")
	must(t, s, func(tx *Tx) error { return tx.AddFile(ctx, b.ID, bundle.ManifestFile, sum) })
	refuse(t, s, ErrStale, func(tx *Tx) error {
		return errors.Join(tx.ReplaceFile(ctx, b.ID, bundle.ManifestFile, Digest{9}, sum), tx.AddFile(ctx, b.ID, bundle.ManifestFile, sum))
	})
	refuse(t, s, ErrConflict, func(tx *Tx) error {
		if err := tx.AddFile(ctx, b.ID, bundle.ManifestFile, sum); err != nil {
			return err
		}
		_, err := tx.File(ctx, b.ID, bundle.ManifestFile) // a question brings it to light
		return err
	})
	// What is not there is no error of the database.
	must(t, s, func(tx *Tx) error {
		if _, err := tx.Account(ctx, "A"); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v, want %v", err, ErrNotFound)
		}
		if err := tx.DisableAccount(ctx, "A"); !errors.Is(err, ErrStale) {
			t.Errorf("got %v, want %v", err, ErrStale)
		}
		before := tx.Now()
		err := tx.AddAccount(ctx, Account{ID: "A"})
		if tx.Now() != before || before.Location() != time.UTC || before.Nanosecond()%1000 != 0 {
			t.Errorf("got %v, then %v", before, tx.Now())
		}
		return err
	})
	// A snapshot does not see what comes after its first look.
	err := s.Read(ctx, func(v *View) error {
		if _, err := v.Account(ctx, "A"); err != nil {
			return err
		}
		addAccount(t, s, "B")
		if _, err := v.Account(ctx, "B"); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v, want %v", err, ErrNotFound)
		}
		if _, err := v.conn.exec(ctx, `DELETE FROM accounts`); err == nil {
			t.Error("a view has written")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := s.Glance().Account(ctx, "B"); err != nil {
		t.Error(err)
	}
	if err := s.Ping(ctx); err != nil {
		t.Error(err)
	}
}

func testErrors(t *testing.T, s *Store, _ *clock) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.InTx(canceled, func(*Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := s.InTx(ctx, func(tx *Tx) error {
		if err := tx.AddAccount(ctx, Account{ID: "A"}); err != nil {
			return err
		}
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if _, err := s.Glance().Account(t.Context(), "A"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
	// Whatever goes wrong, errors quote no values.
	secret := "Nguyễn Thị Bí Mật"
	for _, query := range []string{
		`INSERT INTO accounts (id, name, role, unit, created_at) VALUES ($1, $1, $1, $1, NULL)`,
		`SELECT CAST($1 AS TEXT) FROM nowhere`,
		`SELECT $1 $1`,
		`INSERT INTO audit_head (id, seq, sum) VALUES (2, 1, $1)`,
		`UPDATE accounts SET created_at = $1`,
	} {
		err := s.InTx(t.Context(), func(tx *Tx) error {
			_, err := tx.conn.exec(t.Context(), query, secret)
			return err
		})
		if err == nil && strings.HasPrefix(query, "UPDATE") { // of no row, which SQLite lets pass
			continue
		}
		if err == nil || strings.Contains(err.Error(), "Bí") {
			t.Errorf("%s: got %v", query, err)
		}
	}
}

// testText: what PostgreSQL cannot hold is refused by both.
func testText(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	for _, bad := range []string{"a\x00b", "a\xffb", "\xed\xa0\x80"} {
		refuse(t, s, ErrText, func(tx *Tx) error { return tx.AddAccount(ctx, Account{ID: "A", Name: bad}) })
		refuse(t, s, ErrText, func(tx *Tx) error {
			r := matched(1)
			r.Site = bad
			_, _, err := tx.AddResults(ctx, "IMPORT", each(r))
			return err
		})
	}
	name := "Ỹ ỹ đ \u2028 😀 '\"\\; DROP TABLE accounts; -- %s $1 ?"
	must(t, s, func(tx *Tx) error { return tx.AddAccount(ctx, Account{ID: "A", Name: name}) })
	if a, err := s.Glance().Account(ctx, "A"); err != nil || a.Name != name {
		t.Errorf("got %+v, %v", a, err)
	}
}

func testCursors(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	for _, after := range []string{"!", "bm90IGpzb24", cursor(), cursor("a", "b", "c"), cursor(1, 2), strings.Repeat("A", 10000)} {
		for name, read := range map[string]func() error{
			"accounts": func() error { _, _, err := s.Glance().Accounts(ctx, "u", Page{After: after}); return err },
			"bundles":  func() error { _, _, err := s.Glance().Bundles(ctx, "u", Page{After: after}); return err },
			"worklist": func() error {
				_, _, err := s.Glance().Worklist(ctx, Worklist{Unit: "u"}, Page{After: after})
				return err
			},
			"blobs": func() error { _, _, err := s.Glance().Blobs(ctx, Page{After: after}); return err },
			"audit": func() error { _, _, err := s.Glance().AuditOf(ctx, "s", Page{After: after}); return err },
			"units": func() error { _, _, err := s.Glance().UnitsBelow(ctx, "p", Page{After: after}); return err },
		} {
			if err := read(); !errors.Is(err, ErrCursor) {
				t.Errorf("%s after %.20q: got %v, want %v", name, after, err, ErrCursor)
			}
		}
	}
	// A cursor of another unit's list opens nothing.
	must(t, s, func(tx *Tx) error {
		_, _, err := tx.AddResults(ctx, "IMPORT", each(matched(1), matched(2)))
		return err
	})
	_, next, err := s.Glance().Worklist(ctx, Worklist{Unit: "07507"}, Page{Limit: 1})
	if err != nil || next == "" {
		t.Fatal(next, err)
	}
	if _, _, err := s.Glance().Worklist(ctx, Worklist{Unit: "07508"}, Page{After: next}); !errors.Is(err, ErrCursor) {
		t.Errorf("got %v, want %v", err, ErrCursor)
	}
	if (Page{Limit: 1 << 30}).limit() != MaxPage || (Page{Limit: -1}).limit() != DefaultPage {
		t.Error("limits are not bounded")
	}
}

func testAudit(t *testing.T, s *Store, c *clock) {
	ctx := t.Context()
	addAccount(t, s, "A")
	must(t, s, func(tx *Tx) error {
		return errors.Join(tx.Audit("account.add", "root", "07507", "A"),
			tx.Audit("import", "A", "07507", "I1", audit.Count("taken", 7), audit.ID("file", "ab")))
	})
	c.set(today.Add(-time.Hour)) // the clock is set back
	must(t, s, func(tx *Tx) error { return tx.Audit("import", "A", "07507", "I1") })
	refuse(t, s, audit.ErrMalformed, func(tx *Tx) error { return tx.Audit("import", "Trần Văn An", "", "") })
	refuse(t, s, audit.ErrMalformed, func(tx *Tx) error { return tx.Audit("import", "A", "", "", audit.ID("why", "a person's name")) })

	report, err := s.Glance().CheckAudit(ctx, audit.Head{})
	if err != nil || report.Entries != 3 || report.Backwards != 1 || report.Head.Seq != 3 {
		t.Fatalf("got %+v, %v", report, err)
	}
	if rest, err := s.Glance().CheckAudit(ctx, report.Head); err != nil || rest.Entries != 0 {
		t.Errorf("got %+v, %v", rest, err)
	}
	of := pages(t, 1, func(p Page) ([]audit.Entry, string, error) { return s.Glance().AuditOf(ctx, "I1", p) })
	if len(of) != 2 || of[0].Seq != 3 || of[1].Detail != `{"file":"ab","taken":7}` || of[1].Actor != "A" {
		t.Errorf("got %+v", of)
	}

	// Whatever is done to the table behind the chain's back is found.
	undone := errors.New("undone")
	for _, crime := range []string{
		`UPDATE audit SET actor = 'B' WHERE seq = 2`,
		`UPDATE audit SET detail = '{"file":"ab","taken":8}' WHERE seq = 2`,
		`UPDATE audit SET at = at + 1 WHERE seq = 1`,
		`DELETE FROM audit WHERE seq = 2`,
		`DELETE FROM audit WHERE seq = 3`,
		`DELETE FROM audit`,
		`UPDATE audit SET seq = 4 WHERE seq = 3`,
		`UPDATE audit_head SET seq = 2`,
		`UPDATE audit_head SET sum = (SELECT sum FROM audit WHERE seq = 2)`,
	} {
		refuse(t, s, undone, func(tx *Tx) error {
			if _, err := tx.conn.exec(ctx, crime); err != nil {
				return err
			}
			var broken *audit.BrokenError
			if _, err := tx.CheckAudit(ctx, audit.Head{}); !errors.As(err, &broken) {
				t.Errorf("%s: got %v", crime, err)
			}
			return undone
		})
	}
}

// testReopening: opening again changes nothing, and neither do tables of a later version.
func testReopening(t *testing.T, s *Store, c *clock) {
	ctx := t.Context()
	addAccount(t, s, "A")
	must(t, s, func(tx *Tx) error {
		for _, later := range []string{
			`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9001, ` + map[bool]string{true: "1", false: "true"}[s.file != ""] + `)`,
			`ALTER TABLE accounts ADD COLUMN later TEXT NOT NULL DEFAULT ''`,
		} {
			if _, err := tx.conn.exec(ctx, later); err != nil {
				return err
			}
		}
		return nil
	})
	database := s.file
	if database == "" {
		database = s.database.(*postgres).pool.Config().ConnString()
	}
	again := open(t, database, c)
	if a, err := again.Glance().Account(ctx, "A"); err != nil || a.ID != "A" {
		t.Errorf("got %+v, %v", a, err)
	}
	addAccount(t, again, "B")
	if s.file == "" {
		if err := s.Backup(ctx, "x"); !errors.Is(err, ErrNoBackup) {
			t.Errorf("got %v, want %v", err, ErrNoBackup)
		}
	}
}

// TestFilesArePrivate: the database and what stands beside it are their owner's.
func TestFilesArePrivate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kytiem.db")
	s := open(t, file, &clock{now: today})
	addAccount(t, s, "A")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		about, err := os.Stat(file + suffix)
		if err != nil || about.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %v, %v", suffix, about, err)
		}
	}
}

func TestBackup(t *testing.T) {
	ctx, file := t.Context(), filepath.Join(t.TempDir(), "kytiem.db")
	s := open(t, file, &clock{now: today})
	addSealed(t, s, "B1")
	must(t, s, func(tx *Tx) error { return tx.Audit("bundle.seal", "A", "07507", "B1") })
	copied := filepath.Join(t.TempDir(), "it's a copy.db")
	if err := s.Backup(ctx, copied); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(ctx, copied); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v, want %v", err, os.ErrExist)
	}
	if about, err := os.Stat(copied); err != nil || about.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", about, err)
	}
	addAccount(t, s, "A") // after the backup
	restored := open(t, copied, &clock{now: today})
	checkInvariants(t, restored)
	if b, err := restored.Glance().Bundle(ctx, "B1"); err != nil || b.Status.State != bundle.Sealed {
		t.Errorf("got %+v, %v", b, err)
	}
	if head, err := restored.Glance().AuditHead(ctx); err != nil || head.Seq != 1 {
		t.Errorf("got %+v, %v", head, err)
	}
	if _, err := restored.Glance().Account(ctx, "A"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
}

func TestOpenRefuses(t *testing.T) {
	notADatabase := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(notADatabase, []byte(strings.Repeat("not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, database string
		want           error
	}{
		{"nothing", "", ErrNotFound},
		{"directory that is not there", filepath.Join(t.TempDir(), "none", "a.db"), os.ErrNotExist},
		{"another file", notADatabase, ErrCorrupt},
		{"no server", "postgres://u:secret@/db?host=" + t.TempDir(), ErrUnavailable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(t.Context(), Options{Database: test.database})
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	if _, err := Open(t.Context(), Options{Database: "postgres://u:secret@host:port/db"}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

// TestFullDisk: a database that cannot grow says so, keeps what it has, and goes on
// when there is room again.
func TestFullDisk(t *testing.T) {
	ctx := t.Context()
	s := open(t, filepath.Join(t.TempDir(), "kytiem.db"), &clock{now: today})
	addAccount(t, s, "A")
	writer := sqliteConn{s.database.(*sqliteFile).writer}
	limit := func(pages int) {
		t.Helper()
		if _, err := writer.exec(ctx, "PRAGMA max_page_count = "+strconv.Itoa(pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(100)
	put := func(tx *Tx) error {
		_, _, err := tx.PutBlob(ctx, bytes.NewReader(noise(1, 2*ChunkBytes)))
		return errors.Join(err, tx.Audit("blob", "A", "", ""))
	}
	refuse(t, s, ErrUnavailable, put)
	refuse(t, s, ErrUnavailable, put)
	checkInvariants(t, s)
	limit(1 << 30)
	must(t, s, put)
	checkInvariants(t, s)
}
