package attest_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/dossier"
	"kytiem/store"
	"kytiem/verify"
)

// TestWithdraw: from which states a bundle is taken back, and that its rows are free then.
func TestWithdraw(t *testing.T) {
	for _, tt := range []struct {
		name string
		lead func(t *testing.T, d *desk) string // to the bundle
		want error
	}{
		{"open", func(t *testing.T, d *desk) string { d.ready(t, 4); return d.cutOff(t, 4).ID }, nil},
		{"sealed", func(t *testing.T, d *desk) string { return d.sealed(t, 4).ID }, nil},
		{"being signed", func(t *testing.T, d *desk) string {
			b := d.sealed(t, 4)
			d.prepare(t, d.key, b.ID)
			return b.ID
		}, attest.ErrRequestOpen},
		{"request lapsed", func(t *testing.T, d *desk) string {
			b := d.sealed(t, 4)
			d.prepare(t, d.key, b.ID)
			d.clock.Pass(time.Hour)
			return b.ID
		}, nil},
		{"signed", func(t *testing.T, d *desk) string { return d.signed(t, 4).ID }, attest.ErrMove},
		{"minuted", func(t *testing.T, d *desk) string { return d.minuted(t, 4).ID }, attest.ErrMove},
		{"withdrawn", func(t *testing.T, d *desk) string {
			b := d.sealed(t, 4)
			ok(t)(d.Withdraw(t.Context(), d.who[attest.Head], b.ID, "nhầm"))
			return b.ID
		}, attest.ErrMove},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, nil)
			id := tt.lead(t, d)
			before := d.bundle(t, id).Status
			b, err := d.Withdraw(t.Context(), d.who[attest.Health], id, "sai lô vắc xin")
			if !errors.Is(err, tt.want) || err == nil && (b.Status.State != bundle.Withdrawn || tt.want != nil) {
				t.Errorf("withdrawing: %s (%v), want %v", b.Status.State, err, tt.want)
			}
			if tt.want != nil {
				if got := d.bundle(t, id).Status; got != before {
					t.Errorf("bundle is %v after the refusal, was %v", got, before)
				}
				return
			}
			if again := d.seal(t); again.Size != 4 || again.ID == id {
				t.Errorf("sealed again: %s with %d results, want another with all four", again.ID, again.Size)
			}
			d.sound(t)
		})
	}
}

// TestWithdrawRefused: who may not, and why one has to say why.
func TestWithdrawRefused(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 2)
	for _, who := range append(actors(d), d.alien, attest.Actor{}) {
		want := attest.ErrForbidden
		switch {
		case who.Anybody():
			want = attest.ErrUnauthenticated
		case who == d.alien:
			want = attest.ErrNotFound
		case who.Role == attest.Head || who.Role == attest.Health:
			want = attest.ErrReason
		}
		if _, err := d.Withdraw(t.Context(), who, b.ID, " "); !errors.Is(err, want) {
			t.Errorf("%s of %q: %v, want %v", who.Role, who.Unit, err, want)
		}
	}
	if _, err := d.Withdraw(t.Context(), d.who[attest.Head], bundle.NewID(), "x"); !errors.Is(err, attest.ErrNotFound) {
		t.Errorf("withdrawing what is not there: %v", err)
	}
	d.state(t, b.ID, bundle.Sealed)
}

// TestWithdrawSuccessor: a replacement that was begun by mistake is undone, and can be begun again.
func TestWithdrawSuccessor(t *testing.T) {
	d := newDesk(t, nil)
	old := d.signed(t, 3)
	next := ok(t)(d.Supersede(t.Context(), d.who[attest.Head], old.ID, "nhầm hồ sơ"))
	ok(t)(d.Withdraw(t.Context(), d.who[attest.Head], next.ID, "thay nhầm"))
	if told := ok(t)(d.Bundle(t.Context(), d.who[attest.Head], old.ID)); told.SupersededBy != "" || told.Status.State != bundle.Signed {
		t.Errorf("the old bundle is %s with the successor %q", told.Status.State, told.SupersededBy)
	}
	if _, err := d.sealAs(t, attest.Health, 0); !errors.Is(err, attest.ErrNothingReady) {
		t.Errorf("sealing rows of a bundle in force: %v, want ErrNothingReady", err)
	}
	again := ok(t)(d.Supersede(t.Context(), d.who[attest.Head], old.ID, "sửa lỗi"))
	if b := d.seal(t); b.ID != again.ID || b.Size != 3 {
		t.Errorf("sealed %s with %d results, want the new successor with three", b.ID, b.Size)
	}
	d.sound(t)
}

