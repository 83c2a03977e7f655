package paper

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"kytiem/bundle"
)

// The words of the bundle document that stand in more than one place.
const (
	documentKind    = "BÁO CÁO"
	documentSubject = "Xác nhận dữ liệu kết quả tiêm vắc xin phòng COVID-19 đã được xác thực"
	previewLine     = "BẢN XEM TRƯỚC – CHƯA CÓ GIÁ TRỊ"
)

// namedExempt is up to how many results without an identity check the document
// names itself: the head answers for them alone (Công văn 9438/BYT-CNTT, phụ lục,
// mục 2) and should meet them by name, not look for them in a list.
const namedExempt = 50

// Bundle writes bundle.pdf: the statement that the unit's head signs, with the
// list as its annex unless that stands in files of its own. manifestJSON and
// documentJSON are the canonical files, which are embedded as they are. A roll
// that is not the one the manifest states is refused.
func Bundle(w io.Writer, manifestJSON, documentJSON []byte, roll *bundle.Roll) error {
	m, err := bundle.ParseManifest(manifestJSON)
	if err != nil {
		return err
	}
	d, err := bundle.ParseDocument(documentJSON)
	if err != nil {
		return err
	}
	if err := roll.Agree(m); err != nil {
		return fmt.Errorf("drawing the document: %w", err)
	}
	about := Properties{
		Title:   documentSubject,
		Created: DateOfDocument(d.Date, m),
		Files: []File{
			{Name: bundle.ManifestFile, Description: "Bản kê của hồ sơ dữ liệu", Relationship: DataFile, JSON: manifestJSON},
			{Name: bundle.DocumentFile, Description: "Thông tin của văn bản", Relationship: SupplementFile, JSON: documentJSON},
		},
	}
	if d.Preview {
		about.Footer = previewLine
	}
	s := NewSheet(w, about)
	s.Part(Portrait)
	s.Head(Head{Parent: d.Parent, Agency: d.Agency, Number: d.Number, Notation: d.Notation, Place: d.Place, Date: d.Date})
	if d.Preview {
		s.Paragraph(Centred, previewLine)
	}
	s.Title(documentKind, append([]string{documentSubject}, WhichList(m)...)...)
	s.statement(m)
	s.exempt(m, roll)
	s.enclosed(m, d)
	s.Keep(75) // the signature never stands on a page without a line of the text
	s.Paragraphf(Body, "%s xác nhận và chịu trách nhiệm về tính chính xác của dữ liệu kết quả tiêm nêu trên./.", Issuer(m.Unit))
	s.Closing(filed(d.Recipients, "Lưu: VT"), Signature{
		Titles: titles(d, m), Name: d.Signatory.Name, Field: bundle.HeadField, Seal: bundle.OrganisationField,
	})
	if len(m.Annexes) == 0 {
		order, err := roll.ByName()
		if err != nil {
			return fmt.Errorf("drawing the list: %w", err)
		}
		s.List(m, "Phụ lục", GoesWith("Báo cáo", d.Number, d.Notation, d.Date, m.Unit), order, 1, roll)
	}
	if err := s.Close(); err != nil {
		return fmt.Errorf("drawing the document: %w", err)
	}
	return nil
}

// DateOfDocument is the instant that a file states as its own: the beginning of
// the document's day in Việt Nam, or that of sealing while there is none.
func DateOfDocument(date bundle.Date, m *bundle.Manifest) time.Time {
	if date.IsZero() {
		sealed, _ := time.Parse(time.RFC3339, m.SealedAt) // a parsed manifest has one
		return sealed
	}
	return time.Date(date.Year, time.Month(date.Month), date.Day, 0, 0, 0, 0, bundle.VietnamTime())
}

// statement says what is attested, by whom and under which confirmations.
func (s *Sheet) statement(m *bundle.Manifest) {
	for _, sentence := range LegalBasis(m.LegalBasis) {
		s.Paragraph(Basis, sentence)
	}
	s.Paragraphf(Body, "%s báo cáo và xác nhận dữ liệu kết quả tiêm vắc xin phòng COVID-19 đã được xác thực như sau:", Issuer(m.Unit))
	s.Paragraph(Strong, "1. Số liệu")
	s.Counts(m)
	s.Keep(SealHeight + 10)
	s.Paragraph(Strong, "2. Dữ liệu được xác nhận")
	s.Paragraph(Body, "Danh sách được niêm phong bằng mã băm gốc dưới đây (cây băm SHA-256 theo RFC 6962); chỉ một ký tự của một kết quả thay đổi thì mã băm gốc cũng thay đổi.")
	s.Seal(m)
	s.Paragraph(Body, "Cách kiểm tra: mở tệp này bằng chức năng kiểm tra của Ký Tiêm (kytiem verify), hoặc quét mã QR và so từng nhóm bốn ký tự với mã băm gốc trên bản đã ký.")
	s.Paragraph(Strong, "3. Xác nhận của các ngành")
	s.Paragraphf(Body, "Ngành Y tế xác nhận thông tin về tiêm chủng của %s mũi tiêm. Ngành Công an xác nhận thông tin về định danh cá nhân: %s.",
		Thousands(m.Counts.Doses), Identities(m.Counts))
	s.Paragraph(Body, Source(m))
}

