package pades

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// formObjects is a document of one page with a form: a text field, a check box, an
// empty signature field, a remark, a link, metadata and a structure tree.
func formObjects() map[int]string {
	stream := func(dict, content string) string {
		return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(content), content)
	}
	return map[int]string{
		1:  "<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R /Metadata 13 0 R /StructTreeRoot 14 0 R /Extensions << /ESIC << /ExtensionLevel 1 >> >> >>",
		2:  "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>",
		3:  "<< /Type /Page /Parent 2 0 R /Contents 5 0 R /Resources << /Font << /F1 9 0 R >> >> /Annots 17 0 R >>",
		5:  stream("", "BT /F1 24 Tf 72 700 Td (Ket qua tiem chung) Tj ET"),
		6:  "<< /Fields [7 0 R 8 0 R 10 0 R] /SigFlags 1 /DR << /Font << /Helv 9 0 R >> >> >>",
		7:  "<< /Type /Annot /Subtype /Widget /FT /Sig /T (head) /F 132 /P 3 0 R /Rect [300 100 500 180] >>",
		8:  "<< /Type /Annot /Subtype /Widget /FT /Tx /T (note) /F 4 /P 3 0 R /Rect [10 10 200 30] /V (old) /AP << /N 11 0 R >> >>",
		9:  "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		10: "<< /Type /Annot /Subtype /Widget /FT /Btn /T (box) /F 4 /P 3 0 R /Rect [10 40 20 50] /V /Off /AS /Off /AP << /N << /Yes 12 0 R /Off 12 0 R >> >> >>",
		11: stream("/Type /XObject /Subtype /Form /BBox [0 0 190 20] /Resources << /Font << /Helv 9 0 R >> >>", "/Tx BMC BT /Helv 9 Tf 2 5 Td (old) Tj ET EMC"),
		12: stream("/Type /XObject /Subtype /Form /BBox [0 0 10 10]", ""),
		13: stream("/Type /Metadata /Subtype /XML", "<x/>"),
		14: "<< /Type /StructTreeRoot /K [15 0 R] /ParentTree 16 0 R /ParentTreeNextKey 1 >>",
		15: "<< /Type /StructElem /S /P /P 14 0 R /Pg 3 0 R /K [0] >>",
		16: "<< /Nums [0 20 0 R] >>",
		17: "[7 0 R 8 0 R 10 0 R 18 0 R 19 0 R]",
		18: "<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /P 3 0 R /Contents (remark) >>",
		19: "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /P 3 0 R >>",
		20: "[15 0 R]",
	}
}

const formTrailer = "/Size 60 /Root 1 0 R"

// update is what a test appends to the form: objects, where "…" stands for what the
// object was.
type revisionText map[int]string

func (u revisionText) after(pdf []byte, base map[int]string) []byte {
	objects := map[int]string{}
	for n, text := range u {
		was := strings.TrimSuffix(strings.TrimSpace(base[n]), ">>")
		if strings.HasSuffix(strings.TrimSpace(base[n]), "]") {
			was = strings.TrimSuffix(strings.TrimSpace(base[n]), "]")
		}
		objects[n] = strings.Replace(text, "…", was, 1)
	}
	return appended(pdf, objects, formTrailer+" /Prev "+startxref(pdf))
}

func streamText(dict, content string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(content), content)
}

// TestAwaited: an object that what was signed refers to, and does not have, is no addition.
func TestAwaited(t *testing.T) {
	base := formObjects()
	base[3] = strings.Replace(base[3], "5 0 R", "[5 0 R 50 0 R]", 1)
	base[17] = strings.Replace(base[17], "]", " 51 0 R]", 1)
	pdf := written(base, formTrailer+" /AdditionalStreams [52 0 R]")
	for _, test := range []struct {
		name string
		text revisionText
		want Level
	}{
		{"a second content", revisionText{50: streamText("", "BT ET")}, Other},
		{"a stamp", revisionText{51: "<< /Subtype /Stamp >>"}, Other},
		{"a remark", revisionText{51: "<< /Subtype /Text >>"}, Other},
		{"what the trailer alone names", revisionText{52: "(x)"}, NoChange},
		{"validation data in its place", revisionText{1: "… /DSS << /Certs [50 0 R] >> >>", 50: streamText("", "certificate")}, Other},
	} {
		list, err := opened(t, test.text.after(pdf, base)).Differences(0)
		if err != nil {
			t.Fatal(err)
		}
		if got := list[0].Level(); got != test.want {
			t.Errorf("%s: got %s, want %s: %+v", test.name, got, test.want, list[0].Changes)
		}
	}
}

