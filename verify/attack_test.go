package verify_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/pades/padestest"
	"kytiem/verify"
)

// formText is a document of one page with a text field, an empty signature field and a
// remark, by object number.
func formText() map[int]string {
	return map[int]string{
		1: "<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R >>",
		2: "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>",
		3: "<< /Type /Page /Parent 2 0 R /Contents 5 0 R /Resources << /Font << /F1 9 0 R >> >> /Annots 11 0 R >>",
		5: streamOf("", "BT /F1 24 Tf 72 700 Td (40 doses) Tj ET"),
		6: "<< /Fields [7 0 R 8 0 R] /DR << /Font << /Helv 9 0 R >> >> >>",
		7: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (head) /F 4 /P 3 0 R /Rect [300 100 500 180] >>",
		8: "<< /Type /Annot /Subtype /Widget /FT /Tx /T (note) /F 4 /P 3 0 R /Rect [10 10 200 30] /V (old) /AP << /N 10 0 R >> >>",
		9: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		10: streamOf("/Type /XObject /Subtype /Form /BBox [0 0 190 20] /Resources << /Font << /Helv 9 0 R >> >>",
			"BT /Helv 9 Tf 2 5 Td (old) Tj ET"),
		11: "[7 0 R 8 0 R 12 0 R]",
		12: "<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /P 3 0 R /Contents (remark) >>",
		13: "<< /Type /Page /Parent 2 0 R /Contents 14 0 R >>", // nothing leads here: prepared for later
		14: streamOf("", "BT /F1 24 Tf 72 700 Td (4000 doses) Tj ET"),
	}
}

func streamOf(dict, content string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(content), content)
}

