package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"kytiem/bundle"
)

// errorFile writes all rows of a file into an error file.
func errorFile(t testing.TB, input []byte, o Options, more ...Finding) (rows []Row, out []byte) {
	t.Helper()
	r, err := Open(bytes.NewReader(input), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if rows, err = drain(r); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	f := NewErrorFile(&b, r)
	for _, row := range rows {
		if err := f.Write(row, more...); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return rows, b.Bytes()
}

const faultyRows = `Nguyễn Thị Hòa,Nữ,07/03/1990,75190000123,1,12/08/2021,AstraZeneca
"Trần ""Tư"", Văn",1,1990,,x,2021,"=HYPERLINK(""x"")"
@SUM(A1),+84,-1,=2,'=3,'4,"Pfizer
và Moderna"
Lê Thị Ba,Nữ,1950,,2,12/08/2021,Janssen
 Phạm Văn Bốn ,Nam,00/00/1950,012345678,1,31/02/2021,Vero Cell
`

// TestErrorFileRoundTrip: an error file read again gives the same results and the
// same findings, and written again the same bytes.
func TestErrorFileRoundTrip(t *testing.T) {
	var sheet [][]any
	sheet = append(sheet, []any{"Danh sách"}, cellsOf(shortHeader))
	for _, row := range readAll(t, shortHeader+"\n"+faultyRows, testOptions()) {
		var cells []any
		for _, cell := range row.Original {
			cells = append(cells, cell)
		}
		sheet = append(sheet, cells)
	}
	for _, test := range []struct {
		name  string
		input []byte
	}{
		{"CSV", []byte(shortHeader + "\n" + faultyRows)},
		{"CSV with mark and CRLF", []byte("\xEF\xBB\xBF" + strings.ReplaceAll(shortHeader+"\n"+faultyRows, "\n", "\r\n"))},
		{"CSV of Vietnamese Excel", []byte("Họ và tên;Giới tính;Ngày sinh;Số CCCD;Mũi tiêm;Ngày tiêm;Vắc xin\n" +
			"Nguyễn;Nữ;1990;75190000123;1;12/08/2021;Moderna\nTrần, Văn;Nam;1990;;2;31/02/2021;Moderna\n")},
		{"CSV with ignored column", []byte("STT," + shortHeader + "\n1,Nguyễn,x,1990,,1,12/08/2021,Moderna\n")},
		{"CSV with rows too long", []byte(shortHeader + "\nNguyễn,Nữ,1990,,1,12/08/2021,Moderna,thừa,=2\n")},
		{"CSV with a broken letter", []byte(shortHeader + "\nNguyễn,Nữ,1990,,1,12/08/2021,Moderna\nTr\xC7n,Nữ,1990,,1,12/08/2021,Moderna\n")},
		{"NDJSON", []byte(`{"full_name":"Nguy\u1ec5n","gender":1,"extra":[1,{"a":null}],"id_number":75190000123}` + "\n" +
			"{ \"Họ tên\" : \"=cmd\", \"birth_date\": \"31/02/1990\" }\nnot JSON\n{}\n")},
		{"XLSX", workbook(t, sheet)},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := testOptions()
			o.IgnoreExtra = strings.Contains(test.name, "ignored")
			rows, first := errorFile(t, test.input, o)
			again, second := errorFile(t, first, o)
			if len(rows) != len(again) {
				t.Fatalf("%d rows came back of %d", len(again), len(rows))
			}
			for i := range rows {
				if test.name == "NDJSON" && codes(rows[i]) == "bad_json" {
					if codes(again[i]) != "empty_row" || again[i].Original[0] != rows[i].Original[0] {
						t.Errorf("line that is no JSON came back as %+v", again[i])
					}
					continue
				}
				if rows[i].Result != again[i].Result || codes(rows[i]) != codes(again[i]) {
					t.Errorf("row %d: %+v %s, came back as %+v %s", i, rows[i].Result, codes(rows[i]), again[i].Result, codes(again[i]))
				}
				want := slices.Clone(rows[i].Original)
				if test.name != "NDJSON" {
					for j := range want {
						want[j] = guarded(want[j])
					}
				}
				if !slices.Equal(again[i].Original, want) {
					t.Errorf("row %d: cells %q, want %q", i, again[i].Original, want)
				}
			}
			if test.name != "XLSX" && test.name != "NDJSON" && !bytes.Equal(first, second) {
				t.Errorf("second error file\n%s\nfirst\n%s", second, first)
			}
		})
	}
}

