package attest

// meaning is what the code of a fault means, for people.
func meaning(code string) string {
	switch code {
	case "chain-gap":
		return "thiếu mục nhật ký trước mục này · entries before this one are missing"
	case "chain-doubled":
		return "số thứ tự của mục bị lặp · the entry's number was there already"
	case "chain-order":
		return "mục không nối tiếp mục trước · the entry does not follow the one before it"
	case "chain-changed":
		return "mục không còn như khi được ghi · the entry is not as it was written"
	case "chain-end":
		return "chuỗi không kết thúc ở nơi phải kết thúc · the chain does not end where it has to"
	case "chain-malformed":
		return "mục không đúng định dạng · the entry has no form that this program writes"
	case "chain-unreadable":
		return "không đọc được mục · the entry cannot be read"
	case "stamp-wrong":
		return "dấu thời gian không phải của mục này · the time-stamp is not over this entry"
	case "stamp-untrusted":
		return "dấu thời gian của tổ chức không tin cậy · the time-stamp's authority is not trusted"
	case "stamp-elsewhere":
		return "mục đã đóng dấu thời gian không còn trong chuỗi · the entry that was time-stamped is not in the chain"
	case "anchors-missing":
		return "không có chứng thư gốc của tổ chức cấp dấu thời gian để kiểm tra (ca/, tsa/ trong KYTIEM_TRUST) · " +
			"no anchors of time-stamping authorities to check the stamps with (tsa/ in KYTIEM_TRUST)"
	case "blob-changed":
		return "nội dung lưu không còn đúng mã băm · stored content no longer has its digest"
	case "blob-missing":
		return "thiếu nội dung mà nhật ký nêu · content that the chain names is missing"
	case "account-changed":
		return "tài khoản khác với nhật ký · the account is not as the chain says"
	case "token-changed":
		return "mã truy cập khác với nhật ký · the token is not as the chain says"
	case "binding-changed":
		return "gắn chứng thư khác với nhật ký · the binding of the certificate is not as the chain says"
	case "anchors-changed":
		return "chứng thư gốc tin cậy khác với nhật ký · the trust anchors are not as the chain says"
	case "unentered":
		return "nhật ký không có việc lập tài khoản, mã truy cập hoặc gắn chứng thư này · " +
			"the chain knows of no act that made this account, token or binding"
	case "number-changed":
		return "sổ đăng ký số văn bản khác với nhật ký · the register of documents is not as the chain says"
	}
	return meaningOfBundle(code)
}

func meaningOfBundle(code string) string {
	switch code {
	case "bundle-missing":
		return "thiếu hồ sơ mà nhật ký nêu · a bundle that the chain names is missing"
	case "bundle-unreadable":
		return "không đọc được hồ sơ · the bundle cannot be read"
	case "bundle-acts":
		return "các bước trong nhật ký không thể xảy ra theo thứ tự này · the acts in the chain are not possible in this order"
	case "bundle-state":
		return "trạng thái hồ sơ khác với nhật ký · the bundle's state is not what the chain leads to"
	case "bundle-number":
		return "số văn bản khác với nhật ký · the document's number is not the chain's"
	case "bundle-unsealed":
		return "nhật ký không có việc niêm phong hồ sơ này · the chain knows of no sealing of this bundle"
	case "bundle-other":
		return "hồ sơ khác với nhật ký · the bundle is not what the chain names"
	case "bundle-manifest":
		return "hồ sơ khác với bản kê đã niêm phong · the bundle is not as its manifest says"
	case "bundle-records":
		return "bản ghi không ra gốc Merkle và số lượng đã niêm phong · the records do not give the sealed root and counts"
	case "bundle-verdict":
		return "không qua được kiểm tra của chính hệ thống · our own verifier does not pass it"
	case "record-missing":
		return "thiếu chỉ mục của bản ghi · the record has no row"
	case "record-moved":
		return "chỉ mục của bản ghi trỏ sai chỗ · the record's row points elsewhere"
	case "result-missing":
		return "thiếu kết quả tiêm đã niêm phong · a sealed result is missing"
	case "result-free":
		return "kết quả tiêm không còn thuộc hồ sơ đang hiệu lực · the result is no longer the bundle's, which is in force"
	case "result-changed":
		return "kết quả tiêm hoặc xác nhận khác với khi niêm phong · the result or a confirmation is not as it was sealed"
	case "export-malformed":
		return "tệp xuất không đọc được · the export cannot be read"
	case "export-broken":
		return "chuỗi trong tệp xuất bị đứt · the chain in the export is broken"
	case "chain-shorter":
		return "chuỗi ngắn hơn tệp xuất đã giữ (khôi phục bản sao lưu cũ?) · the chain is shorter than the export that was kept (an old backup restored?)"
	case "chain-other":
		return "chuỗi khác với tệp xuất đã giữ từ mục này · from this entry on the chain is not that of the export that was kept"
	}
	return "các bảng mâu thuẫn nhau (số dòng ở cột trước) · tables contradict each other, in so many rows"
}
