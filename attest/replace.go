package attest

import (
	"bytes"
	"context"
	"errors"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/store"
)

// Supersede opens the successor of a bundle that is signed or minuted, to which the
// bundle's rows go over: they can be corrected, confirmed and sealed in the successor,
// and in no other bundle. The bundle stays in force until its successor is signed or
// minuted (Nghị định 30/2020/NĐ-CP, Điều 18). The outcome is the successor.
func (s *Service) Supersede(ctx context.Context, who Actor, id, reason string) (Bundle, error) {
	return again(func() (Bundle, error) { return s.supersede(ctx, who, id, reason) }) // its signatures may be raised just now
}

func (s *Service) supersede(ctx context.Context, who Actor, id, reason string) (Bundle, error) {
	b, err := s.store.Glance().Bundle(ctx, id)
	if err := s.guard(ctx, who, SupersedeBundles, b.Unit, id, err); err != nil {
		return Bundle{}, err
	}
	if err := publishable(reason); err != nil {
		return Bundle{}, err
	}
	if _, err := b.Status.Apply(bundle.Supersede); err != nil {
		return Bundle{}, err
	}
	return step(ctx, s, who, func(tx *store.Tx) (Bundle, error) {
		if err := tx.TouchBundle(ctx, &b); err != nil { // of this and a request to sign it one goes on
			return Bundle{}, err
		}
		next, err := tx.AddBundle(ctx, bundle.NewID(), b.Unit, id)
		if err != nil {
			return Bundle{}, err
		}
		freed, err := tx.FreeResults(ctx, id)
		if err != nil {
			return Bundle{}, err
		}
		why, err := keepText(ctx, tx, "reason", reason)
		if err != nil {
			return Bundle{}, err
		}
		err = tx.Audit("bundles.supersede", who.Account, b.Unit, id, audit.ID("successor", next.ID), audit.Count("results", int64(freed)), why)
		return Bundle{Bundle: next}, err
	})
}

// Recall takes a bundle that is signed or minuted out of force; its rows are free again.
// The statement about it is signed by the service and dated.
func (s *Service) Recall(ctx context.Context, who Actor, id, reason string) (Bundle, error) {
	return again(func() (Bundle, error) { return s.recall(ctx, who, id, reason) })
}

func (s *Service) recall(ctx context.Context, who Actor, id, reason string) (Bundle, error) {
	b, err := s.store.Glance().Bundle(ctx, id)
	if err := s.guard(ctx, who, RecallBundles, b.Unit, id, err); err != nil {
		return Bundle{}, err
	}
	if err := publishable(reason); err != nil {
		return Bundle{}, err
	}
	if _, err := b.Status.Apply(bundle.Recall); err != nil {
		return Bundle{}, err
	}
	said, err := s.declare(ctx, s.about(b, statusRecalled, reason, ""))
	if err != nil {
		return Bundle{}, err
	}
	return step(ctx, s, who, func(tx *store.Tx) (Bundle, error) {
		if err := tx.MoveBundle(ctx, &b, bundle.Recall); err != nil {
			return Bundle{}, err
		}
		freed, err := tx.FreeResults(ctx, id)
		if err != nil {
			return Bundle{}, err
		}
		facts, err := said.keep(ctx, tx)
		if err != nil {
			return Bundle{}, err
		}
		err = tx.Audit("bundles.recall", who.Account, b.Unit, id, append(facts, audit.Count("results", int64(freed)))...)
		if err != nil {
			return Bundle{}, err
		}
		return gather(ctx, &tx.View, b)
	})
}

// gather reads what belongs to a bundle.
func gather(ctx context.Context, v *store.View, b store.Bundle) (Bundle, error) {
	out := Bundle{Bundle: b}
	var err error
	if out.Files, err = v.Files(ctx, b.ID); err != nil {
		return Bundle{}, err
	}
	if l, err := v.Level(ctx, b.ID); err == nil {
		out.Level = &l
	} else if !errors.Is(err, store.ErrNotFound) {
		return Bundle{}, err
	}
	if out.Revisions, err = v.Revisions(ctx, b.ID); err != nil {
		return Bundle{}, err
	}
	next, err := v.Successor(ctx, b.ID)
	if err == nil {
		out.SupersededBy = next.ID
	} else if !errors.Is(err, store.ErrNotFound) {
		return Bundle{}, err
	}
	return out, nil
}

// succession is that a bundle which has just been attested takes the place of another.
type succession struct {
	old  store.Bundle
	said SignedStatus
}

// succeed prepares the succession of a bundle; nil where it replaces nothing, or nothing
// that is still in force.
func (s *Service) succeed(ctx context.Context, b store.Bundle) (*succession, error) {
	if b.Supersedes == "" {
		return nil, nil //nolint:nilnil // said above
	}
	old, err := s.store.Glance().Bundle(ctx, b.Supersedes)
	if err != nil {
		return nil, err
	}
	if _, err := old.Status.Apply(bundle.Supersede); err != nil {
		return nil, nil //nolint:nilerr,nilnil // recalled meanwhile, or superseded when the minutes were confirmed
	}
	reason, err := s.reasonOf(ctx, old.ID, "bundles.supersede")
	if err != nil {
		return nil, err
	}
	said, err := s.declare(ctx, s.about(old, statusSuperseded, reason, b.ID))
	return &succession{old, said}, err
}

// write takes the old bundle out of force.
func (x *succession) write(ctx context.Context, tx *store.Tx, who Actor) error {
	if x == nil {
		return nil
	}
	if err := tx.MoveBundle(ctx, &x.old, bundle.Supersede); err != nil {
		return err
	}
	facts, err := x.said.keep(ctx, tx)
	if err != nil {
		return err
	}
	return tx.Audit("bundles.superseded", who.Account, x.old.Unit, x.old.ID, append(facts, audit.ID("successor", x.said.SupersededBy))...)
}

// keepText keeps what somebody wrote, as a blob whose digest stands in the audit chain
// under this name: sentences have no place in the chain itself.
func keepText(ctx context.Context, tx *store.Tx, name, text string) (audit.Fact, error) {
	sum, err := tx.PutContent(ctx, []byte(text))
	return audit.ID(name, sum.String()), err
}

// blobOf finds the content that the latest act of a kind on a subject names under a fact;
// nil where there is none.
func (s *Service) blobOf(ctx context.Context, subject, act, fact string) ([]byte, error) {
	v := s.store.Glance()
	e, err := v.LastAct(ctx, subject, act)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var sum store.Digest
	if err := sum.UnmarshalText([]byte(factsOf(&e)[fact])); err != nil {
		return nil, nil //nolint:nilerr // it names nothing
	}
	blob, err := v.Blob(ctx, sum)
	if err != nil {
		return nil, err
	}
	return v.BlobRange(ctx, sum, 0, min(blob.Size(), maxStatementBytes))
}

func (s *Service) reasonOf(ctx context.Context, subject, act string) (string, error) {
	text, err := s.blobOf(ctx, subject, act, "reason")
	return string(bytes.TrimSpace(text)), err
}
