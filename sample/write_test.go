package sample_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/unicode/norm"

	"kytiem/bundle"
	"kytiem/sample"
)

const english = "full_name gender birth_date id_type id_number nationality dose_number vaccinated_on vaccine lot_number site " +
	"external_id unit match match_reason health_confirmed_by police_confirmed_by"

// real are rows with everything in them but faults.
func real() []sample.Row {
	return slices.Collect(sample.Rows(sample.Options{Seed: 1, Rows: 3000, Mix: sample.RealMix()}))
}

// same compares what stands in a file under its columns with the row it was made from.
func same(t *testing.T, cell func(column string) string, want sample.Row, date func(bundle.Date) string) {
	t.Helper()
	for column, want := range map[string]string{
		"full_name": want.FullName, "birth_date": date(want.BirthDate), "id_type": string(want.IDType), "id_number": want.IDNumber,
		"nationality": want.Nationality, "dose_number": strconv.Itoa(want.DoseNumber), "vaccinated_on": date(want.VaccinatedOn),
		"vaccine": want.Vaccine, "lot_number": want.LotNumber, "site": want.Site, "external_id": want.ExternalID, "unit": want.Unit,
		"match": string(want.Match), "match_reason": want.MatchReason,
		"health_confirmed_by": want.HealthConfirmedBy, "police_confirmed_by": want.PoliceConfirmedBy,
	} {
		if got := cell(column); got != want {
			t.Fatalf("column %s: got %q, want %q", column, got, want)
		}
	}
}

func TestWriteCSV(t *testing.T) {
	tests := []struct {
		name    string
		options sample.CSVOptions
	}{
		{"as defined", sample.CSVOptions{}},
		{"as Excel writes", sample.ExcelCSV()},
		{"decomposed", sample.CSVOptions{NFD: true}},
	}
	rows := real()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var file bytes.Buffer
			if err := sample.WriteCSV(&file, slices.Values(rows), tt.options); err != nil {
				t.Fatal(err)
			}
			text, bom := strings.CutPrefix(file.String(), "\ufeff")
			if bom != tt.options.BOM {
				t.Errorf("got byte order mark %t, want %t", bom, tt.options.BOM)
			}
			if got := strings.Contains(text, "\r\n"); got != tt.options.CRLF {
				t.Errorf("got carriage returns %t, want %t", got, tt.options.CRLF)
			}
			in := csv.NewReader(strings.NewReader(text))
			if tt.options.Comma != 0 {
				in.Comma = tt.options.Comma
			}
			records, err := in.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if got, want := len(records), len(rows)+1; got != want {
				t.Fatalf("got %d lines, want %d", got, want)
			}
			columns := strings.Fields(english)
			if tt.options.Header == sample.Vietnamese {
				if records[0][0] != "Họ và tên" || records[1][1] != "Nam" && records[1][1] != "Nữ" {
					t.Errorf("got head %q and gender %q, want Vietnamese", records[0], records[1][1])
				}
			} else if !slices.Equal(records[0], columns) {
				t.Errorf("got head %q, want %q", records[0], columns)
			}
			for i, record := range records[1:] {
				want := rows[i]
				if tt.options.NFD {
					if !norm.NFD.IsNormalString(strings.Join(record, "")) {
						t.Fatalf("line %d is not decomposed", i+2)
					}
					want.FullName = norm.NFC.String(want.FullName)
				}
				same(t, func(column string) string {
					cell := record[slices.Index(columns, column)]
					if tt.options.NFD {
						cell = norm.NFC.String(cell)
					}
					return cell
				}, want, bundle.Date.Vietnamese)
			}
		})
	}
}

func TestWriteNDJSON(t *testing.T) {
	rows := real()
	var file bytes.Buffer
	if err := sample.WriteNDJSON(&file, slices.Values(rows)); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(&file)
	n := 0
	for ; lines.Scan(); n++ {
		object := map[string]any{}
		if err := json.Unmarshal(lines.Bytes(), &object); err != nil {
			t.Fatalf("line %d: %v", n+1, err)
		}
		if _, ok := object["dose_number"].(float64); !ok {
			t.Fatalf("line %d: dose number is %T, want a number", n+1, object["dose_number"])
		}
		object["dose_number"] = strconv.Itoa(int(object["dose_number"].(float64)))
		for column := range object {
			if !slices.Contains(strings.Fields(english), column) {
				t.Fatalf("line %d: member %q", n+1, column)
			}
		}
		same(t, func(column string) string {
			cell, _ := object[column].(string)
			return cell
		}, rows[n], bundle.Date.String)
	}
	if n != len(rows) {
		t.Errorf("got %d lines, want %d", n, len(rows))
	}
}

