package store

import (
	"context"
	"fmt"
	"time"
)

// Level is how far a bundle's signatures are raised, and what keeps them from the next
// level. Which levels there are, and what each is worth, is not this package's to know.
type Level struct {
	Bundle   string
	Level    string // of the signature that is raised least
	SignedAt time.Time
	At       time.Time // since when it is this level, or was renewed

	// When the archive time-stamps of the document and of the manifest's signature have to
	// have successors; zero without one. Lapses is the earlier, zero unless both have one.
	DocumentLapses, ManifestLapses, Lapses time.Time

	Tries  int       // in vain, since At
	NextAt time.Time // when the next one is due; zero while none failed
	Cause  string    // a code; empty while none failed
}

const levelColumns = `l.bundle, l.level, l.signed_at, l.at, l.document_lapses, l.manifest_lapses, l.lapses, l.tries, l.next_at, l.cause`

func level(r rows) (l Level, err error) {
	err = r.Scan(&l.Bundle, &l.Level, instant(&l.SignedAt), instant(&l.At), instant(&l.DocumentLapses), instant(&l.ManifestLapses),
		instant(&l.Lapses), &l.Tries, instant(&l.NextAt), &l.Cause)
	return l, err
}

// AddLevel notes the level at which a bundle was signed, now; it has none yet, else it is
// ErrConflict.
func (tx *Tx) AddLevel(_ context.Context, bundle, level string) error {
	return tx.postpone(false, func(err error) error { return fmt.Errorf("noting the level of bundle %s: %w", bundle, err) },
		`INSERT INTO levels (bundle, level, signed_at, at, tries, cause) VALUES ($1, $2, $3, $3, 0, '')`, bundle, level, micros(tx.now))
}

// AdoptLevels notes a level for every bundle with this file that has none: a program older
// than these tables signs without them.
func (tx *Tx) AdoptLevels(ctx context.Context, name, level string) (adopted int, err error) {
	n, err := tx.conn.exec(ctx, `INSERT INTO levels (bundle, level, signed_at, at, tries, cause)
		SELECT f.bundle, $1, f.at, f.at, 0, '' FROM files AS f
		WHERE f.name = $2 AND NOT EXISTS (SELECT 1 FROM levels AS l WHERE l.bundle = f.bundle)`, level, name)
	if err != nil {
		return 0, fmt.Errorf("noting the levels of bundles: %w", err)
	}
	return int(n), nil
}

// RaiseLevel notes that l.Bundle has l.Level, with these lapses, from now on; what failed
// before is forgotten. Whoever read it at an earlier At gets ErrStale.
func (tx *Tx) RaiseLevel(ctx context.Context, l *Level) error {
	lapses := l.DocumentLapses
	if l.ManifestLapses.Before(lapses) { // zero, too
		lapses = l.ManifestLapses
	}
	err := swapped(tx.conn.exec(ctx, `UPDATE levels SET level = $1, at = $2, document_lapses = $3, manifest_lapses = $4, lapses = $5,
		tries = 0, next_at = NULL, cause = '' WHERE bundle = $6 AND at = $7`,
		l.Level, micros(tx.now), micros(l.DocumentLapses), micros(l.ManifestLapses), micros(lapses), l.Bundle, micros(l.At)))
	if err != nil {
		return fmt.Errorf("raising the level of bundle %s: %w", l.Bundle, err)
	}
	l.At, l.Lapses, l.Tries, l.NextAt, l.Cause = tx.now, lapses, 0, time.Time{}, ""
	return nil
}

// DelayLevel notes that a try was in vain, with the terms of [Tx.RaiseLevel]: l.Cause says
// why, and l.NextAt when the next one is due.
func (tx *Tx) DelayLevel(ctx context.Context, l *Level) error {
	err := swapped(tx.conn.exec(ctx, `UPDATE levels SET tries = tries + 1, next_at = $1, cause = $2 WHERE bundle = $3 AND at = $4`,
		micros(l.NextAt), l.Cause, l.Bundle, micros(l.At)))
	if err != nil {
		return fmt.Errorf("noting what keeps bundle %s from being raised: %w", l.Bundle, err)
	}
	l.Tries++
	return nil
}

// Level reads the level of a bundle; one that is not signed has none (ErrNotFound).
func (v *View) Level(ctx context.Context, bundle string) (Level, error) {
	l, err := only(ctx, v, level, `SELECT `+levelColumns+` FROM levels AS l WHERE l.bundle = $1`, bundle)
	if err != nil {
		return Level{}, fmt.Errorf("reading the level of bundle %s: %w", bundle, err)
	}
	return l, nil
}

// LevelsOf reads the levels of bundles, in no order; those that have none are left out.
func (v *View) LevelsOf(ctx context.Context, bundles []string) ([]Level, error) {
	if len(bundles) == 0 {
		return nil, nil
	}
	places, args := placed(bundles, nil)
	found, err := list(ctx, v, level, `SELECT `+levelColumns+` FROM levels AS l WHERE l.bundle IN (`+places+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading levels: %w", err)
	}
	return found, nil
}

