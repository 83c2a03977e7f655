package attest_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/sample"
	"kytiem/signer"
)

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
			r.match, r.police, r.amended = bundle.Wrong, false, false
		case r.match == bundle.Cleansed || r.match == bundle.Wrong && r.amended:
			r.match, r.police, r.amended = bundle.Cleansed, true, false
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
	if field == "lot_number" {
		r.health = false
		return
	}
	r.police = false
	if r.amended = r.match == bundle.Wrong; !r.amended {
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
