package intake

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
)

func utf16le(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

// TestRefusedFiles gives files that are no results at all.
func TestRefusedFiles(t *testing.T) {
	for _, test := range []struct{ name, input, code string }{
		{"nothing", "", "file_empty"},
		{"a byte order mark", "\xEF\xBB\xBF", "file_empty"},
		{"blank lines", " \r\n\n\t", "file_empty"},
		{"PDF", "%PDF-1.7\n", "file_pdf"},
		{"old Excel", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 Workbook", "file_xls"},
		{"Excel with a password", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + utf16le("EncryptedPackage"), "file_password"},
		{"gzip", "\x1F\x8B\x08", "file_archive"},
		{"RAR", "Rar!\x1A\x07", "file_archive"},
		{"PNG", "\x89PNG\r\n\x1A\n", "file_picture"},
		{"JPEG", "\xFF\xD8\xFF\xE0", "file_picture"},
		{"HTML named .xls", "<html><table><tr><td>Họ tên</td></tr></table>", "file_html"},
		{"XML spreadsheet", "<?xml version=\"1.0\"?><Workbook/>", "file_xml"},
		{"JSON array", `[{"full_name":"x"}]`, "file_json_array"},
		{"JSON over lines", "{\n\"full_name\": \"x\"\n}\n", "file_json_lines"},
		{"UTF-16 with a mark", "\xFF\xFE" + utf16le(shortHeader), "file_utf16"},
		{"UTF-16 without", utf16le(shortHeader), "file_utf16"},
		{"nothing but NUL", strings.Repeat("\x00", 4096), "file_binary"},
		{"one NUL", "\x00", "file_binary"},
		{"NUL at every place", strings.Repeat("\x00\x00\x00\x01", 100), "file_binary"},
		{"UTF-16 in Vietnamese", utf16le("Họ và tên;Giới tính;Ngày sinh;Số CCCD;Mũi tiêm;Ngày tiêm;Vắc xin\n"), "file_utf16"},
		{"program", "\x7FELF\x02\x01\x01" + strings.Repeat("\x90\x90\x90\x90\x90\x90\x00", 20), "file_binary"},
		{"TCVN3", shortHeader + "\nNguy\xD4n V\xA8n An,Nam,1990\nTr\xC7n Th\xDE H\xB5,Nam,1990\n", "file_tcvn3"},
		{"VNI", shortHeader + "\nNguye\xE3n Va\xEAn An,Nam,1990\nTra\xE0n Th\xF2 Ha\xF8,Nam,1990\n", "file_vni"},
		{"Windows-1258", shortHeader + "\nNguy\xEA\xDEn V\xE3n An,Nam,1990\nTr\xE2\xCCn Thi\xF2 Ha\xCC,Nam,1990\n", "file_windows1258"},
		{"some other encoding", shortHeader + "\n\xE4\xF6\xFC,Nam,1990\n", "file_not_utf8"},
		{"broken header", "H\xE4 v\xB5 t\xAAn,Gi\xEDi t\xDDnh\n", "file_tcvn3"},
		{"no header", "Nguyễn Thị Hòa;Nữ;07/03/1990;075190000123;1;12/08/2021;AstraZeneca\n", "file_no_header"},
		{"text", "Kính gửi Ủy ban nhân dân xã\n", "file_no_header"},
		{"lines that end in CR", shortHeader + "\rNguyễn,Nữ\r", "file_line_ends"},
		{"header only", shortHeader + "\n\n", "file_no_rows"},
		{"header and empty cells", shortHeader + "\n,,,,,,\n , ,,\n", "file_no_rows"},
		{"column missing", "full_name,gender,birth_date,id_number,dose_number,vaccinated_on\nA,Nam,1990,,1,\n", "file_columns_missing"},
		{"column missing, another unknown", strings.Replace(shortHeader, "vaccine", "thuốc", 1) + "\n", "file_columns_missing_unknown"},
		{"column twice", shortHeader + ",Họ và tên\n", "file_columns_double"},
		{"column unknown", shortHeader + ",Địa chỉ\n", "file_columns_unknown"},
		{"quote left open in the header", `"` + shortHeader + "\n", "file_no_header"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := tryAll(test.input, testOptions())
			var refused *FileError
			if !errors.As(err, &refused) {
				t.Fatalf("error %v, want a *FileError", err)
			}
			if refused.Code != test.code {
				t.Errorf("code %s, want %s", refused.Code, test.code)
			}
			checkFindings(t, []Finding{refused.Finding}, nil)
			if strings.Contains(refused.Error(), "Nguyễn") || strings.Contains(refused.VI, "Nguyễn") {
				t.Errorf("the error quotes a person: %v", refused)
			}
		})
	}
}

func TestColumnsAreNamed(t *testing.T) {
	_, err := tryAll(shortHeader+",Địa chỉ,\u202Elạ\nx\n", testOptions())
	if err == nil || !strings.Contains(err.Error(), "«Địa chỉ», «lạ»") {
		t.Errorf("error %v, want it to name both columns, without the override mark", err)
	}
	_, err = tryAll(strings.Replace(shortHeader, ",gender", "", 1)+"\nx\n", testOptions())
	if err == nil || !strings.Contains(err.Error(), "missing: gender") {
		t.Errorf("error %v, want it to name gender", err)
	}
	o := testOptions()
	o.IgnoreExtra = true
	rows := readAll(t, "Địa chỉ,"+shortHeader+"\nẤp 1,Nguyễn Thị Hòa,Nữ,1990,075190000123,1,12/08/2021,Moderna\n", o)
	if len(rows) != 1 || rows[0].Bad() || rows[0].Result.Vaccine != "Moderna" || rows[0].Original[0] != "Ấp 1" {
		t.Errorf("rows %+v, want one with the extra column passed over", rows)
	}
}

func TestHeaderNames(t *testing.T) {
	for _, test := range []struct{ name, header string }{
		{"contract", shortHeader},
		{"capitals and blanks", "FULL NAME,Gender,Birth.Date,ID number,DOSE_NUMBER, vaccinated on ,Vaccine"},
		{"Vietnamese", "Họ và tên,Giới tính,Ngày tháng năm sinh,Số CCCD/CMT,Mũi tiêm,Ngày tiêm,Vắc xin"},
		{"without marks", "ho ten,gioi tinh,ngay sinh,so cccd,mui so,ngay tiem,vac xin"},
		{"with underscores", "HO_VA_TEN,GIOI_TINH,NGAY_SINH,SO_CMND,MUI_TIEM,NGAY_TIEM,LOAI_VACXIN"},
		{"with remarks", "Họ và tên (*),Giới tính (Nam/Nữ),Ngày sinh (dd/mm/yyyy),CCCD/CMND,Mũi số,Ngày tiêm chủng,Tên vắc xin"},
		{"over two lines", "\"Họ và\ntên\",Giới tính,Năm sinh,Số định danh cá nhân,Mũi tiêm thứ,Ngày tiêm,Loại vắc xin"},
		{"semicolons", strings.ReplaceAll(shortHeader, ",", ";")},
		{"tabs", strings.ReplaceAll(shortHeader, ",", "\t")},
		{"byte order mark", "\xEF\xBB\xBF" + shortHeader},
		{"separator stated", "sep=,\n" + shortHeader},
		{"empty columns at the end", shortHeader + ",,"},
		{"quoted", `"full_name","gender","birth_date","id_number","dose_number","vaccinated_on","vaccine"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			row := "Nguyễn Thị Hòa,Nữ,07/03/1990,075190000123,1,12/08/2021,AstraZeneca"
			switch {
			case strings.Contains(test.header, ";"):
				row = strings.ReplaceAll(row, ",", ";")
			case strings.Contains(test.header, "\t"):
				row = strings.ReplaceAll(row, ",", "\t")
			}
			for _, lineEnd := range []string{"\n", "\r\n"} {
				rows := readAll(t, strings.ReplaceAll(test.header+"\n"+row, "\n", lineEnd), testOptions())
				if len(rows) != 1 || codes(rows[0]) != "" || rows[0].Result.FullName != "Nguyễn Thị Hòa" || rows[0].Result.Vaccine != "AstraZeneca" {
					t.Errorf("rows %+v, want one sound row", rows)
				}
			}
		})
	}
}

// TestNamesAreDistinct: no name may mean two columns.
func TestNamesAreDistinct(t *testing.T) {
	met := map[string]string{}
	for c, names := range aliases {
		for name := range strings.SplitSeq(columnNames[c]+"|"+names, "|") {
			key := foldName(name)
			if before, again := met[key]; again && before != columnNames[c] || key == "" {
				t.Errorf("%q means both %s and %s", name, before, columnNames[c])
			}
			met[key] = columnNames[c]
		}
	}
}

func TestSizeLimit(t *testing.T) {
	input := shortHeader + "\n" + strings.Repeat("Nguyễn Thị Hòa,Nữ,07/03/1990,,1,12/08/2021,AstraZeneca\n", 10_000)
	o := testOptions()
	for _, test := range []struct {
		name  string
		limit int64
		want  string
	}{
		{"as large as allowed", int64(len(input)), ""},
		{"one byte more", int64(len(input)) - 1, "file_too_large"},
		{"refused at once", 1000, "file_too_large"},
	} {
		o.MaxBytes = test.limit
		rows, err := tryAll(input, o)
		var refused *FileError
		switch {
		case test.want == "" && (err != nil || len(rows) != 10_000):
			t.Errorf("%s: %d rows, error %v, want all", test.name, len(rows), err)
		case test.want != "" && (!errors.As(err, &refused) || refused.Code != test.want):
			t.Errorf("%s: error %v, want %s", test.name, err, test.want)
		}
	}
}

func TestBrokenReader(t *testing.T) {
	input := shortHeader + "\n" + strings.Repeat("A,Nam,1990,,1,12/08/2021,AstraZeneca\n", 5000)
	broken := errors.New("line is down")
	r, err := Open(io.MultiReader(strings.NewReader(input), iotest.ErrReader(broken)), testOptions())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := drain(r); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	if _, err := Open(iotest.ErrReader(broken), testOptions()); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	// Bytes that come one at a time make the same rows.
	one, err := Open(iotest.OneByteReader(strings.NewReader(input)), testOptions())
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := drain(one); err != nil || len(rows) != 5000 {
		t.Errorf("%d rows, error %v, want 5000", len(rows), err)
	}
}

func TestFindingString(t *testing.T) {
	row := readAll(t, shortHeader+"\nNguyễn Thị Hòa,Nữ,1990,75190000123,1,07/03/2021,AstraZeneca", testOptions())[0]
	want := []string{
		"dòng 2, cột id_number [lost_leading_zero]: Số có 11 chữ số thay vì 12,",
		"dòng 2, cột vaccinated_on, cảnh báo [vaccinated_before_programme]: ",
	}
	if len(row.Findings) != len(want) {
		t.Fatalf("findings %v, want %d", row.Findings, len(want))
	}
	for i, f := range row.Findings {
		if !strings.HasPrefix(f.String(), want[i]) {
			t.Errorf("finding %q, want it to begin with %q", f, want[i])
		}
	}
}
