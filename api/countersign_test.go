package api_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"slices"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/certs/devca"
	"kytiem/sample"
)

// stampPNG is a picture of so many pixels.
func stampPNG(t testing.TB, width, height int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for n := range min(width, height) {
		m.SetNRGBA(n, n, color.NRGBA{R: 200, A: 200})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestCountersignByCall is the organisation's signature by calls alone: before the head has
// signed there is none, afterwards one, with its picture on the page.
func TestCountersignByCall(t *testing.T) {
	d := newDesk(t, nil)
	seal := d.issueSeal(t)
	b := d.sealed(t, 2)
	ask := func(more object, keys ...string) *answer {
		t.Helper()
		order := object{"bundles": []string{b.ID}, "certificates": chainOf(seal)}
		for name, value := range more {
			order[name] = value
		}
		return d.call(t, d.token[attest.Clerk], http.MethodPost, "/v1/signing-requests", order, keys...)
	}
	ask(nil).is(t, 409, "unsigned")
	r := d.prepare(t, d.key, b.ID)
	ask(nil).is(t, 409, "unsigned")
	d.complete(t, r, sign(t, d.key, r.Items...))
	ask(object{"certificates": chainOf(d.key)}).is(t, 422, "person-certificate")
	ask(object{"number": "7"}).is(t, 422, "malformed")
	ask(object{"stamp": []byte("GIF89a")}).is(t, 422, "stamp-unusable")
	ask(object{"stamp": stampPNG(t, 3000, 3000)}).is(t, 422, "stamp-too-large") // some kilobytes
	ask(object{"stamp": make([]byte, 600<<10)}).is(t, 422, "invalid")

	key := []string{"Idempotency-Key", "seal"}
	order := object{"stamp": stampPNG(t, 300, 300)}
	first, second := ask(order, key...), ask(order, key...)
	if first.status != http.StatusCreated || !bytes.Equal(first.body, second.body) {
		t.Fatalf("asked again: %d %s, first %d %s", second.status, second.body, first.status, first.body)
	}
	first.into(t, &r)
	if len(r.Items) != 1 || r.Items[0].Kind != "pdf" {
		t.Fatalf("request %+v, want the document alone", r)
	}
	ask(order).is(t, 409, "request-open")
	if got := d.bundle(t, b.ID); got.State != "signed" || got.Request != r.ID {
		t.Errorf("bundle %s with request %s, want signed with %s", got.State, got.Request, r.ID)
	}
	bring := func() (after requestSeen) {
		d.call(t, d.token[attest.Clerk], http.MethodPost, "/v1/signing-requests/"+r.ID+"/signatures", sign(t, seal, r.Items...)).into(t, &after)
		return after
	}
	for range 2 { // the second time it is done already
		if after := bring(); after.State != "done" || !after.Outcomes[0].Taken {
			t.Fatalf("request %+v, want done", after)
		}
	}
	pages := d.get(t, d.token[attest.Clerk], "/v1/bundles/"+b.ID+"/bundle.pdf")
	if report := d.verify(t, file{"file", "x.pdf", pages}); report.Verdict != "TOTAL_PASSED" {
		t.Errorf("verdict %s", report.Verdict)
	}
	if n := bytes.Count(pages, []byte("/Subtype/Image")); n != 2 {
		t.Errorf("%d images, want the seal and its transparency", n)
	}
	ask(nil).is(t, 409, "signed")
}

// TestCertificateRegister: the list says how each certificate stands, and which units have
// none.
func TestCertificateRegister(t *testing.T) {
	d := newDesk(t, nil)
	unit, _ := sample.Unit(commune)
	key, err := d.ca.Issue(devca.Profile{Kind: devca.Person, CommonName: "Trần Văn Mẫu", Identifiers: []string{unit.Identifier},
		NotAfter: d.clock.Now().Add(60*24*time.Hour + time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	d.prepare(t, key, d.sealed(t, 1).ID) // binds it
	type seen struct {
		Status, Unit, Account string
		ExpiresIn             *int `json:"expires_in_days"`
		Warning               int
		AskedAt               time.Time `json:"asked_at"`
	}
	list := func() (page struct{ Items []seen }) {
		t.Helper()
		d.call(t, d.token[attest.Monitor], http.MethodGet, "/v1/certificates?unit="+commune, nil).into(t, &page)
		return page
	}
	missing := func(query string) (codes []string) {
		t.Helper()
		var page struct{ Items []struct{ Code string } }
		d.call(t, d.token[attest.Admin], http.MethodGet, "/v1/certificates/missing?limit=500"+query, nil).into(t, &page)
		for _, u := range page.Items {
			codes = append(codes, u.Code)
		}
		return codes
	}
	expect := func(status string, days, warning int) {
		t.Helper()
		page := list()
		if len(page.Items) != 1 {
			t.Fatalf("%d certificates, want 1", len(page.Items))
		}
		c := page.Items[0]
		if c.Status != status || c.Warning != warning || days >= 0 && (c.ExpiresIn == nil || *c.ExpiresIn != days) || days < 0 && c.ExpiresIn != nil || c.AskedAt.IsZero() {
			t.Errorf("got %+v, want %s, %d days, warning %d", c, status, days, warning)
		}
	}
	expect("active", 60, 0)
	if got := missing(""); slices.Contains(got, commune) || !slices.Contains(got, other) {
		t.Errorf("without a certificate: %v, want %s and not %s", got, other, commune)
	}
	d.clock.Pass(35 * 24 * time.Hour)
	expect("active", 25, 30)
	d.clock.Pass(26 * 24 * time.Hour)
	expect("expired", -1, 0)
	if got := missing("&below=" + commune); !slices.Equal(got, []string{commune}) {
		t.Errorf("below the commune: %v, want itself", got)
	}
	d.call(t, d.token[attest.Clerk], http.MethodGet, "/v1/certificates/missing", nil).is(t, 403, "forbidden")
}
