package certs_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"strings"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/certs/devca"
)

func TestCheckUsage(t *testing.T) {
	ca := newCA(t, devca.Options{})
	usage := func(bits x509.KeyUsage, purposes ...x509.ExtKeyUsage) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.KeyUsage, c.ExtKeyUsage = bits, purposes }
	}
	purpose := func(id ...int) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.ExtKeyUsage, c.UnknownExtKeyUsage = nil, []asn1.ObjectIdentifier{id}
		}
	}
	tests := []struct {
		name  string
		alter func(*x509.Certificate)
		want  error
	}{
		{"as issued", nil, nil},
		{"digitalSignature alone", usage(x509.KeyUsageDigitalSignature), nil},
		{"nonRepudiation alone", usage(x509.KeyUsageContentCommitment), nil},
		{"keyEncipherment alone", usage(x509.KeyUsageKeyEncipherment), certs.ErrUsage},
		{"no keyUsage", usage(0), certs.ErrUsage},
		{"any purpose", usage(x509.KeyUsageDigitalSignature, x509.ExtKeyUsageAny), nil},
		{"emailProtection among others", usage(x509.KeyUsageDigitalSignature, x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageEmailProtection), nil},
		{"documentSigning", purpose(1, 3, 6, 1, 5, 5, 7, 3, 36), nil},
		{"Adobe", purpose(1, 2, 840, 113583, 1, 1, 5), nil},
		{"Microsoft", purpose(1, 3, 6, 1, 4, 1, 311, 10, 3, 12), nil},
		{"another purpose", purpose(1, 2, 3, 4), certs.ErrUsage},
		{"timeStamping", usage(x509.KeyUsageDigitalSignature, x509.ExtKeyUsageTimeStamping), certs.ErrUsage},
		{"OCSPSigning", usage(x509.KeyUsageDigitalSignature, x509.ExtKeyUsageOCSPSigning), certs.ErrUsage},
		{"serverAuth", usage(x509.KeyUsageDigitalSignature, x509.ExtKeyUsageServerAuth), certs.ErrUsage},
		{"CA", func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }, certs.ErrUsage},
		{"keyCertSign", usage(x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign), certs.ErrUsage},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := certs.CheckUsage(issue(t, ca, altered(test.alter)).Certificate)
			if !errors.Is(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestCheckStrength(t *testing.T) {
	ca := newCA(t, devca.Options{})
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		profile devca.Profile
		want    error
	}{
		{"P-256", devca.Profile{Key: "p256"}, nil},
		{"P-384", devca.Profile{Key: "p384"}, nil},
		{"RSA 2048", devca.Profile{Key: "rsa2048"}, nil},
		{"RSA 1024", devca.Profile{Key: "rsa1024"}, certs.ErrWeak},
		{"P-224", devca.Profile{Signer: p224}, certs.ErrWeak},
		{"certified with SHA-1", devca.Profile{Key: "p256", Alter: withSHA1}, certs.ErrWeak},
		{"certified with PSS", devca.Profile{Key: "p256", Alter: func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA256WithRSAPSS }}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.profile.Kind = devca.Organisation
			if got := certs.CheckStrength(issue(t, ca, test.profile).Certificate); !errors.Is(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func withSHA1(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA }

func TestCheckValidity(t *testing.T) {
	ca := newCA(t, devca.Options{})
	profile := chair()
	profile.NotBefore, profile.NotAfter = now.AddDate(0, -1, 0), now.AddDate(0, 1, 0)
	cert := issue(t, ca, profile).Certificate
	tests := []struct {
		name string
		at   time.Time
		want error
	}{
		{"before", profile.NotBefore.Add(-time.Second), certs.ErrNotYetValid},
		{"first second", profile.NotBefore, nil},
		{"last second", profile.NotAfter, nil},
		{"after", profile.NotAfter.Add(time.Second), certs.ErrExpired},
		{"no time at all", time.Time{}, certs.ErrNotYetValid},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := certs.CheckValidity(cert, test.at)
			if !errors.Is(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if got != nil && (!strings.Contains(got.Error(), certs.Serial(cert)) || strings.Contains(got.Error(), "Hòa")) {
				t.Errorf("got %q, want the serial number and no name", got)
			}
		})
	}
}
