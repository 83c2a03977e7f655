package main

import (
	"crypto/x509"
	"fmt"
	"io"
	"strings"
	"time"
)

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
