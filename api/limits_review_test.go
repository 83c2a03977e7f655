package api_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"kytiem/api"
	"kytiem/attest"
)

// TestDeafReader: who asks for answers and reads none holds a place among the calls for as
// long as a sender may stall, and no longer.
func TestDeafReader(t *testing.T) {
	const calls = 4
	d := newDesk(t, func(o *api.Options, _ *attest.Options) { o.Calls, o.SlowSender = calls, 2*time.Second })
	d.sealed(t, 200)
	address := strings.TrimPrefix(d.url, "http://")
	ask := "GET /v1/records?unit=" + commune + "&limit=200 HTTP/1.1\r\nHost: " + address + "\r\nAuthorization: Bearer " + d.token[attest.Health] + "\r\n\r\n"
	come := func() {
		for range 3 * calls { // of some it is the end of an answer that waits, which holds no place
			line, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = line.Close() })
			if err := line.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(line, strings.Repeat(ask, 200)); err != nil { // more than lines buffer
				t.Fatal(err)
			}
		}
	}
	me := func() int { return d.call(t, d.token[attest.Head], http.MethodGet, "/v1/me", nil).status }
	begun, came := time.Now(), time.Time{}
	for ; me() != http.StatusServiceUnavailable; time.Sleep(20 * time.Millisecond) {
		switch {
		case time.Since(begun) > time.Minute:
			t.Fatal("the deaf hold no places")
		case time.Since(came) > 4*time.Second: // on a slow machine the first are gone before the last are deaf
			come()
			came = time.Now()
		}
	}
	for begun := time.Now(); me() != http.StatusOK; time.Sleep(200 * time.Millisecond) {
		if time.Since(begun) > 45*time.Second { // each had two seconds, on a machine that is slow
			t.Fatal("the deaf hold their places for ever")
		}
	}
}

// TestVerifyLongJSON: JSON to be verified is held to the bound of JSON, since reading it
// takes memory of many times its length.
func TestVerifyLongJSON(t *testing.T) {
	d := newDesk(t, func(o *api.Options, _ *attest.Options) { o.MaxJSON = 64 << 10 })
	body := `{"signature":[` + strings.Repeat("[],", 64<<10) + `[]]}`
	d.call(t, "", http.MethodPost, "/v1/verifications", strings.NewReader(body), "Content-Type", "application/json").is(t, 413, "too-large")
}

