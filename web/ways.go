package web

import "html/template"

// way is a sequence of steps to be taken in order.
type way struct {
	id    string
	title [2]string // by language
	steps []step
}

// step is one step: what it does in one sentence or two, the calls that it makes, and
// commands that make them.
type step struct {
	id       string
	title    [2]string // by language
	text     [2]template.HTML
	here     [2]template.HTML // what is so in the commands only
	calls    []string
	commands string
	helps    bool // only the commands that follow need it
}

// ways are the two ways through the API. Their commands are the same in both languages,
// and together a script that runs: a test pastes them into a shell.
var ways = []way{
	{
		id:    "signed",
		title: [2]string{"Có chứng thư số: từ tệp kết quả đến hồ sơ đã ký", "With a certificate: from a results file to a signed bundle"},
		steps: []step{setUp, importing, healthConfirms, policeConfirms, sealing, preparing, signing, completing, verifying, proving},
	},
	{
		id:    "minuted",
		title: [2]string{"Chưa có chứng thư số: biên bản xác nhận giữa các bên", "Without a certificate yet: joint confirmation minutes"},
		steps: []step{sealingAnother, drawing, scanning, checking},
	},
}

var setUp = step{
	id:    "setup",
	helps: true,
	title: [2]string{"Chuẩn bị", "Set up"},
	text: [2]template.HTML{
		"Mở bash ở thư mục của dự án, nơi <code>make run</code> đang chạy. <code>api</code> gọi dịch vụ bằng mã truy cập của một vai trò và in ra lý do khi bị từ chối; <code>send</code> gửi JSON.",
		"Open bash in the project’s directory, where <code>make run</code> is running. <code>api</code> calls the service with the token of a role, and prints the reason when it is refused; <code>send</code> sends JSON.",
	},
	commands: `
BASE={base} VAR={dir} UNIT={unit} OUT=$(mktemp -d)

api() { # role path [curl options]
  : > "$OUT/answer"
  curl -sS --fail-with-body -o "$OUT/answer" "${@:3}" \
    -H "Authorization: Bearer $(<"$VAR/tokens/$1")" "$BASE$2" ||
    { cat "$OUT/answer" >&2; return 1; }
  cat "$OUT/answer"
}
send() { # role path json
  api "$1" "$2" -H 'Content-Type: application/json' -d "$3"
}
`,
}

var importing = step{
	id:    "import",
	title: [2]string{"Nhập kết quả tiêm", "Import results"},
	text: [2]template.HTML{
		"Trạm Y tế gửi tệp của đơn vị mình. Dòng sai được trả lại trong một tệp lỗi; những gì tệp nói về việc đã xác nhận không có giá trị xác nhận.",
		"The commune’s health station sends its file. Bad rows come back in an error file; what the file says about confirmations confirms nothing.",
	},
	calls: []string{"POST /v1/imports"},
	commands: `
api health /v1/imports -F unit=$UNIT -F file=@"$VAR/sample/results.csv" |
  jq '{rows, taken, bad, doubled}'
`,
}

var healthConfirms = step{
	id:    "vaccination",
	title: [2]string{"Ngành Y tế xác nhận thông tin tiêm", "The health sector confirms the vaccination"},
	text: [2]template.HTML{
		"Lấy số hiệu các kết quả còn thiếu xác nhận của ngành Y tế rồi xác nhận phần tiêm chủng.",
		"Lists the results that lack the health sector’s confirmation, and confirms the vaccination part of each.",
	},
	calls: []string{"GET /v1/records", "POST /v1/records/confirmations"},
	commands: `
IDS=$(api health "/v1/records?unit=$UNIT&state=health&limit=100" |
  jq -ec '[.items[].id]')
send health /v1/records/confirmations \
  '{"records": '"$IDS"', "part": "vaccination", "result": "dung"}' |
  jq '{confirmed: .confirmed | length}'
`,
}

var policeConfirms = step{
	id:    "identity",
	title: [2]string{"Công an xác nhận thông tin định danh", "The police confirm the identity"},
	text: [2]template.HTML{
		"Mỗi ngành chỉ xác nhận được phần của mình: cùng lời gọi này với mã truy cập của ngành Y tế sẽ bị từ chối.",
		"Each sector can confirm its own part only: with the health sector’s token this very call is refused.",
	},
	calls: []string{"POST /v1/records/confirmations"},
	commands: `
send police /v1/records/confirmations \
  '{"records": '"$IDS"', "part": "identity", "result": "dung"}' |
  jq '{confirmed: .confirmed | length}'
`,
}

