package api

import (
	"context"
	"crypto/x509"
	"net/http"
	"reflect"
	"time"

	"golang.org/x/text/unicode/norm"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/certs"
)

// trustAnchor is a trust anchor, or a certificate that was one.
type trustAnchor struct {
	ID           string    `json:"id" doc:"SHA-256 của chứng thư · SHA-256 of the certificate"`
	CommonName   string    `json:"common_name"`
	Organization string    `json:"organization,omitempty"`
	Serial       string    `json:"serial"`
	NotBefore    time.Time `json:"not_before"`
	NotAfter     time.Time `json:"not_after"`
	Purposes     []string  `json:"purposes" doc:"ca: chứng thư của người ký; tsa: dấu thời gian; rs: ký số từ xa; trống là đã gỡ · ca: signers; tsa: time-stamps; rs: remote signing; empty: removed" example:"[\"ca\"]"`
	Domain       string    `json:"domain,omitempty" enum:"public,official" doc:"public: công cộng; official: chuyên dùng công vụ"`
	TrustedFrom  time.Time `json:"trusted_from,omitzero"`
	TrustedUntil time.Time `json:"trusted_until,omitzero"`
	Directory    bool      `json:"directory" doc:"Có trong thư mục KYTIEM_TRUST · it is in the directory KYTIEM_TRUST"`
	ChangedAt    time.Time `json:"changed_at,omitzero"`
	Certificate  []byte    `json:"certificate" doc:"DER, base64"`
}

func trustAnchorOf(a attest.Anchor) trustAnchor {
	told := trustAnchor{ID: a.SHA256.String(), Purposes: []string{}, Domain: string(a.Domain), TrustedFrom: a.Period.From.UTC(),
		TrustedUntil: a.Period.Until.UTC(), Directory: a.Directory, ChangedAt: a.ChangedAt.UTC(), Certificate: a.DER}
	if c, err := x509.ParseCertificate(a.DER); err == nil { // what is an anchor was read before
		subject := certs.Subject(c)
		told.CommonName, told.Organization, told.Serial = subject.CommonName, subject.Organization, certs.Serial(c)
		told.NotBefore, told.NotAfter = c.NotBefore.UTC(), c.NotAfter.UTC()
	}
	for _, p := range a.Purposes {
		told.Purposes = append(told.Purposes, string(p))
	}
	return told
}

func (a *api) trustCalls() {
	look(a, operation{id: "list-anchors", method: http.MethodGet, path: "/v1/anchors", tag: tagRegisters,
		vi: "Các chứng thư gốc được tin cậy, kể cả đã gỡ", en: "Trust anchors, those removed too",
		acts: []attest.Act{attest.ReadAnchors}},
		func(ctx context.Context, c *call, _ *struct{}) (page[trustAnchor], error) {
			found, err := a.service.Anchors(ctx, c.who)
			return pageOf(found, "", trustAnchorOf), err
		})

	o := operation{id: "add-anchor", method: http.MethodPost, path: "/v1/anchors", tag: tagRegisters, json: true,
		vi: "Thêm một chứng thư gốc tin cậy, hoặc đổi mục đích và thời gian của nó, có lý do", en: "Add a trust anchor, or change what and when it is for, with a reason",
		about: "Có hiệu lực ngay trên mọi máy chủ. Không nới rộng được giới hạn ghi trong KYTIEM_TRUST. · In force on every server at once. What KYTIEM_TRUST bounds is not widened.",
		acts:  []attest.Act{attest.WriteAnchors}, problems: []string{"reason", "text", "malformed", "too-large", "not-authority", "certificate-weak", "anchor-time", "trust-domain", "certificate-usage", "conflict", "too-many"}}
	o.returns(http.StatusCreated, reflect.TypeFor[trustAnchor]())
	change(a, o, func(ctx context.Context, c *call, in *struct {
		Body struct {
			Certificate  []byte    `json:"certificate" minLength:"1" maxLength:"90000" doc:"DER, base64"`
			Purposes     []string  `json:"purposes" minItems:"1" maxItems:"3" enum:"ca,tsa,rs"`
			Domain       string    `json:"domain,omitempty" enum:"public,official"`
			TrustedFrom  time.Time `json:"trusted_from,omitempty" doc:"Tin cậy từ lúc này · trusted from then on"`
			TrustedUntil time.Time `json:"trusted_until,omitempty"`
			Reason       string    `json:"reason" maxLength:"1000" example:"theo công bố của tổ chức chứng thực"`
		}
	}) (attest.Anchor, error) {
		b := &in.Body
		order := attest.AnchorOrder{DER: b.Certificate, Domain: certs.Domain(b.Domain), Period: certs.Period{From: b.TrustedFrom, Until: b.TrustedUntil},
			Reason: norm.NFC.String(b.Reason)}
		for _, p := range b.Purposes {
			order.Purposes = append(order.Purposes, certs.Purpose(p))
		}
		return a.service.AddAnchor(ctx, c.who, order)
	}, func(added attest.Anchor) reply { return told(http.StatusCreated, trustAnchorOf(added)) })

	// By POST, as with evidence: the content of a DELETE may be dropped on the way, and the reason
	// has no place in an address.
	change(a, operation{id: "remove-anchor", method: http.MethodPost, path: "/v1/anchors/{id}/remove", tag: tagRegisters, json: true,
		vi: "Gỡ một chứng thư gốc tin cậy, có lý do", en: "Take a trust anchor out of force, with a reason",
		about: "Có since: thứ được chứng minh có từ trước lúc đó vẫn đạt (tổ chức chứng thực ngừng hoạt động). Không có: không gì đạt nữa. · " +
			"With since, what is proven to be from before still passes (an authority that closed); without, nothing does.",
		acts: []attest.Act{attest.WriteAnchors}, problems: []string{"not-found", "reason", "text", "too-many"}},
		func(ctx context.Context, c *call, in *struct {
			ByID
			Body struct {
				Reason string    `json:"reason" maxLength:"1000" example:"tổ chức chứng thực ngừng hoạt động"`
				Since  time.Time `json:"since,omitempty" doc:"Không còn tin cậy từ lúc này · not trusted since"`
			}
		}) (attest.Anchor, error) {
			var sum bundle.HexHash
			if sum.UnmarshalText([]byte(in.ID)) != nil { // which names nothing
				sum = bundle.HexHash{}
			}
			return a.service.RemoveAnchor(ctx, c.who, sum, in.Body.Since, norm.NFC.String(in.Body.Reason))
		}, done)
}