// TestOverlap: what is laid over words, fields and remarks is told, wherever the operators
// put the words (R-M9).
func TestOverlap(t *testing.T) {
	for _, test := range []struct {
		name, content, rect string
		want                bool
	}{
		{"over words", "BT /F1 10 Tf 72 700 Td (word) Tj ET", "[80 695 90 705]", true},
		{"beside words", "BT /F1 10 Tf 72 700 Td (word) Tj ET", "[150 695 160 705]", false},
		{"words on the next line", "BT /F1 10 Tf 12 TL 72 700 Td (word) Tj T* (word) Tj ET", "[80 685 90 690]", true},
		{"words of a scaled page", "q 2 0 0 2 0 0 cm BT /F1 10 Tf 36 100 Td (word) Tj ET Q", "[80 200 90 210]", true},
		{"words after a restored state", "q 2 0 0 2 0 0 cm Q BT /F1 10 Tf 36 100 Td (word) Tj ET", "[80 200 90 210]", false},
		{"words set with a matrix", "BT /F1 1 Tf 10 0 0 10 300 300 Tm [(wo) -10 (rd)] TJ ET", "[305 300 310 305]", true},
		{"words turned upwards", "BT /F1 10 Tf 0 1 -1 0 300 300 Tm (word) Tj ET", "[295 310 299 315]", true},
		{"over a field", "", "[5 5 15 15]", true},
		{"nowhere", "", "[400 400 410 410]", false},
		{"without an area", "BT /F1 10 Tf 72 700 Td (word) Tj ET", "[80 700 80 700]", false},
		{"content that is broken", "BT (", "[80 700 90 705]", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			base := formObjects()
			base[5] = streamText("", test.content)
			pdf := revisionText{17: "… 42 0 R]", 42: "<< /Subtype /Text /Rect " + test.rect + " >>"}.after(written(base, formTrailer), base)
			list, err := opened(t, pdf).Differences(0)
			if err != nil {
				t.Fatal(err)
			}
			got := slices.ContainsFunc(list[0].Changes, func(c Change) bool { return c.Rule == "R-M9" && c.Note })
			if got != test.want {
				t.Errorf("got %v, want %v: %+v", got, test.want, list[0].Changes)
			}
		})
	}
}

