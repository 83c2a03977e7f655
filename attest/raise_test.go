package attest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/signer"
	"kytiem/store"
	"kytiem/verify"
)

// withTSA gives the desk a service that trusts and asks its CA for time-stamps.
func (d *desk) withTSA(change func(*attest.Options)) attest.Options {
	anchors := d.anchors()
	anchors.TSA = certs.Path{d.ca.TSARoot().Certificate}
	o := attest.Options{Store: d.store, Anchors: anchors, Revocation: &certs.HTTP{AllowPrivate: true, Now: d.clock.Now, Timeout: 2 * time.Second},
		Timestamper: &signer.TSA{URL: d.url + "/tsa", Anchors: anchors, Now: d.clock.Now, Timeout: 2 * time.Second}}
	if change != nil {
		change(&o)
	}
	d.Service = attest.New(o)
	return o
}

func (d *desk) level(t testing.TB, id string) store.Level {
	t.Helper()
	l, err := d.store.Glance().Level(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (d *desk) untilLevel(t testing.TB, want signer.Level, ids ...string) {
	t.Helper()
	for _, id := range ids {
		until(t, "the bundle is at "+string(want), func() bool { return d.level(t, id).Level == string(want) })
	}
}

// faultless checks everything that is stored, by the service's own anchors.
func (d *desk) faultless(t testing.TB) {
	t.Helper()
	if report := check(t, d.Service); len(report.Faults) > 0 {
		t.Errorf("faults: %+v", report.Faults)
	}
}

// exported verifies a bundle from its exported directory, which nobody is asked about.
func (d *desk) exported(t testing.TB, id string, anchors certs.Anchors) *verify.Report {
	t.Helper()
	dir := filepath.Join(t.TempDir(), id)
	if err := d.Export(t.Context(), d.who[attest.Head], id, dir); err != nil {
		t.Fatal(err)
	}
	report, err := (&verify.Verifier{Anchors: anchors, At: d.clock.Now()}).Directory(t.Context(), id, os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestRaiseJob: signing ends at B-B, a job takes both signatures to B-LTA, and the exported bundle then verifies without
// anybody being asked; what it was before is still there, and all that was fetched.
func TestRaiseJob(t *testing.T) {
	d := newDesk(t, nil)
	o := d.withTSA(nil)
	b := d.signed(t, 3)
	if l := d.level(t, b.ID); l.Level != string(signer.LevelB) || l.Cause != "" {
		t.Errorf("signed at %+v, want B-B", l)
	}
	before := map[string][]byte{bundle.PagesFile: d.file(t, b.ID, bundle.PagesFile), bundle.SignatureFile: d.file(t, b.ID, bundle.SignatureFile)}
	d.clock.Pass(2 * time.Minute)
	works(t, d.Service)
	d.untilLevel(t, signer.LevelLTA, b.ID)

	report := d.exported(t, b.ID, o.Anchors)
	var formats []string
	for _, s := range report.Signatures {
		formats = append(formats, s.Format)
	}
	slices.Sort(formats)
	if want := []string{"CAdES-BASELINE-LTA", "PAdES-BASELINE-LTA", "PAdES-DOC-TIMESTAMP"}; report.Verdict != verify.TotalPassed || !slices.Equal(formats, want) {
		t.Fatalf("%s with %v, want TOTAL_PASSED with %v", report.Verdict, formats, want)
	}
	told := ok(t)(d.Bundle(t.Context(), d.who[attest.Clerk], b.ID))
	if told.Level == nil || told.Level.Level != string(signer.LevelLTA) || told.Level.Lapses.IsZero() || len(told.Revisions) != 2 {
		t.Errorf("told %+v with revisions %+v, want B-LTA and two", told.Level, told.Revisions)
	}
	for _, r := range told.Revisions {
		_, blob, err := d.Revision(t.Context(), d.who[attest.Head], b.ID, r.SHA256)
		if err != nil || blob.Size() != int64(len(before[r.Name])) || r.Level != string(signer.LevelB) {
			t.Errorf("%s before, at %s: %d bytes (%v), want B-B with %d", r.Name, r.Level, blob.Size(), err, len(before[r.Name]))
		}
	}
	if status, err := d.StatusOf(t.Context(), b.ID); err != nil || status.Since != "2022-01-05T02:00:00Z" {
		t.Errorf("in force since %s (%v), want since it was signed", status.Since, err)
	}
	kinds := make(map[string]int)
	kept, _, err := d.Evidence(t.Context(), d.who[attest.Clerk], b.ID, attest.Page{Limit: store.MaxPage})
	for _, e := range kept {
		kinds[e.Kind]++
	}
	if err != nil || kinds[attest.EvidenceCertificate] < 4 || kinds[attest.EvidenceOCSP] < 1 || kinds[attest.EvidenceCRL] < 1 || kinds[attest.EvidenceTimestamp] != 4 {
		t.Errorf("kept %v (%v), want certificates, answers, lists and four time-stamps", kinds, err)
	}
	if raised := d.entries(t, "bundles.raise"); len(raised) != 1 || raised[0].Actor != "service" {
		t.Errorf("the chain tells %+v, want one raise", raised)
	}
	d.faultless(t)
}

// TestRaiseOutage: while no authority answers, bundles are signed and wait; when one is back all are raised, and none is lost.
func TestRaiseOutage(t *testing.T) {
	for name, fault := range map[string]devca.Fault{
		"down":    {Status: 503},
		"late":    {Delay: time.Minute},
		"garbage": {Body: []byte("garbage")},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			anchors := d.withTSA(nil).Anchors
			d.withTSA(func(o *attest.Options) {
				o.Timestamper = &signer.TSA{URL: d.url + "/tsa", Anchors: anchors, Now: d.clock.Now, Timeout: 100 * time.Millisecond}
			})
			d.ca.Break("/tsa", fault)
			works(t, d.Service)
			var ids []string
			for range 5 {
				ids = append(ids, d.signed(t, 1).ID)
			}
			until(t, "somebody has tried", func() bool {
				l := d.level(t, ids[0])
				return l.Cause == attest.CauseTSA && l.Tries > 0 && l.NextAt.After(d.clock.Now())
			})
			for _, id := range ids {
				d.state(t, id, bundle.Signed)
				if got := d.level(t, id).Level; got != string(signer.LevelB) {
					t.Errorf("raised to %s by nobody", got)
				}
			}
			waiting, _, err := d.Levels(t.Context(), d.who[attest.Admin], "", string(signer.LevelB), attest.Page{})
			if err != nil || len(waiting) != len(ids) {
				t.Errorf("%d wait (%v), want %d", len(waiting), err, len(ids))
			}
			d.ca.Break("/tsa", devca.Fault{})
			d.untilLevel(t, signer.LevelLTA, ids...)
			for _, id := range ids {
				if l := d.level(t, id); l.Tries != 0 || l.Cause != "" || !l.NextAt.IsZero() {
					t.Errorf("raised, and yet %+v", l)
				}
			}
			d.faultless(t)
		})
	}
}

// TestRaiseByParts: whatever fails, what was reached is kept, the cause is told, and the rest follows.
func TestRaiseByParts(t *testing.T) {
	d := newDesk(t, nil)
	stranger, err := devca.New(devca.Options{Now: d.clock.Now, FreshKeys: true})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := stranger.Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		faults []string // paths that do not answer
		change func(*attest.Options)
		level  signer.Level
		cause  string
	}{
		{"no responder and no list", []string{"/ocsp", "/issuing.crl"}, nil, signer.LevelT, attest.CauseEvidence},
		{"the root's list", []string{"/root.crl"}, nil, signer.LevelT, attest.CauseEvidence},
		{"nobody may be asked", nil, func(o *attest.Options) { o.Revocation = nil }, signer.LevelT, attest.CauseOffline},
		{"another's authority", nil, func(o *attest.Options) {
			o.Timestamper = &signer.TSA{URL: elsewhere + "/tsa", Anchors: o.Anchors, Now: d.clock.Now}
		}, signer.LevelB, attest.CauseTSAUntrusted},
		{"a token over something else", nil, func(o *attest.Options) {
			asks := o.Timestamper
			o.Timestamper = timestamperFunc(func(ctx context.Context, digest [32]byte) ([]byte, time.Time, error) {
				digest[0] ^= 1
				return asks.Timestamp(ctx, digest)
			})
		}, signer.LevelB, attest.CauseTSAWrong},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d.withTSA(nil)
			b := d.signed(t, 1)
			d.clock.Pass(time.Hour + time.Minute) // lists are asked for anew
			for _, path := range tt.faults {
				d.ca.Break(path, devca.Fault{Status: 503})
			}
			d.withTSA(tt.change)
			reached, err := d.Raise(t.Context(), b.ID)
			if err == nil || reached.Level != string(tt.level) {
				t.Errorf("reached %s, %v, want %s and why no more", reached.Level, err, tt.level)
			}
			if got := attest.CauseOf(err); got != tt.cause {
				t.Errorf("cause %s of %v, want %s", got, err, tt.cause)
			}
			if got := d.level(t, b.ID).Level; got != string(tt.level) {
				t.Errorf("kept %s, want %s", got, tt.level)
			}
			again, err := d.Raise(t.Context(), b.ID)
			if err == nil || again.Level != reached.Level {
				t.Errorf("again %s, %v, want no more and no less", again.Level, err)
			}
			for _, path := range tt.faults {
				d.ca.Break(path, devca.Fault{})
			}
			d.withTSA(nil)
			if reached, err := d.Raise(t.Context(), b.ID); err != nil || reached.Level != string(signer.LevelLTA) {
				t.Errorf("mended: %s, %v, want B-LTA", reached.Level, err)
			}
			d.faultless(t)
		})
	}
}

