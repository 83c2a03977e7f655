package terminal

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/program"
)

// Hint says, for an error that a user can mend, what happened and what to do, in both
// languages. The type has no name, so that tables of other packages need not repeat those of
// its fields.
type Hint = struct {
	Err  error
	Text string
}

// Hints are those for errors of files, which any command may meet.
func Hints() []Hint {
	return []Hint{
		{certs.ErrNotAuthority, "Chứng thư gốc tin cậy phải là của một tổ chức chứng thực (CA) · a trust anchor has to be an authority's certificate"},
		{certs.ErrDomain, "Hệ thống chứng thực là public (công cộng) hoặc official (chuyên dùng công vụ) · a trust domain is public or official"},
		{bundle.ErrDate, "Ngày phải có trong lịch và ghi dạng YYYY-MM-DD · a date has to be in the calendar and written so"},
		{bundle.ErrVersion, "Tệp do phiên bản khác của chương trình tạo ra · the file was made by another version of the program"},
		{bundle.ErrMalformed, "Nội dung sai quy cách hoặc không khớp nhau · the content is malformed or does not agree with itself"},
		{bundle.ErrNotCanonical, "Tệp của hồ sơ đã bị sửa, không còn ở dạng chuẩn · a file of the bundle was altered and is not canonical any more"},
		{errPassword, "Mật khẩu không phải của văn bản này · the password is not this document's"},
		{ErrPassFile, "Tệp mật khẩu phải là một dòng ngắn · the password file has to be one short line"},
		{bundle.ErrTooLarge, "Tệp vượt quá dung lượng cho phép · the file is larger than allowed"},
		{program.ErrMissing, "Thiếu một chương trình của Ký Tiêm bên cạnh kytiem hoặc trong PATH; lệnh make build tạo ra đủ · a program of Ký Tiêm is missing beside kytiem and in PATH, make build makes all of them"},
		{fs.ErrPermission, "Không có quyền đọc hoặc ghi · no permission to read or write"},
		{fs.ErrNotExist, "Không tìm thấy tệp hoặc thư mục · the file or directory was not found"},
		{syscall.ENOSPC, "Ổ đĩa đã đầy · there is no space left on the disk"},
		{syscall.EROFS, "Ổ đĩa chỉ cho đọc · the disk is read-only"},
		{context.Canceled, "Đã dừng theo yêu cầu, không lưu gì · stopped on request, nothing was kept"},
	}
}

// otherwise is the hint for everything that needs none but what the error says.
const otherwise = "Không thực hiện được, lý do ở dòng dưới (cách dùng: --help) · it could not be done, the reason is below (usage: --help)"

// Explain puts the first hint that fits before the error.
func Explain(err error, hints []Hint) string {
	text := otherwise
	for _, h := range hints {
		if errors.Is(err, h.Err) {
			text = h.Text
			break
		}
	}
	return Below(text, err)
}

// Below puts an error under the words that explain it.
func Below(hint string, err error) string {
	return hint + "\n  " + strings.ReplaceAll(err.Error(), "\n", "\n  ")
}
