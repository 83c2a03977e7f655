package dossier_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/dossier"
	"kytiem/intake"
	"kytiem/minutes"
	"kytiem/sample"
	"kytiem/signer"
	"kytiem/verify"
)

// world is a throwaway CA that answers over HTTP, and a head with a key.
type world struct {
	ca       *devca.CA
	key      *signer.PKCS12
	verifier *verify.Verifier
}

// unitCode is a sample commune whose certificates carry an identifier.
const unitCode = "26221"

func newWorld(t testing.TB, change func(*devca.Profile)) *world {
	t.Helper()
	ca, err := devca.New(devca.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ca.Serve(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	unit, _ := sample.Unit(unitCode)
	p := devca.Profile{
		Kind: devca.Person, CommonName: "Trần Văn Mẫu", Organization: "Ủy ban nhân dân xã Phú Hòa", Title: "Chủ tịch",
		Identifiers: []string{unit.Identifier, "CCCD:075070000001"},
	}
	if change != nil {
		change(&p)
	}
	issued, err := ca.Issue(p)
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
	var anchors certs.Anchors
	anchors.CA = append(anchors.CA, ca.Root().Certificate)
	return &world{ca: ca, key: key, verifier: &verify.Verifier{Anchors: anchors, Revocation: &certs.HTTP{AllowPrivate: true}}}
}

func (w *world) sign(t testing.TB, dir string) (*verify.Report, error) {
	t.Helper()
	return dossier.Sign(t.Context(), dir, dossier.SignOptions{
		Carrier: w.key, Certificates: w.key.Certificates(), Number: "05", Verifier: w.verifier,
	})
}

// seal makes a bundle directory of sample results.
func seal(t testing.TB, rows int, mix sample.Mix) (dir string, sealed *dossier.Sealed) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "bundle")
	sealed, err := sealInto(t, dir, rows, mix)
	if err != nil {
		t.Fatal(err)
	}
	return dir, sealed
}

func sealInto(t testing.TB, dir string, rows int, mix sample.Mix) (*dossier.Sealed, error) {
	t.Helper()
	unit, _ := sample.Unit(unitCode)
	units, err := intake.ReadUnits(bytes.NewReader(sample.Units()))
	if err != nil {
		t.Fatal(err)
	}
	var csv bytes.Buffer
	if err := sample.WriteCSV(&csv, sample.Rows(sample.Options{Seed: 1, Rows: rows, Unit: unit, Mix: mix}), sample.ExcelCSV()); err != nil {
		t.Fatal(err)
	}
	return dossier.Seal(t.Context(), dossier.SealOptions{
		Unit: unit, Units: units, Results: &csv, Out: dir, NotReady: dir + ".not-ready.csv",
	})
}

func parties() []minutes.Party {
	return []minutes.Party{
		{Party: "Ủy ban nhân dân xã Phú Hòa", Name: "Trần Văn Mẫu", Position: "Chủ tịch", Role: minutes.Chair},
		{Party: "Trạm Y tế xã Phú Hòa", Name: "Nguyễn Thị Thử", Position: "Trưởng trạm", Role: minutes.Secretary},
		{Party: "Công an xã Phú Hòa", Name: "Lê Văn Ví Dụ", Position: "Trưởng Công an xã", Role: minutes.Member},
	}
}

