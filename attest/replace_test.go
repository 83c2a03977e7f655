package attest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kytiem/attest"
	"kytiem/attest/desktest"
	"kytiem/bundle"
	"kytiem/minutes"
	"kytiem/store"
	"kytiem/verify"
)

func meeting() attest.MinutesOrder {
	return attest.MinutesOrder{Parties: []minutes.Party{
		{Party: "Ủy ban nhân dân xã Phú Hòa", Name: "Trần Văn Mẫu", Position: "Chủ tịch", Role: minutes.Chair},
		{Party: "Trạm Y tế xã Phú Hòa", Name: "Nguyễn Thị Thử", Position: "Trưởng trạm", Role: minutes.Secretary},
		{Party: "Công an xã Phú Hòa", Name: "Lê Văn Ví Dụ", Position: "Trưởng Công an xã", Role: minutes.Member},
	}}
}

// scan puts content into a file as an upload comes.
func scan(t testing.TB, content []byte) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scan")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// minuted is a bundle of n results with minutes and their scan.
func (d *desk) minuted(t testing.TB, n int) store.Bundle {
	t.Helper()
	b := d.sealed(t, n)
	d.confirm(t, b.ID)
	return d.bundle(t, b.ID)
}

func (d *desk) confirm(t testing.TB, id string) {
	t.Helper()
	if _, err := d.DrawMinutes(t.Context(), d.who[attest.Clerk], id, meeting()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ConfirmMinutes(t.Context(), d.who[attest.Clerk], id, scan(t, d.file(t, id, bundle.MinutesFile))); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) status(t testing.TB, id, want string) attest.SignedStatus {
	t.Helper()
	got, err := d.StatusOf(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if got.Status.Status != want {
		t.Errorf("status %q, want %q", got.Status.Status, want)
	}
	var said attest.Status
	if err := json.Unmarshal(got.Statement, &said); err != nil || said != got.Status {
		t.Errorf("statement %s (%v), want %+v", got.Statement, err, got.Status)
	}
	return got
}

// TestMinutes is the way without a certificate, and with one that comes later: the same root is signed.
func TestMinutes(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 4)
	clerk := d.who[attest.Clerk]
	if _, err := d.ConfirmMinutes(t.Context(), clerk, b.ID, scan(t, []byte("%PDF-"))); !errors.Is(err, attest.ErrNoMinutes) {
		t.Errorf("confirming minutes that were not drawn: %v", err)
	}
	drawn, err := d.DrawMinutes(t.Context(), clerk, b.ID, meeting())
	if err != nil {
		t.Fatal(err)
	}
	d.state(t, b.ID, bundle.Sealed)
	again := meeting()
	again.Reason = "chứng thư số chưa cấp"
	redrawn, err := d.DrawMinutes(t.Context(), clerk, b.ID, again)
	if err != nil || len(redrawn.Files) != len(drawn.Files) {
		t.Fatalf("drawn again: %+v, %v", redrawn.Files, err)
	}
	for name, content := range map[string][]byte{"empty": nil, "text": []byte("hello"), "half": []byte("%PDF-1.7\n"), "cut": d.file(t, b.ID, bundle.MinutesFile)[:4000]} {
		if _, err := d.ConfirmMinutes(t.Context(), clerk, b.ID, scan(t, content)); !errors.Is(err, attest.ErrNotScan) {
			t.Errorf("scan %s: %v, want ErrNotScan", name, err)
		}
	}
	d.status(t, b.ID, "unknown")
	minuted, err := d.ConfirmMinutes(t.Context(), clerk, b.ID, scan(t, d.file(t, b.ID, bundle.MinutesFile)))
	if err != nil || minuted.Status.State != bundle.Minuted {
		t.Fatalf("confirmed: %v, %v", minuted.Status, err)
	}
	if said := d.status(t, b.ID, "minuted"); said.Since == "" {
		t.Error("status without a beginning")
	}
	if _, err := d.DrawMinutes(t.Context(), clerk, b.ID, meeting()); !errors.Is(err, attest.ErrMove) {
		t.Errorf("drawing after the scan: %v, want ErrMove", err)
	}
	r := d.prepare(t, d.key, b.ID)
	d.status(t, b.ID, "minuted")
	d.complete(t, r, sign(t, d.key, r.Items...))
	after := d.bundle(t, b.ID)
	if after.Status.State != bundle.Signed || after.Root != b.Root {
		t.Errorf("bundle %s with root %s, want signed with %s", after.Status.State, after.Root, b.Root)
	}
	d.status(t, b.ID, "valid")
}

// TestKeptDocumentAndMinutes: a document that was signed before minutes came to lie beside it names them not, and is signed anew.
func TestKeptDocumentAndMinutes(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 2)
	r := d.prepare(t, d.key, b.ID)
	d.complete(t, r, sign(t, d.key, r.Items[0]))
	if _, err := d.Refuse(t.Context(), d.who[attest.Head], r.ID, "thôi"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.DrawMinutes(t.Context(), d.who[attest.Clerk], b.ID, meeting()); err != nil {
		t.Fatal(err)
	}
	r = d.prepare(t, d.key, b.ID)
	if len(r.Items) != 2 {
		t.Errorf("%d items asked for, want both", len(r.Items))
	}
	d.complete(t, r, sign(t, d.key, r.Items...))
	d.state(t, b.ID, bundle.Signed)
}

// TestSupersede: the old bundle counts until the new one is attested, by signature or minutes; then it says so.
func TestSupersede(t *testing.T) {
	for _, tt := range []struct {
		name   string
		attest func(t *testing.T, d *desk, id string)
	}{
		{"by signature", func(t *testing.T, d *desk, id string) {
			r := d.prepare(t, d.key, id)
			d.complete(t, r, sign(t, d.key, r.Items...))
		}},
		{"by minutes", func(t *testing.T, d *desk, id string) { d.confirm(t, id) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, statements(t))
			old := d.signed(t, 5)
			head := d.who[attest.Head]
			if _, err := d.Supersede(t.Context(), head, old.ID, " "); !errors.Is(err, attest.ErrReason) {
				t.Errorf("without a reason: %v", err)
			}
			next, err := d.Supersede(t.Context(), head, old.ID, "sai ngày tiêm")
			if err != nil || next.Status.State != bundle.Open || next.Supersedes != old.ID {
				t.Fatalf("successor %+v, %v", next, err)
			}
			if _, err := d.Supersede(t.Context(), head, old.ID, "nữa"); !errors.Is(err, attest.ErrConflict) {
				t.Errorf("superseding twice: %v, want ErrConflict", err)
			}
			d.status(t, old.ID, "valid")
			sealed := d.seal(t)
			if sealed.ID != next.ID || sealed.Size != old.Size {
				t.Fatalf("sealed %s of %d, want %s of %d", sealed.ID, sealed.Size, next.ID, old.Size)
			}
			d.status(t, old.ID, "valid")
			tt.attest(t, d, next.ID)
			d.state(t, old.ID, bundle.Superseded)
			said := d.status(t, old.ID, "superseded")
			if said.SupersededBy != next.ID || said.Reason != "sai ngày tiêm" || said.Since == "" {
				t.Errorf("status %+v, want successor, reason and beginning", said.Status)
			}
			report, err := d.Verify(t.Context(), attest.Submission{Name: "s", File: said.Signature, Content: said.Statement})
			if err != nil || report.Verdict != verify.TotalPassed {
				t.Errorf("statement: %v, %v", report, err)
			}
			report, err = d.Verify(t.Context(), attest.Submission{Name: "x.pdf", File: d.file(t, old.ID, bundle.PagesFile)})
			if err != nil || report.Verdict != verify.TotalPassed || report.Bundle.Status != "superseded" {
				t.Errorf("the old document: %v, %+v, %v", report.Verdict, report.Bundle, err)
			}
			if _, err := d.Recall(t.Context(), head, old.ID, "x"); !errors.Is(err, attest.ErrMove) {
				t.Errorf("recalling what was superseded: %v, want ErrMove", err)
			}
		})
	}
}

// statements gives the service a key of its own.
func statements(t testing.TB) func(*attest.Options) {
	return func(o *attest.Options) { desktest.Statements(t, o) }
}

// TestRecall: the rows are free again, the document still verifies and is said to be recalled.
func TestRecall(t *testing.T) {
	for name, attested := range map[string]func(*desk, testing.TB, int) store.Bundle{"signed": (*desk).signed, "minuted": (*desk).minuted} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			b := attested(d, t, 3)
			recalled, err := d.Recall(t.Context(), d.who[attest.Head], b.ID, "không đúng đối tượng")
			if err != nil || recalled.Status.State != bundle.Recalled {
				t.Fatalf("recalled: %v, %v", recalled.Status, err)
			}
			if said := d.status(t, b.ID, "recalled"); said.Reason != "không đúng đối tượng" || said.Since == "" || said.Signature != nil {
				t.Errorf("status %+v", said)
			}
			if again := d.seal(t); again.Size != b.Size {
				t.Errorf("%d of %d rows could be sealed again", again.Size, b.Size)
			}
			for e, err := range d.store.Glance().AuditEntries(t.Context(), 0) {
				if err != nil || strings.Contains(string(e.AppendLine(nil)), "tượng") {
					t.Errorf("entry %s (%v): sentences have no place in the chain", e.AppendLine(nil), err)
				}
			}
		})
	}
	d := newDesk(t, nil)
	b := d.sealed(t, 2)
	if _, err := d.Recall(t.Context(), d.who[attest.Head], b.ID, "x"); !errors.Is(err, attest.ErrMove) {
		t.Errorf("recalling what is sealed: %v, want ErrMove", err)
	}
	if _, err := d.Supersede(t.Context(), d.who[attest.Head], b.ID, "x"); !errors.Is(err, attest.ErrMove) {
		t.Errorf("superseding what is sealed: %v, want ErrMove", err)
	}
	if _, err := d.StatusOf(t.Context(), bundle.NewID()); !errors.Is(err, attest.ErrNotFound) {
		t.Errorf("status of nothing: %v, want ErrNotFound", err)
	}
}

// TestRoot: a manifest with our id and another root is not ours.
func TestRoot(t *testing.T) {
	d := newDesk(t, nil)
	b := d.signed(t, 2)
	forged := bytes.Replace(d.file(t, b.ID, bundle.ManifestFile), []byte(b.Root.String()), bytes.Repeat([]byte("ab"), 32), 1)
	report, err := d.Verify(t.Context(), attest.Submission{Name: "x", File: d.file(t, b.ID, bundle.SignatureFile), Content: forged})
	if err != nil || report.Verdict != verify.TotalFailed || report.Bundle.Status != "unknown" {
		t.Errorf("verdict %v, bundle %+v, %v", report.Verdict, report.Bundle, err)
	}
}
