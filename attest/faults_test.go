package attest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/sample"
	"kytiem/store"
	"kytiem/store/pgtest"
)

// outage is how long the database is away.
const outage = 4 * time.Second

// TestOutage takes the database away from under two servers that work. Steps say that it
// is unavailable and change nothing; when it is back they are taken as before, and jobs
// that were due meanwhile are done.
func TestOutage(t *testing.T) {
	t.Parallel()
	pgtest.Need(t)
	server, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	s := serversAt(t, server.Address("postgres"), 3*time.Second)
	ctx, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	t.Cleanup(working.Wait)
	t.Cleanup(stop)
	for n, on := range s.both {
		working.Go(func() {
			if err := on.Work(ctx); err != nil {
				t.Errorf("server %d stopped working: %v", n, err)
			}
		})
	}
	b := s.sealed(t, 2)
	r := s.prepare(t, s.key, b.ID)
	signatures := sign(t, s.key, r.Items...)
	row := s.fresh(t, 1, sample.Mix{})[0].ID
	content := s.rowsFile(t, 3, false)

	if err := server.Halt(); err != nil {
		t.Fatal(err)
	}
	gone := time.Now()
	head, health := s.who[attest.Head], s.who[attest.Health]
	for n := 0; time.Since(gone) < outage; n++ {
		on := s.both[n%2]
		for name, step := range map[string]func() error{
			"import": func() error {
				_, err := on.Import(ctx, health, attest.Upload{Unit: commune, File: scan(t, content)})
				return err
			},
			"confirm": func() error {
				_, err := on.Confirm(ctx, health, attest.Confirmation{Part: attest.Vaccination, Results: []string{row}})
				return err
			},
			"seal":     func() error { _, err := on.Seal(ctx, health, attest.SealOrder{Unit: commune}); return err },
			"prepare":  func() error { return s.order(s.key, b.ID)(on) },
			"complete": func() error { _, _, err := on.Complete(ctx, head, r.ID, signatures); return err },
			"refuse":   func() error { _, err := on.Refuse(ctx, head, r.ID, "không"); return err },
			"recall":   func() error { return s.recall(b.ID)(on) },
			"claim a key": func() error {
				_, _, err := on.Claim(ctx, attest.Key{Scope: "x", Key: "x"})
				return err
			},
			"sign in": func() error { _, err := on.Authenticate(ctx, attest.TokenPrefix+"x"); return err },
			"status":  func() error { _, err := on.StatusOf(ctx, b.ID); return err },
			"ready":   func() error { return on.Ready(ctx) },
		} {
			began := time.Now()
			if err := step(); !errors.Is(err, attest.ErrUnavailable) {
				t.Errorf("%s without a database: %v, want %v", name, err, attest.ErrUnavailable)
			}
			if took := time.Since(began); took > 6*time.Second {
				t.Errorf("%s took %v to say so", name, took)
			}
		}
	}
	s.pass(10 * time.Second) // the request is due
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	for s.requestState(t, r.ID) == store.RequestOpen {
		if time.Since(back) > 50*time.Second { // before what looks each minute does it
			t.Fatal("the job that closes the request was not done")
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Logf("the job was done %v after the database was back", time.Since(back).Round(time.Millisecond))
	s.state(t, b.ID, bundle.Sealed)
	r = s.prepare(t, s.key, b.ID)
	s.complete(t, r, sign(t, s.key, r.Items...))
	checkEverything(t, s.desk)
}

func (s *servers) requestState(t *testing.T, id string) store.RequestState {
	t.Helper()
	r, err := s.store.Glance().Request(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r.State
}

// TestDeadCall: the key of a call whose server died is free soon, for one that lives it
// never is, and a call that was thought dead and comes back does nothing.
func TestDeadCall(t *testing.T) {
	t.Parallel()
	s := newServers(t)
	s.seed += 1000
	content := s.rowsFile(t, 5, false)
	key := attest.Key{Scope: "T POST /v1/imports", Key: "k", Body: store.Digest{1}}
	dying, die := context.WithCancel(t.Context())
	once, _, err := s.both[0].Claim(dying, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.both[1].Claim(t.Context(), key); !errors.Is(err, attest.ErrKeyBusy) {
		t.Errorf("a call under way: %v, want %v", err, attest.ErrKeyBusy)
	}
	die()
	s.pass(time.Minute)
	again, _, err := s.both[1].Claim(t.Context(), key)
	if err != nil {
		t.Fatalf("the call of a server that died: %v", err)
	}
	answer := func(any) (attest.Answer, error) { return attest.Answer{Status: 200, Body: []byte("done")}, nil }
	upload := func() attest.Upload { return attest.Upload{Unit: commune, File: scan(t, content)} }
	if _, err := s.both[0].Import(once.In(t.Context(), answer), s.who[attest.Health], upload()); !errors.Is(err, attest.ErrStale) {
		t.Errorf("the call that came back: %v, want %v", err, attest.ErrStale)
	}
	in, err := s.both[1].Import(again.In(t.Context(), answer), s.who[attest.Health], upload())
	if err != nil || in.Taken != 5 {
		t.Errorf("the call that was made again: %d rows, %v", in.Taken, err)
	}
	if _, before, err := s.both[0].Claim(t.Context(), key); err != nil || before == nil || string(before.Body) != "done" {
		t.Errorf("asking again: %v, %v", before, err)
	}
	checkEverything(t, s.desk)
}

// TestLongCall: a call that lasts keeps its key.
func TestLongCall(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for a claim to be renewed")
	}
	s := newServers(t)
	key := attest.Key{Scope: "T POST /v1/bundles", Key: "k", Body: store.Digest{1}}
	once, _, err := s.both[0].Claim(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	s.pass(25 * time.Second)
	time.Sleep(8 * time.Second) // real ones
	s.pass(25 * time.Second)
	if _, _, err := s.both[1].Claim(t.Context(), key); !errors.Is(err, attest.ErrKeyBusy) {
		t.Errorf("a call that lasts: %v, want %v", err, attest.ErrKeyBusy)
	}
	if err := s.both[0].Release(t.Context(), once); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.both[1].Claim(t.Context(), key); err != nil {
		t.Errorf("a key that was given back: %v", err)
	}
}

// TestDiedAlone: where one program has the database to itself, the keys of calls that
// died with the one before are free as soon as it works.
func TestDiedAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	key := attest.Key{Scope: "T POST /v1/bundles", Key: "k", Body: store.Digest{1}}
	if _, _, err := d.Claim(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	d.clock.Pass(time.Second)
	next := attest.New(attest.Options{Store: d.store})
	if _, _, err := next.Claim(t.Context(), key); !errors.Is(err, attest.ErrKeyBusy) {
		t.Errorf("before it works: %v, want %v", err, attest.ErrKeyBusy)
	}
	ctx, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	working.Go(func() { _ = next.Work(ctx) })
	defer working.Wait()
	defer stop()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		_, _, err := next.Claim(t.Context(), key)
		if err == nil {
			return
		}
		if !errors.Is(err, attest.ErrKeyBusy) || time.Now().After(end) {
			t.Fatalf("the key of a call that died: %v", err)
		}
	}
}