// TestDifferences has one case at least for each thing that a revision may do, and
// for each that it may not.
func TestDifferences(t *testing.T) {
	base := formObjects()
	pdf := written(base, formTrailer)
	replace := func(n int, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(base[n]) }
	shows := func(text string) string {
		return streamText("/Type /XObject /Subtype /Form /BBox [0 0 190 20] /Resources << /Font << /Helv 9 0 R >> >>", "/Tx BMC BT /Helv 9 Tf 2 5 Td ("+text+") Tj ET EMC")
	}
	signature := "<< /Type /Sig /SubFilter /ETSI.CAdES.detached /Contents <00> >>"
	timestamp := "<< /Type /DocTimeStamp /SubFilter /ETSI.RFC3161 /Contents <00> >>"
	fields := func(more string) string { return replace(6, "10 0 R]", "10 0 R "+more+"]") }
	annots := func(more string) string { return "… " + more + "]" }
	widget := func(rect, more string) string {
		return "<< /Type /Annot /Subtype /Widget /FT /Sig /T (new) /F 132 /P 3 0 R /Rect " + rect + " " + more + " >>"
	}
	store := func(more string) revisionText {
		return revisionText{1: "… /DSS << /Certs [40 0 R] " + more + " >> >>", 40: streamText("", "certificate"), 41: streamText("", "crl")}
	}
	for _, test := range []struct {
		name  string
		text  revisionText
		level Level
		rule  string // of the first change of that level
	}{
		{"nothing", revisionText{}, NoChange, ""},
		{"the same again", revisionText{3: base[3], 5: base[5]}, NoChange, ""},
		{"an object that nothing leads to", revisionText{40: "(x)"}, NoChange, ""},

		{"validation data", store("/CRLs [41 0 R] /VRI << /" + strings.Repeat("A", 40) + " << /Cert [40 0 R] /TU (D:2026) /TS 41 0 R >> >>"), LongTerm, "R-M1"},
		{"validation data of an unknown kind", store("/Secrets [41 0 R]"), Other, "R-M1"},
		{"validation data that are no streams", store("/CRLs [(x)]"), Other, "R-M1"},
		{"validation data that are the page", store("/CRLs [5 0 R]"), Other, "R-M1"},
		{"a page in place of validation data", revisionText{1: "… /DSS << /Certs [5 0 R] >> >>", 5: streamText("", "BT ET")}, Other, "R-M1"},
		{"named by nonsense", store("/VRI << /x << >> >>"), Other, "R-M1"},
		{"an extension", revisionText{1: replace(1, "/ESIC", "/ADBE << /ExtensionLevel 8 >> /ESIC")}, LongTerm, "R-M1"},
		{"an extension raised", revisionText{1: replace(1, "/ExtensionLevel 1", "/ExtensionLevel 5")}, LongTerm, "R-M1"},
		{"an extension lowered", revisionText{1: replace(1, "/ExtensionLevel 1", "/ExtensionLevel 0")}, Other, "R-M1"},
		{"an extension removed", revisionText{1: replace(1, "/ESIC << /ExtensionLevel 1 >>", "")}, Other, "R-M1"},
		{"a version", revisionText{1: "… /Version /1.7 >>"}, LongTerm, "R-M1"},
		{"a version that is none", revisionText{1: "… /Version /x >>"}, Other, "R-M1"},
		{"metadata", revisionText{13: streamText("/Type /Metadata /Subtype /XML", "<y>z</y>")}, LongTerm, "R-M1"},
		{"metadata with a document type", revisionText{13: streamText("/Type /Metadata", "<!DOCTYPE x [<!ENTITY a 'b'>]><x/>")}, Other, "R-M3"},
		{"metadata that are no XML", revisionText{13: streamText("/Type /Metadata", "<x")}, Other, "R-M3"},
		{"mark information", revisionText{1: "… /MarkInfo << /Marked true >> >>"}, LongTerm, "R-M1"},
		{"a document time-stamp", revisionText{6: fields("42 0 R"), 17: annots("42 0 R"), 42: widget("[0 0 0 0]", "/V 43 0 R"), 43: timestamp}, LongTerm, "R-M1"},
		{"a document time-stamp that is seen", revisionText{6: fields("42 0 R"), 17: annots("42 0 R"), 42: widget("[0 0 9 9]", "/V 43 0 R"), 43: timestamp}, FormFill, "R-M1"},

		{"an invisible signature", revisionText{6: fields("42 0 R"), 17: annots("42 0 R"), 42: widget("[0 0 0 0]", "/V 43 0 R"), 43: signature}, FormFill, "R-M1"},
		{"a hidden signature", revisionText{6: fields("42 0 R"), 17: annots("42 0 R"), 42: strings.Replace(widget("[0 0 9 9]", "/V 43 0 R"), "132", "134", 1), 43: signature}, FormFill, "R-M1"},
		{"a signature over an earlier object", revisionText{6: fields("42 0 R"), 42: widget("[0 0 0 0]", "/V 7 0 R")}, Other, "R-M2"},
		{"a field that was something else", revisionText{6: fields("18 0 R"), 18: widget("[0 0 0 0]", "")}, Other, "R-M2"},
		{"an empty field", revisionText{6: fields("42 0 R"), 17: annots("42 0 R"), 42: widget("[0 0 9 9]", "")}, FormFill, "R-M1"},
		{"an empty field that shows something", revisionText{6: fields("42 0 R"), 17: annots("42 0 R"), 42: widget("[0 0 9 9]", "/AP << /N 12 0 R >>")}, Other, "R-M8"},
		{"an empty field with a background", revisionText{6: fields("42 0 R"), 17: annots("42 0 R"), 42: widget("[0 0 9 9]", "/MK << /BG [1] >>")}, Other, "R-M8"},
		{"an empty field with an action", revisionText{6: fields("42 0 R"), 17: annots("42 0 R"), 42: widget("[0 0 9 9]", "/AA << /PO << /S /JavaScript /JS (x) >> >>")}, Other, "R-M1"},
		{"a text field", revisionText{6: fields("42 0 R"), 42: "<< /FT /Tx /T (x) >>"}, Other, "R-M1"},
		{"a field removed", revisionText{6: replace(6, "8 0 R ", "")}, Other, "R-M1"},
		{"fields in another order", revisionText{6: replace(6, "7 0 R 8 0 R", "8 0 R 7 0 R")}, Other, "R-M1"},
		{"the prepared field signed", revisionText{7: "… /V 43 0 R /AP << /N 44 0 R >> >>", 43: signature, 44: streamText("/BBox [0 0 9 9]", "")}, FormFill, "R-M1"},
		{"the prepared field moved", revisionText{7: replace(7, "[300 100 500 180]", "[0 0 595 842]", ">>", "/V 43 0 R >>"), 43: signature}, Other, "R-M1"},
		{"the prepared field hidden", revisionText{7: replace(7, "132", "134", ">>", "/V 43 0 R >>"), 43: signature}, Other, "R-M9"},
		{"the prepared field drawn, not signed", revisionText{7: "… /AP << /N 12 0 R >> >>"}, Other, "R-M4"},
		{"the prepared field renamed", revisionText{7: replace(7, "(head)", "(tail)")}, Other, "R-M1"},
		{"the text filled", revisionText{8: replace(8, "(old)", "(new)"), 11: shows("new")}, FormFill, "R-M1"},
		{"the text filled, drawn elsewhere", revisionText{8: replace(8, "(old)", "(new)", "11 0 R", "44 0 R"), 44: shows("n\\145w")}, FormFill, "R-M1"},
		{"the text filled, shown otherwise", revisionText{8: replace(8, "(old)", "(new)"), 11: shows("newer")}, Other, "R-M4"},
		{"the text filled, shown as before", revisionText{8: replace(8, "(old)", "(new)")}, Other, "R-M4"},
		{"the text filled, shown by an image", revisionText{8: replace(8, "(old)", "(new)"), 11: streamText("/BBox [0 0 9 9]", "/X Do")}, FormFill, "R-M1"},
		{"the text drawn, not filled", revisionText{11: shows("other")}, Other, "R-M4"},
		{"the text drawn elsewhere, not filled", revisionText{8: replace(8, "11 0 R", "44 0 R"), 44: shows("other")}, Other, "R-M4"},
		{"the text closed", revisionText{8: replace(8, "(old)", "(new) /Ff 1"), 11: shows("new")}, FormFill, "R-M1"},
		{"the text given other flags", revisionText{8: replace(8, "(old)", "(new) /Ff 4096"), 11: shows("new")}, Other, "R-M1"},
		{"the text given an action", revisionText{8: replace(8, "(old)", "(old) /AA << >>")}, Other, "R-M1"},
		{"the box ticked", revisionText{10: replace(10, "/V /Off /AS /Off", "/V /Yes /AS /Yes")}, FormFill, "R-M1"},
		{"the box filled, not ticked", revisionText{10: replace(10, "/V /Off", "/V /Yes")}, Other, "R-M4"},
		{"the box shown ticked", revisionText{10: replace(10, "/AS /Off", "/AS /Yes")}, Other, "R-M4"},
		{"the box that shows another state", revisionText{10: replace(10, "/V /Off /AS /Off", "/V /No /AS /Yes")}, Other, "R-M4"},
		{"the box drawn anew", revisionText{10: replace(10, "/Yes 12 0 R", "/Yes 44 0 R"), 44: streamText("/BBox [0 0 9 9]", "")}, Other, "R-M4"},
		{"a font of the form added", revisionText{6: replace(6, "/Helv 9 0 R", "/Helv 9 0 R /Zapf 44 0 R"), 44: base[9]}, FormFill, "R-M1"},
		{"a font of the form replaced", revisionText{6: replace(6, "/Helv 9 0 R", "/Helv 44 0 R"), 44: "<< /Type /Font /BaseFont /Symbol >>"}, Other, "R-M4"},
		{"a font overwritten", revisionText{9: "<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>"}, Other, "R-M2"},
		{"fields drawn by readers", revisionText{6: replace(6, "/SigFlags 1", "/SigFlags 1 /NeedAppearances true")}, Other, "R-M1"},
		{"signature flags taken back", revisionText{6: replace(6, "/SigFlags 1", "/SigFlags 0")}, Other, "R-M1"},
		{"a dynamic form", revisionText{6: "… /XFA (x) >>"}, Other, "R-M1"},
		{"the form removed", revisionText{1: replace(1, "/AcroForm 6 0 R", "")}, Other, "R-M1"},
		{"a new widget in the structure", revisionText{
			6: fields("42 0 R"), 17: annots("42 0 R"), 42: widget("[0 0 0 0]", "/V 43 0 R /StructParent 1"), 43: signature,
			14: replace(14, "[15 0 R]", "[15 0 R 45 0 R]", "Key 1", "Key 2"), 16: "<< /Nums [0 20 0 R 1 45 0 R] >>",
			45: "<< /Type /StructElem /S /Form /P 14 0 R /K << /Type /OBJR /Obj 42 0 R >> >>",
		}, FormFill, "R-M1"},
		{"a new widget in a structure whose lists are copied", revisionText{
			6: fields("42 0 R"), 17: annots("42 0 R"), 42: widget("[0 0 0 0]", "/V 43 0 R /StructParent 1"), 43: signature,
			14: replace(14, "16 0 R", "47 0 R", "Key 1", "Key 2"), 47: "<< /Nums [0 48 0 R 1 45 0 R] >>", 48: base[20],
			45: "<< /Type /StructElem /S /Form /P 14 0 R /K << /Type /OBJR /Obj 42 0 R >> >>",
		}, FormFill, "R-M1"},
		{"a parent tree divided", revisionText{
			14: replace(14, "16 0 R", "47 0 R"), 47: "<< /Kids [48 0 R 49 0 R] >>", 48: "<< /Nums [0 20 0 R] /Limits [0 0] >>", 49: "<< /Nums [1 15 0 R] /Limits [1 1] >>",
		}, FormFill, "R-M1"},
		{"a parent tree divided, and less", revisionText{14: replace(14, "16 0 R", "47 0 R"), 47: "<< /Kids [48 0 R] >>", 48: "<< /Nums [1 15 0 R] /Limits [1 1] >>"}, Other, "R-M1"},
		{"a second value of a key", revisionText{14: replace(14, "16 0 R", "47 0 R"), 47: "<< /Nums [0 45 0 R 0 20 0 R] >>", 45: "[]"}, Other, "R-M1"},
		{"a list of the structure with another element", revisionText{14: replace(14, "16 0 R", "47 0 R"), 47: "<< /Nums [0 48 0 R] >>", 48: "[14 0 R]"}, Other, "R-M1"},
		{"new text in the structure", revisionText{14: replace(14, "[15 0 R]", "[15 0 R 45 0 R]"), 45: "<< /S /P /P 14 0 R /K [1] >>"}, Other, "R-M1"},
		{"the structure changed", revisionText{15: replace(15, "/S /P", "/S /P /ActualText (other)")}, Other, "R-M2"},
		{"the parent tree changed", revisionText{16: "<< /Nums [0 18 0 R] >>"}, Other, "R-M2"},

		{"a remark", revisionText{17: annots("44 0 R"), 44: "<< /Subtype /Highlight /Rect [0 0 9 9] >>"}, Annotate, "R-M1"},
		{"a remark with an action", revisionText{17: annots("44 0 R"), 44: "<< /Subtype /Highlight /Rect [0 0 9 9] /A << /S /JavaScript /JS (x) >> >>"}, Other, "R-M1"},
		{"a remark given an action", revisionText{18: "… /AA << /E << /S /JavaScript /JS (x) >> >> >>"}, Other, "R-M1"},
		{"output intents", revisionText{1: "… /OutputIntents [<< /S /GTS_PDFA1 >>] >>"}, FormFill, "R-M1"},
		{"a remark changed", revisionText{18: replace(18, "(remark)", "(other)")}, Annotate, "R-M1"},
		{"a stamp", revisionText{17: annots("44 0 R"), 44: "<< /Subtype /Stamp /Rect [0 0 9 9] >>"}, Other, "R-M1"},
		{"text over the page", revisionText{17: annots("44 0 R"), 44: "<< /Subtype /FreeText /Rect [0 0 9 9] >>"}, Other, "R-M1"},
		{"a remark removed", revisionText{17: "[7 0 R 8 0 R 10 0 R 19 0 R]"}, Other, "R-M1"},
		{"a link changed", revisionText{19: replace(19, "[0 0 9 9]", "[0 0 99 99]")}, Other, "R-M1"},
		{"a remark made a stamp", revisionText{18: replace(18, "/Text", "/Stamp")}, Other, "R-M1"},
		{"a widget of no field", revisionText{17: annots("44 0 R"), 44: "<< /Subtype /Widget /Rect [0 0 9 9] /AP << /N 12 0 R >> >>"}, Other, "R-M1"},
		{"the order of tabs", revisionText{3: "… /Tabs /R >>"}, Annotate, "R-M1"},

		{"the page's content", revisionText{5: streamText("", "BT ET")}, Other, "R-M2"},
		{"the page with other content", revisionText{3: replace(3, "5 0 R", "12 0 R")}, Other, "R-M1"},
		{"the page turned", revisionText{3: "… /Rotate 90 >>"}, Other, "R-M1"},
		{"the page's resources copied", revisionText{3: replace(3, "<< /Font << /F1 9 0 R >> >>", "44 0 R"), 44: "<< /Font << /F1 45 0 R >> >>", 45: base[9]}, NoChange, ""},
		{"another page", revisionText{2: replace(2, "[3 0 R]", "[3 0 R 44 0 R]", "/Count 1", "/Count 2"), 44: base[3]}, Other, "R-M2"},
		{"an action on opening", revisionText{1: "… /OpenAction << /S /JavaScript /JS (x) >> >>"}, Other, "R-M1"},
		{"an attachment", revisionText{1: "… /Names << /EmbeddedFiles << >> >> >>"}, Other, "R-M1"},
		{"certified later", revisionText{1: "… /Perms << /DocMDP 43 0 R >> >>", 43: signature}, Annotate, "R-M7"},
		{"other permissions", revisionText{1: "… /Perms << /UR3 43 0 R >> >>", 43: signature}, Other, "R-M7"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := opened(t, test.text.after(pdf, base))
			list, err := f.Differences(0)
			if err != nil || len(list) != 1 {
				t.Fatalf("got %d differences, %v", len(list), err)
			}
			if got := list[0].Level(); got != test.level {
				t.Errorf("got %v, want %v: %+v", got, test.level, list[0].Changes)
			}
			i := slices.IndexFunc(list[0].Changes, func(c Change) bool { return c.Level == test.level })
			if i >= 0 && list[0].Changes[i].Rule != test.rule {
				t.Errorf("got %s, want %s: %+v", list[0].Changes[i].Rule, test.rule, list[0].Changes[i])
			}
		})
	}
}

