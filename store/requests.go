package store

import (
	"context"
	"fmt"
	"time"
)

// RequestState is where a signing request stands.
type RequestState string

// The states. Only an open request is ever moved.
const (
	RequestOpen    RequestState = "open"
	RequestDone    RequestState = "done"
	RequestLapsed  RequestState = "lapsed"
	RequestRefused RequestState = "refused"
)

// Request asks one account for signatures, by one carrier of its key.
type Request struct {
	ID        string // [bundle.NewID]
	Account   string
	Carrier   string
	CreatedAt time.Time
	ExpiresAt time.Time
	State     RequestState
	ClosedAt  time.Time // zero while it is open

	// Certificate is the SHA-256 of the certificate under which it was prepared.
	Certificate Digest
	Items       []Item
}

// Item is one signature that is asked for. Its state is open, done or lapsed.
type Item struct {
	ID       string // [bundle.NewID]
	Request  string
	Bundle   string
	Kind     string // what is signed: see package signer
	Base     Digest // of the blob that the signature extends
	Prepared string // JSON, the server's half of the signature
	State    RequestState
	DoneAt   time.Time
	Signed   Digest // of the blob with the finished signature; zero while it is open
}

const (
	requestColumns = `id, account, carrier, created_at, expires_at, state, closed_at, certificate`
	itemColumns    = `id, request, bundle, kind, base, prepared, state, done_at, signed`
)

// AddRequest adds an open request of now with its items. While another request has an
// open item for the same bundle and kind, it is ErrConflict.
func (tx *Tx) AddRequest(ctx context.Context, r Request) error {
	statements := []statement{{
		`INSERT INTO requests (id, account, carrier, created_at, expires_at, state, certificate) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		[]any{r.ID, r.Account, r.Carrier, micros(tx.now), micros(r.ExpiresAt), string(RequestOpen), r.Certificate[:]},
	}}
	for n, i := range r.Items {
		statements = append(statements, statement{
			`INSERT INTO items (id, request, n, bundle, kind, base, prepared, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			[]any{i.ID, r.ID, n, i.Bundle, i.Kind, i.Base[:], i.Prepared, string(RequestOpen)},
		})
	}
	if _, err := tx.conn.all(ctx, statements); err != nil {
		return fmt.Errorf("adding request %s with its items: %w", r.ID, err)
	}
	return nil
}

// CompleteItem uses an open item up, once, by whichever server comes first; for every
// other it is ErrStale. signed names the blob with the finished signature.
func (tx *Tx) CompleteItem(_ context.Context, id string, signed Digest) error {
	return tx.postpone(true, func(err error) error { return fmt.Errorf("completing item %s: %w", id, err) },
		`UPDATE items SET state = $1, done_at = $2, signed = $3 WHERE id = $4 AND state = $5`, string(RequestDone), micros(tx.now), signed[:], id, string(RequestOpen))
}

// DropItem gives up an item that is done, because what belongs to it is to be signed
// under another certificate; one that is not done is ErrStale.
func (tx *Tx) DropItem(ctx context.Context, id string) error {
	err := swapped(tx.conn.exec(ctx, `UPDATE items SET state = $1 WHERE id = $2 AND state = $3`,
		string(RequestLapsed), id, string(RequestDone)))
	if err != nil {
		return fmt.Errorf("dropping item %s: %w", id, err)
	}
	return nil
}

// LapseItem gives up an open item, because what it was to sign is there no more; one that
// is not open is ErrStale.
func (tx *Tx) LapseItem(ctx context.Context, id string) error {
	err := swapped(tx.conn.exec(ctx, `UPDATE items SET state = $1 WHERE id = $2 AND state = $3`,
		string(RequestLapsed), id, string(RequestOpen)))
	if err != nil {
		return fmt.Errorf("lapsing item %s: %w", id, err)
	}
	return nil
}

// CloseRequest takes an open request to its last state; one that is closed already is
// ErrStale. Items that are still open lapse with it, those that are done stay.
func (tx *Tx) CloseRequest(ctx context.Context, id string, to RequestState) error {
	err := swapped(tx.conn.exec(ctx, `UPDATE requests SET state = $1, closed_at = $2 WHERE id = $3 AND state = $4`,
		string(to), micros(tx.now), id, string(RequestOpen)))
	if err == nil {
		_, err = tx.conn.exec(ctx, `UPDATE items SET state = $1 WHERE request = $2 AND state = $3`,
			string(RequestLapsed), id, string(RequestOpen))
	}
	if err != nil {
		return fmt.Errorf("closing request %s: %w", id, err)
	}
	return nil
}

