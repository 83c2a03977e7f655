package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"kytiem/bundle"
)

const (
	// keptInMemory is how large a sheet may unfold before excelize puts it into a
	// temporary file, which Close removes.
	keptInMemory = 32 << 20

	// titleRows is how far above its header a sheet may have titles.
	titleRows = 30

	// maxSheetColumns bounds a row: a single cell in column XFD makes a row of 16,384,
	// and a million such rows take minutes.
	maxSheetColumns = 256
)

// workbookResults are the results in a sheet of an XLSX file.
type workbookResults struct {
	book     *excelize.File
	sheet    *sheetRows
	heading  *heading
	date1904 bool
	isDate   []bool // of each cell of a row
}

// sheetRows counts the rows of a sheet as they go by.
type sheetRows struct {
	*excelize.Rows
	line int
}

// openWorkbook reads the whole workbook and looks for the one sheet with a header.
func openWorkbook(in io.Reader, o Options) (_ source, l layout, err error) {
	// The bytes are anybody's, and excelize is not written against all of them.
	defer recoverBroken(&err)
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, l, fmt.Errorf("reading workbook: %w", err)
	}
	if err := checkZip(data); err != nil {
		return nil, l, err
	}
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		RawCellValue:      true, // else numbers and dates come as this machine's locale would show them
		UnzipSizeLimit:    maxUnzipped,
		UnzipXMLSizeLimit: keptInMemory,
	})
	if err != nil {
		if book != nil {
			book.Close() //nolint:errcheck // nothing was written
		}
		return nil, l, &FileError{fileError("file_workbook_broken").Finding, err}
	}
	w := &workbookResults{book: book}
	if properties, err := book.GetWorkbookProps(); err == nil && properties.Date1904 != nil {
		w.date1904 = *properties.Date1904
	}
	if err := w.findSheet(o); err != nil {
		w.Close() //nolint:errcheck // the reason for closing says more
		return nil, l, err
	}
	return w, layout{form: workbookForm, header: w.heading.header}, nil
}

func recoverBroken(err *error) {
	if cause := recover(); cause != nil {
		*err = fileError("file_workbook_broken") // cause could quote a cell
	}
}

// findSheet takes the first sheet with a header. A second one would be left out
// without a word, so it is refused.
func (w *workbookResults) findSheet(o Options) error {
	var first error
	for _, name := range w.book.GetSheetList() {
		rows, err := w.book.Rows(name)
		if err != nil {
			continue // a chart
		}
		sheet := &sheetRows{Rows: rows}
		cells, err := sheet.header()
		switch {
		case err != nil:
			sheet.Close() //nolint:errcheck // nothing was written
			return err
		case cells == nil:
			sheet.Close() //nolint:errcheck // nothing was written
			continue
		case w.sheet != nil:
			sheet.Close() //nolint:errcheck // nothing was written
			return fileError("file_sheets")
		}
		w.sheet = sheet
		w.heading, first = newHeading(cells, o.IgnoreExtra)
	}
	switch {
	case w.sheet == nil:
		return fileError("file_no_header")
	case first != nil:
		return first
	}
	for _, c := range w.heading.columns {
		w.isDate = append(w.isDate, c == birthDate || c == vaccinatedOn)
	}
	return nil
}

// header looks for the header among the first rows; nil if there is none.
func (s *sheetRows) header() ([]string, error) {
	for s.line < titleRows {
		cells, err := s.cells()
		switch {
		case errors.Is(err, io.EOF):
			return nil, nil
		case err != nil && !errors.Is(err, errUnreadable):
			return nil, err
		}
		if recognised(cells) >= fewestRecognised {
			return cells, nil
		}
	}
	return nil, nil
}

// errUnreadable is said of a single row, behind which reading goes on.
var errUnreadable = errors.New("row of the sheet cannot be read")

// cells returns the next row, io.EOF after the last.
func (s *sheetRows) cells() ([]string, error) {
	if !s.Next() {
		if err := s.Error(); err != nil {
			return nil, &FileError{fileError("file_workbook_broken").Finding, err}
		}
		return nil, io.EOF
	}
	s.line++
	cells, err := s.Columns()
	if err != nil {
		return nil, errUnreadable
	}
	if len(cells) > maxSheetColumns && !allBlank(cells[maxSheetColumns:]) {
		return nil, fileError("file_sheet_wide", maxSheetColumns)
	}
	return cells[:min(len(cells), maxSheetColumns)], nil
}

func (w *workbookResults) next(rec *record) (err error) {
	defer recoverBroken(&err)
	for {
		cells, err := w.sheet.cells()
		*rec = record{line: w.sheet.line}
		if errors.Is(err, errUnreadable) {
			rec.reject("row_unreadable")
			return nil
		}
		if err != nil {
			return err
		}
		for i, cell := range cells {
			if i < len(w.isDate) && w.isDate[i] {
				cells[i] = serialDate(cell, w.date1904)
			}
		}
		for len(cells) < len(w.heading.columns) {
			cells = append(cells, "") // rows end with their last cell that is filled
		}
		if w.heading.record(rec, cells) {
			return nil
		}
	}
}

// Close removes the temporary files.
func (w *workbookResults) Close() error {
	if w.sheet != nil {
		w.sheet.Close() //nolint:errcheck // nothing was written
	}
	if err := w.book.Close(); err != nil {
		return fmt.Errorf("removing temporary files of the workbook: %w", err)
	}
	return nil
}

// Serial numbers up to lastYear are read as years: 1945 in a date column is a birth
// known to the year, not 28 April 1905.
const lastYear = 2100

// serialDate writes a date that came as the serial number of a day (ECMA-376-1,
// 18.17.4.1) as dd/mm/yyyy, without the time of day that its fraction is; everything else stays as it is.
func serialDate(cell string, date1904 bool) string {
	whole, fraction, _ := strings.Cut(cell, ".")
	serial, err := strconv.ParseUint(whole, 10, 32)
	if err != nil || len(whole) > 5 || serial <= lastYear || strings.Trim(fraction, "0123456789E-") != "" {
		return cell
	}
	day := time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)
	if date1904 {
		day = time.Date(1904, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	return bundle.DateOf(day.AddDate(0, 0, int(serial))).Vietnamese()
}
