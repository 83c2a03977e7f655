package web

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"kytiem/bundle"
	"kytiem/verify"
)

// language is one of the two that everything is said in.
type language int

const (
	vietnamese language = iota
	english
)

// tag names the language as HTTP and HTML do (BCP 47).
func (l language) tag() string { return [...]string{"vi", "en"}[l] }

// words are what templates that serve both languages say.
func (h *handler) words(in language) template.FuncMap {
	say := func(key string, values ...any) (string, error) {
		said, known := words[key]
		if !known {
			return "", fmt.Errorf("no words for %s", key)
		}
		if len(values) == 0 {
			return said[in], nil
		}
		return fmt.Sprintf(said[in], values...), nil
	}
	return template.FuncMap{
		"part":  h.address,
		"lang":  in.tag,
		"say":   say,
		"knows": func(key string) bool { _, known := words[key]; return known },
		"tell": func(s verify.Sentence) string {
			return [...]string{s.VI, s.EN}[in]
		},
		"call":  func(p *problem) string { return [...]string{p.VI, p.EN}[in] },
		"word":  func(i verify.Indication) string { s := i.Words(); return [...]string{s.VI, s.EN}[in] },
		"clock": clock,
		"day":   func(t time.Time) string { return t.In(bundle.VietnamTime()).Format("02/01/2006") },
		"lower": func(value any) string { return strings.ToLower(strings.ReplaceAll(fmt.Sprint(value), "_", "-")) },
		"size":  size,
		"limit": func() string { return size(h.o.MaxDocument) },
		"here":  func() string { return here(in) },
	}
}

// here is the path of the page for verification.
func here(in language) string { return [...]string{"/verify", "/en/verify"}[in] }

// clock is a time as people in Việt Nam read it.
func clock(t time.Time) string {
	return t.In(bundle.VietnamTime()).Format("02/01/2006 15:04:05") + " UTC+7"
}

