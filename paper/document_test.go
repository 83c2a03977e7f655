package paper_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"kytiem/bundle"
	"kytiem/paper"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What stands on the pages, line by line, is held by a file that people can read.
func TestBundleText(t *testing.T) {
	roll := makeRoll(t, makeRecords(t, 9, nil))
	m, d := makeManifest(t, roll), makeDocument()
	d.Attachments = []bundle.Attachment{{Name: "minutes.pdf", SHA256: bundle.HexHash(sha256.Sum256(nil))}}
	got := textOf(t, draw(t, m, d, roll))
	const golden = "testdata/bundle.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		var g, w string
		if i < len(gotLines) {
			g = words(gotLines[i])
		}
		if i < len(wantLines) {
			w = words(wantLines[i])
		}
		if g != w {
			t.Fatalf("line %d: got %q, want %q", i+1, g, w)
		}
	}
}

// The digest changes with the layout, the fonts and the compressor, and with
// nothing else: not with the day, the machine or the Go release. Documents drawn
// before such a change could not be drawn again, so it needs a new
// bundle.DocumentVersion once documents are out in the world.
func TestBundleBytes(t *testing.T) {
	records := makeRecords(t, 60, nil)
	roll := makeRoll(t, records)
	m, d := makeManifest(t, roll), makeDocument()
	first := draw(t, m, d, roll)
	if again := draw(t, m, d, roll); !bytes.Equal(first, again) {
		t.Error("the same input gave other bytes the second time")
	}
	records[17].FullName += " An"
	other := makeRoll(t, records)
	if changed := draw(t, makeManifest(t, other), d, other); bytes.Equal(first, changed) {
		t.Error("another name gave the same bytes")
	}
	const want = "3297f42da641fe728d980cb22b8b74aa92464159f4b20547b23b4193f456779d"
	sum := sha256.Sum256(first)
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("digest of the document: got %s, want %s", got, want)
	}
}

