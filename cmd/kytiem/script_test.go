package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test program pass for kytiem where a script calls it, and has
// the real devca and kytiem-token built, which kytiem starts as processes of their own.
func TestMain(m *testing.M) {
	testscript.Main(withPrograms{m}, map[string]func(){"kytiem": main})
}

// withPrograms runs the tests with devca and kytiem-token in PATH.
type withPrograms struct{ *testing.M }

func (m withPrograms) Run() int {
	dir, err := os.MkdirTemp("", "kytiem-programs-")
	if err != nil {
		log.Print(err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", dir, "kytiem/cmd/devca", "kytiem/cmd/kytiem-token")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		log.Printf("building devca and kytiem-token: %v\n%s", err, out)
		return 1
	}
	if err := os.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH")); err != nil {
		log.Print(err)
		return 1
	}
	return m.M.Run()
}

// TestScripts runs testdata/script. Every script finds the files of testdata/unit
// (units, results, parties) in its directory unless it brings its own. Commands
// beside those of testscript:
//
//	exits N PROGRAM ARG…          runs a program, which must end with exit code N; what kytiem
//	                              says is put to [checkMessages]
//	ca start|stop|issue|…         a throwaway authority within this process, see [authority]
//	await FILE                    waits until a file is there
//	sample FILE [rows=N] [format=csv|excel|ndjson|xlsx] [mix=real] [bad=0.05] [unit=CODE]
//	province FILE                 writes the sample units
//	runes FILE                    replaces {U+202E} and {U+0041*10000} by what they stand for
//	bytes FILE 'GO STRING'        writes bytes, given with escapes
//	bomb FILE                     writes a workbook that unfolds to far more than its size
//	flip FILE OFFSET              changes one byte, from the end if the offset is negative
//	json FILE PATH WANT           compares a value: signatures.0.indication; PATH.len counts
//	field VARIABLE FILE LINE NAME takes a member out of a line of NDJSON into a variable
//	counts FILE N                 a file, also an XLSX, has N rows below its header
//	ls DIR NAME…                  a directory holds exactly these files
//	hsm start|hold …              tokens and a PKCS #11 library, see [hsm]
//	picture FILE WIDTH HEIGHT     a PNG of so many pixels, mostly of nothing
//	service start|stop            the service, in the background, see [serviceCommand]
//	status PATH TOKEN-FILE N      asks it by GET, and compares the status of the answer
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                filepath.Join("testdata", "script"),
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			ctx, cancel := context.WithCancel(context.Background())
			env.Defer(cancel)
			env.Values["ca"] = &authority{ctx: ctx}
			env.Setenv("KYTIEM_LISTEN", "127.0.0.1:0")
			_, rest, _ := strings.Cut(os.Getenv("PATH"), string(filepath.ListSeparator))
			env.Setenv("PATH_WITHOUT_PROGRAMS", rest)
			if os.Geteuid() == 0 { // whom permissions do not hold back
				env.Setenv("UNPRIVILEGED", "setpriv --bounding-set -dac_override")
			}
			return bringUnit(env.WorkDir)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "ca": ca, "await": await, "sample": sampleFile, "province": province, "runes": runes, "bytes": bytesFile,
			"bomb": bomb, "flip": flip, "json": jsonValue, "field": field, "counts": counts, "ls": ls,
			"hsm": hsm, "picture": picture, "service": serviceCommand, "status": status,
		},
	})
}

// bringUnit puts the files of testdata/unit into a script's directory.
func bringUnit(dir string) error {
	for _, name := range []string{"units.csv", "results.csv", "parties.csv"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			continue
		}
		content, err := os.ReadFile(filepath.Join("testdata", "unit", name))
		if err != nil {
			return fmt.Errorf("bringing the unit's files: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return fmt.Errorf("bringing the unit's files: %w", err)
		}
	}
	return nil
}