// TestSealSignVerify is the main job, and what it leaves on disk.
func TestSealSignVerify(t *testing.T) {
	w := newWorld(t, nil)
	mix := sample.RealMix()
	mix.Bad = 0.05
	dir, sealed := seal(t, 400, mix)
	if sealed.Records == 0 || sealed.Bad == 0 || sealed.NotReady == 0 || sealed.Records+sealed.Bad+sealed.NotReady != sealed.Rows {
		t.Errorf("sealed %+v: every row is sealed or comes back, and this mix has all kinds", sealed)
	}
	left, err := os.ReadFile(dir + ".not-ready.csv")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := bytes.Count(left, []byte("\n"))-1, sealed.Bad+sealed.NotReady; got != want {
		t.Errorf("%d rows came back, want %d", got, want)
	}
	report, err := w.sign(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	if report.Verdict != verify.TotalPassed {
		text, _ := report.JSON()
		t.Fatalf("verdict %s\n%s", report.Verdict, text)
	}
	want := []string{"bundle.pdf", "document.json", "manifest.json", "manifest.p7s", "records.ndjson"}
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("directory holds %v, want %v", got, want)
	}
	if beside := names(t, filepath.Dir(dir)); !slices.Equal(beside, []string{"bundle", "bundle.not-ready.csv"}) {
		t.Errorf("left behind: %v", beside)
	}
}

func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// TestMinutesThenSignature: the interim paper and its scan stay beside the
// signature that replaces it, named in the signed document.
func TestMinutesThenSignature(t *testing.T) {
	w := newWorld(t, nil)
	dir, _ := seal(t, 40, sample.Mix{})
	if err := dossier.DrawMinutes(dir, dossier.MinutesOptions{Parties: parties(), Reason: "chưa có chứng thư số"}); err != nil {
		t.Fatal(err)
	}
	report, err := w.verifier.Directory(t.Context(), "x", os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if report.Verdict != verify.NoSignature || report.Bundle.Status != "unknown" {
		t.Errorf("drawn: %s, status %s, want NO_SIGNATURE and unknown", report.Verdict, report.Bundle.Status)
	}
	if err := os.WriteFile(filepath.Join(dir, "scan.pdf"), []byte("%PDF-1.4 a scan"), 0o600); err != nil {
		t.Fatal(err)
	}
	if report, err = w.verifier.Directory(t.Context(), "x", os.DirFS(dir)); err != nil || report.Bundle.Status != "minuted" {
		t.Errorf("with a scan: %v, status %s, want minuted", err, report.Bundle.Status)
	}
	if err := dossier.DrawMinutes(dir, dossier.MinutesOptions{Parties: parties()}); !errors.Is(err, dossier.ErrExists) {
		t.Errorf("drawing minutes over a scan: %v, want ErrExists", err)
	}
	if report, err = w.sign(t, dir); err != nil || report.Verdict != verify.TotalPassed {
		t.Fatalf("signing the minuted bundle: %v, %v", report, err)
	}
	document, err := os.ReadFile(filepath.Join(dir, bundle.DocumentFile))
	if err != nil {
		t.Fatal(err)
	}
	d, err := bundle.ParseDocument(document)
	if err != nil || len(d.Attachments) != 2 {
		t.Errorf("the document names %v, want minutes and scan (%v)", d.Attachments, err)
	}
	if err := dossier.DrawMinutes(dir, dossier.MinutesOptions{Parties: parties()}); !errors.Is(err, dossier.ErrSigned) {
		t.Errorf("minutes of a signed bundle: %v, want ErrSigned", err)
	}
}

// signedWithEverything is a signed directory with every kind of file in it.
func signedWithEverything(t *testing.T, w *world) fstest.MapFS {
	t.Helper()
	dir, _ := seal(t, 30, sample.Mix{})
	if err := dossier.DrawMinutes(dir, dossier.MinutesOptions{Parties: parties()}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "scan.pdf"), []byte("%PDF-1.4 a scan"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.sign(t, dir); err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, name := range names(t, dir) {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: content}
	}
	return files
}

func TestSignRefuses(t *testing.T) {
	unit, _ := sample.Unit(unitCode)
	for _, test := range []struct {
		name   string
		change func(*devca.Profile)
		want   error
	}{
		{"another unit's certificate", func(p *devca.Profile) { p.Identifiers[0] = "MST:0000099999" }, dossier.ErrWrongHolder},
		{"a certificate without identifiers", func(p *devca.Profile) { p.Identifiers = nil }, dossier.ErrWrongHolder},
		{"a branch of the unit", func(p *devca.Profile) { p.Identifiers[0] = unit.Identifier + "-001" }, dossier.ErrWrongHolder},
		{"an expired certificate", func(p *devca.Profile) {
			p.NotBefore, p.NotAfter = time.Now().AddDate(-2, 0, 0), time.Now().AddDate(-1, 0, 0)
		}, certs.ErrExpired},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.change)
			dir, _ := seal(t, 10, sample.Mix{})
			before := digest(t, dir)
			if _, err := w.sign(t, dir); !errors.Is(err, test.want) {
				t.Errorf("Sign: %v, want %v", err, test.want)
			}
			if after := digest(t, dir); after != before {
				t.Error("a refused signature changed the directory")
			}
		})
	}
	t.Run("a revoked certificate", func(t *testing.T) {
		w := newWorld(t, nil)
		dir, _ := seal(t, 10, sample.Mix{})
		if err := w.ca.Revoke(w.key.Certificates()[0].SerialNumber, time.Now().Add(-time.Hour), 1); err != nil {
			t.Fatal(err)
		}
		if _, err := w.sign(t, dir); !errors.Is(err, dossier.ErrNotAccepted) {
			t.Errorf("Sign: %v, want ErrNotAccepted", err)
		}
	})
	t.Run("twice", func(t *testing.T) {
		w := newWorld(t, nil)
		dir, _ := seal(t, 10, sample.Mix{})
		if _, err := w.sign(t, dir); err != nil {
			t.Fatal(err)
		}
		if _, err := w.sign(t, dir); !errors.Is(err, dossier.ErrSigned) {
			t.Errorf("second signature: %v, want ErrSigned", err)
		}
	})
	t.Run("records changed since sealing", func(t *testing.T) {
		w := newWorld(t, nil)
		dir, _ := seal(t, 10, sample.Mix{})
		path := filepath.Join(dir, bundle.RecordsFile)
		records, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(records), `"dose_number":1`, `"dose_number":2`, 1)
		if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := w.sign(t, dir); err == nil {
			t.Error("signed records that are not those of the manifest")
		}
	})
}

