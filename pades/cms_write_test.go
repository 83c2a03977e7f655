package pades

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"testing"
	"time"

	"go.mozilla.org/pkcs7"
)

func TestSignedAttributes(t *testing.T) {
	s := cmsKeys()["RSA-2048"]
	digest := cmsSum(crypto.SHA256, cmsContent)
	tests := []struct {
		name     string
		at       time.Time
		wantTime []byte // encoded, with tag
	}{
		{name: "PAdES, no time"},
		{name: "UTCTime", at: cmsSigned, wantTime: []byte("\x17\x0d261123030405Z")},
		{name: "local time is written in UTC", at: cmsSigned.In(time.FixedZone("ICT", 7*3600)), wantTime: []byte("\x17\x0d261123030405Z")},
		{name: "last UTCTime", at: time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC), wantTime: []byte("\x17\x0d491231235959Z")},
		{name: "GeneralizedTime", at: time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC), wantTime: []byte("\x18\x0f20500101000000Z")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			attrs, err := SignedAttributes(AttributeOptions{Digest: digest, Hash: crypto.SHA256, Certificate: s.leaf(), SigningTime: tt.at})
			if err != nil {
				t.Fatal(err)
			}
			if got := bytes.Contains(attrs, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05}); got != !tt.at.IsZero() {
				t.Errorf("signing-time present = %v", got)
			}
			if !bytes.Contains(attrs, tt.wantTime) {
				t.Errorf("%x does not contain %x", attrs, tt.wantTime)
			}
			// encoding/asn1 as second reader: what it writes back with "set" it has sorted itself.
			var set []struct {
				Type   asn1.ObjectIdentifier
				Values asn1.RawValue
			}
			if rest, err := asn1.UnmarshalWithParams(attrs, &set, "set"); err != nil || len(rest) != 0 {
				t.Fatalf("asn1: %v, %d bytes left", err, len(rest))
			}
			again, err := asn1.MarshalWithParams(set, "set")
			if err != nil || !bytes.Equal(again, attrs) {
				t.Errorf("not in DER order: %x, %v", again, err)
			}
		})
	}
}

func TestSignedAttributesRefuses(t *testing.T) {
	leaf := cmsKeys()["RSA-2048"].leaf()
	tests := []struct {
		name string
		o    AttributeOptions
	}{
		{"no digest", AttributeOptions{Hash: crypto.SHA256, Certificate: leaf}},
		{"digest of another length", AttributeOptions{Digest: make([]byte, 32), Hash: crypto.SHA512, Certificate: leaf}},
		{"SHA-1", AttributeOptions{Digest: make([]byte, 20), Hash: crypto.SHA1, Certificate: leaf}},
		{"no hash", AttributeOptions{Digest: make([]byte, 32), Certificate: leaf}},
		{"no certificate", AttributeOptions{Digest: make([]byte, 32), Hash: crypto.SHA256}},
		{"empty certificate", AttributeOptions{Digest: make([]byte, 32), Hash: crypto.SHA256, Certificate: &x509.Certificate{}}},
		{"impossible content type", AttributeOptions{Digest: make([]byte, 32), Hash: crypto.SHA256, Certificate: leaf, ContentType: asn1.ObjectIdentifier{9}}},
		{"year 10000", AttributeOptions{Digest: make([]byte, 32), Hash: crypto.SHA256, Certificate: leaf, SigningTime: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := SignedAttributes(tt.o); !errors.Is(err, ErrAttributes) {
				t.Errorf("got %x, %v, want ErrAttributes", got, err)
			}
		})
	}
}

func TestSignedDataRefuses(t *testing.T) {
	s, twin, ec := cmsKeys()["RSA-2048"], cmsKeys()["twin"], cmsKeys()["P-256"]
	attrs := must(SignedAttributes(AttributeOptions{Digest: make([]byte, 32), Hash: crypto.SHA256, Certificate: s.leaf()}))
	signature := s.sign(RS256, attrs)
	tests := []struct {
		name      string
		attrs     []byte
		alg       Algorithm
		signature []byte
		certs     []*x509.Certificate
		unsigned  []Attribute
	}{
		{"no certificate", attrs, RS256, signature, nil, nil},
		{"no signature", attrs, RS256, nil, s.carried(), nil},
		{"another certificate of the same key", attrs, RS256, signature, twin.carried(), nil},
		{"algorithm of another key", attrs, ES256, signature, s.carried(), nil},
		{"key of another algorithm", attrs, RS256, signature, ec.carried(), nil},
		{"digest of another algorithm", attrs, RS512, signature, s.carried(), nil},
		{"unknown algorithm", attrs, "HS256", signature, s.carried(), nil},
		{"no attributes", nil, RS256, signature, s.carried(), nil},
		{"bytes after the attributes", append(bytes.Clone(attrs), 0), RS256, signature, s.carried(), nil},
		{"empty set", []byte{0x31, 0}, RS256, signature, s.carried(), nil},
		{"unsigned attribute that is no DER", attrs, RS256, signature, s.carried(), []Attribute{TimeStampAttribute([]byte("token"))}},
		{"empty unsigned value", attrs, RS256, signature, s.carried(), []Attribute{TimeStampAttribute(nil)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := SignedData(tt.attrs, tt.alg, tt.signature, tt.certs, tt.unsigned...); err == nil {
				t.Errorf("got %d bytes, want an error", len(got))
			}
		})
	}
}

