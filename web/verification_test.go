package web_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"kytiem/web"
)

// sent is a part of a form.
type sent struct {
	part, name string
	content    []byte
}

// form is what a browser sends.
func form(t testing.TB, parts ...sent) (*bytes.Buffer, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		part, err := w.CreateFormFile(p.part, p.name)
		if err == nil {
			_, err = part.Write(p.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b, w.FormDataContentType()
}

// post sends a form, over a connection.
func (d *desk) post(t testing.TB, path string, parts ...sent) (*http.Response, []byte) {
	t.Helper()
	body, kind := form(t, parts...)
	return d.send(t, path, kind, body)
}

func (d *desk) send(t testing.TB, path, kind string, body io.Reader) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, d.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, content
}

// read checks an answer as every page is checked, and returns its text.
func (d *desk) read(t *testing.T, response *http.Response, content []byte) string {
	t.Helper()
	w := httptest.NewRecorder()
	for name, values := range response.Header {
		w.Header()[name] = values
	}
	_, _ = w.Write(content)
	check(t, d.options, w)
	if !norm.NFC.IsNormal(content) {
		t.Error("not in NFC")
	}
	return string(content)
}

// TestVerification sends what people bring, one by one, and reads the page.
func TestVerification(t *testing.T) {
	d := newDesk(t, nil)
	locked, err := os.ReadFile("../pades/testdata/password/r6.pdf")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, path string
		parts      []sent
		status     int
		says, not  []string
	}{
		{"signed", "/verify", []sent{{"file", "vb.pdf", d.signed}}, 200,
			[]string{`<html lang="vi">`, "vb.pdf", "Hợp lệ", "Chữ ký số hợp lệ: nội dung toàn vẹn", "Trần Văn Mẫu", "Chủ tịch", "Ủy ban nhân dân xã Phú Hòa",
				"Toàn bộ tệp", "Không có gì thay đổi", "do người ký khai", "PAdES-BASELINE-B", "R-B5", "MST:0000075502"}, []string{"is-total-failed", "version"}},
		{"signed, in English", "/en/verify", []sent{{"file", "doc.pdf", d.signed}}, 200,
			[]string{`<html lang="en">`, "The signature is valid", "The whole file", "Nothing was changed", "claimed by the signer"}, []string{"Chữ ký số"}},
		{"signed twice", "/verify", []sent{{"file", "vb.pdf", d.twice}}, 200,
			[]string{"Chữ ký ChuTich", "Chữ ký PhoChuTich", "Toàn bộ phiên bản 2 trong 3 phiên bản của tệp", "Có ô được điền hoặc chữ ký được thêm", "Tải bản đã ký"},
			[]string{"is-total-failed"}},
		{"tampered with", "/verify", []sent{{"file", "vb.pdf", d.tampered}}, 200,
			[]string{"Không hợp lệ", "Dữ liệu đã bị thay đổi sau khi ký. Không sử dụng tệp này", "HASH_FAILURE", `class="outcome">Không đạt`}, []string{"is-total-passed"}},
		{"modified later", "/verify", []sent{{"file", "vb.pdf", d.modified}}, 200,
			[]string{"Không hợp lệ", "Có thay đổi khác với việc điền, ký hoặc ghi chú: trang 2<", "Toàn bộ phiên bản 2 trong 3", "Tải bản đã ký", "object 7, page 2)"}, []string{"is-total-passed"}},
		{"not signed", "/verify", []sent{{"file", "vb.pdf", d.plain}}, 200, []string{"Chưa ký số", "Hãy xin bản đã ký số"}, []string{"is-total-passed"}},
		{"several", "/verify", []sent{{"file", "tốt.pdf", d.signed}, {"file", "xấu.pdf", d.tampered}, {"file", "ảnh.jpg", []byte("\xff\xd8\xff")}}, 200,
			[]string{"tốt.pdf", "is-total-passed", "xấu.pdf", "is-total-failed", "ảnh.jpg", "Chưa kiểm tra được", `id="answer-3-name"`, "không phải ảnh chụp"}, nil},
		{"a bundle of somebody else's", "/verify", []sent{{"file", "bundle.pdf", d.bundle}}, 200, []string{"Hồ sơ này không do dịch vụ này lập", "Mã băm gốc"}, nil},
		{"data with their signature", "/verify/detached", []sent{{"file", "manifest.p7s", d.p7s}, {"content", "manifest.json", d.manifest}}, 200,
			[]string{"manifest.p7s", "Hợp lệ"}, []string{"is-total-failed", "is-indeterminate"}},
		{"other data", "/en/verify/detached", []sent{{"file", "manifest.p7s", d.p7s}, {"content", "manifest.json", d.plain}}, 200, []string{"The data was changed"}, nil},
		{"a document and its password", "/verify/locked", []sent{{"file", "kin.pdf", locked}, {"password", "", []byte("user")}}, 200, []string{"kin.pdf", "Chưa ký số"}, []string{"Mật khẩu không phải"}},
		{"another password", "/verify/locked", []sent{{"file", "kin.pdf", locked}, {"password", "", []byte("cua-toi")}}, 422, []string{"Mật khẩu không phải của văn bản này"}, []string{"cua-toi"}},
		{"another password, in English", "/en/verify/locked", []sent{{"file", "kin.pdf", locked}, {"password", "", []byte("mine-0")}}, 422, []string{"not this document&#39;s"}, []string{"mine-0"}},
		{"no password", "/verify/locked", []sent{{"file", "kin.pdf", locked}, {"password", "", nil}}, 200, []string{"Chưa ký số"}, nil},
		{"a signature alone", "/verify", []sent{{"file", "manifest.p7s", d.p7s}}, 200, []string{"Hãy đưa kèm tệp nội dung", "is-indeterminate"}, []string{"--content"}},
		{"a proof", "/verify", []sent{{"file", "proof.json", d.proof}}, 200,
			[]string{"Kết quả này nằm trong hồ sơ", "Họ và tên", "Ngày tiêm", "Vắc xin"}, []string{"Số giấy tờ", "dd>…"}},
		{"a broken proof", "/en/verify", []sent{{"file", "proof.json", bytes.Replace(d.proof, []byte(`"vaccine":{"salt":"`), []byte(`"vaccine":{"salt":"0`), 1)}}, 200,
			[]string{"malformed", "Not valid"}, []string{"is-total-passed"}},
		{"nothing readable", "/verify", []sent{{"file", "x.docx", []byte("PK\x03\x04")}}, 400, []string{"x.docx", "Hãy chọn đúng tệp đã nhận", "Mã lượt gửi"}, nil},
		{"nothing readable, in English", "/en/verify", []sent{{"file", "x.docx", []byte("PK\x03\x04")}}, 400, []string{"Choose the file as you received it"}, nil},
		{"no file", "/verify", []sent{{"file", "", nil}}, 400, []string{"Chưa có tệp nào được chọn"}, nil},
		{"an empty file", "/verify", []sent{{"file", "x.pdf", nil}}, 400, []string{"x.pdf", "Tệp này trống"}, nil},
		{"a name that is markup", "/verify", []sent{{"file", `<b>x.pdf`, d.signed}}, 200, []string{"&lt;b&gt;"}, []string{"<b>"}},
		{"a name that turns round", "/verify", []sent{{"file", "a\u202efdp.exe", d.signed}}, 200, []string{"<bdi>afdp.exe</bdi>"}, []string{"\u202e"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			response, content := d.post(t, tt.path, tt.parts...)
			page := d.read(t, response, content)
			if response.StatusCode != tt.status || response.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("status %d, kept by %q, want %d", response.StatusCode, response.Header.Get("Cache-Control"), tt.status)
			}
			answers, _, _ := strings.Cut(page[strings.Index(page, "<main"):], "</main>")
			for _, text := range tt.says {
				if !strings.Contains(page, text) {
					t.Errorf("does not say %q", text)
				}
			}
			for _, text := range tt.not {
				if strings.Contains(answers, text) {
					t.Errorf("says %q", text)
				}
			}
			if t.Failed() {
				t.Log(answers)
			}
		})
	}
}

