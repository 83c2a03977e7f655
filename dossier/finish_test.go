package dossier_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/sample"
	"kytiem/signer"
	"kytiem/verify"
)

// composed is a bundle directory's manifest, preview and pages.
func composed(t testing.TB) (m *bundle.Manifest, preview *bundle.Document, manifestJSON, pages []byte) {
	t.Helper()
	dir, sealed := seal(t, 10, sample.Mix{})
	read := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	preview, err := bundle.ParseDocument(read(bundle.DocumentFile))
	if err != nil {
		t.Fatal(err)
	}
	return sealed.Manifest, preview, read(bundle.ManifestFile), read(bundle.PagesFile)
}

func TestFinish(t *testing.T) {
	w := newWorld(t, nil)
	m, preview, _, _ := composed(t)
	before, err := bundle.Canonical(preview)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 18, 0, 0, 0, time.UTC) // the day after in Vietnam
	capacity := bundle.Capacities()[1]
	scan := []bundle.Attachment{{Name: bundle.MinutesFile, SHA256: sha256.Sum256([]byte("scan"))}}
	for _, test := range []struct {
		name   string
		finish dossier.Finish
		check  func(*bundle.Document) bool
		bad    bool
	}{
		{name: "number alone", finish: dossier.Finish{Number: "05"}, check: func(d *bundle.Document) bool {
			return !d.Preview && d.Number == "05" && d.Date.String() == "2026-11-24" && d.Place == preview.Place && d.Notation == preview.Notation &&
				d.Capacity == preview.Capacity && d.Signatory.Name == "Trần Văn Mẫu" && d.Signatory.Position == "Chủ tịch" && len(d.Signatory.Identifiers) == 2
		}},
		{name: "everything", finish: dossier.Finish{
			Number: "12a", Notation: "BC-X", Place: "An Phước", Date: bundle.DateOf(now.AddDate(0, 0, -1)), Capacity: &capacity, Attachments: scan,
		}, check: func(d *bundle.Document) bool {
			return d.Number == "12a" && d.Notation == "BC-X" && d.Place == "An Phước" && d.Date.String() == "2026-11-22" && d.Capacity == capacity &&
				len(d.Attachments) == 1 && d.Attachments[0] == scan[0]
		}},
		{name: "no number", bad: true},
		{name: "number in words", finish: dossier.Finish{Number: "năm"}, bad: true},
		{name: "number and notation", finish: dossier.Finish{Number: "05/BC-UBND"}, bad: true},
		{name: "number of two lines", finish: dossier.Finish{Number: "05\n"}, bad: true},
		{name: "before its results", finish: dossier.Finish{Number: "05", Date: bundle.DateOf(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))}, bad: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.finish.Certificate, test.finish.Now = w.key.Certificates()[0], now
			document, err := test.finish.Document(preview, m)
			switch {
			case test.bad && !errors.Is(err, bundle.ErrMalformed):
				t.Errorf("got %+v, %v, want ErrMalformed", document, err)
			case !test.bad && (err != nil || !test.check(document)):
				t.Errorf("got %+v, %v", document, err)
			}
			if after, err := bundle.Canonical(preview); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the preview changed: %v", err)
			}
		})
	}
}

// TestPrepare: both requests show what they sign, and their signatures pass together.
func TestPrepare(t *testing.T) {
	w := newWorld(t, nil)
	m, preview, manifestJSON, pages := composed(t)
	now := time.Now()
	document, err := (&dossier.Finish{Number: "05", Certificate: w.key.Certificates()[0], Now: now}).Document(preview, m)
	if err != nil {
		t.Fatal(err)
	}
	options := signer.Options{Certificates: w.key.Certificates(), Now: now}
	pair, err := dossier.Prepare(pages, manifestJSON, m, document, options)
	if err != nil {
		t.Fatal(err)
	}
	if want := sha256.Sum256(manifestJSON); !bytes.Equal(pair.Manifest.Request.DocumentSHA256, want[:]) {
		t.Error("the manifest's request shows another digest")
	}
	signatures, err := w.key.Sign(t.Context(), []signer.Request{pair.Document.Request, pair.Manifest.Request})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := pair.Document.Complete(pages, signatures[0], now)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(signed, pages) {
		t.Error("the signed document does not begin with the pages that were drawn")
	}
	if _, err := pair.Manifest.Complete(manifestJSON, signatures[0], now); err == nil {
		t.Error("the document's signature passed for the manifest's")
	}
	if _, err := pair.Manifest.Complete(manifestJSON, signatures[1], now); err != nil {
		t.Error(err)
	}
	options.Certificates = nil
	if _, err := dossier.Prepare(pages, manifestJSON, m, document, options); !errors.Is(err, signer.ErrNoCertificate) {
		t.Errorf("without a certificate: got %v", err)
	}
	if _, err := dossier.Prepare([]byte("no PDF"), manifestJSON, m, document, signer.Options{Certificates: w.key.Certificates(), Now: now}); err == nil {
		t.Error("prepared what is no document")
	}
}

func TestCheckHolder(t *testing.T) {
	w := newWorld(t, nil)
	unit, _ := sample.Unit(unitCode)
	for _, test := range []struct {
		name         string
		unit         string
		signatory    []string
		certificates []*x509.Certificate
		want         error
	}{
		{name: "the unit's", unit: unit.Identifier, certificates: w.key.Certificates()},
		{name: "the unit's and the signatory's", unit: unit.Identifier, signatory: []string{"CCCD:075070000001"}, certificates: w.key.Certificates()},
		{name: "no certificate", unit: unit.Identifier, want: signer.ErrNoCertificate},
		{name: "another unit's", unit: "MST:0000099999", certificates: w.key.Certificates(), want: dossier.ErrWrongHolder},
		{name: "another signatory's", unit: unit.Identifier, signatory: []string{"CCCD:075070000002"}, certificates: w.key.Certificates(), want: dossier.ErrWrongHolder},
		{name: "the issuer's first", unit: unit.Identifier, certificates: []*x509.Certificate{w.ca.Root().Certificate, w.key.Certificates()[0]}, want: dossier.ErrWrongHolder},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := &bundle.Manifest{Unit: bundle.UnitName{Identifier: test.unit}}
			d := &bundle.Document{Signatory: bundle.Signatory{Identifiers: test.signatory}}
			if err := dossier.CheckHolder(m, d, test.certificates); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestAcceptable(t *testing.T) {
	passed := verify.Signature{Indication: verify.TotalPassed}
	unknownAnchor := verify.Signature{Indication: verify.Indeterminate, SubIndication: verify.NoCertificateChainFound}
	later := verify.Signature{Indication: verify.Indeterminate, SubIndication: verify.TryLater}
	revoked := verify.Signature{Indication: verify.Indeterminate, SubIndication: verify.RevokedNoPOE}
	broken := verify.Signature{Indication: verify.TotalFailed, SubIndication: verify.HashFailure}
	for _, test := range []struct {
		name       string
		verdict    verify.Indication
		signatures []verify.Signature
		check      verify.CheckStatus
		want       bool
	}{
		{name: "both pass", verdict: verify.TotalPassed, signatures: []verify.Signature{passed, passed}, check: verify.OK, want: true},
		{name: "a warning", verdict: verify.TotalPassed, signatures: []verify.Signature{passed, passed}, check: verify.Warn, want: true},
		{name: "anchor not known here", verdict: verify.Indeterminate, signatures: []verify.Signature{unknownAnchor, unknownAnchor}, want: true},
		{name: "status not to be had", verdict: verify.Indeterminate, signatures: []verify.Signature{later, later}, want: true},
		{name: "revoked", verdict: verify.Indeterminate, signatures: []verify.Signature{passed, revoked}},
		{name: "broken", verdict: verify.TotalFailed, signatures: []verify.Signature{passed, broken}},
		{name: "a check fails", verdict: verify.Indeterminate, signatures: []verify.Signature{later}, check: verify.Fail},
		{name: "not signed", verdict: verify.NoSignature},
	} {
		t.Run(test.name, func(t *testing.T) {
			report := &verify.Report{Verdict: test.verdict, Signatures: test.signatures}
			if test.check != "" {
				report.Checks = []verify.Check{{ID: "R", Status: test.check}}
			}
			if got := dossier.Acceptable(report); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
