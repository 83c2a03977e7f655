package attest

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"kytiem/store"
)

// KeyLife is how long the answer to a call under an idempotency key is kept.
const KeyLife = 24 * time.Hour

// When a call under way is taken for one that died. Where several programs share the
// database, one that lives renews its claims; where one has it alone, it knows at its
// start that whoever was at work is no more (see bury), and stale is later than any call
// lasts.
const (
	staleShared = 30 * time.Second
	renewClaim  = staleShared / 4
	staleSingle = 15 * time.Minute
)

type (
	// Key is what makes a call that is repeated the same call.
	Key = store.Key
	// Answer is what a call was answered with.
	Answer = store.Answer
)

// Once is a call made under an idempotency key: it is answered in the transaction of
// its step, so that whoever repeats it gets the same answer and nothing is done twice,
// whatever died in between.
type Once struct {
	mutex  sync.Mutex // of claim, which may be renewed
	claim  *store.Claim
	settle context.CancelFunc // ends the renewing
	encode func(outcome any) (Answer, error)
}

// Claim claims a key for a call, or gives the answer that it got before. A call under
// way is ErrKeyBusy, one that is done and is answered once ErrKeySpent, a key that came
// with another body ErrKeyBody. The claim is kept up until ctx is done, or the call is answered or released.
func (s *Service) Claim(ctx context.Context, k Key) (*Once, *Answer, error) {
	once, stale := &Once{settle: func() {}}, staleShared
	if s.store.Single() {
		stale = staleSingle
	}
	var before *Answer
	err := s.store.InTx(ctx, func(tx *store.Tx) (err error) {
		once.claim, before, err = tx.ClaimKey(ctx, k, stale)
		return err
	})
	if err != nil || before != nil {
		return nil, before, err
	}
	if !s.store.Single() {
		ctx, once.settle = context.WithCancel(ctx)
		go s.renew(ctx, once)
	}
	return once, nil, nil
}

// renew keeps the claim of a call that lasts, until it is settled.
func (s *Service) renew(ctx context.Context, o *Once) {
	tick := time.NewTicker(renewClaim)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := o.renew(ctx, s.store); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "claim of an idempotency key not renewed", slog.Any("error", err))
		}
	}
}

// renew runs to its end also when the call is settled meanwhile: which claim it left
// would not be known otherwise.
func (o *Once) renew(ctx context.Context, in *store.Store) error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if ctx.Err() != nil {
		return nil
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), renewClaim)
	defer done()
	var next *store.Claim
	err := in.InTx(ctx, func(tx *store.Tx) (err error) {
		next, err = tx.RenewKey(ctx, o.claim, tx.Now())
		return err
	})
	if err == nil {
		o.claim = next
	}
	return err
}

// settled is the claim as it is in the end.
func (o *Once) settled() *store.Claim {
	o.settle()
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.claim
}

// In is the context for the step that answers the call. encode makes the answer out of
// the step's outcome.
func (o *Once) In(ctx context.Context, encode func(outcome any) (Answer, error)) context.Context {
	o.encode = encode
	return context.WithValue(ctx, onceKey{}, o)
}

type onceKey struct{}

// Release gives back the key of a call that failed, so that it can be repeated at
// once. Where the call was answered after all, that stands.
func (s *Service) Release(ctx context.Context, o *Once) error {
	claim := o.settled()
	err := s.store.InTx(ctx, func(tx *store.Tx) error { return tx.DropKey(ctx, claim) })
	if errors.Is(err, store.ErrStale) { // answered after all, or taken over
		return nil
	}
	return err
}

// bury gives back the keys of calls that a program which died left under way, so that
// who repeats them now need not wait. Where several programs share the database nobody
// knows whose calls those are.
func (s *Service) bury(ctx context.Context) error {
	if !s.store.Single() {
		return nil
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.DropClaims(ctx, s.began)
		return err
	})
}

// answer keeps the outcome of a step as the answer to the call it belongs to, if that
// came under a key.
func answer(ctx context.Context, tx *store.Tx, outcome any) error {
	once, _ := ctx.Value(onceKey{}).(*Once)
	if once == nil || once.encode == nil {
		return nil
	}
	a, err := once.encode(outcome)
	if err != nil {
		return err
	}
	return tx.AnswerKey(ctx, once.settled(), a)
}

// hold keeps a call that is answered once and never again from being made anew for as
// long as an answer would be kept.
func hold(ctx context.Context, tx *store.Tx) error {
	once, _ := ctx.Value(onceKey{}).(*Once)
	if once == nil {
		return nil
	}
	_, err := tx.RenewKey(ctx, once.settled(), tx.Now().Add(KeyLife))
	return err
}

// apart is a context for a transaction of a step that is not its last, and so does not
// answer the call.
func apart(ctx context.Context) context.Context {
	return context.WithValue(ctx, onceKey{}, (*Once)(nil))
}
