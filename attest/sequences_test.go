package attest_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/signer"
	"kytiem/store"
)

// sequencesFor is how long random sequences of steps are made up, longSequence how many
// steps one has.
const (
	sequencesFor = 6 * time.Second
	longSequence = 40
)

// TestSequences takes steps in random order, by actors who may and who may not, and
// compares what is stored after each with a model of what the steps promise.
func TestSequences(t *testing.T) {
	end := time.Now().Add(sequencesFor)
	sequences, taken := 0, make(map[string]int)
	rapid.Check(t, func(r *rapid.T) {
		if time.Now().After(end) {
			return
		}
		sequences++
		m := &model{T: r, t: t, d: newDesk(t, nil), rows: make(map[string]*modelRow), bundles: make(map[string]*modelBundle),
			requests: make(map[string]*modelRequest), taken: taken}
		steps := []func(){m.scan, m.complete, m.prepare, m.supersede, m.seal, m.settle, m.recall, m.draw, m.withdraw, m.refuse, m.expire,
			m.correct, m.confirm, m.takeIn} // rapid draws the first more often
		m.takeIn()
		m.settle()
		m.seal()
		for range longSequence {
			rapid.SampledFrom(steps).Draw(r, "step")()
			m.check()
		}
		checkEverything(t, m.d)
	})
	t.Logf("%d sequences of %d steps, of which were taken: %v", sequences, longSequence, taken)
}

// model is what should be stored.
type model struct {
	*rapid.T
	t        *testing.T // whose desk it is
	d        *desk
	rows     map[string]*modelRow
	bundles  map[string]*modelBundle
	requests map[string]*modelRequest
	names    int            // made up
	taken    map[string]int // steps that were
}

type modelRow struct {
	bundle         string // that claims it
	records        []string
	match          bundle.Match
	health, police bool
	amended        bool // corrected since it was found wrong
}

type modelBundle struct {
	status     bundle.Status
	supersedes string
	drawn      bool
	done       map[signer.Kind]bool // signatures that are there
}

type modelRequest struct {
	attest.SigningRequest
	state store.RequestState
	done  map[string]bool // items
}

func (r *modelRow) ready() bool {
	return r.health && r.police && (r.match == bundle.Matched || r.match == bundle.Cleansed)
}

// in reports whether a bundle is in one of these states.
func (m *model) in(id string, states ...bundle.State) bool {
	return slices.Contains(states, m.bundles[id].status.State)
}

// claimable reports whether a row may go into bundle id, which supersedes another one or
// none.
func (m *model) claimable(r *modelRow, supersedes string) bool {
	return r.bundle == "" && r.ready() && !slices.ContainsFunc(r.records, func(b string) bool {
		return b != supersedes && m.in(b, bundle.Sealed, bundle.Pending, bundle.Signed, bundle.Minuted)
	})
}

// successor is the bundle that is to supersede id.
func (m *model) successor(id string) string {
	for other, b := range m.bundles {
		if b.supersedes == id && b.status.State != bundle.Withdrawn {
			return other
		}
	}
	return ""
}

func (m *model) open() string {
	for id := range m.bundles {
		if m.in(id, bundle.Open) {
			return id
		}
	}
	return ""
}

// free lets go of a bundle's rows.
func (m *model) free(id string) {
	for _, r := range m.rows {
		if r.bundle == id {
			r.bundle = ""
		}
	}
}

// attested is that a bundle was signed or minuted: its predecessor goes out of force.
func (m *model) attested(id string, act bundle.Act) {
	m.move(id, act)
	if old := m.bundles[id].supersedes; old != "" && m.in(old, bundle.Signed, bundle.Minuted) {
		m.move(old, bundle.Supersede)
	}
}

func (m *model) move(id string, act bundle.Act) {
	next, err := m.bundles[id].status.Apply(act)
	if err != nil {
		m.Fatalf("the model: %v", err)
	}
	m.bundles[id].status = next
}

// legal reports whether a bundle may be moved so.
func (m *model) legal(id string, act bundle.Act) error {
	if _, err := m.bundles[id].status.Apply(act); err != nil {
		return attest.ErrMove
	}
	return nil
}

