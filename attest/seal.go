package attest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/store"
)

// SealOrder says what is to be sealed.
type SealOrder struct {
	Unit string

	// Limit is how many results at most; zero: all that are ready, up to
	// bundle.MaxRecords. It does not hold for a bundle that supersedes another, which
	// takes all: what it left out would fall out of force with its predecessor. Nor for
	// one whose rows were claimed before.
	Limit int
}

// OutsideError says which results are of days on which their unit did not exist. They
// are as they were, and can be corrected.
type OutsideError struct {
	Unit    string
	Results []string // ids, the first MaxOutside of them
}

// MaxOutside bounds the results that an OutsideError names.
const MaxOutside = 100

func (e *OutsideError) Error() string {
	return fmt.Sprintf("unit %s, results %v: %v", e.Unit, e.Results[:min(len(e.Results), 5)], dossier.ErrOutsidePeriod)
}

// Unwrap says that it is about the unit's period.
func (e *OutsideError) Unwrap() error { return dossier.ErrOutsidePeriod }

// Seal puts a unit's ready results into a bundle: the unit's open one, where a step
// was cut off or a bundle is to be superseded, or a new one. It claims the rows, draws
// beside the store, and seals by compare-and-swap; of two servers that do it at once one
// wins and both tell of the same bundle. Above Options.DrawLater results a job does
// it, and the bundle comes back open with its progress, however often it is asked for.
// With nothing ready the error is ErrNothingReady, and ErrHeld too where all that is ready
// stands in a bundle in force whose successor was withdrawn. Where one code stood for
// several units in the course of time, a bundle is of one of them, the earliest that has
// results.
func (s *Service) Seal(ctx context.Context, who Actor, o SealOrder) (Bundle, error) {
	if err := s.may(ctx, who, SealBundles, o.Unit, o.Unit); err != nil {
		return Bundle{}, err
	}
	before, err := s.latest(ctx, o.Unit)
	if err != nil {
		return Bundle{}, err
	}
	return again(func() (Bundle, error) { return s.seal(ctx, who, o, before) })
}

func (s *Service) seal(ctx context.Context, who Actor, o SealOrder, before store.Bundle) (Bundle, error) {
	c, err := step(apart(ctx), s, who, func(tx *store.Tx) (*claim, error) {
		c, err := s.claim(ctx, tx, who, o)
		if err == nil && c.later { // this transaction is the call's last
			err = answer(ctx, tx, c.told)
		}
		return c, err
	})
	switch {
	case errors.Is(err, ErrNothingReady):
		// What was ready when this call came may have been sealed by one beside it.
		if now, err := s.latest(ctx, o.Unit); err != nil {
			return Bundle{}, err
		} else if now.Status.State == bundle.Sealed && (now.ID != before.ID || before.Status.State == bundle.Open) {
			return s.told(ctx, who, now)
		}
		if held, countErr := s.store.Glance().CountHeld(ctx, o.Unit); countErr != nil {
			return Bundle{}, countErr
		} else if held > 0 {
			err = fmt.Errorf("%d results: %w: %w", held, ErrHeld, err)
		}
		return Bundle{}, fmt.Errorf("unit %s: %w", o.Unit, err)
	case err != nil:
		return Bundle{}, err
	case c.later:
		return c.told, nil
	}
	return s.draw(ctx, who, c.bundle, nil)
}

// latest is the bundle that a unit opened last, the zero one where it has none. Since one
// is open at a time, only this one can be.
func (s *Service) latest(ctx context.Context, unit string) (store.Bundle, error) {
	found, _, err := s.store.Glance().Bundles(ctx, unit, store.Page{Limit: 1})
	if err != nil || len(found) == 0 {
		return store.Bundle{}, err
	}
	return found[0], nil
}

// claim is a bundle that has its rows.
type claim struct {
	bundle string
	later  bool   // a job draws it
	told   Bundle // if later
}

