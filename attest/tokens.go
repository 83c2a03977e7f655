package attest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/store"
)

// How long a token is good: unless another life is asked for, and at most.
const (
	DefaultTokenLife = 90 * 24 * time.Hour
	MaxTokenLife     = 3650 * 24 * time.Hour
)

// tokenBytes are random, which is why an unsalted digest of a token suffices.
const tokenBytes = 32

// Issued is a new token. Secret is told this once and kept nowhere.
type Issued struct {
	Token
	Secret string
}

// IssueToken makes a token for an account; life zero is DefaultTokenLife. An account out
// of use gets none (ErrConflict). An idempotency key is not answered by this step, since
// the answer would be kept and the secret with it: the key stays claimed instead, so that
// the call is not made twice and no repeat tells the secret again.
func (s *Service) IssueToken(ctx context.Context, who Actor, account string, life time.Duration) (Issued, error) {
	a, err := s.store.Glance().Account(ctx, account)
	if err := s.guard(ctx, who, WriteAccounts, a.Unit, account, err); err != nil {
		return Issued{}, err
	}
	if life == 0 {
		life = DefaultTokenLife
	}
	if life < 0 || life > MaxTokenLife {
		return Issued{}, fmt.Errorf("life of a token: %w", bundle.ErrMalformed)
	}
	random := make([]byte, tokenBytes)
	if _, err := rand.Read(random); err != nil {
		return Issued{}, err
	}
	secret := TokenPrefix + base64.RawURLEncoding.EncodeToString(random)
	return step(apart(ctx), s, who, func(tx *store.Tx) (Issued, error) {
		a, err := tx.Account(ctx, account)
		if err != nil {
			return Issued{}, err
		}
		if !a.DisabledAt.IsZero() {
			return Issued{}, fmt.Errorf("account %s, which is out of use: %w", account, ErrConflict)
		}
		t := Token{ID: bundle.NewID(), Account: account, Hash: sha256.Sum256([]byte(secret)), CreatedAt: tx.Now(),
			ExpiresAt: tx.Now().Add(life)}
		if err := tx.AddToken(ctx, t); err != nil {
			return Issued{}, err
		}
		if err := hold(ctx, tx); err != nil {
			return Issued{}, err
		}
		return Issued{t, secret}, tx.Audit("tokens.issue", who.Account, a.Unit, t.ID, audit.ID("account", account),
			audit.Count("seconds", int64(life/time.Second)))
	})
}

// Tokens lists the tokens of an account: its own for anybody who is signed in.
func (s *Service) Tokens(ctx context.Context, who Actor, account string, p Page) ([]Token, string, error) {
	if _, err := s.AccountOf(ctx, who, account); err != nil {
		return nil, "", err
	}
	return s.store.Glance().Tokens(ctx, account, p)
}

// RevokeToken revokes a token at once, for calls under way too; again it is ErrStale.
func (s *Service) RevokeToken(ctx context.Context, who Actor, id string) error {
	v := s.store.Glance()
	t, err := v.Token(ctx, id)
	var a Account
	if err == nil {
		a, err = v.Account(ctx, t.Account)
	}
	if err := s.guard(ctx, who, WriteAccounts, a.Unit, id, err); err != nil {
		return err
	}
	_, err = step(ctx, s, who, func(tx *store.Tx) (struct{}, error) {
		if err := tx.RevokeToken(ctx, id); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, tx.Audit("tokens.revoke", who.Account, a.Unit, id, audit.ID("account", a.ID))
	})
	return err
}

// revokeTokens revokes what tokens of an account are not yet, and gives how many.
func revokeTokens(ctx context.Context, tx *store.Tx, account string) (revoked int, err error) {
	for p := (store.Page{Limit: store.MaxPage}); ; {
		tokens, next, err := tx.Tokens(ctx, account, p)
		if err != nil {
			return revoked, err
		}
		for _, t := range tokens {
			if !t.RevokedAt.IsZero() {
				continue
			}
			err := tx.RevokeToken(ctx, t.ID)
			if errors.Is(err, store.ErrStale) { // by somebody else just now
				continue
			}
			if err != nil {
				return revoked, err
			}
			revoked++
		}
		if p.After = next; next == "" {
			return revoked, nil
		}
	}
}
