package attest_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"kytiem/attest"
	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/intake"
	"kytiem/sample"
)

// resultsFile writes n sample rows, a share of them spoilt, in one of the forms.
func resultsFile(t testing.TB, form string, n int, bad float64) []byte {
	t.Helper()
	unit, _ := sample.Unit(commune)
	rows := sample.Rows(sample.Options{Seed: 7, Rows: n, Unit: unit, Mix: sample.Mix{Bad: bad}})
	var out bytes.Buffer
	var err error
	switch form {
	case "csv":
		err = sample.WriteCSV(&out, rows, sample.CSVOptions{})
	case "excel csv":
		err = sample.WriteCSV(&out, rows, sample.ExcelCSV())
	case "ndjson":
		err = sample.WriteNDJSON(&out, rows)
	case "xlsx":
		err = sample.WriteXLSX(&out, rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (d *desk) imported(t testing.TB, content []byte) attest.Imported {
	t.Helper()
	in, err := d.Import(t.Context(), d.who[attest.Health], attest.Upload{Unit: commune, File: scan(t, content)})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// TestImport: every form of file, with rows that are bad; the error file has these and is of the same form.
func TestImport(t *testing.T) {
	for _, form := range []string{"csv", "excel csv", "ndjson", "xlsx"} {
		t.Run(form, func(t *testing.T) {
			d := newDesk(t, nil)
			content := resultsFile(t, form, 300, 0.1)
			in := d.imported(t, content)
			if in.Rows != 300 || in.Bad < 10 || in.Taken+in.Bad+in.Doubled != in.Rows || in.Again != "" {
				t.Errorf("%d rows, %d taken, %d bad, %d doubled, again %q", in.Rows, in.Taken, in.Bad, in.Doubled, in.Again)
			}
			if len(in.Findings) == 0 || len(in.Findings) > attest.MaxFindings {
				t.Errorf("%d findings", len(in.Findings))
			}
			counts, err := d.CountResults(t.Context(), d.who[attest.Health], commune)
			if err != nil || counts[attest.LacksHealth|attest.LacksPolice] != in.Taken || len(counts) != 1 {
				t.Errorf("results %v (%v): want %d that nobody has confirmed, whatever the file says", counts, err, in.Taken)
			}
			kept, err := d.ImportOf(t.Context(), d.who[attest.Health], in.ID)
			if err != nil || kept != in.Import {
				t.Errorf("kept %+v (%v), want %+v", kept, err, in.Import)
			}
			blob, err := d.ErrorFile(t.Context(), d.who[attest.Health], in.ID)
			if err != nil {
				t.Fatal(err)
			}
			back, err := io.ReadAll(blob.Reader())
			if err != nil || blob.SHA256 != in.Errors {
				t.Fatal(err)
			}
			again := d.imported(t, back)                  // not mended
			if again.Rows != in.Bad || again.Taken != 0 { // what doubled a row of its file doubles a result now
				t.Errorf("error file: %d rows, %d bad, %d doubled, %d taken, want %d and none taken", again.Rows, again.Bad, again.Doubled, again.Taken, in.Bad)
			}
			twice := d.imported(t, content)
			if twice.Again != in.ID || twice.Taken != 0 || twice.Doubled != in.Taken+in.Doubled || twice.Bad != in.Bad {
				t.Errorf("the same file: again %q, %d taken, %d doubled", twice.Again, twice.Taken, twice.Doubled)
			}
			found, _, err := d.Imports(t.Context(), d.who[attest.Head], commune, attest.Page{})
			if err != nil || len(found) != 3 {
				t.Errorf("%d imports (%v), want 3", len(found), err)
			}
			if e := d.entries(t, "results.import"); len(e) != 3 || e[0].Subject != in.ID || e[0].Unit != commune {
				t.Errorf("%d entries for 3 imports", len(e))
			}
		})
	}
}

// entries are the audit entries of an act.
func (d *desk) entries(t testing.TB, act string) (found []audit.Entry) {
	t.Helper()
	for e, err := range d.store.Glance().AuditEntries(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Act == act {
			found = append(found, e)
		}
	}
	return found
}

// TestImportRefused: of what is no file of results, or not this unit's, nothing is kept.
func TestImportRefused(t *testing.T) {
	d := newDesk(t, nil)
	good := resultsFile(t, "csv", 3, 0)
	head := good[:bytes.IndexByte(good, '\n')+1]
	health := d.who[attest.Health]
	file := func(err error) bool { return errors.As(err, new(*intake.FileError)) }
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	for _, tt := range []struct {
		name    string
		who     attest.Actor
		unit    string
		content []byte
		want    func(error) bool
	}{
		{"empty", health, commune, nil, file},
		{"no rows", health, commune, head, file},
		{"not UTF-8", health, commune, append(bytes.Clone(head), 0xff, 0xfe, '\n'), file},
		{"columns missing", health, commune, []byte("full_name,gender\nA,nam\n"), file},
		{"columns unknown", health, commune, bytes.Replace(good, []byte("full_name"), []byte("full_name,shoe_size"), 1), file},
		{"a picture", health, commune, []byte("\x89PNG\r\n\x1a\n0000"), file},
		{"half a workbook", health, commune, resultsFile(t, "xlsx", 5, 0)[:900], file},
		{"police", d.who[attest.Police], commune, good, is(attest.ErrForbidden)},
		{"another unit", health, other, good, is(attest.ErrNotFound)},
		{"no unit", health, "", good, is(attest.ErrNotFound)},
		{"anybody", attest.Actor{}, commune, good, is(attest.ErrUnauthenticated)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := d.Import(t.Context(), tt.who, attest.Upload{Unit: tt.unit, File: scan(t, tt.content)}); !tt.want(err) {
				t.Errorf("importing: %v", err)
			}
		})
	}
	if counts, err := d.CountResults(t.Context(), health, commune); err != nil || len(counts) != 0 {
		t.Errorf("kept %v (%v)", counts, err)
	}
	if found, _, err := d.Imports(t.Context(), health, commune, attest.Page{}); err != nil || len(found) != 0 {
		t.Errorf("%d imports (%v)", len(found), err)
	}
	if e := d.entries(t, "results.import"); len(e) != 0 {
		t.Errorf("%d imports in the chain", len(e))
	}
}

// TestImportWhollyBad: a file of bad rows only is an import all the same, and its error file is complete.
func TestImportWhollyBad(t *testing.T) {
	d := newDesk(t, nil)
	good := resultsFile(t, "csv", 200, 0)
	content := bytes.ReplaceAll(good, []byte(",nam,"), []byte(",?,"))
	content = bytes.ReplaceAll(content, []byte(",nu,"), []byte(",?,"))
	if bytes.Equal(content, good) {
		content = bytes.ReplaceAll(bytes.ReplaceAll(good, []byte(",Nam,"), []byte(",?,")), []byte(",Nữ,"), []byte(",?,"))
	}
	in := d.imported(t, content)
	if in.Rows != 200 || in.Bad != 200 || in.Taken != 0 || len(in.Findings) != attest.MaxFindings {
		t.Fatalf("%d rows, %d bad, %d taken, %d findings", in.Rows, in.Bad, in.Taken, len(in.Findings))
	}
	if _, err := d.ErrorFile(t.Context(), d.who[attest.Health], in.ID); err != nil {
		t.Error(err)
	}
	if _, err := d.ErrorFile(t.Context(), d.alien, in.ID); !errors.Is(err, attest.ErrForbidden) && !errors.Is(err, attest.ErrNotFound) {
		t.Errorf("error file for another unit's head: %v", err)
	}
	clean := d.imported(t, good)
	if clean.Taken != 200 || clean.Errors != in.Import.Errors && clean.Bad != 0 {
		t.Errorf("mended: %+v", clean.Import)
	}
	if _, err := d.ErrorFile(t.Context(), d.who[attest.Health], clean.ID); !errors.Is(err, attest.ErrNotFound) {
		t.Errorf("error file of an import without bad rows: %v", err)
	}
}

// TestImportClaims: a file that claims confirmations confirms nothing.
func TestImportClaims(t *testing.T) {
	d := newDesk(t, nil)
	line := func(n int, match string) string {
		return fmt.Sprintf(`{"full_name":"Trần Thị Mẫu","gender":"Nữ","birth_date":"01/02/1990","id_type":"CCCD","id_number":"07519000%04d","dose_number":1,`+
			`"vaccinated_on":"12/08/2021","vaccine":"AstraZeneca","match":%q,"health_confirmed_by":"tôi","police_confirmed_by":"tôi"}`, n, match)
	}
	in := d.imported(t, []byte(strings.Join([]string{line(1, "dung"), line(2, "sai"), line(3, "lam-sach"), line(4, "")}, "\n")))
	if in.Taken != 4 {
		t.Fatalf("%d taken of 4: %v", in.Taken, in.Findings)
	}
	if _, err := d.sealAs(t, attest.Health, 0); !errors.Is(err, attest.ErrNothingReady) {
		t.Errorf("sealing what only a file confirmed: %v", err)
	}
	rows, _, err := d.Results(t.Context(), d.who[attest.Health], attest.Worklist{Unit: commune}, attest.Page{})
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d results (%v)", len(rows), err)
	}
	for _, r := range rows {
		if r.HealthConfirmedBy != "" || r.PoliceConfirmedBy != "" {
			t.Errorf("result %s is confirmed by its file", r.ID)
		}
	}
}

// TestImportNames: neither the chain nor an error quotes what a row says.
func TestImportNames(t *testing.T) {
	d := newDesk(t, nil)
	in := d.imported(t, resultsFile(t, "csv", 60, 0.3))
	rows, _, err := d.Results(t.Context(), d.who[attest.Health], attest.Worklist{Unit: commune}, attest.Page{Limit: 500})
	if err != nil || len(rows) != in.Taken {
		t.Fatal(len(rows), err)
	}
	var told []byte
	for _, e := range d.entries(t, "results.import") {
		told = e.AppendLine(told)
	}
	for _, f := range in.Findings {
		told = append(told, f.String()...)
	}
	if i := slices.IndexFunc(rows, func(r attest.Result) bool {
		return bytes.Contains(told, []byte(r.IDNumber)) || bytes.Contains(told, []byte(r.FullName))
	}); i >= 0 {
		t.Errorf("result %s is quoted", rows[i].ID)
	}
	if _, err := d.Result(t.Context(), d.alien, rows[0].ID); !errors.Is(err, attest.ErrNotFound) {
		t.Errorf("another unit's result: %v", err)
	}
	if _, err := d.Result(t.Context(), d.who[attest.Health], bundle.NewID()); !errors.Is(err, attest.ErrNotFound) {
		t.Errorf("no result: %v", err)
	}
}
