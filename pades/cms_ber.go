package pades

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Limits of what is read as BER.
const (
	cmsMaxSize   = 32 << 20 // memory: everything else here is in proportion to it
	berMaxDepth  = 64       // nesting without end: 4 MB of 0x30 0x80 kill a recursive reader; a CMS has about 20 levels
	berMaxItems  = 1 << 20  // time: millions of two-byte elements; a CRL of 7 MB has as many, and in DER none are counted
	berMaxPieces = 1 << 18  // memory: what is not yet DER costs a node each
)

var (
	errBER = errors.New("malformed BER")
	// ErrCMSLimit is a CMS beyond what is read here, in size, nesting or number of parts.
	ErrCMSLimit = errors.New("CMS exceeds the limits")
)

// berPiece is one step of writing the DER: copy b[start:end], or write a header with this tag and length.
type berPiece struct {
	start, end int32
	tag        byte // 0: copy
}

// berFrame is a constructed element not yet closed.
type berFrame struct {
	end     int  // -1: indefinite length
	limit   int  // its end, or that of the innermost element around it that has one
	start   int  // of its identifier octet
	piece   int  // its header's place among the pieces
	size    int  // length of its contents in DER so far
	der     bool // nothing to change so far
	octets  bool // a constructed OCTET STRING, to become one primitive
	segment bool // an OCTET STRING inside one: only its contents count
}

// berToDER rewrites the first element of b with definite, shortest lengths and primitive OCTET
// STRINGs (X.690, 10.1 and 10.2) and says how many bytes of b it took. Values are not touched: a SET
// keeps its order, a BOOLEAN its octet. Elements that are DER come back byte for byte.
//
// It runs over b once with a stack of its own, so that nesting costs nothing. Tag numbers above 30 and
// constructed strings other than OCTET STRING, neither of which CMS or X.509 has, are refused.
func berToDER(b []byte) (der []byte, length int, err error) {
	if len(b) > cmsMaxSize {
		return nil, 0, fmt.Errorf("%d bytes: %w", len(b), ErrCMSLimit)
	}
	pieces, length, err := berPieces(b)
	if err != nil {
		return nil, 0, err
	}
	if len(pieces) == 1 && pieces[0].tag == 0 {
		return b[:length], length, nil
	}
	size := 0
	for _, p := range pieces {
		if p.tag == 0 {
			size += int(p.end - p.start)
		} else {
			size += derHeaderSize(int(p.end))
		}
	}
	der = make([]byte, 0, size)
	for _, p := range pieces {
		if p.tag == 0 {
			der = append(der, b[p.start:p.end]...)
		} else {
			der = appendDERHeader(der, p.tag, int(p.end))
		}
	}
	return der, length, nil
}

// berPieces is the one pass over b.
func berPieces(b []byte) ([]berPiece, int, error) {
	var pieces []berPiece
	var stack []berFrame
	at, items := 0, 0
	for {
		// Close what ends here.
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.end < 0 && at+2 <= top.limit && b[at] == 0 && b[at+1] == 0 {
				at += 2
			} else if top.end != at {
				break
			}
			pieces = closeFrame(pieces, stack, at)
			stack = stack[:len(stack)-1]
		}
		if len(stack) == 0 && items > 0 {
			return pieces, at, nil
		}
		if items++; items > berMaxItems || len(pieces) > berMaxPieces {
			return nil, 0, fmt.Errorf("elements at byte %d: %w", at, ErrCMSLimit)
		}

		limit := len(b)
		var parent *berFrame
		if len(stack) > 0 {
			parent = &stack[len(stack)-1]
			limit = parent.limit
		}
		h, ok := readBERHeader(b[at:limit])
		if !ok || h.tag == 0 || h.length > limit-at-h.size {
			return nil, 0, fmt.Errorf("element at byte %d: %w", at, errBER)
		}
		inString := parent != nil && parent.octets
		if inString && h.tag&^0x20 != 0x04 || !inString && h.tag&0xe0 == 0x20 && !berMayBeConstructed(h.tag) {
			return nil, 0, fmt.Errorf("constructed string at byte %d: %w", at, errBER)
		}
		if h.tag&0x20 == 0 {
			end := at + h.size + h.length
			switch {
			case inString:
				pieces = appendCopy(pieces, at+h.size, end)
				parent.size += h.length
			case h.minimal:
				pieces = appendCopy(pieces, at, end)
				if parent != nil {
					parent.size += end - at
				}
			default:
				pieces = append(pieces, berPiece{tag: h.tag, end: int32(h.length)})
				pieces = appendCopy(pieces, at+h.size, end)
				if parent != nil {
					parent.size += derHeaderSize(h.length) + h.length
					parent.der = false
				}
			}
			at = end
			continue
		}
		if len(stack) == berMaxDepth {
			return nil, 0, fmt.Errorf("nesting at byte %d: %w", at, ErrCMSLimit)
		}
		f := berFrame{start: at, end: -1, limit: limit, piece: len(pieces), der: h.minimal, octets: h.tag == 0x24, segment: inString}
		if h.length >= 0 {
			f.end = at + h.size + h.length
			f.limit = f.end
		}
		tag := h.tag
		if f.octets {
			f.der, tag = false, 0x04
		}
		if !f.segment {
			pieces = append(pieces, berPiece{tag: tag})
		}
		stack = append(stack, f)
		at += h.size
	}
}

