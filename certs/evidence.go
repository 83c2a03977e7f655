package certs

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// Evidence is what it takes to judge a certificate again later, when nobody answers any more: its path and how each
// certificate of it stood (EN 319 122-1, 5.4; Thông tư 15/2025/TT-BKHCN, Điều 5: the certificate, the CRL or the answer
// about its status, as they were when it signed).
type Evidence struct {
	Path    Path
	Answers []Revocation // about each certificate of Path below the anchor, and about responders that had to be asked about
}

// Certificates are those of the path, the anchor among them, and of the OCSP responders.
func (e Evidence) Certificates() []*x509.Certificate {
	list := append([]*x509.Certificate(nil), e.Path...)
	for _, answer := range e.Answers {
		if answer.Responder != nil {
			list = append(list, answer.Responder)
		}
	}
	return distinct(list)
}

// OCSPs are the OCSP responses, in DER.
func (e Evidence) OCSPs() [][]byte { return e.raw("ocsp") }

// CRLs are the certificate lists, in DER.
func (e Evidence) CRLs() [][]byte { return e.raw("crl") }

func (e Evidence) raw(source string) [][]byte {
	var list [][]byte
	for _, answer := range e.Answers {
		if answer.Source == source {
			list = append(list, answer.Raw)
		}
	}
	return list
}

// tick is how far ahead of a responder's clock the time asked about may be for it to be worth waiting.
const tick = 5 * time.Second

// Evidence gathers the evidence about path for a signature made at the time at. About the certificate that signed, it is
// not older than since; about its issuers it is what is current, since their lists are published by the month. A
// certificate that was revoked or on hold at the time, or whose status is not known, is an error, as from
// [Revocation.Check]; one that was revoked only later is none.
func (h *HTTP) Evidence(ctx context.Context, path Path, at, since time.Time) (Evidence, error) {
	e := Evidence{Path: path}
	for i := range len(path) - 1 {
		if i > 0 {
			since = time.Time{}
		}
		answer := h.RevocationSince(ctx, path[i], path[i+1], at, since)
		if behind := since.Sub(answer.ThisUpdate); errors.Is(answer.Cause, ErrTooEarly) && behind <= tick {
			// Fresh, from a clock that is a little behind: a moment later it will do.
			if err := sleep(ctx, behind+time.Second); err != nil {
				return e, err
			}
			answer = h.RevocationSince(ctx, path[i], path[i+1], at, since)
		}
		if err := answer.Check(at); err != nil {
			return e, fmt.Errorf("gathering evidence: %w", err)
		}
		e.Answers = append(e.Answers, answer)
		if answer.ResponderStatus != nil {
			e.Answers = append(e.Answers, *answer.ResponderStatus)
		}
	}
	return e, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
