package main

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"kytiem/certs/devca"
)

// request is one element of --profiles: a profile and the name of its files.
type request struct {
	Name string `json:"name"`
	devca.Profile
}

var fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// readProfiles reads the JSON array from a file, or for "-" from stdin, of which it takes no more than the array.
func readProfiles(path string, stdin io.Reader) ([]request, error) {
	if path == "" {
		return nil, nil
	}
	source := stdin
	if path != "-" {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading the profiles: %w", err)
		}
		source = bytes.NewReader(raw)
	}
	var requests []request
	decoder := json.NewDecoder(source)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&requests); err != nil {
		return nil, fmt.Errorf("reading the profiles: %w", err)
	}
	seen := map[string]bool{}
	for i, r := range requests {
		if !fileName.MatchString(r.Name) || seen[r.Name] {
			return nil, fmt.Errorf("profile %d: its name is no file name, or taken", i+1)
		}
		seen[r.Name] = true
	}
	return requests, nil
}

// issueAll makes the files of each profile, or leaves those of an earlier start that still serve.
func issueAll(dir string, ca *devca.CA, requests []request) error {
	if len(requests) == 0 {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making %s: %w", dir, err)
	}
	for _, r := range requests {
		base := filepath.Join(dir, r.Name)
		if stillServes(base, ca, r.Profile) {
			continue
		}
		if err := issueOne(base, ca, r.Profile); err != nil {
			return fmt.Errorf("issuing for %s: %w", r.Name, err)
		}
	}
	return nil
}

func issueOne(base string, ca *devca.CA, profile devca.Profile) error {
	issued, err := ca.Issue(profile)
	if err != nil {
		return err
	}
	password := rand.Text()
	packed, err := issued.PKCS12(password)
	if err != nil {
		return err
	}
	for ending, content := range map[string][]byte{
		".p12": packed, ".pass": []byte(password + "\n"), ".pem": encodePEM(append([]*x509.Certificate{issued.Certificate}, issued.Chain...)...),
	} {
		if err := replaceFile(base+ending, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// stillServes says whether all files are there and the certificate is of this authority and for this profile, names the
// authority's present address, and lasts another day.
func stillServes(base string, ca *devca.CA, profile devca.Profile) bool {
	for _, ending := range []string{".p12", ".pass"} {
		if _, err := os.Stat(base + ending); err != nil {
			return false
		}
	}
	subject, err := profile.Subject()
	if err != nil {
		return false
	}
	raw, err := os.ReadFile(base + ".pem")
	block, _ := pem.Decode(raw)
	if err != nil || block == nil {
		return false
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	return err == nil && cert.CheckSignatureFrom(ca.Issuing().Certificate) == nil && bytes.Equal(cert.RawSubject, subject) &&
		slices.Equal(cert.OCSPServer, []string{ca.URL() + "/ocsp"}) && time.Until(cert.NotAfter) > 24*time.Hour
}

// writeAnchors fills the trust directory, always under the same names, so that the roots of a former authority go. The
// root of signers lies directly in it, where an anchor serves every purpose.
func writeAnchors(dir string, ca *devca.CA) error {
	for name, cert := range map[string]*x509.Certificate{
		"root.pem": ca.Root().Certificate, "tsa/tsa-root.pem": ca.TSARoot().Certificate,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return fmt.Errorf("making the trust directory: %w", err)
		}
		if err := replaceFile(path, encodePEM(cert), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func encodePEM(certs ...*x509.Certificate) []byte {
	var out []byte
	for _, cert := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})...)
	}
	return out
}

// replaceFile writes beside and renames, so that a reader never sees half a file.
func replaceFile(path string, content []byte, mode os.FileMode) error {
	if err := errors.Join(os.WriteFile(path+".new", content, mode), os.Rename(path+".new", path)); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
