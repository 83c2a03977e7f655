package intake

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// layout is what an error file takes over from its input.
type layout struct {
	form      form
	separator byte     // CSV
	bom       bool     // CSV and NDJSON
	header    []string // the cells of the header as they came, without ours
}

// heading says what the columns of a table mean.
type heading struct {
	columns []column // of each cell of a row
	header  []string // as in layout
	noted   bool     // some column is ours
}

// recognised counts the header cells that mean a column of the contract.
func recognised(cells []string) int {
	n := 0
	for _, cell := range cells {
		if namedColumn(cell) >= 0 {
			n++
		}
	}
	return n
}

// fewestRecognised is how many known columns make a line a header. Below it the
// file may have none, and its first line is about a person: it is not quoted.
const fewestRecognised = 3

// newHeading reads the header of a table. Everything that is wrong with it is a
// *FileError that names the columns.
func newHeading(cells []string, ignoreExtra bool) (*heading, error) {
	for len(cells) > 0 && blank(cells[len(cells)-1]) {
		cells = cells[:len(cells)-1] // Excel writes empty columns at the end
	}
	if recognised(cells) < fewestRecognised {
		return nil, fileError("file_no_header")
	}
	h := &heading{}
	var unknown, double []string
	for _, cell := range cells {
		c := namedColumn(cell)
		switch {
		case c == errorNote:
			h.noted = true
		case c == extra:
			unknown = append(unknown, quoteName(cell))
		case slices.Contains(h.columns, c):
			double = append(double, columnNames[c])
		}
		h.columns = append(h.columns, c)
		if c != errorNote {
			h.header = append(h.header, cell)
		}
	}
	var missing []string
	for _, c := range mandatory {
		if !slices.Contains(h.columns, c) {
			missing = append(missing, columnNames[c])
		}
	}
	switch {
	case len(missing) > 0 && len(unknown) > 0:
		return nil, fileError("file_columns_missing_unknown", listNames(missing), listNames(unknown))
	case len(missing) > 0:
		return nil, fileError("file_columns_missing", listNames(missing))
	case len(double) > 0:
		return nil, fileError("file_columns_double", listNames(double))
	case len(unknown) > 0 && !ignoreExtra:
		return nil, fileError("file_columns_unknown", listNames(unknown))
	}
	return h, nil
}

// record takes the cells of one row. It reports false for a row without anything in
// it, which is passed over.
func (h *heading) record(rec *record, cells []string) bool {
	for len(cells) > len(h.columns) && blank(cells[len(cells)-1]) {
		cells = cells[:len(cells)-1]
	}
	if h.noted {
		var noted bool
		if cells, noted = h.withoutNotes(cells); noted && allBlank(cells) {
			// Our own note about a line that could not be read must not pass for nothing.
			rec.reject("empty_row")
			return true
		}
	}
	rec.original = cells
	filled := false
	position := 0
	for _, c := range h.columns {
		if c == errorNote {
			continue
		}
		if position == len(cells) {
			break
		}
		cell := cells[position]
		position++
		filled = filled || !blank(cell)
		if c >= 0 {
			rec.values[c] = unguarded(cell)
		}
	}
	if len(cells) > position {
		rec.reject("too_many_cells", len(h.header))
		return true
	}
	return filled
}

// withoutNotes leaves out the cells of our own columns, and tells whether they
// held anything.
func (h *heading) withoutNotes(cells []string) (rest []string, noted bool) {
	rest = make([]string, 0, len(cells))
	for i, cell := range cells {
		if i < len(h.columns) && h.columns[i] == errorNote {
			noted = noted || !blank(cell)
			continue
		}
		rest = append(rest, cell)
	}
	return rest, noted
}

// blank reports whether a cell holds nothing but white space.
func blank(cell string) bool {
	for i := range len(cell) {
		if c := cell[i]; c > ' ' {
			return c >= utf8.RuneSelf && strings.TrimFunc(cell, unicode.IsSpace) == ""
		}
	}
	return true
}

func allBlank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(cell string) bool { return !blank(cell) })
}

// A cell that begins so is taken for a formula by spreadsheets, which can send data
// away when a clerk opens the file. In tables that we write, an apostrophe stands in
// front of it; it is taken off again here.
const formulaStarts = "=+-@\t\r"

// guarded makes a cell harmless.
func guarded(cell string) string {
	if cell != "" && strings.IndexByte(formulaStarts, cell[0]) >= 0 {
		return "'" + cell
	}
	return cell
}

// unguarded undoes guarded.
func unguarded(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.IndexByte(formulaStarts, cell[1]) >= 0 {
		return cell[1:]
	}
	return cell
}

// quoteName prepares a column's name for a sentence: what comes out of a file is
// shortened and stripped of what could pass for something else on a terminal.
func quoteName(name string) string {
	name = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(name, "?"))
	name = strings.Join(strings.Fields(name), " ")
	if runes := []rune(name); len(runes) > 40 {
		name = string(runes[:40]) + "…"
	}
	return "«" + name + "»"
}

// listNames joins at most ten names.
func listNames(names []string) string {
	if len(names) > 10 {
		names = append(slices.Clone(names[:10]), "…")
	}
	return strings.Join(names, ", ")
}
