package main

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/store"
	"kytiem/store/pgtest"
)

// outage is how long the database is away.
const outage = 5 * time.Second

// TestDatabaseGone takes PostgreSQL away from under a running service, by a stop as of a
// power cut and by silence as of a broken network. Calls are told to come again, and all
// goes on as before when it is back.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	pgtest.Need(t)
	for _, tt := range []struct {
		name        string
		gone, again func(*pgtest.Server) error
	}{
		{"stopped", (*pgtest.Server).Halt, (*pgtest.Server).Resume},
		{"silent", (*pgtest.Server).Freeze, (*pgtest.Server).Thaw},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server, err := pgtest.Start()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = server.Thaw(); _ = server.Close() })
			s := newServed(t, server.Address("postgres"), demoUnit)
			o := s.units[0]
			s.start()
			before, err := s.attestation(o, 1, 3)
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.gone(server); err != nil {
				t.Fatal(err)
			}
			told := make(chan signed, 1)
			go func() { // who is at work keeps trying
				during, err := s.attestation(o, 2, 3)
				if err != nil {
					t.Errorf("through the outage: %v", err)
				}
				told <- during
			}()
			calls := 0
			for end := time.Now().Add(outage); time.Now().Before(end); calls++ {
				s.sentAway(o)
			}
			if err := tt.again(server); err != nil {
				t.Fatal(err)
			}
			back := time.Now()
			during := <-told
			t.Logf("%d calls were sent away in %v; all went on %v after the database was back", calls, outage, time.Since(back).Round(time.Millisecond))
			after, err := s.attestation(o, 3, 3)
			if err != nil {
				t.Error(err)
			}
			if a, err := s.try(request{method: http.MethodGet, path: "/readyz"}); err != nil || a.status != http.StatusOK {
				t.Errorf("/readyz: %d, %v", a.status, err)
			}
			s.stop()
			s.visit(visiting, func(ctx context.Context, one *service) error {
				return checkTold(ctx, t, one, []signed{before, during, after})
			})
			s.visit(visiting, func(ctx context.Context, one *service) error { return checkAudit(ctx, one, "", testLog{t}, io.Discard) })
		})
	}
}

// sentAway makes some calls while the database is away.
func (s *served) sentAway(o *office) {
	s.t.Helper()
	for _, r := range []request{
		{method: http.MethodGet, path: "/readyz"},
		{method: http.MethodGet, path: "/v1/records?unit=" + o.Code, token: o.tokens[attest.Health]},
		change("/v1/bundles", o.tokens[attest.Health], map[string]any{"unit": o.Code}),
		o.upload(99, 1),
	} {
		began := time.Now()
		a, err := s.try(r)
		if err != nil || a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
			s.t.Errorf("%s: %d %s (%v), Retry-After %q; want 503 and when to come again", r.path, a.status, a.body, err, a.header.Get("Retry-After"))
		}
		if took := time.Since(began); took > 15*time.Second {
			s.t.Errorf("%s: took %v to say so", r.path, took)
		}
	}
	if a, err := s.try(request{method: http.MethodGet, path: "/livez"}); err != nil || a.status != http.StatusOK {
		s.t.Errorf("/livez: %d, %v", a.status, err)
	}
}

// TestDiskFull fills the disk under a running service: calls that need room are told so
// and do nothing, and go on when there is room again.
func TestDiskFull(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("none", disk, "tmpfs", 0, "size=48m"); err != nil {
		t.Skipf("no small disk can be made here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	s := newServed(t, filepath.Join(disk, "kytiem.db"), demoUnit)
	o := s.units[0]
	s.start()
	before, err := s.attestation(o, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(disk, "filler")
	fill(t, filler)
	r := o.upload(2, 2000)
	for range 20 {
		a, err := s.try(r)
		if err != nil || a.status != http.StatusServiceUnavailable || a.code() != "storage-full" && a.code() != "unavailable" || a.header.Get("Retry-After") == "" {
			t.Fatalf("on a full disk: %d %s (%v)", a.status, a.body, err)
		}
	}
	if a, err := s.try(request{method: http.MethodGet, path: "/v1/bundles/" + before.Bundle + "/status"}); err != nil || a.status != http.StatusOK {
		t.Errorf("reading on a full disk: %d (%v)", a.status, err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	var in struct{ Taken int }
	if err := s.ask(r, &in); err != nil || in.Taken != 2000 {
		t.Errorf("with room again: %d rows taken (%v)", in.Taken, err)
	}
	s.stop()
	s.visit(visiting, func(ctx context.Context, one *service) error { return checkAudit(ctx, one, "", testLog{t}, io.Discard) })
	s.visit(visiting, func(ctx context.Context, one *service) error {
		contradictions, err := one.store.Glance().Contradictions(ctx)
		if len(contradictions) > 0 {
			t.Errorf("contradictions %v", contradictions)
		}
		return err
	})
}

// fill writes until there is no room.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 4 << 10, 1} {
		for block := make([]byte, size); ; {
			if _, err := f.Write(block); err != nil {
				break
			}
		}
	}
}

// TestKilledImport kills the service in the middle of an import of many rows. It is there
// wholly or not at all, and once when it is repeated.
func TestKilledImport(t *testing.T) {
	const rows = 100_000
	if testing.Short() {
		t.Skip("imports many rows several times")
	}
	s := newServed(t, filepath.Join(t.TempDir(), "kytiem.db"), demoUnit)
	o := s.units[0]
	r := o.upload(1, rows)
	s.start()
	for n := range 8 {
		go func() { _, _ = s.try(r) }()
		time.Sleep(time.Duration(n)*300*time.Millisecond + rand.N(300*time.Millisecond))
		s.kill()
		took := s.start()
		counts := s.counts(o)
		if counts != 0 && counts != rows {
			t.Fatalf("%d of %d rows are there", counts, rows)
		}
		t.Logf("killed: %d rows, started again in %v", counts, took.Round(time.Millisecond))
	}
	var in struct{ Taken int }
	if err := s.ask(r, &in); err != nil || in.Taken != rows {
		t.Errorf("%d rows taken (%v), want %d", in.Taken, err, rows)
	}
	if got := s.counts(o); got != rows {
		t.Errorf("%d rows are there, want %d", got, rows)
	}
	s.stop()
	s.visit(visiting, func(ctx context.Context, one *service) error {
		imports, _, err := one.store.Glance().Imports(ctx, o.Code, store.Page{})
		if len(imports) != 1 {
			t.Errorf("%d imports, want 1", len(imports))
		}
		return err
	})
	s.visit(visiting, func(ctx context.Context, one *service) error { return checkAudit(ctx, one, "", testLog{t}, io.Discard) })
}

// counts is how many results a unit has.
func (s *served) counts(o *office) int {
	s.t.Helper()
	var counts struct{ Total int }
	if err := s.ask(request{method: http.MethodGet, path: "/v1/records/counts?unit=" + o.Code, token: o.tokens[attest.Health]}, &counts); err != nil {
		s.t.Fatal(err)
	}
	return counts.Total
}