var sealing = step{
	id:    "seal",
	title: [2]string{"Niêm phong hồ sơ", "Seal a bundle"},
	text: [2]template.HTML{
		"Mọi kết quả đã đủ điều kiện của đơn vị vào một hồ sơ không sửa được nữa, với một mã băm gốc.",
		"All of the unit’s ready results go into one bundle that nobody can change any more, under one Merkle root.",
	},
	calls: []string{"POST /v1/bundles"},
	commands: `
BUNDLE=$(send health /v1/bundles '{"unit": "'$UNIT'"}' | jq -er .id)
echo "$BUNDLE"
`,
}

var preparing = step{
	id:    "prepare",
	title: [2]string{"Chuẩn bị ký", "Prepare the signatures"},
	text: [2]template.HTML{
		"Người đứng đầu đưa chứng thư của mình và nhận lại hai mục cần ký: văn bản PDF và dữ liệu.",
		"The head presents the certificate and gets back two items to sign: the PDF document and the data.",
	},
	calls: []string{"POST /v1/signing-requests"},
	commands: `
CERTIFICATES=$(jq -Rsc '[split("-----")[] | gsub("\\s"; "") |
  select(startswith("MII"))]' "$VAR/keys/head.pem")
REQUEST=$(send head /v1/signing-requests '{"bundles": ["'$BUNDLE'"],
  "carrier": "api", "certificates": '"$CERTIFICATES"'}')
jq '.items[] | {kind, document_sha256, algorithm}' <<<"$REQUEST"
`,
}

var signing = step{
	id:    "sign",
	title: [2]string{"Ký ở nơi giữ khóa", "Sign where the key lives"},
	text: [2]template.HTML{
		"Khóa không bao giờ đến dịch vụ: nơi giữ khóa ký các byte nhận được và trả lại chữ ký.",
		"The key never comes to the service: wherever it lives, the bytes that came are signed, and a signature goes back.",
	},
	here: [2]template.HTML{
		"Ở đây <code>openssl</code> ký bằng khóa mẫu của người đứng đầu.",
		"Here <code>openssl</code> signs with the head’s sample key.",
	},
	commands: `
openssl pkcs12 -in "$VAR/keys/head.p12" -passin file:"$VAR/keys/head.pass" \
  -nocerts -nodes -out "$OUT/head.key"
jq -r '.items[] | "\(.id) \(.signed_attributes)"' <<<"$REQUEST" |
  while read -r ITEM BYTES; do
    openssl base64 -d -A <<<"$BYTES" |
      openssl dgst -sha256 -sign "$OUT/head.key" | openssl base64 -A |
      jq -R --arg id "$ITEM" '{id: $id, signature: .}'
  done | jq -s '{items: .}' > "$OUT/signatures.json"
`,
}

var completing = step{
	id:    "complete",
	title: [2]string{"Hoàn tất ký", "Complete the signatures"},
	text: [2]template.HTML{
		"Dịch vụ ghép chữ ký vào văn bản, tự kiểm tra lại như bất kỳ ai, rồi mới lưu.",
		"The service puts the signatures in place, verifies the outcome as anybody would, and only then keeps it.",
	},
	calls: []string{"POST /v1/signing-requests/{id}/signatures"},
	commands: `
send head "/v1/signing-requests/$(jq -r .id <<<"$REQUEST")/signatures" \
  @"$OUT/signatures.json" | jq '{state, items: [.items[].state]}'
`,
}

var verifying = step{
	id:    "verify",
	title: [2]string{"Kiểm tra văn bản", "Verify the document"},
	text: [2]template.HTML{
		"Ai cũng kiểm tra được, không cần tài khoản. Kết luận phải là <code>TOTAL_PASSED</code>.",
		"Anybody can, without an account. The verdict has to be <code>TOTAL_PASSED</code>.",
	},
	calls: []string{"GET /v1/bundles/{id}/bundle.pdf", "POST /v1/verifications"},
	commands: `
api head "/v1/bundles/$BUNDLE/bundle.pdf" > "$OUT/bundle.pdf"
curl -sS --fail-with-body -F file=@"$OUT/bundle.pdf" $BASE/v1/verifications |
  jq -e '{verdict, bundle}'
`,
}

