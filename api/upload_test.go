package api_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kytiem/api"
	"kytiem/attest"
)

// readDatabase reads the files of the database as they are.
func readDatabase(d *desk) (all []byte, err error) {
	return all, filepath.WalkDir(filepath.Dir(d.database), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, "-shm") { // SQLite's index of its log, where readers too leave marks
			return err
		}
		content, err := os.ReadFile(path)
		all = append(all, content...)
		return err
	})
}

// pour is a body that is written by hand; whoever reads it may have to wait.
func pour(t *testing.T, write func(w io.Writer)) io.Reader {
	r, w := io.Pipe()
	go func() {
		write(w)
		w.Close()
	}()
	t.Cleanup(func() { r.Close() })
	return r
}

// dial sends the beginning of a call by hand, and gives what is answered to it.
func (d *desk) dial(t *testing.T, head, body string, hangUp bool) (*http.Response, error) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(d.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, head+"\r\n\r\n"+body); err != nil {
		t.Fatal(err)
	}
	if hangUp {
		_ = conn.(*net.TCPConn).CloseWrite()
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	return http.ReadResponse(bufio.NewReader(conn), nil)
}

// TestBadUploads: what is no upload that can be taken. Nothing is imported, and nothing is
// left behind.
func TestBadUploads(t *testing.T) {
	temp := t.TempDir()
	d := newDesk(t, func(o *api.Options, _ *attest.Options) {
		o.MaxImport, o.MaxDocument, o.Temp = 64<<10, 64<<10, temp
		o.SlowSender = 300 * time.Millisecond
	})
	health := d.token[attest.Health]
	unit, good := file{"unit", "", []byte(commune)}, d.results(t, 3)
	huge := make([]byte, 80<<10)
	_, _ = rand.Read(huge)
	d.send(t, health, "/v1/imports", []file{{"file", "r.csv", huge}, unit}).is(t, 413, "too-large")
	d.send(t, health, "/v1/imports", []file{unit}).is(t, 422, "invalid")
	d.send(t, health, "/v1/imports", []file{{"file", "r.csv", good}}).is(t, 422, "invalid")
	d.send(t, health, "/v1/imports", []file{{"file", "r.csv", good}, unit, unit}).is(t, 422, "invalid")
	d.send(t, health, "/v1/imports", []file{{"file", "r.csv", good}, {"file", "r.csv", good}, unit}).is(t, 422, "invalid")
	d.send(t, health, "/v1/imports", []file{{"file", "r.csv", good}, unit, {"more", "", nil}}).is(t, 422, "invalid")
	d.send(t, health, "/v1/imports", []file{{"file", "r.csv", good}, {"unit", "", bytes.Repeat([]byte("1"), 5000)}}).is(t, 422, "invalid")
	d.send(t, health, "/v1/imports", []file{{"file", "r.csv", []byte("GIF89a")}, unit}).is(t, 422, "file-unusable")
	d.send(t, health, "/v1/imports", []file{{"file", "r.csv", nil}, unit}).is(t, 422, "file-unusable")
	d.send(t, health, "/v1/imports", []file{{"file", "r.csv", good}, {"unit", "", []byte(other)}}).is(t, 404, "not-found")
	d.call(t, health, http.MethodPost, "/v1/imports", object{"unit": commune}).is(t, 415, "media-type")
	d.call(t, health, http.MethodPost, "/v1/imports", strings.NewReader("x"), "Content-Type", "multipart/form-data").is(t, 415, "media-type")
	d.call(t, health, http.MethodPost, "/v1/imports", strings.NewReader("x"), "Content-Type", "multipart/form-data; boundary=b").is(t, 400, "form")

	head := "POST /v1/imports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + health + "\r\nContent-Type: multipart/form-data; boundary=b\r\n"
	part := "--b\r\nContent-Disposition: form-data; name=\"unit\"\r\n\r\n" + commune + "\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"r.csv\"\r\n\r\n" + string(good)
	for _, tt := range []struct {
		name, head, body string
		hangUp           bool
		status           int
		code             string
	}{
		{"cut off", head + fmt.Sprintf("Content-Length: %d", len(part)+8), part, true, 400, "truncated"},
		{"cut off within chunks", head + "Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s\r\n", len(part), part), true, 400, "truncated"},
		{"whole, without its last boundary", head + fmt.Sprintf("Content-Length: %d", len(part)), part, false, 400, "form"},
		{"stalled", head + fmt.Sprintf("Content-Length: %d", len(part)+8), part, false, 408, "too-slow"},
		{"stalled JSON", "POST /v1/bundles HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + health + "\r\nContent-Type: application/json\r\nContent-Length: 30", `{"unit":`, false, 408, "too-slow"},
		{"cut off JSON", "POST /v1/bundles HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + health + "\r\nContent-Type: application/json\r\nContent-Length: 30", `{"unit":`, true, 400, "truncated"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			response, err := d.dial(t, tt.head, tt.body, tt.hangUp)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(response.Body)
			(&answer{status: response.StatusCode, header: response.Header, body: body}).is(t, tt.status, tt.code)
		})
	}
	if got := len(d.records(t, "")); got != 0 {
		t.Errorf("%d results were taken", got)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}

	// A sender who drips is cut off however steady he is: twice the grace is over by then.
	begun := time.Now()
	body := pour(t, func(w io.Writer) {
		for range 100 {
			if _, err := io.WriteString(w, " "); err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/v1/verifications", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/pdf")
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		response.Body.Close()
	}
	if took := time.Since(begun); took > 3*time.Second || err == nil && response.StatusCode != http.StatusRequestTimeout {
		t.Errorf("a sender who drips was cut off after %v (%v, %v)", took, response, err)
	}
	// A sender who does what is asked is not, afterwards, on the same connection.
	for range 3 {
		time.Sleep(400 * time.Millisecond)
		d.importFile(t, good).into(t, &object{})
	}
}