func TestErrorFileCSV(t *testing.T) {
	_, out := errorFile(t, []byte("\xEF\xBB\xBFHọ tên;Giới tính;Ngày sinh;CCCD;Mũi;Ngày tiêm;Vắc xin;error\r\n=cmd;Nữ;1990;75190000123;1;07/03/2021;Moderna;old\r\n"), testOptions())
	want := "\xEF\xBB\xBFHọ tên;Giới tính;Ngày sinh;CCCD;Mũi;Ngày tiêm;Vắc xin;error;loi\n" +
		"'=cmd;Nữ;1990;75190000123;1;07/03/2021;Moderna;name_signs lost_leading_zero vaccinated_before_programme;" +
		`"(cảnh báo) full_name: Họ tên có chữ số hoặc ký hiệu; hãy kiểm tra lại. ` +
		`id_number: Số có 11 chữ số thay vì 12, có thể Excel đã làm mất 1 số 0 ở đầu; hãy kiểm tra giấy tờ rồi thêm số 0 vào trước. ` +
		`(cảnh báo) vaccinated_on: Ngày tiêm trước 08/03/2021, ngày bắt đầu tiêm vắc xin phòng COVID-19 tại Việt Nam; hãy kiểm tra lại."` + "\n"
	if string(out) != want {
		t.Errorf("error file\n%s\nwant\n%s", out, want)
	}
}

// TestErrorFileIsHarmless: no cell of a table that we write begins like a formula.
func TestErrorFileIsHarmless(t *testing.T) {
	_, out := errorFile(t, []byte("full_name,gender,birth_date,id_number,dose_number,vaccinated_on,vaccine,=x\n"+
		"=1,+2,-3,@4,\"\t5\",\"\r6\",=7,=8,=9\n"), Options{Now: fixedNow, IgnoreExtra: true})
	rows, err := allCSV(string(out), ',')
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, cell := range row.cells {
			if cell != "" && strings.ContainsAny(cell[:1], formulaStarts) {
				t.Errorf("line %d has cell %q", row.line, cell)
			}
		}
	}
}

func TestErrorFileOfUnreadableLine(t *testing.T) {
	rows, out := errorFile(t, []byte(shortHeader+"\n"+strings.Repeat("x", MaxLineBytes+1)+"\n"), testOptions())
	if rows[0].Original != nil {
		t.Errorf("original %d cells, want none", len(rows[0].Original))
	}
	again := readAll(t, string(out), testOptions())
	if len(again) != 1 || codes(again[0]) != "empty_row" {
		t.Errorf("rows %+v: the line was lost without a word", again)
	}
}

func TestErrorFileNDJSON(t *testing.T) {
	_, out := errorFile(t, []byte("{\"gender\":1 , \"id_number\" : 12345678901234567890}\n<html>&\n"), testOptions())
	lines := strings.Split(string(out), "\n")
	if !strings.HasPrefix(lines[0], `{"gender":1,"id_number" : 12345678901234567890,"error":"gender_digit id_length","loi":"gender: Giới`) {
		t.Errorf("line 1: %s", lines[0])
	}
	if !strings.HasPrefix(lines[1], `{"unread":"<html>&","error":"bad_json","loi":"`) {
		t.Errorf("line 2: %s", lines[1])
	}
	for _, line := range lines[:2] {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
}

// TestNotReady is the other use of error files: rows that are sound but not ready.
func TestNotReady(t *testing.T) {
	lacks := []Finding{Explain(2, bundle.LacksMatch), Explain(2, bundle.LacksPolice)}
	rows, out := errorFile(t, []byte(shortHeader+"\nNguyễn,Nữ,1990,,1,12/08/2021,Moderna\n"), testOptions(), lacks...)
	if rows[0].Bad() || !strings.Contains(string(out), ",lacks_match lacks_police,match: Chưa đối sánh") {
		t.Errorf("bad %v, file\n%s", rows[0].Bad(), out)
	}
	if again := readAll(t, string(out), testOptions()); len(again) != 1 || codes(again[0]) != "" {
		t.Errorf("came back as %+v", again)
	}
}

func TestErrorFileWithoutRows(t *testing.T) {
	r, err := Open(strings.NewReader(shortHeader+"\nNguyễn,Nữ,1990,,1,12/08/2021,Moderna\n"), testOptions())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := NewErrorFile(&b, r).Close(); err != nil || b.String() != shortHeader+",error,loi\n" {
		t.Errorf("file %q, error %v, want the header", b.String(), err)
	}
	broken := errors.New("disk is full")
	f := NewErrorFile(writerFunc(func([]byte) (int, error) { return 0, broken }), r)
	f.Write(Row{Line: 2})
	if err := f.Close(); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }
