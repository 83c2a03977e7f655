package attest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/store"
)

// Actor is who takes a step. The zero Actor is anybody, who may only do what is
// public.
type Actor struct {
	Account string
	Role    Role
	Unit    string // code; empty for roles above units

	token store.Digest // zero for the operator at the machine itself
}

// Operator is who runs the program on the machine that holds the database, and could
// do anything to it anyway. The audit chain names it.
func Operator() Actor { return Actor{Account: "operator", Role: Admin} }

// Anybody reports whether the actor is not known.
func (a Actor) Anybody() bool { return a.Account == "" }

// TokenPrefix begins every token, so that one that leaks can be searched for.
const TokenPrefix = "kytiem_"

// maxTokenBytes bounds what is hashed before anybody is known.
const maxTokenBytes = 128

// Authenticate finds who a token belongs to. One that was revoked, has expired, never
// was, or belongs to an account out of use is ErrUnauthenticated, all alike.
func (s *Service) Authenticate(ctx context.Context, token string) (Actor, error) {
	if len(token) > maxTokenBytes {
		return Actor{}, ErrUnauthenticated
	}
	hash := store.Digest(sha256.Sum256([]byte(token)))
	v := s.store.Glance()
	account, err := live(ctx, v, hash)
	if err != nil {
		return Actor{}, err
	}
	return Actor{Account: account.ID, Role: Role(account.Role), Unit: account.Unit, token: hash}, nil
}

func live(ctx context.Context, v *store.View, hash store.Digest) (store.Account, error) {
	token, account, err := v.TokenByHash(ctx, hash)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return account, ErrUnauthenticated
	case err != nil:
		return account, err
	case !token.Live(v.Now()) || !account.DisabledAt.IsZero():
		return account, ErrUnauthenticated
	}
	return account, nil
}

// still asks within a transaction what Authenticate asked before a call that may have
// lasted long: a token that was revoked meanwhile opens nothing.
func (a Actor) still(ctx context.Context, tx *store.Tx) error {
	if a.token == (store.Digest{}) {
		return nil
	}
	_, err := live(ctx, &tx.View, a.token)
	return err
}

// may reports whether who may do act to something of unit. Who may not do it to any
// unit is told so (ErrForbidden). Who may, but not to this one, is told what he would be
// told if it did not exist (ErrNotFound); subject is what was asked for. Both are noted in
// the audit chain.
func (s *Service) may(ctx context.Context, who Actor, act Act, unit, subject string) error {
	reach := ReachOf(who.Role, act)
	switch {
	case who.Anybody():
		return ErrUnauthenticated
	case reach == Nowhere:
		return s.refuse(ctx, who, act, subject, ErrForbidden)
	case reach == Everywhere, unit != "" && unit == who.Unit:
		return nil
	case reach == Below:
		inside, err := s.lies(ctx, unit, who.Unit)
		if err != nil {
			return err
		}
		if inside {
			return nil
		}
	}
	return s.refuse(ctx, who, act, subject, ErrNotFound)
}

// guard is may for a thing that was looked for, with what that came to: who may not do
// act at all is told so, whether the thing is there or not.
func (s *Service) guard(ctx context.Context, who Actor, act Act, unit, subject string, found error) error {
	if found != nil && !errors.Is(found, ErrNotFound) {
		return found
	}
	if found != nil && ReachOf(who.Role, act) != Nowhere && !who.Anybody() {
		return found
	}
	return s.may(ctx, who, act, unit, subject)
}

// lies reports whether unit lies in the unit above, by any of the places in which it
// was: results of a time are read by those who were responsible and those who are.
func (s *Service) lies(ctx context.Context, unit, above string) (bool, error) {
	if unit == "" || above == "" {
		return false, nil
	}
	const tiers = 4 // facility, commune, district, province
	seen := []string{unit}
	for range tiers {
		var parents []string
		for _, code := range seen {
			units, err := s.store.Glance().UnitsOf(ctx, code)
			if err != nil {
				return false, err
			}
			for _, u := range units {
				if u.Parent == above {
					return true, nil
				}
				if u.Parent != "" {
					parents = append(parents, u.Parent)
				}
			}
		}
		seen = parents
	}
	return false, nil
}

// refuse notes a refusal and returns why. Texts that cannot stand in the chain were
// ids of nothing; what an account is refused beyond measure is counted only.
func (s *Service) refuse(ctx context.Context, who Actor, act Act, subject string, why error) error {
	if !audit.ValidText(subject) {
		subject = ""
	}
	enter, left := s.turned.count(who.Account, s.now())
	if !enter {
		return fmt.Errorf("%s: %w", act, why)
	}
	facts := []audit.Fact{audit.ID("act", string(act))}
	if left > 0 {
		facts = append(facts, audit.Count("more", int64(left)))
	}
	err := s.store.InTx(ctx, func(tx *store.Tx) error {
		return tx.Audit("refused", who.Account, who.Unit, subject, facts...)
	})
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", act, why)
}

// today is the day by which documents are dated and terms run.
func today(now time.Time) bundle.Date { return bundle.DateOf(now.In(bundle.VietnamTime())) }
