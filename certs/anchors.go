package certs

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Limits on a trust directory. It is the operator's own, so they stop mistakes (a disk image, a home directory), not
// attacks.
const (
	maxAnchorFile  = 1 << 20
	maxAnchorFiles = 1000
)

// Anchors are the certificates at which trust ends, by purpose. The zero value trusts nobody, which is a legitimate
// configuration: every path then ends in ErrNoPath.
type Anchors struct {
	CA  []*x509.Certificate // for signers, and for their OCSP responders
	TSA []*x509.Certificate // for time-stamp authorities
}

// LoadAnchors reads the trust directory dir: certificates (PEM, several to a file, or DER) in files directly in dir serve
// every purpose, those in dir/ca and dir/tsa one each. Both subdirectories may be missing, dir may not.
//
// A file ending in .pem, .crt, .cer or .der has to hold certificates and nothing else, or the error names it; a file of
// another name that is not certificates only (a key, a README) is passed over, as are hidden files.
func LoadAnchors(dir string) (Anchors, error) {
	shared, err := loadCertificates(dir)
	if err != nil {
		return Anchors{}, fmt.Errorf("loading trust anchors: %w", err)
	}
	anchors := Anchors{CA: shared, TSA: slices.Clone(shared)}
	for _, purpose := range []struct {
		dir  string
		into *[]*x509.Certificate
	}{{"ca", &anchors.CA}, {"tsa", &anchors.TSA}} {
		own, err := loadCertificates(filepath.Join(dir, purpose.dir))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Anchors{}, fmt.Errorf("loading trust anchors: %w", err)
		}
		*purpose.into = distinct(append(*purpose.into, own...))
	}
	return anchors, nil
}

// Hash identifies the set of anchors, whatever the order and the files they came from. It is the SHA-256 of one line per
// anchor, "ca " or "tsa " and the hexadecimal SHA-256 of the certificate, lines sorted, each ended by a line feed.
func (a Anchors) Hash() [sha256.Size]byte {
	var lines []string
	for _, cert := range a.CA {
		lines = append(lines, fmt.Sprintf("ca %x\n", sha256.Sum256(cert.Raw)))
	}
	for _, cert := range a.TSA {
		lines = append(lines, fmt.Sprintf("tsa %x\n", sha256.Sum256(cert.Raw)))
	}
	slices.Sort(lines)
	return sha256.Sum256([]byte(strings.Join(slices.Compact(lines), "")))
}

// loadCertificates reads the files directly in dir, in the order of their names.
func loadCertificates(dir string) ([]*x509.Certificate, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	if len(entries) > maxAnchorFiles {
		return nil, fmt.Errorf("%s holds more than %d files", dir, maxAnchorFiles)
	}
	var certs []*x509.Certificate
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		// Stat follows links (configuration mounted into containers is links); opening a pipe would hang.
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.Mode().IsRegular() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		found, err := readCertificates(path)
		if err != nil {
			if !namedCertificate(path) {
				continue
			}
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		certs = append(certs, found...)
	}
	return distinct(certs), nil
}

func namedCertificate(path string) bool {
	return slices.Contains([]string{".pem", ".crt", ".cer", ".der"}, strings.ToLower(filepath.Ext(path)))
}

func readCertificates(path string) ([]*x509.Certificate, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxAnchorFile+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxAnchorFile {
		return nil, fmt.Errorf("more than %d bytes", maxAnchorFile)
	}
	return parseCertificates(raw)
}

// parseCertificates reads one DER certificate, or PEM blocks with text around them but no block of another type: a file
// with a private key in it is a mistake worth stopping for.
func parseCertificates(raw []byte) ([]*x509.Certificate, error) {
	blocks := bytes.Count(raw, []byte("-----BEGIN "))
	if blocks == 0 {
		cert, err := x509.ParseCertificate(raw)
		if err != nil {
			return nil, errors.New("neither PEM nor a DER certificate")
		}
		return []*x509.Certificate{cert}, nil
	}
	var certs []*x509.Certificate
	// By count, because pem.Decode passes over a broken block to the next good one without a word.
	for rest := raw; len(certs) < blocks; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, errors.New("broken PEM block")
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("PEM block of type %q among certificates", block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("PEM block %d is no certificate", len(certs)+1)
		}
		certs = append(certs, cert)
	}
	return certs, nil
}

// distinct keeps the first of equal certificates.
func distinct(certs []*x509.Certificate) []*x509.Certificate {
	seen := make(map[[sha256.Size]byte]bool, len(certs))
	var kept []*x509.Certificate
	for _, cert := range certs {
		if sum := sha256.Sum256(cert.Raw); !seen[sum] {
			seen[sum] = true
			kept = append(kept, cert)
		}
	}
	return kept
}
