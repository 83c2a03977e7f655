package paper

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/jung-kurt/gofpdf"
	deflate "github.com/klauspost/compress/zlib"
)

// errCut is what goes wrong between gofpdf and us; tests see it, documents never.
var errCut = errors.New("font subset not found in what gofpdf wrote")

// cut has gofpdf cut the glyphs of the given runes out of a font. It returns the
// smaller TrueType file and the map from character ids, which are the runes, to
// its glyphs (ISO 32000-1, 9.7.4.2, CIDToGIDMap).
func cut(m *metrics, runes []rune) (program, glyphs []byte, err error) {
	defer func() {
		if fault := recover(); fault != nil { // gofpdf panics where others return errors
			err = fmt.Errorf("cutting %s: %v: %w", m.name, fault, errCut)
		}
	}()
	pdf := gofpdf.New("P", "pt", "A4", "")
	pdf.SetCompression(false)
	pdf.AddUTF8FontFromBytes("face", "", bytes.Clone(m.program)) // in which gofpdf pads tables, while others cut
	pdf.AddPage()
	pdf.SetFont("face", "", 10)
	pdf.Text(0, 0, string(runes))
	var file bytes.Buffer
	if err := pdf.Output(&file); err != nil {
		return nil, nil, fmt.Errorf("cutting %s: %w", m.name, err)
	}
	if program, err = lifted(file.Bytes(), "/FontFile2"); err != nil {
		return nil, nil, fmt.Errorf("cutting %s: %w", m.name, err)
	}
	if glyphs, err = lifted(file.Bytes(), "/CIDToGIDMap"); err != nil {
		return nil, nil, fmt.Errorf("cutting %s: %w", m.name, err)
	}
	if end := 2*int(runes[len(runes)-1]) + 2; end < len(glyphs) {
		glyphs = glyphs[:end] // gofpdf fills it up to U+FFFF
	}
	return program, glyphs, nil
}

// lifted takes the stream that the one entry of this name refers to out of a file
// as gofpdf writes it, unpacked.
func lifted(file []byte, entry string) ([]byte, error) {
	reference := regexp.MustCompile(entry + ` (\d+) 0 R`).FindSubmatch(file)
	table := bytes.LastIndex(file, []byte("\nxref\n0 "))
	if reference == nil || table < 0 {
		return nil, errCut
	}
	// Two lines of heading, the free entry, then one line per object.
	lines := strings.SplitAfter(string(file[table+1:]), "\n")
	number, err := strconv.Atoi(string(reference[1]))
	if err != nil || number+2 >= len(lines) {
		return nil, errCut
	}
	offset, err := strconv.Atoi(strings.TrimLeft(lines[number+2][:10], "0"))
	if err != nil || offset >= table {
		return nil, errCut
	}
	_, data, found := bytes.Cut(file[offset:table], []byte("stream\n"))
	if !found {
		return nil, errCut
	}
	packed, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errCut, err)
	}
	return io.ReadAll(packed)
}

// embedded is a face's subset as a file carries it: streams packed.
type embedded struct {
	name                      string // of the subset
	widths                    string
	length                    int // of the program before it was packed
	program, mapping, unicode []byte
}

// subsetKey names a subset: of which face, and which runes.
type subsetKey struct{ face, runes string }

// subsets remembers the last subsets, some 15 kB each: the four of the alphabet, and
// those of a few documents with runes beyond it.
var subsets = sync.OnceValue(func() *memo[subsetKey, *embedded] { return &memo[subsetKey, *embedded]{most: 24} })

// embed makes the subset of a face with these runes.
func embed(m *metrics, runes []rune) (*embedded, error) {
	return subsets().of(subsetKey{m.name, string(runes)}, func() (*embedded, error) {
		program, glyphs, err := cut(m, runes)
		if err != nil {
			return nil, err
		}
		if program, err = unhinted(program); err != nil {
			return nil, fmt.Errorf("cutting %s: %w", m.name, err)
		}
		e := &embedded{name: subsetTag(program) + "+" + m.name, widths: widths(m, runes), length: len(program)}
		for _, s := range [...]struct {
			to   *[]byte
			data []byte
		}{{&e.program, program}, {&e.mapping, glyphs}, {&e.unicode, toUnicode(runes)}} {
			if *s.to, err = smallest(s.data); err != nil {
				return nil, err
			}
		}
		return e, nil
	})
}

// smallest packs what is packed once and written many times.
func smallest(data []byte) ([]byte, error) {
	var packed bytes.Buffer
	by, err := deflate.NewWriterLevel(&packed, deflate.BestCompression)
	if err != nil {
		return nil, err
	}
	err = pack(&packed, by, data)
	return packed.Bytes(), err
}

// font writes a face's font objects (ISO 32000-1, 9.7) under object number n: a
// composite font whose codes and character ids are the runes, embedded with the
// alphabet and what the document uses beyond it.
func (o *objects) font(n int, m *metrics, used []rune) error {
	e, err := embed(m, rounded(used))
	if err != nil {
		return err
	}
	descendant, descriptor, unicode, file, mapping := o.reserve(), o.reserve(), o.reserve(), o.reserve(), o.reserve()
	o.put(n, fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%s]/ToUnicode %s>>",
		e.name, ref(descendant), ref(unicode)))
	o.put(descendant, fmt.Sprintf("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"+
		"/FontDescriptor %s/CIDToGIDMap %s/DW 0/W[%s]>>", e.name, ref(descriptor), ref(mapping), e.widths))
	o.put(descriptor, fmt.Sprintf("<</Type/FontDescriptor/FontName/%s/Flags %d/FontBBox[%d %d %d %d]/ItalicAngle %d/Ascent %d/Descent %d/CapHeight %d/StemV %d/FontFile2 %s>>",
		e.name, m.descriptor, m.box[0], m.box[1], m.box[2], m.box[3], m.slant, m.ascent, m.descent, m.capHeight, m.stem, ref(file)))
	o.plain(unicode, flate, e.unicode)
	o.plain(file, fmt.Sprintf("/Length1 %d", e.length)+flate, e.program)
	o.plain(mapping, flate, e.mapping)
	return o.err
}

// subsetTag is six capitals that tell this subset from others (ISO 32000-1,
// 9.6.4); from the content, so that the same subset has the same name.
func subsetTag(program []byte) string {
	sum := sha256.Sum256(program)
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	return string(tag)
}

// widths is the W array (ISO 32000-1, 9.7.4.3), one list per run of runes.
func widths(m *metrics, runes []rune) string {
	var b []byte
	for i, r := range runes {
		if i == 0 || r != runes[i-1]+1 {
			if i > 0 {
				b = append(b, ']')
			}
			b = append(strconv.AppendInt(b, int64(r), 10), '[')
		}
		b = append(strconv.AppendInt(b, int64(m.width(r)), 10), ' ')
	}
	return string(append(b, ']'))
}

// toUnicode maps every used code to its rune (ISO 32000-1, 9.10.3).
func toUnicode(runes []rune) []byte {
	b := []byte("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for len(runes) > 0 {
		n := min(len(runes), 100) // Adobe Technical Note 5014 allows no more in one list
		b = fmt.Appendf(b, "%d beginbfchar\n", n)
		for _, r := range runes[:n] {
			b = fmt.Appendf(b, "<%04X> <%04X>\n", r, r)
		}
		b = append(b, "endbfchar\n"...)
		runes = runes[n:]
	}
	return append(b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"...)
}