// claim finds or opens the unit's open bundle and gives it rows, unless it has some from
// a call that is under way or was cut off: that bundle is sealed with what it has, so
// that all who work on it draw the same.
func (s *Service) claim(ctx context.Context, tx *store.Tx, who Actor, o SealOrder) (*claim, error) {
	b, err := tx.OpenBundle(ctx, o.Unit)
	if errors.Is(err, store.ErrNotFound) {
		b, err = tx.AddBundle(ctx, bundle.NewID(), o.Unit, "")
		if errors.Is(err, store.ErrConflict) { // somebody else has opened one just now
			err = fmt.Errorf("%w: %w", store.ErrStale, err)
		}
	}
	if err != nil {
		return nil, err
	}
	n, err := tx.CountClaims(ctx, b.ID)
	if err == nil && n == 0 {
		n, err = s.gatherRows(ctx, tx, who, &b, o.Limit)
	}
	if err != nil {
		return nil, err
	}
	c := &claim{bundle: b.ID, later: n > s.o.DrawLater}
	if !c.later {
		return c, nil
	}
	if err := drawLater(ctx, tx, b, n); err != nil {
		return nil, err
	}
	c.told, err = tell(ctx, &tx.View, b)
	return c, err
}

// claimBatch is how many rows one statement claims: SQLite keeps in memory what a
// statement would have to take back, a gigabyte for a million rows.
const claimBatch = 1_000

// gatherRows has a bundle without rows claim some, all of one unit.
func (s *Service) gatherRows(ctx context.Context, tx *store.Tx, who Actor, b *store.Bundle, limit int) (int, error) {
	if limit <= 0 || limit > bundle.MaxRecords || b.Supersedes != "" {
		limit = bundle.MaxRecords
	}
	// The new version first: whoever drew with other claims finds that it is stale, and on
	// PostgreSQL two that claim for one bundle do so one after the other.
	if err := tx.TouchBundle(ctx, b); err != nil {
		return 0, err
	}
	n := 0
	for more := true; more; {
		most := min(limit-n, claimBatch)
		claimed, err := tx.ClaimResults(ctx, b, most)
		if err != nil {
			return 0, err
		}
		n += claimed
		more = claimed == most && n < limit
	}
	if n == 0 {
		return 0, ErrNothingReady
	}
	over, err := oneUnit(ctx, tx, b)
	if err != nil {
		return 0, err
	}
	n -= over
	return n, tx.Audit("bundles.claim", who.Account, b.Unit, b.ID, audit.Count("results", int64(n)))
}

// oneUnit leaves a bundle the rows of one of the units that had its code, and gives how
// many it let go.
func oneUnit(ctx context.Context, tx *store.Tx, b *store.Bundle) (int, error) {
	period, err := tx.PeriodOfClaims(ctx, b.ID)
	if err != nil {
		return 0, err
	}
	units, err := tx.UnitsOf(ctx, b.Unit) // by time
	if err != nil {
		return 0, err
	}
	first := slices.IndexFunc(units, func(u bundle.Unit) bool { return u.ValidOn(period.From) })
	if first >= 0 && units[first].ValidOn(period.To) {
		return 0, nil
	}
	outside := &OutsideError{Unit: b.Unit}
	for r, err := range tx.ResultsOf(ctx, b.ID) {
		if err != nil {
			return 0, err
		}
		if len(outside.Results) < MaxOutside && !slices.ContainsFunc(units, func(u bundle.Unit) bool { return u.ValidOn(r.VaccinatedOn) }) {
			outside.Results = append(outside.Results, r.ID)
		}
	}
	if len(outside.Results) > 0 {
		return 0, outside
	}
	return tx.NarrowClaims(ctx, b.ID, bundle.Period{From: units[first].ValidFrom, To: units[first].ValidTo})
}

// drawLater leaves a bundle to a job. One that has it already goes on; one that gave up
// says so before it is over, and does not stand in the way of the next.
func drawLater(ctx context.Context, tx *store.Tx, b store.Bundle, n int) error {
	p, err := tx.Progress(ctx, b.ID)
	options := once()
	if errors.Is(err, store.ErrNotFound) || err == nil && p.Fault != "" {
		options, err = nil, tx.SetProgress(ctx, store.Progress{Bundle: b.ID, Total: 2 * n})
	}
	if err != nil {
		return err
	}
	return tx.Enqueue(ctx, drawArgs{Bundle: b.ID}, options)
}
