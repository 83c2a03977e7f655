package store

import (
	"context"
	"fmt"
	"time"

	"kytiem/bundle"
)

// askedAgain is how long the same answer about a certificate is not noted anew: a head who
// signs many documents at once would have all of them wait for one row.
const askedAgain = time.Minute

// NoteCertificate keeps what was learnt about a certificate that is bound: its status, as
// of now, to a minute, and the authorities over it, nil if they are not known. What was
// revoked stays revoked, whatever is answered later (RFC 5280, 5.3.1: there is no way back).
// A certificate that is not bound is passed over.
func (tx *Tx) NoteCertificate(ctx context.Context, sum Digest, status string, issuers []byte) error {
	_, err := tx.conn.exec(ctx, `UPDATE certificates SET status = $1, asked_at = $2, issuers = COALESCE($3, issuers)
		WHERE sha256 = $4 AND unbound_at IS NULL AND status <> 'revoked'
		AND (status <> $1 OR asked_at IS NULL OR asked_at <= $5 OR issuers IS NULL AND $6)`,
		status, micros(tx.now), orNone(issuers), sum[:], micros(tx.now.Add(-askedAgain)), len(issuers) > 0)
	if err != nil {
		return fmt.Errorf("noting the status of certificate %s: %w", sum, err)
	}
	return nil
}

// orNone keeps no bytes as NULL.
func orNone(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// WarnCertificate notes that it was warned of a certificate so many days before it expires.
// Where that was done before, or for fewer days, it is ErrStale: of several servers one
// warns.
func (tx *Tx) WarnCertificate(ctx context.Context, id string, days int) error {
	err := swapped(tx.conn.exec(ctx, `UPDATE certificates SET warned = $1 WHERE id = $2 AND (warned = 0 OR warned > $1)`, days, id))
	if err != nil {
		return fmt.Errorf("noting a warning about binding %s: %w", id, err)
	}
	return nil
}

// CertificatesToAsk lists bindings in force of certificates that have not expired and that
// nobody asked about since a time.
func (v *View) CertificatesToAsk(ctx context.Context, now, since time.Time, p Page) ([]Certificate, string, error) {
	var after string
	if err := p.read(&after); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	found, err := list(ctx, v, certificate, `SELECT `+certificateColumns+` FROM certificates
		WHERE unbound_at IS NULL AND not_after >= $1 AND status <> 'revoked' AND (asked_at IS NULL OR asked_at < $2) AND id > $3
		ORDER BY id LIMIT $4`, micros(now), micros(since), after, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing certificates to ask about: %w", err)
	}
	found, next := cut(found, limit, func(c *Certificate) string { return cursor(c.ID) })
	return found, next, nil
}

// CertificatesExpiring lists bindings in force of certificates that expire between two
// times, the earliest first.
func (v *View) CertificatesExpiring(ctx context.Context, from, to time.Time, p Page) ([]Certificate, string, error) {
	at, id := int64(-newest), ""
	if err := p.read(&at, &id); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	found, err := list(ctx, v, certificate, `SELECT `+certificateColumns+` FROM certificates
		WHERE unbound_at IS NULL AND not_after >= $1 AND not_after < $2 AND (not_after, id) > ($3, $4) ORDER BY not_after, id LIMIT $5`,
		micros(from), micros(to), at, id, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing certificates that expire: %w", err)
	}
	found, next := cut(found, limit, func(c *Certificate) string { return cursor(c.NotAfter.UnixMicro(), c.ID) })
	return found, next, nil
}

// CountExpiring counts what [View.CertificatesExpiring] lists.
func (v *View) CountExpiring(ctx context.Context, from, to time.Time) (n int, err error) {
	err = v.one(ctx, `SELECT count(*) FROM certificates WHERE unbound_at IS NULL AND not_after >= $1 AND not_after < $2`,
		[]any{micros(from), micros(to)}, &n)
	if err != nil {
		return 0, fmt.Errorf("counting certificates that expire: %w", err)
	}
	return n, nil
}

// UnitsWithout lists the units of a day that attest (communes and facilities) and lie in a
// unit or are it, "" for all, for whom no account of a role in use has a certificate that
// is bound, in its time, and not known to be revoked or on hold; by code and time.
func (v *View) UnitsWithout(ctx context.Context, role, below string, day bundle.Date, now time.Time, p Page) ([]bundle.Unit, string, error) {
	var code, from string
	if err := p.read(&code, &from); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	inside, within := "", ""
	arguments := []any{role, day.String(), micros(now), code, from, limit + 1}
	if below != "" {
		inside = `WITH RECURSIVE inside (code) AS (SELECT code FROM units WHERE code = $7
			UNION SELECT u.code FROM units AS u JOIN inside AS i ON u.parent = i.code) `
		within = ` AND u.code IN (SELECT code FROM inside)`
		arguments = append(arguments, below)
	}
	units, err := list(ctx, v, unit, inside+
		`SELECT u.code, u.valid_from, u.valid_to, u.level, u.parent, u.kind, u.name, u.full_name, u.identifier FROM units AS u
		 WHERE u.level IN ('commune', 'facility') AND u.valid_from <= $2 AND (u.valid_to = '' OR u.valid_to >= $2)`+within+`
		 AND NOT EXISTS (SELECT 1 FROM certificates AS c JOIN accounts AS a ON a.id = c.account WHERE c.unit = u.code AND a.role = $1
		 AND a.disabled_at IS NULL AND c.unbound_at IS NULL AND c.not_before <= $3 AND c.not_after >= $3 AND c.status NOT IN ('revoked', 'suspended'))
		 AND (u.code, u.valid_from) > ($4, $5) ORDER BY u.code, u.valid_from LIMIT $6`, arguments...)
	if err != nil {
		return nil, "", fmt.Errorf("listing units without a certificate: %w", err)
	}
	units, next := cut(units, limit, func(u *bundle.Unit) string { return cursor(u.Code, u.ValidFrom) })
	return units, next, nil
}
