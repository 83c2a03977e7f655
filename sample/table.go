package sample

import (
	"strconv"

	"kytiem/bundle"
)

// Language is in which the head and the words of a file are.
type Language string

// The languages of files. English is the column names and values that the results
// file is defined with.
const (
	English    Language = "en"
	Vietnamese Language = "vi"
)

// The columns of a results file, in the order in which they are written.
const (
	columnFullName = iota
	columnGender
	columnBirthDate
	columnIDType
	columnIDNumber
	columnNationality
	columnDoseNumber
	columnVaccinatedOn
	columnVaccine
	columnLotNumber
	columnSite
	columnExternalID
	columnUnit
	columnMatch
	columnMatchReason
	columnHealthConfirmedBy
	columnPoliceConfirmedBy
	columns
)

var englishHead = [columns]string{
	"full_name", "gender", "birth_date", "id_type", "id_number", "nationality",
	"dose_number", "vaccinated_on", "vaccine", "lot_number", "site",
	"external_id", "unit", "match", "match_reason", "health_confirmed_by", "police_confirmed_by",
}

var vietnameseHead = [columns]string{
	"Họ và tên", "Giới tính", "Ngày sinh", "Loại giấy tờ", "Số CCCD/CMND", "Quốc tịch",
	"Mũi số", "Ngày tiêm", "Vắc xin", "Số lô", "Điểm tiêm",
	"Mã tham chiếu", "Mã đơn vị", "Kết quả đối sánh", "Lý do", "Y tế xác nhận", "Công an xác nhận",
}

// head is the first row of a file.
func (l Language) head() [columns]string {
	if l == Vietnamese {
		return vietnameseHead
	}
	return englishHead
}

// cells writes a row as text: dates as people in Việt Nam write them, or in ISO
// form for machines.
func (l Language) cells(row *Row, date func(bundle.Date) string) [columns]string {
	cells := [columns]string{
		columnFullName:          row.FullName,
		columnGender:            string(row.Gender),
		columnBirthDate:         date(row.BirthDate),
		columnIDType:            string(row.IDType),
		columnIDNumber:          row.IDNumber,
		columnNationality:       row.Nationality,
		columnDoseNumber:        strconv.Itoa(row.DoseNumber),
		columnVaccinatedOn:      date(row.VaccinatedOn),
		columnVaccine:           row.Vaccine,
		columnLotNumber:         row.LotNumber,
		columnSite:              row.Site,
		columnExternalID:        row.ExternalID,
		columnUnit:              row.Unit,
		columnMatch:             string(row.Match),
		columnMatchReason:       row.MatchReason,
		columnHealthConfirmedBy: row.HealthConfirmedBy,
		columnPoliceConfirmedBy: row.PoliceConfirmedBy,
	}
	if l == Vietnamese {
		switch row.Gender {
		case bundle.Male:
			cells[columnGender] = "Nam"
		case bundle.Female:
			cells[columnGender] = "Nữ"
		}
	}
	row.Fault.spoil(cells[:])
	return cells
}
