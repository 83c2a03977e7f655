package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"kytiem/pades/padestest"
)

// TestMain makes this test program pass for kytiem where a test calls it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kytiem": main})
}

// behind is a program in the place of kytiem-service that says how it was called.
const behind = `#!/bin/sh
echo "ran as $$ with $# arguments: $*; $KYTIEM_LISTEN; $(cat)"
exit 3
`

// TestFront: verify needs nothing behind it, whatever lies there; everything else is handed
// over, as it is and in the same process, or said to be missing in both languages.
func TestFront(t *testing.T) {
	dir := t.TempDir()
	document := filepath.Join(dir, "broken.pdf")
	if err := os.WriteFile(document, []byte("%PDF-1.7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	service := filepath.Join(dir, "bin", "kytiem-service")
	if err := os.Mkdir(filepath.Dir(service), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(service, []byte(behind), 0o700); err != nil {
		t.Fatal(err)
	}
	with := filepath.Dir(service) + string(filepath.ListSeparator) + os.Getenv("PATH")
	for _, tt := range []struct {
		name, path     string
		args           []string
		code           int
		stdout, stderr string
	}{
		{"verify alone", os.Getenv("PATH"), []string{"verify", document}, 1, "broken.pdf: KHÔNG HỢP LỆ (TOTAL_FAILED)", ""},
		{"verify with a service behind", with, []string{"verify", document}, 1, "broken.pdf: KHÔNG HỢP LỆ (TOTAL_FAILED)", ""},
		{"verify's help", os.Getenv("PATH"), []string{"verify", "--help"}, 0, "kytiem verify FILE...", ""},
		{"no such file", os.Getenv("PATH"), []string{"verify", "none.pdf"}, 4, "", "Không tìm thấy tệp hoặc thư mục · the file or directory was not found"},
		{"another command", with, []string{"serve", "--one", "a b"}, 3, " with 3 arguments: serve --one a b; 127.0.0.1:9; input", ""},
		{"no command", with, nil, 3, " with 0 arguments: ; 127.0.0.1:9; input", ""},
		{"a flag first", with, []string{"--help", "verify"}, 3, " with 2 arguments: --help verify;", ""},
		{"no service", os.Getenv("PATH"), []string{"serve"}, 4, "", "kytiem: Thiếu một chương trình của Ký Tiêm"},
		{"no service, in English", os.Getenv("PATH"), []string{"serve"}, 4, "", `a program of Ký Tiêm is missing beside kytiem and in PATH, make build makes all of them
  program not found: exec: "kytiem-service"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			front, err := exec.LookPath("kytiem")
			if err != nil {
				t.Fatal(err)
			}
			var out, complaint strings.Builder
			c := exec.CommandContext(t.Context(), front, tt.args...)
			c.Env = append(os.Environ(), "PATH="+tt.path, "KYTIEM_LISTEN=127.0.0.1:9")
			c.Stdin, c.Stdout, c.Stderr = strings.NewReader("input"), &out, &complaint
			err = c.Run()
			if ended := (*exec.ExitError)(nil); err != nil && !errors.As(err, &ended) {
				t.Fatal(err)
			}
			if got := c.ProcessState.ExitCode(); got != tt.code {
				t.Errorf("exit code %d, want %d", got, tt.code)
			}
			if same := fmt.Sprintf(" as %d ", c.Process.Pid); tt.code == 3 && !strings.Contains(out.String(), same) {
				t.Errorf("printed %q, want%sin it", &out, same)
			}
			if !strings.Contains(out.String(), tt.stdout) || tt.stdout == "" && out.Len() > 0 {
				t.Errorf("printed %q, want %q", &out, tt.stdout)
			}
			if !strings.Contains(complaint.String(), tt.stderr) || tt.stderr == "" && complaint.Len() > 0 {
				t.Errorf("complained %q, want %q", &complaint, tt.stderr)
			}
		})
	}
}

// TestPassword: who names a wrong password of an encrypted document is told so, and gets no
// verdict in the place of the one he asked for.
func TestPassword(t *testing.T) {
	dir := t.TempDir()
	encryption, err := padestest.New(padestest.AESV3, "đúng")
	if err != nil {
		t.Fatal(err)
	}
	pdf := []byte("%PDF-2.0\n")
	offsets := "0000000000 65535 f \n"
	for n, text := range []string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Page /Parent 2 0 R >>"} {
		offsets += fmt.Sprintf("%010d 00000 n \n", len(pdf))
		pdf = fmt.Appendf(pdf, "%d 0 obj\n%s\nendobj\n", n+1, text)
	}
	pdf = fmt.Appendf(pdf, "xref\n0 4\n%strailer\n<< /Size 4 /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n", offsets, encryption.Trailer, len(pdf))
	for name, content := range map[string]string{"locked.pdf": string(pdf), "right": "đúng\r\n", "wrong": "sai", "no password": "two\nlines"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		passFile string
		code     int
		stderr   string
	}{
		{"", 3, ""},
		{"right", 3, ""},
		{"wrong", 4, "Mật khẩu không phải của văn bản này · the password is not this document's"},
		{"no password", 4, "Tệp mật khẩu phải là một dòng ngắn"},
		{"none", 4, "Không tìm thấy tệp"},
	} {
		t.Run(tt.passFile, func(t *testing.T) {
			front, err := exec.LookPath("kytiem")
			if err != nil {
				t.Fatal(err)
			}
			c := exec.CommandContext(t.Context(), front, "verify", "locked.pdf", "--offline")
			if tt.passFile != "" {
				c.Args = append(c.Args, "--password-file", tt.passFile)
			}
			var complaint strings.Builder
			c.Dir, c.Stderr = dir, &complaint
			if err := c.Run(); c.ProcessState == nil || c.ProcessState.ExitCode() != tt.code || !strings.Contains(complaint.String(), tt.stderr) {
				t.Errorf("ended with %v and %q, want code %d and %q", err, &complaint, tt.code, tt.stderr)
			}
		})
	}
}

// TestNothingHeavy: what a program imports is set up at every start. Of others' packages
// verifying needs those that draw pages, order names and read certificates.
func TestNothingHeavy(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "kytiem/cmd/front")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	light := map[string]bool{
		"kytiem": true, "github.com/spf13/cobra": true, "github.com/spf13/pflag": true,
		"github.com/go-fonts/liberation": true, "github.com/jung-kurt/gofpdf": true, "github.com/klauspost/compress": true, "github.com/piglig/go-qr": true,
		"golang.org/x/crypto": true, "golang.org/x/image": true, "golang.org/x/mod": true, "golang.org/x/text": true,
	}
	if !strings.Contains(string(out), "kytiem\n") {
		t.Error("go list does not tell what the program is made of")
	}
	for _, module := range strings.Fields(string(out)) {
		if !light[module] {
			t.Errorf("the program is made of %s: is it light, and what is it for in a verdict?", module)
			light[module] = true
		}
	}
}
