package store

import (
	"cmp"
	"context"
	"fmt"
	"iter"

	"kytiem/bundle"
)

// PeriodOfClaims is the first and the last day of vaccination among the results that a
// bundle claims, zero where it claims none.
func (v *View) PeriodOfClaims(ctx context.Context, id string) (p bundle.Period, err error) {
	err = v.one(ctx, `SELECT min(vaccinated_on), max(vaccinated_on) FROM results WHERE bundle = $1`, []any{id}, date(&p.From), date(&p.To))
	if err != nil {
		return bundle.Period{}, fmt.Errorf("reading the period of bundle %s: %w", id, err)
	}
	return p, nil
}

// Claims walks the results that a bundle claims, in no particular order: to sort a
// million of them SQLite would need half a gigabyte of memory.
func (v *View) Claims(ctx context.Context, id string) iter.Seq2[Result, error] {
	return walk(ctx, v, result, `SELECT `+resultColumns+` FROM results WHERE bundle = $1`, id)
}

// Confirmers are the names of the accounts that confirmed what a bundle claims, by their
// ids.
func (v *View) Confirmers(ctx context.Context, id string) (map[string]string, error) {
	names := make(map[string]string)
	var account, name string
	for _, err := range walk(ctx, v, func(r rows) (struct{}, error) { return struct{}{}, r.Scan(&account, &name) },
		`SELECT id, name FROM accounts WHERE id IN
		 (SELECT health_by FROM results WHERE bundle = $1 UNION SELECT police_by FROM results WHERE bundle = $1)`, id) {
		if err != nil {
			return nil, fmt.Errorf("reading who confirmed the results of bundle %s: %w", id, err)
		}
		names[account] = name
	}
	return names, nil
}

// NarrowClaims lets go of the results that a bundle claims and that are of no day in p,
// which may be without a beginning or an end, and gives how many there were.
func (tx *Tx) NarrowClaims(ctx context.Context, id string, p bundle.Period) (int, error) {
	const never = "9999-12-31" // days are text, and no text stands for an end that is open
	n, err := tx.conn.exec(ctx, `UPDATE results SET bundle = NULL, standing = $1, version = version + 1
		WHERE bundle = $2 AND NOT vaccinated_on BETWEEN $3 AND $4`, int64(Ready), id, p.From.String(), cmp.Or(p.To.String(), never))
	if err != nil {
		return 0, fmt.Errorf("narrowing the claims of bundle %s: %w", id, err)
	}
	return int(n), nil
}
