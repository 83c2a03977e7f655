package verify_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/pades"
	"kytiem/verify"
)

// trusting answers that nothing was revoked: with it and with every certificate of
// a document as an anchor, only the document itself can be at fault.
type trusting struct{}

func (trusting) Revocation(_ context.Context, cert, _ *x509.Certificate, at time.Time) certs.Revocation {
	return certs.Revocation{Status: certs.Good, Serial: certs.Serial(cert), Source: "ocsp", ThisUpdate: at}
}

// TestCorpus judges documents that nobody here wrote, as trustfully as can be: none
// that has to be rejected passes, none takes long.
func TestCorpus(t *testing.T) {
	const corpora = "../../shared/corpora"
	index, err := os.Open(filepath.Join(corpora, "index.tsv"))
	if err != nil {
		t.Skip("the corpus of foreign signed documents is not on this machine")
	}
	defer index.Close()
	in := csv.NewReader(index)
	in.Comma, in.LazyQuotes = '\t', true
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, row := range rows[1:] {
		name, expect := row[0], row[5]
		data, err := os.ReadFile(filepath.Join(corpora, "files", name))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		verdict := judgeTrustfully(t, name, data)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %s", name, took)
		}
		switch {
		case verdict != verify.TotalPassed:
		case strings.HasPrefix(expect, "ACCEPT"):
			passed++
		default:
			t.Errorf("%s, to be judged %s, passes", name, expect)
		}
	}
	if passed == 0 {
		t.Error("nothing passes: the test asks nothing")
	}
	t.Logf("%d of %d pass when everybody is trusted", passed, len(rows)-1)
}

// judgeTrustfully judges at the time each document claims to have been signed at.
func judgeTrustfully(t *testing.T, name string, data []byte) verify.Indication {
	t.Helper()
	v := &verify.Verifier{Revocation: trusting{}, Anchors: certs.Anchors{CA: certificatesIn(data)}}
	judge := func() *verify.Report {
		if bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-")) {
			return v.PDF(t.Context(), name, data)
		}
		report, err := v.Detached(t.Context(), name, data, nil)
		if err != nil {
			return &verify.Report{Verdict: verify.TotalFailed}
		}
		return report
	}
	report := judge()
	for _, s := range report.Signatures {
		if s.ClaimedSigningTime != nil {
			v.At = *s.ClaimedSigningTime
			report = judge()
			break
		}
	}
	return report.Verdict
}

// certificatesIn finds every certificate of every signature of a document.
func certificatesIn(data []byte) []*x509.Certificate {
	var blobs [][]byte
	if file, err := pades.Open(data); err == nil {
		if signatures, err := file.Signatures(); err == nil {
			for _, s := range signatures {
				blobs = append(blobs, s.Contents)
			}
		}
	} else {
		blobs = append(blobs, data)
	}
	var list []*x509.Certificate
	for _, blob := range blobs {
		cms, err := pades.ParseCMS(blob)
		if err != nil {
			continue
		}
		for _, c := range cms.Certificates {
			if c.Certificate != nil {
				list = append(list, c.Certificate)
			}
		}
	}
	return list
}