func TestWriteXLSX(t *testing.T) {
	rows := real()
	var file bytes.Buffer
	if err := sample.WriteXLSX(&file, slices.Values(rows)); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	sheet := book.GetSheetName(0)
	lines, err := book.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(lines), len(rows)+1; got != want {
		t.Fatalf("got %d lines, want %d", got, want)
	}
	columns := strings.Fields(english)
	for i, line := range lines[1:] {
		same(t, func(column string) string {
			if at := slices.Index(columns, column); at < len(line) {
				return line[at]
			}
			return "" // empty cells at the end of a line are left out
		}, rows[i], bundle.Date.Vietnamese)
	}
	for _, cell := range []string{"E2", "G2", "H2"} {
		kind, err := book.GetCellType(sheet, cell)
		if err != nil || kind == excelize.CellTypeNumber || kind == excelize.CellTypeUnset {
			t.Errorf("cell %s: got type %v, %v, want text", cell, kind, err)
		}
	}
}

// full is a disk with no room after some bytes.
type full int

var errFull = errors.New("no space left")

func (f *full) Write(b []byte) (int, error) {
	if *f -= full(len(b)); *f < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestDiskFull(t *testing.T) {
	rows := sample.Rows(sample.Options{Rows: 2000})
	tests := []struct {
		name  string
		write func(w io.Writer) error
	}{
		{"csv", func(w io.Writer) error { return sample.WriteCSV(w, rows, sample.ExcelCSV()) }},
		{"ndjson", func(w io.Writer) error { return sample.WriteNDJSON(w, rows) }},
		{"xlsx", func(w io.Writer) error { return sample.WriteXLSX(w, rows) }},
	}
	for _, tt := range tests {
		for _, room := range []full{0, 10, 5000} {
			t.Run(tt.name+" after "+strconv.Itoa(int(room)), func(t *testing.T) {
				if err := tt.write(&room); !errors.Is(err, errFull) {
					t.Errorf("got %v, want %v", err, errFull)
				}
			})
		}
	}
}

func TestFaults(t *testing.T) {
	var file bytes.Buffer
	rows := slices.Collect(sample.Rows(sample.Options{Seed: 9, Rows: 4000, Mix: sample.Mix{Bad: 0.2}}))
	if err := sample.WriteCSV(&file, slices.Values(rows), sample.CSVOptions{}); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	columns := strings.Fields(english)
	spoilt := map[sample.Fault]int{}
	for i, row := range rows {
		record := records[i+1]
		cell := func(column string) string { return record[slices.Index(columns, column)] }
		spoilt[row.Fault]++
		ok := true
		switch row.Fault {
		case sample.FaultNone:
			same(t, cell, row, bundle.Date.Vietnamese)
		case sample.FaultLostZero:
			ok = len(cell("id_number")) == 11 && "0"+cell("id_number") == row.IDNumber
		case sample.FaultLetter:
			ok = strings.Count(cell("id_number"), "O") == 1
		case sample.FaultBirth:
			ok = cell("birth_date") == "05/13/1970"
		case sample.FaultDay:
			ok = cell("vaccinated_on") == "31/02/2021"
		case sample.FaultFuture:
			ok = strings.HasSuffix(cell("vaccinated_on"), "/2121")
		case sample.FaultGender:
			ok = cell("gender") == "?"
		case sample.FaultDose:
			ok = cell("dose_number") == "mũi hai"
		case sample.FaultBidi:
			ok = strings.ContainsRune(cell("full_name"), '\u202e')
		case sample.FaultUnit:
			ok = cell("unit") != row.Unit
		case sample.FaultDuplicate:
			ok = i > 0 && row.Result == rows[i-1].Result && rows[i-1].Fault == sample.FaultNone
		default:
			t.Fatalf("row %d: fault %q", i, row.Fault)
		}
		if !ok {
			t.Errorf("row %d, fault %s: got %q", i, row.Fault, record)
		}
	}
	bad := len(rows) - spoilt[sample.FaultNone]
	if share := float64(bad) / float64(len(rows)); share < 0.17 || share > 0.23 {
		t.Errorf("got %d of %d rows spoilt, want a fifth", bad, len(rows))
	}
	if len(spoilt) != 11 {
		t.Errorf("got faults %v, want all ten", spoilt)
	}
}

func BenchmarkWriteCSV(b *testing.B) {
	b.ReportAllocs()
	if err := sample.WriteCSV(io.Discard, sample.Rows(sample.Options{Rows: b.N, Mix: sample.RealMix()}), sample.ExcelCSV()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkWriteNDJSON(b *testing.B) {
	if err := sample.WriteNDJSON(io.Discard, sample.Rows(sample.Options{Rows: b.N, Mix: sample.RealMix()})); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkWriteXLSX(b *testing.B) {
	for b.Loop() {
		if err := sample.WriteXLSX(io.Discard, sample.Rows(sample.Options{Rows: 50_000, Mix: sample.RealMix()})); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(50_000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
