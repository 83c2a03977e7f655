package paper

import (
	"testing"

	"kytiem/bundle"
)

// The examples of ND30, Phụ lục I, phần II, mục II.4 and its like.
func TestPlaceAndDate(t *testing.T) {
	tests := []struct {
		name  string
		place string
		date  bundle.Date
		want  string
	}{
		{"day and month below the limits", "Hà Nội", bundle.Date{Year: 2020, Month: 1, Day: 5}, "Hà Nội, ngày 05 tháng 01 năm 2020"},
		{"month 2 has a zero", "Phú Hòa", bundle.Date{Year: 2022, Month: 2, Day: 10}, "Phú Hòa, ngày 10 tháng 02 năm 2022"},
		{"month 3 has none", "Phú Hòa", bundle.Date{Year: 2022, Month: 3, Day: 9}, "Phú Hòa, ngày 09 tháng 3 năm 2022"},
		{"month 6 has none", "Hà Nội", bundle.Date{Year: 2019, Month: 6, Day: 29}, "Hà Nội, ngày 29 tháng 6 năm 2019"},
		{"month 12", "Huế", bundle.Date{Year: 2021, Month: 12, Day: 31}, "Huế, ngày 31 tháng 12 năm 2021"},
		{"open", "Huế", bundle.Date{}, "Huế, ngày ……… tháng ……… năm ………"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := PlaceAndDate(test.place, test.date); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestNotation(t *testing.T) {
	tests := []struct{ name, number, want string }{
		{"below ten", "5", "05/BB-UBND"},
		{"with its zero", "05", "05/BB-UBND"},
		{"ten", "10", "10/BB-UBND"},
		{"no number", "7a", "7a/BB-UBND"},
		{"open", "", "………/BB-UBND"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Notation(test.number, "BB-UBND"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1.000", 50_000: "50.000", 1_234_567: "1.234.567", -1234: "-1.234", -123: "-123"} {
		if got := Thousands(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

func TestRoman(t *testing.T) {
	for n, want := range map[int]string{1: "I", 4: "IV", 9: "IX", 14: "XIV", 20: "XX", 49: "XLIX", 90: "XC", 444: "CDXLIV", 1999: "MCMXCIX"} {
		if got := roman(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

func TestIdentities(t *testing.T) {
	tests := []struct {
		name   string
		counts bundle.Counts
		want   string
	}{
		{"every way", bundle.Counts{Matched: 1210, Cleansed: 21, Exempt: 2}, "1.210 mũi tiêm của người có thông tin trùng khớp; " +
			"21 mũi tiêm của người đã được bổ sung, chỉnh sửa và xác minh; 2 mũi tiêm của người không phải là công dân Việt Nam (không thuộc diện xác minh)"},
		{"matched only", bundle.Counts{Matched: 9}, "9 mũi tiêm của người có thông tin trùng khớp"},
		{"none matched", bundle.Counts{Cleansed: 1}, "1 mũi tiêm của người đã được bổ sung, chỉnh sửa và xác minh"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Identities(test.counts); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestTitles(t *testing.T) {
	commune := bundle.UnitName{Level: bundle.Commune, Name: "Xã Phú Hòa"}
	facility := bundle.UnitName{Level: bundle.Facility, Name: "Phòng khám Thống Nhất", Kind: "phong-kham"}
	hospital := bundle.UnitName{Level: bundle.Facility, Name: "Bệnh viện Thống Nhất", Kind: "benh-vien"}
	centre := bundle.UnitName{Level: bundle.Facility, Name: "Trung tâm Y tế huyện Định Quán", Kind: "trung-tam-y-te"}
	station := bundle.UnitName{Level: bundle.Facility, Name: "Trạm Y tế xã Phú Hòa", Kind: "tram-y-te"}
	tests := []struct {
		name     string
		unit     bundle.UnitName
		capacity bundle.Capacity
		position string
		want     []string
	}{
		{"head", commune, bundle.NoCapacity, "Chủ tịch", []string{"CHỦ TỊCH"}},
		{"for a collective", commune, bundle.TM, "Chủ tịch", []string{"TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"}},
		{"deputy", commune, bundle.KT, "Phó Chủ tịch", []string{"KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"}},
		{"deputy of a facility", facility, bundle.KT, "Phó Giám đốc", []string{"KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"}},
		{"by order", commune, bundle.TL, "Chánh Văn phòng", []string{"TL. CHỦ TỊCH", "CHÁNH VĂN PHÒNG"}},
		{"authorised by a hospital's head", hospital, bundle.TUQ, "Trưởng khoa", []string{"TUQ. GIÁM ĐỐC", "TRƯỞNG KHOA"}},
		{"by order of a centre's head", centre, bundle.TL, "Trưởng phòng", []string{"TL. GIÁM ĐỐC", "TRƯỞNG PHÒNG"}},
		{"authorised by a station's head", station, bundle.TUQ, "Y sĩ", []string{"TUQ. TRƯỞNG TRẠM", "Y SĨ"}},
		{"authorised by a head of a title unknown", facility, bundle.TUQ, "Trưởng khoa", []string{"TUQ. THỦ TRƯỞNG ĐƠN VỊ", "TRƯỞNG KHOA"}},
		{"acting", commune, bundle.Q, "Chủ tịch", []string{"Q. CHỦ TỊCH"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := &bundle.Document{Agency: []string{"A"}, Capacity: test.capacity, Signatory: bundle.Signatory{Position: test.position}}
			got := titles(d, &bundle.Manifest{Unit: test.unit})
			if len(got) != len(test.want) {
				t.Fatalf("got %q, want %q", got, test.want)
			}
			for i := range got {
				if got[i] != test.want[i] {
					t.Errorf("got %q, want %q", got, test.want)
				}
			}
		})
	}
}