// actor is who takes the step: mostly who may, sometimes anybody else, with what he is
// told then.
func (m *model) actor(act attest.Act, may attest.Role) (attest.Actor, error) {
	if rapid.IntRange(0, 7).Draw(m.T, "stranger") < 7 {
		return m.d.who[may], nil
	}
	others := append(actors(m.d), m.d.alien, attest.Actor{})
	if act == attest.SignBundles { // by the same calls a clerk does something else, which this model does not know
		others = slices.DeleteFunc(others, func(a attest.Actor) bool { return a.Role == attest.Clerk })
	}
	who := rapid.SampledFrom(others).Draw(m.T, "actor")
	switch {
	case who.Anybody():
		return who, attest.ErrUnauthenticated
	case attest.ReachOf(who.Role, act) == attest.Nowhere:
		return who, attest.ErrForbidden
	case who.Unit != commune:
		return who, attest.ErrNotFound
	}
	return who, nil
}

// told compares what a step came to with what it had to; the first of wants that is not
// nil counts. It reports whether the step was taken.
func (m *model) told(what string, got error, wants ...error) bool {
	for _, want := range wants {
		if want == nil {
			continue
		}
		if !errors.Is(got, want) {
			m.Fatalf("%s: %v, want %v", what, got, want)
		}
		return false
	}
	if got != nil {
		m.Fatalf("%s: %v", what, got)
	}
	m.taken[what]++
	return true
}

// some draws a few of those that are there.
func some[V any](m *model, from map[string]V, most int) []string {
	if len(from) == 0 {
		return nil
	}
	ids := rapid.SliceOfN(rapid.SampledFrom(slices.Sorted(maps.Keys(from))), 1, most).Draw(m.T, "ids")
	return slices.Compact(slices.Sorted(slices.Values(ids)))
}

// single draws one of those that are there.
func single[V any](m *model, from map[string]V) string {
	if ids := some(m, from, 1); ids != nil {
		return ids[0]
	}
	return ""
}

// pick draws a bundle, mostly one in these states where there is one.
func (m *model) pick(states ...bundle.State) string {
	if rapid.IntRange(0, 7).Draw(m.T, "any") < 7 {
		of := make(map[string]*modelBundle)
		for id, b := range m.bundles {
			if m.in(id, states...) {
				of[id] = b
			}
		}
		if len(of) > 0 {
			return single(m, of)
		}
	}
	return single(m, m.bundles)
}

// check compares what is stored with the model.
func (m *model) check() {
	ctx := m.t.Context()
	stored := m.stored()
	if len(stored) != len(m.rows) {
		m.Fatalf("%d rows, want %d", len(stored), len(m.rows))
	}
	for id, r := range stored {
		want := m.rows[id]
		got := modelRow{r.Bundle, want.records, r.Match, r.HealthConfirmedBy != "", r.PoliceConfirmedBy != "", r.Amended}
		if fmt.Sprint(got) != fmt.Sprint(*want) {
			m.Fatalf("row %s is %+v, want %+v", id, got, *want)
		}
	}
	bundles, _, err := m.d.store.Glance().AllBundles(ctx, store.Page{Limit: store.MaxPage})
	if err != nil || len(bundles) != len(m.bundles) {
		m.Fatalf("%d bundles (%v), want %d", len(bundles), err, len(m.bundles))
	}
	for _, b := range bundles {
		if want := m.bundles[b.ID]; want == nil || b.Status != want.status || b.Supersedes != want.supersedes {
			m.Fatalf("bundle %s is %+v, want %+v", b.ID, b, want)
		}
	}
	for id, want := range m.requests {
		got, err := m.d.store.Glance().Request(ctx, id)
		if err != nil || got.State != want.state {
			m.Fatalf("request %s is %s (%v), want %s", id, got.State, err, want.state)
		}
	}
	err = m.d.store.Read(ctx, func(v *store.View) error {
		contradictions, err := v.Contradictions(ctx)
		if len(contradictions) > 0 {
			m.Fatalf("contradictions: %v", contradictions)
		}
		return err
	})
	if err != nil {
		m.Fatal(err)
	}
}

// stored are all results of the unit, by id.
func (m *model) stored() map[string]attest.Result {
	found, next, err := m.d.Results(m.t.Context(), m.d.who[attest.Health], attest.Worklist{Unit: commune}, attest.Page{Limit: store.MaxPage})
	if err != nil || next != "" {
		m.Fatalf("listing results: %v", err)
	}
	all := make(map[string]attest.Result)
	for _, r := range found {
		all[r.ID] = r
	}
	return all
}
