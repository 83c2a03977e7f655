package intake

import (
	"slices"

	"kytiem/bundle"
)

// Explain says what a result lacks before it can be sealed, for the person who can
// add it. The row is not wrong, but this is the reason why it is left out, and so no
// warning.
func Explain(line int, lack bundle.Lack) Finding {
	return finding(line, lackColumn(lack), "lacks_"+string(lack))
}

// lackColumn is the column in which the answer would stand. Most lacks are named
// after it.
func lackColumn(lack bundle.Lack) column {
	switch lack {
	case bundle.LacksCleansing:
		return match
	case bundle.LacksHealth:
		return healthConfirmedBy
	case bundle.LacksPolice:
		return policeConfirmedBy
	}
	if i := slices.Index(columnNames[:], string(lack)); i >= 0 {
		return column(i)
	}
	return wholeRow
}
