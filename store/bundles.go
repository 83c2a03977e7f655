package store

import (
	"context"
	"fmt"
	"time"

	"kytiem/bundle"
)

// Bundle is what a unit attests together, and where that stands. What was sealed
// stands in its files and in Root, Size, Counts and Period, and never changes.
type Bundle struct {
	ID         string // [bundle.NewID]
	Unit       string
	Status     bundle.Status
	Version    int64
	Root       bundle.HexHash // zero while it is open
	Size       int
	Counts     bundle.Counts
	Period     bundle.Period
	CreatedAt  time.Time
	SealedAt   time.Time
	Number     string // of the document; empty until it is signed
	Supersedes string // id of the bundle that it is to replace
}

const bundleColumns = `id, unit, state, before, version, root, size, counts, period_from, period_to, created_at, sealed_at, number, supersedes`

func readBundle(r rows) (b Bundle, err error) {
	err = r.Scan(&b.ID, &b.Unit, &b.Status.State, &b.Status.Before, &b.Version, digest(&b.Root), &b.Size, object(&b.Counts),
		date(&b.Period.From), date(&b.Period.To), instant(&b.CreatedAt), instant(&b.SealedAt), &b.Number, reference(&b.Supersedes))
	return b, err
}

// AddBundle opens a bundle of a unit, to supersede another one or none (""). While a
// unit has an open bundle, or the other one a successor that was not withdrawn, it is
// ErrConflict.
func (tx *Tx) AddBundle(ctx context.Context, id, unit, supersedes string) (Bundle, error) {
	b := Bundle{ID: id, Unit: unit, Status: bundle.Status{State: bundle.Open}, Version: 1, CreatedAt: tx.now, Supersedes: supersedes}
	counts, err := text(b.Counts)
	if err == nil {
		_, err = tx.conn.exec(ctx,
			`INSERT INTO bundles (id, unit, state, before, version, size, counts, period_from, period_to, created_at, number, supersedes)
			 VALUES ($1, $2, $3, '', $4, 0, $5, '', '', $6, '', $7)`,
			b.ID, b.Unit, string(b.Status.State), b.Version, counts, micros(tx.now), orNull(supersedes))
	}
	if err != nil {
		return Bundle{}, fmt.Errorf("adding bundle %s: %w", id, err)
	}
	return b, nil
}

// SealBundle seals an open bundle, now, with what b says of Root, Size, Counts and
// Period. On success b is as it is kept; if it was changed since it was read, the
// error is ErrStale, and if it is not open, bundle.ErrMove.
func (tx *Tx) SealBundle(ctx context.Context, b *Bundle) error {
	next, err := b.Status.Apply(bundle.Seal)
	if err != nil {
		return err
	}
	counts, err := text(b.Counts)
	if err == nil {
		err = swapped(tx.conn.exec(ctx,
			`UPDATE bundles SET state = $1, version = version + 1, root = $2, size = $3, counts = $4, period_from = $5,
			 period_to = $6, sealed_at = $7 WHERE id = $8 AND version = $9 AND state = $10`,
			string(next.State), b.Root[:], b.Size, counts, b.Period.From.String(), b.Period.To.String(), micros(tx.now),
			b.ID, b.Version, string(b.Status.State)))
	}
	if err != nil {
		return fmt.Errorf("sealing bundle %s: %w", b.ID, err)
	}
	b.Status, b.SealedAt = next, tx.now
	b.Version++
	return nil
}

// MoveBundle takes a bundle to where act leads it from where it was read to be, by
// the one table of moves: what is not in it is bundle.ErrMove. On success b is as it
// is kept; if it was changed since it was read, the error is ErrStale. Sealing is
// [Tx.SealBundle].
func (tx *Tx) MoveBundle(ctx context.Context, b *Bundle, act bundle.Act) error {
	next, err := b.Status.Apply(act)
	if err != nil {
		return err
	}
	if act == bundle.Seal {
		return fmt.Errorf("sealing without a root: %w", bundle.ErrMove)
	}
	err = swapped(tx.conn.exec(ctx,
		`UPDATE bundles SET state = $1, before = $2, version = version + 1 WHERE id = $3 AND version = $4`,
		string(next.State), string(next.Before), b.ID, b.Version))
	if err != nil {
		return fmt.Errorf("%s of bundle %s: %w", act, b.ID, err)
	}
	b.Status = next
	b.Version++
	return nil
}

