package intake

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func benchmarkRows(b *testing.B, rows int, ndjson bool) {
	data, err := io.ReadAll(&madeUp{rows: rows, ndjson: ndjson})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	start := cpuTime()
	for b.Loop() {
		r, err := Open(bytes.NewReader(data), testOptions())
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for {
			row, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || len(row.Findings) > 0 {
				b.Fatal(err, row.Findings)
			}
			n++
		}
		if n != rows {
			b.Fatalf("%d rows, want %d", n, rows)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(rows)*float64(b.N)/(cpuTime()-start).Seconds(), "rows/cpu-s")
}

// cpuTime is what the process used so far, on all cores: on a busy machine it says
// more than the clock.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func BenchmarkCSV(b *testing.B)    { benchmarkRows(b, 200_000, false) }
func BenchmarkNDJSON(b *testing.B) { benchmarkRows(b, 200_000, true) }

// BenchmarkEncodingCSV is the yardstick: the standard library cutting the same file
// into cells, and nothing more.
func BenchmarkEncodingCSV(b *testing.B) {
	const rows = 200_000
	data, err := io.ReadAll(&madeUp{rows: rows})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	start := cpuTime()
	for b.Loop() {
		r := csv.NewReader(bytes.NewReader(data))
		for {
			if _, err := r.Read(); err != nil {
				break
			}
		}
	}
	b.ReportMetric(rows*float64(b.N)/(cpuTime()-start).Seconds(), "rows/cpu-s")
}

func BenchmarkXLSX(b *testing.B) {
	const rows = 10_000
	text, err := io.ReadAll(&madeUp{rows: rows})
	if err != nil {
		b.Fatal(err)
	}
	var sheet [][]any
	for line := range strings.Lines(string(text)) {
		sheet = append(sheet, cellsOf(strings.TrimSpace(line)))
	}
	data := workbook(b, sheet)
	start := cpuTime()
	for b.Loop() {
		if read, err := readWorkbook(b, data); err != nil || len(read) != rows {
			b.Fatal(len(read), err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/(cpuTime()-start).Seconds(), "rows/cpu-s")
}

// TestHeldMemory: what stays of the rows read is what finds duplicates, 60 bytes each
// at most.
func TestHeldMemory(t *testing.T) {
	const rows = 100_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r, err := Open(&madeUp{rows: rows}, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			if n != rows {
				t.Fatalf("%d rows, want %d", n, rows)
			}
			break
		}
		if err != nil || len(row.Findings) > 0 {
			t.Fatal(err, row.Findings)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	const buffers = 1 << 20 // of the file, the table of runes, the test's own
	if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > 60*rows+buffers {
		t.Errorf("%d bytes are held after %d rows", held, rows)
	}
	runtime.KeepAlive(r)
}

// BenchmarkMillion reads a million rows and shows what is still held at the end: the
// digests that find duplicates.
func BenchmarkMillion(b *testing.B) {
	const rows = 1_000_000
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		r, err := Open(&madeUp{rows: rows}, testOptions())
		if err != nil {
			b.Fatal(err)
		}
		for {
			row, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || len(row.Findings) > 0 {
				b.Fatal(err, row.Findings)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-held")
		runtime.KeepAlive(r)
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
