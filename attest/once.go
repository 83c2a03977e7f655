package attest

import (
	"context"
	"errors"
	"time"

	"kytiem/store"
)

// KeyLife is how long the answer to a call under an idempotency key is kept.
const KeyLife = 24 * time.Hour

// staleClaim is when a call under way is taken for one that died: later than any call
// lasts.
const staleClaim = 15 * time.Minute

// Key is what makes a call that is repeated the same call, Answer what it was answered
// with.
type (
	Key    = store.Key
	Answer = store.Answer
)

// Once is a call made under an idempotency key: it is answered in the transaction of
// its step, so that whoever repeats it gets the same answer and nothing is done twice,
// whatever died in between.
type Once struct {
	claim  *store.Claim
	encode func(outcome any) (Answer, error)
}

// Claim claims a key for a call, or gives the answer that it got before. A call under
// way is ErrKeyBusy, a key that came with another body ErrKeyBody.
func (s *Service) Claim(ctx context.Context, k Key) (*Once, *Answer, error) {
	once := &Once{}
	var before *Answer
	err := s.store.InTx(ctx, func(tx *store.Tx) (err error) {
		once.claim, before, err = tx.ClaimKey(ctx, k, staleClaim)
		return err
	})
	if err != nil || before != nil {
		return nil, before, err
	}
	return once, nil, nil
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
	err := s.store.InTx(ctx, func(tx *store.Tx) error { return tx.DropKey(ctx, o.claim) })
	if errors.Is(err, store.ErrStale) { // answered after all, or taken over
		return nil
	}
	return err
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
	return tx.AnswerKey(ctx, once.claim, a)
}

// apart is a context for a transaction of a step that is not its last, and so does not
// answer the call.
func apart(ctx context.Context) context.Context { return context.WithValue(ctx, onceKey{}, (*Once)(nil)) }
