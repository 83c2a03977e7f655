package paper_test

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"kytiem/bundle"
	"kytiem/paper"
)

// The code is read back by another library from the page as a scanner of 200 dpi
// sees it.
func TestCodeOnPaper(t *testing.T) {
	roll := makeRoll(t, makeRecords(t, 3, nil))
	m := makeManifest(t, roll)
	document := draw(t, m, makeDocument(), roll)
	var marked bytes.Buffer
	s := paper.NewSheet(&marked, paper.Properties{Title: "Mã", Created: paper.DateOfDocument(bundle.Date{}, m), Mark: paper.Payload(m)})
	s.Part(paper.Portrait)
	s.Paragraph(paper.Body, "Một trang có mã ở chân trang.")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := "KYTIEM:1:K7QXW2LMZP4TB6VYHC3NDRSAEF:" + strings.ReplaceAll(paper.Groups(m.Root), " ", "")
	for name, file := range map[string][]byte{"beside the root": document, "at the foot": marked.Bytes()} {
		t.Run(name, func(t *testing.T) {
			page := run(t, "poppler-utils", file, "pdftoppm", "-r", "200", "-f", "1", "-l", "1", "-gray", "-png", "$")
			picture, err := png.Decode(bytes.NewReader(page))
			if err != nil {
				t.Fatal(err)
			}
			bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
			if err != nil {
				t.Fatal(err)
			}
			got, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
			if err != nil {
				t.Fatal(err)
			}
			if got.GetText() != want {
				t.Errorf("got %q, want %q", got.GetText(), want)
			}
		})
	}
}
