package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/verify"
)

// detached is a signature that is to be verified without its content: the caller kept the
// content, and says its SHA-256.
type detached struct {
	Signature []byte `json:"signature" doc:"CMS tách rời (.p7s), base64 · detached CMS"`
	SHA256    string `json:"sha256" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 của nội dung, hệ 16 · of the content, hexadecimal"`
}

// openProof is a proof as it comes in JSON: verify reads it, strictly.
type openProof struct {
	Digests json.RawMessage `json:"digests"`
	_       struct{}        `additionalProperties:"true"`
}

func (a *api) verificationCalls() {
	binary := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	schemas := a.huma.OpenAPI().Components.Schemas
	o := operation{id: "verify", method: http.MethodPost, path: "/v1/verifications", tag: "verifications", public: true, costly: true,
		vi: "Kiểm tra một văn bản, chữ ký hoặc bằng chứng", en: "Verify a document, a signature or a proof",
		about: "Nhận PDF, chữ ký CMS (.p7s) kèm nội dung (content), bằng chứng của một kết quả, hoặc {signature, sha256} khi không gửi nội dung. Tài liệu sai là một kết luận (200), không phải lỗi. Không lưu gì.\n\n" +
			"Takes a PDF, a CMS signature (.p7s) with its content, the proof of a result, or {signature, sha256} where the content is not sent. A bad document is a verdict (200), not an error. Nothing is kept.",
		problems: []string{"unreadable", "form", "later", "json", "storage-full"},
		takes: map[string]*huma.MediaType{
			"multipart/form-data": multipartOf(part{"file", true, "PDF, .p7s, proof.json"}, part{"content", true, "Nội dung của chữ ký tách rời · what a detached signature signs"}),
			"application/json": {Schema: &huma.Schema{OneOf: []*huma.Schema{
				schemas.Schema(reflect.TypeFor[detached](), true, "Detached"), schemas.Schema(reflect.TypeFor[openProof](), true, "Proof")}}},
			"application/pdf": binary, "application/pkcs7-signature": binary, "application/octet-stream": binary}}
	o.returns(http.StatusOK, reflect.TypeFor[verify.Report]())
	register(a, o, func(ctx context.Context, c *call, in *struct {
		Report string `query:"report" enum:"full" doc:"full: kèm bằng chứng; sẽ có ở phiên bản sau · with evidence; comes with a later version"`
	}) (reply, error) {
		if in.Report != "" {
			return reply{}, errNoEvidence
		}
		report, err := c.verification(ctx)
		if err != nil {
			return reply{}, err
		}
		body, err := report.JSON()
		return reply{status: http.StatusOK, body: body, err: err}, nil
	})
}

// verification takes what is to be verified, in whichever way it came, and judges it. It
// lies on disk until it is its turn: many large documents in memory at once are too many.
func (c *call) verification(ctx context.Context) (*verify.Report, error) {
	kind, _, err := c.mediaType()
	if err != nil {
		return nil, err
	}
	var file, content *upload
	if kind == "multipart/form-data" {
		f, err := c.form(c.api.o.MaxDocument, []string{"file", "content"}, nil)
		if err != nil {
			return nil, err
		}
		defer f.close()
		file, content = f.files["file"], f.files["content"]
	} else {
		most := c.api.o.MaxDocument
		if kind == "application/json" { // which takes many times its length to be read
			most = min(most, c.api.o.MaxJSON)
		}
		if file, err = c.raw(most); err != nil {
			return nil, err
		}
		defer file.discard()
	}
	return heavily(ctx, c, func(ctx context.Context) (*verify.Report, error) {
		in := attest.Submission{Name: file.name}
		if in.File, err = io.ReadAll(file); err != nil {
			return nil, err
		}
		if content != nil {
			if in.Content, err = io.ReadAll(content); err != nil {
				return nil, err
			}
		}
		if kind == "application/json" && !bytes.HasPrefix(in.File, []byte(`{"digests":`)) {
			if err := openDetached(&in); err != nil {
				return nil, err
			}
		}
		return c.api.service.Verify(ctx, in)
	})
}

// openDetached takes a signature and a digest out of JSON.
func openDetached(in *attest.Submission) error {
	if err := checkJSON(in.File); err != nil {
		return err
	}
	var d detached
	decoder := json.NewDecoder(bytes.NewReader(in.File))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return invalid(fault{Location: "body", Code: "invalid"})
	}
	in.SHA256 = new(bundle.HexHash)
	if err := in.SHA256.UnmarshalText([]byte(d.SHA256)); err != nil || len(d.Signature) == 0 {
		return invalid(fault{Location: "body", Code: "required"})
	}
	in.File = d.Signature
	return nil
}
