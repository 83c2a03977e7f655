package attest_test

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/sample"
	"kytiem/signer"
	"kytiem/store"
	"kytiem/verify"
)

// TestSign is the way of a bundle from sealed to signed, and what holds then.
func TestSign(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 7)
	r := d.prepare(t, d.key, b.ID)
	d.state(t, b.ID, bundle.Pending)
	if len(r.Items) != 2 || r.Items[0].Kind != signer.Document || r.Items[1].Kind != signer.Manifest || len(r.Warnings) != 0 {
		t.Fatalf("request %+v, want the document and the manifest and no warnings", r)
	}
	for _, i := range r.Items {
		content, size, err := d.Content(t.Context(), d.who[attest.Head], r.ID, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		exact, err := io.ReadAll(content)
		if sum := sha256.Sum256(exact); err != nil || int64(len(exact)) != size || !slices.Equal(sum[:], i.DocumentSHA256) {
			t.Errorf("content of %s: %d bytes of %d, digest %x, want %x (%v)", i.Kind, len(exact), size, sum, i.DocumentSHA256, err)
		}
	}
	after := d.complete(t, r, sign(t, d.key, r.Items...))
	if after.State != store.RequestDone {
		t.Errorf("request is %s, want done", after.State)
	}
	d.state(t, b.ID, bundle.Signed)
	if got := d.bundle(t, b.ID).Number; got != "1" {
		t.Errorf("number %q, want the first of the register", got)
	}
	report, err := d.Verify(t.Context(), attest.Submission{Name: "x.pdf", File: d.file(t, b.ID, bundle.PagesFile)})
	if err != nil || report.Verdict != verify.TotalPassed || report.Bundle.Status != "valid" {
		t.Errorf("verdict %v of the document, bundle %+v (%v)", report.Verdict, report.Bundle, err)
	}
	report, err = d.Verify(t.Context(), attest.Submission{Name: "x.p7s", File: d.file(t, b.ID, bundle.SignatureFile), Content: d.file(t, b.ID, bundle.ManifestFile)})
	if err != nil || report.Verdict != verify.TotalPassed || report.Bundle.Status != "valid" {
		t.Errorf("verdict %v of the manifest, bundle %+v (%v)", report.Verdict, report.Bundle, err)
	}
	if _, err := d.Verify(t.Context(), attest.Submission{Name: "x", File: []byte("hello")}); !errors.Is(err, attest.ErrUnreadable) {
		t.Errorf("verifying no document: %v, want ErrUnreadable", err)
	}
	// Again, all of it is done already.
	_, outcomes, err := d.Complete(t.Context(), d.who[attest.Head], r.ID, sign(t, d.key, r.Items...))
	if err != nil || len(outcomes) != 2 || outcomes[0].Err != nil || outcomes[1].Err != nil {
		t.Errorf("completing again: %+v, %v, want done", outcomes, err)
	}
	bound, _, err := d.Certificates(t.Context(), d.who[attest.Head], commune, store.Page{})
	if err != nil || len(bound) != 1 || bound[0].Account != d.who[attest.Head].Account {
		t.Errorf("bound certificates %+v (%v), want the head's by its first use", bound, err)
	}
}

// TestKeptSignature: a finished signature outlives its request, and only the missing one is asked for again, unless the
// certificate is another.
func TestKeptSignature(t *testing.T) {
	for _, tt := range []struct {
		name      string
		kept      int // which item is signed before the request expires
		renewed   bool
		wantItems int
	}{
		{"document kept", 0, false, 1},
		{"manifest kept", 1, false, 1},
		{"other certificate", 0, true, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, nil)
			b := d.sealed(t, 3)
			r := d.prepare(t, d.key, b.ID)
			if after := d.complete(t, r, sign(t, d.key, r.Items[tt.kept])); after.State != store.RequestOpen {
				t.Fatalf("request is %s with one signature of two", after.State)
			}
			if err := d.Expire(t.Context(), r.ID); err != nil {
				t.Fatal(err)
			}
			d.state(t, b.ID, bundle.Pending) // too early
			d.clock.Pass(time.Hour)
			for range 2 {
				if err := d.Expire(t.Context(), r.ID); err != nil {
					t.Fatal(err)
				}
			}
			d.state(t, b.ID, bundle.Sealed)
			_, _, err := d.Complete(t.Context(), d.who[attest.Head], r.ID, sign(t, d.key, r.Items[1-tt.kept]))
			if !errors.Is(err, attest.ErrRequestClosed) {
				t.Errorf("completing what expired: %v, want ErrRequestClosed", err)
			}
			key := d.key
			if tt.renewed {
				unit, _ := sample.Unit(commune)
				key = d.issue(t, unit.Identifier)
			}
			r = d.prepare(t, key, b.ID)
			if len(r.Items) != tt.wantItems {
				t.Fatalf("%d items asked for, want %d", len(r.Items), tt.wantItems)
			}
			d.complete(t, r, sign(t, key, r.Items...))
			d.state(t, b.ID, bundle.Signed)
			if got := d.bundle(t, b.ID).Number; got != "1" {
				t.Errorf("number %q, want the one it had", got)
			}
		})
	}
}

