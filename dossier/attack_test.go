package dossier_test

import (
	"bytes"
	"crypto"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"kytiem/bundle"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/sample"
	"kytiem/signer"
	"kytiem/verify"
)

// read takes a directory into memory, to be changed.
func read(t *testing.T, dir string) fstest.MapFS {
	t.Helper()
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

func (w *world) verdict(t *testing.T, files fstest.MapFS) verify.Indication {
	t.Helper()
	report, err := w.verifier.Directory(t.Context(), "x", files)
	if err != nil {
		return "ERROR"
	}
	return report.Verdict
}

// TestUnreadableFiles: a file that is listed and cannot be read is not skipped.
func TestUnreadableFiles(t *testing.T) {
	w := newWorld(t, nil)
	dir, _ := seal(t, 10, sample.Mix{})
	if _, err := w.sign(t, dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range names(t, dir) {
		other := t.TempDir()
		for _, kept := range names(t, dir) {
			content, err := os.ReadFile(filepath.Join(dir, kept))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(other, kept)
			if kept == name {
				err = os.Symlink("nowhere", path)
			} else {
				err = os.WriteFile(path, content, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		report, err := w.verifier.Directory(t.Context(), "x", os.DirFS(other))
		if err == nil && report.Verdict == verify.TotalPassed {
			t.Errorf("%s a dangling link: TOTAL_PASSED", name)
		}
	}
}

// TestRevisionBeforeSignature: a head who signs other pages than the records draw,
// by putting a revision between, signs nothing that passes.
func TestRevisionBeforeSignature(t *testing.T) {
	w := newWorld(t, nil)
	dir, _ := seal(t, 10, sample.Mix{})
	if _, err := w.sign(t, dir); err != nil {
		t.Fatal(err)
	}
	files := read(t, dir)
	signed, err := pades.Open(files[bundle.PagesFile].Data)
	if err != nil {
		t.Fatal(err)
	}
	drawn := bytes.Clone(files[bundle.PagesFile].Data[:signed.Revisions()[0].End])
	page := bytes.Index(drawn, []byte("/Type/Page/"))
	object := bytes.LastIndex(drawn[:page], []byte(" 0 obj"))
	number := drawn[bytes.LastIndexByte(drawn[:object], '\n')+1 : object]
	start := len(drawn)
	between := append(bytes.Clone(drawn), number...)
	between = append(between, " 0 obj\n<</Type/Page/MediaBox[0 0 10 10]>>\nendobj\n"...)
	table := len(between)
	trailer := drawn[bytes.LastIndex(drawn, []byte("trailer")):]
	trailer = bytes.Replace(trailer[:bytes.Index(trailer, []byte("startxref"))], []byte("<<"),
		[]byte("<</Prev "+decimal(signed.Revisions()[0].XRef)+" "), 1)
	between = append(between, "xref\n"+string(number)+" 1\n"+pad(start)+" 00000 n\r\n"+string(trailer)+"startxref\n"+decimal(int64(table))+"\n%%EOF\n"...)
	file, err := pades.Open(between)
	if err != nil {
		t.Fatalf("the attack itself is malformed: %v", err)
	}
	o := signer.Options{Certificates: w.key.Certificates(), Now: time.Now()}
	p, err := signer.PrepareDocument(file, o, signer.Visible{Field: bundle.HeadField})
	if err != nil {
		t.Fatal(err)
	}
	signatures, err := w.key.Sign(t.Context(), []signer.Request{p.Request})
	if err != nil {
		t.Fatal(err)
	}
	if files[bundle.PagesFile].Data, err = p.Complete(between, signatures[0], time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := w.verdict(t, files); got != verify.TotalFailed {
		t.Errorf("other pages, signed by the head: %s, want TOTAL_FAILED", got)
	}
}

func decimal(n int64) string { return string(bytes.TrimLeft([]byte(pad(int(n))), "0")) }

func pad(n int) string {
	digits := []byte("0000000000")
	for i := len(digits) - 1; n > 0; i, n = i-1, n/10 {
		digits[i] = byte('0' + n%10)
	}
	return string(digits)
}

// TestAttachedContent: a CMS that carries a content of its own attests nothing that
// is laid beside it, neither as a detached signature nor in a proof.
func TestAttachedContent(t *testing.T) {
	w := newWorld(t, nil)
	dir, _ := seal(t, 10, sample.Mix{})
	files := read(t, dir)
	content := []byte("beer")
	h := crypto.SHA256.New()
	h.Write(content)
	p, err := signer.PrepareManifest(content, signer.Options{Certificates: w.key.Certificates()})
	if err != nil {
		t.Fatal(err)
	}
	signatures, err := w.key.Sign(t.Context(), []signer.Request{p.Request})
	if err != nil {
		t.Fatal(err)
	}
	p7s, err := p.Complete(content, signatures[0], time.Now())
	if err != nil {
		t.Fatal(err)
	}
	attached := attach(t, p7s, content)
	report, err := w.verifier.Detached(t.Context(), "x.p7s", attached, nil)
	if err != nil || report.Verdict != verify.TotalPassed {
		t.Fatalf("the attached signature alone: %v, %v", report, err)
	}
	report, err = w.verifier.Detached(t.Context(), "x.p7s", attached, []byte("wine"))
	if err != nil || report.Verdict != verify.TotalFailed {
		t.Errorf("beside another content: %s, %v, want TOTAL_FAILED", report.Verdict, err)
	}
	roll, err := bundle.ReadRoll(bytes.NewReader(files[bundle.RecordsFile].Data), int64(len(files[bundle.RecordsFile].Data)))
	if err != nil {
		t.Fatal(err)
	}
	record, err := roll.At(0)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := bundle.Prove(roll.Leaves(), 0, &record, nil, files[bundle.ManifestFile].Data, attached)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.verifier.Proof(t.Context(), "proof.json", proof.Append(nil)).Verdict; got == verify.TotalPassed {
		t.Error("a proof out of an unsigned bundle, with a signature over beer: TOTAL_PASSED")
	}
}

// attach puts the content into a detached CMS: eContent after the content type
// id-data (RFC 5652, 5.2), every enclosing length adjusted.
func attach(t *testing.T, p7s, content []byte) []byte {
	t.Helper()
	idData := []byte{0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01}
	at := bytes.Index(p7s, idData)
	if at < 0 {
		t.Fatal("no detached content in the CMS")
	}
	octets := append([]byte{0x04, byte(len(content))}, content...)
	explicit := append([]byte{0xa0, byte(len(octets))}, octets...)
	info := append(append([]byte{0x30, byte(11 + len(explicit))}, idData[2:]...), explicit...)
	out := bytes.Clone(p7s[:at])
	out = append(append(out, info...), p7s[at+len(idData):]...)
	for _, header := range []int{0, 15, 19} { // ContentInfo, [0], SignedData: lengths of two bytes
		if out[header+1] != 0x82 {
			t.Fatalf("length at %d is not of two bytes", header)
		}
		n := int(out[header+2])<<8 + int(out[header+3]) + len(info) - len(idData)
		out[header+2], out[header+3] = byte(n>>8), byte(n)
	}
	return out
}

// TestSignedForAnotherUnit: a manifest's signature by another unit's key does not
// pass, however it is presented.
func TestSignedForAnotherUnit(t *testing.T) {
	w := newWorld(t, nil)
	dir, _ := seal(t, 10, sample.Mix{})
	manifest := read(t, dir)[bundle.ManifestFile].Data
	mallory := newWorld(t, func(p *devca.Profile) { p.Identifiers = []string{"MST:0000099999"} })
	p, err := signer.PrepareManifest(manifest, signer.Options{Certificates: mallory.key.Certificates()})
	if err != nil {
		t.Fatal(err)
	}
	signatures, err := mallory.key.Sign(t.Context(), []signer.Request{p.Request})
	if err != nil {
		t.Fatal(err)
	}
	p7s, err := p.Complete(manifest, signatures[0], time.Now())
	if err != nil {
		t.Fatal(err)
	}
	report, err := mallory.verifier.Detached(t.Context(), "manifest.p7s", p7s, manifest)
	if err != nil || report.Verdict == verify.TotalPassed {
		t.Errorf("another unit's key over the manifest: %s, %v", report.Verdict, err)
	}
	_ = w
}

// TestTwoSignAtOnce: one of two signs, the other is told.
func TestTwoSignAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	dir, _ := seal(t, 10, sample.Mix{})
	var errs [2]error
	var signing sync.WaitGroup
	for i := range errs {
		signing.Go(func() { _, errs[i] = w.sign(t, dir) })
	}
	signing.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("two at once: %v and %v, want one to sign and one to be told", errs[0], errs[1])
	}
	if got := w.verdict(t, read(t, dir)); got != verify.TotalPassed {
		t.Errorf("what is left: %s", got)
	}
}

// TestHostileManifest: counts that overflow are refused, not summed.
func TestHostileManifest(t *testing.T) {
	w := newWorld(t, nil)
	dir, _ := seal(t, 10, sample.Mix{})
	files := read(t, dir)
	m, err := bundle.ParseManifest(files[bundle.ManifestFile].Data)
	if err != nil {
		t.Fatal(err)
	}
	most := int(^uint(0) >> 1)
	m.Annexes = []bundle.Annex{{Name: "annex-01.pdf", Rows: most}, {Name: "annex-02.pdf", Rows: most}, {Name: "annex-03.pdf", Rows: m.Size + 2}}
	changed := maps.Clone(files)
	data, err := bundle.Canonical(m)
	if err != nil {
		t.Fatal(err)
	}
	changed[bundle.ManifestFile] = &fstest.MapFile{Data: data}
	if got := w.verdict(t, changed); got != verify.TotalFailed {
		t.Errorf("annexes of 2^64 rows: %s, want TOTAL_FAILED", got)
	}
}
