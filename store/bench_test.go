package store

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"kytiem/audit"
	"kytiem/bundle"
)

// rowsOfBench is how many results the benchmarks work on: BENCH_ROWS, or few enough
// to be done in a moment.
func rowsOfBench() int {
	if n, err := strconv.Atoi(os.Getenv("BENCH_ROWS")); err == nil && n > 0 {
		return n
	}
	return 50_000
}

// onBoth runs a benchmark on both databases.
func onBoth(b *testing.B, bench func(b *testing.B, s *Store)) {
	b.Run("sqlite", func(b *testing.B) { bench(b, openForBench(b, filepath.Join(b.TempDir(), "kytiem.db"))) })
	b.Run("postgres", func(b *testing.B) { bench(b, openForBench(b, newDatabase(b))) })
}

func openForBench(b *testing.B, database string) *Store {
	s, err := Open(b.Context(), Options{Database: database})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// family and given names make 10,000 different names, as unevenly as a list has them.
var (
	family = [...]string{"Nguyễn", "Nguyễn", "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi"}
	middle = [...]string{"Văn", "Thị", "Thị Hồng", "Đức", "Minh", "Ngọc", "Quang", "Thanh", "Thị Kim", "Hữu"}
)

// manyResults are n results of every standing that comes without confirmations.
func manyResults(from, n int) func(yield func(bundle.Result, error) bool) {
	return func(yield func(bundle.Result, error) bool) {
		for i := from; i < from+n; i++ {
			r := matched(i)
			r.FullName = family[i%10] + " " + middle[i/10%10] + " " + "An " + strconv.Itoa(i/100%100)
			r.Match = [...]bundle.Match{bundle.Matched, bundle.Matched, bundle.Matched, bundle.Wrong, bundle.Unmatched}[i%5]
			if i%7 == 0 {
				r.LotNumber, r.Vaccine = "", ""
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// BenchmarkAddResults imports into an empty table with all its indexes.
func BenchmarkAddResults(b *testing.B) {
	onBoth(b, func(b *testing.B, s *Store) {
		n, from := rowsOfBench(), 0
		b.ReportAllocs()
		for b.Loop() {
			err := s.InTx(b.Context(), func(tx *Tx) error {
				added, _, err := tx.AddResults(b.Context(), "IMPORT", manyResults(from, n))
				if err == nil && added != n {
					err = fmt.Errorf("got %d added, want %d", added, n)
				}
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			from += n
		}
		b.ReportMetric(float64(from)/b.Elapsed().Seconds(), "rows/s")
	})
}

// BenchmarkAddDoubles imports what is there already.
func BenchmarkAddDoubles(b *testing.B) {
	onBoth(b, func(b *testing.B, s *Store) {
		n := rowsOfBench()
		fill(b, s, n)
		rows := 0
		for b.Loop() {
			err := s.InTx(b.Context(), func(tx *Tx) error {
				added, doubled, err := tx.AddResults(b.Context(), "IMPORT2", manyResults(0, n))
				if err == nil && (added != 0 || len(doubled) != n) {
					err = fmt.Errorf("got %d added, %d doubled", added, len(doubled))
				}
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			rows += n
		}
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	})
}

// fill adds n results in transactions of a million.
func fill(b *testing.B, s *Store, n int) {
	b.Helper()
	for from := 0; from < n; from += 1_000_000 {
		err := s.InTx(b.Context(), func(tx *Tx) error {
			_, _, err := tx.AddResults(b.Context(), "IMPORT", manyResults(from, min(n-from, 1_000_000)))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWorklist reads a page of 50 from the middle of everything there is.
func BenchmarkWorklist(b *testing.B) {
	onBoth(b, func(b *testing.B, s *Store) {
		fill(b, s, rowsOfBench())
		lists := map[string]Worklist{
			"one standing": {Unit: "07507", Standings: []Standing{LacksHealth | LacksPolice}},
			"lacking":      {Unit: "07507", Standings: Lacking(LacksHealth)},
			"all":          {Unit: "07507"},
			"by name":      {Unit: "07507", Name: "Lê Thị"},
		}
		for name, w := range lists {
			b.Run(name, func(b *testing.B) {
				after := ""
				var slowest time.Duration
				for b.Loop() {
					start := time.Now()
					page, next, err := s.Glance().Worklist(b.Context(), w, Page{After: after})
					if err != nil || len(page) == 0 {
						b.Fatal(len(page), err)
					}
					slowest = max(slowest, time.Since(start))
					after = next
				}
				b.ReportMetric(float64(slowest.Microseconds())/1000, "ms-slowest")
			})
		}
	})
}

// BenchmarkClaim claims and frees 10,000 ready results of a large table.
func BenchmarkClaim(b *testing.B) {
	onBoth(b, func(b *testing.B, s *Store) {
		const ready = 10_000
		fill(b, s, rowsOfBench())
		addReadyOf(b, s, ready)
		for n := 0; b.Loop(); n++ {
			id := fmt.Sprint("B", n)
			err := s.InTx(b.Context(), func(tx *Tx) error {
				bundled, err := tx.AddBundle(b.Context(), id, "07508", "")
				if err != nil {
					return err
				}
				if got, err := tx.ClaimResults(b.Context(), &bundled, ready); err != nil || got != ready {
					return fmt.Errorf("got %d claimed: %w", got, err)
				}
				return tx.SealBundle(b.Context(), &bundled)
			})
			if err == nil {
				b.StopTimer()
				err = s.InTx(b.Context(), func(tx *Tx) error { _, err := tx.FreeResults(b.Context(), id); return err })
				b.StartTimer()
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func addReadyOf(b *testing.B, s *Store, n int) {
	b.Helper()
	err := s.InTx(b.Context(), func(tx *Tx) error {
		_, _, err := tx.AddResults(b.Context(), "READY", func(yield func(bundle.Result, error) bool) {
			for i := range n {
				r := matched(i)
				r.Unit = "07508"
				if !yield(r, nil) {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		_, err = tx.conn.exec(b.Context(), `UPDATE results SET health_by = 'A', health_at = 1, police_by = 'B', police_at = 1, standing = 0 WHERE unit = '07508'`)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkResultsOf reads a bundle of 2,000.
func BenchmarkResultsOf(b *testing.B) {
	onBoth(b, func(b *testing.B, s *Store) {
		fill(b, s, rowsOfBench())
		addReadyOf(b, s, 2000)
		if err := s.InTx(b.Context(), func(tx *Tx) error {
			_, err := tx.ClaimResults(b.Context(), &Bundle{ID: "B1", Unit: "07508"}, 2000)
			return err
		}); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			n := 0
			for _, err := range s.Glance().ResultsOf(b.Context(), "B1") {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != 2000 {
				b.Fatal(n)
			}
		}
	})
}

// BenchmarkCommit is the smallest step there is: one change, entered in the chain.
func BenchmarkCommit(b *testing.B) {
	onBoth(b, func(b *testing.B, s *Store) {
		for n := 0; b.Loop(); n++ {
			err := s.InTx(b.Context(), func(tx *Tx) error {
				id := "A" + strconv.Itoa(n)
				if err := tx.AddAccount(b.Context(), Account{ID: id}); err != nil {
					return err
				}
				return tx.Audit("account.add", id, "", id, audit.Count("n", int64(n)))
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkBlob stores and reads 32 MiB.
func BenchmarkBlob(b *testing.B) {
	const size = 32 << 20
	onBoth(b, func(b *testing.B, s *Store) {
		content := noise(1, size)
		var sum Digest
		b.Run("in", func(b *testing.B) {
			b.SetBytes(size)
			for n := byte(0); b.Loop(); n++ {
				content[0], content[1] = n, content[1]+n
				err := s.InTx(b.Context(), func(tx *Tx) (err error) {
					sum, _, err = tx.PutBlob(b.Context(), bytes.NewReader(content))
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("out", func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				blob, err := s.Glance().Blob(b.Context(), sum)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, struct{ io.Reader }{blob.Reader()}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("record", func(b *testing.B) {
			for n := int64(0); b.Loop(); n++ {
				if _, err := s.Glance().BlobRange(b.Context(), sum, n*7919%(size-500), 500); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}