// TestRequestLapses: Prepare itself closes what is due, and a request that is not stands in the way.
func TestRequestLapses(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 2)
	r := d.prepare(t, d.key, b.ID)
	_, err := d.Prepare(t.Context(), d.who[attest.Head], attest.SigningOrder{Bundles: []string{b.ID}, Certificates: chainOf(d.key)})
	if !errors.Is(err, attest.ErrRequestOpen) {
		t.Errorf("preparing twice: %v, want ErrRequestOpen", err)
	}
	d.clock.Pass(time.Hour)
	again := d.prepare(t, d.key, b.ID)
	if old, err := d.SigningRequest(t.Context(), d.who[attest.Head], r.ID); err != nil || old.State != store.RequestLapsed {
		t.Errorf("the old request is %s (%v), want lapsed", old.State, err)
	}
	if _, err := d.Refuse(t.Context(), d.who[attest.Head], again.ID, ""); !errors.Is(err, attest.ErrReason) {
		t.Errorf("refusing without a reason: %v", err)
	}
	refused, err := d.Refuse(t.Context(), d.who[attest.Head], again.ID, "sai số liệu")
	if err != nil || refused.State != store.RequestRefused {
		t.Errorf("refused request is %s (%v)", refused.State, err)
	}
	d.state(t, b.ID, bundle.Sealed)
	if _, err := d.Refuse(t.Context(), d.who[attest.Head], again.ID, "nữa"); !errors.Is(err, attest.ErrRequestClosed) {
		t.Errorf("refusing again: %v, want ErrRequestClosed", err)
	}
}

// TestBadSignatures: what is good is kept, whatever came with it.
func TestBadSignatures(t *testing.T) {
	d := newDesk(t, nil)
	one, two := d.sealed(t, 2), d.sealed(t, 3)
	r := d.prepare(t, d.key, one.ID, two.ID)
	signatures := sign(t, d.key, r.Items...)
	signatures[1].Signature = signatures[0].Signature // over something else
	signatures = append(signatures, attest.ItemSignature{Item: bundle.NewID(), Signature: signatures[0].Signature}, signatures[2])
	after, outcomes, err := d.Complete(t.Context(), d.who[attest.Head], r.ID, signatures)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []error{nil, signer.ErrSignature, nil, nil, attest.ErrNoItem, attest.ErrConflict} {
		if got := outcomes[n].Err; !errors.Is(got, want) || want == nil && got != nil {
			t.Errorf("outcome %d: %v, want %v", n, got, want)
		}
	}
	if after.State != store.RequestOpen {
		t.Errorf("request is %s, want open", after.State)
	}
	first, second := r.Items[0].Bundle, r.Items[2].Bundle
	d.state(t, first, bundle.Pending)
	d.state(t, second, bundle.Signed)
	if after := d.complete(t, r, sign(t, d.key, r.Items[1])); after.State != store.RequestDone {
		t.Errorf("request is %s, want done", after.State)
	}
	d.state(t, first, bundle.Signed)
}

// TestCertificates: which certificate does not get as far as a request, and that nothing happens then.
func TestCertificates(t *testing.T) {
	unit, _ := sample.Unit(commune)
	for _, tt := range []struct {
		name string
		key  func(t *testing.T, d *desk) devca.Issued
		want error
	}{
		{"another unit's", func(t *testing.T, d *desk) devca.Issued { return d.issue(t, "MST:0000000000") }, attest.ErrWrongHolder},
		{"expired", func(t *testing.T, d *desk) devca.Issued {
			d.clock.Pass(20 * 365 * 24 * time.Hour)
			return d.key
		}, certs.ErrExpired},
		{"untrusted", func(t *testing.T, d *desk) devca.Issued {
			ca, err := devca.New(devca.Options{Now: d.clock.Now, FreshKeys: true})
			if err != nil {
				t.Fatal(err)
			}
			issued, err := ca.Issue(devca.Profile{Kind: devca.Person, CommonName: "Giả", Identifiers: []string{unit.Identifier}})
			if err != nil {
				t.Fatal(err)
			}
			return issued
		}, attest.ErrUntrusted},
		{"revoked", func(t *testing.T, d *desk) devca.Issued {
			if err := d.ca.Revoke(d.key.Certificate.SerialNumber, d.clock.Now().Add(-time.Minute), 1); err != nil {
				t.Fatal(err)
			}
			return d.key
		}, certs.ErrRevoked},
		{"bound elsewhere", func(t *testing.T, d *desk) devca.Issued {
			d.tx(t, func(tx *store.Tx) error {
				a := store.Account{ID: bundle.NewID(), Name: "Phó", Role: "head", Unit: commune}
				if err := tx.AddAccount(t.Context(), a); err != nil {
					return err
				}
				return tx.BindCertificate(t.Context(), store.Certificate{ID: bundle.NewID(), Account: a.ID, Unit: commune,
					Serial: "01", Issuer: "CN=x", NotBefore: d.clock.Now(), NotAfter: d.clock.Now(), SHA256: sha256.Sum256(d.key.Certificate.Raw), DER: d.key.Certificate.Raw, Identifiers: []string{}})
			})
			return d.key
		}, attest.ErrBoundElsewhere},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, nil)
			b := d.sealed(t, 2)
			key := tt.key(t, d)
			_, err := d.Prepare(t.Context(), d.who[attest.Head], attest.SigningOrder{Bundles: []string{b.ID}, Certificates: chainOf(key)})
			if !errors.Is(err, tt.want) {
				t.Errorf("preparing: %v, want %v", err, tt.want)
			}
			d.state(t, b.ID, bundle.Sealed)
			if got := d.bundle(t, b.ID).Number; got != "" {
				t.Errorf("number %q was used up", got)
			}
		})
	}
}

// TestRevokedMeanwhile: a certificate that is revoked between the two steps signs nothing.
func TestRevokedMeanwhile(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 2)
	r := d.prepare(t, d.key, b.ID)
	if err := d.ca.Revoke(d.key.Certificate.SerialNumber, d.clock.Now(), 1); err != nil {
		t.Fatal(err)
	}
	anew := attest.New(attest.Options{Store: d.store, Anchors: certs.Anchors{CA: []*x509.Certificate{d.ca.Root().Certificate}},
		Revocation: &certs.HTTP{AllowPrivate: true, Now: d.clock.Now}}) // another server, which has no answer kept
	d.clock.Pass(time.Minute)
	_, outcomes, err := anew.Complete(t.Context(), d.who[attest.Head], r.ID, sign(t, d.key, r.Items...))
	if err != nil || !errors.Is(outcomes[0].Err, attest.ErrNotAccepted) || !errors.Is(outcomes[1].Err, attest.ErrNotAccepted) {
		t.Errorf("completing: %+v, %v, want ErrNotAccepted for both", outcomes, err)
	}
	d.state(t, b.ID, bundle.Pending)
}

// TestUnaskedStatus: a status that cannot be asked is a warning and no obstacle.
func TestUnaskedStatus(t *testing.T) {
	d := newDesk(t, func(o *attest.Options) { o.Revocation = nil })
	b := d.sealed(t, 2)
	r := d.prepare(t, d.key, b.ID)
	if len(r.Warnings) != 1 || r.Warnings[0].VI == "" || r.Warnings[0].EN == "" {
		t.Errorf("warnings %+v, want one in both languages", r.Warnings)
	}
	d.complete(t, r, sign(t, d.key, r.Items...))
	d.state(t, b.ID, bundle.Signed)
}

