package verify_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"kytiem/pades"
	"kytiem/verify"
)

// TestLimits: whatever a file makes of the rules on what follows a signature, it is
// answered within the time and the memory that one file may take.
func TestLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("judges large files, one after the other")
	}
	w := newWorld(t)
	by := w.issue(t, nil)
	text := formText()
	field := strings.Replace(text[7], " >>", " /V 20 0 R >>", 1)
	signed := func(objects map[int]string) []byte {
		return dictionary{number: 20, objects: map[int]string{7: field}}.signedBy(t, by, revised(nil, objects, ""))
	}
	with := func(more map[int]string) map[int]string {
		all := formText()
		for n, object := range more {
			all[n] = object
		}
		return all
	}
	keys := func(suffix string) string {
		var b strings.Builder
		for n := range 60_000 {
			fmt.Fprintf(&b, "/K%d 0 ", n)
		}
		return "<< " + b.String() + suffix + " >>"
	}
	references := "[" + strings.Repeat("5 0 R ", 100_000) + "]"
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	many := func(pdf []byte, n int, revision func(int) map[int]string) []byte {
		for i := range n {
			pdf = revised(pdf, revision(i), "")
		}
		return pdf
	}
	plain := signed(text)
	for _, test := range []struct {
		name string
		pdf  func() []byte
	}{
		{"a dictionary of 60,000 keys, changed", func() []byte {
			return revised(signed(with(map[int]string{1: "<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R /X 50 0 R >>", 50: keys("/A 1")})), map[int]string{50: keys("/A 2")}, "")
		}},
		{"an object that many refer to, changed", func() []byte {
			return revised(signed(with(map[int]string{1: "<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R /X 50 0 R >>", 50: references})), map[int]string{5: text[14]}, "")
		}},
		{"arrays of arrays", func() []byte {
			return revised(signed(with(map[int]string{1: "<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R /X " + deep(90) + " >>"})), map[int]string{5: text[14]}, "")
		}},
		{"400 revisions of the page", func() []byte {
			return many(plain, 400, func(i int) map[int]string {
				return map[int]string{3: strings.Replace(text[3], ">> >>", fmt.Sprintf(">> >> /Tabs /R%d", i), 1)}
			})
		}},
		{"400 revisions of validation data", func() []byte {
			return many(plain, 400, func(i int) map[int]string {
				return map[int]string{1: strings.Replace(text[1], ">>", "/DSS << /Certs ["+strings.Repeat("60 0 R ", 500)+"] >> >>", 1), 60 + i%2: streamOf("", fmt.Sprint(i))}
			})
		}},
		{"100 time-stamps that are none", func() []byte {
			pdf, list := plain, "7 0 R 8 0 R"
			for i := range 100 {
				value, widget := 100+2*i, 101+2*i
				list += fmt.Sprintf(" %d 0 R", widget)
				pdf = dictionary{number: value, subFilter: pades.TimeStampSubFilter, cms: func([]byte) []byte { return []byte{0x30, 0} },
					objects: map[int]string{
						6:      "<< /Fields [" + list + "] /DR << /Font << /Helv 9 0 R >> >> >>",
						widget: fmt.Sprintf("<< /FT /Sig /T (t%d) /V %d 0 R /Rect [0 0 0 0] >>", i, value),
					}}.signedBy(t, by, pdf)
			}
			return pdf
		}},
		{"fields in a circle", func() []byte {
			return revised(plain, map[int]string{6: "<< /Fields [50 0 R] >>", 50: "<< /T (a) /Kids [51 0 R] >>", 51: "<< /T (b) /Kids [50 0 R] >>"}, "")
		}},
		{"a stream of a thousand to one", func() []byte {
			return revised(plain, map[int]string{1: strings.Replace(text[1], ">>", "/Metadata 50 0 R >>", 1), 50: bomb(t)}, "")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			pdf := test.pdf()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			r := w.judgeBy().PDF(t.Context(), "x.pdf", pdf)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if took > 30*time.Second { // far beyond R-P9's ten
				t.Errorf("took %s", took)
			}
			t.Logf("%s, %d KB in the file, %d MB allocated in all: %s", took.Round(time.Millisecond), len(pdf)>>10, (after.TotalAlloc-before.TotalAlloc)>>20, r.Verdict)
			if len(r.Signatures) > 0 && r.Signatures[0].Indication == verify.TotalPassed && !strings.Contains(test.name, "validation") && !strings.Contains(test.name, "time-stamps") {
				t.Errorf("passes: %s", faults(r))
			}
		})
	}
}

// bomb is a stream that decompresses to far more than it is.
func bomb(t testing.TB) string {
	t.Helper()
	data, err := hex.DecodeString("789cedc1010000008090feafee080a00")
	if err != nil {
		t.Fatal(err)
	}
	body := string(append(data, bytes.Repeat([]byte{0}, 1<<16)...))
	return fmt.Sprintf("<< /Type /Metadata /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream", len(body), body)
}
