package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// table collects the figures and prints them when all are there.
type table struct {
	head   string
	lines  []line
	missed bool
}

// line is one figure. A line without a bound is there to judge the others by.
type line struct{ what, measured, bound, beside, ok string }

// bounded adds a figure that has to be reached.
func (t *table) bounded(what, measured, bound, beside string, reached bool) {
	ok := "yes"
	if !reached {
		ok, t.missed = "NO", true
	}
	t.lines = append(t.lines, line{what, measured, bound, beside, ok})
}

// beside adds a figure to judge others by.
func (t *table) beside(what, measured, beside string) {
	t.lines = append(t.lines, line{what, measured, "", beside, ""})
}

func (t *table) print(w io.Writer) {
	fmt.Fprintln(w, t.head)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "what\tmeasured\tbound\tok?\tpeer or raw operation, same run")
	for _, l := range t.lines {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", l.what, l.measured, l.bound, l.ok, l.beside)
	}
	out.Flush()
}

// inTurns runs operations alternately, n times each, and gives the median time of each: what slows the machine down
// meanwhile slows all of them down. Every round begins with another one.
func inTurns(n int, operations ...func() error) ([]time.Duration, error) {
	times := make([][]time.Duration, len(operations))
	for round := range n {
		for i := range operations {
			i = (i + round) % len(operations)
			start := time.Now()
			if err := operations[i](); err != nil {
				return nil, err
			}
			times[i] = append(times[i], time.Since(start))
		}
	}
	medians := make([]time.Duration, len(operations))
	for i := range times {
		medians[i] = median(times[i])
	}
	return medians, nil
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// short writes a duration with three digits.
func short(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}} {
		if d >= unit.size {
			return fmt.Sprintf("%.3g %s", float64(d)/float64(unit.size), unit.name)
		}
	}
	return fmt.Sprintf("%d ns", d)
}

// perSecond writes how many of n happen in a second if all take d.
func perSecond(n int, d time.Duration) string { return thousands(int(float64(n)/d.Seconds())) + "/s" }

// thousands writes a number with its thousands set apart.
func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
