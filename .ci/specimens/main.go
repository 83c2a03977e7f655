// Specimens writes documents and manifests of ours at every level, signed with every kind of key, for others' verifiers to
// judge (.ci/interop), with the anchors of the throwaway authority that vouched for them. That authority is gone when the
// program ends: what is judged afterwards has to carry its own evidence.
//
// It stands in a hidden directory so that `./...` and the layers of .golangci.yml pass it by: it may import everything.
package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/dossier"
	"kytiem/intake"
	"kytiem/pades"
	"kytiem/paper"
	"kytiem/sample"
	"kytiem/signer"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: specimens DIR")
		os.Exit(2)
	}
	if err := write(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "specimens:", err)
		os.Exit(1)
	}
}

func write(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	ca, err := devca.New(devca.Options{FreshKeys: true, OCSPFor: time.Hour})
	if err != nil {
		return err
	}
	url, err := ca.Serve(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	anchors := certs.Anchors{CA: certs.Path{ca.Root().Certificate}, TSA: certs.Path{ca.TSARoot().Certificate}}
	w := writer{ctx: ctx, dir: dir, ca: ca, extender: &signer.Extender{
		Timestamper: &signer.TSA{URL: url + "/tsa", Anchors: anchors}, Anchors: anchors, Evidence: &certs.HTTP{AllowPrivate: true},
	}}
	if w.pages, w.manifest, err = w.sealed(); err != nil {
		return err
	}
	if err := errors.Join(w.file("root.pem", encode(ca.Root().Certificate)), w.file("tsa.pem", encode(ca.TSARoot().Certificate)),
		w.file("manifest.json", w.manifest)); err != nil {
		return err
	}
	for _, key := range []struct {
		name, kind string
		pss        bool
	}{{"rsa", "rsa2048", false}, {"pss", "rsa3072", true}, {"p256", "p256", false}, {"p384", "p384", false}} {
		if err := w.levels(key.name, key.kind, key.pss); err != nil {
			return fmt.Errorf("%s: %w", key.name, err)
		}
	}
	return errors.Join(w.revokedLater(), w.revokedBefore(), w.twoSignatures())
}

type writer struct {
	ctx             context.Context
	dir             string
	ca              *devca.CA
	extender        *signer.Extender
	pages, manifest []byte
	identifier      string // of the unit
}

func (w *writer) file(name string, content []byte) error {
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

func encode(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

// sealed draws a bundle document over made-up results, with its fields prepared.
func (w *writer) sealed() (pages, manifest []byte, err error) {
	unit, ok := sample.Unit("26221")
	if !ok {
		return nil, nil, bundle.ErrUnitUnknown
	}
	mix := sample.RealMix()
	mix.Bad = 0
	var results bytes.Buffer
	rows := sample.Rows(sample.Options{Seed: 2021, Rows: 50, Unit: unit, Mix: mix})
	if err := sample.WriteCSV(&results, rows, sample.ExcelCSV()); err != nil {
		return nil, nil, err
	}
	units, err := intake.ReadUnits(bytes.NewReader(sample.Units()))
	if err != nil {
		return nil, nil, err
	}
	out := filepath.Join(w.dir, "bundle")
	if _, err := dossier.Seal(w.ctx, dossier.SealOptions{
		Unit: unit, Units: units, Results: &results, Out: out, NotReady: out + ".not-ready.csv",
	}); err != nil {
		return nil, nil, err
	}
	read := func(name string) (content []byte) {
		if err == nil {
			content, err = os.ReadFile(filepath.Join(out, name))
		}
		return content
	}
	manifest, records, preview := read(bundle.ManifestFile), read(bundle.RecordsFile), read(bundle.DocumentFile)
	if err != nil {
		return nil, nil, err
	}
	pages, err = w.finished(manifest, records, preview)
	return pages, manifest, err
}

// finished draws the document as its head signs it.
func (w *writer) finished(manifest, records, preview []byte) ([]byte, error) {
	m, err := bundle.ParseManifest(manifest)
	if err != nil {
		return nil, err
	}
	roll, err := m.ReadRoll(bytes.NewReader(records), int64(len(records)))
	if err != nil {
		return nil, err
	}
	document, err := bundle.ParseDocument(preview)
	if err != nil {
		return nil, err
	}
	w.identifier = m.Unit.Identifier
	head, err := w.issue("p256", nil)
	if err != nil {
		return nil, err
	}
	finish := dossier.Finish{Number: "01", Certificate: head.Certificate, Now: time.Now()}
	if document, err = finish.Document(document, m); err != nil {
		return nil, err
	}
	documentJSON, err := bundle.Canonical(document)
	if err != nil {
		return nil, err
	}
	var pages bytes.Buffer
	err = paper.Bundle(&pages, manifest, documentJSON, roll)
	return pages.Bytes(), err
}

// sign makes both signatures at B-B, the document's in one field.
func (w *writer) sign(field string, pages []byte, issued devca.Issued, pss bool) (document, p7s []byte, err error) {
	p12, err := issued.PKCS12("specimen")
	if err != nil {
		return nil, nil, err
	}
	carrier, err := signer.OpenPKCS12(p12, "specimen")
	if err != nil {
		return nil, nil, err
	}
	file, err := pades.Open(pages)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	o := signer.Options{Certificates: carrier.Certificates(), PSS: pss, Now: now}
	stamp, err := signer.Stamp(file, field, o)
	if err != nil {
		return nil, nil, err
	}
	onPages, err := signer.PrepareDocument(file, o, signer.Visible{Field: field, Appearance: stamp})
	if err != nil {
		return nil, nil, err
	}
	onManifest, err := signer.PrepareManifest(w.manifest, o)
	if err != nil {
		return nil, nil, err
	}
	signatures, err := carrier.Sign(w.ctx, []signer.Request{onPages.Request, onManifest.Request})
	if err != nil {
		return nil, nil, err
	}
	if document, err = onPages.Complete(pages, signatures[0], now); err != nil {
		return nil, nil, err
	}
	p7s, err = onManifest.Complete(w.manifest, signatures[1], now)
	return document, p7s, err
}

func (w *writer) issue(kind string, alter func(*devca.Profile)) (devca.Issued, error) {
	p := devca.Profile{
		Kind: devca.Person, CommonName: "Trần Văn Mẫu", Organization: "Ủy ban nhân dân xã Phú Hòa", Title: "Chủ tịch", Key: kind,
		Identifiers: []string{w.identifier, "CCCD:075070000001"},
	}
	if alter != nil {
		alter(&p)
	}
	return w.ca.Issue(p)
}

// raise writes document and manifest, where there is one, raised to a level.
func (w *writer) raise(name string, document, p7s []byte, to signer.Level) error {
	x, err := w.extender.Document(w.ctx, document, to)
	if err != nil {
		return err
	}
	if err := w.file(name+".pdf", x.Content); err != nil || p7s == nil {
		return err
	}
	y, err := w.extender.Manifest(w.ctx, p7s, w.manifest, to)
	if err != nil {
		return err
	}
	return w.file(name+".p7s", y.Content)
}

// levels writes KEY/LEVEL.pdf and .p7s, and renewed ones.
func (w *writer) levels(name, kind string, pss bool) error {
	issued, err := w.issue(kind, nil)
	if err != nil {
		return err
	}
	document, p7s, err := w.sign(bundle.HeadField, w.pages, issued, pss)
	if err != nil {
		return err
	}
	for _, level := range signer.Levels() {
		if err := w.raise(filepath.Join(name, strings.TrimPrefix(string(level), "B-")), document, p7s, level); err != nil {
			return fmt.Errorf("%s: %w", level, err)
		}
	}
	x, err := w.extender.Document(w.ctx, document, signer.LevelLTA)
	if err == nil {
		x, err = w.extender.RenewDocument(w.ctx, x.Content)
	}
	if err != nil {
		return err
	}
	y, err := w.extender.Manifest(w.ctx, p7s, w.manifest, signer.LevelLTA)
	if err == nil {
		y, err = w.extender.RenewManifest(w.ctx, y.Content, w.manifest)
	}
	if err != nil {
		return err
	}
	return errors.Join(w.file(filepath.Join(name, "renewed-LTA.pdf"), x.Content), w.file(filepath.Join(name, "renewed-LTA.p7s"), y.Content))
}

// revokedLater is a signature whose certificate was revoked after its time was proven.
func (w *writer) revokedLater() error {
	issued, err := w.issue("p256", nil)
	if err != nil {
		return err
	}
	document, p7s, err := w.sign(bundle.HeadField, w.pages, issued, false)
	if err != nil {
		return err
	}
	stamped, err := w.extender.Document(w.ctx, document, signer.LevelT)
	if err != nil {
		return err
	}
	cms, err := w.extender.Manifest(w.ctx, p7s, w.manifest, signer.LevelT)
	if err != nil {
		return err
	}
	time.Sleep(2 * time.Second)
	if err := w.ca.Revoke(issued.Certificate.SerialNumber, time.Now(), 1); err != nil {
		return err
	}
	time.Sleep(time.Second)
	return w.raise(filepath.Join("revoked-later", "LTA"), stamped.Content, cms.Content, signer.LevelLTA)
}

// revokedBefore is one whose certificate was revoked before it signed. We do not raise such
// a signature; what others would make of it is a document with the evidence put in by hand.
func (w *writer) revokedBefore() error {
	issued, err := w.issue("p256", nil)
	if err != nil {
		return err
	}
	if err := w.ca.Revoke(issued.Certificate.SerialNumber, time.Now().Add(-30*time.Minute), 1); err != nil {
		return err
	}
	document, _, err := w.sign(bundle.HeadField, w.pages, issued, false)
	if err != nil {
		return err
	}
	stamped, err := w.extender.Document(w.ctx, document, signer.LevelLTA)
	if !errors.Is(err, certs.ErrRevoked) {
		return fmt.Errorf("raised although revoked: %w", err)
	}
	file, err := pades.Open(stamped.Content)
	if err != nil {
		return err
	}
	answer := (&certs.HTTP{AllowPrivate: true}).Revocation(w.ctx, issued.Certificate, issued.Chain[0], time.Now())
	root, err := w.ca.CRL(w.ca.Root())
	if err != nil {
		return err
	}
	tsa, err := w.ca.CRL(w.ca.TSARoot())
	if err != nil {
		return err
	}
	document, err = pades.AppendDSS(file, pades.Evidence{
		Certs: [][]byte{issued.Certificate.Raw, issued.Chain[0].Raw, w.ca.Root().Certificate.Raw, w.ca.TSARoot().Certificate.Raw},
		OCSPs: [][]byte{answer.Raw}, CRLs: [][]byte{root, tsa},
	})
	if err != nil {
		return err
	}
	return w.file(filepath.Join("reject", "revoked-before.pdf"), document)
}

// twoSignatures is signed by the head and then by the organisation, raised before and after.
func (w *writer) twoSignatures() error {
	head, err := w.issue("rsa2048", nil)
	if err != nil {
		return err
	}
	seal, err := w.issue("rsa2048", func(p *devca.Profile) {
		p.Kind, p.CommonName, p.Title, p.Identifiers = devca.Organisation, p.Organization, "", p.Identifiers[:1]
	})
	if err != nil {
		return err
	}
	document, _, err := w.sign(bundle.HeadField, w.pages, head, false)
	if err != nil {
		return err
	}
	both, _, err := w.sign(bundle.OrganisationField, document, seal, false)
	if err != nil {
		return err
	}
	if err := w.raise(filepath.Join("two", "LTA"), both, nil, signer.LevelLTA); err != nil {
		return err
	}
	first, err := w.extender.Document(w.ctx, document, signer.LevelLTA)
	if err != nil {
		return err
	}
	if both, _, err = w.sign(bundle.OrganisationField, first.Content, seal, false); err != nil {
		return err
	}
	return w.raise(filepath.Join("two", "between-LTA"), both, nil, signer.LevelLTA)
}
