package certs_test

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/certs/devca"
)

// pathOf is the path of a certificate to the development root.
func pathOf(t testing.TB, ca *devca.CA, issued devca.Issued) certs.Path {
	t.Helper()
	paths, err := certs.Paths(issued.Certificate, issued.Chain, certs.Path{ca.Root().Certificate}, now)
	if err != nil {
		t.Fatal(err)
	}
	return paths[0]
}

func TestEvidence(t *testing.T) {
	ca := newCA(t, devca.Options{})
	path := pathOf(t, ca, issue(t, ca, chair()))
	e, err := source().Evidence(t.Context(), path, now, now)
	if err != nil {
		t.Fatal(err)
	}
	// The chair, the issuing authority, the root, and the responder; its answer, and the root's list.
	if len(e.Certificates()) != 4 || len(e.OCSPs()) != 1 || len(e.CRLs()) != 1 {
		t.Errorf("got %d certificates, %d responses, %d lists", len(e.Certificates()), len(e.OCSPs()), len(e.CRLs()))
	}
	if got := certs.ParseOCSP(e.OCSPs()[0], path[0], path[1], now); got.Status != certs.Good {
		t.Errorf("the response says %v because %v", got.Status, got.Cause)
	}
	if got := certs.ParseCRL(e.CRLs()[0], path[1], path[2], now); got.Status != certs.Good {
		t.Errorf("the list says %v because %v", got.Status, got.Cause)
	}
}

// TestEvidenceOfResponder: what shows that a responder without nocheck was good is evidence, too.
func TestEvidenceOfResponder(t *testing.T) {
	ca := newCA(t, devca.Options{})
	signer := issue(t, ca, chair())
	responder := issue(t, ca, altered(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning} }))
	answer := ocspAnswer(ca, signer.Certificate)
	answer.Signer = devca.Authority{Certificate: responder.Certificate, Key: responder.Key}
	answer.Certificates, answer.ThisUpdate = []*x509.Certificate{responder.Certificate}, now
	ca.Break("/ocsp", devca.Fault{Body: marshal(t, answer)})
	e, err := source().Evidence(t.Context(), pathOf(t, ca, signer), now, now)
	if err != nil || len(e.CRLs()) != 2 || len(e.OCSPs()) != 1 {
		t.Fatalf("got %d lists, %d responses, %v; want the issuer's list beside the root's", len(e.CRLs()), len(e.OCSPs()), err)
	}
}

