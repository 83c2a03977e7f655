package signer_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/signer"
)

// world is an authority, one who signs, and the clock of both.
type world struct {
	ca    *devca.CA
	url   string
	ahead *atomic.Int64 // of now
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{ahead: &atomic.Int64{}}
	var err error
	if w.ca, err = devca.New(devca.Options{Now: w.now}); err != nil {
		t.Fatal(err)
	}
	if w.url, err = w.ca.Serve(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) now() time.Time       { return now.Add(time.Duration(w.ahead.Load())) }
func (w *world) pass(d time.Duration) { w.ahead.Add(int64(d)) }
func (w *world) anchors() certs.Anchors {
	return certs.Anchors{CA: certs.Path{w.ca.Root().Certificate}, TSA: certs.Path{w.ca.TSARoot().Certificate}}
}

func (w *world) tsa() *signer.TSA {
	return &signer.TSA{URL: w.url + "/tsa", Anchors: w.anchors(), Now: w.now, Timeout: 5 * time.Second}
}

// extender is a new one, which remembers no answers.
func (w *world) extender() *signer.Extender {
	return &signer.Extender{
		Timestamper: w.tsa(), Anchors: w.anchors(), Now: w.now,
		Evidence: &certs.HTTP{AllowPrivate: true, Now: w.now, Timeout: 5 * time.Second},
	}
}

// sign signs document and manifest at B-B.
func (w *world) sign(t testing.TB, change func(*devca.Profile), pss bool) (document, p7s, manifest []byte) {
	t.Helper()
	pages, manifest := documentOnce(t)
	key := carrier(t, issue(t, w.ca, change))
	onPages, onManifest := prepare(t, pages, manifest, signer.Options{Certificates: key.Certificates(), PSS: pss, Now: w.now()})
	signatures, err := key.Sign(t.Context(), []signer.Request{onPages.Request, onManifest.Request})
	if err != nil {
		t.Fatal(err)
	}
	if document, err = onPages.Complete(pages, signatures[0], w.now()); err != nil {
		t.Fatal(err)
	}
	if p7s, err = onManifest.Complete(manifest, signatures[1], w.now()); err != nil {
		t.Fatal(err)
	}
	return document, p7s, manifest
}

var oncePages, onceManifest []byte

// documentOnce is one document, drawn once.
func documentOnce(t testing.TB) (pages, manifest []byte) {
	t.Helper()
	if oncePages == nil {
		oncePages, onceManifest = document(t, 20)
	}
	return oncePages, onceManifest
}

// sound checks what has to hold of a document whatever was done to it.
func sound(t testing.TB, document []byte) *pades.File {
	t.Helper()
	f, err := pades.Open(document)
	if err != nil {
		t.Fatal(err)
	}
	list, err := f.Signatures()
	if err != nil {
		t.Fatal(err)
	}
	for i, fault := range pades.Nested(list) {
		_, coverage := f.Coverage(list[i])
		if err := errors.Join(fault, coverage, f.Consistent(list[i]), f.Accounting(list[i].Revision)); err != nil {
			t.Errorf("%s: %v", list[i].Field, err)
		}
		if list[i].IsTimeStamp() {
			stamp, err := list[i].TimeStamp()
			if err != nil {
				t.Fatal(err)
			}
			r := list[i].ByteRange
			if sum := sha256.Sum256(append(bytes.Clone(document[:r[1]]), document[r[2]:r[2]+r[3]]...)); !bytes.Equal(sum[:], stamp.Imprint) {
				t.Errorf("%s is over something else", list[i].Field)
			}
		}
	}
	return f
}

// judged has poppler say that so many signatures are valid.
func judged(t testing.TB, document []byte, valid int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "document.pdf")
	if err := os.WriteFile(path, document, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := run(t, "poppler-utils", "pdfsig", "-nocert", path); strings.Count(out, "Signature is Valid") != valid {
		t.Errorf("pdfsig finds other than %d valid:\n%s", valid, out)
	}
	if out := run(t, "qpdf", "qpdf", "--check", path); strings.Contains(out, "WARNING") {
		t.Errorf("qpdf warns:\n%s", out)
	}
}

// TestExtend raises what each kind of key signed, to each level.
func TestExtend(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		key string
		pss bool
	}{{"rsa2048", false}, {"rsa3072", true}, {"p256", false}, {"p384", false}} {
		t.Run(test.key, func(t *testing.T) {
			document, p7s, manifest := w.sign(t, func(p *devca.Profile) { p.Key = test.key }, test.pss)
			for _, to := range signer.Levels() {
				x, err := w.extender().Document(t.Context(), document, to)
				if err != nil {
					t.Fatal(err)
				}
				sound(t, x.Content)
				judged(t, x.Content, 1)
				level, err := signer.DocumentLevel(x.Content)
				if err != nil || level != to || x.Level != to || x.Base != sha256.Sum256(document) {
					t.Errorf("got %s and %s, %v, want %s", level, x.Level, err, to)
				}
				onManifest, err := w.extender().Manifest(t.Context(), p7s, manifest, to)
				if err != nil {
					t.Fatal(err)
				}
				level, err = signer.ManifestLevel(onManifest.Content)
				if err != nil || level != to || onManifest.Level != to {
					t.Errorf("manifest: got %s and %s, %v, want %s", level, onManifest.Level, err, to)
				}
				if to == signer.LevelLTA && (len(x.Tokens) != 2 || len(x.Evidence) != 2 || !x.Lapses.Equal(w.ca.TSA().Certificate.NotAfter)) {
					t.Errorf("got %d tokens, %d paths, until %s", len(x.Tokens), len(x.Evidence), x.Lapses)
				}
				again, err := w.extender().Document(t.Context(), x.Content, to)
				if err != nil || !bytes.Equal(again.Content, x.Content) {
					t.Errorf("raised again it is another document: %v", err)
				}
				stepwise, err := w.extender().Document(t.Context(), x.Content, signer.LevelLTA)
				if err != nil || stepwise.Level != signer.LevelLTA {
					t.Errorf("from %s: got %s, %v", to, stepwise.Level, err)
				}
				if to.Reaches(signer.LevelLT) {
					w.complete(t, x.Content)
				}
			}
		})
	}
}

