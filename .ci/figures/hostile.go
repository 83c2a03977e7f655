package main

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"os"
	"strings"
	"time"

	"kytiem/pades"
)

// What any file must be answered within (verification.md, 7).
const (
	hostileTime = 10 * time.Second
	hostilePeak = 256 // MB
)

// hostile measures kytiem verify on files that are made to take its time and its memory.
// They are written piece by piece: what this process holds at a start is counted to the
// one it starts.
func (b *bench) hostile() error {
	trust := b.path("hostile-trust")
	if err := os.Mkdir(trust, 0o750); err != nil {
		return err
	}
	people, err := newPeople()
	if err != nil {
		return err
	}
	if err := os.WriteFile(b.path("hostile-trust", "root.der"), people.root.Raw, 0o600); err != nil {
		return err
	}
	var slowest, largest struct {
		name string
		usage
	}
	all := people.files()
	for _, file := range all {
		path := b.path("hostile.pdf")
		if err := write(path, file.write); err != nil {
			return fmt.Errorf("%s: %w", file.name, err)
		}
		u, _, err := b.run([]int{1, 2, 3, 4}, program, "verify", path, "--offline", "--trust", trust)
		if err != nil {
			return fmt.Errorf("%s: %w", file.name, err)
		}
		if u.wall > slowest.wall {
			slowest.name, slowest.usage = file.name, u
		}
		if u.peak > largest.peak {
			largest.name, largest.usage = file.name, u
		}
	}
	b.table.bounded(fmt.Sprintf("kytiem verify, %d hostile files, whole processes, the worst", len(all)),
		fmt.Sprintf("%s, %d MB", short(slowest.wall), largest.peak), fmt.Sprintf("%s, %d MB", short(hostileTime), hostilePeak),
		fmt.Sprintf("slowest: %s; largest: %s", slowest.name, largest.name), slowest.wall <= hostileTime && largest.peak <= hostilePeak)
	return os.Remove(b.path("hostile.pdf"))
}

