package attest

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/signer"
	"kytiem/store"
)

// Status is where a bundle stands, for anybody: valid, superseded, recalled, minuted,
// or unknown while nothing attests it. It is canonical JSON (RFC 8785) so that it can
// be signed.
type Status struct {
	At           string `json:"at"` // RFC 3339, UTC: when this was said
	Bundle       string `json:"bundle"`
	Reason       string `json:"reason,omitempty"`
	Root         string `json:"root"`
	Since        string `json:"since,omitempty"` // of this status
	Status       string `json:"status"`
	SupersededBy string `json:"superseded_by,omitempty"`
	Unit         string `json:"unit"`
	V            int    `json:"v"`
}

// The statuses.
const (
	statusValid      = "valid"
	statusSuperseded = "superseded"
	statusRecalled   = "recalled"
	statusMinuted    = "minuted"
	statusUnknown    = "unknown"
)

// maxStatementBytes bounds a kept statement or reason.
const maxStatementBytes = 64 << 10

// SignedStatus is a status as it was signed.
type SignedStatus struct {
	Status
	Statement []byte // the canonical JSON of Status
	Signature []byte // CAdES over Statement, detached; nil where the service has no key
}

// StatusOf says where a bundle stands. It is public.
func (s *Service) StatusOf(ctx context.Context, id string) (SignedStatus, error) {
	v := s.store.Glance()
	b, err := v.Bundle(ctx, id)
	if err != nil {
		return SignedStatus{}, err
	}
	status := s.about(b, statusOf(b), "", "")
	act, since := "", ""
	switch status.Status {
	case statusValid:
		since = bundle.SignatureFile
	case statusMinuted:
		since = scanFile
	case statusSuperseded:
		act = "bundles.superseded"
	case statusRecalled:
		act = "bundles.recall"
	}
	status.Since = ""
	if since == bundle.SignatureFile { // raised since, it is the same signature
		l, err := v.Level(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return SignedStatus{}, err
		}
		if err == nil {
			status.Since, since = rfc3339(l.SignedAt), ""
		}
	}
	if since != "" {
		f, err := v.File(ctx, id, since)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return SignedStatus{}, err
		}
		if err == nil {
			status.Since = rfc3339(f.At)
		}
	}
	if act != "" { // what was said when it went out of force
		kept, err := s.blobOf(ctx, id, act, "statement")
		var then Status
		if err == nil && kept != nil {
			err = json.Unmarshal(kept, &then)
		}
		if err != nil {
			return SignedStatus{}, err
		}
		status.Since, status.Reason, status.SupersededBy = then.Since, then.Reason, then.SupersededBy
	}
	return s.declare(ctx, status)
}

// statusOf is what a bundle's state means to who holds its document.
func statusOf(b store.Bundle) string {
	switch state := b.Status.State; {
	case state == bundle.Signed:
		return statusValid
	case state == bundle.Minuted, state == bundle.Pending && b.Status.Before == bundle.Minuted:
		return statusMinuted
	case state == bundle.Superseded:
		return statusSuperseded
	case state == bundle.Recalled:
		return statusRecalled
	}
	return statusUnknown
}

// about words the status of a bundle from now on.
func (s *Service) about(b store.Bundle, status, reason, successor string) Status {
	now := rfc3339(s.now())
	said := Status{At: now, Bundle: b.ID, Reason: reason, Since: now, Status: status, SupersededBy: successor, Unit: b.Unit, V: 1}
	if b.Root != (bundle.HexHash{}) {
		said.Root = b.Root.String()
	}
	return said
}

func rfc3339(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

// declare signs a status with the service's own key, if it has one.
func (s *Service) declare(ctx context.Context, status Status) (SignedStatus, error) {
	said := SignedStatus{Status: status}
	var err error
	if said.Statement, err = bundle.Canonical(status); err != nil || s.o.Statements == nil {
		return said, err
	}
	said.Signature, err = s.sign(ctx, "status "+status.Bundle, said.Statement)
	return said, err
}

// sign signs a statement of the service's own.
func (s *Service) sign(ctx context.Context, title string, statement []byte) ([]byte, error) {
	certificates := make([]*x509.Certificate, len(s.o.Statements.Chain))
	for i, der := range s.o.Statements.Chain {
		var err error
		if certificates[i], err = x509.ParseCertificate(der); err != nil {
			return nil, fmt.Errorf("reading the certificate for statements: %w", err)
		}
	}
	now := s.now()
	prepared, err := signer.PrepareManifest(statement, signer.Options{Certificates: certificates, Title: title, Now: now})
	if err != nil {
		return nil, fmt.Errorf("preparing a statement: %w", err)
	}
	signatures, err := s.o.Statements.Carrier.Sign(ctx, []signer.Request{prepared.Request})
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("signing a statement: %w: %w", ErrKeyAway, err) // a device was taken out, hangs, or wants its operator
	}
	if len(signatures) != 1 {
		return nil, fmt.Errorf("signing a statement: %w", signer.ErrSignature)
	}
	return prepared.Complete(statement, signatures[0], now)
}

// keep stores a statement, for the audit chain to name.
func (said *SignedStatus) keep(ctx context.Context, tx *store.Tx) ([]audit.Fact, error) {
	sum, err := tx.PutContent(ctx, said.Statement)
	facts := []audit.Fact{audit.ID("statement", sum.String())}
	if err != nil || said.Signature == nil {
		return facts, err
	}
	sum, err = tx.PutContent(ctx, said.Signature)
	return append(facts, audit.ID("signature", sum.String())), err
}