// complete checks that the store holds chains and revocation data of the signer, the
// responder and the time-stamping authority.
func (w *world) complete(t testing.TB, document []byte) {
	t.Helper()
	f := sound(t, document)
	dss, err := f.DSS(len(f.Revisions()) - 1)
	if err != nil || dss == nil {
		t.Fatalf("no store: %v", err)
	}
	has := func(cert *x509.Certificate) bool {
		for _, c := range dss.Certs {
			if bytes.Equal(c.DER, cert.Raw) {
				return true
			}
		}
		return false
	}
	for _, cert := range []*x509.Certificate{
		w.ca.Issuing().Certificate, w.ca.Root().Certificate, w.ca.Responder().Certificate, w.ca.TSA().Certificate, w.ca.TSARoot().Certificate,
	} {
		if !has(cert) {
			t.Errorf("%s is not in the store", cert.Subject.CommonName)
		}
	}
	status := func(cert, issuer *x509.Certificate) bool {
		for _, c := range dss.CRLs {
			if certs.ParseCRL(c.DER, cert, issuer, w.now()).Status == certs.Good {
				return true
			}
		}
		return false
	}
	if !status(w.ca.Issuing().Certificate, w.ca.Root().Certificate) || !status(w.ca.TSA().Certificate, w.ca.TSARoot().Certificate) || len(dss.OCSPs) != 1 {
		t.Errorf("got %d lists and %d responses, which do not tell about every certificate", len(dss.CRLs), len(dss.OCSPs))
	}
}

// TestExtendOpenSSL has openssl judge the manifest's signature and its time-stamp at B-LTA.
func TestExtendOpenSSL(t *testing.T) {
	w := newWorld(t)
	_, p7s, manifest := w.sign(t, nil, false)
	x, err := w.extender().Manifest(t.Context(), p7s, manifest, signer.LevelLTA)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cms, err := pades.ParseCMS(x.Content)
	if err != nil {
		t.Fatal(err)
	}
	at := "1638324000" // now
	run(t, "openssl", "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", file("p7s", x.Content),
		"-content", file("manifest.json", manifest), "-CAfile", file("root.pem", pemOf(w.ca.Root().Certificate)), "-purpose", "any",
		"-no-CApath", "-attime", at, "-out", filepath.Join(dir, "out"))
	run(t, "openssl", "openssl", "ts", "-verify", "-data", file("signature", cms.Signers[0].Signature), "-token_in",
		"-in", file("token", cms.Signers[0].TimeStamps()[0]), "-CAfile", file("tsa.pem", pemOf(w.ca.TSARoot().Certificate)), "-attime", at)
}

