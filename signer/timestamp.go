package signer

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net/http"
	"sync"
	"time"

	"kytiem/certs"
	"kytiem/pades"
)

// Timestamper has a time-stamping authority say that a digest was there (RFC 3161).
//
// Timestamp answers with a token over the SHA-256 digest, verified, and the time that
// it states. It returns when ctx is done, may be used by many at once, and an error means
// that there is no token, for whatever reason: it can be asked again.
type Timestamper interface {
	Timestamp(ctx context.Context, digest [32]byte) (token []byte, at time.Time, err error)
}

// ErrTSA is an authority that does not answer, or not as it should.
var ErrTSA = errors.New("time-stamping authority")

// TSA asks one time-stamping authority over HTTP (RFC 3161, 3.4).
type TSA struct {
	URL            string
	User, Password string // both empty: none are sent

	Anchors    certs.Anchors          // of which TSA counts
	Trust      AnchorSource           // asked about each token instead, where anchors change while the program runs
	Revocation certs.RevocationSource // of the authority's certificate; nil asks nobody
	Timeout    time.Duration          // zero is 30 seconds; at most [MaxTimestampWait]
	Now        func() time.Time       // zero is [time.Now]

	once   sync.Once
	client *http.Client
}

// AnchorSource gives the anchors in force.
type AnchorSource func(ctx context.Context) (certs.Anchors, error)

// MaxTimestampWait is how long an authority is waited for at most: the government's has been
// seen to take two minutes.
const MaxTimestampWait = 180 * time.Second

// clockSkew is how far an authority's clock and ours may be apart: a token from
// tomorrow is one whose time means nothing.
const clockSkew = 5 * time.Minute

// Timestamp implements [Timestamper].
func (t *TSA) Timestamp(ctx context.Context, digest [32]byte) (token []byte, at time.Time, err error) {
	timeout := t.Timeout
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	timeout = min(timeout, MaxTimestampWait)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, time.Time{}, err
	}
	answer, err := t.ask(ctx, digest, nonce)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("asking the %w: %w", ErrTSA, err)
	}
	if token, err = pades.ParseTimeStampResponse(answer); err == nil {
		at, err = t.judge(ctx, token, digest, nonce)
	}
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("judging the answer of the %w: %w", ErrTSA, err)
	}
	return token, at, nil
}

func (t *TSA) ask(ctx context.Context, digest [32]byte, nonce *big.Int) ([]byte, error) {
	query, err := pades.TimeStampRequest(digest, nonce)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, bytes.NewReader(query))
	if err != nil {
		return nil, errors.New("its address is malformed") // which can hold a password
	}
	request.Header.Set("Content-Type", "application/timestamp-query")
	request.Header.Set("Accept", "application/timestamp-reply")
	if t.User != "" || t.Password != "" {
		request.SetBasicAuth(t.User, t.Password)
	}
	t.once.Do(func() {
		t.client = &http.Client{
			Transport: &http.Transport{
				TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
				MaxIdleConnsPerHost:    4,
				IdleConnTimeout:        30 * time.Second,
				MaxResponseHeaderBytes: 16 << 10,
				DisableCompression:     true, // a compressed answer could unpack to any size
			},
			// An address that leads elsewhere would take the password along.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	})
	response, err := t.client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("no answer: %T", errors.Unwrap(err)) // its words quote the address
	}
	defer response.Body.Close()
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")) // an unreadable one is none
	if response.StatusCode != http.StatusOK || kind != "application/timestamp-reply" {
		return nil, fmt.Errorf("answered %d, %q", response.StatusCode, kind)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, pades.MaxTimeStampBytes+1))
	if err == nil && len(answer) > pades.MaxTimeStampBytes {
		err = fmt.Errorf("answered with more than %d bytes", pades.MaxTimeStampBytes)
	}
	return answer, err
}

// judge asks of a fresh token what nobody can ask later: that it answers this question,
// now.
func (t *TSA) judge(ctx context.Context, token []byte, digest [32]byte, nonce *big.Int) (time.Time, error) {
	stamp, err := pades.ParseTimeStamp(token)
	if err != nil {
		return time.Time{}, err
	}
	if stamp.Nonce == nil || stamp.Nonce.Cmp(nonce) != 0 { // RFC 3161, 2.4.2
		return time.Time{}, fmt.Errorf("nonce: %w", pades.ErrTimeStamp)
	}
	now := time.Now()
	if t.Now != nil {
		now = t.Now()
	}
	if stamp.At.Sub(now).Abs() > clockSkew {
		return time.Time{}, fmt.Errorf("states %s: %w", stamp.At.Format(time.RFC3339), pades.ErrTimeStamp)
	}
	anchors := t.Anchors
	if t.Trust != nil {
		if anchors, err = t.Trust(ctx); err != nil {
			return time.Time{}, fmt.Errorf("reading the trust anchors: %w", err)
		}
	}
	return CheckTimestamp(ctx, token, digest, anchors, t.Revocation)
}

// CheckTimestamp judges a token that was kept, by the time it states, and gives that
// time: the digest is the one stamped, and the authority's certificate was meant for it,
// led to an anchor and was not revoked (RFC 3161, 2.3). A nil source asks nobody about
// revocation; a status that cannot be known does not speak against the token.
func CheckTimestamp(ctx context.Context, token []byte, digest [32]byte, anchors certs.Anchors, source certs.RevocationSource) (time.Time, error) {
	stamp, err := pades.ParseTimeStamp(token)
	if err != nil {
		return time.Time{}, err
	}
	if stamp.Hash.Size() != len(digest) || !bytes.Equal(stamp.Imprint, digest[:]) {
		return time.Time{}, fmt.Errorf("imprint: %w", pades.ErrTimeStamp)
	}
	if err := certs.CheckTSAUsage(stamp.Authority); err != nil {
		return time.Time{}, err
	}
	if err := certs.CheckStrength(stamp.Authority); err != nil {
		return time.Time{}, err
	}
	paths, err := anchors.Paths(ctx, source, certs.Stamping, stamp.Authority, stamp.Certificates, stamp.At)
	if err != nil {
		return time.Time{}, err
	}
	if source != nil {
		for _, answer := range certs.PathRevocation(ctx, source, paths[0], stamp.At) {
			if err := answer.Check(stamp.At); err != nil && answer.Status != certs.Unknown {
				return time.Time{}, err
			}
		}
	}
	return stamp.At, nil
}
