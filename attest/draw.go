package attest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/store"
	"kytiem/verify"
)

// How the names begin in Options.Temp: of directories in which a bundle is drawn, and of
// files of bad rows.
const (
	drawingPrefix = "kytiem-drawing-"
	badRowsPrefix = "kytiem-errors-" // see Import
)

// draw seals a bundle with the rows that it claims: composed beside the store, judged by
// our own verifier, kept in one transaction. Whoever comes second, or finds the
// bundle sealed, tells of it as it stands; one that was withdrawn meanwhile is ErrMove,
// one whose claims have changed ErrStale.
func (s *Service) draw(ctx context.Context, who Actor, id string, progress func(done, total int)) (Bundle, error) {
	b, err := s.store.Glance().Bundle(ctx, id) // before its rows: were they changed since, so was its version
	if err != nil {
		return Bundle{}, err
	}
	if b.Status.State != bundle.Open {
		return s.settled(ctx, who, b)
	}
	beside, err := os.MkdirTemp(s.o.Temp, drawingPrefix)
	if err != nil {
		return Bundle{}, fmt.Errorf("making room for bundle %s: %w", id, err)
	}
	defer os.RemoveAll(beside)
	d := &drawing{Bundle: b, dir: filepath.Join(beside, id)}
	if err := d.compose(ctx, s, progress); err != nil {
		return Bundle{}, fmt.Errorf("composing bundle %s: %w", id, err)
	}
	judge, err := s.judge(ctx)
	if err == nil {
		err = d.judge(ctx, judge)
	}
	if err != nil {
		return Bundle{}, err
	}
	sealed, err := step(ctx, s, who, func(tx *store.Tx) (Bundle, error) { return d.keep(ctx, tx, who) })
	if errors.Is(err, store.ErrStale) {
		if b, err = s.store.Glance().Bundle(ctx, id); err != nil {
			return Bundle{}, err
		}
		return s.settled(ctx, who, b)
	}
	return sealed, err
}

// settled tells of a bundle that somebody else has sealed.
func (s *Service) settled(ctx context.Context, who Actor, b store.Bundle) (Bundle, error) {
	switch b.Status.State {
	case bundle.Open:
		return Bundle{}, fmt.Errorf("bundle %s: %w", b.ID, store.ErrStale)
	case bundle.Withdrawn:
		_, err := b.Status.Apply(bundle.Seal)
		return Bundle{}, fmt.Errorf("bundle %s: %w", b.ID, err)
	}
	return s.told(ctx, who, b)
}

// told answers a call with a bundle as it stands.
func (s *Service) told(ctx context.Context, who Actor, b store.Bundle) (Bundle, error) {
	return step(ctx, s, who, func(tx *store.Tx) (Bundle, error) { return tell(ctx, &tx.View, b) })
}

// drawing is a bundle being sealed, in a directory.
type drawing struct {
	store.Bundle
	dir     string
	results []string // ids of the rows, in the order in which they were read
	placed  []dossier.Placed
}

// compose draws up the bundle's directory.
func (d *drawing) compose(ctx context.Context, s *Service, progress func(done, total int)) error {
	v := s.store.Glance()
	units, err := around(ctx, v, d.Unit)
	if err != nil {
		return err
	}
	period, err := v.PeriodOfClaims(ctx, d.ID)
	if err != nil {
		return err
	}
	if period.To.IsZero() {
		return ErrNothingReady
	}
	unit, err := units.At(d.Unit, period.From)
	if errors.Is(err, bundle.ErrUnitUnknown) { // taken out of the register since the rows were claimed
		err = fmt.Errorf("unit %s: %w", d.Unit, dossier.ErrOutsidePeriod)
	}
	if err != nil {
		return err
	}
	m, placed, err := dossier.Compose(ctx, d.dir, dossier.Composition{Bundle: d.ID, Unit: unit, Units: units,
		Source: bundle.ConfirmedInService, Supersedes: d.Supersedes, Now: s.now(), Progress: progress}, d.rows(ctx, v))
	if err != nil {
		return err
	}
	d.placed = placed
	d.Root, d.Size, d.Counts, d.Period = m.Root, m.Size, m.Counts, m.Period
	return nil
}

