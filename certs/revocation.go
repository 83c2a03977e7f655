package certs

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Status is what is known of a certificate's revocation. The zero value is Unknown.
type Status int

// The statuses.
const (
	Unknown   Status = iota // nothing acceptable was learnt; never to be read as Good
	Good                    // not revoked as of ThisUpdate
	Revoked                 // for good, from RevokedAt on
	Suspended               // on hold (RFC 5280, 5.3.1, certificateHold) from RevokedAt on; may be lifted
)

func (s Status) String() string {
	switch s {
	case Good:
		return "good"
	case Revoked:
		return "revoked"
	case Suspended:
		return "suspended"
	}
	return "unknown"
}

// What Revocation.Check finds.
var (
	ErrRevoked       = errors.New("revoked")
	ErrSuspended     = errors.New("suspended")
	ErrStatusUnknown = errors.New("revocation status unknown") // TRY_LATER
)

// Why a status is Unknown: causes that Revocation.Cause wraps. None of them means that the certificate is good or bad.
var (
	ErrOffline       = errors.New("no connection allowed")
	ErrNoSource      = errors.New("certificate names no OCSP responder or CRL")
	ErrUnreachable   = errors.New("not reachable")
	ErrBlocked       = errors.New("address not allowed")
	ErrTooLarge      = errors.New("answer too large")
	ErrMalformed     = errors.New("answer malformed")
	ErrRefused       = errors.New("responder answers with an error") // RFC 6960, 4.2.1, responseStatus
	ErrUnlisted      = errors.New("responder does not know the certificate")
	ErrOther         = errors.New("answer is about other certificates")
	ErrPartial       = errors.New("answer tells part of what was revoked only, which is no evidence here")
	ErrNotAuthorized = errors.New("signer of the answer not authorised")
	ErrForged        = errors.New("signature on the answer does not hold")
	ErrReplayed      = errors.New("answer carries another nonce")
	ErrOutdated      = errors.New("answer outside its time of validity")
	ErrOutOfBounds   = errors.New("certificate expired before the answer, which may omit it")
	ErrTooEarly      = errors.New("answer from before the signature") // see HTTP.RevocationSince
)

// Kinds of ErrOther, ErrPartial and ErrMalformed that a reader is told apart.
var (
	ErrDelta    = fmt.Errorf("a delta list: %w", ErrPartial)                        // RFC 5280, 5.2.4
	ErrScope    = fmt.Errorf("scope: %w", ErrOther)                                 // RFC 5280, 5.2.5
	ErrCertHash = fmt.Errorf("certHash: %w", ErrOther)                              // Common PKI: the responder has seen another
	ErrCritical = fmt.Errorf("critical extension not understood: %w", ErrMalformed) // RFC 5280, 4.2; RFC 6960, 4.4
	ErrEntry    = fmt.Errorf("entry not understood: %w", ErrMalformed)              // RFC 5280, 5.3
)

// Revocation is one answer about one certificate.
type Revocation struct {
	Status    Status
	Serial    string    // of the certificate asked about, as by Serial
	RevokedAt time.Time // when Revoked or Suspended
	Reason    int       // CRLReason, RFC 5280, 5.3.1; 0 is unspecified
	Source    string    // "ocsp" or "crl"; empty where no answer was acceptable
	URL       string    // where it came from; empty for evidence that was at hand

	ThisUpdate time.Time // the status was known to be right at
	NextUpdate time.Time // newer information will be there by; zero if the answer does not say
	ProducedAt time.Time // signed at (OCSP)

	// Responder is the certificate that signed an OCSP answer in the issuer's name, nil if the issuer signed. Unless
	// [NoCheck] says otherwise its own revocation is for the caller to check; HTTP does so itself.
	Responder *x509.Certificate
	// ResponderStatus is how the responder's own certificate was found to be Good, nil if nobody had to ask.
	ResponderStatus *Revocation

	Raw   []byte // the OCSP response or CRL in DER, to be kept as evidence
	Cause error  // why the status is Unknown, else nil
}

