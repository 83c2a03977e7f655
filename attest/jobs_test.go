package attest_test

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/certs/devca"
	"kytiem/sample"
	"kytiem/signer"
	"kytiem/store"
)

// works has services work jobs until the test ends or stop is called, which waits for it.
func works(t testing.TB, services ...*attest.Service) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, len(services))
	for _, s := range services {
		go func() { ended <- s.Work(ctx) }()
	}
	left := len(services)
	stop = func() {
		t.Helper()
		cancel()
		for ; left > 0; left-- {
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("jobs did not stop")
			}
		}
	}
	t.Cleanup(stop)
	return stop
}

// until waits for what jobs bring about.
func until(t testing.TB, what string, there func() bool) {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); !there(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("waited too long until %s", what)
		}
	}
}

func (d *desk) untilState(t testing.TB, id string, want bundle.State) {
	t.Helper()
	until(t, "the bundle is "+string(want), func() bool { return d.bundle(t, id).Status.State == want })
}

// TestDrawLater: a large bundle comes back open, is drawn by a job once however often it is asked for, and tells its progress.
func TestDrawLater(t *testing.T) {
	change := func(o *attest.Options) { o.DrawLater = 5 }
	d := newDesk(t, change)
	d.ready(t, 12)
	first, second := ok(t)(d.sealAs(t, attest.Health, 0)), ok(t)(d.sealAs(t, attest.Health, 0))
	if first.Status.State != bundle.Open || first.Progress == nil || first.Progress.Total != 24 || second.ID != first.ID || second.Progress == nil {
		t.Fatalf("sealing told %+v, then %+v, want one open bundle with its progress", first, second)
	}
	if told := ok(t)(d.Bundle(t.Context(), d.who[attest.Clerk], first.ID)); told.Progress == nil {
		t.Errorf("told %+v, want its progress", told)
	}
	if err := d.Export(t.Context(), d.who[attest.Head], first.ID, filepath.Join(t.TempDir(), "x")); !errors.Is(err, attest.ErrDrawing) {
		t.Errorf("exporting: %v, want ErrDrawing", err)
	}
	works(t, d.Service, d.beside(change))
	d.untilState(t, first.ID, bundle.Sealed)
	told := ok(t)(d.Bundle(t.Context(), d.who[attest.Clerk], first.ID))
	if told.Progress != nil || told.Size != 12 || len(told.Files) != 4 {
		t.Errorf("sealed %+v, want all twelve and no progress", told)
	}
	if got := d.entries(t, "bundles.claim"); len(got) != 1 || got[0].Actor != d.who[attest.Health].Account {
		t.Errorf("the chain tells %+v, want once who asked for it", got)
	}
	if got := d.entries(t, "bundles.seal"); len(got) != 1 {
		t.Errorf("sealed %d times, want once", len(got))
	}
	if _, err := d.sealAs(t, attest.Health, 0); !errors.Is(err, attest.ErrNothingReady) {
		t.Errorf("sealing again: %v, want ErrNothingReady", err)
	}
	d.sound(t)
}

// TestDrawStopped: a server that stops ends the drawing that is under way, or, when that takes too long, cuts it off for
// the next server to take again.
func TestDrawStopped(t *testing.T) {
	for name, grace := range map[string]time.Duration{"ended": 10 * time.Second, "cut off": time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			temp := t.TempDir()
			change := func(o *attest.Options) { o.DrawLater, o.Temp = 5, temp }
			d := newDesk(t, change)
			d.ready(t, 3000)
			b := ok(t)(d.sealAs(t, attest.Health, 0))
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- d.WorkFor(ctx, grace, 10*time.Second) }()
			until(t, "it is being drawn", func() bool {
				found, _ := filepath.Glob(filepath.Join(temp, "*"))
				return len(found) > 0
			})
			cancel()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			want := map[bool]bundle.State{true: bundle.Open, false: bundle.Sealed}[grace < time.Second]
			d.state(t, b.ID, want)
			if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
				t.Errorf("%d files left behind (%v)", len(left), err)
			}
			works(t, d.beside(change))
			d.untilState(t, b.ID, bundle.Sealed)
			if got := len(d.entries(t, "bundles.seal")); got != 1 {
				t.Errorf("sealed %d times, want once", got)
			}
			d.sound(t)
		})
	}
}

// TestDrawWithdrawn: a bundle that is withdrawn before its job comes is not drawn.
func TestDrawWithdrawn(t *testing.T) {
	d := newDesk(t, func(o *attest.Options) { o.DrawLater = 5 })
	d.ready(t, 8)
	b := ok(t)(d.sealAs(t, attest.Health, 0))
	if told := ok(t)(d.Withdraw(t.Context(), d.who[attest.Health], b.ID, "chưa xong")); told.Progress != nil {
		t.Errorf("withdrawn with progress %+v", told.Progress)
	}
	next := ok(t)(d.sealAs(t, attest.Health, 0))
	works(t, d.Service)
	d.untilState(t, next.ID, bundle.Sealed)
	d.state(t, b.ID, bundle.Withdrawn)
	d.sound(t)
}

