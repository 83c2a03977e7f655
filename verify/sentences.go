package verify

// sentences is the one catalogue of what is said to people, in Vietnamese and
// English. A key is a sub-indication or, where more can be said, the key that the
// failing check names. Each sentence says what it means for the reader and what to
// do (Thông tư 15/2025/TT-BKHCN, Điều 6: results are shown in Vietnamese).
var sentences = map[string]Sentence{
	"sig.valid": {
		"Chữ ký số hợp lệ: nội dung toàn vẹn, chứng thư chữ ký số có hiệu lực và có đường dẫn tin cậy.",
		"The signature is valid: the content is intact, the certificate is in force and leads to a trusted authority.",
	},
	"none": {
		"Không có chữ ký số nào để kiểm tra. Hãy xin bản đã ký số, hoặc đối chiếu với biên bản giấy.",
		"There is no signature to verify. Ask for the signed version, or compare with the minutes on paper.",
	},
	"mixed": {
		"Không phải mọi chữ ký đều hợp lệ; xem từng chữ ký ở dưới.",
		"Not every signature is valid; see each of them below.",
	},
	string(FormatFailure): {
		"Cấu trúc tệp hoặc chữ ký số sai quy cách; không dùng được tệp này. Hãy xin lại bản gốc từ nơi phát hành.",
		"The file or its signature is malformed and cannot be relied on. Ask the issuer for the original again.",
	},
	string(HashFailure): {
		"Dữ liệu đã bị thay đổi sau khi ký. Không sử dụng tệp này; hãy xin lại bản gốc từ nơi phát hành.",
		"The data was changed after signing. Do not use this file; ask the issuer for the original again.",
	},
	string(SigCryptoFailure): {
		"Chữ ký số không khớp với chứng thư: chữ ký không hợp lệ. Không sử dụng tệp này.",
		"The signature does not match the certificate: it is not valid. Do not use this file.",
	},
	string(SigConstraintsFailure): {
		"Chữ ký số không đáp ứng điều kiện áp dụng; chưa thể coi là hợp lệ. Xem các mục kiểm tra ở dưới.",
		"The signature does not meet the conditions that apply; it cannot be taken as valid. See the checks below.",
	},
	string(ChainConstraintsFailure): {
		"Chứng thư chữ ký số không đúng phạm vi sử dụng. Người ký cần dùng chứng thư dành cho ký văn bản.",
		"The certificate is not meant for this use. The signer needs a certificate for signing documents.",
	},
	string(CryptoConstraintsFailure): {
		"Thuật toán mật mã trên chứng thư hoặc chữ ký không đáp ứng tiêu chuẩn bắt buộc áp dụng.",
		"An algorithm or key of the certificate or the signature is below the mandatory standards.",
	},
	string(NoSigningCertificateFound): {
		"Không tìm thấy chứng thư của người ký trong chữ ký số. Hãy xin lại bản gốc từ nơi phát hành.",
		"The signer's certificate is not in the signature. Ask the issuer for the original again.",
	},
	string(NoCertificateChainFound): {
		"Đường dẫn tin cậy không liên kết đến chứng thư gốc nào được tin cậy ở đây. Hãy kiểm tra danh sách chứng thư gốc (--trust).",
		"No path leads to an authority trusted here. Check the list of trust anchors (--trust).",
	},
	string(CertificateChainGeneral): {
		"Đường dẫn tin cậy của chứng thư không kiểm tra được.",
		"The certificate's path could not be validated.",
	},
	string(OutOfBoundsNoPOE): {
		"Tại thời điểm kiểm tra chứng thư không còn (hoặc chưa) trong thời hạn hiệu lực, và không có dấu thời gian chứng minh đã ký khi còn hiệu lực.",
		"At the time of validation the certificate is outside its validity, and no time-stamp proves that it was used within.",
	},
	string(RevokedNoPOE): {
		"Chứng thư chữ ký số đã bị thu hồi, và không có dấu thời gian chứng minh đã ký trước khi thu hồi. Hãy liên hệ nơi phát hành.",
		"The certificate was revoked, and no time-stamp proves that it was used before. Contact the issuer.",
	},
	string(RevokedCANoPOE): {
		"Chứng thư của tổ chức cấp đã bị thu hồi. Hãy liên hệ nơi phát hành.",
		"The issuing authority's certificate was revoked. Contact the issuer.",
	},
	string(TryLater): {
		"Cảnh báo: không kiểm tra được trạng thái chứng thư chữ ký số qua OCSP/CRL. Hãy kiểm tra lại khi có kết nối mạng.",
		"Warning: the certificate's status could not be checked by OCSP or CRL. Verify again when there is a connection.",
	},
	string(SignedDataNotFound): {
		"Không có nội dung đã được ký đi kèm chữ ký. Hãy đưa kèm tệp nội dung (--content).",
		"The content that was signed is not there. Supply it beside the signature (--content).",
	},
	"cert.suspended": {
		"Chứng thư chữ ký số đang bị tạm dừng. Hãy kiểm tra lại sau hoặc liên hệ nơi phát hành.",
		"The certificate is on hold. Verify again later or contact the issuer.",
	},
	"cert.wrong_signer": {
		"Thông tin chủ thể ký trên chứng thư không khớp với đơn vị hoặc người được giao ký.",
		"The identifiers in the certificate are not those of the unit or of the person who was to sign.",
	},
	"cert.two_signers": {
		"Văn bản và dữ liệu do hai chứng thư khác nhau ký; phải cùng một người ký cả hai.",
		"Document and data were signed with different certificates; one person has to sign both.",
	},
	"sig.later_changes": {
		"Tệp có phần được thêm vào sau chữ ký này. Phiên bản này chưa phân tích phần thêm vào nên chưa thể xác nhận.",
		"Something was added to the file after this signature. This version does not analyse additions and cannot confirm it.",
	},
	"sig.future": {
		"Thời điểm ký do người ký khai nằm sau thời điểm kiểm tra. Hãy kiểm tra đồng hồ, hoặc thời điểm đã chọn (--at).",
		"The claimed signing time lies after the time of validation. Check the clock, or the time that was chosen (--at).",
	},
	"sig.preview": {
		"Văn bản đã ký chỉ là bản xem trước, chưa có số và ngày. Hãy xin bản chính thức.",
		"What was signed is only a preview without number and date. Ask for the document itself.",
	},
	"cert.unit_unbound": {
		"Dữ liệu không ghi mã định danh (MST, MNS) của đơn vị nên không đối chiếu được chứng thư với đơn vị; hãy tự xem chủ thể ký có đúng là đơn vị này không.",
		"The data names no identifier of the unit, so the certificate cannot be compared with it: see for yourself that the signer is this unit.",
	},
	"cert.revoked_later": {
		"Chứng thư chữ ký số bị thu hồi sau thời điểm kiểm tra đã chọn.",
		"The certificate was revoked after the chosen time of validation.",
	},
	"limit": {
		"Tệp vượt quá giới hạn xử lý nên chưa kiểm tra hết; không thể coi là hợp lệ.",
		"The file exceeds the limits of validation and was not judged to the end; it cannot be taken as valid.",
	},
	"sig.timestamp_unjudged": {
		"Đây là dấu thời gian; phiên bản này chưa kiểm tra dấu thời gian.",
		"This is a time-stamp; this version does not judge time-stamps yet.",
	},
	"sig.timestamp_ignored": {
		"Chữ ký có kèm dấu thời gian; phiên bản này chưa kiểm tra dấu thời gian nên không dựa vào đó.",
		"The signature carries a time-stamp; this version does not judge time-stamps and does not rely on it.",
	},
	"sig.padding": {
		"Phần đệm sau chữ ký số không trống; nội dung đã ký không bị ảnh hưởng.",
		"The padding behind the signature is not blank; what was signed is not affected.",
	},
	"sig.content_unseen": {
		"Chỉ mã băm của nội dung được đưa ra: chữ ký đúng với mã băm đó, còn nội dung nói gì và người ký có đúng là đơn vị trong đó thì chưa được xem.",
		"Only the digest of the content was given: the signature is over that digest, but what the content says, and whether the signer is the unit in it, was not seen.",
	},
	"sig.form": {
		"Chữ ký số có điểm khác quy cách khuyến nghị; không làm thay đổi kết luận.",
		"The signature departs from the recommended form; the verdict does not change.",
	},
	"sig.not_signed_item": {
		"Hồ sơ chưa ký đủ: cần cả chữ ký trên văn bản (bundle.pdf) và trên dữ liệu (manifest.p7s).",
		"The bundle is not completely signed: both the document (bundle.pdf) and the data (manifest.p7s) need a signature.",
	},
	"bundle.files": {
		"Thư mục hồ sơ thiếu tệp hoặc có tệp không được ghi nhận. Hãy xin lại thư mục đầy đủ.",
		"The bundle directory lacks a file or holds one that is not accounted for. Ask for the complete directory.",
	},
	"bundle.records": {
		"Danh sách (records.ndjson) không khớp với dữ liệu đã niêm phong trong manifest.json.",
		"The list (records.ndjson) is not the one that manifest.json seals.",
	},
	"bundle.pages": {
		"Các trang in không khớp với danh sách và dữ liệu đã niêm phong. Không sử dụng bản in này.",
		"The printed pages do not match the records and the manifest. Do not use them.",
	},
	"bundle.annex": {
		"Phụ lục không khớp với mã băm ghi trong manifest.json.",
		"An annex does not match its digest in manifest.json.",
	},
	"bundle.attachment": {
		"Tệp kèm theo không khớp với mã băm đã ghi nhận khi ký.",
		"An attachment does not match the digest recorded at signing.",
	},
	"proof.inclusion": {
		"Bằng chứng không dẫn đến mã băm gốc đã ký: kết quả này không thuộc hồ sơ, hoặc đã bị sửa.",
		"The proof does not lead to the signed root: this result is not in the bundle, or was altered.",
	},
}

// explain chooses the sentence for a settled signature.
func explain(s *Signature) Sentence {
	if s.Indication == TotalPassed {
		return sentences["sig.valid"]
	}
	for _, c := range s.Checks {
		if c.Status == Fail && c.sub == s.SubIndication {
			return sentenceOf(c)
		}
	}
	return sentences[string(s.SubIndication)]
}

// sentenceOf is what a check that did not hold means for the reader.
func sentenceOf(c Check) Sentence {
	if said, ok := sentences[c.key]; ok {
		return said
	}
	if said, ok := sentences[string(c.sub)]; ok && c.Status == Fail {
		return said
	}
	return sentences["sig.form"] // a warning of the format package: its message says more
}

// explain chooses the sentence for the settled input as a whole.
func (r *Report) explain() Sentence {
	for _, c := range r.Checks {
		if c.Status == Fail && c.sub == r.sub {
			return sentenceOf(c)
		}
	}
	switch {
	case r.Verdict == TotalPassed:
		return sentences["sig.valid"]
	case r.Verdict == NoSignature:
		return sentences["none"]
	}
	said := r.Signatures[0].Explain
	for _, s := range r.Signatures[1:] {
		if s.Explain != said {
			return sentences["mixed"]
		}
	}
	return said
}
