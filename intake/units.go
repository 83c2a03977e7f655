package intake

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"kytiem/bundle"
)

// maxUnitsBytes bounds a file of units; all of Việt Nam takes 600 KB.
const maxUnitsBytes = 64 << 20

// maxUnitErrors is how many errors of a file of units are reported at once.
const maxUnitErrors = 20

// unitColumns are the columns of a file of units; the first six are mandatory.
var unitColumns = [...]string{
	"level", "code", "parent", "kind", "name", "full_name", "identifier", "valid_from", "valid_to",
}

const mandatoryUnitColumns = 6

// The forms of what is not free text in a file of units. Identifiers are those of
// certificates' subjects: tax code and state-budget code.
var unitForms = sync.OnceValue(func() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"unit_code":       regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.-]{0,31}$`),
		"unit_kind":       regexp.MustCompile(`^[a-z][a-z-]{0,63}$`),
		"unit_identifier": regexp.MustCompile(`^(MST:[0-9]{10}(-[0-9]{3})?|MNS:[0-9]{7})$`),
	}
})

// ReadUnits reads a file of units: CSV with the columns of the contract, in any
// order. Units without dates are valid always. The register is strict, since what
// documents say about agencies comes out of it: any error refuses the file. The
// error joins up to 20 *[FileError], each with line and column.
func ReadUnits(r io.Reader) (*bundle.Units, error) {
	in := bufio.NewReaderSize(&bounded{from: r, left: maxUnitsBytes}, 4*MaxLineBytes)
	head, err := in.Peek(MaxLineBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the first bytes of units: %w", err)
	}
	form, err := sniff(head)
	if err != nil {
		return nil, err
	}
	if form != csvForm {
		return nil, fileError("file_units_csv")
	}
	passByteOrderMark(in)
	file := unitsFile{csvReader: csvReader{lines: lines{in: in, line: 1}}}
	if err := file.readColumns(); err != nil {
		return nil, err
	}
	var units bundle.Units
	var faults []error
	for len(faults) < maxUnitErrors {
		u, line, err := file.next()
		switch {
		case errors.Is(err, io.EOF):
			if units.Len() == 0 && len(faults) == 0 {
				return nil, fileError("file_no_units")
			}
			if len(faults) > 0 {
				return nil, errors.Join(faults...)
			}
			return &units, nil
		case err != nil:
			if fault := (*FileError)(nil); !errors.As(err, &fault) || fault.Line == 0 {
				return nil, err
			}
			faults = append(faults, err)
			continue
		}
		if err := units.Add(u); err != nil {
			faults = append(faults, unitFault(line, "code", "unit_overlap", err))
		}
	}
	return nil, errors.Join(faults...)
}

// unitsFile reads units one by one.
type unitsFile struct {
	csvReader
	texts   texts
	columns []int // of each cell, as an index into unitColumns
}

func unitColumn(name string) int {
	return slices.Index(unitColumns[:], strings.ToLower(strings.TrimSpace(name)))
}

func (f *unitsFile) readColumns() error {
	header, err := f.readHeader(func(cells []string) (n int) {
		for _, cell := range cells {
			if unitColumn(cell) >= 0 {
				n++
			}
		}
		return n
	})
	if err != nil {
		return err
	}
	var unknown, double, missing []string
	for _, cell := range header {
		i := unitColumn(cell)
		switch {
		case i < 0:
			unknown = append(unknown, quoteName(cell))
		case slices.Contains(f.columns, i):
			double = append(double, unitColumns[i])
		}
		f.columns = append(f.columns, i)
	}
	for i, name := range unitColumns[:mandatoryUnitColumns] {
		if !slices.Contains(f.columns, i) {
			missing = append(missing, name)
		}
	}
	switch {
	case len(missing) > 0:
		return fileError("file_columns_missing", listNames(missing))
	case len(double) > 0:
		return fileError("file_columns_double", listNames(double))
	case len(unknown) > 0:
		return fileError("file_columns_unknown", listNames(unknown))
	}
	return nil
}

// next reads one unit; a fault of its line is a *FileError.
func (f *unitsFile) next() (bundle.Unit, int, error) {
	row, err := f.read()
	if err != nil {
		return bundle.Unit{}, 0, err
	}
	fault := func(column, code string, args ...any) (bundle.Unit, int, error) {
		return bundle.Unit{}, row.line, unitFault(row.line, column, code, nil, args...)
	}
	switch {
	case row.fault != "":
		return fault("", row.fault)
	case len(row.cells) < len(f.columns):
		return fault("", "too_few_cells", len(f.columns))
	case len(row.cells) > len(f.columns):
		return fault("", "too_many_cells", len(f.columns))
	}
	var cells [len(unitColumns)]string
	for i, column := range f.columns {
		text, _, why := f.texts.clean(row.cells[i], maxLong)
		if why.code != "" {
			return fault(unitColumns[column], why.code, why.args...)
		}
		cells[column] = text
	}
	u := bundle.Unit{
		Level: bundle.Level(cells[0]), Code: cells[1], Parent: cells[2], Kind: cells[3],
		Name: cells[4], FullName: cells[5], Identifier: cells[6],
	}
	for i, text := range cells[:mandatoryUnitColumns] {
		if text == "" && unitColumns[i] != "parent" {
			return fault(unitColumns[i], "unit_missing")
		}
	}
	forms := unitForms()
	switch {
	case !slices.Contains([]bundle.Level{bundle.Province, bundle.District, bundle.Commune, bundle.Facility}, u.Level):
		return fault("level", "unit_level")
	case !forms["unit_code"].MatchString(u.Code):
		return fault("code", "unit_code")
	case (u.Level == bundle.Province) != (u.Parent == ""):
		return fault("parent", "unit_parent")
	case u.Parent != "" && !forms["unit_code"].MatchString(u.Parent):
		return fault("parent", "unit_code")
	case !forms["unit_kind"].MatchString(u.Kind):
		return fault("kind", "unit_kind")
	case u.Identifier != "" && !forms["unit_identifier"].MatchString(u.Identifier):
		return fault("identifier", "unit_identifier")
	}
	for i, day := range [...]*bundle.Date{&u.ValidFrom, &u.ValidTo} {
		text := cells[7+i]
		if text == "" {
			continue
		}
		d, code := parseDate(text)
		switch {
		case code != "":
			return fault(unitColumns[7+i], code)
		case !d.Complete():
			return fault(unitColumns[7+i], "unit_date")
		}
		*day = d
	}
	if !u.ValidTo.IsZero() && u.ValidTo.Compare(u.ValidFrom) < 0 {
		return fault("valid_to", "unit_dates")
	}
	return u, row.line, nil
}

func unitFault(line int, column, code string, err error, args ...any) *FileError {
	f := finding(line, wholeRow, code, args...)
	f.Column = column
	return &FileError{Finding: f, Err: err}
}
