package store

import (
	"context"
	"fmt"
	"time"
)

// Anchor is what was said last of a trust anchor while the service runs, beside the
// directory that the program was started with.
type Anchor struct {
	SHA256    Digest // of DER
	DER       []byte
	Purposes  []string
	Domain    string // empty where nobody stated it
	From      time.Time
	Until     time.Time // zero: open
	Removed   bool
	ChangedAt time.Time
}

const anchorColumns = `sha256, der, purposes, domain, trusted_from, trusted_until, removed, changed_at`

// ChangeTrust begins a change of anchors: one after the other, on whichever server. It has
// to come before the anchors are read.
func (tx *Tx) ChangeTrust(ctx context.Context) error {
	if err := swapped(tx.conn.exec(ctx, `UPDATE trust SET generation = generation + 1 WHERE id = 1`)); err != nil {
		return fmt.Errorf("beginning a change of trust: %w", err)
	}
	return nil
}

// PutAnchor writes what is said of an anchor from now on.
func (tx *Tx) PutAnchor(ctx context.Context, a Anchor) error {
	purposes, err := text(a.Purposes)
	if err == nil {
		_, err = tx.conn.exec(ctx,
			`INSERT INTO anchors (`+anchorColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			 ON CONFLICT (sha256) DO UPDATE SET purposes = excluded.purposes, domain = excluded.domain, trusted_from = excluded.trusted_from,
			 trusted_until = excluded.trusted_until, removed = excluded.removed, changed_at = excluded.changed_at`,
			a.SHA256[:], a.DER, purposes, a.Domain, micros(a.From), micros(a.Until), flagged(a.Removed), micros(tx.now))
	}
	if err != nil {
		return fmt.Errorf("writing anchor %s: %w", a.SHA256, err)
	}
	return nil
}

// TrustGeneration counts the changes of anchors: who holds anchors of the same number
// holds those in force.
func (v *View) TrustGeneration(ctx context.Context) (n int64, err error) {
	if err := v.one(ctx, `SELECT generation FROM trust WHERE id = 1`, nil, &n); err != nil {
		return 0, fmt.Errorf("reading the generation of trust: %w", err)
	}
	return n, nil
}

// Anchors lists what was said of anchors, in the order of their digests. They are few: who
// writes them sees to that.
func (v *View) Anchors(ctx context.Context) ([]Anchor, error) {
	found, err := list(ctx, v, anchor, `SELECT `+anchorColumns+` FROM anchors ORDER BY sha256`)
	if err != nil {
		return nil, fmt.Errorf("listing anchors: %w", err)
	}
	return found, nil
}

func anchor(r rows) (a Anchor, err error) {
	err = r.Scan(digest(&a.SHA256), &a.DER, object(&a.Purposes), &a.Domain, instant(&a.From), instant(&a.Until), flag(&a.Removed), instant(&a.ChangedAt))
	return a, err
}
