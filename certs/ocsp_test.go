package certs_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/certs/devca"
)

// ocspAnswer is a right answer about cert, to be spoilt.
func ocspAnswer(ca *devca.CA, cert *x509.Certificate) devca.OCSPResponse {
	responder := ca.Responder()
	return devca.OCSPResponse{
		Issuer: ca.Issuing().Certificate, Serial: cert.SerialNumber,
		ProducedAt: now, ThisUpdate: now.Add(-10 * time.Minute), NextUpdate: now.Add(10 * time.Minute),
		Signer: responder, Certificates: []*x509.Certificate{responder.Certificate},
	}
}

func marshal(t testing.TB, r devca.OCSPResponse) []byte {
	t.Helper()
	der, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestParseOCSP(t *testing.T) {
	ca := newCA(t, devca.Options{})
	signer := issue(t, ca, chair())
	cert, issuer := signer.Certificate, ca.Issuing().Certificate

	// by has another key sign, and sends its certificate along.
	by := func(a devca.Authority) func(*devca.OCSPResponse) {
		return func(r *devca.OCSPResponse) { r.Signer, r.Certificates = a, []*x509.Certificate{a.Certificate} }
	}
	certified := func(issuer devca.Authority, alter func(*x509.Certificate)) devca.Authority {
		key := newECDSA(t)
		return devca.Authority{Key: key, Certificate: leafUnder(t, issuer, key, func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
			if alter != nil {
				alter(c)
			}
		})}
	}
	extension := func(critical bool, id ...int) []pkix.Extension {
		return []pkix.Extension{{Id: id, Critical: critical, Value: asn1.NullBytes}}
	}
	certHash := func(hashed []byte) []pkix.Extension {
		digest := crypto.SHA256.New()
		digest.Write(hashed)
		value, err := asn1.Marshal(struct {
			Algorithm pkix.AlgorithmIdentifier
			Hash      []byte
		}{pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}}, digest.Sum(nil)})
		if err != nil {
			t.Fatal(err)
		}
		return []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 36, 8, 3, 13}, Value: value}}
	}
	renamed := subordinate(t, ca.Root(), "another name", ca.Issuing().Key, nil)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	weak := devca.Authority{Key: small, Certificate: leafUnder(t, ca.Issuing(), small, func(c *x509.Certificate) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
	})}
	self := certified(ca.Issuing(), nil)

	tests := []struct {
		name  string
		spoil func(*devca.OCSPResponse)
		want  certs.Status
		cause error
	}{
		{"good", func(*devca.OCSPResponse) {}, certs.Good, nil},
		{"by SHA-256", func(r *devca.OCSPResponse) { r.Hash = crypto.SHA256 }, certs.Good, nil},
		{"responder by key", func(r *devca.OCSPResponse) { r.ByKey = true }, certs.Good, nil},
		{"by the issuer itself", func(r *devca.OCSPResponse) { r.Signer, r.Certificates = ca.Issuing(), nil }, certs.Good, nil},
		{"responder second of several", func(r *devca.OCSPResponse) {
			r.Certificates = []*x509.Certificate{ca.Root().Certificate, ca.Responder().Certificate}
		}, certs.Good, nil},
		{"revoked", func(r *devca.OCSPResponse) { r.Status, r.RevokedAt, r.Reason = 1, now.Add(-time.Hour), 1 }, certs.Revoked, nil},
		{"on hold", func(r *devca.OCSPResponse) { r.Status, r.RevokedAt, r.Reason = 1, now.Add(-time.Hour), 6 }, certs.Suspended, nil},
		{"its certHash", func(r *devca.OCSPResponse) { r.SingleExtensions = certHash(cert.Raw) }, certs.Good, nil},
		{"harmless extension", func(r *devca.OCSPResponse) { r.Extensions = extension(false, 1, 2, 3) }, certs.Good, nil},
		{"no nextUpdate, fresh", func(r *devca.OCSPResponse) { r.NextUpdate = time.Time{} }, certs.Good, nil},

		{"unknown", func(r *devca.OCSPResponse) { r.Status = 2 }, certs.Unknown, certs.ErrUnlisted},
		{"no such status", func(r *devca.OCSPResponse) { r.Status = 3 }, certs.Unknown, certs.ErrMalformed},
		{"removed from a list", func(r *devca.OCSPResponse) { r.Status, r.RevokedAt, r.Reason = 1, now, 8 }, certs.Unknown, certs.ErrMalformed},
		{"by a stranger of the same name", by(stranger().Responder()), certs.Unknown, certs.ErrNotAuthorized},
		{"by a stranger, responder's certificate shown", func(r *devca.OCSPResponse) { r.Signer.Key = stranger().Responder().Key }, certs.Unknown, certs.ErrForged},
		{"by a stranger posing as the issuer", func(r *devca.OCSPResponse) { r.Signer, r.Certificates = stranger().Issuing(), nil }, certs.Unknown, certs.ErrForged},
		{"by the certificate itself", by(devca.Authority{Certificate: cert, Key: signer.Key}), certs.Unknown, certs.ErrNotAuthorized},
		{"by another certificate of the issuer", by(certified(ca.Issuing(), func(c *x509.Certificate) { c.ExtKeyUsage = nil })), certs.Unknown, certs.ErrNotAuthorized},
		{"by one for any purpose", by(certified(ca.Issuing(), func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} })), certs.Unknown, certs.ErrNotAuthorized},
		{"by a responder of the root", by(certified(ca.Root(), nil)), certs.Unknown, certs.ErrNotAuthorized},
		{"by a responder certified with SHA-1", by(certified(ca.Issuing(), withSHA1)), certs.Unknown, certs.ErrNotAuthorized},
		{"by a responder for encryption only", by(certified(ca.Issuing(), func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment })), certs.Unknown, certs.ErrNotAuthorized},
		{"by a responder with a weak key", by(weak), certs.Unknown, certs.ErrNotAuthorized},
		{"by a responder of an unknown restriction", by(certified(ca.Issuing(), func(c *x509.Certificate) { c.ExtraExtensions = extension(true, 1, 2, 3) })), certs.Unknown, certs.ErrNotAuthorized},
		{"by a responder of the issuer's key under another name", by(certified(renamed, nil)), certs.Unknown, certs.ErrNotAuthorized},
		{"by an expired responder", by(certified(ca.Issuing(), func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Minute) })), certs.Unknown, certs.ErrNotAuthorized},
		{"responder's certificate missing", func(r *devca.OCSPResponse) { r.Certificates = nil }, certs.Unknown, certs.ErrNotAuthorized},
		{"about another issuer's same serial", func(r *devca.OCSPResponse) { r.Issuer = ca.Root().Certificate }, certs.Unknown, certs.ErrOther},
		{"about a namesake issuer's same serial", func(r *devca.OCSPResponse) { r.Issuer = stranger().Issuing().Certificate }, certs.Unknown, certs.ErrOther},
		{"about the issuer's key under another name", func(r *devca.OCSPResponse) { r.Issuer = renamed.Certificate }, certs.Unknown, certs.ErrOther},
		{"about another serial", func(r *devca.OCSPResponse) { r.Serial = ca.Responder().Certificate.SerialNumber }, certs.Unknown, certs.ErrOther},
		{"another's certHash", func(r *devca.OCSPResponse) { r.SingleExtensions = certHash(issuer.Raw) }, certs.Unknown, certs.ErrOther},
		{"stale", func(r *devca.OCSPResponse) { r.NextUpdate = now.Add(-6 * time.Minute) }, certs.Unknown, certs.ErrOutdated},
		{"stale without nextUpdate", func(r *devca.OCSPResponse) { r.ThisUpdate, r.NextUpdate = now.Add(-66*time.Minute), time.Time{} }, certs.Unknown, certs.ErrOutdated},
		{"of the future", func(r *devca.OCSPResponse) { r.ThisUpdate = now.Add(6 * time.Minute) }, certs.Unknown, certs.ErrOutdated},
		{"signed in the future", func(r *devca.OCSPResponse) { r.ProducedAt = now.Add(6 * time.Minute) }, certs.Unknown, certs.ErrOutdated},
		{"older than the certificate", func(r *devca.OCSPResponse) { r.ThisUpdate = now.Add(-2 * time.Hour) }, certs.Unknown, certs.ErrOutdated},
		{"critical extension", func(r *devca.OCSPResponse) { r.Extensions = extension(true, 1, 2, 3) }, certs.Unknown, certs.ErrMalformed},
		{"critical extension about the certificate", func(r *devca.OCSPResponse) { r.SingleExtensions = extension(true, 1, 2, 3) }, certs.Unknown, certs.ErrMalformed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := ocspAnswer(ca, cert)
			test.spoil(&answer)
			got := certs.ParseOCSP(marshal(t, answer), cert, issuer, now)
			if got.Status != test.want || !errors.Is(got.Cause, test.cause) || (got.Cause == nil) != (test.cause == nil) {
				t.Errorf("got %v because %v, want %v because %v", got.Status, got.Cause, test.want, test.cause)
			}
			if got.Serial != certs.Serial(cert) || got.Status == certs.Unknown && (got.Raw != nil || got.Source != "") {
				t.Errorf("got %+v", got)
			}
		})
	}

	t.Run("about the responder itself", func(t *testing.T) {
		answer := ocspAnswer(ca, self.Certificate)
		by(self)(&answer)
		if got := certs.ParseOCSP(marshal(t, answer), self.Certificate, issuer, now); got.Status != certs.Unknown {
			t.Errorf("got %v, want unknown", got.Status)
		}
	})
}

