package main

import (
	"errors"
	"io/fs"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/dossier"
	"kytiem/intake"
	"kytiem/signer"
)

// hints say, for errors that a user can mend, what happened and what to do, in both
// languages. The first that fits is shown before the error itself.
var hints = []struct {
	err  error
	hint string
}{
	{dossier.ErrExists, "Đã có sẵn tệp hoặc thư mục này; hãy chọn tên khác · it exists already, choose another name"},
	{dossier.ErrNothingReady, "Chưa có kết quả nào đủ điều kiện; xem lý do từng dòng trong tệp --not-ready · nothing is ready, the --not-ready file says why, row by row"},
	{dossier.ErrSigned, "Hồ sơ đã ký; muốn sửa phải lập hồ sơ thay thế · the bundle is signed, a correction needs a new bundle"},
	{dossier.ErrWrongHolder, "Thông tin chủ thể ký trên chứng thư không khớp với đơn vị hoặc người được giao ký (MST/CCCD) · the certificate's identifiers are not the unit's or the signatory's"},
	{dossier.ErrOutsidePeriod, "Đơn vị không tồn tại trong thời gian tiêm; ghi rõ MÃ@NGÀY · the unit did not exist then, give CODE@DATE"},
	{signer.ErrPassword, "Sai mật khẩu của tệp PKCS#12 · wrong password for the PKCS#12 file"},
	{signer.ErrPKCS12, "Tệp không phải PKCS#12 có khóa và chứng thư · not a PKCS#12 file with a key and its certificate"},
	{certs.ErrExpired, "Chứng thư chữ ký số đã hết hạn; hãy gia hạn rồi ký lại · the certificate has expired, renew it"},
	{certs.ErrNotYetValid, "Chứng thư chữ ký số chưa đến thời hạn có hiệu lực · the certificate is not valid yet"},
	{certs.ErrUsage, "Chứng thư không dùng để ký văn bản được · the certificate is not meant for signing documents"},
	{certs.ErrWeak, "Khóa hoặc thuật toán của chứng thư không đáp ứng tiêu chuẩn bắt buộc · key or algorithm below the mandatory standards"},
	{bundle.ErrUnitUnknown, "Không có đơn vị này trong tệp đơn vị · no such unit in the units file"},
	{bundle.ErrUnitAmbiguous, "Mã này thuộc nhiều đơn vị theo thời gian; ghi rõ MÃ@NGÀY · several units had this code, give CODE@DATE"},
	{bundle.ErrNoRecord, "Không có bản ghi với mã này trong hồ sơ · no record with this id in the bundle"},
	{bundle.ErrNoField, "Không có trường thông tin này · no field of this name"},
	{fs.ErrPermission, "Không có quyền đọc hoặc ghi · no permission to read or write"},
	{fs.ErrNotExist, "Không tìm thấy tệp hoặc thư mục · file or directory not found"},
}

// explainError puts the hint, where there is one, before the error.
func explainError(err error) string {
	if file := (*intake.FileError)(nil); errors.As(err, &file) {
		return file.VI + "\n  " + err.Error()
	}
	for _, h := range hints {
		if errors.Is(err, h.err) {
			return h.hint + "\n  " + err.Error()
		}
	}
	return err.Error()
}
