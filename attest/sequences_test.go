package attest_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/sample"
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
	corrected      bool
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
	who := rapid.SampledFrom(append(actors(m.d), m.d.alien, attest.Actor{})).Draw(m.T, "actor")
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

func (m *model) takeIn() {
	who, refused := m.actor(attest.ImportResults, attest.Health)
	n := rapid.IntRange(1, 4).Draw(m.T, "rows")
	m.d.seed++
	unit, _ := sample.Unit(commune)
	var file bytes.Buffer
	if err := sample.WriteCSV(&file, sample.Rows(sample.Options{Seed: m.d.seed, Rows: n, Unit: unit}), sample.CSVOptions{}); err != nil {
		m.Fatal(err)
	}
	in, err := m.d.Import(m.t.Context(), who, attest.Upload{Unit: commune, File: scan(m.t, file.Bytes())})
	if !m.told("import", err, refused) {
		return
	}
	for id, r := range m.stored() {
		if r.Import == in.ID {
			m.rows[id] = &modelRow{match: r.Match}
			n--
		}
	}
	if n != 0 || in.Taken != in.Rows {
		m.Fatalf("%d rows are missing of import %+v", n, in.Import)
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

func (m *model) confirm() {
	ids := some(m, m.rows, 6)
	c := attest.Confirmation{Part: rapid.SampledFrom([]attest.Part{attest.Vaccination, attest.Identity}).Draw(m.T, "part"), Results: ids}
	act, role := attest.ConfirmVaccination, attest.Health
	if c.Part == attest.Identity {
		act, role, c.Answer = attest.ConfirmIdentity, attest.Police, bundle.Matched
		if rapid.IntRange(0, 3).Draw(m.T, "wrong") == 3 {
			c.Answer, c.Reason = bundle.Wrong, "sai"
		}
	}
	who, refused := m.actor(act, role)
	if ids == nil {
		return
	}
	if m.told("confirm", m.confirmAs(who, c), refused) {
		m.takeOver(c)
	}
}

// takeOver is what a confirmation changes.
func (m *model) takeOver(c attest.Confirmation) {
	for _, id := range c.Results {
		r := m.rows[id]
		switch {
		case r.bundle != "":
		case c.Part == attest.Vaccination:
			r.health = true
		case c.Answer == bundle.Wrong:
			r.match, r.police = bundle.Wrong, false
		case r.match == bundle.Cleansed || r.match == bundle.Wrong && r.corrected:
			r.match, r.police = bundle.Cleansed, true
		default:
			r.match, r.police = bundle.Matched, true
		}
	}
}

// settle has both sectors confirm all that is there.
func (m *model) settle() {
	ids := slices.Sorted(maps.Keys(m.rows))
	if ids == nil {
		return
	}
	health := attest.Confirmation{Part: attest.Vaccination, Results: ids}
	m.told("confirm", m.confirmAs(m.d.who[attest.Health], health))
	police := attest.Confirmation{Part: attest.Identity, Results: ids, Answer: bundle.Matched}
	m.told("confirm", m.confirmAs(m.d.who[attest.Police], police))
	m.takeOver(health)
	m.takeOver(police)
}

func (m *model) confirmAs(who attest.Actor, c attest.Confirmation) error {
	_, err := m.d.Confirm(m.t.Context(), who, c)
	return err
}

func (m *model) correct() {
	id := single(m, m.rows)
	if id == "" {
		return
	}
	m.names++
	field, value := "lot_number", fmt.Sprintf("L-%d", m.names)
	if rapid.Bool().Draw(m.T, "name") {
		field, value = "full_name", "Nguyễn Văn "+string(rune('A'+m.names/26%26))+string(rune('a'+m.names%26))
	}
	who, refused := m.actor(attest.CorrectResults, attest.Health)
	r := m.rows[id]
	var claimed error
	if r.bundle != "" {
		claimed = attest.ErrInBundle
	}
	_, err := m.d.Correct(m.t.Context(), who, id, attest.Amendment{Fields: map[string]string{field: value}, Reason: "sai"})
	if !m.told("correct", err, refused, claimed) {
		return
	}
	r.corrected = true
	if field == "lot_number" {
		r.health = false
		return
	}
	r.police = false
	if r.match != bundle.Wrong {
		r.match = bundle.Unmatched
	}
}

func (m *model) seal() {
	limit := rapid.IntRange(0, 3).Draw(m.T, "limit")
	who, refused := m.actor(attest.SealBundles, attest.Health)
	open, supersedes := m.open(), ""
	if open != "" {
		supersedes = m.bundles[open].supersedes
	}
	want := 0
	for _, r := range m.rows {
		if m.claimable(r, supersedes) {
			want++
		}
	}
	var nothing error
	if want == 0 {
		nothing = attest.ErrNothingReady
	}
	if limit > 0 && supersedes == "" {
		want = min(want, limit)
	}
	b, err := m.d.Seal(m.t.Context(), who, attest.SealOrder{Unit: commune, Limit: limit})
	if !m.told("seal", err, refused, nothing) {
		return
	}
	if open != "" && b.ID != open || b.Size != want {
		m.Fatalf("sealed %s with %d rows, want %q with %d", b.ID, b.Size, open, want)
	}
	for id, r := range m.stored() {
		if r.Bundle != b.ID {
			continue
		}
		if !m.claimable(m.rows[id], supersedes) {
			m.Fatalf("row %s was sealed and was not to be", id)
		}
		m.rows[id].bundle, m.rows[id].records = b.ID, append(m.rows[id].records, b.ID)
		want--
	}
	if want != 0 {
		m.Fatalf("%d rows are missing in bundle %s", want, b.ID)
	}
	m.bundles[b.ID] = &modelBundle{status: bundle.Status{State: bundle.Sealed}, supersedes: supersedes, done: make(map[signer.Kind]bool)}
}

func (m *model) withdraw() {
	id := m.pick(bundle.Sealed, bundle.Open)
	if id == "" {
		return
	}
	who, refused := m.actor(attest.WithdrawBundles, attest.Health)
	var pending error
	if m.in(id, bundle.Pending) {
		pending = attest.ErrRequestOpen
	}
	_, err := m.d.Withdraw(m.t.Context(), who, id, "nhầm")
	if m.told("withdraw", err, refused, pending, m.legal(id, bundle.Withdraw)) {
		m.move(id, bundle.Withdraw)
		m.free(id)
	}
}

func (m *model) prepare() {
	ids := []string{m.pick(bundle.Sealed, bundle.Minuted)}
	if ids[0] == "" {
		return
	}
	if more := m.pick(bundle.Sealed, bundle.Minuted); rapid.Bool().Draw(m.T, "two") && more != ids[0] {
		ids = append(ids, more)
		slices.Sort(ids)
	}
	who, refused := m.actor(attest.SignBundles, attest.Head)
	wants := []error{refused}
	for _, id := range ids {
		if m.in(id, bundle.Pending) {
			wants = append(wants, attest.ErrRequestOpen)
		}
		wants = append(wants, m.legal(id, bundle.Request))
		if m.successor(id) != "" {
			wants = append(wants, attest.ErrMove)
		}
	}
	r, err := m.d.Prepare(m.t.Context(), who, attest.SigningOrder{Bundles: ids, Certificates: chainOf(m.d.key)})
	if !m.told("prepare", err, wants...) {
		return
	}
	asked := make(map[string]int)
	for _, i := range r.Items {
		asked[i.Bundle+string(i.Kind)]++
	}
	for _, id := range ids {
		m.move(id, bundle.Request)
		for _, kind := range []signer.Kind{signer.Document, signer.Manifest} {
			n := asked[id+string(kind)]
			if n > 1 || n == 0 && !m.bundles[id].done[kind] || n == 1 && kind == signer.Manifest && m.bundles[id].done[kind] {
				m.Fatalf("%s of bundle %s is asked for %d times; done: %v", kind, id, n, m.bundles[id].done)
			}
			m.bundles[id].done[kind] = n == 0
		}
	}
	m.requests[r.ID] = &modelRequest{SigningRequest: r, state: store.RequestOpen, done: make(map[string]bool)}
}

func (m *model) complete() {
	open := make(map[string]*modelRequest)
	for id, r := range m.requests {
		if r.state == store.RequestOpen {
			open[id] = r
		}
	}
	if len(open) == 0 {
		open = m.requests
	}
	id := single(m, open)
	if id == "" {
		return
	}
	r := m.requests[id]
	who, refused := m.actor(attest.SignBundles, attest.Head)
	var closed error
	if r.state == store.RequestLapsed || r.state == store.RequestRefused {
		closed = attest.ErrRequestClosed
	}
	items := rapid.SliceOfNDistinct(rapid.SampledFrom(r.Items), 1, len(r.Items), func(i attest.SigningItem) string { return i.ID }).Draw(m.T, "items")
	signatures := sign(m.t, m.d.key, items...)
	spoilt := -1
	if rapid.IntRange(0, 3).Draw(m.T, "spoilt") == 3 {
		spoilt = 0
		signatures[0].Signature[5] ^= 1
	}
	_, outcomes, err := m.d.Complete(m.t.Context(), who, id, signatures)
	if !m.told("complete", err, refused, closed) {
		return
	}
	whole := make(map[string]bool) // bundles that became signed
	for n, i := range items {
		var want error
		if n == spoilt && !r.done[i.ID] {
			want = signer.ErrSignature
		}
		if !errors.Is(outcomes[n].Err, want) || want == nil && outcomes[n].Err != nil {
			m.Fatalf("completing %s: %v, want %v", i.Kind, outcomes[n].Err, want)
		}
		if want != nil || r.done[i.ID] {
			continue
		}
		b := m.bundles[i.Bundle]
		r.done[i.ID], b.done[i.Kind] = true, true
		whole[i.Bundle] = b.done[signer.Document] && b.done[signer.Manifest]
	}
	for _, b := range slices.Sorted(maps.Keys(whole)) {
		if whole[b] {
			m.attested(b, bundle.Sign)
		}
	}
	if len(r.done) == len(r.Items) {
		r.state = store.RequestDone
	}
}

// lapse takes the bundles of a request that is closed back to where they came from.
func (m *model) lapse(r *modelRequest, to store.RequestState) {
	r.state = to
	for _, i := range r.Items {
		if m.in(i.Bundle, bundle.Pending) {
			m.move(i.Bundle, bundle.Lapse)
		}
	}
}

func (m *model) refuse() {
	id := single(m, m.requests)
	if id == "" {
		return
	}
	who, refused := m.actor(attest.SignBundles, attest.Head)
	var closed error
	if m.requests[id].state != store.RequestOpen {
		closed = attest.ErrRequestClosed
	}
	_, err := m.d.Refuse(m.t.Context(), who, id, "không")
	if m.told("refuse", err, refused, closed) {
		m.lapse(m.requests[id], store.RequestRefused)
	}
}

// expire lets an hour pass, in which every open request expires.
func (m *model) expire() {
	m.d.clock.pass(time.Hour)
	for _, id := range slices.Sorted(maps.Keys(m.requests)) {
		if err := m.d.Expire(m.t.Context(), id); err != nil {
			m.Fatal(err)
		}
		if r := m.requests[id]; r.state == store.RequestOpen {
			m.lapse(r, store.RequestLapsed)
		}
	}
}

func (m *model) draw() {
	id := m.pick(bundle.Sealed)
	if id == "" {
		return
	}
	who, refused := m.actor(attest.DrawMinutes, attest.Clerk)
	_, err := m.d.DrawMinutes(m.t.Context(), who, id, meeting())
	if m.told("draw minutes", err, refused, m.legal(id, bundle.Confirm)) {
		m.bundles[id].drawn = true
	}
}

func (m *model) scan() {
	id := m.pick(bundle.Sealed)
	if id == "" {
		return
	}
	if m.in(id, bundle.Sealed) && rapid.IntRange(0, 3).Draw(m.T, "undrawn") < 3 {
		_, err := m.d.DrawMinutes(m.t.Context(), m.d.who[attest.Clerk], id, meeting())
		m.told("draw minutes", err)
		m.bundles[id].drawn = true
	}
	who, refused := m.actor(attest.ConfirmMinutes, attest.Clerk)
	var undrawn error
	if !m.bundles[id].drawn {
		undrawn = attest.ErrNoMinutes
	}
	paper := []byte("%PDF-")
	if m.bundles[id].drawn {
		paper = m.d.file(m.t, id, bundle.MinutesFile)
	}
	_, err := m.d.ConfirmMinutes(m.t.Context(), who, id, scan(m.t, paper))
	if m.told("confirm minutes", err, refused, m.legal(id, bundle.Confirm), undrawn) {
		m.attested(id, bundle.Confirm)
	}
}

func (m *model) supersede() {
	id := m.pick(bundle.Signed, bundle.Minuted)
	if id == "" {
		return
	}
	who, refused := m.actor(attest.SupersedeBundles, attest.Head)
	var busy error
	if m.successor(id) != "" || m.open() != "" {
		busy = attest.ErrConflict
	}
	next, err := m.d.Supersede(m.t.Context(), who, id, "sai ngày tiêm")
	if m.told("supersede", err, refused, m.legal(id, bundle.Supersede), busy) {
		m.bundles[next.ID] = &modelBundle{status: bundle.Status{State: bundle.Open}, supersedes: id, done: make(map[signer.Kind]bool)}
		m.free(id)
	}
}

func (m *model) recall() {
	id := m.pick(bundle.Signed, bundle.Minuted)
	if id == "" {
		return
	}
	who, refused := m.actor(attest.RecallBundles, attest.Head)
	_, err := m.d.Recall(m.t.Context(), who, id, "không đúng đối tượng")
	if m.told("recall", err, refused, m.legal(id, bundle.Recall)) {
		m.move(id, bundle.Recall)
		m.free(id)
	}
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
		got := modelRow{r.Bundle, want.records, r.Match, r.HealthConfirmedBy != "", r.PoliceConfirmedBy != "", want.corrected}
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
