package attest_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"database/sql" //nolint:depguard // a forger does not ask our store
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/signer"
	"kytiem/store"
)

// archive is a database in which everything has happened once, with time-stamps.
type archive struct {
	*desk
	tsa     *devca.CA      // a time-stamping authority goes by no clock of ours
	options attest.Options // of a service that trusts and asks it

	signed, minuted, sealed, pending, old, recalled, withdrawn store.Bundle
	token                                                      attest.Issued // revoked
	gone                                                       attest.Account
}

func newArchive(t testing.TB) *archive {
	t.Helper()
	return archiveOf(t, newDesk(t, nil))
}

func archiveOf(t testing.TB, d *desk) *archive {
	t.Helper()
	a := &archive{desk: d}
	var err error
	if a.tsa, err = devca.New(devca.Options{}); err != nil {
		t.Fatal(err)
	}
	url, err := a.tsa.Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a.options = attest.Options{Store: a.store, Revocation: &certs.HTTP{AllowPrivate: true, Now: a.clock.Now},
		Anchors: certs.Anchors{CA: []*x509.Certificate{a.ca.Root().Certificate}, TSA: []*x509.Certificate{a.tsa.TSARoot().Certificate}}}
	a.options.Timestamper = &signer.TSA{URL: url + "/tsa", Anchors: a.options.Anchors}
	a.Service = attest.New(a.options)
	admin, head := a.who[attest.Admin], a.who[attest.Head]
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	a.signed = a.desk.signed(t, 3)
	must(a.StampAudit(t.Context()))
	a.clock.Pass(time.Hour)
	a.minuted = a.desk.minuted(t, 2)
	a.old = a.desk.signed(t, 2)
	_, err = a.Supersede(t.Context(), head, a.old.ID, "sai ngày tiêm")
	must(err)
	a.sealed = a.seal(t) // the successor takes the rows
	r := a.prepare(t, a.key, a.sealed.ID)
	a.complete(t, r, sign(t, a.key, r.Items...))
	a.recalled = a.desk.minuted(t, 1)
	_, err = a.Recall(t.Context(), head, a.recalled.ID, "nhầm đơn vị")
	must(err)
	a.withdrawn = a.seal(t) // whose rows are free again
	_, err = a.Withdraw(t.Context(), a.who[attest.Health], a.withdrawn.ID, "thiếu người")
	must(err)
	a.pending = a.seal(t)
	refused := a.prepare(t, a.key, a.pending.ID)
	_, err = a.Refuse(t.Context(), head, refused.ID, "chưa đọc")
	must(err)
	a.prepare(t, a.key, a.pending.ID)
	a.sealed = a.desk.sealed(t, 2)

	a.token = a.issueToken(t, a.who[attest.Clerk].Account, 0)
	must(a.RevokeToken(t.Context(), admin, a.token.ID))
	a.gone, err = a.AddAccount(t.Context(), admin, "Mẫu", attest.Clerk, commune)
	must(err)
	_, err = a.DisableAccount(t.Context(), admin, a.gone.ID)
	must(err)
	a.clock.Pass(24 * time.Hour)
	must(a.StampAudit(t.Context()))
	for _, b := range []*store.Bundle{&a.signed, &a.minuted, &a.sealed, &a.pending, &a.old, &a.recalled, &a.withdrawn} {
		*b = a.bundle(t, b.ID)
	}
	return a
}

