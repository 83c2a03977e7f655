package certs

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// maxURLs is how many addresses of a kind are tried: the certificate comes from the document, and a list of a thousand would
// make the verifier a tool against others.
const maxURLs = 2

// HTTP asks the addresses that certificates carry: OCSP responders (authorityInfoAccess) first, then CRLs
// (cRLDistributionPoints). The zero value is ready for use; fields must not change and the value must not be copied after
// the first question. Answers are kept in memory until their nextUpdate.
//
// Judged at a past time, a current answer is still the right evidence: it knows of revocations since, and
// [Revocation.Check] compares dates.
type HTTP struct {
	// Timeout limits each question. 10 seconds if zero.
	Timeout time.Duration
	// Skew is how far the responder's clock may be off. DefaultSkew if zero.
	Skew time.Duration
	// AllowPrivate allows loopback, private and link-local addresses. Refused by default: a service that verifies documents
	// from outside must not be led by a certificate's URL to what only it can reach. The command line, whose user has
	// picked the file, allows them.
	AllowPrivate bool
	// PrivateIssuers allows the same for the addresses of issuers' certificates (see [HTTP.Issuers]). They are asked before
	// anything is known of a certificate, so that AllowPrivate is not enough.
	PrivateIssuers bool
	// Now is the clock; time.Now if nil.
	Now func() time.Time

	once    sync.Once
	client  *http.Client
	cache   cache
	outside sync.Once
	strange *http.Client // for addresses of which nothing is known
	issuers issuerCache
}

// Revocation implements RevocationSource.
func (h *HTTP) Revocation(ctx context.Context, cert, issuer *x509.Certificate, at time.Time) Revocation {
	return h.RevocationSince(ctx, cert, issuer, at, time.Time{})
}

// RevocationSince is Revocation by an answer whose ThisUpdate is not before since: one from before a signature cannot show
// that the certificate was good when it signed. Where only older ones are to be had, as with lists that are published once
// a day, the status is Unknown with ErrTooEarly, and ThisUpdate and NextUpdate are those of the newest.
func (h *HTTP) RevocationSince(ctx context.Context, cert, issuer *x509.Certificate, at, since time.Time) Revocation {
	w := h.window(at)
	w.since = since
	if answer, ok := h.cache.ocsp(cert, issuer, w); ok {
		return answer
	}
	var causes []error
	early := Revocation{}
	for _, url := range cert.OCSPServer[:min(len(cert.OCSPServer), maxURLs)] {
		answer := h.askOCSP(ctx, url, cert, issuer, w)
		if answer.Status != Unknown {
			answer = h.cache.keepOCSP(cert, issuer, answer)
			if w.recent(answer.ThisUpdate) || answer.Status == Revoked { // whoever was revoked before stays so
				return answer
			}
			early, answer.Cause = answer, ErrTooEarly
		}
		causes = append(causes, answer.Cause)
	}
	answer := h.lookUp(ctx, cert, issuer, w)
	if answer.Status != Unknown {
		return answer
	}
	if answer.ThisUpdate.After(early.ThisUpdate) {
		early = answer
	}
	if len(causes) == 0 || !errors.Is(answer.Cause, ErrNoSource) {
		causes = append(causes, answer.Cause)
	}
	answer = unknown(cert, errors.Join(causes...))
	answer.ThisUpdate, answer.NextUpdate = early.ThisUpdate, early.NextUpdate
	return answer
}

// window is the later of now and at: what is asked today cannot be current at an earlier time, nor may it be stale at a
// later one.
func (h *HTTP) window(at time.Time) window {
	w := window{at: h.now(), skew: h.Skew}
	if at.After(w.at) {
		w.at = at
	}
	if w.skew == 0 {
		w.skew = DefaultSkew
	}
	return w
}

func (h *HTTP) now() time.Time {
	if h.Now != nil {
		return h.Now()
	}
	return time.Now()
}

// askOCSP names the certificate by SHA-256, and by SHA-1 where the responder answers that in no acceptable way: RFC 5019,
// 2.1.1, obliges responders to know SHA-1 only. Nothing rests on that hash. It finds the entry in an answer whose signature
// and serial number decide, over names and keys that authorities, not attackers, chose.
func (h *HTTP) askOCSP(ctx context.Context, url string, cert, issuer *x509.Certificate, w window) Revocation {
	if !h.cache.knowsSHA256(url) {
		return h.askOCSPBy(ctx, crypto.SHA1, url, cert, issuer, w)
	}
	answer := h.askOCSPBy(ctx, crypto.SHA256, url, cert, issuer, w)
	switch {
	case answer.Status != Unknown, errors.Is(answer.Cause, ErrBlocked), errors.Is(answer.Cause, errNoAnswer), ctx.Err() != nil:
		return answer // asked otherwise it would be the same
	}
	again := h.askOCSPBy(ctx, crypto.SHA1, url, cert, issuer, w)
	if again.Status == Unknown {
		return answer
	}
	h.cache.noteSHA1(url)
	return again
}

