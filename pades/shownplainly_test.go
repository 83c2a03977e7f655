package pades

import (
	"slices"
	"strings"
	"testing"
)

// TestShownPlainly: a field's appearance shows its value only if the value can be seen. Those
// that real programs draw are.
func TestShownPlainly(t *testing.T) {
	base := formObjects()
	pdf := written(base, formTrailer)
	const helv = "/Resources << /Font << /Helv 9 0 R >> >>"
	const plain = "/BBox [0 0 190 20] " + helv
	const text = "BT /Helv 9 Tf 2 5 Td (new) Tj ET"
	for _, test := range []struct {
		name, dict, content string
		want                bool // to be seen
	}{
		{"text", plain, text, true},
		{"as PDFBox draws it", plain, "/DeviceRGB cs 0.8 0.8 1 sc 0 0 190 20 re f /DeviceRGB CS 0 0 0 SC 0.5 0.5 189 19 re s /Tx BMC q 1 1 188 18 re W n BT /Helv 12 Tf /DeviceRGB cs 0.1 0.1 0.1 sc 2 5.6 Td (new) Tj ET Q EMC", true},
		{"as iText draws it", plain, "q 0.8 0.8 1 rg 0 0 190 20 re f 0.1 0.1 0.1 RG 1 w 0.5 0.5 189 19 re S 0.5 g 1 1 m 1 19 l 189 19 l 188 18 l 2 18 l f Q /Tx BMC q 2 2 186 16 re W n q BT 1 0 0 1 4 5.69 Tm /Helv 12 Tf 0.1 0.1 0.1 rg (new)Tj 0 g ET Q Q EMC", true},
		{"of another size", "/BBox [0 0 95 10] " + helv, "BT /Helv 4 Tf 2 5 Td (new) Tj ET", true},
		{"after a clipping that ended", plain, "q 0 0 1 1 re W n Q " + text, true},

		{"painted over", plain, text + " 0 0 190 20 re f", false},
		{"drawn over", plain, text + " 2 5 m 90 5 l S", false},
		{"white", plain, "1 g " + text, false},
		{"white, by its components", plain, "0 0 0 0 k " + text, false},
		{"in the colour of the background", plain, "0 0 1 rg 0 0 190 20 re f " + text[:3] + "0.1 0 1 rg " + text[3:], false},
		{"outside", plain, "BT /Helv 9 Tf 2 500 Td (new) Tj ET", false},
		{"outside, by a transformation", plain, "1 0 0 1 0 99 cm " + text, false},
		{"tiny", plain, "BT /Helv 0.1 Tf 2 5 Td (new) Tj ET", false},
		{"tiny, by a matrix", plain, "BT /Helv 9 Tf 0.01 0 0 0.01 2 5 Tm (new) Tj ET", false},
		{"tiny, by its box", "/BBox [0 0 19000 2000] " + helv, text, false},
		{"clipped away", plain, "0 0 0 0 re W n " + text, false},
		{"clipped away, with holes", plain, "0 0 190 20 re 1 1 150 15 re W* n " + text, false},
		{"not painted", plain, "BT 3 Tr /Helv 9 Tf 2 5 Td (new) Tj ET", false},
		{"clipping", plain, "BT 7 Tr /Helv 9 Tf 2 5 Td (new) Tj ET", false},
		{"transparent", plain, "/G gs " + text, false},
		{"in a layer", plain, "/OC /L BDC " + text + " EMC", false},
		{"in a layer as a whole", plain + " /OC 40 0 R", text, false},
		{"in a pattern", plain, "/Pattern cs /P scn " + text, false},
		{"without a box", helv, text, false},
		{"kerned", plain, "BT /Helv 9 Tf 2 5 Td [(n) 20 (e) -30 (w)] TJ ET", true},
		{"in a comb", plain, "20 0 m 20 20 l 40 0 m 40 20 l S BT /Helv 9 Tf 7 5 Td (n) Tj 20 0 Td (e) Tj 20 0 Td (w) Tj ET", true},
		{"with line ends that are stated", plain, "0 Tc 0 Tw 100 Tz 0 Ts 0 Tr " + text, true},
		{"with a matrix that does nothing", plain + " /Matrix [1 0 0 1 5 5]", text, true},

		{"raised away", plain, "BT /Helv 9 Tf 2 5 Td 500 Ts (new) Tj ET", false},
		{"squeezed", plain, "0.1 Tz " + text, false},
		{"squeezed, by a matrix", plain, "BT /Helv 9 Tf 0.01 0 0 1 2 5 Tm (new) Tj ET", false},
		{"squeezed, by its box", "/BBox [0 0 2.5 2000] " + helv, "BT /Helv 2 Tf 0 5 Td (n) Tj (e) Tj (w) Tj ET", false},
		{"spread", plain, "500 Tc " + text, false},
		{"spread, within", plain, "BT /Helv 9 Tf 2 5 Td [(n) -99999 (ew)] TJ ET", false},
		{"running out of the box", plain, "BT /Helv 9 Tf 185 5 Td (new) Tj ET", false},
		{"upside down", plain, "BT /Helv 9 Tf -1 0 0 -1 60 12 Tm (new) Tj ET", false},
		{"upside down, by its size", plain, "BT /Helv -9 Tf 60 12 Td (new) Tj ET", false},
		{"upside down, by the form", plain + " /Matrix [-1 0 0 -1 0 0]", text, false},
		{"mirrored", plain, "BT /Helv 9 Tf -1 0 0 1 60 5 Tm (new) Tj ET", false},
		{"in another order", plain, "BT /Helv 9 Tf 20 5 Td (n) Tj -9 0 Td (ew) Tj ET", false},
		{"in another order, of lines", plain, "BT /Helv 6 Tf 2 3 Td (n) Tj 0 8 Td (ew) Tj ET", false},
		{"letters on letters", plain, "BT /Helv 9 Tf 2 5 Td (n) Tj 0 0 Td (ew) Tj ET", false},
		{"small, and large again only by name", plain, "/Helv 0.1 Tf q /Helv 9 Tf Q BT 2 5 Td (new) Tj ET", false},
		{"with operands too many", plain, "BT /Helv 9 Tf 2 5 Td 9 0 500 Td (new) Tj ET", false},
		{"in a layer, with operands too many", plain, "/X /OC /L BDC " + text + " EMC", false},
		{"white, and more than white", plain, "2 g " + text, false},
		{"yellow", plain, "1 1 0 rg " + text, false},
		{"of too few components", plain, "/DeviceCMYK cs 0 sc " + text, false},
		{"in a space of that name", "/BBox [0 0 190 20] /Resources << /ColorSpace << /DefaultGray 40 0 R >> /Font << /Helv 9 0 R >> >>", text, false},
		{"on a line", plain, "20 w 0 10 m 190 10 l S " + text, false},
		{"struck out", plain, "1 0 0 RG 0 7 m 190 7 l S " + text, false},
		{"on bands", plain, "0 0 190 7 re f " + text, false},
		{"clipped to a sliver", plain, "0 19 m 190 19 l 0 20 l W n " + text, false},
		{"clipped aslant", plain, "q 1 1 -1 1 0 0 cm 0 0 1 190 re W n 1 0 0 1 0 0 cm " + text + " Q", false},
		{"beside a drawing", plain, "40 2 3 16 re f " + text, false},
		{"in a drawing", plain, "0 0 m 190 0 l 190 20 l 50 20 l 50 9 l 40 9 l 40 20 l 30 20 l 30 9 l 0 9 l f " + text, false},
		{"without a number", plain, "1" + strings.Repeat("0", 400) + ". 0 0 1 0 0 cm " + text, false},
		{"in a font that it does not have", "/BBox [0 0 190 20]", text, false},
		{"in letters that are drawings", "/BBox [0 0 190 20] /Resources << /Font << /Helv << /Type /Font /Subtype /Type3 >> >> >>", text, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			list, err := opened(t, revisionText{
				8: strings.Replace(base[8], "(old)", "(new)", 1), 11: streamText("/Type /XObject /Subtype /Form "+test.dict, test.content),
			}.after(pdf, base)).Differences(0)
			if err != nil {
				t.Fatal(err)
			}
			seen := !slices.ContainsFunc(list[0].Changes, func(c Change) bool { return c.Unclear })
			if seen != test.want || list[0].Level() != FormFill {
				t.Errorf("seen %v, want %v: %+v", seen, test.want, list[0].Changes)
			}
		})
	}
}

