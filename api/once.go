package api

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
)

// maxKeyBytes bounds an Idempotency-Key.
const maxKeyBytes = 200

// How often, and how many times, giving back a key is tried again: as long as a claim is
// not taken for dead.
const (
	releaseEvery = 3 * time.Second
	releaseTries = 300
)

// errOutcome is a step that tells of something else than its call does: a fault of the
// program.
var errOutcome = errors.New("step answers with another outcome")

// once takes a step that changes something. Under an Idempotency-Key the answer is kept in
// the transaction of the step, and a repeat gets it, byte for byte. body is what a repeat
// must have in common with the first.
func once[O any](ctx context.Context, c *call, body bundle.HexHash, do func(context.Context) (O, error), tell func(O) reply) (reply, error) {
	key, err := c.key()
	if err != nil {
		return reply{}, err
	}
	if key == "" {
		outcome, err := do(ctx)
		if err != nil {
			return reply{}, err
		}
		return tell(outcome), nil
	}
	scope := c.scope()
	claim, before, err := c.api.service.Claim(ctx, attest.Key{Scope: scope, Key: key, Body: body})
	if err != nil {
		return reply{}, err
	}
	sealed, err := c.vault(scope, key)
	if err != nil {
		return reply{}, err
	}
	if before != nil {
		body, err := sealed.Open(nil, nil, before.Body, nil)
		if err != nil {
			return reply{}, fmt.Errorf("opening a kept answer: %w", err)
		}
		return reply{status: before.Status, body: body}, nil
	}
	settled := false
	defer func() { // also when the step falls over
		if !settled {
			c.release(ctx, claim)
		}
	}()
	var kept *reply
	outcome, err := do(claim.In(ctx, func(outcome any) (attest.Answer, error) {
		o, is := outcome.(O)
		if !is {
			return attest.Answer{}, fmt.Errorf("%T: %w", outcome, errOutcome)
		}
		r := tell(o)
		kept = &r
		return attest.Answer{Status: r.status, Body: sealed.Seal(nil, nil, r.body, nil)}, r.err
	}))
	if err != nil {
		return reply{}, err
	}
	if kept == nil { // nothing was there to be done, or nothing of it may be kept
		settled = c.op.secret
		return tell(outcome), nil
	}
	settled = true
	return *kept, nil
}

// release gives back the key of a call that did nothing. While the database is away that is
// tried again, so that who repeats the call afterwards need not wait until the claim counts
// as dead; should the step have happened after all, its answer stands.
func (c *call) release(ctx context.Context, claim *attest.Once) {
	ctx = context.WithoutCancel(ctx)
	err := c.api.service.Release(ctx, claim)
	if err == nil {
		return
	}
	c.api.log.WarnContext(ctx, "idempotency key not given back yet", slog.String("request", c.id), slog.String("error", err.Error()))
	if !errors.Is(err, attest.ErrUnavailable) {
		return
	}
	a, id := c.api, c.id
	go func() {
		for range releaseTries {
			select {
			case <-a.o.Stopping:
				return
			case <-time.After(releaseEvery):
			}
			if err := a.service.Release(ctx, claim); err == nil {
				a.log.InfoContext(ctx, "idempotency key given back", slog.String("request", id))
				return
			}
		}
	}()
}

// key reads the call's Idempotency-Key; empty without one.
func (c *call) key() (string, error) {
	said := c.gin.Request.Header.Values("Idempotency-Key")
	if len(said) == 0 {
		return "", nil
	}
	if len(said) > 1 || said[0] == "" || len(said[0]) > maxKeyBytes {
		return "", errKey
	}
	for _, b := range []byte(said[0]) {
		if b <= ' ' || b > '~' {
			return "", errKey
		}
	}
	return said[0], nil
}

// scope is within what a key stands for one call: the token, which is not kept, and the
// call with the ids in its path.
func (c *call) scope() string {
	sum := sha256.Sum256([]byte("scope\n" + c.token))
	return hex.EncodeToString(sum[:16]) + " " + c.op.method + " " + c.gin.Request.URL.Path
}

// vault seals kept answers by what only the caller has. Answers hold personal data, and
// nobody needs them but who repeats the call.
func (c *call) vault(scope, key string) (cipher.AEAD, error) {
	secret, err := hkdf.Key(sha256.New, []byte(c.token), []byte(scope), "kytiem kept answer\n"+key, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
