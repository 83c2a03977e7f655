package attest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/attest/desktest"
	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/store"
	"kytiem/store/pgtest"
	"kytiem/verify"
)

// shared is the PostgreSQL server of all tests that do not stop it.
var shared = pgtest.Shared{Furnish: desktest.Furnish}

func TestMain(m *testing.M) {
	code := m.Run()
	_ = shared.Close()
	os.Exit(code)
}

// servers are two services with a store each on one PostgreSQL database, and a desk
// whose service is the first.
type servers struct {
	*desk
	both   [2]*attest.Service
	stores [2]*store.Store
	ahead  *desktest.Clock // the second server's, which may go wrong

	database string // its address
}

// newServers makes two servers on a new database.
func newServers(t testing.TB) *servers {
	t.Helper()
	return serversAt(t, shared.Database(t), 0)
}

// serversAt makes them on this database; lifetime is of signing requests.
func serversAt(t testing.TB, database string, lifetime time.Duration) *servers {
	t.Helper()
	var anchors certs.Anchors
	d := newDesk(t, func(o *attest.Options) { anchors = o.Anchors }) // of which all but the database is kept
	s := &servers{desk: d, ahead: desktest.NewClock(), database: database}
	for n, now := range []func() time.Time{d.clock.Now, s.ahead.Now} {
		var err error
		if s.stores[n], err = store.Open(t.Context(), store.Options{Database: database, Now: now, Connections: 4}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.stores[n].Close() })
		s.both[n] = attest.New(attest.Options{Store: s.stores[n], Anchors: anchors, Lifetime: lifetime,
			Revocation: &certs.HTTP{AllowPrivate: true, Now: now}})
	}
	d.store, d.Service = s.stores[0], s.both[0]
	d.furnish(t)
	return s
}

// pass lets time pass for both servers.
func (s *servers) pass(d time.Duration) {
	s.clock.Pass(d)
	s.ahead.Pass(d)
}

// act is what one server does while the other does something else. It may come to one of
// loses; that it does not, and what else may not be, is for settle to say.
type act struct {
	name  string
	do    func(on *attest.Service) error
	loses []error
}

// contest is a pair of steps that meet.
type contest struct {
	name string

	// stage makes what the acts are about, anew in every round. settle looks at what they
	// came to, in the order of acts.
	stage func(t *testing.T, s *servers) (acts []act, settle func(outcomes []error))
}

// long is how long a contest is held; spread how far apart its acts begin, which is
// about how long they last.
const (
	long   = time.Second
	spread = 12 * time.Millisecond
)

// hold has the steps of a contest meet over and over, and checks everything afterwards.
func (c *contest) hold(t *testing.T) {
	t.Parallel()
	s := newServers(t)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	rounds, end := 0, time.Now().Add(long)
	if testing.Short() {
		end = time.Now()
	}
	for ; (rounds < 4 || time.Now().Before(end)) && !t.Failed(); rounds++ {
		acts, settle := c.stage(t, s)
		outcomes := make([]error, len(acts))
		var wait sync.WaitGroup
		start := make(chan struct{})
		swapped := random.IntN(2)
		for n, a := range acts {
			delay := time.Duration(random.Int64N(int64(spread)))
			wait.Go(func() {
				<-start
				time.Sleep(delay)
				outcomes[n] = a.do(s.both[(n+swapped)%2])
			})
		}
		close(start)
		wait.Wait()
		for n, err := range outcomes {
			if err != nil && !slices.ContainsFunc(acts[n].loses, func(want error) bool { return errors.Is(err, want) }) {
				t.Errorf("round %d, %s: %v, want success or one of %v", rounds, acts[n].name, err, acts[n].loses)
			}
		}
		settle(outcomes)
	}
	t.Logf("%d rounds, seed %d", rounds, seed)
	checkEverything(t, s.desk)
}

// succeeded counts the acts that came to no error.
func succeeded(outcomes []error) (n int) {
	for _, err := range outcomes {
		if err == nil {
			n++
		}
	}
	return n
}

// done expects every one of some signatures to be taken.
func done(outcomes []attest.ItemOutcome, err error) error {
	for _, o := range outcomes {
		err = errors.Join(err, o.Err)
	}
	return err
}

