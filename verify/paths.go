package verify

import (
	"context"
	"crypto/sha256"
	"time"

	"kytiem/certs"
)

// wanted is what paths were built for. The pool has grown to its size by then.
type wanted struct {
	leaf [sha256.Size]byte
	use  certs.Use
	at   time.Time
	pool int
}

// built are the paths that there are, or why there is none.
type built struct {
	paths []certs.Path
	err   error
}

// maxBuilt bounds what is remembered of them. One input asks about few certificates, each
// as often as they signed.
const maxBuilt = 1000

// pathsOf builds the paths from a certificate, once for all that it signed: issuers that are
// missing are asked for once, too.
func (e *evidence) pathsOf(ctx context.Context, q question, at time.Time) ([]certs.Path, error) {
	key := wanted{sha256.Sum256(q.leaf.Raw), q.use, at, len(e.pool)}
	if known, ok := e.built[key]; ok {
		return known.paths, known.err
	}
	paths, err := e.v.Anchors.Paths(ctx, e.v.Revocation, q.use, q.leaf, e.pool, at)
	if e.built == nil {
		e.built = map[wanted]built{}
	}
	if len(e.built) < maxBuilt {
		e.built[key] = built{paths, err}
	}
	return paths, err
}
