package attest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/paper"
	"kytiem/store"
)

type (
	// Account is somebody, or some program, who does things here.
	Account = store.Account

	// Token is what an account shows with each call.
	Token = store.Token

	// Certificate is a signer's certificate bound to an account and a unit.
	Certificate = store.Certificate
)

// MaxNameRunes bounds what an account is called: it stands in a narrow column of every
// list that the account confirms.
const MaxNameRunes = 80

// Accounts lists the accounts of a unit; of "" those above units.
func (s *Service) Accounts(ctx context.Context, who Actor, unit string, p Page) ([]Account, string, error) {
	if err := s.may(ctx, who, ReadAccounts, unit, unit); err != nil {
		return nil, "", err
	}
	return s.store.Glance().Accounts(ctx, unit, p)
}

// AccountOf reads an account: its own for anybody who is signed in.
func (s *Service) AccountOf(ctx context.Context, who Actor, id string) (Account, error) {
	a, err := s.store.Glance().Account(ctx, id)
	if err == nil && id == who.Account {
		return a, nil
	}
	if err := s.guard(ctx, who, ReadAccounts, a.Unit, id, err); err != nil {
		return Account{}, err
	}
	return a, nil
}

// AddAccount adds an account with a role in a unit, or above units (ErrRole). Accounts are
// named for people ("Trạm Y tế xã Phú Hòa"): records and lists say by name who confirmed
// them, which is why a name is never changed.
func (s *Service) AddAccount(ctx context.Context, who Actor, name string, role Role, unit string) (Account, error) {
	if err := s.may(ctx, who, WriteAccounts, unit, unit); err != nil {
		return Account{}, err
	}
	name = norm.NFC.String(strings.TrimSpace(name))
	if name == "" || utf8.RuneCountInString(name) > MaxNameRunes || !utf8.ValidString(name) || strings.ContainsFunc(name, misleading) {
		return Account{}, fmt.Errorf("name of an account: %w", ErrText)
	}
	if !slices.Contains(Roles(), role) || role.OfUnit() != (unit != "") {
		return Account{}, ErrRole
	}
	return step(ctx, s, who, func(tx *store.Tx) (Account, error) {
		if unit != "" {
			units, err := tx.UnitsOf(ctx, unit)
			if err != nil {
				return Account{}, err
			}
			if len(units) == 0 {
				return Account{}, fmt.Errorf("account of a unit that is not in the register: %w", ErrRole)
			}
		}
		a := Account{ID: bundle.NewID(), Name: name, Role: string(role), Unit: unit, CreatedAt: tx.Now()}
		if err := tx.AddAccount(ctx, a); err != nil {
			return Account{}, err
		}
		return a, tx.Audit("accounts.add", who.Account, unit, a.ID, audit.ID("role", string(role)))
	})
}

// misleading reports whether a rune of a name cannot be printed, or makes it read as
// another one.
func misleading(r rune) bool {
	return !paper.Printable(r) || unicode.In(r, unicode.Bidi_Control, unicode.Cf, unicode.Cc)
}

// DisableAccount takes an account out of use, with all its tokens; again it is ErrStale.
// Nobody does that to their own account (ErrForbidden): so there is always an
// administrator left. Certificates stay bound until somebody unbinds them, since what they
// signed is the account's.
func (s *Service) DisableAccount(ctx context.Context, who Actor, id string) (Account, error) {
	a, err := s.store.Glance().Account(ctx, id)
	if err := s.guard(ctx, who, WriteAccounts, a.Unit, id, err); err != nil {
		return Account{}, err
	}
	if id == who.Account {
		return Account{}, s.refuse(ctx, who, WriteAccounts, id, fmt.Errorf("own account: %w", ErrForbidden))
	}
	return step(ctx, s, who, func(tx *store.Tx) (Account, error) {
		if err := tx.DisableAccount(ctx, id); err != nil {
			return Account{}, err
		}
		revoked, err := revokeTokens(ctx, tx, id)
		if err != nil {
			return Account{}, err
		}
		a.DisabledAt = tx.Now()
		return a, tx.Audit("accounts.disable", who.Account, a.Unit, id, audit.Count("tokens", int64(revoked)))
	})
}
