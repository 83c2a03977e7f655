package attest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/store"
)

// Bundle is a bundle and what belongs to it.
type Bundle struct {
	store.Bundle
	Files        []store.File    // ordered by name
	Progress     *store.Progress // while a job draws it
	SupersededBy string          // its successor, from when that is opened; in force only when State says superseded
	Request      string          // the signing request that is open for it
	Level        *store.Level    // of its signatures; nil while it has none
	Revisions    []store.Revision
}

// tell reads what belongs to a bundle and what is under way with it.
func tell(ctx context.Context, v *store.View, b store.Bundle) (Bundle, error) {
	out, err := gather(ctx, v, b)
	if err != nil {
		return Bundle{}, err
	}
	switch b.Status.State {
	case bundle.Open:
		var p store.Progress
		if p, err = v.Progress(ctx, b.ID); err == nil {
			out.Progress = &p
		}
	case bundle.Pending, bundle.Signed: // the organisation's, after its head
		var r store.Request
		if r, err = v.RequestOf(ctx, b.ID); err == nil {
			out.Request = r.ID
		}
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Bundle{}, err
	}
	return out, nil
}

// Withdraw takes back a bundle that nobody signed, sealed or still open; its rows are
// free again, for the successor alone where it was to supersede another. What is being
// drawn for it is given up.
func (s *Service) Withdraw(ctx context.Context, who Actor, id, reason string) (Bundle, error) {
	return again(func() (Bundle, error) { return s.withdraw(ctx, who, id, reason) })
}

func (s *Service) withdraw(ctx context.Context, who Actor, id, reason string) (Bundle, error) {
	b, err := s.store.Glance().Bundle(ctx, id)
	if err := s.guard(ctx, who, WithdrawBundles, b.Unit, id, err); err != nil {
		return Bundle{}, err
	}
	if err := reasoned(reason, ""); err != nil {
		return Bundle{}, err
	}
	if b.Status.State == bundle.Pending {
		if b, err = s.lapsed(ctx, b); err != nil {
			return Bundle{}, err
		}
	}
	if _, err := b.Status.Apply(bundle.Withdraw); err != nil {
		return Bundle{}, err
	}
	return step(ctx, s, who, func(tx *store.Tx) (Bundle, error) {
		if err := tx.MoveBundle(ctx, &b, bundle.Withdraw); err != nil {
			return Bundle{}, err
		}
		freed, err := tx.FreeResults(ctx, id)
		if err == nil {
			err = tx.ClearProgress(ctx, id)
		}
		if err != nil {
			return Bundle{}, err
		}
		why, err := keepText(ctx, tx, "reason", reason)
		if err != nil {
			return Bundle{}, err
		}
		if err := tx.Audit("bundles.withdraw", who.Account, b.Unit, id, audit.Count("results", int64(freed)), why); err != nil {
			return Bundle{}, err
		}
		return tell(ctx, &tx.View, b)
	})
}

// Bundle reads a bundle.
func (s *Service) Bundle(ctx context.Context, who Actor, id string) (Bundle, error) {
	b, err := view(ctx, s, func(v *store.View) (Bundle, error) {
		b, err := v.Bundle(ctx, id)
		if err != nil {
			return Bundle{}, err
		}
		return tell(ctx, v, b)
	})
	if err := s.guard(ctx, who, ReadBundles, b.Unit, id, err); err != nil {
		return Bundle{}, err
	}
	return b, nil
}

// Bundles lists a unit's bundles, the newest first, with their levels and nothing else that
// belongs to them.
func (s *Service) Bundles(ctx context.Context, who Actor, unit string, p Page) ([]Bundle, string, error) {
	if err := s.may(ctx, who, ReadBundles, unit, unit); err != nil {
		return nil, "", err
	}
	v := s.store.Glance()
	found, next, err := v.Bundles(ctx, unit, p)
	if err != nil {
		return nil, "", err
	}
	out, ids := make([]Bundle, len(found)), make([]string, len(found))
	for n, b := range found {
		out[n].Bundle, ids[n] = b, b.ID
	}
	levels, err := v.LevelsOf(ctx, ids)
	for n := range levels {
		out[slices.Index(ids, levels[n].Bundle)].Level = &levels[n]
	}
	return out, next, err
}

// File finds a file of a bundle. The manifest and the signature over it are public;
// everything else holds personal data.
func (s *Service) File(ctx context.Context, who Actor, id, name string) (store.File, *Blob, error) {
	v := s.store.Glance()
	b, err := v.Bundle(ctx, id)
	if name != bundle.ManifestFile && name != bundle.SignatureFile {
		err = s.guard(ctx, who, ReadPages, b.Unit, id, err)
	}
	if err != nil {
		return store.File{}, nil, err
	}
	files, err := v.Files(ctx, id) // not by name, which is whatever somebody wrote
	if err != nil {
		return store.File{}, nil, err
	}
	for _, f := range files {
		if f.Name == name {
			content, err := v.Blob(ctx, f.SHA256)
			return f, content, err
		}
	}
	return store.File{}, nil, fmt.Errorf("%.64q of bundle %s: %w", name, id, ErrNotFound)
}