// digest tells whether anything in a directory changed.
func digest(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, path))
		b.WriteString(path + "\x00" + string(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSealRefuses(t *testing.T) {
	t.Run("nothing ready", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "bundle")
		sealed, err := sealInto(t, dir, 20, sample.Mix{Wrong: 1})
		if !errors.Is(err, dossier.ErrNothingReady) || sealed.NotReady != sealed.Rows {
			t.Errorf("Seal: %+v, %v, want ErrNothingReady", sealed, err)
		}
		if got := names(t, filepath.Dir(dir)); !slices.Equal(got, []string{"bundle.not-ready.csv"}) {
			t.Errorf("left %v, want the file of rows only", got)
		}
	})
	t.Run("output exists", func(t *testing.T) {
		dir := t.TempDir()
		if _, err := sealInto(t, dir, 5, sample.Mix{}); !errors.Is(err, dossier.ErrExists) {
			t.Errorf("Seal: %v, want ErrExists", err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		dir := filepath.Join(t.TempDir(), "bundle")
		unit, _ := sample.Unit(unitCode)
		var csv bytes.Buffer
		if err := sample.WriteCSV(&csv, sample.Rows(sample.Options{Rows: 20_000, Unit: unit}), sample.CSVOptions{}); err != nil {
			t.Fatal(err)
		}
		_, err := dossier.Seal(ctx, dossier.SealOptions{Unit: unit, Results: &csv, Out: dir, NotReady: dir + ".csv"})
		if !errors.Is(err, context.Canceled) || len(names(t, filepath.Dir(dir))) != 0 {
			t.Errorf("Seal: %v, left %v", err, names(t, filepath.Dir(dir)))
		}
	})
}
