package attest_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/attest/desktest"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/dossier"
	"kytiem/pades"
	"kytiem/sample"
	"kytiem/signer"
	"kytiem/store"
	"kytiem/verify"
)

// sealKey certifies an organisation whose certificate carries these identifiers.
func (d *desk) sealKey(t testing.TB, identifiers ...string) devca.Issued {
	t.Helper()
	return desktest.Seal(t, d.ca, identifiers...)
}

// seals is a key of the commune itself.
func (d *desk) seals(t testing.TB) devca.Issued {
	t.Helper()
	unit, _ := sample.Unit(commune)
	return d.sealKey(t, unit.Identifier)
}

// countersign has the clerk ask for the organisation's signature.
func (d *desk) countersign(t testing.TB, key devca.Issued, bundles ...string) attest.SigningRequest {
	t.Helper()
	r, err := d.Prepare(t.Context(), d.who[attest.Clerk], attest.SigningOrder{Bundles: bundles, Certificates: chainOf(key)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// bring has the clerk bring signatures, and gives the request with the outcomes' errors.
func (d *desk) bring(t testing.TB, r attest.SigningRequest, signatures []attest.ItemSignature) (attest.SigningRequest, []error) {
	t.Helper()
	after, outcomes, err := d.Complete(t.Context(), d.who[attest.Clerk], r.ID, signatures)
	if err != nil {
		t.Fatal(err)
	}
	errs := make([]error, len(outcomes))
	for n, o := range outcomes {
		errs[n] = o.Err
	}
	return after, errs
}

// stampAnchors are those of the desk's authority, as one of time-stamps, too.
func (d *desk) stampAnchors() certs.Anchors {
	anchors := d.anchors()
	anchors.TSA = append(anchors.TSA, d.ca.TSARoot().Certificate)
	return anchors
}

// trustStamps makes the service one that trusts them.
func (d *desk) trustStamps() {
	d.Service = attest.New(attest.Options{Store: d.store, Anchors: d.stampAnchors(), Revocation: &certs.HTTP{AllowPrivate: true, Now: d.clock.Now}})
}

// raise gives a document another revision, as raising its signatures does.
func (d *desk) raise(t testing.TB, id string) {
	t.Helper()
	url, anchors := d.ca.URL(), d.stampAnchors()
	source := &certs.HTTP{AllowPrivate: true, Now: d.clock.Now}
	x := signer.Extender{Timestamper: &signer.TSA{URL: url + "/tsa", Anchors: anchors, Now: d.clock.Now}, Anchors: anchors, Evidence: source, Now: d.clock.Now}
	raised, err := x.Document(t.Context(), d.file(t, id, bundle.PagesFile), signer.LevelT)
	if err != nil {
		t.Fatal(err)
	}
	d.tx(t, func(tx *store.Tx) error {
		sum, _, err := tx.PutBlob(t.Context(), bytes.NewReader(raised.Content))
		if err != nil {
			return err
		}
		return tx.ReplaceFile(t.Context(), id, bundle.PagesFile, raised.Base, sum)
	})
}

// directory has a bundle's files in a directory of their own.
func (d *desk) directory(t testing.TB, id string) string {
	t.Helper()
	files, err := d.store.Glance().Files(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), d.file(t, id, f.Name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestCountersign is the organisation's signature from the clerk's request to the verdict
// on the whole bundle.
func TestCountersign(t *testing.T) {
	d := newDesk(t, nil)
	b := d.signed(t, 3)
	before := d.file(t, b.ID, bundle.PagesFile)
	key := d.seals(t)
	r := d.countersign(t, key, b.ID)
	if len(r.Items) != 1 || r.Items[0].Kind != signer.Document || len(r.Warnings) != 0 {
		t.Fatalf("request %+v, want the document alone and no warnings", r)
	}
	d.state(t, b.ID, bundle.Signed)
	_, err := d.Prepare(t.Context(), d.who[attest.Clerk], attest.SigningOrder{Bundles: []string{b.ID}, Certificates: chainOf(key)})
	if !errors.Is(err, attest.ErrRequestOpen) {
		t.Errorf("preparing twice: %v, want ErrRequestOpen", err)
	}
	after, errs := d.bring(t, r, sign(t, key, r.Items...))
	if errs[0] != nil || after.State != store.RequestDone {
		t.Fatalf("request %s, outcome %v, want done", after.State, errs[0])
	}
	if _, errs = d.bring(t, r, sign(t, key, r.Items...)); errs[0] != nil {
		t.Errorf("completing again: %v, want it done", errs[0])
	}
	d.state(t, b.ID, bundle.Signed)
	signed := d.file(t, b.ID, bundle.PagesFile)
	if string(signed[:len(before)]) != string(before) {
		t.Error("the head's revision changed")
	}
	report, err := d.Verify(t.Context(), attest.Submission{Name: "x.pdf", File: signed})
	if err != nil || report.Verdict != verify.TotalPassed || len(report.Signatures) != 2 || report.Bundle.Status != "valid" {
		t.Errorf("verdict %v with %d signatures (%v)", report.Verdict, len(report.Signatures), err)
	}
	_, err = d.Prepare(t.Context(), d.who[attest.Clerk], attest.SigningOrder{Bundles: []string{b.ID}, Certificates: chainOf(key)})
	if !errors.Is(err, attest.ErrSigned) {
		t.Errorf("once more: %v, want ErrSigned", err)
	}
	bound, _, err := d.Certificates(t.Context(), d.who[attest.Clerk], commune, store.Page{})
	if err != nil || len(bound) != 2 || bound[0].Account == bound[1].Account {
		t.Errorf("bindings %+v (%v), want the head's and the clerk's", bound, err)
	}
	checkEverything(t, d)
}

// TestCountersignRefuses: what the clerk does not get as far as a request with, and that
// nothing has happened then.
func TestCountersignRefuses(t *testing.T) {
	unit, _ := sample.Unit(commune)
	day := bundle.Date{Year: 2022, Month: 1, Day: 5}
	capacity := bundle.TM
	for _, tt := range []struct {
		name string
		make func(t *testing.T, d *desk) store.Bundle
		key  func(t *testing.T, d *desk) devca.Issued
		more func(*attest.SigningOrder)
		want error
	}{
		{"sealed", func(t *testing.T, d *desk) store.Bundle { return d.sealed(t, 1) }, nil, nil, attest.ErrUnsigned},
		{"minuted", func(t *testing.T, d *desk) store.Bundle { return d.minuted(t, 1) }, nil, nil, attest.ErrUnsigned},
		{"the head is asked", func(t *testing.T, d *desk) store.Bundle {
			b := d.sealed(t, 1)
			d.prepare(t, d.key, b.ID)
			return b
		}, nil, nil, attest.ErrUnsigned},
		{"half signed", func(t *testing.T, d *desk) store.Bundle {
			b := d.sealed(t, 1)
			r := d.prepare(t, d.key, b.ID)
			d.complete(t, r, sign(t, d.key, r.Items[0]))
			return b
		}, nil, nil, attest.ErrUnsigned},
		{"recalled", func(t *testing.T, d *desk) store.Bundle {
			b := d.signed(t, 1)
			if _, err := d.Recall(t.Context(), d.who[attest.Head], b.ID, "sai"); err != nil {
				t.Fatal(err)
			}
			return b
		}, nil, nil, bundle.ErrMove},
		{"about to be replaced", func(t *testing.T, d *desk) store.Bundle {
			b := d.signed(t, 1)
			if _, err := d.Supersede(t.Context(), d.who[attest.Head], b.ID, "sai"); err != nil {
				t.Fatal(err)
			}
			return b
		}, nil, nil, bundle.ErrMove},
		{"the head's certificate", nil, func(_ *testing.T, d *desk) devca.Issued { return d.key }, nil, attest.ErrPerson},
		{"a person's", nil, func(t *testing.T, d *desk) devca.Issued { return d.issue(t, unit.Identifier) }, nil, attest.ErrPerson},
		{"another organisation's", nil, func(t *testing.T, d *desk) devca.Issued { return d.sealKey(t, "MST:0000000000") }, nil, attest.ErrWrongHolder},
		{"without an identifier", nil, func(t *testing.T, d *desk) devca.Issued { return d.sealKey(t) }, nil, attest.ErrWrongHolder},
		{"expired", nil, func(t *testing.T, d *desk) devca.Issued {
			key := d.seals(t)
			d.clock.Pass(20 * 365 * 24 * time.Hour)
			return key
		}, nil, certs.ErrExpired},
		{"revoked", nil, func(t *testing.T, d *desk) devca.Issued {
			key := d.seals(t)
			if err := d.ca.Revoke(key.Certificate.SerialNumber, d.clock.Now().Add(-time.Minute), 1); err != nil {
				t.Fatal(err)
			}
			return key
		}, nil, certs.ErrRevoked},
		{"bound to another clerk", nil, func(t *testing.T, d *desk) devca.Issued {
			key := d.seals(t)
			d.tx(t, func(tx *store.Tx) error {
				a := store.Account{ID: bundle.NewID(), Name: "Khác", Role: "clerk", Unit: commune}
				if err := tx.AddAccount(t.Context(), a); err != nil {
					return err
				}
				return tx.BindCertificate(t.Context(), store.Certificate{ID: bundle.NewID(), Account: a.ID, Unit: commune, Serial: "01", Issuer: "CN=x",
					NotBefore: d.clock.Now(), NotAfter: d.clock.Now(), SHA256: sha256.Sum256(key.Certificate.Raw), DER: key.Certificate.Raw})
			})
			return key
		}, nil, attest.ErrBoundElsewhere},
		{"a number", nil, nil, func(o *attest.SigningOrder) { o.Number = "5" }, bundle.ErrMalformed},
		{"a date", nil, nil, func(o *attest.SigningOrder) { o.Date = day }, bundle.ErrMalformed},
		{"a place", nil, nil, func(o *attest.SigningOrder) { o.Place = "Phú Hòa" }, bundle.ErrMalformed},
		{"a capacity", nil, nil, func(o *attest.SigningOrder) { o.Capacity = &capacity }, bundle.ErrMalformed},
		{"an algorithm of another key", nil, nil, func(o *attest.SigningOrder) { o.Algorithm = pades.ES256 }, pades.ErrUnsupportedKey},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, nil)
			var b store.Bundle
			if tt.make != nil {
				b = tt.make(t, d)
			} else {
				b = d.signed(t, 1)
			}
			key := d.seals(t)
			if tt.key != nil {
				key = tt.key(t, d)
			}
			o := attest.SigningOrder{Bundles: []string{b.ID}, Certificates: chainOf(key)}
			if tt.more != nil {
				tt.more(&o)
			}
			before := d.bundle(t, b.ID)
			if _, err := d.Prepare(t.Context(), d.who[attest.Clerk], o); !errors.Is(err, tt.want) {
				t.Errorf("preparing: %v, want %v", err, tt.want)
			}
			if got := d.bundle(t, b.ID); got != before {
				t.Errorf("bundle is %+v, was %+v", got, before)
			}
			if r, err := d.store.Glance().RequestOf(t.Context(), b.ID); err == nil && r.Account == d.who[attest.Clerk].Account {
				t.Error("a request was opened")
			}
		})
	}
}

// TestOrganisationAsHead: the head cannot ask for the organisation's signature, nor see or
// complete the clerk's request; nor the clerk the head's.
func TestOrganisationAsHead(t *testing.T) {
	d := newDesk(t, nil)
	b := d.signed(t, 1)
	key := d.seals(t)
	_, err := d.Prepare(t.Context(), d.who[attest.Head], attest.SigningOrder{Bundles: []string{b.ID}, Certificates: chainOf(key)})
	if !errors.Is(err, bundle.ErrMove) {
		t.Errorf("the head on a signed bundle: %v, want ErrMove", err)
	}
	r := d.countersign(t, key, b.ID)
	waiting := d.sealed(t, 1)
	asked := d.prepare(t, d.key, waiting.ID)
	for name, crossed := range map[string]struct {
		who     attest.Role
		request attest.SigningRequest
	}{"head": {attest.Head, r}, "clerk": {attest.Clerk, asked}} {
		_, e1 := d.SigningRequest(t.Context(), d.who[crossed.who], crossed.request.ID)
		_, _, e2 := d.Complete(t.Context(), d.who[crossed.who], crossed.request.ID, sign(t, key, crossed.request.Items...))
		_, e3 := d.Refuse(t.Context(), d.who[crossed.who], crossed.request.ID, "không")
		_, _, e4 := d.Content(t.Context(), d.who[crossed.who], crossed.request.ID, crossed.request.Items[0].ID)
		for n, err := range []error{e1, e2, e3, e4} {
			if !errors.Is(err, attest.ErrNotFound) {
				t.Errorf("%s, call %d on the other's request: %v, want ErrNotFound", name, n+1, err)
			}
		}
	}
	refused, err := d.Refuse(t.Context(), d.who[attest.Clerk], r.ID, "nhầm văn bản")
	if err != nil || refused.State != store.RequestRefused {
		t.Errorf("the clerk refuses: %s, %v", refused.State, err)
	}
	d.state(t, b.ID, bundle.Signed)
	again := d.countersign(t, key, b.ID)
	d.clock.Pass(time.Hour)
	third := d.countersign(t, key, b.ID) // the second one's time is over
	if old, err := d.SigningRequest(t.Context(), d.who[attest.Clerk], again.ID); err != nil || old.State != store.RequestLapsed {
		t.Errorf("the old request is %s (%v), want lapsed", old.State, err)
	}
	if _, errs := d.bring(t, third, sign(t, key, third.Items...)); errs[0] != nil {
		t.Error(errs[0])
	}
}

// TestCountersignMeetsRaise: a document that got another revision since the signature was
// prepared keeps it. The item lapses, and what is prepared anew is over the new revision.
func TestCountersignMeetsRaise(t *testing.T) {
	d := newDesk(t, nil)
	d.trustStamps()
	key := d.seals(t)
	one, two := d.signed(t, 1), d.signed(t, 2)
	r := d.countersign(t, key, one.ID, two.ID)
	d.raise(t, one.ID)
	raised := d.file(t, one.ID, bundle.PagesFile)
	after, errs := d.bring(t, r, sign(t, key, r.Items...))
	for n, i := range r.Items {
		var want error
		if i.Bundle == one.ID {
			want = attest.ErrRevised
		}
		if !errors.Is(errs[n], want) || want == nil && errs[n] != nil {
			t.Errorf("item %d: %v, want %v", n, errs[n], want)
		}
	}
	if after.State != store.RequestLapsed {
		t.Errorf("request is %s, want lapsed", after.State)
	}
	if got := d.file(t, one.ID, bundle.PagesFile); string(got) != string(raised) {
		t.Error("the raised revision is lost")
	}
	r = d.countersign(t, key, one.ID)
	d.clock.Pass(time.Second)
	if _, errs = d.bring(t, r, sign(t, key, r.Items...)); errs[0] != nil {
		t.Fatal(errs[0])
	}
	if got := d.file(t, one.ID, bundle.PagesFile); string(got[:len(raised)]) != string(raised) {
		t.Error("the organisation's signature does not extend the raised revision")
	}
}

// TestCountersignPreparedAnew: a request over a revision that is there no more stands in
// nobody's way.
func TestCountersignPreparedAnew(t *testing.T) {
	d := newDesk(t, nil)
	d.trustStamps()
	key := d.seals(t)
	b := d.signed(t, 1)
	old := d.countersign(t, key, b.ID)
	d.raise(t, b.ID)
	r := d.countersign(t, key, b.ID)
	if closed, err := d.SigningRequest(t.Context(), d.who[attest.Clerk], old.ID); err != nil || closed.State != store.RequestLapsed {
		t.Errorf("the old request is %s (%v), want lapsed", closed.State, err)
	}
	if _, errs := d.bring(t, r, sign(t, key, r.Items...)); errs[0] != nil {
		t.Error(errs[0])
	}
}

// TestCountersignGone: a bundle that went out of force gets no signature any more.
func TestCountersignGone(t *testing.T) {
	d := newDesk(t, nil)
	key := d.seals(t)
	b := d.signed(t, 1)
	r := d.countersign(t, key, b.ID)
	before := d.file(t, b.ID, bundle.PagesFile)
	if _, err := d.Recall(t.Context(), d.who[attest.Head], b.ID, "sai"); err != nil {
		t.Fatal(err)
	}
	after, errs := d.bring(t, r, sign(t, key, r.Items...))
	if !errors.Is(errs[0], attest.ErrRevised) || after.State != store.RequestLapsed {
		t.Errorf("request %s, outcome %v, want it lapsed with ErrRevised", after.State, errs[0])
	}
	if string(d.file(t, b.ID, bundle.PagesFile)) != string(before) {
		t.Error("the document of a recalled bundle changed")
	}
	checkEverything(t, d)
}

// TestCountersignBadSignature: what does not fit is told of and keeps the request open; a
// certificate that is revoked before the signature comes signs nothing.
func TestCountersignBadSignature(t *testing.T) {
	d := newDesk(t, nil)
	key := d.seals(t)
	b := d.signed(t, 1)
	r := d.countersign(t, key, b.ID)
	after, errs := d.bring(t, r, sign(t, d.key, r.Items...)) // by the head's key
	if !errors.Is(errs[0], signer.ErrSignature) || after.State != store.RequestOpen {
		t.Errorf("request %s, outcome %v, want it open with ErrSignature", after.State, errs[0])
	}
	if err := d.ca.Revoke(key.Certificate.SerialNumber, d.clock.Now(), 1); err != nil {
		t.Fatal(err)
	}
	d.clock.Pass(2 * time.Minute)
	anew := *d
	anew.Service = attest.New(attest.Options{Store: d.store, Anchors: d.anchors(), Revocation: &certs.HTTP{AllowPrivate: true, Now: d.clock.Now}})
	if _, errs = anew.bring(t, r, sign(t, key, r.Items...)); !errors.Is(errs[0], attest.ErrNotAccepted) {
		t.Errorf("under a revoked certificate: %v, want ErrNotAccepted", errs[0])
	}
	checkEverything(t, d)
}

// TestCountersignUnasked: where nobody answers about revocation the signature is made all
// the same, with a warning, and nothing passes less than before.
func TestCountersignUnasked(t *testing.T) {
	d := newDesk(t, func(o *attest.Options) { o.Revocation = nil })
	key := d.seals(t)
	b := d.signed(t, 1)
	r := d.countersign(t, key, b.ID)
	if len(r.Warnings) != 1 {
		t.Errorf("%d warnings, want 1", len(r.Warnings))
	}
	if _, errs := d.bring(t, r, sign(t, key, r.Items...)); errs[0] != nil {
		t.Error(errs[0])
	}
	report, err := (&verify.Verifier{Anchors: d.anchors(), At: d.clock.Now()}).Directory(t.Context(), b.ID, os.DirFS(d.directory(t, b.ID)))
	if err != nil || !dossier.Acceptable(report) {
		t.Errorf("verdict %v (%v)", report.Verdict, err)
	}
}
