package paper_test

import (
	"bytes"
	"fmt"
	"html"
	"math/rand/v2"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"kytiem/bundle"
	"kytiem/paper"
)

// Every letter that a name can have goes onto paper and comes back in NFC.
func TestTextComesBack(t *testing.T) {
	const lower = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệfghiìíỉĩịjklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvwxyỳýỷỹỵz"
	var file bytes.Buffer
	s := paper.NewSheet(&file, paper.Properties{Title: "Chữ cái", Created: paper.DateOfDocument(bundle.Date{Year: 2021, Month: 11, Day: 9}, nil)})
	var want strings.Builder
	for _, style := range []paper.Style{paper.Body, paper.Basis, paper.Plain, paper.Centred, paper.Strong, paper.Note} {
		s.Part(paper.Portrait) // a first page has no number between the texts
		for _, text := range append([]string{lower, strings.ToUpper(lower), "0123456789 ()\\ !\"#$%&'*+,-./:;<=>?@[]^_`{|}~ “”‘’–—…"}, sampleNames...) {
			s.Paragraph(style, text)
			want.WriteString(text)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got, all := []rune(squeezed(textOf(t, file.Bytes()))), []rune(squeezed(want.String()))
	for i := range all {
		if i >= len(got) || got[i] != all[i] {
			t.Fatalf("letter %d of %d: got %.40q, want %.40q", i, len(all), string(got[min(i, len(got)):]), string(all[i:]))
		}
	}
}

// phrase is printable Vietnamese text of about n letters, with words of any
// length.
func phrase(r *rand.Rand, n int) string {
	letters := []rune("aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵWJFZ0123456789()\\'.,;/")
	var b strings.Builder
	for word := 0; n > 0; n-- {
		if word > 0 && n > 1 && r.IntN(1+word) > 3 && r.IntN(8) > 0 {
			b.WriteByte(' ')
			word = 0
			continue
		}
		b.WriteRune(letters[r.IntN(len(letters))])
		word++
	}
	return b.String()
}

// Text of any length in any field stands on the pages whole, and no word of it on
// another or outside the margins.
func TestAnyTextAnywhere(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			long := func() int { // most fields short, some longer than a page
				return 1 + r.IntN([]int{10, 40, 200, 2500}[r.IntN(4)])
			}
			var texts []string
			text := func(most int) string {
				s := phrase(r, min(long(), most))
				texts = append(texts, s)
				return s
			}
			roll := makeRoll(t, makeRecords(t, 25, func(i int, result *bundle.Result) {
				if i%6 != 0 {
					return
				}
				result.FullName, result.Site, result.LotNumber, result.Vaccine = text(2500), text(2500), text(300), text(300)
				result.HealthConfirmedBy, result.PoliceConfirmedBy = text(400), text(400)
			}))
			m, d := makeManifest(t, roll), makeDocument()
			d.Place, d.Notation, d.Signatory.Name = text(100), text(60), text(600)
			d.Recipients = []string{text(2500), text(2500), text(200)}
			d.Attachments = []bundle.Attachment{{Name: text(2500)}}
			m.Unit.Name = "Xã " + text(400)
			d.Agency[1] = text(300)
			file := draw(t, m, d, roll)
			got := squeezed(textOf(t, file))
			for _, want := range texts {
				checkWhole(t, got, squeezed(want))
			}
			checkBoxes(t, file)
		})
	}
}

// checkWhole finds want in got, in as many pieces as pages may have cut it into: on
// the next page other columns come between. Random text does not repeat itself, so
// a piece is where it is by intent.
func checkWhole(t *testing.T, got, want string) {
	t.Helper()
	rest := []rune(want)
	for pieces := 0; len(rest) > 0; pieces++ {
		n := sort.Search(len(rest), func(n int) bool { return !strings.Contains(got, string(rest[:n+1])) })
		if n == 0 || pieces == 12 {
			t.Errorf("%d of %d letters are not on the pages: %.80q", len(rest), len([]rune(want)), string(rest))
			return
		}
		rest = rest[n:]
	}
}

type wordBox struct {
	x1, y1, x2, y2 float64
	text           string
}

// checkBoxes finds words that stand on each other or outside the margins.
func checkBoxes(t *testing.T, file []byte) {
	t.Helper()
	out := run(t, "poppler-utils", file, "pdftotext", "-bbox", "$", "-")
	size := regexp.MustCompile(`<page width="([\d.]+)" height="([\d.]+)"`)
	word := regexp.MustCompile(`<word xMin="(-?[\d.]+)" yMin="(-?[\d.]+)" xMax="(-?[\d.]+)" yMax="(-?[\d.]+)">(.*?)</word>`)
	for number, page := range bytes.Split(out, []byte("</page>")) {
		found := size.FindSubmatch(page)
		if found == nil {
			continue
		}
		width, _ := strconv.ParseFloat(string(found[1]), 64)
		height, _ := strconv.ParseFloat(string(found[2]), 64)
		var boxes []wordBox
		for _, w := range word.FindAllSubmatch(page, -1) {
			var v [4]float64
			for i := range v {
				v[i], _ = strconv.ParseFloat(string(w[i+1]), 64)
			}
			boxes = append(boxes, wordBox{v[0], v[1], v[2], v[3], html.UnescapeString(string(w[5]))})
		}
		slices.SortFunc(boxes, func(a, b wordBox) int { return int(a.y1*100 - b.y1*100) })
		for i, a := range boxes {
			const millimetre = 72 / 25.4
			inTop := a.y2 < 20*millimetre && a.text == strconv.Itoa(number+1) || a.y1 > 8*millimetre && a.y2 < 17*millimetre // page number
			if !inTop && (a.x1 < 30*millimetre-1 || a.x2 > width-15*millimetre+1 || a.y1 < 20*millimetre-3 || a.y2 > height-20*millimetre+3) {
				t.Errorf("page %d: %.40q at %.1f %.1f – %.1f %.1f is outside the margins", number+1, a.text, a.x1, a.y1, a.x2, a.y2)
			}
			for _, b := range boxes[i+1:] {
				if b.y1 > a.y2 {
					break
				}
				// Two points are descenders' and accents' room between lines.
				if min(a.x2, b.x2)-max(a.x1, b.x1) > 0.5 && min(a.y2, b.y2)-max(a.y1, b.y1) > 2 {
					t.Errorf("page %d: %.40q and %.40q stand on each other", number+1, a.text, b.text)
				}
			}
		}
	}
}
