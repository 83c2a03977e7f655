package paper

import (
	"encoding/binary"
	"sync"
	"unicode/utf16"
)

// sRGB is an ICC profile of the colour space of IEC 61966-2-1, the output intent
// that PDF/A wants for pages that name device colours (ISO 19005-3, 6.2.3). It is
// computed rather than carried: everything in it is a number of the standard.
// Layout and tags are ICC.1:2004-10, the version that PDF 1.7 refers to.
var sRGB = sync.OnceValue(func() []byte {
	curve := append([]byte("para\x00\x00\x00\x00\x00\x03\x00\x00"), // 10.15, function type 3
		fixedPoints(2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)...)
	tags := []struct {
		name string
		body []byte
	}{
		{"desc", localized("sRGB")},
		{"cprt", localized("No copyright")},
		{"wtpt", append([]byte("XYZ \x00\x00\x00\x00"), fixedPoints(0.9642, 1, 0.8249)...)},
		// The primaries of sRGB, adapted from D65 to the connection space's D50 with
		// the matrix of Bradford that stands under chad.
		{"rXYZ", append([]byte("XYZ \x00\x00\x00\x00"), fixedPoints(0.43607, 0.22249, 0.01392)...)},
		{"gXYZ", append([]byte("XYZ \x00\x00\x00\x00"), fixedPoints(0.38515, 0.71687, 0.09708)...)},
		{"bXYZ", append([]byte("XYZ \x00\x00\x00\x00"), fixedPoints(0.14307, 0.06061, 0.71410)...)},
		{"chad", append([]byte("sf32\x00\x00\x00\x00"), fixedPoints(
			1.04791, 0.02293, -0.05019,
			0.02963, 0.99043, -0.01707,
			-0.00925, 0.01506, 0.75179)...)},
		{"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve},
	}
	directory := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	var bodies []byte
	start := 128 + 4 + 12*len(tags)
	for _, tag := range tags {
		directory = append(directory, tag.name...)
		directory = binary.BigEndian.AppendUint32(directory, uint32(start+len(bodies)))
		directory = binary.BigEndian.AppendUint32(directory, uint32(len(tag.body)))
		bodies = append(bodies, tag.body...)
		for len(bodies)%4 != 0 {
			bodies = append(bodies, 0)
		}
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(start+len(bodies)))
	head = append(head, "\x00\x00\x00\x00\x04\x20\x00\x00mntrRGB XYZ "...)
	for _, part := range []uint16{2021, 10, 21, 0, 0, 0} { // of no meaning, but it must be a date
		head = binary.BigEndian.AppendUint16(head, part)
	}
	head = append(head, "acsp"...)
	head = append(head, make([]byte, 28)...)
	head = append(head, fixedPoints(0.9642, 1, 0.8249)...) // illuminant of the connection space
	head = append(head, make([]byte, 128-len(head))...)
	return append(append(head, directory...), bodies...)
})

// fixedPoints writes s15Fixed16Numbers.
func fixedPoints(values ...float64) []byte {
	var b []byte
	for _, v := range values {
		n := int32(v*65536 + 0.5)
		if v < 0 {
			n = int32(v*65536 - 0.5)
		}
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return b
}

// localized is a multiLocalizedUnicodeType with one record (10.13).
func localized(text string) []byte {
	units := utf16.Encode([]rune(text))
	b := append([]byte("mluc\x00\x00\x00\x00"), 0, 0, 0, 1, 0, 0, 0, 12, 'e', 'n', 'U', 'S')
	b = binary.BigEndian.AppendUint32(b, uint32(2*len(units)))
	b = binary.BigEndian.AppendUint32(b, 28)
	for _, unit := range units {
		b = binary.BigEndian.AppendUint16(b, unit)
	}
	return b
}
