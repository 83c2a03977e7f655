package intake

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// lines is a text file of which one window of MaxLineBytes is seen at a time.
type lines struct {
	in   *bufio.Reader // with a buffer larger than the window
	line int           // number of the line that begins the window
}

// window shows what comes next, MaxLineBytes and one more unless the file ends
// before; io.EOF at the end.
func (l *lines) window() ([]byte, error) {
	ahead, err := l.in.Peek(MaxLineBytes + 1)
	switch {
	case err == nil || errors.Is(err, io.EOF) && len(ahead) > 0:
		return ahead, nil
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	}
	return nil, fmt.Errorf("reading line %d: %w", l.line, err)
}

// pass moves past n bytes of the window, which hold so many line ends.
func (l *lines) pass(n, ends int) {
	l.in.Discard(n) //nolint:errcheck // n bytes are in the buffer, the window showed them
	l.line += ends
}

// passLine moves past the end of the line, however long it is.
func (l *lines) passLine() error {
	for {
		_, err := l.in.ReadSlice('\n')
		switch {
		case err == nil || errors.Is(err, io.EOF):
			l.line++
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("reading line %d: %w", l.line, err)
		}
	}
}

// csvReader reads CSV by RFC 4180, with any separator and with LF beside CRLF, in
// bounded memory. After a row that cannot be read it goes on at the next line,
// which encoding/csv does not do when a quote is left open.
type csvReader struct {
	lines
	separator byte
	width     int // cells expected, to make room for
}

// csvRow is one record. Where fault is set, the code says why it could not be read,
// and cells hold the line cut at the separators.
type csvRow struct {
	line  int
	cells []string // share one string; nil if the line is too long
	fault string
}

// read returns the next record that is not a blank line.
func (c *csvReader) read() (csvRow, error) {
	for {
		ahead, err := c.window()
		if err != nil {
			return csvRow{}, err
		}
		row := csvRow{line: c.line}
		end := bytes.IndexByte(ahead, '\n')
		n, ends := end+1, 1
		if end < 0 {
			if len(ahead) > MaxLineBytes {
				row.fault = "line_too_long"
				return row, c.passLine()
			}
			n, end = len(ahead), len(ahead)
		}
		if line := bytes.TrimSuffix(ahead[:end], []byte("\r")); bytes.IndexByte(line, '"') < 0 {
			row.cells = c.cut(string(line))
		} else if n, ends, row.fault = c.extent(ahead); row.fault == "" {
			row.cells = c.unquote(string(ahead[:n]))
		} else {
			row.cells = c.cut(string(line))
			n, ends = min(end+1, len(ahead)), 1
		}
		c.pass(n, ends)
		if row.fault == "" && len(row.cells) == 1 && blank(row.cells[0]) {
			continue
		}
		c.width = len(row.cells)
		return row, nil
	}
}

// cut splits a line without quotes.
func (c *csvReader) cut(line string) []string {
	cells := make([]string, 0, max(c.width, 4))
	for {
		i := strings.IndexByte(line, c.separator)
		if i < 0 {
			return append(cells, line)
		}
		cells = append(cells, line[:i])
		line = line[i+1:]
	}
}

// extent measures the record with quotes that text begins with: its bytes with the
// line end, and the line ends in it.
func (c *csvReader) extent(text []byte) (n, ends int, fault string) {
	for {
		if n < len(text) && text[n] == '"' { // RFC 4180, 2.5
			n++
			for {
				i := bytes.IndexByte(text[n:], '"')
				if i < 0 {
					return 0, 0, "quote_unclosed"
				}
				ends += bytes.Count(text[n:n+i], []byte("\n"))
				n += i + 1
				if n == len(text) || text[n] != '"' {
					break
				}
				n++ // a quote written twice, RFC 4180, 2.7
			}
		} else {
			for n < len(text) && text[n] != c.separator && text[n] != '\n' {
				if text[n] == '"' {
					return 0, 0, "quote_misplaced"
				}
				n++
			}
		}
		rest := text[n:]
		switch {
		case len(rest) == 0:
			return n, ends + 1, ""
		case rest[0] == c.separator:
			n++
		case rest[0] == '\n':
			return n + 1, ends + 1, ""
		case bytes.HasPrefix(rest, []byte("\r\n")):
			return n + 2, ends + 1, ""
		case string(rest) == "\r":
			return n + 1, ends + 1, ""
		default:
			return 0, 0, "quote_misplaced"
		}
	}
}

// unquote splits a record that extent measured.
func (c *csvReader) unquote(text string) []string {
	text = strings.TrimSuffix(text, "\n")
	text = strings.TrimSuffix(text, "\r")
	cells := make([]string, 0, max(c.width, 4))
	for {
		var end int
		if strings.HasPrefix(text, `"`) {
			end = 1
			doubled := false
			for {
				end += strings.IndexByte(text[end:], '"') + 1
				if end == len(text) || text[end] != '"' {
					break
				}
				doubled = true
				end++
			}
			cell := text[1 : end-1]
			if doubled {
				cell = strings.ReplaceAll(cell, `""`, `"`)
			}
			cells = append(cells, cell)
		} else {
			if end = strings.IndexByte(text, c.separator); end < 0 {
				end = len(text)
			}
			cells = append(cells, text[:end])
		}
		if end == len(text) {
			return cells
		}
		text = text[end+1:]
	}
}

// separators that CSV comes with: RFC 4180's, that of Excel where the decimal mark
// is a comma, as in Việt Nam, and that of text pasted out of a sheet.
const separators = ",;\t"

func passByteOrderMark(in *bufio.Reader) bool {
	start, err := in.Peek(len(byteOrderMark))
	if err != nil || !bytes.Equal(start, byteOrderMark) {
		return false
	}
	in.Discard(len(byteOrderMark)) //nolint:errcheck // it was just seen
	return true
}

// readHeader finds the separator, the one that leaves most columns that are
// recognised, and reads the header with it.
func (c *csvReader) readHeader(recognised func([]string) int) ([]string, error) {
	ahead, err := c.window()
	if err != nil {
		return nil, err
	}
	// Excel takes the separator from such a first line, and some programs write it.
	if line, rest, found := bytes.Cut(ahead, []byte("\n")); found && bytes.HasPrefix(line, []byte("sep=")) {
		c.pass(len(line)+1, 1)
		ahead = rest
	}
	if text := bytes.TrimSuffix(ahead, []byte("\r")); bytes.IndexByte(text, '\r') >= 0 && bytes.IndexByte(text, '\n') < 0 {
		return nil, fileError("file_line_ends")
	}
	most := -1
	for _, separator := range []byte(separators) {
		trial := csvReader{separator: separator, lines: lines{in: bufio.NewReaderSize(bytes.NewReader(ahead), MaxLineBytes+1)}}
		row, err := trial.read()
		if err != nil {
			return nil, fileError("file_no_header")
		}
		if n := recognised(row.cells); n > most {
			most, c.separator = n, separator
		}
	}
	row, err := c.read()
	switch {
	case err != nil:
		return nil, err
	case row.fault != "":
		return nil, fileError("file_no_header")
	}
	return row.cells, nil
}