// revised is a document with one more revision, or a new one.
func revised(pdf []byte, objects map[int]string, trailer string) []byte {
	out := bytes.Clone(pdf)
	prev := ""
	if len(out) == 0 {
		out = []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	} else {
		prev = " /Prev " + startxref(pdf)
	}
	numbers := make([]int, 0, len(objects))
	for n := range objects {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	table := "xref\n0 1\n0000000000 65535 f \n"
	for _, n := range numbers {
		table += fmt.Sprintf("%d 1\n%010d 00000 n \n", n, len(out))
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", n, objects[n])
	}
	return fmt.Appendf(out, "%strailer\n<< /Size 900 /Root 1 0 R%s%s >>\nstartxref\n%d\n%%%%EOF\n", table, prev, trailer, len(out))
}

func startxref(pdf []byte) string {
	return strings.Fields(string(pdf[bytes.LastIndex(pdf, []byte("startxref")):]))[1]
}

// dictionary is a signature dictionary by hand: more goes into it, and into objects.
type dictionary struct {
	number    int // of its object
	more      string
	trailer   string
	subFilter string
	objects   map[int]string
	cms       func(digest []byte) []byte

	encryption *padestest.Encryption // of the document
}

// signedBy appends a revision with a signature made by hand.
func (d dictionary) signedBy(t testing.TB, by devca.Issued, pdf []byte) []byte {
	t.Helper()
	const room = 8000
	if d.subFilter == "" {
		d.subFilter = pades.SubFilter
	}
	hole := "<" + strings.Repeat("0", 2*room) + ">"
	objects := map[int]string{d.number: fmt.Sprintf("<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /%s /M (D:20211201083000+07'00') %s /ByteRange [0 %s] /Contents %s >>",
		d.subFilter, d.more, strings.Repeat("~", 30), hole)}
	for n, text := range d.objects {
		objects[n] = text
	}
	if e := d.encryption; e != nil {
		objects, d.trailer = e.Objects(objects), d.trailer+e.Trailer
	}
	out := revised(pdf, objects, d.trailer)
	at := bytes.LastIndex(out, []byte(hole))
	end := at + len(hole)
	byteRange := fmt.Sprintf("[0 %d %d %d]", at, end, len(out)-end)
	copy(out[bytes.LastIndex(out, []byte("[0 ~")):], byteRange+strings.Repeat(" ", 34-len(byteRange)))
	sum := sha256.Sum256(slices.Concat(out[:at], out[end:]))
	if d.cms == nil {
		d.cms = func(digest []byte) []byte { return cmsOf(t, by, digest) }
	}
	hex.Encode(out[at+1:], d.cms(sum[:]))
	return out
}

// judgeBy trusts the authority and asks nobody whether anything was revoked.
func (w *world) judgeBy() *verify.Verifier {
	return &verify.Verifier{Anchors: certs.Anchors{CA: []*x509.Certificate{w.ca.Root().Certificate}}, Revocation: trusting{}, At: signedAt}
}

// TestAttacks makes every published attack on signed documents out of one that was just
// signed, and none passes. "1 Trillion Dollar Refund" (USF, SWA, ISA), "Shadow Attacks",
// "Breaking the Specification" (EAA, SSA), and what else is known.
func TestAttacks(t *testing.T) {
	w := newWorld(t)
	by := w.issue(t, nil)
	text := formText()
	plain := revised(nil, text, "")
	field := strings.Replace(text[7], " >>", " /V 20 0 R >>", 1)
	signed := dictionary{number: 20, objects: map[int]string{7: field}, more: "/Reason (approved)"}.signedBy(t, by, plain)
	v := w.judgeBy()
	if got := v.PDF(t.Context(), "x", signed); got.Verdict != verify.TotalPassed {
		t.Fatalf("the document itself: %s: %s", got.Verdict, faults(got))
	}
	_, s := lastSignature(t, signed)
	start, end := s.ContentsStart, s.ContentsEnd
	dict := string(signed[bytes.LastIndex(signed, []byte("\n20 0 obj\n"))+10:])
	dict = dict[:strings.Index(dict, "\nendobj")]
	byteRange := string(signed[bytes.Index(signed, []byte("/ByteRange")):][:45])
	next := func(objects map[int]string) []byte { return revised(signed, objects, "") }
	inDict := func(old, new string) []byte { // of the same length
		changed := bytes.Clone(signed)
		if len(new) < len(old) {
			new += strings.Repeat(" ", len(old)-len(new))
		}
		at := bytes.LastIndex(changed, []byte(old))
		copy(changed[at:], new)
		return changed
	}
	zero := func() []byte {
		changed := bytes.Clone(signed)
		for i := start + 1; i < end-1; i++ {
			changed[i] = '0'
		}
		return changed
	}
	other := map[int]string{5: text[14]}
	evil := w.issue(t, func(p *devca.Profile) { p.CommonName = "Kẻ gian" })

	attacks := map[string][]byte{
		// Universal signature forgery: what says what is signed is taken away.
		"USF: no contents":            inDict("/Contents", "/Cantents"),
		"USF: contents null":          append(append(bytes.Clone(signed[:start]), "null"+strings.Repeat(" ", int(end-start)-4)...), signed[end:]...),
		"USF: contents empty":         append(append(bytes.Clone(signed[:start]), "<>"+strings.Repeat(" ", int(end-start)-2)...), signed[end:]...),
		"USF: contents zero":          zero(),
		"USF: no byte range":          inDict("/ByteRange", "/BytaRange"),
		"USF: byte range null":        inDict(byteRange, "/ByteRange null"),
		"USF: byte range negative":    inDict(byteRange, "/ByteRange [0 -1 9 9]"),
		"USF: byte range of one pair": inDict(byteRange, "/ByteRange [0 99]"),
		"USF: other sub-filter":       inDict("/ETSI.CAdES.detached", "/ETSI.CAdES.detacked"),

		// Signature wrapping: the gap holds something else.
		"SWA: content moved into the gap": wrapped(signed, start, end),
		"SWA: gap too wide":               inDict(byteRange, fmt.Sprintf("/ByteRange [0 %d %d %d]", start-1, end, int64(len(signed))-end)),
		"SWA: gap elsewhere":              inDict(byteRange, fmt.Sprintf("/ByteRange [0 %d %d %d]", 30, 60, len(signed)-60)),

		// Incremental saving: a revision that readers see and the signature does not.
		"ISA: other content":                     next(other),
		"ISA: other page":                        next(map[int]string{3: text[13]}),
		"ISA: other page tree":                   next(map[int]string{2: strings.Replace(text[2], "3 0 R", "13 0 R", 1)}),
		"ISA: no section":                        append(bytes.Clone(signed), "5 0 obj\n"+text[14]+"\nendobj\n"...),
		"ISA: no section, but a trailer":         append(bytes.Clone(signed), "5 0 obj\n"+text[14]+"\nendobj\ntrailer\n<< /Size 900 /Root 1 0 R >>\nstartxref\n0\n%%EOF\n"...),
		"ISA: a section that points before":      redirected(signed, text),
		"ISA: empty section":                     revised(append(bytes.Clone(signed), "5 0 obj\n"+text[14]+"\nendobj\n"...), nil, ""),
		"ISA: other catalog":                     bytes.Replace(next(map[int]string{30: text[1]}), []byte("/Root 1 0 R /Prev "+startxref(signed)), []byte("/Root 30 0 R /Prev "+startxref(signed)), 1),
		"ISA: a copy of the signature":           append(bytes.Clone(signed), signed[bytes.LastIndex(signed, []byte("20 0 obj")):]...),
		"ISA: comment after the end":             append(bytes.Clone(signed), "% 5 0 obj << >> endobj\n%%EOF\n"...),
		"ISA: a form with other fields":          next(map[int]string{6: "<< /Fields [7 0 R 8 0 R 30 0 R] >>", 30: "<< /FT /Tx /T (x) /V (4000) >>"}),
		"ISA: a font":                            next(map[int]string{9: "<< /Type /Font /Subtype /Type3 >>"}),
		"ISA: a script":                          next(map[int]string{1: strings.Replace(text[1], ">>", "/OpenAction << /S /JavaScript /JS (x) >> >>", 1)}),
		"ISA: layers":                            next(map[int]string{1: strings.Replace(text[1], ">>", "/OCProperties << >> >>", 1)}),
		"ISA: hidden in a stream":                next(map[int]string{1: strings.Replace(text[1], ">>", "/DSS << /Certs [30 0 R] >> >>", 1), 30: streamOf("", "\n5 0 obj\n"+text[14]+"\nendobj\n")}),
		"ISA: validation data that are the page": next(map[int]string{1: strings.Replace(text[1], ">>", "/DSS << /Certs [5 0 R] >> >>", 1), 5: text[14]}),

		// Shadow: prepared before, switched after.
		"shadow: hide, an annotation removed": next(map[int]string{11: "[7 0 R 8 0 R]"}),
		"shadow: replace, appearance":         next(map[int]string{10: strings.Replace(text[10], "(old)", "(new)", 1)}),
		"shadow: replace, value and another appearance": next(map[int]string{
			8: strings.Replace(text[8], "(old)", "(one)", 1), 10: strings.Replace(text[10], "(old)", "(two)", 1)}),
		"shadow: replace, value without appearance":  next(map[int]string{8: strings.Replace(text[8], "(old)", "(new)", 1)}),
		"shadow: hide and replace, prepared objects": next(map[int]string{3: strings.Replace(text[3], "5 0 R", "14 0 R", 1)}),
		"shadow: a second content, still to come":    dangling(t, by, "/Contents 5 0 R", "/Contents [5 0 R 60 0 R]", text[14]),
		"shadow: a font, still to come":              dangling(t, by, "/F1 9 0 R", "/F1 60 0 R", "<< /Type /Font /Subtype /Type3 >>"),
		"shadow: an annotation, still to come":       dangling(t, by, "/Annots 11 0 R", "/Annots [7 0 R 8 0 R 60 0 R]", "<< /Subtype /Stamp /Rect [0 0 595 842] >>"),
		"shadow: field hidden":                       next(map[int]string{8: strings.Replace(text[8], "/F 4", "/F 6", 1)}),
		"shadow: readers draw":                       next(map[int]string{6: strings.Replace(text[6], "/DR", "/NeedAppearances true /DR", 1)}),

		// What covers the page or stands on it.
		"EAA: free text":      next(map[int]string{11: "[7 0 R 8 0 R 12 0 R 30 0 R]", 30: "<< /Subtype /FreeText /Rect [0 0 595 842] >>"}),
		"EAA: stamp":          next(map[int]string{11: "[7 0 R 8 0 R 12 0 R 30 0 R]", 30: "<< /Subtype /Stamp /Rect [0 0 595 842] >>"}),
		"EAA: redaction":      next(map[int]string{11: "[7 0 R 8 0 R 12 0 R 30 0 R]", 30: "<< /Subtype /Redact /Rect [0 0 595 842] >>"}),
		"EAA: link":           next(map[int]string{11: "[7 0 R 8 0 R 12 0 R 30 0 R]", 30: "<< /Subtype /Link /Rect [0 0 595 842] >>"}),
		"EAA: remark":         next(map[int]string{11: "[7 0 R 8 0 R 12 0 R 30 0 R]", 30: "<< /Subtype /Highlight /Rect [0 0 595 842] >>"}),
		"EAA: remark changed": next(map[int]string{12: strings.Replace(text[12], "(remark)", "(other)", 1)}),
		"SSA: a field drawn, not signed": next(map[int]string{
			6: strings.Replace(text[6], "8 0 R", "8 0 R 30 0 R", 1), 11: "[7 0 R 8 0 R 12 0 R 30 0 R]",
			30: "<< /Subtype /Widget /FT /Sig /T (x) /Rect [0 0 595 842] /P 3 0 R /AP << /N 10 0 R >> >>"}),

		// What other programs' documents brought to mind.
		"another generation of the content":     regenerated(next(other), 5),
		"another generation of the signature":   regenerated(next(map[int]string{20: "null"}), 20),
		"a section that leaves a revision out":  bytes.Replace(next(other), []byte("/Prev "+startxref(signed)), []byte("/Prev "+startxref(plain)), 1),
		"a key twice, the page's content first": next(map[int]string{3: strings.Replace(text[3], "<<", "<< /Contents 14 0 R", 1)}),
		"a key twice, the page's content last":  next(map[int]string{3: strings.Replace(text[3], "/Annots 11 0 R", "/Annots 11 0 R /Contents 14 0 R", 1)}),
		"a key twice, once in another spelling": next(map[int]string{3: strings.Replace(text[3], "/Annots 11 0 R", "/Annots 11 0 R /#43ontents 14 0 R", 1)}),
		"a text that is painted over":           next(map[int]string{8: strings.Replace(text[8], "(old)", "(new)", 1), 10: shownAs(text[10], "(new) Tj ET 0 0 190 20 re f")}),
		"a text in white":                       next(map[int]string{8: strings.Replace(text[8], "(old)", "(new)", 1), 10: shownAs(text[10], "1 g (new) Tj ET")}),
		"a text that is clipped away":           next(map[int]string{8: strings.Replace(text[8], "(old)", "(new)", 1), 10: shownAs(strings.Replace(text[10], "BT", "0 0 0 0 re W n BT", 1), "(new) Tj ET")}),
		"another text under the mouse":          next(map[int]string{8: strings.Replace(strings.Replace(text[8], "(old)", "(new)", 1), "/N 10 0 R", "/N 10 0 R /R 30 0 R", 1), 10: strings.Replace(text[10], "(old)", "(new)", 1), 30: strings.Replace(text[10], "(old)", "(two)", 1)}),
		"letters that are drawings": next(map[int]string{
			8: strings.Replace(text[8], "(old)", "(new)", 1), 10: strings.Replace(strings.Replace(text[10], "9 0 R", "30 0 R", 1), "(old)", "(new)", 1), 30: "<< /Type /Font /Subtype /Type3 >>"}),
		"an empty field with an action": next(map[int]string{
			6: strings.Replace(text[6], "8 0 R", "8 0 R 30 0 R", 1), 11: "[7 0 R 8 0 R 12 0 R 30 0 R]",
			30: "<< /Subtype /Widget /FT /Sig /T (x) /Rect [0 0 595 842] /P 3 0 R /A << /S /JavaScript /JS (x) >> >>"}),
		"an empty field with a background": next(map[int]string{
			6: strings.Replace(text[6], "8 0 R", "8 0 R 30 0 R", 1), 11: "[7 0 R 8 0 R 12 0 R 30 0 R]",
			30: "<< /Subtype /Widget /FT /Sig /T (x) /Rect [0 0 595 842] /P 3 0 R /MK << /BG [1 1 1] >> >>"}),
		"an empty field in two places": next(map[int]string{
			6: strings.Replace(text[6], "8 0 R", "8 0 R 30 0 R", 1), 11: "[7 0 R 8 0 R 12 0 R 31 0 R 32 0 R]", 30: "<< /FT /Sig /T (x) /Kids [31 0 R 32 0 R] >>",
			31: "<< /Subtype /Widget /Parent 30 0 R /Rect [0 0 0 0] >>", 32: "<< /Subtype /Widget /Parent 30 0 R /Rect [0 0 595 842] /AP << /N 10 0 R >> >>"}),
		"a widget under the signature's field": next(map[int]string{7: strings.Replace(field, " >>", " /Kids [30 0 R] >>", 1), 11: "[7 0 R 8 0 R 12 0 R 30 0 R]", 30: "<< /Subtype /Widget /Parent 7 0 R /Rect [0 0 595 842] /AP << /N 10 0 R >> >>"}),
		"output intents":                       next(map[int]string{1: strings.Replace(text[1], ">>", "/OutputIntents [<< /S /GTS_PDFA1 >>] >>", 1)}),
		"a portfolio":                          next(map[int]string{1: strings.Replace(text[1], ">>", "/Collection << >> >>", 1)}),
		"the page turned":                      next(map[int]string{3: strings.Replace(text[3], ">>", "/Rotate 180 >>", 1)}),
		"the page cut":                         next(map[int]string{3: strings.Replace(text[3], "/Annots", "/CropBox [0 0 9 9] /Annots", 1)}),
		"the page enlarged":                    next(map[int]string{3: strings.Replace(text[3], "/Annots", "/UserUnit 75 /Annots", 1)}),
		"a smaller size":                       bytes.Replace(next(map[int]string{12: text[12]}), []byte("/Size 900 /Root 1 0 R /Prev "+startxref(signed)), []byte("/Size 15 /Root 1 0 R /Prev "+startxref(signed)), 1),
		"the stream of a section that is none": revised(signed, map[int]string{30: "(x)"}, fmt.Sprintf(" /XRefStm %d", bytes.Index(signed, []byte("\n10 0 obj"))+1)),
		"a program's name that is an object":   append(bytes.Clone(signed), bytes.Replace(next(other)[len(signed):], []byte("5 0 obj"), []byte("% 5 0 obj"), 1)...),

		// The signature's own dictionary and field.
		"spoofed reason":               next(map[int]string{20: strings.Replace(dict, "(approved)", "(rejected)", 1)}),
		"spoofed name":                 next(map[int]string{20: strings.Replace(dict, "/Reason", "/Name (x) /Reason", 1)}),
		"signature removed":            next(map[int]string{7: text[7]}),
		"signature nulled":             next(map[int]string{20: "null"}),
		"form removed":                 next(map[int]string{1: "<< /Type /Catalog /Pages 2 0 R >>"}),
		"field renamed":                next(map[int]string{7: strings.Replace(field, "(head)", "(tail)", 1)}),
		"two fields of one name":       next(map[int]string{6: strings.Replace(text[6], "8 0 R", "8 0 R 30 0 R", 1), 30: strings.Replace(field, "20 0 R", "31 0 R", 1), 31: dict}),
		"a broken signature on top":    dictionary{number: 30, objects: map[int]string{5: text[14], 6: strings.Replace(text[6], "8 0 R", "8 0 R 31 0 R", 1), 31: "<< /FT /Sig /T (x) /V 30 0 R >>"}, cms: func([]byte) []byte { return []byte("junk") }}.signedBy(t, by, signed),
		"a signature that covers less": inDict(byteRange, fmt.Sprintf("/ByteRange [0 %d %d %d]", start, end, int64(len(signed))-end-9)),
		"encrypted later":              revised(signed, nil, " /Encrypt << /Filter /Standard >>"),

		// The CMS.
		"CMS: attributes as the content":   confused(t, by, text),
		"CMS: another's certificate":       dictionary{number: 20, objects: map[int]string{7: field}, cms: func(d []byte) []byte { return swapped(t, by, evil, d) }}.signedBy(t, by, plain),
		"CMS: of another document":         dictionary{number: 20, objects: map[int]string{7: field}, cms: func([]byte) []byte { return cmsOf(t, by, make([]byte, 32)) }}.signedBy(t, by, plain),
		"CMS: by nobody's authority":       dictionary{number: 20, objects: map[int]string{7: field}, cms: func(d []byte) []byte { return cmsOf(t, selfSigned(t, by), d) }}.signedBy(t, by, plain),
		"a certificate for something else": dictionary{number: 20, objects: map[int]string{7: field}}.signedBy(t, w.issue(t, func(p *devca.Profile) { p.Alter = func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement } }), plain),
	}
	for name, data := range attacks {
		t.Run(name, func(t *testing.T) {
			if bytes.Equal(data, signed) {
				t.Fatal("nothing was changed")
			}
			r := v.PDF(t.Context(), "x.pdf", data)
			if r.Verdict == verify.TotalPassed {
				text, _ := r.JSON()
				t.Errorf("passes\n%s", text)
			}
			if !convicted(r) && name != "CMS: by nobody's authority" {
				t.Errorf("refused for want of trust only: %s", faults(r))
			}
			for _, s := range sentences(r) {
				if s.VI == "" || s.EN == "" {
					t.Errorf("a verdict without a sentence in both languages: %+v", s)
				}
			}
		})
	}
}

