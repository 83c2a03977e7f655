package signer_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/signer"
)

// stamper is a time-stamping authority that can be made to answer wrongly.
type stamper struct {
	certificate *x509.Certificate
	key         crypto.Signer
	change      func(*timestamp.Timestamp)
	delay       time.Duration // how far before now it says it is
}

// usage is an extended key usage as an extension.
func usage(t *testing.T, critical bool, purposes ...int) pkix.Extension {
	t.Helper()
	var oids []asn1.ObjectIdentifier
	for _, p := range purposes {
		oids = append(oids, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, p})
	}
	value, err := asn1.Marshal(oids)
	if err != nil {
		t.Fatal(err)
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: critical, Value: value}
}

// certify has issuer issue a certificate of the authority's.
func certify(t *testing.T, issuer devca.Authority, change func(*x509.Certificate)) *stamper {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "TSA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtraExtensions: []pkix.Extension{usage(t, true, 8)},
	}
	if change != nil {
		change(template)
	}
	certificate, err := issuer.Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return &stamper{certificate: certificate, key: key}
}

func (a *stamper) answer(request []byte) ([]byte, error) {
	asked, err := timestamp.ParseRequest(request)
	if err != nil {
		return nil, err
	}
	stamp := &timestamp.Timestamp{
		HashAlgorithm: asked.HashAlgorithm, HashedMessage: asked.HashedMessage, Nonce: asked.Nonce,
		Time: time.Now().Add(-a.delay).UTC(), AddTSACertificate: asked.Certificates, Policy: asn1.ObjectIdentifier{1, 2, 3},
	}
	if a.change != nil {
		a.change(stamp)
	}
	return stamp.CreateResponseWithOpts(a.certificate, a.key, crypto.SHA256)
}

func (a *stamper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request, err := io.ReadAll(r.Body)
	if err == nil {
		request, err = a.answer(request)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/timestamp-reply; charset=binary")
	_, _ = w.Write(request)
}

// TestTimestampJudged: what an authority with a key of its own can answer wrongly, each
// beside the same answer that is right.
func TestTimestampJudged(t *testing.T) {
	ca, err := devca.New(devca.Options{})
	if err != nil {
		t.Fatal(err)
	}
	other := sha256.Sum256([]byte("another"))
	for _, test := range []struct {
		name        string
		certificate func(*x509.Certificate)
		change      func(*timestamp.Timestamp)
		issuer      devca.Authority // zero: the TSA's root
		delay       time.Duration
		want        error // nil: a token
	}{
		{name: "right"},
		{name: "clock a little behind", delay: 4 * time.Minute},
		{name: "other nonce", change: func(s *timestamp.Timestamp) { s.Nonce = big.NewInt(1) }, want: pades.ErrTimeStamp},
		{name: "no nonce", change: func(s *timestamp.Timestamp) { s.Nonce = nil }, want: pades.ErrTimeStamp},
		{name: "other imprint", change: func(s *timestamp.Timestamp) { s.HashedMessage = other[:] }, want: pades.ErrTimeStamp},
		{name: "other hash", change: func(s *timestamp.Timestamp) {
			s.HashAlgorithm, s.HashedMessage = crypto.SHA512, make([]byte, 64)
		}, want: pades.ErrTimeStamp},
		{name: "no certificate", change: func(s *timestamp.Timestamp) { s.AddTSACertificate = false }, want: pades.ErrTimeStamp},
		{name: "of the past", delay: 10 * time.Minute, want: pades.ErrTimeStamp},
		{name: "of the future", delay: -10 * time.Minute, want: pades.ErrTimeStamp},
		{name: "another's root", issuer: ca.Root(), want: certs.ErrNoPath},
		{
			name: "certificate without a purpose", want: certs.ErrUsage,
			certificate: func(c *x509.Certificate) { c.ExtraExtensions = nil },
		},
		{
			name: "certificate for e-mail", want: certs.ErrUsage,
			certificate: func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{usage(t, true, 4)} },
		},
		{
			name: "certificate for more", want: certs.ErrUsage,
			certificate: func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{usage(t, true, 8, 4)} },
		},
		{
			name: "certificate for more that nobody knows", want: certs.ErrUsage,
			certificate: func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{usage(t, true, 8, 9999)} },
		},
		{
			name: "purpose not critical", want: certs.ErrUsage,
			certificate: func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{usage(t, false, 8)} },
		},
		{
			name: "certificate of an authority", want: certs.ErrUsage,
			certificate: func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true },
		},
		{
			name: "key for other things", want: certs.ErrUsage,
			certificate: func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement },
		},
		{ // by the time it states, not by ours
			name: "expired certificate", want: certs.ErrExpired, delay: -3 * time.Minute,
			certificate: func(c *x509.Certificate) { c.NotAfter = time.Now().Add(time.Minute) },
		},
		{
			name: "certificate of later", want: certs.ErrNotYetValid, delay: 3 * time.Minute,
			certificate: func(c *x509.Certificate) { c.NotBefore = time.Now().Add(-time.Minute) },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			issuer := test.issuer
			if issuer.Certificate == nil {
				issuer = ca.TSARoot()
			}
			a := certify(t, issuer, test.certificate)
			a.change, a.delay = test.change, test.delay
			server := httptest.NewServer(a)
			defer server.Close()
			digest := sha256.Sum256([]byte("head"))
			tsa := &signer.TSA{URL: server.URL, Anchors: certs.Anchors{TSA: []*x509.Certificate{ca.TSARoot().Certificate}}}
			token, at, err := tsa.Timestamp(t.Context(), digest)
			switch {
			case test.want == nil && (err != nil || len(token) == 0 || at.IsZero()):
				t.Errorf("got %d bytes, %s, %v, want a token", len(token), at, err)
			case test.want != nil && (!errors.Is(err, test.want) || !errors.Is(err, signer.ErrTSA) || token != nil || !at.IsZero()):
				t.Errorf("got %d bytes, %s, %v, want %v", len(token), at, err, test.want)
			}
		})
	}
}

