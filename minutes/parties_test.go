package minutes

import (
	"bytes"
	"encoding/csv"
	"errors"
	"reflect"
	"strings"
	"testing"

	"kytiem/bundle"
)

func TestParseParties(t *testing.T) {
	want := []Party{
		{Party: "Ủy ban nhân dân xã Phú Hòa", Name: "Nguyễn Văn Thành", Position: "Chủ tịch", Role: Chair},
		{Party: "Công an xã Phú Hòa", Name: "", Position: "Trưởng Công an xã", Role: Member},
	}
	tests := []struct{ name, file string }{
		{"plain", "party,name,position,role\nỦy ban nhân dân xã Phú Hòa,Nguyễn Văn Thành,Chủ tịch,chair\nCông an xã Phú Hòa,,Trưởng Công an xã,member\n"},
		{"Vietnamese roles", "party,name,position,role\nỦy ban nhân dân xã Phú Hòa,Nguyễn Văn Thành,Chủ tịch,Chủ trì\nCông an xã Phú Hòa,,Trưởng Công an xã,thanh-vien\n"},
		{"no role is a member", "party,name,position,role\nỦy ban nhân dân xã Phú Hòa,Nguyễn Văn Thành,Chủ tịch,chu-tri\nCông an xã Phú Hòa,,Trưởng Công an xã,\n"},
		{"as a spreadsheet writes it", "\xEF\xBB\xBFparty;name;position;role\r\n\"Ủy ban nhân dân xã Phú Hòa\";Nguyễn Văn Thành;Chủ tịch;chair\r\nCông an xã Phú Hòa;;Trưởng Công an xã;member"},
		{"another order of columns", "Role,Party,Position,Name\nchair,Ủy ban nhân dân xã Phú Hòa,Chủ tịch,Nguyễn Văn Thành\nmember,Công an xã Phú Hòa,Trưởng Công an xã,\n"},
		{"decomposed and with blanks", "party,name,position,role\nỦy ban  nhân dân xã Phú Hòa,Nguye\u0302\u0303n Va\u0306n Tha\u0300nh , Chủ tịch,chair\nCông an xã Phú Hòa,,Trưởng\u00a0Công an xã,member\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseParties(strings.NewReader(test.file))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestParsePartiesRefuses(t *testing.T) {
	const header = "party,name,position,role\n"
	tests := []struct {
		name, file string
		want       error
		line       int
		column     string
	}{
		{"empty", "", ErrHeader, 1, ""},
		{"another header", "party,name,role\nA,B,chair\n", ErrHeader, 1, ""},
		{"column twice", "party,name,name,role\n", ErrHeader, 1, ""},
		{"too few cells", header + "Công an xã,B,C\n", csv.ErrFieldCount, 2, ""},
		{"open quote", header + "\"Công an xã,B,C,chair\n", csv.ErrQuote, 2, ""},
		{"no party", header + "A,B,C,chair\n , B,C,member\n", ErrCell, 3, "party"},
		{"unknown role", header + "A,B,C,boss\n", ErrCell, 2, "role"},
		{"name that cannot be printed", header + "A,\U0001F600,C,chair\n", ErrCell, 2, "name"},
		{"bidi mark", header + "A,B\u202eC,C,chair\n", ErrCell, 2, "name"},
		{"endless position", header + "A,B," + strings.Repeat("x", maxPartyText+1) + ",chair\n", ErrCell, 2, "position"},
		{"a crowd", header + strings.Repeat("A,B,C,member\n", maxParties+1), bundle.ErrTooLarge, maxParties + 2, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseParties(strings.NewReader(test.file))
			var place *PartyError
			if !errors.Is(err, test.want) || !errors.As(err, &place) {
				t.Fatalf("got %v, want %v with its place", err, test.want)
			}
			if place.Line != test.line || place.Column != test.column {
				t.Errorf("got line %d column %q, want %d %q", place.Line, place.Column, test.line, test.column)
			}
		})
	}
	for name, file := range map[string]string{"not UTF-8": header + "C\xf4ng an,B,C,chair\n", "endless": header + strings.Repeat("x", maxPartiesBytes)} {
		if _, err := ParseParties(strings.NewReader(file)); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestCheckParties(t *testing.T) {
	person := func(party string, role Role) Party { return Party{Party: party, Role: role} }
	var (
		committeeP = person("Ủy ban nhân dân xã Phú Hòa", Chair)
		stationP   = person("Trạm Y tế xã Phú Hòa", Member)
		policeP    = person("Công an xã Phú Hòa", Member)
		hospital   = person("Bệnh viện Đa khoa Thống Nhất", Chair)
	)
	as := func(p Party, role Role) Party { p.Role = role; return p }
	tests := []struct {
		name    string
		level   bundle.Level
		parties []Party
		want    error
	}{
		{"commune", bundle.Commune, []Party{committeeP, stationP, policeP}, nil},
		{"commune with a secretary", bundle.Commune, []Party{committeeP, stationP, as(policeP, Secretary)}, nil},
		{"abbreviations without marks", bundle.Commune, []Party{person("UBND xa Phu Hoa", Chair), person("TYT xã", Member), person("CÔNG AN XÃ", Member)}, nil},
		{"commune without police", bundle.Commune, []Party{committeeP, stationP}, ErrParties},
		{"commune without health station", bundle.Commune, []Party{committeeP, policeP}, ErrParties},
		{"commune without a chair", bundle.Commune, []Party{as(committeeP, Member), stationP, policeP}, ErrChair},
		{"two chairs", bundle.Commune, []Party{committeeP, committeeP, stationP, policeP}, ErrChair},
		{"police presides", bundle.Commune, []Party{as(committeeP, Member), stationP, as(policeP, Chair)}, ErrChair},
		{"two secretaries", bundle.Commune, []Party{committeeP, as(stationP, Secretary), as(policeP, Secretary)}, ErrSecretary},
		{"no such role", bundle.Commune, []Party{committeeP, stationP, as(policeP, "boss")}, bundle.ErrMalformed},
		{"nobody", bundle.Commune, nil, ErrParties},
		{"facility", bundle.Facility, []Party{hospital, as(committeeP, Member), policeP}, nil},
		{"facility that is a health station", bundle.Facility, []Party{as(stationP, Chair), as(committeeP, Member), policeP}, nil},
		{"facility without the committee", bundle.Facility, []Party{hospital, policeP}, ErrParties},
		{"facility presided over by the committee", bundle.Facility, []Party{as(hospital, Member), committeeP, policeP}, ErrChair},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := checkParties(test.parties, bundle.UnitName{Level: test.level}); !errors.Is(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// What parses, written again, parses to the same; and it keeps within the limits.
func FuzzParties(f *testing.F) {
	f.Add([]byte("party,name,position,role\nỦy ban nhân dân xã Phú Hòa,Nguyễn Văn Thành,Chủ tịch,chu-tri\nCông an xã,,,\n"))
	f.Add([]byte("\xEF\xBB\xBFrole;party;name;position\r\n\"thư ký\";\"A; \"\"B\"\"\";C;D\r\n"))
	f.Add([]byte("party,name,position,role\n\n\"x\ny\",,,\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ParseParties(bytes.NewReader(data))
		if err != nil {
			return
		}
		if len(got) > maxParties {
			t.Fatalf("got %d people", len(got))
		}
		var again bytes.Buffer
		out := csv.NewWriter(&again)
		rows := [][]string{columnNames()}
		for _, p := range got {
			if p.Party == "" || len([]rune(p.Party+p.Name+p.Position)) > 3*maxPartyText {
				t.Fatalf("got %+v", p)
			}
			rows = append(rows, []string{p.Party, p.Name, p.Position, string(p.Role)})
		}
		if err := out.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		same, err := ParseParties(&again)
		if err != nil || !reflect.DeepEqual(got, same) {
			t.Fatalf("got %+v, %v, want %+v", same, err, got)
		}
	})
}
