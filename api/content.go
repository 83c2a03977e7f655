package api

import (
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"kytiem/bundle"
)

// content answers with a file, or the part of it that is asked for. Its SHA-256 is its ETag.
func (c *call) content(kind, name string, sum bundle.HexHash, from io.ReadSeeker) reply {
	return reply{status: http.StatusOK, serve: func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
		h.Set("ETag", strconv.Quote(sum.String()))
		if c.op.public {
			h.Set("Cache-Control", "public, no-cache") // to be asked again: the signature can be another one
		}
		c.patiently(readerTime, func() { http.ServeContent(w, r, "", time.Time{}, from) })
	}}
}

// stream answers with bytes of known length that cannot be read anew.
func (c *call) stream(kind string, size int64, from io.Reader) reply {
	return reply{status: http.StatusOK, serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
		c.patiently(readerTime, func() {
			w.WriteHeader(http.StatusOK)
			_, c.fault = io.Copy(w, from)
		})
	}}
}

// readerTime is how long a reader may take for a file, whatever its size.
const readerTime = 15 * time.Minute

// netTime is how long an answer may be written for at the end of everything else: the net
// that a server's own WriteTimeout is, stretched again where a time of ours was over it.
const netTime = 30 * time.Minute

// patiently writes to a reader, who does not get all day for it: one who asks and does not
// read would hold a place among the calls.
func (c *call) patiently(within time.Duration, write func()) {
	control := http.NewResponseController(c.gin.Writer)
	_ = control.SetWriteDeadline(time.Now().Add(within)) // a writer without deadlines is none of a network
	write()
	_ = control.Flush()
	_ = control.SetWriteDeadline(time.Now().Add(netTime))
}
