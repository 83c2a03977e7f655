package api

import (
	"bytes"
	"context"
	"encoding/json"
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

// signedReport is a report that the service signed. The report stands in it once, as the
// bytes that are signed: what is read is what was signed.
type signedReport struct {
	Statement []byte `json:"statement" doc:"Báo cáo (Report) đúng từng byte như được ký, base64 · the report, byte for byte as it was signed"`
	Signature []byte `json:"signature" doc:"CAdES tách rời trên statement, base64 · detached CAdES over statement"`
}

const tagVerifications = "verifications"

// binary is a body as it comes.
func binary() *huma.MediaType {
	return &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
}

func (a *api) verificationCalls() {
	schemas := a.huma.OpenAPI().Components.Schemas
	o := operation{id: "verify", method: http.MethodPost, path: "/v1/verifications", tag: tagVerifications, public: true, costly: true,
		vi: "Kiểm tra một văn bản, chữ ký hoặc bằng chứng", en: "Verify a document, a signature or a proof",
		about: "Nhận PDF, chữ ký CMS (.p7s) kèm nội dung (content), bằng chứng của một kết quả, hoặc {signature, sha256} khi không gửi nội dung. Tài liệu sai là một kết luận (200), không phải lỗi. Không lưu gì. " +
			"Với hồ sơ của dịch vụ này, bundle cho biết gốc có phải của dịch vụ (ours) và còn hiệu lực, bị thay thế, bị thu hồi hay mới có biên bản (status).\n\n" +
			"Takes a PDF, a CMS signature (.p7s) with its content, the proof of a result, or {signature, sha256} where the content is not sent. A bad document is a verdict (200), not an error. Nothing is kept. " +
			"Of bundles of this service bundle says whether the root is its own (ours), and whether it is valid, superseded, recalled or minuted only (status).",
		problems: []string{"unreadable", "form", "json", "storage-full", "no-key", "key-away", "password"},
		takes: map[string]*huma.MediaType{
			"multipart/form-data": multipartOf(part{"file", true, "PDF, .p7s, proof.json"}, part{"content", true, "Nội dung của chữ ký tách rời · what a detached signature signs"},
				part{"password", false, "Mật khẩu của PDF được mã hóa · password of an encrypted PDF"}),
			"application/json": {Schema: &huma.Schema{OneOf: []*huma.Schema{
				schemas.Schema(reflect.TypeFor[detached](), true, "Detached"), schemas.Schema(reflect.TypeFor[openProof](), true, "Proof")}}},
			"application/pdf": binary(), "application/pkcs7-signature": binary(), "application/octet-stream": binary()}}
	o.returns(http.StatusOK, reflect.TypeFor[verify.Report]())
	o.outcomes[http.StatusOK].or = reflect.TypeFor[signedReport]()
	register(a, o, func(ctx context.Context, c *call, in *struct {
		Report string `query:"report" enum:"simple,full" doc:"simple: mặc định; full: kèm bằng chứng: chứng thư, CRL, OCSP, dấu thời gian · simple is the default, full comes with the evidence: certificates, CRLs, OCSP responses, time-stamps"`
		Signed bool   `query:"signed" doc:"true: báo cáo do dịch vụ ký · the report is signed by the service"`
	}) (reply, error) {
		sent, err := c.submitted()
		if err != nil {
			return reply{}, err
		}
		defer sent.close()
		return heavily(ctx, c, func(ctx context.Context) (reply, error) {
			submission, err := sent.read()
			if err != nil {
				return reply{}, err
			}
			submission.Full = in.Report == "full"
			report, err := a.service.Verify(ctx, submission)
			switch {
			case err != nil:
				return reply{}, err
			case in.Signed:
				signed, err := a.service.SignReport(ctx, report)
				return told(http.StatusOK, signedReport{signed.Statement, signed.Signature}), err
			}
			body, err := report.JSON()
			return reply{status: http.StatusOK, body: body, err: err}, nil
		})
	})
	a.revisionCall()
	a.sivaCall()
	a.dssCall()
}

// submitted is what is to be verified, in whichever way it came. What is not small lies on
// disk until it is its turn: many large documents in memory at once are too many.
type submitted struct {
	file, content *upload // content is nil where there is none
	password      string
	json          bool
}

func (c *call) submitted() (*submitted, error) {
	kind, _, err := c.mediaType()
	if err != nil {
		return nil, err
	}
	if kind == "multipart/form-data" {
		f, err := c.form(c.api.o.MaxDocument, []string{"file", "content"}, []string{"password"})
		if err != nil {
			return nil, err
		}
		return &submitted{file: f.files["file"], content: f.files["content"], password: f.values["password"]}, nil
	}
	s, most := &submitted{json: kind == "application/json"}, c.api.o.MaxDocument
	if s.json { // which takes many times its length to be read
		most = min(most, c.api.o.MaxJSON)
	}
	s.file, err = c.brief(most)
	return s, err
}

func (s *submitted) close() {
	s.file.discard()
	if s.content != nil {
		s.content.discard()
	}
}

// read takes what was sent into memory.
func (s *submitted) read() (in attest.Submission, err error) {
	in.Name, in.Password = s.file.name, s.password
	if in.File, err = s.file.whole(); err != nil {
		return in, err
	}
	if s.content != nil {
		if in.Content, err = s.content.whole(); err != nil {
			return in, err
		}
	}
	if s.json && !bytes.HasPrefix(in.File, []byte(`{"digests":`)) {
		err = openDetached(&in)
	}
	return in, err
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
