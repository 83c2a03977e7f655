package signer_test

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/signer"
)

func startTSA(t *testing.T) (*devca.CA, *signer.TSA) {
	t.Helper()
	ca, err := devca.New(devca.Options{})
	if err != nil {
		t.Fatal(err)
	}
	url, err := ca.Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ca, &signer.TSA{
		URL: url + "/tsa", Anchors: certs.Anchors{TSA: []*x509.Certificate{ca.TSARoot().Certificate}},
		Revocation: &certs.HTTP{AllowPrivate: true},
	}
}

func TestTimestamp(t *testing.T) {
	_, tsa := startTSA(t)
	digest := sha256.Sum256([]byte("head of a chain"))
	token, at, err := tsa.Timestamp(t.Context(), digest)
	if err != nil {
		t.Fatal(err)
	}
	if time.Since(at).Abs() > time.Minute {
		t.Errorf("got %s", at)
	}
	again, err := signer.CheckTimestamp(t.Context(), token, digest, tsa.Anchors, tsa.Revocation)
	if err != nil || !again.Equal(at) {
		t.Errorf("got %s, %v, want %s", again, err, at)
	}
	if _, err := signer.CheckTimestamp(t.Context(), token, sha256.Sum256(nil), tsa.Anchors, nil); !errors.Is(err, pades.ErrTimeStamp) {
		t.Errorf("another digest: got %v", err)
	}
	if _, err := signer.CheckTimestamp(t.Context(), token, digest, certs.Anchors{CA: tsa.Anchors.TSA}, nil); !errors.Is(err, certs.ErrNoPath) {
		t.Errorf("no anchor for this purpose: got %v", err)
	}
	for i := range token {
		broken := append([]byte(nil), token...)
		broken[i] ^= 1
		if got, err := signer.CheckTimestamp(t.Context(), broken, digest, tsa.Anchors, nil); err == nil && !got.Equal(at) {
			t.Fatalf("byte %d changed: another time passed", i)
		}
	}
}

// TestBadTimestamps: an authority that does not answer as it should is an error in good
// time, and nothing is kept.
func TestBadTimestamps(t *testing.T) {
	ca, good := startTSA(t)
	digest := sha256.Sum256([]byte("head"))
	replay, _, err := good.Timestamp(t.Context(), digest)
	if err != nil {
		t.Fatal(err)
	}
	wrapped := append([]byte{0x30, 0x82, byte((len(replay) + 5) >> 8), byte(len(replay) + 5), 0x30, 0x03, 0x02, 0x01, 0x00}, replay...)
	for name, test := range map[string]struct {
		fault devca.Fault
		tsa   func(*signer.TSA)
	}{
		"garbage":        {fault: devca.Fault{Body: []byte("garbage")}},
		"nothing":        {fault: devca.Fault{Body: []byte{}}},
		"huge":           {fault: devca.Fault{Body: []byte(strings.Repeat("0", 1<<20))}},
		"status 500":     {fault: devca.Fault{Status: 500}},
		"rejection":      {fault: devca.Fault{Body: []byte{0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02}}},
		"old answer":     {fault: devca.Fault{Body: wrapped}},
		"late":           {fault: devca.Fault{Delay: time.Minute}, tsa: func(t *signer.TSA) { t.Timeout = 50 * time.Millisecond }},
		"not trusted":    {tsa: func(t *signer.TSA) { t.Anchors.TSA = []*x509.Certificate{ca.Root().Certificate} }},
		"another's time": {tsa: func(t *signer.TSA) { t.Now = func() time.Time { return time.Now().Add(time.Hour) } }},
		"nobody there":   {tsa: func(t *signer.TSA) { t.URL = "http://127.0.0.1:1/tsa" }},
	} {
		t.Run(name, func(t *testing.T) {
			tsa := &signer.TSA{URL: good.URL, Anchors: good.Anchors}
			if test.tsa != nil {
				test.tsa(tsa)
			}
			if test.fault.Body != nil && test.fault.Status == 0 {
				// With the right content type, so that it is the body that is refused.
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/timestamp-reply")
					_, _ = w.Write(test.fault.Body)
				}))
				defer server.Close()
				tsa.URL = server.URL
			} else {
				ca.Break("/tsa", test.fault)
				defer ca.Break("/tsa", devca.Fault{})
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if token, _, err := tsa.Timestamp(ctx, digest); !errors.Is(err, signer.ErrTSA) || token != nil {
				t.Errorf("got %d bytes, %v, want an error", len(token), err)
			}
		})
	}
}
