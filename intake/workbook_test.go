package intake

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// workbook makes an XLSX file of sheets, each a list of rows.
func workbook(t testing.TB, sheets ...[][]any) []byte {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	for i, rows := range sheets {
		name := fmt.Sprintf("Sheet%d", i+1)
		if i > 0 {
			if _, err := book.NewSheet(name); err != nil {
				t.Fatal(err)
			}
		}
		for j, row := range rows {
			if err := book.SetSheetRow(name, fmt.Sprintf("A%d", j+1), &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func cellsOf(line string) []any {
	var cells []any
	for cell := range strings.SplitSeq(line, ",") {
		cells = append(cells, cell)
	}
	return cells
}

func readWorkbook(t testing.TB, data []byte) ([]Row, error) {
	t.Helper()
	r, err := Open(bytes.NewReader(data), testOptions())
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	}()
	return drain(r)
}

func TestWorkbook(t *testing.T) {
	header := cellsOf(shortHeader)
	data := workbook(t, [][]any{{"Ghi chú"}}, [][]any{
		{"DANH SÁCH KẾT QUẢ TIÊM CHỦNG"},
		nil,
		header,
		{"Nguyễn Thị Hòa", "Nữ", 32939, "075190000123", 1, 44420, "AstraZeneca"},          // dates as serial numbers
		{"Trần Văn Bình", "Nam", 1945, "", 2, 44420.75, "Moderna"},                        // a year; a time of day
		{"Lê Thị Ba", "Nữ", "03/1950", 75190000123, "Mũi 1", "12/08/2021", "Pfizer", nil}, // a number that lost its zero
		nil,
		{" ", nil, ""},
		{"Phạm Văn Tư", "Nam"},
		{"Võ Văn Năm", "Nam", "1950", "", 1, "12/08/2021", "Pfizer", "thừa"},
	})
	rows, err := readWorkbook(t, data)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		line               int
		codes, birth, date string
	}{
		{4, "", "1990-03-07", "2021-08-12"},
		{5, "", "1945", "2021-08-12"},
		{6, "id_number:lost_leading_zero", "1950-03", "2021-08-12"},
		{9, "", "", ""},
		{10, "too_many_cells", "", ""},
	}
	if len(rows) != len(want) {
		t.Fatalf("%d rows, want %d: %+v", len(rows), len(want), rows)
	}
	for i, w := range want {
		row := rows[i]
		if row.Line != w.line || codes(row) != w.codes || row.Result.BirthDate.String() != w.birth || row.Result.VaccinatedOn.String() != w.date {
			t.Errorf("line %d, codes %q, birth %s, vaccinated %s; want %+v", row.Line, codes(row), row.Result.BirthDate, row.Result.VaccinatedOn, w)
		}
	}
	if got := rows[0].Original[5]; got != "12/08/2021" {
		t.Errorf("original date %q, want as people write it", got)
	}
	if got := rows[2].Original[3]; got != "75190000123" {
		t.Errorf("original number %q, want it as it came", got)
	}
}

func TestWorkbook1904(t *testing.T) {
	if got := serialDate("42958", true); got != "12/08/2021" {
		t.Errorf("day 42958 of 1904 is %s, want 12/08/2021", got)
	}
	for _, text := range []string{"1945", "2021", "99", "123456", "x", "", "1e9", "44420x", "44420.x", "-44420"} {
		if got := serialDate(text, false); got != text {
			t.Errorf("%q became %q, want it left alone", text, got)
		}
	}
}

func TestRefusedWorkbooks(t *testing.T) {
	header, row := cellsOf(shortHeader), cellsOf("Nguyễn,Nữ,1990,,1,12/08/2021,Moderna")
	wide := make([]any, 300)
	wide[299] = "x"
	sound := workbook(t, [][]any{header, row})
	for _, test := range []struct {
		name string
		data []byte
		code string
	}{
		{"two tables", workbook(t, [][]any{header, row}, [][]any{header, row}), "file_sheets"},
		{"no header", workbook(t, [][]any{row, row}), "file_no_header"},
		{"header only", workbook(t, [][]any{header}), "file_no_rows"},
		{"header too far down", workbook(t, append(make([][]any, titleRows), header, row)), "file_no_header"},
		{"columns missing", workbook(t, [][]any{header[:5], row}), "file_columns_missing"},
		{"wide row", workbook(t, [][]any{header, row, wide}), "file_sheet_wide"},
		{"truncated", sound[:len(sound)/2], "file_workbook_broken"},
		{"Word", zipped(t, "word/document.xml", "<x/>"), "file_word"},
		{"OpenDocument", zipped(t, "mimetype", "x", "content.xml", "<x/>"), "file_ods"},
		{"xlsb", zipped(t, "xl/workbook.bin", "x"), "file_xlsb"},
		{"archive", zipped(t, "results.csv", fullHeader), "file_archive"},
		{"empty archive", zipped(t), "file_archive"},
		{"workbook in name only", zipped(t, "xl/workbook.xml", "<x/>"), "file_workbook_broken"},
		{"sheet that breaks off", replacedPart(t, sound, "xl/worksheets/sheet1.xml", func(s string) string { return s[:len(s)-60] }), "file_workbook_broken"},
		{"sheet that breaks off amid", replacedPart(t, sound, "xl/worksheets/sheet1.xml", func(s string) string {
			return strings.Replace(s, "</row>", "</rowx>", 1)
		}), "file_workbook_broken"},
		{"too many parts", zipped(t, make([]string, 2*maxParts+2)...), "file_zip_bomb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := readWorkbook(t, test.data)
			var refused *FileError
			if !errors.As(err, &refused) {
				t.Fatalf("error %v, want a *FileError", err)
			}
			if refused.Code != test.code {
				t.Errorf("code %s, want %s", refused.Code, test.code)
			}
			checkFindings(t, []Finding{refused.Finding}, nil)
		})
	}
}

// TestZipBomb: a small file that unfolds to much, in a sheet, in the shared strings
// and in a part nobody asked for; one that is modest in each part; one that lies.
func TestZipBomb(t *testing.T) {
	sound := workbook(t, [][]any{cellsOf(shortHeader)})
	const blanks = 4 << 20
	packed := deflated(t, blanks)
	for _, test := range []struct {
		name     string
		part     string
		times    int
		declared uint64
		stored   int // bytes in the archive
		code     string
	}{
		{"sheet", "xl/worksheets/sheet1.xml", 1, blanks, len(packed), "file_zip_bomb"},
		{"shared strings", "xl/sharedStrings.xml", 1, blanks, len(packed), "file_zip_bomb"},
		{"picture", "xl/media/image.png", 1, blanks, len(packed), "file_zip_bomb"},
		{"one large part", "xl/media/image.png", 1, maxUnzipped, 4 << 20, "file_zip_bomb"},
		{"many large parts", "xl/media/image.png", 40, 8 << 20, 100 << 10, "file_zip_bomb"},
		{"sizes beyond counting", "xl/media/image.png", 2, 1<<64 - 1, 100, "file_zip_bomb"},
		{"less declared than there is", "xl/worksheets/sheet1.xml", 1, 1000, len(packed), "file_workbook_broken"},
	} {
		t.Run(test.name, func(t *testing.T) {
			content := append(bytes.Clone(packed), make([]byte, max(0, test.stored-len(packed)))...)
			data := addPart(t, sound, test.part, test.times, test.declared, content[:test.stored])
			if len(data) > 5<<20 {
				t.Fatalf("the bomb itself has %d bytes", len(data))
			}
			_, err := readWorkbook(t, data)
			var refused *FileError
			if !errors.As(err, &refused) || refused.Code != test.code {
				t.Errorf("error %v, want %s", err, test.code)
			}
		})
	}
}

// zipped makes an archive of names and contents.
func zipped(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		part, err := w.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, parts[i+1])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// replacedPart packs a workbook anew with one part changed.
func replacedPart(t testing.TB, data []byte, name string, change func(string) string) []byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, part := range archive.File {
		content, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		if part.Name == name {
			text = []byte(change(string(text)))
		}
		parts = append(parts, part.Name, string(text))
	}
	return zipped(t, parts...)
}

