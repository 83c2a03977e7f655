package store

import (
	"context"
	"fmt"
	"time"
)

// Correction is what was changed in a result, by whom, when and why. Changes hold
// personal data, Reason and Evidence are not to.
type Correction struct {
	ID       string // [bundle.NewID]
	Result   string
	Account  string
	At       time.Time
	Reason   string
	Evidence string // which document shows it
	Changes  []Change
}

// Change is one field of a correction, named as the column of a results file.
type Change struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// AddCorrection adds a correction, of now.
func (tx *Tx) AddCorrection(ctx context.Context, c Correction) error {
	changes, err := text(c.Changes)
	if err == nil {
		_, err = tx.conn.exec(ctx,
			`INSERT INTO corrections (id, result, account, at, reason, evidence, changes) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			c.ID, c.Result, c.Account, micros(tx.now), c.Reason, c.Evidence, changes)
	}
	if err != nil {
		return fmt.Errorf("adding a correction of result %s: %w", c.Result, err)
	}
	return nil
}

// Corrections lists the corrections of a result, the newest first.
func (v *View) Corrections(ctx context.Context, of string, p Page) ([]Correction, string, error) {
	at, id := int64(newest), ""
	if err := p.read(&at, &id); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	found, err := list(ctx, v, correction,
		`SELECT id, result, account, at, reason, evidence, changes FROM corrections
		 WHERE result = $1 AND (at, id) < ($2, $3) ORDER BY at DESC, id DESC LIMIT $4`, of, at, id, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing corrections of result %s: %w", of, err)
	}
	found, next := cut(found, limit, func(c *Correction) string { return cursor(c.At.UnixMicro(), c.ID) })
	return found, next, nil
}

func correction(r rows) (c Correction, err error) {
	err = r.Scan(&c.ID, &c.Result, &c.Account, instant(&c.At), &c.Reason, &c.Evidence, object(&c.Changes))
	return c, err
}
