package api

import (
	"context"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"kytiem/attest"
	"kytiem/bundle"
)

// revisionCall gives back the beginning of what is sent. It could be cut off anywhere, by the
// size in the report; but a tool that cannot cut needs the document as it was signed, too.
// The document comes a second time, since nothing was kept of the first.
func (a *api) revisionCall() {
	o := operation{id: "extract-revision", method: http.MethodPost, path: "/v1/verifications/revisions/{sha256}", tag: tagVerifications, public: true, costly: true,
		vi: "Văn bản đúng như lúc được ký, lấy từ văn bản đã có thêm phần sau", en: "The document exactly as it was signed, out of one that goes on",
		about: "Gửi lại chính văn bản đã kiểm tra; sha256 là coverage.sha256 của chữ ký trong kết quả kiểm tra. Trả về đúng từng byte phiên bản đã ký. Không lưu gì.\n\n" +
			"Send the very document that was verified again; sha256 is coverage.sha256 of the signature in the report. Answers with the signed revision, byte for byte. Nothing is kept.",
		problems: []string{"unreadable", "form", "storage-full", "no-such-revision"},
		takes: map[string]*huma.MediaType{"multipart/form-data": multipartOf(part{"file", true, "PDF"}),
			"application/pdf": binary(), "application/octet-stream": binary()}}
	o.gives(false, "application/pdf")
	register(a, o, func(ctx context.Context, c *call, in *struct {
		SHA256 string `path:"sha256" pattern:"^[0-9a-f]{64}$" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	}) (reply, error) {
		var sum bundle.HexHash
		if err := sum.UnmarshalText([]byte(in.SHA256)); err != nil {
			return reply{}, invalid(fault{Location: "path.sha256", Code: "form"})
		}
		sent, err := c.submitted()
		if err != nil {
			return reply{}, err
		}
		size, err := heavily(ctx, c, func(context.Context) (int, error) {
			file, err := sent.file.whole()
			if err != nil {
				return 0, err
			}
			revision, err := attest.SignedRevision(file, sum)
			return len(revision), err
		})
		if err != nil {
			sent.close()
			return reply{}, err
		}
		return c.beginning(sent, "signed-"+in.SHA256[:16]+".pdf", size), nil
	})
}

// beginning answers with the first bytes of what was sent, from where it lies: a reader who
// takes his time must not hold a large one in memory.
func (c *call) beginning(sent *submitted, name string, size int) reply {
	return reply{status: http.StatusOK, serve: func(w http.ResponseWriter, _ *http.Request) {
		defer sent.close()
		h := w.Header()
		h.Set("Content-Type", "application/pdf")
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
		h.Set("Content-Length", strconv.Itoa(size))
		c.patiently(readerTime, func() { _, c.fault = io.Copy(w, io.LimitReader(sent.file.content(), int64(size))) })
	}}
}
