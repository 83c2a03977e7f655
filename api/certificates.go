package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"kytiem/attest"
)

// binding is a signer's certificate bound to an account and its unit.
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
}

func bindingOf(c attest.Certificate) binding {
	return binding{c.ID, c.Account, c.Unit, c.Serial, c.Issuer, c.SHA256.String(), append([]string{}, c.Identifiers...), c.NotBefore.UTC(),
		c.NotAfter.UTC(), c.BoundAt.UTC(), c.UnboundAt.UTC()}
}

func (a *api) certificateCalls() {
	look(a, operation{id: "list-certificates", method: http.MethodGet, path: "/v1/certificates", tag: tagRegisters,
		vi: "Chứng thư gắn với tài khoản của một đơn vị", en: "Certificates bound to a unit's accounts",
		acts: []attest.Act{attest.ReadCertificates}, problems: []string{"not-found", "cursor"}},
		func(ctx context.Context, c *call, in *OfUnit) (page[binding], error) {
			found, next, err := a.service.Certificates(ctx, c.who, in.Unit, attest.Page{After: in.Cursor, Limit: in.Limit})
			return pageOf(found, next, bindingOf), err
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
	}, func(b attest.Certificate) reply { return told(http.StatusCreated, bindingOf(b)) })

	change(a, operation{id: "unbind-certificate", method: http.MethodPost, path: "/v1/certificates/{id}/unbind", tag: tagRegisters, json: true,
		vi: "Gỡ chứng thư, có lý do", en: "End a binding, with a reason",
		acts: []attest.Act{attest.BindCertificates}, problems: []string{"not-found", "reason", "text"}},
		func(ctx context.Context, c *call, in *reasoned) (struct{}, error) {
			return struct{}{}, a.service.UnbindCertificate(ctx, c.who, in.ID, in.reason())
		}, done)
}
