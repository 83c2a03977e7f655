package pades

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// TestFormShapes adds a field to forms and pages whose lists are direct
// objects, indirect ones, or absent.
func TestFormShapes(t *testing.T) {
	const one, none = "<< /Fields [7 0 R] /DA (x) >>", "<< /DA (x) >>"
	for _, test := range []struct {
		name, catalog, form, fields, annots, list string
		want                                      int
	}{
		{"all indirect", "/AcroForm 6 0 R", "<< /Fields 8 0 R >>", "[7 0 R]", "/Annots 9 0 R", "[7 0 R]", 2},
		{"all direct", "/AcroForm " + one, "null", "null", "/Annots [7 0 R]", "null", 2},
		{"direct form, indirect lists", "/AcroForm << /Fields 8 0 R /SigFlags 1 >>", "null", "[ 7 0 R ]", "/Annots 9 0 R", "[7 0 R]", 2},
		{"one list for both", "/AcroForm << /Fields 9 0 R >>", "null", "null", "/Annots 9 0 R", "[]", 1},
		{"no lists", "/AcroForm 6 0 R", none, "null", "", "null", 1},
		{"null lists", "/AcroForm 6 0 R", "<< /Fields null /SigFlags null >>", "null", "/Annots null", "null", 1},
		{"null objects", "/AcroForm 6 0 R", "null", "null", "/Annots 9 0 R", "null", 1},
		{"comments", "/AcroForm 6 0 R", "<< /Fields [ 7 0 R % last\n] % end\n>>", "null", "/Annots [7 0 R %none\n]", "null", 2},
		{"no form", "", "null", "null", "", "null", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			base := written(map[int]string{
				1: "<< /Type /Catalog /Pages 2 0 R " + test.catalog + " >>",
				2: "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>",
				3: "<< /Type /Page /Parent 2 0 R /Resources << >> " + test.annots + " >>",
				6: test.form, 8: test.fields, 9: test.list,
				7: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (old) /P 3 0 R /Rect [0 0 0 0] >>",
			}, "/Size 10 /Root 1 0 R /Info 7 0 R /ID [<01> <02>]")
			pdf := signed(t, base, SignatureOptions{Field: "new"})
			if list := signatures(t, pdf); len(list) != 1 || list[0].Page != 1 || list[0].Field != "new" {
				t.Fatalf("got %+v", list)
			}
			f := opened(t, pdf)
			var names []string
			if err := f.fields(1, func(field formField) error { names = append(names, field.name); return nil }); err != nil {
				t.Fatal(err)
			}
			if len(names) != test.want || !slices.Contains(names, "new") {
				t.Errorf("fields are %v, want %d", names, test.want)
			}
			form, _, err := newRevisionWriter(f).acroForm()
			if flags, _ := form.Key("SigFlags").Int(); flags != 3 || err != nil {
				t.Errorf("/SigFlags is %d, %v", flags, err)
			}
			page, err := f.Object(1, Ref{3, 0})
			if err != nil {
				t.Fatal(err)
			}
			annots, err := f.Resolve(1, page.Key("Annots"))
			if err != nil || len(annots.Items()) != test.want {
				t.Errorf("%d annotations, %v, want %d", len(annots.Items()), err, test.want)
			}
			for _, key := range []string{"Info", "ID", "Root"} {
				if got := f.Trailer(1).Key(key); !got.same(f.Trailer(0).Key(key)) {
					t.Errorf("/%s changed", key)
				}
			}
			tool(t, "qpdf", "qpdf")
			ran(t, pdf, "qpdf", "--check")
		})
	}
}

func TestDocMDP(t *testing.T) {
	for _, test := range []struct {
		parms string
		want  int
	}{
		{"/TransformMethod /DocMDP /TransformParams << /P 1 >>", 1},
		{"/TransformMethod /DocMDP /TransformParams << /P 3 >>", 3},
		{"/TransformMethod /DocMDP", 2},
		{"/TransformMethod /DocMDP /TransformParams << /P 9 >>", 1},
		{"/TransformMethod /DocMDP /TransformParams << /P /X >>", 1},
		{"/TransformMethod /FieldMDP /TransformParams << /P 1 >>", 0},
	} {
		objects := twoFieldsObjects()
		objects[7] = "<< /FT /Sig /T (a) /V << /Reference [<< " + test.parms + " >>] >> >>"
		list, err := opened(t, written(objects, "/Size 10 /Root 1 0 R")).Signatures()
		if err != nil || len(list) != 1 || list[0].DocMDP != test.want {
			t.Errorf("%s: got %v, %v, want %d", test.parms, list, err, test.want)
		}
	}
}

// TestPredictors decodes a row of each kind (PNG, clause 9); the rows were
// worked out by hand.
func TestPredictors(t *testing.T) {
	rows := []byte{
		0, 10, 20, 30, // none
		1, 1, 2, 3, // sub: 1, 3, 6
		2, 1, 1, 1, // up: 2, 4, 7
		3, 1, 1, 1, // average: 2, 4, 6
		4, 1, 1, 1, // Paeth: 3, 5, 7
	}
	want := []byte{10, 20, 30, 1, 3, 6, 2, 4, 7, 2, 4, 6, 3, 5, 7}
	for _, test := range []struct {
		name, parms string
		rows, want  []byte
		rule        string
	}{
		{"every kind", "/Predictor 12 /Columns 3", rows, want, "<nil>"},
		{"none", "/Predictor 1 /Columns 3", rows, rows, "<nil>"},
		{"TIFF", "/Predictor 2 /Columns 3", rows, nil, "R-P1"},
		{"broken row", "/Predictor 12 /Columns 3", rows[:6], nil, "R-P1"},
		{"unknown kind", "/Predictor 12 /Columns 3", []byte{5, 0, 0, 0}, nil, "R-P1"},
		{"several colours", "/Predictor 12 /Columns 3 /Colors 3", rows, nil, "R-P1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			stream := deflated(test.rows)
			stream = fmt.Sprintf("<< /DecodeParms [<< %s >>] %s", test.parms, stream[3:])
			f := opened(t, written(map[int]string{1: stream}, "/Size 2 /Root 1 0 R"))
			v, err := f.Object(0, Ref{1, 0})
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.Decode(0, v)
			if ruleOf(err) != test.rule || !bytes.Equal(got, test.want) {
				t.Errorf("got %v, %v, want %v", got, err, test.want)
			}
		})
	}
}
