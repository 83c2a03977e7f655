package intake

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// unreadMember holds, in an error file of NDJSON, a line that is no JSON object.
const unreadMember = "unread"

// ErrorFile writes rows back in the shape in which they came: the same kind of file,
// separator, byte order mark, columns and cells, and behind them [ErrorColumn] and
// [SentenceColumn]. Mended, it can be sent as it is: the two columns are passed over.
//
// In tables, cells that a spreadsheet would take for a formula get an apostrophe in
// front, which [Open] takes off.
type ErrorFile struct {
	layout layout
	rows   rowWriter
	begun  bool
}

// rowWriter writes one kind of file.
type rowWriter interface {
	// begin writes what stands before the first row.
	begin(l layout) error
	write(l layout, row *Row, codes, sentences string) error
	io.Closer
}

// NewErrorFile prepares an error file for rows out of r, to be written to w. Nothing
// is written before the first Write or Close.
func NewErrorFile(w io.Writer, r *Reader) *ErrorFile {
	f := &ErrorFile{layout: r.layout}
	switch r.layout.form {
	case ndjsonForm:
		f.rows = &ndjsonRows{w: w}
	case workbookForm:
		f.rows = &workbookRows{w: w}
	default:
		f.rows = &csvRows{w: w}
	}
	return f
}

// Write writes one row with its findings and with more, such as what [Explain] says
// about it.
func (f *ErrorFile) Write(row Row, more ...Finding) error {
	if err := f.begin(); err != nil {
		return err
	}
	codes, sentences := notes(append(slices.Clip(row.Findings), more...))
	if err := f.rows.write(f.layout, &row, codes, sentences); err != nil {
		return fmt.Errorf("writing line %d into the error file: %w", row.Line, err)
	}
	return nil
}

// Close writes what is left. It does not close the io.Writer.
func (f *ErrorFile) Close() error {
	if err := f.begin(); err != nil {
		return err
	}
	if err := f.rows.Close(); err != nil {
		return fmt.Errorf("closing the error file: %w", err)
	}
	return nil
}

func (f *ErrorFile) begin() error {
	if f.begun {
		return nil
	}
	f.begun = true
	if err := f.rows.begin(f.layout); err != nil {
		return fmt.Errorf("beginning the error file: %w", err)
	}
	return nil
}

// notes are what the two columns hold: each code once, and the sentences with their
// columns.
func notes(findings []Finding) (codes, sentences string) {
	var all, text []string
	wrong := slices.ContainsFunc(findings, func(f Finding) bool { return !f.Warning })
	for _, f := range findings {
		if !slices.Contains(all, f.Code) {
			all = append(all, f.Code)
		}
		s := f.VI
		if f.Column != "" {
			s = f.Column + ": " + s
		}
		if f.Warning && wrong { // what does not keep the row out
			s = "(cảnh báo) " + s
		}
		text = append(text, s)
	}
	return strings.Join(all, " "), strings.Join(text, " ")
}

// cells are the cells of a row in a table. Those beyond the header, a fault of the
// row, stay beyond it.
func (l layout) cells(row *Row, codes, sentences string) []string {
	width := len(l.header)
	original := row.Original
	cells := make([]string, 0, max(width, len(original))+2)
	for i := range width {
		if i < len(original) {
			cells = append(cells, guarded(original[i]))
		} else {
			cells = append(cells, "")
		}
	}
	cells = append(cells, codes, sentences)
	for i := width; i < len(original); i++ {
		cells = append(cells, guarded(original[i]))
	}
	return cells
}

func (l layout) headerCells() []string {
	var cells []string
	for _, cell := range l.header {
		cells = append(cells, guarded(cell))
	}
	return append(cells, ErrorColumn, SentenceColumn)
}

// csvRows writes CSV.
type csvRows struct {
	w   io.Writer
	csv *csv.Writer
}

func (c *csvRows) begin(l layout) error {
	if l.bom {
		if _, err := c.w.Write(byteOrderMark); err != nil {
			return err
		}
	}
	c.csv = csv.NewWriter(c.w)
	c.csv.Comma = rune(l.separator)
	return c.csv.Write(l.headerCells())
}

func (c *csvRows) write(l layout, row *Row, codes, sentences string) error {
	return c.csv.Write(l.cells(row, codes, sentences))
}

func (c *csvRows) Close() error {
	c.csv.Flush()
	return c.csv.Error()
}

// workbookRows writes XLSX, row by row: SetSheetRow would hold a gigabyte for
// 200,000 rows.
type workbookRows struct {
	w      io.Writer
	book   *excelize.File
	stream *excelize.StreamWriter
	row    int
}

func (b *workbookRows) begin(l layout) (err error) {
	b.book = excelize.NewFile()
	if b.stream, err = b.book.NewStreamWriter(b.book.GetSheetName(0)); err != nil {
		return err
	}
	return b.add(l.headerCells())
}

func (b *workbookRows) write(l layout, row *Row, codes, sentences string) error {
	return b.add(l.cells(row, codes, sentences))
}

func (b *workbookRows) add(cells []string) error {
	b.row++
	place, err := excelize.CoordinatesToCellName(1, b.row)
	if err != nil {
		return err
	}
	values := make([]any, len(cells))
	for i, cell := range cells {
		if cell != "" {
			values[i] = cell // text, so that numbers keep their leading zeros
		}
	}
	return b.stream.SetRow(place, values)
}

func (b *workbookRows) Close() error {
	defer b.book.Close()
	if err := b.stream.Flush(); err != nil {
		return err
	}
	return b.book.Write(b.w)
}

// ndjsonRows writes NDJSON. A line keeps the text of its members.
type ndjsonRows struct {
	w io.Writer
}

func (n *ndjsonRows) begin(l layout) error {
	if !l.bom {
		return nil
	}
	_, err := n.w.Write(byteOrderMark)
	return err
}

func (n *ndjsonRows) write(_ layout, row *Row, codes, sentences string) error {
	var line bytes.Buffer
	line.WriteByte('{')
	members, ok := readObject(row.source, nil)
	switch {
	case ok:
		for _, m := range members {
			if namedColumn(m.name) != errorNote {
				line.WriteString(m.source + ",")
			}
		}
	case row.source != "":
		if err := writeMember(&line, unreadMember, row.source); err != nil {
			return err
		}
		line.WriteByte(',')
	}
	if err := writeMember(&line, ErrorColumn, codes); err != nil {
		return err
	}
	line.WriteByte(',')
	if err := writeMember(&line, SentenceColumn, sentences); err != nil {
		return err
	}
	line.WriteString("}\n")
	_, err := n.w.Write(line.Bytes())
	return err
}

// writeMember writes a name and a string.
func writeMember(b *bytes.Buffer, name, text string) error {
	b.WriteString(`"` + name + `":`)
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the line end that Encode adds
	return nil
}

// Close has nothing left to write.
func (n *ndjsonRows) Close() error { return nil }
