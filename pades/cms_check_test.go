package pades

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// findings of one rule, as "STATUS SUB".
func outcomes(r CMSResult, rule string) []string {
	var out []string
	for _, f := range r.Findings {
		if f.Rule == rule {
			out = append(out, string(f.Status)+" "+f.Sub)
		}
	}
	return out
}

func octets(oid asn1.ObjectIdentifier, values ...[]byte) Attribute {
	a := Attribute{Type: oid}
	for _, v := range values {
		a.Values = append(a.Values, cmsBuild(func(b *cryptobyte.Builder) { b.AddASN1OctetString(v) }))
	}
	return a
}

func signingTimeAt(t time.Time) Attribute {
	return cmsAttribute(oidSigningTime, func(b *cryptobyte.Builder) { addTime(b, t) })
}

func protection(digest, signature []byte) Attribute {
	return cmsAttribute(oidAlgorithmProtection, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(digest)
			b.AddASN1(cmsTag1, func(b *cryptobyte.Builder) { b.AddBytes(signature[2:]) })
		})
	})
}

// signingCertificateV1 names a certificate by SHA-1 (RFC 2634, 5.4).
func signingCertificateV1(raw []byte) Attribute {
	return cmsAttribute(oidSigningCertificate, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1OctetString(cmsSum(crypto.SHA1, raw)) })
			})
		})
	})
}

// set gives f another value of an attribute.
func (f *cmsForge) set(a Attribute) {
	i := slices.IndexFunc(f.attributes, func(b Attribute) bool { return b.Type.Equal(a.Type) })
	f.attributes[i] = a
}

func (f *cmsForge) drop(oid asn1.ObjectIdentifier) {
	f.attributes = slices.DeleteFunc(f.attributes, func(a Attribute) bool { return a.Type.Equal(oid) })
}

