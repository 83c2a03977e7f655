package pades

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

// TestEveryByteMatters changes each byte of our own CMS in several ways over unchanged content: parsing fails,
// or a finding fails. What survives lies in a certificate the signature is not checked with, and shows as
// another set of certificates.
func TestEveryByteMatters(t *testing.T) {
	// One bit of each kind: a neighbouring value, primitive against constructed, long against short length or
	// sign, and all bits.
	masks := []byte{0x01, 0x20, 0x80, 0xff}
	for _, tt := range []struct {
		key     string
		alg     Algorithm
		profile Profile
	}{
		{"RSA-2048", RS256, PAdES},
		{"RSA-2048", PS256, PAdES},
		{"RSA-2048", RS256, CAdES},
		{"P-256", ES256, CAdES},
	} {
		t.Run(string(tt.alg), func(t *testing.T) {
			t.Parallel()
			s := cmsKeys()[tt.key]
			var at time.Time // PAdES has none
			if tt.profile == CAdES {
				at = cmsSigned
			}
			b := s.cms(t, tt.alg, at)
			if r := must(ParseCMS(b)).Check(0, digestOf(cmsContent), CheckOptions{Profile: tt.profile}); r.Status() != OK {
				t.Fatalf("unchanged: %+v", r.Findings)
			}
			issuer := bytes.Index(b, s.chain[1].Raw)
			end := issuer + len(s.chain[1].Raw)
			variants, survivors := 0, 0
			for i := range b {
				for _, mask := range masks {
					changed := bytes.Clone(b)
					changed[i] ^= mask
					variants++
					c, err := ParseCMS(changed)
					if err != nil {
						continue
					}
					if c.Check(0, digestOf(cmsContent), CheckOptions{Profile: tt.profile}).Status() == Fail {
						continue
					}
					survivors++
					if i < issuer || i >= end {
						t.Errorf("byte %d of %d ^ %#x passes", i, len(b), mask)
					}
					if sameCertificates(c, s) {
						t.Errorf("byte %d ^ %#x passes with the same certificates", i, mask)
					}
				}
			}
			t.Logf("%d bytes, %d variants, %d survive, all within bytes %d to %d: the issuing CA's certificate", len(b), variants, survivors, issuer, end)
			if survivors == 0 {
				t.Error("no survivor: damage in a certificate that is not the signer's must not break the signature")
			}
		})
	}
}

// sameCertificates compares with what was carried, as sets.
func sameCertificates(c *CMS, s cmsSigner) bool {
	if len(c.Certificates) != len(s.carried()) {
		return false
	}
	for _, want := range s.carried() {
		found := false
		for _, got := range c.Certificates {
			found = found || bytes.Equal(got.Raw, want.Raw)
		}
		if !found {
			return false
		}
	}
	return true
}

// grow answers every variant of the DER elements in b with a NULL more at the end of one constructed element, lengths corrected.
// Elements equal to one in whole are left as they are.
func grow(b []byte, whole ...[]byte) [][]byte {
	var variants [][]byte
	for at := 0; at < len(b); {
		h, _ := readBERHeader(b[at:])
		element := b[at : at+h.size+h.length]
		content := element[h.size:]
		before, after := b[:at], b[at+len(element):]
		at += len(element)
		if h.tag&0x20 == 0 || slices.ContainsFunc(whole, func(w []byte) bool { return bytes.Equal(w, element) }) {
			continue
		}
		for _, c := range append(grow(content, whole...), slices.Concat(content, cmsNULL)) {
			variants = append(variants, slices.Concat(before, appendDERHeader(nil, h.tag, len(c)), c, after))
		}
	}
	return variants
}

// TestNothingIsAdded puts an element more into each structure of our own CMS: bytes that no reader accounts for
// have no place in it. The exception is NULL as parameters of the two digest algorithm identifiers, which readers must
// take as the same as none (RFC 5754, 2).
func TestNothingIsAdded(t *testing.T) {
	s := cmsKeys()["RSA-2048"]
	b := s.cms(t, PS256, cmsSigned)
	variants := grow(b, s.chain[1].Raw)
	if len(variants) < 50 {
		t.Fatalf("%d variants", len(variants))
	}
	same := 0
	for _, v := range variants {
		c, err := ParseCMS(v)
		if err != nil {
			continue
		}
		r := c.Check(0, digestOf(cmsContent), CheckOptions{Profile: CAdES})
		switch {
		case r.Status() == Fail || !sameCertificates(c, s) || len(c.OtherCertificates) > 0:
		case c.DigestAlgorithms[0].Parameters != nil || c.Signers[0].DigestAlgorithm.Parameters != nil:
			same++
		default:
			t.Errorf("passes: %x", v)
		}
	}
	if same != 2 {
		t.Errorf("%d variants are the same to a reader, want 2", same)
	}
}
