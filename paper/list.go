package paper

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"kytiem/bundle"
)

// listTitle heads every list.
const listTitle = "DANH SÁCH KẾT QUẢ TIÊM VẮC XIN PHÒNG COVID-19 ĐÃ ĐƯỢC XÁC THỰC"

// listSize is the type size of the list's rows.
const listSize = 9

// listColumns fill the width of landscape paper. A running number of six digits, a
// date, a number of twelve digits, a vaccine and a lot number (Vero Cell's have
// eleven characters) stand on one line, since they cannot be broken at a space; a
// site, and who confirmed ("Trung tâm Y tế huyện Định Quán"), on two.
func listColumns() []Column {
	return []Column{
		{"row", "STT", 11.5, Centre},
		{"full_name", "Họ và tên", 31.5, Left},
		{"gender", "Giới tính", 9, Centre},
		{"birth_date", "Ngày sinh", 16.5, Centre},
		{"id_number", "Số CCCD/ CMND/hộ chiếu (quốc tịch)", 24, Left},
		{"dose_number", "Mũi", 8, Centre},
		{"vaccinated_on", "Ngày tiêm", 16.5, Centre},
		{"vaccine", "Vắc xin", 18, Left},
		{"lot_number", "Số lô", 20, Left},
		{"site", "Cơ sở tiêm", 26, Left},
		{"match_reason", "Kết quả đối sánh", 23, Left},
		{"health_confirmed_by", "Y tế xác nhận", 25, Left},
		{"police_confirmed_by", "Công an xác nhận", 23, Left},
	}
}

// List draws records as a part of its own on landscape paper: those that rows
// names, in that order, counted from first. The label stands above the title
// (Phụ lục), the note under it.
func (s *Sheet) List(m *bundle.Manifest, label, note string, rows []int32, first int, roll *bundle.Roll) {
	s.Part(Landscape)
	c := column{width: s.textWidth()}
	c.add(s, label, item{face: Bold, size: 14, align: Centre})
	c.add(s, listTitle, item{face: Bold, size: 13, align: Centre})
	if note != "" {
		c.add(s, note, item{face: Italic, size: 13, align: Centre})
	}
	c.add(s, bundleName(m)+"; mã băm gốc (SHA-256): "+Groups(m.Root), item{size: 10, lead: 1.5 * 10, align: Centre})
	s.stack(true, c)
	table := s.Table(listSize, listColumns()...)
	for i, n := range rows {
		record, err := roll.At(int(n))
		if err != nil {
			s.fail(err)
		}
		if s.err != nil {
			return
		}
		s.record = record.ID
		table.Row(cells(&record, first+i)...)
	}
	s.record = ""
	table.End()
}

// cells writes a record as the row with this running number.
func cells(r *bundle.Record, number int) []string {
	return []string{
		strconv.Itoa(number),
		r.FullName,
		gender(r.Gender),
		r.BirthDate.Vietnamese(),
		identityNumber(r),
		strconv.Itoa(r.DoseNumber),
		r.VaccinatedOn.Vietnamese(),
		r.Vaccine,
		r.LotNumber,
		r.Site,
		identity(r),
		r.HealthConfirmedBy,
		r.PoliceConfirmedBy,
	}
}

func gender(g bundle.Gender) string {
	if g == bundle.Male {
		return "Nam"
	}
	return "Nữ"
}

// identityNumber says of a passport that it is one, and of who is not Vietnamese
// from where.
func identityNumber(r *bundle.Record) string {
	number := r.IDNumber
	if r.IDType == bundle.Passport {
		number = "HC " + number
	}
	if !r.Citizen() {
		number += " (" + r.Nationality + ")"
	}
	return number
}

func identity(r *bundle.Record) string {
	switch r.Identity {
	case bundle.IdentityExempt:
		return "Không thuộc diện xác minh"
	case bundle.IdentityCleansed:
		if r.MatchReason != "" {
			return "Đã làm sạch (" + r.MatchReason + ")"
		}
		return "Đã làm sạch"
	}
	return "Trùng khớp"
}

// Annex writes annex file number of of: the records of roll that rows names, in
// that order, counted from first. It carries the bundle's id and root, and neither
// number nor date: those of the document are not known when annexes are hashed
// into the manifest. Of the manifest it uses what is known before that.
func Annex(w io.Writer, m *bundle.Manifest, number, of int, rows []int32, first int, roll *bundle.Roll) error {
	sealed, err := time.Parse(time.RFC3339, m.SealedAt)
	if err != nil {
		return fmt.Errorf("drawing annex %d, time of sealing: %w", number, bundle.ErrMalformed)
	}
	label := "Phụ lục"
	if of > 1 { // ND30, Phụ lục I, phần IV: two annexes and more have Roman numerals
		label += " " + roman(number)
	}
	s := NewSheet(w, Properties{Title: label + ". " + bundleName(m), Created: sealed})
	note := fmt.Sprintf("(%s; tệp %d/%d, số thứ tự từ %d đến %d)", m.Unit.Name, number, of, first, first+len(rows)-1)
	s.List(m, label, note, rows, first, roll)
	if err := s.Close(); err != nil {
		return fmt.Errorf("drawing annex %d: %w", number, err)
	}
	return nil
}