type timestamperFunc func(context.Context, [32]byte) ([]byte, time.Time, error)

func (f timestamperFunc) Timestamp(ctx context.Context, digest [32]byte) ([]byte, time.Time, error) {
	return f(ctx, digest)
}

// TestRaiseRevoked: a certificate revoked before the time that is proven is no signature's to outlive, and one revoked
// afterwards is.
func TestRaiseRevoked(t *testing.T) {
	d := newDesk(t, nil)
	d.withTSA(nil)
	b := d.signed(t, 1)
	d.clock.Pass(time.Hour)
	if err := d.ca.Revoke(d.key.Certificate.SerialNumber, d.clock.Now().Add(-time.Minute), 1); err != nil {
		t.Fatal(err)
	}
	l, err := d.Raise(t.Context(), b.ID)
	if err == nil || attest.CauseOf(err) != attest.CauseRevoked || l.Level == string(signer.LevelLTA) {
		t.Errorf("raised to %s, %v, want not, since it was revoked", l.Level, err)
	}
	d.state(t, b.ID, bundle.Signed)
	d.faultless(t)
}

// TestRenew: archive time-stamps get successors before they lapse, once, and those that gain nothing by it do not.
func TestRenew(t *testing.T) {
	d := newDesk(t, nil)
	d.withTSA(nil)
	b := d.signed(t, 2)
	if _, err := d.Raise(t.Context(), b.ID); err != nil {
		t.Fatal(err)
	}
	first := d.level(t, b.ID)
	if _, err := d.Raise(t.Context(), b.ID); err != nil || len(d.entries(t, "bundles.raise")) != 1 {
		t.Fatalf("raised again (%v) for nothing", err)
	}
	d.clock.Pass(first.Lapses.Sub(d.clock.Now()) - attest.WarnAhead + time.Hour)
	if lapsing, _, err := d.Lapsing(t.Context(), d.who[attest.Head], commune, "", attest.Page{}); err != nil || len(lapsing) != 1 || lapsing[0].Bundle != b.ID {
		t.Errorf("lapsing %+v (%v), want the bundle", lapsing, err)
	}
	// The authority has the certificate that it had.
	if _, err := d.Raise(t.Context(), b.ID); !errors.Is(err, attest.ErrAuthorityLapses) || attest.CauseOf(err) != attest.CauseAuthorityLapses {
		t.Errorf("renewing by an authority that lapses: %v, want ErrAuthorityLapses", err)
	}
	if got := d.level(t, b.ID); got.At != first.At || len(d.entries(t, "bundles.raise")) != 1 {
		t.Errorf("renewed for nothing: %+v", got)
	}
	// Another one has a new one.
	fresh, err := devca.New(devca.Options{Now: d.clock.Now, FreshKeys: true})
	if err != nil {
		t.Fatal(err)
	}
	url, err := fresh.Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := d.withTSA(func(o *attest.Options) {
		o.Anchors.TSA = append(o.Anchors.TSA, fresh.TSARoot().Certificate)
		o.Timestamper = &signer.TSA{URL: url + "/tsa", Anchors: o.Anchors, Now: d.clock.Now}
	})
	if err := d.TendLevels(t.Context()); err != nil {
		t.Fatal(err)
	}
	works(t, d.Service)
	until(t, "it is renewed", func() bool { return d.level(t, b.ID).Lapses.After(first.Lapses.Add(365 * 24 * time.Hour)) })
	if report := d.exported(t, b.ID, o.Anchors); report.Verdict != verify.TotalPassed {
		t.Errorf("renewed, and yet %s", report.Verdict)
	}
	if told := ok(t)(d.Bundle(t.Context(), d.who[attest.Clerk], b.ID)); len(told.Revisions) != 4 {
		t.Errorf("%d revisions, want both files twice", len(told.Revisions))
	}
	d.faultless(t)
}

