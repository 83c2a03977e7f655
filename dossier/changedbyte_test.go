package dossier_test

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/pades"
	"kytiem/sample"
	"kytiem/verify"
)

// TestChangedByteNeverPasses is the promise of a bundle directory: whatever byte of
// whatever file of it is changed, it is not TOTAL_PASSED any more.
func TestChangedByteNeverPasses(t *testing.T) {
	w := newWorld(t, nil)
	files := signedWithEverything(t, w)
	judge := func(files fstest.MapFS) verify.Indication {
		report, err := w.verifier.Directory(t.Context(), "x", files)
		if err != nil {
			return "ERROR" // a directory without a readable manifest
		}
		return report.Verdict
	}
	if got := judge(files); got != verify.TotalPassed {
		t.Fatalf("unchanged: %s, want TOTAL_PASSED", got)
	}
	random := rand.New(rand.NewPCG(1, 2))
	tries := 50
	if testing.Short() {
		tries = 10
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		content := files[name].Data
		for try := range tries {
			at := random.IntN(len(content))
			switch try { // the edges, where readers are most forgiving
			case 0:
				at = 0
			case 1:
				at = len(content) - 1
			}
			changed := bytes.Clone(content)
			changed[at] ^= byte(1 + random.IntN(255))
			if try%3 == 0 { // the change that text readers forgive most: the case of a letter
				changed[at] = content[at] ^ 0x20
			}
			other := maps.Clone(files)
			other[name] = &fstest.MapFile{Data: changed}
			if got := judge(other); got == verify.TotalPassed {
				t.Errorf("%s, byte %d of %d, %#x → %#x: TOTAL_PASSED", name, at, len(content), content[at], changed[at])
			}
		}
	}
}

// TestChangedFilesNeverPass takes files away, adds some, cuts and lengthens them.
func TestChangedFilesNeverPass(t *testing.T) {
	w := newWorld(t, nil)
	files := signedWithEverything(t, w)
	other := signedWithEverything(t, w)
	for name := range files {
		content := files[name].Data
		for change, data := range map[string][]byte{
			"taken away": nil, "emptied": {}, "cut": content[:len(content)-1], "cut in half": content[:len(content)/2],
			"lengthened by a line feed": append(bytes.Clone(content), '\n'), "doubled": append(bytes.Clone(content), content...),
			"exchanged for another bundle's": other[name].Data,
		} {
			if name == "scan.pdf" && change == "exchanged for another bundle's" {
				continue // both tests' scans are the same bytes
			}
			changed := maps.Clone(files)
			changed[name] = &fstest.MapFile{Data: data}
			if data == nil {
				delete(changed, name)
			}
			report, err := w.verifier.Directory(t.Context(), "x", changed)
			if err == nil && report.Verdict == verify.TotalPassed {
				t.Errorf("%s %s: TOTAL_PASSED", name, change)
			}
		}
	}
	for _, name := range []string{"scan.jpg", "annex-01.pdf", "evil.pdf", "records.ndjson~"} {
		changed := maps.Clone(files)
		changed[name] = &fstest.MapFile{Data: []byte("something")}
		report, err := w.verifier.Directory(t.Context(), "x", changed)
		if err != nil || report.Verdict == verify.TotalPassed {
			t.Errorf("%s added: %v", name, err)
		}
	}
}

// TestAppendedPages: a revision appended to unsigned pages shows a reader another
// document than the records draw, and is found in the minutes and in the preview.
func TestAppendedPages(t *testing.T) {
	w := newWorld(t, nil)
	dir, _ := seal(t, 10, sample.Mix{})
	if err := dossier.DrawMinutes(dir, dossier.MinutesOptions{Parties: parties()}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{bundle.MinutesFile, bundle.PagesFile} {
		files := fstest.MapFS{}
		for _, other := range names(t, dir) {
			content, err := os.ReadFile(filepath.Join(dir, other))
			if err != nil {
				t.Fatal(err)
			}
			files[other] = &fstest.MapFile{Data: content}
		}
		file, err := pades.Open(files[name].Data)
		if err != nil {
			t.Fatal(err)
		}
		update, err := pades.Prepare(file, pades.SignatureOptions{Field: "another", Time: time.Now(), Reserve: 100})
		if err != nil {
			t.Fatal(err)
		}
		files[name].Data = append(files[name].Data, update.Suffix...) // a revision that nobody signed
		report, err := w.verifier.Directory(t.Context(), "x", files)
		if err != nil || report.Verdict == verify.TotalPassed || report.Verdict == verify.NoSignature {
			t.Errorf("%s with a revision appended: %v, %v", name, report.Verdict, err)
		}
	}
}

// TestInterrupted: a directory that was set aside and not taken away stops the next
// step before it signs anything.
func TestInterrupted(t *testing.T) {
	w := newWorld(t, nil)
	dir, _ := seal(t, 10, sample.Mix{})
	if err := os.Mkdir(dir+".old", 0o700); err != nil {
		t.Fatal(err)
	}
	before := digest(t, dir)
	if _, err := w.sign(t, dir); !errors.Is(err, dossier.ErrInterrupted) || digest(t, dir) != before {
		t.Errorf("Sign beside a directory set aside: %v, want ErrInterrupted", err)
	}
}
