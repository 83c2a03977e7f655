package intake

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"kytiem/bundle"
)

// fixedNow is the day on which all tests run.
func fixedNow() time.Time { return time.Date(2021, time.December, 1, 3, 0, 0, 0, time.UTC) }

const testUnit = "26041"

func testOptions() Options { return Options{Unit: testUnit, Now: fixedNow} }

// fullHeader names the columns in the order of fullRow.
const fullHeader = "full_name,gender,birth_date,id_type,id_number,nationality,dose_number,vaccinated_on,vaccine,lot_number,site," +
	"external_id,unit,match,match_reason,health_confirmed_by,police_confirmed_by"

const fullRow = "Nguyễn Thị Hòa,Nữ,07/03/1990,CCCD,075190000123,VN,1,12/08/2021,AstraZeneca,ABV5822,Trạm Y tế xã Phú Hòa," +
	"E-1,26041,dung,,BS. Lê Văn An,Đại úy Trần Văn Bình"

// shortHeader has the mandatory columns only.
const shortHeader = "full_name,gender,birth_date,id_number,dose_number,vaccinated_on,vaccine"

// readAll reads a file to its end.
func readAll(t testing.TB, input string, o Options) []Row {
	t.Helper()
	rows, err := tryAll(input, o)
	if err != nil {
		t.Fatalf("reading: %v", err)
	}
	return rows
}

func tryAll(input string, o Options) ([]Row, error) {
	r, err := Open(strings.NewReader(input), o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return drain(r)
}

func drain(r *Reader) ([]Row, error) {
	var rows []Row
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
}

// codes are the codes of a row's findings, warnings with a ?.
func codes(row Row) string {
	var all []string
	for _, f := range row.Findings {
		code := f.Code
		if f.Warning {
			code += "?"
		}
		if f.Column != "" {
			code = f.Column + ":" + code
		}
		all = append(all, code)
	}
	return strings.Join(all, " ")
}

// madeUp is a file of made-up results that is never there as a whole.
type madeUp struct {
	rows, made int
	ndjson     bool
	rest       []byte
}

var (
	familyNames = [...]string{"Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ"}
	middleNames = [...]string{"Văn", "Thị", "Hữu", "Ngọc", "Đức", "Minh", "Thanh", "Quốc"}
	givenNames  = [...]string{"Hòa", "Bình", "Phúc", "Hạnh", "Tuấn", "Dũng", "Phượng", "Quyên", "Ánh", "Nghĩa"}
)

func (m *madeUp) Read(p []byte) (int, error) {
	for len(m.rest) < len(p) && m.made <= m.rows {
		m.rest = m.append(m.rest, m.made)
		m.made++
	}
	if len(m.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, m.rest)
	m.rest = append(m.rest[:0], m.rest[n:]...)
	return n, nil
}

// append writes row i; row 0 is the header.
func (m *madeUp) append(b []byte, i int) []byte {
	if i == 0 {
		if m.ndjson {
			return b
		}
		return append(append(b, fullHeader...), '\n')
	}
	name := familyNames[i%10] + " " + middleNames[i/10%8] + " " + givenNames[i/80%10]
	year := 30 + i%70
	gender, sex := "Nam", 0
	if i%2 == 1 {
		gender, sex = "Nữ", 1
	}
	number := fmt.Sprintf("075%d%02d%06d", sex, year, i%1_000_000)
	born := bundle.Date{Year: 1900 + year, Month: 1 + i%12, Day: 1 + i%28}.Vietnamese()
	given := bundle.Date{Year: 2021, Month: 4 + i%8, Day: 1 + i%28}.Vietnamese()
	format := "%s,%s,%s,CCCD,%s,VN,%d,%s,AstraZeneca,ABV5822,Trạm Y tế xã Phú Hòa,E-%d,26041,dung,,BS. Lê Văn An,Đại úy Trần Văn Bình\n"
	if m.ndjson {
		format = `{"full_name":"%s","gender":"%s","birth_date":"%s","id_type":"CCCD","id_number":"%s","nationality":"VN","dose_number":%d,` +
			`"vaccinated_on":"%s","vaccine":"AstraZeneca","lot_number":"ABV5822","site":"Trạm Y tế xã Phú Hòa","external_id":"E-%d",` +
			`"unit":"26041","match":"dung","match_reason":"","health_confirmed_by":"BS. Lê Văn An","police_confirmed_by":"Đại úy Trần Văn Bình"}` + "\n"
	}
	return fmt.Appendf(b, format, name, gender, born, number, 1+i/1_000_000, given, i)
}
