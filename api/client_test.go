package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"testing"
)

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// into reads the answer, which has to be a success.
func (a *answer) into(t testing.TB, v any) {
	t.Helper()
	if a.status/100 != 2 {
		t.Fatalf("status %d, %s", a.status, a.body)
	}
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

// is holds that the answer is this problem.
func (a *answer) is(t testing.TB, status int, code string) {
	t.Helper()
	var p struct {
		Status       int
		Code, VI, EN string
		Detail       string
	}
	err := json.Unmarshal(a.body, &p)
	if a.status != status || err != nil || p.Status != status || p.Code != code || p.VI == "" || p.EN == "" || p.VI == p.EN {
		t.Errorf("status %d, %s (%v), want %d %s", a.status, a.body, err, status, code)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("problem of type %q", got)
	}
}

// call makes a call. body is nil, an io.Reader as it comes, or what becomes JSON; more are
// names and values of headers.
func (d *desk) call(t testing.TB, token, method, path string, body any, more ...string) *answer {
	t.Helper()
	a, err := d.try(t, token, method, path, body, more...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (d *desk) try(t testing.TB, token, method, path string, body any, more ...string) (*answer, error) {
	var reader io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case io.Reader:
		reader = b
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		reader, kind = bytes.NewReader(text), "application/json"
	}
	r, err := http.NewRequestWithContext(t.Context(), method, d.url+path, reader)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for n := 0; n < len(more); n += 2 {
		r.Header.Set(more[n], more[n+1])
	}
	response, err := d.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	a := &answer{status: response.StatusCode, header: response.Header}
	a.body, err = io.ReadAll(response.Body)
	return a, err
}

type object = map[string]any

// file is a part of a form: a file, or a value where it has no name.
type file struct {
	part, name string
	content    []byte
}

// form puts parts together.
func form(t testing.TB, files ...file) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range files {
		var part io.Writer
		var err error
		if f.name == "" {
			part, err = w.CreateFormField(f.part)
		} else {
			part, err = w.CreateFormFile(f.part, f.name)
		}
		if err == nil {
			_, err = part.Write(f.content)
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

// send makes a call with a form.
func (d *desk) send(t testing.TB, token, path string, files []file, more ...string) *answer {
	t.Helper()
	body, kind := form(t, files...)
	return d.call(t, token, http.MethodPost, path, body, append(more, "Content-Type", kind)...)
}
