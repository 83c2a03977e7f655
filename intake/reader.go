package intake

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"

	"kytiem/bundle"
)

// Limits of the input.
const (
	// MaxLineBytes bounds a line of CSV or NDJSON, and a CSV record with line breaks
	// inside quotes: a quote that is never closed must not swallow the file, nor a
	// line without an end the memory.
	MaxLineBytes = 64 << 10

	// DefaultMaxBytes bounds CSV and NDJSON, DefaultMaxWorkbookBytes XLSX, which is
	// held in memory.
	DefaultMaxBytes         = 1 << 30
	DefaultMaxWorkbookBytes = 64 << 20
)

// Options say how a file of results is to be read. The zero value reads a file of
// any units and refuses columns it does not know.
type Options struct {
	// Unit is the code of the unit whose results these are: rows of another unit are
	// errors, rows that name none belong to it. Empty: the file says it by row.
	Unit string

	// Now tells the time by which dates lie in the future; nil is [time.Now].
	Now func() time.Time

	// Printable reports whether the font of the documents has a rune: what cannot be
	// printed cannot be attested. nil asks nothing.
	Printable func(rune) bool

	// IgnoreExtra passes over columns that are not of the contract.
	IgnoreExtra bool

	// MaxBytes bounds the file; 0 stands for DefaultMaxBytes or
	// DefaultMaxWorkbookBytes.
	MaxBytes int64
}

// Row is one row of a file: one dose given to one person.
type Row struct {
	Line   int           // line of a text file, row of a sheet, from 1
	Result bundle.Result // what could be read; a value with an error stays empty

	// Original holds the cells as they came, in the order of the file; dates that a
	// workbook keeps as serial numbers are written dd/mm/yyyy. It is nil for a line
	// too long to be read.
	Original []string

	Findings []Finding

	source string // the whole line, NDJSON only
}

// Bad reports whether the row holds an error, and so must not be taken over.
func (r *Row) Bad() bool {
	for i := range r.Findings {
		if !r.Findings[i].Warning {
			return true
		}
	}
	return false
}

// source yields the rows of one kind of file.
type source interface {
	// next fills rec anew. At the end of the file it returns io.EOF; every
	// other error ends the reading.
	next(rec *record) error
	io.Closer
}

// record is a row before anybody asked what its cells mean.
type record struct {
	line     int
	original []string
	values   [columnCount]string // by column; empty where the file says nothing
	source   string
	findings []Finding // about the line as a whole, or about cells that cannot be read
	unread   bool      // values mean nothing: the cells may stand in the wrong columns
}

// find notes a finding about the record.
func (r *record) find(c column, code string, args ...any) {
	r.findings = append(r.findings, finding(r.line, c, code, args...))
}

// reject notes why the row cannot be read at all.
func (r *record) reject(code string, args ...any) {
	r.find(wholeRow, code, args...)
	r.unread = true
}

// Reader reads a file of results, row by row. It is not for concurrent use.
type Reader struct {
	layout layout
	source source
	judge  *judge
	record record // of the row at hand, to have room for it only once
	rows   int
}

// Open finds out from the first bytes what r is and reads up to its first row. The
// error is a *[FileError] when the file cannot be read as results, whatever the
// reason; its sentences are for the person who sent it.
func Open(r io.Reader, o Options) (*Reader, error) {
	limit := o.MaxBytes
	if limit <= 0 {
		limit = DefaultMaxBytes
	}
	bound := &bounded{from: r, left: limit}
	in := bufio.NewReaderSize(bound, 4*MaxLineBytes)
	head, err := in.Peek(MaxLineBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the first bytes: %w", err)
	}
	form, err := sniff(head)
	if err != nil {
		return nil, err
	}
	reader := &Reader{judge: newJudge(o)}
	switch form {
	case workbookForm:
		if o.MaxBytes <= 0 {
			bound.left -= DefaultMaxBytes - DefaultMaxWorkbookBytes
		}
		reader.source, reader.layout, err = openWorkbook(in, o)
	case ndjsonForm:
		reader.source, reader.layout, err = openNDJSON(in, o)
	default:
		reader.source, reader.layout, err = openCSV(in, o)
	}
	if err != nil {
		return nil, err
	}
	return reader, nil
}

// Next returns the next row, and io.EOF after the last. A bad row is no error: its
// findings say what is wrong, and reading goes on. Every other error is final; a
// file without any row is a *[FileError].
func (r *Reader) Next() (Row, error) {
	if err := r.source.next(&r.record); err != nil {
		if errors.Is(err, io.EOF) && r.rows == 0 {
			err = fileError("file_no_rows")
		}
		return Row{}, err
	}
	r.rows++
	return r.judge.row(&r.record), nil
}

// Close removes what reading a workbook left on disk. It does not close the
// io.Reader.
func (r *Reader) Close() error { return r.source.Close() }

// bounded reads at most left bytes and takes more for an error: a file of hundreds
// of gigabytes is refused while it comes in, not after.
type bounded struct {
	from io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, fileError("file_too_large")
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, fileError("file_too_large")
	}
	return n, err
}