// TestRules has for each rule what must be found and, where profiles differ, in which.
func TestRules(t *testing.T) {
	twin := cmsKeys()["twin"].leaf()
	ec := cmsKeys()["P-256"]
	sha := func(h crypto.Hash, parameters []byte) []byte { return cmsIdentifier(cmsHashOID(h), parameters) }
	rsaWith := func(last int, parameters []byte) []byte {
		return cmsIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, last}, parameters)
	}
	unsorted := func(f *cmsForge) { slices.Reverse(f.attributes); f.asListed = true }
	tests := []struct {
		name   string
		rule   string
		change func(f *cmsForge)
		strict string // PAdES and CAdES
		pades  string // PAdES alone, if it differs
		legacy string // Legacy, if it differs
	}{
		{name: "nothing changed", rule: "R-C4", change: func(*cmsForge) {}, strict: "OK "},
		{name: "SignedData version 3", rule: "R-C1", change: func(f *cmsForge) { f.version = 3 }, strict: "FAIL SIG_CONSTRAINTS_FAILURE", legacy: "WARN "},
		{name: "version 5 with OCSP", rule: "R-C1", change: func(f *cmsForge) { f.version = 5; f.otherRevoked = []byte{0xa1, 0} }, strict: "OK "},
		{name: "SignerInfo version 3 with issuer and serial", rule: "R-C1", change: func(f *cmsForge) { f.version, f.signerVersion = 3, 3 }, strict: "FAIL SIG_CONSTRAINTS_FAILURE", legacy: "WARN "},
		{name: "key identifier", rule: "R-C1", change: func(f *cmsForge) { f.version, f.signerVersion, f.sid = 3, 3, []byte{0x80, 4, 1, 2, 3, 0} }, strict: "OK "},
		{name: "key identifier finds the certificate", rule: "R-C8", change: func(f *cmsForge) { f.version, f.signerVersion, f.sid = 3, 3, []byte{0x80, 4, 1, 2, 3, 0} }, strict: "OK "},
		{name: "two signers", rule: "R-C2", change: func(f *cmsForge) { f.signers = 2 }, strict: "OK ", pades: "FAIL FORMAT_FAILURE", legacy: "FAIL FORMAT_FAILURE"},
		{name: "no signer", rule: "R-C2", change: func(f *cmsForge) { f.signers = 0 }, strict: "FAIL FORMAT_FAILURE"},
		{name: "content inside", rule: "R-C3", change: func(f *cmsForge) { f.content = cmsContent }, strict: "FAIL FORMAT_FAILURE"},
		{name: "empty content inside", rule: "R-C3", change: func(f *cmsForge) { f.content = []byte{} }, strict: "FAIL FORMAT_FAILURE"},
		{name: "other content type", rule: "R-C3", change: func(f *cmsForge) { f.version, f.contentType = 3, oidSignedData }, strict: "WARN ", pades: "FAIL FORMAT_FAILURE", legacy: "FAIL FORMAT_FAILURE"},
		{name: "other content type than the attribute's", rule: "R-C4", change: func(f *cmsForge) { f.version, f.contentType = 3, oidSignedData }, strict: "FAIL FORMAT_FAILURE"},
		{name: "no attributes", rule: "R-C4", change: func(f *cmsForge) { f.attributes = nil }, strict: "FAIL SIG_CONSTRAINTS_FAILURE", pades: "FAIL FORMAT_FAILURE", legacy: "WARN "},
		{name: "no content-type", rule: "R-C4", change: func(f *cmsForge) { f.drop(oidContentType) }, strict: "FAIL FORMAT_FAILURE"},
		{name: "no message-digest", rule: "R-C4", change: func(f *cmsForge) { f.drop(oidMessageDigest) }, strict: "FAIL SIG_CONSTRAINTS_FAILURE"},
		{name: "message-digest of two values", rule: "R-C4", change: func(f *cmsForge) { f.set(octets(oidMessageDigest, cmsSum(crypto.SHA256, cmsContent), []byte("x"))) }, strict: "FAIL FORMAT_FAILURE"},
		{name: "message-digest twice", rule: "R-C4", change: func(f *cmsForge) { f.attributes = append(f.attributes, octets(oidMessageDigest, []byte("x"))) }, strict: "FAIL FORMAT_FAILURE"},
		{name: "attribute without value", rule: "R-C4", change: func(f *cmsForge) {
			f.attributes = append(f.attributes, Attribute{Type: asn1.ObjectIdentifier{1, 2, 3}})
		}, strict: "FAIL FORMAT_FAILURE"},
		{name: "unknown attribute twice", rule: "R-C4", change: func(f *cmsForge) {
			a := octets(asn1.ObjectIdentifier{1, 2, 3}, []byte("x"))
			f.attributes = append(f.attributes, a, a)
		}, strict: "FAIL FORMAT_FAILURE"},
		{name: "content time-stamp twice", rule: "R-C4", change: func(f *cmsForge) {
			a := octets(oidContentTimeStamp, []byte("x"))
			f.attributes = append(f.attributes, a, a)
		}, strict: "OK "},
		{name: "digest of other content", rule: "R-C4", change: func(f *cmsForge) { f.set(octets(oidMessageDigest, make([]byte, 32))) }, strict: "FAIL HASH_FAILURE"},
		{name: "truncated digest", rule: "R-C4", change: func(f *cmsForge) { f.set(octets(oidMessageDigest, cmsSum(crypto.SHA256, cmsContent)[:31])) }, strict: "FAIL HASH_FAILURE"},
		{name: "digest by MD5", rule: "R-C4", change: func(f *cmsForge) { f.digest = sha(crypto.MD5, cmsNULL) }, strict: "FAIL CRYPTO_CONSTRAINTS_FAILURE"},
		{name: "NULL parameters", rule: "R-C6", change: func(f *cmsForge) { f.digest = sha(crypto.SHA256, cmsNULL) }, strict: "OK "},
		{name: "other parameters", rule: "R-C6", change: func(f *cmsForge) { f.digest = sha(crypto.SHA256, []byte{4, 0}); f.digests = [][]byte{f.digest} }, strict: "FAIL SIG_CONSTRAINTS_FAILURE"},
		{name: "digest not in the set", rule: "R-C6", change: func(f *cmsForge) { f.digests = [][]byte{sha(crypto.SHA512, nil)} }, strict: "FAIL SIG_CONSTRAINTS_FAILURE", legacy: "WARN "},
		{name: "empty set of digests", rule: "R-C6", change: func(f *cmsForge) { f.digests = nil }, strict: "FAIL SIG_CONSTRAINTS_FAILURE", legacy: "WARN "},
		{name: "unknown digest", rule: "R-C6", change: func(f *cmsForge) {
			f.digest = cmsIdentifier(asn1.ObjectIdentifier{1, 2, 3}, nil)
			f.digests = [][]byte{f.digest}
			f.algorithm = rsaWith(1, cmsNULL)
		}, strict: "FAIL CRYPTO_CONSTRAINTS_FAILURE"},
		{name: "signature by another hash", rule: "R-C6", change: func(f *cmsForge) { f.algorithm, f.hash = rsaWith(13, cmsNULL), crypto.SHA512 }, strict: "FAIL SIG_CONSTRAINTS_FAILURE"},
		{name: "signature by another hash verifies", rule: "R-C7", change: func(f *cmsForge) { f.algorithm, f.hash = rsaWith(13, cmsNULL), crypto.SHA512 }, strict: "OK "},
		{name: "rsaEncryption", rule: "R-C7", change: func(f *cmsForge) { f.algorithm = rsaWith(1, cmsNULL) }, strict: "OK "},
		{name: "rsaEncryption without parameters", rule: "R-C6", change: func(f *cmsForge) { f.algorithm = rsaWith(1, nil) }, strict: "OK "},
		{name: "RSA with other parameters", rule: "R-C6", change: func(f *cmsForge) { f.algorithm = rsaWith(11, []byte{0x30, 0}) }, strict: "FAIL SIG_CONSTRAINTS_FAILURE"},
		{name: "unknown signature algorithm", rule: "R-C6", change: func(f *cmsForge) { f.algorithm = cmsIdentifier(asn1.ObjectIdentifier{1, 2, 3}, nil) }, strict: "FAIL CRYPTO_CONSTRAINTS_FAILURE"},
		{name: "unknown signature algorithm is not checked", rule: "R-C7", change: func(f *cmsForge) { f.algorithm = cmsIdentifier(asn1.ObjectIdentifier{1, 2, 3}, nil) }, strict: "FAIL CRYPTO_CONSTRAINTS_FAILURE"},
		{name: "PSS without parameters", rule: "R-C6", change: func(f *cmsForge) { f.algorithm = rsaWith(10, nil) }, strict: "FAIL SIG_CONSTRAINTS_FAILURE"},
		{name: "PSS with defaults, which are SHA-1", rule: "R-C6", change: func(f *cmsForge) { f.algorithm = rsaWith(10, []byte{0x30, 0}) }, strict: "FAIL SIG_CONSTRAINTS_FAILURE"},
		{name: "algorithm protection", rule: "R-C6", change: func(f *cmsForge) { f.attributes = append(f.attributes, protection(f.digest, f.algorithm)) }, strict: "OK "},
		{name: "algorithm protection, NULL and absent", rule: "R-C6", change: func(f *cmsForge) {
			f.attributes = append(f.attributes, protection(sha(crypto.SHA256, cmsNULL), rsaWith(11, nil)))
		}, strict: "OK "},
		{name: "algorithm protection of another digest", rule: "R-C6", change: func(f *cmsForge) {
			f.attributes = append(f.attributes, protection(sha(crypto.SHA384, nil), f.algorithm))
		}, strict: "FAIL SIG_CONSTRAINTS_FAILURE"},
		{name: "algorithm protection of another signature", rule: "R-C6", change: func(f *cmsForge) { f.attributes = append(f.attributes, protection(f.digest, rsaWith(1, cmsNULL))) }, strict: "FAIL SIG_CONSTRAINTS_FAILURE"},
		{name: "algorithm protection malformed", rule: "R-C6", change: func(f *cmsForge) { f.attributes = append(f.attributes, octets(oidAlgorithmProtection, nil)) }, strict: "FAIL FORMAT_FAILURE"},
		{name: "signature over something else", rule: "R-C7", change: func(f *cmsForge) { f.signature = f.key.sign(RS256, []byte("else")) }, strict: "FAIL SIG_CRYPTO_FAILURE"},
		{name: "empty signature", rule: "R-C7", change: func(f *cmsForge) { f.signature = []byte{} }, strict: "FAIL SIG_CRYPTO_FAILURE"},
		{name: "ECDSA identifier, RSA key", rule: "R-C7", change: func(f *cmsForge) { f.algorithm = cmsBuild(ES256.addIdentifier) }, strict: "FAIL CRYPTO_CONSTRAINTS_FAILURE"},
		{name: "attributes unsorted, DER signed", rule: "R-C7", change: func(f *cmsForge) { unsorted(f); f.signSorted = true }, strict: "WARN "},
		{name: "attributes unsorted and signed so", rule: "R-C7", change: unsorted, strict: "FAIL SIG_CONSTRAINTS_FAILURE", legacy: "WARN "},
		{name: "DigestInfo without NULL", rule: "R-C7", change: func(f *cmsForge) {
			info := append([]byte{0x30, 0x2f, 0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 4, 0x20}, cmsSum(crypto.SHA256, rawAttributes(cbasn1.SET, f.attributes))...)
			f.signature = must(rsa.SignPKCS1v15(nil, f.key.key.(*rsa.PrivateKey), 0, info))
		}, strict: "WARN "},
		{name: "no certificates", rule: "R-C8", change: func(f *cmsForge) { f.certificates = nil }, strict: "FAIL NO_SIGNING_CERTIFICATE_FOUND"},
		{name: "no certificates, no check", rule: "R-C7", change: func(f *cmsForge) { f.certificates = nil }, strict: "FAIL NO_SIGNING_CERTIFICATE_FOUND"},
		{name: "signer's certificate missing", rule: "R-C8", change: func(f *cmsForge) { f.certificates = f.certificates[1:] }, strict: "FAIL NO_SIGNING_CERTIFICATE_FOUND"},
		{name: "another certificate of the same key", rule: "R-C8", change: func(f *cmsForge) {
			f.sid = cmsSID(twin)
			f.certificates = append(f.certificates, twin.Raw)
		}, strict: "FAIL NO_SIGNING_CERTIFICATE_FOUND"},
		{name: "both certificates under one key identifier", rule: "R-C8", change: func(f *cmsForge) {
			f.version, f.signerVersion, f.sid = 3, 3, []byte{0x80, 4, 1, 2, 3, 0}
			f.certificates = append([][]byte{twin.Raw}, f.certificates...)
		}, strict: "OK "},
		{name: "no signing-certificate", rule: "R-C8", change: func(f *cmsForge) { f.drop(oidSigningCertificateV2) }, strict: "FAIL SIG_CONSTRAINTS_FAILURE", legacy: "WARN "},
		{name: "signing-certificate malformed", rule: "R-C8", change: func(f *cmsForge) { f.set(octets(oidSigningCertificateV2, nil)) }, strict: "FAIL FORMAT_FAILURE"},
		{name: "signing-certificate version 1", rule: "R-C8", change: func(f *cmsForge) {
			f.drop(oidSigningCertificateV2)
			f.attributes = append(f.attributes, signingCertificateV1(f.certificates[0]))
		}, strict: "WARN "},
		{name: "version 1 names another", rule: "R-C8", change: func(f *cmsForge) { f.attributes = append(f.attributes, signingCertificateV1(twin.Raw)) }, strict: "FAIL NO_SIGNING_CERTIFICATE_FOUND"},
		{name: "SHA-1 content", rule: "R-C10", change: func(f *cmsForge) {
			f.digest = sha(crypto.SHA1, cmsNULL)
			f.set(octets(oidMessageDigest, cmsSum(crypto.SHA1, cmsContent)))
		}, strict: "FAIL CRYPTO_CONSTRAINTS_FAILURE"},
		{name: "SHA-1 content still compared", rule: "R-C4", change: func(f *cmsForge) {
			f.digest = sha(crypto.SHA1, cmsNULL)
			f.set(octets(oidMessageDigest, cmsSum(crypto.SHA1, cmsContent)))
		}, strict: "OK "},
		{name: "SHA-1 signature", rule: "R-C10", change: func(f *cmsForge) { f.algorithm, f.hash = rsaWith(5, cmsNULL), crypto.SHA1 }, strict: "FAIL CRYPTO_CONSTRAINTS_FAILURE"},
		{name: "SHA-1 signature still verified", rule: "R-C7", change: func(f *cmsForge) { f.algorithm, f.hash = rsaWith(5, cmsNULL), crypto.SHA1 }, strict: "OK "},
		{name: "MD5 signature", rule: "R-C10", change: func(f *cmsForge) { f.algorithm = rsaWith(4, cmsNULL) }, strict: "FAIL CRYPTO_CONSTRAINTS_FAILURE"},
		{name: "SHA3-256", rule: "R-C7", change: func(f *cmsForge) {
			f.digest, f.hash = sha(crypto.SHA3_256, nil), crypto.SHA3_256
			f.algorithm = cmsIdentifier(asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 14}, cmsNULL)
		}, strict: "OK "},
		{name: "ECDSA with SHA-384 on P-256", rule: "R-C7", change: func(f *cmsForge) {
			f.key, f.hash, f.sid = ec, crypto.SHA384, cmsSID(ec.leaf())
			f.certificates = [][]byte{ec.leaf().Raw}
			f.algorithm = cmsBuild(ES384.addIdentifier)
		}, strict: "OK "},
		{name: "signing-time", rule: "R-C11", change: func(f *cmsForge) { f.attributes = append(f.attributes, signingTimeAt(cmsSigned)) }, strict: "OK ", pades: "WARN ", legacy: "OK "},
		{name: "no signing-time", rule: "R-C11", change: func(*cmsForge) {}, strict: "WARN ", pades: "OK ", legacy: "OK "},
		{name: "signing-time malformed", rule: "R-C11", change: func(f *cmsForge) { f.attributes = append(f.attributes, octets(oidSigningTime, nil)) }, strict: "FAIL SIG_CONSTRAINTS_FAILURE", legacy: "WARN "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newForge()
			tt.change(f)
			c, err := ParseCMS(f.bytes())
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range []struct {
				profile Profile
				want    string
			}{{PAdES, cmp.Or(tt.pades, tt.strict)}, {CAdES, tt.strict}, {Legacy, cmp.Or(tt.legacy, tt.strict)}} {
				r := c.Check(0, digestOf(cmsContent), CheckOptions{Profile: p.profile, Content: cmsContent})
				if got := outcomes(r, tt.rule); !slices.Contains(got, p.want) || p.want == "OK " && len(got) > 1 {
					t.Errorf("profile %d: %s = %q, want %q", p.profile, tt.rule, got, p.want)
				}
				if len(c.Signers) > 0 {
					cmsEveryRule(t, r)
				}
			}
		})
	}
}

