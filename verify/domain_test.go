package verify_test

import (
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"strings"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/verify"
)

// TestDomains: which trust domains are accepted is a switch of its own beside the anchors, and the report names the domain.
func TestDomains(t *testing.T) {
	e := newEpoch(t, signedAt)
	by := e.issue(t, nil)
	document := signPDF(t, by, "one", page(t), signedAt)
	root := sha256.Sum256(e.ca.Root().Certificate.Raw)
	for _, test := range []struct {
		name     string
		stated   certs.Domain
		accepted []certs.Domain
		says     string
		want     outcome
	}{
		{"nothing stated, all accepted", "", nil, "of no stated trust domain", outcome{verify.TotalPassed, ""}},
		{"nothing stated, one accepted", "", []certs.Domain{certs.Public}, "not accepted here", outcome{verify.Indeterminate, verify.ChainConstraintsFailure}},
		{"stated, all accepted", certs.Official, nil, "of the trust domain official", outcome{verify.TotalPassed, ""}},
		{"stated and accepted", certs.Public, []certs.Domain{certs.Public}, "of the trust domain public", outcome{verify.TotalPassed, ""}},
		{"the other one accepted", certs.Official, []certs.Domain{certs.Public}, "of the trust domain official, which is not accepted here", outcome{verify.Indeterminate, verify.ChainConstraintsFailure}},
		{"both accepted", certs.Official, certs.Domains(), "of the trust domain official", outcome{verify.TotalPassed, ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := *e.v
			v.Domains = test.accepted
			if test.stated != "" {
				v.Anchors.Domains = map[[sha256.Size]byte]certs.Domain{root: test.stated}
			}
			r := v.PDF(t.Context(), "x.pdf", document)
			check(t, r, nil, test.want)
			said := slices.ContainsFunc(r.Signatures[0].Checks, func(c verify.Check) bool { return c.ID == "R-X1" && strings.Contains(c.Message, test.says) })
			if !said {
				t.Errorf("R-X1 does not say %q: %v", test.says, r.Signatures[0].Checks)
			}
			if !slices.Equal(r.Policy.Domains, test.accepted) {
				t.Errorf("the report names the domains %v, want %v", r.Policy.Domains, test.accepted)
			}
		})
	}
}

// TestMissingIssuer: an issuer's certificate that the signature leaves out is fetched from where the signer's certificate
// says, if connections are allowed.
func TestMissingIssuer(t *testing.T) {
	e := newEpoch(t, signedAt)
	by := e.issue(t, nil)
	by.Chain = nil
	document := signPDF(t, by, "one", page(t), signedAt)
	now := func() time.Time { return e.now }
	for _, test := range []struct {
		name   string
		source certs.RevocationSource
		want   outcome
	}{
		{"fetched", &certs.HTTP{AllowPrivate: true, PrivateIssuers: true, Now: now}, outcome{verify.TotalPassed, ""}},
		{"at a private address", &certs.HTTP{AllowPrivate: true, Now: now}, outcome{verify.Indeterminate, verify.NoCertificateChainFound}},
		{"offline", certs.Offline{}, outcome{verify.Indeterminate, verify.NoCertificateChainFound}},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := *e.v
			v.Revocation = test.source
			check(t, v.PDF(t.Context(), "x.pdf", document), nil, test.want)
		})
	}
	t.Run("another's root", func(t *testing.T) {
		v := *e.v
		v.Revocation, v.Anchors.CA = &certs.HTTP{AllowPrivate: true, PrivateIssuers: true, Now: now}, []*x509.Certificate{e.ca.TSARoot().Certificate}
		check(t, v.PDF(t.Context(), "x.pdf", document), nil, outcome{verify.Indeterminate, verify.NoCertificateChainFound})
	})
}