// TestWrongTokens: an address that shows tokens which are none pays for each of them, and
// is sent away without the database being asked once it cannot. Whose token was found good
// before goes on, and others are not in its way.
func TestWrongTokens(t *testing.T) {
	d := newDesk(t, func(o *api.Options, _ *attest.Options) {
		o.Anonymous, o.Proxies = 1, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	const guesser = "203.0.113.7"
	me := func(authorization, from string) *answer {
		return d.call(t, "", http.MethodGet, "/v1/me", nil, "Authorization", authorization, "X-Forwarded-For", from)
	}
	known, fresh := "Bearer "+d.token[attest.Head], "Bearer "+d.token[attest.Police]
	if a := me(known, guesser); a.status != http.StatusOK {
		t.Fatalf("status %d", a.status)
	}
	unauthenticated := 0
	for n := range 50 {
		wrong := fmt.Sprintf("Bearer %s%d", attest.TokenPrefix, n)
		if n%5 == 0 {
			wrong = "Basic eDp5"
		}
		if a := me(wrong, guesser); a.status == http.StatusUnauthorized {
			unauthenticated++
		} else {
			a.is(t, 429, "rate")
		}
	}
	if unauthenticated < 10 || unauthenticated > 20 { // ten in one go, and one per second
		t.Errorf("%d guesses of 50 were looked at, want ten", unauthenticated)
	}
	d.call(t, "", http.MethodGet, "/v1/bundles/x/status", nil, "X-Forwarded-For", guesser).is(t, 429, "rate")
	if a := me(known, guesser); a.status != http.StatusOK {
		t.Errorf("a token that was good before: status %d", a.status)
	}
	if a := me(fresh, "203.0.113.8"); a.status != http.StatusOK {
		t.Errorf("another address: status %d", a.status)
	}
	me("Bearer x", "203.0.113.8").is(t, 401, "unauthenticated")

	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
	me("Bearer "+attest.TokenPrefix+"x", guesser).is(t, 429, "rate")
}

// TestRevokedToken: that a token was good before does not help it once it is not.
func TestRevokedToken(t *testing.T) {
	d := newDesk(t, func(o *api.Options, _ *attest.Options) { o.Anonymous = 0.5 })
	issued, err := d.service.IssueToken(t.Context(), attest.Operator(), d.account[attest.Head], 0)
	if err != nil {
		t.Fatal(err)
	}
	d.call(t, issued.Secret, http.MethodGet, "/v1/me", nil).into(t, &object{})
	if err := d.service.RevokeToken(t.Context(), attest.Operator(), issued.ID); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		d.call(t, issued.Secret, http.MethodGet, "/v1/me", nil).is(t, 401, "unauthenticated")
	}
	d.call(t, issued.Secret, http.MethodGet, "/v1/me", nil).is(t, 429, "rate")
}

// TestStreamsOfOne: one account holds so many streams of events and no more, whatever
// others do; one that ends makes room.
func TestStreamsOfOne(t *testing.T) {
	const most = 8
	d := newDesk(t, nil)
	r := d.prepare(t, d.key, d.sealed(t, 1).ID)
	at := "/v1/signing-requests/" + r.ID + "/events"
	watch := func() (*http.Response, func()) {
		ctx, stop := context.WithCancel(t.Context())
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+at, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+d.token[attest.Head])
		response, err := d.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		return response, func() { stop(); response.Body.Close() }
	}
	var first func()
	for n := range most {
		response, stop := watch()
		defer stop()
		if response.StatusCode != http.StatusOK {
			t.Fatalf("stream %d: status %d", n+1, response.StatusCode)
		}
		if first == nil {
			first = stop
		}
	}
	a := d.call(t, d.token[attest.Head], http.MethodGet, at, nil)
	a.is(t, 429, "streams")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	d.call(t, d.token[attest.Head], http.MethodGet, "/v1/me", nil).into(t, &object{})
	first()
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		response, stop := watch()
		defer stop()
		if response.StatusCode == http.StatusOK {
			break
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatal("a stream that ended makes no room")
		}
	}
}

// TestWriteTimeout: the time that a server gives every answer is a net for what nobody
// thought of. Streams of events, and answers to what took longer to be sent, have times of
// their own.
func TestWriteTimeout(t *testing.T) {
	const net = time.Second
	stopping := make(chan struct{})
	d := newDesk(t, func(o *api.Options, _ *attest.Options) { o.Stopping, o.MaxDocument = stopping, 1<<20 })
	server := httptest.NewUnstartedServer(d.handler)
	server.Config.WriteTimeout = net
	server.Start()
	t.Cleanup(server.Close)
	d.url = server.URL

	r := d.prepare(t, d.key, d.sealed(t, 1).ID)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url+"/v1/signing-requests/"+r.ID+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+d.token[attest.Head])
	response, err := d.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	time.Sleep(2 * net)
	d.complete(t, r, sign(t, d.key, r.Items...))
	if told, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(told), `"state":"done"`) {
		t.Errorf("the stream ended in %v and told %s", err, told)
	}

	for _, tt := range []struct {
		name   string
		body   string
		status int
		code   string
	}{
		{"whole", "hello", 400, "unreadable"},
		{"nothing", "", 400, "no-body"},
		{"too much", strings.Repeat("x", 2<<20), 413, "too-large"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body, sender := io.Pipe()
			go func() {
				time.Sleep(2 * net)
				_, _ = io.WriteString(sender, tt.body)
				sender.Close()
			}()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/v1/verifications", body)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", "application/pdf")
			response, err := http.DefaultTransport.RoundTrip(request)
			if err != nil {
				t.Fatalf("no answer: %v", err)
			}
			defer response.Body.Close()
			came, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			(&answer{status: response.StatusCode, header: response.Header, body: came}).is(t, tt.status, tt.code)
		})
	}
}
