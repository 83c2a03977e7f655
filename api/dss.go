package api

import (
	"context"
	"crypto/sha256"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kytiem/attest"
	"kytiem/bundle"
)

// dssPath is where DSS takes documents.
const dssPath = "/services/rest/validation/validateSignature"

// dssDocument is a document in DSS's requests. With a digest algorithm its bytes are only
// the digest.
type dssDocument struct {
	Bytes           []byte `json:"bytes" nullable:"true" doc:"base64"`
	DigestAlgorithm string `json:"digestAlgorithm,omitempty" nullable:"true" doc:"Chỉ ở originalDocuments: SHA256, bytes khi đó là mã băm · in originalDocuments only: SHA256, bytes is the digest then"`
	Name            string `json:"name,omitempty" nullable:"true" example:"a.pdf"`
}

// dssOrder is the body of DSS's validateSignature, as it is described; it is read by hand.
type dssOrder struct {
	SignedDocument          dssDocument   `json:"signedDocument"`
	OriginalDocuments       []dssDocument `json:"originalDocuments,omitempty" nullable:"true" maxItems:"1" doc:"Nội dung của chữ ký tách rời · what a detached signature signs"`
	ValidationTime          string        `json:"validationTime,omitempty" nullable:"true" doc:"RFC 3339; mặc định bây giờ · now by default"`
	TokenExtractionStrategy string        `json:"tokenExtractionStrategy,omitempty" nullable:"true" example:"NONE"`
	SignatureID             string        `json:"signatureId,omitempty" nullable:"true"`
	Policy                  *string       `json:"policy,omitempty" nullable:"true" doc:"Chỉ null: luôn theo chính sách của dịch vụ này · null only: what is applied is this service's policy"`
	CryptographicSuite      *string       `json:"cryptographicSuite,omitempty" nullable:"true" doc:"null"`
	EvidenceRecords         []string      `json:"evidenceRecords,omitempty" nullable:"true" maxItems:"0" doc:"null"`
}

// dssCall speaks as the validation service of EU DSS does (RestDocumentValidationService), for
// clients that are there. What it says stands in the report of POST /v1/verifications, of
// which it is a translation.
func (a *api) dssCall() {
	o := operation{id: "dss-validate-signature", method: http.MethodPost, path: dssPath, tag: tagVerifications, public: true, costly: true,
		vi: "Kiểm tra chữ ký, theo giao diện của EU DSS", en: "Validate signatures, by the interface of EU DSS",
		about: "Dành cho phần mềm đã nói chuyện với DSS. Trả lời SimpleReport và những phần của DiagnosticData nêu dưới đây; DetailedReport và validationReportDataHandler là null. Chính sách gửi kèm không được áp dụng nên bị từ chối. " +
			"Một văn bản hỏng đến mức không tìm thấy chữ ký nào thì được trả lời 400; văn bản hỏng mà có chữ ký thì không chữ ký nào là TOTAL_PASSED. Không lưu gì.\n\n" +
			"For software that speaks to DSS. Answers with SimpleReport and the parts of DiagnosticData that are described below; DetailedReport and validationReportDataHandler are null. A policy that is sent would not be applied, and is refused. " +
			"A document so broken that no signature is found in it is answered 400; in a broken document that has some none is TOTAL_PASSED. Nothing is kept.",
		problems: []string{"unreadable", "no-report", "request", "json", "storage-full"},
		takes: map[string]*huma.MediaType{"application/json": {
			Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[dssOrder](), true, "DssOrder")}}}
	o.returns(http.StatusOK, reflect.TypeFor[dssReports]())
	register(a, o, func(ctx context.Context, c *call, _ *struct{}) (reply, error) {
		body, err := c.enveloped(2)
		if err != nil {
			return reply{}, err
		}
		defer body.discard()
		return heavily(ctx, c, func(ctx context.Context) (reply, error) {
			order := dssReading{e: newEnvelope(body.content(), c.api.o.MaxDocument), hint: body.size / 4 * 3}
			if err := order.read(); err != nil {
				return reply{}, err
			}
			order.in.Full = true
			report, err := a.service.Verify(ctx, order.in)
			if err != nil {
				return reply{}, err
			}
			answer, err := reportsOf(report, order.tokens, c.tongue())
			return told(http.StatusOK, answer), err
		})
	})
}