func TestEvidenceRefuses(t *testing.T) {
	ca := newCA(t, devca.Options{})
	onlyCRL := func(c *x509.Certificate) { c.OCSPServer = nil }
	number := ca.Issuing().Certificate.SerialNumber
	twin := func(c *x509.Certificate) { c.SerialNumber = number } // which the root gave, too
	for _, test := range []struct {
		name      string
		alter     func(*x509.Certificate)
		forge     func(*devca.OCSPResponse)
		crl       devca.Fault
		revokedAt time.Time
		reason    int
		want      error
	}{
		{name: "good"},
		{name: "good by list", alter: onlyCRL},
		{name: "revoked before", revokedAt: now.Add(-time.Minute), reason: 1, want: certs.ErrRevoked},
		{name: "on hold", revokedAt: now.Add(-time.Minute), reason: 6, want: certs.ErrSuspended},
		{name: "revoked before, by list", alter: onlyCRL, revokedAt: now.Add(-time.Minute), reason: 1, want: certs.ErrRevoked},
		{name: "by a stranger", forge: func(r *devca.OCSPResponse) {
			r.Signer, r.Certificates = stranger().Responder(), []*x509.Certificate{stranger().Responder().Certificate}
		}, want: certs.ErrNotAuthorized},
		{name: "stale", forge: func(r *devca.OCSPResponse) {
			r.ThisUpdate, r.NextUpdate = now.Add(-time.Hour), now.Add(-30*time.Minute)
		}, want: certs.ErrOutdated},
		{name: "from before the signature", forge: func(r *devca.OCSPResponse) { r.ThisUpdate = now.Add(-time.Minute) }, want: certs.ErrTooEarly},
		{name: "of another issuer, same number", alter: twin, forge: func(r *devca.OCSPResponse) {
			r.Issuer = ca.Root().Certificate
		}, want: certs.ErrOther},
		{name: "a list of 50 MB", alter: onlyCRL, crl: devca.Fault{Body: make([]byte, 50<<20)}, want: certs.ErrTooLarge},
		{name: "a list that is none", alter: onlyCRL, crl: devca.Fault{Body: []byte("<html>")}, want: certs.ErrMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			issued := issue(t, ca, altered(func(c *x509.Certificate) {
				if test.alter != nil {
					test.alter(c)
				}
				if test.forge != nil {
					c.CRLDistributionPoints = nil
				}
			}))
			ca.Break("/ocsp", devca.Fault{})
			ca.Break("/issuing.crl", test.crl)
			if test.forge != nil {
				answer := ocspAnswer(ca, issued.Certificate)
				test.forge(&answer)
				ca.Break("/ocsp", devca.Fault{Body: marshal(t, answer)})
			}
			if !test.revokedAt.IsZero() {
				if err := ca.Revoke(issued.Certificate.SerialNumber, test.revokedAt, test.reason); err != nil {
					t.Fatal(err)
				}
			}
			_, err := source().Evidence(t.Context(), pathOf(t, ca, issued), now, now)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// TestEvidenceOfThePast: a certificate revoked after it signed was good when it signed.
func TestEvidenceOfThePast(t *testing.T) {
	ca := newCA(t, devca.Options{})
	issued := issue(t, ca, chair())
	if err := ca.Revoke(issued.Certificate.SerialNumber, now.Add(-10*time.Minute), 1); err != nil {
		t.Fatal(err)
	}
	then := now.Add(-30 * time.Minute)
	e, err := source().Evidence(t.Context(), pathOf(t, ca, issued), then, then)
	if err != nil || e.Answers[0].Status != certs.Revoked {
		t.Errorf("got %+v, %v", e.Answers, err)
	}
}

// TestRevocationSince: an answer from before is no evidence and is asked again, a list at most every ten minutes.
func TestRevocationSince(t *testing.T) {
	var clock, asked atomic.Int64
	moving := func() time.Time { return now.Add(time.Duration(clock.Load())) }
	ca := newCA(t, devca.Options{Now: moving})
	issuer := ca.Issuing().Certificate
	old := newCRL(t, ca.Issuing(), nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write(old)
	}))
	defer server.Close()
	byOCSP := issue(t, ca, chair()).Certificate
	byList := issue(t, ca, altered(func(c *x509.Certificate) {
		c.OCSPServer, c.CRLDistributionPoints = nil, []string{server.URL}
	})).Certificate
	asking := &certs.HTTP{AllowPrivate: true, Now: moving}

	first := asking.RevocationSince(t.Context(), byOCSP, issuer, now, now)
	clock.Store(int64(5 * time.Minute))
	second := asking.RevocationSince(t.Context(), byOCSP, issuer, now, moving())
	if first.Status != certs.Good || second.Status != certs.Good || !second.ThisUpdate.Equal(moving()) {
		t.Errorf("got %v and %v of %s, want good and good of %s", first.Status, second.Status, second.ThisUpdate, moving())
	}
	again := asking.RevocationSince(t.Context(), byOCSP, issuer, now, now)
	if !again.ThisUpdate.Equal(second.ThisUpdate) {
		t.Errorf("what is newer was not remembered")
	}

	for range 3 {
		got := asking.RevocationSince(t.Context(), byList, issuer, now, moving())
		if got.Status != certs.Unknown || !errors.Is(got.Cause, certs.ErrTooEarly) || !got.ThisUpdate.Equal(now.Add(-time.Hour)) || got.NextUpdate.IsZero() {
			t.Errorf("got %v because %v, %s to %s", got.Status, got.Cause, got.ThisUpdate, got.NextUpdate)
		}
	}
	if got := asking.Revocation(t.Context(), byList, issuer, now); got.Status != certs.Good || asked.Load() != 1 {
		t.Errorf("got %v after %d questions, want good after one", got.Status, asked.Load())
	}
	clock.Store(int64(16 * time.Minute))
	asking.RevocationSince(t.Context(), byList, issuer, now, moving())
	if asked.Load() != 2 {
		t.Errorf("asked %d times, want twice", asked.Load())
	}
}

// TestOCSPHash: certificates are named by SHA-256, and by SHA-1 only to those who know no other.
func TestOCSPHash(t *testing.T) {
	ca := newCA(t, devca.Options{})
	issuer := ca.Issuing().Certificate
	var asked []string
	sha1Only := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var request struct {
			TBS struct {
				Requests []struct {
					ID struct {
						Hash struct{ OID asn1.ObjectIdentifier }
					}
				}
				Extensions asn1.RawValue `asn1:"optional"`
			}
		}
		_, _ = asn1.Unmarshal(body, &request)
		asked = append(asked, request.TBS.Requests[0].ID.Hash.OID.String())
		if sha1Only && asked[len(asked)-1] != "1.3.14.3.2.26" {
			_, _ = w.Write([]byte{0x30, 3, 0x0a, 1, 6})
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.URL.Path = "/ocsp"
		ca.Handler().ServeHTTP(w, r)
	}))
	defer server.Close()
	asking := source()
	ask := func() certs.Revocation {
		cert := issue(t, ca, altered(func(c *x509.Certificate) {
			c.OCSPServer, c.CRLDistributionPoints = []string{server.URL}, nil
		})).Certificate
		return asking.Revocation(t.Context(), cert, issuer, now)
	}
	for range 2 {
		if got := ask(); got.Status != certs.Good {
			t.Fatalf("got %v because %v", got.Status, got.Cause)
		}
	}
	sha1Only, asking = false, source()
	if got := ask(); got.Status != certs.Good {
		t.Fatalf("got %v because %v", got.Status, got.Cause)
	}
	const sha1, sha256 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"
	want := []string{sha256, sha1, sha1, sha256}
	if !slices.Equal(asked, want) {
		t.Errorf("asked by %v, want %v", asked, want)
	}
}
