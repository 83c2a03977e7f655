package verify

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/pades"
)

// PDF judges a PDF document: every signature of every revision. A document that
// breaks the format, whether or not it is signed, is a verdict.
func (v *Verifier) PDF(ctx context.Context, name string, data []byte) *Report {
	ctx, cancel := context.WithTimeout(ctx, inputTime)
	defer cancel()
	v = v.fixed()
	r, d := v.report(name, "pdf", nil), &digests{data: data}
	fields := v.addPDF(ctx, r, "", d)
	r.Document.SHA256, r.Document.Size = d.document(), int64(len(data))
	if m, document, ok := embedded(fields); ok {
		r.Bundle = bundleOf(m)
		judgeFields(r, fields, m, document)
	}
	r.settle()
	return r
}

// maxSignatures bounds the signatures of one document that are judged: each is a
// report of its own, and nobody signs a document a thousand times.
const maxSignatures = 1000

// usualChecks is room for the checks of a signature that holds.
const usualChecks = 48

// signedField is one signature or document time-stamp of a PDF, for those who want to
// know whose it is and how it was written.
type signedField struct {
	pades.Signature
	index int // in the report, before it is settled
	leaf  *x509.Certificate
	file  *pades.File
	cms   *pades.CMS

	evidence *evidence // of the document
	digests  *digests  // likewise

	coverage pades.Coverage
	sound    bool // it covers what it says, so that its digest means something
	stamp    *Timestamp
}

func (f *signedField) digest(hash crypto.Hash) ([]byte, error) {
	return f.digests.of(f.ByteRange, hash)
}

// addPDF adds the signatures of a document to the report, their ids beginning with
// prefix. A document that cannot be read is a failed check of the whole.
//
// First every signature is held against the file, then the document time-stamps are
// judged, the latest first, and then the signatures with what the time-stamps prove.
func (v *Verifier) addPDF(ctx context.Context, r *Report, prefix string, d *digests) []signedField {
	file, signatures, err := openPDF(d.data, v.Password)
	if err != nil {
		formatFailure((*checks)(&r.Checks), err)
		return nil
	}
	empty, err := file.EmptyFields()
	if err != nil {
		formatFailure((*checks)(&r.Checks), err)
	}
	if file.Locked() {
		empty = nil // their names are ciphertext
	}
	for _, field := range empty {
		r.UnsignedFields = append(r.UnsignedFields, field.Name)
	}
	if len(signatures) > maxSignatures {
		(*checks)(&r.Checks).fail("R-P9", TryLater, "limit",
			fmt.Sprintf("RESOURCE_LIMIT: %d signatures, judged are %d", len(signatures), maxSignatures))
		signatures = signatures[:maxSignatures]
	}
	e := v.evidence()
	if err := e.addStores(file, signatures); err != nil {
		(*checks)(&r.Checks).warn("R-X8", "store.unreadable", "security store: "+err.Error())
	}
	r.held("R-X8")
	fields, reports := v.holdAgainstFile(ctx, r, prefix, file, signatures, e, d)
	nameRevisions(reports, d)
	for i, t := range e.documentTimestamps(ctx, fields) {
		fields[i].stamp = &t
	}
	defer r.collect(e)
	for i := range fields {
		if exhausted(ctx, r) {
			return fields[:i]
		}
		e.judgeField(ctx, &fields[i], &reports[i], fields)
		fields[i].index = len(r.Signatures)
		reports[i].settle()
		r.Signatures = append(r.Signatures, reports[i])
	}
	r.held("R-P1", "R-P2", "R-P3", "R-P8", "R-P9")
	return fields
}

// openPDF reads a document, with a password where it takes one. A wrong one is as good as
// none: signatures over the whole file need none.
func openPDF(data []byte, password string) (*pades.File, []pades.Signature, error) {
	file, err := pades.Open(data)
	if err != nil {
		return nil, nil, err
	}
	if file.Locked() && password != "" {
		_, _ = file.Unlock(password) // what does not open it leaves it locked
	}
	signatures, err := file.Signatures()
	return file, signatures, err
}

