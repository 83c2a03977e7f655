package web_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"kytiem/api"
)

// says holds an answer to its status and to what is to be read in it.
func (d *desk) says(t *testing.T, response *http.Response, content []byte, status int, texts ...string) {
	t.Helper()
	page := d.read(t, response, content)
	if response.StatusCode != status {
		t.Errorf("status %d, want %d", response.StatusCode, status)
	}
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("does not say %q: %s", text, page[strings.Index(page, `<section id="answers"`):])
		}
	}
}

// TestTooLarge: a reader who sends too much is told so, and the rest of the form is judged.
func TestTooLarge(t *testing.T) {
	d := newDesk(t, func(o *api.Options) { o.MaxDocument = 256 << 10 })
	large := bytes.Repeat([]byte("%PDF-1.7 "), 200_000)
	response, content := d.post(t, "/verify", sent{"file", "lớn.pdf", large})
	d.says(t, response, content, 413, "lớn.pdf", "Tệp lớn hơn mức nhận ở đây", "(256 KB)")
	response, content = d.post(t, "/en/verify", sent{"file", "large.pdf", large}, sent{"file", "doc.pdf", d.signed})
	d.says(t, response, content, 200, "larger than what is taken here", "doc.pdf", "The signature is valid")
	response, content = d.post(t, "/verify/detached", sent{"file", "x.p7s", d.p7s}, sent{"content", "x.json", large})
	d.says(t, response, content, 413, "Tệp lớn hơn mức nhận ở đây")

	var many []sent
	for range 11 {
		many = append(many, sent{"file", "x.txt", []byte("x")})
	}
	response, content = d.post(t, "/verify", many...)
	d.says(t, response, content, 400, `id="answer-10-name"`, `id="answer-11-name"`, "Mỗi lần chỉ nhận một số tệp có hạn")
	response, content = d.post(t, "/verify", append(many[:10:10], sent{"other", "x.bin", bytes.Repeat([]byte("x"), 4<<20)})...)
	d.says(t, response, content, 400, `id="answer-10-name"`, "Mỗi lần chỉ nhận một số tệp có hạn")
	left, err := os.ReadDir(d.temp)
	if err != nil || len(left) != 0 {
		t.Errorf("%d files are kept (%v)", len(left), err)
	}
}

// TestTooOften: an address without an account may ask so often, on the page as of the API,
// out of one purse.
func TestTooOften(t *testing.T) {
	d := newDesk(t, func(o *api.Options) { o.Anonymous = 1 }) // two verifications at once
	file := sent{"file", "vb.pdf", d.signed}
	response, content := d.post(t, "/verify", file, file, sent{"file", "ba.pdf", d.signed}, sent{"file", "bốn.pdf", d.signed})
	d.says(t, response, content, 200, "Chữ ký số hợp lệ", "ba.pdf", "bốn.pdf", "Từ mạng của bạn đang có quá nhiều lượt kiểm tra")
	if got := strings.Count(string(content), "Từ mạng của bạn"); got != 2 {
		t.Errorf("%d files are turned away, want 2", got)
	}
	response, content = d.post(t, "/en/verify", file)
	d.says(t, response, content, 429, "Wait a minute")
	if response.Header.Get("Retry-After") == "" {
		t.Error("does not say when to come again")
	}
	response, content = d.post(t, "/verify/signed?sha256="+strings.Repeat("0", 64), file)
	d.says(t, response, content, 429, "Từ mạng của bạn")
}

// TestBusy: when too much is under way, the page says so, and when to come again.
func TestBusy(t *testing.T) {
	d := newDesk(t, func(o *api.Options) { o.Calls = 1 })
	body, kind := form(t, sent{"file", "vb.pdf", d.signed})
	first, rest := io.Pipe()
	held, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		d.send(t, "/verify", kind, io.TeeReader(first, signal(held)))
	}()
	half := body.Bytes()
	if _, err := rest.Write(half[:len(half)/2]); err != nil {
		t.Fatal(err)
	}
	<-held
	for late := time.Now().Add(10 * time.Second); ; {
		response, content := d.post(t, "/verify", sent{"file", "vb.pdf", d.signed})
		if response.StatusCode == http.StatusOK && time.Now().Before(late) { // the other one has not come in yet
			continue
		}
		d.says(t, response, content, 503, "Dịch vụ đang bận")
		if response.Header.Get("Retry-After") == "" {
			t.Error("does not say when to come again")
		}
		break
	}
	if _, err := rest.Write(half[len(half)/2:]); err != nil {
		t.Fatal(err)
	}
	_ = rest.Close()
	<-done
}

