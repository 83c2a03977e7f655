package paper

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

func TestStamp(t *testing.T) {
	at := time.Date(2021, 10, 21, 2, 59, 54, 0, time.UTC)
	tests := []struct {
		name    string
		options StampOptions
		want    string
		colour  string
	}{
		{
			name:    "a person's",
			options: StampOptions{SignedBy: "Nguyễn Văn Thành", Organisation: "Ủy ban nhân dân xã Phú Hòa", At: at, Width: 162, Height: 68},
			want:    "Ký bởi: Nguyễn Văn ThànhCơ quan: Ủy ban nhân dân xã Phú HòaNgày ký: 21-10-2021 09:59:54 +07:00",
			colour:  "0 0 0.75 rg",
		},
		{
			name:    "an organisation's",
			options: StampOptions{SignedBy: "Văn phòng", Organisation: "Bộ Y tế", At: at, Seal: true, Width: 113, Height: 68},
			want:    "Ký bởi: Văn phòngCơ quan: Bộ Y tếNgày ký: 21-10-2021 09:59:54 +07:00",
			colour:  "0.8 0 0 rg",
		},
		{
			name:    "without an organisation",
			options: StampOptions{SignedBy: "A (\\) B", At: at, Width: 60, Height: 20},
			want:    "Ký bởi: A (\\) BNgày ký: 21-10-2021 09:59:54 +07:00",
			colour:  "0 0 0.75 rg",
		},
		{
			name:    "a name of ten thousand letters",
			options: StampOptions{SignedBy: strings.Repeat("Nguyễn ", 1400), Organisation: strings.Repeat("ữ", 3000), At: at, Width: 100, Height: 30},
			want:    "Ký bởi: " + strings.Repeat("Nguyễn ", 1400) + "Cơ quan: " + strings.Repeat("ữ", 3000) + "Ngày ký: 21-10-2021 09:59:54 +07:00",
			colour:  "0 0 0.75 rg",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			content, err := Stamp(test.options)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(content), test.colour) {
				t.Errorf("got no colour %s", test.colour)
			}
			got := checkStamp(t, content, test.options)
			squeeze := func(s string) string { return strings.ReplaceAll(s, " ", "") }
			if squeeze(got) != squeeze(test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// The sheet is one page with the font, and the same at every call.
func TestStampSheet(t *testing.T) {
	first, err := StampSheet(nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := StampSheet(nil)
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("got another sheet the second time, error %v", err)
	}
	if pages := bytes.Count(first, []byte("/Type/Page/")); pages != 1 || !bytes.Contains(first, []byte("/MediaBox[0 0 100 100]")) {
		t.Errorf("got %d pages, want one of %d points square", pages, stampPage)
	}
	if !bytes.Contains(first, []byte("/FontFile2")) {
		t.Error("got no embedded font")
	}
}

// checkStamp reads a stamp's content, holds every line of it within the rectangle,
// and returns its text.
func checkStamp(t *testing.T, content []byte, o StampOptions) string {
	t.Helper()
	var scale, size, x, y float64
	if _, err := fmt.Sscanf(string(content), "%f 0 0", &scale); err != nil || scale*o.Width < 99.99 || scale*o.Width > 100.01 {
		t.Errorf("scale %f of a field %f wide, want the sheet's page filled", scale, o.Width)
	}
	var text strings.Builder
	for _, found := range regexp.MustCompile(`(?s)/F1 ([\d.]+) Tf|(-?[\d.]+) (-?[\d.]+) Td \(((?:\\.|[^\\)])*)\) Tj`).FindAllSubmatch(content, -1) {
		if len(found[1]) > 0 {
			size, _ = strconv.ParseFloat(string(found[1]), 64)
			continue
		}
		dx, _ := strconv.ParseFloat(string(found[2]), 64)
		dy, _ := strconv.ParseFloat(string(found[3]), 64)
		x, y = x+dx, y+dy
		raw := regexp.MustCompile(`(?s)\\(.)`).ReplaceAll(found[4], []byte("$1"))
		units := make([]uint16, len(raw)/2)
		for i := range units {
			units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
		}
		line := string(utf16.Decode(units))
		m := faces(t)[Regular]
		right := x + float64(m.measure(strings.TrimRight(line, " ")))*size/1000
		low, high := y+float64(m.descent)*size/1000, y+float64(m.ascent)*size/1000
		if x < 0 || right > o.Width+0.1 || low < -0.1 || high > o.Height+0.1 {
			t.Fatalf("line %.30q from %.2f %.2f to %.2f %.2f leaves the field of %.0f × %.0f", line, x, low, right, high, o.Width, o.Height)
		}
		if !o.Seal && x < o.Width/3 {
			t.Fatalf("line %.30q begins at %.2f, where the seal goes", line, x)
		}
		text.WriteString(line)
	}
	return text.String()
}

func TestStampRefuses(t *testing.T) {
	good := StampOptions{SignedBy: "Nguyễn Văn Thành", At: time.Date(2021, 10, 21, 0, 0, 0, 0, time.UTC), Width: 100, Height: 50}
	tests := []struct {
		name   string
		change func(*StampOptions)
		want   error
	}{
		{"nobody", func(o *StampOptions) { o.SignedBy = "" }, ErrStamp},
		{"no width", func(o *StampOptions) { o.Width = 0 }, ErrStamp},
		{"upside down", func(o *StampOptions) { o.Height = -50 }, ErrStamp},
		{"letters the sheet has not", func(o *StampOptions) { o.SignedBy = "Иванов" }, ErrUnprintable},
		{"control", func(o *StampOptions) { o.Organisation = "Xã\nPhú Hòa" }, ErrUnprintable},
		{"decomposed", func(o *StampOptions) { o.SignedBy = "Tha\u0300nh" }, ErrUnprintable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := good
			test.change(&o)
			if _, err := Stamp(o); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}
