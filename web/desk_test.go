package web_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kytiem/api"
	"kytiem/attest"
	"kytiem/attest/desktest"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/dossier"
	"kytiem/intake"
	"kytiem/pades"
	made "kytiem/sample"
	"kytiem/signer"
	"kytiem/verify"
	"kytiem/web"
)

// desk is a service with its pages, that trusts a throwaway CA, and what somebody brings
// to it.
type desk struct {
	url     string
	options web.Options
	temp    string // of uploads

	plain    []byte // of two pages, unsigned
	signed   []byte
	twice    []byte // signed once more by somebody else
	tampered []byte // signed, then a figure changed
	modified []byte // signed, then page 2 exchanged
	bundle   []byte // the signed document of a bundle
	manifest []byte // its data
	p7s      []byte // the signature over these
	proof    []byte // of one of its records
}

func newDesk(t testing.TB, change func(*api.Options)) *desk {
	t.Helper()
	ca, _ := desktest.Authority(t, time.Now)
	d := &desk{temp: t.TempDir()}
	ao := desktest.Options(t, desktest.Database(t), ca, time.Now)
	o := api.Options{Service: attest.New(ao), Metrics: prometheus.NewRegistry(), Temp: d.temp, Anonymous: 10_000}
	if change != nil {
		change(&o)
	}
	calls, err := api.New(o)
	if err != nil {
		t.Fatal(err)
	}
	d.options = web.Options{API: calls, MaxDocument: o.MaxDocument}
	pages, err := web.Handler(d.options)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(pages)
	t.Cleanup(server.Close)
	d.url = server.URL
	d.furnish(t, ca)
	return d
}

// furnish makes what is brought: documents of somebody's, and a bundle that was sealed and
// signed elsewhere.
func (d *desk) furnish(t testing.TB, ca *devca.CA) {
	t.Helper()
	unit, _ := made.Unit("26221")
	keyOf := func(name, title string) *signer.PKCS12 {
		issued, err := ca.Issue(devca.Profile{Kind: devca.Person, CommonName: name, Title: title, Organization: "Ủy ban nhân dân xã Phú Hòa",
			Identifiers: []string{unit.Identifier, "CCCD:075070000001"}})
		if err != nil {
			t.Fatal(err)
		}
		return desktest.Carrier(t, issued)
	}
	head, deputy := keyOf("Trần Văn Mẫu", "Chủ tịch"), keyOf("Lê Thị Thử", "Phó Chủ tịch")
	d.plain = revised(nil, twoPages())
	d.signed = signedBy(t, head, "ChuTich", d.plain)
	d.twice = signedBy(t, deputy, "PhoChuTich", d.signed)
	d.tampered = bytes.Replace(d.signed, []byte("(40 doses)"), []byte("(90 doses)"), 1)
	d.modified = revised(d.signed, map[int]string{7: drawn("4000 doses")})

	units, err := intake.ReadUnits(bytes.NewReader(made.Units()))
	if err != nil {
		t.Fatal(err)
	}
	var results bytes.Buffer
	if err := made.WriteCSV(&results, made.Rows(made.Options{Seed: 1, Rows: 12, Unit: unit}), made.CSVOptions{}); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "bundle")
	if _, err := dossier.Seal(t.Context(), dossier.SealOptions{Unit: unit, Units: units, Results: &results, Out: dir}); err != nil {
		t.Fatal(err)
	}
	v := &verify.Verifier{Anchors: certs.Anchors{CA: []*x509.Certificate{ca.Root().Certificate}}, Revocation: &certs.HTTP{AllowPrivate: true}}
	if _, err := dossier.Sign(t.Context(), dir, dossier.SignOptions{Carrier: head, Certificates: head.Certificates(), Number: "05", Verifier: v}); err != nil {
		t.Fatal(err)
	}
	for name, into := range map[string]*[]byte{bundle.PagesFile: &d.bundle, bundle.ManifestFile: &d.manifest, bundle.SignatureFile: &d.p7s} {
		if *into, err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	records, err := os.ReadFile(filepath.Join(dir, bundle.RecordsFile))
	if err != nil {
		t.Fatal(err)
	}
	var first struct{ ID string }
	if err := json.NewDecoder(bytes.NewReader(records)).Decode(&first); err != nil {
		t.Fatal(err)
	}
	if d.proof, err = dossier.Prove(dir, first.ID, []string{"full_name", "dose_number", "vaccinated_on", "vaccine"}); err != nil {
		t.Fatal(err)
	}
}

// twoPages is a document by object number.
func twoPages() map[int]string {
	const resources = "/Resources << /Font << /F1 8 0 R >> >>"
	return map[int]string{
		1: "<< /Type /Catalog /Pages 2 0 R >>",
		2: "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /MediaBox [0 0 595 842] >>",
		3: "<< /Type /Page /Parent 2 0 R /Contents 5 0 R " + resources + " >>",
		4: "<< /Type /Page /Parent 2 0 R /Contents 7 0 R " + resources + " >>",
		5: drawn("40 doses"),
		7: drawn("their list"),
		8: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
}

func drawn(text string) string {
	content := "BT /F1 24 Tf 72 700 Td (" + text + ") Tj ET"
	return fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content)
}

// revised is a document with one more revision, or a new one.
func revised(pdf []byte, objects map[int]string) []byte {
	out, prev := bytes.Clone(pdf), ""
	if len(out) == 0 {
		out = []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	} else {
		prev = " /Prev " + strings.Fields(string(pdf[bytes.LastIndex(pdf, []byte("startxref")):]))[1]
	}
	var numbers []int
	for n := range objects {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	size := 100 * (1 + bytes.Count(pdf, []byte("%%EOF"))) // which does not shrink
	table := "xref\n0 1\n0000000000 65535 f \n"
	for _, n := range numbers {
		table += fmt.Sprintf("%d 1\n%010d 00000 n \n", n, len(out))
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", n, objects[n])
	}
	return fmt.Appendf(out, "%strailer\n<< /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n", table, size, prev, len(out))
}

// signedBy signs a document as our signer does.
func signedBy(t testing.TB, by *signer.PKCS12, field string, document []byte) []byte {
	t.Helper()
	file, err := pades.Open(document)
	if err != nil {
		t.Fatal(err)
	}
	prepared, err := signer.PrepareDocument(file, signer.Options{Certificates: by.Certificates()}, signer.Visible{Field: field})
	if err != nil {
		t.Fatal(err)
	}
	signatures, err := by.Sign(t.Context(), []signer.Request{prepared.Request})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := prepared.Complete(document, signatures[0], time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return signed
}
