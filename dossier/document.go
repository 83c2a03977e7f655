package dossier

import (
	"strings"

	"kytiem/bundle"
)

// preview is what document.json says at sealing: everything but number, date and
// signatory, which are those of the day the head signs.
func (c *Composition) preview(m *bundle.Manifest) bundle.Document {
	d := bundle.Document{
		V: bundle.DocumentVersion, Preview: true,
		Recipients: []string{"Sở Y tế", "Trung tâm Kiểm soát bệnh tật tỉnh", filing},
	}
	if c.Unit.Level == bundle.Facility {
		d.Agency = []string{strings.ToUpper(c.Unit.FullName)}
		d.Notation = "BC-" + initials(c.Unit.FullName)
		d.Place = c.commune(m).Name
		d.Signatory.Position = "Giám đốc"
		return d
	}
	// Nghị định 30/2020/NĐ-CP, Phụ lục I, mục II.2: a People's Committee names no
	// superior agency.
	d.Agency = []string{"ỦY BAN NHÂN DÂN", strings.ToUpper(c.Unit.FullName)}
	d.Notation = "BC-UBND"
	d.Place = c.Unit.Name
	d.Signatory.Position = "Chủ tịch"
	d.Capacity = bundle.TM
	return d
}

// filing is the last line of Nơi nhận (Nghị định 30/2020/NĐ-CP, Phụ lục I, mục
// II.9).
const filing = "Lưu: VT"

// commune finds the commune a facility lies in; where the register does not know
// it, the facility stands for itself.
func (c *Composition) commune(m *bundle.Manifest) bundle.Unit {
	if c.Units != nil {
		if u, err := c.Units.At(c.Unit.Parent, m.Period.To); err == nil {
			return u
		}
	}
	return c.Unit
}

// initials abbreviates an agency's name for the notation: Bệnh viện Đa khoa Thống
// Nhất → BVĐKTN (Nghị định 30/2020/NĐ-CP, Phụ lục I, mục II.3).
func initials(name string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(name) {
		first := []rune(word)[0]
		if !strings.ContainsRune("(-–,.", first) {
			b.WriteString(strings.ToUpper(string(first)))
		}
	}
	return b.String()
}
