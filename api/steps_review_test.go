package api_test

import (
	"net/http"
	"strings"
	"testing"

	"kytiem/attest"
)

// TestOrdersRefused: what a document cannot bear is told by its code, and what it says may
// be said again.
func TestOrdersRefused(t *testing.T) {
	d := newDesk(t, nil)
	head := d.token[attest.Head]
	one, two := d.sealed(t, 1), d.sealed(t, 1)
	order := func(b bundleSeen, name, value string) object {
		return object{"bundles": []string{b.ID}, "carrier": "api", "certificates": chainOf(d.key), name: value}
	}
	ask := func(o object) *answer {
		t.Helper()
		return d.call(t, head, http.MethodPost, "/v1/signing-requests", o)
	}
	r := d.prepare(t, d.key, one.ID) // number 1
	ask(order(two, "number", "01")).is(t, 409, "number-taken")
	ask(order(two, "number", "0")).is(t, 422, "malformed")
	ask(order(two, "date", "9999-12-31")).is(t, 422, "date")
	ask(order(two, "date", "2021-12-28")).is(t, 422, "date")
	d.complete(t, r, sign(t, d.key, r.Items[0]))
	d.call(t, head, http.MethodPost, "/v1/signing-requests/"+r.ID+"/refuse", object{"reason": "thử"}).into(t, &object{})
	ask(order(one, "place", "Nơi khác")).is(t, 409, "document-signed")
	ask(order(one, "number", "1")).into(t, &object{})

	meeting := object{"parties": []object{
		{"party": "Ủy ban nhân dân xã Phú Hòa", "name": "A", "position": "Chủ tịch", "role": "chair"},
		{"party": "Trạm Y tế xã Phú Hòa", "name": "B", "position": "Trưởng trạm", "role": "secretary"},
		{"party": "Công an xã Phú Hòa", "name": "C", "position": "Trưởng Công an xã", "role": "member"},
	}}
	draw := func(number string) *answer {
		t.Helper()
		meeting["number"] = number
		return d.call(t, d.token[attest.Clerk], http.MethodPost, "/v1/bundles/"+two.ID+"/minutes", meeting)
	}
	draw("../../x").is(t, 422, "malformed")
	draw("07").into(t, &object{})
}

// TestUnboundBeforeSigned: a binding that was ended opens nothing that was asked before.
func TestUnboundBeforeSigned(t *testing.T) {
	d := newDesk(t, nil)
	head := d.token[attest.Head]
	r := d.prepare(t, d.key, d.sealed(t, 1).ID)
	var bound struct{ Items []struct{ ID string } }
	d.call(t, head, http.MethodGet, "/v1/certificates?unit="+commune, nil).into(t, &bound)
	if a := d.call(t, head, http.MethodPost, "/v1/certificates/"+bound.Items[0].ID+"/unbind", object{"reason": "mất thẻ"}); a.status != http.StatusNoContent {
		t.Fatalf("unbinding: status %d, %s", a.status, a.body)
	}
	d.call(t, head, http.MethodPost, "/v1/signing-requests/"+r.ID+"/signatures", sign(t, d.key, r.Items...)).is(t, 422, "unbound")
}

// TestStatusIsNotBuried: what strangers are refused takes nothing from what everybody is
// told of a bundle.
func TestStatusIsNotBuried(t *testing.T) {
	d := newDesk(t, nil)
	b := d.signed(t, 1)
	d.call(t, d.token[attest.Head], http.MethodPost, "/v1/bundles/"+b.ID+"/recall", object{"reason": "nhầm đơn vị"}).into(t, &object{})
	before := d.refusals(t)
	for range 300 {
		d.call(t, d.alien[attest.Clerk], http.MethodGet, "/v1/bundles/"+b.ID, nil).is(t, 404, "not-found")
	}
	if got := d.refusals(t) - before; got != 100 {
		t.Errorf("%d refusals were entered, want 100", got)
	}
	status := string(d.get(t, "", "/v1/bundles/"+b.ID+"/status"))
	if !strings.Contains(status, "recalled") || !strings.Contains(status, "nhầm đơn vị") {
		t.Errorf("status %s", status)
	}
}

// TestRegistersRefused: units that lie nowhere, and accounts whose names turn a line round.
func TestRegistersRefused(t *testing.T) {
	d := newDesk(t, nil)
	admin := d.token[attest.Admin]
	unit := object{"level": "commune", "code": "99998", "parent": "99999", "kind": "xa", "name": "Mẫu", "full_name": "Xã Mẫu"}
	a := d.call(t, admin, http.MethodPut, "/v1/units", object{"units": []object{unit}})
	a.is(t, 422, "file-unusable")
	if !strings.Contains(string(a.body), "99999") {
		t.Errorf("the answer names no unit: %s", a.body)
	}
	d.call(t, admin, http.MethodPost, "/v1/accounts", object{"name": "Công an \u202eaòH", "role": "police", "unit": commune}).is(t, 422, "text")
}

// TestHeldIsTold: why nothing can be sealed is told where a successor was withdrawn.
func TestHeldIsTold(t *testing.T) {
	d := newDesk(t, nil)
	head := d.token[attest.Head]
	b := d.signed(t, 2)
	var next bundleSeen
	d.call(t, head, http.MethodPost, "/v1/bundles/"+b.ID+"/supersede", object{"reason": "sai ngày tiêm"}).into(t, &next)
	d.call(t, head, http.MethodPost, "/v1/bundles/"+next.ID+"/withdraw", object{"reason": "nhầm"}).into(t, &object{})
	d.call(t, d.token[attest.Health], http.MethodPost, "/v1/bundles", object{"unit": commune}).is(t, 422, "held")
}
