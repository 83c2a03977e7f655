package signer_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/signer"
)

// TestExtendRefused: whatever the world answers, the signature stays what it was, at the
// level that was reached before.
func TestExtendRefused(t *testing.T) {
	w := newWorld(t)
	stranger, err := devca.New(devca.Options{Now: w.now, FreshKeys: true})
	if err != nil {
		t.Fatal(err)
	}
	document, p7s, manifest := w.sign(t, nil, false)
	cms, err := pades.ParseCMS(p7s)
	if err != nil {
		t.Fatal(err)
	}
	serial := cms.Certificates[0].Certificate
	if cms.Certificates[1].Certificate != nil && !cms.Certificates[1].Certificate.IsCA {
		serial = cms.Certificates[1].Certificate
	}
	ocsp := func(change func(*devca.OCSPResponse)) []byte {
		responder := w.ca.Responder()
		r := devca.OCSPResponse{
			Issuer: w.ca.Issuing().Certificate, Serial: serial.SerialNumber, Signer: responder,
			ProducedAt: w.now(), ThisUpdate: w.now(), NextUpdate: w.now().Add(time.Hour), Certificates: []*x509.Certificate{responder.Certificate},
		}
		change(&r)
		der, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	for _, test := range []struct {
		name   string
		faults map[string]devca.Fault
		change func(*signer.Extender)
		level  signer.Level // that is reached
		want   error
	}{
		{name: "nothing wrong", level: signer.LevelLTA},
		{
			name: "the authority is late", faults: map[string]devca.Fault{"/tsa": {Delay: time.Minute}}, level: signer.LevelB, want: signer.ErrTSA,
			change: func(e *signer.Extender) {
				tsa := w.tsa()
				tsa.Timeout = 50 * time.Millisecond
				e.Timestamper = tsa
			},
		},
		{name: "the authority talks garbage", faults: map[string]devca.Fault{"/tsa": {Body: []byte("garbage")}}, level: signer.LevelB, want: signer.ErrTSA},
		{name: "a token over something else", change: func(e *signer.Extender) {
			tsa := w.tsa()
			e.Timestamper = timestamperFunc(func(ctx context.Context, digest [32]byte) ([]byte, time.Time, error) {
				digest[0] ^= 1
				return tsa.Timestamp(ctx, digest)
			})
		}, level: signer.LevelB, want: pades.ErrTimeStamp},
		{name: "no authority", change: func(e *signer.Extender) { e.Timestamper = nil }, level: signer.LevelB, want: signer.ErrTSA},
		{name: "authority of another root", change: func(e *signer.Extender) {
			tsa := w.tsa()
			tsa.Anchors.TSA = tsa.Anchors.CA
			e.Timestamper = tsa
		}, level: signer.LevelB, want: certs.ErrNoPath},
		{name: "signer of another root", change: func(e *signer.Extender) { e.Anchors.CA = e.Anchors.TSA }, level: signer.LevelB, want: certs.ErrNoPath},
		{name: "no network", change: func(e *signer.Extender) { e.Evidence = nil }, level: signer.LevelT, want: certs.ErrOffline},
		{name: "responder and list down", faults: map[string]devca.Fault{"/ocsp": {Status: 503}, "/issuing.crl": {Status: 503}}, level: signer.LevelT, want: certs.ErrUnreachable},
		{name: "OCSP by a stranger", faults: map[string]devca.Fault{"/ocsp": {Body: ocsp(func(r *devca.OCSPResponse) {
			r.Signer, r.Certificates = stranger.Responder(), []*x509.Certificate{stranger.Responder().Certificate}
		})}, "/issuing.crl": {Status: 404}}, level: signer.LevelT, want: certs.ErrNotAuthorized},
		{name: "OCSP stale", faults: map[string]devca.Fault{"/ocsp": {Body: ocsp(func(r *devca.OCSPResponse) {
			r.ThisUpdate, r.NextUpdate = w.now().Add(-2*time.Hour), w.now().Add(-time.Hour)
		})}, "/issuing.crl": {Status: 404}}, level: signer.LevelT, want: certs.ErrOutdated},
		{name: "OCSP from before the signature", faults: map[string]devca.Fault{"/ocsp": {Body: ocsp(func(r *devca.OCSPResponse) {
			r.ThisUpdate = w.now().Add(-time.Minute)
		})}, "/issuing.crl": {Status: 404}}, level: signer.LevelT, want: certs.ErrTooEarly},
		{name: "OCSP for another issuer", faults: map[string]devca.Fault{"/ocsp": {Body: ocsp(func(r *devca.OCSPResponse) {
			r.Issuer = stranger.Issuing().Certificate
		})}, "/issuing.crl": {Status: 404}}, level: signer.LevelT, want: certs.ErrOther},
		{name: "OCSP says revoked", faults: map[string]devca.Fault{"/ocsp": {Body: ocsp(func(r *devca.OCSPResponse) {
			r.Status, r.RevokedAt = 1, w.now().Add(-time.Hour)
		})}}, level: signer.LevelT, want: certs.ErrRevoked},
		{name: "a list of 50 MB", faults: map[string]devca.Fault{"/root.crl": {Body: make([]byte, 50<<20)}}, level: signer.LevelT, want: certs.ErrTooLarge},
		{name: "the authority's list is down", faults: map[string]devca.Fault{"/tsa-root.crl": {Status: 503}}, level: signer.LevelT, want: certs.ErrUnreachable},
	} {
		t.Run(test.name, func(t *testing.T) {
			for path, fault := range test.faults {
				w.ca.Break(path, fault)
				defer w.ca.Break(path, devca.Fault{})
			}
			e := w.extender()
			if test.change != nil {
				test.change(e)
			}
			x, err := e.Document(t.Context(), document, signer.LevelLTA)
			if !errors.Is(err, test.want) || x.Level != test.level {
				t.Errorf("got %s, %v, want %s, %v", x.Level, err, test.level, test.want)
			}
			if test.level == signer.LevelB && !bytes.Equal(x.Content, document) {
				t.Error("the document changed")
			}
			sound(t, x.Content)
			onManifest, err := e.Manifest(t.Context(), p7s, manifest, signer.LevelLTA)
			if !errors.Is(err, test.want) || onManifest.Level != test.level {
				t.Errorf("manifest: got %s, %v, want %s, %v", onManifest.Level, err, test.level, test.want)
			}
			if level, err := signer.ManifestLevel(onManifest.Content); level != test.level || err != nil {
				t.Errorf("manifest: it is at %s, %v", level, err)
			}
			// Once the world is whole again, it goes on from there.
			for path := range test.faults {
				w.ca.Break(path, devca.Fault{})
			}
			if x, err = w.extender().Document(t.Context(), x.Content, signer.LevelLTA); err != nil || x.Level != signer.LevelLTA {
				t.Errorf("afterwards: got %s, %v", x.Level, err)
			}
		})
	}
}

// TestExtendCertificates: a certificate that has expired, or was revoked, by the time the
// signature is raised. Nothing that came too late makes it good.
func TestExtendCertificates(t *testing.T) {
	for _, test := range []struct {
		name  string
		then  func(*world, *x509.Certificate) // between signature and raising
		later func(*world, *x509.Certificate) // between B-T and the rest
		level signer.Level
		want  error
	}{
		{name: "good", level: signer.LevelLTA},
		{
			name: "expired before its time was proven", level: signer.LevelB, want: certs.ErrExpired,
			then: func(w *world, _ *x509.Certificate) { w.pass(400 * 24 * time.Hour) },
		},
		{
			name: "revoked before its time was proven", level: signer.LevelT, want: certs.ErrRevoked,
			then: func(w *world, c *x509.Certificate) { _ = w.ca.Revoke(c.SerialNumber, w.now().Add(-time.Second), 1) },
		},
		{
			name: "revoked after its time was proven", level: signer.LevelLTA,
			later: func(w *world, c *x509.Certificate) {
				w.pass(time.Minute)
				_ = w.ca.Revoke(c.SerialNumber, w.now(), 1)
			},
		},
		{
			name: "on hold", level: signer.LevelT, want: certs.ErrSuspended,
			then: func(w *world, c *x509.Certificate) { _ = w.ca.Revoke(c.SerialNumber, w.now().Add(-time.Second), 6) },
		},
		{ // responders forget those; what was not gathered in time is lost
			name: "expired after its time was proven", level: signer.LevelT, want: certs.ErrOutOfBounds,
			later: func(w *world, _ *x509.Certificate) { w.pass(400 * 24 * time.Hour) },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			document, p7s, manifest := w.sign(t, nil, false)
			var leaf *x509.Certificate
			cms, err := pades.ParseCMS(p7s)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range cms.Certificates {
				if !c.Certificate.IsCA {
					leaf = c.Certificate
				}
			}
			if test.then != nil {
				test.then(w, leaf)
			}
			if test.later != nil {
				x, err := w.extender().Document(t.Context(), document, signer.LevelT)
				if err != nil {
					t.Fatal(err)
				}
				y, err := w.extender().Manifest(t.Context(), p7s, manifest, signer.LevelT)
				if err != nil {
					t.Fatal(err)
				}
				document, p7s = x.Content, y.Content
				test.later(w, leaf)
			}
			x, err := w.extender().Document(t.Context(), document, signer.LevelLTA)
			if !errors.Is(err, test.want) || x.Level != test.level {
				t.Errorf("got %s, %v, want %s, %v", x.Level, err, test.level, test.want)
			}
			y, err := w.extender().Manifest(t.Context(), p7s, manifest, signer.LevelLTA)
			if !errors.Is(err, test.want) || y.Level != test.level {
				t.Errorf("manifest: got %s, %v, want %s, %v", y.Level, err, test.level, test.want)
			}
		})
	}
}