// cmsEveryRule: each rule answers, in the order of their numbers, whatever the others found.
func cmsEveryRule(t *testing.T, r CMSResult) {
	t.Helper()
	var rules []string
	for _, f := range r.Findings {
		rules = append(rules, f.Rule)
		if (f.Status == Fail) != (f.Sub != "") || (f.Status == OK) != (f.Message == "") {
			t.Errorf("finding %+v", f)
		}
	}
	want := []string{"R-C1", "R-C2", "R-C3", "R-C4", "R-C5", "R-C6", "R-C7", "R-C8", "R-C10", "R-C11"}
	if got := slices.Compact(rules); !slices.Equal(got, want) {
		t.Errorf("rules %q, want %q", got, want)
	}
}

// TestOutsideValidity: R-C11, in every profile.
func TestOutsideValidity(t *testing.T) {
	for _, at := range []time.Time{cmsNotBefore.Add(-time.Second), cmsNotAfter.Add(time.Second)} {
		f := newForge()
		f.attributes = append(f.attributes, signingTimeAt(at))
		c := must(ParseCMS(f.bytes()))
		for _, profile := range []Profile{PAdES, CAdES, Legacy} {
			r := c.Check(0, digestOf(cmsContent), CheckOptions{Profile: profile})
			if got := outcomes(r, "R-C11"); !slices.Contains(got, "FAIL SIG_CONSTRAINTS_FAILURE") {
				t.Errorf("%v, profile %d: %q", at, profile, got)
			}
		}
	}
}

