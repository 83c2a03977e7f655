package dossier_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/paper"
	"kytiem/sample"
	"kytiem/signer"
	"kytiem/verify"
)

// drawn is a picture of so many pixels that ink says where to draw, on nothing.
func drawn(t testing.TB, width, height int, colour color.NRGBA, ink func(x, y float64) bool) *paper.Picture {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			if ink(float64(x)/float64(width), float64(y)/float64(height)) {
				m.SetNRGBA(x, y, colour)
			}
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		t.Fatal(err)
	}
	p, err := paper.ReadPicture(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func handwriting(t testing.TB) *paper.Picture {
	return drawn(t, 600, 250, color.NRGBA{B: 190, A: 255}, func(x, y float64) bool {
		d := y - 0.5 - 0.35*(2*x-1)*(1-x)*4*(0.5-x)
		return d*d < 0.0008 || (y-x)*(y-x) < 0.0004 && x > 0.2 && x < 0.8
	})
}

func roundSeal(t testing.TB) *paper.Picture {
	return drawn(t, 500, 500, color.NRGBA{R: 210, A: 210}, func(x, y float64) bool {
		r := (x-0.5)*(x-0.5) + (y-0.5)*(y-0.5)
		return r < 0.25 && r > 0.22 || r < 0.13 && r > 0.12 || r < 0.02
	})
}

// TestStamps: lines and pictures on the page, in every capacity, change nothing about the
// verdict.
func TestStamps(t *testing.T) {
	w := newWorld(t, nil)
	key := w.sealKey(t)
	hand, round := handwriting(t), roundSeal(t)
	tests := []struct {
		name          string
		capacity      bundle.Capacity
		person, seals *paper.Picture
		images        int // each with its transparency, which is one, too
	}{
		{"lines", bundle.TM, nil, nil, 0},
		{"pictures", bundle.KT, hand, round, 4},
		{"a seal over lines", bundle.TL, nil, round, 2},
		{"a signature under lines", bundle.TUQ, hand, nil, 2},
		{"nobody's place", bundle.Q, nil, nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, _ := seal(t, 20, sample.RealMix())
			_, err := dossier.Sign(t.Context(), dir, dossier.SignOptions{Carrier: w.key, Certificates: w.key.Certificates(), Number: "05",
				Capacity: &tt.capacity, Picture: tt.person, Verifier: w.verifier})
			if err != nil {
				t.Fatal(err)
			}
			o := dossier.SignOptions{Carrier: key, Certificates: key.Certificates(), Picture: tt.seals, Verifier: w.verifier}
			report, err := dossier.Countersign(t.Context(), dir, o)
			if err != nil || report.Verdict != verify.TotalPassed || len(report.Signatures) != 3 {
				t.Fatalf("verdict %v of %d signatures (%v)", report.Verdict, len(report.Signatures), err)
			}
			pages, err := os.ReadFile(filepath.Join(dir, bundle.PagesFile))
			if err != nil {
				t.Fatal(err)
			}
			if got := bytes.Count(pages, []byte("/Subtype/Image")); got != tt.images {
				t.Errorf("got %d images, want %d", got, tt.images)
			}
			if level, err := signer.DocumentLevel(pages); err != nil || level != signer.LevelB {
				t.Errorf("level %s (%v)", level, err)
			}
		})
	}
}
