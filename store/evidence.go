package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
)

// Evidence is something that was fetched about the signatures of a bundle.
type Evidence struct {
	SHA256 Digest
	Kind   string // certificate, ocsp, crl, timestamp
	Source string // the address it came from; empty for what came with something else
	Size   int64
	At     time.Time
}

// AddEvidence keeps something about a bundle; what is kept already stays as it is. Many
// bundles share most of it, and it is stored once. If it was deleted from another bundle at
// this moment, it is ErrStale.
func (tx *Tx) AddEvidence(ctx context.Context, bundle, kind, source string, content []byte) error {
	sum := Digest(sha256.Sum256(content))
	var there int64
	err := tx.one(ctx, `SELECT size FROM blobs WHERE sha256 = $1`, []any{sum[:]}, &there)
	if errors.Is(err, ErrNotFound) {
		_, _, err = tx.PutBlob(ctx, bytes.NewReader(content))
	}
	if err == nil {
		_, err = tx.conn.exec(ctx, `INSERT INTO evidence (bundle, sha256, kind, source, at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (bundle, sha256) DO NOTHING`, bundle, sum[:], kind, source, micros(tx.now))
	}
	if errors.Is(err, ErrNotFound) {
		err = ErrStale
	}
	if err != nil {
		return fmt.Errorf("keeping evidence %s about bundle %s: %w", sum, bundle, err)
	}
	return nil
}

// DropEvidence deletes something that was kept about a bundle, and its content unless that
// is kept elsewhere. What is not kept is ErrNotFound; if somebody keeps the same content at
// this moment, it is ErrStale.
func (tx *Tx) DropEvidence(ctx context.Context, bundle string, sum Digest) error {
	dropped, err := tx.conn.exec(ctx, `DELETE FROM evidence WHERE bundle = $1 AND sha256 = $2`, bundle, sum[:])
	if err == nil && dropped == 0 {
		return fmt.Errorf("evidence %s about bundle %s: %w", sum, bundle, ErrNotFound)
	}
	var id string
	if err == nil {
		err = tx.one(ctx, `SELECT b.id FROM blobs AS b WHERE b.sha256 = $1
			AND NOT EXISTS (SELECT 1 FROM evidence AS e WHERE e.sha256 = b.sha256)
			AND NOT EXISTS (SELECT 1 FROM files AS f WHERE f.sha256 = b.sha256)
			AND NOT EXISTS (SELECT 1 FROM revisions AS r WHERE r.sha256 = b.sha256)
			AND NOT EXISTS (SELECT 1 FROM items AS i WHERE i.base = b.sha256 OR i.signed = b.sha256)
			AND NOT EXISTS (SELECT 1 FROM imports AS i WHERE i.errors = b.sha256)`, []any{sum[:]}, &id)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
	}
	if err == nil {
		_, err = tx.conn.exec(ctx, `DELETE FROM chunks WHERE blob = $1`, id)
	}
	if err == nil {
		_, err = tx.conn.exec(ctx, `DELETE FROM blobs WHERE id = $1`, id)
	}
	if errors.Is(err, ErrNotFound) { // somebody refers to it just now
		err = ErrStale
	}
	if err != nil {
		return fmt.Errorf("deleting evidence %s about bundle %s: %w", sum, bundle, err)
	}
	return nil
}

const evidenceColumns = `e.sha256, e.kind, e.source, b.size, e.at`

func evidence(r rows) (e Evidence, err error) {
	err = r.Scan(digest(&e.SHA256), &e.Kind, &e.Source, &e.Size, instant(&e.At))
	return e, err
}

// EvidenceOf finds one thing that is kept about a bundle.
func (v *View) EvidenceOf(ctx context.Context, bundle string, sum Digest) (Evidence, error) {
	e, err := only(ctx, v, evidence, `SELECT `+evidenceColumns+` FROM evidence AS e JOIN blobs AS b ON b.sha256 = e.sha256
		WHERE e.bundle = $1 AND e.sha256 = $2`, bundle, sum[:])
	if err != nil {
		return Evidence{}, fmt.Errorf("reading evidence %s about bundle %s: %w", sum, bundle, err)
	}
	return e, nil
}

// Evidence lists what is kept about a bundle, in the order in which it came.
func (v *View) Evidence(ctx context.Context, bundle string, p Page) ([]Evidence, string, error) {
	at, after := int64(-newest), []byte{}
	if err := p.read(&at, &after); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	found, err := list(ctx, v, evidence, `SELECT `+evidenceColumns+` FROM evidence AS e JOIN blobs AS b ON b.sha256 = e.sha256
		WHERE e.bundle = $1 AND (e.at, e.sha256) > ($2, $3) ORDER BY e.at, e.sha256 LIMIT $4`, bundle, at, after, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing evidence about bundle %s: %w", bundle, err)
	}
	found, next := cut(found, limit, func(e *Evidence) string { return cursor(e.At.UnixMicro(), e.SHA256[:]) })
	return found, next, nil
}