// rows are the results that the bundle claims. Who confirmed them is sealed by name, as
// people read it; by which account it was stays here.
func (d *drawing) rows(ctx context.Context, v *store.View) iter.Seq2[bundle.Result, error] {
	return func(yield func(bundle.Result, error) bool) {
		names, err := v.Confirmers(ctx, d.ID)
		if err != nil {
			yield(bundle.Result{}, err)
			return
		}
		for r, err := range v.Claims(ctx, d.ID) {
			if err == nil && len(r.Lacks()) > 0 { // by the rules of this program, which need not be the claiming one's
				err = fmt.Errorf("result %s: %w", r.ID, dossier.ErrNotReady)
			}
			d.results = append(d.results, r.ID)
			r.HealthConfirmedBy, r.PoliceConfirmedBy = names[r.HealthConfirmedBy], names[r.PoliceConfirmedBy]
			if !yield(r.Result, err) || err != nil {
				return
			}
		}
	}
}

// around is the part of the register that a unit's documents need: the unit and those
// above it, in whatever places it had.
func around(ctx context.Context, v *store.View, code string) (*bundle.Units, error) {
	register := &bundle.Units{}
	read := make(map[string]bool)
	for codes := []string{code}; len(codes) > 0; codes = codes[1:] {
		if codes[0] == "" || read[codes[0]] {
			continue
		}
		read[codes[0]] = true
		units, err := v.UnitsOf(ctx, codes[0])
		if err != nil {
			return nil, err
		}
		for _, u := range units {
			if err := register.Add(u); err != nil {
				return nil, err
			}
			codes = append(codes, u.Parent)
		}
	}
	return register, nil
}

// judge has our own verifier read and draw everything again: nothing stands against the
// bundle but that nobody has signed yet.
func (d *drawing) judge(ctx context.Context, judge *verify.Verifier) error {
	report, err := judge.Directory(ctx, d.ID, os.DirFS(d.dir))
	if err != nil {
		return err
	}
	failed := slices.IndexFunc(report.Checks, func(c verify.Check) bool { return c.Status == verify.Fail })
	switch {
	case failed >= 0:
		return fmt.Errorf("bundle %s, rule %s: %w", d.ID, report.Checks[failed].ID, ErrNotAccepted)
	case report.Verdict != verify.NoSignature:
		return fmt.Errorf("bundle %s, verdict %s: %w", d.ID, report.Verdict, ErrNotAccepted)
	}
	return nil
}

// keep seals the bundle in the store.
func (d *drawing) keep(ctx context.Context, tx *store.Tx, who Actor) (Bundle, error) {
	b := d.Bundle
	if err := tx.SealBundle(ctx, &b); err != nil { // first: who comes second has nothing to write
		return Bundle{}, err
	}
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return Bundle{}, err
	}
	var manifest store.Digest
	for _, entry := range entries {
		sum, err := d.keepFile(ctx, tx, entry.Name())
		if err != nil {
			return Bundle{}, err
		}
		if entry.Name() == bundle.ManifestFile {
			manifest = sum
		}
	}
	if err := tx.AddRecords(ctx, b.ID, d.records()); err != nil {
		return Bundle{}, err
	}
	if err := tx.ClearProgress(ctx, b.ID); err != nil {
		return Bundle{}, err
	}
	facts := []audit.Fact{audit.ID("root", b.Root.String()), audit.ID("manifest", manifest.String()), audit.Count("records", int64(b.Size))}
	if b.Supersedes != "" {
		facts = append(facts, audit.ID("supersedes", b.Supersedes))
	}
	if err := tx.Audit("bundles.seal", who.Account, b.Unit, b.ID, facts...); err != nil {
		return Bundle{}, err
	}
	return tell(ctx, &tx.View, b)
}

func (d *drawing) keepFile(ctx context.Context, tx *store.Tx, name string) (store.Digest, error) {
	f, err := os.Open(filepath.Join(d.dir, name))
	if err != nil {
		return store.Digest{}, err
	}
	defer f.Close()
	sum, _, err := tx.PutBlob(ctx, f)
	if err != nil {
		return store.Digest{}, err
	}
	return sum, tx.AddFile(ctx, d.ID, name, sum)
}

// records are where the rows' records lie.
func (d *drawing) records() iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for n, p := range d.placed {
			r := store.Record{ID: p.Record, Result: d.results[n], Position: p.Position, LineAt: p.LineAt, LineSize: p.LineSize}
			if !yield(r, nil) {
				return
			}
		}
	}
}