// regenerated lists the object of the last revision under another generation, where strict
// readers find none and others what they find.
func regenerated(pdf []byte, number int) []byte {
	at := bytes.LastIndex(pdf, fmt.Appendf(nil, "%d 0 obj\n", number))
	out := append(bytes.Clone(pdf[:at]), bytes.Replace(pdf[at:], fmt.Appendf(nil, "%d 0 obj", number), fmt.Appendf(nil, "%d 1 obj", number), 1)...)
	entry := bytes.LastIndex(out, fmt.Appendf(nil, "%010d 00000 n", at))
	copy(out[entry:], fmt.Sprintf("%010d 00001 n", at))
	return out
}

// shownAs is the appearance of the text field with what it says said otherwise.
func shownAs(appearance, text string) string {
	dict, content, _ := strings.Cut(appearance, "stream\n")
	content = strings.Replace(strings.TrimSuffix(content, "\nendstream"), "(old) Tj ET", text, 1)
	return streamOf(strings.TrimPrefix(dict[:strings.Index(dict, "/Length")], "<< "), content)
}

// wrapped moves what is signed after the gap behind something else, put into the gap.
func wrapped(signed []byte, start, end int64) []byte {
	malicious := []byte("> /Extra (x) /Contents <")
	at := start + 9000
	out := bytes.Clone(signed)
	copy(out[at:], malicious)
	return out
}

