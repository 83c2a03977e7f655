package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"slices"

	"kytiem/bundle"
)

// AddResults adds the results of an import and gives how many were new, and the
// places in results, from 0, of those that the unit had already: a dose with the same
// number, of the same day, for the same person. Confirmations in them are claims of
// whoever wrote the file and are not taken over.
func (tx *Tx) AddResults(ctx context.Context, importID string, results iter.Seq2[bundle.Result, error]) (added int, doubled []int, err error) {
	columns := []string{"id", "unit", "import", "external_id", "person", "full_name", "name_key", "gender", "birth_date",
		"id_type", "id_number", "nationality", "dose_number", "vaccinated_on", "vaccine", "lot_number", "site", "match",
		"match_reason", "standing", "version"}
	read := 0
	doubled, err = tx.conn.merge(ctx, "results", columns, func(yield func([]any, error) bool) {
		values := make([]any, len(columns))
		for r, err := range results {
			if err != nil {
				yield(nil, err)
				return
			}
			r.HealthConfirmedBy, r.PoliceConfirmedBy = "", ""
			dose, day := dose(&r)
			values = append(values[:0], rowID(tx.now.UnixMilli(), read), r.Unit, importID, r.ExternalID, person(&r), r.FullName,
				NameKey(r.FullName), string(r.Gender), r.BirthDate.String(), string(r.IDType), r.IDNumber, r.Nationality, dose, day,
				r.Vaccine, r.LotNumber, r.Site, string(r.Match), r.MatchReason, int64(StandingOf(&r)), 1)
			if !yield(values, nil) {
				return
			}
			read++
		}
	})
	if err != nil {
		return 0, nil, fmt.Errorf("adding results of import %s: %w", importID, err)
	}
	return read - len(doubled), doubled, nil
}

// rowID makes an id for row n of an import: nine characters that grow with time and
// along the import, so that rows which come together lie together in the index, and 85
// random bits. Ids of records and bundles, which others see, are [bundle.NewID].
func rowID(millis int64, n int) string {
	const ordered = "234567ABCDEFGHIJKLMNOPQRSTUVWXYZ" // base32 in the order of its bytes
	const random = 17
	var id [26]byte
	t := millis + int64(n/256) // 256 rows take less than a millisecond nowhere
	for i := len(id) - random - 1; i >= 0; i-- {
		id[i] = ordered[t&31]
		t >>= 5
	}
	copy(id[len(id)-random:], rand.Text())
	return string(id[:])
}

// UpdateResult writes what a result says, and derives its standing anew. r must be as
// it was read but for that: if it was changed in the meantime, or is in a bundle, the
// error is ErrStale. Becoming another result's double is ErrConflict. Confirmations
// come with the instant given in r.
func (tx *Tx) UpdateResult(ctx context.Context, r Result) error {
	dose, day := dose(&r.Result)
	err := swapped(tx.conn.exec(ctx,
		`UPDATE results SET external_id = $1, person = $2, full_name = $3, name_key = $4, gender = $5, birth_date = $6,
		 id_type = $7, id_number = $8, nationality = $9, dose_number = $10, vaccinated_on = $11, vaccine = $12,
		 lot_number = $13, site = $14, match = $15, match_reason = $16, health_by = $17, health_at = $18,
		 police_by = $19, police_at = $20, amended = $21, standing = $22, version = version + 1
		 WHERE id = $23 AND version = $24 AND bundle IS NULL`,
		r.ExternalID, person(&r.Result), r.FullName, NameKey(r.FullName), string(r.Gender), r.BirthDate.String(),
		string(r.IDType), r.IDNumber, r.Nationality, dose, day, r.Vaccine, r.LotNumber, r.Site, string(r.Match), r.MatchReason,
		orNull(r.HealthConfirmedBy), micros(r.HealthAt), orNull(r.PoliceConfirmedBy), micros(r.PoliceAt),
		flagged(r.Amended), int64(StandingOf(&r.Result)), r.ID, r.Version))
	if err != nil {
		return fmt.Errorf("updating result %s: %w", r.ID, err)
	}
	return nil
}

// Part is what one sector confirms about a result (Công văn 9438/BYT-CNTT, mục 2).
type Part string

// The parts: the vaccination, by the health sector, and the identity, by the police.
const (
	Vaccination Part = "vaccination"
	Identity    Part = "identity"
)

// ConfirmResults confirms one part of a unit's results, now and by account, and gives
// the ids of those that it found unconfirmed and in no bundle.
func (tx *Tx) ConfirmResults(ctx context.Context, part Part, unit, account string, ids []string) ([]string, error) {
	by, at, lack := "health_by", "health_at", LacksHealth
	if part == Identity {
		by, at, lack = "police_by", "police_at", LacksPolice
	}
	var confirmed []string
	for batch := range slices.Chunk(ids, 500) {
		places, args := placed(batch, []any{account, micros(tx.now), int64(lack), unit})
		done, err := list(ctx, &tx.View, func(r rows) (id string, err error) { return id, r.Scan(&id) },
			`UPDATE results SET `+by+` = $1, `+at+` = $2, standing = standing - $3, version = version + 1
			 WHERE unit = $4 AND `+by+` IS NULL AND bundle IS NULL AND id IN (`+places+`) RETURNING id`, args...)
		if err != nil {
			return nil, fmt.Errorf("confirming %s of results: %w", part, err)
		}
		confirmed = append(confirmed, done...)
	}
	return confirmed, nil
}

// ClaimResults has a bundle claim its unit's ready results, at most limit of them, by
// name, and gives how many it got. From then on nothing changes them. Results that stand
// in a bundle in force are left out: when a bundle is to be superseded its results are
// free while it still counts, and may go over to its successor, b, but to no other.
func (tx *Tx) ClaimResults(ctx context.Context, b *Bundle, limit int) (int, error) {
	n, err := tx.conn.exec(ctx,
		`UPDATE results SET bundle = $1, standing = $2, version = version + 1
		 WHERE standing = $3 AND bundle IS NULL AND id IN
		 (SELECT r.id FROM results AS r WHERE r.unit = $4 AND r.standing = $3 AND NOT EXISTS
		  (SELECT 1 FROM records AS x JOIN bundles AS y ON y.id = x.bundle
		   WHERE x.result = r.id AND y.state IN ('sealed', 'pending', 'signed', 'minuted') AND y.id <> $5)
		  ORDER BY r.name_key, r.id LIMIT $6)`,
		b.ID, int64(InBundle), int64(Ready), b.Unit, b.Supersedes, limit)
	if err != nil {
		return 0, fmt.Errorf("claiming results for bundle %s: %w", b.ID, err)
	}
	return int(n), nil
}

// FreeResults lets go of the results that a bundle claims, which are ready again, and
// gives how many there were.
func (tx *Tx) FreeResults(ctx context.Context, bundle string) (int, error) {
	n, err := tx.conn.exec(ctx,
		`UPDATE results SET bundle = NULL, standing = $1, version = version + 1 WHERE bundle = $2`, int64(Ready), bundle)
	if err != nil {
		return 0, fmt.Errorf("freeing results of bundle %s: %w", bundle, err)
	}
	return int(n), nil
}