// TestBundle: what is told of a bundle, to whom.
func TestBundle(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 2)
	r := d.prepare(t, d.key, b.ID)
	if told := ok(t)(d.Bundle(t.Context(), d.who[attest.Clerk], b.ID)); told.Request != r.ID || len(told.Files) != 4 || told.Status.State != bundle.Pending {
		t.Errorf("told %+v, want the request %s", told, r.ID)
	}
	for _, who := range append(actors(d), d.alien, attest.Actor{}) {
		var want error
		switch {
		case who.Anybody():
			want = attest.ErrUnauthenticated
		case attest.ReachOf(who.Role, attest.ReadBundles) == attest.Nowhere:
			want = attest.ErrForbidden
		case who == d.alien, who.Role == attest.Monitor && who.Unit != commune:
			want = attest.ErrNotFound
		}
		_, one := d.Bundle(t.Context(), who, b.ID)
		_, _, all := d.Bundles(t.Context(), who, commune, attest.Page{})
		if !errors.Is(one, want) || !errors.Is(all, want) || want == nil && errors.Join(one, all) != nil {
			t.Errorf("%s of %q: %v and %v, want %v", who.Role, who.Unit, one, all, want)
		}
	}
	if _, err := d.Bundle(t.Context(), d.who[attest.Head], "nonsense"); !errors.Is(err, attest.ErrNotFound) {
		t.Errorf("reading what is not there: %v", err)
	}
}

// TestBundles: pages of a unit's bundles, the newest first.
func TestBundles(t *testing.T) {
	d := newDesk(t, nil)
	var want []string
	for range 3 {
		want = append(want, d.sealed(t, 1).ID)
		d.clock.Pass(time.Second)
	}
	slices.Reverse(want)
	var got []string
	for p := (attest.Page{Limit: 2}); ; {
		page, next, err := d.Bundles(t.Context(), d.who[attest.Head], commune, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range page {
			got = append(got, b.ID)
		}
		if p.After = next; next == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
}

// TestFile: the manifest and its signature are for anybody, the rest for who may read pages.
func TestFile(t *testing.T) {
	d := newDesk(t, nil)
	b := d.signed(t, 2)
	open := ok(t)(d.Supersede(t.Context(), d.who[attest.Head], b.ID, "x"))
	public := []string{bundle.ManifestFile, bundle.SignatureFile}
	private := []string{bundle.PagesFile, bundle.RecordsFile, bundle.DocumentFile}
	for _, who := range append(actors(d), d.alien, attest.Actor{}) {
		for _, name := range append(public, private...) {
			var want error
			switch {
			case slices.Contains(public, name):
			case who.Anybody():
				want = attest.ErrUnauthenticated
			case attest.ReachOf(who.Role, attest.ReadPages) == attest.Nowhere:
				want = attest.ErrForbidden
			case who == d.alien:
				want = attest.ErrNotFound
			}
			f, content, err := d.File(t.Context(), who, b.ID, name)
			if !errors.Is(err, want) {
				t.Errorf("%s for %s of %q: %v, want %v", name, who.Role, who.Unit, err, want)
			}
			if err != nil {
				continue
			}
			if got, err := io.ReadAll(content.Reader()); err != nil || int64(len(got)) != f.Size || f.Name != name || string(got) != string(d.file(t, b.ID, name)) {
				t.Errorf("%s: %d bytes of %d (%v)", f.Name, len(got), f.Size, err)
			}
		}
	}
	for _, tt := range []struct{ id, name string }{
		{b.ID, "scan.pdf"}, {b.ID, "annex-01.pdf"}, {b.ID, "../records.ndjson"}, {b.ID, ""}, {b.ID, "records.ndjson\x00"}, {b.ID, "\xff"},
		{open.ID, bundle.ManifestFile}, {bundle.NewID(), bundle.ManifestFile}, {"", bundle.ManifestFile}, {bundle.NewID(), bundle.PagesFile},
	} {
		if _, _, err := d.File(t.Context(), d.who[attest.Head], tt.id, tt.name); !errors.Is(err, attest.ErrNotFound) {
			t.Errorf("%q of %q: %v, want ErrNotFound", tt.name, tt.id, err)
		}
	}
}

// TestExport: what was exported verifies offline as it does here, and so does a proof made out of it.
func TestExport(t *testing.T) {
	d := newDesk(t, nil)
	for _, tt := range []struct {
		name string
		lead func() store.Bundle
		want verify.Indication
	}{
		{"sealed", func() store.Bundle { return d.sealed(t, 3) }, verify.NoSignature},
		{"signed", func() store.Bundle { return d.signed(t, 3) }, verify.TotalPassed},
		{"minuted", func() store.Bundle { return d.minuted(t, 3) }, verify.NoSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := tt.lead()
			dir := filepath.Join(t.TempDir(), "out")
			if err := d.Export(t.Context(), d.who[attest.Head], b.ID, dir); err != nil {
				t.Fatal(err)
			}
			judge := verify.Verifier{Anchors: d.anchors(), Revocation: &certs.HTTP{AllowPrivate: true, Now: d.clock.Now}, At: d.clock.Now()}
			report, err := judge.Directory(t.Context(), b.ID, os.DirFS(dir))
			if err != nil || report.Verdict != tt.want {
				t.Errorf("verdict %v (%v), want %v", report.Verdict, err, tt.want)
			}
			private(t, dir)
			for r, err := range d.store.Glance().ResultsOf(t.Context(), b.ID) {
				if err != nil {
					t.Fatal(err)
				}
				records, err := d.store.Glance().RecordsOf(t.Context(), r.ID)
				if err != nil {
					t.Fatal(err)
				}
				proof, err := dossier.Prove(dir, records[0].ID, nil)
				if err != nil {
					t.Fatal(err)
				}
				if got := judge.Proof(t.Context(), "proof.json", proof); got.Verdict != tt.want || got.Proof.Inclusion != verify.OK {
					t.Errorf("proof: %v, inclusion %v", got.Verdict, got.Proof.Inclusion)
				}
			}
		})
	}
	if got := len(d.entries(t, "bundles.export")); got != 3 {
		t.Errorf("the chain tells of %d exports, want 3", got)
	}
	d.sound(t)
}

// private holds that nobody else may look into a directory, and that nothing lies beside it.
func private(t testing.TB, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", entry.Name(), info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if beside, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(beside) != 1 {
		t.Errorf("%d entries beside it (%v), want none", len(beside)-1, err)
	}
}