// Check turns the answer into an error about the certificate at the time at: nil if it was good, or became revoked or
// suspended only later; else wrapping ErrRevoked, ErrSuspended, or ErrStatusUnknown together with the cause.
func (r Revocation) Check(at time.Time) error {
	switch {
	case r.Status == Good:
		return nil
	case r.Status == Revoked && at.Before(r.RevokedAt), r.Status == Suspended && at.Before(r.RevokedAt):
		return nil
	case r.Status == Revoked:
		return fmt.Errorf("certificate %s, since %s: %w", r.Serial, r.RevokedAt.UTC().Format(time.RFC3339), ErrRevoked)
	case r.Status == Suspended:
		return fmt.Errorf("certificate %s, since %s: %w", r.Serial, r.RevokedAt.UTC().Format(time.RFC3339), ErrSuspended)
	case r.Cause != nil:
		return fmt.Errorf("certificate %s: %w: %w", r.Serial, ErrStatusUnknown, r.Cause)
	}
	return fmt.Errorf("certificate %s: %w", r.Serial, ErrStatusUnknown)
}

// RevocationSource learns the revocation status of certificates: from what a document carries, from what was cached, from
// the network.
type RevocationSource interface {
	// Revocation answers about cert, which issuer issued (the caller has checked that signature), for a judgement at the
	// time at. It always answers: without acceptable evidence the status is Unknown with a Cause, never Good, and a Good or
	// Revoked answer has been authenticated against issuer and is current at the time at or newer. It is safe for
	// concurrent use and gives up when ctx is done.
	Revocation(ctx context.Context, cert, issuer *x509.Certificate, at time.Time) Revocation
}

// Offline is the source that never opens a connection: everything is Unknown, with ErrOffline.
type Offline struct{}

// Revocation implements RevocationSource.
func (Offline) Revocation(_ context.Context, cert, _ *x509.Certificate, _ time.Time) Revocation {
	return unknown(cert, ErrOffline)
}

func unknown(cert *x509.Certificate, cause error) Revocation {
	return Revocation{Serial: Serial(cert), Cause: cause}
}

// PathRevocation asks source about every certificate of path below the anchor, at once, and answers in the path's order.
func PathRevocation(ctx context.Context, source RevocationSource, path Path, at time.Time) []Revocation {
	if len(path) < 2 {
		return nil
	}
	answers := make([]Revocation, len(path)-1)
	var asking sync.WaitGroup
	for i := range answers {
		asking.Go(func() { answers[i] = source.Revocation(ctx, path[i], path[i+1], at) })
	}
	asking.Wait()
	return answers
}

// DefaultSkew is how far the clocks of a responder and of this machine may be apart.
const DefaultSkew = 5 * time.Minute

// unboundedAge is how long an answer without nextUpdate is believed. RFC 6960, 4.2.2.1: newer information is then available
// all the time.
const unboundedAge = time.Hour

// window is the time at which evidence has to be current.
type window struct {
	at   time.Time
	skew time.Duration
	// since is what evidence must not be older than; zero asks for nothing.
	since time.Time
}

// recent says whether information of thisUpdate is none from before the time asked about.
func (w window) recent(thisUpdate time.Time) bool { return !thisUpdate.Before(w.since) }

// admits says whether information of thisUpdate, valid until nextUpdate, is current (RFC 6960, 3.2, items 5 and 6; RFC 5280,
// 6.3.3). An old answer replayed would hide a later revocation.
func (w window) admits(thisUpdate, nextUpdate time.Time) bool {
	if nextUpdate.IsZero() {
		nextUpdate = thisUpdate.Add(unboundedAge)
	}
	return !thisUpdate.After(w.at.Add(w.skew)) && !w.at.After(nextUpdate.Add(w.skew))
}

// holds says whether an authentic answer is current.
func (w window) holds(r Revocation) bool {
	return w.admits(r.ThisUpdate, r.NextUpdate) && !r.ProducedAt.After(w.at.Add(w.skew))
}

// CurrentAt says whether the answer was the latest there had to be at a time, within [DefaultSkew].
func (r Revocation) CurrentAt(at time.Time) bool { return window{at: at, skew: DefaultSkew}.holds(r) }
