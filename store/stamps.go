package store

import (
	"context"
	"fmt"
	"iter"
	"time"

	"kytiem/audit"
)

// Stamp is a head of the audit chain that a time-stamping authority has seen: from
// then on what stands before it cannot be rewritten unnoticed.
type Stamp struct {
	Head  audit.Head
	Token []byte    // time-stamp token (RFC 3161, 2.4.2) over Head
	At    time.Time // as the token says
}

// AddStamp adds a stamp; a head that has one already is ErrConflict.
func (tx *Tx) AddStamp(ctx context.Context, s Stamp) error {
	_, err := tx.conn.exec(ctx, `INSERT INTO stamps (seq, sum, token, at) VALUES ($1, $2, $3, $4)`,
		s.Head.Seq, s.Head.Sum[:], s.Token, micros(s.At))
	if err != nil {
		return fmt.Errorf("adding the stamp of entry %d: %w", s.Head.Seq, err)
	}
	return nil
}

// Stamps walks the stamps in the order of the chain.
func (v *View) Stamps(ctx context.Context) iter.Seq2[Stamp, error] {
	return walk(ctx, v, stamp, `SELECT seq, sum, token, at FROM stamps ORDER BY seq`)
}

// LastStamp reads the stamp of the latest head.
func (v *View) LastStamp(ctx context.Context) (Stamp, error) {
	s, err := only(ctx, v, stamp, `SELECT seq, sum, token, at FROM stamps ORDER BY seq DESC LIMIT 1`)
	if err != nil {
		return Stamp{}, fmt.Errorf("reading the last stamp: %w", err)
	}
	return s, nil
}

// AuditEntry reads the entry with one number.
func (v *View) AuditEntry(ctx context.Context, seq int64) (audit.Entry, error) {
	e, err := only(ctx, v, auditEntry,
		`SELECT seq, at, act, actor, unit, subject, detail, prev, sum FROM audit WHERE seq = $1`, seq)
	if err != nil {
		return audit.Entry{}, fmt.Errorf("reading audit entry %d: %w", seq, err)
	}
	return e, nil
}

func stamp(r rows) (s Stamp, err error) {
	err = r.Scan(&s.Head.Seq, digest(&s.Head.Sum), &s.Token, instant(&s.At))
	return s, err
}
