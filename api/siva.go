package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"kytiem/attest"
)

// sivaPath is where SiVa takes documents.
const sivaPath = "/validate"

// sivaOrder is the body of SiVa's POST /validate, as it is described; it is read by hand.
type sivaOrder struct {
	Document        string `json:"document" format:"byte" doc:"PDF hoặc CMS, base64 · PDF or CMS, base64"`
	Filename        string `json:"filename" minLength:"1" maxLength:"255" example:"a.pdf"`
	SignaturePolicy string `json:"signaturePolicy,omitempty" nullable:"true" enum:"POLv3,POLv4" doc:"Nhận cả hai; luôn kiểm tra theo chính sách của dịch vụ này, nêu ở policy · both are taken; what is applied is this service's policy, which policy names"`
	ReportType      string `json:"reportType,omitempty" nullable:"true" doc:"Simple, Detailed hoặc Diagnostic; luôn trả lời validationConclusion · the answer is validationConclusion always"`
}

// sivaReport is what comes back.
type sivaReport struct {
	ValidationReport struct {
		ValidationConclusion sivaConclusion `json:"validationConclusion"`
	} `json:"validationReport"`
}

// requestError is a problem as clients of SiVa look for it.
type requestError struct {
	Key     string `json:"key" example:"document"`
	Message string `json:"message"`
}

// sivaCall speaks as SiVa 3 does (open-eid, "Interface description"), for clients that are
// there. What it says stands in the report of POST /v1/verifications, of which it is a
// translation.
func (a *api) sivaCall() {
	o := operation{id: "siva-validate", method: http.MethodPost, path: sivaPath, tag: tagVerifications, public: true, costly: true, foreign: true,
		vi: "Kiểm tra chữ ký, theo giao diện của SiVa", en: "Validate signatures, by the interface of SiVa",
		about: "Dành cho phần mềm đã nói chuyện với SiVa 3. Một văn bản hỏng đến mức không tìm thấy chữ ký nào thì được trả lời 400, vì giao diện này không có lời cho nó; văn bản hỏng mà có chữ ký thì không chữ ký nào là TOTAL-PASSED. " +
			"Không đánh giá mức theo Quy định (EU) 910/2014: signatureLevel là NA. Không lưu gì.\n\n" +
			"For software that speaks to SiVa 3. A document so broken that no signature is found in it is answered 400, since this interface has no word for it; in a broken document that has some none is TOTAL-PASSED. " +
			"Levels of Regulation (EU) 910/2014 are not judged: signatureLevel is NA. Nothing is kept.",
		problems: []string{"unreadable", "no-report", "request", "json", "storage-full"},
		takes: map[string]*huma.MediaType{"application/json": {
			Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[sivaOrder](), true, "SivaOrder")}}}
	o.returns(http.StatusOK, reflect.TypeFor[sivaReport]())
	register(a, o, func(ctx context.Context, c *call, _ *struct{}) (reply, error) {
		body, err := c.enveloped(1)
		if err != nil {
			return reply{}, err
		}
		defer body.discard()
		return heavily(ctx, c, func(ctx context.Context) (reply, error) {
			submission, err := c.readSivaOrder(body)
			if err != nil {
				return reply{}, err
			}
			submission.Full = true // the certificates are part of the answer
			report, err := a.service.Verify(ctx, submission)
			if err != nil {
				return reply{}, err
			}
			var answer sivaReport
			answer.ValidationReport.ValidationConclusion, err = concluded(report, c.tongue())
			return told(http.StatusOK, answer), err
		})
	})
}

func (c *call) readSivaOrder(body *upload) (in attest.Submission, err error) {
	e := newEnvelope(body.content(), c.api.o.MaxDocument)
	name := ""
	err = e.object(func(member string) (err error) {
		var text string
		switch member {
		case "document":
			in.File, err = e.document(body.size / 4 * 3)
			return at("document", err)
		case "filename":
			name, err = e.text()
			return err
		case "signaturePolicy", "reportType":
			if text, err = e.text(); err == nil && text != "" && !sivaChoice(member, text) {
				err = wrongRequest(member, "choice")
			}
			return err
		case "documentType": // of SiVa 2: null, or one of its containers
			if text, err = e.text(); err == nil && text != "" {
				err = wrongRequest(member, "choice")
			}
			return err
		}
		return wrongRequest("", "unexpected")
	})
	if err == nil {
		err = e.end()
	}
	switch {
	case err != nil:
		return in, err
	case len(in.File) == 0:
		return in, wrongRequest("document", "required")
	case name == "":
		return in, wrongRequest("filename", "required")
	case utf8.RuneCountInString(name) > 255:
		return in, wrongRequest("filename", "long")
	}
	in.Name = fileName(name)
	return in, nil
}

func sivaChoice(member, text string) bool {
	choices := []string{"POLv3", "POLv4"}
	if member == "reportType" {
		choices = []string{"Simple", "Detailed", "Diagnostic"}
	}
	for _, c := range choices {
		if strings.EqualFold(c, text) {
			return true
		}
	}
	return false
}

// requestErrors tells a problem in SiVa's way, beside ours.
func requestErrors(faults []fault, said string) []requestError {
	var all []requestError
	for _, f := range faults {
		key := strings.TrimPrefix(f.Location, "body.")
		all = append(all, requestError{Key: key, Message: f.VI + " · " + f.EN})
	}
	if all == nil {
		all = []requestError{{Key: "document", Message: said}}
	}
	return all
}

// errRequest is an order of somebody else's interface that is not as that describes it. It
// is 400 there, where ours says 422.
var errRequest = errors.New("not as the interface describes it")

// requestFault is one with its place.
type requestFault struct{ faults []fault }

func (*requestFault) Error() string { return errRequest.Error() }

// Unwrap gives errRequest.
func (*requestFault) Unwrap() error { return errRequest }

func wrongRequest(member, code string) error {
	said := complaintOf(code)
	place := "body"
	if member != "" {
		place += "." + member
	}
	return &requestFault{[]fault{{Location: place, Code: code, VI: said.vi, EN: said.en}}}
}

// at gives a document that is not base64 its place.
func at(member string, err error) error {
	if errors.Is(err, errBase64) {
		return wrongRequest(member, "base64")
	}
	return err
}
