package verify_test

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"

	"kytiem/verify"
)

// TestPrepared changes documents that their author prepared for it, so that what may grow or
// be written again after a signature is also something else: none passes.
func TestPrepared(t *testing.T) {
	w := newWorld(t)
	by := w.issue(t, nil)
	id := strings.Repeat("A", 40)
	structured := func(text map[int]string) {
		text[1] = strings.Replace(text[1], ">>", "/StructTreeRoot 50 0 R >>", 1)
		text[50] = "<< /Type /StructTreeRoot /ParentTree 51 0 R >>"
		text[51] = "<< /Nums [] >>"
	}
	for _, test := range []struct {
		name    string
		prepare func(text map[int]string)
		then    map[int]string
	}{
		{"resources that validation data name", func(text map[int]string) {
			text[1] = strings.Replace(text[1], ">>", "/DSS << /X 3 0 R >> >>", 1)
			text[3] = strings.Replace(text[3], "<< /Font << /F1 9 0 R >> >>", "52 0 R", 1)
			text[52] = "<< /Font << /F1 9 0 R >> >>"
		}, map[int]string{52: "<< /Font << /F1 30 0 R >> >>", 30: "<< /Type /Font /Subtype /Type3 >>"}},
		{"resources that validation data of a signature name", func(text map[int]string) {
			text[1] = strings.Replace(text[1], ">>", "/DSS << /VRI << /"+id+" << /Type 3 0 R >> >> >> >>", 1)
			text[3] = strings.Replace(text[3], "<< /Font << /F1 9 0 R >> >>", "52 0 R", 1)
			text[52] = "<< /Font << /F1 9 0 R >> >>"
		}, map[int]string{52: "<< /Font << /F1 30 0 R >> >>", 30: "<< /Type /Font /Subtype /Type3 >>"}},
		{"a font that is validation data", func(text map[int]string) {
			text[1] = strings.Replace(text[1], ">>", "/DSS << /VRI 52 0 R >> >>", 1)
			text[3] = strings.Replace(text[3], "<< /F1 9 0 R >>", "52 0 R", 1)
			text[5] = strings.Replace(text[14], "/F1", "/"+id, 1)
			text[52] = "<< /" + id + " 53 0 R >>"
			text[53] = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Differences [52 /nine] >> >>"
		}, map[int]string{53: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"}},
		{"pages with limits", func(text map[int]string) {
			structured(text)
			text[2] = strings.Replace(text[2], "[3 0 R]", "[52 0 R] /Limits [0 0]", 1)
			text[52] = "<< /Type /Pages /Parent 2 0 R /Kids [3 0 R] /Count 1 >>"
		}, map[int]string{52: "<< /Type /Pages /Parent 2 0 R /Kids [30 0 R 3 0 R] /Count 1 >>", 30: "<< /Type /Page /Parent 52 0 R /Contents 14 0 R >>"}},
		{"scripts by name", func(text map[int]string) {
			structured(text)
			text[1] = strings.Replace(text[1], ">>", "/Names << /JavaScript << /Kids [52 0 R] >> >> >>", 1)
			text[52] = "<< /Limits [(a) (b)] /Names 53 0 R >>"
			text[53] = "[(a) << /S /JavaScript /JS (x) >>]"
		}, map[int]string{53: "[(a) << /S /JavaScript /JS (x) >> (b) << /S /JavaScript /JS (y) >>]"}},
		{"labels of pages", func(text map[int]string) {
			structured(text)
			text[1] = strings.Replace(text[1], ">>", "/PageLabels 53 0 R >>", 1)
			text[52], text[53] = "[]", "<< /Nums 52 0 R >>"
		}, map[int]string{52: "[0 << /P (4000) >>]"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := formText()
			test.prepare(text)
			field := strings.Replace(text[7], " >>", " /V 20 0 R >>", 1)
			signed := dictionary{number: 20, objects: map[int]string{7: field}}.signedBy(t, by, revised(nil, text, ""))
			v := w.judgeBy()
			if r := v.PDF(t.Context(), "x", signed); r.Verdict != verify.TotalPassed {
				t.Fatalf("the document itself: %s: %s", r.Verdict, faults(r))
			}
			if r := v.PDF(t.Context(), "x", revised(signed, test.then, "")); r.Verdict == verify.TotalPassed || !convicted(r) {
				t.Errorf("%s: %s", r.Verdict, faults(r))
			}
		})
	}
}

// TestUnevenEntries lists an object in entries that are not of 20 bytes, in which readers who
// count on those find another one.
func TestUnevenEntries(t *testing.T) {
	w := newWorld(t)
	text := formText()
	signed := dictionary{number: 20, objects: map[int]string{7: strings.Replace(text[7], " >>", " /V 20 0 R >>", 1)}}.signedBy(t, w.issue(t, nil), revised(nil, text, ""))
	objects := maps.Clone(text)
	maps.DeleteFunc(objects, func(n int, _ string) bool { return n != 5 && n != 12 })
	out := revised(signed, objects, "")
	doubtful, failed := outcome{verify.Indeterminate, verify.SigConstraintsFailure}, outcome{verify.TotalFailed, ""}
	for _, test := range []struct {
		name string
		ends [2]string
		want outcome
	}{
		{"short", [2]string{"\n", "\n"}, doubtful},
		{"long", [2]string{" \r\n", " \r\n"}, doubtful},
		{"by turns", [2]string{"\n", " \r\n"}, failed},
		{"short, and made up for", [2]string{"\n\n", "\n\n"}, failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed := bytes.Clone(out)
			for i, n := range []int{5, 12} {
				line := fmt.Sprintf("%010d 00000 n", bytes.LastIndex(out, fmt.Appendf(nil, "\n%d 0 obj", n))+1)
				changed = bytes.Replace(changed, []byte(line+" \n"), []byte(line+test.ends[i]), 1)
			}
			if bytes.Equal(changed, out) {
				t.Fatal("nothing was changed")
			}
			check(t, w.judgeBy().PDF(t.Context(), "x.pdf", changed), nil, test.want)
		})
	}
}
