package sample

import (
	_ "embed" // units.csv
	"encoding/csv"
	"strings"
	"sync"

	"kytiem/bundle"
)

// From thanglequoc/vietnamese-provinces-database v1.0.0; see LICENSE-units.
//
//go:embed units.csv
var unitsFile string

// Units is a units file: province 75 (Đồng Nai) with the districts and communes
// it had in November 2021, and eight facilities made up for it. All of them end
// on 30 June 2025, when districts were abolished and the communes merged.
func Units() []byte { return []byte(unitsFile) }

// Unit finds one of [Units] by its code.
func Unit(code string) (bundle.Unit, bool) {
	u, ok := units()[code]
	return u, ok
}

var units = sync.OnceValue(func() map[string]bundle.Unit {
	rows, err := csv.NewReader(strings.NewReader(unitsFile)).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil // embedded, and read by a test
	}
	byCode := make(map[string]bundle.Unit, len(rows))
	for _, row := range rows[1:] {
		from, _ := bundle.ParseDate(row[7])
		to, _ := bundle.ParseDate(row[8])
		byCode[row[1]] = bundle.Unit{
			Level: bundle.Level(row[0]), Code: row[1], Parent: row[2],
			Kind: row[3], Name: row[4], FullName: row[5],
			Identifier: row[6], ValidFrom: from, ValidTo: to,
		}
	}
	return byCode
})