// TestParseOCSPFields has all that a report shows come through.
func TestParseOCSPFields(t *testing.T) {
	ca := newCA(t, devca.Options{})
	cert := issue(t, ca, chair()).Certificate
	answer := ocspAnswer(ca, cert)
	answer.Status, answer.RevokedAt, answer.Reason = 1, now.Add(-time.Hour), 4
	raw := marshal(t, answer)

	got := certs.ParseOCSP(raw, cert, ca.Issuing().Certificate, now)
	if got.Source != "ocsp" || got.Reason != 4 || string(got.Raw) != string(raw) || !got.RevokedAt.Equal(answer.RevokedAt) ||
		!got.ThisUpdate.Equal(answer.ThisUpdate) || !got.NextUpdate.Equal(answer.NextUpdate) || !got.ProducedAt.Equal(answer.ProducedAt) {
		t.Errorf("got %+v", got)
	}
	if got.Responder == nil || !got.Responder.Equal(ca.Responder().Certificate) || !certs.NoCheck(got.Responder) {
		t.Error("got no responder with nocheck")
	}
}

// TestParseOCSPExpired: a good answer about a certificate that had expired by then needs the archive's word.
func TestParseOCSPExpired(t *testing.T) {
	ca := newCA(t, devca.Options{})
	profile := chair()
	profile.NotBefore, profile.NotAfter = now.AddDate(0, -2, 0), now.AddDate(0, -1, 0)
	cert := issue(t, ca, profile).Certificate
	cutoff := func(date time.Time) []pkix.Extension {
		value, err := asn1.MarshalWithParams(date, "generalized")
		if err != nil {
			t.Fatal(err)
		}
		return []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 6}, Value: value}}
	}
	tests := []struct {
		name       string
		extensions []pkix.Extension
		want       certs.Status
	}{
		{"nothing said", nil, certs.Unknown},
		{"kept from before", cutoff(profile.NotAfter.AddDate(-1, 0, 0)), certs.Good},
		{"kept from later", cutoff(profile.NotAfter.Add(time.Hour)), certs.Unknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := ocspAnswer(ca, cert)
			answer.SingleExtensions = test.extensions
			if got := certs.ParseOCSP(marshal(t, answer), cert, ca.Issuing().Certificate, now); got.Status != test.want {
				t.Errorf("got %v because %v, want %v", got.Status, got.Cause, test.want)
			}
		})
	}
}

