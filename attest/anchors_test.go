package attest_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/signer"
	"kytiem/store"
	"kytiem/verify"
)

// second is another authority than the desk's, with a head's key under it.
func (d *desk) second(t testing.TB) (ca *devca.CA, key devca.Issued) {
	t.Helper()
	ca, err := devca.New(devca.Options{Now: d.clock.Now, OCSPFor: time.Hour, FreshKeys: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ca.Serve(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	key, err = ca.Issue(devca.Profile{Kind: devca.Person, CommonName: "Trần Văn Mẫu", Organization: "Ủy ban nhân dân xã Phú Hòa",
		Title: "Chủ tịch", Identifiers: append(d.unitIdentifier(), "CCCD:075070000001")})
	if err != nil {
		t.Fatal(err)
	}
	return ca, key
}

func trustOrder(c *x509.Certificate) attest.AnchorOrder {
	return attest.AnchorOrder{DER: c.Raw, Purposes: []certs.Purpose{certs.ForCA}, Domain: certs.Public, Reason: "theo công bố của tổ chức chứng thực"}
}

func digestOf(c *x509.Certificate) store.Digest { return sha256.Sum256(c.Raw) }

// anchorActs are the acts on anchors, in their order.
func (d *desk) anchorActs(t testing.TB) (acts []audit.Entry) {
	t.Helper()
	for e, err := range d.store.Glance().AuditEntries(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Act == "anchors.add" || e.Act == "anchors.remove" {
			acts = append(acts, e)
		}
	}
	return acts
}

// faulty has everything checked on a server, which is to find these faults.
func (d *desk) faulty(t testing.TB, on *attest.Service, want ...string) {
	t.Helper()
	report, err := on.CheckAudit(t.Context(), nil)
	var codes []string
	for _, f := range report.Faults {
		codes = append(codes, f.Code)
	}
	if err != nil || !slices.Equal(codes, want) {
		t.Errorf("faults %v (%v), want %v", report.Faults, err, want)
	}
}

// TestAnchorsWhileRunning: what one server is told of an anchor holds on the other at once, for signing and for verifying,
// and is in the chain.
func TestAnchorsWhileRunning(t *testing.T) {
	t.Parallel()
	s := newServers(t)
	ctx, admin, head := t.Context(), s.who[attest.Admin], s.who[attest.Head]
	ca, key := s.second(t)
	root := ca.Root().Certificate
	prepare := func(on *attest.Service, id string) (attest.SigningRequest, error) {
		return on.Prepare(ctx, head, attest.SigningOrder{Bundles: []string{id}, Certificates: chainOf(key)})
	}
	b := s.sealed(t, 1)
	if _, err := prepare(s.both[1], b.ID); !errors.Is(err, attest.ErrUntrusted) {
		t.Fatalf("under an unknown authority: %v", err)
	}

	added, err := s.both[0].AddAnchor(ctx, admin, trustOrder(root))
	if err != nil || added.Directory || added.Domain != certs.Public || !slices.Equal(added.Purposes, []certs.Purpose{certs.ForCA}) || added.ChangedAt.IsZero() {
		t.Fatalf("added %+v (%v)", added, err)
	}
	if again, err := s.both[1].AddAnchor(ctx, admin, trustOrder(root)); err != nil || again.SHA256 != added.SHA256 || len(s.anchorActs(t)) != 1 {
		t.Errorf("said again: %v, %d acts", err, len(s.anchorActs(t)))
	}
	r, err := prepare(s.both[1], b.ID)
	if err != nil {
		t.Fatalf("on the other server: %v", err)
	}
	if _, outcomes, err := s.both[1].Complete(ctx, head, r.ID, sign(t, key, r.Items...)); done(outcomes, err) != nil {
		t.Fatal(outcomes, err)
	}
	document := s.file(t, b.ID, bundle.PagesFile)
	judged := func(want verify.Indication) {
		t.Helper()
		for n, on := range s.both {
			report, err := on.Verify(ctx, attest.Submission{Name: "x.pdf", File: document})
			if err != nil || report.Verdict != want {
				t.Errorf("server %d: %v (%v), want %v", n, report.Verdict, err, want)
			}
		}
	}
	judged(verify.TotalPassed)
	s.faulty(t, s.both[1])

	if _, err := s.both[1].RemoveAnchor(ctx, admin, digestOf(root), time.Time{}, "không phải của họ"); err != nil {
		t.Fatal(err)
	}
	judged(verify.Indeterminate)
	s.faulty(t, s.both[0]) // what is stored is still what was done
	if _, err := s.both[0].AddAnchor(ctx, admin, trustOrder(root)); err != nil {
		t.Fatal(err)
	}
	judged(verify.TotalPassed)

	// Closed as of now, it is none for what is signed from then on.
	s.pass(time.Hour)
	closed, err := s.both[0].RemoveAnchor(ctx, admin, digestOf(root), s.clock.Now().Add(-time.Minute), "đã đóng")
	if err != nil || len(closed.Purposes) != 1 || closed.Period.Until.IsZero() {
		t.Errorf("closed %+v (%v)", closed, err)
	}
	judged(verify.Indeterminate) // nothing proves that it is from before
	if _, err := prepare(s.both[1], s.sealed(t, 1).ID); !errors.Is(err, attest.ErrUntrusted) || !errors.Is(err, certs.ErrClosed) {
		t.Errorf("under an authority that has closed: %v", err)
	}
	s.faulty(t, s.both[1]) // as of when it was signed

	acts := s.anchorActs(t)
	if len(acts) != 4 {
		t.Fatalf("%d acts, want 4", len(acts))
	}
	for _, e := range acts {
		if e.Actor != admin.Account || e.Subject != digestOf(root).String() {
			t.Errorf("%s of %s by %s", e.Act, e.Subject, e.Actor)
		}
	}
}

// TestDirectoryAnchors: the directory's anchors can be taken out of force, and what it says of them stays.
func TestDirectoryAnchors(t *testing.T) {
	d := newDesk(t, func(o *attest.Options) {
		o.Anchors.Domains = map[[32]byte]certs.Domain{sha256.Sum256(o.Anchors.CA[0].Raw): certs.Public}
	})
	ctx, admin, root := t.Context(), d.who[attest.Admin], d.ca.Root().Certificate
	all, err := d.Anchors(ctx, admin)
	if err != nil || len(all) != 1 || !all[0].Directory || !all[0].ChangedAt.IsZero() || all[0].Domain != certs.Public {
		t.Fatalf("got %+v (%v)", all, err)
	}
	if _, err := d.RemoveAnchor(ctx, admin, digestOf(root), time.Time{}, "bị lộ khóa"); err != nil {
		t.Fatal(err)
	}
	if anchors, err := d.Trust(ctx); err != nil || len(anchors.All()) != 0 {
		t.Errorf("got %d anchors (%v), want none", len(anchors.All()), err)
	}
	if all, err = d.Anchors(ctx, admin); err != nil || len(all) != 1 || !all[0].Directory || len(all[0].Purposes) != 0 {
		t.Errorf("got %+v (%v)", all, err)
	}
	moved := trustOrder(root)
	moved.Domain = certs.Official
	for name, test := range map[string]struct {
		do   func() error
		want error
	}{
		"to another domain": {func() error { _, err := d.AddAnchor(ctx, admin, moved); return err }, attest.ErrConflict},
		"a signer's":        {func() error { _, err := d.AddAnchor(ctx, admin, trustOrder(d.key.Certificate)); return err }, certs.ErrNotAuthority},
		"no reason":         {func() error { _, err := d.AddAnchor(ctx, admin, attest.AnchorOrder{DER: root.Raw}); return err }, attest.ErrReason},
		"removed without a reason": {func() error {
			_, err := d.RemoveAnchor(ctx, admin, digestOf(root), time.Time{}, " ")
			return err
		}, attest.ErrReason},
		"garbage": {func() error {
			_, err := d.AddAnchor(ctx, admin, attest.AnchorOrder{DER: []byte("x"), Reason: "thử"})
			return err
		}, bundle.ErrMalformed},
		"unknown": {func() error {
			_, err := d.RemoveAnchor(ctx, admin, store.Digest{1}, time.Time{}, "thử")
			return err
		}, attest.ErrNotFound},
		"by a head":      {func() error { _, err := d.AddAnchor(ctx, d.who[attest.Head], trustOrder(root)); return err }, attest.ErrForbidden},
		"read by a head": {func() error { _, err := d.Anchors(ctx, d.who[attest.Head]); return err }, attest.ErrForbidden},
	} {
		if err := test.do(); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	if acts := d.anchorActs(t); len(acts) != 1 {
		t.Errorf("%d acts, want 1", len(acts))
	}
	d.faulty(t, d.Service)
}

// TestAnchorsPastTheService: whoever writes an anchor into the table is found, whether it is new or another word of one.
func TestAnchorsPastTheService(t *testing.T) {
	for name, change := range map[string]func(*store.Anchor){
		"new":     func(a *store.Anchor) { a.SHA256, a.DER = store.Digest{1}, []byte("x") },
		"back":    func(a *store.Anchor) { a.Removed = false },
		"longer":  func(a *store.Anchor) { a.Until = time.Time{} },
		"purpose": func(a *store.Anchor) { a.Purposes = append(a.Purposes, "tsa") },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			ca, _ := d.second(t)
			order := trustOrder(ca.Root().Certificate)
			order.Period.Until = d.clock.Now().AddDate(1, 0, 0)
			if _, err := d.AddAnchor(t.Context(), d.who[attest.Admin], order); err != nil {
				t.Fatal(err)
			}
			if _, err := d.RemoveAnchor(t.Context(), d.who[attest.Admin], digestOf(ca.Root().Certificate), time.Time{}, "thử"); err != nil {
				t.Fatal(err)
			}
			d.faulty(t, d.Service)
			said, err := d.store.Glance().Anchors(t.Context())
			if err != nil || len(said) != 1 {
				t.Fatal(said, err)
			}
			change(&said[0])
			d.tx(t, func(tx *store.Tx) error { return tx.PutAnchor(t.Context(), said[0]) })
			report, err := d.CheckAudit(t.Context(), nil)
			if err != nil || len(report.Faults) == 0 || report.Faults[0].Code != "anchors-changed" {
				t.Errorf("got %v (%v)", report.Faults, err)
			}
		})
	}
}

// TestDomainPolicy: each kind of act has its own trust domains.
func TestDomainPolicy(t *testing.T) {
	public, official := []certs.Domain{certs.Public}, []certs.Domain{certs.Official}
	for _, test := range []struct {
		name          string
		stated        certs.Domain
		policy        attest.DomainPolicy
		signs, stamps error
	}{
		{"all", "", attest.DomainPolicy{}, nil, nil},
		{"not stated", "", attest.DomainPolicy{Sign: public}, attest.ErrDomain, nil},
		{"public signs", certs.Public, attest.DomainPolicy{Sign: public, Countersign: official}, nil, attest.ErrDomain},
		{"official countersigns", certs.Official, attest.DomainPolicy{Sign: public, Countersign: official}, attest.ErrDomain, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t, func(o *attest.Options) {
				if o.Domains = test.policy; test.stated != "" {
					o.Anchors.Domains = map[[32]byte]certs.Domain{sha256.Sum256(o.Anchors.CA[0].Raw): test.stated}
				}
			})
			unit := d.unitIdentifier()[0]
			for role, want := range map[attest.Role]error{attest.Head: test.signs, attest.Clerk: test.stamps} {
				key := d.key
				if role == attest.Clerk {
					key = d.sealKey(t, unit)
				}
				_, err := d.BindCertificate(t.Context(), d.who[attest.Admin], d.who[role].Account, slices.Concat(key.Certificate.Raw, key.Chain[0].Raw))
				if !errors.Is(err, want) {
					t.Errorf("%s: got %v, want %v", role, err, want)
				}
			}
		})
	}
	for name, p := range map[string]attest.DomainPolicy{"sign": {Sign: official, Verify: public}, "countersign": {Sign: public, Verify: public}} {
		if err := p.Check(); !errors.Is(err, attest.ErrDomain) {
			t.Errorf("%s: got %v, want %v", name, err, attest.ErrDomain)
		}
	}
	if err := (attest.DomainPolicy{Sign: public, Countersign: official}).Check(); err != nil {
		t.Error(err)
	}
}

