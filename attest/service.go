// Package attest holds the steps of the service: results come in, are corrected and
// confirmed, sealed into bundles, signed by the unit's head or minuted, replaced,
// recalled, proved and verified. It is the only place where the verbs and the store
// are put together, and the only one that says who may do what (policy.go).
//
// A step reads what it needs, does what is slow or lies outside without a
// transaction, and then has one transaction in which it asks again whether the actor
// still may, moves states by compare-and-swap, writes, notes itself in the audit chain,
// enqueues what follows, and keeps the answer to the call. All of that happens or none,
// on whichever of several servers; a step that was cut off is simply taken again.
// Nothing is kept that our own verifier would not accept.
//
// The package decodes no requests, draws no pages of its own, speaks no SQL and no
// HTTP, and logs nothing about people.
package attest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"kytiem/certs"
	"kytiem/pades"
	"kytiem/signer"
	"kytiem/store"
	"kytiem/verify"
)

// Options say what the steps rest on. Only Store is needed.
type Options struct {
	Store *store.Store

	// Anchors are where certificates of signers and time-stamping authorities have to
	// lead, beside those that are added while the service runs (see [Service.AddAnchor]).
	// Without any, nothing can be signed: our own verifier would not pass it.
	Anchors certs.Anchors

	// Domains says which trust domains are accepted for what; the zero value accepts all.
	Domains DomainPolicy

	// Revocation is asked about certificates; nil asks nobody (see certs.Offline).
	Revocation certs.RevocationSource

	// Statements is the service's own key, which signs what the service itself
	// declares: that a bundle was replaced or recalled, and what its status is. Without
	// it these are dated but not signed, and say so.
	Statements *Statements

	// Timestamper stamps the head of the audit chain, and raises signatures, which takes
	// a *certs.HTTP as Revocation, too: from nothing else can evidence be had. nil stamps
	// nothing.
	Timestamper signer.Timestamper

	// Algorithms are those that new signatures may be made with; nil is every one that the
	// regulations allow and the standard library computes (see Algorithms).
	Algorithms []pades.Algorithm

	// Lifetime is how long a signing request waits; zero is signer.DefaultLifetime.
	Lifetime time.Duration

	// Temp is where bundles are put together before they are stored; empty is the
	// system's directory for temporary files. What it holds is personal data.
	Temp string

	// DrawLater is how many results a bundle may have and still be sealed while the
	// caller waits; larger ones are sealed by a job that tells its progress. Zero is
	// DefaultDrawLater.
	DrawLater int

	Log *slog.Logger // nil logs nothing
}

// DefaultDrawLater is some two seconds of drawing.
const DefaultDrawLater = 20_000

// Statements is a key of the service's own, in a PKCS#12 file for instance.
type Statements struct {
	Carrier signer.KeyCarrier
	Chain   [][]byte // certificates, DER, leaf first
}

// Service takes the steps. It is for concurrent use, and any number of services may
// share one PostgreSQL database.
type Service struct {
	store  *store.Store
	o      Options
	log    *slog.Logger
	trees  *trees
	drawn  verify.Drawn
	turned refusals
	began  time.Time
	trust  trust

	outage outage // of the time-stamping authorities
}

// New makes a service on an open store, which stays the caller's to close.
func New(o Options) *Service {
	if o.Lifetime <= 0 {
		o.Lifetime = signer.DefaultLifetime
	}
	if o.DrawLater <= 0 {
		o.DrawLater = DefaultDrawLater
	}
	if o.Algorithms == nil {
		o.Algorithms = Algorithms()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{store: o.Store, o: o, log: o.Log, trees: newTrees(), turned: refusals{of: make(map[string]*refused)}}
	s.began = s.now()
	return s
}

// Ready reports whether steps can be taken: whether the database answers.
func (s *Service) Ready(ctx context.Context) error { return s.store.Ping(ctx) }

// now is the instant of the store, which every transaction has too.
func (s *Service) now() time.Time { return s.store.Glance().Now() }

// step is the transaction with which every step of an actor ends: it asks again
// whether the actor is still who he was when the call began, and keeps the outcome as
// the answer to the call if that was made under an idempotency key.
func step[T any](ctx context.Context, s *Service, who Actor, do func(*store.Tx) (T, error)) (outcome T, err error) {
	err = s.store.InTx(ctx, func(tx *store.Tx) error {
		if err := who.still(ctx, tx); err != nil {
			return err
		}
		var err error
		if outcome, err = do(tx); err != nil {
			return err
		}
		return answer(ctx, tx, outcome)
	})
	return outcome, err
}

// tries is how often a step is begun anew. Several who work on the same rows, each a little
// behind the other, would otherwise get in each other's way until one gives up: they pause,
// each for another while.
const (
	tries    = 8
	tryPause = 20 * time.Millisecond // at most, after the first try; then longer
)

// again takes a step that another server got in the way of once more, from what is so
// now. take must begin from the beginning.
func again[T any](take func() (T, error)) (T, error) {
	return retried(take, store.ErrStale, store.ErrDeadlock)
}

// gaveWay is again for a step whose actor has to be told when what he decided on is no
// longer so, and need not be told that two transactions waited for each other.
func gaveWay[T any](take func() (T, error)) (T, error) { return retried(take, store.ErrDeadlock) }

func retried[T any](take func() (T, error), causes ...error) (T, error) {
	for try := 1; ; try++ {
		outcome, err := take()
		if try == tries || !slices.ContainsFunc(causes, func(cause error) bool { return errors.Is(err, cause) }) {
			return outcome, err
		}
		time.Sleep(time.Duration(try) * tryPause / 8 * time.Duration(time.Now().UnixMicro()%8+1)) // the clock is chance enough
	}
}

// view runs look on one state of the database, as step does for writing.
func view[T any](ctx context.Context, s *Service, look func(*store.View) (T, error)) (found T, err error) {
	err = s.store.Read(ctx, func(v *store.View) error {
		var err error
		found, err = look(v)
		return err
	})
	return found, err
}
