package attest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kytiem/bundle"
	"kytiem/store"
)

// Prove makes the proof of one sealed record, disclosing the named fields (nil: all). id
// is that of a record, or of a result, which stands for its record in the bundle in
// force.
func (s *Service) Prove(ctx context.Context, who Actor, id string, disclose []string) ([]byte, error) {
	record, g, err := s.sealed(ctx, id)
	if errors.Is(err, ErrNotFound) { // a result that is in no bundle is a unit's all the same
		if r, err := s.store.Glance().Result(ctx, id); err == nil {
			if err := s.may(ctx, who, ProveRecords, r.Unit, id); err != nil {
				return nil, err
			}
		}
	}
	unit := ""
	if err == nil {
		unit = g.unit
	}
	if err := s.guard(ctx, who, ProveRecords, unit, id, err); err != nil {
		return nil, err
	}
	line, err := s.store.Glance().BlobRange(ctx, g.records.SHA256, record.LineAt, int64(record.LineSize))
	if err != nil {
		return nil, err
	}
	parsed, err := bundle.ParseRecord(line)
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", record.ID, err)
	}
	p7s, err := s.signature(ctx, g)
	if err != nil {
		return nil, err
	}
	proof, err := g.tree.Prove(record.Position, &parsed, disclose, g.manifest, p7s)
	if err != nil {
		return nil, err
	}
	return proof.Append(make([]byte, 0, 2*(len(g.manifest)+len(p7s))+4<<10)), nil
}

// sealed finds the record that an id stands for, and the tree it is in.
func (s *Service) sealed(ctx context.Context, id string) (store.Record, *grown, error) {
	if !bundle.ValidID(id) {
		return store.Record{}, nil, fmt.Errorf("not an id of ours: %w", store.ErrNotFound)
	}
	record, err := s.store.Glance().Record(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		record, err = s.inForce(ctx, id)
	}
	if err != nil {
		return record, nil, err
	}
	g, err := s.trees.of(ctx, record.Bundle, func() (*grown, error) { return s.grow(ctx, record.Bundle) })
	return record, g, err
}

// inForce finds a result's record in the bundle that counts: attested and not replaced,
// or, while none is, one that waits for its signature.
func (s *Service) inForce(ctx context.Context, result string) (store.Record, error) {
	records, err := s.store.Glance().RecordsOf(ctx, result)
	if err != nil {
		return store.Record{}, err
	}
	rank := []bundle.State{bundle.Sealed, bundle.Pending, bundle.Minuted, bundle.Signed}
	best, found := -1, store.Record{}
	for _, r := range records {
		b, err := s.store.Glance().Bundle(ctx, r.Bundle)
		if err != nil {
			return store.Record{}, err
		}
		if n := slices.Index(rank, b.Status.State); n > best {
			best, found = n, r
		}
	}
	if best < 0 {
		return store.Record{}, fmt.Errorf("record of result %s: %w", result, store.ErrNotFound)
	}
	return found, nil
}

// grow reads a bundle's records through once.
func (s *Service) grow(ctx context.Context, id string) (*grown, error) {
	b, err := s.store.Glance().Bundle(ctx, id)
	if err != nil {
		return nil, err
	}
	w := &work{Bundle: b}
	if w.files, err = s.store.Glance().Files(ctx, id); err != nil {
		return nil, err
	}
	if w.manifestJSON, err = s.content(ctx, w.files, bundle.ManifestFile); err != nil {
		return nil, err
	}
	if w.manifest, err = bundle.ParseManifest(w.manifestJSON); err != nil {
		return nil, err
	}
	roll, err := w.roll(ctx, s)
	if err != nil {
		return nil, err
	}
	records, err := fileOf(w.files, bundle.RecordsFile)
	return &grown{bundle: id, unit: b.Unit, records: records, tree: bundle.NewTree(roll.Leaves()), manifest: w.manifestJSON}, err
}

// signature is the bundle's manifest.p7s, nil as long as it is not signed.
func (s *Service) signature(ctx context.Context, g *grown) ([]byte, error) {
	g.mutex.Lock()
	p7s := g.p7s
	g.mutex.Unlock()
	if p7s != nil {
		return p7s, nil
	}
	f, err := s.store.Glance().File(ctx, g.bundle, bundle.SignatureFile)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err == nil {
		p7s, err = s.store.Glance().Content(ctx, f.SHA256)
	}
	if err != nil {
		return nil, err
	}
	g.mutex.Lock()
	g.p7s = p7s
	g.mutex.Unlock()
	return p7s, nil
}
