package sample

import (
	"iter"
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"

	"kytiem/bundle"
)

// Row is one made-up dose, and what was spoilt when it is written to a file.
type Row struct {
	bundle.Result
	Fault Fault
}

// Rows makes o.Rows rows one by one, the doses of a person together and in order.
// The sequence can be walked again and is the same again.
func Rows(o Options) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		g := newGenerator(o)
		if len(g.days) == 0 {
			return
		}
		var last Row
		for made := 0; made < o.Rows; {
			for row := range g.doses(g.person()) {
				row.Fault = g.fault(&row.Result, &last)
				if row.Fault == FaultDuplicate {
					row.Result = last.Result
				}
				if !yield(row) {
					return
				}
				last = row
				if made++; made == o.Rows {
					return
				}
			}
		}
	}
}

// Results is [Rows] before anything is spoilt (only duplicates stay): for tests
// that need results and no file.
func Results(o Options) iter.Seq[bundle.Result] {
	return func(yield func(bundle.Result) bool) {
		for row := range Rows(o) {
			if !yield(row.Result) {
				return
			}
		}
	}
}

// generator draws everything from one source, in one order.
type generator struct {
	random  *rand.Rand
	mix     Mix
	days    []bundle.Date
	unit    bundle.Unit
	sites   []string // of the unit, the usual ones several times
	health  string   // who confirms the vaccination
	police  string   // who confirms the identity
	persons int      // so far

	families, provinces   []string
	men, women            namesOf
	vaccines              []vaccine
	numberStart, oldStart int
}

// namesOf one sex.
type namesOf struct{ middle, given []string }

func newGenerator(o Options) *generator {
	// The second word of the PCG's seed is ours, so that other users of a seed draw otherwise.
	random := rand.New(rand.NewPCG(o.Seed, 0x6b7974_69656d))
	g := &generator{
		random:      random,
		mix:         o.Mix,
		days:        o.period(),
		unit:        o.Unit,
		families:    urn(familyNames),
		provinces:   urn(registrationProvinces),
		men:         namesOf{urn(middleNamesOfMen), urn(givenNamesOfMen)},
		women:       namesOf{urn(middleNamesOfWomen), urn(givenNamesOfWomen)},
		vaccines:    vaccineUrn(),
		numberStart: random.IntN(1_000_000),
		oldStart:    random.IntN(10_000_000),
	}
	if g.unit.Code == "" {
		g.unit, _ = Unit("26221")
	}
	g.place()
	return g
}

// place names the unit's vaccination sites and the two sectors' offices. A facility
// vaccinates and confirms itself; the police are those of its commune.
func (g *generator) place() {
	name := lowerFirst(g.unit.FullName)
	if g.unit.Level == bundle.Facility {
		g.sites = []string{g.unit.FullName}
		g.health = g.unit.FullName
		g.police = "Công an cấp xã"
		if commune, ok := Unit(g.unit.Parent); ok {
			g.police = "Công an " + lowerFirst(commune.FullName)
		}
		return
	}
	station := "Trạm Y tế " + name
	g.sites = []string{
		station, station, station,
		"Trường Tiểu học " + g.unit.Name,
		"Nhà văn hóa " + name,
		"Đội tiêm lưu động " + name,
	}
	g.health = station
	g.police = "Công an " + name
}

func lowerFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(first)) + s[size:]
}

// chance is true with probability p.
func (g *generator) chance(p float64) bool { return p > 0 && g.random.Float64() < p }

func draw[T any](g *generator, from []T) T { return from[g.random.IntN(len(from))] }

// choice is a text and how often it comes up beside the others of its list.
type choice struct {
	weight int
	text   string
}

// urn holds each text as often as its weight says: drawing is one index.
func urn(choices []choice) []string {
	var texts []string
	for _, c := range choices {
		for range c.weight {
			texts = append(texts, c.text)
		}
	}
	return texts
}

// oldTone puts tone marks where they stood before the reform, in the open syllables
// in which the styles differ. The names of this package have no others ("quý" is
// the same in both and has its mark on the y already).
var oldTone = strings.NewReplacer(
	"òa", "oà", "óa", "oá", "ỏa", "oả", "õa", "oã", "ọa", "oạ",
	"ùy", "uỳ", "úy", "uý", "ủy", "uỷ", "ũy", "uỹ", "ụy", "uỵ",
)