// LevelsAt lists the bundles of a unit, or of all for an empty one, that have a level, those
// signed first coming first.
func (v *View) LevelsAt(ctx context.Context, unit, at string, p Page) ([]Level, string, error) {
	signed, id := int64(-newest), ""
	if err := p.read(&signed, &id); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	found, err := list(ctx, v, level, `SELECT `+levelColumns+` FROM levels AS l JOIN bundles AS b ON b.id = l.bundle
		WHERE l.level = $1 AND (l.signed_at, l.bundle) > ($2, $3) AND ($4 = '' OR b.unit = $4) ORDER BY l.signed_at, l.bundle LIMIT $5`,
		at, signed, id, unit, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing bundles at %s: %w", at, err)
	}
	found, next := cut(found, limit, func(l *Level) string { return cursor(l.SignedAt.UnixMicro(), l.Bundle) })
	return found, next, nil
}

// LevelsLapsing lists the bundles of a unit, or of all for an empty one, whose time-stamps lapse before a time, the first to lapse
// coming first.
func (v *View) LevelsLapsing(ctx context.Context, unit string, before time.Time, p Page) ([]Level, string, error) {
	lapses, id := int64(-newest), ""
	if err := p.read(&lapses, &id); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	found, err := list(ctx, v, level, `SELECT `+levelColumns+` FROM levels AS l JOIN bundles AS b ON b.id = l.bundle
		WHERE l.lapses < $1 AND (l.lapses, l.bundle) > ($2, $3) AND ($4 = '' OR b.unit = $4) ORDER BY l.lapses, l.bundle LIMIT $5`,
		micros(before), lapses, id, unit, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing bundles whose time-stamps lapse: %w", err)
	}
	found, next := cut(found, limit, func(l *Level) string { return cursor(l.Lapses.UnixMicro(), l.Bundle) })
	return found, next, nil
}

// CountLevels counts signed bundles by level and by what keeps them there, which is empty
// where nothing failed.
func (v *View) CountLevels(ctx context.Context) (map[string]map[string]int, error) {
	counts := make(map[string]map[string]int)
	var level, cause string
	var n int
	for _, err := range walk(ctx, v, func(r rows) (struct{}, error) { return struct{}{}, r.Scan(&level, &cause, &n) },
		`SELECT level, cause, count(*) FROM levels GROUP BY level, cause`) {
		if err != nil {
			return nil, fmt.Errorf("counting levels: %w", err)
		}
		if counts[level] == nil {
			counts[level] = make(map[string]int)
		}
		counts[level][cause] = n
	}
	return counts, nil
}

// CountLapsing counts the bundles whose time-stamps lapse before a time.
func (v *View) CountLapsing(ctx context.Context, before time.Time) (n int, err error) {
	if err := v.one(ctx, `SELECT count(*) FROM levels WHERE lapses < $1`, []any{micros(before)}, &n); err != nil {
		return 0, fmt.Errorf("counting bundles whose time-stamps lapse: %w", err)
	}
	return n, nil
}

// Revision is what a signed file of a bundle was before it was raised.
type Revision struct {
	Name      string
	SHA256    Digest
	Size      int64
	Level     string
	At, Until time.Time // when it was the content
}

// RaiseFile is [Tx.ReplaceFile] for a file whose content goes on from the one before, at this
// level, which stays retrievable.
func (tx *Tx) RaiseFile(ctx context.Context, bundle string, before *File, level string, content Digest) error {
	if err := tx.ReplaceFile(ctx, bundle, before.Name, before.SHA256, content); err != nil {
		return err
	}
	_, err := tx.conn.exec(ctx, `INSERT INTO revisions (bundle, name, sha256, level, at, until) VALUES ($1, $2, $3, $4, $5, $6)`,
		bundle, before.Name, before.SHA256[:], level, micros(before.At), micros(tx.now))
	if err != nil {
		return fmt.Errorf("keeping the revision of %s of bundle %s: %w", before.Name, bundle, err)
	}
	return nil
}

// Revisions lists what the signed files of a bundle were before, by name, the oldest first.
func (v *View) Revisions(ctx context.Context, bundle string) ([]Revision, error) {
	found, err := list(ctx, v, func(r rows) (x Revision, err error) {
		err = r.Scan(&x.Name, digest(&x.SHA256), &x.Size, &x.Level, instant(&x.At), instant(&x.Until))
		return x, err
	}, `SELECT r.name, r.sha256, b.size, r.level, r.at, r.until FROM revisions AS r JOIN blobs AS b ON b.sha256 = r.sha256
		WHERE r.bundle = $1 ORDER BY r.name, r.at, r.until`, bundle)
	if err != nil {
		return nil, fmt.Errorf("listing revisions of bundle %s: %w", bundle, err)
	}
	return found, nil
}
