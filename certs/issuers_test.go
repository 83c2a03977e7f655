package certs_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.mozilla.org/pkcs7"

	"kytiem/certs"
	"kytiem/certs/devca"
)

// served answers with this body, and counts how often.
func served(t *testing.T, status int, body []byte) (address string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/issuer", asked
}

// asking is a source that may ask this machine for issuers.
func asking() *certs.HTTP { return &certs.HTTP{AllowPrivate: true, PrivateIssuers: true, Now: fixed} }

// TestIssuers: in whichever form an issuer's certificate lies there, a path is found with it; what did not sign the one
// below is of no use.
func TestIssuers(t *testing.T) {
	ca := newCA(t, devca.Options{})
	issuing, anchors := ca.Issuing().Certificate, certs.Anchors{CA: certs.Path{ca.Root().Certificate}}
	bag, err := pkcs7.DegenerateCertificate(slices.Concat(stranger().Issuing().Certificate.Raw, issuing.Raw))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		status int
		body   []byte
		found  bool
	}{
		{"DER", 200, issuing.Raw, true},
		{"PEM", 200, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issuing.Raw}), true},
		{"certs-only message", 200, bag, true},
		{"a stranger of the same name", 200, stranger().Issuing().Certificate.Raw, false},
		{"the leaf's own root", 200, ca.Root().Certificate.Raw, false},
		{"garbage", 200, []byte("<html>"), false},
		{"nothing", 200, nil, false},
		{"not there", 404, issuing.Raw, false},
		{"too large", 200, append(slices.Clone(issuing.Raw), make([]byte, 64<<10)...), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			url, asked := served(t, test.status, test.body)
			leaf := issue(t, ca, altered(func(c *x509.Certificate) { c.IssuingCertificateURL = []string{url} })).Certificate
			source := asking()
			for range 3 { // of which the cache answers two
				paths, err := anchors.Paths(t.Context(), source, certs.Signing, leaf, nil, now)
				if test.found != (err == nil) || test.found && len(paths[0]) != 3 {
					t.Errorf("got %v and %v, want a path: %v", lengths(paths), err, test.found)
				}
			}
			if n := asked.Load(); n != 1 {
				t.Errorf("asked %d times, want once", n)
			}
		})
	}
}

// TestIssuersGuarded: the addresses are a stranger's word.
func TestIssuersGuarded(t *testing.T) {
	ca := newCA(t, devca.Options{})
	anchors := certs.Anchors{CA: certs.Path{ca.Root().Certificate}}
	url, asked := served(t, 200, ca.Issuing().Certificate.Raw)
	naming := func(urls ...string) *x509.Certificate {
		return issue(t, ca, altered(func(c *x509.Certificate) { c.IssuingCertificateURL = urls })).Certificate
	}
	for name, test := range map[string]struct {
		leaf   *x509.Certificate
		source certs.RevocationSource
	}{
		"a private address": {naming(url), source()}, // which may ask a responder there, and still no issuer
		"a third address":   {naming("ldap://x/", "file:///etc/passwd", url), asking()},
		"no connection":     {naming(url), certs.Offline{}},
		"nobody to ask":     {naming(url), nil},
		"no anchors at all": {naming(url), asking()},
		"no address":        {naming(), asking()},
		"no URL":            {naming(url + "\x00"), asking()},
	} {
		t.Run(name, func(t *testing.T) {
			trusted := anchors
			if name == "no anchors at all" {
				trusted.CA = nil
			}
			if paths, err := trusted.Paths(t.Context(), test.source, certs.Signing, test.leaf, nil, now); err == nil {
				t.Errorf("got %v", lengths(paths))
			}
		})
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

// TestIssuersBounded: a ladder of authorities, each of which names an address for the next, is climbed four rungs and no
// further, and a silent address costs five seconds once.
func TestIssuersBounded(t *testing.T) {
	var asked atomic.Int32
	ladder := make(map[string][]byte)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_, _ = w.Write(ladder[r.URL.Path])
	}))
	t.Cleanup(server.Close)
	ca := newCA(t, devca.Options{})
	top := ca.Root()
	address := func(n int) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.IssuingCertificateURL = []string{fmt.Sprintf("%s/%d", server.URL, n)} }
	}
	for n := range 6 {
		next := subordinate(t, top, fmt.Sprintf("rung %d", n), newECDSA(t), address(n))
		ladder[fmt.Sprintf("/%d", n+1)] = next.Certificate.Raw
		top = next
	}
	leaf := leafUnder(t, top, newECDSA(t), address(6))
	if found := asking().Issuers(t.Context(), leaf, nil); len(found) != 4 || asked.Load() != 4 {
		t.Errorf("found %d after asking %d times, want 4 and 4", len(found), asked.Load())
	}

	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	leaf = leafUnder(t, top, newECDSA(t), func(c *x509.Certificate) { c.IssuingCertificateURL = []string{silent.URL} })
	source := asking()
	source.Timeout = 200 * time.Millisecond
	start := time.Now()
	for range 5 {
		if found := source.Issuers(t.Context(), leaf, nil); found != nil {
			t.Errorf("found %d", len(found))
		}
	}
	if took := time.Since(start); took > 900*time.Millisecond {
		t.Errorf("a silent address cost %v", took)
	}
}

// FuzzParseIssuers: whatever comes is certificates, or nothing; of what is read each is the very bytes that came.
func FuzzParseIssuers(f *testing.F) {
	ca := newCA(f, devca.Options{})
	der := ca.Issuing().Certificate.Raw
	bag, err := pkcs7.DegenerateCertificate(slices.Concat(der, ca.Root().Certificate.Raw))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{der, bag, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		found := certs.ParseIssuers(raw)
		if len(found) > 16 {
			t.Errorf("%d certificates", len(found))
		}
		if block, _ := pem.Decode(raw); block != nil {
			raw = block.Bytes
		}
		for _, c := range found {
			if !bytes.Contains(raw, c.Raw) {
				t.Error("a certificate that did not come")
			}
		}
	})
}