var proving = step{
	id:    "proof",
	title: [2]string{"Bằng chứng của một người", "One person’s proof"},
	text: [2]template.HTML{
		"Người giữ kết quả chọn những gì muốn cho xem; phần còn lại, như số định danh, không lộ ra. Bằng chứng cũng kiểm tra được ngoại tuyến.",
		"Whoever holds the result chooses what to show; the rest, such as the identity number, stays hidden. The proof can be checked offline too.",
	},
	calls: []string{"GET /v1/records/{id}/proof", "POST /v1/verifications"},
	commands: `
RECORD=$(jq -r '.[0]' <<<"$IDS")
SHOWN=full_name,dose_number,vaccinated_on,vaccine
api health "/v1/records/$RECORD/proof?disclose=$SHOWN" > "$OUT/proof.json"
curl -sS --fail-with-body -F file=@"$OUT/proof.json" $BASE/v1/verifications |
  jq -e '{verdict, proof}'
`,
}

var sealingAnother = step{
	id:    "another",
	title: [2]string{"Một hồ sơ khác", "Another bundle"},
	text: [2]template.HTML{
		"Nhập, hai ngành xác nhận, niêm phong: như bốn bước đầu ở trên.",
		"Import, both confirmations, seal: as in the first four steps above.",
	},
	calls: []string{"POST /v1/imports", "POST /v1/records/confirmations", "POST /v1/bundles"},
	commands: `
api health /v1/imports -F unit=$UNIT -F file=@"$VAR/sample/second.csv" |
  jq '{rows, taken, bad, doubled}'
IDS=$(api health "/v1/records?unit=$UNIT&state=health&limit=100" |
  jq -ec '[.items[].id]')
for PART in health:vaccination police:identity; do
  send ${PART%:*} /v1/records/confirmations \
    '{"records": '"$IDS"', "part": "'${PART#*:}'", "result": "dung"}' |
    jq '{confirmed: .confirmed | length}'
done
BUNDLE=$(send health /v1/bundles '{"unit": "'$UNIT'"}' | jq -er .id)
echo "$BUNDLE"
`,
}

var drawing = step{
	id:    "minutes",
	title: [2]string{"Lập biên bản", "Draw the minutes"},
	text: [2]template.HTML{
		"Biên bản mang cùng mã băm gốc, để khi có chứng thư người đứng đầu ký đúng dữ liệu ấy. In ra, các bên ký tay.",
		"The minutes bear the same root, so that the head signs the very same data once there is a certificate. They are printed and signed by hand.",
	},
	calls: []string{"POST /v1/bundles/{id}/minutes", "GET /v1/bundles/{id}/minutes.pdf"},
	commands: `
send clerk "/v1/bundles/$BUNDLE/minutes" '{"reason": "chưa có chứng thư số",
  "parties": [
  {"party": "Ủy ban nhân dân xã Phú Hòa", "name": "Trần Văn Mẫu",
   "position": "Chủ tịch", "role": "chair"},
  {"party": "Trạm Y tế xã Phú Hòa", "name": "Đỗ Thị Thư Ký",
   "position": "Trưởng trạm", "role": "secretary"},
  {"party": "Công an xã Phú Hòa", "name": "Lý Văn Ví Dụ",
   "position": "Trưởng Công an xã", "role": "member"}]}' | jq '{id, state}'
api clerk "/v1/bundles/$BUNDLE/minutes.pdf" > "$OUT/minutes.pdf"
`,
}

var scanning = step{
	id:    "scan",
	title: [2]string{"Gửi bản quét", "Upload the scan"},
	text: [2]template.HTML{
		"Văn thư gửi bản quét có đủ chữ ký. Dịch vụ chưa đối chiếu bản quét với biên bản.",
		"The clerk uploads the scan with everybody’s signature. The service does not compare scan and minutes yet.",
	},
	here: [2]template.HTML{
		"Ở đây chính tệp vừa tải về thay cho bản quét.",
		"Here the file just fetched stands in for the scan.",
	},
	calls: []string{"POST /v1/bundles/{id}/minutes/scan"},
	commands: `
api clerk "/v1/bundles/$BUNDLE/minutes/scan" -F file=@"$OUT/minutes.pdf" |
  jq '{id, state}'
`,
}

var checking = step{
	id:    "status",
	title: [2]string{"Hỏi tình trạng hồ sơ", "Ask for the bundle’s status"},
	text: [2]template.HTML{
		"Tình trạng là công khai và không chứa dữ liệu cá nhân: <code>minuted</code> nghĩa là mới có biên bản, chưa ký số.",
		"The status is public and holds no personal data: <code>minuted</code> means that there are minutes and no digital signature yet.",
	},
	calls: []string{"GET /v1/bundles/{id}/status"},
	commands: `
curl -sS --fail-with-body $BASE/v1/bundles/$BUNDLE/status |
  jq -e '{bundle, status}'
`,
}
