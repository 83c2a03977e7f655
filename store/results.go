package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"kytiem/bundle"
)

// Result is one dose given to one person, as it stands today. HealthConfirmedBy and
// PoliceConfirmedBy are ids of accounts.
type Result struct {
	bundle.Result

	ID       string // ours, see [bundle.ValidID]; grows along an import
	Import   string
	HealthAt time.Time // when it was confirmed; zero while it is not
	PoliceAt time.Time
	Amended  bool // the police found it wrong, and its identity was corrected since
	Standing Standing
	Bundle   string // the bundle that claims it; empty while none does
	Version  int64

	nameKey string
}

const resultColumns = `id, unit, import, external_id, full_name, name_key, gender, birth_date, id_type, id_number, nationality, ` +
	`dose_number, vaccinated_on, vaccine, lot_number, site, match, match_reason, ` +
	`health_by, health_at, police_by, police_at, amended, standing, bundle, version`

func result(r rows) (x Result, err error) {
	err = r.Scan(&x.ID, &x.Unit, &x.Import, &x.ExternalID, &x.FullName, &x.nameKey, &x.Gender, date(&x.BirthDate), &x.IDType, &x.IDNumber,
		&x.Nationality, number(&x.DoseNumber), date(&x.VaccinatedOn), &x.Vaccine, &x.LotNumber, &x.Site, &x.Match, &x.MatchReason,
		reference(&x.HealthConfirmedBy), instant(&x.HealthAt), reference(&x.PoliceConfirmedBy), instant(&x.PoliceAt), flag(&x.Amended),
		&x.Standing, reference(&x.Bundle), &x.Version)
	return x, err
}

// person is the key under which one person's doses meet in a unit, or NULL for a
// result without an identity number, which is nobody's duplicate. It is a digest to
// be short, not to be secret: the number stands beside it.
func person(r *bundle.Result) any {
	key := r.Person()
	if key == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(key))
	return sum[:16]
}

// dose gives number and day of the dose, NULL where they are not stated.
func dose(r *bundle.Result) (number, day any) {
	if r.DoseNumber != 0 {
		number = r.DoseNumber
	}
	if !r.VaccinatedOn.IsZero() {
		day = r.VaccinatedOn.String()
	}
	return number, day
}

// Result reads a result.
func (v *View) Result(ctx context.Context, id string) (Result, error) {
	r, err := only(ctx, v, result, `SELECT `+resultColumns+` FROM results WHERE id = $1`, id)
	if err != nil {
		return Result{}, fmt.Errorf("reading result %s: %w", id, err)
	}
	return r, nil
}

// Worklist is which results of a unit are wanted.
type Worklist struct {
	Unit      string
	Standings []Standing // see [Lacking]; none stand for all
	Name      string     // how the name begins, in any spelling that has the same [NameKey]
}

// Worklist lists results by name. Each standing is a list of its own in the index;
// they are read side by side and put together, so that a page costs the same however
// many results there are.
func (v *View) Worklist(ctx context.Context, w Worklist, p Page) ([]Result, string, error) {
	var after string
	if err := p.read(&after); err != nil {
		return nil, "", err
	}
	start := NameKey(w.Name)
	end := start + "\U0010FFFF"
	name := start
	if after != "" { // the name does not stand in the cursor: cursors stand in URLs
		err := v.one(ctx, `SELECT name_key FROM results WHERE id = $1 AND unit = $2`, []any{after, w.Unit}, &name)
		if err != nil {
			return nil, "", fmt.Errorf("reading where the page begins: %w", ErrCursor)
		}
	}
	standings := w.Standings
	if len(standings) == 0 {
		standings = Standings()
	}
	limit := p.limit()
	var found []Result
	for _, standing := range standings {
		part, err := list(ctx, v, result, `SELECT `+resultColumns+` FROM results
			WHERE unit = $1 AND standing = $2 AND (name_key, id) > ($3, $4) AND name_key < $5 ORDER BY name_key, id LIMIT $6`,
			w.Unit, standing, name, after, end, limit+1)
		if err != nil {
			return nil, "", fmt.Errorf("listing results: %w", err)
		}
		found = append(found, part...)
	}
	slices.SortFunc(found, func(a, b Result) int {
		return cmp.Or(strings.Compare(a.nameKey, b.nameKey), strings.Compare(a.ID, b.ID))
	})
	found, next := cut(found, limit, func(r *Result) string { return cursor(r.ID) })
	return found, next, nil
}