// dssReading is an order of DSS while it is read.
type dssReading struct {
	e      *envelope
	hint   int64
	in     attest.Submission
	tokens extraction
}

func (d *dssReading) read() error {
	if err := d.e.object(d.member); err != nil {
		return err
	}
	if err := d.e.end(); err != nil {
		return err
	}
	if len(d.in.File) == 0 {
		return wrongRequest("signedDocument.bytes", "required")
	}
	return nil
}

func (d *dssReading) member(name string) error {
	switch name {
	case "signedDocument":
		document, algorithm, title, err := d.document(name)
		if err == nil && algorithm != "" { // a digest is no signed document
			err = wrongRequest(name+".digestAlgorithm", "choice")
		}
		d.in.File, d.in.Name = document, fileName(title)
		return err
	case "originalDocuments":
		n := 0
		return d.e.array(func() error {
			if n++; n > 1 {
				return wrongRequest(name, "long")
			}
			return d.original(name)
		})
	case "validationTime":
		text, err := d.e.text()
		if err != nil || text == "" {
			return err
		}
		if d.in.At, err = time.Parse(time.RFC3339, text); err != nil {
			return wrongRequest(name, "form")
		}
		return nil
	case "tokenExtractionStrategy":
		text, err := d.e.text()
		if err != nil {
			return err
		}
		var known bool
		if d.tokens, known = extractions[text]; !known {
			return wrongRequest(name, "choice")
		}
		return nil
	case "signatureId": // says which of the original documents to give back, which is another call
		_, err := d.e.text()
		return err
	case "policy", "cryptographicSuite": // which would not be applied
		none, err := d.e.null()
		if err == nil && !none {
			err = wrongRequest(name, "choice")
		}
		return err
	case "evidenceRecords":
		return d.e.array(func() error { return wrongRequest(name, "long") })
	}
	return wrongRequest("", "unexpected")
}

// document reads one document of an order.
func (d *dssReading) document(place string) (content []byte, algorithm, name string, err error) {
	err = d.e.object(func(member string) (err error) {
		switch member {
		case "bytes":
			content, err = d.e.document(d.hint)
			return at(place+".bytes", err)
		case "digestAlgorithm":
			algorithm, err = d.e.text()
			return err
		case "name":
			name, err = d.e.text()
			return err
		}
		return wrongRequest(place, "unexpected")
	})
	return content, algorithm, name, err
}

// original reads what a detached signature signs: whole, or its digest.
func (d *dssReading) original(place string) error {
	content, algorithm, _, err := d.document(place)
	switch {
	case err != nil:
		return err
	case content == nil: // as clients write that there is none
		return nil
	case algorithm == "":
		d.in.Content = content
		return nil
	case strings.ReplaceAll(algorithm, "-", "") != "SHA256":
		return wrongRequest(place+".digestAlgorithm", "choice")
	case len(content) != sha256.Size:
		return wrongRequest(place+".bytes", "form")
	}
	d.in.SHA256 = (*bundle.HexHash)(content)
	return nil
}

// extraction says which tokens DiagnosticData is to hold whole.
type extraction struct{ certificates, revocations, timestamps bool }

// extractions are the values of DSS's TokenExtractionStrategy.
var extractions = map[string]extraction{
	"": {}, "NONE": {},
	"EXTRACT_CERTIFICATES_ONLY":                {certificates: true},
	"EXTRACT_TIMESTAMPS_ONLY":                  {timestamps: true},
	"EXTRACT_REVOCATION_DATA_ONLY":             {revocations: true},
	"EXTRACT_CERTIFICATES_AND_TIMESTAMPS":      {certificates: true, timestamps: true},
	"EXTRACT_CERTIFICATES_AND_REVOCATION_DATA": {certificates: true, revocations: true},
	"EXTRACT_REVOCATION_DATA_AND_TIMESTAMPS":   {revocations: true, timestamps: true},
	"EXTRACT_ALL":                              {certificates: true, revocations: true, timestamps: true},
}
