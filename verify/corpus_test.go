package verify_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/csv"
	"fmt"
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
	passed, failed := 0, 0
	for _, row := range rows[1:] {
		name, expect := row[0], row[5]
		data, err := os.ReadFile(filepath.Join(corpora, "files", name))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		report := judgeTrustfully(t, name, data)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %s", name, took)
		}
		accept := strings.HasPrefix(expect, "ACCEPT")
		t.Logf("%-16s %-16s %s %s", expect, report.Verdict, filepath.Base(row[2]), faults(report))
		switch {
		case accept && report.Verdict == verify.TotalPassed:
			passed++
		case accept && report.Verdict == verify.TotalFailed:
			failed++
			if _, known := failures[name]; !known {
				t.Errorf("%s, to be judged %s, fails: %s", name, expect, faults(report))
			}
		case report.Verdict == verify.TotalPassed:
			t.Errorf("%s, to be judged %s, passes", name, expect)
		case strings.HasPrefix(expect, "REJECT") && !convicted(report):
			t.Errorf("%s, to be judged %s, is refused for want of trust only: %s", name, expect, faults(report))
		}
	}
	if passed == 0 {
		t.Error("nothing passes: the test asks nothing")
	}
	t.Logf("%d of %d pass when everybody is trusted, %d that should not fail do", passed, len(rows)-1, failed)
}

// failures are the documents of the corpus that are to be accepted and fail here, with
// the reason; docs/conformance.md says why that is right.
var failures = map[string]string{
	"1222ac6dd25d6d35.pdf": "a field was changed that the signature's FieldMDP locks",
}

// convicted reports whether something is said against a document beyond who signed it.
func convicted(r *verify.Report) bool {
	if r.Verdict == verify.TotalFailed || r.Verdict == verify.NoSignature {
		return true
	}
	for _, s := range r.Signatures {
		switch s.SubIndication {
		case "", verify.NoCertificateChainFound, verify.TryLater, verify.CertificateChainGeneral:
		default:
			return true
		}
	}
	return false
}

// faults is what fails in a report, for the log.
func faults(r *verify.Report) string {
	var list []string
	for _, c := range r.Checks {
		if c.Status != verify.OK {
			list = append(list, c.ID+" "+c.Message)
		}
	}
	for _, s := range r.Signatures {
		list = append(list, fmt.Sprintf("[%s %s %s %s]", s.ID, s.Format, s.Indication, s.SubIndication))
		for _, c := range s.Checks {
			if c.Status == verify.Fail {
				list = append(list, c.ID+" "+c.Message)
			}
		}
	}
	return strings.Join(list, "; ")
}

// judgeTrustfully judges at the time each document claims to have been signed at, or at
// that of its last time-stamp.
func judgeTrustfully(t *testing.T, name string, data []byte) *verify.Report {
	t.Helper()
	everybody := certificatesIn(data)
	v := &verify.Verifier{Revocation: trusting{}, Anchors: certs.Anchors{CA: everybody, TSA: everybody}}
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
		for _, at := range append([]*time.Time{s.ClaimedSigningTime, s.BestSignatureTime}, times(s.Timestamps)...) {
			if at != nil && at.After(v.At) && at.Before(report.ValidationTime) {
				v.At = *at
			}
		}
	}
	if !v.At.IsZero() {
		v.At = v.At.Add(time.Minute)
		report = judge()
	}
	return report
}

func times(list []verify.Timestamp) (all []*time.Time) {
	for _, t := range list {
		all = append(all, t.Time)
	}
	return all
}

// certificatesIn finds every certificate that a document carries, in its signatures,
// their time-stamps and its security store.
func certificatesIn(data []byte) []*x509.Certificate {
	var blobs, ders [][]byte
	if file, err := pades.Open(data); err == nil {
		if signatures, err := file.Signatures(); err == nil {
			for _, s := range signatures {
				blobs = append(blobs, s.Contents)
			}
		}
		if dss, err := file.DSS(len(file.Revisions()) - 1); err == nil && dss != nil {
			for _, s := range dss.Certs {
				ders = append(ders, s.DER)
			}
		}
	} else {
		blobs = append(blobs, data)
	}
	for i := 0; i < len(blobs); i++ {
		cms, err := pades.ParseCMS(blobs[i])
		if err != nil {
			continue
		}
		ders = append(ders, cms.Evidence().Certs...)
		for k := range cms.Signers {
			blobs = append(append(blobs, cms.Signers[k].TimeStamps()...), cms.Signers[k].ArchiveTimeStamps()...)
		}
	}
	var list []*x509.Certificate
	for _, der := range ders {
		if c, err := x509.ParseCertificate(der); err == nil {
			list = append(list, c)
		}
	}
	return list
}
