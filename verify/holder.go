package verify

import (
	"crypto/x509"

	"kytiem/bundle"
	"kytiem/certs"
)

// judgeHolder is rule R-X6: the certificate carries the identifiers it has to, the
// unit's (MST or MNS) and, where the document names them, the signatory's.
func judgeHolder(c *checks, leaf *x509.Certificate, identifiers []string) {
	switch {
	case !certs.Carries(leaf, identifiers):
		c.fail("R-X6", SigConstraintsFailure, "cert.wrong_signer",
			"the certificate does not carry an identifier of the unit or of the signatory")
	case len(identifiers) > 0:
		c.ok("R-X6", "the certificate carries the identifiers of the unit and of the signatory")
	}
}

// required lists the identifiers that the head's certificate has to carry.
func required(m *bundle.Manifest, d *bundle.Document) []string {
	if m.Unit.Identifier == "" {
		return d.Signatory.Identifiers
	}
	return append([]string{m.Unit.Identifier}, d.Signatory.Identifiers...)
}

// judgeUnitSigner applies R-X6 to signatures over a manifest, and settles them
// again.
func judgeUnitSigner(r *Report, m *bundle.Manifest, leaves []*x509.Certificate) {
	if m == nil || m.Unit.Identifier == "" {
		return
	}
	for i, leaf := range leaves {
		if leaf != nil {
			r.Signatures[i].amend(func(c *checks) { judgeHolder(c, leaf, []string{m.Unit.Identifier}) })
		}
	}
}

// judgeFields applies R-X6 to the fields of one of our own documents: whoever fills
// a field belongs to the unit, and the head is whom the document names. A prepared
// field is no canvas for any trusted key.
func judgeFields(r *Report, fields []signedField, m *bundle.Manifest, d *bundle.Document) {
	for _, field := range fields {
		identifiers := required(m, d)
		if field.Field == bundle.OrganisationField { // the clerk applies it, in nobody's name
			identifiers = required(m, &bundle.Document{})
		}
		known := field.Field == bundle.HeadField || field.Field == bundle.OrganisationField
		r.Signatures[field.index].amend(func(c *checks) {
			if !known {
				c.fail("R-X6", SigConstraintsFailure, "cert.wrong_signer", "a signature in a field that the document was not drawn with")
			}
			if field.leaf != nil {
				judgeHolder(c, field.leaf, identifiers)
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