// size is a number of bytes as people read it.
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.4g MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", (n+1<<9)>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// words is the one catalogue of what the page for verification says beside the sentences
// of package verify.
var words = map[string][2]string{
	"title":       {"Kiểm tra chữ ký số", "Verify signatures"},
	"description": {"Kiểm tra văn bản đã ký số, chữ ký tách rời và bằng chứng kết quả tiêm. Không cần tài khoản, không lưu tài liệu.", "Verify signed documents, detached signatures and proofs of vaccination results. No account needed, no document is kept."},
	"skip":        {"Đến nội dung", "To the content"},
	"languages":   {"Ngôn ngữ", "Language"},
	"other":       {"English", "Tiếng Việt"},
	"front":       {"Ký Tiêm, trang đầu", "Ký Tiêm, front page"},
	"lead": {
		"Chọn văn bản đã ký số để biết chữ ký có hợp lệ không, ai ký, khi nào, và sau đó văn bản có bị sửa không.",
		"Choose a signed document to learn whether its signatures are valid, who signed and when, and whether it was changed afterwards.",
	},
	"kept": {
		"Ai cũng dùng được, không cần tài khoản. Tài liệu chỉ được đọc để kiểm tra, không được lưu lại.",
		"For anybody, without an account. Documents are read to be verified, and not kept.",
	},

	"choose":        {"Chọn tệp", "Choose files"},
	"choose.drop":   {"Thả tệp vào đây, hoặc chọn từ máy", "Drop files here, or choose them"},
	"choose.hint":   {"PDF đã ký, chữ ký .p7s, hoặc bằng chứng .json; nhiều nhất %d tệp, mỗi tệp đến %s", "Signed PDFs, .p7s signatures, or .json proofs; up to %d files of %s each"},
	"verify":        {"Kiểm tra", "Verify"},
	"apart":         {"Chữ ký tách rời (.p7s) kèm nội dung", "A detached signature (.p7s) with its content"},
	"apart.about":   {"Chữ ký nằm ngoài tệp được ký thì cần cả hai: tệp chữ ký và đúng tệp nội dung đó, như manifest.p7s và manifest.json.", "A signature that lies beside the file it signs needs both: the signature and that very file, such as manifest.p7s and manifest.json."},
	"apart.file":    {"Tệp chữ ký (.p7s)", "The signature (.p7s)"},
	"apart.content": {"Tệp nội dung", "The content"},
	"apart.verify":  {"Kiểm tra chữ ký này", "Verify this signature"},

	"locked": {"Văn bản PDF có mật khẩu", "A PDF with a password"},
	"locked.about": {
		"Chữ ký trên toàn tệp được kiểm tra mà không cần mật khẩu. Có mật khẩu thì kiểm tra được cả phần thêm vào sau chữ ký. Bạn được báo nếu mật khẩu không phải của văn bản này; dịch vụ không lưu mật khẩu.",
		"Signatures over the whole file are verified without the password. With it, what was added after a signature is verified, too. You are told if it is not this document's; the password is not kept.",
	},
	"locked.file":     {"Tệp PDF", "The PDF"},
	"locked.password": {"Mật khẩu", "Password"},
	"locked.verify":   {"Kiểm tra văn bản này", "Verify this document"},

	"progress.send": {"Đang gửi", "Sending"},
	"progress.look": {"Đang kiểm tra", "Verifying"},
	"progress.done": {"Đã kiểm tra xong.", "Verified."},

	"empty.title": {"Bạn sẽ nhận được", "What you will get"},
	"empty.1":     {"Một câu cho mỗi chữ ký: hợp lệ hay không, điều đó nghĩa là gì và bạn nên làm gì.", "One sentence per signature: whether it is valid, what that means, and what to do."},
	"empty.2":     {"Người ký, thời điểm ký, chứng thư, và những trang đã thay đổi sau khi ký.", "Who signed, when, with which certificate, and the pages that changed afterwards."},
	"empty.3":     {"Đúng bản đã được ký để tải về, nếu sau đó tệp còn được ghi thêm.", "The very version that was signed, to download, where something was added to the file later."},

	"answers":  {"Kết quả kiểm tra", "Results"},
	"nameless": {"Tệp không tên", "Nameless file"},

	"signature":             {"Chữ ký %s", "Signature %s"},
	"timestamp":             {"Dấu thời gian %s", "Time-stamp %s"},
	"signer":                {"Người ký", "Signed by"},
	"authority":             {"Nơi cấp dấu", "Stamped by"},
	"unknown":               {"Không đọc được chứng thư", "The certificate cannot be read"},
	"time":                  {"Thời điểm", "When"},
	"time.proven":           {"%s (có dấu thời gian chứng minh)", "%s (proven by a time-stamp)"},
	"time.claim":            {"%s (do người ký khai)", "%s (claimed by the signer)"},
	"time.none":             {"Không ghi", "Not stated"},
	"level":                 {"Mức chữ ký", "Level"},
	"covers":                {"Phạm vi", "Covers"},
	"covers.whole-file":     {"Toàn bộ tệp", "The whole file"},
	"covers.whole-revision": {"Toàn bộ phiên bản %d trong %d phiên bản của tệp", "The whole of revision %d of the file’s %d"},
	"covers.partial":        {"Chỉ một phần của tệp", "Only a part of the file"},
	"after":                 {"Sau khi ký", "Afterwards"},
	"after.none":            {"Không có gì thay đổi", "Nothing was changed"},
	"after.broken":          {"Chính phần đã ký bị sửa", "What was signed is itself changed"},
	"after.lta":             {"Chỉ thêm dữ liệu xác minh và dấu thời gian; nội dung không đổi", "Only validation data and time-stamps were added; the content is the same"},
	"after.form-fill":       {"Có ô được điền hoặc chữ ký được thêm", "Fields were filled or signatures added"},
	"after.annotate":        {"Có ghi chú hoặc đánh dấu được thêm", "Remarks or marks were added"},
	"after.other":           {"Có thay đổi khác với việc điền, ký hoặc ghi chú", "There are changes other than filling, signing or remarks"},
	"pages":                 {"trang %s", "page %s"},
	"pages.more":            {"… trong tất cả %d trang đổi", "… of %d changed pages"},

	"version":         {"Bản đã được ký", "The version that was signed"},
	"version.about":   {"Tệp còn được ghi thêm sau chữ ký này. Bản dưới đây đúng từng byte như lúc ký (%s).", "The file goes on after this signature. This is the version as it was signed, byte for byte (%s)."},
	"version.again":   {"Chọn lại tệp này (tài liệu không được lưu)", "Choose the same file again (it was not kept)"},
	"version.load":    {"Tải bản đã ký", "Download the signed version"},
	"version.name":    {"ban-da-ky", "signed-version"},
	"version.changed": {"Tệp không còn như lúc kiểm tra; hãy kiểm tra lại.", "The file is not what was verified any more; verify it again."},

	"bundle.valid":      {"Hồ sơ của dịch vụ này, đang có hiệu lực.", "A bundle of this service, in force."},
	"bundle.superseded": {"Hồ sơ của dịch vụ này, nhưng đã được hồ sơ khác thay thế. Hãy xin bản mới.", "A bundle of this service, but another one has replaced it. Ask for the new one."},
	"bundle.recalled":   {"Hồ sơ của dịch vụ này, nhưng đã bị thu hồi. Không sử dụng nữa.", "A bundle of this service, but it was recalled. Do not use it any more."},
	"bundle.minuted":    {"Hồ sơ của dịch vụ này, mới có biên bản xác nhận trên giấy, chưa ký số.", "A bundle of this service, attested by minutes on paper only and not signed yet."},
	"bundle.open":       {"Hồ sơ của dịch vụ này, nhưng chưa có hiệu lực: chưa ký, chưa có biên bản, hoặc đã rút.", "A bundle of this service, but not in force: it has neither signatures nor minutes, or was withdrawn."},
	"bundle.unknown":    {"Hồ sơ này không do dịch vụ này lập, nên ở đây không biết còn hiệu lực hay đã bị thay thế, thu hồi. Hãy hỏi nơi phát hành.", "This bundle was not made by this service, which therefore does not know whether it was replaced or recalled. Ask whoever issued it."},
	"bundle.unit":       {"Đơn vị", "Unit"},
	"bundle.id":         {"Mã hồ sơ", "Bundle id"},
	"bundle.root":       {"Mã băm gốc", "Merkle root"},

	"proof":      {"Bằng chứng về một kết quả", "Proof of one result"},
	"proof.ok":   {"Kết quả này nằm trong hồ sơ đã được ký. Người giữ chỉ cho xem những mục dưới đây.", "This result stands in the bundle that was signed. Its holder shows only what follows."},
	"proof.none": {"Kết quả này nằm trong hồ sơ đã được ký. Người giữ không cho xem mục nào.", "This result stands in the bundle that was signed. Its holder shows nothing of it."},

	"details":         {"Chi tiết", "Details"},
	"details.file":    {"Chi tiết về tệp", "Details of the file"},
	"certificate":     {"Chứng thư", "Certificate"},
	"identifiers":     {"Mã định danh", "Identifiers"},
	"serial":          {"Số hiệu", "Serial number"},
	"issuer":          {"Nơi cấp", "Issuer"},
	"validity":        {"Hiệu lực", "Validity"},
	"validity.of":     {"từ %s đến %s", "%s to %s"},
	"chain":           {"Đường dẫn tin cậy", "Path"},
	"anchor":          {"chứng thư gốc được tin cậy", "trusted anchor"},
	"revocation":      {"Trạng thái thu hồi", "Revocation"},
	"revocation.good": {"còn hiệu lực", "not revoked"}, "revocation.revoked": {"đã bị thu hồi", "revoked"},
	"revocation.suspended": {"đang tạm dừng", "on hold"}, "revocation.unknown": {"chưa biết", "not known"},
	"stamps":       {"Dấu thời gian", "Time-stamps"},
	"changes":      {"Những gì đã thay đổi", "What was changed"},
	"checks":       {"Các mục kiểm tra", "Checks"},
	"check.ok":     {"Đạt", "Holds"},
	"check.warn":   {"Lưu ý", "Note"},
	"check.fail":   {"Không đạt", "Does not hold"},
	"empty-fields": {"Ô chữ ký còn trống: %s", "Signature fields that are still empty: %s"},
	"hidden":       {"Còn %d chữ ký không hiện ở đây; API cho toàn bộ.", "%d more signatures are not shown here; the API gives them all."},
	"sha256":       {"SHA-256 của tệp", "SHA-256 of the file"},
	"bytes":        {"Dung lượng", "Size"},
	"at":           {"Kiểm tra lúc", "Verified at"},
	"policy":       {"Quy tắc áp dụng", "Rules applied"},

	"problem": {"Chưa kiểm tra được", "Could not be verified"},
	"problem.unreadable": {
		"Tệp này không phải PDF, chữ ký .p7s hay bằng chứng .json, hoặc đã hỏng. Hãy chọn đúng tệp đã nhận; nếu vẫn vậy, xin gửi lại tệp gốc (không phải ảnh chụp hay bản quét).",
		"This file is neither a PDF nor a .p7s signature nor a .json proof, or it is damaged. Choose the file as you received it; if that does not help, ask for the original again (no photo, no scan).",
	},
	"problem.too-large": {
		"Tệp lớn hơn mức nhận ở đây. Hãy xin người gửi bản nhỏ hơn đã ký, hoặc kiểm tra bằng chương trình kytiem verify trên máy của bạn.",
		"The file is larger than what is taken here. Ask its sender for a smaller signed version, or verify it on your own machine by kytiem verify.",
	},
	"problem.many": {
		"Mỗi lần chỉ nhận một số tệp có hạn; các tệp từ đây trở đi chưa được kiểm tra. Hãy gửi chúng trong lần sau.",
		"Only so many files are taken at a time; from here on they were not verified. Send those the next time.",
	},
	"problem.no-body":   {"Tệp này trống. Hãy chọn lại đúng tệp đã nhận, hoặc xin gửi lại.", "This file is empty. Choose the one you received, or ask for it again."},
	"problem.nothing":   {"Chưa có tệp nào được chọn. Hãy chọn ít nhất một tệp rồi bấm Kiểm tra.", "No file was chosen. Choose at least one, then press Verify."},
	"problem.form":      {"Biểu mẫu gửi lên không đọc được. Hãy mở lại trang này và chọn tệp từ đầu.", "The form cannot be read. Open this page again and choose the files anew."},
	"problem.truncated": {"Tệp gửi lên bị đứt giữa chừng. Hãy kiểm tra kết nối mạng rồi gửi lại.", "The file was cut off on its way. Check your connection and send it again."},
	"problem.too-slow":  {"Tệp gửi lên quá chậm nên bị ngắt. Hãy thử lại khi mạng tốt hơn.", "The file came too slowly and was cut off. Try again over a better connection."},
	"problem.rate":      {"Từ mạng của bạn đang có quá nhiều lượt kiểm tra. Hãy chờ một phút rồi gửi lại tệp này.", "Too many documents came from your network. Wait a minute, then send this file again."},
	"problem.overload":  {"Dịch vụ đang bận. Hãy chờ ít giây rồi gửi lại tệp này.", "The service is busy. Wait a few seconds, then send this file again."},
	"problem.no-such-revision": {
		"Tệp vừa chọn không phải tệp đã kiểm tra, nên không lấy được bản đã ký. Hãy chọn lại đúng tệp đó.",
		"The file you chose is not the one that was verified, so the signed version is not in it. Choose that very file.",
	},
	"problem.password": {
		"Mật khẩu không phải của văn bản này. Hãy nhập lại, hoặc bỏ trống: chữ ký trên toàn tệp vẫn kiểm tra được.",
		"The password is not this document's. Type it again, or leave it out: signatures over the whole file are verified without.",
	},
	"problem.internal": {"Dịch vụ gặp lỗi bên trong. Hãy thử lại sau; nếu vẫn vậy, báo người vận hành.", "The service met an error of its own. Try again later; if it stays, tell the operator."},
	"problem.lost":     {"Không gửi được tệp: mất kết nối với dịch vụ. Hãy kiểm tra mạng rồi gửi lại.", "The file could not be sent: the connection to the service was lost. Check your network and send it again."},
	"problem.request":  {"Mã lượt gửi, khi cần hỏi người vận hành: %s", "Id of this call, for asking the operator: %s"},

	"field.id": {"Mã kết quả", "Result id"}, "field.unit": {"Mã đơn vị", "Unit code"},
	"field.full_name": {"Họ và tên", "Full name"}, "field.gender": {"Giới tính", "Gender"}, "field.birth_date": {"Ngày sinh", "Date of birth"},
	"field.id_type": {"Loại giấy tờ", "Identity paper"}, "field.id_number": {"Số giấy tờ", "Number"}, "field.nationality": {"Quốc tịch", "Nationality"},
	"field.dose_number": {"Mũi", "Dose"}, "field.vaccinated_on": {"Ngày tiêm", "Vaccinated on"}, "field.vaccine": {"Vắc xin", "Vaccine"},
	"field.lot_number": {"Số lô", "Lot"}, "field.site": {"Cơ sở tiêm", "Site"}, "field.identity": {"Đối sánh định danh", "Identity match"},
	"field.match_reason": {"Lý do đối sánh", "Reason of the match"}, "field.health_confirmed_by": {"Y tế xác nhận", "Confirmed by the health sector"},
	"field.police_confirmed_by": {"Công an xác nhận", "Confirmed by the police"}, "field.external_id": {"Mã của hệ thống khác", "Id elsewhere"},
}
