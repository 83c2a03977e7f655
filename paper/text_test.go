package paper

import (
	"errors"
	"strings"
	"testing"
	"unicode"
)

func faces(t testing.TB) [faceCount]*metrics {
	t.Helper()
	all, err := allMetrics()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestPrintable(t *testing.T) {
	tests := []struct {
		name  string
		runes string
		want  bool
	}{
		{"ASCII", " !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~", true},
		{"every Vietnamese letter", vietnameseLetters(), true},
		{"punctuation of ours", "–—…“”‘’", true},
		{"combining marks", "\u0300\u0301\u0303\u0309\u0323", true},
		{"controls", "\x00\t\n\r\x1b\x7f\u0085", false},
		{"bidi and zero width", "\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2066\u2069\ufeff\u00ad", false},
		{"other spaces and line separators", "\u00a0\u2003\u2028\u2029\u3000", false},
		{"private use", "\ue000\uf8ff", false},
		{"no glyph", "中あ한ก", false},
		{"above U+FFFF", "\U0001F600\U00010000\U0010FFFF", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, r := range test.runes {
				if got := Printable(r); got != test.want {
					t.Errorf("%U: got %v, want %v", r, got, test.want)
				}
			}
		})
	}
	if Printable(-1) || Printable(0xD800) || Printable(0x110000) {
		t.Error("what is no code point at all is printable")
	}
}

// vietnameseLetters are the 134 letters beyond ASCII, both cases.
func vietnameseLetters() string {
	const lower = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
	return lower + strings.ToUpper(lower)
}

func TestCheckText(t *testing.T) {
	tests := []struct {
		name, text string
		want       error
	}{
		{"plain", "Nguyễn Thị Mỹ Duyên", nil},
		{"empty", "", nil},
		{"decomposed", "Nguye\u0302\u0303n", ErrNotNFC},
		{"mark that nothing composes", "x\u0323", nil},
		{"marks in the wrong order", "x\u0301\u0323", ErrNotNFC},
		{"invalid UTF-8", "Nguy\xffn", ErrUnprintable},
		{"replacement character", "Nguy\ufffdn", ErrUnprintable},
		{"tab", "Nguyễn\tAn", ErrUnprintable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := faces(t)[Regular].checkText(test.text); !errors.Is(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestLines(t *testing.T) {
	m := faces(t)[Regular]
	// Every letter n is half a type size wide, a space a quarter.
	tests := []struct {
		name  string
		text  string
		limit int
		want  string
	}{
		{"fits", "nn nn", 2250, "nn nn"},
		{"breaks at the space", "nn nn", 2249, "nn|nn"},
		{"breaks a word that is too long", "nnnnn", 1000, "nn|nn|n"},
		{"a long word after a short one", "n nnnnn", 1000, "n|nn|nn|n"},
		{"keeps double spaces within a line", "n  n n", 1500, "n  n|n"},
		{"leaves out the spaces of a break", "nn   nn", 1000, "nn|nn"},
		{"empty", "", 1000, ""},
		{"narrower than a letter", "nn", 100, "n|n"},
		{"keeps marks with their letter", "n\u0323n\u0323", 500, "n\u0323|n\u0323"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := strings.Join(m.lines(nil, test.text, test.limit), "|"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// What rows of the list ordinarily hold stands in its columns without being broken
// within a word, and in few lines.
func TestListColumns(t *testing.T) {
	most := map[string]struct {
		lines int
		texts []string
	}{
		"row":                 {1, []string{"999999"}},
		"full_name":           {2, []string{"Hoàng Thị Kim Duyên", "Nguyễn Hoàng Phương Uyên", "Tôn Nữ Hoàng Thị Quỳnh Như"}},
		"gender":              {1, []string{"Nam", "Nữ"}},
		"birth_date":          {1, []string{"28/12/2000"}},
		"id_number":           {2, []string{"075180000019", "HC XA1234567 (GB)"}},
		"dose_number":         {1, []string{"3"}},
		"vaccinated_on":       {1, []string{"28/12/2021"}},
		"vaccine":             {1, []string{"AstraZeneca", "Vero Cell", "Sputnik V", "Hayat-Vax"}},
		"lot_number":          {1, []string{"MD2110B", "ABV5822", "202108B2715"}},
		"site":                {2, []string{"Trường Tiểu học Phú Hòa", "Trường Trung học cơ sở Phú Hòa", "Trung tâm Y tế huyện Định Quán"}},
		"match_reason":        {2, []string{"Trùng khớp", "Không thuộc diện xác minh", "Đã làm sạch (chưa chính xác)"}},
		"health_confirmed_by": {2, []string{"Trạm Y tế xã Phú Hòa", "Trạm Y tế thị trấn Định Quán", "Trung tâm Y tế huyện Định Quán", "Nguyễn Hoàng Phương Uyên"}},
		"police_confirmed_by": {2, []string{"Công an xã Phú Hòa", "Công an thị trấn Định Quán", "Công an thành phố Biên Hòa", "Nguyễn Hoàng Phương Uyên"}},
	}
	table := Table{size: listSize}
	sum := 0.0
	for _, c := range listColumns() {
		sum += c.Width
		for _, text := range most[c.Name].texts {
			lines := faces(t)[Regular].lines(nil, text, table.limit(c))
			if strings.Join(lines, " ") != text || len(lines) > most[c.Name].lines {
				t.Errorf("column %s: got %q, want at most %d lines of whole words", c.Name, lines, most[c.Name].lines)
			}
		}
	}
	if sum != 297-30-15 { // A4 across without its margins
		t.Errorf("columns are %v mm wide together, want 252", sum)
	}
}

// Nothing is lost in breaking lines, and no line is wider than it may be.
func FuzzLines(f *testing.F) {
	f.Add("Nguyễn Thị Mỹ Duyên", 3000, 700)
	f.Add("   đầu và cuối   ", 900, 0)
	f.Add(strings.Repeat("không_có_chỗ_ngắt", 9), 4000, 2000)
	f.Fuzz(func(t *testing.T, text string, limit, indent int) {
		if limit < 1 || limit > 1<<20 || indent < 0 || indent >= limit {
			t.Skip()
		}
		m := faces(t)[Regular]
		got := m.indented(text, limit, indent)
		if g, w := strings.ReplaceAll(strings.Join(got, ""), " ", ""), strings.ReplaceAll(text, " ", ""); g != w {
			t.Fatalf("got %q, want %q", g, w)
		}
		for i, line := range got {
			may := limit
			if i == 0 {
				may -= indent
			}
			// Blanks hang into the margin, with the marks that somebody put on them.
			letters := []rune(strings.TrimRightFunc(line, func(r rune) bool { return r == ' ' || unicode.Is(unicode.Mn, r) }))
			if wide := m.measure(string(letters)); wide > may && len(letters) > 1 {
				t.Fatalf("line %q is %d wide, may be %d", line, wide, may)
			}
		}
	})
}
