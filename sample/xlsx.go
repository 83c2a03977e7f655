package sample

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/xuri/excelize/v2"

	"kytiem/bundle"
)

// WriteXLSX writes a workbook with one sheet under a Vietnamese head. All cells are
// text: a spreadsheet that took a number for one would drop its leading zero. A
// sheet holds 1,048,575 rows beside the head; more is [excelize.ErrMaxRows]. Beyond
// some megabytes excelize keeps the sheet in a temporary file until it is written.
func WriteXLSX(w io.Writer, rows iter.Seq[Row]) (err error) {
	book := excelize.NewFile()
	defer func() { err = errors.Join(err, book.Close()) }()
	const name = "Kết quả tiêm"
	if err := book.SetSheetName(book.GetSheetName(0), name); err != nil {
		return fmt.Errorf("naming sheet: %w", err)
	}
	text, err := book.NewStyle(&excelize.Style{NumFmt: 49}) // "@"
	if err != nil {
		return fmt.Errorf("making text style: %w", err)
	}
	sheet, err := book.NewStreamWriter(name)
	if err != nil {
		return fmt.Errorf("opening sheet: %w", err)
	}
	if err := sheet.SetColWidth(1, columns, 18); err != nil {
		return fmt.Errorf("setting widths: %w", err)
	}
	line := 0
	write := func(cells [columns]string) error {
		line++
		values := make([]any, columns)
		for i, cell := range cells {
			values[i] = excelize.Cell{StyleID: text, Value: cell}
		}
		at, err := excelize.CoordinatesToCellName(1, line)
		if err != nil {
			return err
		}
		return sheet.SetRow(at, values)
	}
	if err := write(Vietnamese.head()); err != nil {
		return fmt.Errorf("writing head: %w", err)
	}
	for row := range rows {
		if err := write(Vietnamese.cells(&row, bundle.Date.Vietnamese)); err != nil {
			return fmt.Errorf("writing row %s: %w", row.ExternalID, err)
		}
	}
	if err := sheet.Flush(); err != nil {
		return fmt.Errorf("closing sheet: %w", err)
	}
	if _, err := book.WriteTo(w); err != nil {
		return fmt.Errorf("writing workbook: %w", err)
	}
	return nil
}