// formatFailure turns what the format package found into a failed check under its
// rule's id. That something is ciphertext is no fault of the format.
func formatFailure(c *checks, err error) {
	if errors.Is(err, pades.ErrEncrypted) {
		c.fail("R-M10", SigConstraintsFailure, "locked", err.Error())
		return
	}
	rule := "R-P1"
	if broken := (*pades.FormatError)(nil); errors.As(err, &broken) {
		if rule = broken.Rule; broken.Doubtful {
			c.fail(rule, SigConstraintsFailure, "sig.unclear", err.Error())
			return
		}
	}
	c.fail(rule, FormatFailure, "", err.Error())
}

// applied notes the outcome of rules of the format package, which stop at the first that
// is broken.
func (c *checks) applied(err error, rules ...string) {
	if err != nil {
		formatFailure(c, err)
		return
	}
	c.held(rules...)
}

// holdAgainstFile applies the rules on how the signatures lie in the file and what
// became of it after them, and reads their CMS.
func (v *Verifier) holdAgainstFile(ctx context.Context, r *Report, prefix string, file *pades.File, signatures []pades.Signature, e *evidence, d *digests) ([]signedField, []Signature) {
	nested := pades.Nested(signatures)
	later := v.laterOf(file, signatures)
	fields := make([]signedField, len(signatures))
	reports := make([]Signature, len(signatures))
	for i := range signatures {
		if exhausted(ctx, r) {
			return fields[:i], reports[:i]
		}
		field := signedField{Signature: signatures[i], file: file, evidence: e, digests: d}
		s := Signature{
			ID: prefix + signatures[i].Field, Field: signatures[i].Field, SubFilter: signatures[i].SubFilter,
			Checks: make([]Check, 0, usualChecks), Chain: []ChainLink{}, Revocation: []Revocation{}, Timestamps: []Timestamp{},
		}
		if file.Locked() {
			s.ID, s.Field = prefix, ""
		}
		if s.ID == prefix {
			s.ID = fmt.Sprintf("%s#%d", prefix, i+1)
		}
		c := (*checks)(&s.Checks)
		coverage, err := file.Coverage(field.Signature)
		field.coverage, field.sound = coverage, err == nil
		s.Coverage = &Coverage{ByteRange: field.ByteRange, Extent: string(coverage.Extent), Revision: coverage.Revision + 1, Revisions: len(file.Revisions())}
		if s.Coverage.ByteRange == nil {
			s.Coverage.ByteRange = []int64{}
		}
		c.applied(err, "R-B1", "R-B2", "R-B3", "R-B5")
		if field.sound { // the ranges of others are no ranges
			c.applied(nested[i], "R-B6")
		}
		c.applied(file.Consistent(field.Signature), "R-B7", "R-B8")
		c.applied(file.Accounting(field.Revision), "R-P4", "R-P5", "R-P7")
		c.applied(file.OneView(field.Revision), "R-P6")
		later.judge(&s, c, &field)
		if at, err := pdfTime(field.Time); err == nil {
			s.ClaimedSigningTime = claimed(at)
		}
		if field.sound && field.SubFilter != "adbe.x509.rsa_sha1" { // which holds a bare signature (12.8.3.2)
			d.expect(field.ByteRange[1])
			field.readCMS(c)
			if field.cms != nil {
				e.addCMS(field.cms, field.Revision+1)
			}
		}
		fields[i], reports[i] = field, s
	}
	return fields, reports
}

// readCMS reads what the field holds; a CMS elsewhere in the file than where it is
// signed says nothing, and is not read.
func (f *signedField) readCMS(c *checks) {
	cms, err := pades.ParseCMS(f.Contents)
	if err != nil {
		c.fail("R-C1", FormatFailure, "", err.Error())
		return
	}
	f.cms = cms
	if !f.file.Padding(f.Signature, cms.Length) {
		c.warn("R-B4", "sig.padding", "bytes after the CMS in /Contents are not zero")
	}
	c.held("R-B4")
}