// ResultsByID reads results by their ids; those that are not there are left out.
func (v *View) ResultsByID(ctx context.Context, ids []string) ([]Result, error) {
	var found []Result
	for batch := range slices.Chunk(ids, 500) {
		places, args := placed(batch, nil)
		part, err := list(ctx, v, result, `SELECT `+resultColumns+` FROM results WHERE id IN (`+places+`)`, args...)
		if err != nil {
			return nil, fmt.Errorf("reading results: %w", err)
		}
		found = append(found, part...)
	}
	return found, nil
}

// placed puts ids behind args and gives the places that they have in a query.
func placed(ids []string, args []any) (string, []any) {
	places := make([]string, len(ids))
	for i, id := range ids {
		args = append(args, id)
		places[i] = "$" + strconv.Itoa(len(args))
	}
	return strings.Join(places, `, `), args
}

// CountClaims counts the results that a bundle claims.
func (v *View) CountClaims(ctx context.Context, bundle string) (int, error) {
	var n int
	if err := v.one(ctx, `SELECT count(*) FROM results WHERE bundle = $1`, []any{bundle}, &n); err != nil {
		return 0, fmt.Errorf("counting the results of bundle %s: %w", bundle, err)
	}
	return n, nil
}

// ResultsOf walks the results that a bundle claims, in the order of their ids.
func (v *View) ResultsOf(ctx context.Context, bundle string) iter.Seq2[Result, error] {
	return walk(ctx, v, result, `SELECT `+resultColumns+` FROM results WHERE bundle = $1 ORDER BY id`, bundle)
}

// CountResults counts a unit's results by standing. Those that are free but stand in a
// bundle in force whose successor was withdrawn count as InBundle: until the bundle is to
// be superseded again nothing can claim them.
func (v *View) CountResults(ctx context.Context, unit string) (map[Standing]int, error) {
	counts := make(map[Standing]int)
	var standing Standing
	var n int
	for _, err := range walk(ctx, v, func(r rows) (struct{}, error) { return struct{}{}, r.Scan(&standing, &n) },
		`SELECT standing, count(*) FROM results WHERE unit = $1 GROUP BY standing`, unit) {
		if err != nil {
			return nil, fmt.Errorf("counting results: %w", err)
		}
		counts[standing] = n
	}
	held, err := v.CountHeld(ctx, unit)
	if held > 0 {
		counts[InBundle] += held
		if counts[Ready] -= held; counts[Ready] == 0 {
			delete(counts, Ready)
		}
	}
	return counts, err
}

// CountHeld counts the results of a unit that are ready and that nothing can claim, since
// they stand in a bundle in force: its successor was withdrawn.
func (v *View) CountHeld(ctx context.Context, unit string) (held int, err error) {
	// Withdrawn successors are rare. Only where there is one are the results gone through.
	err = v.one(ctx, `SELECT CASE WHEN EXISTS (SELECT 1 FROM bundles WHERE unit = $1 AND state = 'withdrawn' AND supersedes IS NOT NULL)
		THEN (SELECT count(*) FROM results AS r WHERE r.unit = $1 AND r.standing = $2 AND EXISTS
		      (SELECT 1 FROM records AS x JOIN bundles AS y ON y.id = x.bundle
		       WHERE x.result = r.id AND y.state IN ('sealed', 'pending', 'signed', 'minuted') AND NOT EXISTS
		       (SELECT 1 FROM bundles AS s WHERE s.supersedes = y.id AND s.state <> 'withdrawn')))
		ELSE 0 END`, []any{unit, int64(Ready)}, &held)
	if err != nil {
		return 0, fmt.Errorf("counting what bundles in force hold: %w", err)
	}
	return held, nil
}