// TestVerificationPage looks at the page before anything is sent, and at the way to it.
func TestVerificationPage(t *testing.T) {
	d := newDesk(t, nil)
	for _, tt := range []struct {
		method, path string
		status       int
		says         []string
	}{
		{"GET", "/verify", 200, []string{`<html lang="vi">`, "Bạn sẽ nhận được", `enctype="multipart/form-data"`, `href="/en/verify"`, "nhiều nhất 10 tệp, mỗi tệp đến 64 MB"}},
		{"GET", "/en/verify", 200, []string{`<html lang="en">`, "What you will get", `action="/en/verify#answers"`, `href="/verify"`}},
		{"GET", "/verify/detached", 200, []string{"Bạn sẽ nhận được"}},
		{"GET", "/verify/locked", 200, []string{"Bạn sẽ nhận được"}},
		{"GET", "/en/verify/signed", 200, []string{"What you will get"}},
		{"GET", "/", 200, []string{`<a href="/verify">`}},
		{"GET", "/en", 200, []string{`<a href="/en/verify">`}},
		{"PUT", "/verify", 405, []string{"chỉ để đọc"}},
		{"GET", "/verify/other", 404, []string{"There is no such page"}},
	} {
		w := ask(t, d.options, tt.method, tt.path)
		check(t, d.options, w)
		for _, text := range tt.says {
			if w.Code != tt.status || !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s %s: status %d, or does not say %q, want %d", tt.method, tt.path, w.Code, text, tt.status)
			}
		}
	}
	none := web.Options{}
	for _, method := range []string{"GET", "POST"} {
		if w := ask(t, none, method, "/verify"); w.Code != 404 && w.Code != 405 {
			t.Errorf("%s on a service that verifies nothing: status %d", method, w.Code)
		}
	}
	if page := ask(t, none, "GET", "/").Body.String(); strings.Contains(page, "/verify\"") {
		t.Error("the front page leads to a page that is not there")
	}
}

// TestAllowed: the page may send to this service and nowhere else, and the others nowhere.
func TestAllowed(t *testing.T) {
	d := newDesk(t, nil)
	for path, want := range map[string]string{"/": "form-action 'none'", "/verify": "form-action 'self'; connect-src 'self'"} {
		if got := ask(t, d.options, "GET", path).Header().Get("Content-Security-Policy"); !strings.HasSuffix(got, want) {
			t.Errorf("%s: policy %q, want %q", path, got, want)
		}
	}
}

// TestForeignDocuments shows what other people's programs made, good and bad: whatever a
// report holds, the page has words for it.
func TestForeignDocuments(t *testing.T) {
	found, err := filepath.Glob("../../shared/corpora/files/*")
	if err != nil || len(found) == 0 {
		t.Skip("../../shared/corpora is absent")
	}
	d := newDesk(t, nil)
	for _, at := range found {
		content, err := os.ReadFile(at)
		if err != nil {
			t.Fatal(err)
		}
		response, page := d.post(t, "/verify", sent{"file", filepath.Base(at), content})
		if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: status %d: %.200s", at, response.StatusCode, page)
		}
		d.read(t, response, page)
	}
}
