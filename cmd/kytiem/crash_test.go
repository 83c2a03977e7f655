package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/store"
	"kytiem/store/pgtest"
	"kytiem/verify"
)

// TestCrash kills the service at random moments while clients take results from import
// to signature, each call repeated under its key until it is answered. Nothing they were
// told of is lost, nothing is there twice, and no step is there by half.
func TestCrash(t *testing.T) {
	t.Parallel()
	onBoth(t, 160, 40, crash)
}

// onBoth has take kill a service so many times on SQLite and on PostgreSQL, of which a short run is content with a few.
func onBoth(t *testing.T, sqlite, postgres int, take func(t *testing.T, s *served, kills int)) {
	t.Helper()
	for _, tt := range []struct {
		name         string
		kills, short int
		database     func(t *testing.T) string
	}{
		{"sqlite", sqlite, 12, func(t *testing.T) string { return filepath.Join(t.TempDir(), "kytiem.db") }},
		{"postgres", postgres, 6, func(t *testing.T) string {
			pgtest.Need(t)
			server, err := pgtest.Start()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = server.Close() })
			return server.Address("postgres")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			kills := tt.kills
			if testing.Short() {
				kills = tt.short
			}
			s := newServed(t, tt.database(t), demoUnit, secondUnit)
			s.impatient = tt.name == "postgres"
			take(t, s, kills)
		})
	}
}

// secondUnit is another sample unit whose register entry has an identifier.
const secondUnit = "26383"

// lifetime bounds how long the service lives before it is killed, for each second that it
// took to start: some ten calls, on a busy machine too, where a call that always takes
// longer than the service lives would never be answered.
const lifetime = 3 * time.Second

// crashing bounds how long the service is killed over and over, which is less often on a very
// busy machine.
const crashing = 3 * time.Minute

// crash holds clients at work while the service dies kills times.
func crash(t *testing.T, s *served, kills int) {
	var done [2][]signed
	var failed [2]error
	var over atomic.Bool
	var clients sync.WaitGroup
	starts := []time.Duration{s.start()}
	for n, o := range s.units {
		clients.Go(func() {
			for seed := uint64(1); !over.Load() && failed[n] == nil; seed++ {
				var told signed
				if told, failed[n] = s.attestation(o, seed, 3); failed[n] == nil {
					done[n] = append(done[n], told)
				}
			}
		})
	}
	for end := time.Now().Add(crashing); len(starts) <= kills && time.Now().Before(end); {
		time.Sleep(rand.N(time.Duration(starts[len(starts)-1].Seconds() * float64(lifetime))))
		s.kill()
		starts = append(starts, s.start())
	}
	over.Store(true)
	clients.Wait()
	s.stop()
	slices.Sort(starts)
	t.Logf("%d kills, %d and %d bundles signed; starts: half within %v, the longest %v", len(starts)-1, len(done[0]), len(done[1]),
		starts[len(starts)/2].Round(time.Millisecond), starts[len(starts)-1].Round(time.Millisecond))
	for n, err := range failed {
		if err != nil {
			t.Errorf("client %d: %v\n%s", n, err, s.log)
		}
	}
	s.visit(visiting, func(ctx context.Context, one *service) error {
		return checkTold(ctx, t, one, slices.Concat(done[0], done[1]))
	})
	s.visit(visiting, func(ctx context.Context, one *service) error { return checkAudit(ctx, one, "", testLog{t}, io.Discard) })
	if left, err := os.ReadDir(filepath.Join(s.dir, "temp")); err != nil || len(left) > 8*kills {
		t.Errorf("%d temporary files (%v)", len(left), err)
	}
}

// testLog writes what a command prints to the log of a test.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Logf("%s", p)
	return len(p), nil
}

// checkTold compares what is stored with what clients were told.
func checkTold(ctx context.Context, t *testing.T, one *service, told []signed) error {
	v := one.store.Glance()
	contradictions, err := v.Contradictions(ctx)
	if err != nil || len(contradictions) > 0 {
		t.Errorf("contradictions %v", contradictions)
	}
	acts := make(map[string]int)
	subjects := make(map[string]int)
	for e, err := range v.AuditEntries(ctx, 0) {
		if err != nil {
			return err
		}
		acts[e.Act]++
		subjects[e.Act+" "+e.Subject]++
	}
	for act, want := range map[string]int{"results.import": len(told), "results.confirm": 2 * len(told), "bundles.claim": len(told), "bundles.seal": len(told),
		"bundles.sign": len(told), "signing.prepared": len(told), "signing.done": len(told), "signing.lapsed": 0} {
		if acts[act] != want {
			t.Errorf("%s: %d times in the chain, want %d", act, acts[act], want)
		}
	}
	states, err := v.CountBundles(ctx)
	if err != nil || len(states) != 1 || states[bundle.Signed] != len(told) {
		t.Errorf("bundles %v (%v), want %d that are signed and no other", states, err, len(told))
	}
	rows := 0
	for _, s := range told {
		rows += s.rows
		if subjects["bundles.sign "+s.Bundle] != 1 || subjects["signing.done "+s.Request] != 1 {
			t.Errorf("bundle %s was signed %d times, request %s done %d times", s.Bundle, subjects["bundles.sign "+s.Bundle], s.Request, subjects["signing.done "+s.Request])
		}
	}
	counts := make(map[store.Standing]int)
	for _, code := range []string{demoUnit, secondUnit} {
		of, err := v.CountResults(ctx, code)
		if err != nil {
			return err
		}
		for standing, n := range of {
			counts[standing] += n
		}
	}
	if len(counts) != 1 || counts[store.InBundle] != rows {
		t.Errorf("results %v, want %d in bundles and no other", counts, rows)
	}
	return checkExports(ctx, t, one, told)
}

// checkExports verifies every bundle from its exported directory, without the service.
func checkExports(ctx context.Context, t *testing.T, one *service, told []signed) error {
	anchors, err := certs.LoadAnchors(one.settings.Trust)
	if err != nil {
		return err
	}
	judge := verify.Verifier{Anchors: anchors, Revocation: &certs.HTTP{AllowPrivate: true}, At: time.Now()}
	out := t.TempDir()
	for _, s := range told {
		dir := filepath.Join(out, s.Bundle)
		if err := one.Export(ctx, attest.Operator(), s.Bundle, dir); err != nil {
			return fmt.Errorf("exporting bundle %s: %w", s.Bundle, err)
		}
		report, err := judge.Directory(ctx, s.Bundle, os.DirFS(dir))
		if err != nil || string(report.Verdict) != s.verdict || report.Verdict != verify.TotalPassed {
			t.Errorf("bundle %s from its files: %v (%v), the API said %s", s.Bundle, report.Verdict, err, s.verdict)
		}
	}
	return nil
}
