package certs_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/certs/devca"
)

// TestStock: what is authentic is told whatever its time, what is not never.
func TestStock(t *testing.T) {
	ca := newCA(t, devca.Options{})
	issued := issue(t, ca, chair())
	cert, issuer := issued.Certificate, ca.Issuing().Certificate
	ocsp := func(change func(*devca.OCSPResponse)) []byte {
		r := devca.OCSPResponse{
			Issuer: issuer, Serial: cert.SerialNumber, ProducedAt: now, ThisUpdate: now, NextUpdate: now.Add(time.Hour),
			Signer: ca.Responder(), Certificates: []*x509.Certificate{ca.Responder().Certificate},
		}
		if change != nil {
			change(&r)
		}
		der, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	crl, err := ca.CRL(ca.Issuing())
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := stranger().CRL(stranger().Issuing())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name      string
		ocsp, crl []byte
		want      int
	}{
		{"current", ocsp(nil), crl, 2},
		{"of long ago", ocsp(func(r *devca.OCSPResponse) {
			r.ProducedAt, r.ThisUpdate, r.NextUpdate = now.Add(-time.Hour), now.Add(-time.Hour), now.Add(-time.Minute)
		}), nil, 1},
		{"stated as of later than signed", ocsp(func(r *devca.OCSPResponse) { r.ThisUpdate, r.NextUpdate = now.Add(time.Hour), now.Add(2*time.Hour) }), nil, 0},
		{"next before this", ocsp(func(r *devca.OCSPResponse) { r.NextUpdate = now.Add(-time.Hour) }), nil, 0},
		{"by a stranger", ocsp(func(r *devca.OCSPResponse) {
			r.Signer, r.Certificates = stranger().Responder(), []*x509.Certificate{stranger().Responder().Certificate}
		}), foreign, 0},
		{"garbage", []byte("garbage"), []byte("garbage"), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stock certs.Stock
			stock.AddOCSP(test.ocsp)
			stock.AddOCSP(test.ocsp)
			if test.crl != nil {
				stock.AddCRL(test.crl)
			}
			answers, err := stock.About(cert, issuer)
			if err != nil || len(answers) != test.want {
				t.Errorf("got %d answers, %v, want %d", len(answers), err, test.want)
			}
			strays := stock.Strays([]*x509.Certificate{cert, issuer}, []*x509.Certificate{ca.Root().Certificate})
			if (len(strays) > 0) != (test.want == 0) {
				t.Errorf("%d strays beside %d answers", len(strays), test.want)
			}
		})
	}
}

// TestStockLimit: thousands of answers that name a certificate are not all checked.
func TestStockLimit(t *testing.T) {
	ca := newCA(t, devca.Options{})
	issued := issue(t, ca, chair())
	r := devca.OCSPResponse{
		Issuer: ca.Issuing().Certificate, Serial: issued.Certificate.SerialNumber, ProducedAt: now, ThisUpdate: now,
		Signer: stranger().Responder(),
	}
	var stock certs.Stock
	for n := range 300 {
		r.NextUpdate = now.Add(time.Duration(n+1) * time.Minute)
		der, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		stock.AddOCSP(der)
	}
	if _, err := stock.About(issued.Certificate, ca.Issuing().Certificate); err == nil {
		t.Error("300 forged answers are all looked at")
	}
}

// TestStockLimitOfLists: behind more forged lists than are checked, the one that tells of a revocation is not found, and
// asking again does not make it one that is not there.
func TestStockLimitOfLists(t *testing.T) {
	ca := newCA(t, devca.Options{})
	cert, issuer := issue(t, ca, chair()).Certificate, ca.Issuing().Certificate
	list := newCRL(t, ca.Issuing(), nil, x509.RevocationListEntry{SerialNumber: cert.SerialNumber, RevocationTime: now})
	var stock certs.Stock
	for n := range 300 {
		forged := bytes.Clone(list)
		forged[len(forged)-1-n/128] ^= byte(1 + n%128)
		stock.AddCRL(forged)
	}
	stock.AddCRL(list)
	for n := range 100 {
		if answers, err := stock.About(cert, issuer); !errors.Is(err, certs.ErrTooLarge) {
			t.Fatalf("asked %d times: got %d answers, %v, want %v", n+1, len(answers), err, certs.ErrTooLarge)
		}
	}
}

// TestAlgorithms: the table can be read, and only those in it are believed.
func TestAlgorithms(t *testing.T) {
	raw, err := os.ReadFile("algorithms.json")
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(raw) || sha256.Sum256(raw) != certs.AlgorithmsHash() {
		t.Error("the table is not the one that is embedded, or no JSON")
	}
	ca := newCA(t, devca.Options{})
	for _, test := range []struct {
		key   string
		until string
	}{
		{"rsa2048", "2029-01-01"}, {"rsa3072", "9999-12-31"}, {"p256", "9999-12-31"}, {"rsa1024", "0001-01-01"},
	} {
		profile := chair()
		profile.Key = test.key
		issued, err := ca.Issue(profile)
		if err != nil {
			t.Fatal(err)
		}
		if got := certs.Believed(issued.Certificate).Format(time.DateOnly); got != test.until {
			t.Errorf("%s: got %s, want %s", test.key, got, test.until)
		}
	}
}

// TestAnchorPeriods: PEM headers bound the time for which an anchor is trusted.
func TestAnchorPeriods(t *testing.T) {
	root := newCA(t, devca.Options{}).Root().Certificate
	block := func(headers string) string {
		plain := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}))
		return strings.Replace(plain, "-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\n"+headers, 1)
	}
	year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, test := range []struct {
		name  string
		files map[string]string
		want  certs.Period
		fails bool
	}{
		{"none", map[string]string{"a.pem": block("")}, certs.Period{}, false},
		{"until", map[string]string{"a.pem": block("Trusted-Until: 2030-01-01T00:00:00Z\n\n")}, certs.Period{Until: year(2030)}, false},
		{"both", map[string]string{"a.pem": block("Trusted-From: 2020-01-01T00:00:00Z\nTrusted-Until: 2030-01-01T00:00:00Z\n\n")},
			certs.Period{From: year(2020), Until: year(2030)}, false},
		{"twice, the narrower", map[string]string{
			"a.pem": block("Trusted-From: 2020-01-01T00:00:00Z\nTrusted-Until: 2030-01-01T00:00:00Z\n\n"),
			"b.pem": block("Trusted-From: 2022-01-01T00:00:00Z\nTrusted-Until: 2031-01-01T00:00:00Z\n\n"),
		}, certs.Period{From: year(2022), Until: year(2030)}, false},
		{"no date", map[string]string{"a.pem": block("Trusted-Until: soon\n\n")}, certs.Period{}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range test.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			anchors, err := certs.LoadAnchors(dir)
			if (err != nil) != test.fails {
				t.Fatal(err)
			}
			if got := anchors.Period(root); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
			bare := certs.Anchors{CA: anchors.CA, TSA: anchors.TSA}
			if same := bare.Hash() == anchors.Hash(); same != (test.want == certs.Period{}) {
				t.Error("the hash of the anchors does not tell their periods")
			}
		})
	}
}
