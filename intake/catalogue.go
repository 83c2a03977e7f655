package intake

import "sync"

// sentence is what people read about one code: what is wrong and how to mend it.
type sentence struct {
	vi, en  string
	warning bool
}

// catalogue holds the sentences of every code, each once.
var catalogue = sync.OnceValue(func() map[string]sentence {
	all := make(map[string]sentence)
	for _, s := range fileSentences {
		all[s.code] = sentence{s.vi, s.en, false}
	}
	for _, s := range errorSentences {
		all[s.code] = sentence{s.vi, s.en, false}
	}
	for _, s := range warningSentences {
		all[s.code] = sentence{s.vi, s.en, true}
	}
	for _, s := range lackSentences {
		all[s.code] = sentence{s.vi, s.en, false}
	}
	return all
})

// fileSentences are about files that cannot be read at all.
var fileSentences = [...]struct{ code, vi, en string }{
	{"file_empty", "Tệp rỗng; hãy gửi tệp CSV (UTF-8), NDJSON hoặc XLSX có dòng tên cột và các dòng kết quả.",
		"the file is empty: send CSV, NDJSON or XLSX with a header and rows"},
	{"file_no_rows", "Tệp không có dòng kết quả nào; hãy kiểm tra lại tệp cần gửi.",
		"the file has no row of results: check that it is the right one"},
	{"file_no_units", "Danh mục không có đơn vị nào; hãy kiểm tra lại tệp cần gửi.",
		"the register has no unit: check that it is the right file"},
	{"file_units_csv", "Danh mục đơn vị phải là tệp CSV (UTF-8); hãy lưu lại bằng mục CSV UTF-8.", "a register of units has to be CSV (UTF-8)"},
	{"file_pdf", "Đây là tệp PDF; hãy gửi bảng dữ liệu gốc dưới dạng CSV (UTF-8), NDJSON hoặc XLSX.",
		"this is a PDF: send the table itself as CSV (UTF-8), NDJSON or XLSX"},
	{"file_xls", "Đây là tệp Excel cũ (.xls) hoặc tệp Office có mật khẩu; hãy bỏ mật khẩu (nếu có) và lưu lại thành .xlsx.",
		"this is an old Excel file (.xls) or an Office file with a password: remove the password and save as .xlsx"},
	{"file_password", "Tệp Excel có mật khẩu; hãy bỏ mật khẩu rồi gửi lại.",
		"the workbook has a password: remove it and send the file again"},
	{"file_archive", "Đây là tệp nén, không phải bảng tính; hãy giải nén rồi gửi từng tệp CSV (UTF-8), NDJSON hoặc XLSX.",
		"this is an archive, no workbook: unpack it and send CSV, NDJSON or XLSX"},
	{"file_word", "Đây là tệp Word; hãy chuyển bảng sang Excel và lưu thành .xlsx, hoặc gửi CSV (UTF-8), NDJSON.",
		"this is a Word file: move the table to Excel and save as .xlsx, or send CSV or NDJSON"},
	{"file_ods", "Đây là bảng tính OpenDocument (.ods); hãy lưu lại thành .xlsx hoặc CSV (UTF-8).",
		"this is an OpenDocument spreadsheet: save it as .xlsx or CSV (UTF-8)"},
	{"file_xlsb", "Đây là tệp Excel nhị phân (.xlsb); hãy lưu lại thành .xlsx.",
		"this is a binary workbook (.xlsb): save it as .xlsx"},
	{"file_picture", "Đây là tệp ảnh; hãy gửi bảng dữ liệu dưới dạng CSV (UTF-8), NDJSON hoặc XLSX.",
		"this is a picture: send the data as CSV (UTF-8), NDJSON or XLSX"},
	{"file_html", "Nội dung tệp là trang HTML, dù tên tệp có thể là .xls; hãy mở bằng Excel và lưu lại thành .xlsx.",
		"this is an HTML page, even if it is named .xls: open it in Excel and save as .xlsx"},
	{"file_xml", "Đây là tệp XML; hãy mở bằng Excel và lưu lại thành .xlsx, hoặc gửi CSV (UTF-8), NDJSON.",
		"this is XML: open it in Excel and save as .xlsx, or send CSV (UTF-8) or NDJSON"},
	{"file_json_array", "Tệp là một mảng JSON; hãy chuyển sang NDJSON: mỗi dòng một đối tượng, không có ngoặc vuông bao ngoài.",
		"this is a JSON array: NDJSON has one object per line and no brackets around them"},
	{"file_json_lines", "Đối tượng JSON trải trên nhiều dòng; hãy chuyển sang NDJSON: mỗi đối tượng nằm trọn trên một dòng.",
		"a JSON object spreads over several lines: NDJSON has each on one line"},
	{"file_binary", "Đây không phải tệp văn bản hoặc bảng tính; hãy gửi CSV (UTF-8), NDJSON hoặc XLSX.",
		"this is no text: send CSV (UTF-8), NDJSON or XLSX"},
	{"file_utf16", "Tệp dùng bảng mã UTF-16 (Excel gọi là Unicode Text); hãy lưu lại bằng mục CSV UTF-8.",
		"the file is in UTF-16 (Excel calls it Unicode Text): save it as CSV UTF-8"},
	{"file_tcvn3", "Tệp không dùng bảng mã UTF-8 mà có vẻ là TCVN3 (phông .VnTime); hãy chuyển sang Unicode rồi lưu lại bằng mục CSV UTF-8.",
		"the file is not UTF-8 but looks like TCVN3 (.VnTime fonts): convert it to Unicode and save as CSV UTF-8"},
	{"file_vni", "Tệp không dùng bảng mã UTF-8 mà có vẻ là VNI-Windows; hãy chuyển sang Unicode rồi lưu lại bằng mục CSV UTF-8.",
		"the file is not UTF-8 but looks like VNI-Windows: convert it to Unicode and save as CSV UTF-8"},
	{"file_windows1258", "Tệp không dùng bảng mã UTF-8 mà có vẻ là Windows-1258; hãy lưu lại bằng mục CSV UTF-8.",
		"the file is not UTF-8 but looks like Windows-1258: save it as CSV UTF-8"},
	{"file_not_utf8", "Tệp không dùng bảng mã UTF-8; hãy lưu lại bằng mục CSV UTF-8 (nếu là TCVN3 hoặc VNI thì chuyển sang Unicode trước).",
		"the file is not UTF-8: save it as CSV UTF-8 (convert TCVN3 or VNI to Unicode first)"},
	{"file_too_large", "Tệp vượt quá dung lượng cho phép; hãy chia thành nhiều tệp nhỏ hơn.",
		"the file is larger than allowed: split it"},
	{"file_zip_bomb", "Nội dung tệp XLSX sau khi giải nén quá lớn so với dung lượng tệp; hãy xóa các trang tính thừa rồi lưu lại, hoặc gửi CSV (UTF-8).",
		"the workbook unfolds to far more than its size: save it anew without spare sheets, or send CSV"},
	{"file_workbook_broken", "Tệp XLSX bị hỏng; hãy mở bằng Excel, lưu thành tệp mới rồi gửi lại.",
		"the workbook is broken: open it in Excel, save it under a new name and send that"},
	{"file_sheets", "Nhiều trang tính cùng có bảng kết quả; hãy để mỗi tệp chỉ một bảng.",
		"several sheets hold a table of results: leave one in each file"},
	{"file_sheet_wide", "Trang tính có dòng dài quá %d cột; hãy xóa các cột thừa.",
		"a row of the sheet has more than %d columns: delete the spare ones"},
	{"file_no_header", "Không tìm thấy dòng tên cột (full_name, birth_date, id_number … hoặc Họ và tên, Ngày sinh, Số CCCD …); hãy thêm dòng này ở đầu bảng.",
		"no header found (full_name, birth_date, id_number … or their Vietnamese names): put one above the rows"},
	{"file_columns_missing", "Thiếu cột bắt buộc: %s; hãy bổ sung các cột này.",
		"mandatory columns are missing: %s; add them"},
	{"file_columns_missing_unknown", "Thiếu cột bắt buộc: %s; không nhận dạng được cột: %s; hãy sửa lại tên cột theo mẫu.",
		"mandatory columns are missing: %s; columns not understood: %s; mend their names"},
	{"file_columns_double", "Có nhiều cột cùng một nội dung: %s; hãy chỉ giữ lại một cột.",
		"several columns mean the same: %s; keep one of them"},
	{"file_columns_unknown", "Có cột không thuộc mẫu: %s; hãy xóa hoặc sửa tên cột, hoặc chọn bỏ qua các cột thừa.",
		"columns outside the contract: %s; delete or rename them, or choose to ignore extra columns"},
	{"file_line_ends", "Các dòng kết thúc bằng ký tự CR theo kiểu máy Mac cũ; hãy lưu lại bằng mục CSV UTF-8.",
		"lines end in CR alone, as on old Macs: save the file as CSV UTF-8"},
}
