package intake

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// TestCSVLines looks at where rows begin and what is wrong with them as lines.
func TestCSVLines(t *testing.T) {
	const row = "Nguyễn Thị Hòa,Nữ,1990,,1,12/08/2021,AstraZeneca"
	long := strings.Repeat("x", MaxLineBytes+1)
	for _, test := range []struct{ name, body, want string }{
		{"one row", row, "2:"},
		{"blank lines between", "\n\n" + row + "\r\n\r\n \n" + row + "\n", "4: 7:"},
		{"rows of empty cells", ",,,,,,\n" + row + "\n,,,,,,\n", "3:"},
		{"line break in quotes", strings.Replace(row, "AstraZeneca", "\"Astra\nZeneca\"", 1) + "\n" + row, "2:vaccine:control_character 4:"},
		{"separator in quotes", strings.Replace(row, "AstraZeneca", `"Vero Cell, inactivated"`, 1), "2:"},
		{"quote in quotes", strings.Replace(row, "AstraZeneca", `"""Moderna"""`, 1), "2:"},
		{"fewer cells", "Nguyễn,Nữ\n" + row, "2:too_few_cells 3:"},
		{"more cells", row + ",x\n" + row + ",\n", "2:too_many_cells 3:"},
		{"row broken in two", "Nguyễn\nThị Hòa,Nữ,1990,,1,12/08/2021,AstraZeneca\n", "2:too_few_cells 3:"},
		{"quote within a cell", "Nguyễn \"Hòa\"" + row[len("Nguyễn Thị Hòa"):] + "\n" + row, "2:quote_misplaced 3:"},
		{"text behind a quote", `"Nguyễn" Hòa` + row[len("Nguyễn Thị Hòa"):] + "\n" + row, "2:quote_misplaced 3:"},
		{"quote left open", `"` + row + "\n" + row + "\n" + row, "2:quote_unclosed 3: 4:"},
		{"quote left open at the end", row + "\n" + strings.Replace(row, "Astra", `"Astra`, 1), "2: 3:quote_unclosed"},
		{"quote left open before much", `"` + row + "\n" + strings.Repeat(row+"\n", 2000), "2:quote_unclosed" + numbered(3, 2000)},
		{"long line", row + "\n" + long + "\n" + row, "2: 3:line_too_long 4:"},
		{"very long line", row + "\n" + strings.Repeat(long, 20) + "\n" + row, "2: 3:line_too_long 4:"},
		{"long line at the end", row + "\n" + long + "x", "2: 3:line_too_long"},
		{"long cell in quotes", `"` + long[:40_000] + "\n" + long[:40_000] + `",` + row + "\n" + row, "2:quote_unclosed 3:quote_misplaced 4:"},
		{"broken letter among sound rows", strings.Repeat(row+"\n", 3) + strings.Replace(row, "Hòa", "H\xB5", 1), "2: 3: 4: 5:full_name:not_utf8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, r := range readAll(t, shortHeader+"\n"+test.body, testOptions()) {
				got = append(got, fmt.Sprintf("%d:%s", r.Line, codes(r)))
			}
			joined := strings.Join(got, " ")
			if joined != test.want {
				t.Errorf("rows %.200q, want %.200q", joined, test.want)
			}
		})
	}
}

// numbered is " 3: 4: 5:" for n sound rows from line first.
func numbered(first, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " %d:", first+i)
	}
	return b.String()
}

