package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/cmd/terminal"
	"kytiem/sample"
	"kytiem/store"
)

// What a trial begins with, and how many fresh rows lie ready for the two ways that the
// front page shows.
const (
	seedRows  = 240
	freshRows = 24
)

// seed brings units, one account per role and results into the database, each unless it is
// there, by the same steps as everybody's; and lays fresh files beside it.
func (r *trial) seed(ctx context.Context, s *service) ([]seeded, error) {
	if err := seedUnits(ctx, s); err != nil {
		return nil, err
	}
	var who []seeded
	by := make(map[attest.Role]attest.Actor)
	for _, role := range attest.Roles() {
		w := seeded{role: role}
		switch {
		case role == attest.Monitor:
			w.unit = "75" // the province
		case role.OfUnit():
			w.unit = demoUnit
		}
		if err := r.seedAccount(ctx, s, &w); err != nil {
			return nil, fmt.Errorf("account of %s: %w", role, err)
		}
		who, by[role] = append(who, w), w.actor
	}
	counts, err := s.CountResults(ctx, by[attest.Health], demoUnit)
	if err != nil {
		return nil, err
	}
	there := 0
	for _, n := range counts {
		there += n
	}
	if there == 0 {
		if err := r.seedResults(ctx, s, by); err != nil {
			return nil, err
		}
		there = seedRows
	}
	for n, name := range []string{"results.csv", "second.csv"} {
		o := sample.Options{Seed: uint64(2*there + n), Rows: freshRows}
		if err := writeSample(r.path("sample", name), o); err != nil {
			return nil, err
		}
	}
	return who, nil
}

// seedUnits enters the sample units.
func seedUnits(ctx context.Context, s *service) error {
	rows, err := csv.NewReader(bytes.NewReader(sample.Units())).ReadAll()
	if err != nil {
		return err
	}
	var units []bundle.Unit
	for _, row := range rows {
		if u, ok := sample.Unit(row[1]); ok {
			units = append(units, u)
		}
	}
	return s.PutUnits(ctx, attest.Operator(), units)
}

// seedAccount finds the account whose token lies in the directory, or makes both.
func (r *trial) seedAccount(ctx context.Context, s *service, w *seeded) error {
	path := r.path("tokens", string(w.role))
	kept, err := terminal.ReadFile(path, 1024)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	w.actor, err = s.Authenticate(ctx, strings.TrimSpace(string(kept)))
	if err == nil && w.actor.Role == w.role && w.actor.Unit == w.unit {
		w.account = w.actor.Account
		return nil
	}
	if err != nil && !errors.Is(err, attest.ErrUnauthenticated) {
		return err
	}
	account, err := s.AddAccount(ctx, attest.Operator(), seedName(w.role, w.unit), w.role, w.unit)
	if err != nil {
		return err
	}
	issued, err := s.IssueToken(ctx, attest.Operator(), account.ID, 0)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(issued.Secret+"\n"), 0o600); err != nil {
		return err
	}
	w.account = account.ID
	w.actor, err = s.Authenticate(ctx, issued.Secret)
	return err
}

// seedName is what the sample account of a role is called, by the unit that it belongs to.
func seedName(role attest.Role, code string) string {
	u, _ := sample.Unit(code)
	first, size := utf8.DecodeRuneInString(u.FullName)
	unit := string(unicode.ToLower(first)) + u.FullName[size:]
	switch role {
	case attest.Health:
		return "Trạm Y tế " + unit
	case attest.Police:
		return "Công an " + unit
	case attest.Head:
		return "Chủ tịch Ủy ban nhân dân " + unit
	case attest.Clerk:
		return "Văn thư Ủy ban nhân dân " + unit
	case attest.Monitor:
		return "Sở Y tế " + unit
	case attest.Verifier:
		return "Hệ thống kiểm tra mẫu"
	}
	return "Quản trị hệ thống mẫu"
}

// seedResults imports results as the health sector does and has both sectors confirm what
// they can; what is wrong or missing stays to be worked on.
func (r *trial) seedResults(ctx context.Context, s *service, by map[attest.Role]attest.Actor) error {
	path := r.path("sample", "seed.csv")
	if err := writeSample(path, sample.Options{Seed: 2021, Rows: seedRows, Mix: sample.RealMix()}); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := s.Import(ctx, by[attest.Health], attest.Upload{Unit: demoUnit, File: f}); err != nil {
		return err
	}
	results, err := everyPage(func(p store.Page) ([]attest.Result, string, error) {
		return s.Results(ctx, by[attest.Health], attest.Worklist{Unit: demoUnit}, p)
	})
	if err != nil {
		return err
	}
	vaccination := attest.Confirmation{Part: attest.Vaccination}
	identity := attest.Confirmation{Part: attest.Identity, Answer: bundle.Matched}
	for _, result := range results {
		vaccination.Results = append(vaccination.Results, result.ID)
		if result.Match == bundle.Matched || result.Match == bundle.Cleansed || result.Exempt() {
			identity.Results = append(identity.Results, result.ID)
		}
	}
	if _, err := s.Confirm(ctx, by[attest.Health], vaccination); err != nil {
		return err
	}
	_, err = s.Confirm(ctx, by[attest.Police], identity)
	return err
}

func writeSample(path string, o sample.Options) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(sample.WriteCSV(f, sample.Rows(o), sample.CSVOptions{}), f.Close())
}
