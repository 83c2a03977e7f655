package attest

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/sample"
	"kytiem/store"
	"kytiem/verify"
)

// TestJudgeDrawn: what was drawn passes, and what is another byte of it anywhere does not.
func TestJudgeDrawn(t *testing.T) {
	unit, _ := sample.Unit("26221")
	id := bundle.NewID()
	dir := filepath.Join(t.TempDir(), id)
	_, _, err := dossier.Compose(t.Context(), dir, dossier.Composition{Bundle: id, Unit: unit, Source: bundle.ConfirmedInService,
		Now: time.Date(2022, 1, 5, 2, 0, 0, 0, time.UTC)}, func(yield func(bundle.Result, error) bool) {
		for r := range sample.Results(sample.Options{Seed: 1, Rows: 20, Unit: unit}) {
			r.HealthConfirmedBy, r.PoliceConfirmedBy = "health", "police"
			if !yield(r, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	d := &drawing{Bundle: store.Bundle{ID: id}, dir: dir}
	if err := d.judge(t.Context(), &verify.Verifier{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{bundle.PagesFile, bundle.DocumentFile, bundle.ManifestFile, bundle.RecordsFile} {
		path := filepath.Join(dir, name)
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		after := bytes.Clone(before)
		after[len(after)/2] ^= 1
		if err := os.WriteFile(path, after, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := d.judge(t.Context(), &verify.Verifier{}); !errors.Is(err, ErrNotAccepted) {
			t.Errorf("%s changed: %v, want ErrNotAccepted", name, err)
		}
		if err := os.WriteFile(path, before, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