// signal is closed when something goes by.
type signal chan struct{}

// Write implements [io.Writer].
func (s signal) Write(p []byte) (int, error) {
	select {
	case <-s:
	default:
		close(s)
	}
	return len(p), nil
}

// TestSlow: a sender who stalls is cut off and told so, within a file as between two.
func TestSlow(t *testing.T) {
	d := newDesk(t, func(o *api.Options) { o.SlowSender = 200 * time.Millisecond })
	body, kind := form(t, sent{"file", "vb.pdf", d.signed})
	sending, w := io.Pipe()
	go func() { _, _ = w.Write(body.Bytes()[:body.Len()/2]) }()
	began := time.Now()
	response, content := d.send(t, "/verify", kind, sending)
	d.says(t, response, content, 408, "Tệp gửi lên quá chậm")
	if n := strings.Count(string(content), "<article"); n != 4 { // and three that the script may say
		t.Errorf("%d answers, want 4", n)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
	_ = w.Close()
}

// TestSignedVersion gets the document as it was signed, byte for byte, and from the file
// that was verified only.
func TestSignedVersion(t *testing.T) {
	d := newDesk(t, nil)
	_, page := d.post(t, "/verify", sent{"file", "vb.pdf", d.modified})
	_, rest, found := strings.Cut(string(page), `action="/verify/signed?sha256=`)
	if !found {
		t.Fatalf("no form for it: %s", page)
	}
	at := "/verify/signed?sha256=" + rest[:64]
	response, content := d.post(t, at, sent{"file", "vb.pdf", d.modified})
	if response.StatusCode != http.StatusOK || !bytes.Equal(content, d.signed) || response.Header.Get("Content-Type") != "application/pdf" ||
		!strings.HasPrefix(response.Header.Get("Content-Disposition"), "attachment") || response.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("status %d, %d bytes, %v, want the %d bytes that were signed", response.StatusCode, len(content), response.Header, len(d.signed))
	}
	for _, tt := range []struct {
		name, at string
		file     []byte
		status   int
		says     string
	}{
		{"another file", at, d.bundle, 404, "Tệp vừa chọn không phải tệp đã kiểm tra"},
		{"no PDF", at, []byte("x"), 400, "Hãy chọn đúng tệp đã nhận"},
		{"another version", "/verify/signed?sha256=" + strings.Repeat("0", 64), d.modified, 404, "Tệp vừa chọn không phải tệp đã kiểm tra"},
		{"no version", "/verify/signed?sha256=../../x", d.modified, 404, "Tệp vừa chọn không phải"},
		{"none at all", "/en/verify/signed", d.modified, 404, "is not the one that was verified"},
	} {
		response, content := d.post(t, tt.at, sent{"file", "vb.pdf", tt.file})
		t.Run(tt.name, func(t *testing.T) { d.says(t, response, content, tt.status, tt.says) })
	}
}

// TestForms sends what no browser does.
func TestForms(t *testing.T) {
	d := newDesk(t, nil)
	for _, tt := range []struct {
		name, path, kind, body string
		status                 int
		says                   string
	}{
		{"no form", "/verify", "application/json", "{}", 400, "Biểu mẫu gửi lên không đọc được"},
		{"no boundary", "/verify", "multipart/form-data", "x", 400, "Biểu mẫu gửi lên không đọc được"},
		{"cut off", "/verify", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.pdf\"\r\n\r\n%PDF-", 400, "Tệp gửi lên bị đứt giữa chừng"},
		{"no part", "/en/verify", "multipart/form-data; boundary=b", "--b--\r\n", 400, "No file was chosen"},
		{"a value", "/verify", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b--\r\n", 400, "Chưa có tệp nào được chọn"},
		{"no form, detached", "/en/verify/detached", "text/plain", "x", 400, "neither"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			response, content := d.send(t, tt.path, tt.kind, strings.NewReader(tt.body))
			d.says(t, response, content, tt.status, tt.says)
		})
	}
}
