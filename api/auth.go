package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"

	"kytiem/attest"
	"kytiem/bundle"
)

// authenticate finds out who calls (RFC 6750, 2.1). Who shows a token that is none is
// sent away even where nobody needs one: they believe to be somebody. And they pay for it
// as a caller without one does, so that nobody has the database asked for guess after guess;
// who cannot pay is sent away before it is.
func (c *call) authenticate(ctx context.Context) error {
	shown := c.gin.Request.Header.Values("Authorization")
	if len(shown) == 0 {
		if c.op.public {
			return nil
		}
		return attest.ErrUnauthenticated
	}
	scheme, token, _ := strings.Cut(shown[0], " ")
	sum, from := sha256.Sum256([]byte(token)), c.api.address(c.gin.Request)
	if !c.api.known.holds(sum) && !c.api.purses.affords(from, 1) {
		return errRate
	}
	err := attest.ErrUnauthenticated
	if len(shown) == 1 && strings.EqualFold(scheme, "Bearer") && token != "" {
		c.who, err = c.api.service.Authenticate(ctx, token)
	}
	switch {
	case errors.Is(err, attest.ErrUnauthenticated):
		c.api.known.forget(sum)
		c.api.purses.charge(from, 1)
		return err
	case err != nil:
		return err
	}
	c.api.known.add(sum)
	c.token = token
	return nil
}

// knownCount bounds the table of known tokens. One that is forgotten is looked up like a
// guess, and is known again.
const knownCount = 20_000

// known are the SHA-256 of tokens that were found good. It opens nothing: each call asks
// for its token again. It keeps those who have one from being sent away for what others
// guess, or ask without one, behind the same address.
type known struct {
	mutex sync.Mutex
	recent[bundle.HexHash, struct{}]
}

func (k *known) holds(sum bundle.HexHash) bool {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	_, is := k.find(sum)
	return is
}

func (k *known) add(sum bundle.HexHash) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.keep(sum, struct{}{})
}

func (k *known) forget(sum bundle.HexHash) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	delete(k.young, sum)
	delete(k.old, sum)
}
