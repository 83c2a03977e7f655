package dossier

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"kytiem/bundle"
	"kytiem/paper"
)

// Composition says of what a bundle directory is composed.
type Composition struct {
	Bundle     string // id; empty: a new one
	Unit       bundle.Unit
	Units      *bundle.Units // to find the unit's commune and province in; nil: they are not known
	Source     string        // bundle.ConfirmedInFile or bundle.ConfirmedInService
	Supersedes string        // id of the bundle that this one is to replace, or empty
	Now        time.Time

	// Progress is told how far the work is, if set: results read, total 0 as long as
	// their number is not known, then results read and drawn out of twice their number.
	Progress func(done, total int)
}

// Placed says where a result's record lies.
type Placed struct {
	Record   string // id
	Position int    // of its leaf, from 0
	LineAt   int64  // in records.ndjson
	LineSize int    // without the line end
}

// Compose makes a bundle directory dir, which must not exist yet, of results that are
// ready: records, manifest, document.json and the preview of the document, and annex
// files where the list is long. It appears whole or not at all. The outcome says for each
// result, in the order in which they came, where its record lies. Without results it
// is ErrNothingReady, and one that lacks something is ErrNotReady.
func Compose(ctx context.Context, dir string, c Composition, results iter.Seq2[bundle.Result, error]) (*bundle.Manifest, []Placed, error) {
	st, err := stage(dir)
	if err != nil {
		return nil, nil, err
	}
	defer st.discard()
	placed, err := c.gather(ctx, st, results)
	if err != nil {
		return nil, nil, err
	}
	m, err := c.draw(ctx, st)
	if err != nil {
		return nil, nil, err
	}
	return m, placed, st.become()
}

func (c *Composition) gather(ctx context.Context, st *staging, results iter.Seq2[bundle.Result, error]) ([]Placed, error) {
	records, err := newSpill(st.dir)
	if err != nil {
		return nil, err
	}
	defer records.close()
	var placed []Placed
	for result, err := range results {
		if err != nil {
			return nil, err
		}
		if lacks := result.Lacks(); len(lacks) > 0 {
			return nil, fmt.Errorf("result %d of a bundle: %w", len(placed)+1, ErrNotReady)
		}
		record, err := bundle.NewRecord(result)
		if err == nil {
			err = records.add(&record)
		}
		if err != nil {
			return nil, fmt.Errorf("result %d of a bundle: %w", len(placed)+1, err)
		}
		placed = append(placed, Placed{Record: record.ID})
		if len(placed)%10_000 == 0 {
			c.report(len(placed), 0)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
	}
	if len(placed) == 0 {
		return nil, ErrNothingReady
	}
	return placed, records.writeOrdered(st.path(bundle.RecordsFile), func(n, position int, at int64, size int) {
		placed[n].Position, placed[n].LineAt, placed[n].LineSize = position, at, size
	})
}

func (c *Composition) report(done, total int) {
	if c.Progress != nil {
		c.Progress(done, total)
	}
}

// draw makes everything that follows from the records.
func (c *Composition) draw(ctx context.Context, st *staging) (*bundle.Manifest, error) {
	file, err := os.Open(st.path(bundle.RecordsFile))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	roll, err := bundle.ReadRoll(file, info.Size())
	if err != nil {
		return nil, err
	}
	m, err := c.manifest(roll)
	if err != nil {
		return nil, err
	}
	if err := c.drawAnnexes(ctx, st, m, roll); err != nil {
		return nil, err
	}
	manifestJSON, err := bundle.Canonical(m)
	if err != nil {
		return nil, err
	}
	if err := writeBytes(st.path(bundle.ManifestFile), manifestJSON); err != nil {
		return nil, err
	}
	document := c.preview(m)
	documentJSON, err := bundle.Canonical(&document)
	if err != nil {
		return nil, err
	}
	if err := writeBytes(st.path(bundle.DocumentFile), documentJSON); err != nil {
		return nil, err
	}
	err = writeFile(st.path(bundle.PagesFile), func(f *os.File) error {
		return paper.Bundle(f, manifestJSON, documentJSON, roll)
	})
	c.report(2*roll.Len(), 2*roll.Len())
	return m, err
}

func (c *Composition) manifest(roll *bundle.Roll) (*bundle.Manifest, error) {
	root, err := bundle.Root(roll.Leaves())
	if err != nil {
		return nil, err
	}
	now, period := c.Now.UTC(), roll.Period()
	province := ""
	if c.Units != nil {
		if p, err := c.Units.Province(c.Unit, period.To); err == nil {
			province = p.Code
		}
	}
	if !c.Unit.ValidOn(period.From) || !c.Unit.ValidOn(period.To) {
		return nil, fmt.Errorf("unit %s, results from %s to %s: %w", c.Unit.Code, period.From, period.To, ErrOutsidePeriod)
	}
	basis, err := bundle.LegalBasisOn(bundle.DateOf(now.In(bundle.VietnamTime())), province)
	if err != nil {
		return nil, err
	}
	id := c.Bundle
	if id == "" {
		id = bundle.NewID()
	}
	return &bundle.Manifest{
		V: bundle.RecordVersion, Bundle: id, ConfirmationSource: c.Source, Supersedes: c.Supersedes,
		Counts: roll.Counts(), Period: period, LegalBasis: basis, Unit: bundle.NameOf(c.Unit),
		Root: bundle.HexHash(root), Size: roll.Len(), SealedAt: now.Format(time.RFC3339),
	}, nil
}

// drawAnnexes draws the list into files of its own where it is too long for the
// document, and states them in the manifest.
func (c *Composition) drawAnnexes(ctx context.Context, st *staging, m *bundle.Manifest, roll *bundle.Roll) error {
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
		c.report(roll.Len()+first, 2*roll.Len())
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
