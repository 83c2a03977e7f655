package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"kytiem/bundle"
	"kytiem/sample"
)

const (
	program = "bin/kytiem"
	unit    = "26221" // of the sample units
)

// usage is what a process took: time by the clock, time on the processors, and memory at its peak in MB.
type usage struct {
	wall, cpu time.Duration
	peak      int64
}

// run runs a program to its end and returns what it printed. Exit codes in allowed are no errors.
func (b *bench) run(allowed []int, name string, args ...string) (usage, string, error) {
	cmd := exec.CommandContext(b.ctx, name, args...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	start := time.Now()
	err := cmd.Run()
	u := usage{wall: time.Since(start)}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && slices.Contains(allowed, exit.ExitCode()) {
		err = nil
	}
	if err != nil {
		return u, "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, output.Bytes())
	}
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = r.Maxrss >> 10 // Linux counts KB
	}
	return u, output.String(), nil
}

// writeSamples writes the units and the results of the ordinary lines.
func (b *bench) writeSamples() error {
	if err := os.WriteFile(b.path("units.csv"), sample.Units(), 0o600); err != nil {
		return err
	}
	return b.writeCSV("results.csv", ordinary)
}

// writeCSV writes made-up results, all of them ready, as Excel would.
func (b *bench) writeCSV(name string, rows int) error {
	f, err := os.Create(b.path(name))
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 1<<20)
	made := sample.Rows(sample.Options{Seed: 2021, Rows: rows})
	return errors.Join(sample.WriteCSV(out, made, sample.ExcelCSV()), out.Flush(), f.Close())
}

// seal seals a results file into a directory of the given name.
func (b *bench) seal(results, out string) (usage, error) {
	u, _, err := b.run(nil, program, "seal", "--unit", unit, "--units", b.path("units.csv"), "--results", b.path(results), "--out", b.path(out))
	return u, err
}

func (b *bench) sealOrdinary() error {
	var wall, cpu []time.Duration
	var peak int64
	for n := range 5 {
		u, err := b.seal("results.csv", fmt.Sprintf("sealed-%d", n))
		if err != nil {
			return err
		}
		wall, cpu, peak = append(wall, u.wall), append(cpu, u.cpu), max(peak, u.peak)
	}
	b.sealed(ordinary, usage{median(wall), median(cpu), peak}, usage{wall: time.Second, peak: 128})
	return nil
}

func (b *bench) sealLarge() error {
	if os.Getenv("BENCH_LARGE") == "0" {
		return nil
	}
	if err := b.writeCSV("large.csv", large); err != nil {
		return err
	}
	u, err := b.seal("large.csv", "large")
	if err != nil {
		return err
	}
	b.sealed(large, u, usage{wall: 90 * time.Second, peak: 512})
	return errors.Join(os.Remove(b.path("large.csv")), os.RemoveAll(b.path("large")))
}

// sealed reports a seal; its raw operation is what the process computed, without waiting for processors and disk.
func (b *bench) sealed(rows int, u, bound usage) {
	b.table.bounded(fmt.Sprintf("kytiem seal, %s results, whole process", thousands(rows)),
		fmt.Sprintf("%s, %d MB", short(u.wall), u.peak), fmt.Sprintf("%s, %d MB", short(bound.wall), bound.peak),
		fmt.Sprintf("%s on the processors", short(u.cpu)), u.wall <= bound.wall && u.peak <= bound.peak)
}

// verifyDocument compares with pdfsig on the same signed document, without network on either side: pdfsig asks nobody
// unless it trusts the root, and with -nocert it leaves the certificate out altogether. The faster one counts.
func (b *bench) verifyDocument() error {
	const rows = "450" // made-up results, three quarters of them ready: a signed document of 150 KB
	if _, _, err := b.run(nil, program, "demo", "--rows", rows, "--dir", b.path("demo")); err != nil {
		return err
	}
	// What pdfsig judges is a signature without time-stamps: the other bundle of the demonstration, signed at B-B.
	basic := b.path("basic")
	if err := os.CopyFS(basic, os.DirFS(b.path("demo", "minuted"))); err != nil {
		return err
	}
	if _, _, err := b.run(nil, program, "sign", basic, "--p12", b.path("demo", "keys", "head.p12"),
		"--pass-file", b.path("demo", "keys", "head.pass")); err != nil {
		return err
	}
	document := filepath.Join(basic, bundle.PagesFile)
	info, err := os.Stat(document)
	if err != nil {
		return err
	}
	ours := []string{program, "verify", document, "--offline", "--trust", b.path("demo", "trust")}
	peers := [][]string{{"pdfsig", document}, {"pdfsig", "-nocert", document}}
	if _, err := exec.LookPath("pdfsig"); err != nil {
		peers = nil
	}
	const rounds = 41
	var operations []func() error
	cpu := make([][]time.Duration, 1+len(peers))
	for i, command := range append([][]string{ours}, peers...) {
		operations = append(operations, func() error {
			// Offline nobody says that the certificate was not revoked: INDETERMINATE, which is exit code 2.
			u, output, err := b.run([]int{2}, command[0], command[1:]...)
			if err == nil && !strings.Contains(output, "TRY_LATER") && !strings.Contains(output, "Signature is Valid") {
				err = fmt.Errorf("%s says of a good signature:\n%s", command[0], output)
			}
			cpu[i] = append(cpu[i], u.cpu)
			return err
		})
	}
	wall, err := inTurns(rounds, operations...)
	if err != nil {
		return err
	}
	beside, reached := []string{}, true
	for i, command := range peers {
		name := strings.Join(command[:len(command)-1], " ")
		beside = append(beside, fmt.Sprintf("%s %s (%s on the processors)", name, short(wall[i+1]), short(median(cpu[i+1]))))
		reached = reached && wall[0] <= wall[i+1]
	}
	if len(peers) == 0 {
		beside = append(beside, "pdfsig is not installed (Debian package poppler-utils)")
	}
	b.table.bounded(fmt.Sprintf("kytiem verify, %d KB document, whole process", info.Size()/1000),
		fmt.Sprintf("%s (%s on the processors)", short(wall[0]), short(median(cpu[0]))), "pdfsig", strings.Join(beside, ", "), reached)
	return nil
}
