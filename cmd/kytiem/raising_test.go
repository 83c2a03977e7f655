package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/certs"
	"kytiem/signer"
	"kytiem/store"
	"kytiem/verify"
)

// TestCrashRaising kills a service that raises what clients sign: every bundle ends at B-LTA and passes by its files alone,
// and the chain knows of every revision.
func TestCrashRaising(t *testing.T) {
	t.Parallel()
	onBoth(t, 30, 20, func(t *testing.T, s *served, kills int) {
		s.env = append(s.env, "KYTIEM_TSA="+s.ca.TSA)
		crash(t, s, kills)
		s.visit(visiting, func(ctx context.Context, one *service) error { return checkRaised(ctx, t, one) })
	})
}

// checkRaised takes the bundles as far as the jobs would that died with their servers, once River takes them up again
// after some minutes, and verifies every one without asking anybody.
func checkRaised(ctx context.Context, t *testing.T, one *service) error {
	v := one.store.Glance()
	counts, err := v.CountLevels(ctx)
	if err != nil {
		return err
	}
	t.Logf("levels after the last kill: %v", counts)
	for _, level := range signer.Levels() {
		found, next, err := v.LevelsAt(ctx, "", string(level), store.Page{Limit: store.MaxPage})
		if err != nil || next != "" {
			t.Fatalf("%d bundles at %s, then %q (%v)", len(found), level, next, err)
		}
		for _, l := range found {
			if reached, err := one.Raise(ctx, l.Bundle); err != nil || reached.Level != string(signer.LevelLTA) {
				t.Errorf("bundle %s: %s, %v, want B-LTA", l.Bundle, reached.Level, err)
			}
		}
	}
	anchors, err := certs.LoadAnchors(one.settings.Trust)
	if err != nil {
		return err
	}
	all, _, err := v.LevelsAt(ctx, "", string(signer.LevelLTA), store.Page{Limit: store.MaxPage})
	if err != nil {
		return err
	}
	judge := verify.Verifier{Anchors: anchors, At: time.Now()} // offline
	out := t.TempDir()
	for _, l := range all {
		dir := filepath.Join(out, l.Bundle)
		if err := one.Export(ctx, attest.Operator(), l.Bundle, dir); err != nil {
			return err
		}
		report, err := judge.Directory(ctx, l.Bundle, os.DirFS(dir))
		if err != nil || report.Verdict != verify.TotalPassed {
			t.Fatalf("bundle %s from its files: %v (%v)", l.Bundle, report.Verdict, err)
		}
		for _, signature := range report.Signatures {
			if strings.Contains(signature.Format, "-BASELINE-") && !strings.HasSuffix(signature.Format, "-LTA") {
				t.Errorf("bundle %s: %s is %s", l.Bundle, signature.ID, signature.Format)
			}
		}
	}
	return checkAudit(ctx, one, "", testLog{t}, testLog{t})
}