// TestDifferencesFreed: what is taken away is never overlooked.
func TestDifferencesFreed(t *testing.T) {
	pdf := written(formObjects(), formTrailer)
	out := bytes.Clone(pdf)
	xref := len(out)
	out = fmt.Appendf(out, "xref\n0 1\n0000000000 65535 f \n18 1\n0000000000 00001 f \ntrailer\n<< %s /Prev %s >>\nstartxref\n%d\n%%%%EOF\n", formTrailer, startxref(pdf), xref)
	list, err := opened(t, out).Differences(0)
	if err != nil || len(list) != 1 || list[0].Level() != Other {
		t.Errorf("got %+v, %v", list, err)
	}
}

// TestDifferencesOfGenerations: an object that is listed under another generation is gone for
// those who look for the one that was signed.
func TestDifferencesOfGenerations(t *testing.T) {
	base := formObjects()
	pdf := revisionText{5: streamText("", "BT (4000) Tj ET")}.after(written(base, formTrailer), base)
	pdf = bytes.Replace(pdf, []byte("5 0 obj\n<<  /Length 15"), []byte("5 1 obj\n<<  /Length 15"), 1)
	last := bytes.LastIndex(pdf, []byte("xref\n0 1"))
	pdf = append(pdf[:last:last], bytes.Replace(pdf[last:], []byte(" 00000 n"), []byte(" 00001 n"), 1)...)
	list, err := opened(t, pdf).Differences(0)
	if err != nil || len(list) != 1 || list[0].Level() != Other {
		t.Errorf("got %+v, %v", list, err)
	}
}

