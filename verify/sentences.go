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
		"Đường dẫn tin cậy không liên kết đến chứng thư gốc nào được tin cậy ở đây. Hãy tự xác minh nơi phát hành, hoặc kiểm tra danh sách chứng thư gốc.",
		"No path leads to an authority trusted here. Find out for yourself who issued it, or check the list of trust anchors.",
	},
	string(NotYetValid): {
		"Chữ ký có trước khi chứng thư có hiệu lực: không hợp lệ. Không sử dụng tệp này.",
		"The signature is from before its certificate was valid: it is not valid. Do not use this file.",
	},
	string(CryptoConstraintsFailureNoPOE): {
		"Thuật toán mật mã đã hết thời hạn an toàn, và không có dấu thời gian chứng minh đã ký khi còn an toàn.",
		"An algorithm is no longer believed to be safe, and no time-stamp proves that the signature is from before.",
	},
	string(TimestampOrderFailure): {
		"Thứ tự các dấu thời gian mâu thuẫn nhau. Hãy xin lại bản gốc từ nơi phát hành.",
		"The time-stamps contradict each other. Ask the issuer for the original again.",
	},
	string(NoCertificateChainFoundNoPOE): {
		"Không chứng minh được chữ ký có từ khi đường dẫn tin cậy còn hiệu lực.",
		"Nothing proves that the signature is from when its path was trusted.",
	},
	string(RevocationOutOfBoundsNoPOE): {
		"Dữ liệu trạng thái chứng thư không được chứng minh là có từ khi nơi cấp còn hiệu lực.",
		"The revocation data are not proven to be from when those who issued them were trusted.",
	},
	string(NoPOE): {
		"Thiếu bằng chứng về thời điểm tồn tại của chữ ký hoặc chứng thư.",
		"There is no proof of when the signature or its certificate existed.",
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
		"Không có nội dung đã được ký đi kèm chữ ký. Hãy đưa kèm tệp nội dung.",
		"The content that was signed is not there. Supply it beside the signature.",
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
	"sig.future": {
		"Thời điểm ký do người ký khai nằm sau thời điểm kiểm tra. Hãy kiểm tra đồng hồ, hoặc thời điểm đã chọn.",
		"The claimed signing time lies after the time of validation. Check the clock, or the time that was chosen.",
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
	"sig.modified": {
		"Sau chữ ký này tệp đã bị sửa những gì không được phép sửa. Không sử dụng tệp này; hãy lấy đúng bản đã ký hoặc xin lại bản gốc.",
		"After this signature the file was changed in a way that is not allowed. Do not use it: take the version that was signed, or ask for the original.",
	},
	"sig.forbidden": {
		"Người ký đã chứng thực và không cho phép loại thay đổi này, nhưng tệp vẫn bị thay đổi sau khi ký. Không sử dụng tệp này.",
		"The signer certified the document and did not permit this kind of change, which was made after signing. Do not use this file.",
	},
	"sig.locked": {
		"Một ô đã được người ký khóa lại bị thay đổi sau khi ký. Không sử dụng tệp này.",
		"A field that the signer locked was changed after signing. Do not use this file.",
	},
	"sig.annotated": {
		"Sau chữ ký có thêm ghi chú vào tài liệu; ghi chú không thuộc phần đã ký. Hãy xem bản đã ký và tự đánh giá.",
		"Remarks were added after the signature; they are no part of what was signed. Look at the signed version and judge for yourself.",
	},
	"sig.covered": {
		"Sau chữ ký có thêm thứ hiển thị trên trang, có thể che hoặc giả nội dung. Hãy đối chiếu với bản đã ký.",
		"Something that is shown on a page was added after the signature and may cover or imitate content. Compare with the signed version.",
	},
	"sig.unclear": {
		"Phần thêm sau chữ ký không so sánh được tự động. Hãy xem bản đã ký và đối chiếu.",
		"What was added after the signature cannot be compared by a program. Look at the signed version and compare.",
	},
	"sig.unanalysed": {
		"Không phân tích được phần thêm vào sau chữ ký (tệp có mật khẩu hoặc cấu trúc không đọc được), nên chưa thể xác nhận.",
		"What was added after the signature cannot be analysed (a password, or a structure that cannot be read), so it cannot be confirmed.",
	},
	"locked": {
		"Tệp có mật khẩu nên không đọc được chữ ký nằm ở đâu. Hãy kiểm tra kèm mật khẩu, hoặc xin bản không đặt mật khẩu.",
		"The file has a password, without which its signatures cannot be found. Verify it with the password, or ask for a copy without one.",
	},
	"sig.filled": {
		"Sau chữ ký này có ô được điền hoặc ký thêm, đúng như biểu mẫu cho phép; phần điền thêm không thuộc chữ ký này.",
		"After this signature fields were filled or signed, as the form allows; what was filled in is no part of this signature.",
	},
	"sig.leftovers": {
		"Trong bản đã ký có thành phần không hiển thị ở đâu (có thể do phần mềm để lại, cũng có thể được chuẩn bị để tráo đổi); hãy đối chiếu với bản đã ký.",
		"The signed version holds parts that are shown nowhere, left behind by a program or laid down to be switched to: compare with the signed version.",
	},
	"sig.font": {
		"Một ô điền sau khi ký dùng phông chữ hoặc kiểu hiển thị mới; hãy kiểm tra kỹ nội dung hiển thị.",
		"A field filled after signing is shown in a font or style that is new; read what it shows with care.",
	},
	"ts.valid": {
		"Dấu thời gian hợp lệ: chứng minh tệp đã tồn tại vào thời điểm này.",
		"The time-stamp is valid: it proves that the file existed at its time.",
	},
	"ts.broken": {
		"Dấu thời gian bị hỏng hoặc không phải của chữ ký này, nên không chứng minh được thời điểm ký.",
		"The time-stamp is broken or belongs to something else, and proves no time of signing.",
	},
	"ts.unproven": {
		"Chưa xác minh được dấu thời gian (thiếu chứng thư gốc TSA được tin cậy hoặc thiếu trạng thái), nên chưa dựa vào đó.",
		"The time-stamp could not be confirmed (no trusted time-stamp authority, or no status), and is not relied on.",
	},
	"ts.order": {
		"Thứ tự các dấu thời gian mâu thuẫn nhau.",
		"The time-stamps contradict each other.",
	},
	keyFuture: {
		"Dấu thời gian được cấp sau thời điểm kiểm tra, nên lúc đó chưa chứng minh được gì.",
		"The time-stamp is from after the time of validation, and proves nothing at that time.",
	},
	"ts.claim": {
		"Thời điểm ký do người ký khai muộn hơn dấu thời gian; thời điểm tin cậy là của dấu thời gian.",
		"The claimed signing time is later than the time-stamp; the time to rely on is that of the time-stamp.",
	},
	"ts.only": {
		"Tệp chỉ có dấu thời gian, không có chữ ký của ai. Hãy xin bản đã ký số.",
		"The file has time-stamps only and nobody's signature. Ask for the signed version.",
	},
	"cert.anchor_closed": {
		"Chứng thư gốc chỉ được tin cậy trong một khoảng thời gian, và không có dấu thời gian chứng minh đã ký trong khoảng đó.",
		"The trust anchor is trusted for a certain time only, and nothing proves that the signature is from within it.",
	},
	"cert.domain": {
		"Chứng thư thuộc hệ thống chứng thực (công cộng hoặc chuyên dùng công vụ) mà nơi kiểm tra này không chấp nhận.",
		"The certificate belongs to a trust domain (public or official-duty authorities) that is not accepted here. Ask for a signature of the other.",
	},
	"cert.aged": {
		"Thuật toán hoặc khóa của chứng thư đã hết thời hạn được coi là an toàn, và không có dấu thời gian chứng minh đã ký trước đó.",
		"The algorithm or key is no longer believed to be safe, and no time-stamp proves that it was used before.",
	},
	"cert.unproven": {
		"Dữ liệu về trạng thái chứng thư kèm theo không chứng minh được cho thời điểm ký. Hãy kiểm tra lại khi có kết nối mạng.",
		"The revocation data that come along prove nothing for the time of signing. Verify again when there is a connection.",
	},
	"ts.again": {
		"Cùng một dấu thời gian được gắn nhiều lần; lặp lại không chứng minh thêm điều gì.",
		"The same time-stamp is attached several times, which proves no more than once.",
	},
	"ts.early": {
		"Thời điểm ký do người ký khai sớm hơn dấu thời gian của nội dung; chữ ký thực ra được tạo sau dấu thời gian đó.",
		"The claimed signing time is earlier than the time-stamp over the content, after which the signature was made.",
	},
	"store.refused": {
		"Dữ liệu trạng thái chứng thư kèm theo không dùng làm bằng chứng được (sai nơi cấp, sai phạm vi, chỉ là bản thay đổi, hoặc sai thời điểm); kết luận dựa vào nguồn khác nếu có.",
		"Revocation data that came along are no evidence (of another issuer, scope or time, or changes only); the verdict rests on other sources, if there are any.",
	},
	"sig.overlap": {
		"Sau chữ ký có thêm thứ nằm đè lên nội dung của trang; hãy đối chiếu với bản đã ký.",
		"Something added after the signature lies over what a page shows: compare with the signed version.",
	},
	"store.unreadable": {
		"Không đọc được kho dữ liệu xác minh kèm theo tệp; kết luận dựa vào nguồn khác.",
		"The validation data in the file could not be read; the verdict rests on other sources.",
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
	switch {
	case s.Indication == TotalPassed && s.IsTimestamp():
		return sentences["ts.valid"]
	case s.Indication == TotalPassed:
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
	case r.Verdict == NoSignature && len(r.Signatures) > 0:
		return sentences["ts.only"]
	case r.Verdict == NoSignature:
		return sentences["none"]
	}
	var said Sentence
	for i := range r.Signatures {
		switch s := &r.Signatures[i]; {
		case !s.counts():
		case said == Sentence{}:
			said = s.Explain
		case said != s.Explain:
			return sentences["mixed"]
		}
	}
	return said
}
