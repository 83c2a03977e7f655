package paper

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"kytiem/bundle"
)

// dots stand where somebody writes by hand, or where number and date are not known
// yet.
const dots = "………"

// PlaceAndDate is ô số 4 of ND30: the place, and the date with a zero before days
// below 10 and before the months 1 and 2, and no others (Phụ lục I, phần II, mục
// II.4). A zero date leaves room to write.
func PlaceAndDate(place string, date bundle.Date) string {
	return place + ", " + LongDate(date)
}

// LongDate writes "ngày 05 tháng 01 năm 2020", or room for it.
func LongDate(date bundle.Date) string {
	if date.IsZero() {
		return "ngày " + dots + " tháng " + dots + " năm " + dots
	}
	month := strconv.Itoa(date.Month)
	if date.Month <= 2 {
		month = "0" + month
	}
	return fmt.Sprintf("ngày %02d tháng %s năm %d", date.Day, month, date.Year)
}

// Notation is ô số 3, "05/BC-UBND": numbers below 10 have a zero before them. An
// empty number leaves room to write.
func Notation(number, notation string) string {
	if number == "" {
		number = dots
	}
	if n, err := strconv.Atoi(number); err == nil && n >= 0 && n < 10 {
		number = fmt.Sprintf("%02d", n)
	}
	return number + "/" + notation
}

// Thousands writes n with a point between groups of three digits.
func Thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "." + digits[i:]
	}
	return digits
}

// Groups writes a digest in groups of four, as people read it out to each other.
func Groups(hash bundle.HexHash) string {
	digits := hash.String()
	var b strings.Builder
	for i := 0; i < len(digits); i += 4 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(digits[i : i+4])
	}
	return b.String()
}

// LegalBasis is the sentences under which a document stands, one per letter, with
// their semicolons and the full stop (ND30, Phụ lục I, phần II, mục II.6).
func LegalBasis(letters []bundle.LegalBasis) []string {
	sentences := make([]string, len(letters))
	for i, l := range letters {
		end := ";"
		if i == len(letters)-1 {
			end = "."
		}
		sentences[i] = fmt.Sprintf("Căn cứ Công văn số %s %s của %s về việc %s%s", l.Number, LongDate(l.Date), l.Issuer, lowerFirst(l.Subject), end)
	}
	return sentences
}

// lowerFirst makes a subject go on within a sentence.
func lowerFirst(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	if second, _ := utf8.DecodeRuneInString(text[n:]); unicode.IsUpper(second) {
		return text // an abbreviation
	}
	return string(unicode.ToLower(r)) + text[n:]
}

// Issuer is what a unit is called within a sentence when it issues a document: a
// commune does so by its People's Committee, a facility by itself.
func Issuer(unit bundle.UnitName) string {
	if unit.Level == bundle.Facility {
		return unit.Name
	}
	return "Ủy ban nhân dân " + lowerFirst(unit.Name)
}

// roman is the number of an annex (ND30, Phụ lục I, phần IV).
func roman(n int) string {
	var b strings.Builder
	for _, step := range [...]struct {
		value int
		sign  string
	}{
		{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"},
		{50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"},
	} {
		for n >= step.value {
			b.WriteString(step.sign)
			n -= step.value
		}
	}
	return b.String()
}
