package intake

import (
	"strings"
	"unicode"

	"kytiem/bundle"
)

// gender reads Nam/Nữ and the usual English forms. Digits stay unread: 1 is male and
// 0 female in some files, 1 male and 2 female in those of health insurance, and 0 or
// 1 the other way round elsewhere.
func (j *judge) gender(row *Row, rec *record) {
	cell := rec.values[gender]
	switch cell {
	case "":
		return
	case "Nam":
		row.Result.Gender = bundle.Male
		return
	case "Nữ":
		row.Result.Gender = bundle.Female
		return
	}
	switch text := j.text(row, rec, gender, maxNumber); fold(text) {
	case "":
		if text != "" {
			row.find(gender, "gender_unknown")
		}
	case "nam", "namgioi", "trai", "m", "male":
		row.Result.Gender = bundle.Male
	case "nu", "nugioi", "gai", "f", "female":
		row.Result.Gender = bundle.Female
	case "0", "1", "2":
		row.find(gender, "gender_digit")
	default:
		row.find(gender, "gender_unknown")
	}
}

// number reads the identity number and the kind of document it comes from.
func (j *judge) number(row *Row, rec *record) {
	kind, fine := j.documentType(row, rec)
	cell := rec.values[idNumber]
	if cell == "" || !fine {
		row.Result.IDType = kind
		return
	}
	if bundle.IsPersonalNumber(cell) && kind != bundle.Passport { // nearly always
		if kind == "" {
			kind = bundle.CCCD
		}
		row.Result.IDNumber, row.Result.IDType = cell, kind
		j.compareNumber(row, cell)
		return
	}
	if strings.ContainsFunc(cell, foreignDigit) { // asked before the font, which lacks them: this says how to mend it
		row.find(idNumber, "id_not_ascii")
		return
	}
	cell = strings.TrimPrefix(j.text(row, rec, idNumber, maxNumber), "'")
	if cell == "" {
		row.Result.IDType = kind
		return
	}
	number, kind, code, args := readNumber(cell, kind, row.Result.Nationality)
	if code != "" {
		row.find(idNumber, code, args...)
		return
	}
	row.Result.IDNumber, row.Result.IDType = number, kind
	if kind != bundle.Passport && len(number) == 12 {
		j.compareNumber(row, number)
	}
}

// documentType reads id_type. It reports false for a value with an error.
func (j *judge) documentType(row *Row, rec *record) (bundle.IDType, bool) {
	cell := rec.values[idType]
	switch cell {
	case "":
		return "", true
	case string(bundle.CCCD), string(bundle.CMND), string(bundle.Passport):
		return bundle.IDType(cell), true
	}
	text := j.text(row, rec, idType, maxNumber)
	if text == "" {
		return "", blank(cell)
	}
	switch fold(text) {
	case "cccd", "cancuoc", "cancuoccongdan", "thecancuoc", "thecancuoccongdan", "sodinhdanh", "sodinhdanhcanhan":
		return bundle.CCCD, true
	case "cmnd", "cmt", "cmtnd", "chungminhnhandan", "chungminhthu", "giaychungminhnhandan":
		return bundle.CMND, true
	case "passport", "hochieu", "hc", "pp":
		return bundle.Passport, true
	}
	row.find(idType, "id_type_unknown")
	return "", false
}

// readNumber holds a number against the form of its document; kind is empty where
// the file does not state it. The code says what is wrong.
func readNumber(number string, kind bundle.IDType, nation string) (string, bundle.IDType, string, []any) {
	digits, letters, others := countKinds(number)
	fault := func(code string, args ...any) (string, bundle.IDType, string, []any) { return "", "", code, args }
	switch {
	case spreadsheetNumber(number):
		return fault("id_spreadsheet_number")
	case others == separatorSigns:
		return fault("id_separators")
	case others != 0:
		return fault("id_form")
	}
	if kind == "" {
		if letters > 0 && !foreigner(nation) && strings.Trim(number, "0123456789Oo") == "" {
			return fault("id_form") // the letter for the digit; who does mean a passport says so in id_type
		}
		kind = typeOf(number, digits, letters, nation)
	}
	switch {
	case kind == "":
		if letters == 0 {
			return faultOfLength(len(number), 12)
		}
		return fault("id_type_missing")
	case kind == bundle.Passport:
		switch {
		case bundle.IsPersonalNumber(number):
			// Else a passport would spare a citizen the check of identity.
			return fault("id_type_mismatch")
		case len(number) < 5 || len(number) > 20:
			return fault("passport_form")
		}
		return strings.ToUpper(number), kind, "", nil
	case letters > 0:
		return fault("id_form")
	case kind == bundle.CMND && len(number) == 9:
		return number, kind, "", nil
	case kind == bundle.CCCD && len(number) == 9:
		return fault("id_type_mismatch")
	case kind == bundle.CMND && len(number) < 9:
		return faultOfLength(len(number), 9)
	case len(number) != 12:
		return faultOfLength(len(number), 12)
	case number[3] > '3': // Nghị định 137/2015/NĐ-CP, Điều 13: nobody alive was born in the 22nd century
		return fault("id_century")
	}
	return number, kind, "", nil
}

