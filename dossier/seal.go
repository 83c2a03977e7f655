package dossier

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"kytiem/bundle"
	"kytiem/intake"
	"kytiem/paper"
)

// SealOptions say what to seal, for which unit, and where to put it.
type SealOptions struct {
	Unit        bundle.Unit
	Units       *bundle.Units // to find the unit's commune and province in
	Results     io.Reader     // CSV, NDJSON or XLSX
	Out         string        // directory to make; must not exist
	NotReady    string        // file for the rows that cannot be sealed; made only if there are any
	IgnoreExtra bool          // pass over columns that are not of the contract
	Now         func() time.Time
	Progress    func(rows int)       // called now and then, if set
	Found       func(intake.Finding) // called for every error and warning in rows, if set
}

// Sealed says what became of the rows.
type Sealed struct {
	Manifest *bundle.Manifest
	Rows     int // in the file
	Records  int // sealed
	Bad      int // with errors
	NotReady int // without errors, but not ready
}

// Seal reads results and makes a bundle directory of those that are ready: records,
// manifest, document.json and the preview of the document, and annex files where
// the list is long. Every other row comes back in the NotReady file with the reason.
// With nothing ready the error is ErrNothingReady, and that file is still written.
func Seal(ctx context.Context, o SealOptions) (*Sealed, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Out = filepath.Clean(o.Out)
	for _, path := range []string{o.Out, o.NotReady} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", path, ErrExists)
		}
	}
	st, err := stage(o.Out)
	if err != nil {
		return nil, err
	}
	defer st.discard()
	sealed := &Sealed{}
	left := &leftovers{path: o.NotReady}
	defer left.discard()
	if err := o.gather(ctx, st, left, sealed); err != nil {
		return sealed, err
	}
	if sealed.Records == 0 {
		if err := left.keep(); err != nil {
			return sealed, err
		}
		return sealed, ErrNothingReady
	}
	if err := o.draw(ctx, st, sealed); err != nil {
		return sealed, err
	}
	// Both get their names at the very end, so that the step can be repeated as it is
	// after whatever stopped it before.
	if err := left.keep(); err != nil {
		return sealed, err
	}
	return sealed, st.become()
}

// gather turns rows into records.ndjson and the rows that are none into the
// NotReady file.
func (o *SealOptions) gather(ctx context.Context, st *staging, left *leftovers, sealed *Sealed) error {
	reader, err := intake.Open(o.Results, intake.Options{
		Unit: o.Unit.Code, Now: o.Now, Printable: paper.Printable, IgnoreExtra: o.IgnoreExtra,
	})
	if err != nil {
		return err
	}
	defer reader.Close()
	records, err := newSpill(st.dir)
	if err != nil {
		return err
	}
	defer records.close()
	left.reader = reader
	for {
		row, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		sealed.Rows++
		if sealed.Rows%10_000 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if o.Progress != nil {
				o.Progress(sealed.Rows)
			}
		}
		if err := o.sort(row, records, left, sealed); err != nil {
			return err
		}
	}
	sealed.Records = len(records.entries)
	if err := left.finish(); err != nil {
		return err
	}
	return records.writeOrdered(st.path(bundle.RecordsFile))
}

// sort puts one row where it belongs.
func (o *SealOptions) sort(row intake.Row, records *spill, left *leftovers, sealed *Sealed) error {
	if o.Found != nil {
		for _, f := range row.Findings {
			o.Found(f)
		}
	}
	lacks := row.Result.Lacks()
	switch {
	case row.Bad():
		sealed.Bad++
		return left.write(row)
	case len(lacks) > 0:
		sealed.NotReady++
		for _, lack := range lacks {
			row.Findings = append(row.Findings, intake.Explain(row.Line, lack))
		}
		return left.write(row)
	}
	record, err := bundle.NewRecord(row.Result)
	if err != nil {
		return fmt.Errorf("row %d: %w", row.Line, err)
	}
	return records.add(&record)
}

// draw makes everything that follows from the records.
func (o *SealOptions) draw(ctx context.Context, st *staging, sealed *Sealed) error {
	file, err := os.Open(st.path(bundle.RecordsFile))
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	roll, err := bundle.ReadRoll(file, info.Size())
	if err != nil {
		return err
	}
	m, err := o.manifest(roll)
	if err != nil {
		return err
	}
	if err := drawAnnexes(ctx, st, m, roll); err != nil {
		return err
	}
	sealed.Manifest = m
	manifestJSON, err := bundle.Canonical(m)
	if err != nil {
		return err
	}
	if err := writeBytes(st.path(bundle.ManifestFile), manifestJSON); err != nil {
		return err
	}
	document := o.preview(m)
	documentJSON, err := bundle.Canonical(&document)
	if err != nil {
		return err
	}
	if err := writeBytes(st.path(bundle.DocumentFile), documentJSON); err != nil {
		return err
	}
	return writeFile(st.path(bundle.PagesFile), func(f *os.File) error {
		return paper.Bundle(f, manifestJSON, documentJSON, roll)
	})
}

func (o *SealOptions) manifest(roll *bundle.Roll) (*bundle.Manifest, error) {
	root, err := bundle.Root(roll.Leaves())
	if err != nil {
		return nil, err
	}
	now, period := o.Now().UTC(), roll.Period()
	province := ""
	if o.Units != nil {
		if p, err := o.Units.Province(o.Unit, period.To); err == nil {
			province = p.Code
		}
	}
	if !o.Unit.ValidOn(period.From) || !o.Unit.ValidOn(period.To) {
		return nil, fmt.Errorf("unit %s, results from %s to %s: %w", o.Unit.Code, period.From, period.To, ErrOutsidePeriod)
	}
	basis, err := bundle.LegalBasisOn(bundle.DateOf(now.In(bundle.VietnamTime())), province)
	if err != nil {
		return nil, err
	}
	return &bundle.Manifest{
		V: bundle.RecordVersion, Bundle: bundle.NewID(), ConfirmationSource: bundle.ConfirmedInFile,
		Counts: roll.Counts(), Period: period, LegalBasis: basis, Unit: bundle.NameOf(o.Unit),
		Root: bundle.HexHash(root), Size: roll.Len(), SealedAt: now.Format(time.RFC3339),
	}, nil
}

// drawAnnexes draws the list into files of its own where it is too long for the
// document, and states them in the manifest.
func drawAnnexes(ctx context.Context, st *staging, m *bundle.Manifest, roll *bundle.Roll) error {
	if roll.Len() <= bundle.AnnexRows {
		return nil
	}
	order, err := roll.ByName()
	if err != nil {
		return err
	}
	total := (len(order) + bundle.AnnexRows - 1) / bundle.AnnexRows
	for n := range total {
		if err := ctx.Err(); err != nil {
			return err
		}
		first := n * bundle.AnnexRows
		rows := order[first:min(first+bundle.AnnexRows, len(order))]
		sum, name := sha256.New(), bundle.AnnexName(n+1)
		err := writeFile(st.path(name), func(f *os.File) error {
			return paper.Annex(io.MultiWriter(f, sum), m, n+1, total, rows, first+1, roll)
		})
		if err != nil {
			return err
		}
		m.Annexes = append(m.Annexes, bundle.Annex{Name: name, Rows: len(rows), SHA256: bundle.HexHash(sum.Sum(nil))})
	}
	return nil
}