// TestTokenRevokedMeanwhile: a token that is revoked while an upload is under way opens
// nothing.
func TestTokenRevokedMeanwhile(t *testing.T) {
	d := newDesk(t, nil)
	tokens, _, err := d.service.Tokens(t.Context(), attest.Operator(), d.account[attest.Health], attest.Page{})
	if err != nil {
		t.Fatal(err)
	}
	whole, kind := form(t, file{"unit", "", []byte(commune)}, file{"file", "r.csv", d.results(t, 3)})
	content, err := io.ReadAll(whole)
	if err != nil {
		t.Fatal(err)
	}
	body := pour(t, func(w io.Writer) {
		_, _ = w.Write(content[:100])
		time.Sleep(300 * time.Millisecond) // the call is let in meanwhile
		if err := d.service.RevokeToken(context.WithoutCancel(t.Context()), attest.Operator(), tokens[0].ID); err != nil {
			t.Error(err)
		}
		_, _ = w.Write(content[100:])
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/v1/imports", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", "Bearer "+d.token[attest.Health])
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	(&answer{status: response.StatusCode, header: response.Header, body: text}).is(t, 401, "unauthenticated")
	counts, err := d.service.CountResults(t.Context(), attest.Actor{Account: "x", Role: attest.Health, Unit: commune}, commune)
	if err != nil || len(counts) != 0 {
		t.Errorf("results %v (%v), want none", counts, err)
	}
}

// TestHungUp: a caller who hangs up while his key is claimed can call again at once.
func TestHungUp(t *testing.T) {
	d := newDesk(t, nil)
	ctx, hangUp := context.WithCancel(t.Context())
	body, kind := form(t, file{"unit", "", []byte(commune)}, file{"file", "r.csv", d.results(t, 2000)})
	content, _ := io.ReadAll(body)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+"/v1/imports", bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", "Bearer "+d.token[attest.Health])
	r.Header.Set("Idempotency-Key", "k")
	go func() {
		time.Sleep(20 * time.Millisecond)
		hangUp()
	}()
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		response.Body.Close()
	} else if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	var again *answer
	for range 100 { // until the server has noticed
		again = d.call(t, d.token[attest.Health], http.MethodPost, "/v1/imports", bytes.NewReader(content), "Content-Type", kind, "Idempotency-Key", "k")
		if again.status != http.StatusConflict {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	var in struct{ Rows, Taken int }
	again.into(t, &in)
	if got := len(d.records(t, "")); in.Rows != 2000 || got != in.Taken {
		t.Errorf("%d results and %+v, want each row once", got, in)
	}
}
