package pades

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func scanText(text string) (Value, error) {
	f := &File{limits: Limits{}.orDefault()}
	return f.scan([]byte(text), 0).value()
}

func TestScan(t *testing.T) {
	for _, test := range []struct {
		name, text string
		got        func(Value) any
		want       any
	}{
		{"integer", " -17 ", func(v Value) any { n, _ := v.Int(); return n }, int64(-17)},
		{"plus", "+17", func(v Value) any { n, _ := v.Int(); return n }, int64(17)},
		{"real", "-.5", func(v Value) any { x, _ := v.Number(); return x }, -0.5},
		{"real with a point at the end", "4.", func(v Value) any { x, _ := v.Number(); return x }, 4.0},
		{"integer as number", "4", func(v Value) any { x, _ := v.Number(); return x }, 4.0},
		{"true", "true", func(v Value) any { return v.Bool() }, true},
		{"null", "null", func(v Value) any { return v.Kind }, Null},
		{"reference", "12 3 R", func(v Value) any { r, _ := v.Ref(); return r }, Ref{12, 3}},
		{"two integers", "[12 3 R 4 5 6]", func(v Value) any { return len(v.Items()) }, 4},
		{"name", "/A#20b", func(v Value) any { return v.Name() }, "A b"},
		{"empty name", "/ ", func(v Value) any { return v.Kind }, Name},
		{"string", `(a(b)\)\\\n\101\7)`, func(v Value) any { return string(v.Octets()) }, "a(b))\\\nA\a"},
		{"string over lines", "(a\\\r\nb\r\nc\rd)", func(v Value) any { return string(v.Octets()) }, "ab\nc\nd"},
		{"hexadecimal", "<4 1 42 4>", func(v Value) any { return string(v.Octets()) }, "AB@"},
		{"UTF-16", "<FEFF1EC7>", func(v Value) any { return v.Text() }, "ệ"},
		{"UTF-8", "(\xef\xbb\xbf\xe1\xbb\x87)", func(v Value) any { return v.Text() }, "ệ"},
		{"PDFDocEncoding", "<41 80 A0 E9>", func(v Value) any { return v.Text() }, "A•€é"},
		{"dictionary", "<</A 1/B[/C]%x\n/D<</E 2>>>>", func(v Value) any { return v.Keys() }, []string{"A", "B", "D"}},
		{"entry", "<</A<</B 7>>>>", func(v Value) any { n, _ := v.Key("A").Key("B").Int(); return n }, int64(7)},
		{"absent entry", "<</A 1>>", func(v Value) any { return v.Key("B").Key("C").Kind }, Null},
		{"the same entry twice", "<</A[1]/B 2/A[1]>>", func(v Value) any { return v.Keys() }, []string{"A", "B"}},
		{"the same entry twice among many", "<<" + manyKeys(40) + manyKeys(40) + ">>", func(v Value) any { return len(v.Keys()) }, 40},
		{"span", " <</A 1>> ", func(v Value) any { return []int64{v.Start, v.End, v.Key("A").Start} }, []int64{1, 9, 6}},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, err := scanText(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := test.got(v); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %#v, want %#v", got, test.want)
			}
		})
	}
}

func TestScanRefuses(t *testing.T) {
	for _, test := range []struct{ name, text, rule string }{
		{"nothing", "  % comment", "R-P1"},
		{"keyword", "nul", "R-P1"},
		{"two signs", "--5", "R-P1"},
		{"two points", "1.2.3", "R-P1"},
		{"infinity", "-1.#INF", "R-P1"},
		{"large integer", "99999999999999999999", "R-P1"},
		{"long real", strings.Repeat("1", 50) + ".5", "R-P1"},
		{"open string", "(a(b)", "R-P1"},
		{"string ending in an escape", `(a\`, "R-P1"},
		{"open hexadecimal", "<41", "R-P1"},
		{"other digits", "<4G>", "R-P1"},
		{"open array", "[1 2", "R-P1"},
		{"wrong bracket", "[1 >>", "R-P1"},
		{"unfinished escape", "/A#4", "R-P1"},
		{"zero in a name", "/A#00", "R-P1"},
		{"key without value", "<</A>>", "R-P1"},
		{"key that is no name", "<<1 2>>", "R-P1"},
		{"key twice", "<</A 1/#41 2>>", "R-P4"},
		{"key twice among many", "<<" + manyKeys(40) + "/K7 2>>", "R-P4"},
		{"deep", strings.Repeat("[", 101), "R-P9"},
		{"many", "[" + strings.Repeat("1 ", maxNodes), "R-P9"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := scanText(test.text)
			var format *FormatError
			if !errors.As(err, &format) || format.Rule != test.rule {
				t.Errorf("got %v, want %s", err, test.rule)
			}
		})
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("/K" + strings.Repeat("7", i) + " 1")
	}
	return b.String()
}
