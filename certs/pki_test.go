package certs_test

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"sync"
	"testing"
	"time"

	"kytiem/certs/devca"
)

// now is the instant at which the tests take place.
var now = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func fixed() time.Time { return now }

// newCA serves a development CA whose clock stands at now.
func newCA(t testing.TB, o devca.Options) *devca.CA {
	t.Helper()
	if o.Now == nil {
		o.Now = fixed
	}
	ca, err := devca.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ca.Serve(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	return ca
}

// stranger is an authority of the same names with other keys, made once.
var stranger = sync.OnceValue(func() *devca.CA {
	ca, err := devca.New(devca.Options{FreshKeys: true, Now: fixed})
	if err != nil {
		panic(err)
	}
	return ca
})

// chair is the usual signer: a person within an organisation.
func chair() devca.Profile {
	return devca.Profile{
		Kind: devca.Person, CommonName: "Nguyễn Thị Hòa, BS", Organization: "Ủy ban nhân dân xã Phú Lý", Title: "Chủ tịch",
		Province: "Đồng Nai", Locality: "Vĩnh Cửu", Identifiers: []string{"MST:3600000001", "CCCD:075180000001"}, Key: "p256",
	}
}

func issue(t testing.TB, ca *devca.CA, p devca.Profile) devca.Issued {
	t.Helper()
	issued, err := ca.Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

func altered(alter func(*x509.Certificate)) devca.Profile {
	p := chair()
	p.Alter = alter
	return p
}

// subordinate makes an authority below another, outside the lists of the CA.
func subordinate(t testing.TB, issuer devca.Authority, name string, key crypto.Signer, alter func(*x509.Certificate)) devca.Authority {
	t.Helper()
	template := &x509.Certificate{
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(5, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	template.Subject.CommonName = name
	if alter != nil {
		alter(template)
	}
	cert, err := issuer.Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return devca.Authority{Certificate: cert, Key: key}
}

func leafUnder(t testing.TB, issuer devca.Authority, key crypto.Signer, alter func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	template.Subject.CommonName = "leaf"
	if alter != nil {
		alter(template)
	}
	cert, err := issuer.Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

var (
	sha256WithRSA   = pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, Parameters: asn1.NullRawValue}
	ecdsaWithSHA256 = pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}}
)

// signed wraps any bytes as certificates and CRLs are: followed by algorithm and signature.
func signed(t testing.TB, by devca.Authority, tbs []byte) []byte {
	t.Helper()
	digest := sha256.Sum256(tbs)
	signature, err := by.Key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	algorithm := ecdsaWithSHA256
	if by.Certificate.PublicKeyAlgorithm == x509.RSA {
		algorithm = sha256WithRSA
	}
	der, err := asn1.Marshal(struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{asn1.RawValue{FullBytes: tbs}, algorithm, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}})
	if err != nil {
		t.Fatal(err)
	}
	return der
}
