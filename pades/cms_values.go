package pades

import (
	"encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Attributes that carry evidence (EN 319 122-1, A.1.1.2 and A.1.2.2; ISO 32000-1, 12.8.3.3.2).
var (
	oidCertificateValues = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 23}
	oidRevocationValues  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 24}
	oidAdobeRevocation   = asn1.ObjectIdentifier{1, 2, 840, 113583, 1, 1, 8}
)

// Evidence is what a CMS carries for those who judge its signatures later, unread: from the sets
// beside the signatures and from the attributes of all signers. Being signed or not makes no
// difference to what it is worth, which its own signatures say. What is malformed is left out.
// Certs begins with Certificates.
func (c *CMS) Evidence() Evidence {
	e := Evidence{CRLs: c.CRLs, OCSPs: c.OCSPs}
	e.CRLs, e.OCSPs = e.CRLs[:len(e.CRLs):len(e.CRLs)], e.OCSPs[:len(e.OCSPs):len(e.OCSPs)]
	for _, certificate := range c.Certificates {
		e.Certs = append(e.Certs, certificate.Raw)
	}
	for i := range c.Signers {
		for _, attributes := range [][]Attribute{c.Signers[i].SignedAttrs, c.Signers[i].UnsignedAttrs} {
			for _, a := range attributes {
				for _, value := range a.Values {
					e.take(a.Type, value)
				}
			}
		}
	}
	return e
}

func (e *Evidence) take(kind asn1.ObjectIdentifier, value cryptobyte.String) {
	var seq cryptobyte.String
	if !kind.Equal(oidCertificateValues) && !kind.Equal(oidRevocationValues) && !kind.Equal(oidAdobeRevocation) ||
		!value.ReadASN1(&seq, cbasn1.SEQUENCE) {
		return
	}
	if kind.Equal(oidCertificateValues) {
		if list, err := splitElements(seq, cmsMaxCertificates); err == nil {
			e.Certs = append(e.Certs, list...)
		}
		return
	}
	// RevocationValues and RevocationInfoArchival both are CRLs [0] and OCSP [1], each optional; the one has
	// BasicOCSPResponse, the other OCSPResponse.
	list := func(tag cbasn1.Tag) [][]byte {
		var explicit, inner cryptobyte.String
		var present bool
		if !seq.ReadOptionalASN1(&explicit, &present, tag) || !present || !explicit.ReadASN1(&inner, cbasn1.SEQUENCE) {
			return nil
		}
		elements, err := splitElements(inner, cmsMaxRevocations)
		if err != nil {
			return nil
		}
		return elements
	}
	e.CRLs = append(e.CRLs, list(cmsTag0)...)
	for _, ocsp := range list(cmsTag1) {
		if kind.Equal(oidRevocationValues) {
			ocsp = successful(ocsp)
		}
		e.OCSPs = append(e.OCSPs, ocsp)
	}
}

// successful wraps a BasicOCSPResponse as the OCSPResponse it came in (RFC 6960, 4.2.1).
func successful(basic []byte) []byte {
	b := cryptobyte.NewBuilder(make([]byte, 0, len(basic)+32))
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(0)
		b.AddASN1(cmsTag0, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1})
				b.AddASN1OctetString(basic)
			})
		})
	})
	raw, _ := b.Bytes()
	return raw
}

// TimeStampFindings is why [ParseTimeStamp] refuses a token, as [CMS.Check] words it: the
// rules that are broken, R-T1 where it is what the token says.
func TimeStampFindings(token []byte) []Finding {
	_, err := ParseTimeStamp(token)
	if err == nil {
		return nil
	}
	var failed []Finding
	if cms, err := ParseCMS(token); err == nil && len(cms.Signers) == 1 {
		for _, f := range cms.Check(0, nil, CheckOptions{Profile: CAdES, Attached: true, ContentType: oidTSTInfo}).Findings {
			if f.Status == Fail {
				failed = append(failed, f)
			}
		}
	}
	if len(failed) == 0 {
		failed = []Finding{{Rule: "R-T1", Status: Fail, Sub: FormatFailure, Message: err.Error()}}
	}
	return failed
}

// Familiar reports whether a CMS holds nothing that is not read here: no certificates or
// revocation data of other kinds, and in its signers no unsigned attributes but time-stamps,
// and in these, as a token, the index of an archive time-stamp. What is unsigned and not read
// can be anything.
func (c *CMS) Familiar() bool {
	if len(c.OtherCertificates)+len(c.OtherRevocations) > 0 {
		return false
	}
	known := []asn1.ObjectIdentifier{oidSignatureTimeStamp, oidArchiveTimeStampV3}
	if c.ContentType.Equal(oidTSTInfo) {
		known = []asn1.ObjectIdentifier{oidATSHashIndexV3}
	}
	for i := range c.Signers {
		for _, a := range c.Signers[i].UnsignedAttrs {
			if !slices.ContainsFunc(known, a.Type.Equal) {
				return false
			}
		}
		for _, token := range append(c.Signers[i].TimeStamps(), c.Signers[i].ArchiveTimeStamps()...) {
			if inner, err := ParseCMS(token); err != nil || !inner.IsDER || !inner.Familiar() {
				return false
			}
		}
	}
	return true
}
