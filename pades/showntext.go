package pades

import (
	"strings"
	"sync"
)

// textOf is the text that a form XObject shows in a rectangle of the page, in the order in
// which it is drawn. doubt says that something in it is not understood: another XObject, an
// inline image, a font whose characters are not known; or that the text cannot be seen.
func (d *differ) textOf(form Value, rect box, turned int64) (text string, doubt bool, err error) {
	sight, ok, err := d.sightOf(form, rect, turned)
	if err != nil || !ok {
		return "", true, err
	}
	content, err := d.shownData(form)
	if err != nil {
		return "", true, limitOnly(err)
	}
	resources, err := d.f.key(d.new, form, "Resources")
	if err != nil {
		return "", false, err
	}
	if resources.Key("ColorSpace").Kind != Null { // what is called DeviceGray may be another space (8.6.5.6)
		return "", true, nil
	}
	fonts, err := d.f.key(d.new, resources, "Font")
	if err != nil {
		return "", false, err
	}
	r := textReader{d: d, sight: sight, fonts: fonts, known: map[string]*fontText{}}
	doubt, err = r.read(content)
	return r.text.String(), doubt, err
}

// limitOnly passes on that a limit was reached; what else is wrong with a stream is
// only that it cannot be read.
func limitOnly(err error) error {
	if f, ok := err.(*FormatError); ok && f.Rule == ruleLimit { //nolint:errorlint // decode wraps nothing
		return err
	}
	return nil
}

// textReader follows the text operators of a content stream (9.4).
type textReader struct {
	d     *differ
	sight *sight
	fonts Value
	known map[string]*fontText
	text  strings.Builder
}

// read reports whether something was not understood.
func (r *textReader) read(content []byte) (doubt bool, err error) {
	s := r.d.f.scan(content, 0)
	var operands []Value
	for {
		s.space()
		if s.pos >= len(s.b) {
			break
		}
		if operator := s.operator(); operator != "" {
			ok, err := r.operate(operator, operands)
			if err != nil || !ok {
				return !ok, err
			}
			operands = operands[:0]
			continue
		}
		v, err := s.value()
		if err != nil || len(operands) == 64 {
			return true, limitOnly(err)
		}
		operands = append(operands, v)
	}
	return false, r.d.f.spend(s, 0)
}

// operator skips a word that is no operand.
func (s *scanner) operator() string {
	start := s.pos
	for s.pos < len(s.b) && isRegular(s.b[s.pos]) {
		s.pos++
	}
	word := string(s.b[start:s.pos])
	if word == "" || word == "true" || word == "false" || word == "null" || isDigit(word[0]) || strings.ContainsRune("+-.", rune(word[0])) {
		s.pos = start
		return ""
	}
	return word
}

// operate reports whether an operator is understood, and what it shows can be seen.
func (r *textReader) operate(operator string, operands []Value) (bool, error) {
	last := Value{}
	if len(operands) > 0 {
		last = operands[len(operands)-1]
	}
	if !r.sight.operate(operator, operands) {
		return false, nil
	}
	switch operator {
	case "Tf":
		if len(operands) != 2 {
			return false, nil
		}
		return r.choose(operands[0].Name())
	case "Tj", "'", "\"":
		return r.show(last), nil
	case "TJ":
		for _, item := range last.Items() {
			n, number := item.Number()
			if number && !r.sight.kern(n) || !number && !r.show(item) {
				return false, nil
			}
		}
	}
	return true, nil
}

func (r *textReader) show(v Value) bool {
	font := r.sight.seen.font
	if font == nil || v.Kind != String {
		return false
	}
	text, ok := font.decode(v.octets)
	r.text.WriteString(text)
	return ok && !font.drawn && r.sight.show(text)
}

// choose takes a font of the resources.
func (r *textReader) choose(name string) (bool, error) {
	if r.known[name] == nil {
		if len(r.known) == 32 {
			return false, nil
		}
		font, err := r.d.f.key(r.d.new, r.fonts, name)
		if err != nil || font.Kind != Dictionary { // readers look for it elsewhere
			return false, err
		}
		if r.known[name], err = r.d.fontText(font); err != nil {
			return false, err
		}
	}
	r.sight.seen.font = r.known[name]
	return true, nil
}

// fontText is what the codes of a font say.
type fontText struct {
	wide     bool              // codes of two bytes
	drawn    bool              // nobody knows what it shows
	unicode  map[uint16]string // by /ToUnicode
	differs  map[byte]string   // simple fonts: names of /Differences
	encoding string            // simple fonts: WinAnsiEncoding, …
}

