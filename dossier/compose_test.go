package dossier_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/sample"
	"kytiem/verify"
)

var composedAt = time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)

// ready is n results of the sample unit that lack nothing.
func ready(t testing.TB, n int) ([]bundle.Result, dossier.Composition) {
	t.Helper()
	unit, _ := sample.Unit(unitCode)
	var results []bundle.Result
	for r := range sample.Results(sample.Options{Seed: 3, Rows: 2 * n, Unit: unit}) {
		if len(r.Lacks()) == 0 && len(results) < n {
			results = append(results, r)
		}
	}
	if len(results) < n {
		t.Fatalf("%d ready results, want %d", len(results), n)
	}
	return results, dossier.Composition{Unit: unit, Source: bundle.ConfirmedInService, Now: composedAt}
}

func all(results []bundle.Result) iter.Seq2[bundle.Result, error] {
	return func(yield func(bundle.Result, error) bool) {
		for _, r := range results {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// TestCompose: every result's record lies where Compose says, whichever order they came in.
func TestCompose(t *testing.T) {
	results, c := ready(t, 300)
	c.Bundle, c.Supersedes = bundle.NewID(), bundle.NewID()
	var last [2]int
	c.Progress = func(done, total int) { last = [2]int{done, total} }
	dir := filepath.Join(t.TempDir(), "bundle")
	m, placed, err := dossier.Compose(t.Context(), dir, c, all(results))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bundle != c.Bundle || m.Supersedes != c.Supersedes || m.ConfirmationSource != bundle.ConfirmedInService || m.Size != len(results) {
		t.Errorf("manifest %+v", m)
	}
	if last != [2]int{600, 600} {
		t.Errorf("last progress %v, want all done", last)
	}
	lines, err := os.ReadFile(filepath.Join(dir, bundle.RecordsFile))
	if err != nil {
		t.Fatal(err)
	}
	roll, err := bundle.ReadRoll(bytes.NewReader(lines), int64(len(lines)))
	if err != nil {
		t.Fatal(err)
	}
	if len(placed) != len(results) {
		t.Fatalf("%d placed, want %d", len(placed), len(results))
	}
	positions := make(map[int]bool)
	for n, p := range placed {
		line := lines[p.LineAt : p.LineAt+int64(p.LineSize)]
		record, err := bundle.ParseRecord(line)
		if err != nil {
			t.Fatalf("result %d: %v", n, err)
		}
		want := results[n]
		want.Match = "" // a record says instead why its identity counts
		if record.ID != p.Record || record.Leaf() != roll.Leaves()[p.Position] || record.Result != want {
			t.Errorf("result %d: record %s at %d is another's", n, record.ID, p.Position)
		}
		positions[p.Position] = true
	}
	if len(positions) != len(results) {
		t.Errorf("%d positions of %d results", len(positions), len(results))
	}
	// The directory is one of ours: our verifier finds nothing wrong but that nobody signed.
	report, err := (&verify.Verifier{At: composedAt}).Directory(t.Context(), "bundle", os.DirFS(dir))
	if err != nil || report.Verdict != verify.NoSignature {
		t.Fatalf("verdict of a composed directory: %+v, %v", report, err)
	}
	for _, check := range report.Checks {
		if check.Status == verify.Fail {
			t.Errorf("%s: %s", check.ID, check.Message)
		}
	}
}

// TestComposeRefuses: whatever stops it, nothing is left, hidden or not.
func TestComposeRefuses(t *testing.T) {
	results, whole := ready(t, 20)
	broken := errors.New("the store went away")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	many := func(yield func(bundle.Result, error) bool) {
		for n := range 1_000_000 {
			if !yield(results[n%len(results)], nil) {
				return
			}
		}
	}
	for _, test := range []struct {
		name    string
		ctx     context.Context
		change  func(*dossier.Composition)
		results iter.Seq2[bundle.Result, error]
		want    error
	}{
		{name: "nothing", results: all(nil), want: dossier.ErrNothingReady},
		{name: "cancelled", ctx: cancelled, results: many, want: context.Canceled},
		{name: "results end in an error", want: broken, results: func(yield func(bundle.Result, error) bool) {
			_ = yield(results[0], nil) && yield(bundle.Result{}, broken)
		}},
		{name: "one not confirmed", want: dossier.ErrNotReady, results: func(yield func(bundle.Result, error) bool) {
			unconfirmed := results[1]
			unconfirmed.PoliceConfirmedBy = ""
			_ = yield(results[0], nil) && yield(unconfirmed, nil)
		}},
		{name: "unit of another time", results: all(results), want: dossier.ErrOutsidePeriod, change: func(c *dossier.Composition) {
			c.Unit.ValidFrom = bundle.DateOf(composedAt)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, ctx, parent := whole, test.ctx, t.TempDir()
			if test.change != nil {
				test.change(&c)
			}
			if ctx == nil {
				ctx = t.Context()
			}
			m, placed, err := dossier.Compose(ctx, filepath.Join(parent, "bundle"), c, test.results)
			if !errors.Is(err, test.want) || m != nil || placed != nil {
				t.Errorf("got %v, %d placed, %v, want %v", m, len(placed), err, test.want)
			}
			if left := names(t, parent); len(left) > 0 {
				t.Errorf("left %v", left)
			}
		})
	}
	t.Run("exists", func(t *testing.T) {
		dir := t.TempDir()
		if _, _, err := dossier.Compose(t.Context(), dir, whole, all(results)); !errors.Is(err, dossier.ErrExists) {
			t.Errorf("got %v, want ErrExists", err)
		}
	})
}

func BenchmarkCompose(b *testing.B) {
	results, c := ready(b, 10_000)
	parent := b.TempDir()
	for b.Loop() {
		dir := filepath.Join(parent, bundle.NewID())
		if _, _, err := dossier.Compose(b.Context(), dir, c, all(results)); err != nil {
			b.Fatal(err)
		}
	}
}
