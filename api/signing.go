package api

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"net/http"
	"reflect"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/pades"
)

const tagSigning = "signing-requests"

// SigningRequest is what leaves for the key's carrier, and where it stands.
type SigningRequest struct {
	ID        string        `json:"id"`
	Carrier   string        `json:"carrier" enum:"api"`
	State     string        `json:"state" enum:"open,done,lapsed,refused"`
	CreatedAt time.Time     `json:"created_at"`
	Expires   time.Time     `json:"expires"`
	Items     []signingItem `json:"items"`
	Warnings  []warning     `json:"warnings,omitempty"`
}

// signingItem is one signature that is asked for.
type signingItem struct {
	ID               string `json:"id"`
	Bundle           string `json:"bundle"`
	Kind             string `json:"kind" enum:"pdf,manifest"`
	Title            string `json:"title"`
	DocumentSHA256   string `json:"document_sha256" doc:"SHA-256 của đúng các byte ở …/content; cũng là messageDigest nếu thuật toán dùng SHA-256 · of the exact bytes at …/content; also messageDigest where the algorithm's hash is SHA-256"`
	SignedAttributes []byte `json:"signed_attributes" doc:"Các byte cần ký: DER SET OF, base64 · the bytes to sign: DER SET OF"`
	Algorithm        string `json:"algorithm" example:"RS256"`
	State            string `json:"state" enum:"open,done,lapsed"`
}

type warning struct {
	Code string `json:"code"`
	VI   string `json:"vi"`
	EN   string `json:"en"`
}

func requestOf(r attest.SigningRequest) SigningRequest {
	out := SigningRequest{ID: r.ID, Carrier: r.Carrier, State: string(r.State), CreatedAt: r.CreatedAt.UTC(), Expires: r.ExpiresAt.UTC(), Items: []signingItem{}}
	for _, i := range r.Items {
		out.Items = append(out.Items, signingItem{ID: i.ID, Bundle: i.Bundle, Kind: string(i.Kind), Title: i.Title,
			DocumentSHA256: hex.EncodeToString(i.DocumentSHA256), SignedAttributes: i.SignedAttributes, Algorithm: string(i.Algorithm), State: string(i.State)})
	}
	for _, w := range r.Warnings {
		out.Warnings = append(out.Warnings, warning{w.Code, w.VI, w.EN})
	}
	return out
}

// signingOrder asks for a signing request.
type signingOrder struct {
	Body struct {
		Bundles      []string `json:"bundles" minItems:"1" maxItems:"100" nullable:"false"`
		Carrier      string   `json:"carrier,omitempty" enum:"api,agent,csc" doc:"Nơi giữ khóa; phiên bản này chỉ nhận api · where the key lives; this version serves api only"`
		Certificates [][]byte `json:"certificates" minItems:"1" maxItems:"10" nullable:"false" doc:"DER base64, của người ký đứng đầu · the signer's first"`
		PSS          bool     `json:"pss,omitempty" doc:"RSASSA-PSS"`
		Algorithm    string   `json:"algorithm,omitempty" enum:"RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512" doc:"Mặc định theo khóa và pss · by the key and pss where it is empty"`
		Stamp        []byte   `json:"stamp,omitempty" maxLength:"700000" doc:"Ảnh chữ ký hoặc con dấu, PNG base64 · picture of the signature or the seal"`
		Number       string   `json:"number,omitempty" maxLength:"20" doc:"Số văn bản, chưa dùng trong năm; để trống thì lấy số tiếp theo · number, of no other document of the year; the next one where it is empty"`
		Date         string   `json:"date,omitempty" format:"date" doc:"Ngày văn bản: hôm nay (mặc định), hoặc lùi không quá 7 ngày · day of the document: today (the default), or up to 7 days back"`
		Place        string   `json:"place,omitempty" maxLength:"100"`
		Capacity     *string  `json:"capacity,omitempty" enum:",TM,KT,TL,TUQ,Q" doc:"Thể thức đề ký · the capacity before the signature"`
	}
}

func (in *signingOrder) order() (attest.SigningOrder, error) {
	o := attest.SigningOrder{Bundles: in.Body.Bundles, Carrier: in.Body.Carrier, PSS: in.Body.PSS,
		Algorithm: pades.Algorithm(in.Body.Algorithm), Picture: in.Body.Stamp, Number: in.Body.Number, Place: plain(in.Body.Place)}
	if in.Body.Capacity != nil {
		capacity := bundle.Capacity(*in.Body.Capacity)
		o.Capacity = &capacity
	}
	var err error
	if o.Date, err = bundle.ParseDate(in.Body.Date); err != nil {
		return o, err
	}
	for _, der := range in.Body.Certificates {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return o, invalid(fault{Location: "body.certificates", Code: "form"})
		}
		o.Certificates = append(o.Certificates, certificate)
	}
	return o, nil
}

// requestEntry is a request as it stands in a list.
type requestEntry struct {
	ID        string    `json:"id"`
	Carrier   string    `json:"carrier"`
	State     string    `json:"state" enum:"open,done,lapsed,refused"`
	CreatedAt time.Time `json:"created_at"`
	Expires   time.Time `json:"expires"`
	ClosedAt  time.Time `json:"closed_at,omitzero"`
}

// ByRequest names one request.
type ByRequest struct {
	ID string `path:"id" maxLength:"64" example:"AAAAAAAAAAAAAAAAAAAAAAAAAA"`
}