// TestExtendTooLarge: a token too large for the hole in the signature, and then one for the
// hole of a document time-stamp, which is made anew.
func TestExtendTooLarge(t *testing.T) {
	w := newWorld(t)
	document, _, _ := w.sign(t, nil, false)
	e := w.extender()
	tsa, answers := w.tsa(), 0
	e.Timestamper = timestamperFunc(func(ctx context.Context, digest [32]byte) ([]byte, time.Time, error) {
		token, at, err := tsa.Timestamp(ctx, digest)
		if err == nil {
			answers++
			// Certificates that a token carries along are the authority's to choose.
			for range 13 + 2*min(answers, 3) {
				c := issue(t, w.ca, func(p *devca.Profile) { p.Key = "p256" })
				if token, err = pades.AddEvidence(token, pades.Evidence{Certs: [][]byte{c.Certificate.Raw}}); err != nil {
					t.Fatal(err)
				}
			}
		}
		return token, at, err
	})
	x, err := e.Document(t.Context(), document, signer.LevelLTA)
	if err != nil || x.Level != signer.LevelLTA {
		t.Fatalf("got %s, %v", x.Level, err)
	}
	f := sound(t, x.Content)
	list, err := f.Signatures()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 3 || !bytes.Equal(x.Content[:len(document)], document) {
		t.Errorf("got %d signatures, want the signature untouched and two time-stamps over the document", len(list))
	}
	judged(t, x.Content, 1)
}

