package main

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	throwaway "kytiem/certs/devca"

	"kytiem/bundle"
	"kytiem/sample"
	"kytiem/verify"
)

// killFor is how long each step is killed over and over, killAtMost how often; on a machine
// with other work it takes longer until one was killed half-way, killOnce at most.
const (
	killFor    = 2 * time.Second
	killAtMost = 40
	killOnce   = time.Minute
)

// TestKilled kills each step at random moments, as a power failure would: what is
// there afterwards is whole, the old or the new, and the step can be taken again.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for some seconds")
	}
	common := t.TempDir()
	prepareKills(t, common)
	in := func(name string) string { return filepath.Join(common, name) }
	seal := func(dir string) []string {
		return []string{"seal", "--unit", "26221", "--units", in("units.csv"), "--results", in("results.csv"), "--out", filepath.Join(dir, "out")}
	}
	sign := func(dir string) []string {
		return []string{"sign", filepath.Join(dir, "out"), "--p12", in("head.p12"), "--pass-file", in("head.pass")}
	}
	drawing := func(dir string) []string {
		return []string{"minutes", filepath.Join(dir, "out"), "--parties", in("parties.csv"), "--reason", "chưa có chứng thư số"}
	}
	nothing := func(*testing.T, string) {}
	sealed := func(t *testing.T, dir string) {
		if err := os.CopyFS(filepath.Join(dir, "out"), os.DirFS(in("sealed"))); err != nil {
			t.Fatal(err)
		}
	}
	kytiem(t, append(seal(common), "--out", in("sealed"), "--not-ready", in("left.csv"))...)

	tests := []struct {
		name    string
		prepare func(t *testing.T, dir string)
		step    func(dir string) []string
		check   func(t *testing.T, dir string)
	}{
		{"seal", nothing, seal, func(t *testing.T, dir string) {
			if !present(t, dir, "out") {
				kytiem(t, seal(dir)...)
			}
			if !present(t, dir, "out.not-ready.csv") {
				t.Error("the rows that were left out are lost")
			}
			whole(t, dir, "out")
		}},
		{"sign", sealed, sign, func(t *testing.T, dir string) {
			if !present(t, dir, "out") { // between the two renames: the old one stands aside
				whole(t, dir, "out.old")
				return
			}
			if !whole(t, dir, "out") {
				kytiem(t, sign(dir)...)
			}
			if !whole(t, dir, "out") {
				t.Error("signed, and yet not")
			}
		}},
		{"minutes", sealed, drawing, func(t *testing.T, dir string) {
			whole(t, dir, "out")
			kytiem(t, sign(dir)...) // as it is, without drawing anew
			whole(t, dir, "out")
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			trial := func(delay time.Duration) (took time.Duration, killed bool) {
				dir := t.TempDir()
				test.prepare(t, dir)
				took, killed = kill(t, delay, test.step(dir)...)
				test.check(t, dir)
				return took, killed
			}
			longest, _ := trial(time.Minute)
			kills := 0
			going := func(lasted time.Duration) bool {
				return lasted < killFor && kills < killAtMost || lasted < killOnce && kills == 0
			}
			for begun := time.Now(); going(time.Since(begun)) && !t.Failed(); {
				delay := rand.N(longest)
				took, killed := trial(delay)
				if killed {
					kills++
				} else {
					longest = took // the first may have been slow
				}
				if t.Failed() {
					t.Logf("killed after %v of %v", delay, longest)
				}
			}
			if kills == 0 {
				t.Error("nothing was killed half-way")
			}
			t.Logf("killed %d times within %v", kills, longest)
		})
	}
}

// prepareKills writes what the steps need: units, enough results to take a while,
// parties, and the key of the unit's chair.
func prepareKills(t *testing.T, dir string) {
	t.Helper()
	write := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var results strings.Builder
	rows := sample.Rows(sample.Options{Seed: 1, Rows: 2000, Mix: sample.RealMix()})
	if err := sample.WriteCSV(&results, rows, sample.CSVOptions{}); err != nil {
		t.Fatal(err)
	}
	write("units.csv", sample.Units())
	write("results.csv", []byte(results.String()))
	write("parties.csv", []byte(demoParties))
	authority, err := throwaway.New(throwaway.Options{})
	if err != nil {
		t.Fatal(err)
	}
	issued, err := authority.Issue(throwaway.Profile{
		Kind: throwaway.Person, CommonName: "Trần Văn Mẫu", Title: "Chủ tịch", Key: "p256",
		Identifiers: []string{"MST:0000075502", "CCCD:075070000001"},
	})
	if err != nil {
		t.Fatal(err)
	}
	packed, err := issued.PKCS12("thử")
	if err != nil {
		t.Fatal(err)
	}
	write("head.p12", packed)
	write("head.pass", []byte("thử\n"))
}

// kytiem runs a command that must succeed.
func kytiem(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "kytiem", args...).CombinedOutput(); err != nil {
		t.Fatalf("kytiem %s: %v\n%s", args[0], err, out)
	}
}

// kill runs a command and kills it after a delay, unless it has ended by then.
func kill(t *testing.T, delay time.Duration, args ...string) (took time.Duration, killed bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), delay)
	defer cancel()
	start := time.Now()
	out, err := exec.CommandContext(ctx, "kytiem", args...).CombinedOutput() // which kills by SIGKILL
	took = time.Since(start)
	if err != nil && ctx.Err() == nil {
		t.Fatalf("kytiem %s: %v\n%s", args[0], err, out)
	}
	return took, err != nil
}

func present(t *testing.T, dir, name string) bool {
	t.Helper()
	_, err := os.Lstat(filepath.Join(dir, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

// whole asks our own verifier whether a bundle directory is complete and agrees with
// itself, and says whether it is signed.
func whole(t *testing.T, dir, name string) (signed bool) {
	t.Helper()
	report, err := (&verify.Verifier{}).Directory(t.Context(), name, os.DirFS(filepath.Join(dir, name)))
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range report.Checks {
		if check.Status != verify.OK {
			t.Errorf("%s: %s %s %s", name, check.Status, check.ID, check.Message)
		}
	}
	for _, s := range report.Signatures {
		if s.SubIndication != verify.NoCertificateChainFound { // no anchors here
			t.Errorf("%s: signature %s is %s/%s", name, s.ID, s.Indication, s.SubIndication)
		}
	}
	want := []string{bundle.PagesFile, bundle.DocumentFile, bundle.ManifestFile, bundle.RecordsFile}
	var got []string
	entries, err := os.ReadDir(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() != bundle.SignatureFile && entry.Name() != bundle.MinutesFile {
			got = append(got, entry.Name())
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s holds %v, want %v", name, got, want)
	}
	return len(report.Signatures) == 2
}