// TestRaiseAdopts: what an older program signed, without a level and without a job, is found by the daily look.
func TestRaiseAdopts(t *testing.T) {
	d := newDesk(t, nil) // without an authority, so that there is no job
	b := d.signed(t, 1)
	d.withTSA(nil)
	works(t, d.Service)
	d.untilLevel(t, signer.LevelLTA, b.ID)
	d.faultless(t)
}

// TestRaisePolite: what a signer was shown does not change while he is asked, and acts of people are not lost to a job.
func TestRaisePolite(t *testing.T) {
	d := newDesk(t, nil)
	var meanwhile atomic.Pointer[func()]
	o := d.withTSA(nil)
	asks := o.Timestamper
	d.withTSA(func(o *attest.Options) {
		o.Timestamper = timestamperFunc(func(ctx context.Context, digest [32]byte) ([]byte, time.Time, error) {
			if do := meanwhile.Swap(nil); do != nil {
				(*do)()
			}
			return asks.Timestamp(ctx, digest)
		})
	})
	b := d.signed(t, 2)
	recall := func() {
		if _, err := d.Recall(t.Context(), d.who[attest.Head], b.ID, "nhầm"); err != nil {
			t.Error(err)
		}
	}
	meanwhile.Store(&recall)
	if l, err := d.Raise(t.Context(), b.ID); err != nil || l.Level != string(signer.LevelLTA) {
		t.Errorf("raised to %s (%v) after a recall, want B-LTA", l.Level, err)
	}
	d.state(t, b.ID, bundle.Recalled)
	d.faultless(t)
}

