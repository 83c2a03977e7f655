package certs

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
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
	CA     []*x509.Certificate // for signers, and for their OCSP responders
	TSA    []*x509.Certificate // for time-stamp authorities
	Remote []*x509.Certificate // for signers whose keys a remote signing service keeps, beside CA

	// Periods bounds the time for which an anchor is trusted, by the SHA-256 of the certificate. One that is not in it is
	// trusted without bounds.
	Periods map[[sha256.Size]byte]Period

	// Domains says where anchors belong, by the SHA-256 of the certificate (see [Anchors.Domain]).
	Domains map[[sha256.Size]byte]Domain

	// Verified spares checking the same path's signatures for every document; nil checks them each time.
	Verified *VerifiedPaths
}

// Period is a stretch of time, both ends included. A zero end is open.
type Period struct{ From, Until time.Time }

// Holds says whether a time lies within.
func (p Period) Holds(at time.Time) bool {
	return (p.From.IsZero() || !at.Before(p.From)) && (p.Until.IsZero() || !at.After(p.Until))
}

// Period is the time for which an anchor is trusted.
func (a Anchors) Period(anchor *x509.Certificate) Period {
	if len(a.Periods) == 0 {
		return Period{}
	}
	return a.Periods[sha256.Sum256(anchor.Raw)]
}

// LoadAnchors reads the trust directory dir: certificates (PEM, several to a file, or DER) in files directly in dir serve
// every purpose, those in dir/ca, dir/tsa and dir/rs (remote signing) one each. The subdirectories may be missing, dir may not.
//
// The PEM headers Trusted-From and Trusted-Until (RFC 3339) bound the time for which a certificate is an anchor: an
// authority that has closed is still one for what was signed before. Given twice, the narrower holds. The header
// Trust-Domain (public, official) says where it belongs.
//
// A file ending in .pem, .crt, .cer or .der has to hold certificates and nothing else, or the error names it; a file of
// another name that is not certificates only (a key, a README) is passed over, as are hidden files.
func LoadAnchors(dir string) (Anchors, error) {
	anchors := Anchors{Verified: &VerifiedPaths{}}
	shared, err := anchors.load(dir)
	if err != nil {
		return Anchors{}, fmt.Errorf("loading trust anchors: %w", err)
	}
	anchors.CA, anchors.TSA = shared, slices.Clone(shared)
	for _, purpose := range []struct {
		dir  string
		into *[]*x509.Certificate
	}{{"ca", &anchors.CA}, {"tsa", &anchors.TSA}, {"rs", &anchors.Remote}} {
		own, err := anchors.load(filepath.Join(dir, purpose.dir))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Anchors{}, fmt.Errorf("loading trust anchors: %w", err)
		}
		*purpose.into = distinct(append(*purpose.into, own...))
	}
	return anchors, nil
}

// Hash identifies the set of anchors, whatever the order and the files they came from. It is the SHA-256 of one line per
// anchor, "ca ", "tsa " or "rs " and the hexadecimal SHA-256 of the certificate, followed where it is bounded by a blank, the
// beginning, a solidus and the end of its period, and where its domain is stated by a blank and that; lines sorted, each ended
// by a line feed.
func (a Anchors) Hash() [sha256.Size]byte {
	var lines []string
	for _, cert := range a.CA {
		lines = append(lines, "ca "+a.line(cert))
	}
	for _, cert := range a.TSA {
		lines = append(lines, "tsa "+a.line(cert))
	}
	for _, cert := range a.Remote {
		lines = append(lines, "rs "+a.line(cert))
	}
	slices.Sort(lines)
	return sha256.Sum256([]byte(strings.Join(slices.Compact(lines), "")))
}

func (a Anchors) line(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	text := hex.EncodeToString(sum[:])
	if period := a.Period(cert); period != (Period{}) {
		text += " " + dated(period.From) + "/" + dated(period.Until)
	}
	if domain := a.Domain(cert); domain != "" {
		text += " " + string(domain)
	}
	return text + "\n"
}

func dated(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// bound narrows the time for which an anchor is trusted.
func (a *Anchors) bound(cert *x509.Certificate, p Period) {
	if p == (Period{}) {
		return
	}
	if a.Periods == nil {
		a.Periods = make(map[[sha256.Size]byte]Period)
	}
	key := sha256.Sum256(cert.Raw)
	was := a.Periods[key]
	if p.From.After(was.From) {
		was.From = p.From
	}
	if was.Until.IsZero() || !p.Until.IsZero() && p.Until.Before(was.Until) {
		was.Until = p.Until
	}
	a.Periods[key] = was
}

// load reads the files directly in dir, in the order of their names.
func (a *Anchors) load(dir string) ([]*x509.Certificate, error) {
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
		found, words, err := readCertificates(path)
		if err != nil {
			if !namedCertificate(path) {
				continue
			}
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		for i, cert := range found {
			a.bound(cert, words[i].Period)
			if err := a.state(cert, words[i].domain); err != nil {
				return nil, fmt.Errorf("reading %s: %w", path, err)
			}
		}
		certs = append(certs, found...)
	}
	return distinct(certs), nil
}

func namedCertificate(path string) bool {
	return slices.Contains([]string{".pem", ".crt", ".cer", ".der"}, strings.ToLower(filepath.Ext(path)))
}

// word is what a file says of a certificate in it.
type word struct {
	Period
	domain Domain
}

func readCertificates(path string) ([]*x509.Certificate, []word, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxAnchorFile+1))
	if err != nil {
		return nil, nil, err
	}
	if len(raw) > maxAnchorFile {
		return nil, nil, fmt.Errorf("more than %d bytes", maxAnchorFile)
	}
	return parseCertificates(raw)
}

// parseCertificates reads one DER certificate, or PEM blocks with text around them but no block of another type: a file
// with a private key in it is a mistake worth stopping for.
func parseCertificates(raw []byte) ([]*x509.Certificate, []word, error) {
	blocks := bytes.Count(raw, []byte("-----BEGIN "))
	if blocks == 0 {
		cert, err := x509.ParseCertificate(raw)
		if err != nil {
			return nil, nil, errors.New("neither PEM nor a DER certificate")
		}
		return []*x509.Certificate{cert}, []word{{}}, nil
	}
	var certs []*x509.Certificate
	var words []word
	// By count, because pem.Decode passes over a broken block to the next good one without a word.
	for rest := raw; len(certs) < blocks; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, nil, errors.New("broken PEM block")
		}
		if block.Type != "CERTIFICATE" {
			return nil, nil, fmt.Errorf("PEM block of type %q among certificates", block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, nil, fmt.Errorf("PEM block %d is no certificate", len(certs)+1)
		}
		said, err := wordOf(block.Headers)
		if err != nil {
			return nil, nil, fmt.Errorf("PEM block %d: %w", len(certs)+1, err)
		}
		certs, words = append(certs, cert), append(words, said)
	}
	return certs, words, nil
}

// wordOf reads the headers that bound an anchor and say where it belongs. One that cannot be read is a mistake worth
// stopping for: without its date the anchor would be trusted for ever.
func wordOf(headers map[string]string) (said word, err error) {
	for name, into := range map[string]*time.Time{"Trusted-From": &said.From, "Trusted-Until": &said.Until} {
		if text, ok := headers[name]; ok {
			if *into, err = time.Parse(time.RFC3339, text); err != nil {
				return said, fmt.Errorf("%s is no date as in 2026-01-31T00:00:00Z", name)
			}
		}
	}
	if text, ok := headers["Trust-Domain"]; ok {
		err = said.domain.UnmarshalText([]byte(text))
	}
	return said, err
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