// WhichList says which list a document is about, in two lines of its title.
func WhichList(m *bundle.Manifest) []string {
	return []string{
		"(" + bundleName(m) + ",",
		"tiêm từ ngày " + m.Period.From.Vietnamese() + " đến ngày " + m.Period.To.Vietnamese() + ")",
	}
}

// bundleName is what every page calls the bundle.
func bundleName(m *bundle.Manifest) string { return "Hồ sơ dữ liệu số " + m.Bundle }

// GoesWith is the line under an annex's title that says which document it belongs
// to (ND30, Phụ lục I, phần IV). Number and date that are not known yet are left to
// be written.
func GoesWith(kind, number, notation string, date bundle.Date, unit bundle.UnitName) string {
	return "(Kèm theo " + kind + " số " + Notation(number, notation) + " " + LongDate(date) + " của " + Issuer(unit) + ")"
}

// Identities says behind how many doses identity was established in which way, and
// nothing of a way in which none was.
func Identities(c bundle.Counts) string {
	var parts []string
	for _, part := range [...]struct {
		doses int
		whose string
	}{
		{c.Matched, "người có thông tin trùng khớp"},
		{c.Cleansed, "người đã được bổ sung, chỉnh sửa và xác minh"},
		{c.Exempt, "người không phải là công dân Việt Nam (không thuộc diện xác minh)"},
	} {
		if part.doses > 0 {
			parts = append(parts, Thousands(part.doses)+" mũi tiêm của "+part.whose)
		}
	}
	return strings.Join(parts, "; ")
}

// Counts draws the totals of a bundle.
func (s *Sheet) Counts(m *bundle.Manifest) {
	table := s.Table(12,
		Column{"persons", "Số người", 25, Centre},
		Column{"doses", "Số mũi tiêm", 25, Centre},
		Column{"matched", "Trùng khớp", 30, Centre},
		Column{"cleansed", "Đã làm sạch", 30, Centre},
		Column{"exempt", "Không thuộc diện xác minh (không phải công dân Việt Nam)", 55, Centre})
	c := m.Counts
	table.Row(Thousands(c.Persons), Thousands(c.Doses), Thousands(c.Matched), Thousands(c.Cleansed), Thousands(c.Exempt))
	table.End()
}

// Source says plainly who vouches for the confirmations of both sectors: signed-in
// people of each, or nobody but the file that was handed in.
func Source(m *bundle.Manifest) string {
	if m.ConfirmationSource == bundle.ConfirmedInService {
		return "Mỗi xác nhận do người có thẩm quyền của từng ngành đăng nhập và thực hiện trên hệ thống."
	}
	return "Các xác nhận được ghi theo tệp dữ liệu do đơn vị cung cấp; hệ thống không kiểm chứng được người xác nhận, đơn vị chịu trách nhiệm về nội dung này."
}

// exempt names those whose identity nobody checked, while they are few.
func (s *Sheet) exempt(m *bundle.Manifest, roll *bundle.Roll) {
	count := m.Counts.Exempt
	if count == 0 || s.err != nil {
		return
	}
	s.Paragraph(Strong, "4. Trường hợp không thuộc diện xác minh thông tin định danh")
	if count > namedExempt {
		s.Paragraphf(Body, "%s mũi tiêm của người không phải là công dân Việt Nam được ghi “Không thuộc diện xác minh” tại danh sách.", Thousands(count))
		return
	}
	few, order, err := exemptRoll(count, roll)
	if err != nil {
		s.fail(fmt.Errorf("listing the exempt: %w", err))
		return
	}
	table := s.Table(12,
		Column{"row", "STT", 12, Centre},
		Column{"full_name", "Họ và tên", 63, Left},
		Column{"birth_date", "Ngày sinh", 27, Centre},
		Column{"nationality", "Quốc tịch", 18, Centre},
		Column{"id_number", "Số hộ chiếu", 33, Left},
		Column{"dose_number", "Mũi", 12, Centre})
	for i, n := range order {
		record, err := few.At(int(n))
		if err != nil {
			s.fail(err)
		}
		s.record = record.ID
		table.Row(strconv.Itoa(i+1), record.FullName, record.BirthDate.Vietnamese(),
			record.Nationality, record.IDNumber, strconv.Itoa(record.DoseNumber))
	}
	s.record = ""
	table.End()
}

