package certs_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"kytiem/certs"
	"kytiem/certs/devca"
)

// serveNames has the names of these tests resolve as addresses says, by a name server of their own.
func serveNames(t *testing.T, addresses map[string][4]byte) {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		question := make([]byte, 1500)
		for {
			n, from, err := socket.ReadFrom(question)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(question[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			q := m.Questions[0]
			if a, ok := addresses[strings.ToLower(q.Name.String())]; ok && q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}, Body: &dnsmessage.AResource{A: a},
				}}
			}
			if answer, err := m.Pack(); err == nil {
				_, _ = socket.WriteTo(answer, from)
			}
		}
	}()
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = before
		_ = socket.Close()
	})
}

// TestHTTPGuardNames: names that resolve to what only this machine can reach are not asked, whatever they are called.
func TestHTTPGuardNames(t *testing.T) {
	serveNames(t, map[string][4]byte{
		"loopback.example.": {127, 0, 0, 1}, "metadata.example.": {169, 254, 169, 254}, "office.example.": {10, 1, 2, 3},
	})
	ca := newCA(t, devca.Options{})
	var asked atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer inside.Close()
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	cert := func(address string) *x509.Certificate {
		return issue(t, ca, altered(func(c *x509.Certificate) {
			c.OCSPServer, c.CRLDistributionPoints = []string{address}, []string{address}
		})).Certificate
	}
	for _, name := range []string{"loopback", "metadata", "office"} {
		guarded := &certs.HTTP{Now: fixed, Timeout: 2 * time.Second}
		got := guarded.Revocation(t.Context(), cert("http://"+name+".example:"+port), ca.Issuing().Certificate, now)
		if !errors.Is(got.Cause, certs.ErrBlocked) {
			t.Errorf("%s: got %v because %v, want %v", name, got.Status, got.Cause, certs.ErrBlocked)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("%d questions came in", asked.Load())
	}
	source().Revocation(t.Context(), cert("http://loopback.example:"+port), ca.Issuing().Certificate, now)
	if asked.Load() == 0 {
		t.Error("the name was not resolved at all")
	}
}
