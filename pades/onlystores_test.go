package pades

import (
	"bytes"
	"encoding/asn1"
	"reflect"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// TestOnlyStores changes every byte of a revision of validation data: it is seen, or it
// is one of the values, whose own signature is then broken.
func TestOnlyStores(t *testing.T) {
	base := signed(t, twoFields(), SignatureOptions{Field: "head", Reserve: 2000})
	add := Evidence{Certs: [][]byte{[]byte("a certificate")}, OCSPs: [][]byte{[]byte("an answer")}}
	pdf, err := AppendDSS(opened(t, base), add)
	if err != nil {
		t.Fatal(err)
	}
	if err := opened(t, pdf).OnlyStores(2); err != nil {
		t.Fatal(err)
	}
	want := must(opened(t, pdf).DSS(2))
	for i := len(base); i < len(pdf); i++ {
		for _, mask := range []byte{0x01, 0x20, 0x80} {
			changed := bytes.Clone(pdf)
			changed[i] ^= mask
			f, err := Open(changed)
			if err != nil || len(f.revisions) != 3 || f.OnlyStores(2) != nil {
				continue
			}
			if got := must(f.DSS(2)); reflect.DeepEqual(got, want) {
				t.Errorf("byte %d changed by %#x is not seen", i-len(base), mask)
			}
		}
	}
	if ruleOf(opened(t, base).OnlyStores(1)) != ruleChanges {
		t.Error("a signature's revision is none of validation data")
	}
}

// TestCMSEvidence gathers what stands in the sets and in each of the attributes.
func TestCMSEvidence(t *testing.T) {
	element := func(text string) []byte {
		return cmsBuild(func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1OctetString([]byte(text)) })
		})
	}
	values := func(crl, ocsp []byte) []byte {
		return cmsBuild(func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for i, value := range [][]byte{crl, ocsp} {
					b.AddASN1([]cbasn1.Tag{cmsTag0, cmsTag1}[i], func(b *cryptobyte.Builder) {
						b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(value) })
					})
				}
			})
		})
	}
	certificates := cmsBuild(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(element("certificate")) })
	})
	cms := newForge().bytes()
	for _, a := range []struct {
		kind  asn1.ObjectIdentifier
		value []byte
	}{
		{oidCertificateValues, certificates}, {oidRevocationValues, values(element("crl"), element("basic"))},
		{oidAdobeRevocation, values(element("another crl"), element("response"))}, {oidRevocationValues, element("malformed")},
	} {
		var err error
		if cms, err = AddUnsigned(cms, Attribute{Type: a.kind, Values: [][]byte{a.value}}); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := ParseCMS(cms)
	if err != nil {
		t.Fatal(err)
	}
	got := parsed.Evidence()
	contains := func(list [][]byte, want []byte) bool {
		for _, v := range list {
			if bytes.Equal(v, want) {
				return true
			}
		}
		return false
	}
	for _, want := range []struct {
		list  [][]byte
		value []byte
	}{
		{got.Certs, element("certificate")}, {got.CRLs, element("crl")}, {got.CRLs, element("another crl")},
		{got.OCSPs, element("response")}, {got.OCSPs, successful(element("basic"))},
	} {
		if !contains(want.list, want.value) {
			t.Errorf("%q is not found", want.value)
		}
	}
	if parsed.Familiar() {
		t.Error("attributes that our signer does not write are familiar")
	}
	if plain := must(ParseCMS(newForge().bytes())); !plain.Familiar() {
		t.Error("a plain signature is not familiar")
	}
}