// FuzzCSV holds our reader of CSV against encoding/csv: what that reads without an
// error, we read into the same cells; what we read, nothing of it is lost.
func FuzzCSV(f *testing.F) {
	f.Add("a,b\n1,2\n", byte(0))
	f.Add("a;\"b\"\"c\"\r\n\r\n\"1\n2\";2", byte(1))
	f.Add("\"a\tb\"\tc\r", byte(2))
	f.Add("a,\"b\nc\nd\"\"\n", byte(0))
	f.Fuzz(func(t *testing.T, input string, which byte) {
		separator := separators[int(which)%len(separators)]
		ours, err := allCSV(input, separator)
		if err != nil {
			t.Fatalf("reading: %v", err)
		}
		line, quoteFault := 1, false
		for _, row := range ours {
			if row.line < line {
				t.Fatalf("line %d comes after line %d", row.line, line)
			}
			line = row.line + 1
			quoteFault = quoteFault || row.fault != ""
		}
		if n := strings.Count(input, "\n") + 2; line > n+1 {
			t.Fatalf("line %d of %d", line, n)
		}
		checkAccounted(t, input, ours)

		reader := csv.NewReader(strings.NewReader(input))
		reader.Comma, reader.FieldsPerRecord = rune(separator), -1
		theirs, err := reader.ReadAll()
		if err != nil || quoteFault {
			return
		}
		var got [][]string
		for _, row := range ours {
			got = append(got, row.cells)
		}
		theirs = slices.DeleteFunc(theirs, func(cells []string) bool { return len(cells) == 1 && blank(cells[0]) })
		if a, b := normalLineEnds(got), normalLineEnds(theirs); a != b {
			t.Errorf("cells %q, encoding/csv %q", a, b)
		}
	})
}

func allCSV(input string, separator byte) ([]csvRow, error) {
	reader := csvReader{lines: lines{in: bufio.NewReaderSize(strings.NewReader(input), 4*MaxLineBytes), line: 1}, separator: separator}
	var rows []csvRow
	for {
		row, err := reader.read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
}

// checkAccounted asks that every line with something in it lies in some row.
func checkAccounted(t *testing.T, input string, rows []csvRow) {
	t.Helper()
	text := strings.Split(input, "\n")
	var held strings.Builder
	for _, row := range rows {
		held.WriteString(strings.Join(row.cells, ""))
	}
	letters := func(s string) int { return strings.Count(s, "a") + strings.Count(s, "1") }
	tooLong := slices.ContainsFunc(rows, func(row csvRow) bool { return row.fault == "line_too_long" })
	if got, want := letters(held.String()), letters(strings.Join(text, "")); got != want && !tooLong {
		t.Errorf("%d letters came through of %d", got, want)
	}
}

// normalLineEnds makes rows comparable: encoding/csv turns CRLF in quotes into LF.
func normalLineEnds(rows [][]string) string {
	var b strings.Builder
	for _, cells := range rows {
		for _, cell := range cells {
			fmt.Fprintf(&b, "%q ", strings.ReplaceAll(cell, "\r", ""))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// FuzzOpen gives anything to Open, as a file of its own or behind a header, and reads
// it to the end: no panic, lines in order, every row either sound or with a reason.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(fullHeader + "\n" + fullRow))
	f.Add([]byte(`{"full_name":"Nguyễn","dose_number":1}`))
	f.Add([]byte("\xEF\xBB\xBF" + strings.ReplaceAll(fullHeader, ",", ";") + "\r\n\"x"))
	f.Add([]byte("sep=;\n" + shortHeader))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, input := range []string{string(data), fullHeader + "\n" + string(data), "{}\n" + string(data)} {
			rows, err := tryAll(input, testOptions())
			if refused := (*FileError)(nil); err != nil && !errors.As(err, &refused) {
				t.Fatalf("error %v is no *FileError", err)
			}
			checkRows(t, rows)
		}
	})
}

// checkRows holds what must be true of any rows.
func checkRows(t *testing.T, rows []Row) {
	t.Helper()
	line := 0
	for _, row := range rows {
		if row.Line <= line {
			t.Fatalf("line %d comes after line %d", row.Line, line)
		}
		line = row.Line
		for _, f := range row.Findings {
			if f.VI == "" || f.EN == "" || f.Line != row.Line {
				t.Fatalf("finding without sentences or with another line: %+v", f)
			}
		}
		r := row.Result
		if len([]rune(r.FullName)) > maxName || len([]rune(r.Site)) > maxLong || len([]rune(r.Vaccine)) > maxShort || len(r.IDNumber) > maxNumber {
			t.Fatalf("line %d: a text is longer than its limit", row.Line)
		}
		if !r.BirthDate.Valid() || !r.VaccinatedOn.Valid() || r.DoseNumber < 0 || r.DoseNumber > maxDose {
			t.Fatalf("line %d: date or dose is not valid", row.Line)
		}
	}
}