// TestExtendFailover: the authority that answers is another than the one before.
func TestExtendFailover(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	document, p7s, manifest := w.sign(t, nil, false)
	e := w.extender()
	e.Anchors.TSA = append(e.Anchors.TSA, other.anchors().TSA...)
	first, second, asked := w.tsa(), other.tsa(), 0
	e.Timestamper = timestamperFunc(func(ctx context.Context, digest [32]byte) ([]byte, time.Time, error) {
		if asked++; asked == 1 {
			return first.Timestamp(ctx, digest)
		}
		return second.Timestamp(ctx, digest)
	})
	x, err := e.Document(t.Context(), document, signer.LevelLTA)
	if err != nil {
		t.Fatal(err)
	}
	w.complete(t, x.Content)
	f := sound(t, x.Content)
	dss, err := f.DSS(len(f.Revisions()) - 2) // before the document time-stamp
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, c := range dss.Certs {
		found = found || bytes.Equal(c.DER, other.ca.TSA().Certificate.Raw)
	}
	if !found || asked != 3 || len(x.Tokens) != 2 {
		t.Errorf("the second authority's certificate in the store: %v; asked %d times, kept %d tokens", found, asked, len(x.Tokens))
	}
	asked = 0
	y, err := e.Manifest(t.Context(), p7s, manifest, signer.LevelLTA)
	if err != nil || y.Level != signer.LevelLTA {
		t.Errorf("manifest: got %s, %v", y.Level, err)
	}

	// Authorities that never answer twice in a row come to an end, too.
	e.Timestamper = timestamperFunc(func(ctx context.Context, digest [32]byte) ([]byte, time.Time, error) {
		if asked++; asked%2 == 1 {
			return first.Timestamp(ctx, digest)
		}
		return second.Timestamp(ctx, digest)
	})
	asked = 0
	if x, err := e.Document(t.Context(), document, signer.LevelLTA); !errors.Is(err, signer.ErrTSA) || x.Level != signer.LevelLT {
		t.Errorf("got %s, %v, want %s, %v", x.Level, err, signer.LevelLT, signer.ErrTSA)
	}
}
