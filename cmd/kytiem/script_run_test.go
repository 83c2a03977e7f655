package main

import (
	"encoding/csv"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
)

// exits runs a program that must end with the given code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits N PROGRAM ARG…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		ended := (*exec.ExitError)(nil)
		if !errors.As(err, &ended) {
			ts.Fatalf("running %s: %v", args[1], err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	if args[1] == "kytiem" {
		checkMessages(ts, args[2:])
	}
}

var (
	vietnameseLetter = regexp.MustCompile(`[ăâđêôơưĂÂĐÊÔƠƯ\x{1EA0}-\x{1EF9}]`)
	englishWord      = regexp.MustCompile(`\b(the|is|are|not|no|of|a|an|it|has|with|to|and|choose|already)\b`)
)

// checkMessages holds for whatever kytiem complains of: it is said in both languages and
// names nobody. What verify and sign print as their outcome names the signer, and a
// proof the fields it discloses.
func checkMessages(ts *testscript.TestScript, args []string) {
	stderr := ts.ReadFile("stderr")
	for _, complaint := range strings.Split(stderr, "kytiem: ")[1:] {
		if !vietnameseLetter.MatchString(complaint) {
			ts.Fatalf("not in Vietnamese: %s", complaint)
		}
		if !englishWord.MatchString(complaint) {
			ts.Fatalf("not in English: %s", complaint)
		}
	}
	said := stderr
	if len(args) > 0 && slices.Contains([]string{"seal", "minutes"}, args[0]) {
		said += ts.ReadFile("stdout")
	}
	for _, secret := range secrets(ts) {
		if strings.Contains(said, secret) {
			ts.Fatalf("personal data in what is printed: %q", secret)
		}
	}
}

// personal are the columns whose cells must never be printed.
var personal = []string{"full_name", "id_number", "birth_date", "name", "Họ và tên", "Số CCCD/CMND", "Ngày sinh"}

// secrets are the names, births and numbers in the tables of the script's directory.
func secrets(ts *testscript.TestScript) []string {
	tables, err := filepath.Glob(ts.MkAbs("*.csv"))
	ts.Check(err)
	var all []string
	for _, table := range tables {
		if strings.HasPrefix(filepath.Base(table), "units") {
			continue
		}
		content, err := os.ReadFile(table)
		ts.Check(err)
		in := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(content), "\ufeff")))
		if head, _, _ := strings.Cut(string(content), "\n"); strings.Contains(head, ";") {
			in.Comma = ';'
		}
		in.FieldsPerRecord, in.LazyQuotes = -1, true
		rows, err := in.ReadAll()
		if err != nil || len(rows) == 0 {
			continue // a file that is broken on purpose
		}
		for _, row := range rows[1:] {
			for i, cell := range row {
				// A year alone, or a cell of a few signs, may stand anywhere by chance.
				if i < len(rows[0]) && slices.Contains(personal, rows[0][i]) && utf8.RuneCountInString(cell) > 4 {
					all = append(all, cell)
				}
			}
		}
	}
	return all
}

// await waits for a file that another process is about to write.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await FILE")
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("%s did not come", args[0])
}
