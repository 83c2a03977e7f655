package intake

import "strings"

// name reads a person's name. What looks like a legacy font is an error where signs
// stand among the letters (TCVN3 writes "V¨n" for Văn) and a warning where only
// letters do ("TrÇn", VNI "Traàn"), which foreigners' names may have.
func (j *judge) name(row *Row, rec *record) {
	cell := rec.values[fullName]
	if cell == "" {
		return
	}
	text, seen, fault := j.texts.clean(cell, maxName)
	if fault.code != "" {
		row.find(fullName, fault.code, fault.args...)
		return
	}
	if spreadsheetError(text) {
		row.find(fullName, "spreadsheet_error")
		return
	}
	switch {
	case seen&legacySet != 0:
		row.find(fullName, "name_legacy_signs")
		return
	case seen&latinOdd != 0 && strings.ContainsAny(text, "Ðð"):
		row.find(fullName, "name_eth")
	case seen&latinOdd != 0 && row.Result.Citizen(), seen&unicoded == 0 && vniPair(text):
		row.find(fullName, "name_legacy_letters")
	case seen&(digit|symbol) != 0:
		row.find(fullName, "name_signs")
	}
	row.Result.FullName = text
}

// vniPair reports whether a plain vowel is followed by one with a mark as no
// Vietnamese syllable has it, but VNI everywhere: it writes à as aø, ấ as aá.
func vniPair(text string) bool {
	const marked = "àáâãèéêùúûøïüå"
	previous := ' '
	for _, r := range text {
		if (previous == 'a' || previous == 'A' || previous == 'e' || previous == 'E') && r >= 0xC0 && r <= 0xFF {
			if strings.ContainsRune(marked, r|0x20) {
				return true
			}
		}
		previous = r
	}
	return false
}

// spreadsheetError reports whether a cell holds the error value of a formula.
func spreadsheetError(text string) bool {
	if text == "" || text[0] != '#' {
		return false
	}
	switch strings.ToUpper(text) {
	case "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!":
		return true
	}
	return false
}
