package dossier_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/dossier"
	"kytiem/sample"
	"kytiem/signer"
	"kytiem/verify"
)

// extender raises by the world's own authority, which its verifier then trusts, too.
func (w *world) extender() *signer.Extender {
	w.verifier.Anchors.TSA = certs.Path{w.ca.TSARoot().Certificate}
	source := &certs.HTTP{AllowPrivate: true}
	return &signer.Extender{
		Timestamper: &signer.TSA{URL: w.ca.URL() + "/tsa", Anchors: w.verifier.Anchors, Timeout: 5 * time.Second},
		Anchors:     w.verifier.Anchors, Evidence: source,
	}
}

// sealKey is a key of the unit itself.
func (w *world) sealKey(t testing.TB) *signer.PKCS12 {
	t.Helper()
	unit, _ := sample.Unit(unitCode)
	issued, err := w.ca.Issue(devca.Profile{
		Kind: devca.Organisation, CommonName: "Ủy ban nhân dân xã Phú Hòa", Organization: "Ủy ban nhân dân xã Phú Hòa",
		Identifiers: []string{unit.Identifier},
	})
	if err != nil {
		t.Fatal(err)
	}
	p12, err := issued.PKCS12("x")
	if err != nil {
		t.Fatal(err)
	}
	key, err := signer.OpenPKCS12(p12, "x")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// levelOf is the level of the pages in a directory.
func levelOf(t testing.TB, dir string) signer.Level {
	t.Helper()
	pages, err := os.ReadFile(filepath.Join(dir, bundle.PagesFile))
	if err != nil {
		t.Fatal(err)
	}
	level, err := signer.DocumentLevel(pages)
	if err != nil {
		t.Fatal(err)
	}
	return level
}

// TestRaiseWhileCountersigning: a raise and a second signature at the same moment both end
// well, in some order, and a last raise finds nothing lost.
func TestRaiseWhileCountersigning(t *testing.T) {
	for range 3 {
		w := newWorld(t, nil)
		e, key := w.extender(), w.sealKey(t)
		dir, _ := seal(t, 50, sample.RealMix())
		if _, err := w.sign(t, dir); err != nil {
			t.Fatal(err)
		}
		raise := func() error {
			_, err := dossier.Raise(t.Context(), dir, dossier.RaiseOptions{Extender: e, Level: signer.LevelLTA, Verifier: w.verifier})
			return err
		}
		var together sync.WaitGroup
		together.Go(func() {
			if err := raise(); err != nil {
				t.Errorf("raising: %v", err)
			}
		})
		together.Go(func() {
			o := dossier.SignOptions{Carrier: key, Certificates: key.Certificates(), Verifier: w.verifier}
			if _, err := dossier.Countersign(t.Context(), dir, o); err != nil {
				t.Errorf("countersigning: %v", err)
			}
		})
		together.Wait()
		if err := raise(); err != nil {
			t.Fatal(err)
		}
		offline := &verify.Verifier{Anchors: w.verifier.Anchors}
		report, err := offline.Directory(t.Context(), "bundle", os.DirFS(dir))
		if err != nil || report.Verdict != verify.TotalPassed || levelOf(t, dir) != signer.LevelLTA || len(report.UnsignedFields) != 0 {
			t.Errorf("got %v at %s, %v unsigned, %v", report.Verdict, levelOf(t, dir), report.UnsignedFields, err)
		}
	}
}

// TestRaiseOutage: while the authority is away nothing changes, and afterwards nothing is lost.
func TestRaiseOutage(t *testing.T) {
	w := newWorld(t, nil)
	e := w.extender()
	dir, _ := seal(t, 50, sample.RealMix())
	w.ca.Break("/tsa", devca.Fault{Status: 503})
	report, err := dossier.Sign(t.Context(), dir, dossier.SignOptions{
		Carrier: w.key, Certificates: w.key.Certificates(), Number: "05", Verifier: w.verifier, Extender: e, Level: signer.LevelLTA,
	})
	if !errors.Is(err, dossier.ErrNotRaised) || !errors.Is(err, signer.ErrTSA) || report == nil || levelOf(t, dir) != signer.LevelB {
		t.Errorf("got %v, %s", err, levelOf(t, dir))
	}
	before := digest(t, dir)
	o := dossier.RaiseOptions{Extender: e, Level: signer.LevelLTA, Verifier: w.verifier}
	if _, err := dossier.Raise(t.Context(), dir, o); !errors.Is(err, dossier.ErrNotRaised) || digest(t, dir) != before {
		t.Errorf("got %v, want %v and nothing changed", err, dossier.ErrNotRaised)
	}
	w.ca.Break("/tsa", devca.Fault{})
	w.ca.Break("/tsa-root.crl", devca.Fault{Status: 503})
	if _, err := dossier.Raise(t.Context(), dir, o); !errors.Is(err, dossier.ErrNotRaised) || levelOf(t, dir) != signer.LevelT {
		t.Errorf("got %v, %s, want %s kept", err, levelOf(t, dir), signer.LevelT)
	}
	w.ca.Break("/tsa-root.crl", devca.Fault{})
	if report, err := dossier.Raise(t.Context(), dir, o); err != nil || report.Verdict != verify.TotalPassed || levelOf(t, dir) != signer.LevelLTA {
		t.Errorf("got %v, %s", err, levelOf(t, dir))
	}
}

// TestRaisedAtAnEarlierTime: whoever asks for a time before a directory was signed and raised
// is told that nothing is known of it then, and not that something in it is broken. The
// signatures stand in the order in which they were made, each rule with what was found.
func TestRaisedAtAnEarlierTime(t *testing.T) {
	w := newWorld(t, nil)
	dir, _ := seal(t, 50, sample.RealMix())
	if _, err := w.sign(t, dir); err != nil {
		t.Fatal(err)
	}
	if _, err := dossier.Raise(t.Context(), dir, dossier.RaiseOptions{Extender: w.extender(), Level: signer.LevelLTA, Verifier: w.verifier}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		at   time.Time
		want verify.Indication
	}{
		{"now", time.Now(), verify.TotalPassed},
		{"before it was signed", time.Now().Add(-30 * time.Minute), verify.Indeterminate},
		{"before there were certificates", time.Now().AddDate(-5, 0, 0), verify.Indeterminate},
	} {
		t.Run(tt.name, func(t *testing.T) {
			offline := &verify.Verifier{Anchors: w.verifier.Anchors, At: tt.at}
			report, err := offline.Directory(t.Context(), "bundle", os.DirFS(dir))
			if err != nil || report.Verdict != tt.want {
				t.Fatalf("got %v, %v, want %v: %+v", report.Verdict, err, tt.want, report.Checks)
			}
			var order []string
			for _, s := range report.Signatures {
				order = append(order, s.ID)
				for _, c := range s.Checks {
					if c.Message == "" {
						t.Errorf("%s %s says nothing: %q", s.ID, c.ID, c.Status)
					}
				}
			}
			if want := []string{"bundle.pdf#head", "bundle.pdf#DocTimeStamp1", "manifest.p7s#1"}; !slices.Equal(order, want) {
				t.Errorf("got signatures %q, want %q", order, want)
			}
		})
	}
}
