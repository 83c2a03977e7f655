package main

import (
	"errors"
	"strings"
	"syscall"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/cmd/terminal"
	"kytiem/dossier"
	"kytiem/intake"
	"kytiem/minutes"
	"kytiem/paper"
	"kytiem/signer"
	"kytiem/store"
	"kytiem/token"
)

// hints are those for errors of the steps, of the command line and of the service; behind
// them come those for files. The first that fits is shown before the error itself.
var hints = append([]terminal.Hint{
	{dossier.ErrExists, "Đã có sẵn tệp hoặc thư mục này; hãy chọn tên khác · it exists already, choose another name"},
	{dossier.ErrNothingReady, "Chưa có kết quả nào đủ điều kiện; xem lý do từng dòng trong tệp --not-ready · nothing is ready, the --not-ready file says why, row by row"},
	{dossier.ErrSigned, "Hồ sơ đã ký; muốn sửa phải lập hồ sơ thay thế · the bundle is signed, a correction needs a new bundle"},
	{dossier.ErrUnsigned, "Người có thẩm quyền chưa ký; cơ quan ký sau · the head has not signed yet, the organisation signs after"},
	{dossier.ErrPerson, "Cần chứng thư chữ ký số của cơ quan, không phải của cá nhân · the organisation's certificate is needed, not a person's"},
	{dossier.ErrWrongHolder, "Thông tin chủ thể ký trên chứng thư không khớp với đơn vị hoặc người được giao ký (MST/CCCD) · the certificate's identifiers are not the unit's or the signatory's"},
	{dossier.ErrInterrupted, "Một bước trước bị ngắt giữa chừng; nếu thư mục chính còn thiếu, đổi tên thư mục .old về như cũ, nếu đủ thì xóa thư mục .old · an earlier step was interrupted: rename the .old directory back if the other is missing, remove it if not"},
	{dossier.ErrOutsidePeriod, "Đơn vị không tồn tại trong thời gian tiêm; ghi rõ MÃ@NGÀY · the unit did not exist then, give CODE@DATE"},
	{signer.ErrPassword, "Sai mật khẩu của tệp PKCS#12 · wrong password for the PKCS#12 file"},
	{signer.ErrPKCS12, "Tệp không phải PKCS#12 có khóa và chứng thư · not a PKCS#12 file with a key and its certificate"},
	{token.ErrURI, "Địa chỉ khóa ghi như pkcs11:token=…;id=%01, đường dẫn trong đó ghi đầy đủ · a key's address is written so, paths in it absolute"},
	{token.ErrPINValue, "Không ghi mã PIN vào địa chỉ pkcs11:; đổi mã PIN này và ghi vào một tệp (--pin-file) · the PIN does not belong into the pkcs11: URI: change it, and put it into a file"},
	{errIssuers, "Tệp chứng thư của nơi cấp phải là PEM, chỉ có chứng thư · the issuers' file has to be PEM, of certificates only"},
	{certs.ErrPeriod, "Thời gian tin cậy kết thúc trước khi bắt đầu · the time of trust ends before it begins"},
	{attest.ErrReason, "Cần ghi lý do: --reason · a reason is needed: --reason"},
	{errOneAnchor, "Tệp phải chứa đúng một chứng thư (PEM hoặc DER) · the file has to hold one certificate, in PEM or DER"},
	{certs.ErrExpired, "Chứng thư chữ ký số đã hết hạn; hãy gia hạn rồi ký lại · the certificate has expired, renew it"},
	{certs.ErrNotYetValid, "Chứng thư chữ ký số chưa đến thời hạn có hiệu lực · the certificate is not valid yet"},
	{certs.ErrUsage, "Chứng thư không dùng để ký văn bản được · the certificate is not meant for signing documents"},
	{certs.ErrWeak, "Khóa hoặc thuật toán của chứng thư không đáp ứng tiêu chuẩn bắt buộc · key or algorithm below the mandatory standards"},
	{dossier.ErrNotRaised, "Đã ký và lưu chữ ký, nhưng chưa đạt mức yêu cầu; thử lại sau bằng lệnh kytiem raise · signed and kept, but not at the level asked for: try again with kytiem raise"},
	{errNoTSA, "Mức từ B-T trở lên cần dịch vụ cấp dấu thời gian: --tsa URL · levels from B-T on need a time-stamping authority"},
	{errNoTrust, "Cần chứng thư gốc để kiểm tra dấu thời gian và trạng thái chứng thư: --trust DIR hoặc KYTIEM_TRUST · trust anchors are needed to check time-stamps and status"},
	{signer.ErrLevel, "Mức chữ ký là B-B, B-T, B-LT hoặc B-LTA · the level is one of these"},
	{dossier.ErrNotAccepted, "Bộ kiểm tra của chương trình không chấp nhận chữ ký này nên không lưu gì · our own verifier does not accept the signature, nothing was kept"},
	{minutes.ErrChair, "Biên bản cần đúng một người chủ trì (chair), thuộc đơn vị xác nhận · the minutes need exactly one chair, of the unit that attests"},
	{minutes.ErrSecretary, "Biên bản chỉ có nhiều nhất một thư ký (secretary) · the minutes have one secretary at most"},
	{minutes.ErrParties, "Thiếu một bên bắt buộc (UBND, Trạm Y tế hoặc cơ sở tiêm, Công an) · a party that has to take part is missing"},
	{minutes.ErrTime, "Thời gian họp ghi như 2021-11-08T08:30 · the time of the meeting is written so"},
	{minutes.ErrEnd, "Cuộc họp kết thúc trước khi bắt đầu · the meeting ends before it begins"},
	{minutes.ErrHeader, "Tệp các bên là CSV có các cột party,name,position,role · the parties file is CSV with these columns"},
	{minutes.ErrCell, "Có ô không dùng được trong tệp các bên · a cell of the parties file cannot be used"},
	{paper.ErrUnprintable, "Có ký tự mà phông chữ của văn bản không có · there is a character that the document's font lacks"},
	{paper.ErrPictureLarge, "Ảnh chữ ký hoặc con dấu quá lớn: nhiều nhất 512 KB, khoảng một triệu điểm ảnh · the stamp's picture is too large: 512 KB, a million pixels at most"},
	{paper.ErrPicture, "Ảnh chữ ký hoặc con dấu phải là tệp PNG mở được · the stamp's picture has to be a PNG that opens"},
	{bundle.ErrUnitUnknown, "Không có đơn vị này trong tệp đơn vị · no such unit in the units file"},
	{bundle.ErrUnitAmbiguous, "Mã này thuộc nhiều đơn vị theo thời gian; ghi rõ MÃ@NGÀY · several units had this code, give CODE@DATE"},
	{bundle.ErrNoRecord, "Không có bản ghi với mã này trong hồ sơ · no record with this id in the bundle"},
	{bundle.ErrNoField, "Không có trường thông tin này · no field of this name"},
	{errSettings, "Cài đặt không dùng được (kytiem serve --help) · a setting that cannot be used"},
	{errNoDatabase, "Không có cơ sở dữ liệu ở đó; xem lại KYTIEM_DATABASE · there is no database, see KYTIEM_DATABASE"},
	{errPostgres, "PostgreSQL được sao lưu bằng pg_dump và khôi phục bằng pg_restore · use pg_dump to back it up and pg_restore to restore it"},
	{errNotBackup, "Tệp không phải bản sao lưu của kytiem backup, hoặc bị cụt · not a backup that kytiem backup wrote, or not all of it"},
	{syscall.EADDRINUSE, "Địa chỉ này đang có chương trình khác dùng; hãy dừng nó hoặc chọn cổng khác · another program has this address: stop it, or choose another port"},
	{attest.ErrRole, "Không có vai trò này, hoặc vai trò cần hay không cần --unit · no such role, or one that needs a unit, or has none"},
	{attest.ErrUnavailable, "Cơ sở dữ liệu không trả lời; thử lại sau · the database does not answer, try again later"},
	{store.ErrCorrupt, "Dữ liệu không còn như khi được lưu; chạy kytiem audit check, khôi phục bản sao lưu · what is stored is not as it was: run kytiem audit check, restore a backup"},
	{attest.ErrNotFound, "Không có mục này trong cơ sở dữ liệu · it is not in the database"},
}, terminal.Hints()...)

// explainError puts the hint before the error. Errors of intake bring a sentence of
// their own for each line and column, those of tokens one for their holder.
func explainError(err error) string {
	var fault *token.Fault
	if errors.As(err, &fault) {
		return terminal.Below(fault.Vietnamese+" · "+fault.English, err)
	}
	if faults := fileErrors(err); len(faults) > 0 {
		var sentences []string
		for _, f := range faults {
			sentences = append(sentences, f.String())
		}
		return terminal.Below(strings.Join(sentences, "\n  "), err)
	}
	return terminal.Explain(err, hints)
}

// fileErrors lists what intake found wrong with a file, however deep it is wrapped:
// unlike errors.As, every one of several that are joined.
func fileErrors(err error) []*intake.FileError {
	switch e := err.(type) { //nolint:errorlint // unwraps by itself, to find them all
	case nil:
		return nil
	case *intake.FileError:
		return []*intake.FileError{e}
	case interface{ Unwrap() []error }:
		var all []*intake.FileError
		for _, part := range e.Unwrap() {
			all = append(all, fileErrors(part)...)
		}
		return all
	}
	return fileErrors(errors.Unwrap(err))
}
