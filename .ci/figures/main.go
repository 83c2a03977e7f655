// Figures measures what README publishes and prints it as one table: each figure beside its bound, and beside its peer or
// the raw operation under it, measured in the same run. `.ci/bench` runs it from the project's directory, on the programs
// in bin and on made-up results. Exit code 1: a bound was missed.
//
// BENCH_LARGE=0 leaves out the million results, which need 1.5 GB under var for a minute or two. Arguments name the parts
// to measure: seal, large, hostile, process, sqlite, http, pairs, postgres, raise, sign, levels, peers, verdicts, proofs, csv, xlsx, pages.
//
// It stands in a hidden directory so that `./...` and the layers of .golangci.yml pass it by: it may import everything.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
)

// Results in the file of the ordinary lines, and in that of the large one.
const (
	ordinary = 10_000
	large    = 1_000_000
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var t table
	err := measure(ctx, &t)
	stop()
	t.print(os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if t.missed {
		os.Exit(1)
	}
}

// measure works in a directory of its own under var. Processes come first: the kernel counts this process's memory at
// the moment of the start into the peak of what it starts, so it has to be small until then.
func measure(ctx context.Context, t *table) error {
	if err := os.MkdirAll("var", 0o750); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("var", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := bench{ctx: ctx, table: t, dir: dir, parts: os.Args[1:]}
	t.head = fmt.Sprintf("%s, %d CPUs, %s", runtime.Version(), runtime.NumCPU(), loadAverage())
	if err := b.writeSamples(); err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"seal", b.sealOrdinary}, {"large", b.sealLarge}, {"hostile", b.hostile}, {"process", b.verifyDocument}, {"", b.service}, {"sign", b.sign},
		{"levels", b.levels}, {"peers", b.peers}, {"verdicts", b.verdicts}, {"proofs", b.proofs}, {"csv", b.intakeCSV}, {"xlsx", b.intakeWorkbook},
		{"pages", b.pages}, {"", b.machine},
	} {
		if !b.wanted(part.name) {
			continue
		}
		if err := part.run(); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// bench is what the parts share.
type bench struct {
	ctx   context.Context
	table *table
	dir   string
	parts []string // that are asked for; none: all
}

// needs are the parts that leave behind what another one works on.
var needs = map[string]string{"sign": "process", "levels": "process", "verdicts": "process", "proofs": "seal", "pages": "seal"}

// wanted reports whether a part is to be measured, for itself or for another one; one without a name is asked itself.
func (b *bench) wanted(part string) bool {
	return part == "" || len(b.parts) == 0 || slices.ContainsFunc(b.parts, func(asked string) bool { return asked == part || needs[asked] == part })
}

func (b *bench) path(name ...string) string {
	return filepath.Join(append([]string{b.dir}, name...)...)
}

// loadAverage says how busy the machine was when the run began; wall times are to be read with it.
func loadAverage() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "load unknown"
	}
	var minute string
	fmt.Sscan(string(data), &minute)
	return "load " + minute
}
