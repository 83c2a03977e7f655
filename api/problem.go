package api

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/dossier"
	"kytiem/intake"
	"kytiem/minutes"
	"kytiem/pades"
	"kytiem/paper"
	"kytiem/signer"
)

// What is wrong with a call itself.
var (
	errNoRoute   = errors.New("no such call")
	errNoMethod  = errors.New("no such method of this call")
	errMediaType = errors.New("not a type of content that this call takes")
	errJSON      = errors.New("not JSON that is taken")
	errInvalid   = errors.New("not as the description says")
	errNoBody    = errors.New("no body")
	errForm      = errors.New("not the form that this call takes")
	errTruncated = errors.New("body was cut off")
	errTooLong   = errors.New("body over the limit")
	errSlow      = errors.New("body came too slowly")
	errOverload  = errors.New("too much under way")
	errRate      = errors.New("too many calls from one address")
	errStreams   = errors.New("too many streams of one account")
	errKey       = errors.New("not an idempotency key")
	errLater     = errors.New("comes with a later version")
	errFellOver  = errors.New("fell over")
)

// kind is what callers are told of one error. Texts say what is wrong and what to do.
type kind struct {
	is               error
	status           int
	code             string // stable; type is /problems/ and this
	titleVI, titleEN string
	vi, en           string
	retry            int // seconds, where trying again may help
}

// kindOf finds what an error is told as. The table is in order: an error that wraps
// several is what stands first.
func kindOf(err error) *kind {
	for i := range kinds {
		if errors.Is(err, kinds[i].is) {
			return &kinds[i]
		}
	}
	var (
		file  *intake.FileError
		wrong *attest.InvalidError
		party *minutes.PartyError
	)
	switch {
	case errors.As(err, &file):
		return &unusableFile
	case errors.As(err, &wrong):
		return &wrongCorrection
	case errors.As(err, &party):
		return kindOf(minutes.ErrCell)
	case errors.Is(err, syscall.ENOSPC):
		return &fullDisk
	}
	return &kinds[len(kinds)-1]
}

// The kinds of what has a type instead of a sentinel.
var (
	unusableFile = kind{nil, 422, "file-unusable", "Tệp không dùng được", "File cannot be used",
		"Tệp không đọc được như một danh sách; xem errors, sửa tệp rồi gửi lại.",
		"The file cannot be read as a list; see errors, mend the file and send it again.", 0}
	wrongCorrection = kind{nil, 422, "correction-invalid", "Nội dung sửa không hợp lệ", "Correction is not valid",
		"Nội dung sửa làm cho kết quả sai; xem errors.",
		"The correction would make the result wrong; see errors.", 0}
	fullDisk = kind{nil, 503, "storage-full", "Hết chỗ lưu trữ", "No storage left",
		"Máy chủ hết chỗ lưu trữ; chưa có gì được ghi. Hãy báo người vận hành rồi thử lại.",
		"The server has no storage left; nothing was written. Tell the operator, then try again.", 60}
)