// TestDifferencesOfStores: EU DSS writes a new dictionary of validation data each time, with
// the streams of the one before, which it leaves lying.
func TestDifferencesOfStores(t *testing.T) {
	base := formObjects()
	pdf := written(base, formTrailer)
	pdf = revisionText{1: "… /DSS 40 0 R >>", 40: "<< /Certs [41 0 R] >>", 41: streamText("", "certificate")}.after(pdf, base)
	for n := 42; n < 45; n++ {
		pdf = revisionText{1: fmt.Sprintf("… /DSS %d 0 R >>", n), n: "<< /Certs [41 0 R] >>"}.after(pdf, base)
	}
	list, err := opened(t, pdf).Differences(0)
	if err != nil || len(list) != 4 {
		t.Fatalf("got %+v, %v", list, err)
	}
	for _, d := range list {
		if d.Level() != LongTerm {
			t.Errorf("got %v: %+v", d.Level(), d.Changes)
		}
	}
}

// TestChoiceFilled: which option is chosen stands in two entries, as PDFBox and OpenPDF fill
// it in; only with another value may the second be another.
func TestChoiceFilled(t *testing.T) {
	base := formObjects()
	choice := "<< /Type /Annot /Subtype /Widget /FT /Ch /Ff 131072 /T (note) /F 4 /P 3 0 R /Rect [10 10 200 30] /Opt [(one) (two)] /V (%s) /I [%d] /AP << /N 11 0 R >> >>"
	shows := func(text string) string {
		return streamText("/BBox [0 0 190 20] /Resources << /Font << /Helv 9 0 R >> >>", "BT /Helv 9 Tf 2 5 Td ("+text+") Tj ET")
	}
	base[8], base[11] = fmt.Sprintf(choice, "one", 0), shows("one")
	for _, test := range []struct {
		name string
		text revisionText
		want Level
	}{
		{"chosen", revisionText{8: fmt.Sprintf(choice, "two", 1), 11: shows("two")}, FormFill},
		{"chosen, shown as before", revisionText{8: fmt.Sprintf(choice, "two", 1)}, Other},
		{"another option of the same value", revisionText{8: fmt.Sprintf(choice, "one", 1)}, Other},
	} {
		list, err := opened(t, test.text.after(written(base, formTrailer), base)).Differences(0)
		if err != nil {
			t.Fatal(err)
		}
		if got := list[0].Level(); got != test.want {
			t.Errorf("%s: got %s, want %s: %+v", test.name, got, test.want, list[0].Changes)
		}
	}
}

