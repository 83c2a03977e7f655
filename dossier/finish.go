package dossier

import (
	"crypto/x509"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/pades"
	"kytiem/signer"
	"kytiem/verify"
)

// Finish is what a document bears beside its preview when it is signed.
type Finish struct {
	Number      string           // in the agency's register: 05
	Notation    string           // empty: as previewed, BC-UBND
	Date        bundle.Date      // zero: the day of Now
	Place       string           // empty: as previewed
	Capacity    *bundle.Capacity // nil: as previewed
	Certificate *x509.Certificate
	Attachments []bundle.Attachment
	Now         time.Time
}

// Document is the document as it will be signed: number, date, what went with it, and
// who signs as the certificate says it.
func (f *Finish) Document(preview *bundle.Document, m *bundle.Manifest) (*bundle.Document, error) {
	document := *preview
	document.Preview = false
	document.Number = f.Number
	document.Date = f.Date
	if document.Date.IsZero() {
		document.Date = bundle.DateOf(f.Now.In(bundle.VietnamTime()))
	}
	if f.Place != "" {
		document.Place = f.Place
	}
	if f.Notation != "" {
		document.Notation = f.Notation
	}
	if f.Capacity != nil {
		document.Capacity = *f.Capacity
	}
	subject := certs.Subject(f.Certificate)
	document.Signatory.Name = subject.CommonName
	if subject.Title != "" {
		document.Signatory.Position = subject.Title
	}
	document.Signatory.Identifiers = nil
	for _, id := range subject.Identifiers {
		document.Signatory.Identifiers = append(document.Signatory.Identifiers, id.String())
	}
	document.Attachments = f.Attachments
	_, number := Number(document.Number)
	switch {
	case number != nil:
		return nil, number
	case document.Date.Compare(m.Period.To) < 0:
		return nil, fmt.Errorf("document of %s, results until %s: %w", document.Date, m.Period.To, bundle.ErrMalformed)
	}
	return &document, document.Check()
}

// Number reads a document's number, 05 or 5, or 5a where one had to be put between, and
// gives it as registers hold it, without zeros before it (Nghị định 30/2020/NĐ-CP, Phụ lục
// I, mục II.3: Arabic digits, from 01 on).
func Number(text string) (string, error) {
	found := documentNumber().FindStringSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("number of the document, digits from 1 on and perhaps a letter: %w", bundle.ErrMalformed)
	}
	return found[1], nil
}

var documentNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^0{0,8}([1-9][0-9]{0,8}[a-z]?)$`) })

// CheckHolder refuses a certificate (the first of them) that does not carry the unit's
// identifier, or one that the document already asks of its signatory.
func CheckHolder(m *bundle.Manifest, d *bundle.Document, certificates []*x509.Certificate) error {
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

// Pair is the two signatures that attest a bundle, prepared.
type Pair struct{ Document, Manifest *signer.Prepared }

// Prepare prepares the signature over the pages, which document describes and which are
// not signed yet, and the one over the manifest.
func Prepare(pages, manifestJSON []byte, m *bundle.Manifest, document *bundle.Document, o signer.Options) (Pair, error) {
	file, err := pades.Open(pages)
	if err != nil {
		return Pair{}, err
	}
	if len(o.Certificates) == 0 {
		return Pair{}, signer.ErrNoCertificate
	}
	stamp, err := signer.Stamp(file, bundle.HeadField, o)
	if err != nil {
		return Pair{}, err
	}
	title := fmt.Sprintf("%s/%s, %s", document.Number, document.Notation, m.Unit.Name)
	o.Title = title + ": " + bundle.PagesFile
	var pair Pair
	pair.Document, err = signer.PrepareDocument(file, o, signer.Visible{
		Field: bundle.HeadField, Appearance: stamp, Location: document.Place,
	})
	if err != nil {
		return Pair{}, err
	}
	o.Title = title + ": " + bundle.ManifestFile
	pair.Manifest, err = signer.PrepareManifest(manifestJSON, o)
	return pair, err
}

// Acceptable reports whether nothing stands against a fresh signature but that its
// anchor is not known here or that the status could not be asked.
func Acceptable(r *verify.Report) bool {
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
