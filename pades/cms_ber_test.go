package pades

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestBERToDER(t *testing.T) {
	tests := []struct {
		name, in, want string // hex; want empty: refused
		length         int    // bytes taken, 0 = all
	}{
		{name: "DER", in: "3003020105", want: "3003020105"},
		{name: "DER with padding", in: "30030201050000", want: "3003020105", length: 5},
		{name: "indefinite", in: "30800201050000", want: "3003020105"},
		{name: "indefinite, padding", in: "3080020105000000", want: "3003020105", length: 7},
		{name: "empty indefinite", in: "30800000", want: "3000"},
		{name: "indefinite in definite", in: "3007308002010500 00", want: "30053003020105"},
		{name: "definite in indefinite", in: "3080300302010500 00", want: "30053003020105"},
		{name: "long length", in: "308103020105", want: "3003020105"},
		{name: "long length of a primitive", in: "300502820001 05", want: "3003020105"},
		{name: "length with leading zeros", in: "3088000000000000000302 0105", want: "3003020105"},
		{name: "constructed string", in: "240604010104 0102", want: "04020102"},
		{name: "constructed string, indefinite", in: "2480040101040102 0000", want: "04020102"},
		{name: "nested constructed string", in: "24802405040101040004 01020000", want: "04020102"},
		{name: "constructed empty string", in: "2400", want: "0400"},
		{name: "string and neighbours", in: "30800501 01 2480 0402 0102 0000 0501 02 0000", want: "300a05010104020102050102"},
		{name: "context tags", in: "a080800101a1800500 0000 0000", want: "a007800101a1020500"},
		{name: "short to long length", in: "3080" + strings.Repeat("050105", 43) + "0000", want: "308181" + strings.Repeat("050105", 43)},

		{name: "empty", in: ""},
		{name: "cut header", in: "30"},
		{name: "cut contents", in: "300302"},
		{name: "no end of contents", in: "3080020105"},
		{name: "half an end of contents", in: "308002010500"},
		{name: "end of contents in definite", in: "30020000"},
		{name: "end of contents at top", in: "0000"},
		{name: "indefinite primitive", in: "0480"},
		{name: "child longer than parent", in: "300302020101"},
		{name: "indefinite child crosses the parent's end", in: "300430800500 0000"},
		{name: "reserved length", in: "30ff00"},
		{name: "length of 2^63", in: "30888000000000000000"},
		{name: "high tag number", in: "3f810100"},
		{name: "constructed BIT STRING", in: "230403020001"},
		{name: "constructed INTEGER", in: "2203020105"},
		{name: "INTEGER in a constructed string", in: "2403020105"},
		{name: "SEQUENCE in a constructed string", in: "240430020500"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := must(hex.DecodeString(strings.ReplaceAll(tt.in, " ", "")))
			der, length, err := berToDER(in)
			if tt.want == "" {
				if !errors.Is(err, errBER) {
					t.Errorf("got %x, %v, want errBER", der, err)
				}
				return
			}
			if tt.length == 0 {
				tt.length = len(in)
			}
			if err != nil || hex.EncodeToString(der) != tt.want || length != tt.length {
				t.Errorf("got %x, %d, %v, want %s, %d", der, length, err, tt.want, tt.length)
			}
		})
	}
}

// TestHostileBER: megabytes made to exhaust stack, memory or time end early.
func TestHostileBER(t *testing.T) {
	const size = 4 << 20
	header := []byte("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01")
	fill := func(unit string) []byte {
		return append(bytes.Clone(header), bytes.Repeat([]byte(unit), size/len(unit))...)
	}
	deep := bytes.Repeat([]byte{0x30, 0x80}, size/2)
	tests := []struct {
		name string
		in   []byte
	}{
		{"nested sequences", deep},
		{"nested sequences, closed", append(bytes.Clone(deep[:size/2]), make([]byte, size/2)...)},
		{"nested strings", bytes.Repeat([]byte{0x24, 0x80}, size/2)},
		{"nested in SignedData", fill("\x30\x80")},
		{"empty indefinite elements", fill("\x30\x80\x00\x00")},
		{"empty constructed strings", fill("\x24\x00")},
		{"one-byte segments", append(append(bytes.Clone(header), 0x24, 0x80), bytes.Repeat([]byte{4, 1, 0}, size/3)...)},
		{"NULLs", fill("\x05\x00")},
		{"empty attributes", fill("\x31\x00")},
		{"long lengths", fill("\x04\x82\x00\x00")},
		{"zeros", make([]byte, size)},
		{"only tags", bytes.Repeat([]byte{0x30}, size)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			if _, err := ParseCMS(tt.in); err == nil {
				t.Error("parsed")
			}
			elapsed := time.Since(start)
			runtime.ReadMemStats(&after)
			t.Logf("%v, %d KB", elapsed, (after.TotalAlloc-before.TotalAlloc)>>10)
			// The aim is 100 ms (`go test -v` shows the figures); the assertion allows for a busy machine.
			if elapsed > time.Second {
				t.Errorf("took %v", elapsed)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
				t.Errorf("allocated %d MB", got>>20)
			}
		})
	}
	if _, err := ParseCMS(make([]byte, cmsMaxSize+1)); !errors.Is(err, ErrCMSLimit) {
		t.Errorf("33 MB: %v", err)
	}
}

