package intake

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"kytiem/bundle"
)

// resultWith reads the full row with some cells changed.
func resultWith(t *testing.T, changes map[string]string) Row {
	t.Helper()
	names, cells := strings.Split(fullHeader, ","), strings.Split(fullRow, ",")
	for i, name := range names {
		if value, changed := changes[name]; changed {
			cells[i] = `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
			delete(changes, name)
		}
	}
	if len(changes) > 0 {
		t.Fatalf("no such columns: %v", changes)
	}
	rows := readAll(t, fullHeader+"\n"+strings.Join(cells, ",")+"\n", testOptions())
	if len(rows) != 1 {
		t.Fatalf("%d rows, want 1", len(rows))
	}
	return rows[0]
}

func TestSoundRow(t *testing.T) {
	row := resultWith(t, nil)
	want := bundle.Result{
		ExternalID: "E-1", Unit: testUnit,
		FullName: "Nguyễn Thị Hòa", Gender: bundle.Female, BirthDate: bundle.Date{Year: 1990, Month: 3, Day: 7},
		IDType: bundle.CCCD, IDNumber: "075190000123", Nationality: "VN",
		DoseNumber: 1, VaccinatedOn: bundle.Date{Year: 2021, Month: 8, Day: 12}, Vaccine: "AstraZeneca",
		LotNumber: "ABV5822", Site: "Trạm Y tế xã Phú Hòa", Match: bundle.Matched,
		HealthConfirmedBy: "BS. Lê Văn An", PoliceConfirmedBy: "Đại úy Trần Văn Bình",
	}
	if row.Result != want {
		t.Errorf("result %+v, want %+v", row.Result, want)
	}
	if len(row.Findings) > 0 || row.Bad() || row.Line != 2 {
		t.Errorf("line %d, findings %v, want line 2 without any", row.Line, row.Findings)
	}
	if lacks := row.Result.Lacks(); len(lacks) > 0 {
		t.Errorf("lacks %v, want none", lacks)
	}
	if got := strings.Join(row.Original, ","); got != fullRow {
		t.Errorf("original %q, want %q", got, fullRow)
	}
}

// TestRules changes one cell of a sound row (or several, as name=value separated by
// ;;) and looks at what is said and what is read.
func TestRules(t *testing.T) {
	for _, test := range []struct {
		name, change string
		codes        string // a ? behind warnings
		column, want string // what is read in a column, where it matters
	}{
		{"name in NFD becomes NFC", "full_name=" + norm.NFD.String("Nguyễn Thị Hòa"), "", "full_name", "Nguyễn Thị Hòa"},
		{"blanks collapse", "full_name=\u00A0 Nguyễn\u00A0\u3000Thị  Hòa ", "", "full_name", "Nguyễn Thị Hòa"},
		{"line end behind the name", "full_name=Nguyễn Thị Hòa\r\n", "", "full_name", "Nguyễn Thị Hòa"},
		{"old tone marks stay", "full_name=Nguyễn Thị Hoà", "", "full_name", "Nguyễn Thị Hoà"},
		{"foreign name", "full_name=Jean-Marc D'Aubigné O’Neill", "", "full_name", "Jean-Marc D'Aubigné O’Neill"},
		{"minority name", "full_name=Y Ƀlăm Êban", "", "full_name", "Y Ƀlăm Êban"},
		{"name missing", "full_name= ", "", "full_name", ""},
		{"name of 200", "full_name=" + strings.Repeat("a", 200), "", "full_name", strings.Repeat("a", 200)},
		{"name of 200 in NFD", "full_name=" + strings.Repeat("e\u0323\u0302", 200), "", "full_name", strings.Repeat("ệ", 200)},
		{"name of 201", "full_name=" + strings.Repeat("a", 201), "full_name:text_too_long", "full_name", ""},
		{"name of 201 beyond the quick way", "full_name=" + strings.Repeat("ж", 201), "full_name:text_too_long", "full_name", ""},
		{"name of 10,000", "full_name=" + strings.Repeat("ệ", 10_000), "full_name:text_too_long", "full_name", ""},
		{"tab within", "full_name=Nguyễn\tHòa", "full_name:control_character", "full_name", ""},
		{"line break within", "full_name=Nguyễn\nHòa", "full_name:control_character", "full_name", ""},
		{"NUL", "full_name=Nguyễn\x00Hòa", "full_name:control_character", "full_name", ""},
		{"right-to-left override", "full_name=Nguyễn\u202EHòa", "full_name:invisible_character", "full_name", ""},
		{"right-to-left isolate", "full_name=Nguyễn\u2067Hòa", "full_name:invisible_character", "full_name", ""},
		{"zero width space", "full_name=Nguyễn\u200BHòa", "full_name:invisible_character", "full_name", ""},
		{"soft hyphen", "full_name=Nguyễn\u00ADHòa", "full_name:invisible_character", "full_name", ""},
		{"line separator", "full_name=Nguyễn\u2028Hòa", "full_name:invisible_character", "full_name", ""},
		{"paragraph separator", "site=Trạm\u2029Y tế", "site:invisible_character", "site", ""},
		{"Hangul filler", "full_name=Nguyễn\u3164Hòa", "full_name:invisible_character", "full_name", ""},
		{"variation selector", "full_name=Nguyễn\uFE0FHòa", "full_name:invisible_character", "full_name", ""},
		{"byte order mark within", "site=Trạm\uFEFF", "site:invisible_character", "site", ""},
		{"private use", "full_name=Nguyễn\uE000", "full_name:unassigned_character", "full_name", ""},
		{"unassigned", "full_name=Nguyễn\u0378", "full_name:unassigned_character", "full_name", ""},
		{"replacement character", "full_name=Nguy\uFFFDn", "full_name:replacement_character", "full_name", ""},
		{"formula error", "full_name=#N/A", "full_name:spreadsheet_error", "full_name", ""},
		{"formula error in a text", "site=#REF!", "site:spreadsheet_error", "site", ""},
		{"TCVN3 signs", "full_name=NguyÔn V¨n Anh", "full_name:name_legacy_signs", "full_name", ""},
		{"TCVN3 letters", "full_name=TrÇn Lan", "full_name:name_legacy_letters?", "full_name", "TrÇn Lan"},
		{"VNI", "full_name=Traàn Vaên An", "full_name:name_legacy_letters?", "full_name", "Traàn Vaên An"},
		{"odd letters of a foreigner", "full_name=Jürgen Åström;;nationality=DE;;id_type=PASSPORT;;id_number=C01X00T47", "", "full_name", "Jürgen Åström"},
		{"Eth for Đ", "full_name=Ðặng Văn An", "full_name:name_eth?", "full_name", "Ðặng Văn An"},
		{"digit in the name", "full_name=Nguyễn Hòa 2", "full_name:name_signs?", "full_name", "Nguyễn Hòa 2"},
		{"emoji in the name", "full_name=Nguyễn 😀", "full_name:name_signs?", "full_name", "Nguyễn 😀"},

		{"gender in capitals", "gender=NAM;;id_number=075090000123", "", "gender", "nam"},
		{"gender without marks", "gender=nu", "", "gender", "nu"},
		{"gender in NFD", "gender=" + norm.NFD.String("Nữ"), "", "gender", "nu"},
		{"gender in English", "gender=Female", "", "gender", "nu"},
		{"gender M", "gender=M;;id_number=075090000123", "", "gender", "nam"},
		{"gender as digit", "gender=1", "gender:gender_digit", "gender", ""},
		{"gender as insurance digit", "gender=2", "gender:gender_digit", "gender", ""},
		{"gender unknown", "gender=x", "gender:gender_unknown", "gender", ""},
		{"gender as sign", "gender=?", "gender:gender_unknown", "gender", ""},
		{"gender missing", "gender=", "", "gender", ""},

		{"birth in ISO", "birth_date=1990-03-07", "", "birth_date", "1990-03-07"},
		{"birth with single digits", "birth_date=7/3/1990", "", "birth_date", "1990-03-07"},
		{"birth with dots", "birth_date=7.3.1990", "", "birth_date", "1990-03-07"},
		{"birth with dashes", "birth_date=07-03-1990", "", "birth_date", "1990-03-07"},
		{"birth with midnight", "birth_date=1990-03-07 00:00:00", "", "birth_date", "1990-03-07"},
		{"birth of a month", "birth_date=03/1990", "", "birth_date", "1990-03"},
		{"birth of a month in ISO", "birth_date=1990-03", "", "birth_date", "1990-03"},
		{"birth of a year", "birth_date=1990", "", "birth_date", "1990"},
		{"birth with blanks", "birth_date= 07/03/1990\u00A0", "", "birth_date", "1990-03-07"},
		{"birth on 31 February", "birth_date=31/02/1990", "birth_date:date_not_in_calendar", "birth_date", ""},
		{"birth on 29 February", "birth_date=29/02/1990", "birth_date:date_not_in_calendar", "birth_date", ""},
		{"birth with month first", "birth_date=03/25/1990", "birth_date:date_month_first", "birth_date", ""},
		{"birth with two-digit year", "birth_date=07/03/90", "birth_date:date_two_digit_year", "birth_date", ""},
		{"birth with zeros", "birth_date=00/00/1990", "birth_date:date_zero_part", "birth_date", ""},
		{"birth with a zero month", "birth_date=00/1990", "birth_date:date_zero_part", "birth_date", ""},
		{"birth in year 0", "birth_date=0000", "birth_date:date_not_in_calendar", "birth_date", ""},
		{"birth as serial number", "birth_date=32939", "birth_date:date_serial", "birth_date", ""},
		{"birth in words", "birth_date=mồng 7 tháng 3", "birth_date:date_form", "birth_date", ""},
		{"birth with mixed marks", "birth_date=07/03-1990", "birth_date:date_form", "birth_date", ""},
		{"birth in full-width digits", "birth_date=１９９０", "birth_date:date_form", "birth_date", ""},
		{"birth with a zone", "birth_date=1990-03-07T00:00:00Z", "birth_date:date_zone", "birth_date", ""},
		{"birth at 25 o'clock", "birth_date=1990-03-07 25:00", "birth_date:date_form", "birth_date", ""},
		{"birth tomorrow", "birth_date=02/12/2021", "birth_date:birth_in_future", "birth_date", ""},
		{"birth before 1890", "birth_date=1889", "birth_date:birth_too_early", "birth_date", ""},
		{"birth missing", "birth_date=", "", "birth_date", ""},

		{"vaccinated today", "vaccinated_on=01/12/2021", "", "vaccinated_on", "2021-12-01"},
		{"vaccinated tomorrow", "vaccinated_on=02/12/2021", "vaccinated_on:vaccinated_in_future", "vaccinated_on", ""},
		{"vaccinated in a month", "vaccinated_on=08/2021", "vaccinated_on:vaccinated_incomplete", "vaccinated_on", ""},
		{"vaccinated on the first day", "vaccinated_on=08/03/2021", "", "vaccinated_on", "2021-03-08"},
		{"vaccinated before it", "vaccinated_on=07/03/2021", "vaccinated_on:vaccinated_before_programme?", "vaccinated_on", "2021-03-07"},
		{"vaccinated before birth", "birth_date=2021-09-01;;id_number=", "vaccinated_on:vaccinated_before_birth", "vaccinated_on", ""},
		{"vaccinated in the year of birth", "birth_date=2021;;id_number=", "", "vaccinated_on", "2021-08-12"},

		{"card by its length", "id_type=", "", "id_type", "CCCD"},
		{"old card by its length", "id_type=;;id_number=271234567", "", "id_type", "CMND"},
		{"old card by another name", "id_type=CMT;;id_number=271234567", "", "id_type", "CMND"},
		{"old card of 12 digits", "id_type=CMND", "", "id_type", "CMND"},
		{"passport by its form", "id_type=;;id_number=C1234567", "", "id_type", "PASSPORT"},
		{"passport in small letters", "id_type=Hộ chiếu;;id_number=c1234567", "", "id_number", "C1234567"},
		{"foreign passport of letters", "id_type=;;nationality=DE;;id_number=C01X00T47", "", "id_type", "PASSPORT"},
		{"nine digits of a foreigner", "id_type=;;nationality=US;;id_number=123456789", "id_number:id_length", "id_number", ""},
		{"apostrophe of Excel", "id_number='075190000123", "", "id_number", "075190000123"},
		{"one zero lost", "id_number=75190000123", "id_number:lost_leading_zero", "id_number", ""},
		{"two zeros lost", "id_number=1190000123", "id_number:lost_leading_zero", "id_number", ""},
		{"zero of an old card lost", "id_type=CMND;;id_number=71234567", "id_number:lost_leading_zero", "id_number", ""},
		{"zero lost, type not stated", "id_type=;;id_number=75190000123", "id_number:lost_leading_zero", "id_number", ""},
		{"seven digits", "id_type=;;id_number=1234567", "id_number:id_length", "id_number", ""},
		{"thirteen digits", "id_number=0751900001234", "id_number:id_length", "id_number", ""},
		{"number in scientific notation", "id_number=7.52E+10", "id_number:id_spreadsheet_number", "id_number", ""},
		{"number in Vietnamese notation", "id_number=7,52E+10", "id_number:id_spreadsheet_number", "id_number", ""},
		{"number as float", "id_number=75190000123.0", "id_number:id_spreadsheet_number", "id_number", ""},
		{"full-width digits", "id_number=０７５１９００００１２３", "id_number:id_not_ascii", "id_number", ""},
		{"Arabic digits", "id_number=٠٧٥١٩٠٠٠٠١٢٣", "id_number:id_not_ascii", "id_number", ""},
		{"groups", "id_number=075 190 000 123", "id_number:id_separators", "id_number", ""},
		{"letter O", "id_number=O75190000123", "id_number:id_form", "id_number", ""},
		{"letter O, type not stated", "id_type=;;id_number=O75190000123", "id_number:id_form", "id_number", ""},
		{"small letter o, as long as a passport's", "id_type=;;id_number=o71234567", "id_number:id_form", "id_number", ""},
		{"letter O of a passport", "id_type=PASSPORT;;id_number=O1234567", "", "id_number", "O1234567"},
		{"letter O of a foreigner", "id_type=;;nationality=US;;id_number=O1234567", "", "id_type", "PASSPORT"},
		{"other letters, type not stated", "id_type=;;id_number=ABC75190000123", "id_number:id_type_missing", "id_number", ""},
		{"sign", "id_number=07519000012#", "id_number:id_form", "id_number", ""},
		{"century to come", "id_number=075490000123", "id_number:id_century", "id_number", ""},
		{"12 digits as passport", "id_type=PASSPORT", "id_number:id_type_mismatch", "id_number", ""},
		{"9 digits as card", "id_number=271234567", "id_number:id_type_mismatch", "id_number", ""},
		{"short passport", "id_type=PASSPORT;;id_number=C123", "id_number:passport_form", "id_number", ""},
		{"unknown document", "id_type=bằng lái", "id_type:id_type_unknown", "id_number", ""},
		{"no province", "id_number=003190000123", "id_number:id_province?", "id_number", "003190000123"},
		{"born abroad", "id_number=101190000123", "", "id_number", "101190000123"},
		{"another birth year", "id_number=075191000123", "id_number:id_birth_year?", "id_number", "075191000123"},
		{"another century", "id_number=075390000123", "id_number:id_birth_year?", "id_number", "075390000123"},
		{"other gender", "id_number=075090000123", "id_number:id_gender?", "id_number", "075090000123"},
		{"number missing", "id_number=", "", "id_number", ""},

		{"nationality by name", "nationality=Việt Nam", "", "nationality", "VN"},
		{"nationality without marks", "nationality=viet nam", "", "nationality", "VN"},
		{"nationality by alpha-3", "nationality=VNM", "", "nationality", "VN"},
		{"nationality in English", "nationality=South Korea", "", "nationality", "KR"},
		{"America", "nationality=Mỹ", "", "nationality", "US"},
		{"Malaysia or America", "nationality=MY", "nationality:nationality_by_code?", "nationality", "MY"},
		{"My", "nationality=My", "nationality:nationality_ambiguous", "nationality", ""},
		{"Russia", "nationality=Nga", "", "nationality", "RU"},
		{"Nigeria or Russia", "nationality=NGA", "nationality:nationality_ambiguous", "nationality", ""},
		{"nationality empty", "nationality=", "", "nationality", ""},
		{"no nationality", "nationality=Kinh", "nationality:nationality_unknown", "nationality", ""},

		{"dose in words", "dose_number=Mũi 2", "", "dose_number", "2"},
		{"dose as float", "dose_number=2.0", "", "dose_number", "2"},
		{"dose in English", "dose_number=Dose 3", "", "dose_number", "3"},
		{"dose of a half", "dose_number=2.5", "dose_number:dose_form", "dose_number", ""},
		{"one of two doses", "dose_number=1/2", "dose_number:dose_form", "dose_number", ""},
		{"dose 0", "dose_number=0", "dose_number:dose_range", "dose_number", ""},
		{"dose 10", "dose_number=10", "dose_number:dose_range", "dose_number", ""},
		{"booster", "dose_number=Mũi nhắc lại", "dose_number:dose_form", "dose_number", ""},
		{"negative dose", "dose_number=-1", "dose_number:dose_form", "dose_number", ""},

		{"vaccine by product", "vaccine=Comirnaty", "", "vaccine", "Pfizer"},
		{"vaccine with maker", "vaccine=Pfizer (Comirnaty)", "", "vaccine", "Pfizer"},
		{"vaccine with a word in front", "vaccine=Vắc xin Vero-Cell", "", "vaccine", "Vero Cell"},
		{"vaccine in capitals", "vaccine=ASTRAZENECA", "", "vaccine", "AstraZeneca"},
		{"vaccine of another list", "vaccine=Nanocovax", "vaccine:vaccine_unknown?", "vaccine", "Nanocovax"},

		{"match with marks", "match=Đúng", "", "match", "dung"},
		{"match true", "match=TRUE", "", "match", "dung"},
		{"match wrong", "match=Sai;;match_reason=không trùng khớp", "", "match", "sai"},
		{"match cleansed", "match=Đã làm sạch", "", "match", "lam-sach"},
		{"match missing", "match=", "", "match", ""},
		{"match unknown", "match=có", "match:match_unknown", "match", ""},

		{"another unit", "unit=26042", "unit:other_unit", "unit", "26041"},
		{"unit empty", "unit=", "", "unit", "26041"},
		{"formula made harmless", "site='=Trạm", "", "site", "=Trạm"},
		{"number with country code", "external_id='+84", "", "external_id", "+84"},
		{"long lot", "lot_number=" + strings.Repeat("A", 101), "lot_number:text_too_long", "lot_number", ""},
		{"several faults", "gender=1;;dose_number=0;;match=?", "gender:gender_digit dose_number:dose_range match:match_unknown", "vaccine", "AstraZeneca"},
	} {
		t.Run(test.name, func(t *testing.T) {
			changes := map[string]string{}
			for change := range strings.SplitSeq(test.change, ";;") {
				name, value, _ := strings.Cut(change, "=")
				changes[name] = value
			}
			row := resultWith(t, changes)
			if got := codes(row); got != test.codes {
				t.Errorf("codes %q, want %q", got, test.codes)
			}
			if got := valueOf(row.Result, test.column); got != test.want {
				t.Errorf("%s %q, want %q", test.column, got, test.want)
			}
			checkFindings(t, row.Findings, changes)
		})
	}
}

// checkFindings asks that sentences are there, whole and without values.
func checkFindings(t *testing.T, findings []Finding, changes map[string]string) {
	t.Helper()
	for _, f := range findings {
		if f.VI == "" || f.EN == "" || strings.Contains(f.VI+f.EN, "%") {
			t.Errorf("finding without whole sentences: %+v", f)
		}
		for _, value := range changes {
			if len(value) > 3 && (strings.Contains(f.VI, value) || strings.Contains(f.EN, value)) {
				t.Errorf("finding %s quotes the value", f.Code)
			}
		}
	}
}

func valueOf(r bundle.Result, name string) string {
	if name == "dose_number" {
		return strings.Trim(string(rune('0'+r.DoseNumber)), "0")
	}
	return map[string]string{
		"full_name": r.FullName, "gender": string(r.Gender), "birth_date": r.BirthDate.String(), "id_type": string(r.IDType),
		"id_number": r.IDNumber, "nationality": r.Nationality, "vaccinated_on": r.VaccinatedOn.String(), "vaccine": r.Vaccine,
		"lot_number": r.LotNumber, "site": r.Site, "external_id": r.ExternalID, "unit": r.Unit, "match": string(r.Match),
	}[name]
}

func TestPrintable(t *testing.T) {
	o := testOptions()
	o.Printable = func(r rune) bool { return r < 0x2000 && r != 'Ƀ' }
	for _, test := range []struct{ name, old, cell, want string }{
		{"in the font", "Nguyễn Thị Hòa", "Nguyễn Thị Hòa", ""},
		{"not in the font", "Nguyễn Thị Hòa", "Y Ƀlăm", "full_name:unprintable_character"},
		{"far from the font", "Nguyễn Thị Hòa", "Nguyễn 😀", "full_name:unprintable_character"},
		{"composed before it is asked", "Nguyễn Thị Hòa", norm.NFD.String("Nguyễn"), ""},
		{"full-width digits of a number are called so", "075190000123", "０75190000123", "id_number:id_not_ascii"},
		{"full-width letters of a number", "075190000123", "Ｃ1234567", "id_number:unprintable_character"},
	} {
		row := readAll(t, fullHeader+"\n"+strings.Replace(fullRow, test.old, test.cell, 1), o)[0]
		if got := codes(row); got != test.want {
			t.Errorf("%s: codes %q, want %q", test.name, got, test.want)
		}
	}
}

func TestToday(t *testing.T) {
	// 17:30 UTC on 30 November is 1 December in Việt Nam.
	o := testOptions()
	o.Now = func() time.Time { return fixedNow().Add(-9*time.Hour - 30*time.Minute) }
	row := readAll(t, fullHeader+"\n"+strings.Replace(fullRow, "12/08/2021", "01/12/2021", 1), o)[0]
	if row.Bad() {
		t.Errorf("findings %v, want none: the day is that of Việt Nam", row.Findings)
	}
}

func TestDuplicates(t *testing.T) {
	line := func(name, number, dose, date string) string {
		return name + ",Nữ,07/03/1990," + number + "," + dose + "," + date + ",AstraZeneca"
	}
	input := strings.Join([]string{
		shortHeader,
		line("Nguyễn Thị Hòa", "075190000123", "1", "12/08/2021"),
		line("Nguyễn Thị Hòa", "075190000123", "2", "12/11/2021"), // 3: the next dose
		line("Nguyễn Thị Hòa", "075190000123", "1", "2021-08-12"), // 4: twin of 2
		line("Nguyễn Thị Hòa", "075190000123", "1", "13/08/2021"), // 5: another date
		line("Nguyễn Thị Hòa", "075190000123", "1", "13/08/2021"), // 6: twin of 5
		line("Trần Thị Hoa", "075190000124", "x", "12/08/2021"),   // 7: bad, not remembered
		line("Trần Thị Hoa", "075190000124", "1", "12/08/2021"),
		line("Lê Thị Ba", "", "1", "12/08/2021"),
		line("Lê Thị Ba", "", "1", "12/08/2021"), // 10: may be another person
		line("Lê Thị Ba", "", "1", "13/08/2021"), // 11
	}, "\n")
	want := []string{
		"", "", "duplicate", "vaccinated_on:duplicate_other_date?", "duplicate", "dose_number:dose_form", "", "", "duplicate_possible?", "",
	}
	for i, row := range readAll(t, input, testOptions()) {
		if got := codes(row); got != want[i] {
			t.Errorf("line %d: codes %q, want %q", row.Line, got, want[i])
		}
		if row.Line == 6 && !strings.Contains(row.Findings[0].VI, "dòng 5;") {
			t.Errorf("line 6 is not said to be the twin of line 5: %s", row.Findings[0].VI)
		}
	}
}
