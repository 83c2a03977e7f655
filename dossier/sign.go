package dossier

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	"kytiem/bundle"
	"kytiem/paper"
	"kytiem/signer"
	"kytiem/verify"
)

// SignOptions say who signs a bundle directory, and what the document bears.
type SignOptions struct {
	Carrier      signer.KeyCarrier
	Certificates []*x509.Certificate // of the carrier's key, leaf first
	PSS          bool
	Picture      *paper.Picture // of the handwritten signature or the seal, for the page; nil: none

	Number   string           // of the document in the agency's register: 05
	Notation string           // zero: as previewed, BC-UBND
	Date     bundle.Date      // of the document; zero: today
	Place    string           // zero: as previewed
	Capacity *bundle.Capacity // nil: as previewed

	// Verifier is asked before anything is kept. Whether the anchors are known here
	// and the network answers is not for the signature to depend on; everything else
	// has to pass.
	Verifier *verify.Verifier

	// Extender raises the signatures to Level once they are made; nil leaves them at B-B.
	// What it cannot reach is [ErrNotRaised], and the signatures are kept all the same.
	Extender *signer.Extender
	Level    signer.Level

	Now time.Time // of signing; zero: now
}

// inVietnam is the time of a step as documents are dated; zero is now.
func inVietnam(at time.Time) time.Time {
	if at.IsZero() {
		at = time.Now()
	}
	return at.In(bundle.VietnamTime())
}

// Sign draws the document with its number and date, has it and the manifest signed
// in one act of the carrier, and puts both into the directory. A directory that is
// signed stays as it is (ErrSigned).
func Sign(ctx context.Context, dir string, o SignOptions) (*verify.Report, error) {
	o.Now = inVietnam(o.Now)
	d, err := open(dir, true)
	if err != nil {
		return nil, err
	}
	defer d.close()
	if d.has(bundle.SignatureFile) {
		return nil, fmt.Errorf("%s: %w", dir, ErrSigned)
	}
	if err := CheckHolder(d.manifest, d.document, o.Certificates); err != nil {
		return nil, err
	}
	attachments, err := d.attachments()
	if err != nil {
		return nil, err
	}
	finish := Finish{Number: o.Number, Notation: o.Notation, Date: o.Date, Place: o.Place, Capacity: o.Capacity,
		Certificate: o.Certificates[0], Attachments: attachments, Now: o.Now}
	document, err := finish.Document(d.document, d.manifest)
	if err != nil {
		return nil, err
	}
	documentJSON, err := bundle.Canonical(document)
	if err != nil {
		return nil, err
	}
	var pages bytes.Buffer
	if err := paper.Bundle(&pages, d.manifestJSON, documentJSON, d.roll); err != nil {
		return nil, err
	}
	signedPages, p7s, err := d.signBoth(ctx, o, document, pages.Bytes())
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{bundle.DocumentFile: documentJSON, bundle.PagesFile: signedPages, bundle.SignatureFile: p7s}
	if o.Extender == nil || o.Level == signer.LevelB {
		return d.keepSigned(ctx, o, files)
	}
	raised := maps.Clone(files)
	var failure error
	raised[bundle.PagesFile], raised[bundle.SignatureFile], failure = raiseBoth(ctx, o.Extender, o.Level, signedPages, p7s, d.manifestJSON)
	report, err := d.keepSigned(ctx, o, raised)
	if errors.Is(err, ErrNotAccepted) { // the head's act stands whatever came of raising it
		failure = fmt.Errorf("%w: %w", ErrNotRaised, err)
		report, err = d.keepSigned(ctx, o, files)
	}
	return report, errors.Join(err, failure)
}

// signer is the part of the options that the signature itself is made by.
func (o *SignOptions) signer() signer.Options {
	return signer.Options{Certificates: o.Certificates, PSS: o.PSS, Picture: o.Picture, Now: o.Now}
}

// attachments are the minutes and scans that lie in the directory already, which the
// document names so that neither can be exchanged.
func (d *directory) attachments() ([]bundle.Attachment, error) {
	var found []bundle.Attachment
	for _, name := range d.names {
		if name != bundle.MinutesFile && !bundle.IsScan(name) {
			continue
		}
		content, err := readFile(d.path, name, verify.MaxDocumentBytes)
		if err != nil {
			return nil, err
		}
		found = append(found, bundle.Attachment{Name: name, SHA256: sha256.Sum256(content)})
	}
	return found, nil
}

// signBoth prepares document and manifest, asks the carrier once for both
// signatures, and completes both.
func (d *directory) signBoth(ctx context.Context, o SignOptions, document *bundle.Document, pages []byte) (signed, p7s []byte, err error) {
	pair, err := Prepare(pages, d.manifestJSON, d.manifest, document, o.signer())
	if err != nil {
		return nil, nil, err
	}
	signatures, err := o.Carrier.Sign(ctx, []signer.Request{pair.Document.Request, pair.Manifest.Request})
	if err != nil {
		return nil, nil, fmt.Errorf("asking the key's carrier: %w", err)
	}
	if len(signatures) != 2 {
		return nil, nil, fmt.Errorf("%d signatures for 2 requests: %w", len(signatures), signer.ErrSignature)
	}
	if signed, err = pair.Document.Complete(pages, signatures[0], o.Now); err != nil {
		return nil, nil, fmt.Errorf("completing %s: %w", bundle.PagesFile, err)
	}
	if p7s, err = pair.Manifest.Complete(d.manifestJSON, signatures[1], o.Now); err != nil {
		return nil, nil, fmt.Errorf("completing %s: %w", bundle.SignatureFile, err)
	}
	return signed, p7s, nil
}

// keepSigned stages the directory with the new files, has it verified, and puts it
// in place.
func (d *directory) keepSigned(ctx context.Context, o SignOptions, files map[string][]byte) (*verify.Report, error) {
	st, err := stage(d.path)
	if err != nil {
		return nil, err
	}
	defer st.discard()
	for _, name := range d.names {
		if _, anew := files[name]; anew {
			continue
		}
		if err := st.take(name); err != nil {
			return nil, err
		}
	}
	for name, content := range files {
		if err := writeBytes(st.path(name), content); err != nil {
			return nil, err
		}
	}
	judge := o.Verifier
	if judge == nil {
		judge = &verify.Verifier{At: o.Now}
	}
	report, err := judge.Directory(ctx, filepath.Base(d.path), os.DirFS(st.dir))
	if err != nil {
		return nil, err
	}
	if !Acceptable(report) {
		return report, fmt.Errorf("verdict %s: %w", report.Verdict, ErrNotAccepted)
	}
	return report, st.replace()
}