// Request reads a request with its items.
func (v *View) Request(ctx context.Context, id string) (Request, error) {
	r, err := only(ctx, v, request,
		`SELECT `+requestColumns+` FROM requests WHERE id = $1`, id)
	if err == nil {
		r.Items, err = list(ctx, v, item,
			`SELECT `+itemColumns+` FROM items WHERE request = $1 ORDER BY n`, id)
	}
	if err != nil {
		return Request{}, fmt.Errorf("reading request %s: %w", id, err)
	}
	return r, nil
}

// Item reads one item.
func (v *View) Item(ctx context.Context, id string) (Item, error) {
	i, err := only(ctx, v, item,
		`SELECT `+itemColumns+` FROM items WHERE id = $1`, id)
	if err != nil {
		return Item{}, fmt.Errorf("reading item %s: %w", id, err)
	}
	return i, nil
}

// OpenItem finds the one open item for a bundle and kind.
func (v *View) OpenItem(ctx context.Context, bundle, kind string) (Item, error) {
	i, err := only(ctx, v, item,
		`SELECT `+itemColumns+` FROM items
		 WHERE bundle = $1 AND kind = $2 AND state = 'open'`, bundle, kind)
	if err != nil {
		return Item{}, fmt.Errorf("reading the open item for %s of bundle %s: %w", kind, bundle, err)
	}
	return i, nil
}

// ItemsOf lists every item that was ever asked for a bundle.
func (v *View) ItemsOf(ctx context.Context, bundle string) ([]Item, error) {
	items, err := list(ctx, v, item,
		`SELECT `+itemColumns+` FROM items WHERE bundle = $1 ORDER BY id LIMIT $2`, bundle, MaxItems)
	if err != nil {
		return nil, fmt.Errorf("listing items of bundle %s: %w", bundle, err)
	}
	return items, nil
}

// MaxItems bounds [View.ItemsOf]: two for each request for one bundle.
const MaxItems = 10_000

// RequestOf reads the open request that concerns a bundle.
func (v *View) RequestOf(ctx context.Context, bundle string) (Request, error) {
	var id string
	err := v.one(ctx, `SELECT request FROM items WHERE bundle = $1 AND state = 'open' LIMIT 1`, []any{bundle}, &id)
	if err != nil {
		return Request{}, fmt.Errorf("reading the open request for bundle %s: %w", bundle, err)
	}
	return v.Request(ctx, id)
}

// Requests lists an account's requests without their items, the newest first.
func (v *View) Requests(ctx context.Context, account string, p Page) ([]Request, string, error) {
	at, id := int64(newest), ""
	if err := p.read(&at, &id); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	requests, err := list(ctx, v, request,
		`SELECT `+requestColumns+` FROM requests
		 WHERE account = $1 AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4`, account, at, id, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing requests of %s: %w", account, err)
	}
	requests, next := cut(requests, limit, func(r *Request) string { return cursor(r.CreatedAt.UnixMicro(), r.ID) })
	return requests, next, nil
}

// RequestsDue lists the ids of open requests that have expired by now, the longest
// expired first, at most limit.
func (v *View) RequestsDue(ctx context.Context, now time.Time, limit int) ([]string, error) {
	ids, err := list(ctx, v, func(r rows) (id string, err error) { return id, r.Scan(&id) },
		`SELECT id FROM requests WHERE state = 'open' AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2`,
		micros(now), min(limit, MaxPage))
	if err != nil {
		return nil, fmt.Errorf("listing requests that are due: %w", err)
	}
	return ids, nil
}

func request(r rows) (x Request, err error) {
	err = r.Scan(&x.ID, &x.Account, &x.Carrier, instant(&x.CreatedAt), instant(&x.ExpiresAt), &x.State, instant(&x.ClosedAt),
		digest(&x.Certificate))
	return x, err
}

func item(r rows) (i Item, err error) {
	err = r.Scan(&i.ID, &i.Request, &i.Bundle, &i.Kind, digest(&i.Base), &i.Prepared, &i.State, instant(&i.DoneAt), digest(&i.Signed))
	return i, err
}
