package intake

import (
	"crypto/sha256"
	"strconv"

	"kytiem/bundle"
)

// doses remembers which doses of which persons a file held so far, to report what
// comes twice. It costs some 40 bytes a row: digests, because numbers of a million
// people should not lie about in memory, and because they are short.
//
// Only sound rows are remembered: a bad row goes back to be mended, and must not
// make the sound one after it a duplicate.
type doses map[[16]byte]given

// given is when a dose was given, and the line that said so first.
type given struct{ line, date uint32 }

// check reports a dose of the same person with the same number as in a line before:
// an error if it is of the same date, else a warning. Persons without a number are
// told apart by name, full birth date and gender, which several people can share, so
// for them it is a warning in any case.
func (d *doses) check(row *Row) {
	result := &row.Result
	if result.DoseNumber == 0 || result.VaccinatedOn.IsZero() {
		return
	}
	var room [256]byte
	key := append(room[:0], result.Person()...)
	uncertain := len(key) == 0
	if uncertain {
		if result.FullName == "" || !result.BirthDate.Complete() {
			return
		}
		key = append(append(key, result.FullName...), 0)
		key = append(append(key, result.Gender...), 0)
		key = strconv.AppendUint(key, uint64(packed(result.BirthDate)), 10)
	}
	key = append(key, 0, byte(result.DoseNumber))

	date := packed(result.VaccinatedOn)
	sum := digest(key)
	first, again := (*d)[sum]
	if again && first.date != date {
		// A third dose of this number may be the second one's twin: look by date as well.
		sum = digest(strconv.AppendUint(key, uint64(date), 10))
		if twin, met := (*d)[sum]; met {
			first = twin
		}
	}
	switch {
	case again && uncertain:
		if first.date == date {
			row.find(wholeRow, "duplicate_possible", first.line)
		}
	case again && first.date == date:
		row.find(wholeRow, "duplicate", first.line)
	case again:
		row.find(vaccinatedOn, "duplicate_other_date", first.line)
	}
	if again && first.date == date || row.Bad() {
		return
	}
	if *d == nil {
		*d = make(doses)
	}
	(*d)[sum] = given{uint32(row.Line), date}
}

func digest(key []byte) [16]byte {
	sum := sha256.Sum256(key)
	return [16]byte(sum[:16])
}

// packed is a date as one number.
func packed(d bundle.Date) uint32 { return uint32(d.Year)<<9 | uint32(d.Month)<<5 | uint32(d.Day) }