// check checks a service's database.
func check(t testing.TB, s *attest.Service) attest.AuditReport {
	t.Helper()
	report, err := s.CheckAudit(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// forged is a service on a copy of the database that somebody wrote to.
func (a *archive) forged(t testing.TB, forge func(*sql.DB) error) *attest.Service {
	t.Helper()
	path := a.backup(t)
	db, err := sql.Open("sqlite", path)
	if err == nil {
		err = errors.Join(forge(db), db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Database: path, Now: a.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	o := a.options
	o.Store = s
	return attest.New(o)
}

// sequel runs statements, each of which has to change something.
func sequel(statements ...string) func(*sql.DB) error {
	return func(db *sql.DB) error {
		for _, s := range statements {
			done, err := db.ExecContext(context.Background(), s)
			if err != nil {
				return err
			}
			if n, err := done.RowsAffected(); err != nil || n == 0 {
				return fmt.Errorf("%s changed nothing: %w", s, err)
			}
		}
		return nil
	}
}

func codes(faults []attest.Fault) []string {
	var found []string
	for _, f := range faults {
		found = append(found, f.Code)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// TestCheckAudit: nothing is found in what nobody touched.
func TestCheckAudit(t *testing.T) {
	a := newArchive(t)
	var told [][2]int
	report, err := a.CheckAudit(t.Context(), func(done, total int) { told = append(told, [2]int{done, total}) })
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Faults {
		t.Errorf("fault %s of %s: %s", f.Code, f.Subject, f.What)
	}
	head, err := a.store.Glance().AuditHead(t.Context())
	if err != nil || report.Chain.Head != head || report.Chain.Entries != head.Seq || head.Seq < 50 {
		t.Errorf("walked %d entries to %d, want %d, %v", report.Chain.Entries, report.Chain.Head.Seq, head.Seq, err)
	}
	if report.Stamps != 2 || report.Bundles != 8 || time.Since(report.Stamped).Abs() > time.Minute {
		t.Errorf("got %d stamps, the last of %s, %d bundles, want 2 and 8", report.Stamps, report.Stamped, report.Bundles)
	}
	if len(told) != 8 || told[0] != [2]int{1, 8} || told[7] != [2]int{8, 8} {
		t.Errorf("progress %v", told)
	}

	ctx, cancel := context.WithCancel(t.Context())
	if _, err := a.CheckAudit(ctx, func(int, int) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	// Years later, when the certificates are long over.
	a.clock.Pass(12 * 365 * 24 * time.Hour)
	if report := check(t, a.Service); len(report.Faults) != 0 {
		t.Errorf("twelve years later: %+v", report.Faults)
	}
	without := attest.New(attest.Options{Store: a.store})
	if got := codes(check(t, without).Faults); !slices.Equal(got, []string{"anchors-missing"}) {
		t.Errorf("without anchors: %v", got)
	}
	strange := a.options
	strange.Anchors.TSA = strange.Anchors.CA
	if got := check(t, attest.New(strange)); !slices.Equal(codes(got.Faults), []string{"stamp-untrusted"}) || len(got.Faults) != 2 || got.Stamps != 0 {
		t.Errorf("anchors of others: %+v", got.Faults)
	}
}

// TestCheckWhileAtWork: what happens during a check is no fault, nor is anything on the
// other database.
func TestCheckWhileAtWork(t *testing.T) {
	s := newServers(t)
	a := archiveOf(t, s.desk)
	o := a.options
	o.Store = s.stores[1]
	second := attest.New(o)
	worked, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(worked)
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			default:
			}
			a.ready(t, 1)
			b := a.desk.seal(t)
			if n%2 == 0 {
				r := a.prepare(t, a.key, b.ID)
				a.complete(t, r, sign(t, a.key, r.Items...))
				continue
			}
			if _, err := a.Withdraw(t.Context(), a.who[attest.Head], b.ID, "thử"); err != nil {
				t.Error(err)
			}
		}
	}()
	for range 5 {
		for _, f := range check(t, second).Faults {
			t.Errorf("fault %s of %s: %s", f.Code, f.Subject, f.What)
		}
	}
	close(done)
	<-worked
	report := check(t, second)
	if len(report.Faults) != 0 || report.Stamps != 2 {
		t.Errorf("got %+v", report)
	}
	if got := against(t, second, a.export(t)); len(got) != 0 {
		t.Errorf("against the export: %+v", got)
	}
	t.Logf("%d bundles", report.Bundles)
}

// untouched is a database in which nothing happened.
func untouched(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Database: filepath.Join(t.TempDir(), "untouched.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestEmptyChain: a chain without entries is whole.
func TestEmptyChain(t *testing.T) {
	s := attest.New(attest.Options{Store: untouched(t)})
	if report := check(t, s); len(report.Faults) != 0 || report.Bundles != 0 || !report.Stamped.IsZero() {
		t.Errorf("got %+v", report)
	}
	var b bytes.Buffer
	if err := s.ExportAudit(t.Context(), &b); err != nil || b.Len() != 0 {
		t.Errorf("exported %d bytes, %v", b.Len(), err)
	}
}

// TestForgeries does to a copy what somebody who can write to the tables could do. Each is
// found, by its code, and where it does not spread nothing else is.
func TestForgeries(t *testing.T) {
	a := newArchive(t)
	of := func(b store.Bundle) string { return "'" + b.ID + "'" }
	seqOf := func(act string) string {
		e := a.entries(t, act)
		return fmt.Sprint(e[len(e)/2].Seq)
	}
	blobOf := func(b store.Bundle, name string) string {
		return fmt.Sprintf("(SELECT id FROM blobs WHERE sha256 = (SELECT sha256 FROM files WHERE bundle = '%s' AND name = '%s'))", b.ID, name)
	}
	ofBundle := func(b store.Bundle) string {
		return "(SELECT result FROM records WHERE bundle = '" + b.ID + "' LIMIT 1)"
	}
	line := "(SELECT id FROM records WHERE bundle = " + of(a.signed) + " AND position = 1)"
	for _, tt := range []struct {
		name    string
		forge   []string
		want    string // a code that has to be found
		subject string // of that fault, if it is to be asked
		only    bool   // and no other
	}{
		{"entry's actor", []string{`UPDATE audit SET actor = 'X' WHERE seq = ` + seqOf("minutes.draw")}, "chain-changed", seqOf("minutes.draw"), true},
		{"entry's time", []string{`UPDATE audit SET at = at + 1 WHERE seq = 13`}, "chain-changed", "13", true},
		{"entry's sum", []string{`UPDATE audit SET sum = zeroblob(32) WHERE seq = 13`}, "chain-order", "14", false},
		{"entry with a sentence", []string{`UPDATE audit SET subject = 'a b' WHERE seq = 13`}, "chain-malformed", "13", false},
		{"entry out of shape", []string{`UPDATE audit SET sum = x'00' WHERE seq = 13`}, "chain-unreadable", "", false},
		{"entry removed", []string{`DELETE FROM audit WHERE seq = ` + seqOf("minutes.draw")}, "chain-gap", "", true},
		{"first removed", []string{`DELETE FROM audit WHERE seq = 1`}, "chain-gap", "2", false},
		{"last removed", []string{`DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)`}, "chain-end", "", false},
		{"two exchanged", []string{`UPDATE audit SET seq = -1 WHERE seq = 13`, `UPDATE audit SET seq = 13 WHERE seq = 14`, `UPDATE audit SET seq = 14 WHERE seq = -1`}, "chain-order", "13", false},
		{"cut off, with the head", []string{`DELETE FROM audit WHERE seq > 13`,
			`UPDATE audit_head SET seq = 13, sum = (SELECT sum FROM audit WHERE seq = 13)`}, "stamp-elsewhere", "", false},
		{"head", []string{`UPDATE audit_head SET sum = zeroblob(32)`}, "chain-end", "", true},

		{"stamp's token", []string{`UPDATE stamps SET token = (SELECT token FROM stamps ORDER BY seq LIMIT 1)`}, "stamp-wrong", "", true},
		{"stamp's token in pieces", []string{`UPDATE stamps SET token = x'3000'`}, "stamp-wrong", "", true},
		{"stamp's time", []string{`UPDATE stamps SET at = at + 1000000`}, "stamp-wrong", "", true},
		{"stamp of no entry", []string{`UPDATE stamps SET seq = seq + 100000`}, "stamp-elsewhere", "", true},
		{"stamp of another entry", []string{`UPDATE stamps SET seq = seq - 1`}, "stamp-elsewhere", "", true},

		{"root", []string{`UPDATE bundles SET root = zeroblob(32) WHERE id = ` + of(a.signed)}, "bundle-other", a.signed.ID, false},
		{"size", []string{`UPDATE bundles SET size = size + 1 WHERE id = ` + of(a.signed)}, "bundle-other", a.signed.ID, false},
		{"counts", []string{`UPDATE bundles SET counts = '{}' WHERE id = ` + of(a.minuted)}, "bundle-manifest", a.minuted.ID, true},
		{"unit of a bundle", []string{`UPDATE bundles SET unit = '` + other + `' WHERE id = ` + of(a.signed)}, "bundle-manifest", a.signed.ID, false},
		{"no root any more", []string{`UPDATE bundles SET root = NULL WHERE id = ` + of(a.minuted)}, "sealed-without-root", "", false},
		{"number in the register", []string{`UPDATE numbered SET number = '77' WHERE kind = 'document' AND bundle = ` + of(a.signed)}, "number-changed", a.signed.ID, true},
		{"number given away", []string{`UPDATE numbered SET bundle = ` + of(a.old) + ` WHERE kind = 'document' AND bundle = ` + of(a.signed)}, "number-changed", a.signed.ID, true},
		{"number of minutes", []string{`DELETE FROM numbered WHERE kind = 'minutes' AND bundle = ` + of(a.minuted)}, "number-changed", a.minuted.ID, true},
		{"account out of nowhere", []string{`INSERT INTO accounts (id, name, role, unit, created_at) VALUES ('STRANGER', 'X', 'head', '` + commune + `', 1)`}, "unentered", "STRANGER", true},
		{"token out of nowhere", []string{`INSERT INTO tokens (id, account, hash, created_at, expires_at) VALUES ('KEY', '` + a.gone.ID + `', zeroblob(32), 1, 2)`}, "unentered", "KEY", true},
		{"number", []string{`UPDATE bundles SET number = '77' WHERE id = ` + of(a.signed)}, "bundle-number", a.signed.ID, true},
		{"successor", []string{`UPDATE bundles SET supersedes = NULL WHERE supersedes = ` + of(a.old)}, "superseded-without-successor", "", false},

		{"recalled in force again", []string{`UPDATE bundles SET state = 'minuted' WHERE id = ` + of(a.recalled)}, "bundle-state", a.recalled.ID, false},
		{"superseded in force again", []string{`UPDATE bundles SET state = 'signed' WHERE id = ` + of(a.old)}, "bundle-state", a.old.ID, false},
		{"withdrawn back", []string{`UPDATE bundles SET state = 'sealed' WHERE id = ` + of(a.withdrawn)}, "bundle-state", a.withdrawn.ID, false},
		{"sealed as signed", []string{`UPDATE bundles SET state = 'signed' WHERE id = ` + of(a.sealed)}, "bundle-state", a.sealed.ID, true},
		{"pending falls back elsewhere", []string{`UPDATE bundles SET before = 'minuted' WHERE id = ` + of(a.pending)}, "bundle-state", a.pending.ID, true},
		{"bundle removed", []string{`DELETE FROM files WHERE bundle = ` + of(a.withdrawn), `DELETE FROM records WHERE bundle = ` + of(a.withdrawn),
			`DELETE FROM bundles WHERE id = ` + of(a.withdrawn)}, "bundle-missing", a.withdrawn.ID, true},

		{"document of another bundle", []string{`UPDATE files SET sha256 = (SELECT sha256 FROM files WHERE bundle = ` + of(a.old) +
			` AND name = 'bundle.pdf') WHERE name = 'bundle.pdf' AND bundle = ` + of(a.signed)}, "bundle-other", a.signed.ID, false},
		{"document before it was signed", []string{`UPDATE files SET sha256 = (SELECT base FROM items WHERE bundle = ` + of(a.signed) +
			` AND kind <> 'manifest') WHERE name = 'bundle.pdf' AND bundle = ` + of(a.signed)}, "bundle-verdict", a.signed.ID, false},
		{"signature removed", []string{`DELETE FROM files WHERE name = 'manifest.p7s' AND bundle = ` + of(a.signed)}, "bundle-other", a.signed.ID, false},
		{"scan exchanged", []string{`UPDATE files SET sha256 = (SELECT sha256 FROM files WHERE name = 'scan.pdf' AND bundle = ` + of(a.recalled) +
			`) WHERE name = 'scan.pdf' AND bundle = ` + of(a.minuted)}, "bundle-other", a.minuted.ID, true},
		{"scan removed", []string{`DELETE FROM files WHERE name = 'scan.pdf' AND bundle = ` + of(a.minuted)}, "bundle-other", a.minuted.ID, true},
		{"preview exchanged", []string{`UPDATE files SET sha256 = (SELECT sha256 FROM files WHERE name = 'bundle.pdf' AND bundle = ` + of(a.minuted) +
			`) WHERE name = 'bundle.pdf' AND bundle = ` + of(a.sealed)}, "bundle-verdict", a.sealed.ID, true},
		{"records of another bundle", []string{`UPDATE files SET sha256 = (SELECT sha256 FROM files WHERE name = 'records.ndjson' AND bundle = ` + of(a.old) +
			`) WHERE name = 'records.ndjson' AND bundle = ` + of(a.signed)}, "bundle-records", a.signed.ID, false},
		{"manifest of another bundle", []string{`UPDATE files SET sha256 = (SELECT sha256 FROM files WHERE name = 'manifest.json' AND bundle = ` + of(a.old) +
			`) WHERE name = 'manifest.json' AND bundle = ` + of(a.sealed)}, "bundle-manifest", a.sealed.ID, false},
		{"manifest rewritten", []string{`INSERT INTO blobs SELECT zeroblob(32), 'X', size, chunks, stored_at FROM blobs WHERE id = ` + blobOf(a.sealed, bundle.ManifestFile),
			`INSERT INTO chunks SELECT 'X', n, CAST(replace(CAST(bytes AS TEXT), '"kind":"xa"', '"kind":"phuong"') AS BLOB) FROM chunks WHERE blob = ` +
				blobOf(a.sealed, bundle.ManifestFile),
			`UPDATE files SET sha256 = zeroblob(32) WHERE name = 'manifest.json' AND bundle = ` + of(a.sealed)}, "bundle-other", a.sealed.ID, false},
		{"manifest removed", []string{`DELETE FROM files WHERE name = 'manifest.json' AND bundle = ` + of(a.sealed)}, "bundle-manifest", a.sealed.ID, false},

		{"chunk of records", []string{`UPDATE chunks SET bytes = CAST(replace(CAST(bytes AS TEXT), '"dose_number":1', '"dose_number":2') AS BLOB) WHERE blob = ` +
			blobOf(a.signed, bundle.RecordsFile)}, "bundle-records", a.signed.ID, false},
		{"chunk of a scan", []string{`UPDATE chunks SET bytes = zeroblob(length(bytes)) WHERE blob = ` + blobOf(a.minuted, "scan.pdf")}, "blob-changed", "", false},
		{"chunk shorter", []string{`UPDATE chunks SET bytes = substr(bytes, 2) WHERE blob = ` + blobOf(a.minuted, "scan.pdf")}, "blob-changed", "", false},
		{"chunk removed", []string{`DELETE FROM chunks WHERE blob = ` + blobOf(a.signed, bundle.PagesFile)}, "blob-changed", "", false},
		{"blob removed", []string{`DELETE FROM blobs WHERE id = ` + blobOf(a.minuted, "scan.pdf")}, "blob-missing", "", false},
		{"reason removed", []string{`DELETE FROM blobs WHERE sha256 = x'` + a.reason(t, "bundles.withdraw") + `'`}, "blob-missing", a.reason(t, "bundles.withdraw"), false},
		{"reason rewritten", []string{`UPDATE chunks SET bytes = CAST('x' AS BLOB) WHERE blob = (SELECT id FROM blobs WHERE sha256 = x'` + a.reason(t, "signing.refused") + `')`},
			"blob-changed", a.reason(t, "signing.refused"), true},

		{"record's line", []string{`UPDATE records SET line_at = line_at + 1 WHERE id = ` + line}, "record-moved", "", true},
		{"record's length", []string{`UPDATE records SET line_size = line_size - 1 WHERE id = ` + line}, "record-moved", "", true},
		{"record's leaf", []string{`UPDATE records SET position = 0 WHERE id = ` + line}, "record-moved", "", true},
		{"record in another bundle", []string{`UPDATE records SET bundle = ` + of(a.old) + ` WHERE id = ` + line}, "record-moved", "", false},
		{"record of another result", []string{`UPDATE records SET result = (SELECT result FROM records WHERE bundle = ` + of(a.signed) +
			` AND position = 0) WHERE id = ` + line}, "result-changed", "", false},
		{"record removed", []string{`DELETE FROM records WHERE id = ` + line}, "record-missing", "", false},

		{"confirmation removed", []string{`UPDATE results SET police_by = NULL, police_at = NULL WHERE id = ` + ofBundle(a.signed)}, "result-changed", "", false},
		{"confirmation exchanged", []string{`UPDATE results SET health_by = '` + a.gone.ID + `' WHERE id = ` + ofBundle(a.minuted)}, "result-changed", "", true},
		{"confirmation of a free result removed", []string{`UPDATE results SET health_by = NULL, health_at = NULL, bundle = NULL, standing = 0 WHERE id = ` + ofBundle(a.sealed)},
			"standing-other-than-confirmed", "1", false},
		{"result changed", []string{`UPDATE results SET lot_number = 'X' WHERE id = ` + ofBundle(a.sealed)}, "result-changed", "", true},
		{"result freed", []string{`UPDATE results SET bundle = NULL, standing = 0 WHERE id = ` + ofBundle(a.sealed)}, "result-free", "", true},
		{"result removed", []string{`DELETE FROM results WHERE id = ` + ofBundle(a.signed)}, "result-missing", "", true},

		{"clerk made administrator", []string{`UPDATE accounts SET role = 'admin', unit = '', disabled_at = NULL WHERE id = '` + a.gone.ID + `'`}, "account-changed", a.gone.ID, true},
		{"account in use again", []string{`UPDATE accounts SET disabled_at = NULL WHERE id = '` + a.gone.ID + `'`}, "account-changed", a.gone.ID, true},
		{"token good again", []string{`UPDATE tokens SET revoked_at = NULL WHERE id = '` + a.token.ID + `'`}, "token-changed", a.token.ID, true},
		{"token another's", []string{`UPDATE tokens SET account = '` + a.gone.ID + `' WHERE id = '` + a.token.ID + `'`}, "token-changed", a.token.ID, true},
		{"token removed", []string{`DELETE FROM tokens WHERE id = '` + a.token.ID + `'`}, "token-changed", a.token.ID, true},
		{"certificate another's", []string{`UPDATE certificates SET account = '` + a.gone.ID + `'`}, "binding-changed", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			report := check(t, a.forged(t, sequel(append([]string{`PRAGMA foreign_keys = OFF; UPDATE audit_head SET id = 1`}, tt.forge...)...)))
			at := slices.IndexFunc(report.Faults, func(f attest.Fault) bool {
				return f.Code == tt.want && (tt.subject == "" || f.Subject == tt.subject)
			})
			if at < 0 {
				t.Fatalf("got %+v, want %s of %q", report.Faults, tt.want, tt.subject)
			}
			if got := codes(report.Faults); tt.only && len(got) != 1 {
				t.Errorf("got %v, want %s only", got, tt.want)
			}
			if what := report.Faults[at].What; !strings.Contains(what, " · ") {
				t.Errorf("%q is not in both languages", what)
			}
		})
	}
}

// reason is the digest of what somebody wrote for an act.
func (a *archive) reason(t testing.TB, act string) string {
	t.Helper()
	detail := a.entries(t, act)[0].Detail.String()
	_, from, _ := strings.Cut(detail, `"reason":"`)
	if len(from) < 64 {
		t.Fatalf("no reason in %s", detail)
	}
	return from[:64]
}

// TestRewrittenChain: who computes every hash anew is found by the stamps, and after the
// last stamp by an export that was kept elsewhere.
func TestRewrittenChain(t *testing.T) {
	a := newArchive(t)
	kept := a.export(t)
	rewrite := func(seq int64) *attest.Service {
		return a.forged(t, func(db *sql.DB) error { return rechain(db, seq) })
	}
	if got := codes(check(t, rewrite(1)).Faults); !slices.Equal(got, []string{"stamp-elsewhere"}) {
		t.Errorf("from the beginning: %v", got)
	}
	a.ready(t, 1)
	a.desk.seal(t)
	head, err := a.store.Glance().AuditHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	behind := rewrite(head.Seq)
	if got := check(t, behind).Faults; len(got) != 0 {
		t.Errorf("after the last stamp: %v, but nothing can show it", got)
	}
	if got := against(t, behind, kept); len(got) != 0 {
		t.Errorf("against an export from before: %+v", got)
	}
	if got := against(t, behind, a.export(t)); !slices.Equal(codes(got), []string{"chain-other"}) || got[0].Subject != fmt.Sprint(head.Seq) {
		t.Errorf("against an export from after: %+v", got)
	}
}

// rechain changes an entry and computes every hash from there on anew.
func rechain(db *sql.DB, seq int64) error {
	ctx := context.Background()
	rows, err := db.QueryContext(ctx, `SELECT seq, at, act, actor, unit, subject, detail, prev FROM audit WHERE seq >= ? ORDER BY seq`, seq)
	if err != nil {
		return err
	}
	defer rows.Close()
	var all []audit.Entry
	for rows.Next() {
		var e audit.Entry
		var at int64
		var prev []byte
		if err := rows.Scan(&e.Seq, &at, &e.Act, &e.Actor, &e.Unit, &e.Subject, (*string)(&e.Detail), &prev); err != nil {
			return err
		}
		e.At = time.UnixMicro(at).UTC()
		copy(e.Prev[:], prev)
		if e.Detail == "{}" {
			e.Detail = ""
		}
		all = append(all, e)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	head := audit.Head{Seq: seq - 1, Sum: all[0].Prev}
	all[0].Actor = "SOMEBODYELSE"
	for n := range all {
		e := &all[n]
		if head, err = e.After(head); err != nil {
			return err
		}
		if _, err := db.ExecContext(ctx, `UPDATE audit SET actor = ?, prev = ?, sum = ? WHERE seq = ?`, e.Actor, e.Prev[:], e.Sum[:], e.Seq); err != nil {
			return err
		}
	}
	_, err = db.ExecContext(ctx, `UPDATE audit_head SET sum = ?`, head.Sum[:])
	return err
}

// export is the chain as it is kept elsewhere.
func (d *desk) export(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	if err := d.ExportAudit(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func against(t testing.TB, s *attest.Service, export string) []attest.Fault {
	t.Helper()
	faults, err := s.CheckExport(t.Context(), strings.NewReader(export))
	if err != nil {
		t.Fatal(err)
	}
	return faults
}

// TestExportedChain: what is kept elsewhere, and what is found when it is held against the chain.
func TestExportedChain(t *testing.T) {
	a := newArchive(t)
	early := a.forged(t, sequel(`UPDATE audit_head SET id = 1`)) // as an older backup
	kept := a.export(t)
	lines := strings.SplitAfter(kept, "\n")
	lines = lines[:len(lines)-1]
	head, err := a.store.Glance().AuditHead(t.Context())
	if err != nil || len(lines) != int(head.Seq)+2 {
		t.Fatalf("%d lines for %d entries and 2 stamps, %v", len(lines), head.Seq, err)
	}
	if e, err := audit.ParseLine([]byte(strings.TrimSuffix(lines[head.Seq-1], "\n"))); err != nil || e.Sum != head.Sum {
		t.Errorf("the last entry: %+v, %v", e, err)
	}
	stamp := lines[head.Seq]
	for _, part := range []string{`{"at":"20`, `"seq":`, `,"stamp":"MII`, `,"sum":"`, `,"v":1}` + "\n"} {
		if !strings.Contains(stamp, part) {
			t.Errorf("a stamp's line without %s: %.200s", part, stamp)
		}
	}

	a.ready(t, 1)
	a.desk.seal(t)
	later := a.export(t)
	broken := func(change func([]string) []string) string { return strings.Join(change(slices.Clone(lines)), "") }
	for _, tt := range []struct {
		name   string
		on     *attest.Service
		export string
		want   string
		at     string
	}{
		{"the same", early, kept, "", ""},
		{"an older one", a.Service, kept, "", ""},
		{"its first entries", a.Service, broken(func(l []string) []string { return l[:3] }), "", ""},
		{"nothing", a.Service, "", "export-malformed", "0"},
		{"an older backup", early, later, "chain-shorter", fmt.Sprint(head.Seq)},
		{"entry missing", a.Service, broken(func(l []string) []string { return slices.Delete(l, 4, 5) }), "export-broken", "6"},
		{"entry changed", a.Service, broken(func(l []string) []string {
			l[4] = strings.Replace(l[4], `"v":1`, `"v":2`, 1)
			return l
		}), "export-malformed", "5"},
		{"line cut off", a.Service, kept[:len(kept)-1], "export-malformed", ""},
		{"endless line", a.Service, lines[0] + strings.Repeat("x", 1<<20), "export-malformed", "2"},
		{"something else", a.Service, "hello\n", "export-malformed", "1"},
		{"empty line", a.Service, "\n", "export-malformed", "1"},
		{"an entry behind the stamps", a.Service, kept + lines[0], "export-malformed", ""},
		{"stamp of another entry", a.Service, broken(func(l []string) []string {
			l[head.Seq] = strings.Replace(l[head.Seq], `"seq":`, `"seq":1`, 1)
			return l
		}), "stamp-elsewhere", ""},
		{"token of another stamp", a.Service, broken(func(l []string) []string {
			token := func(line string) string { return line[strings.Index(line, `"stamp"`):strings.Index(line, `,"sum"`)] }
			l[head.Seq] = strings.Replace(l[head.Seq], token(l[head.Seq]), token(l[head.Seq+1]), 1)
			return l
		}), "stamp-wrong", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := against(t, tt.on, tt.export)
			if tt.want == "" && len(got) == 0 {
				return
			}
			if !slices.ContainsFunc(got, func(f attest.Fault) bool { return f.Code == tt.want && (tt.at == "" || f.Subject == tt.at) }) {
				t.Errorf("got %+v, want %q of %q", got, tt.want, tt.at)
			}
		})
	}
}

// TestManyFaults: all of them are counted, as many are listed as fit.
func TestManyFaults(t *testing.T) {
	d := newDesk(t, nil)
	a := &archive{desk: d, options: attest.Options{Store: d.store}}
	for range 1100 - len(d.entries(t, "accounts.add")) {
		d.tx(t, func(tx *store.Tx) error { return tx.Audit("tick", "clock", "", "") })
	}
	report := check(t, a.forged(t, sequel(`UPDATE audit SET actor = 'X'`)))
	if len(report.Faults) != attest.MaxFaults || report.Unlisted != 100 || report.Faults[999].Subject != "1000" {
		t.Errorf("%d listed, %d not", len(report.Faults), report.Unlisted)
	}
}

// TestStampAudit: the head is stamped once, whoever asks and however many at once.
func TestStampAudit(t *testing.T) {
	a := newArchive(t)
	stamps := func() (n int) {
		for _, err := range a.store.Glance().Stamps(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	if err := a.StampAudit(t.Context()); err != nil || stamps() != 2 {
		t.Errorf("%d stamps, %v, want no other of the same head", stamps(), err)
	}
	a.ready(t, 1)
	a.desk.seal(t)
	outcomes := make(chan error)
	for range 4 {
		go func() { outcomes <- attest.New(a.options).StampAudit(t.Context()) }()
	}
	for range 4 {
		if err := <-outcomes; err != nil {
			t.Error(err)
		}
	}
	if stamps() != 3 {
		t.Errorf("%d stamps, want 3", stamps())
	}
	if report := check(t, a.Service); len(report.Faults) != 0 || report.Stamps != 3 {
		t.Errorf("got %d stamps, %+v", report.Stamps, report.Faults)
	}

	a.ready(t, 1)
	a.desk.seal(t)
	for name, change := range map[string]func(*attest.Options){
		"nobody there": func(o *attest.Options) { o.Timestamper = &signer.TSA{URL: "http://127.0.0.1:1/", Anchors: o.Anchors} },
		"not trusted":  func(o *attest.Options) { o.Anchors.TSA = nil },
	} {
		o := a.options
		change(&o)
		if err := attest.New(o).StampAudit(t.Context()); err == nil {
			t.Errorf("%s: stamped", name)
		}
	}
	o := a.options
	o.Timestamper = nil
	if err := attest.New(o).StampAudit(t.Context()); err != nil || stamps() != 3 {
		t.Errorf("without an authority: %d stamps, %v", stamps(), err)
	}

	empty := untouched(t)
	o.Store, o.Timestamper = empty, a.options.Timestamper
	if err := attest.New(o).StampAudit(t.Context()); err != nil {
		t.Errorf("nothing to stamp: %v", err)
	}
	if _, err := empty.Glance().LastStamp(t.Context()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a chain without entries was stamped: %v", err)
	}
}

// TestRevokedAuthority: of the last stamp's authority the status is asked.
func TestRevokedAuthority(t *testing.T) {
	a := newArchive(t)
	o := a.options
	o.Revocation = &certs.HTTP{AllowPrivate: true}
	if got := codes(check(t, attest.New(o)).Faults); len(got) != 0 {
		t.Errorf("before: %v", got)
	}
	if err := a.tsa.Revoke(a.tsa.TSA().Certificate.SerialNumber, time.Now().Add(-time.Minute), 1); err != nil {
		t.Fatal(err)
	}
	o.Revocation = &certs.HTTP{AllowPrivate: true} // that remembers nothing
	if got := codes(check(t, attest.New(o)).Faults); !slices.Equal(got, []string{"stamp-untrusted"}) {
		t.Errorf("got %v", got)
	}
}
