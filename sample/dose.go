package sample

import (
	"fmt"
	"iter"
	"slices"

	"kytiem/bundle"
)

// vaccine is one of the eight that Quyết định 5772/QĐ-BYT names.
type vaccine struct {
	name   string
	weight int // roughly as they were given in the south in 2021
	lot    string
	doses  int // of the basic schedule
	gap    int // days between them, at least
}

var vaccines = []vaccine{
	{"AstraZeneca", 34, "AZ", 2, 28},
	{"Pfizer", 26, "PF", 2, 21},
	{"Vero Cell", 24, "VC", 2, 21},
	{"Moderna", 8, "MD", 2, 28},
	{"Abdala", 3, "AB", 3, 14},
	{"Sputnik V", 2, "SP", 2, 21},
	{"Hayat-Vax", 2, "HV", 2, 21},
	{"Janssen", 1, "JS", 1, 28},
}

func vaccineUrn() []vaccine {
	var drawn []vaccine
	for _, v := range vaccines {
		drawn = append(drawn, slices.Repeat([]vaccine{v}, v.weight)...)
	}
	return drawn
}

// doses are those that r got in the period, one to three, in order. Those who got
// fewer than the schedule are waiting; a third one is the additional dose, four
// weeks after the second.
func (g *generator) doses(r bundle.Result) iter.Seq[Row] {
	v := draw(g, g.vaccines)
	count := v.doses
	switch lot := g.random.IntN(20); {
	case lot < 3:
		count = 1
	case lot < 5 && v.doses == 2:
		count = 3
	}
	gap := v.gap + g.random.IntN(8)
	day := g.random.IntN(max(1, len(g.days)-(count-1)*gap))
	person := g.persons
	return func(yield func(Row) bool) {
		for n := 1; n <= count && day < len(g.days); n++ {
			dose := r
			dose.ExternalID = fmt.Sprintf("%s-%07d-%d", g.unit.Code, person, n)
			dose.DoseNumber = n
			dose.VaccinatedOn = g.days[day]
			dose.Vaccine = v.name
			dose.LotNumber = g.lot(v, dose.VaccinatedOn)
			dose.Site = draw(g, g.sites)
			if !yield(Row{Result: dose}) {
				return
			}
			day += gap
			if n == v.doses {
				day += max(0, 28-gap)
			}
		}
	}
}

// lot makes a lot number up: the vaccine, the month, one of four letters.
func (g *generator) lot(v vaccine, on bundle.Date) string {
	number := []byte(v.lot + "2109A")
	putDigits(number[2:4], on.Year%100)
	putDigits(number[4:6], on.Month)
	number[6] += byte(g.random.IntN(4))
	return string(number)
}