// kinds is the one table from errors to answers; the last one stands for all that are not
// in it.
var kinds = []kind{
	{errNoRoute, 404, "no-such-call", "Không có lời gọi này", "No such call",
		"Không có lời gọi nào ở địa chỉ này; xem /openapi.json.",
		"There is no call at this address; see /openapi.json.", 0},
	{errNoMethod, 405, "no-such-method", "Phương thức không dùng được", "Method not allowed",
		"Địa chỉ này không nhận phương thức đó; xem đầu mục Allow.",
		"This address does not take that method; see the header Allow.", 0},
	{errMediaType, 415, "media-type", "Kiểu nội dung không được nhận", "Content type not taken",
		"Content-Type không phải kiểu mà lời gọi này nhận, hoặc nội dung bị nén (Content-Encoding); xem /openapi.json.",
		"Content-Type is none that this call takes, or the body is packed (Content-Encoding); see /openapi.json.", 0},
	{errNoBody, 400, "no-body", "Thiếu nội dung", "No body",
		"Lời gọi này cần nội dung gửi kèm.",
		"This call needs a body.", 0},
	{errJSON, 400, "json", "JSON không đọc được", "JSON cannot be read",
		"Nội dung không phải JSON hợp lệ, có tên lặp lại, hoặc lồng quá sâu.",
		"The body is not valid JSON, repeats a name, or nests too deeply.", 0},
	{errInvalid, 422, "invalid", "Dữ liệu không hợp lệ", "Not valid",
		"Dữ liệu gửi lên không đúng mô tả của lời gọi; xem errors.",
		"What was sent is not as the call is described; see errors.", 0},
	{errForm, 400, "form", "Biểu mẫu không đọc được", "Form cannot be read",
		"Nội dung không phải multipart/form-data với đúng các phần của lời gọi này, mỗi phần một lần.",
		"The body is not multipart/form-data with the parts of this call, each once.", 0},
	{errRequest, 400, "request", "Yêu cầu không đúng", "Not a proper request",
		"Nội dung gửi lên không đúng với giao diện này; xem errors và mô tả ở /openapi.json.",
		"What was sent is not as this interface takes it; see errors, and the description at /openapi.json.", 0},
	{errNoReport, 400, "no-report", "Văn bản hỏng", "Document is broken",
		"Văn bản hỏng đến mức không tìm thấy chữ ký nào; POST /v1/verifications nói rõ hỏng ở đâu.",
		"The document is so broken that no signature is found in it; POST /v1/verifications tells what is wrong.", 0},
	{errTruncated, 400, "truncated", "Nội dung bị cắt", "Body was cut off",
		"Nội dung kết thúc giữa chừng; chưa có gì được ghi. Hãy gửi lại.",
		"The body ended half way; nothing was kept. Send it again.", 0},
	{errTooLong, 413, "too-large", "Nội dung quá lớn", "Too large",
		"Nội dung vượt giới hạn của lời gọi này; tệp kết quả lớn thì chia nhỏ.",
		"The body is over the limit of this call; a large file of results can be divided.", 0},
	{errSlow, 408, "too-slow", "Gửi quá chậm", "Sent too slowly",
		"Nội dung đến quá chậm nên bị ngắt; chưa có gì được ghi. Hãy gửi lại.",
		"The body came too slowly and was cut off; nothing was kept. Send it again.", 0},
	{errOverload, 503, "overload", "Dịch vụ đang bận", "Too busy",
		"Dịch vụ đang xử lý quá nhiều lời gọi; hãy thử lại sau ít giây.",
		"Too many calls are under way; try again in a few seconds.", 5},
	{errRate, 429, "rate", "Quá nhiều lời gọi", "Too many calls",
		"Địa chỉ này gọi quá nhiều khi chưa đăng nhập hoặc bằng mã truy cập sai; hãy chờ, hoặc dùng mã truy cập còn hiệu lực.",
		"This address calls too often without a token, or with wrong ones; wait, or use a token in force.", 5},
	{errStreams, 429, "streams", "Quá nhiều luồng theo dõi", "Too many streams",
		"Tài khoản này đang theo dõi quá nhiều yêu cầu ký cùng lúc; hãy đóng bớt rồi thử lại.",
		"This account watches too many signing requests at once; close some, then try again.", 5},
	{errKey, 400, "idempotency-key", "Idempotency-Key không dùng được", "Idempotency-Key cannot be used",
		"Idempotency-Key gồm 1 đến 200 ký tự ASCII in được, chỉ một lần.",
		"Idempotency-Key is 1 to 200 printable ASCII characters, once.", 0},
	{errLater, 501, "later", "Chưa có trong phiên bản này", "Not in this version",
		"Lời gọi này đã được dành chỗ và sẽ có ở phiên bản sau.",
		"This call is reserved and comes with a later version.", 0},

	{attest.ErrUnauthenticated, 401, "unauthenticated", "Chưa đăng nhập", "Not signed in",
		"Cần mã truy cập còn hiệu lực: Authorization: Bearer …; hãy xin quản trị viên cấp mã.",
		"A token in force is needed: Authorization: Bearer …; ask an administrator for one.", 0},
	{attest.ErrForbidden, 403, "forbidden", "Không được phép", "Not allowed",
		"Vai trò của tài khoản này không được làm việc đó.",
		"The role of this account may not do this.", 0},
	{attest.ErrNoItem, 404, "no-such-item", "Không có mục này", "No such item",
		"Yêu cầu ký không có mục này.",
		"The signing request has no such item.", 0},
	{attest.ErrKeyBody, 422, "key-reused", "Idempotency-Key đã dùng", "Idempotency-Key was used",
		"Idempotency-Key này đã dùng với nội dung khác; hãy dùng mã mới.",
		"This Idempotency-Key came with another body; use a new one.", 0},
	{attest.ErrKeyBusy, 409, "key-busy", "Lời gọi đang được xử lý", "Call is under way",
		"Lời gọi với Idempotency-Key này đang được xử lý; hãy chờ rồi gọi lại.",
		"The call with this Idempotency-Key is under way; wait and call again.", 5},
	{attest.ErrKeySpent, 409, "key-spent", "Lời gọi đã xong", "Call is done",
		"Lời gọi với Idempotency-Key này đã xong và câu trả lời chỉ hiện một lần. Nếu chưa nhận được, hãy thu hồi mã đã cấp rồi gọi lại với Idempotency-Key mới.",
		"The call with this Idempotency-Key is done, and its answer is told once. If it did not reach you, revoke the token that was issued and call again under a new key.", 0},
	{attest.ErrUnavailable, 503, "unavailable", "Cơ sở dữ liệu chưa sẵn sàng", "Database unavailable",
		"Không kết nối được cơ sở dữ liệu; hãy thử lại sau ít giây.",
		"The database does not answer; try again in a few seconds.", 5},
	{attest.ErrCursor, 400, "cursor", "cursor không dùng được", "Not a cursor",
		"cursor không thuộc danh sách này; hãy bắt đầu lại không có cursor.",
		"cursor is none of this list; begin again without one.", 0},

	{attest.ErrReason, 422, "reason", "Thiếu lý do", "A reason is needed",
		"Cần ghi lý do.",
		"A reason has to be given.", 0},
	{attest.ErrHeld, 422, "held", "Kết quả còn trong hồ sơ đang hiệu lực", "Results stand in a bundle in force",
		"Các kết quả sẵn sàng đều nằm trong một hồ sơ đang hiệu lực mà hồ sơ thay thế đã rút; hãy thay thế lại hồ sơ đó rồi niêm phong.",
		"What is ready stands in a bundle in force whose successor was withdrawn; supersede that bundle again, then seal.", 0},
	{attest.ErrPublished, 422, "reason-public", "Lý do không công khai được", "Reason cannot be published",
		"Lý do được công khai cùng tình trạng hồ sơ, mà có dãy 9 hoặc 12 chữ số như số định danh; hãy ghi lại không có dữ liệu cá nhân.",
		"The reason is published with the bundle's status, and holds 9 or 12 digits in a row as identity numbers have; write it without personal data.", 0},
	{attest.ErrNothingReady, 422, "nothing-ready", "Chưa có kết quả nào sẵn sàng", "Nothing is ready",
		"Đơn vị chưa có kết quả nào đủ điều kiện để niêm phong; xem GET /v1/records/counts.",
		"The unit has no result that can be sealed; see GET /v1/records/counts.", 0},
	{attest.ErrPart, 422, "part", "Không xác nhận được như vậy", "Cannot be confirmed so",
		"Phần vaccination nhận kết quả dung hoặc để trống; phần identity nhận dung hoặc sai.",
		"Part vaccination takes the result dung or none; part identity takes dung or sai.", 0},
	{attest.ErrField, 422, "field", "Không sửa được trường này", "Not a field to correct",
		"Có trường không phải là cột của tệp kết quả.",
		"A field is no column of a results file.", 0},
	{attest.ErrRole, 422, "role", "Vai trò và đơn vị không hợp", "Role and unit do not fit",
		"Không có vai trò đó, đơn vị không có trong danh mục, hoặc vai trò cần có (hay không có) đơn vị; tài khoản ngoài đơn vị không gắn được chứng thư.",
		"There is no such role, the unit is not in the register, or the role goes with (or without) a unit; certificates are bound to accounts of units.", 0},
	{attest.ErrTooMany, 422, "too-many", "Quá nhiều trong một lần", "Too many at once",
		"Quá nhiều phần tử trong một lời gọi; hãy chia nhỏ.",
		"Too many items in one call; divide them.", 0},
	{attest.ErrCarrier, 422, "carrier", "Chưa dùng được phương tiện ký này", "Carrier not served",
		"Phiên bản này chỉ nhận carrier \"api\"; \"agent\" và \"csc\" sẽ có sau.",
		"This version serves the carrier \"api\" only; \"agent\" and \"csc\" come later.", 0},
	{attest.ErrInBundle, 409, "in-bundle", "Kết quả đã thuộc hồ sơ", "Result is in a bundle",
		"Kết quả đã nằm trong một hồ sơ nên không sửa được; hãy thu hồi, rút hoặc thay thế hồ sơ trước.",
		"The result is in a bundle and cannot be changed; withdraw, supersede or recall the bundle first.", 0},
	{attest.ErrDrawing, 409, "drawing", "Hồ sơ đang được lập", "Bundle is being drawn",
		"Hồ sơ còn đang được lập; hãy xem tiến độ và thử lại.",
		"The bundle is still being drawn; watch its progress and try again.", 5},
	{attest.ErrRequestOpen, 409, "request-open", "Đang có yêu cầu ký khác", "Another request is open",
		"Hồ sơ đang có một yêu cầu ký khác; hãy hoàn tất, từ chối, hoặc chờ yêu cầu đó hết hạn.",
		"Another signing request is open for the bundle; complete or refuse it, or wait until it expires.", 0},
	{attest.ErrRequestClosed, 409, "request-closed", "Yêu cầu ký đã đóng", "Request is closed",
		"Yêu cầu ký đã xong, hết hạn hoặc bị từ chối; hãy tạo yêu cầu mới.",
		"The signing request is done, expired or refused; make a new one.", 0},
	{attest.ErrBoundElsewhere, 409, "bound-elsewhere", "Chứng thư thuộc tài khoản khác", "Certificate is bound elsewhere",
		"Chứng thư đang gắn với tài khoản hoặc đơn vị khác; quản trị viên phải gỡ trước.",
		"The certificate is bound to another account or unit; an administrator has to unbind it first.", 0},
	{attest.ErrNumberTaken, 409, "number-taken", "Số văn bản đã dùng", "Number is taken",
		"Trong năm đó đơn vị đã có văn bản mang số này; hãy chọn số khác hoặc để trống để lấy số tiếp theo.",
		"Another document of the unit stands under this number in that year; choose another, or none to take the next.", 0},
	{attest.ErrDocumentSigned, 409, "document-signed", "Văn bản đã ký", "Document is signed",
		"Văn bản đã ký xong, chỉ còn thiếu chữ ký trên dữ liệu; number, date, place, capacity phải để trống hoặc đúng như văn bản.",
		"The document is signed and only the signature over the data is missing; leave out number, date, place and capacity, or give what it says.", 0},
	{attest.ErrNoMinutes, 409, "no-minutes", "Chưa lập biên bản", "No minutes yet",
		"Hồ sơ chưa có biên bản; hãy lập biên bản trước khi gửi bản quét.",
		"No minutes were drawn for the bundle; draw them before sending the scan.", 0},
	{attest.ErrUnbound, 422, "unbound", "Chứng thư chưa gắn với tài khoản", "Certificate is not bound",
		"Chứng thư chưa gắn với tài khoản và đơn vị này, và không tự gắn được; hãy nhờ quản trị viên.",
		"The certificate is not bound to this account and unit and cannot be bound by its first use; ask an administrator.", 0},
	{attest.ErrUntrusted, 422, "untrusted", "Chứng thư không được tin cậy", "Certificate is not trusted",
		"Chứng thư không dẫn đến tổ chức chứng thực nào được tin cậy ở đây; hãy gửi kèm chứng thư trung gian.",
		"The certificate leads to no authority trusted here; send the issuers' certificates with it.", 0},
	{attest.ErrDomain, 422, "trust-domain", "Hệ thống chứng thực không được chấp nhận", "Trust domain is not accepted",
		"Chứng thư thuộc hệ thống chứng thực (công cộng hoặc chuyên dùng công vụ) không được chấp nhận cho việc này; hãy dùng chứng thư của hệ thống kia hoặc hỏi người vận hành.",
		"The certificate belongs to a trust domain (public or official-duty) that is not accepted for this; use one of the other or ask the operator.", 0},
	{attest.ErrKeyAway, 503, "key-away", "Khóa của dịch vụ chưa dùng được", "The service's key is not at hand",
		"Thiết bị chứa khóa của dịch vụ không trả lời nên chưa ký được thông báo; chưa có gì được ghi. Hãy thử lại sau ít phút.",
		"The device that holds the service's own key does not answer, so that the statement cannot be signed; nothing was kept. Try again in a minute.", 30},
	{certs.ErrNotAuthority, 422, "not-authority", "Không phải chứng thư của tổ chức chứng thực", "Not an authority's certificate",
		"Chứng thư gốc tin cậy phải là của một tổ chức chứng thực (CA).",
		"A trust anchor has to be the certificate of a certification authority.", 0},
	{certs.ErrPeriod, 422, "anchor-time", "Thời gian không đúng", "Not a time",
		"trusted_until phải sau trusted_from.",
		"trusted_until has to be after trusted_from.", 0},
	{attest.ErrPerson, 422, "person-certificate", "Chứng thư của cá nhân", "Certificate of a person",
		"Văn thư ký bằng chứng thư của cơ quan, không phải của cá nhân.",
		"The clerk signs under the certificate of the organisation, not of a person.", 0},
	{attest.ErrUnsigned, 409, "unsigned", "Người có thẩm quyền chưa ký", "The head has not signed yet",
		"Cơ quan chỉ ký sau khi người có thẩm quyền đã ký văn bản (Nghị định 30/2020/NĐ-CP, Điều 32).",
		"The organisation signs only after the head has signed the document (Decree 30/2020/NĐ-CP, Article 32).", 0},
	{attest.ErrSigned, 409, "signed", "Đã ký", "Signed already",
		"Cơ quan đã ký văn bản này.",
		"The organisation has signed this document.", 0},
	{attest.ErrRevised, 409, "revised", "Văn bản đã có phiên bản mới", "Document has another revision",
		"Văn bản đã được bổ sung (như dấu thời gian) hoặc hết hiệu lực sau khi tạo yêu cầu, nên chữ ký không còn khớp; hãy tạo yêu cầu mới.",
		"The document got another revision (a time-stamp, for instance) or went out of force since the request was made; make a new one.", 0},
	{attest.ErrAlgorithm, 422, "algorithm", "Thuật toán không được nhận", "Algorithm is not accepted",
		"Dịch vụ này không nhận thuật toán ký đó; hãy chọn algorithm khác hoặc hỏi người vận hành.",
		"This service does not accept that signature algorithm; choose another or ask its operator.", 0},
	{paper.ErrPictureLarge, 422, "stamp-too-large", "Ảnh chữ ký hoặc con dấu quá lớn", "Stamp's picture is too large",
		"Ảnh nhiều nhất 512 KB và khoảng một triệu điểm ảnh.",
		"The picture may have 512 KB and about a million pixels.", 0},
	{paper.ErrPicture, 422, "stamp-unusable", "Ảnh chữ ký hoặc con dấu không dùng được", "Stamp's picture cannot be used",
		"Ảnh phải là tệp PNG mở được.",
		"The picture has to be a PNG that opens.", 0},
	{attest.ErrWrongHolder, 422, "wrong-holder", "Chủ thể chứng thư không đúng", "Wrong holder",
		"Mã định danh trên chứng thư không phải của đơn vị hoặc người được giao ký.",
		"The identifiers in the certificate are not those of the unit or of who is to sign.", 0},
	{certs.ErrExpired, 422, "certificate-expired", "Chứng thư hết hạn", "Certificate has expired",
		"Chứng thư đã hết hạn; hãy dùng chứng thư còn hiệu lực.",
		"The certificate has expired; use one in force.", 0},
	{certs.ErrNotYetValid, 422, "certificate-not-yet-valid", "Chứng thư chưa có hiệu lực", "Certificate is not valid yet",
		"Chứng thư chưa đến ngày có hiệu lực.",
		"The certificate is not valid yet.", 0},
	{certs.ErrUsage, 422, "certificate-usage", "Chứng thư không dùng để ký", "Not for signing",
		"Chứng thư không dành cho ký văn bản.",
		"The certificate is not meant for signing documents.", 0},
	{certs.ErrWeak, 422, "certificate-weak", "Thuật toán không đạt", "Too weak",
		"Khóa hoặc thuật toán của chứng thư dưới mức bắt buộc.",
		"Key or algorithm of the certificate is below what is required.", 0},
	{certs.ErrRevoked, 422, "certificate-revoked", "Chứng thư bị thu hồi", "Certificate is revoked",
		"Chứng thư đã bị thu hồi; không ký được.",
		"The certificate is revoked and cannot sign.", 0},
	{certs.ErrSuspended, 422, "certificate-suspended", "Chứng thư bị tạm dừng", "Certificate is on hold",
		"Chứng thư đang bị tạm dừng; hãy liên hệ tổ chức cấp.",
		"The certificate is on hold; ask its issuer.", 0},
	{signer.ErrNoCertificate, 422, "no-certificate", "Thiếu chứng thư", "No certificate",
		"Cần chứng thư của người ký, đứng đầu certificates.",
		"The signer's certificate is needed, first in certificates.", 0},
	{pades.ErrUnsupportedKey, 422, "key-unsupported", "Loại khóa chưa hỗ trợ", "Key not supported",
		"Loại khóa của chứng thư chưa được hỗ trợ.",
		"The kind of key in the certificate is not supported.", 0},
	{pades.ErrUnsupportedAlgorithm, 422, "key-unsupported", "Thuật toán chưa hỗ trợ", "Algorithm not supported",
		"Thuật toán của chứng thư chưa được hỗ trợ.",
		"The algorithm of the certificate is not supported.", 0},
	{signer.ErrSignature, 422, "signature", "Chữ ký không khớp", "Signature does not fit",
		"Chữ ký không khớp với signed_attributes và chứng thư đầu tiên của yêu cầu; hãy ký lại đúng các byte đó.",
		"The signature does not fit signed_attributes and the first certificate of the request; sign exactly those bytes.", 0},
	{signer.ErrLapsed, 409, "request-closed", "Yêu cầu ký đã hết hạn", "Request has expired",
		"Yêu cầu ký đã hết hạn; hãy tạo yêu cầu mới.",
		"The signing request has expired; make a new one.", 0},
	{attest.ErrNotAccepted, 422, "not-accepted", "Bộ kiểm tra không chấp nhận", "Not accepted",
		"Bộ kiểm tra của dịch vụ không chấp nhận kết quả nên không lưu; hãy kiểm tra chứng thư (thu hồi, hết hạn) rồi tạo yêu cầu mới.",
		"Our own verifier does not accept the outcome, so it is not kept; check the certificate (revoked, expired) and make a new request.", 0},

	{attest.ErrNotScan, 422, "not-a-scan", "Bản quét không dùng được", "Not a usable scan",
		"Bản quét phải là tệp PDF mở được, không đặt mật khẩu.",
		"The scan has to be a PDF that opens, without a password.", 0},
	{minutes.ErrChair, 422, "minutes-chair", "Chủ trì chưa đúng", "Chair is wrong",
		"Biên bản cần đúng một người chủ trì, thuộc đơn vị xác nhận.",
		"Minutes need exactly one chair, of the unit that attests.", 0},
	{minutes.ErrSecretary, 422, "minutes-secretary", "Nhiều hơn một thư ký", "More than one secretary",
		"Biên bản có nhiều nhất một thư ký.",
		"Minutes have at most one secretary.", 0},
	{minutes.ErrParties, 422, "minutes-parties", "Thiếu bên tham gia", "A party is missing",
		"Thiếu bên phải tham gia: Ủy ban nhân dân, Trạm Y tế và Công an (cơ sở: cơ sở, Ủy ban nhân dân, Công an).",
		"A party that has to take part is missing: People's Committee, health station and police (facility: the facility, People's Committee, police).", 0},
	{minutes.ErrTime, 422, "minutes-time", "Thời gian không đúng", "Not a time",
		"start và end ghi như 2021-11-08T08:30 hoặc theo RFC 3339.",
		"start and end are written as 2021-11-08T08:30 or by RFC 3339.", 0},
	{minutes.ErrEnd, 422, "minutes-time", "Thời gian không đúng", "Not a time",
		"end không được trước start.",
		"end is not before start.", 0},
	{minutes.ErrCell, 422, "minutes-text", "Nội dung không in được", "Text cannot be used",
		"Có nội dung quá dài hoặc có ký tự không in được.",
		"A text is too long or holds a character that cannot be printed.", 0},
	{paper.ErrUnprintable, 422, "unprintable", "Có ký tự không in được", "Unprintable character",
		"Có ký tự mà phông chữ của văn bản không in được.",
		"A character has no glyph in the document's font.", 0},
	{paper.ErrNotNFC, 422, "not-nfc", "Chữ chưa ở dạng dựng sẵn", "Text is not in NFC",
		"Chữ phải ở dạng Unicode dựng sẵn (NFC).",
		"Text has to be in Unicode normal form C.", 0},

	{attest.ErrUnreadable, 400, "unreadable", "Không phải tài liệu kiểm tra được", "Not a document",
		"Nội dung không phải PDF, chữ ký CMS hay bằng chứng của một kết quả.",
		"The body is neither a PDF nor a CMS signature nor the proof of a result.", 0},
	{attest.ErrNoRevision, 404, "no-such-revision", "Không có phiên bản này", "No such revision",
		"Không chữ ký nào trong tài liệu bao trùm một phiên bản có SHA-256 này; lấy coverage.sha256 trong kết quả kiểm tra của chính tài liệu đó.",
		"No signature in the document covers a revision of this SHA-256; take coverage.sha256 from the report on this very document.", 0},
	{attest.ErrPassword, 422, "password", "Mật khẩu không đúng", "Wrong password",
		"password không mở được văn bản này; hãy nhập lại, hoặc bỏ trống: chữ ký trên toàn văn bản vẫn kiểm tra được.",
		"password does not open the document; type it again, or leave it out: signatures over the whole document are judged without.", 0},
	{attest.ErrNoKey, 501, "no-key", "Dịch vụ không có khóa ký", "Service has no key",
		"Dịch vụ này không được cấp khóa để ký kết quả kiểm tra; hãy gọi không có signed, hoặc hỏi người vận hành.",
		"This service was given no key to sign reports with; call without signed, or ask its operator.", 0},
	{bundle.ErrNoField, 422, "no-such-field", "Không có trường này", "No such field",
		"disclose có tên không phải trường của bản ghi.",
		"disclose names what is no field of a record.", 0},
	{bundle.ErrUnitUnknown, 422, "unit-unknown", "Không có đơn vị này", "No such unit",
		"Danh mục không có đơn vị này vào thời điểm của các kết quả.",
		"The register has no such unit at the time of the results.", 0},
	{bundle.ErrUnitAmbiguous, 422, "unit-ambiguous", "Mã của nhiều đơn vị", "Code of several units",
		"Mã này thuộc nhiều đơn vị ở các thời kỳ khác nhau.",
		"The code belonged to several units of different times.", 0},
	{bundle.ErrUnitOverlap, 409, "unit-overlap", "Trùng mã trong cùng thời gian", "Two units with one code",
		"Hai đơn vị cùng mã trong cùng thời gian; hãy đặt ngày kết thúc cho đơn vị trước.",
		"Two units have one code at one time; end the earlier one first.", 0},
	{dossier.ErrOutsidePeriod, 422, "outside-period", "Ngoài thời gian của đơn vị", "Outside the unit's time",
		"Có kết quả ngoài thời gian tồn tại của đơn vị.",
		"Results lie outside the time of the unit.", 0},
	{bundle.ErrDate, 422, "date", "Ngày không đúng", "Not a date",
		"Ngày ghi theo YYYY-MM-DD.",
		"Dates are written YYYY-MM-DD.", 0},
	{attest.ErrDocumentDate, 422, "date", "Ngày không đúng", "Not a date",
		"Ngày văn bản là ngày ký: hôm nay, hoặc lùi không quá 7 ngày, và không trước ngày tiêm cuối cùng của hồ sơ.",
		"A document is of the day on which it is signed: today, or up to 7 days back, and not before the last dose in the bundle.", 0},
	{attest.ErrMove, 409, "state", "Trạng thái không cho phép", "Not in this state",
		"Hồ sơ đang ở trạng thái không cho phép việc này; xem state.",
		"The bundle is in a state that does not allow this; see state.", 0},
	{attest.ErrTooLarge, 413, "too-large", "Nội dung quá lớn", "Too large",
		"Nội dung vượt giới hạn.",
		"What was sent is over the limit.", 0},
	{attest.ErrText, 422, "text", "Chữ không dùng được", "Text cannot be kept",
		"Có nội dung chữ trống, quá dài hoặc không lưu được.",
		"A text is empty, too long, or cannot be kept.", 0},
	{bundle.ErrMalformed, 422, "malformed", "Nội dung sai quy cách", "Malformed",
		"Một giá trị sai quy cách hoặc không hợp với các giá trị khác.",
		"A value is malformed or does not go with the others.", 0},
	{attest.ErrStale, 409, "changed", "Đã thay đổi", "Changed in the meantime",
		"Đối tượng đã được người khác thay đổi, hoặc việc này đã được làm; hãy đọc lại.",
		"It was changed by somebody else, or this was done before; read it again.", 0},
	{attest.ErrCarried, 409, "carried", "Chữ ký mang theo", "Carried by the signature",
		"Bằng chứng này nằm trong chính chữ ký hoặc văn bản nên không hủy được.",
		"This piece of evidence is part of the signature or the document itself and cannot be deleted.", 0},
	{attest.ErrConflict, 409, "conflict", "Xung đột", "Conflict",
		"Việc này mâu thuẫn với dữ liệu hiện có; hãy đọc lại.",
		"This contradicts what is there; read it again.", 0},
	{attest.ErrNotFound, 404, "not-found", "Không tìm thấy", "Not found",
		"Không có đối tượng này, hoặc nó không thuộc phạm vi của tài khoản.",
		"There is no such thing, or it is not within this account's reach.", 0},
	{fs.ErrNotExist, 404, "not-found", "Không tìm thấy", "Not found",
		"Không có đối tượng này.",
		"There is no such thing.", 0},
	{context.DeadlineExceeded, 503, "unavailable", "Quá thời gian", "Took too long",
		"Việc này mất quá nhiều thời gian; hãy thử lại.",
		"This took too long; try again.", 5},

	{errFellOver, 500, "internal", "Lỗi bên trong", "Internal error",
		"Dịch vụ gặp lỗi bên trong; hãy báo người vận hành mã lời gọi ở request.",
		"The service met an error of its own; tell the operator the id in request.", 0},
}