// TestExportRefused: who may not, what is not there, and where something is already; nothing is left then.
func TestExportRefused(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 2)
	d.ready(t, 2)
	open := d.cutOff(t, 1)
	empty, taken := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(taken, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	for _, tt := range []struct {
		name string
		who  attest.Actor
		id   string
		dir  string
		want error
	}{
		{"another unit's head", d.alien, b.ID, filepath.Join(parent, "a"), attest.ErrNotFound},
		{"an administrator by the service", d.who[attest.Admin], b.ID, filepath.Join(parent, "b"), attest.ErrForbidden},
		{"nobody", attest.Actor{}, b.ID, filepath.Join(parent, "c"), attest.ErrUnauthenticated},
		{"no such bundle", attest.Operator(), bundle.NewID(), filepath.Join(parent, "d"), attest.ErrNotFound},
		{"open", attest.Operator(), open.ID, filepath.Join(parent, "e"), attest.ErrDrawing},
		{"an empty directory", attest.Operator(), b.ID, empty, dossier.ErrExists},
		{"a directory", attest.Operator(), b.ID, taken, dossier.ErrExists},
		{"a file", attest.Operator(), b.ID, filepath.Join(taken, "x"), dossier.ErrExists},
		{"no such parent", attest.Operator(), b.ID, filepath.Join(parent, "f", "g"), fs.ErrNotExist},
	} {
		if err := d.Export(t.Context(), tt.who, tt.id, tt.dir); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) != 0 {
		t.Errorf("%d entries left (%v)", len(left), err)
	}
	dir := filepath.Join(parent, "operator")
	if err := d.Export(t.Context(), attest.Operator(), b.ID, dir); err != nil {
		t.Error(err)
	}
	private(t, dir)
}