// typeOf derives the document from the number alone: 12 digits are a card, 9 an old
// one, a letter or two before six digits and more a passport, and so is everything
// with letters that a foreigner has. Otherwise it is for the file to say.
func typeOf(number string, digits, letters int, nation string) bundle.IDType {
	foreign := foreigner(nation)
	switch {
	case letters == 0 && digits == 12:
		return bundle.CCCD
	case letters == 0 && digits == 9 && !foreign:
		return bundle.CMND
	case letters > 0 && foreign:
		return bundle.Passport
	case letters >= 1 && letters <= 2 && digits >= 6 && digits <= 8 && strings.Trim(number[letters:], "0123456789") == "":
		return bundle.Passport
	}
	return ""
}

func foreigner(nation string) bool { return nation != "" && nation != bundle.Vietnam }

// faultOfLength explains a number of n digits that should have had want. A zero or
// two may have been lost at the front (Hà Nội is 001): that is pointed out, and for
// a person to put back after a look at the card.
func faultOfLength(n, want int) (string, bundle.IDType, string, []any) {
	if n == 8 { // of an old card's 9
		want = 9
	}
	if lost := want - n; lost == 1 || lost == 2 && want == 12 {
		return "", "", "lost_leading_zero", []any{n, want, lost}
	}
	return "", "", "id_length", []any{n}
}

// What else than ASCII letters and digits a number holds; the worst wins.
const (
	separatorSigns = 1 + iota // blanks, dots, dashes between groups
	otherSigns
)

// foreignDigit reports whether r is a digit of another script, such as a full-width
// one.
func foreignDigit(r rune) bool { return r > unicode.MaxASCII && unicode.IsDigit(r) }

// countKinds counts ASCII digits and letters and says what else there is.
func countKinds(s string) (digits, letters, others int) {
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r|0x20 >= 'a' && r|0x20 <= 'z':
			letters++
		case strings.ContainsRune(" .-–/", r):
			others = max(others, separatorSigns)
		default:
			others = max(others, otherSigns)
		}
	}
	return digits, letters, others
}

// spreadsheetNumber reports whether s is what a spreadsheet or a table library makes
// of a long number: 1.23E+11, 79123456789.0.
func spreadsheetNumber(s string) bool {
	mantissa, exponent, scientific := strings.Cut(strings.ToUpper(s), "E")
	if scientific {
		power := strings.TrimLeft(exponent, "+-")
		// Without point and sign it may be a passport: 12E45678.
		marked := power != exponent || strings.ContainsAny(mantissa, ".,")
		return marked && power != "" && strings.Trim(mantissa, "0123456789.,") == "" && strings.Trim(power, "0123456789") == ""
	}
	whole, fraction, decimal := strings.Cut(s, ".")
	return decimal && whole != "" && fraction != "" && strings.Trim(whole, "0123456789") == "" && strings.Trim(fraction, "0") == ""
}

// birthProvinces are the two digits that stand behind the 0 of a number registered
// in Việt Nam: the country itself and the 63 provinces of 2004; later mergers did not
// change anybody's number.
var birthProvinces = [100]bool{
	0: true, 1: true, 2: true, 4: true, 6: true, 8: true, 10: true, 11: true, 12: true, 14: true, 15: true, 17: true, 19: true, 20: true, 22: true, 24: true,
	25: true, 26: true, 27: true, 30: true, 31: true, 33: true, 34: true, 35: true, 36: true, 37: true, 38: true, 40: true, 42: true, 44: true, 45: true, 46: true,
	48: true, 49: true, 51: true, 52: true, 54: true, 56: true, 58: true, 60: true, 62: true, 64: true, 66: true, 67: true, 68: true, 70: true, 72: true, 74: true,
	75: true, 77: true, 79: true, 80: true, 82: true, 83: true, 84: true, 86: true, 87: true, 89: true, 91: true, 92: true, 93: true, 94: true, 95: true, 96: true,
}

// compareNumber holds a personal number against birth and gender (Nghị định
// 137/2015/NĐ-CP, Điều 13). A number outlives corrections of both, so disagreement
// is only worth a look.
func (j *judge) compareNumber(row *Row, number string) {
	if province := int(number[1]-'0')*10 + int(number[2]-'0'); number[0] == '0' && !birthProvinces[province] {
		row.find(idNumber, "id_province")
	}
	century, yearInCentury := int(number[3]-'0'), int(number[4]-'0')*10+int(number[5]-'0')
	if year := row.Result.BirthDate.Year; year != 0 && year != 1900+century/2*100+yearInCentury {
		row.find(idNumber, "id_birth_year")
	}
	female := century%2 == 1
	if g := row.Result.Gender; g == bundle.Male && female || g == bundle.Female && !female {
		row.find(idNumber, "id_gender")
	}
}
