package sample

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"golang.org/x/text/unicode/norm"

	"kytiem/bundle"
)

// CSVOptions say how a CSV file is written. The zero value is RFC 4180 with the
// defined column names in UTF-8.
type CSVOptions struct {
	Comma  rune     // ',' or ';'; zero: ','
	BOM    bool     // a byte order mark first, as Excel writes and needs it
	CRLF   bool     // lines end as on Windows
	NFD    bool     // all text decomposed, as some systems export it
	Header Language // zero: English
}

// ExcelCSV is the CSV that Excel writes on a computer set to Vietnamese.
func ExcelCSV() CSVOptions {
	return CSVOptions{Comma: ';', BOM: true, CRLF: true, Header: Vietnamese}
}

// WriteCSV writes rows under a head, holding one row at a time.
func WriteCSV(w io.Writer, rows iter.Seq[Row], o CSVOptions) error {
	if o.BOM {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return fmt.Errorf("writing byte order mark: %w", err)
		}
	}
	out := csv.NewWriter(w)
	out.UseCRLF = o.CRLF
	if o.Comma != 0 {
		out.Comma = o.Comma
	}
	write := func(cells [columns]string) error {
		if o.NFD {
			for i := range cells {
				cells[i] = norm.NFD.String(cells[i])
			}
		}
		return out.Write(cells[:])
	}
	if err := write(o.Header.head()); err != nil {
		return fmt.Errorf("writing head: %w", err)
	}
	for row := range rows {
		if err := write(o.Header.cells(&row, bundle.Date.Vietnamese)); err != nil {
			return fmt.Errorf("writing row %s: %w", row.ExternalID, err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("writing rows: %w", err)
	}
	return nil
}

// WriteNDJSON writes one JSON object a line, members named like the columns, empty
// ones left out, dates in ISO form, the dose number as a number.
func WriteNDJSON(w io.Writer, rows iter.Seq[Row]) error {
	out := bufio.NewWriterSize(w, 64<<10)
	var line []byte
	for row := range rows {
		line = line[:0]
		for i, cell := range English.cells(&row, bundle.Date.String) {
			if cell == "" {
				continue
			}
			line = append(line, `,"`+englishHead[i]+`":`...)
			if i == columnDoseNumber && row.Fault != FaultDose {
				line = append(line, cell...)
				continue
			}
			quoted, err := json.Marshal(cell)
			if err != nil {
				return fmt.Errorf("encoding row %s: %w", row.ExternalID, err)
			}
			line = append(line, quoted...)
		}
		line[0] = '{' // in place of the first comma; a row is never empty, it has an id
		line = append(line, "}\n"...)
		if _, err := out.Write(line); err != nil {
			return fmt.Errorf("writing row %s: %w", row.ExternalID, err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing rows: %w", err)
	}
	return nil
}
