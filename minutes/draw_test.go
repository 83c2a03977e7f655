package minutes_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/text/unicode/norm"

	"kytiem/bundle"
	"kytiem/minutes"
	"kytiem/paper"
)

// makeRoll seals n made-up results and reads them as a roll.
func makeRoll(t testing.TB, n int) *bundle.Roll {
	t.Helper()
	records := make([]bundle.Record, n)
	for i := range records {
		var err error
		records[i], err = bundle.NewRecord(bundle.Result{
			Unit: "26299", FullName: "Nguyễn Thị Mỹ Duyên", Gender: bundle.Female, BirthDate: bundle.Date{Year: 1938}, IDType: bundle.CCCD, IDNumber: fmt.Sprintf("0751%08d", i),
			DoseNumber: 1, VaccinatedOn: bundle.Date{Year: 2021, Month: 10, Day: 5}, Vaccine: "Comirnaty", Match: bundle.Matched, HealthConfirmedBy: "Nguyễn Thị Lan", PoliceConfirmedBy: "Trần Văn Hùng",
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.SortFunc(records, func(a, b bundle.Record) int {
		x, y := a.Leaf(), b.Leaf()
		return bytes.Compare(x[:], y[:])
	})
	var lines []byte
	for i := range records {
		lines = append(records[i].Append(lines), '\n')
	}
	roll, err := bundle.ReadRoll(bytes.NewReader(lines), int64(len(lines)))
	if err != nil {
		t.Fatal(err)
	}
	return roll
}

func makeManifest(t testing.TB, roll *bundle.Roll) *bundle.Manifest {
	t.Helper()
	root, err := bundle.Root(roll.Leaves())
	if err != nil {
		t.Fatal(err)
	}
	return &bundle.Manifest{
		Bundle: "K7QXW2LMZP4TB6VYHC3NDRSAEF", ConfirmationSource: bundle.ConfirmedInService, Counts: roll.Counts(),
		LegalBasis: []bundle.LegalBasis{{Number: "9438/BYT-CNTT", Issuer: "Bộ Y tế", Date: bundle.Date{Year: 2021, Month: 11, Day: 5}, Subject: "Hướng dẫn Quy trình xác thực thông tin người dân trên Nền tảng Quản lý tiêm chủng COVID-19"}},
		Period:     roll.Period(), Root: bundle.HexHash(root), SealedAt: "2021-11-08T02:30:00Z", Size: roll.Len(), V: bundle.RecordVersion,
		Unit: bundle.UnitName{Code: "26299", Kind: "xa", Level: bundle.Commune, Name: "Xã Phú Hòa"},
	}
}

func makeMinutes() *minutes.Minutes {
	return &minutes.Minutes{
		Agency: []string{"ỦY BAN NHÂN DÂN", "XÃ PHÚ HÒA"}, Notation: "BB-UBND", Number: "5", V: minutes.Version,
		Start: "2021-11-08T08:00", End: "2021-11-08T09:15", Venue: "Trụ sở Ủy ban nhân dân xã Phú Hòa",
		Parties: []minutes.Party{
			{Party: "Ủy ban nhân dân xã Phú Hòa", Name: "Nguyễn Văn Thành", Position: "Chủ tịch", Role: minutes.Chair},
			{Party: "Trạm Y tế xã Phú Hòa", Name: "Lê Thị Hạnh", Position: "Trạm trưởng", Role: minutes.Member},
			{Party: "Công an xã Phú Hòa", Name: "Trần Quốc Bảo", Position: "Trưởng Công an xã", Role: minutes.Member},
			{Party: "Ủy ban nhân dân xã Phú Hòa", Name: "Phạm Thị Yến", Position: "Công chức Văn phòng - Thống kê", Role: minutes.Secretary},
		},
		Recipients: []string{"Trung tâm Kiểm soát bệnh tật tỉnh Đồng Nai"},
	}
}

func canonical(t testing.TB, v any) []byte {
	t.Helper()
	data, err := bundle.Canonical(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func draw(t testing.TB, manifest *bundle.Manifest, m *minutes.Minutes, roll *bundle.Roll) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := minutes.Draw(&file, canonical(t, manifest), m, roll); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// run hands a PDF to an external program: $ in the arguments stands for its path.
func run(t testing.TB, debianPackage string, pdf []byte, program string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed (Debian package %s)", program, debianPackage)
	}
	path := filepath.Join(t.TempDir(), "minutes.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "$", path)
	}
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	return out
}

// textOf is the text as it was drawn, with every run of white space as one space.
func textOf(t testing.TB, pdf []byte) string {
	t.Helper()
	out := run(t, "poppler-utils", pdf, "pdftotext", "-raw", "-enc", "UTF-8", "$", "-")
	return strings.Join(strings.Fields(norm.NFC.String(string(out))), " ")
}

func TestDrawSays(t *testing.T) {
	tests := []struct {
		name string
		edit func(*bundle.Manifest, *minutes.Minutes)
		want []string
		not  []string
	}{
		{
			name: "commune",
			want: []string{
				"Số: 05/BB-UBND BIÊN BẢN Xác nhận tính chính xác của dữ liệu kết quả tiêm vắc xin phòng COVID-19",
				"Căn cứ Công văn số 9438/BYT-CNTT ngày 05 tháng 11 năm 2021 của Bộ Y tế về việc hướng dẫn Quy trình",
				"Thời gian bắt đầu: 08 giờ 00, ngày 08 tháng 11 năm 2021",
				"2. Trạm Y tế xã Phú Hòa: Ông/Bà Lê Thị Hạnh, chức vụ: Trạm trưởng",
				"Chủ trì (chủ tọa): Ông/Bà Nguyễn Văn Thành, Chủ tịch", "Thư ký (người ghi biên bản): Ông/Bà Phạm Thị Yến",
				"đơn vị chưa có chứng thư số để ký số", "3 người, 3 mũi tiêm", "định danh cá nhân: 3 mũi tiêm của người có thông tin trùng khớp.",
				"(Hồ sơ dữ liệu số K7QXW2LMZP4TB6VYHC3NDRSAEF,",
				"Cuộc họp kết thúc vào 09 giờ 15, ngày 08 tháng 11 năm 2021; biên bản đã được đọc cho các bên cùng nghe và thống nhất ký tên./.",
				"ĐẠI DIỆN TRẠM Y TẾ XÃ PHÚ HÒA", "ĐẠI DIỆN CÔNG AN XÃ PHÚ HÒA", "THƯ KÝ", "CHỦ TỌA CHỦ TỊCH",
				"- Lưu: VT, Hồ sơ.", "(Kèm theo Biên bản số 05/BB-UBND ngày 08 tháng 11 năm 2021 của Ủy ban nhân dân xã Phú Hòa)",
			},
			not: []string{"0 mũi tiêm", "chỉnh sửa và xác minh", "(không thuộc diện xác minh)"},
		},
		{
			name: "blanks to write in",
			edit: func(_ *bundle.Manifest, m *minutes.Minutes) {
				m.Number, m.Start, m.End, m.Venue = "", "", "", ""
				m.Parties = m.Parties[:3]
				m.Parties[1].Name, m.Parties[1].Position = "", ""
			},
			want: []string{
				"Số: ………/BB-UBND", "bắt đầu: ……… giờ ………, ngày ……… tháng ……… năm ………", "Địa điểm: …………", "Ông/Bà ……………………………………, chức vụ: …………",
				"(người ghi biên bản): Ông/Bà ……………", "5. Ý kiến khác (nếu có): …………",
			},
		},
		{
			name: "a reason of their own and opinions in two lines",
			edit: func(_ *bundle.Manifest, m *minutes.Minutes) {
				m.Reason, m.Opinions = "thiết bị lưu khóa bị hỏng", "Trạm Y tế đề nghị rà soát.\nCông an nhất trí."
			},
			want: []string{"1. Lý do: thiết bị lưu khóa bị hỏng. 2. Dữ liệu", "5. Ý kiến khác: Trạm Y tế đề nghị rà soát. Công an nhất trí."},
			not:  []string{"chưa có chứng thư số"},
		},
		{
			name: "facility",
			edit: func(manifest *bundle.Manifest, m *minutes.Minutes) {
				manifest.Unit.Level, manifest.Unit.Name = bundle.Facility, "Bệnh viện Đa khoa Thống Nhất"
				m.Parent, m.Agency, m.Notation = "SỞ Y TẾ ĐỒNG NAI", []string{"BỆNH VIỆN ĐA KHOA THỐNG NHẤT"}, "BB-BVTN"
				m.Parties[0].Role, m.Parties[0].Position = minutes.Member, "Phó Chủ tịch"
				m.Parties[1] = minutes.Party{Party: "Bệnh viện Đa khoa Thống Nhất", Name: "Phạm Văn Dũng", Position: "Giám đốc", Role: minutes.Chair}
			},
			want: []string{"SỞ Y TẾ ĐỒNG NAI BỆNH VIỆN ĐA KHOA THỐNG NHẤT", "CHỦ TỌA GIÁM ĐỐC", "ĐẠI DIỆN ỦY BAN NHÂN DÂN XÃ PHÚ HÒA", "05/BB-BVTN"},
		},
		{
			name: "the list in files of its own",
			edit: func(manifest *bundle.Manifest, _ *minutes.Minutes) {
				manifest.Annexes = []bundle.Annex{{Name: "annex-01.pdf", Rows: 3, SHA256: sha256.Sum256([]byte("1"))}}
			},
			want: []string{"annex-01.pdf 3 6b86 b273"},
			not:  []string{"DANH SÁCH KẾT QUẢ"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			roll := makeRoll(t, 3)
			manifest, m := makeManifest(t, roll), makeMinutes()
			if test.edit != nil {
				test.edit(manifest, m)
			}
			got := textOf(t, draw(t, manifest, m, roll))
			for _, want := range append(test.want, paper.Groups(manifest.Root)) {
				if !strings.Contains(got, want) {
					t.Errorf("got %q, want in it %q", got, want)
				}
			}
			for _, not := range test.not {
				if strings.Contains(got, not) {
					t.Errorf("got %q, want nothing of %q", got, not)
				}
			}
		})
	}
}

// Room to write in is one long word, before which a line must not be spread: who is named
// without a position would stand in words far apart.
func TestDrawBlanks(t *testing.T) {
	roll := makeRoll(t, 3)
	m := makeMinutes()
	for i := range m.Parties {
		m.Parties[i].Position = ""
	}
	m.Parties[2].Name = ""
	words := run(t, "poppler-utils", draw(t, makeManifest(t, roll), m, roll), "pdftotext", "-l", "1", "-bbox", "$", "-")
	word := regexp.MustCompile(`<word xMin="([0-9.]+)" yMin="([0-9.]+)" xMax="([0-9.]+)" yMax="[0-9.]+">([^<]*)</word>`)
	number := func(text []byte) float64 {
		n, err := strconv.ParseFloat(string(text), 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var end, line float64
	before, present, seen := "", false, 0
	for _, w := range word.FindAllSubmatch(words, -1) {
		left, top, right, text := number(w[1]), number(w[2]), number(w[3]), norm.NFC.String(string(w[4]))
		switch gap := left - end; {
		case text == "dự:":
			present = true
		case text == "Thư":
			present = false
		case present && top == line:
			if seen++; gap > 6 { // a space of this type has 3.25 pt
				t.Errorf("%.1f pt between %q and %q", gap, before, text)
			}
		}
		end, line, before = right, top, text
	}
	if seen < 30 {
		t.Fatalf("%d words among those present, too few to prove anything", seen)
	}
}

// What says "sau đây" stands on the page of the box that follows, wherever the list
// of those present pushes it.
func TestDrawKeepsTogether(t *testing.T) {
	roll := makeRoll(t, 3)
	manifest := makeManifest(t, roll)
	root := paper.Groups(manifest.Root)
	for more := range 8 {
		m := makeMinutes()
		for range more {
			m.Parties = append(m.Parties, minutes.Party{Party: "Tổ dân phố", Role: minutes.Member})
		}
		text := string(run(t, "poppler-utils", draw(t, manifest, m, roll), "pdftotext", "-raw", "-enc", "UTF-8", "$", "-"))
		for number, page := range strings.Split(norm.NFC.String(text), "\f") {
			page = strings.Join(strings.Fields(page), " ")
			if strings.Contains(page, "2. Dữ liệu được xác nhận") && !strings.Contains(page, root[:39]+" "+root[40:]) {
				t.Errorf("%d more people: page %d announces a root that it does not show", more, number+1)
			}
		}
	}
}

func TestDrawRefuses(t *testing.T) {
	tests := []struct {
		name string
		edit func(*bundle.Manifest, *minutes.Minutes)
		want error
	}{
		{"a party is missing", func(_ *bundle.Manifest, m *minutes.Minutes) { m.Parties = m.Parties[:2] }, minutes.ErrParties},
		{"no agency", func(_ *bundle.Manifest, m *minutes.Minutes) { m.Agency = nil }, bundle.ErrMalformed},
		{"no time", func(_ *bundle.Manifest, m *minutes.Minutes) { m.End = "chiều" }, minutes.ErrTime},
		{"an end before the start", func(_ *bundle.Manifest, m *minutes.Minutes) { m.End = "2021-11-08T07:59" }, minutes.ErrEnd},
		{"another roll", func(manifest *bundle.Manifest, _ *minutes.Minutes) { manifest.Root[31]++ }, bundle.ErrMalformed},
		{"letters that no font has", func(_ *bundle.Manifest, m *minutes.Minutes) { m.Venue = "会議室" }, paper.ErrUnprintable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			roll := makeRoll(t, 2)
			manifest, m := makeManifest(t, roll), makeMinutes()
			test.edit(manifest, m)
			if err := minutes.Draw(&bytes.Buffer{}, canonical(t, manifest), m, roll); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestDrawFile(t *testing.T) {
	roll := makeRoll(t, 60)
	manifest, m := makeManifest(t, roll), makeMinutes()
	file := draw(t, manifest, m, roll)
	if !bytes.Equal(file, draw(t, manifest, m, roll)) {
		t.Error("the same input gave other bytes the second time")
	}
	t.Run("qpdf", func(t *testing.T) {
		if out := run(t, "qpdf", file, "qpdf", "--check", "$"); !bytes.Contains(out, []byte("No syntax or stream encoding errors found")) {
			t.Errorf("got %s", out)
		}
	})
	t.Run("embedded", func(t *testing.T) {
		for name, want := range map[string][]byte{bundle.ManifestFile: canonical(t, manifest), minutes.EmbeddedName: canonical(t, m)} {
			if got := run(t, "poppler-utils", file, "pdfdetach", "-savefile", name, "-o", "/dev/stdout", "$"); !bytes.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
	})
	t.Run("fields", func(t *testing.T) {
		out := string(run(t, "poppler-utils", file, "pdfsig", "$"))
		for _, field := range []string{minutes.ChairField, minutes.SecretaryField, minutes.PartyField(1), minutes.PartyField(2)} {
			if !strings.Contains(out, "Signature Field Name: "+field+"\n  The signature form field is not signed.") {
				t.Errorf("no empty field %s:\n%s", field, out)
			}
		}
		if n := strings.Count(out, "Signature Field Name"); n != 4 {
			t.Errorf("got %d fields, want 4", n)
		}
	})
	// The code in the margin, alone in its corner of every page.
	t.Run("code on every page", func(t *testing.T) {
		pages := bytes.Count(file, []byte("/Type/Page/"))
		if pages < 4 {
			t.Fatalf("got %d pages, too few to prove anything", pages)
		}
		for page := 1; page <= pages; page++ {
			n := fmt.Sprint(page)
			height := 2339 // at 200 dpi
			if page > 2 {  // the list
				height = 1654
			}
			corner := run(t, "poppler-utils", file, "pdftoppm", "-r", "200", "-f", n, "-l", n, "-x", "0", "-y", fmt.Sprint(height-270), "-W", "236", "-H", "270", "-gray", "-png", "$")
			picture, err := png.Decode(bytes.NewReader(corner))
			if err != nil {
				t.Fatal(err)
			}
			bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
			if err != nil {
				t.Fatal(err)
			}
			got, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
			if err != nil {
				t.Fatalf("page %d: %v", page, err)
			}
			if want := paper.Payload(manifest); got.GetText() != want {
				t.Errorf("page %d: got %q, want %q", page, got.GetText(), want)
			}
		}
	})
}

// Whatever people write stands on the paper.
func TestDrawAnyText(t *testing.T) {
	roll := makeRoll(t, 2)
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 7))
		text := func(most int) string {
			letters := []rune("aăâbcdđeêghiklmnoôơpqrstuưvxyẤỄỘỨỴ012(),.;")
			var b strings.Builder
			for n := 1 + r.IntN(most); n > 0; n-- {
				b.WriteRune(letters[r.IntN(len(letters))])
				if n > 1 && r.IntN(7) == 0 && n != 2 {
					b.WriteByte(' ')
				}
			}
			return b.String()
		}
		m := makeMinutes()
		m.Venue, m.Reason, m.Opinions = text(3000), text(3000), text(3000)
		m.Parties[1].Name, m.Parties[2].Position = text(200), text(200)
		m.Recipients = []string{text(1000)}
		got := strings.ReplaceAll(textOf(t, draw(t, makeManifest(t, roll), m, roll)), " ", "")
		// Page numbers come between the halves of a text.
		digits := func(s string) string {
			return strings.NewReplacer("0", "", "1", "", "2", "", "3", "", "4", "", "5", "", " ", "").Replace(s)
		}
		for _, want := range []string{m.Venue, m.Reason, m.Opinions, m.Parties[1].Name, m.Parties[2].Position, m.Recipients[0]} {
			if !strings.Contains(digits(got), digits(want)) {
				t.Errorf("seed %d: not on the pages: %.60q", seed, want)
			}
		}
	}
}
