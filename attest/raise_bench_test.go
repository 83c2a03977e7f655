package attest_test

import (
	"testing"

	"kytiem/bundle"
	"kytiem/store"
)

// BenchmarkRaise takes both signatures of a small bundle from B-B to B-LTA, on SQLite, with authority and responder in the same
// process.
func BenchmarkRaise(b *testing.B) {
	d := newDesk(b, nil)
	d.withTSA(nil)
	var signed []store.Bundle
	for range 8 {
		signed = append(signed, d.signed(b, 5))
	}
	for b.Loop() {
		if len(signed) == 0 {
			b.StopTimer()
			for range 8 {
				signed = append(signed, d.signed(b, 5))
			}
			b.StartTimer()
		}
		if _, err := d.Raise(b.Context(), signed[0].ID); err != nil {
			b.Fatal(err)
		}
		signed = signed[1:]
	}
	d.state(b, d.signed(b, 1).ID, bundle.Signed)
}
