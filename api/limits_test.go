package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"kytiem/api"
	"kytiem/attest"
)

// TestAnonymousRate: an address that asks too much without a token is told when to come
// again. Others are not, nor are those with a token.
func TestAnonymousRate(t *testing.T) {
	d := newDesk(t, func(o *api.Options, _ *attest.Options) {
		o.Anonymous, o.Proxies = 1, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	})
	ask := func(token, from string) *answer {
		return d.call(t, token, http.MethodPost, "/v1/verifications", strings.NewReader("hello"), "Content-Type", "text/plain", "X-Forwarded-For", from)
	}
	// A token that is known from now on.
	ask(d.token[attest.Verifier], "203.0.113.9").is(t, 400, "unreadable")
	for range 2 { // ten in one go, of which each counts five
		ask("", "203.0.113.7").is(t, 400, "unreadable")
	}
	for _, from := range []string{"203.0.113.7", "198.51.100.1, 203.0.113.7", "203.0.113.7, 10.1.1.1"} {
		a := ask("", from)
		a.is(t, 429, "rate")
		if a.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	ask("", "203.0.113.8").is(t, 400, "unreadable")
	ask(d.token[attest.Verifier], "203.0.113.7").is(t, 400, "unreadable")
	for n := range 2 { // of one network of 64 bits
		ask("", fmt.Sprintf("2001:db8::%d", n)).is(t, 400, "unreadable")
	}
	ask("", "2001:db8::77").is(t, 429, "rate")
	ask("", "2001:db8:0:1::1").is(t, 400, "unreadable")
}

// TestOverload: beyond so many calls at once the next ones are sent away, and taken again
// when there is room.
func TestOverload(t *testing.T) {
	d := newDesk(t, func(o *api.Options, _ *attest.Options) { o.Calls = 2 })
	var release []func()
	var wait sync.WaitGroup
	for range 2 {
		r, w := io.Pipe()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/v1/verifications", r)
		if err != nil {
			t.Fatal(err)
		}
		wait.Go(func() {
			if response, err := http.DefaultTransport.RoundTrip(request); err == nil {
				response.Body.Close()
			}
		})
		_, _ = io.WriteString(w, "x")
		release = append(release, func() { w.Close() })
	}
	for n := 0; ; n++ {
		a := d.call(t, "", http.MethodGet, "/v1/bundles/x/status", nil)
		if a.status == http.StatusServiceUnavailable {
			a.is(t, 503, "overload")
			break
		}
		if n > 200 {
			t.Fatal("never too much")
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, let := range release {
		let()
	}
	wait.Wait()
	d.call(t, "", http.MethodGet, "/v1/bundles/x/status", nil).is(t, 404, "not-found")
}

// TestEvents: a stream tells the state, each change, and ends with the request; it ends,
// too, for a token that is revoked and for a service that stops.
func TestEvents(t *testing.T) {
	stopping := make(chan struct{})
	d := newDesk(t, func(o *api.Options, _ *attest.Options) { o.Stopping = stopping })
	b := d.sealed(t, 2)
	r := d.prepare(t, d.key, b.ID)
	watch := func(token string) (*bufio.Reader, func()) {
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+"/v1/signing-requests/"+r.ID+"/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := d.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != "text/event-stream" {
			t.Fatalf("status %d, type %s", response.StatusCode, got)
		}
		return bufio.NewReader(response.Body), func() { stop(); response.Body.Close() }
	}
	next := func(lines *bufio.Reader) string {
		text, err := lines.ReadString('\n')
		for err == nil && !strings.HasPrefix(text, "data:") {
			text, err = lines.ReadString('\n')
		}
		return text
	}
	second, err := d.service.IssueToken(t.Context(), attest.Operator(), d.account[attest.Head], 0)
	if err != nil {
		t.Fatal(err)
	}
	revoked, stop := watch(second.Secret)
	defer stop()
	next(revoked)
	if err := d.service.RevokeToken(t.Context(), attest.Operator(), second.ID); err != nil {
		t.Fatal(err)
	}
	if got := next(revoked); got != "" {
		t.Errorf("after its token was revoked a stream tells %s", got)
	}

	first, stop := watch(d.token[attest.Head])
	defer stop()
	if got := next(first); !strings.Contains(got, `"state":"open"`) || strings.Contains(got, `"state":"done"`) {
		t.Errorf("begins with %s", got)
	}
	d.complete(t, r, sign(t, d.key, r.Items[0]))
	if got := next(first); strings.Count(got, `"state":"done"`) != 1 {
		t.Errorf("goes on with %s", got)
	}
	late, stop := watch(d.token[attest.Head])
	defer stop()
	next(late)
	d.complete(t, r, sign(t, d.key, r.Items[1]))
	for _, s := range []*bufio.Reader{first, late} {
		if got := next(s); strings.Count(got, `"state":"done"`) != 3 {
			t.Errorf("ends with %s", got)
		}
		if rest, err := io.ReadAll(s); err != nil || len(strings.TrimSpace(string(rest))) != 0 {
			t.Errorf("goes on after its end: %q (%v)", rest, err)
		}
	}

	b = d.sealed(t, 1)
	r = d.prepare(t, d.key, b.ID)
	last, stop := watch(d.token[attest.Head])
	defer stop()
	next(last)
	close(stopping)
	if got := next(last); got != "" {
		t.Errorf("after the service stops a stream tells %s", got)
	}
}

// TestFiles: files come with what a reader needs, in parts too, and nothing is to be kept
// that holds anybody's data.
func TestFiles(t *testing.T) {
	d := newDesk(t, nil)
	b := d.signed(t, 3)
	kinds := map[string]string{"bundle.pdf": "application/pdf", "manifest.json": "application/json", "manifest.p7s": "application/pkcs7-signature",
		"records.ndjson": "application/x-ndjson", "document.json": "application/json"}
	for _, f := range b.Files {
		at := "/v1/bundles/" + b.ID + "/" + f.Name
		token := d.token[attest.Head]
		public := strings.HasPrefix(f.Name, "manifest.")
		if public {
			token = ""
		}
		a := d.call(t, token, http.MethodGet, at, nil)
		if a.status != 200 || a.header.Get("Content-Type") != kinds[f.Name] || a.header.Get("ETag") != `"`+f.SHA256+`"` ||
			a.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(a.header.Get("Content-Disposition"), f.Name) {
			t.Errorf("%s: %d %v", f.Name, a.status, a.header)
		}
		if got := a.header.Get("Cache-Control"); got != map[bool]string{true: "public, no-cache", false: "no-store"}[public] {
			t.Errorf("%s: Cache-Control %s", f.Name, got)
		}
		if part := d.call(t, token, http.MethodGet, at, nil, "Range", "bytes=2-4"); part.status != 206 || string(part.body) != string(a.body[2:5]) {
			t.Errorf("%s: part is %d %q", f.Name, part.status, part.body)
		}
		if again := d.call(t, token, http.MethodGet, at, nil, "If-None-Match", `"`+f.SHA256+`"`); again.status != 304 || len(again.body) != 0 {
			t.Errorf("%s: again is %d", f.Name, again.status)
		}
		if beyond := d.call(t, token, http.MethodGet, at, nil, "Range", "bytes=99999999-"); beyond.status != 416 {
			t.Errorf("%s: beyond is %d", f.Name, beyond.status)
		}
	}
	for _, name := range []string{"minutes.pdf", "scan.pdf", "annex-01.pdf"} {
		d.call(t, d.token[attest.Head], http.MethodGet, "/v1/bundles/"+b.ID+"/"+name, nil).is(t, 404, "not-found")
	}
	for _, name := range []string{"secret", "..%2fx", "annex.pdf"} {
		d.call(t, d.token[attest.Head], http.MethodGet, "/v1/bundles/"+b.ID+"/"+name, nil).is(t, 404, "no-such-call")
	}
	if a := d.call(t, d.token[attest.Head], http.MethodGet, "/v1/bundles/"+b.ID, nil); a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %s", a.header.Get("Cache-Control"))
	}
}

// TestLater: what comes later says so.
func TestLater(t *testing.T) {
	d := newDesk(t, nil)
	health := d.token[attest.Health]
	d.call(t, health, http.MethodGet, "/v1/reports/daily?date=2022-01-05&unit=26221", nil).is(t, 501, "later")
	d.call(t, health, http.MethodPost, "/v1/identity-lists", object{"unit": commune}).is(t, 501, "later")
	d.call(t, health, http.MethodGet, "/v1/identity-lists/x/file", nil).is(t, 501, "later")
	d.call(t, health, http.MethodPost, "/v1/identity-lists/x/results", object{}).is(t, 501, "later")
}

// TestRegisters: units, accounts and certificates by calls.
func TestRegisters(t *testing.T) {
	d := newDesk(t, nil)
	admin := d.token[attest.Admin]
	unit := object{"level": "commune", "code": "99999", "parent": "75", "kind": "xa", "name": "Thử", "full_name": "Xã Thử", "valid_from": "2025-07-01"}
	for range 2 {
		if a := d.call(t, admin, http.MethodPut, "/v1/units", object{"units": []object{unit}}); a.status != 204 {
			t.Fatalf("putting a unit: %d %s", a.status, a.body)
		}
	}
	var units struct {
		Items []object
		Next  string
	}
	d.call(t, d.token[attest.Verifier], http.MethodGet, "/v1/units/99999", nil).into(t, &units)
	if len(units.Items) != 1 || units.Items[0]["full_name"] != "Xã Thử" {
		t.Errorf("units %+v", units)
	}
	d.call(t, d.token[attest.Verifier], http.MethodGet, "/v1/units?limit=2", nil).into(t, &units)
	if len(units.Items) != 2 || units.Next == "" {
		t.Errorf("units %+v", units)
	}
	d.call(t, admin, http.MethodGet, "/v1/units/88888", nil).is(t, 404, "not-found")

	var made struct{ ID, Role, Unit string }
	d.call(t, admin, http.MethodPost, "/v1/accounts", object{"name": "Trạm Y tế mẫu", "role": "head", "unit": commune}).into(t, &made)
	var issued struct{ Token string }
	d.call(t, admin, http.MethodPost, "/v1/accounts/"+made.ID+"/tokens", object{}).into(t, &issued)
	var bound struct{ ID, Account, Serial string }
	d.call(t, issued.Token, http.MethodPost, "/v1/certificates", object{"account": made.ID, "certificate": chainOf(d.key)[0]}).is(t, 422, "untrusted")
	der := append([]byte{}, d.key.Certificate.Raw...)
	for _, c := range d.key.Chain {
		der = append(der, c.Raw...)
	}
	d.call(t, issued.Token, http.MethodPost, "/v1/certificates", object{"account": made.ID, "certificate": der}).into(t, &bound)
	if bound.Account != made.ID {
		t.Errorf("bound %+v", bound)
	}
	d.call(t, d.token[attest.Head], http.MethodPost, "/v1/certificates", object{"account": d.account[attest.Head], "certificate": der}).is(t, 409, "bound-elsewhere")
	if a := d.call(t, admin, http.MethodPost, "/v1/certificates/"+bound.ID+"/unbind", object{"reason": "đổi người"}); a.status != 204 {
		t.Errorf("unbinding: %d %s", a.status, a.body)
	}
	d.call(t, admin, http.MethodPost, "/v1/certificates/"+bound.ID+"/unbind", object{"reason": "nữa"}).is(t, 409, "changed")
	d.call(t, admin, http.MethodPost, "/v1/accounts/"+made.ID+"/disable", nil).into(t, &object{})
	d.call(t, issued.Token, http.MethodGet, "/v1/me", nil).is(t, 401, "unauthenticated")
	var accounts struct{ Items []object }
	d.call(t, admin, http.MethodGet, "/v1/accounts", nil).into(t, &accounts)
	if len(accounts.Items) != 4 { // verifier and admin, hired twice
		t.Errorf("%d accounts above units", len(accounts.Items))
	}
}
