package intake

import (
	"slices"
	"time"

	"kytiem/bundle"
)

// judge reads what the cells of rows mean.
type judge struct {
	unit      string
	today     bundle.Date
	texts     texts
	last      [columnCount]struct{ cell, text string }
	vaccines  memo[string]
	countries memo[country]
	seen      doses
}

func newJudge(o Options) *judge {
	now := o.Now
	if now == nil {
		now = time.Now
	}
	return &judge{
		unit:  o.Unit,
		today: bundle.DateOf(now().In(bundle.VietnamTime())),
		texts: texts{printable: o.Printable},
	}
}

// find notes a finding about the row.
func (r *Row) find(c column, code string, args ...any) {
	r.Findings = append(r.Findings, finding(r.Line, c, code, args...))
}

// row reads one record. Columns are asked in an order in which what later ones need
// is there: a number is held against birth and gender, a name against nationality.
func (j *judge) row(rec *record) Row {
	row := Row{Line: rec.line, Original: rec.original, Findings: rec.findings, source: rec.source}
	if rec.unread {
		return row
	}
	result := &row.Result
	j.ofUnit(&row, rec)
	j.gender(&row, rec)
	j.birth(&row, rec)
	j.nationality(&row, rec)
	j.name(&row, rec)
	j.number(&row, rec)
	j.dose(&row, rec)
	j.vaccinated(&row, rec)
	j.vaccine(&row, rec)
	j.match(&row, rec)
	result.LotNumber = j.text(&row, rec, lotNumber, maxShort)
	result.Site = j.text(&row, rec, site, maxLong)
	result.ExternalID = j.text(&row, rec, externalID, maxShort)
	result.MatchReason = j.text(&row, rec, matchReason, maxLong)
	result.HealthConfirmedBy = j.text(&row, rec, healthConfirmedBy, maxName)
	result.PoliceConfirmedBy = j.text(&row, rec, policeConfirmedBy, maxName)
	j.seen.check(&row)
	slices.SortStableFunc(row.Findings, func(a, b Finding) int { // as the columns stand in the contract
		return slices.Index(columnNames[:], a.Column) - slices.Index(columnNames[:], b.Column)
	})
	return row
}

// text reads a cell without a form of its own. A cell that is blank or refused is
// empty.
func (j *judge) text(row *Row, rec *record, c column, limit int) string {
	cell := rec.values[c]
	switch cell {
	case "":
		return ""
	case j.last[c].cell: // sites, lots and confirmations come in runs
		return j.last[c].text
	}
	text, _, fault := j.texts.clean(cell, limit)
	if fault.code == "" && spreadsheetError(text) {
		fault.code = "spreadsheet_error"
	}
	if fault.code != "" {
		row.find(c, fault.code, fault.args...)
		return ""
	}
	j.last[c].cell, j.last[c].text = cell, text
	return text
}

// ofUnit reads the unit: rows of another unit than the one that sends the file are
// errors.
func (j *judge) ofUnit(row *Row, rec *record) {
	row.Result.Unit = j.unit
	if cell := rec.values[unit]; cell == "" || cell == j.unit {
		return
	}
	code := j.text(row, rec, unit, maxCode)
	switch {
	case code == "" || code == j.unit:
	case j.unit == "":
		row.Result.Unit = code
	default:
		row.find(unit, "other_unit", j.unit)
	}
}

// maxMemo bounds a memo: a file with another text in every row must not fill the
// memory.
const maxMemo = 1024

// memo remembers what texts mean that come again in every row.
type memo[T any] map[string]T

// of returns what text means, asking meaning if it did not come before.
func (m *memo[T]) of(text string, meaning func(string) T) T {
	known, met := (*m)[text]
	if met {
		return known
	}
	known = meaning(text)
	if *m == nil {
		*m = make(map[string]T)
	}
	if len(*m) < maxMemo {
		(*m)[text] = known
	}
	return known
}
