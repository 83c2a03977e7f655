package pades

import (
	"bytes"
	"compress/zlib"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/jung-kurt/gofpdf"
)

var signingTime = time.Date(2026, 11, 23, 9, 30, 0, 0, time.FixedZone("", 7*3600))

// written is a PDF written by hand: objects by number, a table, a trailer.
func written(objects map[int]string, trailer string) []byte {
	return appended([]byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), objects, trailer)
}

// appended is pdf with one more revision.
func appended(pdf []byte, objects map[int]string, trailer string) []byte {
	out := slices.Clone(pdf)
	var numbers []int
	for n := range objects {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	table := "xref\n0 1\n0000000000 65535 f \n"
	for _, n := range numbers {
		table += fmt.Sprintf("%d 1\n%010d 00000 n \n", n, len(out))
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", n, objects[n])
	}
	xref := len(out)
	return fmt.Appendf(out, "%strailer\n<< %s >>\nstartxref\n%d\n%%%%EOF\n", table, trailer, xref)
}

// twoFields is a document of two pages with two empty fields, one of them
// visible, a form in an object of its own and a direct list of annotations.
func twoFields() []byte { return written(twoFieldsObjects(), "/Size 10 /Root 1 0 R") }

func twoFieldsObjects() map[int]string {
	content := "BT /F1 24 Tf 72 700 Td (Ket qua tiem chung) Tj ET"
	return map[int]string{
		1: "<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R /Lang (vi-VN) >>",
		2: "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /MediaBox [0 0 595 842] >>",
		3: "<< /Type /Page /Parent 2 0 R /Contents 5 0 R /Resources << /Font << /F1 9 0 R >> >> /Annots [7 0 R 8 0 R] >>",
		4: "<< /Type /Page /Parent 2 0 R /Resources << >> >>",
		5: fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
		6: "<< /Fields [7 0 R 8 0 R] /SigFlags 1 /DA (/Helv 0 Tf 0 g) >>",
		7: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (head) /F 132 /P 3 0 R /Rect [300 100 500 180] >>",
		8: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (organisation) /F 132 /P 3 0 R /Rect [0 0 0 0] /V null >>",
		9: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
}

// twoFieldsBut is twoFields with one object another.
func twoFieldsBut(number int, text string) []byte {
	objects := twoFieldsObjects()
	objects[number] = text
	return written(objects, "/Size 10 /Root 1 0 R")
}

// drawn is a document made by gofpdf, of about size bytes, without a form.
func drawn(t testing.TB, size int) []byte {
	t.Helper()
	pdf := gofpdf.New("P", "pt", "A4", "")
	pdf.SetCompression(false)
	pdf.SetCreationDate(signingTime)
	pdf.SetModificationDate(signingTime)
	pdf.SetCatalogSort(true)
	pdf.SetTitle("sample", true)
	pdf.SetFont("Times", "", 12)
	for written := 0; written < size; {
		pdf.AddPage()
		for y := 60.0; y < 780 && written < size; y += 14 {
			line := fmt.Sprintf("%08d ", written) + strings.Repeat("0123456789 ", 8)
			pdf.Text(40, y, line)
			written += len(line) + 40
		}
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// stamp is a one-page PDF of a stamp's size.
func stamp(t testing.TB) []byte {
	t.Helper()
	pdf := gofpdf.NewCustom(&gofpdf.InitType{UnitStr: "pt", Size: gofpdf.SizeType{Wd: 200, Ht: 80}})
	pdf.SetMargins(0, 0, 0)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetFont("Helvetica", "", 12)
	pdf.AddPage()
	pdf.Rect(1, 1, 198, 78, "D")
	pdf.Text(10, 40, "STAMPED")
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func parsedStamp(t testing.TB) *Appearance {
	t.Helper()
	a, err := ParseAppearance(stamp(t))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

type testSigner struct {
	key         *rsa.PrivateKey
	certificate *x509.Certificate
}

var signer = sync.OnceValue(func() testSigner {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7),
		Subject:      pkix.Name{CommonName: "Test"},
		NotBefore:    signingTime.AddDate(-10, 0, 0),
		NotAfter:     signingTime.AddDate(10, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return testSigner{key, certificate}
})

// detached is a CMS over content, by another's hand.
func detached(t testing.TB, content []byte) []byte {
	t.Helper()
	data, err := pkcs7.NewSignedData(content)
	if err != nil {
		t.Fatal(err)
	}
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	s := signer()
	if err := data.AddSigner(s.certificate, s.key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	data.Detach()
	cms, err := data.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return cms
}

func opened(t testing.TB, pdf []byte) *File {
	t.Helper()
	f, err := Open(pdf)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// prepared is the update of a signature in a field, with sensible options
// where o has none.
func prepared(t testing.TB, pdf []byte, o SignatureOptions) *Update {
	t.Helper()
	if o.Time.IsZero() {
		o.Time = signingTime
	}
	if o.Reserve == 0 {
		o.Reserve = 4096
	}
	u, err := Prepare(opened(t, pdf), o)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// signed is pdf with a valid signature.
func signed(t testing.TB, pdf []byte, o SignatureOptions) []byte {
	t.Helper()
	u := prepared(t, pdf, o)
	before, after := u.signedSuffix()
	out, err := u.Embed(pdf, detached(t, slices.Concat(pdf, before, after)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// signatures are those of a file, all of which must pass every rule.
func signatures(t testing.TB, pdf []byte) []Signature {
	t.Helper()
	f := opened(t, pdf)
	list, err := f.Signatures()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := judge(pdf); err != nil {
		t.Fatalf("a rule is broken: %v", err)
	}
	return list
}

func startxref(pdf []byte) string {
	fields := strings.Fields(string(pdf[bytes.LastIndex(pdf, []byte("startxref")):]))
	return fields[1]
}

// hybrid is a document whose form and fields are hidden from readers of before
// PDF 1.5 in an object stream (7.5.8.4), where its table calls them free.
func hybrid() []byte {
	hidden := []string{
		"<< /Fields [7 0 R 8 0 R] /SigFlags 1 >>",
		"<< /Type /Annot /Subtype /Widget /FT /Sig /T (head) /F 132 /P 3 0 R /Rect [300 100 500 180] >>",
		"<< /Type /Annot /Subtype /Widget /FT /Sig /T (organisation) /F 132 /P 3 0 R /Rect [0 0 0 0] >>",
	}
	head, body := "", ""
	for i, object := range hidden {
		head += fmt.Sprintf("%d %d ", 6+i, len(body))
		body += object + "\n"
	}
	out := []byte("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	offsets := map[int]int{}
	object := func(n int, text string) {
		offsets[n] = len(out)
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", n, text)
	}
	object(1, "<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R >>")
	object(2, "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>")
	object(3, "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 9 0 R >> >> /Annots [7 0 R 8 0 R] >>")
	object(4, "<< /Length 52 >>\nstream\nBT /F1 24 Tf 72 700 Td (Ket qua tiem chung) Tj ET   \nendstream")
	object(5, fmt.Sprintf("<< /Type /ObjStm /N 3 /First %d /Length %d >>\nstream\n%s%s\nendstream", len(head), len(head+body), head, body))
	object(9, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	rows := []byte{2, 0, 5, 0, 2, 0, 5, 1, 2, 0, 5, 2}
	xrefStream := len(out)
	object(10, fmt.Sprintf("<< /Type /XRef /Size 11 /W [1 2 1] /Index [6 3] /Length %d >>\nstream\n%s\nendstream", len(rows), rows))
	xref := len(out)
	out = append(out, "xref\n0 11\n"...)
	for n := range 11 {
		if at, ok := offsets[n]; ok {
			out = fmt.Appendf(out, "%010d 00000 n \n", at)
		} else {
			out = fmt.Appendf(out, "%010d %05d f \n", 0, map[bool]int{true: 65535}[n == 0])
		}
	}
	return fmt.Appendf(out, "trailer\n<< /Size 11 /Root 1 0 R /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n", xrefStream, xref)
}

// fontName is how the stamp's resources call its font.
func fontName(t testing.TB) string {
	t.Helper()
	f := opened(t, stamp(t))
	for n := 1; n < 20; n++ {
		v, err := f.Object(0, Ref{n, 0})
		if err != nil {
			t.Fatal(err)
		}
		if fonts := v.Key("Font").Keys(); len(fonts) > 0 {
			return strings.TrimPrefix(fonts[0], "F")
		}
	}
	t.Fatal("no font in the stamp")
	return ""
}

// deflated is the text of a compressed stream object.
func deflated(data []byte) string {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	_, _ = z.Write(data)
	_ = z.Close()
	return fmt.Sprintf("<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream", out.Len(), out.String())
}