// dangling is a document whose page refers to an object that comes after the signature.
func dangling(t testing.TB, by devca.Issued, old, referring, object string) []byte {
	t.Helper()
	text := formText()
	text[3] = strings.Replace(text[3], old, referring, 1)
	signed := dictionary{number: 20, objects: map[int]string{7: strings.Replace(text[7], " >>", " /V 20 0 R >>", 1)}}.signedBy(t, by, revised(nil, text, ""))
	return revised(signed, map[int]string{60: object}, "")
}

// redirected lists the page's content where another stream stands that was signed.
func redirected(signed []byte, text map[int]string) []byte {
	out := revised(signed, map[int]string{5: text[5]}, "")
	now := bytes.LastIndex(out, []byte("\n5 0 obj\n")) + 1
	prepared := bytes.Index(out, []byte("\n14 0 obj\n")) + 1
	return bytes.Replace(out, fmt.Appendf(nil, "%010d", now), fmt.Appendf(nil, "%010d", prepared), 1)
}

// confused signs, without attributes, a document that begins with somebody's attributes.
func confused(t testing.TB, by devca.Issued, text map[int]string) []byte {
	t.Helper()
	signed := dictionary{number: 20, objects: map[int]string{7: strings.Replace(text[7], " >>", " /V 20 0 R >>", 1)}}.signedBy(t, by, revised(nil, text, ""))
	_, s := lastSignature(t, signed)
	parsed, err := pades.ParseCMS(s.Contents)
	if err != nil {
		t.Fatal(err)
	}
	attributes := bytes.Clone(parsed.Signers[0].SignedAttrsRaw)
	attributes[0] = 0x31
	stripped := bytes.Replace(s.Contents[:parsed.Length], parsed.Signers[0].SignedAttrsRaw, nil, 1)
	out := append(attributes, signed...)
	hex.Encode(out[int(s.ContentsStart)+len(attributes)+1:], stripped)
	return out
}

