package attest

import (
	"context"

	"kytiem/store"
)

type (
	// Level is how far a bundle's signatures are raised.
	Level = store.Level
	// Revision is what a signed file was before it was raised.
	Revision = store.Revision
	// Evidence is something that was fetched about a bundle's signatures.
	Evidence = store.Evidence
)

// Levels lists the signed bundles of a unit that have a level, those signed first coming
// first. Who may see all units may leave out the unit.
func (s *Service) Levels(ctx context.Context, who Actor, unit, level string, p Page) ([]store.Level, string, error) {
	if err := s.may(ctx, who, ReadLevels, unit, unit); err != nil {
		return nil, "", err
	}
	return s.store.Glance().LevelsAt(ctx, unit, level, p)
}

// Lapsing is [Service.Levels] for the bundles whose archive time-stamps lapse within
// [WarnAhead], the first to lapse coming first; the level does not matter.
func (s *Service) Lapsing(ctx context.Context, who Actor, unit, _ string, p Page) ([]store.Level, string, error) {
	if err := s.may(ctx, who, ReadLevels, unit, unit); err != nil {
		return nil, "", err
	}
	v := s.store.Glance()
	return v.LevelsLapsing(ctx, unit, v.Now().Add(WarnAhead), p)
}
