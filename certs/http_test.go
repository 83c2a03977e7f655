package certs_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/certs/devca"
)

// source is one that may ask the development CA.
func source() *certs.HTTP { return &certs.HTTP{AllowPrivate: true, Now: fixed} }

func TestHTTP(t *testing.T) {
	ca := newCA(t, devca.Options{})
	issuer := ca.Issuing().Certificate
	revoked := func(reason int) func(*testing.T, *x509.Certificate) {
		return func(t *testing.T, cert *x509.Certificate) {
			if err := ca.Revoke(cert.SerialNumber, now.Add(-time.Minute), reason); err != nil {
				t.Fatal(err)
			}
		}
	}
	faulty := func(ocsp, crl devca.Fault) func(*testing.T, *x509.Certificate) {
		return func(t *testing.T, cert *x509.Certificate) {
			ca.Break("/ocsp", ocsp)
			ca.Break("/issuing.crl", crl)
		}
	}
	down, garbage := devca.Fault{Status: 503}, devca.Fault{Body: []byte("<html>")}
	without := func(ocsp, crl bool) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			if ocsp {
				c.OCSPServer = nil
			}
			if crl {
				c.CRLDistributionPoints = nil
			}
		}
	}
	addresses := func(ocsp ...string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.OCSPServer, c.CRLDistributionPoints = ocsp, nil }
	}

	tests := []struct {
		name    string
		alter   func(*x509.Certificate)
		prepare func(*testing.T, *x509.Certificate)
		status  certs.Status
		source  string
		cause   error
	}{
		{"good", nil, nil, certs.Good, "ocsp", nil},
		{"revoked", nil, revoked(1), certs.Revoked, "ocsp", nil},
		{"suspended", nil, revoked(6), certs.Suspended, "ocsp", nil},
		{"by CRL alone", without(true, false), nil, certs.Good, "crl", nil},
		{"revoked by CRL alone", without(true, false), revoked(4), certs.Revoked, "crl", nil},
		{"suspended by CRL alone", without(true, false), revoked(6), certs.Suspended, "crl", nil},
		{"OCSP down", nil, faulty(down, devca.Fault{}), certs.Good, "crl", nil},
		{"OCSP talks garbage", nil, faulty(garbage, devca.Fault{}), certs.Good, "crl", nil},
		{"OCSP silent", nil, faulty(devca.Fault{Delay: time.Minute}, devca.Fault{}), certs.Good, "crl", nil},
		{"OCSP endless", nil, faulty(devca.Fault{Body: make([]byte, 100<<10+1)}, devca.Fault{}), certs.Good, "crl", nil},
		{"second OCSP address", func(c *x509.Certificate) {
			c.OCSPServer, c.CRLDistributionPoints = []string{"ftp://127.0.0.1/ocsp", c.OCSPServer[0]}, nil
		}, nil, certs.Good, "ocsp", nil},
		{"third OCSP address", func(c *x509.Certificate) {
			c.OCSPServer, c.CRLDistributionPoints = []string{"ftp://127.0.0.1/1", "ftp://127.0.0.1/2", c.OCSPServer[0]}, nil
		}, nil, certs.Unknown, "", certs.ErrBlocked},
		{"all down", nil, faulty(down, down), certs.Unknown, "", certs.ErrUnreachable},
		{"all silent", nil, faulty(devca.Fault{Delay: time.Minute}, devca.Fault{Delay: time.Minute}), certs.Unknown, "", certs.ErrUnreachable},
		{"all garbage", nil, faulty(garbage, garbage), certs.Unknown, "", certs.ErrMalformed},
		{"CRL endless", without(true, false), faulty(devca.Fault{}, devca.Fault{Body: make([]byte, 20<<20+1)}), certs.Unknown, "", certs.ErrTooLarge},
		{"nobody listens", addresses("http://" + closedPort(t)), nil, certs.Unknown, "", certs.ErrUnreachable},
		{"no addresses", without(true, true), nil, certs.Unknown, "", certs.ErrNoSource},
		{"LDAP", addresses("ldap://127.0.0.1/cn=CA"), nil, certs.Unknown, "", certs.ErrBlocked},
		{"password in the address", func(c *x509.Certificate) {
			c.OCSPServer, c.CRLDistributionPoints = []string{strings.Replace(c.OCSPServer[0], "//", "//me:pw@", 1)}, nil
		}, nil, certs.Unknown, "", certs.ErrBlocked},
		{"file", addresses("file:///etc/passwd"), nil, certs.Unknown, "", certs.ErrBlocked},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cert := issue(t, ca, altered(test.alter)).Certificate
			faulty(devca.Fault{}, devca.Fault{})(t, cert)
			if test.prepare != nil {
				test.prepare(t, cert)
			}
			asking := source()
			if strings.Contains(test.name, "silent") {
				asking.Timeout = 500 * time.Millisecond
			}
			got := asking.Revocation(t.Context(), cert, issuer, now)
			if got.Status != test.status || got.Source != test.source || !errors.Is(got.Cause, test.cause) {
				t.Fatalf("got %v by %q because %v, want %v by %q because %v", got.Status, got.Source, got.Cause, test.status, test.source, test.cause)
			}
			if got.Status != certs.Unknown && (!strings.HasPrefix(got.URL, "http://127.0.0.1:") || len(got.Raw) == 0) {
				t.Errorf("got %d bytes of evidence from %q", len(got.Raw), got.URL)
			}
		})
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// TestHTTPForged serves forged answers where the certificate sends one: nothing else vouches, so all is Unknown.
func TestHTTPForged(t *testing.T) {
	ca := newCA(t, devca.Options{})
	cert, issuer := issue(t, ca, chair()).Certificate, ca.Issuing().Certificate
	ca.Break("/issuing.crl", devca.Fault{Body: newCRL(t, stranger().Issuing(), nil)})
	tests := []struct {
		name  string
		forge func(*devca.OCSPResponse)
		cause error
	}{
		{"by a stranger", func(r *devca.OCSPResponse) {
			r.Signer, r.Certificates = stranger().Responder(), []*x509.Certificate{stranger().Responder().Certificate}
		}, certs.ErrNotAuthorized},
		{"another question's nonce", func(r *devca.OCSPResponse) { r.Nonce = []byte("of yesterday") }, certs.ErrReplayed},
		{"unknown", func(r *devca.OCSPResponse) { r.Status = 2 }, certs.ErrUnlisted},
		{"stale", func(r *devca.OCSPResponse) { r.NextUpdate = now.Add(-6 * time.Minute) }, certs.ErrOutdated},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := ocspAnswer(ca, cert)
			test.forge(&answer)
			ca.Break("/ocsp", devca.Fault{Body: marshal(t, answer)})
			got := source().Revocation(t.Context(), cert, issuer, now)
			if got.Status != certs.Unknown || !errors.Is(got.Cause, test.cause) || !errors.Is(got.Cause, certs.ErrForged) {
				t.Errorf("got %v because %v, want %v and the CRL's %v", got.Status, got.Cause, test.cause, certs.ErrForged)
			}
		})
	}
	t.Run("no nonce echoed", func(t *testing.T) {
		ca.Break("/ocsp", devca.Fault{Body: marshal(t, ocspAnswer(ca, cert))})
		if got := source().Revocation(t.Context(), cert, issuer, now); got.Status != certs.Good {
			t.Errorf("got %v because %v; responders may answer from stock", got.Status, got.Cause)
		}
	})
}