// deflated packs so many blanks.
func deflated(t testing.TB, size int64) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(bytes.Repeat([]byte(" "), int(size))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// addPart puts a part into a workbook, several times, instead of what has its name:
// with the size it declares, true or not.
func addPart(t testing.TB, data []byte, name string, times int, declared uint64, packed []byte) []byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, part := range archive.File {
		if part.Name != name {
			if err := w.Copy(part); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range times {
		part, err := w.CreateRaw(&zip.FileHeader{
			Name: name, Method: zip.Deflate, CompressedSize64: uint64(len(packed)), UncompressedSize64: declared,
		})
		if err != nil {
			t.Fatal(err)
		}
		part.Write(packed)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// FuzzXLSX gives any text to the parser of sheets, in an archive that is sound, and
// any bytes as the archive.
func FuzzXLSX(f *testing.F) {
	sound := workbook(f, [][]any{cellsOf(shortHeader), cellsOf("Nguyễn,Nữ,1990,,1,12/08/2021,Moderna")})
	replacedPart(f, sound, "xl/worksheets/sheet1.xml", func(s string) string {
		f.Add(s, true)
		return s
	})
	f.Add(string(sound), false)
	f.Add(`<worksheet><sheetData><row r="1048576"><c r="XFD1" t="inlineStr"><is><t>full_name</t></is></c></row></sheetData></worksheet>`, true)
	f.Fuzz(func(t *testing.T, text string, asSheet bool) {
		data := []byte(text)
		if asSheet {
			data = replacedPart(t, sound, "xl/worksheets/sheet1.xml", func(string) string { return text })
		} else if !strings.HasPrefix(text, "PK") {
			return
		}
		rows, err := readWorkbook(t, data)
		if refused := (*FileError)(nil); err != nil && !errors.As(err, &refused) {
			t.Fatalf("error %v is no *FileError", err)
		}
		checkRows(t, rows)
	})
}
