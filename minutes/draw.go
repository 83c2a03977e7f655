package minutes

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"kytiem/bundle"
	"kytiem/paper"
)

// The signature fields that minutes are drawn with, empty: those of the chair and
// the secretary, and one for every other person, from 1.
const (
	ChairField     = "chair"
	SecretaryField = "secretary"
)

// PartyField is the field of member number n, from 1.
func PartyField(n int) string { return fmt.Sprintf("party-%d", n) }

// EmbeddedName is the name under which minutes.pdf embeds what it was drawn from,
// for [Parse].
const EmbeddedName = "minutes.json"

// subject is what the minutes are about, in their title.
const subject = "Xác nhận tính chính xác của dữ liệu kết quả tiêm vắc xin phòng COVID-19"

// Draw writes minutes.pdf for the bundle of the manifest. A roll that is not the
// one that the manifest states is refused. The manifest and minutes.json are
// embedded; every page carries the root as a QR code, so that a scanned page can be
// told to belong to these minutes. The same input gives the same bytes.
func Draw(w io.Writer, manifestJSON []byte, m *Minutes, roll *bundle.Roll) error {
	manifest, err := bundle.ParseManifest(manifestJSON)
	if err != nil {
		return err
	}
	if err := roll.Agree(manifest); err != nil {
		return fmt.Errorf("drawing minutes: %w", err)
	}
	if err := m.Check(manifest.Unit); err != nil {
		return fmt.Errorf("drawing minutes: %w", err)
	}
	minutesJSON, err := bundle.Canonical(m)
	if err != nil {
		return fmt.Errorf("drawing minutes: %w", err)
	}
	start, _ := instant(m.Start) // checked
	created := start
	if created.IsZero() {
		created = paper.DateOfDocument(bundle.Date{}, manifest)
	}
	s := paper.NewSheet(w, paper.Properties{
		Title:   "Biên bản. " + subject,
		Created: created,
		Mark:    paper.Payload(manifest),
		Files: []paper.File{
			{Name: bundle.ManifestFile, Description: "Bản kê của hồ sơ dữ liệu", Relationship: paper.DataFile, JSON: manifestJSON},
			{Name: EmbeddedName, Description: "Thông tin của biên bản", Relationship: paper.SupplementFile, JSON: minutesJSON},
		},
	})
	s.Part(paper.Portrait)
	s.Head(paper.Head{Parent: m.Parent, Agency: m.Agency, Number: m.Number, Notation: m.Notation})
	s.Title("BIÊN BẢN", append([]string{subject}, paper.WhichList(manifest)...)...)
	for _, sentence := range paper.LegalBasis(manifest.LegalBasis) {
		s.Paragraph(paper.Basis, sentence)
	}
	m.meeting(s)
	m.content(s, manifest)
	m.signatures(s)
	s.Recipients(append(append([]string(nil), m.Recipients...), "Lưu: VT, Hồ sơ"))
	if len(manifest.Annexes) == 0 {
		order, err := roll.ByName()
		if err != nil {
			return fmt.Errorf("drawing minutes: %w", err)
		}
		note := paper.GoesWith("Biên bản", m.Number, m.Notation, day(start), manifest.Unit)
		s.List(manifest, "Phụ lục", note, order, 1, roll)
	}
	if err := s.Close(); err != nil {
		return fmt.Errorf("drawing minutes: %w", err)
	}
	return nil
}

// blank is room to write in.
const blank = "……………………………………"

// or gives text, or room to write it.
func or(text string) string {
	if text == "" {
		return blank
	}
	return text
}

// day is the date of t; none of the zero time.
func day(t time.Time) bundle.Date {
	if t.IsZero() {
		return bundle.Date{}
	}
	return bundle.DateOf(t)
}

// moment writes a time of the meeting as Mẫu 1.9 does, or room for it.
func moment(text string) string {
	t, _ := instant(text) // checked
	if t.IsZero() {
		return "……… giờ ………, " + paper.LongDate(bundle.Date{})
	}
	return t.Format("15 giờ 04, ") + paper.LongDate(day(t))
}