// TestHTTPResponderChecked: a responder without nocheck is itself looked up in the issuer's CRL.
func TestHTTPResponderChecked(t *testing.T) {
	ca := newCA(t, devca.Options{})
	cert := issue(t, ca, altered(func(c *x509.Certificate) { c.CRLDistributionPoints = nil })).Certificate
	responder := issue(t, ca, altered(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning} }))
	answer := ocspAnswer(ca, cert)
	answer.Signer = devca.Authority{Certificate: responder.Certificate, Key: responder.Key}
	answer.Certificates = []*x509.Certificate{responder.Certificate}
	ca.Break("/ocsp", devca.Fault{Body: marshal(t, answer)})

	if got := source().Revocation(t.Context(), cert, ca.Issuing().Certificate, now); got.Status != certs.Good {
		t.Fatalf("got %v because %v, want good", got.Status, got.Cause)
	}
	if err := ca.Revoke(responder.Certificate.SerialNumber, now.Add(-time.Minute), 1); err != nil {
		t.Fatal(err)
	}
	got := source().Revocation(t.Context(), cert, ca.Issuing().Certificate, now)
	if got.Status != certs.Unknown || !errors.Is(got.Cause, certs.ErrNotAuthorized) {
		t.Errorf("with the responder revoked got %v because %v", got.Status, got.Cause)
	}
}