// exemptRoll is a roll of the count exempt records alone, and its order by name.
func exemptRoll(count int, roll *bundle.Roll) (*bundle.Roll, []int32, error) {
	var lines []byte
	for i := 0; i < roll.Len() && count > 0; i++ {
		record, err := roll.At(i)
		if err != nil {
			return nil, nil, err
		}
		if record.Identity == bundle.IdentityExempt {
			lines = append(record.Append(lines), '\n')
			count--
		}
	}
	few, err := bundle.ReadRoll(bytes.NewReader(lines), int64(len(lines)))
	if err != nil {
		return nil, nil, err
	}
	order, err := few.ByName()
	return few, order, err
}

// enclosed names the list and the files that go with the document.
func (s *Sheet) enclosed(m *bundle.Manifest, d *bundle.Document) {
	s.Paragraph(Strong, fmt.Sprintf("%d. Danh sách và tài liệu kèm theo", 4+min(m.Counts.Exempt, 1)))
	s.WhereList(m)
	if len(d.Attachments) == 0 {
		return
	}
	s.Paragraph(Body, "Tài liệu kèm theo, nhận biết bằng mã băm SHA-256:")
	table := s.Table(11, Column{"row", "STT", 12, Centre}, Column{"name", "Tên tệp", 48, Left}, sumColumn())
	for i, a := range d.Attachments {
		table.Row(strconv.Itoa(i+1), a.Name, Groups(a.SHA256))
	}
	table.End()
}

// WhereList says where the list stands: in the annex of this document, or in files
// of their own, which it names with their digests.
func (s *Sheet) WhereList(m *bundle.Manifest) {
	if len(m.Annexes) == 0 {
		s.Paragraphf(Body, "Danh sách %s mũi tiêm tại Phụ lục kèm theo văn bản này.", Thousands(m.Size))
	} else {
		s.Paragraphf(Body, "Danh sách %s mũi tiêm tại %s tệp phụ lục sau đây, nhận biết bằng mã băm SHA-256:", Thousands(m.Size), Thousands(len(m.Annexes)))
		table := s.Table(11, Column{"name", "Tên tệp", 35, Left}, Column{"rows", "Số mũi", 25, Centre}, sumColumn())
		for _, a := range m.Annexes {
			table.Row(a.Name, Thousands(a.Rows), Groups(a.SHA256))
		}
		table.End()
	}
}

// sumColumn holds a digest in two lines.
func sumColumn() Column { return Column{"sha256", "SHA-256", 105, Left} }

// filed adds the line without which no list of recipients ends (ND30, Phụ lục I,
// phần II, mục II.9).
func filed(recipients []string, last string) []string {
	if n := len(recipients); n > 0 && strings.HasPrefix(recipients[n-1], "Lưu:") {
		return recipients
	}
	return append(recipients[:len(recipients):len(recipients)], last)
}

// titles is ô số 7a: in what capacity, and in which position somebody signs (ND30,
// Điều 13; Phụ lục I, phần II, mục II.7).
func titles(d *bundle.Document, m *bundle.Manifest) []string {
	position := strings.ToUpper(d.Signatory.Position)
	head, collective := headTitle(m.Unit), "ỦY BAN NHÂN DÂN"
	if m.Unit.Level == bundle.Facility {
		collective = strings.Join(d.Agency, " ")
	}
	switch d.Capacity {
	case bundle.TM:
		return []string{"TM. " + collective, position}
	case bundle.KT:
		if whole, deputy := strings.CutPrefix(position, "PHÓ "); deputy {
			head = whole
		}
		return []string{"KT. " + head, position}
	case bundle.TL, bundle.TUQ:
		return []string{string(d.Capacity) + ". " + head, position}
	case bundle.Q:
		return []string{"Q. " + position}
	case bundle.NoCapacity:
	}
	return []string{position}
}

// headTitle is what the head of a unit is called in whose name somebody else signs.
// What a facility calls its head follows from its kind; where that leaves it open,
// the words are those that fit all.
func headTitle(unit bundle.UnitName) string {
	switch {
	case unit.Level != bundle.Facility:
		return "CHỦ TỊCH"
	case strings.HasPrefix(unit.Kind, "benh-vien"), strings.HasPrefix(unit.Kind, "trung-tam"):
		return "GIÁM ĐỐC"
	case unit.Kind == "tram-y-te":
		return "TRƯỞNG TRẠM"
	}
	return "THỦ TRƯỞNG ĐƠN VỊ"
}