// stated is a source that gives one answer about everything.
type stated certs.Revocation

func (s stated) Revocation(context.Context, *x509.Certificate, *x509.Certificate, time.Time) certs.Revocation {
	return certs.Revocation(s)
}

// TestCheckTimestampRevoked: a token outlives its authority's certificate, and its
// revocation, if both came later.
func TestCheckTimestampRevoked(t *testing.T) {
	_, tsa := startTSA(t)
	digest := sha256.Sum256([]byte("head"))
	token, at, err := tsa.Timestamp(t.Context(), digest)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		answer certs.Revocation
		want   error
	}{
		{name: "good", answer: certs.Revocation{Status: certs.Good}},
		{name: "not known", answer: certs.Revocation{Cause: certs.ErrUnreachable}},
		{name: "revoked before", answer: certs.Revocation{Status: certs.Revoked, RevokedAt: at.Add(-time.Minute)}, want: certs.ErrRevoked},
		{name: "on hold before", answer: certs.Revocation{Status: certs.Suspended, RevokedAt: at.Add(-time.Minute)}, want: certs.ErrSuspended},
		{name: "given up afterwards", answer: certs.Revocation{Status: certs.Revoked, RevokedAt: at.Add(time.Minute), Reason: 5}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := signer.CheckTimestamp(t.Context(), token, digest, tsa.Anchors, stated(test.answer)); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// TestTimestampOfRevokedTSA asks the dev CA, whose list says that its authority is revoked.
func TestTimestampOfRevokedTSA(t *testing.T) {
	ca, tsa := startTSA(t)
	if err := ca.Revoke(ca.TSA().Certificate.SerialNumber, time.Now().Add(-time.Minute), 1); err != nil {
		t.Fatal(err)
	}
	if token, _, err := tsa.Timestamp(t.Context(), sha256.Sum256(nil)); !errors.Is(err, certs.ErrRevoked) || token != nil {
		t.Errorf("got %d bytes, %v, want ErrRevoked", len(token), err)
	}
}

// TestTimestampTransport: an answer that drips, one that leads elsewhere, one of another
// type; and neither address nor password is in any error.
func TestTimestampTransport(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for name, answer := range map[string]http.HandlerFunc{
		"drips": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/timestamp-reply")
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte{0x30})
				_ = http.NewResponseController(w).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		},
		"leads elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		},
		"another type": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<html>"))
		},
		"hangs up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(answer)
			defer server.Close()
			tsa := &signer.TSA{URL: server.URL, User: "kytiem", Password: "Mật-khẩu", Timeout: 200 * time.Millisecond}
			began := time.Now()
			_, _, err := tsa.Timestamp(t.Context(), sha256.Sum256(nil))
			if !errors.Is(err, signer.ErrTSA) {
				t.Fatalf("got %v, want ErrTSA", err)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("took %s", took)
			}
			if strings.Contains(err.Error(), "Mật-khẩu") || strings.Contains(err.Error(), server.URL) {
				t.Errorf("error tells too much: %v", err)
			}
		})
	}
	if elsewhere.Load() > 0 {
		t.Error("the question, with its password, went elsewhere")
	}
	for _, address := range []string{"http://kytiem:Mật-khẩu@127.0.0.1:1/", "http://kytiem:Mật-khẩu@[::", "%zz", ""} {
		_, _, err := (&signer.TSA{URL: address}).Timestamp(t.Context(), sha256.Sum256(nil))
		if !errors.Is(err, signer.ErrTSA) || strings.Contains(err.Error(), "Mật-khẩu") || strings.Contains(err.Error(), "M%") {
			t.Errorf("%q: got %v", address, err)
		}
	}
}

// TestTimestampAuthorised: user and password are sent, and the request's end ends the question.
func TestTimestampAuthorised(t *testing.T) {
	ca, err := devca.New(devca.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := certify(t, ca.TSARoot(), nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "kytiem" || password != "x" || r.Header.Get("Content-Type") != "application/timestamp-query" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		a.ServeHTTP(w, r)
	}))
	defer server.Close()
	tsa := &signer.TSA{URL: server.URL, User: "kytiem", Password: "x", Anchors: certs.Anchors{TSA: []*x509.Certificate{ca.TSARoot().Certificate}}}
	if _, _, err := tsa.Timestamp(t.Context(), sha256.Sum256(nil)); err != nil {
		t.Error(err)
	}
	tsa.Password = "y"
	if _, _, err := tsa.Timestamp(t.Context(), sha256.Sum256(nil)); !errors.Is(err, signer.ErrTSA) {
		t.Errorf("wrong password: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := tsa.Timestamp(ctx, sha256.Sum256(nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: got %v", err)
	}
}
