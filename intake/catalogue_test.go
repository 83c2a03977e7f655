package intake

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"kytiem/bundle"
)

// TestCatalogue: every code has its sentences and every sentence its code.
func TestCatalogue(t *testing.T) {
	if got, want := len(catalogue()), len(fileSentences)+len(errorSentences)+len(warningSentences)+len(lackSentences); got != want {
		t.Errorf("%d codes for %d sentences: one stands twice", got, want)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	literal := regexp.MustCompile(`"([a-z0-9]+(?:_[a-z0-9]+)+)"`)
	used := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "catalogue") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range literal.FindAllStringSubmatch(string(source), -1) {
			used[match[1]] = true
		}
	}
	for _, lack := range allLacks {
		used["lacks_"+string(lack)] = true
	}
	used["duplicate"] = true
	verb := regexp.MustCompile(`%.`)
	for code, s := range catalogue() {
		if !used[code] {
			t.Errorf("nobody says %s", code)
		}
		if a, b := strings.Join(verb.FindAllString(s.vi, -1), ""), strings.Join(verb.FindAllString(s.en, -1), ""); a != b {
			t.Errorf("%s takes %q in Vietnamese and %q in English", code, a, b)
		}
		if !norm.NFC.IsNormalString(s.vi) || !strings.HasSuffix(s.vi, ".") || strings.HasSuffix(s.en, ".") {
			t.Errorf("%s: Vietnamese in NFC with a stop, English without", code)
		}
		for _, old := range []string{"oà", "oá", "oả", "oã", "oạ", "oè", "oé", "uỳ", "uỷ", "uỹ", "uỵ"} {
			if i := strings.Index(s.vi, old); i >= 0 {
				if after := s.vi[i+len(old):]; after == "" || strings.IndexByte(" .,;:)", after[0]) >= 0 {
					t.Errorf("%s has the old tone mark %s", code, old)
				}
			}
		}
	}
	for code := range used {
		if _, known := catalogue()[code]; !known && codeLike(code) {
			t.Errorf("no sentence for %s", code)
		}
	}
}

// codeLike leaves out the literals that are names of columns.
func codeLike(literal string) bool {
	for _, name := range columnNames {
		if literal == name {
			return false
		}
	}
	for _, name := range unitColumns {
		if literal == name {
			return false
		}
	}
	return true
}

var allLacks = []bundle.Lack{
	bundle.LacksName, bundle.LacksGender, bundle.LacksBirthDate, bundle.LacksIDNumber, bundle.LacksDose, bundle.LacksDate,
	bundle.LacksVaccine, bundle.LacksMatch, bundle.LacksCleansing, bundle.LacksHealth, bundle.LacksPolice, bundle.LacksNationality,
}

func TestExplain(t *testing.T) {
	for _, lack := range allLacks {
		f := Explain(7, lack)
		if f.Line != 7 || f.VI == "" || f.EN == "" || f.Column == "" || f.Warning {
			t.Errorf("%s is explained as %+v", lack, f)
		}
	}
	// An empty result lacks what can be lacking, except what depends on the rest.
	var empty bundle.Result
	for _, lack := range empty.Lacks() {
		if Explain(0, lack).VI == "" {
			t.Errorf("no sentence for %s", lack)
		}
	}
}

// TestCountries holds the codes against the language package's own.
func TestCountries(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(countriesCSV), "\n")
	if len(lines) != 249 {
		t.Errorf("%d countries, ISO 3166-1 has 249", len(lines))
	}
	if !norm.NFC.IsNormalString(countriesCSV) {
		t.Error("names are not in NFC")
	}
	for _, line := range lines {
		parts := strings.Split(line, ",")
		region, err := language.ParseRegion(parts[0])
		if err != nil || region.ISO3() != parts[1] || !region.IsCountry() {
			t.Errorf("%s: %v %v", line, region.ISO3(), err)
		}
		if found := countryOf(parts[0]); found.code != parts[0] {
			t.Errorf("code %s is read as %+v", parts[0], found)
		}
		for name := range strings.SplitSeq(parts[2], "|") {
			if found := countryOf(name); name != "" && found.code != parts[0] && found.finding != "nationality_ambiguous" {
				t.Errorf("name %q of %s is read as %+v", name, parts[0], found)
			}
		}
	}
}

// TestQuickRunes: the quick way through a text takes a rune for finished only if NFC
// leaves it alone.
func TestQuickRunes(t *testing.T) {
	var all texts
	for r := rune(' '); r < quickRunes; r++ {
		if all.ask(r)&longWay != 0 {
			continue
		}
		if s := string(r); !norm.NFC.IsNormalString(s) || norm.NFC.PropertiesString(s).CCC() != 0 {
			t.Errorf("%U does not stand for itself in NFC", r)
		}
		if s := "e" + string(r); norm.NFC.String(s) != s {
			t.Errorf("%U composes with what stands before", r)
		}
	}
}
