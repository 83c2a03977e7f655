package api_test

import (
	"io"
	"net"
	"net/http"
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
	for range 3 * calls { // of some it is the end of an answer that waits, which holds no place
		line, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer line.Close()
		if err := line.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(line, strings.Repeat(ask, 200)); err != nil { // more than lines buffer
			t.Fatal(err)
		}
	}
	me := func() int { return d.call(t, d.token[attest.Head], http.MethodGet, "/v1/me", nil).status }
	for begun := time.Now(); me() != http.StatusServiceUnavailable; time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			t.Fatal("the deaf hold no places")
		}
	}
	time.Sleep(5 * time.Second)
	if got := me(); got != http.StatusOK {
		t.Errorf("status %d once the deaf had their time, want 200", got)
	}
}

// TestVerifyLongJSON: JSON to be verified is held to the bound of JSON, since reading it
// takes memory of many times its length.
func TestVerifyLongJSON(t *testing.T) {
	d := newDesk(t, func(o *api.Options, _ *attest.Options) { o.MaxJSON = 64 << 10 })
	body := `{"signature":[` + strings.Repeat("[],", 64<<10) + `[]]}`
	d.call(t, "", http.MethodPost, "/v1/verifications", strings.NewReader(body), "Content-Type", "application/json").is(t, 413, "too-large")
}