// TestHTTPTime: what is asked now serves a past judgement and not a later one.
func TestHTTPTime(t *testing.T) {
	ca := newCA(t, devca.Options{})
	cert, issuer := issue(t, ca, chair()).Certificate, ca.Issuing().Certificate
	if err := ca.Revoke(cert.SerialNumber, now.Add(-10*time.Minute), 1); err != nil {
		t.Fatal(err)
	}
	past := source().Revocation(t.Context(), cert, issuer, now.Add(-30*time.Minute))
	if past.Status != certs.Revoked || past.Check(now.Add(-30*time.Minute)) != nil || !errors.Is(past.Check(now), certs.ErrRevoked) {
		t.Errorf("got %+v, want revoked since, but not yet then", past)
	}
	if later := source().Revocation(t.Context(), cert, issuer, now.AddDate(0, 1, 0)); !errors.Is(later.Cause, certs.ErrOutdated) {
		t.Errorf("got %v because %v, want %v", later.Status, later.Cause, certs.ErrOutdated)
	}
}

// TestHTTPGuard: by default nothing inside is asked, by address, by name, or by redirection.
func TestHTTPGuard(t *testing.T) {
	ca := newCA(t, devca.Options{})
	var asked atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer inside.Close()
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{
		inside.URL, "http://localhost:" + port, "http://[::1]:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://0.0.0.0:" + port,
		"http://10.0.0.1", "http://192.168.1.1", "http://169.254.169.254/latest", "http://100.64.0.1", "http://[fe80::1]",
		"http://[fd00::1]", "http://[64:ff9b::7f00:1]", "http://user@127.0.0.1:" + port,
	} {
		cert := issue(t, ca, altered(func(c *x509.Certificate) {
			c.OCSPServer, c.CRLDistributionPoints = []string{address}, []string{address}
		})).Certificate
		got := (&certs.HTTP{Now: fixed, Timeout: time.Second}).Revocation(t.Context(), cert, ca.Issuing().Certificate, now)
		if !errors.Is(got.Cause, certs.ErrBlocked) {
			t.Errorf("%s: got %v because %v, want %v", address, got.Status, got.Cause, certs.ErrBlocked)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("%d questions came in", asked.Load())
	}
}

func TestHTTPRedirects(t *testing.T) {
	ca := newCA(t, devca.Options{})
	crl := newCRL(t, ca.Issuing(), nil)
	hops := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/elsewhere":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case hops > 0:
			hops--
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		default:
			w.Write(crl)
		}
	}))
	defer server.Close()
	tests := []struct {
		name, path string
		hops       int
		want       certs.Status
	}{{"a few", "/crl", 3, certs.Good}, {"too many", "/crl", 4, certs.Unknown}, {"off the web", "/elsewhere", 0, certs.Unknown}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			hops = test.hops
			cert := issue(t, ca, altered(func(c *x509.Certificate) {
				c.OCSPServer, c.CRLDistributionPoints = nil, []string{server.URL + test.path}
			})).Certificate
			if got := source().Revocation(t.Context(), cert, ca.Issuing().Certificate, now); got.Status != test.want {
				t.Errorf("got %v because %v, want %v", got.Status, got.Cause, test.want)
			}
		})
	}
}

