package store

import (
	"context"
	"fmt"
)

// Contradiction is something that several tables say differently, and in how many rows.
type Contradiction struct {
	Code string
	Rows int
}

// Contradictions looks for what no transaction of ours can leave behind. None is what
// it finds in a database that nobody else wrote to.
func (v *View) Contradictions(ctx context.Context) ([]Contradiction, error) {
	var found []Contradiction
	for _, question := range [...]struct{ code, query string }{
		{"chunks-of-no-blob", `SELECT count(*) FROM chunks AS c WHERE NOT EXISTS (SELECT 1 FROM blobs AS b WHERE b.id = c.blob)`},
		{"blob-with-other-chunks", `SELECT count(*) FROM blobs AS b WHERE b.chunks <> (SELECT count(*) FROM chunks AS c WHERE c.blob = b.id)`},
		{"claim-of-no-bundle", `SELECT count(*) FROM results AS r WHERE r.bundle IS NOT NULL AND NOT EXISTS
			(SELECT 1 FROM bundles AS b WHERE b.id = r.bundle)`},
		{"claim-without-standing", `SELECT count(*) FROM results WHERE bundle IS NOT NULL AND standing <> 32 OR bundle IS NULL AND standing = 32`},
		{"half-confirmation", `SELECT count(*) FROM results WHERE (health_by IS NULL) <> (health_at IS NULL) OR (police_by IS NULL) <> (police_at IS NULL)`},
		{"claim-unconfirmed", `SELECT count(*) FROM results WHERE bundle IS NOT NULL AND (health_by IS NULL OR police_by IS NULL)`},
		{"standing-other-than-confirmed", `SELECT count(*) FROM results WHERE bundle IS NULL AND
			(((standing & 8) = 0) <> (health_by IS NOT NULL) OR ((standing & 16) = 0) <> (police_by IS NOT NULL))`},
		{"open-item-of-closed-request", `SELECT count(*) FROM items AS i JOIN requests AS r ON r.id = i.request WHERE i.state = 'open' AND r.state <> 'open'`},
		{"pending-without-way-back", `SELECT count(*) FROM bundles WHERE (state = 'pending') = (before = '')`},
		{"pending-without-request", `SELECT count(*) FROM bundles AS b WHERE b.state = 'pending' AND NOT
			EXISTS (SELECT 1 FROM items AS i WHERE i.bundle = b.id AND i.state = 'open')`},
		{"request-without-pending", `SELECT count(*) FROM bundles AS b WHERE b.state IN ('open', 'sealed', 'minuted', 'withdrawn') AND
			EXISTS (SELECT 1 FROM items AS i WHERE i.bundle = b.id AND i.state = 'open')`},
		{"sealed-without-root", `SELECT count(*) FROM bundles WHERE (state = 'open') = (root IS NOT NULL) AND state <> 'withdrawn'`},
		{"records-other-than-size", `SELECT count(*) FROM bundles AS b WHERE b.root IS NOT NULL AND b.size <>
			(SELECT count(*) FROM records AS x WHERE x.bundle = b.id)`},
		{"result-in-two-bundles-in-force", `SELECT count(*) FROM (SELECT x.result FROM records AS x JOIN bundles AS b ON b.id = x.bundle
			WHERE b.state IN ('signed', 'minuted') OR b.state IN ('sealed', 'pending') AND b.supersedes IS NULL
			GROUP BY x.result HAVING count(*) > 1) AS doubled`},
		{"level-without-signature", `SELECT count(*) FROM levels AS l WHERE NOT EXISTS
			(SELECT 1 FROM files AS f WHERE f.bundle = l.bundle AND f.name = 'manifest.p7s')`},
		{"revision-that-is-current", `SELECT count(*) FROM revisions AS r JOIN files AS f ON f.bundle = r.bundle AND f.name = r.name AND f.sha256 = r.sha256`},
		{"superseded-without-successor", `SELECT count(*) FROM bundles AS b WHERE b.state = 'superseded' AND NOT EXISTS
			(SELECT 1 FROM bundles AS s WHERE s.supersedes = b.id AND s.state <> 'withdrawn')`},
	} {
		c := Contradiction{Code: question.code}
		if err := v.one(ctx, question.query, nil, &c.Rows); err != nil {
			return nil, fmt.Errorf("looking for %s: %w", c.Code, err)
		}
		if c.Rows != 0 {
			found = append(found, c)
		}
	}
	return found, nil
}
