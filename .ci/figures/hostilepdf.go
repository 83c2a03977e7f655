package main

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
)

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