// TestHTTPCache: answers serve until their nextUpdate, whoever asks at once; failures are asked anew.
func TestHTTPCache(t *testing.T) {
	var clock atomic.Int64
	moving := func() time.Time { return now.Add(time.Duration(clock.Load())) }
	ca := newCA(t, devca.Options{Now: moving})
	cert, issuer := issue(t, ca, chair()).Certificate, ca.Issuing().Certificate
	listed := issue(t, ca, altered(func(c *x509.Certificate) { c.OCSPServer = nil })).Certificate
	asking := &certs.HTTP{AllowPrivate: true, Now: moving}
	ask := func(cert *x509.Certificate) certs.Status {
		return asking.Revocation(t.Context(), cert, issuer, now).Status
	}
	outage := func(fault devca.Fault) {
		ca.Break("/ocsp", fault)
		ca.Break("/issuing.crl", fault)
	}

	outage(devca.Fault{Status: 500})
	if got := ask(cert); got != certs.Unknown {
		t.Fatalf("got %v, want unknown", got)
	}
	outage(devca.Fault{})
	var together sync.WaitGroup
	for range 20 {
		together.Go(func() {
			if got, also := ask(cert), ask(listed); got != certs.Good || also != certs.Good {
				t.Errorf("got %v and %v, want good", got, also)
			}
		})
	}
	together.Wait()
	outage(devca.Fault{Status: 500})
	if got, also := ask(cert), ask(listed); got != certs.Good || also != certs.Good {
		t.Errorf("from memory got %v and %v, want good", got, also)
	}
	clock.Store(int64(2 * time.Hour))
	if got, also := ask(cert), ask(listed); got != certs.Unknown || also != certs.Unknown {
		t.Errorf("out of date got %v and %v, want unknown", got, also)
	}
	outage(devca.Fault{})
	if got, also := ask(cert), ask(listed); got != certs.Good || also != certs.Good {
		t.Errorf("asked anew got %v and %v, want good", got, also)
	}
}

// TestHTTPOlder: what was learnt is not forgotten over an older answer that comes later.
func TestHTTPOlder(t *testing.T) {
	var clock atomic.Int64
	moving := func() time.Time { return now.Add(time.Duration(clock.Load())) }
	ca := newCA(t, devca.Options{Now: moving})
	cert, issuer := issue(t, ca, altered(func(c *x509.Certificate) { c.CRLDistributionPoints = nil })).Certificate, ca.Issuing().Certificate
	listed := issue(t, ca, altered(func(c *x509.Certificate) { c.OCSPServer = nil })).Certificate
	older := ocspAnswer(ca, cert)
	older.ThisUpdate, older.ProducedAt, older.NextUpdate = now, now, now.Add(24*time.Hour)
	answer, list := marshal(t, older), newCRL(t, ca.Issuing(), func(l *x509.RevocationList) { l.ThisUpdate, l.NextUpdate = now, now.Add(24*time.Hour) })
	clock.Store(int64(time.Minute))
	for _, c := range []*x509.Certificate{cert, listed} {
		if err := ca.Revoke(c.SerialNumber, moving(), 1); err != nil {
			t.Fatal(err)
		}
	}
	asking := &certs.HTTP{AllowPrivate: true, Now: moving}
	for _, step := range []struct {
		name   string
		at     time.Duration
		replay bool
		since  bool
	}{
		{"learnt", time.Minute, false, false},
		{"asked for news, told of old", 20 * time.Minute, true, true},
		{"asked again", 21 * time.Minute, true, false},
		{"after nextUpdate", 2 * time.Hour, true, false},
	} {
		clock.Store(int64(step.at))
		ca.Break("/ocsp", devca.Fault{})
		ca.Break("/issuing.crl", devca.Fault{})
		if step.replay {
			ca.Break("/ocsp", devca.Fault{Body: answer})
			ca.Break("/issuing.crl", devca.Fault{Body: list})
		}
		for _, c := range []*x509.Certificate{cert, listed} {
			since := time.Time{}
			if step.since {
				since = moving()
			}
			if got := asking.RevocationSince(t.Context(), c, issuer, moving(), since); got.Status == certs.Good || step.at < time.Hour && got.Status != certs.Revoked {
				t.Errorf("%s: got %v because %v, want revoked", step.name, got.Status, got.Cause)
			}
		}
	}
}