// TestDrawGivesUp: what kept a bundle from being drawn is told, and once it is mended the next call has it drawn.
func TestDrawGivesUp(t *testing.T) {
	d := newDesk(t, func(o *attest.Options) { o.DrawLater = 5 })
	d.ready(t, 8)
	unit, _ := sample.Unit(commune)
	b := ok(t)(d.sealAs(t, attest.Health, 0))
	gone := unit
	gone.ValidTo = bundle.Date{Year: 2020, Month: 1, Day: 1} // by mistake, since the rows were claimed
	d.tx(t, func(tx *store.Tx) error { return tx.PutUnit(t.Context(), gone) })
	works(t, d.Service)
	until(t, "the job gives up", func() bool {
		p := ok(t)(d.Bundle(t.Context(), d.who[attest.Health], b.ID)).Progress
		return p != nil && p.Fault == attest.FaultOutside
	})
	d.state(t, b.ID, bundle.Open)
	d.tx(t, func(tx *store.Tx) error { return tx.PutUnit(t.Context(), unit) })
	if again := ok(t)(d.sealAs(t, attest.Health, 0)); again.ID != b.ID || again.Progress == nil || again.Progress.Fault != "" {
		t.Errorf("sealing again told %+v, want the same bundle being drawn", again)
	}
	d.untilState(t, b.ID, bundle.Sealed)
	d.sound(t)
}

// TestExpireJob: a request whose time is over is closed by its job, and one whose job came too early by another.
func TestExpireJob(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 2)
	r := d.prepare(t, d.key, b.ID)
	stop := works(t, d.Service)
	time.Sleep(300 * time.Millisecond) // the job is due by the queue's clock, not by ours
	d.state(t, b.ID, bundle.Pending)
	stop()
	d.clock.Pass(time.Hour)
	works(t, d.Service)
	d.untilState(t, b.ID, bundle.Sealed)
	if got, err := d.store.Glance().Request(t.Context(), r.ID); err != nil || got.State != store.RequestLapsed {
		t.Errorf("request is %s (%v), want lapsed", got.State, err)
	}
	d.sound(t)
}

// TestSweepJob: keys are forgotten when their time is over, and not before.
func TestSweepJob(t *testing.T) {
	d := newDesk(t, nil)
	old, young := attest.Key{Scope: "s", Key: "old"}, attest.Key{Scope: "s", Key: "young"}
	answered := func(k attest.Key) bool {
		once, before, err := d.Claim(t.Context(), k)
		if err != nil {
			t.Fatal(err)
		}
		if once != nil {
			d.ready(t, 1)
			ctx := once.In(t.Context(), func(any) (attest.Answer, error) { return attest.Answer{Status: 201, Body: []byte{}}, nil })
			ok(t)(d.Seal(ctx, d.who[attest.Health], attest.SealOrder{Unit: commune}))
		}
		return before != nil
	}
	answered(old)
	d.clock.Pass(2 * time.Hour)
	answered(young)
	d.clock.Pass(attest.KeyLife - time.Hour)
	works(t, d.Service)
	time.Sleep(500 * time.Millisecond)
	until(t, "the old key is forgotten", func() bool { return !answered(old) })
	if !answered(young) {
		t.Error("the young key is forgotten, too")
	}
}

// TestStampJob: the chain is stamped once a day, however many servers look and however often they start.
func TestStampJob(t *testing.T) {
	tsa, err := devca.New(devca.Options{}) // it goes by no clock of ours
	if err != nil {
		t.Fatal(err)
	}
	url, err := tsa.Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	change := func(o *attest.Options) {
		o.Anchors.TSA = []*x509.Certificate{tsa.TSARoot().Certificate}
		o.Timestamper = &signer.TSA{URL: url + "/tsa", Anchors: o.Anchors}
	}
	d := newDesk(t, change)
	d.clock.Pass(time.Since(d.clock.Now()))
	stamps := func() (n int) {
		for _, err := range d.store.Glance().Stamps(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	for _, want := range []int{1, 1, 2} {
		d.sealed(t, 1) // something to stamp
		if want == 2 {
			d.clock.Pass(25 * time.Hour)
		}
		stop := works(t, d.Service, d.beside(change))
		until(t, "the chain is stamped", func() bool { return stamps() >= want })
		time.Sleep(1500 * time.Millisecond) // for one that would come twice
		stop()
		if got := stamps(); got != want {
			t.Errorf("%d stamps, want %d", got, want)
		}
	}
}

// TestTidy: what a server that was killed left in the directory for temporary files goes, what is in use and others' stays.
func TestTidy(t *testing.T) {
	temp := t.TempDir()
	long := time.Now().Add(-24 * time.Hour)
	for _, tt := range []struct {
		name string
		old  bool
	}{{"kytiem-drawing-1", true}, {"kytiem-drawing-2", false}, {"kytiem-errors-1", true}, {"somebody-else", true}} {
		path := filepath.Join(temp, tt.name)
		if err := os.MkdirAll(filepath.Join(path, "inside"), 0o700); err != nil {
			t.Fatal(err)
		}
		if tt.old {
			if err := os.Chtimes(path, long, long); err != nil {
				t.Fatal(err)
			}
		}
	}
	d := newDesk(t, func(o *attest.Options) { o.Temp = temp })
	works(t, d.Service)
	until(t, "the old ones are gone", func() bool {
		left, err := os.ReadDir(temp)
		return err == nil && len(left) == 2 && left[0].Name() == "kytiem-drawing-2" && left[1].Name() == "somebody-else"
	})
}