// TestExtendSecondSignature: the first of two signatures cannot take a time-stamp any more,
// and gets its proof from one over the document.
func TestExtendSecondSignature(t *testing.T) {
	w := newWorld(t)
	document, _, _ := w.sign(t, nil, false)
	both := w.countersign(t, document)
	x, err := w.extender().Document(t.Context(), both, signer.LevelLTA)
	if err != nil {
		t.Fatal(err)
	}
	f := sound(t, x.Content)
	judged(t, x.Content, 2)
	w.complete2(t, f)
	if level, err := signer.DocumentLevel(x.Content); level != signer.LevelLTA || err != nil {
		t.Errorf("got %s, %v", level, err)
	}

	// Raised first, signed then, raised again.
	first, err := w.extender().Document(t.Context(), document, signer.LevelLTA)
	if err != nil {
		t.Fatal(err)
	}
	later := w.countersign(t, first.Content)
	if level, err := signer.DocumentLevel(later); level != signer.LevelB || err != nil {
		t.Errorf("got %s, %v, want the new signature's %s", level, err, signer.LevelB)
	}
	if x, err = w.extender().Document(t.Context(), later, signer.LevelLTA); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(x.Content, first.Content) {
		t.Error("bytes of what was archived changed")
	}
	sound(t, x.Content)
	judged(t, x.Content, 2)
}

// countersign has the organisation sign in its field.
func (w *world) countersign(t testing.TB, document []byte) []byte {
	t.Helper()
	key := carrier(t, issue(t, w.ca, func(p *devca.Profile) {
		p.Kind, p.CommonName, p.Identifiers = devca.Organisation, p.Organization, []string{"MST:0000075502"}
	}))
	file, err := pades.Open(document)
	if err != nil {
		t.Fatal(err)
	}
	p, err := signer.PrepareDocument(file, signer.Options{Certificates: key.Certificates(), Now: w.now()}, signer.Visible{Field: bundle.OrganisationField})
	if err != nil {
		t.Fatal(err)
	}
	signatures, err := key.Sign(t.Context(), []signer.Request{p.Request})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := p.Complete(document, signatures[0], w.now())
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func (w *world) complete2(t testing.TB, f *pades.File) {
	t.Helper()
	dss, err := f.DSS(len(f.Revisions()) - 1)
	if err != nil || len(dss.OCSPs) != 2 {
		t.Errorf("got %d responses, %v, want one about each signer", len(dss.OCSPs), err)
	}
}

// TestRenew: years later another time-stamp takes over from the last.
func TestRenew(t *testing.T) {
	w := newWorld(t)
	document, p7s, manifest := w.sign(t, nil, false)
	e := w.extender()
	if x, err := e.RenewDocument(t.Context(), document); !errors.Is(err, signer.ErrLevel) || !bytes.Equal(x.Content, document) {
		t.Errorf("at B-B: got %v, want %v", err, signer.ErrLevel)
	}
	x, err := e.Document(t.Context(), document, signer.LevelLTA)
	if err != nil {
		t.Fatal(err)
	}
	onManifest, err := e.Manifest(t.Context(), p7s, manifest, signer.LevelLTA)
	if err != nil {
		t.Fatal(err)
	}
	w.pass(18 * 30 * 24 * time.Hour) // the signer's certificate has expired, the authority's not yet
	renewed, err := e.RenewDocument(t.Context(), x.Content)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(renewed.Content, x.Content) || len(renewed.Tokens) != 1 || len(renewed.Evidence) != 1 {
		t.Errorf("got %d tokens, %d paths", len(renewed.Tokens), len(renewed.Evidence))
	}
	sound(t, renewed.Content)
	judged(t, renewed.Content, 1)
	again, err := e.RenewManifest(t.Context(), onManifest.Content, manifest)
	if err != nil {
		t.Fatal(err)
	}
	cms, err := pades.ParseCMS(again.Content)
	if err != nil || len(cms.Signers[0].ArchiveTimeStamps()) != 2 {
		t.Errorf("got %d archive time-stamps, %v", len(cms.Signers[0].ArchiveTimeStamps()), err)
	}

	w.pass(12 * 30 * 24 * time.Hour) // now the authority's has, too
	if x, err := e.RenewDocument(t.Context(), renewed.Content); err == nil || !bytes.Equal(x.Content, renewed.Content) {
		t.Errorf("with an expired authority: got %v", err)
	}
}

func pemOf(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

// timestamperFunc lets a function be an authority.
type timestamperFunc func(ctx context.Context, digest [32]byte) ([]byte, time.Time, error)

func (f timestamperFunc) Timestamp(ctx context.Context, digest [32]byte) ([]byte, time.Time, error) {
	return f(ctx, digest)
}
