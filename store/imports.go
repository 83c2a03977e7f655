package store

import (
	"context"
	"fmt"
	"time"
)

// Import is one file of results that a unit sent, and what became of its rows:
// Taken, Bad and Doubled add up to Rows.
type Import struct {
	ID      string // [bundle.NewID]
	Unit    string
	Account string // who sent it
	At      time.Time
	File    Digest // of the file as it came
	Rows    int
	Taken   int
	Bad     int    // went back in the error file
	Doubled int    // doses that were known already
	Errors  Digest // of the error file, a blob; zero where there is none
}

// AddImport adds an import, of now.
func (tx *Tx) AddImport(ctx context.Context, i Import) error {
	var errors any
	if i.Errors != (Digest{}) {
		errors = i.Errors[:]
	}
	_, err := tx.conn.exec(ctx,
		`INSERT INTO imports (id, unit, account, at, file_sha256, rows, taken, bad, doubled, errors)
		 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		i.ID, i.Unit, i.Account, micros(tx.now), i.File[:], i.Rows, i.Taken, i.Bad, i.Doubled, errors)
	if err != nil {
		return fmt.Errorf("adding import %s: %w", i.ID, err)
	}
	return nil
}

// Import reads an import.
func (v *View) Import(ctx context.Context, id string) (Import, error) {
	i, err := only(ctx, v, imported,
		`SELECT id, unit, account, at, file_sha256, rows, taken, bad, doubled, errors FROM imports WHERE id = $1`, id)
	if err != nil {
		return Import{}, fmt.Errorf("reading import %s: %w", id, err)
	}
	return i, nil
}

// ImportsOfFile lists when a unit sent the same file before, the oldest first.
func (v *View) ImportsOfFile(ctx context.Context, unit string, file Digest) ([]Import, error) {
	imports, err := list(ctx, v, imported,
		`SELECT id, unit, account, at, file_sha256, rows, taken, bad, doubled, errors FROM imports
		 WHERE unit = $1 AND file_sha256 = $2 ORDER BY at, id LIMIT $3`, unit, file[:], MaxPage)
	if err != nil {
		return nil, fmt.Errorf("reading imports of file %s: %w", file, err)
	}
	return imports, nil
}

// Imports lists a unit's imports, the newest first.
func (v *View) Imports(ctx context.Context, unit string, p Page) ([]Import, string, error) {
	at, id := int64(newest), ""
	if err := p.read(&at, &id); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	imports, err := list(ctx, v, imported,
		`SELECT id, unit, account, at, file_sha256, rows, taken, bad, doubled, errors FROM imports
		 WHERE unit = $1 AND (at, id) < ($2, $3) ORDER BY at DESC, id DESC LIMIT $4`, unit, at, id, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing imports: %w", err)
	}
	imports, next := cut(imports, limit, func(i *Import) string { return cursor(i.At.UnixMicro(), i.ID) })
	return imports, next, nil
}

func imported(r rows) (i Import, err error) {
	err = r.Scan(&i.ID, &i.Unit, &i.Account, instant(&i.At), digest(&i.File), &i.Rows, &i.Taken, &i.Bad, &i.Doubled, digest(&i.Errors))
	return i, err
}
