package store

import (
	"context"
	"fmt"
	"time"
)

// Progress is how far a job has come with a bundle.
type Progress struct {
	Bundle string
	Done   int
	Total  int // 0: not known yet
	At     time.Time
	Fault  string // a code, once it gave up
}

// SetProgress notes how far a job is, now.
func (tx *Tx) SetProgress(ctx context.Context, p Progress) error {
	_, err := tx.conn.exec(ctx, `INSERT INTO progress (bundle, done, total, at, fault) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (bundle) DO UPDATE SET done = $2, total = $3, at = $4, fault = $5`,
		p.Bundle, p.Done, p.Total, micros(tx.now), p.Fault)
	if err != nil {
		return fmt.Errorf("noting the progress of bundle %s: %w", p.Bundle, err)
	}
	return nil
}

// ClearProgress forgets the progress of a bundle, if there is any.
func (tx *Tx) ClearProgress(ctx context.Context, bundle string) error {
	if _, err := tx.conn.exec(ctx, `DELETE FROM progress WHERE bundle = $1`, bundle); err != nil {
		return fmt.Errorf("forgetting the progress of bundle %s: %w", bundle, err)
	}
	return nil
}

// Progress reads how far a job has come with a bundle; without a job it is ErrNotFound.
func (v *View) Progress(ctx context.Context, bundle string) (Progress, error) {
	p, err := only(ctx, v, func(r rows) (p Progress, err error) {
		err = r.Scan(&p.Bundle, &p.Done, &p.Total, instant(&p.At), &p.Fault)
		return p, err
	}, `SELECT bundle, done, total, at, fault FROM progress WHERE bundle = $1`, bundle)
	if err != nil {
		return Progress{}, fmt.Errorf("reading the progress of bundle %s: %w", bundle, err)
	}
	return p, nil
}
