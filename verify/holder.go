package verify

import (
	"crypto/x509"
	"slices"

	"kytiem/bundle"
	"kytiem/certs"
)

// judgeHolder is rule R-X6: the certificate carries the identifier of the unit (MST
// or MNS) and, for the head, those of the signatory that the document names. Where
// the manifest names none for its unit, the certificate cannot be compared with it:
// the reader is told.
func judgeHolder(c *checks, leaf *x509.Certificate, m *bundle.Manifest, signatory []string) {
	identifiers := slices.Clone(signatory)
	if m.Unit.Identifier == "" {
		c.warn("R-X6", "cert.unit_unbound", "the manifest names no identifier of the unit")
	} else {
		identifiers = append(identifiers, m.Unit.Identifier)
	}
	switch {
	case !certs.Carries(leaf, identifiers):
		c.fail("R-X6", SigConstraintsFailure, "cert.wrong_signer",
			"the certificate does not carry an identifier of the unit or of the signatory")
	case m.Unit.Identifier != "":
		c.ok("R-X6", "the certificate carries the identifier of the unit")
	}
}

// judgeUnitSigner applies R-X6 to signatures over a manifest, the only ones in the
// report so far.
func judgeUnitSigner(r *Report, m *bundle.Manifest, leaves []*x509.Certificate) {
	for i, leaf := range leaves {
		if leaf != nil {
			r.Signatures[i].amend(func(c *checks) { judgeHolder(c, leaf, m, nil) })
		}
	}
}

// judgeFields applies R-X6 to the fields of one of our own documents: whoever fills
// a field belongs to the unit, and the head is whom the document names. A prepared
// field is no canvas for any trusted key, and a preview is not signed.
func judgeFields(r *Report, fields []signedField, m *bundle.Manifest, d *bundle.Document) {
	for _, field := range fields {
		prepared := field.Field == bundle.HeadField || field.Field == bundle.OrganisationField
		if field.IsTimeStamp() && !prepared { // nobody's signature
			continue
		}
		r.Signatures[field.index].amend(func(c *checks) {
			var signatory []string
			if field.IsTimeStamp() {
				c.fail("R-X6", FormatFailure, "cert.wrong_signer", "a time-stamp in a field that is prepared for a signature")
				return
			}
			switch field.Field {
			case bundle.HeadField:
				signatory = d.Signatory.Identifiers
			case bundle.OrganisationField: // the clerk applies it, in nobody's name
			default:
				c.fail("R-X6", SigConstraintsFailure, "cert.wrong_signer", "a signature in a field that the document was not drawn with")
			}
			if d.Preview {
				c.fail("R-D4", SigConstraintsFailure, "sig.preview", "a preview is signed")
			}
			if field.leaf != nil {
				judgeHolder(c, field.leaf, m, signatory)
			}
		})
	}
}

// amend applies further rules to a signature and settles it anew.
func (s *Signature) amend(apply func(*checks)) {
	c := checks(s.Checks)
	apply(&c)
	s.Checks, s.Errors, s.Warnings = c, nil, nil
	s.settle()
}