// fontText reads a font's encoding (9.6.6, 9.7.5, 9.10).
func (d *differ) fontText(font Value) (*fontText, error) {
	t := &fontText{}
	subtype, err := d.f.key(d.new, font, "Subtype")
	if err != nil {
		return nil, err
	}
	encoding, err := d.f.key(d.new, font, "Encoding")
	if err != nil {
		return nil, err
	}
	unicode, err := d.f.key(d.new, font, "ToUnicode")
	if err != nil {
		return nil, err
	}
	if unicode.Kind == Stream {
		data, err := d.shownData(unicode)
		if err != nil {
			return t, limitOnly(err)
		}
		t.unicode = d.f.toUnicode(data)
	}
	switch subtype.Name() {
	case "Type0":
		t.wide = true
		return t, nil
	case "Type3": // its letters are drawings, whatever their names
		t.drawn = true
	}
	t.encoding = encoding.Name()
	if encoding.Kind == Dictionary {
		base, err := d.f.key(d.new, encoding, "BaseEncoding")
		if err != nil {
			return nil, err
		}
		t.encoding = base.Name()
		differences, err := d.f.key(d.new, encoding, "Differences")
		if err != nil {
			return nil, err
		}
		t.differs = map[byte]string{}
		code := int64(0)
		for _, item := range differences.Items() {
			if n, ok := item.Int(); ok {
				code = n
				continue
			}
			t.differs[byte(code)] = item.Name()
			code++
		}
	}
	return t, nil
}

// decode is the text of a string shown in the font; ok is false if a code's meaning
// is not known.
func (t *fontText) decode(codes []byte) (text string, ok bool) {
	var b strings.Builder
	for len(codes) > 0 {
		code := uint16(codes[0])
		if t.wide {
			if len(codes) == 1 {
				return b.String(), false
			}
			code = code<<8 | uint16(codes[1])
			codes = codes[1:]
		}
		codes = codes[1:]
		if said, known := t.unicode[code]; known {
			b.WriteString(said)
			continue
		}
		if t.wide {
			return b.String(), false
		}
		r, known := t.simple(byte(code))
		if !known {
			return b.String(), false
		}
		b.WriteRune(r)
	}
	return b.String(), true
}

// simple is the character of a code in a simple font without /ToUnicode. The standard
// encodings agree on ASCII but for two quotation marks; beyond it only WinAnsi and
// PDFDoc are read, where they agree with Latin-1.
func (t *fontText) simple(code byte) (rune, bool) {
	if name, differs := t.differs[code]; differs {
		return glyph(name, code)
	}
	switch {
	case code < ' ':
		return ' ', true
	case code < 0x7F:
		return rune(code), true
	case code > 0xA0 && (t.encoding == "WinAnsiEncoding" || t.encoding == "PDFDocEncoding"):
		return rune(code), true
	}
	return 0, false
}

// glyph is the character of a glyph name: a letter or digit by itself, "uni" and its
// number, or one of the names that PDFDocEncoding gives the same code.
func glyph(name string, code byte) (rune, bool) {
	if len(name) == 1 {
		return rune(name[0]), true
	}
	if len(name) == 7 && strings.HasPrefix(name, "uni") {
		n, ok := hexNumber(name[3:])
		return rune(n), ok
	}
	if want, ok := pdfDocNames()[name]; ok && want == code {
		return pdfDocRune(code), true
	}
	return 0, false
}

// pdfDocNames are the glyphs that form writers list as differences from ASCII so that
// a font shows PDFDocEncoding (annex D.2).
var pdfDocNames = sync.OnceValue(func() map[string]byte {
	names := map[string]byte{}
	for first, list := range map[byte]string{
		0x18: "breve caron circumflex dotaccent hungarumlaut ogonek ring tilde",
		0x20: "space",
		0x27: "quotesingle",
		0x60: "grave",
		0x80: "bullet dagger daggerdbl ellipsis emdash endash florin fraction guilsinglleft guilsinglright minus perthousand quotedblbase quotedblleft quotedblright quoteleft quoteright quotesinglbase trademark fi fl Lslash OE Scaron Ydieresis Zcaron dotlessi lslash oe scaron zcaron",
		0xA0: "Euro",
		0xA1: "exclamdown cent sterling currency yen brokenbar section dieresis copyright ordfeminine guillemotleft logicalnot",
		0xAE: "registered macron degree plusminus twosuperior threesuperior acute mu paragraph periodcentered cedilla onesuperior ordmasculine guillemotright onequarter onehalf threequarters questiondown Agrave Aacute Acircumflex Atilde Adieresis Aring AE Ccedilla Egrave Eacute Ecircumflex Edieresis Igrave Iacute Icircumflex Idieresis Eth Ntilde Ograve Oacute Ocircumflex Otilde Odieresis multiply Oslash Ugrave Uacute Ucircumflex Udieresis Yacute Thorn germandbls agrave aacute acircumflex atilde adieresis aring ae ccedilla egrave eacute ecircumflex edieresis igrave iacute icircumflex idieresis eth ntilde ograve oacute ocircumflex otilde odieresis divide oslash ugrave uacute ucircumflex udieresis yacute thorn ydieresis",
	} {
		for i, name := range strings.Fields(list) {
			names[name] = first + byte(i)
		}
	}
	return names
})

func hexNumber(digits string) (n int, ok bool) {
	for _, c := range []byte(digits) {
		switch {
		case isDigit(c):
			n = n<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | int(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return n, true
}