func (h *HTTP) askOCSPBy(ctx context.Context, hash crypto.Hash, url string, cert, issuer *x509.Certificate, w window) Revocation {
	nonce := make([]byte, 32) // RFC 9654, 2.1
	rand.Read(nonce)
	request, err := newOCSPRequest(cert, issuer, hash, nonce)
	if err != nil {
		return unknown(cert, err)
	}
	raw, err := h.fetch(ctx, url, request, maxOCSP)
	if err != nil {
		return unknown(cert, fmt.Errorf("asking the OCSP responder: %w", err))
	}
	answer := parseOCSP(raw, cert, issuer, w, nonce)
	answer.URL = url
	if answer.Status == Unknown || answer.Responder == nil || NoCheck(answer.Responder) {
		return answer
	}
	// RFC 6960, 4.2.2.2.1: a responder without nocheck can be revoked like anybody. By CRL only, or it could vouch for
	// itself.
	w.since = time.Time{}
	own := h.lookUp(ctx, answer.Responder, issuer, w)
	if own.Status != Good {
		return unknown(cert, fmt.Errorf("OCSP responder %s is %s: %w", own.Serial, own.Status, ErrNotAuthorized))
	}
	answer.ResponderStatus = &own
	return answer
}

// newOCSPRequest encodes a request for one certificate (RFC 6960, 4.1.1), which x/crypto/ocsp cannot do with a nonce.
func newOCSPRequest(cert, issuer *x509.Certificate, hash crypto.Hash, nonce []byte) ([]byte, error) {
	key, ok := publicKeyBits(issuer)
	if !ok {
		return nil, fmt.Errorf("reading the key of issuer %s: %w", Serial(issuer), ErrMalformed)
	}
	value, err := asn1.Marshal(nonce)
	if err != nil {
		return nil, fmt.Errorf("encoding the OCSP request: %w", err)
	}
	type request struct{ ID certID }
	var encoded struct {
		TBS struct {
			Requests   []request
			Extensions []pkix.Extension `asn1:"explicit,tag:2"`
		}
	}
	algorithm := oidSHA256
	if hash == crypto.SHA1 {
		algorithm = oidSHA1
	}
	encoded.TBS.Requests = []request{{certID{
		Hash:         pkix.AlgorithmIdentifier{Algorithm: algorithm, Parameters: asn1.NullRawValue},
		NameHash:     sum(hash, issuer.RawSubject),
		KeyHash:      sum(hash, key),
		SerialNumber: cert.SerialNumber,
	}}}
	encoded.TBS.Extensions = []pkix.Extension{{Id: oidNonce, Value: value}}
	return asn1.Marshal(encoded)
}

// lookUp goes through the certificate's CRLs.
func (h *HTTP) lookUp(ctx context.Context, cert, issuer *x509.Certificate, w window) Revocation {
	var causes []error
	early := Revocation{}
	for _, url := range cert.CRLDistributionPoints[:min(len(cert.CRLDistributionPoints), maxURLs)] {
		list, ok := h.cache.crl(url, issuer, w, h.now())
		if !ok {
			raw, err := h.fetch(ctx, url, nil, maxCRL)
			if err == nil {
				list, err = authenticCRL(raw, issuer)
			}
			if err != nil {
				causes = append(causes, fmt.Errorf("fetching the CRL: %w", err))
				continue
			}
			list = h.cache.keepCRL(url, issuer, list, h.now())
		}
		answer := list.status(cert, w)
		answer.URL = url
		switch {
		case answer.Status == Unknown:
		case w.recent(answer.ThisUpdate) || answer.Status == Revoked:
			return answer
		default:
			early, answer.Cause = answer, fmt.Errorf("CRL: %w", ErrTooEarly)
		}
		causes = append(causes, answer.Cause)
	}
	if len(causes) == 0 {
		return unknown(cert, ErrNoSource)
	}
	answer := unknown(cert, errors.Join(causes...))
	answer.ThisUpdate, answer.NextUpdate = early.ThisUpdate, early.NextUpdate
	return answer
}