// TestParseOCSPBytes changes and cuts an answer everywhere: it is never Good but where the change does not matter.
func TestParseOCSPBytes(t *testing.T) {
	ca := newCA(t, devca.Options{})
	cert, issuer := issue(t, ca, chair()).Certificate, ca.Issuing().Certificate
	answer := ocspAnswer(ca, cert)
	answer.Signer, answer.Certificates = ca.Issuing(), nil // RSA PKCS#1 v1.5: not one bit of freedom
	raw := marshal(t, answer)
	for i := range raw {
		changed := append([]byte(nil), raw...)
		changed[i] ^= 1 << (i % 8)
		if got := certs.ParseOCSP(changed, cert, issuer, now); got.Status != certs.Unknown || got.Cause == nil {
			t.Errorf("byte %d of %d changed: got %v", i, len(raw), got.Status)
		}
		if got := certs.ParseOCSP(raw[:i], cert, issuer, now); got.Status != certs.Unknown {
			t.Errorf("cut at %d: got %v", i, got.Status)
		}
	}
	for name, raw := range map[string][]byte{
		"nothing": nil, "garbage": []byte("<html>"), "trailing byte": append(raw[:len(raw):len(raw)], 0),
		"tryLater": {0x30, 3, 0x0a, 1, 3}, "too large": make([]byte, 100<<10+1),
	} {
		if got := certs.ParseOCSP(raw, cert, issuer, now); got.Status != certs.Unknown || got.Cause == nil {
			t.Errorf("%s: got %v because %v", name, got.Status, got.Cause)
		}
	}
}