// checkEverything holds what must be so after whatever happened: the tables agree, the
// chain is whole and tells of each effect once, and what is attested verifies from its
// files.
func checkEverything(t testing.TB, d *desk) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	var entries []audit.Entry
	err := d.store.Read(ctx, func(v *store.View) error {
		contradictions, err := v.Contradictions(ctx)
		for _, c := range contradictions {
			t.Errorf("%d rows of %s", c.Rows, c.Code)
		}
		if err == nil {
			_, err = v.CheckAudit(ctx, audit.Head{})
		}
		for e, err := range v.AuditEntries(ctx, 0) {
			if err != nil {
				return err
			}
			entries = append(entries, e)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	report, err := d.CheckAudit(ctx, func(int, int) {})
	if err != nil || len(report.Faults) != 0 {
		t.Errorf("faults %v (%v)", report.Faults, err)
	}
	told := make(map[string]int) // how often the chain tells of an act on a subject
	for _, e := range entries {
		told[e.Act+" "+e.Subject]++
	}
	numbers := make(map[string]string)
	for after := ""; ; {
		bundles, next, err := d.store.Glance().AllBundles(ctx, store.Page{After: after, Limit: store.MaxPage})
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range bundles {
			d.checkBundle(t, b, told)
			if first, there := numbers[b.Number]; there && b.Number != "" {
				t.Errorf("bundles %s and %s have the number %s", first, b.ID, b.Number)
			}
			numbers[b.Number] = b.ID
		}
		if after = next; after == "" {
			break
		}
	}
	d.checkRequests(t, told)
}

// checkBundle compares what became of a bundle with what the chain tells, and verifies it
// from its files if it is attested.
func (d *desk) checkBundle(t testing.TB, b store.Bundle, told map[string]int) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	files, err := d.store.Glance().Files(ctx, b.ID)
	if err != nil {
		t.Fatal(err)
	}
	there := make(map[string]bool)
	dir := filepath.Join(t.TempDir(), b.ID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		there[f.Name] = true
		content, err := d.store.Glance().BlobRange(ctx, f.SHA256, 0, f.Size)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, f.Name), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	signed, minuted := there[bundle.SignatureFile], there["scan.pdf"]
	for _, check := range []struct {
		act string
		is  bool
	}{
		{"bundles.sign", signed},
		{"minutes.confirm", minuted},
		{"bundles.recall", b.Status.State == bundle.Recalled},
		{"bundles.superseded", b.Status.State == bundle.Superseded},
		{"bundles.withdraw", b.Status.State == bundle.Withdrawn},
	} {
		want := 0
		if check.is {
			want = 1
		}
		if got := told[check.act+" "+b.ID]; got != want {
			t.Errorf("bundle %s, %s: %s told %d times, want %d", b.ID, b.Status.State, check.act, got, want)
		}
	}
	if b.Status.State == bundle.Signed && !signed || b.Status.State == bundle.Minuted && !minuted {
		t.Errorf("bundle %s is %s without its files", b.ID, b.Status.State)
	}
	if !signed {
		return
	}
	judge := verify.Verifier{Anchors: d.anchors(), Revocation: &certs.HTTP{AllowPrivate: true, Now: d.clock.Now}, At: d.clock.Now()}
	report, err := judge.Directory(ctx, b.ID, os.DirFS(dir))
	if err != nil || report.Verdict != verify.TotalPassed {
		t.Errorf("bundle %s from its files: %v (%v)", b.ID, report.Verdict, err)
	}
}

func (d *desk) anchors() (a certs.Anchors) {
	a.CA = append(a.CA, d.ca.Root().Certificate)
	return a
}

// checkRequests compares what became of the head's signing requests, and the clerk's, with
// what the chain tells.
func (d *desk) checkRequests(t testing.TB, told map[string]int) {
	t.Helper()
	for _, role := range []attest.Role{attest.Head, attest.Clerk} {
		d.checkRequestsOf(t, d.who[role].Account, told)
	}
}

func (d *desk) checkRequestsOf(t testing.TB, account string, told map[string]int) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	for after := ""; ; {
		requests, next, err := d.store.Glance().Requests(ctx, account, store.Page{After: after, Limit: store.MaxPage})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range requests {
			for act, state := range map[string]store.RequestState{"signing.done": store.RequestDone, "signing.lapsed": store.RequestLapsed,
				"signing.refused": store.RequestRefused} {
				want := 0
				if r.State == state {
					want = 1
				}
				if got := told[act+" "+r.ID]; got != want {
					t.Errorf("request %s, %s: %s told %d times, want %d", r.ID, r.State, act, got, want)
				}
			}
			whole, err := d.store.Glance().Request(ctx, r.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range whole.Items {
				if r.State == store.RequestDone && i.State != store.RequestDone && i.Signed == (store.Digest{}) || r.State != store.RequestOpen && i.State == store.RequestOpen {
					t.Errorf("request %s is %s, its item %s", r.ID, r.State, i.State)
				}
			}
		}
		if after = next; after == "" {
			break
		}
	}
}

// expectState reports a bundle that is in none of these states.
func (s *servers) expectState(t *testing.T, id string, outcomes []error, want ...bundle.State) {
	t.Helper()
	if got := s.bundle(t, id).Status.State; !slices.Contains(want, got) {
		t.Errorf("bundle is %s, want one of %v; the acts came to %s", got, want, fmt.Sprint(outcomes))
	}
}
