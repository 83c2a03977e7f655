package attest_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"testing"

	"kytiem/attest"
	"kytiem/attest/desktest"
	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/sample"
	"kytiem/store"
)

const commune, other = desktest.Commune, desktest.Other

// desk is a service with a throwaway CA that answers over HTTP, a head with a key, and
// what a head signs.
type desk struct {
	*attest.Service
	store *store.Store
	clock *desktest.Clock
	ca    *devca.CA
	url   string       // of the CA
	key   devca.Issued // of the head
	who   map[attest.Role]attest.Actor
	alien attest.Actor // head of another unit
	seed  uint64
}

func newDesk(t testing.TB, change func(*attest.Options)) *desk {
	t.Helper()
	d := &desk{clock: desktest.NewClock(), who: make(map[attest.Role]attest.Actor)}
	d.ca, d.url = desktest.Authority(t, d.clock.Now)
	unit, _ := sample.Unit(commune)
	d.key = d.issue(t, unit.Identifier)
	o := desktest.Options(t, desktest.Database(t), d.ca, d.clock.Now)
	d.store = o.Store
	d.furnish(t)
	if change != nil {
		change(&o)
	}
	d.Service = attest.New(o)
	return d
}

// furnish enters units and accounts.
func (d *desk) furnish(t testing.TB) {
	t.Helper()
	d.tx(t, func(tx *store.Tx) (err error) {
		for _, code := range []string{commune, other} {
			u, _ := sample.Unit(code)
			if err := tx.PutUnit(t.Context(), u); err != nil {
				return err
			}
		}
		account := func(role attest.Role, unit string) (attest.Actor, error) {
			if !role.OfUnit() {
				unit = ""
			}
			a := attest.Actor{Account: bundle.NewID(), Role: role, Unit: unit}
			err := tx.AddAccount(t.Context(), store.Account{ID: a.Account, Name: named(role), Role: string(role), Unit: unit})
			if err != nil {
				return a, err
			}
			return a, tx.Audit("accounts.add", "operator", unit, a.Account, audit.ID("role", string(role)))
		}
		for _, role := range attest.Roles() {
			if d.who[role], err = account(role, commune); err != nil {
				return err
			}
		}
		d.alien, err = account(attest.Head, other)
		return err
	})
}

// named is what the accounts of a role are called.
func named(role attest.Role) string { return "Mẫu " + string(role) + " xã Phú Hòa" }

// furnished reports whether an account was there from the beginning.
func (d *desk) furnished(account string) bool {
	return account == d.alien.Account || slices.ContainsFunc(actors(d), func(a attest.Actor) bool { return a.Account == account })
}

