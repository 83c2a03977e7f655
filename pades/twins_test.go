package pades

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// ownFont is a page, or a stamp, that draws with a font whose program is text: object 10.
func ownFont(objects map[int]string, program string) []byte {
	objects[9] = "<< /Type /Font /Subtype /Type1 /BaseFont /Own /FontDescriptor 11 0 R >>"
	objects[10] = fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(program), program)
	objects[11] = "<< /Type /FontDescriptor /FontName /Own /FontFile 10 0 R /Of 9 0 R >>" // a circle, too
	return written(objects, "/Size 12 /Root 1 0 R")
}

// TestStampInOwnFont signs with a stamp in the document's own font, which is not written
// once more, and with stamps in fonts that are others.
func TestStampInOwnFont(t *testing.T) {
	program := strings.Repeat("glyphs ", 100)
	base := ownFont(twoFieldsObjects(), program)
	for _, test := range []struct {
		name, program string
		font          string // that the stamp's page names
		brings        bool
	}{
		{"the same", program, "/F1 9 0 R", false},
		{"by another name", program, "/F9 9 0 R", false},
		{"another program", strings.Replace(program, "g", "G", 1), "/F1 9 0 R", true},
		{"a longer program", program + "glyphs ", "/F1 9 0 R", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			content := "BT /F1 9 Tf (x) Tj ET"
			stamp, err := ParseAppearance(ownFont(map[int]string{
				1: "<< /Type /Catalog /Pages 2 0 R >>",
				2: "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 200 80] >>",
				3: "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources 5 0 R >>",
				4: fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
				5: "<< /Font << " + test.font + " >> >>",
				6: "null", 7: "null", 8: "null",
			}, test.program))
			if err != nil {
				t.Fatal(err)
			}
			pdf := signed(t, base, SignatureOptions{Field: "head", Appearance: stamp})
			added := pdf[len(base):]
			if got := bytes.Contains(added, []byte("/FontDescriptor")); got != test.brings {
				t.Errorf("font written: %t, want %t", got, test.brings)
			}
			name, _, _ := strings.Cut(test.font, " ")
			if got := bytes.Contains(added, []byte(name+" 9 0 R")); got == test.brings {
				t.Errorf("document's font referred to: %t, want %t", got, !test.brings)
			}
			if d, err := opened(t, pdf).Differences(0); err != nil || len(d) != 1 || d[0].Level() > FormFill {
				t.Errorf("got %v, %v; want one difference that fills a form", d, err)
			}
		})
	}
}
