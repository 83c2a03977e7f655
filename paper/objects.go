package paper

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"strconv"

	"github.com/klauspost/compress/zlib"
)

// objects writes the indirect objects of a PDF file one after the other, a classic
// cross-reference table after them (ISO 32000-1, 7.5), and remembers nothing but
// their offsets. The first error stays; writing after it does nothing.
type objects struct {
	out     io.Writer
	sum     hash.Hash // of everything written, for the file identifier
	size    int64
	offsets []int64 // by object number; 0 until written

	// The compressor is a pinned module and not compress/zlib: a new Go release
	// must not change the bytes of pages that were drawn before it.
	deflate *zlib.Writer
	packed  bytes.Buffer
	err     error
}

// header names the version and, in a comment of bytes above 127, says that what
// follows is binary (ISO 19005-3, 6.1.2).
const header = "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"

// compression is zlib's level: the streams of a list are alike row by row, and
// higher levels take twice the time to save a tenth.
const compression = 1

func newObjects(w io.Writer) *objects {
	o := &objects{out: w, sum: sha256.New(), offsets: make([]int64, 1)}
	o.deflate, o.err = zlib.NewWriterLevel(&o.packed, compression)
	o.write([]byte(header))
	return o
}

func (o *objects) write(data []byte) {
	if o.err != nil {
		return
	}
	n, err := o.out.Write(data)
	o.sum.Write(data[:n])
	o.size += int64(n)
	if err != nil {
		o.err = fmt.Errorf("writing at %d: %w", o.size, err)
	}
}

// reserve hands out the next object number.
func (o *objects) reserve() int {
	o.offsets = append(o.offsets, 0)
	return len(o.offsets) - 1
}

// put writes object n with its body as it stands in the file.
func (o *objects) put(n int, body string) {
	o.offsets[n] = o.size
	o.write(fmt.Appendf(nil, "%d 0 obj\n%s\nendobj\n", n, body))
}

// stream writes object n as a compressed stream; entries are those of its
// dictionary beside filter and length.
func (o *objects) stream(n int, entries string, data []byte) {
	if o.err != nil {
		return
	}
	o.packed.Reset()
	o.err = pack(&o.packed, o.deflate, data)
	o.plain(n, entries+flate, o.packed.Bytes())
}

// flate is the entry of a stream that [pack] packed.
const flate = "/Filter/FlateDecode"

// pack compresses data. The compressor is pinned: see docs/design.md.
func pack(to io.Writer, by *zlib.Writer, data []byte) error {
	by.Reset(to)
	if _, err := by.Write(data); err != nil {
		return err
	}
	return by.Close()
}

// plain writes object n as a stream of the bytes as they are.
func (o *objects) plain(n int, entries string, data []byte) {
	o.offsets[n] = o.size
	o.write(fmt.Appendf(nil, "%d 0 obj\n<<%s/Length %d>>\nstream\n", n, entries, len(data)))
	o.write(data)
	o.write([]byte("\nendstream\nendobj\n"))
}

// finish writes cross-reference table and trailer. The file identifier is the hash
// of everything before it (ISO 32000-1, 14.4 asks for what tells files apart):
// both halves are equal in a file that was never changed.
func (o *objects) finish(catalog, info int) error {
	for n, offset := range o.offsets[1:] {
		if offset == 0 && o.err == nil {
			o.err = fmt.Errorf("object %d was promised and never written", n+1)
		}
	}
	id := o.sum.Sum(nil)[:16]
	start := o.size
	table := fmt.Appendf(nil, "xref\n0 %d\n0000000000 65535 f \n", len(o.offsets))
	for _, offset := range o.offsets[1:] {
		table = fmt.Appendf(table, "%010d 00000 n \n", offset)
	}
	o.write(fmt.Appendf(table, "trailer\n<</Size %d/Root %s/Info %s/ID[<%X><%X>]>>\nstartxref\n%d\n%%%%EOF\n",
		len(o.offsets), ref(catalog), ref(info), id, id, start))
	return o.err
}

// ref is a reference to object n.
func ref(n int) string { return strconv.Itoa(n) + " 0 R" }

// textString writes s as a text string: UTF-16BE with its byte order mark (ISO
// 32000-1, 7.9.2.2), in hexadecimal.
func textString(s string) string {
	b := []byte("<FEFF")
	for _, r := range s {
		if r > 0xFFFF {
			r = '\uFFFD' // titles and file names are ours and never hold such a rune
		}
		b = fmt.Appendf(b, "%04X", r)
	}
	return string(append(b, '>'))
}