// TestRaiseAndSign: while a bundle is being raised somebody signs its document a second time. The raise gives way and takes
// both signatures up; while somebody is asked to sign, nothing is raised.
func TestRaiseAndSign(t *testing.T) {
	d := newDesk(t, nil)
	var meanwhile atomic.Pointer[func()]
	asks := d.withTSA(nil).Timestamper
	o := d.withTSA(func(o *attest.Options) {
		o.Timestamper = timestamperFunc(func(ctx context.Context, digest [32]byte) ([]byte, time.Time, error) {
			if do := meanwhile.Swap(nil); do != nil {
				(*do)()
			}
			return asks.Timestamp(ctx, digest)
		})
	})
	b := d.signed(t, 2)
	seal, err := d.ca.Issue(devca.Profile{Kind: devca.Organisation, CommonName: "Ủy ban nhân dân xã Phú Hòa", Organization: "Ủy ban nhân dân xã Phú Hòa",
		Identifiers: d.unitIdentifier()})
	if err != nil {
		t.Fatal(err)
	}
	second := func() { // as a step of the service would
		pages := d.file(t, b.ID, bundle.PagesFile)
		signed := d.countersigned(t, pages, seal)
		d.tx(t, func(tx *store.Tx) error {
			now, err := tx.Bundle(t.Context(), b.ID)
			if err == nil {
				err = tx.TouchBundle(t.Context(), &now)
			}
			if err != nil {
				return err
			}
			if _, _, err := tx.PutBlob(t.Context(), bytes.NewReader(signed)); err != nil {
				return err
			}
			return tx.ReplaceFile(t.Context(), b.ID, bundle.PagesFile, sha256.Sum256(pages), sha256.Sum256(signed))
		})
	}
	meanwhile.Store(&second)
	if l, err := d.Raise(t.Context(), b.ID); err != nil || l.Level != string(signer.LevelLTA) {
		t.Errorf("raised to %s (%v), want B-LTA", l.Level, err)
	}
	report := d.exported(t, b.ID, o.Anchors)
	baseline := 0
	for _, s := range report.Signatures {
		if strings.HasSuffix(s.Format, "-BASELINE-LTA") && s.Indication == verify.TotalPassed {
			baseline++
		}
	}
	if report.Verdict != verify.TotalPassed || baseline != 3 {
		t.Errorf("%s with %d signatures at LTA, want TOTAL_PASSED with three", report.Verdict, baseline)
	}
}

