package intake

import (
	_ "embed"
	"strings"
	"sync"

	"kytiem/bundle"
)

// countriesCSV has a line for each country: ISO 3166-1 alpha-2 and alpha-3, and for
// those whose citizens are likely to be vaccinated here the names in Vietnamese and
// English, separated by |.
//
//go:embed countries.csv
var countriesCSV string

// countryNames finds countries by code, by name as it is written, and by name
// without its diacritics.
type countryNames struct{ codes, written, folded map[string]string }

var countries = sync.OnceValue(func() countryNames {
	c := countryNames{map[string]string{}, map[string]string{}, map[string]string{}}
	for line := range strings.Lines(countriesCSV) {
		parts := strings.SplitN(strings.TrimSpace(line), ",", 3)
		c.codes[parts[0]], c.codes[parts[1]] = parts[0], parts[0]
		for name := range strings.SplitSeq(parts[2], "|") {
			if name != "" {
				c.written[strings.ToLower(name)], c.folded[fold(name)] = parts[0], parts[0]
			}
		}
	}
	return c
})

// country is what a text means: a code of ISO 3166-1 alpha-2, or the code of a
// finding, or both.
type country struct{ code, finding string }

// countryOf finds the country that text names. Without diacritics some names are
// codes of other countries: MY is Malaysia, Mỹ is America; NGA is Nigeria, Nga is
// Russia.
func countryOf(text string) country {
	all := countries()
	upper := strings.ToUpper(text)
	code, written, folded := all.codes[upper], all.written[strings.ToLower(text)], all.folded[fold(text)]
	if written != "" {
		if code != "" && code != written && text == upper {
			return country{"", "nationality_ambiguous"}
		}
		return country{written, ""}
	}
	switch {
	case code == "" && folded == "":
		return country{"", "nationality_unknown"}
	case code == "" || folded == code:
		return country{folded, ""}
	case folded == "":
		return country{code, ""}
	case text == upper:
		return country{code, "nationality_by_code"}
	}
	return country{"", "nationality_ambiguous"}
}

// nationality reads the nationality. An empty one stays empty, which reads as
// Vietnamese unless the document is a passport; an unknown one is an error, since
// foreigners are exempt from the check of identity and nobody may be so by a slip.
func (j *judge) nationality(row *Row, rec *record) {
	cell := rec.values[nationality]
	if cell == "" || cell == bundle.Vietnam {
		row.Result.Nationality = cell
		return
	}
	text := j.text(row, rec, nationality, maxShort)
	if text == "" {
		return
	}
	found := j.countries.of(text, countryOf)
	if found.finding != "" {
		row.find(nationality, found.finding)
	}
	row.Result.Nationality = found.code
}
