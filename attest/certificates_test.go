package attest_test

import (
	"errors"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/sample"
	"kytiem/store"
)

// TestBindings: who binds which certificate, and that what was unbound comes back by hand only.
func TestBindings(t *testing.T) {
	d := newDesk(t, nil)
	head, admin := d.who[attest.Head], d.who[attest.Admin]
	unit, _ := sample.Unit(commune)
	der := func(identifiers ...string) []byte {
		key := d.issue(t, identifiers...)
		return append(append([]byte{}, key.Certificate.Raw...), key.Chain[0].Raw...)
	}
	good := append(append([]byte{}, d.key.Certificate.Raw...), d.key.Chain[0].Raw...)
	for _, tt := range []struct {
		name string
		who  attest.Actor
		of   string
		der  []byte
		want error
	}{
		{"clerk", d.who[attest.Clerk], head.Account, good, attest.ErrForbidden},
		{"head of another unit", d.alien, head.Account, good, attest.ErrNotFound},
		{"no account", admin, bundle.NewID(), good, attest.ErrNotFound},
		{"account above units", admin, admin.Account, good, attest.ErrRole},
		{"not a certificate", head, head.Account, []byte("hello"), bundle.ErrMalformed},
		{"too large", head, head.Account, make([]byte, 1<<20), attest.ErrTooLarge},
		{"without its issuer", head, head.Account, d.key.Certificate.Raw, attest.ErrUntrusted},
		{"an authority's", head, head.Account, d.key.Chain[0].Raw, certs.ErrUsage},
		{"another unit's", admin, head.Account, der("MST:0000000000"), attest.ErrWrongHolder},
		{"head", head, head.Account, good, nil},
		{"again", admin, head.Account, good, nil},
		{"somebody else's", admin, d.who[attest.Clerk].Account, good, attest.ErrBoundElsewhere},
		{"administrator", admin, d.who[attest.Clerk].Account, der(unit.Identifier), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := d.BindCertificate(t.Context(), tt.who, tt.of, tt.der); !errors.Is(err, tt.want) {
				t.Errorf("binding: %v, want %v", err, tt.want)
			}
		})
	}
	bound, _, err := d.Certificates(t.Context(), head, commune, store.Page{})
	if err != nil || len(bound) != 2 {
		t.Fatalf("%d bindings (%v), want 2", len(bound), err)
	}
	for _, c := range bound {
		if err := d.UnbindCertificate(t.Context(), head, c.ID, ""); !errors.Is(err, attest.ErrReason) {
			t.Errorf("unbinding without a reason: %v", err)
		}
		if err := d.UnbindCertificate(t.Context(), head, c.ID, "mất USB"); err != nil {
			t.Error(err)
		}
		if err := d.UnbindCertificate(t.Context(), head, c.ID, "nữa"); !errors.Is(err, attest.ErrStale) {
			t.Errorf("unbinding twice: %v, want ErrStale", err)
		}
	}
	b := d.sealed(t, 1)
	order := attest.SigningOrder{Bundles: []string{b.ID}, Certificates: chainOf(d.key)}
	if _, err := d.Prepare(t.Context(), head, order); !errors.Is(err, attest.ErrUnbound) {
		t.Errorf("preparing under a certificate that was unbound: %v, want ErrUnbound", err)
	}
	d.clock.Pass(time.Minute)
	if _, err := d.BindCertificate(t.Context(), head, head.Account, good); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Prepare(t.Context(), head, order); err != nil {
		t.Error(err)
	}
}

// TestOtherRoles: acts on a bundle beside signing, by who may not do them at all.
func TestOtherRoles(t *testing.T) {
	d := newDesk(t, nil)
	b := d.minuted(t, 1)
	for act, do := range map[attest.Act]func(attest.Actor) error{
		attest.DrawMinutes: func(a attest.Actor) error { _, err := d.DrawMinutes(t.Context(), a, b.ID, meeting()); return err },
		attest.ConfirmMinutes: func(a attest.Actor) error {
			_, err := d.ConfirmMinutes(t.Context(), a, b.ID, scan(t, nil))
			return err
		},
		attest.SupersedeBundles: func(a attest.Actor) error { _, err := d.Supersede(t.Context(), a, b.ID, "x"); return err },
		attest.RecallBundles:    func(a attest.Actor) error { _, err := d.Recall(t.Context(), a, b.ID, "x"); return err },
	} {
		for _, role := range attest.Roles() {
			if attest.ReachOf(role, act) != attest.Nowhere {
				continue
			}
			if err := do(d.who[role]); !errors.Is(err, attest.ErrForbidden) {
				t.Errorf("%s by %s: %v, want ErrForbidden", act, role, err)
			}
		}
		if err := do(d.alien); !errors.Is(err, attest.ErrNotFound) {
			t.Errorf("%s by another unit's head: %v, want ErrNotFound", act, err)
		}
		if err := do(attest.Actor{}); !errors.Is(err, attest.ErrUnauthenticated) {
			t.Errorf("%s by anybody: %v, want ErrUnauthenticated", act, err)
		}
	}
	d.state(t, b.ID, bundle.Minuted)
}