// TestAppearances: of a button that is pressed the states are not drawn anew unseen, of a text
// every appearance says what it does.
func TestAppearances(t *testing.T) {
	base := formObjects()
	pdf := written(base, formTrailer)
	secret := formObjects()
	secret[8] = strings.Replace(secret[8], "/FT", "/Ff 8192 /FT", 1)
	pressed := strings.Replace(base[10], "/V /Off /AS /Off", "/V /Yes /AS /Yes", 1)
	filled := strings.Replace(base[8], "(old)", "(new)", 1)
	shows := func(text string) string {
		return streamText("/BBox [0 0 190 20] /Resources << /Font << /Helv 9 0 R >> >>", "BT /Helv 9 Tf 2 5 Td ("+text+") Tj ET")
	}
	for _, test := range []struct {
		name    string
		text    revisionText
		level   Level
		unclear bool
	}{
		{"pressed", revisionText{10: pressed}, FormFill, false},
		{"pressed, drawn anew", revisionText{10: strings.Replace(pressed, "/Yes 12 0 R", "/Yes 44 0 R", 1), 44: streamText("/BBox [0 0 9 9]", "")}, FormFill, true},
		{"pressed, drawn in place", revisionText{10: pressed, 12: streamText("/BBox [0 0 9 9]", "0 0 9 9 re f")}, FormFill, true},
		{"another text under the mouse", revisionText{8: strings.Replace(filled, "/N 11 0 R", "/N 11 0 R /R 44 0 R", 1), 11: shows("new"), 44: shows("4000")}, Other, false},
		{"the same text under the mouse", revisionText{8: strings.Replace(filled, "/N 11 0 R", "/N 11 0 R /R 44 0 R", 1), 11: shows("new"), 44: shows("new")}, FormFill, false},
		{"a password", revisionText{8: strings.Replace(filled, "/FT", "/Ff 8192 /FT", 1), 11: shows("4000")}, FormFill, true},
		{"drawn by readers, in white", revisionText{8: strings.Replace(filled, "/AP << /N 11 0 R >>", "/DA (1 g /Helv 9 Tf)", 1)}, FormFill, true},
		{"a text with states", revisionText{8: strings.Replace(filled, "/N 11 0 R", "/N << /A 44 0 R /B 45 0 R >>", 1), 44: shows("new"), 45: shows("4000")}, FormFill, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			from := pdf
			if strings.Contains(test.text[8], "/Ff 8192") {
				from = written(secret, formTrailer)
			}
			list, err := opened(t, test.text.after(from, base)).Differences(0)
			if err != nil {
				t.Fatal(err)
			}
			unclear := slices.ContainsFunc(list[0].Changes, func(c Change) bool { return c.Unclear })
			if list[0].Level() != test.level || unclear != test.unclear {
				t.Errorf("got %v, %v: %+v", list[0].Level(), unclear, list[0].Changes)
			}
		})
	}
}
