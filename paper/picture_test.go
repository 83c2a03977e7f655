package paper

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// seal draws a ring on nothing, as a scanned seal is.
func seal(side int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			dx, dy := 2*x-side, 2*y-side
			if r := dx*dx + dy*dy; r < side*side && r > side*side*3/4 {
				m.SetNRGBA(x, y, color.NRGBA{R: 200, A: 220})
			}
		}
	}
	return m
}

func encode(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// headed is a PNG that says to be so large, with hardly any data.
func headed(width, height uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d")
	chunk := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), width), height)
	chunk = append(chunk, 8, 6, 0, 0, 0)
	return binary.BigEndian.AppendUint32(append(b, chunk...), crc32.ChecksumIEEE(chunk))
}

// noise packs badly; its PNG, of few levels, is small and what it unpacks to is not.
func noise(side int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	random := rand.New(rand.NewPCG(1, 2))
	for n := range m.Pix {
		m.Pix[n] = byte(random.Uint32())
	}
	return m
}

func TestReadPicture(t *testing.T) {
	if testing.Short() {
		t.Skip("draws large pictures, one after the other")
	}
	opaque := image.NewGray(image.Rect(5, 5, 25, 15))
	for _, tt := range []struct {
		name          string
		file          []byte
		width, height int
		transparent   bool
		want          error
	}{
		{"a seal", encode(t, seal(300)), 300, 300, true, nil},
		{"gray, and not from the origin", encode(t, opaque), 20, 10, false, nil},
		{"16 bits", encode(t, image.NewNRGBA64(image.Rect(0, 0, 7, 3))), 7, 3, true, nil},
		{"nothing", nil, 0, 0, false, ErrPicture},
		{"no PNG", []byte("GIF89a"), 0, 0, false, ErrPicture},
		{"cut off", encode(t, seal(300))[:200], 0, 0, false, ErrPicture},
		{"a head alone", headed(10, 10), 0, 0, false, ErrPicture},
		{"more bytes than allowed", make([]byte, MaxPictureBytes+1), 0, 0, false, ErrPictureLarge},
		{"four gigapixels in a hundred bytes", headed(65535, 65535), 0, 0, false, ErrPictureLarge},
		{"a line of a million", headed(1<<20, 1), 0, 0, false, ErrPictureLarge},
		{"more pixels than allowed", headed(1100, 1100), 0, 0, false, ErrPictureLarge},
		{"beyond what fits an int", headed(1<<31-1, 1<<31-1), 0, 0, false, ErrPicture},
		{"a bomb of one colour", encode(t, image.NewNRGBA(image.Rect(0, 0, 5000, 5000))), 0, 0, false, ErrPictureLarge},
		{"noise", encode(t, noise(350)), 350, 350, true, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ReadPicture(tt.file)
			if !errors.Is(err, tt.want) || tt.want == nil && err != nil {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if err == nil && (p.width != tt.width || p.height != tt.height || p.alpha != nil != tt.transparent) {
				t.Errorf("got %d × %d, transparency %t, want %d × %d, %t", p.width, p.height, p.alpha != nil, tt.width, tt.height, tt.transparent)
			}
		})
	}
}

// TestStampPicture: what a stamp shows beside a picture, and that the sheet that holds it
// is always the same.
func TestStampPicture(t *testing.T) {
	picture, err := ReadPicture(encode(t, seal(200)))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		seal bool
		text string
	}{{"a person's", false, ""}, {"an organisation's", true, "Cơ quan: Ủy ban nhân dân xã Phú HòaNgày ký: 21-10-2021 09:59:54 +07:00"}} {
		t.Run(tt.name, func(t *testing.T) {
			o := StampOptions{SignedBy: "Nguyễn Văn Thành", Organisation: "Ủy ban nhân dân xã Phú Hòa",
				At: time.Date(2021, 10, 21, 2, 59, 54, 0, time.UTC), Seal: tt.seal, Picture: picture, Width: 113, Height: 68}
			content, err := Stamp(o)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(content, []byte("/P1 Do")) {
				t.Error("got no picture")
			}
			if got := strings.ReplaceAll(checkStamp(t, content, o), " ", ""); got != strings.ReplaceAll(tt.text, " ", "") {
				t.Errorf("got %q, want %q", got, tt.text)
			}
		})
	}
	first, err := StampSheet(picture)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ReadPicture(encode(t, seal(200)))
	if err != nil {
		t.Fatal(err)
	}
	again, err := StampSheet(other)
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("got another sheet for the same picture, error %v", err)
	}
	for _, part := range []string{"/XObject<</P1 ", "/Subtype/Image", "/SMask ", "/FontFile2"} {
		if !bytes.Contains(first, []byte(part)) {
			t.Errorf("got no %s", part)
		}
	}
	if plain, err := StampSheet(nil); err != nil || bytes.Contains(plain, []byte("/XObject")) {
		t.Errorf("got a picture where there is none, error %v", err)
	}
}

// FuzzReadPicture: whatever comes, it ends soon, within what a document may carry, and the
// same way twice.
func FuzzReadPicture(f *testing.F) {
	f.Add(encode(f, seal(40)))
	f.Add(headed(65535, 65535))
	f.Add([]byte("GIF89a"))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := ReadPicture(file)
		if err != nil {
			return
		}
		if len(p.colour)+len(p.alpha) > maxPicturePacked || p.width*p.height > maxPicturePixels {
			t.Errorf("a picture of %d × %d in %d bytes", p.width, p.height, len(p.colour)+len(p.alpha))
		}
		again, err := ReadPicture(file)
		if err != nil || !bytes.Equal(p.colour, again.colour) || !bytes.Equal(p.alpha, again.alpha) {
			t.Errorf("another picture the second time, error %v", err)
		}
	})
}
