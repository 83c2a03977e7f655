package paper_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"kytiem/bundle"
)

// TestFile holds what the file is made of, byte by byte, against ISO 32000-1, 7.5.
func TestFile(t *testing.T) {
	roll := makeRoll(t, makeRecords(t, 70, nil))
	m, d := makeManifest(t, roll), makeDocument()
	file := draw(t, m, d, roll)
	if !bytes.HasPrefix(file, []byte("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")) {
		t.Errorf("header: got %q", file[:15])
	}
	if n := bytes.Count(file, []byte("%%EOF")); n != 1 || !bytes.HasSuffix(file, []byte("%%EOF\n")) {
		t.Errorf("got %d ends of file, want one revision and nothing after it", n)
	}

	match := regexp.MustCompile(`(?s)\nstartxref\n(\d+)\n%%EOF\n$`).FindSubmatch(file)
	if match == nil {
		t.Fatal("no startxref")
	}
	start, err := strconv.Atoi(string(match[1]))
	if err != nil {
		t.Fatal(err)
	}
	table := string(file[start:])
	var objects int
	if _, err := fmt.Sscanf(table, "xref\n0 %d\n", &objects); err != nil {
		t.Fatal(err)
	}
	_, entries, _ := strings.Cut(table, "\n0 "+strconv.Itoa(objects)+"\n")
	offsets := make([]int, objects)
	for n := range objects {
		entry := entries[20*n : 20*n+20]
		want := regexp.MustCompile(`^\d{10} 00000 n \n$`)
		if n == 0 {
			want = regexp.MustCompile(`^0000000000 65535 f \n$`)
		}
		if !want.MatchString(entry) {
			t.Fatalf("entry %d: got %q", n, entry)
		}
		offsets[n], err = strconv.Atoi("0" + strings.TrimLeft(entry[:10], "0"))
		if n > 0 && (err != nil || !bytes.HasPrefix(file[offsets[n]:], fmt.Appendf(nil, "%d 0 obj\n", n))) {
			t.Fatalf("entry %d points to %q", n, file[offsets[n]:offsets[n]+10])
		}
	}

	// From the trailer on, everything is referred to: nothing was left lying about
	// that somebody could bring to light after the signature.
	stream := regexp.MustCompile(`(?s)stream\n.*?\nendstream`)
	reference := regexp.MustCompile(`(\d+) 0 R`)
	seen := make(map[int]bool)
	var follow func(text []byte)
	follow = func(text []byte) {
		for _, found := range reference.FindAllSubmatch(stream.ReplaceAll(text, nil), -1) {
			n, _ := strconv.Atoi(string(found[1]))
			if !seen[n] {
				seen[n] = true
				end := bytes.Index(file[offsets[n]:], []byte("\nendobj"))
				follow(file[offsets[n] : offsets[n]+end])
			}
		}
	}
	follow([]byte(table))
	if len(seen) != objects-1 {
		t.Errorf("%d of %d objects are reached from the trailer", len(seen), objects-1)
	}
	for _, want := range []string{"/SigFlags 1", "/Lang(vi-VN)", "/AFRelationship/Data", "/AFRelationship/Supplement", "/GTS_PDFA1",
		"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>", "2021-11-09T00:00:00+07:00", "(D:20211109000000+07'00')"} {
		if !bytes.Contains(file, []byte(want)) {
			t.Errorf("nothing like %q in the file", want)
		}
	}
}

func TestFileForOthers(t *testing.T) {
	roll := makeRoll(t, makeRecords(t, 70, nil))
	m, d := makeManifest(t, roll), makeDocument()
	file := draw(t, m, d, roll)
	t.Run("qpdf", func(t *testing.T) {
		out := run(t, "qpdf", file, "qpdf", "--check", "$")
		if !bytes.Contains(out, []byte("No syntax or stream encoding errors found")) {
			t.Errorf("got %s", out)
		}
	})
	t.Run("pdfdetach", func(t *testing.T) {
		got := run(t, "poppler-utils", file, "pdfdetach", "-savefile", bundle.ManifestFile, "-o", "/dev/stdout", "$")
		if want := canonical(t, m); !bytes.Equal(got, want) {
			t.Errorf("manifest.json: got %q, want %q", got, want)
		}
		got = run(t, "poppler-utils", file, "pdfdetach", "-savefile", bundle.DocumentFile, "-o", "/dev/stdout", "$")
		if want := canonical(t, d); !bytes.Equal(got, want) {
			t.Errorf("document.json: got %q, want %q", got, want)
		}
	})
	t.Run("pdffonts", func(t *testing.T) {
		out := string(run(t, "poppler-utils", file, "pdffonts", "$"))
		if n := strings.Count(out, "CID TrueType      Identity-H       yes yes yes"); n != 4 {
			t.Errorf("%d fonts embedded, cut and mapped to Unicode, want 4:\n%s", n, out)
		}
		for _, line := range strings.Split(strings.TrimSpace(out), "\n")[2:] {
			if !regexp.MustCompile(`^[A-Z]{6}\+LiberationSerif`).MatchString(line) {
				t.Errorf("font without a subset tag: %s", line)
			}
		}
	})
	t.Run("pdfsig", func(t *testing.T) {
		out := string(run(t, "poppler-utils", file, "pdfsig", "$"))
		for _, field := range []string{bundle.HeadField, bundle.OrganisationField} {
			if !strings.Contains(out, "Signature Field Name: "+field+"\n  The signature form field is not signed.") {
				t.Errorf("no empty field %s:\n%s", field, out)
			}
		}
	})
}

// The person's field stands between position and name, the seal's over its left
// third (ND30, Phụ lục I, phần II, mục II.8).
func TestSignatureFields(t *testing.T) {
	roll := makeRoll(t, makeRecords(t, 2, nil))
	file := draw(t, makeManifest(t, roll), makeDocument(), roll)
	rects := make(map[string][4]float64)
	for _, found := range regexp.MustCompile(`/FT/Sig/T\((\w+)\)/F 132/P \d+ 0 R/Rect\[(\S+) (\S+) (\S+) (\S+) \]`).FindAllSubmatch(file, -1) {
		var rect [4]float64
		for i := range rect {
			rect[i], _ = strconv.ParseFloat(string(found[2+i]), 64)
		}
		rects[string(found[1])] = rect
	}
	head, seal := rects[bundle.HeadField], rects[bundle.OrganisationField]
	if got, want := seal[2]-head[0], (head[2]-head[0])/3; got < want-1 || got > want+1 || seal[0] >= head[0] {
		t.Errorf("seal %v covers %.1f of head %v, want %.1f on the left", seal, got, head, want)
	}
	above, below := baseline(t, file, "CHỦ"), baseline(t, file, "Thành")
	if !(above > head[3] && head[1] > below) {
		t.Errorf("field from %.1f up to %.1f, want it between the name at %.1f and the position at %.1f", head[1], head[3], below, above)
	}
}

// baseline is how far up the page, roughly, the last such word stands.
func baseline(t *testing.T, file []byte, word string) float64 {
	t.Helper()
	out := run(t, "poppler-utils", file, "pdftotext", "-l", "2", "-bbox", "$", "-")
	found := regexp.MustCompile(`yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">`+word+`<`).FindAllSubmatch(out, -1)
	if found == nil {
		t.Fatalf("no word %s", word)
	}
	top, _ := strconv.ParseFloat(string(found[len(found)-1][1]), 64)
	bottom, _ := strconv.ParseFloat(string(found[len(found)-1][2]), 64)
	return 841.89 - (top+bottom)/2
}
