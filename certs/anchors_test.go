package certs_test

import (
	"bytes"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kytiem/certs"
	"kytiem/certs/devca"
)

func TestLoadAnchors(t *testing.T) {
	ca := newCA(t, devca.Options{})
	root, tsa, issuing := ca.Root().Certificate.Raw, ca.TSARoot().Certificate.Raw, ca.Issuing().Certificate.Raw
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	cert := func(der []byte) string { return block("CERTIFICATE", der) }
	tests := []struct {
		name    string
		files   map[string]string
		ca, tsa int
		wrong   string // in the error
	}{
		{"empty", nil, 0, 0, ""},
		{"for every purpose", map[string]string{"a.pem": cert(root)}, 1, 1, ""},
		{"by purpose", map[string]string{"ca/a.pem": cert(root), "tsa/b.crt": string(tsa)}, 1, 1, ""},
		{"several in a file, text around", map[string]string{"a.cer": "root:\n" + cert(root) + "next:\n" + cert(issuing)}, 2, 2, ""},
		{"the same twice", map[string]string{"a.pem": cert(root), "ca/b.pem": cert(root)}, 1, 1, ""},
		{"DER without an ending", map[string]string{"root": string(root)}, 1, 1, ""},
		{"other files", map[string]string{"README": "roots", "x.json": "{}", "x.key": block("PRIVATE KEY", root),
			"both": cert(root) + block("PRIVATE KEY", root), ".hidden.pem": "x", "deeper/a.pem": cert(root)}, 0, 0, ""},
		{"broken PEM", map[string]string{"bad.pem": "-----BEGIN CERTIFICATE-----\n!!!"}, 0, 0, "bad.pem"},
		{"broken block before a good one", map[string]string{"bad.pem": "-----BEGIN CERTIFICATE-----\n!!!\n" + cert(root)}, 0, 0, "bad.pem"},
		{"PEM of nothing", map[string]string{"ca/bad.pem": block("CERTIFICATE", []byte("x"))}, 0, 0, "bad.pem"},
		{"empty PEM", map[string]string{"bad.pem": ""}, 0, 0, "bad.pem"},
		{"broken DER", map[string]string{"tsa/bad.der": "x"}, 0, 0, "bad.der"},
		{"a key among certificates", map[string]string{"bad.pem": cert(root) + block("PRIVATE KEY", root)}, 0, 0, "bad.pem"},
		{"too large", map[string]string{"bad.crt": strings.Repeat("x", 1<<20+1)}, 0, 0, "bad.crt"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range test.files {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := certs.LoadAnchors(dir)
			switch {
			case test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)):
				t.Errorf("got error %v, want one naming %s", err, test.wrong)
			case test.wrong == "" && err != nil:
				t.Error(err)
			case len(got.CA) != test.ca || len(got.TSA) != test.tsa:
				t.Errorf("got %d and %d anchors, want %d and %d", len(got.CA), len(got.TSA), test.ca, test.tsa)
			}
		})
	}
	if _, err := certs.LoadAnchors(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("got no error for a missing directory")
	}
}

func TestAnchorsHash(t *testing.T) {
	ca := newCA(t, devca.Options{})
	a, b := ca.Root().Certificate, ca.Issuing().Certificate
	want := certs.Anchors{CA: certs.Path{a, b}}.Hash()
	if got := (certs.Anchors{CA: certs.Path{b, a, b}}).Hash(); got != want {
		t.Error("order or repetition changes the hash")
	}
	for name, other := range map[string]certs.Anchors{
		"none": {}, "fewer": {CA: certs.Path{a}}, "other purpose": {TSA: certs.Path{a, b}}, "mixed": {CA: certs.Path{a}, TSA: certs.Path{b}},
	} {
		if got := other.Hash(); bytes.Equal(got[:], want[:]) {
			t.Errorf("%s: same hash", name)
		}
	}
}
