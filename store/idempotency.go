package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What a repeated key can mean beside an answer.
var (
	ErrKeyBody  = errors.New("key was used with another body")
	ErrKeyBusy  = errors.New("call with this key is under way")
	ErrKeySpent = errors.New("call with this key is done, and its answer was not kept")
)

// spentAhead tells a call that was done and is not to be answered again, whose claim was
// renewed for as long as its key counts, from one that another server renewed, whose clock
// may go before this one's.
const spentAhead = time.Hour

// Key is what makes a call that is repeated the same call.
type Key struct {
	Scope string // token and route
	Key   string // the caller's
	Body  Digest
}

// Answer is what a call was answered with, to be given again.
type Answer struct {
	Status int // of HTTP, not 0
	Body   []byte
}

// Claim is the right to answer a call. It is good for one [Tx.AnswerKey] or
// [Tx.DropKey], which fails with ErrStale once another call took the key over.
type Claim struct {
	key Key
	at  time.Time
}

// ClaimKey claims a key, or gives the answer that it got before. A call under way is
// ErrKeyBusy, unless its claim is older than stale: then it died, and because what it
// did was to be committed together with its answer, it did nothing. One whose claim is
// from far ahead is done and was to be answered once (ErrKeySpent). Claim in a transaction of
// its own; answer in that of the step.
func (tx *Tx) ClaimKey(ctx context.Context, k Key, stale time.Duration) (*Claim, *Answer, error) {
	claim := &Claim{k, tx.now}
	written, err := tx.conn.exec(ctx,
		`INSERT INTO idempotency (scope, key, body_sha256, status, answer, at) VALUES ($1, $2, $3, 0, $4, $5)
		 ON CONFLICT (scope, key) DO NOTHING`, k.Scope, k.Key, k.Body[:], []byte{}, micros(tx.now))
	if err != nil {
		return nil, nil, fmt.Errorf("claiming a key: %w", err)
	}
	if written == 1 {
		return claim, nil, nil
	}
	var (
		answer Answer
		body   Digest
		at     time.Time
	)
	err = tx.one(ctx, `SELECT status, answer, body_sha256, at FROM idempotency WHERE scope = $1 AND key = $2`,
		[]any{k.Scope, k.Key}, &answer.Status, &answer.Body, digest(&body), instant(&at))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("reading a key: %w", err)
	case body != k.Body:
		return nil, nil, ErrKeyBody
	case answer.Status != 0:
		return nil, &answer, nil
	case at.Sub(tx.now) > spentAhead:
		return nil, nil, ErrKeySpent
	case tx.now.Sub(at) <= stale:
		return nil, nil, ErrKeyBusy
	}
	err = swapped(tx.conn.exec(ctx, `UPDATE idempotency SET at = $1 WHERE scope = $2 AND key = $3 AND status = 0 AND at = $4`,
		micros(tx.now), k.Scope, k.Key, micros(at)))
	if errors.Is(err, ErrStale) {
		return nil, nil, ErrKeyBusy
	}
	if err != nil {
		return nil, nil, fmt.Errorf("taking over a key: %w", err)
	}
	return claim, nil, nil
}

// RenewKey says that the call is still under way, as of at, and gives the claim that takes
// the place of c once the transaction is committed.
func (tx *Tx) RenewKey(ctx context.Context, c *Claim, at time.Time) (*Claim, error) {
	err := swapped(tx.conn.exec(ctx, `UPDATE idempotency SET at = $1 WHERE scope = $2 AND key = $3 AND status = 0 AND at = $4`,
		micros(at), c.key.Scope, c.key.Key, micros(c.at)))
	if err != nil {
		return nil, fmt.Errorf("renewing a key: %w", err)
	}
	return &Claim{c.key, at}, nil
}

// AnswerKey keeps the answer to a claimed call.
func (tx *Tx) AnswerKey(ctx context.Context, c *Claim, a Answer) error {
	err := swapped(tx.conn.exec(ctx, `UPDATE idempotency SET status = $1, answer = $2 WHERE scope = $3 AND key = $4 AND status = 0 AND at = $5`,
		a.Status, a.Body, c.key.Scope, c.key.Key, micros(c.at)))
	if err != nil {
		return fmt.Errorf("answering a key: %w", err)
	}
	return nil
}

// DropKey gives a claim back, so that the call can be repeated at once.
func (tx *Tx) DropKey(ctx context.Context, c *Claim) error {
	err := swapped(tx.conn.exec(ctx, `DELETE FROM idempotency WHERE scope = $1 AND key = $2 AND status = 0 AND at = $3`,
		c.key.Scope, c.key.Key, micros(c.at)))
	if err != nil {
		return fmt.Errorf("dropping a key: %w", err)
	}
	return nil
}

// DropClaims gives back the claims of calls that began before the given time and were not
// answered, and gives their number: for who knows that nobody is at work on them any more.
func (tx *Tx) DropClaims(ctx context.Context, before time.Time) (int, error) {
	n, err := tx.conn.exec(ctx, `DELETE FROM idempotency WHERE status = 0 AND at < $1`, micros(before))
	if err != nil {
		return 0, fmt.Errorf("dropping claims of keys: %w", err)
	}
	return int(n), nil
}

// SweepKeys forgets keys claimed before the given time and gives their number.
func (tx *Tx) SweepKeys(ctx context.Context, before time.Time) (int, error) {
	n, err := tx.conn.exec(ctx, `DELETE FROM idempotency WHERE at < $1`, micros(before))
	if err != nil {
		return 0, fmt.Errorf("sweeping keys: %w", err)
	}
	return int(n), nil
}
