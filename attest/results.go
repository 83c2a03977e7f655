package attest

import (
	"context"

	"kytiem/store"
)

// What the store keeps is what the steps tell of it.
type (
	// Page asks for a part of a list.
	Page = store.Page
	// Blob is stored content.
	Blob = store.Blob
	// Result is a dose of one person as it stands today.
	Result = store.Result
	// Worklist is which results of a unit are wanted.
	Worklist = store.Worklist
	// Standing is what keeps a result from being sealed.
	Standing = store.Standing
	// Part is what one sector confirms.
	Part = store.Part
	// Correction is one correction of a result.
	Correction = store.Correction
	// Change is what a correction did to one field.
	Change = store.Change
)

// The parts of a result, and what can keep one from being sealed.
const (
	Vaccination = store.Vaccination
	Identity    = store.Identity

	LacksData      = store.LacksData
	LacksMatch     = store.LacksMatch
	LacksCleansing = store.LacksCleansing
	LacksHealth    = store.LacksHealth
	LacksPolice    = store.LacksPolice
	InBundle       = store.InBundle
	Ready          = store.Ready
)

// Lacking lists the standings of results that lack all of these at least.
func Lacking(these Standing) []Standing { return store.Lacking(these) }

// Results lists a unit's results by name.
func (s *Service) Results(ctx context.Context, who Actor, w Worklist, p Page) ([]Result, string, error) {
	if err := s.may(ctx, who, ReadResults, w.Unit, w.Unit); err != nil {
		return nil, "", err
	}
	return s.store.Glance().Worklist(ctx, w, p)
}

// Result reads one result.
func (s *Service) Result(ctx context.Context, who Actor, id string) (Result, error) {
	r, err := s.store.Glance().Result(ctx, id)
	if err := s.guard(ctx, who, ReadResults, r.Unit, id, err); err != nil {
		return Result{}, err
	}
	return r, nil
}

// CountResults counts a unit's results by what keeps them from being sealed.
func (s *Service) CountResults(ctx context.Context, who Actor, unit string) (map[Standing]int, error) {
	if err := s.may(ctx, who, ReadResults, unit, unit); err != nil {
		return nil, err
	}
	return s.store.Glance().CountResults(ctx, unit)
}

// Corrections lists what was corrected in a result, the newest first.
func (s *Service) Corrections(ctx context.Context, who Actor, id string, p Page) ([]Correction, string, error) {
	if _, err := s.Result(ctx, who, id); err != nil {
		return nil, "", err
	}
	return s.store.Glance().Corrections(ctx, id, p)
}
