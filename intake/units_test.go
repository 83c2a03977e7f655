package intake

import (
	"errors"
	"os"
	"strings"
	"testing"

	"kytiem/bundle"
)

const unitHeader = "level,code,parent,kind,name,full_name,identifier,valid_from,valid_to"

func TestReadUnits(t *testing.T) {
	units, err := ReadUnits(strings.NewReader("\xEF\xBB\xBF" + unitHeader + "\n" +
		"province,75,,tinh,Đồng Nai,Tỉnh Đồng Nai,,,2026-04-29\n" +
		"province,75,,thanh-pho-tw,Đồng Nai,Thành phố Đồng Nai,MNS:1047665,30/04/2026,\n" +
		"commune,26041,731,xa,Phú Hòa,Xã  Phú Hòa,MST:3600123456-001,,30/06/2025\n" +
		"facility,26041-1,26041,benh-vien,Phú Hòa,Bệnh viện Phú Hòa,,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	if units.Len() != 4 {
		t.Errorf("%d units, want 4", units.Len())
	}
	u, err := units.At("26041", bundle.Date{Year: 2021, Month: 11, Day: 5})
	want := bundle.Unit{
		Level: bundle.Commune, Code: "26041", Parent: "731", Kind: "xa", Name: "Phú Hòa", FullName: "Xã Phú Hòa",
		Identifier: "MST:3600123456-001", ValidTo: bundle.Date{Year: 2025, Month: 6, Day: 30},
	}
	if err != nil || u != want {
		t.Errorf("unit %+v, error %v, want %+v", u, err, want)
	}
	if u, err := units.At("75", bundle.Date{Year: 2026, Month: 5, Day: 1}); err != nil || u.Kind != "thanh-pho-tw" {
		t.Errorf("unit 75 in May 2026 is %+v, error %v", u, err)
	}
}

func TestRefusedUnits(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"level", "village,1,75,xa,A,Xã A,,,", "line 2 column level"},
		{"code missing", "commune,,75,xa,A,Xã A,,,", "line 2 column code"},
		{"code with a blank", "commune,1 2,75,xa,A,Xã A,,,", "line 2 column code"},
		{"parent missing", "commune,1,,xa,A,Xã A,,,", "line 2 column parent"},
		{"parent of a province", "province,1,2,tinh,A,Tỉnh A,,,", "line 2 column parent"},
		{"kind", "commune,1,75,Xã,A,Xã A,,,", "line 2 column kind"},
		{"name missing", "commune,1,75,xa,,Xã A,,,", "line 2 column name"},
		{"hidden mark in the name", "commune,1,75,xa,A\u200B,Xã A,,,", "line 2 column name"},
		{"identifier", "commune,1,75,xa,A,Xã A,3600123456,,", "line 2 column identifier"},
		{"date", "commune,1,75,xa,A,Xã A,,2025-02-30,", "line 2 column valid_from"},
		{"month for a day", "commune,1,75,xa,A,Xã A,,2025-02,", "line 2 column valid_from"},
		{"dates in the wrong order", "commune,1,75,xa,A,Xã A,,2025-07-01,2025-06-30", "line 2 column valid_to"},
		{"code twice", "commune,1,75,xa,A,Xã A,,,\ncommune,1,75,xa,B,Xã B,,,", "line 3 column code"},
		{"cell missing", "commune,1,75,xa,A,Xã A,,", "line 2: "},
		{"cell too many", "commune,1,75,xa,A,Xã A,,,,", "line 2: "},
		{"quote", "commune,1,75,xa,\"A,Xã A,,,", "line 2: "},
	} {
		_, err := ReadUnits(strings.NewReader(unitHeader + "\n" + test.body + "\n"))
		var refused *FileError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), test.want) || refused.VI == "" {
			t.Errorf("%s: error %v, want %s", test.name, err, test.want)
		}
	}
	for _, test := range []struct{ name, input, code string }{
		{"nothing", "", "file_empty"},
		{"header only", unitHeader + "\n", "file_no_units"},
		{"NDJSON", "{}", "file_units_csv"},
		{"column missing", "level,code,parent,kind,name\n", "file_columns_missing"},
		{"column twice", unitHeader + ",code\n", "file_columns_double"},
		{"column unknown", unitHeader + ",area\n", "file_columns_unknown"},
		{"results", fullHeader + "\n" + fullRow, "file_columns_missing"},
	} {
		_, err := ReadUnits(strings.NewReader(test.input))
		var refused *FileError
		if !errors.As(err, &refused) || refused.Code != test.code {
			t.Errorf("%s: error %v, want %s", test.name, err, test.code)
		}
	}
}

// TestUnitErrorsTogether: an administrator sees them at once, up to a bound.
func TestUnitErrorsTogether(t *testing.T) {
	_, err := ReadUnits(strings.NewReader(unitHeader + "\n" + strings.Repeat("village,1,75,xa,A,Xã A,,,\n", 100)))
	if n := strings.Count(err.Error(), "unit_level"); n != maxUnitErrors {
		t.Errorf("%d errors, want %d", n, maxUnitErrors)
	}
}

func TestRealUnits(t *testing.T) {
	for _, test := range []struct {
		file                string
		provinces, communes int
	}{
		{"units-2021.csv", 63, 10_599},
		{"units-2026.csv", 34, 3_321},
	} {
		file, err := os.Open("../../shared/data/" + test.file)
		if err != nil {
			t.Skipf("the list of real units is not here: %v", err)
		}
		units, err := ReadUnits(file)
		file.Close()
		if err != nil {
			t.Errorf("%s: %v", test.file, err)
			continue
		}
		if _, err := units.At("26041", bundle.Date{}); err != nil && test.file == "units-2021.csv" {
			t.Errorf("%s: %v", test.file, err)
		}
		t.Logf("%s: %d units", test.file, units.Len())
		if units.Len() < test.provinces+test.communes {
			t.Errorf("%s: %d units, want at least %d communes and %d provinces", test.file, units.Len(), test.communes, test.provinces)
		}
	}
}

// FuzzUnits: what is taken is sound; nothing panics.
func FuzzUnits(f *testing.F) {
	f.Add("commune,1,75,xa,A,Xã A,MST:3600123456,2021-01-01,")
	f.Add("province,1,,tinh,A,\"Tỉnh\nA\",,,")
	f.Fuzz(func(t *testing.T, body string) {
		units, err := ReadUnits(strings.NewReader(unitHeader + "\n" + body))
		if err != nil {
			return
		}
		if units.Len() == 0 || units.Len() > strings.Count(body, "\n")+1 {
			t.Errorf("%d units out of %d lines", units.Len(), strings.Count(body, "\n")+1)
		}
	})
}
