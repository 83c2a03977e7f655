package paper

import (
	"fmt"
	"sync"

	qr "github.com/piglig/go-qr"
)

// code is a QR code (ISO/IEC 18004) as rows of modules, true for dark.
type code [][]bool

// codes remembers the last codes, 2 kB each.
var codes = sync.OnceValue(func() *memo[string, code] { return &memo[string, code]{most: 256} })

// newCode encodes payload with error correction level M, or a better one where the symbol
// has room for it: a code that was printed, folded and scanned again loses a few modules,
// not many.
func newCode(payload string) (code, error) {
	return codes().of(payload, func() (code, error) { return encoded(payload) })
}

func encoded(payload string) (code, error) {
	symbol, err := qr.EncodeText(payload, qr.Medium)
	if err != nil {
		return nil, fmt.Errorf("encoding QR code of %d bytes: %w", len(payload), err)
	}
	rows := make(code, symbol.Size())
	for y := range rows {
		rows[y] = make([]bool, len(rows))
		for x := range rows[y] {
			rows[y][x] = symbol.Module(x, y)
		}
	}
	return rows, nil
}

// quiet is how many modules around a code stay white (ISO/IEC 18004, 6.3.8).
const quiet = 4

// code draws c with its quiet zone into the square whose upper left corner is x, y:
// a filled rectangle for each run of dark modules, so that it prints sharp at any
// size.
func (s *stream) code(c code, x, y, side float64) {
	s.endText()
	// The matrix makes a module the unit, with whole coordinates from the top down.
	module := side / float64(len(c)+2*quiet)
	s.b = append(s.b, "q\n"...)
	s.b = fmt.Appendf(s.b, "%.5f 0 0 %.5f %.3f %.3f cm\n", module, -module, x+quiet*module, y-quiet*module)
	for row, modules := range c {
		for start := 0; start < len(modules); start++ {
			if !modules[start] {
				continue
			}
			end := start
			for end < len(modules) && modules[end] {
				end++
			}
			s.op("re", float64(start), float64(row), float64(end-start), 1)
			start = end
		}
	}
	s.b = append(s.b, "f\nQ\n"...)
}
