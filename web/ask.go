package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"kytiem/verify"
)

// reply is what the API answers to a call that a page makes of it in its reader's name.
type reply struct {
	reader  http.ResponseWriter
	status  int
	header  http.Header
	body    bytes.Buffer
	through bool // to the reader, if it is a success: a file is too large to hold it here
}

// ask makes a call of the API within this process. It goes through everything that a call
// from outside does: it is let in, counted and paid for by the reader's address, and its
// body has to come by the API's times, which are set on the reader's own connection.
func (h *handler) ask(a *reply, r *http.Request, in language, path, kind string, body io.Reader) error {
	call, err := http.NewRequestWithContext(r.Context(), http.MethodPost, path, body)
	if err != nil {
		return fmt.Errorf("asking the API: %w", err)
	}
	call.ContentLength = -1 // not known before it has come
	call.RemoteAddr, call.Host = r.RemoteAddr, r.Host
	call.Header.Set("Content-Type", kind)
	call.Header.Set("Accept-Language", in.tag())
	for _, name := range [...]string{"X-Forwarded-For", "Content-Encoding"} {
		for _, value := range r.Header.Values(name) {
			call.Header.Add(name, value)
		}
	}
	a.header = make(http.Header)
	h.o.API.ServeHTTP(a, call)
	return nil
}

// Unwrap leads [http.ResponseController] to the reader's connection.
func (a *reply) Unwrap() http.ResponseWriter { return a.reader }

// Header implements [http.ResponseWriter].
func (a *reply) Header() http.Header { return a.header }

// WriteHeader implements [http.ResponseWriter].
func (a *reply) WriteHeader(status int) {
	if a.status != 0 {
		return
	}
	a.status = status
	if a.passes() {
		for _, name := range [...]string{"Content-Type", "Content-Disposition", "Content-Length", "Cache-Control", "X-Request-Id"} {
			if value := a.header.Get(name); value != "" {
				a.reader.Header().Set(name, value)
			}
		}
		a.reader.WriteHeader(status)
	}
}

// Write implements [http.ResponseWriter].
func (a *reply) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.passes() {
		return a.reader.Write(p)
	}
	return a.body.Write(p)
}

func (a *reply) passes() bool { return a.through && a.status == http.StatusOK }

// read takes the report out of the reply, or the problem instead of it.
func (a *reply) read() (*verify.Report, *problem) {
	if a.status == http.StatusOK {
		report := new(verify.Report)
		if err := json.Unmarshal(a.body.Bytes(), report); err == nil {
			return report, nil
		}
		return nil, &problem{Status: http.StatusInternalServerError, Code: "internal"}
	}
	p := new(problem)
	if err := json.Unmarshal(a.body.Bytes(), p); err != nil || p.Status == 0 {
		p = &problem{Status: http.StatusInternalServerError, Code: "internal"}
	}
	p.retry = a.header.Get("Retry-After")
	return nil, p
}