func (d *desk) tx(t testing.TB, do func(*store.Tx) error) {
	t.Helper()
	if err := d.store.InTx(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

// issue certifies a head whose certificate carries these identifiers.
func (d *desk) issue(t testing.TB, identifiers ...string) devca.Issued {
	t.Helper()
	return desktest.Head(t, d.ca, identifiers...)
}

// unitIdentifier is what the commune's certificates carry.
func (d *desk) unitIdentifier() []string {
	unit, _ := sample.Unit(commune)
	return []string{unit.Identifier}
}

// ready imports n results of the commune and has them confirmed.
func (d *desk) ready(t testing.TB, n int) {
	t.Helper()
	unit, _ := sample.Unit(commune)
	d.seed++
	d.tx(t, func(tx *store.Tx) error {
		id := bundle.NewID()
		err := tx.AddImport(t.Context(), store.Import{ID: id, Unit: commune, Account: d.who[attest.Health].Account, Rows: n, Taken: n})
		if err != nil {
			return err
		}
		_, _, err = tx.AddResults(t.Context(), id, func(yield func(bundle.Result, error) bool) {
			for r := range sample.Results(sample.Options{Seed: d.seed, Rows: n, Unit: unit}) {
				if !yield(r, nil) {
					return
				}
			}
		})
		return err
	})
	for {
		found, _, err := d.store.Glance().Worklist(t.Context(), store.Worklist{Unit: commune,
			Standings: store.Lacking(store.LacksHealth | store.LacksPolice)}, store.Page{Limit: store.MaxPage})
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			return
		}
		var ids []string
		for _, r := range found {
			ids = append(ids, r.ID)
		}
		d.tx(t, func(tx *store.Tx) error {
			_, err := tx.ConfirmResults(t.Context(), store.Vaccination, commune, d.who[attest.Health].Account, ids)
			if err == nil {
				_, err = tx.ConfirmResults(t.Context(), store.Identity, commune, d.who[attest.Police].Account, ids)
			}
			return err
		})
	}
}

// seal seals what is ready, into the open bundle if there is one.
func (d *desk) seal(t testing.TB) store.Bundle {
	t.Helper()
	b, err := d.Seal(t.Context(), d.who[attest.Health], attest.SealOrder{Unit: commune})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bundle
}

// sealed is a sealed bundle of n results.
func (d *desk) sealed(t testing.TB, n int) store.Bundle {
	t.Helper()
	d.ready(t, n)
	return d.seal(t)
}

func chainOf(key devca.Issued) []*x509.Certificate {
	return append([]*x509.Certificate{key.Certificate}, key.Chain...)
}

// prepare has the head ask for signatures under key.
func (d *desk) prepare(t testing.TB, key devca.Issued, bundles ...string) attest.SigningRequest {
	t.Helper()
	r, err := d.Prepare(t.Context(), d.who[attest.Head], attest.SigningOrder{Bundles: bundles, Certificates: chainOf(key)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sign is what the head's token does, outside of the service.
func sign(t testing.TB, key devca.Issued, items ...attest.SigningItem) []attest.ItemSignature {
	t.Helper()
	var out []attest.ItemSignature
	for _, i := range items {
		h := i.Algorithm.Hash().New()
		h.Write(i.SignedAttributes)
		var o crypto.SignerOpts = i.Algorithm.Hash()
		if slices.Contains([]pades.Algorithm{pades.PS256, pades.PS384, pades.PS512}, i.Algorithm) {
			o = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: i.Algorithm.Hash()}
		}
		signature, err := key.Key.Sign(rand.Reader, h.Sum(nil), o)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, attest.ItemSignature{Item: i.ID, Signature: signature})
	}
	return out
}

// complete brings signatures in and expects all of them to be good.
func (d *desk) complete(t testing.TB, r attest.SigningRequest, signatures []attest.ItemSignature) attest.SigningRequest {
	t.Helper()
	after, outcomes, err := d.Complete(t.Context(), d.who[attest.Head], r.ID, signatures)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outcomes {
		if o.Err != nil {
			t.Fatalf("item %s: %v", o.Item, o.Err)
		}
	}
	return after
}

// signed is a bundle of n results that the head has signed.
func (d *desk) signed(t testing.TB, n int) store.Bundle {
	t.Helper()
	b := d.sealed(t, n)
	r := d.prepare(t, d.key, b.ID)
	d.complete(t, r, sign(t, d.key, r.Items...))
	return d.bundle(t, b.ID)
}

func (d *desk) bundle(t testing.TB, id string) store.Bundle {
	t.Helper()
	b, err := d.store.Glance().Bundle(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (d *desk) state(t testing.TB, id string, want bundle.State) {
	t.Helper()
	if got := d.bundle(t, id).Status.State; got != want {
		t.Errorf("bundle is %s, want %s", got, want)
	}
}

// file reads one of a bundle's files.
func (d *desk) file(t testing.TB, id, name string) []byte {
	t.Helper()
	f, err := d.store.Glance().File(t.Context(), id, name)
	if err != nil {
		t.Fatal(err)
	}
	content, err := d.store.Glance().BlobRange(t.Context(), f.SHA256, 0, f.Size)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
