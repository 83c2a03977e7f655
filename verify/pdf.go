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
	r := v.report(name, "pdf", data)
	fields := v.addPDF(ctx, r, "", data)
	if m, d, ok := embedded(fields); ok {
		r.Bundle = bundleOf(m)
		judgeFields(r, fields, m, d)
	}
	r.settle()
	return r
}

// maxSignatures bounds the signatures of one document that are judged: each is a
// report of its own, and nobody signs a document a thousand times.
const maxSignatures = 1000

// signedField is one signature of a PDF, for those who want to know whose it is and
// how it was written.
type signedField struct {
	pades.Signature
	index int // in the report, before it is settled
	leaf  *x509.Certificate
	file  *pades.File
	cms   *pades.CMS
}

// addPDF adds the signatures of data to the report, their ids beginning with
// prefix. A document that cannot be read is a failed check of the whole.
func (v *Verifier) addPDF(ctx context.Context, r *Report, prefix string, data []byte) []signedField {
	file, signatures, err := openPDF(data)
	if err != nil {
		formatFailure((*checks)(&r.Checks), err)
		return nil
	}
	empty, err := file.EmptyFields()
	if err != nil {
		formatFailure((*checks)(&r.Checks), err)
	}
	for _, field := range empty {
		r.UnsignedFields = append(r.UnsignedFields, field.Name)
	}
	if len(signatures) > maxSignatures {
		(*checks)(&r.Checks).fail("R-P9", TryLater, "limit",
			fmt.Sprintf("RESOURCE_LIMIT: %d signatures, judged are %d", len(signatures), maxSignatures))
		signatures = signatures[:maxSignatures]
	}
	nested := pades.Nested(signatures)
	var fields []signedField
	for i := range signatures {
		if exhausted(ctx, r) {
			return fields
		}
		field := signedField{Signature: signatures[i], index: len(r.Signatures), file: file}
		s := Signature{
			ID: prefix + signatures[i].Field, Field: signatures[i].Field, SubFilter: signatures[i].SubFilter,
			Chain: []ChainLink{}, Revocation: []Revocation{}, Timestamps: []struct{}{},
		}
		if field.Revision > 0 && s.ID == prefix {
			s.ID = fmt.Sprintf("%s#%d", prefix, i+1)
		}
		var c checks
		v.judgeField(ctx, &s, &c, nested[i], &field)
		s.Checks = c
		s.settle()
		r.Signatures = append(r.Signatures, s)
		fields = append(fields, field)
	}
	return fields
}

func openPDF(data []byte) (*pades.File, []pades.Signature, error) {
	file, err := pades.Open(data)
	if err != nil {
		return nil, nil, err
	}
	signatures, err := file.Signatures()
	return file, signatures, err
}

// formatFailure turns what the format package found into a failed check under its
// rule's id.
func formatFailure(c *checks, err error) {
	rule := "R-P1"
	if broken := (*pades.FormatError)(nil); errors.As(err, &broken) {
		rule = broken.Rule
	}
	c.fail(rule, FormatFailure, "", err.Error())
}

// judgeField applies the rules on how the signature lies in the file, then those
// on its CMS.
func (v *Verifier) judgeField(ctx context.Context, s *Signature, c *checks, nested error, field *signedField) {
	file, signature := field.file, field.Signature
	coverage, err := file.Coverage(signature)
	s.Coverage = &Coverage{ByteRange: signature.ByteRange, Extent: string(coverage.Extent), Revision: coverage.Revision + 1}
	if s.Coverage.ByteRange == nil {
		s.Coverage.ByteRange = []int64{}
	}
	for _, rule := range []func() error{
		func() error { return err },
		func() error { return nested },
		func() error { return file.Consistent(signature) },
		func() error { return file.Accounting(signature.Revision) },
	} {
		if err := rule(); err != nil {
			formatFailure(c, err)
		}
	}
	v.judgeLater(s, c, coverage, signature)
	if at, err := pdfTime(signature.Time); err == nil {
		s.ClaimedSigningTime = claimed(at)
	}
	profile, known := v.judgeSubFilter(s, c, signature)
	if !known || err != nil {
		return // a CMS elsewhere in the file than where it is signed says nothing
	}
	cms, err := pades.ParseCMS(signature.Contents)
	if err != nil {
		c.fail("R-C1", FormatFailure, "", err.Error())
		return
	}
	field.cms = cms
	if !file.Padding(signature, cms.Length) {
		c.warn("R-B4", "sig.padding", "bytes after the CMS in /Contents are not zero")
	}
	profile.Content = file.Bytes()[:signature.ByteRange[1]] // its beginning is enough to tell attributes from content (R-C5)
	digest := func(hash crypto.Hash) ([]byte, error) {
		h, data, r := hash.New(), file.Bytes(), signature.ByteRange
		h.Write(data[:r[1]])
		h.Write(data[r[2] : r[2]+r[3]])
		return h.Sum(nil), nil
	}
	field.leaf = v.judgeCMS(ctx, s, c, cms, 0, digest, profile)
	if at := s.ClaimedSigningTime; at != nil && field.leaf != nil && certs.CheckValidity(field.leaf, *at) != nil {
		c.fail("R-C11", SigConstraintsFailure, "", "claimed signing time (/M) outside the certificate's validity")
	}
}

// judgeLater says what is known of what follows the signature: nothing, if it
// covers the whole file. Later revisions are not analysed by this version, and what
// is not understood is not passed.
func (v *Verifier) judgeLater(s *Signature, c *checks, coverage pades.Coverage, signature pades.Signature) {
	s.Modifications = &Modifications{Level: "NONE", Allowed: "NONE", Changes: []string{}}
	switch {
	case coverage.Extent == pades.WholeFile:
		c.ok("R-B5", "the signature covers the whole file")
	case coverage.Extent == pades.WholeRevision:
		s.Modifications.Level = "OTHER"
		c.fail("R-M1", SigConstraintsFailure, "sig.later_changes",
			fmt.Sprintf("the file goes on after revision %d, which was signed", coverage.Revision+1))
	}
	if signature.DocMDP != 0 {
		c.fail("R-M5", SigConstraintsFailure, "", "certification signatures (DocMDP) are not judged by this version")
	}
}

// judgeSubFilter chooses the rules by the kind of signature (R-B10).
func (v *Verifier) judgeSubFilter(s *Signature, c *checks, signature pades.Signature) (pades.CheckOptions, bool) {
	switch signature.SubFilter {
	case "ETSI.CAdES.detached":
		s.Format = "PAdES-BASELINE-B"
		return pades.CheckOptions{Profile: pades.PAdES}, true
	case "adbe.pkcs7.detached":
		s.Format = "PKCS7-B"
		return pades.CheckOptions{Profile: pades.Legacy}, true
	case "ETSI.RFC3161":
		s.Format = "PAdES-DOC-TIMESTAMP"
		c.fail("R-B10", SigConstraintsFailure, "sig.timestamp_unjudged", "document time-stamps are not judged by this version")
	default:
		s.Format = "UNKNOWN"
		c.fail("R-B10", SigConstraintsFailure, "", "kind of signature (SubFilter) not judged by this version")
	}
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
