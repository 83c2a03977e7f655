package attest_test

import (
	"errors"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/signer"
	"kytiem/store"
)

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
	m.d.clock.Pass(time.Hour)
	for _, id := range slices.Sorted(maps.Keys(m.requests)) {
		if err := m.d.Expire(m.t.Context(), id); err != nil {
			m.Fatal(err)
		}
		if r := m.requests[id]; r.state == store.RequestOpen {
			m.lapse(r, store.RequestLapsed)
		}
	}
}