// TestAttributeConfusion is the forgery of R-C5: somebody's signed attributes served as content of a CMS without attributes.
func TestAttributeConfusion(t *testing.T) {
	honest := newForge()
	attributes := rawAttributes(cbasn1.SET, honest.attributes)
	forged := newForge()
	forged.attributes = nil
	forged.signature = honest.key.sign(RS256, attributes)
	c := must(ParseCMS(forged.bytes()))
	check := func(o CheckOptions) CMSResult { return c.Check(0, digestOf(attributes), o) }

	r := check(CheckOptions{Profile: Legacy, Content: attributes})
	if got := outcomes(r, "R-C7"); !slices.Equal(got, []string{"OK "}) {
		t.Fatalf("the forgery does not verify (%q), so this test proves nothing", got)
	}
	for _, tt := range []struct {
		name string
		o    CheckOptions
		want string
	}{
		{"legacy", CheckOptions{Profile: Legacy, Content: attributes}, "FAIL FORMAT_FAILURE"},
		{"beginning of the content", CheckOptions{Profile: Legacy, Content: attributes[:64]}, "FAIL FORMAT_FAILURE"},
		{"PAdES", CheckOptions{Profile: PAdES, Content: attributes}, "FAIL FORMAT_FAILURE"},
		{"content withheld", CheckOptions{Profile: Legacy}, "FAIL SIGNED_DATA_NOT_FOUND"},
		{"ordinary content", CheckOptions{Profile: Legacy, Content: []byte("%PDF-1.7")}, "OK "},
		{"a SET of something else", CheckOptions{Profile: Legacy, Content: []byte{0x31, 2, 5, 0}}, "OK "},
		{"empty content", CheckOptions{Profile: Legacy, Content: []byte{}}, "OK "},
	} {
		if got := outcomes(check(tt.o), "R-C5"); !slices.Equal(got, []string{tt.want}) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestDigestUnavailable(t *testing.T) {
	unavailable := func(crypto.Hash) ([]byte, error) { return nil, errors.New("only SHA-512 is known") }
	c := must(ParseCMS(newForge().bytes()))
	for _, digest := range []func(crypto.Hash) ([]byte, error){unavailable, nil} {
		if got := outcomes(c.Check(0, digest, CheckOptions{}), "R-C4"); !slices.Equal(got, []string{"FAIL SIGNED_DATA_NOT_FOUND"}) {
			t.Errorf("got %q", got)
		}
	}
	bare := newForge()
	bare.attributes = nil
	c = must(ParseCMS(bare.bytes()))
	if got := outcomes(c.Check(0, unavailable, CheckOptions{Profile: Legacy, Content: cmsContent}), "R-C7"); !slices.Equal(got, []string{"FAIL SIGNED_DATA_NOT_FOUND"}) {
		t.Errorf("without attributes: %q", got)
	}
	for _, oid := range []asn1.ObjectIdentifier{cmsHashOID(crypto.MD5), {1, 2, 3}} {
		f := newForge()
		f.digest = cmsIdentifier(oid, nil)
		asked := false
		must(ParseCMS(f.bytes())).Check(0, func(crypto.Hash) ([]byte, error) { asked = true; return nil, nil }, CheckOptions{})
		if asked {
			t.Errorf("a digest by %v was asked for", oid)
		}
	}
}

// TestAttached: content inside, of a type as RFC 3161 tokens have it.
func TestAttached(t *testing.T) {
	tst := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	f := newForge()
	f.version, f.contentType, f.content = 3, tst, cmsContent
	f.set(cmsAttribute(oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(tst) }))
	f.attributes = append(f.attributes, signingTimeAt(cmsSigned))
	c := must(ParseCMS(f.bytes()))
	o := CheckOptions{Profile: CAdES, Attached: true, ContentType: tst}
	if r := c.Check(0, nil, o); r.Status() != OK {
		t.Errorf("%+v", r.Findings)
	}
	o.ContentType = oidSignedData
	if got := outcomes(c.Check(0, nil, o), "R-C3"); !slices.Equal(got, []string{"FAIL FORMAT_FAILURE"}) {
		t.Errorf("other type: %q", got)
	}
	c = must(ParseCMS(newForge().bytes()))
	if got := outcomes(c.Check(0, digestOf(cmsContent), CheckOptions{Attached: true}), "R-C3"); !slices.Equal(got, []string{"FAIL SIGNED_DATA_NOT_FOUND"}) {
		t.Errorf("content missing: %q", got)
	}
}

// TestUnparsableCertificate: a signer whose serial number crypto/x509 refuses is found and verified, and comes back without Certificate.
func TestUnparsableCertificate(t *testing.T) {
	f := newForge()
	raw := bytes.Clone(f.certificates[0])
	i := bytes.Index(raw, []byte{2, 2, 0x10, 0}) // serial 0x1000
	raw[i+2] = 0x90
	f.certificates[0] = raw
	f.sid = bytes.Replace(f.sid, []byte{2, 2, 0x10, 0}, []byte{2, 2, 0x90, 0}, 1)
	f.set(must(signingCertificateV2(&x509.Certificate{Raw: raw})))
	c := must(ParseCMS(f.bytes()))
	r := c.Check(0, digestOf(cmsContent), CheckOptions{})
	if r.Status() != OK || r.Signer.Certificate != nil || r.Signer.Err == nil || !bytes.Equal(r.Signer.Raw, raw) {
		t.Errorf("%+v", r)
	}
}

// TestEd25519 reads what we do not write (RFC 8419).
func TestEd25519(t *testing.T) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := cmsCertificate(0x1234, "Ed25519", nil, pub, nil, key)
	for _, tt := range []struct {
		hash crypto.Hash
		want string
	}{{crypto.SHA512, "OK "}, {crypto.SHA256, "WARN "}} {
		f := newForge()
		f.digest = cmsIdentifier(cmsHashOID(tt.hash), nil)
		f.digests = [][]byte{f.digest}
		f.set(octets(oidMessageDigest, cmsSum(tt.hash, cmsContent)))
		f.set(must(signingCertificateV2(leaf)))
		f.certificates, f.sid = [][]byte{leaf.Raw}, cmsSID(leaf)
		f.algorithm = cmsIdentifier(oidEd25519, nil)
		f.signature = ed25519.Sign(key, rawAttributes(cbasn1.SET, f.attributes))
		r := must(ParseCMS(f.bytes())).Check(0, digestOf(cmsContent), CheckOptions{})
		if got := outcomes(r, "R-C6"); r.Status() == Fail || !slices.Equal(got, []string{tt.want}) {
			t.Errorf("%v: %+v", tt.hash, r.Findings)
		}
		f.signature[0] ^= 1
		r = must(ParseCMS(f.bytes())).Check(0, digestOf(cmsContent), CheckOptions{})
		if got := outcomes(r, "R-C7"); !slices.Equal(got, []string{"FAIL SIG_CRYPTO_FAILURE"}) {
			t.Errorf("changed: %q", got)
		}
	}
}
