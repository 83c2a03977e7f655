package sample

import (
	"time"

	"kytiem/bundle"
)

// Options say what to make. Equal options make equal rows.
type Options struct {
	Seed uint64
	Rows int

	// Unit attests the results. Zero: xã Phú Hòa, huyện Định Quán (26221).
	Unit bundle.Unit

	// From and To are the first and the last day of vaccination. Zero: September to
	// December 2021, the months of the dispatches. An empty period makes no rows.
	From, To bundle.Date

	// Mix is how much is wrong with the data. The zero Mix is clean: every row is
	// complete, matched and confirmed. [RealMix] is as it was.
	Mix Mix
}

// Mix is how much of what makes real data hard there is, as shares from 0 to 1.
type Mix struct {
	// Identity, decided once for each person: foreigners, citizens without a number,
	// and among citizens with a number those found wrong by the population database,
	// those it has not answered yet, and of the wrong ones those cleansed since.
	Foreign, NoNumber, Wrong, Pending, Cleansed float64

	// How it is written, decided once for each person: numbers of the older 9-digit
	// card, births known to the year or month only, tone marks of the older style
	// (Hoà for Hòa), and names in Unicode's decomposed form (NFD).
	OldCard, YearOnly, MonthOnly, OldTone, Decomposed float64

	// Unconfirmed is the share of persons, otherwise ready, for whom the health
	// sector or the police have not confirmed their part. The police never confirm
	// whom the database did not find right.
	Unconfirmed float64

	// Bad is the share of rows spoilt on purpose, each with one [Fault].
	Bad float64
}

// RealMix is the mix of March 2022, after the figures the Ministry of Health gave
// then (reported by Thời báo Tài chính Việt Nam): of 76,625,823 persons sent to
// the population database 3,513,000 had no usable number; of the 73,112,823 others
// 19,039,997 came back wrong and 2,579,540 had no answer yet. About a third was
// cleansed by August (over 15 million persons still wrong). The shares of writing,
// of foreigners and of missing confirmations are guesses. Nothing is spoilt.
func RealMix() Mix {
	const sent, withoutNumber, wrong, pending = 76_625_823, 3_513_000, 19_039_997, 2_579_540
	return Mix{
		Foreign:     0.005,
		NoNumber:    withoutNumber / float64(sent),
		Wrong:       wrong / float64(sent-withoutNumber),
		Pending:     pending / float64(sent-withoutNumber),
		Cleansed:    1. / 3,
		OldCard:     0.15,
		YearOnly:    0.015,
		MonthOnly:   0.003,
		OldTone:     0.4,
		Decomposed:  0.005,
		Unconfirmed: 0.02,
	}
}

// period lists the days of vaccination. It is cut at ten years, so that a mistyped
// year does not fill the memory.
func (o Options) period() []bundle.Date {
	from, to := o.From, o.To
	if from.IsZero() {
		from = bundle.Date{Year: 2021, Month: 9, Day: 1}
	}
	if to.IsZero() {
		to = bundle.Date{Year: 2021, Month: 12, Day: 31}
	}
	const longest = 3653
	var days []bundle.Date
	day := time.Date(from.Year, time.Month(from.Month), from.Day, 0, 0, 0, 0, time.UTC)
	for len(days) < longest && bundle.DateOf(day).Compare(to) <= 0 {
		days = append(days, bundle.DateOf(day))
		day = day.AddDate(0, 0, 1)
	}
	return days
}