// signingActs are what a signing request is for: the head's signatures, or the
// organisation's, which its clerk applies.
func signingActs() []attest.Act { return []attest.Act{attest.SignBundles, attest.CountersignBundles} }

func (a *api) signingCalls() {
	certificate := []string{"unbound", "untrusted", "wrong-holder", "bound-elsewhere", "certificate-expired", "certificate-not-yet-valid", "certificate-usage",
		"certificate-weak", "certificate-revoked", "certificate-suspended", "no-certificate", "key-unsupported", "algorithm",
		"person-certificate"}
	o := operation{id: "prepare-signatures", method: http.MethodPost, path: "/v1/signing-requests", tag: tagSigning, json: true,
		vi: "Tạo yêu cầu ký cho các hồ sơ", en: "Open a signing request for bundles",
		about: "Mỗi hồ sơ có hai mục: văn bản (pdf) và dữ liệu (manifest), ký bằng cùng một chứng thư. Ký signed_attributes rồi gửi chữ ký đến …/signatures trước expires. · " +
			"Each bundle has two items: the document (pdf) and the data (manifest), under one certificate. Sign signed_attributes and send the signatures to …/signatures before expires.\n\n" +
			"Văn thư tạo yêu cầu cho chữ ký của cơ quan, sau khi người có thẩm quyền đã ký: chỉ có mục pdf; number, date, place, capacity không dùng. · " +
			"A clerk's request is for the organisation's signature, after the head's: there is the pdf item only, and number, date, place and capacity are not used.",
		acts: signingActs(), problems: append([]string{"not-found", "carrier", "state", "request-open", "unsigned", "signed", "stamp-too-large", "stamp-unusable", "number-taken", "document-signed", "too-many",
			"date", "text", "unprintable", "not-nfc", "malformed"}, certificate...)}
	o.returns(http.StatusCreated, reflect.TypeFor[SigningRequest]())
	change(a, o, func(ctx context.Context, c *call, in *signingOrder) (attest.SigningRequest, error) {
		order, err := in.order()
		if err != nil {
			return attest.SigningRequest{}, err
		}
		return through(ctx, a.signing, func(ctx context.Context) (attest.SigningRequest, error) { return a.service.Prepare(ctx, c.who, order) })
	}, func(r attest.SigningRequest) reply { return told(http.StatusCreated, requestOf(r)) })

	look(a, operation{id: "list-signing-requests", method: http.MethodGet, path: "/v1/signing-requests", tag: tagSigning,
		vi: "Yêu cầu ký của mình, mới nhất trước", en: "One's own signing requests, the newest first",
		acts: signingActs(), problems: []string{"cursor", "not-found"}},
		func(ctx context.Context, c *call, in *Listing) (page[requestEntry], error) {
			found, next, err := a.service.SigningRequests(ctx, c.who, attest.Page{After: in.Cursor, Limit: in.Limit})
			list := page[requestEntry]{Items: []requestEntry{}, Next: next}
			for _, r := range found {
				list.Items = append(list.Items, requestEntry{r.ID, r.Carrier, string(r.State), r.CreatedAt.UTC(), r.ExpiresAt.UTC(), r.ClosedAt.UTC()})
			}
			return list, err
		})

	look(a, operation{id: "get-signing-request", method: http.MethodGet, path: "/v1/signing-requests/{id}", tag: tagSigning,
		vi: "Một yêu cầu ký", en: "One signing request", acts: signingActs(), problems: []string{"not-found"}},
		func(ctx context.Context, c *call, in *ByRequest) (SigningRequest, error) {
			r, err := a.service.SigningRequest(ctx, c.who, in.ID)
			return requestOf(r), err
		})

	o = operation{id: "get-item-content", method: http.MethodGet, path: "/v1/signing-requests/{id}/items/{item}/content", tag: tagSigning,
		vi: "Đúng các byte được ký của một mục", en: "The exact bytes that an item signs",
		acts: signingActs(), problems: []string{"not-found", "no-such-item"}}
	o.gives(false, "application/octet-stream")
	register(a, o, func(ctx context.Context, c *call, in *struct {
		ByRequest
		Item string `path:"item" maxLength:"64" example:"AAAAAAAAAAAAAAAAAAAAAAAAAA"`
	}) (reply, error) {
		content, size, err := a.service.Content(ctx, c.who, in.ID, in.Item)
		if err != nil {
			return reply{}, err
		}
		return c.stream("application/octet-stream", size, content), nil
	})

	o = operation{id: "refuse-signing-request", method: http.MethodPost, path: "/v1/signing-requests/{id}/refuse", tag: tagSigning, json: true,
		vi: "Từ chối ký, có lý do; hồ sơ trở lại như trước", en: "Refuse to sign, with a reason; the bundles are as they were",
		acts: signingActs(), problems: []string{"not-found", "reason", "text", "request-closed", "state"}}
	o.returns(http.StatusOK, reflect.TypeFor[SigningRequest]())
	change(a, o, func(ctx context.Context, c *call, in *reasoned) (attest.SigningRequest, error) {
		return a.service.Refuse(ctx, c.who, in.ID, in.reason())
	}, func(r attest.SigningRequest) reply { return told(http.StatusOK, requestOf(r)) })

	a.completionCall()
	a.eventCall()
}
