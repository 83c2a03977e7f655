package verify

import (
	"context"
	"crypto/x509"
	"slices"
	"strings"

	"kytiem/bundle"
	"kytiem/pades"
)

// judgeSignatures judges both signatures and applies R-D8 (written as our signer
// writes them, to the byte), R-X6 (by the unit) and R-D9 (document and data are both
// signed, under one certificate).
func (d *directory) judgeSignatures(ctx context.Context) {
	var fields []signedField
	pages, err := d.read(bundle.PagesFile, MaxDocumentBytes)
	if err != nil {
		d.checks.fail("R-D5", FormatFailure, "bundle.files", err.Error())
	} else {
		fields = d.v.addPDF(ctx, d.report, bundle.PagesFile+"#", &digests{data: pages})
	}
	if d.unsignedTail && len(fields) == 0 {
		d.checks.fail("R-D5", HashFailure, "bundle.pages", "bundle.pdf goes on after the pages, and no signature covers it")
	}
	if d.document != nil {
		judgeFields(d.report, fields, d.manifest, d.document)
	}
	d.judgeWriting(fields)
	leaf, there := d.judgeSignatureFile(ctx)
	d.judgeBoth(fields, leaf, there)
}

// judgeWriting is strict where others' documents are forgiven: nothing in the hole
// that a signature leaves may differ from what our signer writes, and what is shown is
// what was drawn. So every revision after the drawn one is that of a signature and fills
// its field and does nothing else, or is that of a time-stamp or of validation data,
// written to the byte as they are written here. Those are signed by nobody.
func (d *directory) judgeWriting(fields []signedField) {
	if len(fields) == 0 {
		return
	}
	file := fields[0].file
	written := map[int]bool{0: true} // the drawn one
	for i := range fields {
		field := &fields[i]
		if written[field.Revision] {
			d.checks.fail("R-M1", FormatFailure, "bundle.pages", "a revision with two signatures")
		}
		written[field.Revision] = true
		d.report.Signatures[field.index].amend(func(c *checks) { field.judgeWriting(c) })
	}
	d.judgeCarried(fields[0].evidence)
	for rev := range file.Revisions() {
		if written[rev] {
			continue
		}
		if err := file.OnlyStores(rev); err != nil {
			d.checks.fail("R-M1", FormatFailure, "bundle.pages", err.Error())
		}
	}
}

func (f *signedField) judgeWriting(c *checks) {
	only := f.file.OnlySigns
	if f.IsTimeStamp() {
		only = f.file.OnlyStamps
	}
	if err := only(f.Signature); err != nil {
		c.fail("R-M1", FormatFailure, "bundle.pages", err.Error())
	}
	switch {
	case f.cms == nil: // its own rules have said why
	case !f.cms.Familiar():
		c.fail("R-D8", FormatFailure, "", "a CMS with parts that our signer does not write")
	case !f.endsWith(len(f.file.Bytes())), !f.cms.IsDER, !f.file.CanonicalContents(f.Signature), !f.file.Padding(f.Signature, f.cms.Length):
		c.fail("R-D8", FormatFailure, "", "signature not written as our signer writes it")
	default:
		c.ok("R-D8", "signature written as our signer writes it")
	}
}

// judgeCarried is strict about what came with the signatures and is signed by nobody: in a
// document of others, evidence that is none is passed over, and a time-stamp that is
// broken proves nothing; here they are changed bytes.
func (d *directory) judgeCarried(e *evidence) {
	fails := func(s Signature) bool { return s.Indication != TotalPassed }
	if !slices.ContainsFunc(d.report.Signatures, fails) && e.strays() { // without anchors issuers are missing, and nothing passes
		d.checks.fail("R-D8", FormatFailure, "", "a certificate or revocation data that nobody signed")
	}
	for i := range d.report.Signatures {
		s := &d.report.Signatures[i]
		broken := s.IsTimestamp() && damaged(s.Checks)
		for _, t := range s.Timestamps {
			broken = broken || damaged(t.Checks)
		}
		if broken {
			d.checks.fail("R-D8", FormatFailure, "ts.broken", "a time-stamp that is broken")
		}
	}
}

// damaged reports whether a time-stamp itself is at fault, and not only the trust in its
// authority, of which R-C9 speaks among the rules on a CMS. One that is later than the
// time for which is asked is whole.
func damaged(checks []Check) bool {
	return slices.ContainsFunc(checks, func(c Check) bool {
		return c.Status == Fail && c.ID != "R-C9" && c.key != keyFuture && (strings.HasPrefix(c.ID, "R-C") || strings.HasPrefix(c.ID, "R-T"))
	})
}

// endsWith reports whether a signature that ends with the last revision also ends
// with the last byte: a line feed after it, which is forgiven elsewhere, is a change.
func (f *signedField) endsWith(size int) bool {
	if f.Revision != len(f.file.Revisions())-1 {
		return true
	}
	r := f.ByteRange
	return len(r) == 4 && r[2]+r[3] == int64(size)
}

// judgeSignatureFile judges manifest.p7s, if there is one, and returns its signer.
func (d *directory) judgeSignatureFile(ctx context.Context) (leaf *x509.Certificate, there bool) {
	if !d.has(bundle.SignatureFile) {
		return nil, false
	}
	p7s, err := d.read(bundle.SignatureFile, bundle.MaxManifestBytes)
	var cms *pades.CMS
	if err == nil {
		cms, err = pades.ParseCMS(p7s)
	}
	switch {
	case err != nil:
		d.checks.fail("R-C1", FormatFailure, "", bundle.SignatureFile+": "+err.Error())
		return nil, true
	case !ours(cms, p7s):
		d.checks.fail("R-D8", FormatFailure, "", bundle.SignatureFile+" not written as our signer writes it")
	}
	index := len(d.report.Signatures)
	leaves, e := d.v.addDetached(ctx, d.report, bundle.SignatureFile, cms, beside{content: d.manifestJSON})
	d.judgeCarried(e)
	for i, leaf := range leaves {
		if leaf != nil && d.document != nil {
			d.report.Signatures[index+i].amend(func(c *checks) { judgeHolder(c, leaf, d.manifest, d.document.Signatory.Identifiers) })
		}
	}
	if len(leaves) > 0 {
		leaf = leaves[0]
	}
	return leaf, true
}

// ours reports whether a CMS over a manifest has the form our signer gives it:
// detached, one signer, nothing after it.
func ours(cms *pades.CMS, p7s []byte) bool {
	return cms.IsDER && cms.Length == len(p7s) && len(cms.Signers) == 1 && cms.Content == nil && cms.Familiar()
}

// judgeBoth applies R-D9: the head signed both the document and the data, with one
// certificate.
func (d *directory) judgeBoth(fields []signedField, data *x509.Certificate, dataSigned bool) {
	head := slices.IndexFunc(fields, func(f signedField) bool { return f.Field == bundle.HeadField })
	switch {
	case head < 0 && !dataSigned && len(fields) == 0: // nobody has signed yet
	case head < 0 || !dataSigned:
		d.checks.fail("R-D9", SigConstraintsFailure, "sig.not_signed_item", "document and data are not both signed by the head")
	case fields[head].leaf == nil || data == nil || !fields[head].leaf.Equal(data):
		d.checks.fail("R-D9", SigConstraintsFailure, "cert.two_signers", "document and data are signed under different certificates")
	default:
		d.checks.ok("R-D9", "document and data signed under one certificate")
	}
}
