package attest_test

import (
	"testing"

	"kytiem/attest"
)

// BenchmarkSeal seals ten thousand ready results of a SQLite file.
func BenchmarkSeal(b *testing.B) {
	const rows = 10_000
	for b.Loop() {
		b.StopTimer()
		d := newDesk(b, nil)
		d.ready(b, rows)
		b.StartTimer()
		sealed, err := d.Seal(b.Context(), d.who[attest.Health], attest.SealOrder{Unit: commune})
		if err != nil || sealed.Size != rows {
			b.Fatalf("%d sealed (%v), want %d", sealed.Size, err, rows)
		}
	}
}
