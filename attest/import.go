package attest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/intake"
	"kytiem/paper"
	"kytiem/store"
)

// Upload is a file of results that a unit sends, already on disk: it is read within a
// transaction, which must not wait for a connection.
type Upload struct {
	Unit        string
	File        *os.File
	IgnoreExtra bool
}

// Import is one import and what became of its rows.
type Import = store.Import

// Imported is the outcome of an import: the counts, and the first findings in rows
// (MaxFindings at most); all of them stand in the error file.
type Imported struct {
	Import
	Findings []intake.Finding
	Again    string // id of an earlier import of the very same file, if there is one
}

// MaxFindings bounds the findings in an answer.
const MaxFindings = 100

// Import takes over the rows of a file that are not bad, with all checks, in one
// transaction, and keeps the bad ones as an error file of the same shape. What the
// file says about confirmations confirms nothing. With SQLite nobody else writes while it
// lasts, some forty seconds for a million rows.
func (s *Service) Import(ctx context.Context, who Actor, u Upload) (Imported, error) {
	if err := s.may(ctx, who, ImportResults, u.Unit, u.Unit); err != nil {
		return Imported{}, err
	}
	if units, err := s.store.Glance().UnitsOf(ctx, u.Unit); err != nil || len(units) == 0 {
		return Imported{}, errors.Join(err, fmt.Errorf("unit %s: %w", u.Unit, ErrNotFound))
	}
	sum, err := digestOf(u.File)
	if err != nil {
		return Imported{}, err
	}
	bad, err := os.CreateTemp(s.o.Temp, "kytiem-errors-")
	if err != nil {
		return Imported{}, fmt.Errorf("making room for bad rows: %w", err)
	}
	defer os.Remove(bad.Name())
	defer bad.Close()
	// Two files with the same rows in another order can wait for each other.
	return again(func() (Imported, error) {
		return step(ctx, s, who, func(tx *store.Tx) (Imported, error) { return take(ctx, tx, who, u, sum, bad) })
	})
}

// take takes a file over.
func take(ctx context.Context, tx *store.Tx, who Actor, u Upload, sum store.Digest, bad *os.File) (Imported, error) {
	in := Imported{Import: Import{ID: bundle.NewID(), Unit: u.Unit, Account: who.Account, At: tx.Now(), File: sum}}
	if err := in.read(ctx, tx, u, bad); err != nil {
		return Imported{}, err
	}
	before, err := tx.ImportsOfFile(ctx, u.Unit, sum)
	if err != nil {
		return Imported{}, err
	}
	if len(before) > 0 {
		in.Again = before[0].ID
	}
	if err := tx.AddImport(ctx, in.Import); err != nil {
		return Imported{}, err
	}
	return in, tx.Audit("results.import", who.Account, u.Unit, in.ID, audit.ID("file", sum.String()),
		audit.Count("rows", int64(in.Rows)), audit.Count("taken", int64(in.Taken)), audit.Count("bad", int64(in.Bad)),
		audit.Count("doubled", int64(in.Doubled)))
}

// read reads the file once: good rows go to the table, bad ones to the error file.
func (in *Imported) read(ctx context.Context, tx *store.Tx, u Upload, bad *os.File) error {
	if _, err := u.File.Seek(0, io.SeekStart); err != nil {
		return err
	}
	reader, err := intake.Open(u.File, intake.Options{Unit: u.Unit, Now: tx.Now, Printable: paper.Printable, IgnoreExtra: u.IgnoreExtra})
	if err != nil {
		return err
	}
	defer reader.Close()
	if _, err := bad.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := bad.Truncate(0); err != nil { // of what was read before, if this is another try
		return err
	}
	back := intake.NewErrorFile(bad, reader)
	added, doubled, err := tx.AddResults(ctx, in.ID, in.good(ctx, reader, back))
	if err != nil {
		return err
	}
	in.Taken, in.Doubled = added, len(doubled)
	if in.Bad == 0 {
		return nil
	}
	if err := back.Close(); err != nil {
		return err
	}
	if _, err := bad.Seek(0, io.SeekStart); err != nil {
		return err
	}
	in.Errors, _, err = tx.PutBlob(ctx, bad)
	return err
}

// good are the results in rows that are not bad.
func (in *Imported) good(ctx context.Context, reader *intake.Reader, back *intake.ErrorFile) iter.Seq2[bundle.Result, error] {
	return func(yield func(bundle.Result, error) bool) {
		for {
			row, err := reader.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil && in.Rows%1000 == 0 {
				err = ctx.Err()
			}
			if err != nil {
				yield(bundle.Result{}, err)
				return
			}
			in.Rows++
			in.Findings = append(in.Findings, row.Findings[:min(len(row.Findings), MaxFindings-len(in.Findings))]...)
			if !row.Bad() {
				if !yield(row.Result, nil) {
					return
				}
				continue
			}
			in.Bad++
			if err := back.Write(row); err != nil {
				yield(bundle.Result{}, err)
				return
			}
		}
	}
}

// digestOf hashes a file from its beginning.
func digestOf(f *os.File) (sum store.Digest, err error) {
	if _, err = f.Seek(0, io.SeekStart); err != nil {
		return sum, err
	}
	hash := sha256.New()
	if _, err = io.Copy(hash, f); err != nil {
		return sum, fmt.Errorf("reading the upload: %w", err)
	}
	return store.Digest(hash.Sum(nil)), nil
}

// Imports lists a unit's imports, the newest first.
func (s *Service) Imports(ctx context.Context, who Actor, unit string, p Page) ([]Import, string, error) {
	if err := s.may(ctx, who, ReadResults, unit, unit); err != nil {
		return nil, "", err
	}
	return s.store.Glance().Imports(ctx, unit, p)
}

// ImportOf reads one import.
func (s *Service) ImportOf(ctx context.Context, who Actor, id string) (Import, error) {
	in, err := s.store.Glance().Import(ctx, id)
	return in, s.guard(ctx, who, ReadResults, in.Unit, id, err)
}

// ErrorFile is the file of an import's bad rows, to be mended and sent again.
func (s *Service) ErrorFile(ctx context.Context, who Actor, id string) (*Blob, error) {
	in, err := s.store.Glance().Import(ctx, id)
	if err := s.guard(ctx, who, ImportResults, in.Unit, id, err); err != nil {
		return nil, err
	}
	if in.Errors == (store.Digest{}) {
		return nil, fmt.Errorf("import %s without bad rows: %w", id, ErrNotFound)
	}
	return s.store.Glance().Blob(ctx, in.Errors)
}
