package intake

import (
	"strings"

	"kytiem/bundle"
)

// firstBirth is the earliest year of birth that is taken for true: the oldest person
// ever known lived for 122 years.
const firstBirth = 1890

// programme is the first day of vaccination against COVID-19 in Việt Nam.
var programme = bundle.Date{Year: 2021, Month: 3, Day: 8}

// birth reads the date of birth, which may be known to the month or year only and
// stays so.
func (j *judge) birth(row *Row, rec *record) {
	d, fine := j.date(row, rec, birthDate)
	switch {
	case !fine:
	case d.Compare(j.today) > 0:
		row.find(birthDate, "birth_in_future")
	case d.Year < firstBirth:
		row.find(birthDate, "birth_too_early", firstBirth)
	default:
		row.Result.BirthDate = d
	}
}

// vaccinated reads the date of vaccination, which is known to the day.
func (j *judge) vaccinated(row *Row, rec *record) {
	d, fine := j.date(row, rec, vaccinatedOn)
	switch {
	case !fine:
		return
	case !d.Complete():
		row.find(vaccinatedOn, "vaccinated_incomplete")
		return
	case d.Compare(j.today) > 0:
		row.find(vaccinatedOn, "vaccinated_in_future")
		return
	case before(d, row.Result.BirthDate):
		row.find(vaccinatedOn, "vaccinated_before_birth")
		return
	case d.Compare(programme) < 0:
		row.find(vaccinatedOn, "vaccinated_before_programme")
	}
	row.Result.VaccinatedOn = d
}

// before reports whether d certainly lies before a birth that may be known in part.
func before(d, birth bundle.Date) bool {
	switch {
	case birth.Month == 0:
		d.Month, d.Day = 0, 0
	case birth.Day == 0:
		d.Day = 0
	}
	return d.Compare(birth) < 0
}

// date reads a date. It reports false where there is none, or one with an error.
func (j *judge) date(row *Row, rec *record, c column) (bundle.Date, bool) {
	cell := rec.values[c]
	if cell == "" {
		return bundle.Date{}, false
	}
	d, code := parseDate(cell)
	if code != "" {
		text := j.text(row, rec, c, maxNumber)
		if text == "" {
			return bundle.Date{}, false
		}
		if d, code = parseDate(text); code != "" {
			row.find(c, code)
			return bundle.Date{}, false
		}
	}
	return d, true
}

// parseDate reads dd/mm/yyyy, mm/yyyy, yyyy and the same the other way round as ISO
// 8601 has it, with /, - or . between the parts and days and months of one or two
// digits. A time of day behind a full date is left out; one with a time zone is not,
// since it may be of another day here. What cannot be read gives the code that says
// why.
func parseDate(s string) (bundle.Date, string) {
	day, clock, timed := cutClock(s)
	var parts, digits [3]int
	n := 0
	mark := byte(0)
	for i := range len(day) {
		switch c := day[i]; {
		case c >= '0' && c <= '9':
			parts[n] = parts[n]*10 + int(c-'0')
			if digits[n]++; digits[n] > 5 {
				return bundle.Date{}, "date_form"
			}
		case (c == '/' || c == '-' || c == '.') && (mark == 0 || mark == c) && n < 2 && digits[n] > 0:
			mark = c
			n++
		default:
			return bundle.Date{}, "date_form"
		}
	}
	if digits[n] == 0 || timed && n != 2 {
		return bundle.Date{}, "date_form"
	}
	if timed {
		if code := checkClock(clock); code != "" {
			return bundle.Date{}, code
		}
	}
	if n > 0 && digits[0] != 4 { // turn dd/mm/yyyy round
		parts[0], parts[n] = parts[n], parts[0]
		digits[0], digits[n] = digits[n], digits[0]
	}
	return assemble(parts, digits, n)
}

// assemble makes a date of year, month and day, of which n+1 are there.
func assemble(parts, digits [3]int, n int) (bundle.Date, string) {
	switch {
	case n == 0 && digits[0] == 5:
		return bundle.Date{}, "date_serial"
	case n == 2 && digits[0] <= 2 && digits[2] <= 2:
		return bundle.Date{}, "date_two_digit_year"
	case digits[0] != 4 || digits[1] > 2 || digits[2] > 2:
		return bundle.Date{}, "date_form"
	case n > 0 && parts[1] == 0, n > 1 && parts[2] == 0:
		return bundle.Date{}, "date_zero_part"
	case n > 1 && parts[1] > 12 && parts[2] <= 12:
		return bundle.Date{}, "date_month_first"
	}
	d := bundle.Date{Year: parts[0], Month: parts[1], Day: parts[2]}
	everywhere := d.Year > 0 && d.Month <= 12 && d.Day <= 28 // a day that each month has
	if d.IsZero() || !everywhere && !d.Valid() {
		return bundle.Date{}, "date_not_in_calendar"
	}
	return d, ""
}

// cutClock separates a date from a time of day.
func cutClock(s string) (day, clock string, timed bool) {
	if len(s) <= len("dd/mm/yyyy") {
		return s, "", false
	}
	i := strings.IndexAny(s, " T")
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// checkClock asks whether clock is a time of day, hh:mm or hh:mm:ss with a fraction.
func checkClock(clock string) string {
	if strings.ContainsAny(clock, "Zz+-") {
		return "date_zone"
	}
	whole, fraction, _ := strings.Cut(clock, ".")
	if strings.Trim(fraction, "0123456789") != "" {
		return "date_form"
	}
	parts := strings.Split(whole, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return "date_form"
	}
	for i, part := range parts {
		limit := "59"
		if i == 0 {
			limit = "23"
		}
		if len(part) == 1 {
			part = "0" + part
		}
		if len(part) != 2 || strings.Trim(part, "0123456789") != "" || part > limit {
			return "date_form"
		}
	}
	return ""
}
