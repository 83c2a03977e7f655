package dossier

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/pades"
	"kytiem/signer"
	"kytiem/verify"
)

// Why an organisation does not sign.
var (
	ErrUnsigned = errors.New("the head has not signed yet")
	ErrPerson   = errors.New("certificate of a person, where the organisation signs")
)

// Countersign has the organisation sign the document in its own field, after its head and
// only then (Nghị định 30/2020/NĐ-CP, Điều 32). Of the options, those about the document
// itself are not used: nothing of it changes any more. The data keep the head's signature
// alone, which the document names.
func Countersign(ctx context.Context, dir string, o SignOptions) (*verify.Report, error) {
	o.Now = inVietnam(o.Now)
	d, err := open(dir, true)
	if err != nil {
		return nil, err
	}
	defer d.close()
	if err := d.checkOrganisation(o); err != nil {
		return nil, err
	}
	pages, err := readFile(d.path, bundle.PagesFile, verify.MaxDocumentBytes)
	if err != nil {
		return nil, err
	}
	before := pages
	if o.Extender != nil {
		// While it is the last, the head's signature takes a time-stamp of its own. If that
		// cannot be had, the document's will do.
		if x, err := o.Extender.Document(ctx, pages, signer.LevelT); err == nil {
			pages = x.Content
		}
	}
	signed, err := d.countersigned(ctx, pages, o)
	if err != nil {
		return nil, err
	}
	if o.Extender == nil || o.Level == signer.LevelB {
		return d.keepSigned(ctx, o, map[string][]byte{bundle.PagesFile: signed})
	}
	x, failure := o.Extender.Document(ctx, signed, o.Level)
	if failure != nil {
		failure = fmt.Errorf("%s stays at %s: %w: %w", bundle.PagesFile, x.Level, ErrNotRaised, failure)
	}
	report, err := d.keepSigned(ctx, o, map[string][]byte{bundle.PagesFile: x.Content})
	if errors.Is(err, ErrNotAccepted) && bytes.Equal(before, pages) { // as in Sign
		failure = fmt.Errorf("%w: %w", ErrNotRaised, err)
		report, err = d.keepSigned(ctx, o, map[string][]byte{bundle.PagesFile: signed})
	}
	return report, errors.Join(err, failure)
}

// checkOrganisation refuses before anything is asked of the key's holder.
func (d *directory) checkOrganisation(o SignOptions) error {
	if !d.has(bundle.SignatureFile) {
		return fmt.Errorf("%s: %w", d.path, ErrUnsigned)
	}
	return CheckOrganisation(d.manifest, o.Certificates)
}

// CheckOrganisation refuses a certificate (the first of them) that is a person's, or that
// does not carry the unit's identifier: a seal is nobody's in person, and no other's.
func CheckOrganisation(m *bundle.Manifest, certificates []*x509.Certificate) error {
	switch {
	case len(certificates) == 0:
		return signer.ErrNoCertificate
	case slices.ContainsFunc(certs.Identifiers(certificates[0]), certs.Identifier.OfPerson):
		return fmt.Errorf("certificate %s: %w", certs.Serial(certificates[0]), ErrPerson)
	case m.Unit.Identifier != "" && !certs.Carries(certificates[0], []string{m.Unit.Identifier}):
		return fmt.Errorf("certificate %s: %w", certs.Serial(certificates[0]), ErrWrongHolder)
	}
	return nil
}

// countersigned is the document with the organisation's signature.
func (d *directory) countersigned(ctx context.Context, pages []byte, o SignOptions) ([]byte, error) {
	prepared, err := PrepareOrganisation(pages, d.manifest, d.document, o.signer())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.path, err)
	}
	signatures, err := o.Carrier.Sign(ctx, []signer.Request{prepared.Request})
	if err != nil {
		return nil, fmt.Errorf("asking the key's carrier: %w", err)
	}
	if len(signatures) != 1 {
		return nil, fmt.Errorf("%d signatures for 1 request: %w", len(signatures), signer.ErrSignature)
	}
	signed, err := prepared.Complete(pages, signatures[0], o.Now)
	if err != nil {
		return nil, fmt.Errorf("completing %s: %w", bundle.PagesFile, err)
	}
	return signed, nil
}

// PrepareOrganisation prepares the organisation's signature over the document as it is by
// now, in the field that was drawn for it. Before the head has signed it is ErrUnsigned,
// and once the organisation has, ErrSigned.
func PrepareOrganisation(pages []byte, m *bundle.Manifest, document *bundle.Document, o signer.Options) (*signer.Prepared, error) {
	file, err := pades.Open(pages)
	if err != nil {
		return nil, err
	}
	empty, err := file.EmptyFields()
	if err != nil {
		return nil, err
	}
	named := func(name string) bool {
		return slices.ContainsFunc(empty, func(f pades.Field) bool { return f.Name == name })
	}
	switch {
	case named(bundle.HeadField):
		return nil, ErrUnsigned
	case !named(bundle.OrganisationField):
		return nil, fmt.Errorf("the organisation, too: %w", ErrSigned)
	case len(o.Certificates) == 0:
		return nil, signer.ErrNoCertificate
	}
	stamp, err := signer.Stamp(file, bundle.OrganisationField, o)
	if err != nil {
		return nil, err
	}
	o.Title = fmt.Sprintf("%s/%s, %s: %s", document.Number, document.Notation, m.Unit.Name, bundle.PagesFile)
	return signer.PrepareDocument(file, o, signer.Visible{Field: bundle.OrganisationField, Appearance: stamp, Location: document.Place})
}
