package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kytiem/cmd/terminal"
)

var bundleLine = regexp.MustCompile(`(?m)^[A-Z2-7]{26}$`)

// operate does what an operator does with the database that the front page's commands
// left: bundles are the signed one and the minuted one.
func operate(t *testing.T, dir string, env, bundles []string) {
	if len(bundles) != 2 {
		t.Fatalf("bundles %v, want 2", bundles)
	}
	t.Run("export", func(t *testing.T) {
		for _, tt := range []struct {
			bundle, out, holds string
			code               int // of verify, which can ask nobody: the CA is gone
			says               string
		}{{bundles[0], "signed", "manifest.p7s", 0, `"format": "PAdES-BASELINE-LTA"`}, {bundles[1], "minuted", "scan.pdf", 3, `"verdict": "NO_SIGNATURE"`}} {
			command(t, 0, dir, env, "export", tt.bundle, "--out", tt.out)
			if _, err := os.Stat(filepath.Join(dir, tt.out, tt.holds)); err != nil {
				t.Error(err)
			}
			if report, _ := command(t, tt.code, dir, env, "verify", tt.out, "--json"); !strings.Contains(report, tt.says) {
				t.Errorf("%s does not say %s: %s", tt.out, tt.says, report)
			}
			if _, complaint := command(t, terminal.ExitError, dir, env, "export", tt.bundle, "--out", tt.out); !strings.Contains(complaint, "it exists already") {
				t.Errorf("of a directory that is there it says: %s", complaint)
			}
		}
		_, complaint := command(t, terminal.ExitError, dir, env, "export", "AAAAAAAAAAAAAAAAAAAAAAAAAA", "--out", "none")
		if !strings.Contains(complaint, "Không có mục này trong cơ sở dữ liệu") {
			t.Errorf("of no such bundle it says: %s", complaint)
		}
		if _, err := os.Lstat(filepath.Join(dir, "none")); err == nil {
			t.Error("a directory without a bundle")
		}
	})
	t.Run("backup and restore", func(t *testing.T) {
		command(t, 0, dir, env, "backup", "copy.db")
		restored := append(env, "KYTIEM_DATABASE=restored/kytiem.db")
		if report, _ := command(t, 0, dir, restored, "restore", "copy.db"); !strings.Contains(report, "bundles 2, lỗi · faults 0") {
			t.Errorf("restored: %s", report)
		}
		command(t, 0, dir, restored, "export", bundles[0], "--out", "signed-again")
		for _, name := range []string{"records.ndjson", "manifest.json", "manifest.p7s", "bundle.pdf"} {
			before, errBefore := os.ReadFile(filepath.Join(dir, "signed", name))
			after, errAfter := os.ReadFile(filepath.Join(dir, "signed-again", name))
			if errBefore != nil || errAfter != nil || !bytes.Equal(before, after) {
				t.Errorf("%s is another after the restore: %v, %v", name, errBefore, errAfter)
			}
		}
	})
	t.Run("tampered backup", func(t *testing.T) {
		content, err := os.ReadFile(filepath.Join(dir, "copy.db"))
		if err != nil {
			t.Fatal(err)
		}
		from, to := []byte(`"dose_number":1,`), []byte(`"dose_number":7,`)
		if !bytes.Contains(content, from) {
			t.Fatal("the backup holds no record in clear")
		}
		if err := os.WriteFile(filepath.Join(dir, "tampered.db"), bytes.Replace(content, from, to, 1), 0o600); err != nil {
			t.Fatal(err)
		}
		changed := append(env, "KYTIEM_DATABASE=changed/kytiem.db")
		for _, args := range [][]string{{"restore", "tampered.db"}, {"audit", "check"}} {
			report, _ := command(t, terminal.ExitNothing, dir, changed, args...)
			if !strings.Contains(report, "blob-changed\t") {
				t.Errorf("%s says: %s", args[0], report)
			}
		}
	})
}
