package pades

import (
	"encoding/hex"
	"unicode/utf16"
	"unicode/utf8"
)

// decodeText reads a text string (ISO 32000-1, 7.9.2.2; UTF-8 by ISO 32000-2).
// What is not well-formed becomes U+FFFD: text is shown, never compared.
func decodeText(b []byte) string {
	switch {
	case len(b) >= 2 && b[0] == 0xFE && b[1] == 0xFF:
		units := make([]uint16, 0, len(b)/2)
		for b = b[2:]; len(b) >= 2; b = b[2:] {
			units = append(units, uint16(b[0])<<8|uint16(b[1]))
		}
		return string(utf16.Decode(units))
	case len(b) >= 3 && b[0] == 0xEF && b[1] == 0xBB && b[2] == 0xBF && utf8.Valid(b[3:]):
		return string(b[3:])
	}
	runes := make([]rune, 0, len(b))
	for _, c := range b {
		runes = append(runes, pdfDocRune(c))
	}
	return string(runes)
}

// pdfDocRune decodes one byte of PDFDocEncoding (ISO 32000-1, annex D.3),
// which is Latin-1 but for two stretches.
func pdfDocRune(c byte) rune {
	switch {
	case c >= 0x18 && c <= 0x1F:
		return [...]rune{0x2D8, 0x2C7, 0x2C6, 0x2D9, 0x2DD, 0x2DB, 0x2DA, 0x2DC}[c-0x18]
	case c >= 0x80 && c <= 0xA0:
		return [...]rune{
			0x2022, 0x2020, 0x2021, 0x2026, 0x2014, 0x2013, 0x192, 0x2044, 0x2039, 0x203A, 0x2212,
			0x2030, 0x201E, 0x201C, 0x201D, 0x2018, 0x2019, 0x201A, 0x2122, 0xFB01, 0xFB02, 0x141,
			0x152, 0x160, 0x178, 0x17D, 0x131, 0x142, 0x153, 0x161, 0x17E, utf8.RuneError, 0x20AC,
		}[c-0x80]
	}
	return rune(c)
}

// appendText writes a text string as UTF-16BE with byte order mark, in
// hexadecimal: no escapes, and readable by every reader.
func appendText(b []byte, s string) []byte {
	b = append(b, "<FEFF"...)
	for _, u := range utf16.Encode([]rune(s)) {
		b = hex.AppendEncode(b, []byte{byte(u >> 8), byte(u)})
	}
	return append(b, '>')
}
