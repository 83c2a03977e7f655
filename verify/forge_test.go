package verify_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"slices"
	"testing"

	"kytiem/certs/devca"
	"kytiem/pades"
)

// signedText is a SignedData (RFC 5652, 5.1) whose parts can be exchanged.
type signedText struct {
	Version      int
	Digests      asn1.RawValue
	Content      asn1.RawValue
	Certificates asn1.RawValue `asn1:"optional,tag:0"`
	CRLs         asn1.RawValue `asn1:"optional,tag:1"`
	Signers      []signerText  `asn1:"set"`
}

type signerText struct {
	Version    int
	SID        asn1.RawValue
	Digest     asn1.RawValue
	Attributes asn1.RawValue `asn1:"optional,tag:0"`
	Algorithm  asn1.RawValue
	Signature  []byte
	Unsigned   asn1.RawValue `asn1:"optional,tag:1"`
}

type cmsText struct {
	Type    asn1.ObjectIdentifier
	Content signedText `asn1:"explicit,tag:0"`
}

// forged is a CMS with parts exchanged.
func forged(t testing.TB, cms []byte, change func(*signedText)) []byte {
	t.Helper()
	var text cmsText
	if _, err := asn1.Unmarshal(cms, &text); err != nil {
		t.Fatal(err)
	}
	change(&text.Content)
	return derOf(t, text)
}

func derOf(t testing.TB, v any) []byte {
	t.Helper()
	der, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// The attributes that a test leaves out or adds.
var (
	oidMessageDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidContentTimeStamp     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 20}
	oidTSTInfo              = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
)

// without is the signed attributes less one.
func without(t testing.TB, attributes []byte, kind asn1.ObjectIdentifier) []byte {
	t.Helper()
	kept := slices.DeleteFunc(elements(t, attributes), func(e []byte) bool { return bytes.Contains(e, derOf(t, kind)) })
	return setOf(t, kept)
}

// with is the signed attributes and one more.
func with(t testing.TB, attributes []byte, kind asn1.ObjectIdentifier, value []byte) []byte {
	t.Helper()
	more := derOf(t, struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}{kind, []asn1.RawValue{{FullBytes: value}}})
	return setOf(t, append(elements(t, attributes), more))
}

func elements(t testing.TB, set []byte) (list [][]byte) {
	t.Helper()
	var raw []asn1.RawValue
	if _, err := asn1.UnmarshalWithParams(set, &raw, "set"); err != nil {
		t.Fatal(err)
	}
	for _, e := range raw {
		list = append(list, e.FullBytes)
	}
	return list
}

func setOf(t testing.TB, list [][]byte) []byte {
	t.Helper()
	slices.SortFunc(list, bytes.Compare)
	return derOf(t, asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: bytes.Join(list, nil)})
}

// cmsWith signs attributes as they are changed, over a digest.
func cmsWith(t testing.TB, by devca.Issued, digest []byte, change func(attributes []byte) []byte) []byte {
	t.Helper()
	attributes, err := pades.SignedAttributes(pades.AttributeOptions{Digest: digest, Hash: crypto.SHA256, Certificate: by.Certificate})
	if err != nil {
		t.Fatal(err)
	}
	attributes = change(attributes)
	sum := sha256.Sum256(attributes)
	return forged(t, cmsOf(t, by, digest), func(text *signedText) {
		signer := &text.Signers[0]
		tagged := bytes.Clone(attributes)
		tagged[0] = 0xa0
		signer.Attributes = asn1.RawValue{FullBytes: tagged}
		if signer.Signature, err = by.Key.Sign(rand.Reader, sum[:], crypto.SHA256); err != nil {
			t.Fatal(err)
		}
	})
}

// token is a time-stamp token by whoever has a certificate, over what another token says.
func tokenBy(t testing.TB, by devca.Issued, good []byte) []byte {
	t.Helper()
	parsed, err := pades.ParseCMS(good)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(parsed.Content)
	attributes, err := pades.SignedAttributes(pades.AttributeOptions{Digest: sum[:], Hash: crypto.SHA256, Certificate: by.Certificate, ContentType: oidTSTInfo})
	if err != nil {
		t.Fatal(err)
	}
	out := cmsWith(t, by, sum[:], func([]byte) []byte { return attributes })
	return forged(t, out, func(text *signedText) {
		text.Version = 3
		text.Content = asn1.RawValue{FullBytes: derOf(t, struct {
			Type    asn1.ObjectIdentifier
			Content []byte `asn1:"explicit,tag:0"`
		}{oidTSTInfo, parsed.Content})}
	})
}
