package attest_test

import (
	"errors"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/store"
)

// TestStatusBehindRefusals: what was said of a bundle is found however many were refused
// something about it since.
func TestStatusBehindRefusals(t *testing.T) {
	d := newDesk(t, nil)
	b := d.signed(t, 1)
	if _, err := d.Recall(t.Context(), d.who[attest.Head], b.ID, "nhầm đơn vị"); err != nil {
		t.Fatal(err)
	}
	want := d.status(t, b.ID, "recalled")
	d.tx(t, func(tx *store.Tx) error {
		for range 10_050 {
			if err := tx.Audit("refused", d.alien.Account, other, b.ID, audit.ID("act", string(attest.ReadBundles))); err != nil {
				return err
			}
		}
		return nil
	})
	d.clock.Pass(time.Hour)
	if got := d.status(t, b.ID, "recalled"); got.Reason != "nhầm đơn vị" || got.Since != want.Since {
		t.Errorf("recalled since %q for %q, want %q for %q", got.Since, got.Reason, want.Since, want.Reason)
	}
}

// TestRefusalsBounded: one account fills the chain with a hundred refusals an hour and no
// more; the next one entered says how many were left out.
func TestRefusalsBounded(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 1)
	refused := func(who attest.Actor, times int) {
		for range times {
			if _, err := d.Bundle(t.Context(), who, b.ID); !errors.Is(err, attest.ErrNotFound) {
				t.Fatalf("reading another unit's bundle: %v", err)
			}
		}
	}
	refused(d.alien, 150)
	if got := len(d.entries(t, "refused")); got != 100 {
		t.Errorf("%d refusals are in the chain, want 100", got)
	}
	refused(attest.Actor{Account: bundle.NewID(), Role: attest.Head, Unit: other}, 1)
	if got := len(d.entries(t, "refused")); got != 101 {
		t.Errorf("another account: %d refusals are in the chain, want 101", got)
	}
	d.clock.Pass(time.Hour)
	refused(d.alien, 2)
	entries := d.entries(t, "refused")
	if len(entries) != 103 || entries[101].Detail.String() != `{"act":"bundles.read","more":50}` || entries[102].Detail.String() != `{"act":"bundles.read"}` {
		t.Errorf("an hour later: %d refusals, the last %s and %s", len(entries), entries[len(entries)-2].Detail, entries[len(entries)-1].Detail)
	}
}

// TestProveElsewhere: who asks for the proof of another unit's result is noted, whether it
// is in a bundle or not.
func TestProveElsewhere(t *testing.T) {
	d := newDesk(t, nil)
	d.ready(t, 1)
	free, _, err := d.Results(t.Context(), d.who[attest.Health], attest.Worklist{Unit: commune}, attest.Page{})
	if err != nil || len(free) != 1 {
		t.Fatal(len(free), err)
	}
	if _, err := d.Prove(t.Context(), d.alien, free[0].ID, nil); !errors.Is(err, attest.ErrNotFound) {
		t.Errorf("another unit's: %v, want %v", err, attest.ErrNotFound)
	}
	if e := d.entries(t, "refused"); len(e) != 1 || e[0].Subject != free[0].ID || e[0].Actor != d.alien.Account {
		t.Errorf("entered %v", e)
	}
	if _, err := d.Prove(t.Context(), d.who[attest.Head], free[0].ID, nil); !errors.Is(err, attest.ErrNotFound) {
		t.Errorf("one's own, in no bundle: %v, want %v", err, attest.ErrNotFound)
	}
	if e := d.entries(t, "refused"); len(e) != 1 {
		t.Errorf("%d refusals, want 1: nobody was refused", len(e))
	}
}
