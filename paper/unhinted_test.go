package paper

import (
	"encoding/binary"
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// TestUnhinted holds the outlines of every face, with instructions and without, against
// each other, as a library of others reads them.
func TestUnhinted(t *testing.T) {
	faces, err := allMetrics()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range faces {
		t.Run(m.name, func(t *testing.T) {
			hinted, _, err := cut(m, alphabet())
			if err != nil {
				t.Fatal(err)
			}
			bare, err := unhinted(hinted)
			if err != nil {
				t.Fatal(err)
			}
			if len(bare) > len(hinted)*3/5 || sumOf(bare) != 0xB1B0AFBA {
				t.Errorf("%d bytes of %d, checksum %X", len(bare), len(hinted), sumOf(bare))
			}
			all, err := tablesOf(hinted)
			if err != nil {
				t.Fatal(err)
			}
			kept, err := tablesOf(bare)
			if err != nil {
				t.Fatal(err)
			}
			maps.Copy(all, kept) // the library wants tables that documents do not need
			before, err := sfnt.Parse(hinted)
			if err != nil {
				t.Fatal(err)
			}
			after, err := sfnt.Parse(trueType(all, slices.Collect(maps.Keys(all))...))
			if err != nil {
				t.Fatal(err)
			}
			if before.NumGlyphs() != after.NumGlyphs() || before.NumGlyphs() < 250 {
				t.Fatalf("%d outlines, want %d", after.NumGlyphs(), before.NumGlyphs())
			}
			var b sfnt.Buffer
			drawn := 0
			for n := range before.NumGlyphs() {
				want, err := before.LoadGlyph(&b, sfnt.GlyphIndex(n), fixed.I(1000), nil)
				want = slices.Clone(want)
				if err != nil {
					t.Fatal(err)
				}
				got, err := after.LoadGlyph(&b, sfnt.GlyphIndex(n), fixed.I(1000), nil)
				if err != nil || !reflect.DeepEqual(slices.Clone(got), want) {
					t.Errorf("outline %d is another, %v", n, err)
				}
				drawn += len(want)
			}
			if drawn == 0 {
				t.Error("nothing was drawn")
			}
		})
	}
}

func TestUnhintedRefuses(t *testing.T) {
	faces, err := allMetrics()
	if err != nil {
		t.Fatal(err)
	}
	whole, _, err := cut(faces[Regular], alphabet())
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(whole); n += 997 {
		if _, err := unhinted(whole[:n]); !errors.Is(err, errCut) {
			t.Errorf("first %d bytes: got %v, want %v", n, err, errCut)
		}
	}
	for _, outline := range [][]byte{
		{0},
		{0, 1, 0, 0, 0, 0, 0, 0, 0, 0},       // an end of contour is missing
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}, // nine bytes of instructions that are not there
		{255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0}, // a component cut off
	} {
		loca := binary.BigEndian.AppendUint16([]byte{0, 0}, uint16(len(outline)/2))
		if _, _, err := withoutInstructions(outline, loca, false); len(outline) > 1 && !errors.Is(err, errCut) {
			t.Errorf("outline %x: got %v, want %v", outline, err, errCut)
		}
	}
}