// write makes one file, through a small buffer.
func write(path string, content func(*document) error) error {
	f, err := os.Create(path) //nolint:gosec // G304: in the bench's own directory
	if err != nil {
		return err
	}
	d := &document{file: f, w: bufio.NewWriterSize(f, 1<<16)}
	d.printf("%%PDF-1.7\n%%\xe2\xe3\xcf\xd3\n")
	if err = content(d); err == nil {
		err = d.w.Flush()
	}
	if err == nil && d.hole > 0 {
		_, err = f.WriteAt(fmt.Appendf(nil, "%-40s", fmt.Sprintf("[0 %d %d %d]", d.gap[0], d.gap[1], d.signed-d.gap[1])), d.hole)
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

// document is a PDF while it is written: offsets of the objects of the revision, and
// where its one signature is.
type document struct {
	file    *os.File
	w       *bufio.Writer
	at      int64
	err     error
	objects []object
	last    int64 // the section before

	hole, signed int64    // where /ByteRange stands, and the end of what it covers
	gap          [2]int64 // of /Contents
}

type object struct {
	number int
	at     int64
}

func (d *document) printf(format string, args ...any) {
	n, err := fmt.Fprintf(d.w, format, args...)
	d.at += int64(n)
	if d.err == nil {
		d.err = err
	}
}

// Write lets others write into the document.
func (d *document) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	d.at += int64(n)
	return n, err
}

// repeat writes a text many times.
func (d *document) repeat(text string, n int) {
	for range n {
		d.printf("%s", text)
	}
}

// object writes an object; content may write the rest itself.
func (d *document) object(number int, text string, content ...func()) {
	d.objects = append(d.objects, object{number, d.at})
	d.printf("%d 0 obj\n%s", number, text)
	for _, part := range content {
		part()
	}
	d.printf("\nendobj\n")
}

// stream writes a stream whose data are so many bytes.
func (d *document) stream(number int, dict string, size int64, data func(io.Writer) error) {
	d.object(number, fmt.Sprintf("<< %s /Length %d >>\nstream\n", dict, size), func() {
		if err := data(d); err != nil && d.err == nil {
			d.err = err
		}
		d.printf("\nendstream")
	})
}

// section ends a revision.
func (d *document) section(trailer string) error {
	at := d.at
	d.printf("xref\n0 1\n0000000000 65535 f \n")
	for _, o := range d.objects {
		d.printf("%d 1\n%010d 00000 n \n", o.number, o.at)
	}
	if d.last > 0 {
		trailer += fmt.Sprintf(" /Prev %d", d.last)
	}
	d.printf("trailer\n<< /Size 400000 /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n", trailer, at)
	d.last, d.objects = at, nil
	return d.err
}

// base is a catalog, a page and a form of one signed field, 5, with the CMS in it.
func (d *document) base(catalog, form string, cms []byte) error {
	d.object(1, "<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R "+catalog+" >>")
	d.object(2, "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>")
	d.object(3, "<< /Type /Page /Parent 2 0 R /Annots [5 0 R] >>")
	d.object(4, "<< /Fields [5 0 R "+form+"] >>")
	d.object(5, "<< /Type /Annot /Subtype /Widget /FT /Sig /T (head) /P 3 0 R /V 6 0 R /Rect [0 0 0 0] >>")
	d.object(6, "<< /Type /Sig /SubFilter /ETSI.CAdES.detached /M (D:20261101083000+07'00') /ByteRange ", func() {
		d.hole = d.at
		d.printf("%40s /Contents ", "")
		d.gap[0] = d.at
		d.printf("<")
		_, err := hex.NewEncoder(d).Write(cms)
		if err != nil && d.err == nil {
			d.err = err
		}
		d.printf("00>")
		d.gap[1] = d.at
		d.printf(" >>")
	})
	return d.err
}

// sign ends the revision that the signature covers.
func (d *document) sign() error {
	err := d.section("")
	d.signed = d.at
	return err
}

// people are an authority and somebody it certified.
type people struct {
	key          *ecdsa.PrivateKey
	root, signer *x509.Certificate
}

func newPeople() (*people, error) {
	p := &people{}
	var err error
	if p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	if p.root, err = p.certificate(1, "root", "root", true); err != nil {
		return nil, err
	}
	p.signer, err = p.certificate(2, "signer", "root", false)
	return p, err
}

// certificate is one of a name, issued under a name; all have one key.
func (p *people) certificate(serial int64, name, issuer string, authority bool) (*x509.Certificate, error) {
	usage := x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if authority {
		usage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: usage, IsCA: authority, BasicConstraintsValid: true,
	}
	parent := &x509.Certificate{Subject: pkix.Name{CommonName: issuer}, PublicKey: p.key.Public()}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, p.key.Public(), p.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// nothing is the digest of what hostile files sign.
var nothing = sha256.Sum256(nil)

// cms is a signature by the signer over a digest, with further certificates.
func (p *people) cms(digest []byte, certificates ...*x509.Certificate) ([]byte, error) {
	attributes, err := pades.SignedAttributes(pades.AttributeOptions{Digest: digest, Hash: crypto.SHA256, Certificate: p.signer})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(attributes)
	signature, err := p.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	return pades.SignedData(attributes, pades.ES256, signature, append([]*x509.Certificate{p.signer}, certificates...))
}

// hostileFile is one of them.
type hostileFile struct {
	name  string
	write func(*document) error
}

func (p *people) files() []hostileFile {
	return append(p.parsing(), p.judging()...)
}

// signedThen is a document that is signed, and what comes after.
func (p *people) signedThen(catalog string, before, after func(*document)) func(*document) error {
	return func(d *document) error {
		cms, err := p.cms(nothing[:])
		if err != nil {
			return err
		}
		if err := d.base(catalog, "", cms); err != nil {
			return err
		}
		if before != nil {
			before(d)
		}
		if err := d.sign(); err != nil || after == nil {
			return err
		}
		after(d)
		return d.section("")
	}
}

// parsing are files that are hard to read.
func (p *people) parsing() []hostileFile {
	nested := func(n int) func(*document) {
		return func(d *document) {
			d.object(10, "", func() { d.repeat("[", n); d.repeat("]", n) })
		}
	}
	bombs := func(d *document) {
		for n := range 50 {
			d.bomb(20+n, "", 6<<20)
		}
	}
	return []hostileFile{
		{"no document, 100 MB", func(d *document) error { d.repeat("0123456789abcde\n", 6<<20); return d.err }},
		{"a signed stream of 90 MB", p.signedThen("/X 10 0 R", func(d *document) {
			d.stream(10, "", 90<<20, func(w io.Writer) error { return zeros(w, 90<<20) })
		}, nil)},
		{"a name of 50 MB", p.signedThen("/X 10 0 R", func(d *document) { d.object(10, "/", func() { d.repeat("abcdefghij", 5<<20) }) }, nil)},
		{"a string of 50 MB, changed", p.signedThen("/X 10 0 R", func(d *document) {
			d.object(10, "(", func() { d.repeat("abcdefghij", 4<<20); d.printf(")") })
		}, func(d *document) { d.object(10, "(", func() { d.repeat("abcdefghik", 4<<20); d.printf(")") }) })},
		{"a field name of 50 MB", p.signedThen("", nil, func(d *document) {
			d.object(4, "<< /Fields [5 0 R 10 0 R] >>")
			d.object(10, "<< /FT /Tx /T (", func() { d.repeat("abcdefghij", 5<<20); d.printf(") >>") })
		})},
		{"numbers without end", p.signedThen("/X 10 0 R", func(d *document) { d.object(10, "[", func() { d.repeat("1 ", 40<<20); d.printf("]") }) }, nil)},
		{"a byte range of twenty million", func(d *document) error {
			d.object(1, "<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R >>")
			d.object(2, "<< /Type /Pages /Kids [] /Count 0 >>")
			d.object(4, "<< /Fields [5 0 R] >>")
			d.object(5, "<< /FT /Sig /T (x) /V 6 0 R >>")
			d.object(6, "<< /Type /Sig /ByteRange [", func() { d.repeat("1 2 3 ", 7<<20); d.printf("] >>") })
			return d.section("")
		}},
		{"a hundred byte ranges of a hundred thousand", func(d *document) error {
			d.object(1, "<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R >>")
			d.object(2, "<< /Type /Pages /Kids [] /Count 0 >>")
			d.object(4, "<< /Fields [", func() {
				for n := range 100 {
					d.printf("%d 0 R ", 10+2*n)
				}
				d.printf("] >>")
			})
			for n := range 100 {
				d.object(10+2*n, fmt.Sprintf("<< /FT /Sig /T (x%d) /V %d 0 R >>", n, 11+2*n))
				d.object(11+2*n, "<< /Type /Sig /ByteRange [", func() { d.repeat("1 ", 100_000); d.printf("] >>") })
			}
			return d.section("")
		}},
		{"arrays ten million deep", p.signedThen("/X 10 0 R", nested(10<<20), nil)},
		{"arrays a hundred deep, many", p.signedThen("/X 10 0 R", func(d *document) {
			d.object(10, "[", func() {
				for range 2000 {
					d.repeat("[", 90)
					d.repeat("]", 90)
				}
				d.printf("]")
			})
		}, nil)},
		{"streams that decompress to 300 MB", p.signedThen("/DSS << /Certs ["+references(20, 50)+"] /CRLs ["+references(20, 50)+"] >>", bombs, nil)},
		{"metadata that decompress to 60 MB", p.signedThen("", nil, func(d *document) {
			d.object(1, "<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R /Metadata 20 0 R >>")
			d.bomb(20, "/Type /Metadata", 60<<20)
		})},
		{"an object stream of 60 MB", func(d *document) error { return d.compressed(490_000, 120) }},
		{"400,000 objects in a stream", func(d *document) error { return d.compressed(400_000, 100) }},
		{"sections that lead in a circle", func(d *document) error {
			at := d.at
			d.printf("xref\n0 0\ntrailer\n<< /Size 9 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n", at, at)
			return d.err
		}},
		{"a section of 4 million objects", func(d *document) error {
			at := d.at
			d.printf("xref\n0 4000000\n")
			d.repeat("0000000000 65535 f \n", 4_000_000)
			d.printf("trailer\n<< /Size 4000000 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", at)
			return d.err
		}},
		{"lengths that depend on one another", p.signedThen("/X 10 0 R", func(d *document) {
			for n := range 2000 {
				d.object(10+n, fmt.Sprintf("<< /Length %d 0 R >>\nstream\n\nendstream", 11+n))
			}
		}, nil)},
		{"10,000 revisions", p.signedThen("", nil, func(d *document) {
			for range 9998 {
				d.object(3, fmt.Sprintf("<< /Type /Page /Parent 2 0 R /Annots [5 0 R] /Tabs /%c >>", 'R'))
				_ = d.section("")
			}
			d.object(10, "null")
		})},
		{"3,000 revisions of a form of 3,000 fields", p.signedThen("", nil, func(d *document) {
			d.object(4, "<< /Fields [5 0 R ", func() { d.printf("%s] >>", references(1000, 3000)) })
			for n := range 3000 {
				d.object(1000+n, fmt.Sprintf("<< /FT /Tx /T (f%d) /V (0) >>", n))
			}
			for n := range 3000 {
				_ = d.section("")
				d.object(1000+n, fmt.Sprintf("<< /FT /Tx /T (f%d) /V (1) >>", n))
			}
		})},
	}
}

// judging are files that are easy to read and hard to judge.
func (p *people) judging() []hostileFile {
	return []hostileFile{
		{"40,000 signatures", func(d *document) error {
			d.object(1, "<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R >>")
			d.object(2, "<< /Type /Pages /Kids [] /Count 0 >>")
			d.object(4, "<< /Fields [", func() {
				for n := range 40_000 {
					d.printf("%d 0 R ", 10+2*n)
				}
				d.printf("] >>")
			})
			for n := range 40_000 {
				d.object(10+2*n, fmt.Sprintf("<< /FT /Sig /T (s%d) /V %d 0 R >>", n, 11+2*n))
				d.object(11+2*n, "<< /Type /Sig /SubFilter /ETSI.CAdES.detached /ByteRange [0 1 2 3] /Contents <3000> >>")
			}
			return d.section("")
		}},
		{"40,000 signatures of 2 KB", func(d *document) error {
			d.object(1, "<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R >>")
			d.object(2, "<< /Type /Pages /Kids [] /Count 0 >>")
			d.object(4, "<< /Fields [", func() { d.printf("%s] >>", references(10, 20_000)) })
			contents := strings.Repeat("30", 2000)
			for n := range 20_000 {
				d.object(10+n, fmt.Sprintf("<< /FT /Sig /T (s%d) /V << /Type /Sig /SubFilter /ETSI.CAdES.detached /ByteRange [0 1 2 3] /Contents <%s> >> >>", n, contents))
			}
			return d.section("")
		}},
		{"5,000 signatures of 10 KB", func(d *document) error {
			d.object(1, "<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R >>")
			d.object(2, "<< /Type /Pages /Kids [] /Count 0 >>")
			d.object(4, "<< /Fields [", func() { d.printf("%s] >>", references(10, 4800)) })
			contents := strings.Repeat("30", 10_000)
			for n := range 4800 {
				d.object(10+n, fmt.Sprintf("<< /FT /Sig /T (s%d) /V << /Type /Sig /SubFilter /ETSI.CAdES.detached /ByteRange [0 1 2 3] /Contents <%s> >> >>", n, contents))
			}
			return d.section("")
		}},
		{"forty fields of 190,000 values, changed", p.signedThen("", func(d *document) {
			d.objects = dropped(d.objects, 4)
			d.object(4, "<< /Fields [5 0 R ", func() { d.printf("%s] >>", references(1000, 40)) })
			for n := range 40 {
				d.object(1000+n, fmt.Sprintf("<< /FT /Ch /T (f%d) /Opt [", n), func() { d.repeat("1 ", 190_000); d.printf("] >>") })
			}
		}, func(d *document) { d.object(1000, "<< /FT /Ch /T (f0) /Opt [1] >>") })},
		{"four million references", p.signedThen("/X [20 0 R 21 0 R 22 0 R 23 0 R 24 0 R 25 0 R 26 0 R 27 0 R]", func(d *document) { d.pointers(20, 8, 200_000) },
			func(d *document) { d.object(3, "<< /Type /Page /Parent 2 0 R /Annots [5 0 R] /Tabs /R >>") })},
		{"four million references afterwards", p.signedThen("", nil, func(d *document) {
			d.pointers(20, 16, 200_000)
		})},
		{"400,000 objects over ten revisions", p.signedThen("", nil, func(d *document) {
			for r := range 10 {
				for n := range 39_000 {
					d.object(1000+39_000*r+n, "null")
				}
				_ = d.section("")
			}
			d.object(10, "null")
		})},
		{"object streams of 10 million places", func(d *document) error {
			d.object(1, "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields ["+references(1000, 32)+"] >> >>")
			d.object(2, "<< /Type /Pages /Kids [] /Count 0 >>")
			return d.places(32, 300_000)
		}},
		{"10,000 certificates in the CMS", func(d *document) error {
			plain, err := p.cms(nothing[:])
			if err != nil {
				return err
			}
			cms, err := crowded(plain, p.signer.Raw, 10_000)
			if err != nil {
				return err
			}
			if err := d.base("", "", cms); err != nil {
				return err
			}
			return d.sign()
		}},
		{"a chain of 200 certificates", func(d *document) error { return p.chained(d, 200, false) }},
		{"200 authorities that certify one another", func(d *document) error { return p.chained(d, 200, true) }},
		{"5,000 certificates in the store", p.signedThen("/DSS << /Certs ["+references(1000, 5000)+"] >>", func(d *document) {
			for n := range 5000 {
				der := numbered(p.root.Raw, n)
				d.stream(1000+n, "", int64(len(der)), func(w io.Writer) error { _, err := w.Write(der); return err })
			}
		}, nil)},
		{"a CRL of 50 MB in the store", p.signedThen("/DSS << /CRLs [20 0 R] >>", func(d *document) { d.list(20, p, 1_400_000) }, nil)},
		{"a CRL of 19 MB in the store, unsigned", p.signedThen("/DSS << /CRLs [20 0 R 21 0 R 22 0 R 23 0 R] >>", func(d *document) {
			for n := range 4 {
				d.list(20+n, p, 500_000+n)
			}
		}, nil)},
		{"100,000 remarks, and one more", p.signedThen("", func(d *document) {
			d.object(7, "["+references(1000, 100_000)+"]")
			for n := range 100_000 {
				d.object(1000+n, "<< /Subtype /Text /Rect [0 0 9 9] >>")
			}
		}, func(d *document) {
			d.object(3, "<< /Type /Page /Parent 2 0 R /Annots ["+references(1000, 100_000)+" 900 0 R] >>")
			d.object(900, "<< /Subtype /Text /Rect [0 0 9 9] >>")
		})},
		{"a page of three million words, and a remark", p.signedThen("", func(d *document) {
			d.object(3, "<< /Type /Page /Parent 2 0 R /Annots [5 0 R] /Contents 20 0 R >>")
			text := "BT (a) Tj ET q Q\n"
			d.stream(20, "", int64(len(text))*3_000_000, func(io.Writer) error { d.repeat(text, 3_000_000); return nil })
			d.objects = dropped(d.objects, 3)
		}, func(d *document) {
			d.object(3, "<< /Type /Page /Parent 2 0 R /Annots [5 0 R 900 0 R] /Contents 20 0 R >>")
			d.object(900, "<< /Subtype /Text /Rect [100 100 200 200] >>")
		})},
		{"a page tree of 300,000 pages", p.signedThen("", func(d *document) {
			d.objects = dropped(d.objects, 2)
			d.object(2, "<< /Type /Pages /Count 300001 /Kids [3 0 R ", func() { d.printf("%s] >>", references(1000, 100_000)) })
			for n := range 100_000 {
				d.object(1000+n, "<< /Type /Page /Parent 2 0 R >>")
			}
		}, func(d *document) { d.object(1000, "<< /Type /Page /Parent 2 0 R /Rotate 90 >>") })},
	}
}

// pointers writes arrays that refer to objects nowhere else referred to.
func (d *document) pointers(first, arrays, each int) {
	for a := range arrays {
		d.object(first+a, "[", func() {
			for n := range each {
				d.printf("%d 0 R ", 1_000_000+a*each+n)
			}
			d.printf("]")
		})
	}
}

// places writes object streams with a place for one object and room for many, and ends the document.
func (d *document) places(streams, each int) error {
	at := make([]int64, streams)
	for i := range streams {
		head := fmt.Sprintf("%d 0 ", 1000+i)
		data, err := deflated(func(w io.Writer) error {
			buffered := bufio.NewWriter(w)
			buffered.WriteString(head)
			for n := range each - 1 {
				buffered.WriteString(fmt.Sprintf("%03d 0 ", n%1000))
			}
			buffered.WriteString("null")
			return buffered.Flush()
		})
		if err != nil {
			return err
		}
		at[i] = d.at
		d.stream(500+i, fmt.Sprintf("/Type /ObjStm /N %d /First %d /Filter /FlateDecode", each, len(head)+6*(each-1)), int64(len(data)),
			func(w io.Writer) error { _, err := w.Write(data); return err })
	}
	section := d.at
	rows := ""
	for _, o := range d.objects[:2] {
		rows += "\x01" + fourBytes(o.at) + "\x00\x00\x00"
	}
	for i := range streams {
		rows += "\x01" + fourBytes(at[i]) + "\x00\x00\x00"
	}
	for i := range streams {
		rows += "\x02" + fourBytes(int64(500+i)) + "\x00\x00\x00"
	}
	d.stream(999, fmt.Sprintf("/Type /XRef /W [1 4 3] /Index [1 2 500 %d 1000 %d] /Size 2000 /Root 1 0 R", streams, streams), int64(len(rows)),
		func(w io.Writer) error { _, err := io.WriteString(w, rows); return err })
	d.printf("startxref\n%d\n%%%%EOF\n", section)
	return d.err
}

// dropped keeps the last object of a number only.
func dropped(objects []object, number int) []object {
	for i, o := range objects {
		if o.number == number {
			return append(objects[:i:i], objects[i+1:]...)
		}
	}
	return objects
}

func references(first, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d 0 R ", first+i)
	}
	return b.String()
}

func zeros(w io.Writer, n int) error {
	block := make([]byte, 1<<16)
	for n > 0 {
		if _, err := w.Write(block[:min(n, len(block))]); err != nil {
			return err
		}
		n -= len(block)
	}
	return nil
}

// deflated compresses what is written to it.
func deflated(content func(io.Writer) error) ([]byte, error) {
	var b bytes.Buffer
	z, err := zlib.NewWriterLevel(&b, zlib.BestSpeed) // 200 to 1, where more than 1000 to 1 is not read at all
	if err != nil {
		return nil, err
	}
	if err := content(z); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}

// bomb writes a stream that decompresses to so many zeros.
func (d *document) bomb(number int, dict string, size int) {
	data, err := deflated(func(w io.Writer) error { return zeros(w, size) })
	if err != nil && d.err == nil {
		d.err = err
	}
	d.stream(number, dict+" /Filter /FlateDecode", int64(len(data)), func(w io.Writer) error { _, err := w.Write(data); return err })
}

// compressed writes a document whose objects all lie in one stream.
func (d *document) compressed(n, size int) error {
	head := func(i int) string { return fmt.Sprintf("%d %d ", 10+i, i*size) }
	first := 0
	for i := range n {
		first += len(head(i))
	}
	data, err := deflated(func(w io.Writer) error {
		buffered := bufio.NewWriter(w)
		for i := range n {
			buffered.WriteString(head(i))
		}
		buffered.WriteString("<</Type/Catalog/Pages 11 0 R>>"[:min(size, 30)])
		object := strings.Repeat("[]", size/2)
		for range n {
			buffered.WriteString(object)
		}
		return buffered.Flush()
	})
	if err != nil {
		return err
	}
	objects := d.at
	d.stream(5, fmt.Sprintf("/Type /ObjStm /N %d /First %d /Filter /FlateDecode", n, first), int64(len(data)), func(w io.Writer) error { _, err := w.Write(data); return err })
	listed := min(n, 300_000)
	rows, err := deflated(func(w io.Writer) error {
		buffered := bufio.NewWriter(w)
		fmt.Fprintf(buffered, "\x01%s\x00\x00\x00", fourBytes(objects))
		for i := range listed {
			fmt.Fprintf(buffered, "\x02%s%s", fourBytes(5), fourBytes(int64(i))[1:])
		}
		return buffered.Flush()
	})
	if err != nil {
		return err
	}
	at := d.at
	d.stream(6, fmt.Sprintf("/Type /XRef /W [1 4 3] /Index [5 1 10 %d] /Size %d /Root 10 0 R /Filter /FlateDecode", listed, listed+10), int64(len(rows)),
		func(w io.Writer) error { _, err := w.Write(rows); return err })
	d.printf("startxref\n%d\n%%%%EOF\n", at)
	return d.err
}

func fourBytes(n int64) string {
	return string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// numbered is a certificate with another serial number, and so with a signature that does
// not hold.
func numbered(der []byte, n int) []byte {
	out := bytes.Clone(der)
	copy(out[len(out)-8:], fourBytes(int64(n)))
	return out
}

// crowded is a CMS with many certificates more.
func crowded(cms, certificate []byte, n int) ([]byte, error) {
	var text struct {
		Type    asn1.ObjectIdentifier
		Content struct {
			Version      int
			Digests      asn1.RawValue
			Content      asn1.RawValue
			Certificates asn1.RawValue `asn1:"optional,tag:0"`
			Signers      asn1.RawValue
		} `asn1:"explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(cms, &text); err != nil {
		return nil, err
	}
	set := bytes.Clone(text.Content.Certificates.Bytes)
	for i := range n {
		set = append(set, numbered(certificate, i)...)
	}
	text.Content.Certificates = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: set}
	return asn1.Marshal(text)
}

// chained writes a document whose signer is certified through many authorities: one after
// the other, or each by every other.
func (p *people) chained(d *document, n int, each bool) error {
	var certificates []*x509.Certificate
	name := func(i int) string {
		if each {
			return "authority"
		}
		return fmt.Sprintf("authority %d", i)
	}
	for i := range n {
		c, err := p.certificate(int64(100+i), name(i), name(i+1), true)
		if err != nil {
			return err
		}
		certificates = append(certificates, c)
	}
	signer, err := p.certificate(99, "signer", name(0), false)
	if err != nil {
		return err
	}
	cms, err := (&people{p.key, p.root, signer}).cms(nothing[:], certificates...)
	if err != nil {
		return err
	}
	if err := d.base("", "", cms); err != nil {
		return err
	}
	return d.sign()
}

// list writes a CRL of so many entries that nobody signed, in the issuer's name.
func (d *document) list(number int, p *people, entries int) {
	const entry = 36 // SEQUENCE { INTEGER of 17 bytes, UTCTime }
	algorithm := []byte{0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}
	now := time.Now().UTC()
	utc := func(t time.Time) string { return "\x17\x0d" + t.Format("060102150405Z") }
	revoked := header(0x30, entries*entry)
	head := "\x02\x01\x01" + string(algorithm) + string(p.root.RawSubject) + utc(now.Add(-time.Hour)) + utc(now.Add(time.Hour)) + revoked
	tbs := header(0x30, len(head)+entries*entry)
	tail := string(algorithm) + "\x03\x03\x00\x30\x00"
	outer := header(0x30, len(tbs)+len(head)+entries*entry+len(tail))
	size := len(outer) + len(tbs) + len(head) + entries*entry + len(tail)
	d.stream(number, "", int64(size), func(w io.Writer) error {
		d.printf("%s%s%s", outer, tbs, head)
		for i := range entries {
			d.printf("\x30\x22\x02\x11\x01%012d%s%s", i, fourBytes(int64(number)), utc(now))
		}
		d.printf("%s", tail)
		return nil
	})
}

// header is a DER tag with a length of five bytes.
func header(tag byte, n int) string { return string([]byte{tag, 0x84}) + fourBytes(int64(n)) }
