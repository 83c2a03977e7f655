package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

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
