package attest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/store"
)

// CertificateStatus is how a certificate stands in the register.
type CertificateStatus string

// The statuses. Unknown says that it is in its time, and that whoever was asked last could
// not say whether it was revoked.
const (
	CertificateActive      CertificateStatus = "active"
	CertificateUnknown     CertificateStatus = "unknown"
	CertificateNotYetValid CertificateStatus = "not_yet_valid"
	CertificateExpired     CertificateStatus = "expired"
	CertificateRevoked     CertificateStatus = "revoked"
	CertificateSuspended   CertificateStatus = "suspended"
	CertificateUnbound     CertificateStatus = "unbound"
)

// CertificateStanding is a certificate's place in the register: how it stands, for how many
// whole days yet, and by which of the terms in [ExpiryWarnings] that is to be said; zero by
// none, and where it does not matter any more.
type CertificateStanding struct {
	Status  CertificateStatus
	Days    int
	Warning int
}

// ExpiryWarnings are how many days before a certificate expires it is warned of, the
// longest first: a successor takes an authority weeks, and a token by post days.
func ExpiryWarnings() []int { return []int{60, 30, 7} }

// Standing is how a certificate stands now.
func (s *Service) Standing(c Certificate) CertificateStanding {
	now := s.now()
	days := int(c.NotAfter.Sub(now) / (24 * time.Hour))
	switch {
	case !c.UnboundAt.IsZero():
		return CertificateStanding{Status: CertificateUnbound}
	case c.Status == certs.Revoked.String():
		return CertificateStanding{Status: CertificateRevoked}
	case now.After(c.NotAfter):
		return CertificateStanding{Status: CertificateExpired}
	case c.Status == certs.Suspended.String():
		return CertificateStanding{CertificateSuspended, days, warningAt(days)}
	case now.Before(c.NotBefore):
		return CertificateStanding{Status: CertificateNotYetValid, Days: days}
	case c.Status == certs.Good.String():
		return CertificateStanding{CertificateActive, days, warningAt(days)}
	}
	return CertificateStanding{CertificateUnknown, days, warningAt(days)}
}

// warningAt is the shortest term that days lie within, zero for none.
func warningAt(days int) (term int) {
	for _, t := range ExpiryWarnings() {
		if days < t {
			term = t
		}
	}
	return term
}

// MissingCertificates lists the units that lie in below, or are it, and whose heads have no
// certificate to sign with today: none, or one that expired, was revoked, is on hold or
// whose binding was ended. Who reaches everything may ask about all ("").
func (s *Service) MissingCertificates(ctx context.Context, who Actor, below string, p Page) ([]bundle.Unit, string, error) {
	if below == "" {
		below = who.Unit
	}
	if err := s.may(ctx, who, ReadMissing, below, below); err != nil {
		return nil, "", err
	}
	now := s.now()
	return s.store.Glance().UnitsWithout(ctx, string(Head), below, today(now), now, p)
}

// note keeps in the register what was found about a certificate and the authorities over
// it.
func (f fitness) note(ctx context.Context, tx *store.Tx) error {
	path := f.evidence.Path
	var issuers []byte
	if len(path) > 2 {
		for _, c := range path[1 : len(path)-1] {
			issuers = append(issuers, c.Raw...)
		}
	}
	return tx.NoteCertificate(ctx, sha256.Sum256(path[0].Raw), statusOfPath(f.evidence.Answers, tx.Now()).String(), issuers)
}

// statusOfPath is what answers about a path say of its first certificate: it stands no
// better than the worst of those above it.
func statusOfPath(answers []certs.Revocation, at time.Time) certs.Status {
	worst := certs.Good
	for _, answer := range answers {
		switch err := answer.Check(at); {
		case errors.Is(err, certs.ErrRevoked):
			return certs.Revoked
		case errors.Is(err, certs.ErrSuspended):
			worst = certs.Suspended
		case err != nil && worst == certs.Good:
			worst = certs.Unknown
		}
	}
	return worst
}

