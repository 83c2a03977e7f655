package pades

import "unicode/utf16"

// maxCodes bounds the codes a /ToUnicode may list: as many as two bytes have.
const maxCodes = 1 << 16

// toUnicode reads the pairs of a ToUnicode CMap (9.10.3): bfchar and bfrange. What it
// does not understand it leaves out, and the code is then unknown.
func (f *File) toUnicode(data []byte) map[uint16]string {
	s := f.scan(data, 0)
	codes := map[uint16]string{}
	var operands []Value
	for len(codes) < maxCodes {
		s.space()
		if s.pos >= len(s.b) {
			break
		}
		switch word := s.operator(); word {
		case "":
			v, err := s.value()
			if err != nil {
				return codes
			}
			operands = append(operands, v)
			continue
		case "endbfchar":
			for i := 0; i+1 < len(operands); i += 2 {
				if code, ok := codeOf(operands[i]); ok {
					codes[code] = utf16Text(operands[i+1].Octets(), 0)
				}
			}
		case "endbfrange":
			for i := 0; i+2 < len(operands) && len(codes) < maxCodes; i += 3 {
				bfrange(codes, operands[i], operands[i+1], operands[i+2])
			}
		}
		operands = operands[:0]
	}
	return codes
}

func bfrange(codes map[uint16]string, first, last, to Value) {
	low, ok := codeOf(first)
	high, ok2 := codeOf(last)
	if !ok || !ok2 || high < low {
		return
	}
	for n := 0; n <= int(high-low); n++ {
		switch {
		case to.Kind == String:
			codes[low+uint16(n)] = utf16Text(to.octets, n)
		case n < len(to.Items()):
			codes[low+uint16(n)] = utf16Text(to.items[n].Octets(), 0)
		}
	}
}

// codeOf is a code of one or two bytes.
func codeOf(v Value) (uint16, bool) {
	switch b := v.Octets(); len(b) {
	case 1:
		return uint16(b[0]), true
	case 2:
		return uint16(b[0])<<8 | uint16(b[1]), true
	}
	return 0, false
}

// utf16Text is a text in UTF-16BE whose last unit is n further on.
func utf16Text(b []byte, n int) string {
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, uint16(b[0])<<8|uint16(b[1]))
	}
	if len(units) > 0 {
		units[len(units)-1] += uint16(n)
	}
	return string(utf16.Decode(units))
}
