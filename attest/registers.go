package attest

import (
	"context"
	"time"

	"kytiem/bundle"
	"kytiem/store"
)

// What the registers hold.
type (
	Account     = store.Account
	Token       = store.Token
	Certificate = store.Certificate
)

// Units lists the register of units by code and time; below says of which unit, "" of
// all.
func (s *Service) Units(ctx context.Context, who Actor, below string, p Page) ([]bundle.Unit, string, error) {
	return nil, "", ErrNotFound
}

// UnitsOf lists the units that had a code, in the order of time.
func (s *Service) UnitsOf(ctx context.Context, who Actor, code string) ([]bundle.Unit, error) {
	return nil, ErrNotFound
}

// PutUnits adds units to the register, or changes those with the same code and first
// day, all or none.
func (s *Service) PutUnits(ctx context.Context, who Actor, units []bundle.Unit) error {
	return ErrNotFound
}

// Accounts lists the accounts of a unit; of "" those above units.
func (s *Service) Accounts(ctx context.Context, who Actor, unit string, p Page) ([]Account, string, error) {
	return nil, "", ErrNotFound
}

// AccountOf reads an account: its own for anybody who is signed in.
func (s *Service) AccountOf(ctx context.Context, who Actor, id string) (Account, error) {
	return Account{}, ErrNotFound
}

// AddAccount adds an account with a role in a unit, or above units (ErrRole).
func (s *Service) AddAccount(ctx context.Context, who Actor, name string, role Role, unit string) (Account, error) {
	return Account{}, ErrNotFound
}

// DisableAccount takes an account out of use, with all its tokens.
func (s *Service) DisableAccount(ctx context.Context, who Actor, id string) (Account, error) {
	return Account{}, ErrNotFound
}

// DefaultTokenLife is how long a token is good.
const DefaultTokenLife = 90 * 24 * time.Hour

// Issued is a new token. Secret is told this once and kept nowhere.
type Issued struct {
	Token
	Secret string
}

// IssueToken makes a token for an account; life zero is DefaultTokenLife.
func (s *Service) IssueToken(ctx context.Context, who Actor, account string, life time.Duration) (Issued, error) {
	return Issued{}, ErrNotFound
}

// Tokens lists the tokens of an account.
func (s *Service) Tokens(ctx context.Context, who Actor, account string, p Page) ([]Token, string, error) {
	return nil, "", ErrNotFound
}

// RevokeToken revokes a token at once, for calls under way too.
func (s *Service) RevokeToken(ctx context.Context, who Actor, id string) error { return ErrNotFound }
