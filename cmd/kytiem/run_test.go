package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"html"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/cmd/terminal"
)

var commandBlock = regexp.MustCompile(`(?s)<pre class="commands"[^>]*><code>(.*?)</code></pre>`)

// commandsOn are the commands on a page, in order, as whoever copies them has them.
func commandsOn(page string) []string {
	var all []string
	for _, found := range commandBlock.FindAllStringSubmatch(page, -1) {
		all = append(all, html.UnescapeString(found[1]))
	}
	return all
}

// onThePage shows what the commands left to the page for verification.
const onThePage = `
curl -sS --fail -F file=@"$OUT/bundle.pdf" -F file=@"$OUT/proof.json" $BASE/verify |
  grep -oE 'Chữ ký số hợp lệ|Hồ sơ của dịch vụ này, đang có hiệu lực|Kết quả này nằm trong hồ sơ đã được ký'
`

// TestFrontPage takes the commands out of the page that a running service shows, pastes
// them into one shell, and looks where that leads: to TOTAL_PASSED and to minutes, with
// nothing amiss in the database; and the same again after a stop, on the same directory.
func TestFrontPage(t *testing.T) {
	for _, program := range []string{"bash", "curl", "jq", "openssl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	dir := t.TempDir()
	listen, ca := address(t), address(t)
	args := []string{"run", "--dir", "var", "--listen", listen, "--ca", ca}
	env := []string{"KYTIEM_DATABASE=var/kytiem.db", "KYTIEM_TRUST=var/trust"}
	bundles := 0
	for _, time := range []string{"first", "second"} {
		p := start(t, dir, nil, args...)
		_, page := p.fetch(t, "/")
		_, other := p.fetch(t, "/en")
		blocks := commandsOn(page)
		if len(blocks) < 10 || !slices.Equal(blocks, commandsOn(other)) {
			t.Fatalf("%d blocks of commands, or others in English", len(blocks))
		}
		blocks = append(blocks, onThePage)
		shell := exec.CommandContext(t.Context(), "bash", "-e", "-o", "pipefail")
		shell.Dir, shell.Stdin = dir, strings.NewReader(strings.Join(blocks, "\n")+"\n")
		out, err := shell.CombinedOutput()
		if err != nil {
			t.Fatalf("%s time, the commands: %v\n%s\n%s", time, err, out, p.log)
		}
		for text, want := range map[string]int{
			`"verdict": "TOTAL_PASSED"`: 2, `"inclusion": "OK"`: 1, `"status": "minuted"`: 1, `"taken": 24`: 2, `"confirmed": 24`: 4,
			"Chữ ký số hợp lệ": 2, "Hồ sơ của dịch vụ này, đang có hiệu lực": 2, "Kết quả này nằm trong hồ sơ đã được ký": 1,
		} {
			if got := strings.Count(string(out), text); got != want {
				t.Errorf("%s time, %s is said %d times, want %d:\n%s", time, text, got, want, out)
			}
		}
		noPersonsIn(t, p.log.String(), filepath.Join(dir, "var", "sample"))

		_, complaint := command(t, terminal.ExitError, dir, nil, "run", "--dir", "elsewhere", "--listen", listen, "--ca", address(t))
		for _, text := range []string{"Địa chỉ này đang có chương trình khác dùng", "another program has this address", listen} {
			if !strings.Contains(complaint, text) {
				t.Errorf("of an address that is taken it does not say %q: %s", text, complaint)
			}
		}
		if _, err := os.Lstat(filepath.Join(dir, "elsewhere")); err == nil {
			t.Error("it began before it asked for its address")
		}
		p.untilRaised(t)
		p.stop(t)
		if conn, err := net.Dial("tcp", ca); err == nil {
			conn.Close()
			t.Error("the throwaway CA is still there")
		}
		report, _ := command(t, 0, dir, env, "audit", "check")
		bundles += 2
		if want := fmt.Sprintf("hồ sơ · bundles %d, lỗi · faults 0\n", bundles); !strings.Contains(report, want) {
			t.Errorf("audit check says %q, want %q", report, want)
		}
		if time == "first" {
			operate(t, dir, env, bundleLine.FindAllString(string(out), -1))
		}
	}
}

// noPersonsIn asks whether a log names anybody out of the sample files, or any token.
func noPersonsIn(t *testing.T, log, dir string) {
	t.Helper()
	secrets := []string{attest.TokenPrefix, "Trần Văn Mẫu"}
	tables, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("no sample files: %v", err)
	}
	for _, table := range tables {
		f, err := os.Open(table)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(f).ReadAll()
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		for i, column := range rows[0] {
			if column != "full_name" && column != "id_number" {
				continue
			}
			for _, row := range rows[1:] {
				if row[i] != "" {
					secrets = append(secrets, row[i])
				}
			}
		}
	}
	if len(secrets) < 100 {
		t.Fatalf("only %d names and numbers in the sample files", len(secrets))
	}
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			t.Errorf("the log says %q", secret)
		}
	}
}

// untilRaised waits until no signature waits to be raised.
func (p *process) untilRaised(t *testing.T) {
	t.Helper()
	for late := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		_, page := p.fetch(t, "/metrics")
		raised, below := 0, 0
		for line := range strings.Lines(page) {
			switch {
			case !strings.HasPrefix(line, "kytiem_bundles_level{"):
			case strings.Contains(line, `level="B-LTA"`):
				raised++
			default:
				below++
			}
		}
		if raised > 0 && below == 0 {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("signatures are not raised: %s", p.log)
		}
	}
}