// FuzzParseOCSP takes bytes as a response, and as the data of a response that the issuer signs, so that not everything ends
// at the signature. Whatever comes, an acceptable answer is current and kept as it came.
func FuzzParseOCSP(f *testing.F) {
	ca := newCA(f, devca.Options{})
	issuer := subordinate(f, ca.Root(), "fast", newECDSA(f), nil)
	cert := leafUnder(f, issuer, newECDSA(f), nil)
	answer := ocspAnswer(ca, cert)
	answer.Issuer, answer.Signer, answer.Certificates = issuer.Certificate, issuer, nil
	for _, seed := range []func(){
		func() {},
		func() { answer.ByKey, answer.Nonce = true, []byte("nonce") },
		func() { answer.Status, answer.RevokedAt, answer.Reason = 1, now, 6 },
	} {
		seed()
		raw := marshal(f, answer)
		f.Add(raw)
		f.Add(ocspData(f, raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		checkAnswer(t, certs.ParseOCSP(raw, cert, issuer.Certificate, now), raw)
		whole := ocspAround(t, signed(t, issuer, raw))
		checkAnswer(t, certs.ParseOCSP(whole, cert, issuer.Certificate, now), whole)
	})
}

// ocspShell is OCSPResponse around a basic response.
type ocspShell struct {
	Status asn1.Enumerated
	Bytes  struct {
		Type     asn1.ObjectIdentifier
		Response []byte
	} `asn1:"explicit,tag:0"`
}

func ocspAround(t testing.TB, basic []byte) []byte {
	t.Helper()
	var shell ocspShell
	shell.Bytes.Type, shell.Bytes.Response = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}, basic
	der, err := asn1.Marshal(shell)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// ocspData cuts the signed part out of a response.
func ocspData(t testing.TB, raw []byte) []byte {
	t.Helper()
	var shell ocspShell
	var basic struct {
		Data asn1.RawValue
		Rest asn1.RawValue
	}
	if _, err := asn1.Unmarshal(raw, &shell); err != nil {
		t.Fatal(err)
	}
	if _, err := asn1.Unmarshal(shell.Bytes.Response, &basic); err != nil {
		t.Fatal(err)
	}
	return basic.Data.FullBytes
}

func checkAnswer(t *testing.T, got certs.Revocation, raw []byte) {
	t.Helper()
	if got.Status == certs.Unknown {
		if got.Cause == nil || got.Source != "" || got.Check(now) == nil {
			t.Errorf("unknown without cause, or taken for good: %+v", got)
		}
		return
	}
	if got.Cause != nil || got.Source == "" || got.ThisUpdate.After(now.Add(certs.DefaultSkew)) || len(got.Raw) == 0 || len(got.Raw) > len(raw) {
		t.Errorf("got %+v", got)
	}
}