// swapped is a signature under another's certificate of the same authority.
func swapped(t testing.TB, by, other devca.Issued, digest []byte) []byte {
	t.Helper()
	return bytes.Replace(cmsOf(t, by, digest), by.Certificate.Raw, other.Certificate.Raw, 1)
}

// selfSigned is a certificate of the same name that nobody issued.
func selfSigned(t testing.TB, by devca.Issued) devca.Issued {
	t.Helper()
	self := devca.Authority{Certificate: by.Certificate, Key: by.Key}
	cert, err := self.Issue(&x509.Certificate{
		Subject: by.Certificate.Subject, NotBefore: by.Certificate.NotBefore, NotAfter: by.Certificate.NotAfter, KeyUsage: by.Certificate.KeyUsage,
	}, by.Key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return devca.Issued{Certificate: cert, Key: by.Key, Chain: by.Chain}
}

// TestPermissions: what a certification, a lock, or neither allows afterwards (R-M5 to
// R-M8).
func TestPermissions(t *testing.T) {
	w := newWorld(t)
	by := w.issue(t, nil)
	text := formText()
	field := strings.Replace(text[7], " >>", " /V 20 0 R >>", 1)
	certified := func(p string) []byte {
		return dictionary{
			number: 20, objects: map[int]string{7: field, 1: strings.Replace(text[1], ">>", "/Perms << /DocMDP 20 0 R >> >>", 1)},
			more: "/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams " + p + " /V /1.2 >> >>]",
		}.signedBy(t, by, revised(nil, text, ""))
	}
	locked := func(fields string) []byte {
		return dictionary{
			number: 20, objects: map[int]string{7: field},
			more: "/Reference [<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << /Action /Include /Fields [" + fields + "] >> >>]",
		}.signedBy(t, by, revised(nil, text, ""))
	}
	approved := dictionary{number: 20, objects: map[int]string{7: field}}.signedBy(t, by, revised(nil, text, ""))
	root := func(pdf []byte) string { // as it is by now
		if bytes.Contains(pdf, []byte("/Perms")) {
			return strings.Replace(text[1], ">>", "/Perms << /DocMDP 20 0 R >> >>", 1)
		}
		return text[1]
	}
	store := func(pdf []byte) []byte {
		return revised(pdf, map[int]string{1: strings.Replace(root(pdf), "/Pages", "/DSS << /Certs [30 0 R] >> /Pages", 1), 30: streamOf("", "x")}, "")
	}
	fill := func(pdf []byte) []byte {
		return revised(pdf, map[int]string{8: strings.Replace(text[8], "(old)", "(new)", 1), 10: strings.Replace(text[10], "(old)", "(new)", 1)}, "")
	}
	remark := func(pdf []byte) []byte {
		return revised(pdf, map[int]string{11: "[7 0 R 8 0 R 12 0 R 31 0 R]", 31: "<< /Subtype /Highlight /Rect [0 0 9 9] >>"}, "")
	}
	stamp := func(pdf []byte) []byte {
		return revised(pdf, map[int]string{11: "[7 0 R 8 0 R 12 0 R 31 0 R]", 31: "<< /Subtype /Stamp /Rect [0 0 9 9] >>"}, "")
	}
	page := func(pdf []byte) []byte { return revised(pdf, map[int]string{5: text[14]}, "") }
	sign := func(rect string) func([]byte) []byte {
		return func(pdf []byte) []byte {
			return dictionary{number: 40, objects: map[int]string{
				6: strings.Replace(text[6], "8 0 R", "8 0 R 41 0 R", 1), 11: "[7 0 R 8 0 R 12 0 R 41 0 R]",
				41: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (second) /F 4 /P 3 0 R /V 40 0 R /Rect " + rect + " >>",
			}}.signedBy(t, by, pdf)
		}
	}
	again := func(pdf []byte) []byte {
		return dictionary{
			number: 40, more: "/Reference [<< /TransformMethod /DocMDP /TransformParams << /P 2 >> >>]",
			objects: map[int]string{6: strings.Replace(text[6], "8 0 R", "8 0 R 41 0 R", 1), 41: "<< /Subtype /Widget /FT /Sig /T (second) /F 4 /V 40 0 R /Rect [0 0 0 0] >>"},
		}.signedBy(t, by, pdf)
	}
	failed := outcome{verify.TotalFailed, verify.FormatFailure}
	doubtful := outcome{verify.Indeterminate, verify.SigConstraintsFailure}
	passed := outcome{verify.TotalPassed, ""}
	for _, test := range []struct {
		name   string
		signed []byte
		then   func([]byte) []byte
		want   outcome
		rule   string
	}{
		{"none, validation data", approved, store, passed, "R-M1"},
		{"none, filled", approved, fill, passed, "R-M5"},
		{"none, signed again", approved, sign("[0 0 0 0]"), passed, "R-M1"},
		{"none, signed again and seen", approved, sign("[9 9 99 99]"), passed, "R-M1"},
		{"none, remark", approved, remark, doubtful, "R-M1"},
		{"none, stamp", approved, stamp, failed, "R-M1"},
		{"none, page", approved, page, failed, "R-M2"},
		{"none, certified afterwards", approved, again, outcome{verify.Indeterminate, ""}, ""},
		{"P=1, nothing", certified("/P 1"), nil, passed, "R-B5"},
		{"P=1, validation data", certified("/P 1"), store, passed, "R-M1"},
		{"P=1, filled", certified("/P 1"), fill, failed, "R-M5"},
		{"P=1, signed again", certified("/P 1"), sign("[0 0 0 0]"), failed, "R-M5"},
		{"P unknown, filled", certified("/P 7"), fill, failed, "R-M5"},
		{"P=2, filled", certified("/P 2"), fill, passed, "R-M5"},
		{"P missing, filled", certified(""), fill, passed, "R-M5"},
		{"P=2, signed again", certified("/P 2"), sign("[0 0 0 0]"), passed, "R-M1"},
		{"P=2, signed again and seen", certified("/P 2"), sign("[9 9 99 99]"), doubtful, "R-M8"},
		{"P=2, remark", certified("/P 2"), remark, failed, "R-M5"},
		{"P=2, page", certified("/P 2"), page, failed, "R-M2"},
		{"P=3, remark", certified("/P 3"), remark, passed, "R-M1"},
		{"P=3, stamp", certified("/P 3"), stamp, doubtful, "R-M1"},
		{"P=3, page", certified("/P 3"), page, failed, "R-M2"},
		{"P=2, certified again", certified("/P 2"), again, outcome{verify.TotalFailed, ""}, ""},
		{"locked, filled", locked("(note)"), fill, failed, "R-M6"},
		{"locked as another name, filled", locked("(no)"), fill, passed, "R-M5"},
		{"locked, validation data", locked("(note)"), store, passed, "R-M1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			data := test.signed
			if test.then != nil {
				data = test.then(data)
			}
			r := w.judgeBy().PDF(t.Context(), "x.pdf", data)
			check(t, r, nil, test.want)
			has := func(c verify.Check) bool { return c.ID == test.rule }
			if test.rule != "" && !slices.ContainsFunc(r.Signatures[0].Checks, has) {
				t.Errorf("no %s in %+v", test.rule, r.Signatures[0].Checks)
			}
		})
	}
}

