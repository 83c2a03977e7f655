package dossier

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/pades"
	"kytiem/paper"
	"kytiem/signer"
	"kytiem/verify"
)

// SignOptions say who signs a bundle directory, and what the document bears.
type SignOptions struct {
	Carrier      signer.KeyCarrier
	Certificates []*x509.Certificate // of the carrier's key, leaf first
	PSS          bool

	Number   string           // of the document in the agency's register: 05
	Notation string           // zero: as previewed, BC-UBND
	Date     bundle.Date      // of the document; zero: today
	Place    string           // zero: as previewed
	Capacity *bundle.Capacity // nil: as previewed

	// Verifier is asked before anything is kept. Whether the anchors are known here
	// and the network answers is not for the signature to depend on; everything else
	// has to pass.
	Verifier *verify.Verifier

	Now time.Time // of signing; zero: now
}

// Sign draws the document with its number and date, has it and the manifest signed
// in one act of the carrier, and puts both into the directory. A directory that is
// signed stays as it is (ErrSigned).
func Sign(ctx context.Context, dir string, o SignOptions) (*verify.Report, error) {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	o.Now = o.Now.In(bundle.VietnamTime())
	d, err := open(dir, true)
	if err != nil {
		return nil, err
	}
	defer d.close()
	if d.has(bundle.SignatureFile) {
		return nil, fmt.Errorf("%s: %w", dir, ErrSigned)
	}
	if err := checkHolder(d.manifest, d.document, o.Certificates); err != nil {
		return nil, err
	}
	document, err := d.final(o)
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
	return d.keepSigned(ctx, o, map[string][]byte{
		bundle.DocumentFile: documentJSON, bundle.PagesFile: signedPages, bundle.SignatureFile: p7s,
	})
}

// checkHolder refuses a certificate that does not carry the unit's identifier, or
// one that the document already asks of its signatory.
func checkHolder(m *bundle.Manifest, d *bundle.Document, certificates []*x509.Certificate) error {
	if len(certificates) == 0 {
		return signer.ErrNoCertificate
	}
	required := slices.Clone(d.Signatory.Identifiers)
	if m.Unit.Identifier != "" {
		required = append(required, m.Unit.Identifier)
	}
	if !certs.Carries(certificates[0], required) {
		return fmt.Errorf("certificate %s: %w", certs.Serial(certificates[0]), ErrWrongHolder)
	}
	return nil
}

// final is the document as it will be signed: number, date, and who signs as the
// certificate says it.
func (d *directory) final(o SignOptions) (*bundle.Document, error) {
	document := *d.document
	document.Preview = false
	document.Number = o.Number
	document.Date = o.Date
	if document.Date.IsZero() {
		document.Date = bundle.DateOf(o.Now)
	}
	if o.Place != "" {
		document.Place = o.Place
	}
	if o.Notation != "" {
		document.Notation = o.Notation
	}
	if o.Capacity != nil {
		document.Capacity = *o.Capacity
	}
	subject := certs.Subject(o.Certificates[0])
	document.Signatory.Name = subject.CommonName
	if subject.Title != "" {
		document.Signatory.Position = subject.Title
	}
	document.Signatory.Identifiers = nil
	for _, id := range subject.Identifiers {
		document.Signatory.Identifiers = append(document.Signatory.Identifiers, id.String())
	}
	switch {
	// Nghị định 30/2020/NĐ-CP, Phụ lục I, mục II.3: Arabic digits.
	case !documentNumber().MatchString(document.Number):
		return nil, fmt.Errorf("number of the document, digits and perhaps a letter: %w", bundle.ErrMalformed)
	case document.Date.Compare(d.manifest.Period.To) < 0:
		return nil, fmt.Errorf("document of %s, results until %s: %w", document.Date, d.manifest.Period.To, bundle.ErrMalformed)
	}
	document.Attachments = nil
	for _, name := range d.names {
		if name != bundle.MinutesFile && !bundle.IsScan(name) {
			continue
		}
		content, err := readFile(d.path, name, verify.MaxDocumentBytes)
		if err != nil {
			return nil, err
		}
		document.Attachments = append(document.Attachments, bundle.Attachment{Name: name, SHA256: sha256.Sum256(content)})
	}
	return &document, document.Check()
}

var documentNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{1,9}[a-z]?$`) })

// signBoth prepares document and manifest, asks the carrier once for both
// signatures, and completes both.
func (d *directory) signBoth(ctx context.Context, o SignOptions, document *bundle.Document, pages []byte) (signed, p7s []byte, err error) {
	file, err := pades.Open(pages)
	if err != nil {
		return nil, nil, err
	}
	options := signer.Options{Certificates: o.Certificates, PSS: o.PSS, Now: o.Now}
	stamp, err := signer.Stamp(file, bundle.HeadField, o.Certificates[0], options.Now)
	if err != nil {
		return nil, nil, err
	}
	title := fmt.Sprintf("%s/%s, %s", document.Number, document.Notation, d.manifest.Unit.Name)
	options.Title = title + ": " + bundle.PagesFile
	onPages, err := signer.PrepareDocument(file, options, signer.Visible{
		Field: bundle.HeadField, Appearance: stamp, Location: document.Place,
	})
	if err != nil {
		return nil, nil, err
	}
	options.Title = title + ": " + bundle.ManifestFile
	onManifest, err := signer.PrepareManifest(d.manifestJSON, options)
	if err != nil {
		return nil, nil, err
	}
	signatures, err := o.Carrier.Sign(ctx, []signer.Request{onPages.Request, onManifest.Request})
	if err != nil {
		return nil, nil, fmt.Errorf("asking the key's carrier: %w", err)
	}
	if len(signatures) != 2 {
		return nil, nil, fmt.Errorf("%d signatures for 2 requests: %w", len(signatures), signer.ErrSignature)
	}
	if signed, err = onPages.Complete(pages, signatures[0], o.Now); err != nil {
		return nil, nil, fmt.Errorf("completing %s: %w", bundle.PagesFile, err)
	}
	if p7s, err = onManifest.Complete(d.manifestJSON, signatures[1], o.Now); err != nil {
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
	if !acceptable(report) {
		return report, fmt.Errorf("verdict %s: %w", report.Verdict, ErrNotAccepted)
	}
	return report, st.replace()
}

// acceptable reports whether nothing stands against a fresh signature but that its
// anchor is not known here or that the status could not be asked.
func acceptable(r *verify.Report) bool {
	if r.Verdict == verify.TotalFailed || r.Verdict == verify.NoSignature {
		return false
	}
	if slices.ContainsFunc(r.Checks, func(c verify.Check) bool { return c.Status == verify.Fail }) {
		return false
	}
	for _, s := range r.Signatures {
		switch {
		case s.Indication == verify.TotalPassed:
		case s.SubIndication == verify.NoCertificateChainFound, s.SubIndication == verify.TryLater:
		default:
			return false
		}
	}
	return true
}