// judgeField judges one signature or document time-stamp with all that is at hand.
func (e *evidence) judgeField(ctx context.Context, field *signedField, s *Signature, fields []signedField) {
	c := (*checks)(&s.Checks)
	if field.IsTimeStamp() {
		s.Format = "PAdES-DOC-TIMESTAMP"
		field.judgeTimestamp(s, c)
		return
	}
	options, known := judgeSubFilter(s, c, field.Signature)
	if !known || field.cms == nil {
		return
	}
	options.Content = field.file.Bytes()[:field.ByteRange[1]] // its beginning is enough to tell attributes from content (R-C5)
	proofs := e.proofsAfter(field.Revision)
	for i := range fields { // those that cover it, in the order of the file
		if t := fields[i].stamp; t != nil && t.revision > field.Revision {
			t.note(c)
			s.Timestamps = append(s.Timestamps, *t)
		}
	}
	subject := signed{cms: field.cms, signer: 0, digest: field.digest, options: options, proofs: proofs}
	field.leaf = e.judgeCMS(ctx, s, c, subject)
	judgeCovered(c)
	if at := s.ClaimedSigningTime; at != nil && field.leaf != nil && certs.CheckValidity(field.leaf, *at) != nil {
		c.fail("R-C11", SigConstraintsFailure, "", "claimed signing time (/M) outside the certificate's validity")
	}
}

// judgeCovered says of the byte range (R-B9) what the CMS said of the content.
func judgeCovered(c *checks) {
	for _, check := range *c {
		if check.Status == Fail && (check.ID == "R-C4" || check.ID == "R-C7") {
			if check.sub == HashFailure {
				c.fail("R-B9", HashFailure, "", "what the byte range covers is not what was signed")
			}
			return
		}
	}
	c.held("R-B9")
}

// judgeTimestamp takes over what was found about a document time-stamp.
func (f *signedField) judgeTimestamp(s *Signature, c *checks) {
	c.held("R-B10")
	t := f.stamp
	if t == nil { // it does not cover what it says, which has been said
		return
	}
	*c = append(*c, t.Checks...)
	s.Chain, s.Revocation, s.BestSignatureTime = t.Chain, t.Revocation, t.Time
	if stamp, err := f.Signature.TimeStamp(); err == nil {
		s.Signer = signerOf(stamp.Authority)
	}
}

// judgeSubFilter chooses the rules by the kind of signature (R-B10).
func judgeSubFilter(s *Signature, c *checks, signature pades.Signature) (pades.CheckOptions, bool) {
	switch signature.SubFilter {
	case "ETSI.CAdES.detached":
		s.Format = "PAdES-BASELINE-B"
		c.held("R-B10")
		return pades.CheckOptions{Profile: pades.PAdES}, true
	case "adbe.pkcs7.detached":
		s.Format = "PKCS7-B"
		c.held("R-B10")
		return pades.CheckOptions{Profile: pades.Legacy}, true
	}
	s.Format = "UNKNOWN"
	c.fail("R-B10", SigConstraintsFailure, "", "kind of signature (SubFilter) not judged by this version")
	return pades.CheckOptions{}, false
}

// pdfTime reads a date of ISO 32000-1, 7.9.4, with seconds and zone, as signature
// dictionaries have it.
func pdfTime(text string) (time.Time, error) {
	for _, layout := range [...]string{"D:20060102150405-07'00'", "D:20060102150405-07'00", "D:20060102150405Z", "D:20060102150405Z00'00'"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("not a date")
}

// embedded reads the manifest and the document that a bundle document of ours
// carries in its first revision; ok is false for documents of others.
func embedded(fields []signedField) (m *bundle.Manifest, d *bundle.Document, ok bool) {
	if len(fields) == 0 {
		return nil, nil, false
	}
	file := fields[0].file
	manifest, err := file.Embedded(0, bundle.ManifestFile)
	if err != nil {
		return nil, nil, false
	}
	document, err := file.Embedded(0, bundle.DocumentFile)
	if err != nil {
		return nil, nil, false
	}
	m, badManifest := bundle.ParseManifest(manifest)
	d, badDocument := bundle.ParseDocument(document)
	return m, d, badManifest == nil && badDocument == nil
}

func bundleOf(m *bundle.Manifest) *Bundle {
	return &Bundle{ID: m.Bundle, Unit: m.Unit.Code, Root: m.Root.String(), Status: "unknown"}
}