// TestAnchorsMeet: administrators on two servers speak of anchors at once.
func TestAnchorsMeet(t *testing.T) {
	t.Run("add and remove", (&contest{"add and remove", func(t *testing.T, s *servers) ([]act, func([]error)) {
		ca, _ := s.second(t)
		admin, root, tsa := s.who[attest.Admin], ca.Root().Certificate, ca.TSARoot().Certificate
		add := func(c *x509.Certificate) func(*attest.Service) error {
			return func(on *attest.Service) error {
				_, err := on.AddAnchor(context.Background(), admin, trustOrder(c))
				return err
			}
		}
		remove := func(on *attest.Service) error {
			_, err := on.RemoveAnchor(context.Background(), admin, digestOf(root), time.Time{}, "thử")
			return err
		}
		return []act{{"add", add(root), nil}, {"add another", add(tsa), nil}, {"remove", remove, []error{attest.ErrNotFound}}}, func(outcomes []error) {
			var hashes [2][32]byte
			for n, on := range s.both {
				anchors, err := on.Trust(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				hashes[n] = anchors.Hash()
				if len(anchors.PurposesOf(tsa)) == 0 || outcomes[2] != nil && len(anchors.PurposesOf(root)) == 0 {
					t.Errorf("server %d lacks what was added: %v", n, outcomes)
				}
			}
			if hashes[0] != hashes[1] {
				t.Error("the servers trust different anchors")
			}
		}
	}}).hold)
}

// TestAuthorityAddedWhileRunning: what waits for a time-stamping authority that is not trusted goes on once its root is
// added, without a restart.
func TestAuthorityAddedWhileRunning(t *testing.T) {
	var service *attest.Service
	tsa := &signer.TSA{Trust: func(ctx context.Context) (certs.Anchors, error) { return service.Trust(ctx) }}
	d := newDesk(t, func(o *attest.Options) { o.Timestamper = tsa })
	service, tsa.URL, tsa.Now = d.Service, d.url+"/tsa", d.clock.Now
	b := d.signed(t, 1)
	if _, err := d.Raise(t.Context(), b.ID); !errors.Is(err, certs.ErrNoPath) {
		t.Fatalf("under an unknown authority: %v", err)
	}
	order := trustOrder(d.ca.TSARoot().Certificate)
	order.Purposes = []certs.Purpose{certs.ForTSA}
	if _, err := d.AddAnchor(t.Context(), d.who[attest.Admin], order); err != nil {
		t.Fatal(err)
	}
	l, err := d.Raise(t.Context(), b.ID)
	if err != nil || l.Level != string(signer.LevelLTA) {
		t.Errorf("at %s (%v), want B-LTA", l.Level, err)
	}
	d.faulty(t, d.Service)
}

// TestAnchorsChangeWhileJudging: whoever judges while an authority is added and removed by turns judges by what is in
// force, on the server that changes it and on the other.
func TestAnchorsChangeWhileJudging(t *testing.T) {
	t.Parallel()
	s := newServers(t)
	ctx, admin := t.Context(), s.who[attest.Admin]
	ca, key := s.second(t)
	root, content := ca.Root().Certificate, []byte("content")
	signature := detachedBy(t, key, content)
	var changes atomic.Int64   // begun and done: odd while one is under way, trusted after the first
	var judged [2]atomic.Int64 // while it was not trusted, and while it was
	var judges sync.WaitGroup
	const last = 16
	for n := range 4 {
		judges.Go(func() {
			for changes.Load() < last {
				before := changes.Load()
				report, err := s.both[n%2].Verify(ctx, attest.Submission{Name: "x.p7s", File: signature, Content: content})
				if err != nil {
					t.Error(err)
					return
				}
				if changes.Load() != before || before%2 == 1 {
					continue
				}
				judged[before%4/2].Add(1)
				if (report.Verdict == verify.TotalPassed) != (before%4 == 2) {
					t.Errorf("after %d changes: %s", before/2, report.Verdict)
				}
			}
		})
	}
	for changes.Load() < last && !t.Failed() {
		var err error
		if n := changes.Add(1); n%4 == 1 {
			_, err = s.both[0].AddAnchor(ctx, admin, trustOrder(root))
		} else {
			_, err = s.both[0].RemoveAnchor(ctx, admin, digestOf(root), time.Time{}, "thử")
		}
		if err != nil {
			t.Error(err)
		}
		n := changes.Add(1)
		before := judged[n%4/2].Load()
		for begun := time.Now(); n < last && judged[n%4/2].Load() == before && !t.Failed(); time.Sleep(time.Millisecond) {
			if time.Since(begun) > time.Minute {
				t.Error("nobody judges between two changes")
			}
		}
	}
	changes.Store(last) // also where something failed
	judges.Wait()
}

// detachedBy is a signature beside its content.
func detachedBy(t testing.TB, by devca.Issued, content []byte) []byte {
	t.Helper()
	sum := sha256.Sum256(content)
	attributes, err := pades.SignedAttributes(pades.AttributeOptions{Digest: sum[:], Hash: crypto.SHA256, Certificate: by.Certificate})
	if err != nil {
		t.Fatal(err)
	}
	algorithm, err := pades.AlgorithmFor(by.Certificate.PublicKey, false)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(attributes)
	signature, err := by.Key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pades.SignedData(attributes, algorithm, signature, chainOf(by))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