// countersigned is a document that an organisation has signed, too.
func (d *desk) countersigned(t testing.TB, pages []byte, key devca.Issued) []byte {
	t.Helper()
	file, err := pades.Open(pages)
	if err != nil {
		t.Fatal(err)
	}
	prepared, err := signer.PrepareDocument(file, signer.Options{Certificates: chainOf(key), Now: d.clock.Now()}, signer.Visible{Field: bundle.OrganisationField})
	if err != nil {
		t.Fatal(err)
	}
	signature := sign(t, key, attest.SigningItem{SignedAttributes: prepared.Request.SignedAttributes, Algorithm: prepared.Request.Algorithm})
	signed, err := prepared.Complete(pages, signature[0].Signature, d.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// TestDeleteEvidence: with a reason only, by whom it is for, and never what a signature carries.
func TestDeleteEvidence(t *testing.T) {
	d := newDesk(t, nil)
	d.withTSA(nil)
	b := d.signed(t, 1)
	d.clock.Pass(2 * time.Hour) // so that what was asked before the signature is not what it carries
	if _, err := d.Raise(t.Context(), b.ID); err != nil {
		t.Fatal(err)
	}
	head := d.who[attest.Head]
	kept, _, err := d.Evidence(t.Context(), head, b.ID, attest.Page{Limit: store.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	gone, carried := 0, 0
	for _, e := range kept {
		if err := d.DeleteEvidence(t.Context(), head, b.ID, e.SHA256, " "); !errors.Is(err, attest.ErrReason) {
			t.Errorf("without a reason: %v", err)
		}
		if err := d.DeleteEvidence(t.Context(), d.who[attest.Clerk], b.ID, e.SHA256, "cũ"); !errors.Is(err, attest.ErrForbidden) {
			t.Errorf("by a clerk: %v", err)
		}
		switch err := d.DeleteEvidence(t.Context(), head, b.ID, e.SHA256, "hết thời hạn lưu trữ"); {
		case err == nil:
			gone++
			if _, err := d.store.Glance().Blob(t.Context(), e.SHA256); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s is still stored (%v)", e.Kind, err)
			}
			if err := d.DeleteEvidence(t.Context(), head, b.ID, e.SHA256, "lại"); !errors.Is(err, attest.ErrNotFound) {
				t.Errorf("again: %v", err)
			}
		case errors.Is(err, attest.ErrCarried):
			carried++
		default:
			t.Errorf("%s: %v", e.Kind, err)
		}
	}
	if gone == 0 || carried < 6 || len(d.entries(t, "evidence.delete")) != gone {
		t.Errorf("%d deleted, %d carried, %d noted", gone, carried, len(d.entries(t, "evidence.delete")))
	}
	d.faultless(t)
}

// TestStatusUnknown: who signs under a certificate whose status nobody tells is warned, and the chain says so.
func TestStatusUnknown(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 1)
	d.ca.Break("/ocsp", devca.Fault{Status: 503})
	d.ca.Break("/issuing.crl", devca.Fault{Status: 503})
	r := d.prepare(t, d.key, b.ID)
	if len(r.Warnings) != 1 || r.Warnings[0].Code != "certificate-status-unknown" {
		t.Errorf("warnings %+v, want that the status is unknown", r.Warnings)
	}
	for _, act := range []string{"signing.prepared", "certificates.bind"} {
		noted := d.entries(t, act)
		if len(noted) != 1 || !strings.Contains(noted[0].Detail.String(), `"warning":"certificate-status-unknown"`) {
			t.Errorf("%s: noted %+v, want the warning", act, noted)
		}
	}
	d.sound(t)
}

// TestOnePersonPerAccount: the certificate of somebody else is bound to an account by an administrator or not at all.
func TestOnePersonPerAccount(t *testing.T) {
	d := newDesk(t, nil)
	d.signed(t, 1)
	b := d.sealed(t, 1)
	issue := func(person string) devca.Issued {
		issued, err := d.ca.Issue(devca.Profile{Kind: devca.Person, CommonName: "Trần Văn Mẫu", Organization: "Ủy ban nhân dân xã Phú Hòa",
			Identifiers: append(d.unitIdentifier(), person)})
		if err != nil {
			t.Fatal(err)
		}
		return issued
	}
	other := issue("CCCD:075070000002")
	_, err := d.Prepare(t.Context(), d.who[attest.Head], attest.SigningOrder{Bundles: []string{b.ID}, Certificates: chainOf(other)})
	if !errors.Is(err, attest.ErrWrongHolder) {
		t.Errorf("another person's certificate: %v, want ErrWrongHolder", err)
	}
	renewed := issue("CCCD:075070000001")
	r := d.prepare(t, renewed, b.ID)
	d.complete(t, r, sign(t, renewed, r.Items...))
	b = d.sealed(t, 1)
	der := append([]byte(nil), other.Certificate.Raw...)
	for _, c := range other.Chain {
		der = append(der, c.Raw...)
	}
	if _, err := d.BindCertificate(t.Context(), d.who[attest.Admin], d.who[attest.Head].Account, der); err != nil {
		t.Fatal(err)
	}
	r = d.prepare(t, other, b.ID)
	d.complete(t, r, sign(t, other, r.Items...))
	d.sound(t)
}

// TestRaiseAtOnce: two servers that raise the same bundles at the same moment come to one end.
func TestRaiseAtOnce(t *testing.T) {
	s := newServers(t)
	anchors := s.anchors()
	anchors.TSA = certs.Path{s.ca.TSARoot().Certificate}
	for n := range s.both {
		s.both[n] = attest.New(attest.Options{Store: s.stores[n], Anchors: anchors, Revocation: &certs.HTTP{AllowPrivate: true, Now: s.clock.Now},
			Timestamper: &signer.TSA{URL: s.url + "/tsa", Anchors: anchors, Now: s.clock.Now}})
	}
	s.Service = s.both[0]
	for round := range 5 {
		b := s.signed(t, 1)
		outcomes := make(chan error, 2)
		for _, on := range s.both {
			go func() {
				l, err := on.Raise(context.Background(), b.ID)
				if err == nil && l.Level != string(signer.LevelLTA) {
					err = fmt.Errorf("at %s", l.Level)
				}
				outcomes <- err
			}()
		}
		for range s.both {
			if err := <-outcomes; err != nil {
				t.Errorf("round %d: %v", round, err)
			}
		}
		if n := len(s.entries(t, "bundles.raise")); n != round+1 {
			t.Errorf("raised %d times, want %d", n, round+1)
		}
	}
	s.faultless(t)
	works(t, s.both[:]...) // and by jobs of both
	var ids []string
	for range 10 {
		ids = append(ids, s.signed(t, 1).ID)
	}
	s.untilLevel(t, signer.LevelLTA, ids...)
	s.faultless(t)
}