// TestBareSignature: what adbe.x509.rsa_sha1 has in /Contents is no CMS (ISO 32000-1,
// 12.8.3.2). It is not judged, which is no fault of its format.
func TestBareSignature(t *testing.T) {
	w := newWorld(t)
	text := formText()
	signed := dictionary{
		number: 20, subFilter: "adbe.x509.rsa_sha1", objects: map[int]string{7: strings.Replace(text[7], " >>", " /V 20 0 R >>", 1)},
		cms: func([]byte) []byte { return derOf(t, bytes.Repeat([]byte{1}, 256)) },
	}.signedBy(t, w.issue(t, nil), revised(nil, text, ""))
	check(t, w.judgeBy().PDF(t.Context(), "x.pdf", signed), nil, outcome{verify.Indeterminate, verify.SigConstraintsFailure})
}

// TestFlood hides what is forbidden behind so much that is allowed that nobody tells of it.
func TestFlood(t *testing.T) {
	w := newWorld(t)
	by := w.issue(t, nil)
	text := formText()
	const locked, second, form, annots = 800, 810, 820, 821 // compared after all others
	fields, annotations, filled, remarks := "", "", map[int]string{}, map[int]string{}
	for n := 100; n < 700; n++ {
		text[n] = fmt.Sprintf("<< /Type /Annot /Subtype /Widget /FT /Tx /T (f%d) /F 4 /P 3 0 R /Rect [10 10 200 30] /V (old) >>", n)
		filled[n] = strings.Replace(text[n], "(old)", "(new)", 1)
		fields += fmt.Sprintf(" %d 0 R", n)
	}
	text[locked] = strings.Replace(text[100], "(f100)", "(locked)", 1)
	fields += fmt.Sprintf(" %d 0 R", locked)
	text[form] = strings.Replace(text[6], "8 0 R", "8 0 R"+fields, 1)
	text[annots] = "[7 0 R 8 0 R 12 0 R" + fields + "]"
	text[1], text[3] = strings.Replace(text[1], "6 0 R", "820 0 R", 1), strings.Replace(text[3], "11 0 R", "821 0 R", 1)
	for n := 1000; n < 2200; n++ {
		remarks[n] = "<< /Subtype /Highlight /Rect [0 0 9 9] >>"
		annotations += fmt.Sprintf(" %d 0 R", n)
	}
	signed := func(method, parameters, root string) []byte {
		return dictionary{number: 20, objects: map[int]string{1: strings.Replace(text[1], ">>", root+" >>", 1), 7: strings.Replace(text[7], " >>", " /V 20 0 R >>", 1)},
			more: "/Reference [<< /Type /SigRef /TransformMethod /" + method + " /TransformParams << /Type /TransformParams " + parameters + " /V /1.2 >> >>]",
		}.signedBy(t, by, revised(nil, text, ""))
	}
	certified := func(p string) []byte { return signed("DocMDP", p, "/Perms << /DocMDP 20 0 R >>") }
	with := func(objects, more map[int]string) map[int]string {
		all := maps.Clone(objects)
		maps.Copy(all, more)
		return all
	}
	for _, test := range []struct {
		name       string
		signed     []byte
		flood, one map[int]string
		want       verify.Indication
		rule       string
	}{
		{"a locked field", signed("FieldMDP", "/Action /Include /Fields [(locked)]", ""), filled, map[int]string{locked: strings.Replace(text[locked], "(old)", "(forged)", 1)}, verify.TotalFailed, "R-M6"},
		{"a field over the page", certified("/P 2"), filled, map[int]string{
			form: strings.Replace(text[form], "8 0 R", "8 0 R 810 0 R", 1), annots: strings.Replace(text[annots], "8 0 R", "8 0 R 810 0 R", 1),
			second: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (second) /F 4 /P 3 0 R /V 811 0 R /Rect [0 0 595 842] >>", second + 1: "<< /Type /Sig /SubFilter /ETSI.CAdES.detached >>",
		}, verify.TotalFailed, "R-M8"},
		{"a stamp", certified("/P 3"), with(remarks, map[int]string{annots: strings.Replace(text[annots], "]", annotations+"]", 1)}), map[int]string{
			annots: strings.Replace(text[annots], "]", annotations+" 2200 0 R]", 1), 2200: "<< /Subtype /Stamp /Rect [0 0 595 842] >>",
		}, verify.Indeterminate, "R-M1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			after := func(objects map[int]string) *verify.Report {
				pdf := bytes.ReplaceAll(revised(test.signed, objects, ""), []byte("/Size 900 "), []byte("/Size 9000"))
				return w.judgeBy().PDF(t.Context(), "x.pdf", append(bytes.Clone(test.signed), pdf[len(test.signed):]...))
			}
			if r := after(test.flood); r.Verdict != verify.TotalPassed {
				t.Errorf("what is allowed: %s: %s", r.Verdict, faults(r))
			}
			for name, r := range map[string]*verify.Report{"alone": after(test.one), "behind the rest": after(with(test.flood, test.one))} {
				if r.Verdict != test.want || !slices.Contains(statuses(r, test.rule), verify.Fail) {
					t.Errorf("%s: %s, %s is %v: %s", name, r.Verdict, test.rule, statuses(r, test.rule), faults(r))
				}
				if s := r.Signatures[0]; len(s.Checks) > 200 {
					t.Errorf("%s: %d checks are told", name, len(s.Checks))
				}
			}
		})
	}
}
