package dossier

import (
	"context"
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
	c := Composition{Unit: o.Unit, Units: o.Units, Source: bundle.ConfirmedInFile, Now: o.Now()}
	if sealed.Manifest, err = c.draw(ctx, st); err != nil {
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
	return records.writeOrdered(st.path(bundle.RecordsFile), nil)
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
