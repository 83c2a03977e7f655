package attest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/store"
)

// Confirmation is one sector's word on its part of results.
type Confirmation struct {
	Part    Part
	Results []string     // ids, MaxConfirmed at most
	Answer  bundle.Match // identity: dung or sai; vaccination: empty or dung
	Reason  string       // why sai
}

// MaxConfirmed bounds one confirmation.
const MaxConfirmed = 10_000

// Confirmed says what became of each result of a confirmation.
type Confirmed struct {
	Confirmed []string // ids, in order
	Unchanged []string // confirmed already, in a bundle, or, for identity, not complete enough to be matched
}

// Confirm confirms one part of results: identity by the police, who thereby answer đúng
// or sai (a result found wrong before and corrected since becomes cleansed), vaccination
// by the health sector.
func (s *Service) Confirm(ctx context.Context, who Actor, c Confirmation) (Confirmed, error) {
	act, err := c.act()
	if err != nil {
		return Confirmed{}, err
	}
	if len(c.Results) > MaxConfirmed {
		return Confirmed{}, fmt.Errorf("%d results, %d at most: %w", len(c.Results), MaxConfirmed, ErrTooMany)
	}
	ids := slices.Compact(slices.Sorted(slices.Values(c.Results)))
	found, err := s.store.Glance().ResultsByID(ctx, ids)
	if err != nil {
		return Confirmed{}, err
	}
	units := make(map[string]string) // and one of its results, to name
	for _, r := range found {
		units[r.Unit] = r.ID
	}
	if len(units) == 0 {
		return Confirmed{}, s.guard(ctx, who, act, "", "", ErrNotFound)
	}
	for unit, id := range units {
		if err := s.may(ctx, who, act, unit, id); err != nil {
			return Confirmed{}, err
		}
	}
	if len(found) != len(ids) {
		return Confirmed{}, fmt.Errorf("%d of %d results: %w", len(ids)-len(found), len(ids), ErrNotFound)
	}
	// Health and police work on the same rows at the same time.
	return again(func() (Confirmed, error) {
		return step(ctx, s, who, func(tx *store.Tx) (Confirmed, error) { return c.write(ctx, tx, who, units, ids) })
	})
}

// write confirms those of ids that are a unit's, unit by unit.
func (c *Confirmation) write(ctx context.Context, tx *store.Tx, who Actor, units map[string]string, ids []string) (Confirmed, error) {
	var out Confirmed
	for _, unit := range slices.Sorted(maps.Keys(units)) {
		done, err := c.confirm(ctx, tx, who, unit, ids)
		if err != nil {
			return Confirmed{}, err
		}
		out.Confirmed = append(out.Confirmed, done...)
		err = tx.Audit("results.confirm", who.Account, unit, "", audit.ID("part", string(c.Part)),
			audit.ID("answer", string(c.answer())), audit.Count("confirmed", int64(len(done))))
		if err != nil {
			return Confirmed{}, err
		}
	}
	slices.Sort(out.Confirmed)
	for _, id := range ids {
		if _, done := slices.BinarySearch(out.Confirmed, id); !done {
			out.Unchanged = append(out.Unchanged, id)
		}
	}
	return out, nil
}

// act is what the confirmation needs to be allowed.
func (c *Confirmation) act() (Act, error) {
	switch {
	case c.Part == Vaccination && (c.Answer == "" || c.Answer == bundle.Matched):
		return ConfirmVaccination, nil
	case c.Part == Identity && c.Answer == bundle.Matched:
		return ConfirmIdentity, nil
	case c.Part == Identity && c.Answer == bundle.Wrong:
		return ConfirmIdentity, reasoned(c.Reason, "")
	}
	return "", fmt.Errorf("%.20q with answer %.20q: %w", c.Part, c.Answer, ErrPart)
}

func (c *Confirmation) answer() bundle.Match {
	if c.Answer == "" {
		return bundle.Matched
	}
	return c.Answer
}

// confirm confirms those of ids that are a unit's. The table is asked again, since the
// results may have changed.
func (c *Confirmation) confirm(ctx context.Context, tx *store.Tx, who Actor, unit string, ids []string) ([]string, error) {
	if c.Part == Vaccination {
		return tx.ConfirmResults(ctx, Vaccination, unit, who.Account, ids)
	}
	found, err := tx.ResultsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	var done, only []string // those of which nothing but the confirmation changes, by the hundred
	for _, r := range found {
		if r.Unit != unit || r.Bundle != "" {
			continue
		}
		match := c.match(&r)
		switch {
		case c.Answer == bundle.Matched && !identified(&r.Result):
			continue
		case c.Answer == bundle.Matched && r.Match == match:
			only = append(only, r.ID)
			continue
		case r.Match == match && r.MatchReason == c.Reason && r.PoliceConfirmedBy == "" && !r.Amended:
			continue
		}
		r.Match, r.MatchReason, r.PoliceConfirmedBy, r.PoliceAt, r.Amended = match, c.Reason, "", time.Time{}, false
		if c.Answer == bundle.Matched {
			r.MatchReason, r.PoliceConfirmedBy, r.PoliceAt = "", who.Account, tx.Now()
		}
		if err := tx.UpdateResult(ctx, r); err != nil {
			return nil, err
		}
		done = append(done, r.ID)
	}
	confirmed, err := tx.ConfirmResults(ctx, Identity, unit, who.Account, only)
	return append(done, confirmed...), err
}

// match is what the police's answer makes of a result. Cleansed is what was found wrong,
// and was corrected after that where it had been wrong.
func (c *Confirmation) match(r *Result) bundle.Match {
	switch {
	case c.Answer == bundle.Wrong:
		return bundle.Wrong
	case r.Exempt() || r.Match == bundle.Cleansed:
		return r.Match
	case r.Match == bundle.Wrong && r.Amended:
		return bundle.Cleansed
	}
	return bundle.Matched // also where they found it wrong, and think again
}

// identified reports whether a result says enough about a person to be matched.
func identified(r *bundle.Result) bool {
	return !slices.ContainsFunc(r.Lacks(), func(l bundle.Lack) bool {
		switch l {
		case bundle.LacksName, bundle.LacksGender, bundle.LacksBirthDate, bundle.LacksIDNumber, bundle.LacksNationality:
			return true
		}
		return false
	})
}