// toBER writes DER again with indefinite lengths and strings cut in pieces: the other direction,
// written apart from what it tests.
func toBER(der []byte) []byte {
	var out []byte
	for len(der) > 0 {
		tag, header, n := der[0], 2, int(der[1])
		if n >= 0x80 {
			octets := n & 0x7f
			n = 0
			for _, b := range der[2 : 2+octets] {
				n = n<<8 | int(b)
			}
			header += octets
		}
		content := der[header : header+n]
		switch {
		case tag&0x20 != 0:
			out = append(out, tag, 0x80)
			out = append(out, toBER(content)...)
			out = append(out, 0, 0)
		case tag == 4 && n > 3:
			out = append(out, 0x24, 0x80, 4, 3)
			out = append(out, content[:3]...)
			out = append(out, 4, 0x84, 0, 0, byte((n-3)>>8), byte(n-3))
			out = append(out, content[3:]...)
			out = append(out, 0, 0)
		default:
			out = append(out, der[:header+n]...)
		}
		der = der[header+n:]
	}
	return out
}

func TestParseBER(t *testing.T) {
	s := cmsKeys()["RSA-2048"]
	der := s.cms(t, RS256, cmsSigned)
	ber := toBER(der)
	got, length, err := berToDER(ber)
	if err != nil || length != len(ber) || !bytes.Equal(got, der) {
		t.Fatalf("%d bytes of %d, %v: not the DER it was made from", length, len(ber), err)
	}
	c, err := ParseCMS(append(bytes.Clone(ber), 0, 0, 0))
	if err != nil || c.IsDER || c.Length != len(ber) {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, tt := range []struct {
		profile Profile
		want    Status
	}{{PAdES, Warn}, {Legacy, Warn}} {
		if r := c.Check(0, digestOf(cmsContent), CheckOptions{Profile: tt.profile}); r.Status() != tt.want || r.Findings[0].Rule != "R-C1" || r.Findings[0].Status != Warn {
			t.Errorf("profile %d: %+v", tt.profile, r.Findings)
		}
	}
	c = must(ParseCMS(ber))
	if r := c.Check(0, digestOf(cmsContent), CheckOptions{Profile: CAdES}); r.Status() != OK {
		t.Errorf("CAdES: %+v", r.Findings)
	}
}

// values is a reader of BER apart from the one tested: recursive, and without any form of lengths in its answer.
func values(b []byte, depth int) (tree string, rest []byte, ok bool) {
	if depth > berMaxDepth+1 || len(b) < 2 {
		return "", nil, false
	}
	h, ok := readBERHeader(b)
	if !ok {
		return "", nil, false
	}
	if h.length >= 0 && h.length > len(b)-h.size {
		return "", nil, false
	}
	content := b[h.size:]
	if h.length >= 0 {
		content, rest = b[h.size:h.size+h.length], b[h.size+h.length:]
	}
	if h.tag&0x20 == 0 {
		return fmt.Sprintf("%02x:%x;", h.tag, content), rest, true
	}
	var children, octets strings.Builder
	for {
		if h.length >= 0 && len(content) == 0 {
			break
		}
		if h.length < 0 && len(content) >= 2 && content[0] == 0 && content[1] == 0 {
			rest = content[2:]
			break
		}
		child, next, ok := values(content, depth+1)
		if !ok {
			return "", nil, false
		}
		children.WriteString(child)
		octets.WriteString(strings.TrimSuffix(strings.TrimPrefix(child, "04:"), ";"))
		content = next
	}
	if h.tag == 0x24 {
		return "04:" + octets.String() + ";", rest, true
	}
	return fmt.Sprintf("%02x(%s)", h.tag, children.String()), rest, true
}

func FuzzBER(f *testing.F) {
	s := cmsKeys()["P-256"]
	der := s.cms(f, ES256, cmsSigned)
	f.Add(der)
	f.Add(toBER(der))
	f.Add([]byte("\x30\x80\x24\x80\x04\x01\x01\x24\x00\x00\x00\x02\x81\x01\x05\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		der, length, err := berToDER(b)
		if err != nil {
			if !errors.Is(err, errBER) && !errors.Is(err, ErrCMSLimit) {
				t.Fatalf("unexpected error %v", err)
			}
			return
		}
		if length < 1 || length > len(b) || len(der) > length {
			t.Fatalf("%d bytes of %d became %d", length, len(b), len(der))
		}
		again, n, err := berToDER(der)
		if err != nil || n != len(der) || !bytes.Equal(again, der) {
			t.Fatalf("%x is not a fixed point: %x, %v", der, again, err)
		}
		want, rest, ok := values(b, 0)
		if !ok || len(b)-len(rest) != length {
			t.Fatalf("the other reader takes %d bytes, %v, not %d", len(b)-len(rest), ok, length)
		}
		if got, _, _ := values(der, 0); got != want {
			t.Fatalf("values differ:\n%s\n%s", got, want)
		}
	})
}