// cmsWritten are the combinations we write.
var cmsWritten = []struct {
	key string
	alg Algorithm
}{
	{"RSA-2048", RS256}, {"RSA-2048", RS384}, {"RSA-2048", RS512},
	{"RSA-2048", PS256}, {"RSA-2048", PS384}, {"RSA-2048", PS512},
	{"P-256", ES256}, {"P-384", ES384}, {"P-521", ES512},
}

func TestSignedData(t *testing.T) {
	for _, tt := range cmsWritten {
		t.Run(string(tt.alg), func(t *testing.T) {
			s := cmsKeys()[tt.key]
			token := s.cms(t, tt.alg, time.Time{}) // any CMS serves as a token here
			b := s.cms(t, tt.alg, cmsSigned, TimeStampAttribute(token))
			if got, bound := len(b)-len(token), SignedDataSize(s.carried(), tt.alg); got > bound {
				t.Errorf("%d bytes, bound %d", got, bound)
			}
			c, err := ParseCMS(b)
			if err != nil {
				t.Fatal(err)
			}
			if !c.IsDER || c.Length != len(b) || c.Content != nil || len(c.Signers) != 1 || len(c.Certificates) != 2 {
				t.Errorf("IsDER %v, Length %d of %d, Content %x, %d signers, %d certificates", c.IsDER, c.Length, len(b), c.Content, len(c.Signers), len(c.Certificates))
			}
			si := c.Signers[0]
			if at, err := si.SigningTime(); err != nil || !at.Equal(cmsSigned) {
				t.Errorf("SigningTime = %v, %v", at, err)
			}
			if got := si.TimeStamps(); len(got) != 1 || !bytes.Equal(got[0], token) {
				t.Errorf("%d time-stamps", len(got))
			}
			r := c.Check(0, digestOf(cmsContent), CheckOptions{Profile: CAdES})
			if r.Status() != OK || r.Algorithm != tt.alg || r.Hash != tt.alg.Hash() || !r.Signer.Certificate.Equal(s.leaf()) {
				t.Errorf("Check = %+v", r)
			}
			again := must(SignedAttributes(AttributeOptions{Digest: cmsSum(tt.alg.Hash(), cmsContent), Hash: tt.alg.Hash(), Certificate: s.leaf(), SigningTime: cmsSigned}))
			if !bytes.Equal(again[1:], si.SignedAttrsRaw[1:]) {
				t.Error("the same options gave other attributes")
			}
		})
	}
}

// TestSignedDataAgainstOpenSSL has another implementation judge signature, chain and signing-certificate-v2.
func TestSignedDataAgainstOpenSSL(t *testing.T) {
	for _, tt := range cmsWritten {
		t.Run(string(tt.alg), func(t *testing.T) {
			s := cmsKeys()[tt.key]
			for _, at := range []time.Time{{}, cmsSigned} {
				dir := t.TempDir()
				content := cmsFile(t, dir, "manifest.json", cmsContent)
				changed := cmsFile(t, dir, "changed.json", append(bytes.Clone(cmsContent), ' '))
				p7s := cmsFile(t, dir, "manifest.p7s", s.cms(t, tt.alg, at))
				root := cmsPEM(t, dir, "root.pem", s.chain[2])
				verify := func(content string) ([]byte, error) {
					return cmsOpenSSL(t, "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", p7s, "-content", content, "-CAfile", root, "-no-CApath", "-attime", "1800000000", "-out", dir+"/out")
				}
				if out, err := verify(content); err != nil {
					t.Errorf("openssl refuses: %v\n%s", err, out)
				}
				if out, err := verify(changed); err == nil {
					t.Errorf("openssl accepts changed content:\n%s", out)
				}
			}
		})
	}
}

// TestSignedDataAgainstMozilla: a second opinion; that library knows no RSA-PSS.
func TestSignedDataAgainstMozilla(t *testing.T) {
	for _, tt := range cmsWritten {
		if tt.alg.kind() == SchemeRSAPSS {
			continue
		}
		t.Run(string(tt.alg), func(t *testing.T) {
			s := cmsKeys()[tt.key]
			p7, err := pkcs7.Parse(s.cms(t, tt.alg, cmsSigned))
			if err != nil {
				t.Fatal(err)
			}
			p7.Content = cmsContent
			roots := x509.NewCertPool()
			roots.AddCert(s.chain[2])
			if err := p7.VerifyWithChain(roots); err != nil {
				t.Error(err)
			}
			p7.Content = append(bytes.Clone(cmsContent), ' ')
			if p7.Verify() == nil {
				t.Error("changed content is accepted")
			}
		})
	}
}