func TestPathRevocation(t *testing.T) {
	ca := newCA(t, devca.Options{})
	issued := issue(t, ca, chair())
	paths, err := certs.Paths(issued.Certificate, issued.Chain, certs.Path{ca.Root().Certificate}, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := ca.Revoke(ca.Issuing().Certificate.SerialNumber, now.Add(-time.Minute), 2); err != nil {
		t.Fatal(err)
	}
	got := certs.PathRevocation(t.Context(), source(), paths[0], now)
	if len(got) != 2 || got[0].Status != certs.Good || got[0].Source != "ocsp" || got[1].Status != certs.Revoked || got[1].Source != "crl" {
		t.Errorf("got %+v, want the leaf good by OCSP and its issuer revoked by CRL", got)
	}
	for _, answer := range certs.PathRevocation(t.Context(), certs.Offline{}, paths[0], now) {
		if err := answer.Check(now); !errors.Is(err, certs.ErrOffline) || !errors.Is(err, certs.ErrStatusUnknown) {
			t.Errorf("got %v, want %v", err, certs.ErrOffline)
		}
	}
	if got := certs.PathRevocation(t.Context(), certs.Offline{}, paths[0][:1], now); got != nil {
		t.Errorf("about an anchor got %v", got)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, answer := range certs.PathRevocation(cancelled, source(), paths[0], now) {
		if answer.Status != certs.Unknown || !errors.Is(answer.Cause, context.Canceled) {
			t.Errorf("got %v because %v, want %v", answer.Status, answer.Cause, context.Canceled)
		}
	}
}

func TestRevocationCheck(t *testing.T) {
	tests := []struct {
		name   string
		answer certs.Revocation
		want   error
	}{
		{"nothing", certs.Revocation{}, certs.ErrStatusUnknown},
		{"good", certs.Revocation{Status: certs.Good}, nil},
		{"revoked", certs.Revocation{Status: certs.Revoked, RevokedAt: now}, certs.ErrRevoked},
		{"revoked without a date", certs.Revocation{Status: certs.Revoked}, certs.ErrRevoked},
		{"revoked later", certs.Revocation{Status: certs.Revoked, RevokedAt: now.Add(time.Second)}, nil},
		{"suspended", certs.Revocation{Status: certs.Suspended, RevokedAt: now}, certs.ErrSuspended},
		{"suspended later", certs.Revocation{Status: certs.Suspended, RevokedAt: now.Add(time.Second)}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.answer.Check(now); !errors.Is(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestEvidenceKept: a CRL served in PEM is kept in DER, as evidence has to be.
func TestEvidenceKept(t *testing.T) {
	ca := newCA(t, devca.Options{})
	cert := issue(t, ca, altered(func(c *x509.Certificate) { c.OCSPServer = nil })).Certificate
	der := newCRL(t, ca.Issuing(), nil)
	ca.Break("/issuing.crl", devca.Fault{Body: pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})})
	got := source().Revocation(t.Context(), cert, ca.Issuing().Certificate, now)
	var whole asn1.RawValue
	if _, err := asn1.Unmarshal(got.Raw, &whole); err != nil || !bytes.Equal(got.Raw, der) {
		t.Errorf("got %v with %d bytes, want the DER of %d", got.Status, len(got.Raw), len(der))
	}
}