// TestDifferencesAcrossRevisions: each revision is compared with the one before it,
// and what an earlier one laid down without a use is judged when it gets one.
func TestDifferencesAcrossRevisions(t *testing.T) {
	base := formObjects()
	pdf := written(base, formTrailer)
	pdf = revisionText{40: streamText("", "BT (other) Tj ET")}.after(pdf, base)
	pdf = revisionText{1: "… /DSS << /Certs [41 0 R] >> >>", 41: streamText("", "certificate")}.after(pdf, base)
	pdf = revisionText{3: strings.Replace(base[3], "5 0 R", "40 0 R", 1)}.after(pdf, base)
	list, err := opened(t, pdf).Differences(0)
	if err != nil || len(list) != 3 {
		t.Fatalf("got %d differences, %v", len(list), err)
	}
	want := []Level{NoChange, LongTerm, Other}
	for i, d := range list {
		if d.Level() != want[i] || d.Revision != i+1 {
			t.Errorf("revision %d: got %v, want %v: %+v", d.Revision, d.Level(), want[i], d.Changes)
		}
	}
}

// TestDifferencesOfLeftovers: what lay unused in the first revision and came to be used in
// the second is part of the document for the third.
func TestDifferencesOfLeftovers(t *testing.T) {
	base := formObjects()
	base[40] = streamText("/Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 41 0 R >> >>", "/X Do")
	base[41] = streamText("/Subtype /Form /BBox [0 0 9 9]", "BT (one) Tj ET")
	pdf := written(base, formTrailer)
	pdf = revisionText{7: "… /V 43 0 R /AP << /N 40 0 R >> >>", 43: "<< /Type /Sig /Contents <00> >>"}.after(pdf, base)
	pdf = revisionText{41: streamText("/Subtype /Form /BBox [0 0 9 9]", "BT (two) Tj ET")}.after(pdf, base)
	list, err := opened(t, pdf).Differences(0)
	if err != nil || len(list) != 2 || list[0].Level() != FormFill || list[1].Level() != Other {
		t.Errorf("got %+v, %v", list, err)
	}
}

