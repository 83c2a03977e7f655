package desktest

import (
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/certs/devca"
	"kytiem/signer"
)

// Authority is a throwaway CA that goes by now and answers over HTTP at url.
func Authority(t testing.TB, now func() time.Time) (ca *devca.CA, url string) {
	t.Helper()
	ca, err := devca.New(devca.Options{Now: now, OCSPFor: time.Hour})
	if err == nil {
		url, err = ca.Serve(t.Context(), "127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	return ca, url
}

// Head certifies a head of the commune whose certificate carries these identifiers.
func Head(t testing.TB, ca *devca.CA, identifiers ...string) devca.Issued {
	t.Helper()
	return issue(t, ca, devca.Profile{Kind: devca.Person, CommonName: "Trần Văn Mẫu", Organization: "Ủy ban nhân dân xã Phú Hòa",
		Title: "Chủ tịch", Identifiers: append(identifiers, "CCCD:075070000001")})
}

// Seal certifies the commune itself, with these identifiers.
func Seal(t testing.TB, ca *devca.CA, identifiers ...string) devca.Issued {
	t.Helper()
	return issue(t, ca, devca.Profile{Kind: devca.Organisation, CommonName: "Ủy ban nhân dân xã Phú Hòa",
		Organization: "Ủy ban nhân dân xã Phú Hòa", Identifiers: identifiers})
}

func issue(t testing.TB, ca *devca.CA, p devca.Profile) devca.Issued {
	t.Helper()
	issued, err := ca.Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

// Carrier is a key as a file brings it.
func Carrier(t testing.TB, issued devca.Issued) *signer.PKCS12 {
	t.Helper()
	p12, err := issued.PKCS12("x")
	if err != nil {
		t.Fatal(err)
	}
	key, err := signer.OpenPKCS12(p12, "x")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Statements gives a service a key of its own, certified by an authority that it trusts.
func Statements(t testing.TB, o *attest.Options) {
	t.Helper()
	ca, _ := Authority(t, begun)
	key := Carrier(t, issue(t, ca, devca.Profile{Kind: devca.Organisation, CommonName: "Ký Tiêm", Identifiers: []string{"MST:0000000001"}, Key: "p256"}))
	o.Anchors.CA = append(o.Anchors.CA, ca.Root().Certificate)
	o.Statements = &attest.Statements{Carrier: key}
	for _, c := range key.Certificates() {
		o.Statements.Chain = append(o.Statements.Chain, c.Raw)
	}
}
