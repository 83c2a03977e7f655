package store

import (
	"context"
	"fmt"
	"time"
)

// Token is what an account shows with each call. The token itself is nowhere: only
// its SHA-256 is kept, which suffices since tokens are random.
type Token struct {
	ID        string // [bundle.NewID]
	Account   string
	Hash      Digest
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time // zero while it is not revoked
}

// Live reports whether the token opens anything at now.
func (t *Token) Live(now time.Time) bool { return t.RevokedAt.IsZero() && now.Before(t.ExpiresAt) }

// AddToken adds a token, created now, to an account that is there.
func (tx *Tx) AddToken(ctx context.Context, t Token) error {
	_, err := tx.conn.exec(ctx, `INSERT INTO tokens (id, account, hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		t.ID, t.Account, t.Hash[:], micros(tx.now), micros(t.ExpiresAt))
	if err != nil {
		return fmt.Errorf("adding token %s: %w", t.ID, err)
	}
	return nil
}

// RevokeToken revokes a token, once; again it is ErrStale.
func (tx *Tx) RevokeToken(ctx context.Context, id string) error {
	err := swapped(tx.conn.exec(ctx, `UPDATE tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL`, micros(tx.now), id))
	if err != nil {
		return fmt.Errorf("revoking token %s: %w", id, err)
	}
	return nil
}

// TokenByHash finds a token and its account, whatever became of either: whether they
// are still good is for the caller to ask.
func (v *View) TokenByHash(ctx context.Context, hash Digest) (t Token, a Account, err error) {
	err = v.one(ctx,
		`SELECT t.id, t.account, t.hash, t.created_at, t.expires_at, t.revoked_at,
		        a.id, a.name, a.role, a.unit, a.created_at, a.disabled_at
		 FROM tokens AS t JOIN accounts AS a ON a.id = t.account WHERE t.hash = $1`, []any{hash[:]},
		&t.ID, &t.Account, digest(&t.Hash), instant(&t.CreatedAt), instant(&t.ExpiresAt), instant(&t.RevokedAt),
		&a.ID, &a.Name, &a.Role, &a.Unit, instant(&a.CreatedAt), instant(&a.DisabledAt))
	if err != nil {
		return Token{}, Account{}, fmt.Errorf("reading token: %w", err)
	}
	return t, a, nil
}

// Token reads a token.
func (v *View) Token(ctx context.Context, id string) (Token, error) {
	t, err := only(ctx, v, token, `SELECT id, account, hash, created_at, expires_at, revoked_at FROM tokens WHERE id = $1`, id)
	if err != nil {
		return Token{}, fmt.Errorf("reading token %s: %w", id, err)
	}
	return t, nil
}

// Tokens lists the tokens of an account, those no longer good too.
func (v *View) Tokens(ctx context.Context, account string, p Page) ([]Token, string, error) {
	var after string
	if err := p.read(&after); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	tokens, err := list(ctx, v, token,
		`SELECT id, account, hash, created_at, expires_at, revoked_at FROM tokens WHERE account = $1 AND id > $2 ORDER BY id LIMIT $3`,
		account, after, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing tokens of %s: %w", account, err)
	}
	tokens, next := cut(tokens, limit, func(t *Token) string { return cursor(t.ID) })
	return tokens, next, nil
}

func token(r rows) (t Token, err error) {
	err = r.Scan(&t.ID, &t.Account, digest(&t.Hash), instant(&t.CreatedAt), instant(&t.ExpiresAt), instant(&t.RevokedAt))
	return t, err
}
