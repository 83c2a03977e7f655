package paper

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/klauspost/compress/zlib"
)

// Why a picture cannot be a stamp's.
var (
	ErrPicture      = errors.New("not a PNG picture")
	ErrPictureLarge = errors.New("picture over the limit of bytes or pixels")
)

// What a picture may be. A seal of 36 mm at 600 dpi has 850 pixels each way. A few
// kilobytes of PNG can hold gigapixels of one colour: the size is asked for before a pixel
// is read. And what PNG packs well by its filters can be large without them: the document
// carries it for decades.
const (
	MaxPictureBytes  = 512 << 10 // of the file
	maxPicturePixels = 1 << 20
	maxPictureSide   = 4096
	maxPicturePacked = 1 << 20 // of what a document gets to carry
)

// Picture is the image of a handwritten signature or of a seal, as a stamp shows it. It
// is safe for concurrent use.
type Picture struct {
	width, height int
	colour        []byte // packed, 8 bits each of red, green and blue
	alpha         []byte // packed, 8 bits; nil where every pixel covers what is below it
}

// ReadPicture reads a PNG, within the limits for one. What comes out for the same pixels
// is always the same.
func ReadPicture(file []byte) (*Picture, error) {
	if len(file) > MaxPictureBytes {
		return nil, fmt.Errorf("%d bytes: %w", len(file), ErrPictureLarge)
	}
	about, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, ErrPicture // the decoder's text says nothing to who made the file
	}
	if about.Width > maxPictureSide || about.Height > maxPictureSide || about.Width*about.Height > maxPicturePixels {
		return nil, fmt.Errorf("%d × %d pixels: %w", about.Width, about.Height, ErrPictureLarge)
	}
	pixels, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, ErrPicture
	}
	colour, alpha, covers := channels(pixels)
	p := &Picture{width: about.Width, height: about.Height}
	if p.colour, err = packed(colour); err != nil {
		return nil, err
	}
	if !covers {
		if p.alpha, err = packed(alpha); err != nil {
			return nil, err
		}
	}
	if size := len(p.colour) + len(p.alpha); size > maxPicturePacked {
		return nil, fmt.Errorf("%d bytes in the document: %w", size, ErrPictureLarge)
	}
	return p, nil
}

// channels takes colour and transparency apart, as PDF has them (ISO 32000-1, 11.6.5.3).
// Where nothing is to be seen the colour is white: viewers that smooth the edges mix it in.
func channels(pixels image.Image) (colour, alpha []byte, covers bool) {
	bounds := pixels.Bounds()
	colour = make([]byte, 0, 3*bounds.Dx()*bounds.Dy())
	alpha = make([]byte, 0, bounds.Dx()*bounds.Dy())
	covers = true
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := color.NRGBAModel.Convert(pixels.At(x, y)).(color.NRGBA)
			if c.A == 0 {
				c.R, c.G, c.B = 0xFF, 0xFF, 0xFF
			}
			covers = covers && c.A == 0xFF
			colour, alpha = append(colour, c.R, c.G, c.B), append(alpha, c.A)
		}
	}
	return colour, alpha, covers
}

func packed(data []byte) ([]byte, error) {
	var b bytes.Buffer
	deflate, err := zlib.NewWriterLevel(&b, zlib.BestCompression)
	if err == nil {
		err = pack(&b, deflate, data)
	}
	if err != nil {
		return nil, fmt.Errorf("packing a picture: %w", err)
	}
	return b.Bytes(), nil
}

// picture writes a picture as an image XObject (ISO 32000-1, 8.9.5), with its
// transparency beside it, and returns its number. Nothing is interpolated (ISO 19005-3,
// 6.2.8).
func (o *objects) picture(p *Picture) int {
	entries := fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8", p.width, p.height)
	mask := ""
	if p.alpha != nil {
		n := o.reserve()
		o.plain(n, entries+"/ColorSpace/DeviceGray"+flate, p.alpha)
		mask = "/SMask " + ref(n)
	}
	n := o.reserve()
	o.plain(n, entries+"/ColorSpace/DeviceRGB"+mask+flate, p.colour)
	return n
}

// pictureName is what content streams call the picture.
const pictureName = "P1"

// picture shows the picture as large as it fits into a box, its shape kept. right is how
// far of the free width goes to its left: a half centres it.
func (s *stream) picture(p *Picture, box area, right float64) {
	s.endText()
	scale := min(box.width/float64(p.width), box.height/float64(p.height))
	width, height := scale*float64(p.width), scale*float64(p.height)
	s.b = fmt.Appendf(s.b, "q\n%.3f 0 0 %.3f %.3f %.3f cm\n/"+pictureName+" Do\nQ\n", width, height,
		box.left+right*(box.width-width), box.bottom+(box.height-height)/2)
}
