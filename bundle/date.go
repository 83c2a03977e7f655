package bundle

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Date is a calendar date in the proleptic Gregorian calendar that may be known
// to the year or to the month only, as births of older people often are. Month
// and Day are 0 where unknown; a day without a month does not exist. The zero
// Date means "not stated".
type Date struct {
	Year, Month, Day int
}

// DateOf returns the calendar date of t in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, int(m), d}
}

// ParseDate reads the text form that [Date.String] writes: ISO 8601-1 4.3
// calendar dates with reduced precision allowed (YYYY-MM-DD, YYYY-MM, YYYY). The
// empty text is the zero Date.
func ParseDate(text string) (Date, error) {
	if text == "" {
		return Date{}, nil
	}
	parts := strings.Split(text, "-")
	widths := [...]int{4, 2, 2}
	var numbers [3]int
	if len(parts) > len(widths) {
		return Date{}, fmt.Errorf("date with %d parts: %w", len(parts), ErrDate)
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || len(part) != widths[i] {
			return Date{}, fmt.Errorf("date part %d: %w", i+1, ErrDate)
		}
		numbers[i] = int(n)
	}
	d := Date{numbers[0], numbers[1], numbers[2]}
	if !d.Valid() || d.parts() != len(parts) {
		return Date{}, ErrDate
	}
	return d, nil
}

// parts counts what is known: 0 nothing, 1 the year, 2 the month, 3 the day.
func (d Date) parts() int {
	switch {
	case d.Year == 0:
		return 0
	case d.Month == 0:
		return 1
	case d.Day == 0:
		return 2
	}
	return 3
}

// Valid reports whether d exists in the calendar, at whatever precision.
func (d Date) Valid() bool {
	switch d.parts() {
	case 0:
		return d == Date{}
	case 1:
		return d.Year > 0 && d.Year <= 9999 && d.Day == 0
	}
	if d.Year < 1 || d.Year > 9999 || d.Month < 1 || d.Month > 12 || d.Day < 0 {
		return false
	}
	return d.Day <= daysIn(d.Year, d.Month)
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// IsZero reports whether the date is not stated.
func (d Date) IsZero() bool { return d == Date{} }

// Complete reports whether year, month and day are all known.
func (d Date) Complete() bool { return d.parts() == 3 }

// Compare orders dates by year, month, day; an unknown part sorts before every
// known one.
func (d Date) Compare(e Date) int {
	for _, pair := range [...][2]int{{d.Year, e.Year}, {d.Month, e.Month}, {d.Day, e.Day}} {
		if pair[0] != pair[1] {
			if pair[0] < pair[1] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// String writes the date as ISO 8601 with the precision it has.
func (d Date) String() string { return string(d.append(nil)) }

func (d Date) append(b []byte) []byte {
	if d.parts() == 0 {
		return b
	}
	b = appendDigits(b, d.Year, 4)
	if d.Month > 0 {
		b = appendDigits(append(b, '-'), d.Month, 2)
	}
	if d.Day > 0 {
		b = appendDigits(append(b, '-'), d.Day, 2)
	}
	return b
}

// Vietnamese writes the date as people in Việt Nam do: 07/03/1945, 03/1945, 1945.
func (d Date) Vietnamese() string {
	var b []byte
	switch d.parts() {
	case 3:
		b = append(appendDigits(b, d.Day, 2), '/')
		fallthrough
	case 2:
		b = append(appendDigits(b, d.Month, 2), '/')
		fallthrough
	case 1:
		b = appendDigits(b, d.Year, 4)
	}
	return string(b)
}

func appendDigits(b []byte, n, width int) []byte {
	digits := strconv.Itoa(n)
	for i := len(digits); i < width; i++ {
		b = append(b, '0')
	}
	return append(b, digits...)
}

// MarshalText implements [encoding.TextMarshaler] in the form of [Date.String].
func (d Date) MarshalText() ([]byte, error) { return d.append(nil), nil }

// UnmarshalText implements [encoding.TextUnmarshaler] for the form of [ParseDate].
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}