// closeFrame ends the innermost element: if nothing in it had to change it becomes one copy of
// b[start:at], else its header gets the length found.
func closeFrame(pieces []berPiece, stack []berFrame, at int) []berPiece {
	f := stack[len(stack)-1]
	var total int
	switch {
	case f.segment:
		total = f.size
	case f.der:
		pieces = appendCopy(pieces[:f.piece], f.start, at)
		total = at - f.start
	default:
		pieces[f.piece].end = int32(f.size)
		total = derHeaderSize(f.size) + f.size
	}
	if len(stack) > 1 {
		parent := &stack[len(stack)-2]
		parent.size += total
		parent.der = parent.der && f.der
	}
	return pieces
}

// appendCopy adds b[start:end], to the last copy if it continues it: a long run of DER stays one piece.
func appendCopy(pieces []berPiece, start, end int) []berPiece {
	if n := len(pieces); n > 0 && pieces[n-1].tag == 0 && int(pieces[n-1].end) == start {
		pieces[n-1].end = int32(end)
		return pieces
	}
	return append(pieces, berPiece{start: int32(start), end: int32(end)})
}

// berMayBeConstructed: of the universal types SEQUENCE, SET, EXTERNAL, EMBEDDED PDV and OCTET STRING.
func berMayBeConstructed(tag byte) bool {
	switch tag {
	case 0x30, 0x31, 0x28, 0x2b, 0x24:
		return true
	}
	return false
}

// berHeader is identifier and length octets (X.690, 8.1.2 and 8.1.3).
type berHeader struct {
	tag     byte
	size    int  // of the header
	length  int  // of the contents; -1 is indefinite
	minimal bool // the length is in DER form
}

func readBERHeader(b []byte) (berHeader, bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return berHeader{}, false
	}
	h := berHeader{tag: b[0], size: 2, length: int(b[1]), minimal: true}
	switch {
	case b[1] < 0x80:
		return h, true
	case b[1] == 0x80:
		h.length, h.minimal = -1, false
		return h, h.tag&0x20 != 0 // X.690, 8.1.3.2 a
	}
	n := int(b[1] & 0x7f)
	if n > 8 || len(b) < 2+n {
		return berHeader{}, false
	}
	var octets [8]byte
	copy(octets[8-n:], b[2:2+n])
	length := binary.BigEndian.Uint64(octets[:])
	if length > cmsMaxSize {
		return berHeader{}, false
	}
	h.size, h.length = 2+n, int(length)
	h.minimal = h.size == derHeaderSize(h.length)
	return h, true
}

// derHeaderSize is the number of identifier and length octets before n bytes of contents.
func derHeaderSize(n int) int {
	size := 2
	if n >= 0x80 {
		for ; n > 0; n >>= 8 {
			size++
		}
	}
	return size
}

func appendDERHeader(b []byte, tag byte, n int) []byte {
	b = append(b, tag)
	if n < 0x80 {
		return append(b, byte(n))
	}
	octets := derHeaderSize(n) - 2
	b = append(b, 0x80|byte(octets))
	for i := octets - 1; i >= 0; i-- {
		b = append(b, byte(n>>(8*i)))
	}
	return b
}