func TestBundleSays(t *testing.T) {
	foreigners := func(n int) func(int, *bundle.Result) {
		return func(i int, r *bundle.Result) {
			if i < n {
				r.IDType, r.IDNumber, r.Nationality, r.Match = bundle.Passport, "P"+string(rune('A'+i/26))+string(rune('A'+i%26))+"12345", "LA", bundle.Unmatched
				r.FullName = "Khamphet Somsak"
			}
		}
	}
	tests := []struct {
		name   string
		rows   int
		change func(int, *bundle.Result)
		edit   func(*bundle.Manifest, *bundle.Document)
		want   []string
		not    []string
	}{
		{
			name: "preview leaves room for number and date",
			rows: 3,
			edit: func(_ *bundle.Manifest, d *bundle.Document) {
				d.Preview, d.Number, d.Date, d.Signatory.Name = true, "", bundle.Date{}, ""
			},
			want: []string{
				"Số: ………/BC-UBND", "Phú Hòa, ngày ……… tháng ……… năm ………", "BẢN XEM TRƯỚC – CHƯA CÓ GIÁ TRỊ",
				"(Kèm theo Báo cáo số ………/BC-UBND ngày ……… tháng ……… năm ……… của Ủy ban nhân dân xã Phú Hòa)",
			},
		},
		{
			name: "no preview says nothing of one",
			rows: 3,
			want: []string{
				"Số: 05/BC-UBND", "Phú Hòa, ngày 09 tháng 11 năm 2021", "TM. ỦY BAN NHÂN DÂN CHỦ TỊCH",
				"(Kèm theo Báo cáo số 05/BC-UBND ngày 09 tháng 11 năm 2021 của Ủy ban nhân dân xã Phú Hòa)",
			},
			not: []string{"BẢN XEM TRƯỚC"},
		},
		{
			name: "confirmations out of a file are called so",
			rows: 3,
			want: []string{"ghi theo tệp dữ liệu do đơn vị cung cấp"},
			not:  []string{"đăng nhập"},
		},
		{
			name: "confirmations in the service are called so",
			rows: 3,
			edit: func(m *bundle.Manifest, _ *bundle.Document) { m.ConfirmationSource = bundle.ConfirmedInService },
			want: []string{"đăng nhập và thực hiện trên hệ thống"},
			not:  []string{"tệp dữ liệu do đơn vị cung cấp"},
		},
		{
			name:   "few exempt are named to the head",
			rows:   55,
			change: foreigners(50),
			want:   []string{"4. Trường hợp không thuộc diện xác minh", "LA PAA12345", "LA PBX12345"},
		},
		{
			name:   "many exempt stand in the list",
			rows:   55,
			change: foreigners(51),
			want:   []string{"51 mũi tiêm của người không phải là công dân Việt Nam được ghi “Không thuộc diện xác minh” tại danh sách"},
			not:    []string{"LA PAA12345"},
		},
		{
			name: "none exempt, no section about them",
			rows: 3,
			want: []string{"4. Danh sách và tài liệu kèm theo"},
		},
		{
			name: "annex files stand for the list",
			rows: 5,
			edit: func(m *bundle.Manifest, _ *bundle.Document) {
				m.Annexes = []bundle.Annex{
					{Name: "annex-01.pdf", Rows: 3, SHA256: sha256.Sum256([]byte("1"))},
					{Name: "annex-02.pdf", Rows: 2, SHA256: sha256.Sum256([]byte("2"))},
				}
			},
			want: []string{"annex-01.pdf 3 6b86 b273 ff34", "annex-02.pdf 2 d473 5e3a 265e"},
			not:  []string{"Trùng khớp Nguyễn Thị Lan", "DANH SÁCH KẾT QUẢ"},
		},
		{
			name: "deputy for the head",
			rows: 3,
			edit: func(_ *bundle.Manifest, d *bundle.Document) {
				d.Capacity, d.Signatory.Position = bundle.KT, "Phó Chủ tịch"
			},
			want: []string{"KT. CHỦ TỊCH PHÓ CHỦ TỊCH"},
		},
		{
			name: "facility",
			rows: 3,
			edit: func(m *bundle.Manifest, d *bundle.Document) {
				m.Unit.Level, m.Unit.Name = bundle.Facility, "Bệnh viện Đa khoa Thống Nhất"
				d.Agency, d.Capacity, d.Signatory.Position = []string{"BỆNH VIỆN ĐA KHOA THỐNG NHẤT"}, bundle.Q, "Giám đốc"
			},
			want: []string{"Q. GIÁM ĐỐC", "Bệnh viện Đa khoa Thống Nhất xác nhận và chịu trách nhiệm"},
			not:  []string{"Ủy ban nhân dân xã Phú Hòa"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			roll := makeRoll(t, makeRecords(t, test.rows, test.change))
			m, d := makeManifest(t, roll), makeDocument()
			d.Recipients = []string{"Lưu: VT"}
			if test.edit != nil {
				test.edit(m, d)
			}
			got := words(textOf(t, draw(t, m, d, roll)))
			for _, want := range test.want {
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

func TestBundleRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(int, *bundle.Result)
		edit   func(*bundle.Manifest, *bundle.Document)
		want   error
		says   string
	}{
		{
			name: "rune above U+FFFF",
			change: func(i int, r *bundle.Result) {
				if i == 2 {
					r.FullName = "Nguyễn \U0001F600 An"
				}
			},
			want: paper.ErrUnprintable, says: "column full_name: character U+1F600",
		},
		{
			name: "bidi mark",
			change: func(i int, r *bundle.Result) {
				if i == 1 {
					r.Site = "Trạm\u202e Y tế"
				}
			},
			want: paper.ErrUnprintable, says: "column site: character U+202E",
		},
		{
			name: "control",
			change: func(i int, r *bundle.Result) {
				if i == 1 {
					r.Vaccine = "Astra\nZeneca"
				}
			},
			want: paper.ErrUnprintable, says: "column vaccine: character U+000A",
		},
		{
			name: "decomposed letters",
			change: func(i int, r *bundle.Result) {
				if i == 0 {
					r.HealthConfirmedBy = "Nguye\u0302\u0303n Lan"
				}
			},
			want: paper.ErrNotNFC, says: "column health_confirmed_by",
		},
		{
			name: "signatory without a glyph",
			edit: func(_ *bundle.Manifest, d *bundle.Document) { d.Signatory.Name = "山田" },
			want: paper.ErrUnprintable,
		},
		{
			name: "manifest of another roll",
			edit: func(m *bundle.Manifest, _ *bundle.Document) { m.Root[0] ^= 1 },
			want: bundle.ErrMalformed,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			records := makeRecords(t, 4, test.change)
			roll := makeRoll(t, records)
			m, d := makeManifest(t, roll), makeDocument()
			if test.edit != nil {
				test.edit(m, d)
			}
			err := paper.Bundle(&bytes.Buffer{}, canonical(t, m), canonical(t, d), roll)
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %q, want in it %q", err, test.says)
			}
			if test.change != nil && !strings.Contains(err.Error(), "record ") {
				t.Errorf("got %q, want the record's id in it", err)
			}
			for _, r := range records {
				if strings.Contains(err.Error(), r.FullName) {
					t.Errorf("got %q, which names a person", err)
				}
			}
		})
	}
}

// full is a writer whose disk is full after n bytes.
type full struct{ n int }

var errFull = errors.New("disk full")

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.n {
		n := f.n
		f.n = 0
		return n, errFull
	}
	f.n -= len(p)
	return len(p), nil
}

func TestBundleToFullDisk(t *testing.T) {
	roll := makeRoll(t, makeRecords(t, 40, nil))
	m, d := canonical(t, makeManifest(t, roll)), canonical(t, makeDocument())
	var whole bytes.Buffer
	if err := paper.Bundle(&whole, m, d, roll); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < whole.Len(); n += whole.Len()/7 + 1 {
		if err := paper.Bundle(&full{n}, m, d, roll); !errors.Is(err, errFull) {
			t.Errorf("with %d of %d bytes: got %v, want %v", n, whole.Len(), err, errFull)
		}
	}
}

func TestAnnex(t *testing.T) {
	roll := makeRoll(t, makeRecords(t, 30, nil))
	m := makeManifest(t, roll)
	order, err := roll.ByName()
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := paper.Annex(&file, m, 2, 3, order[10:30], 50_011, roll); err != nil {
		t.Fatal(err)
	}
	got := words(textOf(t, file.Bytes()))
	for _, want := range []string{"Phụ lục II DANH SÁCH", "tệp 2/3, số thứ tự từ 50011 đến 50030", m.Bundle, paper.Groups(m.Root), "50011", "50030"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want in it %q", got, want)
		}
	}
	for _, not := range []string{"50010", "50031 ", "BC-UBND"} {
		if strings.Contains(got, not) {
			t.Errorf("got %q, want nothing of %q", got, not)
		}
	}
}
