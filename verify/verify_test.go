package verify_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jung-kurt/gofpdf"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/verify"
)

// signedAt is when everything in these tests was signed; certificates are valid
// from an hour before for a year.
var signedAt = time.Date(2021, 12, 1, 1, 30, 0, 0, time.UTC)

// world is a throwaway CA whose clock stands, and a verifier that trusts it.
type world struct {
	ca *devca.CA
	v  *verify.Verifier
}

func newWorld(t testing.TB) *world {
	t.Helper()
	now := func() time.Time { return signedAt }
	ca, err := devca.New(devca.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ca.Serve(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	return &world{ca, &verify.Verifier{
		Anchors:    certs.Anchors{CA: []*x509.Certificate{ca.Root().Certificate}},
		Revocation: &certs.HTTP{AllowPrivate: true, Now: now},
		At:         signedAt,
	}}
}

func (w *world) issue(t testing.TB, change func(*devca.Profile)) devca.Issued {
	t.Helper()
	p := devca.Profile{Kind: devca.Person, CommonName: "Trần Văn Mẫu", Organization: "UBND xã Phú Hòa", Identifiers: []string{"MST:0000075502"}, Key: "p256"}
	if change != nil {
		change(&p)
	}
	issued, err := w.ca.Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

// cms signs a digest as our signer would, without going through it.
func cms(t testing.TB, by devca.Issued, digest []byte, at time.Time) []byte {
	t.Helper()
	attributes, err := pades.SignedAttributes(pades.AttributeOptions{Digest: digest, Hash: crypto.SHA256, Certificate: by.Certificate, SigningTime: at})
	if err != nil {
		t.Fatal(err)
	}
	algorithm, err := pades.AlgorithmFor(by.Certificate.PublicKey, false)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(attributes)
	signature, err := by.Key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pades.SignedData(attributes, algorithm, signature, append([]*x509.Certificate{by.Certificate}, by.Chain...))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// cmsOf is cms without a signing time, as PAdES has it.
func cmsOf(t testing.TB, by devca.Issued, digest []byte) []byte {
	t.Helper()
	return cms(t, by, digest, time.Time{})
}

func detached(t testing.TB, by devca.Issued, content []byte) []byte {
	t.Helper()
	sum := sha256.Sum256(content)
	return cms(t, by, sum[:], signedAt)
}

// page is a plain PDF of somebody else's.
func page(t testing.TB) []byte {
	t.Helper()
	pdf := gofpdf.New("P", "mm", "A4", "")
	pdf.AddPage()
	pdf.SetFont("Helvetica", "", 12)
	pdf.Text(20, 20, "a page")
	return output(t, pdf)
}

func output(t testing.TB, pdf *gofpdf.Fpdf) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pdf.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// signPDF appends a signature to a document.
func signPDF(t testing.TB, by devca.Issued, field string, document []byte, at time.Time) []byte {
	t.Helper()
	file, err := pades.Open(document)
	if err != nil {
		t.Fatal(err)
	}
	update, err := pades.Prepare(file, pades.SignatureOptions{Field: field, Time: at, Reserve: 8000})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := update.Embed(document, cms(t, by, update.Digest, time.Time{}))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// outcome is what a test expects of a report with one signature.
type outcome struct {
	verdict verify.Indication
	sub     verify.SubIndication
}

func check(t *testing.T, r *verify.Report, err error, want outcome) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var sub verify.SubIndication
	if len(r.Signatures) > 0 {
		sub = r.Signatures[0].SubIndication
	}
	if got := (outcome{r.Verdict, sub}); got != want {
		text, _ := r.JSON()
		t.Errorf("got %v, want %v\n%s", got, want, text)
	}
	for _, s := range append([]verify.Sentence{r.Explain}, sentences(r)...) {
		if s.VI == "" || s.EN == "" {
			t.Errorf("a verdict without a sentence in both languages: %+v", s)
		}
	}
}

func sentences(r *verify.Report) []verify.Sentence {
	var list []verify.Sentence
	for _, s := range r.Signatures {
		list = append(append(append(list, s.Explain), s.Errors...), s.Warnings...)
	}
	return list
}

// TestCertificate goes through what can be wrong with the signer's certificate.
func TestCertificate(t *testing.T) {
	content := []byte(`{"v":1}`)
	for _, test := range []struct {
		name   string
		change func(*devca.Profile)
		then   func(*testing.T, *world, devca.Issued)
		want   outcome
	}{
		{"in force", nil, nil, outcome{verify.TotalPassed, ""}},
		{"expired", func(p *devca.Profile) {
			p.NotBefore, p.NotAfter = signedAt.AddDate(-2, 0, 0), signedAt.AddDate(-1, 0, 0)
		}, nil,
			outcome{verify.Indeterminate, verify.OutOfBoundsNoPOE}},
		{"expired since", nil, func(_ *testing.T, w *world, _ devca.Issued) { w.v.At = signedAt.AddDate(2, 0, 0) },
			outcome{verify.Indeterminate, verify.OutOfBoundsNoPOE}},
		{"not for signing", func(p *devca.Profile) {
			p.Alter = func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }
		}, nil, outcome{verify.Indeterminate, verify.ChainConstraintsFailure}},
		{"revoked", nil, func(t *testing.T, w *world, i devca.Issued) {
			if err := w.ca.Revoke(i.Certificate.SerialNumber, signedAt.Add(-time.Minute), 1); err != nil {
				t.Fatal(err)
			}
		}, outcome{verify.Indeterminate, verify.RevokedNoPOE}},
		{"suspended", nil, func(t *testing.T, w *world, i devca.Issued) {
			if err := w.ca.Revoke(i.Certificate.SerialNumber, signedAt.Add(-time.Minute), 6); err != nil {
				t.Fatal(err)
			}
		}, outcome{verify.Indeterminate, verify.TryLater}},
		{"nobody answers", nil, func(_ *testing.T, w *world, _ devca.Issued) {
			for _, path := range []string{"/ocsp", "/issuing.crl", "/root.crl"} {
				w.ca.Break(path, devca.Fault{Status: 500})
			}
		}, outcome{verify.Indeterminate, verify.TryLater}},
		{"OCSP down, CRL up", nil, func(_ *testing.T, w *world, _ devca.Issued) {
			w.ca.Break("/ocsp", devca.Fault{Status: 500})
		}, outcome{verify.TotalPassed, ""}},
		{"offline", nil, func(_ *testing.T, w *world, _ devca.Issued) { w.v.Revocation = nil },
			outcome{verify.Indeterminate, verify.TryLater}},
		{"no anchors", nil, func(_ *testing.T, w *world, _ devca.Issued) { w.v.Anchors = certs.Anchors{} },
			outcome{verify.Indeterminate, verify.NoCertificateChainFound}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			by := w.issue(t, test.change)
			if test.then != nil {
				test.then(t, w, by)
			}
			r, err := w.v.Detached(t.Context(), "x.p7s", detached(t, by, content), content)
			check(t, r, err, test.want)
		})
	}
}

func TestDetached(t *testing.T) {
	w := newWorld(t)
	content := []byte(`{"v":1}`)
	p7s := detached(t, w.issue(t, nil), content)
	for _, test := range []struct {
		name    string
		content []byte
		want    outcome
	}{
		{"its content", content, outcome{verify.TotalPassed, ""}},
		{"other content", []byte(`{"v":2}`), outcome{verify.TotalFailed, verify.HashFailure}},
		{"no content", nil, outcome{verify.Indeterminate, verify.SignedDataNotFound}},
		{"empty content", []byte{}, outcome{verify.TotalFailed, verify.HashFailure}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := w.v.Detached(t.Context(), "x.p7s", p7s, test.content)
			check(t, r, err, test.want)
		})
	}
	if _, err := w.v.Detached(t.Context(), "x.p7s", []byte("hello"), content); err == nil {
		t.Error("what is no CMS is an error")
	}
}

func TestPDF(t *testing.T) {
	w := newWorld(t)
	by := w.issue(t, nil)
	document := page(t)
	signed := signPDF(t, by, "one", document, signedAt)
	changed := bytes.Replace(signed, []byte("/MediaBox"), []byte("/MediaBux"), 1)
	for _, test := range []struct {
		name string
		data []byte
		want outcome
	}{
		{"signed", signed, outcome{verify.TotalPassed, ""}},
		{"unsigned", document, outcome{verify.NoSignature, ""}},
		{"changed", changed, outcome{verify.TotalFailed, verify.HashFailure}},
		{"cut short", signed[:len(signed)-20], outcome{verify.TotalFailed, ""}},
		{"something appended", append(bytes.Clone(signed), "hello"...), outcome{verify.TotalFailed, ""}},
		{"signed outside the certificate's validity", signPDF(t, by, "one", document, signedAt.AddDate(-1, 0, 0)),
			outcome{verify.Indeterminate, verify.SigConstraintsFailure}},
		{"signed again", signPDF(t, by, "two", signed, signedAt), outcome{verify.TotalPassed, ""}},
		{"no PDF inside", []byte("%PDF-1.7\nhello"), outcome{verify.TotalFailed, ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			check(t, w.v.PDF(t.Context(), "x.pdf", test.data), nil, test.want)
		})
	}
}

// TestReport holds what the contract says about the report's form.
func TestReport(t *testing.T) {
	w := newWorld(t)
	signed := signPDF(t, w.issue(t, nil), "one", page(t), signedAt)
	first, err := w.v.PDF(t.Context(), "x.pdf", signed).JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.v.PDF(t.Context(), "x.pdf", signed).JSON()
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("two reports on one input differ (%v)", err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(first, &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"verdict", "document", "policy", "validation_time", "signatures", "unsigned_fields"} {
		if fields[name] == nil {
			t.Errorf("no %q in %s", name, first)
		}
	}
	var signatures []map[string]json.RawMessage
	if err := json.Unmarshal(fields["signatures"], &signatures); err != nil || len(signatures) != 1 {
		t.Fatal(err)
	}
	for _, name := range []string{"id", "field", "format", "sub_filter", "indication", "explain", "claimed_signing_time", "signer", "coverage",
		"modifications", "checks", "chain", "revocation", "timestamps", "errors", "warnings"} {
		if value := signatures[0][name]; value == nil || string(value) == "null" {
			t.Errorf("no %q in the signature: %s", name, value)
		}
	}
	var text strings.Builder
	if err := w.v.PDF(t.Context(), "x.pdf", signed).WriteText(&text); err != nil || !strings.Contains(text.String(), "HỢP LỆ") {
		t.Errorf("text %q, %v", text.String(), err)
	}
}

func TestExitCode(t *testing.T) {
	for _, test := range []struct {
		verdicts []verify.Indication
		want     int
	}{
		{nil, 0},
		{[]verify.Indication{verify.TotalPassed}, 0},
		{[]verify.Indication{verify.TotalPassed, verify.Indeterminate}, 2},
		{[]verify.Indication{verify.NoSignature, verify.Indeterminate}, 3},
		{[]verify.Indication{verify.NoSignature, verify.TotalFailed, verify.Indeterminate}, 1},
		{[]verify.Indication{"SOMETHING_NEW"}, 2},
	} {
		if got := verify.ExitCode(test.verdicts...); got != test.want {
			t.Errorf("ExitCode(%v) = %d, want %d", test.verdicts, got, test.want)
		}
	}
}

// provable is a manifest over made-up records, and what proves one of them, as changed.
func provable(t *testing.T) (manifest []byte, prove func(p7s []byte, change func(*bundle.Proof)) []byte) {
	t.Helper()
	var leaves []bundle.Hash
	var records []bundle.Record
	for n := range 7 {
		r, err := bundle.NewRecord(bundle.Result{
			Unit: "26221", FullName: "Nguyễn Thị Mẫu", Gender: bundle.Female, BirthDate: bundle.Date{Year: 1990}, IDType: bundle.CCCD,
			IDNumber: "07519000000" + string(rune('0'+n)), DoseNumber: 1, VaccinatedOn: bundle.Date{Year: 2021, Month: 11, Day: 2},
			Vaccine: "Pfizer", Match: bundle.Matched, HealthConfirmedBy: "a", PoliceConfirmedBy: "b",
		})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b bundle.Record) int {
		x, y := a.Leaf(), b.Leaf()
		return bytes.Compare(x[:], y[:])
	})
	tally := bundle.Tally{}
	for i := range records {
		leaves = append(leaves, records[i].Leaf())
		tally.Add(&records[i])
	}
	root, err := bundle.Root(leaves)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err = bundle.Canonical(&bundle.Manifest{
		V: 1, Bundle: bundle.NewID(), ConfirmationSource: bundle.ConfirmedInFile, Counts: tally.Counts(), Period: tally.Period(),
		Root: bundle.HexHash(root), Size: len(leaves), SealedAt: "2021-12-01T01:00:00Z",
		Unit: bundle.UnitName{Code: "26221", Kind: "xa", Level: bundle.Commune, Name: "Xã Phú Hòa", Identifier: "MST:0000075502"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return manifest, func(p7s []byte, change func(*bundle.Proof)) []byte {
		p, err := bundle.Prove(leaves, 3, &records[3], []string{"full_name", "vaccine"}, manifest, p7s)
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(p)
		}
		return p.Append(nil)
	}
}

// TestProof signs a manifest over made-up records and proves one of them.
func TestProof(t *testing.T) {
	w := newWorld(t)
	manifest, prove := provable(t)
	good := detached(t, w.issue(t, nil), manifest)
	for _, test := range []struct {
		name  string
		proof []byte
		want  outcome
	}{
		{"holds", prove(good, nil), outcome{verify.TotalPassed, ""}},
		{"another value", prove(good, func(p *bundle.Proof) {
			p.Disclosed["vaccine"] = bundle.Disclosure{Salt: p.Disclosed["vaccine"].Salt, Value: bundle.Value(`"Moderna"`)}
		}), outcome{verify.TotalFailed, ""}},
		{"another place", prove(good, func(p *bundle.Proof) { p.Index = 4 }), outcome{verify.TotalFailed, ""}},
		{"unsigned", prove(nil, nil), outcome{verify.NoSignature, ""}},
		{"signed for something else", prove(detached(t, w.issue(t, nil), []byte("x")), nil), outcome{verify.TotalFailed, verify.HashFailure}},
		{"signed by another unit", prove(detached(t, w.issue(t, func(p *devca.Profile) { p.Identifiers = []string{"MST:0000099999"} }), manifest), nil),
			outcome{verify.Indeterminate, verify.SigConstraintsFailure}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := w.v.Proof(t.Context(), "proof.json", test.proof)
			check(t, r, nil, test.want)
			if r.Proof == nil || !slices.Equal(r.Proof.Disclosed, []string{"full_name", "vaccine"}) {
				t.Errorf("disclosed %v", r.Proof)
			}
		})
	}
}
