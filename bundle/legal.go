package bundle

import (
	_ "embed" // the table of legal references
	"encoding/csv"
	"fmt"
	"strings"
	"sync"
)

// LegalBasis is one official letter on which bundles rest, as documents cite it:
// number, issuer, date, subject (Nghị định 30/2020/NĐ-CP, Phụ lục I).
type LegalBasis struct {
	Date    Date   `json:"date"`
	Issuer  string `json:"issuer"`
	Number  string `json:"number"`
	Subject string `json:"subject"`
}

//go:embed legal.csv
var legalTable string

// rule is a row of the table: a legal basis with where and when it holds.
type rule struct {
	LegalBasis
	province string // code; empty: everywhere
	from, to Date
}

// rules reads the embedded table once. The table is part of the program: a row
// that does not parse is a fault that every test run finds.
var rules = sync.OnceValues(func() ([]rule, error) {
	rows, err := csv.NewReader(strings.NewReader(legalTable)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading legal.csv: %w", err)
	}
	var all []rule
	for _, row := range rows[1:] {
		var dates [3]Date
		for i, column := range [...]int{2, 5, 6} {
			if dates[i], err = ParseDate(row[column]); err != nil {
				return nil, fmt.Errorf("reading legal.csv, %s: %w", row[0], err)
			}
		}
		all = append(all, rule{
			LegalBasis: LegalBasis{Number: row[0], Issuer: row[1], Date: dates[0], Subject: row[3]},
			province:   row[4], from: dates[1], to: dates[2],
		})
	}
	return all, nil
})

// LegalBasisOn lists what a bundle sealed on day rests on, in the province with
// this code, oldest first. References change and lapse: they are data with dates,
// never constants.
func LegalBasisOn(day Date, province string) ([]LegalBasis, error) {
	all, err := rules()
	if err != nil {
		return nil, err
	}
	var basis []LegalBasis
	for _, r := range all {
		here := r.province == "" || r.province == province
		if here && r.from.Compare(day) <= 0 && (r.to.IsZero() || day.Compare(r.to) <= 0) {
			basis = append(basis, r.LegalBasis)
		}
	}
	return basis, nil
}
