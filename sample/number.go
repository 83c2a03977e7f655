package sample

import (
	"kytiem/bundle"
)

// registrationProvinces are codes of provinces where births were registered: mostly
// Đồng Nai, then those from which people came to its factories.
var registrationProvinces = []choice{
	{40, "075"},
	{5, "038"}, {5, "040"}, {4, "042"}, {3, "079"}, {3, "052"}, {3, "089"}, {2, "036"}, {2, "034"},
	{2, "051"}, {2, "060"}, {2, "046"}, {2, "070"}, {2, "074"}, {2, "096"}, {2, "091"}, {2, "094"}, {2, "066"},
	{1, "001"}, {1, "030"}, {1, "033"}, {1, "035"}, {1, "037"}, {1, "044"}, {1, "045"}, {1, "049"},
	{1, "054"}, {1, "056"}, {1, "068"}, {1, "072"}, {1, "080"}, {1, "082"}, {1, "083"}, {1, "084"},
	{1, "086"}, {1, "087"}, {1, "092"}, {1, "093"}, {1, "095"},
}

// personalNumber makes a 12-digit number after Nghị định 137/2015/NĐ-CP, Điều 13:
// province of registration, century and sex, year of birth, six digits. The six are
// a permutation of the person's place in the sequence, not a draw: among a million
// persons no two get the same number.
func (g *generator) personalNumber(gender bundle.Gender, year int) string {
	var number [12]byte
	copy(number[:], draw(g, g.provinces))
	century := byte('0') // men of the 20th century
	if year >= 2000 {
		century += 2
	}
	if gender == bundle.Female {
		century++
	}
	number[3] = century
	putDigits(number[4:6], year%100)
	putDigits(number[6:], (g.numberStart+g.persons*618_033)%1_000_000)
	return string(number[:])
}

// oldNumber makes a 9-digit number of the card before 2016; 27 stood for Đồng Nai.
func (g *generator) oldNumber() string {
	number := [9]byte{'2', '7'}
	putDigits(number[2:], (g.oldStart+g.persons*6_180_339)%10_000_000)
	return string(number[:])
}

// passport makes a passport number of the given form: 9 stands for a digit, other
// characters for themselves.
func (g *generator) passport(form string) string {
	number := []byte(form)
	for i, c := range number {
		if c == '9' {
			number[i] = '0' + byte(g.random.IntN(10))
		}
	}
	return string(number)
}

// putDigits fills b with n in decimal, zeros in front.
func putDigits(b []byte, n int) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = '0' + byte(n%10)
		n /= 10
	}
}
