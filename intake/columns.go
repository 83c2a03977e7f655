package intake

import (
	"strings"
	"sync"
	"unicode"

	"kytiem/bundle"
)

// column is a column of the contract.
type column int

const (
	fullName column = iota
	gender
	birthDate
	idType
	idNumber
	nationality
	doseNumber
	vaccinatedOn
	vaccine
	lotNumber
	site
	externalID
	unit
	match
	matchReason
	healthConfirmedBy
	policeConfirmedBy
	columnCount
)

// What a cell of the header, or the place of a finding, may be instead.
const (
	wholeRow  column = -1 - iota // no column
	extra                        // not of the contract
	errorNote                    // written by us into an error file
)

var columnNames = [columnCount]string{
	"full_name", "gender", "birth_date", "id_type", "id_number", "nationality",
	"dose_number", "vaccinated_on", "vaccine", "lot_number", "site",
	"external_id", "unit", "match", "match_reason", "health_confirmed_by", "police_confirmed_by",
}

// mandatory are the columns without which no row of a file could ever be sealed:
// the four fields of Công văn 9438/BYT-CNTT and the dose.
var mandatory = [...]column{fullName, gender, birthDate, idNumber, doseNumber, vaccinatedOn, vaccine}

// The columns that an error file has beside those of its input: the codes, for
// programs, and the sentences, for people. A file that comes with them is read as
// if it had none.
const (
	ErrorColumn    = "error"
	SentenceColumn = "loi"
)

// aliases are further names of the columns as units write them. They are compared
// by [foldName]: without diacritics, case, blanks and what stands in brackets.
//
// A header "Số hộ chiếu" alone is no alias: nine digits under it would read as an
// old identity card.
var aliases = [columnCount]string{
	fullName: "Họ và tên|Họ tên|Họ tên đối tượng|Họ và tên người tiêm|Họ và tên người được tiêm|Tên đối tượng|" +
		"Name|Full name|Patient name",
	gender:    "Giới tính|Giới|Sex|Nam/Nữ",
	birthDate: "Ngày sinh|Ngày tháng năm sinh|Ngày, tháng, năm sinh|Năm sinh|NTNS|Birthday|Date of birth|DOB|Birth",
	idType:    "Loại giấy tờ|Loại giấy tờ tùy thân|Loại định danh|Document type|Identity type",
	idNumber: "Số CCCD/CMT|Số CCCD/CMND|CCCD/CMT|CCCD/CMND|Số CMND/CCCD|CMND/CCCD|Số CMT/CCCD|CMT/CCCD|Số CCCD|CCCD|Số CMND|" +
		"CMND|Số CMT|CMT|Số căn cước|Số căn cước công dân|Căn cước công dân|Số định danh|Số định danh cá nhân|Số giấy tờ|" +
		"Số giấy tờ tùy thân|Số CCCD/CMT/Hộ chiếu|Số CCCD/CMND/Hộ chiếu|Số CMND/CCCD/Hộ chiếu|CCCD/CMND/Hộ chiếu|" +
		"Số CCCD/Hộ chiếu|Identity number|ID no|ID|National ID",
	nationality:  "Quốc tịch|Country|Citizenship",
	doseNumber:   "Mũi tiêm|Mũi số|Mũi|Mũi tiêm thứ|Mũi tiêm số|Lần tiêm|Dose|Dose no",
	vaccinatedOn: "Ngày tiêm|Ngày tiêm chủng|Thời gian tiêm|Ngày tiêm vắc xin|Vaccination date|Date of vaccination|Injection date",
	vaccine:      "Vắc xin|Vắc-xin|Vacxin|Loại vắc xin|Tên vắc xin|Loại vacxin|Tên vacxin|Sản phẩm vắc xin|Vaccine name|Vaccine type",
	lotNumber:    "Số lô|Lô|Lô vắc xin|Số lô vắc xin|Lot|Lot no|Batch|Batch number",
	site:         "Cơ sở tiêm|Cơ sở tiêm chủng|Điểm tiêm|Nơi tiêm|Địa điểm tiêm|Đơn vị tiêm|Vaccination site|Facility",
	externalID:   "Mã đối tượng|Mã ngoài|Mã tham chiếu|Mã hồ sơ|Mã bản ghi|Reference",
	unit:         "Mã đơn vị|Mã xã|Unit code",
	match:        "Kết quả đối sánh|Đối sánh|Kết quả đối chiếu|Kết quả xác minh|Match result",
	matchReason:  "Lý do|Lý do sai|Lý do không khớp|Lý do đối sánh sai|Reason",
	healthConfirmedBy: "Y tế xác nhận|Ngành Y tế xác nhận|Xác nhận ngành Y tế|Xác nhận của ngành Y tế|Xác nhận của Y tế|" +
		"Xác nhận Y tế|Người xác nhận y tế|Trạm Y tế xác nhận|Health confirmation",
	policeConfirmedBy: "Công an xác nhận|Ngành Công an xác nhận|Xác nhận Công an|Xác nhận của Công an|Xác nhận ngành Công an|" +
		"Người xác nhận công an|Police confirmation",
}

var columnByName = sync.OnceValue(func() map[string]column {
	byName := map[string]column{foldName(ErrorColumn): errorNote, foldName(SentenceColumn): errorNote}
	for c, names := range aliases {
		byName[foldName(columnNames[c])] = column(c)
		for name := range strings.SplitSeq(names, "|") {
			byName[foldName(name)] = column(c)
		}
	}
	return byName
})

// namedColumn tells which column a header cell or JSON member means; extra if none.
func namedColumn(name string) column {
	if c, known := columnByName()[foldName(name)]; known {
		return c
	}
	return extra
}

// foldName is the key by which names of columns are compared: what stands in
// brackets is left out ("Ngày sinh (dd/mm/yyyy)"), the rest folded.
func foldName(name string) string {
	for {
		before, rest, opened := strings.Cut(name, "(")
		_, after, closed := strings.Cut(rest, ")")
		if !opened || !closed {
			return fold(name)
		}
		name = before + after
	}
}

// fold leaves the letters and digits of s, lower case and without diacritics.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, bundle.Fold(s))
}