// TestDifferencesOfInformation: document information is changed by every program, however
// many trailers name it, and of cross-reference streams each is an object.
func TestDifferencesOfInformation(t *testing.T) {
	objects := twoFieldsObjects()
	objects[10] = "<< /ModDate (D:2026) >>"
	pdf := converted(t, written(objects, "/Size 11 /Root 1 0 R /Info 10 0 R"), "--object-streams=generate")
	pdf = appendedDSS(t, signed(t, pdf, SignatureOptions{Field: "head"}), Evidence{Certs: dered("issuer")})
	trailer := opened(t, pdf).Trailer(2)
	root, _ := trailer.Key("Root").Ref()
	info, _ := trailer.Key("Info").Ref()
	size, _ := trailer.Key("Size").Int()
	for range 2 {
		pdf = appended(pdf, map[int]string{info.Number: "<< /ModDate (D:2027) >>"}, fmt.Sprintf("/Size %d /Root %d 0 R /Info %d 0 R /Prev %s", size, root.Number, info.Number, startxref(pdf)))
	}
	list, err := opened(t, pdf).Differences(1)
	if err != nil || len(list) != 3 || list[1].Level() != LongTerm {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestDifferencesEncrypted(t *testing.T) {
	pdf := written(formObjects(), formTrailer+" /Encrypt << /Filter /Standard >>")
	pdf = appended(pdf, nil, formTrailer+" /Encrypt << /Filter /Standard >> /Prev "+startxref(pdf))
	if _, err := opened(t, pdf).Differences(0); !errors.Is(err, ErrEncrypted) {
		t.Errorf("got %v", err)
	}
}

// TestOwnRevisions: what this package writes after a signature is allowed there.
func TestOwnRevisions(t *testing.T) {
	pdf := signed(t, twoFields(), SignatureOptions{Field: "head", Appearance: parsedStamp(t)})
	pdf = signed(t, pdf, SignatureOptions{Field: "organisation"})
	pdf = signed(t, pdf, SignatureOptions{Field: "party"})
	list, err := opened(t, pdf).Differences(1)
	if err != nil || len(list) != 2 || list[0].Level() != FormFill || list[1].Level() != FormFill {
		t.Errorf("got %+v, %v", list, err)
	}
	for _, d := range list {
		for _, c := range d.Changes {
			if c.Visible {
				t.Errorf("a signature that covers part of a page: %+v", c)
			}
		}
	}
}

// TestLeftovers finds what nothing leads to, and only what a page could be made of.
func TestLeftovers(t *testing.T) {
	objects := formObjects()
	objects[40] = "<< /Type /Page /Contents 41 0 R >>"
	objects[41] = streamText("", "BT ET")
	objects[42] = streamText("/Subtype /Form", "BT ET")
	objects[43] = "(a text)"
	got, err := opened(t, written(objects, formTrailer)).Leftovers(0)
	if err != nil || !slices.Equal(got, []Ref{{40, 0}, {42, 0}}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := opened(t, written(formObjects(), formTrailer)).Leftovers(0); err != nil || len(got) > 0 {
		t.Errorf("got %v, %v, want none", got, err)
	}
}

func TestLock(t *testing.T) {
	for _, test := range []struct {
		lock Lock
		name string
		want bool
	}{
		{Lock{Action: "All"}, "a", true},
		{Lock{Action: "Include", Fields: map[string]bool{"Signature1": true}}, "Signature1", true},
		{Lock{Action: "Include", Fields: map[string]bool{"Signature1": true}}, "Signature10", false},
		{Lock{Action: "Include", Fields: map[string]bool{"a": true}}, "a.b", true},
		{Lock{Action: "Include", Fields: map[string]bool{"a.b": true}}, "a", false},
		{Lock{Action: "Exclude", Fields: map[string]bool{"a": true}}, "a.b", false},
		{Lock{Action: "Exclude", Fields: map[string]bool{"a": true}}, "b", true},
		{Lock{}, "a", true},
	} {
		if got := test.lock.Holds(test.name); got != test.want {
			t.Errorf("%+v holds %q: got %v, want %v", test.lock, test.name, got, test.want)
		}
	}
}

func TestLocks(t *testing.T) {
	objects := twoFieldsObjects()
	objects[7] = "<< /FT /Sig /T (head) /V 10 0 R /Lock << /Action /Include /Fields [(a)] /P 2 >> >>"
	objects[10] = "<< /Type /Sig /Reference [<< /TransformMethod /FieldMDP /TransformParams << /Action /All >> >>] >>"
	f := opened(t, written(objects, "/Size 11 /Root 1 0 R"))
	list, err := f.Signatures()
	if err != nil || len(list) != 1 {
		t.Fatalf("got %d signatures, %v", len(list), err)
	}
	locks, err := f.Locks(list[0])
	if err != nil || len(locks) != 2 || locks[0].Action != "All" || locks[1].Permissions != 2 || !maps.Equal(locks[1].Fields, map[string]bool{"a": true}) {
		t.Errorf("got %+v, %v", locks, err)
	}
}

// TestOneView: a stream after a signature that holds the text of another object.
func TestOneView(t *testing.T) {
	base := formObjects()
	pdf := written(base, formTrailer)
	for _, test := range []struct {
		name, content, want string
	}{
		{"plain", "certificate", "<nil>"},
		{"an object of the file", "x\n5 0 obj\n<< >>\nendobj", "R-P6"},
		{"an object split by blanks", "x\n5\r\n0  obj<<", "R-P6"},
		{"an object of no file", "x\n500 0 obj\n<< >>\nendobj", "<nil>"},
		{"a word that begins so", "5 0 objects", "<nil>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := opened(t, revisionText{40: streamText("", test.content)}.after(pdf, base))
			if got := ruleOf(f.OneView(0)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// FuzzDifferences: whatever one object is replaced by, as long as the level is below
// ANNOTATE the page shows what it showed.
func FuzzDifferences(f *testing.F) {
	base := formObjects()
	pdf := written(base, formTrailer)
	for n, text := range base {
		f.Add(n, text)
	}
	f.Add(1, "<< /Type /Catalog /Pages 2 0 R /DSS << /Certs [5 0 R] >> >>")
	f.Fuzz(func(t *testing.T, number int, text string) {
		if number < 1 || number > 59 {
			return
		}
		file, err := Open(appended(pdf, map[int]string{number: text}, formTrailer+" /Prev "+startxref(pdf)))
		if err != nil {
			return
		}
		checkUnseen(t, file)
	})
}

// checkUnseen holds that the page of the form shows what it showed, unless that was told.
func checkUnseen(t *testing.T, file *File) {
	t.Helper()
	list, err := file.Differences(0)
	if err != nil || list[0].Level() >= Annotate || file.Accounting(0) != nil {
		return
	}
	last := len(file.revisions) - 1
	before, after := must(file.pageIndex(0)), must(file.pageIndex(last))
	if len(before) != len(after) {
		t.Fatalf("%d pages, then %d", len(before), len(after))
	}
	for _, key := range []string{"Contents", "Resources", "MediaBox", "Rotate"} {
		same, err := file.alike(0, must(file.Object(0, Ref{3, 0})).Key(key), last, must(file.Object(last, Ref{3, 0})).Key(key))
		if err != nil || !same {
			t.Errorf("/%s of the page changed unseen (%v)", key, err)
		}
	}
}

// BenchmarkDifferences is 25 signatures, each followed by a revision of validation
// data.
func BenchmarkDifferences(b *testing.B) {
	pdf := drawn(b, 150_000)
	for n := range 25 {
		pdf = signed(b, pdf, SignatureOptions{Field: fmt.Sprintf("s%d", n)})
		root := must(opened(b, pdf).catalog(2*n + 1))
		text := strings.TrimSuffix(string(root.raw(root.value)), ">>")
		if i := strings.Index(text, "/DSS"); i >= 0 {
			text = text[:i]
		}
		pdf = appended(pdf, map[int]string{
			root.ref.Number: fmt.Sprintf("%s /DSS << /Certs [%d 0 R] >> >>", text, 5000+20*n),
			5000 + 20*n:     streamText("", "certificate"),
		}, fmt.Sprintf("/Size %d /Root %d 0 R /Prev %s", 5001+20*n, root.ref.Number, startxref(pdf)))
	}
	b.ReportAllocs()
	for b.Loop() {
		f := opened(b, pdf)
		list, err := f.Differences(1)
		if err != nil || len(list) != 49 {
			b.Fatalf("got %d, %v", len(list), err)
		}
		for _, d := range list {
			if d.Level() > FormFill {
				b.Fatalf("%+v", d)
			}
		}
	}
}

// TestPagesOfChanges: a reader is told on which pages to look, also where it is not the page
// itself that was written again but what it shows.
func TestPagesOfChanges(t *testing.T) {
	objects := func() map[int]string {
		m := map[int]string{
			1: "<< /Type /Catalog /Pages 2 0 R >>",
			2: "<< /Type /Pages /Kids [3 0 R 4 0 R 5 0 R] /Count 3 /MediaBox [0 0 595 842] /Resources 12 0 R >>",
			3: "<< /Type /Page /Parent 2 0 R /Contents 6 0 R >>",
			4: "<< /Type /Page /Parent 2 0 R /Contents [6 0 R 7 0 R] /Resources 8 0 R >>",
			5: "<< /Type /Page /Parent 2 0 R >>",
			8: "<< /XObject << /X 9 0 R >> >>", 12: "<< /Font << /F 10 0 R >> >>",
			10: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FontDescriptor 11 0 R >>", 11: "<< /Type /FontDescriptor /Flags 4 >>",
		}
		for _, n := range []int{6, 7, 9} {
			m[n] = "<< /Length 2 >>\nstream\nq \nendstream"
		}
		return m
	}
	const trailer = "/Size 900 /Root 1 0 R"
	for _, test := range []struct {
		name    string
		changed int
		want    []int
	}{
		{"of two pages", 6, []int{1, 2}},
		{"of one", 7, []int{2}},
		{"a picture", 9, []int{2}},
		{"a font of all", 11, []int{1, 2, 3}},
	} {
		pdf := written(objects(), trailer)
		pdf = appended(pdf, map[int]string{test.changed: "<< /Length 4 >>\nstream\nq Q \nendstream"}, trailer+" /Prev "+startxref(pdf))
		differences, err := opened(t, pdf).Differences(0)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		var got []int
		for _, c := range differences[0].Changes {
			got = append(got, c.Page)
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, test.want) {
			t.Errorf("%s: on pages %v, want %v", test.name, got, test.want)
		}
	}
}
