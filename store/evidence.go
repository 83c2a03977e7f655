package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// Piece is evidence that is to be kept.
type Piece struct {
	SHA256       Digest // of Content
	Kind, Source string
	Content      []byte
}

// AddEvidence keeps pieces about a bundle, each there once; what is kept already stays as it
// is. Many bundles share most of them, and these are stored once. If one was deleted from
// another bundle at this moment, it is ErrStale. Transactions that keep the same must do so in
// one order.
func (tx *Tx) AddEvidence(ctx context.Context, bundle string, pieces []Piece) error {
	for batch := range slices.Chunk(pieces, 100) {
		err := tx.addEvidence(ctx, bundle, batch)
		if errors.Is(err, ErrNotFound) {
			err = ErrStale
		}
		if err != nil {
			return fmt.Errorf("keeping evidence about bundle %s: %w", bundle, err)
		}
	}
	return nil
}

func (tx *Tx) addEvidence(ctx context.Context, bundle string, pieces []Piece) error {
	places, args := make([]string, len(pieces)), make([]any, len(pieces))
	for i := range pieces {
		places[i], args[i] = "$"+strconv.Itoa(i+1), pieces[i].SHA256[:]
	}
	there, err := list(ctx, &tx.View, func(r rows) (sum Digest, err error) { return sum, r.Scan(digest(&sum)) },
		`SELECT sha256 FROM blobs WHERE sha256 IN (`+strings.Join(places, `, `)+`)`, args...)
	if err != nil {
		return err
	}
	values, args := make([]string, len(pieces)), []any{bundle, micros(tx.now)}
	for i := range pieces {
		p := &pieces[i]
		if !slices.Contains(there, p.SHA256) {
			if _, err := tx.PutContent(ctx, p.Content); err != nil {
				return err
			}
		}
		n := len(args)
		values[i] = fmt.Sprintf(`($1, $%d, $%d, $%d, $2)`, n+1, n+2, n+3)
		args = append(args, p.SHA256[:], p.Kind, p.Source)
	}
	_, err = tx.conn.exec(ctx, `INSERT INTO evidence (bundle, sha256, kind, source, at) VALUES `+strings.Join(values, `, `)+`
		ON CONFLICT (bundle, sha256) DO NOTHING`, args...)
	return err
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
