package store

import (
	"context"
	"fmt"
	"time"
)

// Certificate is a signer's certificate bound to an account and a unit: by serial
// number, issuer and the identifiers in it, never by a name.
type Certificate struct {
	ID          string // of the binding, [bundle.NewID]
	Account     string
	Unit        string
	Serial      string // hexadecimal
	Issuer      string // distinguished name, RFC 4514
	SHA256      Digest // of DER
	DER         []byte
	Identifiers []string // MST:…, CCCD:…
	NotBefore   time.Time
	NotAfter    time.Time
	BoundAt     time.Time
	UnboundAt   time.Time // zero while it is bound

	// How it stands, see expiry.go.
	Issuers []byte    // DER of the authorities below the anchor, one after the other; nil while not known
	Status  string    // good, revoked, suspended or unknown, as last asked; empty: never asked
	AskedAt time.Time // zero: never
	Warned  int       // how many days before it expires it was warned of last; 0: never
}

const certificateColumns = `id, account, unit, serial, issuer, sha256, der, identifiers, not_before, not_after, bound_at, unbound_at,
	issuers, status, asked_at, warned`

// BindCertificate binds a certificate, now. A certificate that is bound already, to
// whomever, is ErrConflict, which does not end the transaction: of two first uses at
// once, the second waits for the first and can then read its binding.
func (tx *Tx) BindCertificate(ctx context.Context, c Certificate) error {
	identifiers, err := text(c.Identifiers)
	written := int64(0)
	if err == nil {
		written, err = tx.conn.exec(ctx,
			`INSERT INTO certificates (id, account, unit, serial, issuer, sha256, der, identifiers, not_before, not_after, bound_at)
			 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
			c.ID, c.Account, c.Unit, c.Serial, c.Issuer, c.SHA256[:], c.DER, identifiers,
			micros(c.NotBefore), micros(c.NotAfter), micros(tx.now))
	}
	if err == nil && written == 0 {
		err = ErrConflict
	}
	if err != nil {
		return fmt.Errorf("binding certificate %s: %w", c.SHA256, err)
	}
	return nil
}

// UnbindCertificate ends a binding, once; again it is ErrStale.
func (tx *Tx) UnbindCertificate(ctx context.Context, id string) error {
	err := swapped(tx.conn.exec(ctx, `UPDATE certificates SET unbound_at = $1 WHERE id = $2 AND unbound_at IS NULL`, micros(tx.now), id))
	if err != nil {
		return fmt.Errorf("unbinding certificate %s: %w", id, err)
	}
	return nil
}

// CertificateBySHA256 finds the binding in force of a certificate.
func (v *View) CertificateBySHA256(ctx context.Context, sum Digest) (Certificate, error) {
	c, err := only(ctx, v, certificate,
		`SELECT `+certificateColumns+` FROM certificates WHERE sha256 = $1 AND unbound_at IS NULL`, sum[:])
	if err != nil {
		return Certificate{}, fmt.Errorf("reading certificate %s: %w", sum, err)
	}
	return c, nil
}

// Certificate reads a binding.
func (v *View) Certificate(ctx context.Context, id string) (Certificate, error) {
	c, err := only(ctx, v, certificate, `SELECT `+certificateColumns+` FROM certificates WHERE id = $1`, id)
	if err != nil {
		return Certificate{}, fmt.Errorf("reading binding %s: %w", id, err)
	}
	return c, nil
}

// Certificates lists the bindings of an account, those that ended too.
func (v *View) Certificates(ctx context.Context, account string, p Page) ([]Certificate, string, error) {
	return v.certificates(ctx, p, `SELECT `+certificateColumns+` FROM certificates
		WHERE account = $1 AND id > $2 ORDER BY id LIMIT $3`, account)
}

// CertificatesOfUnit lists the bindings to a unit, those that ended too.
func (v *View) CertificatesOfUnit(ctx context.Context, unit string, p Page) ([]Certificate, string, error) {
	return v.certificates(ctx, p, `SELECT `+certificateColumns+` FROM certificates
		WHERE unit = $1 AND id > $2 ORDER BY id LIMIT $3`, unit)
}

func (v *View) certificates(ctx context.Context, p Page, query, of string) ([]Certificate, string, error) {
	var after string
	if err := p.read(&after); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	bound, err := list(ctx, v, certificate, query, of, after, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing certificates of %s: %w", of, err)
	}
	bound, next := cut(bound, limit, func(c *Certificate) string { return cursor(c.ID) })
	return bound, next, nil
}

func certificate(r rows) (c Certificate, err error) {
	err = r.Scan(&c.ID, &c.Account, &c.Unit, &c.Serial, &c.Issuer, digest(&c.SHA256), &c.DER, object(&c.Identifiers),
		instant(&c.NotBefore), instant(&c.NotAfter), instant(&c.BoundAt), instant(&c.UnboundAt), &c.Issuers, &c.Status, instant(&c.AskedAt), &c.Warned)
	return c, err
}