// TouchBundle changes nothing but the version of a bundle, with the terms of
// [Tx.MoveBundle]: of several that are about to work on it, one goes on.
func (tx *Tx) TouchBundle(ctx context.Context, b *Bundle) error {
	return tx.NumberBundle(ctx, b, b.Number)
}

// NumberBundle notes the number of the document, with the terms of [Tx.MoveBundle].
func (tx *Tx) NumberBundle(ctx context.Context, b *Bundle, number string) error {
	err := swapped(tx.conn.exec(ctx, `UPDATE bundles SET number = $1, version = version + 1 WHERE id = $2 AND version = $3`,
		number, b.ID, b.Version))
	if err != nil {
		return fmt.Errorf("numbering bundle %s: %w", b.ID, err)
	}
	b.Number = number
	b.Version++
	return nil
}

// Bundle reads a bundle.
func (v *View) Bundle(ctx context.Context, id string) (Bundle, error) {
	b, err := only(ctx, v, readBundle, `SELECT `+bundleColumns+` FROM bundles WHERE id = $1`, id)
	if err != nil {
		return Bundle{}, fmt.Errorf("reading bundle %s: %w", id, err)
	}
	return b, nil
}

// Successor reads the bundle that is to supersede id, or has; one that was withdrawn
// is none.
func (v *View) Successor(ctx context.Context, id string) (Bundle, error) {
	b, err := only(ctx, v, readBundle, `SELECT `+bundleColumns+` FROM bundles WHERE supersedes = $1 AND state <> 'withdrawn'`, id)
	if err != nil {
		return Bundle{}, fmt.Errorf("reading the successor of bundle %s: %w", id, err)
	}
	return b, nil
}

// Bundles lists a unit's bundles, the newest first.
func (v *View) Bundles(ctx context.Context, unit string, p Page) ([]Bundle, string, error) {
	return v.bundles(ctx, p, `SELECT `+bundleColumns+` FROM bundles
		WHERE unit = $1 AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4`, unit)
}

// BundlesIn lists the bundles of all units that are in one state, the newest first.
func (v *View) BundlesIn(ctx context.Context, state bundle.State, p Page) ([]Bundle, string, error) {
	return v.bundles(ctx, p, `SELECT `+bundleColumns+` FROM bundles
		WHERE state = $1 AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4`, string(state))
}

// AllBundles lists every bundle, the oldest first.
func (v *View) AllBundles(ctx context.Context, p Page) ([]Bundle, string, error) {
	at, id := int64(-newest), ""
	if err := p.read(&at, &id); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	found, err := list(ctx, v, readBundle, `SELECT `+bundleColumns+` FROM bundles
		WHERE (created_at, id) > ($1, $2) ORDER BY created_at, id LIMIT $3`, at, id, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing bundles: %w", err)
	}
	found, next := cut(found, limit, func(b *Bundle) string { return cursor(b.CreatedAt.UnixMicro(), b.ID) })
	return found, next, nil
}

// OpenBundle reads the bundle that a unit is gathering.
func (v *View) OpenBundle(ctx context.Context, unit string) (Bundle, error) {
	b, err := only(ctx, v, readBundle, `SELECT `+bundleColumns+` FROM bundles WHERE unit = $1 AND state = 'open'`, unit)
	if err != nil {
		return Bundle{}, fmt.Errorf("reading the open bundle of unit %s: %w", unit, err)
	}
	return b, nil
}

// CountBundles counts bundles by state.
func (v *View) CountBundles(ctx context.Context) (map[bundle.State]int, error) {
	counts := make(map[bundle.State]int)
	var state bundle.State
	var n int
	for _, err := range walk(ctx, v, func(r rows) (struct{}, error) { return struct{}{}, r.Scan(&state, &n) },
		`SELECT state, count(*) FROM bundles GROUP BY state`) {
		if err != nil {
			return nil, fmt.Errorf("counting bundles: %w", err)
		}
		counts[state] = n
	}
	return counts, nil
}

func (v *View) bundles(ctx context.Context, p Page, query, of string) ([]Bundle, string, error) {
	at, id := int64(newest), ""
	if err := p.read(&at, &id); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	found, err := list(ctx, v, readBundle, query, of, at, id, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing bundles: %w", err)
	}
	found, next := cut(found, limit, func(b *Bundle) string { return cursor(b.CreatedAt.UnixMicro(), b.ID) })
	return found, next, nil
}