// TestCompleteAtOnce: of many completions at once, with one signature each or both, each reports done, and the bundle is signed once.
func TestCompleteAtOnce(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 4)
	r := d.prepare(t, d.key, b.ID)
	both := sign(t, d.key, r.Items...)
	var wait sync.WaitGroup
	errs := make([]error, 6)
	for n := range errs {
		wait.Go(func() {
			_, outcomes, err := d.Complete(t.Context(), d.who[attest.Head], r.ID, [][]attest.ItemSignature{both[:1], both[1:], both}[n%3])
			for _, o := range outcomes {
				err = errors.Join(err, o.Err)
			}
			errs[n] = err
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	d.state(t, b.ID, bundle.Signed)
	signed := 0
	for e, err := range d.store.Glance().AuditEntries(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Act == "bundles.sign" {
			signed++
		}
	}
	if signed != 1 {
		t.Errorf("signed %d times", signed)
	}
}

// TestSigningRoles: who is no head of the unit gets nowhere, and it is noted.
func TestSigningRoles(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 2)
	r := d.prepare(t, d.key, b.ID)
	order := attest.SigningOrder{Bundles: []string{b.ID}, Certificates: chainOf(d.key)}
	try := func(name string, who attest.Actor, want error) {
		_, e1 := d.Prepare(t.Context(), who, order)
		_, e2 := d.SigningRequest(t.Context(), who, r.ID)
		_, _, e3 := d.Complete(t.Context(), who, r.ID, sign(t, d.key, r.Items...))
		_, e4 := d.Refuse(t.Context(), who, r.ID, "không")
		_, _, e5 := d.Content(t.Context(), who, r.ID, r.Items[0].ID)
		_, e6 := d.Recall(t.Context(), who, b.ID, "không")
		for n, err := range []error{e1, e2, e3, e4, e5, e6} {
			if !errors.Is(err, want) {
				t.Errorf("%s, call %d: %v, want %v", name, n+1, err, want)
			}
		}
	}
	for _, role := range attest.Roles() {
		if role != attest.Head && role != attest.Clerk { // whose requests are for the organisation's signature
			try(string(role), d.who[role], attest.ErrForbidden)
		}
	}
	try("nobody", attest.Actor{}, attest.ErrUnauthenticated)
	try("head of another unit", d.alien, attest.ErrNotFound)
	d.state(t, b.ID, bundle.Pending)
	entries, _, err := d.store.Glance().AuditOf(t.Context(), b.ID, store.Page{Limit: store.MaxPage})
	refused := slices.DeleteFunc(entries, func(e audit.Entry) bool { return e.Act != "refused" })
	if err != nil || len(refused) != 2*(len(attest.Roles())-1) {
		t.Errorf("%d refusals noted (%v), want %d", len(refused), err, 2*(len(attest.Roles())-1))
	}
}

// TestRevokedToken: a token that is revoked while a call lasts opens nothing.
func TestRevokedToken(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 2)
	secret := attest.TokenPrefix + "thử"
	id := bundle.NewID()
	d.tx(t, func(tx *store.Tx) error {
		return tx.AddToken(t.Context(), store.Token{ID: id, Account: d.who[attest.Head].Account, Hash: sha256.Sum256([]byte(secret)),
			ExpiresAt: d.clock.Now().Add(time.Hour)})
	})
	who, err := d.Authenticate(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	r := d.prepare(t, d.key, b.ID)
	d.tx(t, func(tx *store.Tx) error { return tx.RevokeToken(t.Context(), id) })
	if _, _, err := d.Complete(t.Context(), who, r.ID, sign(t, d.key, r.Items...)); !errors.Is(err, attest.ErrUnauthenticated) {
		t.Errorf("completing: %v, want ErrUnauthenticated", err)
	}
	d.state(t, b.ID, bundle.Pending)
}

// TestOrders: what is no order.
func TestOrders(t *testing.T) {
	d := newDesk(t, nil)
	one, two := d.sealed(t, 1), d.sealed(t, 1)
	chain := chainOf(d.key)
	hundredAndOne := make([]string, attest.MaxBundles+1)
	for n := range hundredAndOne {
		hundredAndOne[n] = bundle.NewID()
	}
	for _, tt := range []struct {
		name  string
		order attest.SigningOrder
		want  error
	}{
		{"agent", attest.SigningOrder{Bundles: []string{one.ID}, Carrier: attest.CarrierAgent, Certificates: chain}, attest.ErrCarrier},
		{"no carrier there is", attest.SigningOrder{Bundles: []string{one.ID}, Carrier: "x", Certificates: chain}, attest.ErrCarrier},
		{"no bundle", attest.SigningOrder{Certificates: chain}, bundle.ErrMalformed},
		{"no certificate", attest.SigningOrder{Bundles: []string{one.ID}}, signer.ErrNoCertificate},
		{"one number for two", attest.SigningOrder{Bundles: []string{one.ID, two.ID}, Certificates: chain, Number: "5"}, bundle.ErrMalformed},
		{"number of words", attest.SigningOrder{Bundles: []string{one.ID}, Certificates: chain, Number: "năm"}, bundle.ErrMalformed},
		{"before the doses", attest.SigningOrder{Bundles: []string{one.ID}, Certificates: chain, Date: bundle.Date{Year: 2020, Month: 1, Day: 1}}, attest.ErrDocumentDate},
		{"unknown bundle", attest.SigningOrder{Bundles: []string{one.ID, bundle.NewID()}, Certificates: chain}, attest.ErrNotFound},
		{"too many", attest.SigningOrder{Bundles: hundredAndOne, Certificates: chain}, attest.ErrTooMany},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := d.Prepare(t.Context(), d.who[attest.Head], tt.order); !errors.Is(err, tt.want) {
				t.Errorf("preparing: %v, want %v", err, tt.want)
			}
		})
	}
	d.state(t, one.ID, bundle.Sealed)
	d.state(t, two.ID, bundle.Sealed)
}
