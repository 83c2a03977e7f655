package store

import (
	"context"
	"fmt"
	"time"
)

// Account is somebody, or some program, who does things here. Accounts are never
// removed: what they did remains.
type Account struct {
	ID         string // [bundle.NewID]
	Name       string // for people to read
	Role       string // what it may do is the caller's to know
	Unit       string // code; empty for roles above units
	CreatedAt  time.Time
	DisabledAt time.Time // zero while it is in use
}

// AddAccount adds an account, created now.
func (tx *Tx) AddAccount(ctx context.Context, a Account) error {
	_, err := tx.conn.exec(ctx, `INSERT INTO accounts (id, name, role, unit, created_at) VALUES ($1, $2, $3, $4, $5)`,
		a.ID, a.Name, a.Role, a.Unit, micros(tx.now))
	if err != nil {
		return fmt.Errorf("adding account %s: %w", a.ID, err)
	}
	return nil
}

// DisableAccount takes an account out of use, once; again it is ErrStale.
func (tx *Tx) DisableAccount(ctx context.Context, id string) error {
	err := swapped(tx.conn.exec(ctx, `UPDATE accounts SET disabled_at = $1 WHERE id = $2 AND disabled_at IS NULL`, micros(tx.now), id))
	if err != nil {
		return fmt.Errorf("disabling account %s: %w", id, err)
	}
	return nil
}

// Account reads an account.
func (v *View) Account(ctx context.Context, id string) (Account, error) {
	a, err := only(ctx, v, account, `SELECT id, name, role, unit, created_at, disabled_at FROM accounts WHERE id = $1`, id)
	if err != nil {
		return Account{}, fmt.Errorf("reading account %s: %w", id, err)
	}
	return a, nil
}

// Accounts lists the accounts of a unit, those out of use too; of "" those above
// units.
func (v *View) Accounts(ctx context.Context, unit string, p Page) ([]Account, string, error) {
	var after string
	if err := p.read(&after); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	accounts, err := list(ctx, v, account,
		`SELECT id, name, role, unit, created_at, disabled_at FROM accounts WHERE unit = $1 AND id > $2 ORDER BY id LIMIT $3`,
		unit, after, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing accounts: %w", err)
	}
	accounts, next := cut(accounts, limit, func(a *Account) string { return cursor(a.ID) })
	return accounts, next, nil
}

func account(r rows) (a Account, err error) {
	err = r.Scan(&a.ID, &a.Name, &a.Role, &a.Unit, instant(&a.CreatedAt), instant(&a.DisabledAt))
	return a, err
}
