package sample

import (
	"golang.org/x/text/unicode/norm"

	"kytiem/bundle"
)

// person draws everything about a person that their doses have in common.
func (g *generator) person() bundle.Result {
	g.persons++
	r := bundle.Result{
		Unit:              g.unit.Code,
		HealthConfirmedBy: g.health,
		PoliceConfirmedBy: g.police,
	}
	r.Gender = bundle.Male
	if g.chance(0.5) {
		r.Gender = bundle.Female
	}
	if g.chance(g.mix.Foreign) {
		g.foreigner(&r)
	} else {
		g.citizen(&r)
	}
	if r.PoliceConfirmedBy != "" && g.chance(g.mix.Unconfirmed) {
		if g.chance(0.5) {
			r.PoliceConfirmedBy = ""
		} else {
			r.HealthConfirmedBy = ""
		}
	}
	return r
}

func (g *generator) citizen(r *bundle.Result) {
	names := g.men
	if r.Gender == bundle.Female {
		names = g.women
	}
	r.FullName = draw(g, g.families) + draw(g, names.middle) + " " + draw(g, names.given)
	if g.chance(g.mix.OldTone) {
		r.FullName = oldTone.Replace(r.FullName)
	}
	if g.chance(g.mix.Decomposed) {
		r.FullName = norm.NFD.String(r.FullName)
	}
	r.Nationality = bundle.Vietnam
	r.BirthDate = g.birth()

	switch {
	case g.chance(g.mix.NoNumber):
		// Without a number nobody is sent to the population database (9438, phụ lục, 1).
		r.PoliceConfirmedBy = ""
		return
	case g.chance(g.mix.OldCard):
		r.IDType, r.IDNumber = bundle.CMND, g.oldNumber()
	default:
		r.IDType, r.IDNumber = bundle.CCCD, g.personalNumber(r.Gender, r.BirthDate.Year)
	}
	g.match(r)
}

// mismatches are the reasons of Công văn 9438/BYT-CNTT, phụ lục, mục 2, and of Công
// văn 8938/BYT-DP, mục I.B2.
var mismatches = []string{"không trùng khớp", "không trùng khớp", "chưa chính xác", "chưa chính xác", "còn thiếu", "chưa có thông tin"}

// match draws what the population database answered, and what came of it.
func (g *generator) match(r *bundle.Result) {
	r.Match = bundle.Matched
	switch lot := g.random.Float64(); {
	case lot < g.mix.Wrong:
		r.Match = bundle.Wrong
		r.MatchReason = draw(g, mismatches)
		if g.chance(g.mix.Cleansed) {
			r.Match, r.MatchReason = bundle.Cleansed, ""
			return
		}
		r.PoliceConfirmedBy = ""
	case lot < g.mix.Wrong+g.mix.Pending:
		r.Match = bundle.Unmatched
		r.PoliceConfirmedBy = ""
	}
}

// birth draws the birth of a person who was at least twelve in 2021. Only those of
// old people are known in part, as registers of their time had them.
func (g *generator) birth() bundle.Date {
	lot := g.random.Float64()
	if lot < g.mix.YearOnly+g.mix.MonthOnly {
		d := bundle.Date{Year: 1928 + g.random.IntN(33)}
		if lot >= g.mix.YearOnly {
			d.Month = 1 + g.random.IntN(12)
		}
		return d
	}
	// Half of the old are made a generation younger: roughly the ages of the population.
	year := 1935 + g.random.IntN(74)
	if year < 1965 && g.chance(0.5) {
		year += 30
	}
	return bundle.Date{Year: year, Month: 1 + g.random.IntN(12), Day: 1 + g.random.IntN(28)}
}

// foreigner draws a person of another nationality, with a passport: exempt from the
// identity check (9438, phụ lục, mục 2), so that nobody matched them.
func (g *generator) foreigner(r *bundle.Result) {
	from := draw(g, homelands)
	given := from.men
	if r.Gender == bundle.Female {
		given = from.women
	}
	r.FullName = draw(g, from.families) + " " + draw(g, given)
	r.Nationality = from.code
	r.BirthDate = bundle.Date{Year: 1955 + g.random.IntN(45), Month: 1 + g.random.IntN(12), Day: 1 + g.random.IntN(28)}
	r.IDType, r.IDNumber = bundle.Passport, g.passport(from.passport)
}
