package dossier_test

import (
	"bytes"
	"crypto/sha256"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"kytiem/bundle"
	"kytiem/paper"
	"kytiem/sample"
	"kytiem/verify"
)

// TestRules is the part of verify's test of the same name that needs bundle directories:
// every rule about them holds in one of ours, and breaks in a directory that was changed
// for it.
func TestRules(t *testing.T) {
	w := newWorld(t, nil)
	dir, _ := seal(t, 20, sample.Mix{})
	annexed := withAnnex(t, read(t, dir))
	if _, err := w.sign(t, dir); err != nil {
		t.Fatal(err)
	}
	files := read(t, dir)
	statuses := func(r *verify.Report, rule string) (list []verify.CheckStatus) {
		all := slices.Clone(r.Checks)
		for _, s := range r.Signatures {
			all = append(all, s.Checks...)
		}
		for _, c := range all {
			if c.ID == rule {
				list = append(list, c.Status)
			}
		}
		return list
	}
	remembering := *w.verifier
	remembering.Drawn = &verify.Drawn{}
	// Who remembers what was drawn comes to the same as who draws it anew.
	judge := func(t *testing.T, files fstest.MapFS, rule string) (list []verify.CheckStatus, verdict verify.Indication) {
		t.Helper()
		for n, v := range []*verify.Verifier{w.verifier, &remembering, &remembering} {
			report, err := v.Directory(t.Context(), "x", files)
			if err != nil {
				t.Fatal(err)
			}
			found := statuses(report, rule)
			if n > 0 && (!slices.Equal(found, list) || report.Verdict != verdict) {
				t.Errorf("remembering %v, %s; drawing %v, %s", found, report.Verdict, list, verdict)
			}
			list, verdict = found, report.Verdict
		}
		return list, verdict
	}
	broken := map[string]func(fstest.MapFS){
		"R-D1": func(d fstest.MapFS) { d[bundle.ManifestFile] = with(d[bundle.ManifestFile], `{"`, `{ "`) },
		"R-D2": func(d fstest.MapFS) { d["extra.txt"] = &fstest.MapFile{Data: []byte("x")} },
		"R-D3": func(d fstest.MapFS) {
			d[bundle.RecordsFile] = with(d[bundle.RecordsFile], `"dose_number":1`, `"dose_number":2`)
		},
		"R-D4": func(d fstest.MapFS) { d[bundle.DocumentFile] = with(d[bundle.DocumentFile], `{"`, `{ "`) },
		"R-D5": func(d fstest.MapFS) { d[bundle.PagesFile] = with(d[bundle.PagesFile], "/Type/Page/", "/Type/Pagf/") },
		"R-D6": func(d fstest.MapFS) {
			d[bundle.AnnexName(1)] = with(d[bundle.AnnexName(1)], "/Type/Page/", "/Type/Pagf/")
		},
		"R-D7": func(d fstest.MapFS) { d["scan.pdf"] = &fstest.MapFile{Data: []byte("%PDF-1.7")} },
		"R-D8": func(d fstest.MapFS) { d[bundle.PagesFile] = inCapitals(d[bundle.PagesFile]) },
		"R-D9": func(d fstest.MapFS) { delete(d, bundle.SignatureFile) },
	}
	for _, rule := range verify.Rules() {
		if !strings.HasPrefix(rule.ID, "R-D") {
			continue
		}
		t.Run(rule.ID, func(t *testing.T) {
			change := broken[rule.ID]
			if change == nil {
				t.Fatal("no directory breaks this rule")
			}
			files := files
			if rule.ID == "R-D6" {
				files = annexed
			}
			if found, _ := judge(t, files, rule.ID); !slices.Contains(found, verify.OK) || slices.Contains(found, rule.Broken) {
				t.Errorf("in the good directory %v, want OK", found)
			}
			changed := maps.Clone(files)
			change(changed)
			if found, verdict := judge(t, changed, rule.ID); !slices.Contains(found, rule.Broken) || verdict == verify.TotalPassed {
				t.Errorf("in the bad directory %v, %s, want %s", found, verdict, rule.Broken)
			}
		})
	}
}

// with is a file with the first place of some text exchanged.
func with(f *fstest.MapFile, old, replacement string) *fstest.MapFile {
	return &fstest.MapFile{Data: bytes.Replace(f.Data, []byte(old), []byte(replacement), 1)}
}

// inCapitals is a document with one digit of a signature's contents in capitals.
func inCapitals(f *fstest.MapFile) *fstest.MapFile {
	data := bytes.Clone(f.Data)
	at := bytes.LastIndex(data, []byte("/Contents"))
	at += bytes.IndexAny(data[at+10:], "abcdef") + 10
	data[at] -= 'a' - 'A'
	return &fstest.MapFile{Data: data}
}

// withAnnex is an unsigned directory with its list in an annex file, however short it is.
func withAnnex(t *testing.T, files fstest.MapFS) fstest.MapFS {
	t.Helper()
	m, err := bundle.ParseManifest(files[bundle.ManifestFile].Data)
	if err != nil {
		t.Fatal(err)
	}
	records := files[bundle.RecordsFile].Data
	roll, err := bundle.ReadRoll(bytes.NewReader(records), int64(len(records)))
	if err != nil {
		t.Fatal(err)
	}
	order, err := roll.ByName()
	if err != nil {
		t.Fatal(err)
	}
	var annex, pages bytes.Buffer
	if err := paper.Annex(&annex, m, 1, 1, order, 1, roll); err != nil {
		t.Fatal(err)
	}
	m.Annexes = []bundle.Annex{{Name: bundle.AnnexName(1), Rows: m.Size, SHA256: sha256.Sum256(annex.Bytes())}}
	manifest, err := bundle.Canonical(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := paper.Bundle(&pages, manifest, files[bundle.DocumentFile].Data, roll); err != nil {
		t.Fatal(err)
	}
	out := maps.Clone(files)
	out[bundle.AnnexName(1)] = &fstest.MapFile{Data: annex.Bytes()}
	out[bundle.ManifestFile] = &fstest.MapFile{Data: manifest}
	out[bundle.PagesFile] = &fstest.MapFile{Data: pages.Bytes()}
	return out
}