// WatchCertificates asks about every certificate in force, and warns of those that expire
// soon: once for each term, in the log, by ids.
func (s *Service) WatchCertificates(ctx context.Context) error {
	return errors.Join(s.askCertificates(ctx), s.warnCertificates(ctx))
}

// askCertificates passes over what was asked about today, so that it goes on where it was
// cut off. One that cannot be asked about keeps no other from it.
func (s *Service) askCertificates(ctx context.Context) error {
	if s.o.Revocation == nil {
		return nil
	}
	now := s.now()
	var failed error
	for p := (Page{}); ; {
		found, next, err := s.store.Glance().CertificatesToAsk(ctx, now, now.Add(-watchEvery/2), p)
		if err != nil {
			return errors.Join(failed, err)
		}
		for _, c := range found {
			if err := s.askCertificate(ctx, c); err != nil {
				failed = errors.Join(failed, fmt.Errorf("binding %s: %w", c.ID, err))
			}
		}
		if ctx.Err() != nil {
			return errors.Join(failed, ctx.Err())
		}
		if p.After = next; next == "" {
			return failed
		}
	}
}

func (s *Service) askCertificate(ctx context.Context, c Certificate) error {
	chain, err := x509.ParseCertificates(bytes.Join([][]byte{c.DER, c.Issuers}, nil))
	if err != nil {
		return fmt.Errorf("reading the certificate: %w", err)
	}
	status := certs.Unknown
	now := s.now()
	anchors, err := s.Trust(ctx)
	if err != nil {
		return err
	}
	if paths, err := anchors.Paths(ctx, s.o.Revocation, certs.Signing, chain[0], chain[1:], now); err == nil {
		status = statusOfPath(certs.PathRevocation(ctx, s.o.Revocation, paths[0], now), now)
	}
	if ctx.Err() != nil { // cut off, which is no answer
		return ctx.Err()
	}
	if status == certs.Revoked || status == certs.Suspended {
		s.log.WarnContext(ctx, "certificate out of force", slog.String("binding", c.ID), slog.String("unit", c.Unit), slog.String("status", status.String()))
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error { return tx.NoteCertificate(ctx, c.SHA256, status.String(), nil) })
}

func (s *Service) warnCertificates(ctx context.Context) error {
	now := s.now()
	longest := time.Duration(ExpiryWarnings()[0]) * 24 * time.Hour
	for p := (Page{}); ; {
		found, next, err := s.store.Glance().CertificatesExpiring(ctx, now, now.Add(longest), p)
		if err != nil {
			return err
		}
		for _, c := range found {
			standing := s.Standing(c)
			if standing.Warning == 0 || c.Warned != 0 && c.Warned <= standing.Warning {
				continue
			}
			err := s.store.InTx(ctx, func(tx *store.Tx) error { return tx.WarnCertificate(ctx, c.ID, standing.Warning) })
			if errors.Is(err, store.ErrStale) { // another server did
				continue
			}
			if err != nil {
				return err
			}
			s.log.WarnContext(ctx, "certificate expires", slog.String("binding", c.ID), slog.String("unit", c.Unit), slog.Int("days", standing.Days))
		}
		if p.After = next; next == "" {
			return nil
		}
	}
}

// watchArgs is the daily job that looks after certificates.
type watchArgs struct{}

// Kind implements [river.JobArgs].
func (watchArgs) Kind() string { return "certificates.watch" }

type watchWorker struct {
	river.WorkerDefaults[watchArgs]
	s *Service
}

// watchTimeout is what asking about some ten thousand certificates takes where responders
// are slow.
const watchTimeout = 2 * time.Hour

// Timeout implements [river.Worker].
func (*watchWorker) Timeout(*river.Job[watchArgs]) time.Duration { return watchTimeout }

// Work implements [river.Worker].
func (w *watchWorker) Work(ctx context.Context, _ *river.Job[watchArgs]) error {
	return w.s.WatchCertificates(ctx)
}
