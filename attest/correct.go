package attest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/intake"
	"kytiem/paper"
	"kytiem/store"
)

// Amendment is what is to be changed in a result, and why. Fields are named as the
// columns of a results file and written as there.
type Amendment struct {
	Fields   map[string]string
	Reason   string
	Evidence string // which document shows it; no personal data
}

// MaxReasonBytes bounds a reason, and what is named as evidence.
const MaxReasonBytes = 1000

// InvalidError is a correction that would make a result wrong, in the words of a file's
// findings.
type InvalidError struct{ Findings []intake.Finding }

func (e *InvalidError) Error() string {
	codes := make([]string, len(e.Findings))
	for i, f := range e.Findings {
		codes[i] = f.Column + " " + f.Code
	}
	return "correction would make the result wrong: " + strings.Join(codes, ", ")
}

// kind says which sector's confirmation rests on a field; external_id is nobody's.
func kind(field string) (part Part, known bool) {
	switch field {
	case "full_name", "gender", "birth_date", "id_type", "id_number", "nationality":
		return Identity, true
	case "dose_number", "vaccinated_on", "vaccine", "lot_number", "site":
		return Vaccination, true
	case "external_id":
		return "", true
	}
	return "", false
}

// Correct changes what was wrong in a result (step 3 of the life of a result): old and
// new value, who and why are kept. A changed identity has to be matched and confirmed
// anew by the police, a changed vaccination confirmed anew by the health sector; a result
// found wrong stays so until the police have verified the correction, which cleanses it.
func (s *Service) Correct(ctx context.Context, who Actor, id string, a Amendment) (Result, error) {
	return gaveWay(func() (Result, error) { return s.correct(ctx, who, id, a) })
}

func (s *Service) correct(ctx context.Context, who Actor, id string, a Amendment) (Result, error) {
	r, err := s.store.Glance().Result(ctx, id)
	if err := s.guard(ctx, who, CorrectResults, r.Unit, id, err); err != nil {
		return Result{}, err
	}
	if err := reasoned(a.Reason, a.Evidence); err != nil {
		return Result{}, err
	}
	if r.Bundle != "" {
		return Result{}, fmt.Errorf("result %s: %w", id, ErrInBundle)
	}
	changes, err := amend(&r, a.Fields, s.now())
	if err != nil || len(changes) == 0 {
		return r, err
	}
	return step(ctx, s, who, func(tx *store.Tx) (Result, error) {
		if err := tx.UpdateResult(ctx, r); err != nil {
			return Result{}, err
		}
		err := tx.AddCorrection(ctx, Correction{ID: bundle.NewID(), Result: id, Account: who.Account,
			Reason: a.Reason, Evidence: a.Evidence, Changes: changes})
		if err != nil {
			return Result{}, err
		}
		facts := []audit.Fact{audit.Count("fields", int64(len(changes)))}
		for _, c := range changes { // which, never what they say
			facts = append(facts, audit.Count(c.Field, 1))
		}
		if err := tx.Audit("results.correct", who.Account, r.Unit, id, facts...); err != nil {
			return Result{}, err
		}
		return tx.Result(ctx, id)
	})
}

// reasoned asks for a reason that can be kept.
func reasoned(reason, evidence string) error {
	if strings.TrimSpace(reason) == "" {
		return ErrReason
	}
	if len(reason) > MaxReasonBytes || len(evidence) > MaxReasonBytes {
		return fmt.Errorf("reason of more than %d bytes: %w", MaxReasonBytes, ErrText)
	}
	return nil
}

// amend puts fields into a result as if it came in a file, and takes back the
// confirmations that rested on what changed.
func amend(r *Result, fields map[string]string, now time.Time) ([]Change, error) {
	before := cells(&r.Result)
	after := maps.Clone(before)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if _, known := kind(name); !known {
			return nil, fmt.Errorf("%.40q: %w", name, ErrField)
		}
		after[name] = fields[name]
	}
	read, err := reread(after, r.Unit, now)
	if err != nil {
		return nil, err
	}
	read.Unit, read.Match, read.MatchReason = r.Unit, r.Match, r.MatchReason
	read.HealthConfirmedBy, read.PoliceConfirmedBy = r.HealthConfirmedBy, r.PoliceConfirmedBy
	after = cells(read)
	var changes []Change
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if before[name] == after[name] {
			continue
		}
		changes = append(changes, Change{Field: name, Before: before[name], After: after[name]})
		switch part, _ := kind(name); part {
		case Identity:
			if r.Amended = read.Match == bundle.Wrong; !r.Amended {
				read.Match, read.MatchReason = bundle.Unmatched, ""
			}
			read.PoliceConfirmedBy, r.PoliceAt = "", time.Time{}
		case Vaccination:
			read.HealthConfirmedBy, r.HealthAt = "", time.Time{}
		}
	}
	r.Result = *read
	return changes, nil
}

// cells writes what can be corrected in a result as a file would.
func cells(r *bundle.Result) map[string]string {
	dose := ""
	if r.DoseNumber != 0 {
		dose = strconv.Itoa(r.DoseNumber)
	}
	return map[string]string{
		"external_id": r.ExternalID, "full_name": r.FullName, "gender": string(r.Gender), "birth_date": r.BirthDate.String(),
		"id_type": string(r.IDType), "id_number": r.IDNumber, "nationality": r.Nationality, "dose_number": dose,
		"vaccinated_on": r.VaccinatedOn.String(), "vaccine": r.Vaccine, "lot_number": r.LotNumber, "site": r.Site,
	}
}

// reread reads the cells of one row with all the checks of an import.
func reread(cells map[string]string, unit string, now time.Time) (*bundle.Result, error) {
	line, err := json.Marshal(cells)
	if err != nil {
		return nil, err
	}
	reader, err := intake.Open(bytes.NewReader(line), intake.Options{Unit: unit, Printable: paper.Printable, Now: func() time.Time { return now }})
	var refused *intake.FileError
	if errors.As(err, &refused) {
		return nil, &InvalidError{[]intake.Finding{refused.Finding}}
	}
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	row, err := reader.Next()
	if err != nil {
		return nil, err
	}
	if row.Bad() {
		wrong := slices.DeleteFunc(row.Findings, func(f intake.Finding) bool { return f.Warning })
		return nil, &InvalidError{wrong}
	}
	return &row.Result, nil
}
