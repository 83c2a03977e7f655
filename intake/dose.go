package intake

import (
	"strings"
	"sync"

	"kytiem/bundle"
)

// maxDose is the highest number a dose can have.
const maxDose = 9

// dose reads the number of the dose: 2, "Mũi 2", "Dose 2", and 2.0 as table
// libraries write it.
func (j *judge) dose(row *Row, rec *record) {
	cell := rec.values[doseNumber]
	if len(cell) == 1 && cell[0] >= '1' && cell[0] <= '9' {
		row.Result.DoseNumber = int(cell[0] - '0')
		return
	}
	text := j.text(row, rec, doseNumber, maxNumber)
	if text == "" {
		return
	}
	number := text
	if i := strings.IndexAny(text, "0123456789"); i > 0 && doseWord(text[:i]) {
		number = text[i:]
	}
	if whole, fraction, decimal := strings.Cut(number, "."); decimal && fraction != "" && strings.Trim(fraction, "0") == "" {
		number = whole
	}
	switch {
	case strings.Trim(number, "0123456789") != "":
		row.find(doseNumber, "dose_form", maxDose)
	case len(number) != 1 || number == "0":
		row.find(doseNumber, "dose_range", maxDose)
	default:
		row.Result.DoseNumber = int(number[0] - '0')
	}
}

// doseWord reports whether text is what people write before the number of a dose.
func doseWord(text string) bool {
	switch fold(text) {
	case "mui", "muiso", "muithu", "muitiem", "muitiemthu", "muitiemso", "lan", "lanthu", "lieu", "dose":
		return true
	}
	return false
}

// vaccineNames are the vaccines of Quyết định 5772/QĐ-BYT under their common names,
// and what else they are called.
var vaccineNames = [...]struct{ name, others string }{
	{"AstraZeneca", "Astra Zeneca|Astra|AZ|AZD1222|Vaxzevria|Covishield|ChAdOx1|Oxford AstraZeneca|COVID-19 Vaccine AstraZeneca"},
	{"Pfizer", "Comirnaty|Pfizer BioNTech|Pfizer-BioNTech Comirnaty|Comirnaty Pfizer|BNT162b2|Pfizer Comirnaty"},
	{"Moderna", "Spikevax|mRNA-1273|Spikevax Moderna|Moderna Spikevax|Moderna COVID-19 Vaccine|COVID-19 Vaccine Moderna"},
	{"Vero Cell", "Verocell|Vero-Cell|Sinopharm|BBIBP-CorV|Vero Cell Sinopharm|Sinopharm Vero Cell|Vero Cell, inactivated|" +
		"COVID-19 Vaccine Vero Cell|COVID-19 Vaccine Vero Cell, inactivated"},
	{"Sputnik V", "Sputnik|Gam-COVID-Vac|SputnikV Gam-COVID-Vac|Gamaleya"},
	{"Janssen", "Johnson & Johnson|Johnson and Johnson|J&J|COVID-19 Vaccine Janssen|Janssen Johnson & Johnson|Jcovden"},
	{"Hayat-Vax", "Hayat Vax|Hayat"},
	{"Abdala", "Abdala CIGB|CIGB-66"},
}

var vaccineByName = sync.OnceValue(func() map[string]string {
	byName := make(map[string]string)
	for _, v := range vaccineNames {
		byName[fold(v.name)] = v.name
		for other := range strings.SplitSeq(v.others, "|") {
			byName[fold(other)] = v.name
		}
	}
	return byName
})

// commonName finds the name a vaccine is commonly called by, empty for one that is
// not in the list. "Vắc xin" in front and what stands in brackets do not count.
func commonName(text string) string {
	key := foldName(text)
	if name, known := vaccineByName()[key]; known {
		return name
	}
	for _, word := range [...]string{"vacxincovid19", "vacxinphongcovid19", "vaccinecovid19", "covid19vaccine", "vacxin", "vaccine", "vaxin"} {
		if rest, cut := strings.CutPrefix(key, word); cut {
			return vaccineByName()[rest]
		}
	}
	return ""
}

// vaccine reads the vaccine. An unknown one is kept as it is written, with a
// warning: the list of Quyết định 5772 is of its time, later vaccines and those given
// abroad are as true, and an old list must not keep results out.
func (j *judge) vaccine(row *Row, rec *record) {
	text := j.text(row, rec, vaccine, maxShort)
	if text == "" {
		return
	}
	if name := j.vaccines.of(text, commonName); name != "" {
		row.Result.Vaccine = name
		return
	}
	row.find(vaccine, "vaccine_unknown")
	row.Result.Vaccine = text
}

// match reads the answer of the population database.
func (j *judge) match(row *Row, rec *record) {
	cell := rec.values[match]
	switch bundle.Match(cell) {
	case bundle.Unmatched:
		return
	case bundle.Matched, bundle.Wrong, bundle.Cleansed:
		row.Result.Match = bundle.Match(cell)
		return
	}
	text := j.text(row, rec, match, maxNumber)
	if text == "" {
		return
	}
	switch fold(text) {
	case "dung", "trungkhop", "khop", "true", "correct", "matched":
		row.Result.Match = bundle.Matched
	case "sai", "khongtrungkhop", "khongkhop", "false", "wrong", "mismatched":
		row.Result.Match = bundle.Wrong
	case "lamsach", "dalamsach", "cleansed":
		row.Result.Match = bundle.Cleansed
	default:
		row.find(match, "match_unknown")
	}
}
