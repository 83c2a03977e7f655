package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
)

// binding is a signer's certificate bound to an account and its unit, and how it stands.
type binding struct {
	ID          string    `json:"id"`
	Account     string    `json:"account"`
	Unit        string    `json:"unit" example:"26221"`
	Serial      string    `json:"serial"`
	Issuer      string    `json:"issuer"`
	SHA256      string    `json:"sha256"`
	Identifiers []string  `json:"identifiers" doc:"MST:…, CCCD:…"`
	NotBefore   time.Time `json:"not_before"`
	NotAfter    time.Time `json:"not_after"`
	BoundAt     time.Time `json:"bound_at"`
	UnboundAt   time.Time `json:"unbound_at,omitzero"`
	Status      string    `json:"status" enum:"active,unknown,not_yet_valid,expired,revoked,suspended,unbound" doc:"Theo lần hỏi gần nhất; unknown là còn hạn nhưng chưa hỏi được thu hồi · as last asked; unknown is in its time with its revocation not learnt"`
	AskedAt     time.Time `json:"asked_at,omitzero" doc:"Lần hỏi thu hồi gần nhất · when its revocation was asked about last"`
	ExpiresIn   *int      `json:"expires_in_days,omitempty" doc:"Còn bao nhiêu ngày trọn · whole days left"`
	Warning     int       `json:"warning,omitempty" enum:"60,30,7" doc:"Sắp hết hạn trong chừng ấy ngày · it expires within so many days"`
}

func (a *api) bindingOf(c attest.Certificate) binding {
	standing := a.service.Standing(c)
	b := binding{ID: c.ID, Account: c.Account, Unit: c.Unit, Serial: c.Serial, Issuer: c.Issuer, SHA256: c.SHA256.String(),
		Identifiers: append([]string{}, c.Identifiers...), NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(), BoundAt: c.BoundAt.UTC(),
		UnboundAt: c.UnboundAt.UTC(), Status: string(standing.Status), AskedAt: c.AskedAt.UTC(), Warning: standing.Warning}
	switch standing.Status {
	case attest.CertificateExpired, attest.CertificateRevoked, attest.CertificateUnbound:
	default:
		b.ExpiresIn = &standing.Days
	}
	return b
}

func (a *api) certificateCalls() {
	look(a, operation{id: "list-certificates", method: http.MethodGet, path: "/v1/certificates", tag: tagRegisters,
		vi: "Chứng thư gắn với tài khoản của một đơn vị", en: "Certificates bound to a unit's accounts",
		acts: []attest.Act{attest.ReadCertificates}, problems: []string{"not-found", "cursor"}},
		func(ctx context.Context, c *call, in *OfUnit) (page[binding], error) {
			found, next, err := a.service.Certificates(ctx, c.who, in.Unit, attest.Page{After: in.Cursor, Limit: in.Limit})
			return pageOf(found, next, a.bindingOf), err
		})

	look(a, operation{id: "list-units-without-certificate", method: http.MethodGet, path: "/v1/certificates/missing", tag: tagRegisters,
		vi: "Các đơn vị chưa có chứng thư còn dùng được để người có thẩm quyền ký", en: "Units whose heads have no certificate to sign with today",
		acts: []attest.Act{attest.ReadMissing}, problems: []string{"not-found", "cursor"}},
		func(ctx context.Context, c *call, in *struct {
			Listing
			Below string `query:"below" maxLength:"32" doc:"Trong phạm vi đơn vị này; mặc định đơn vị của mình · within this unit; one's own where it is empty" example:"75"`
		}) (page[bundle.Unit], error) {
			found, next, err := a.service.MissingCertificates(ctx, c.who, in.Below, attest.Page{After: in.Cursor, Limit: in.Limit})
			return pageOf(found, next, same), err
		})

	o := operation{id: "bind-certificate", method: http.MethodPost, path: "/v1/certificates", tag: tagRegisters, json: true,
		vi: "Gắn chứng thư với một tài khoản", en: "Bind a certificate to an account",
		about: "Theo số chứng thư, tổ chức cấp và mã định danh (MST, MNS, CCCD), không theo tên. · By serial number, issuer and identifiers (MST, MNS, CCCD), never by name.",
		acts:  []attest.Act{attest.BindCertificates}, problems: []string{"not-found", "role", "malformed", "unbound", "untrusted", "wrong-holder", "bound-elsewhere",
			"certificate-expired", "certificate-not-yet-valid", "certificate-usage", "certificate-weak", "certificate-revoked", "certificate-suspended"}}
	o.returns(http.StatusCreated, reflect.TypeFor[binding]())
	change(a, o, func(ctx context.Context, c *call, in *struct {
		Body struct {
			Account     string `json:"account" maxLength:"64"`
			Certificate []byte `json:"certificate" minLength:"1" maxLength:"90000" doc:"DER base64, có thể kèm chứng thư của nơi cấp phía sau · the issuers' may follow in it"`
		}
	}) (attest.Certificate, error) {
		return a.service.BindCertificate(ctx, c.who, in.Body.Account, in.Body.Certificate)
	}, func(b attest.Certificate) reply { return told(http.StatusCreated, a.bindingOf(b)) })

	change(a, operation{id: "unbind-certificate", method: http.MethodPost, path: "/v1/certificates/{id}/unbind", tag: tagRegisters, json: true,
		vi: "Gỡ chứng thư, có lý do", en: "End a binding, with a reason",
		acts: []attest.Act{attest.BindCertificates}, problems: []string{"not-found", "reason", "text"}},
		func(ctx context.Context, c *call, in *reasoned) (struct{}, error) {
			return struct{}{}, a.service.UnbindCertificate(ctx, c.who, in.ID, in.reason())
		}, done)
}