// meeting says when, where and who.
func (m *Minutes) meeting(s *paper.Sheet) {
	s.Paragraph(paper.Body, "Thời gian bắt đầu: "+moment(m.Start))
	s.Paragraph(paper.Ragged, "Địa điểm: "+or(m.Venue))
	s.Paragraph(paper.Body, "Thành phần tham dự:")
	secretary := ""
	for i, p := range m.Parties {
		s.Paragraphf(paper.Ragged, "%d. %s: Ông/Bà %s, chức vụ: %s", i+1, p.Party, or(p.Name), or(p.Position))
		if p.Role == Secretary {
			secretary = p.Name
		}
	}
	for _, p := range m.Parties {
		if p.Role == Chair {
			s.Paragraphf(paper.Ragged, "Chủ trì (chủ tọa): Ông/Bà %s, %s", or(p.Name), or(p.Position))
		}
	}
	s.Paragraph(paper.Ragged, "Thư ký (người ghi biên bản): Ông/Bà "+or(secretary))
}

// content is what is confirmed, by whom, under which reserve.
func (m *Minutes) content(s *paper.Sheet, manifest *bundle.Manifest) {
	c := manifest.Counts
	s.Paragraph(paper.Strong, "Nội dung:")
	if m.Reason == "" || m.Reason == DefaultReason {
		s.Paragraph(paper.Body, "1. Lý do: tại thời điểm lập biên bản, đơn vị "+DefaultReason+
			" để ký số đối với dữ liệu kết quả tiêm trên Nền tảng quản lý tiêm chủng COVID-19.")
	} else {
		s.Paragraph(paper.Body, "1. Lý do: "+sentence(m.Reason))
	}
	s.Keep(paper.SealHeight)
	s.Paragraphf(paper.Body, "2. Dữ liệu được xác nhận: %s người, %s mũi tiêm, nhận biết bằng mã băm gốc sau đây (cây băm SHA-256 theo RFC 6962):",
		paper.Thousands(c.Persons), paper.Thousands(c.Doses))
	s.Seal(manifest)
	s.WhereList(manifest)
	s.Paragraphf(paper.Body, "3. Ngành Y tế xác nhận thông tin về tiêm chủng của %s mũi tiêm.", paper.Thousands(c.Doses))
	s.Paragraphf(paper.Body, "4. Ngành Công an xác nhận thông tin về định danh cá nhân: %s.", paper.Identities(c))
	s.Paragraph(paper.Body, paper.Source(manifest))
	if m.Opinions == "" {
		s.Paragraph(paper.Body, "5. Ý kiến khác (nếu có): "+strings.Repeat("…", 22))
		s.Paragraph(paper.Plain, strings.Repeat("…", 35)) // a line to write on
	} else {
		for i, line := range strings.Split(m.Opinions, "\n") {
			if i == 0 {
				line = "5. Ý kiến khác: " + line
			}
			s.Paragraph(paper.Body, line)
		}
	}
	s.Paragraph(paper.Body, "6. Các bên thống nhất xác nhận tính chính xác của dữ liệu kết quả tiêm nêu trên và chịu trách nhiệm về phần thông tin do mình xác nhận.")
	s.Keep(60) // some of the text stands above the first signatures
	s.Paragraphf(paper.Body, "Cuộc họp kết thúc vào %s; biên bản đã được đọc cho các bên cùng nghe và thống nhất ký tên./.", moment(m.End))
}

// sentence ends text in a full stop, unless it ends in a mark of its own.
func sentence(text string) string {
	if last, _ := utf8.DecodeLastRuneInString(text); strings.ContainsRune(".…!?", last) {
		return text
	}
	return text + "."
}

// signatures draws a block for every member, two in a row, and under them those of
// Mẫu 1.9: the secretary on the left, the chair on the right. The model has no
// blocks for parties; minutes "giữa các bên liên quan" need them.
func (m *Minutes) signatures(s *paper.Sheet) {
	var members []paper.Signature
	secretary := paper.Signature{Titles: []string{"THƯ KÝ"}, Field: SecretaryField}
	chair := paper.Signature{Titles: []string{"CHỦ TỌA"}, Field: ChairField}
	for _, p := range m.Parties {
		switch p.Role {
		case Member:
			members = append(members, paper.Signature{
				Titles: []string{"ĐẠI DIỆN " + strings.ToUpper(p.Party)}, Name: p.Name, Field: PartyField(len(members) + 1),
			})
		case Secretary: // who may be the only one of a party signs for it, too
			secretary.Note, secretary.Name = "(đại diện "+p.Party+")", p.Name
		case Chair:
			chair.Name = p.Name
			if p.Position != "" {
				chair.Titles = append(chair.Titles, strings.ToUpper(p.Position))
			}
		}
	}
	for len(members) > 0 {
		n := min(2, len(members))
		s.Signatures(members[:n]...)
		members = members[n:]
	}
	s.Signatures(secretary, chair)
}
