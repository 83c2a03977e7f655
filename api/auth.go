package api

import (
	"context"
	"strings"

	"kytiem/attest"
)

// authenticate finds out who calls (RFC 6750, 2.1). Who shows a token that is none is
// sent away even where nobody needs one: they believe to be somebody.
func (c *call) authenticate(ctx context.Context) error {
	shown := c.gin.Request.Header.Values("Authorization")
	if len(shown) == 0 {
		if c.op.public {
			return nil
		}
		return attest.ErrUnauthenticated
	}
	scheme, token, _ := strings.Cut(shown[0], " ")
	if len(shown) > 1 || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return attest.ErrUnauthenticated
	}
	var err error
	if c.who, err = c.api.service.Authenticate(ctx, token); err != nil {
		return err
	}
	c.token = token
	return nil
}
