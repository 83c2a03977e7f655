package verify_test

import (
	"slices"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/pades"
	"kytiem/verify"
)

// TestHoldLifted: a hold is judged at the time of signing, whichever answers the document carries and whatever became of
// it since.
func TestHoldLifted(t *testing.T) {
	const hold, lift = 6, 8 // CRLReason, RFC 5280, 5.3.1
	for _, test := range []struct {
		name       string
		from, seen time.Duration // of the hold, after signing: its beginning, and when the answer that the document carries was given
		lifted     time.Duration
		fresh      bool // the document carries an answer of when it was signed, too
		want       outcome
	}{
		{"lifted before, and an answer of the time says so", -3 * time.Hour, -2 * time.Hour, -time.Hour, true, outcome{verify.TotalPassed, ""}},
		{"lifted before, and nothing of the time says so", -3 * time.Hour, -2 * time.Hour, -time.Hour, false, outcome{verify.Indeterminate, verify.TryLater}},
		{"on hold then, lifted since", -time.Hour, time.Minute, time.Hour, false, outcome{verify.Indeterminate, verify.TryLater}},
		{"on hold only since, and lifted", time.Hour / 2, time.Hour, 3 * time.Hour / 2, true, outcome{verify.TotalPassed, ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEpoch(t, signedAt.Add(-4*time.Hour))
			by := e.issue(t, nil)
			path := certs.Path{by.Certificate, by.Chain[0], e.ca.Root().Certificate}
			var document []byte
			var carried pades.Evidence
			serial := by.Certificate.SerialNumber
			revoke := func(reason int) func() {
				return func() {
					if err := e.ca.Revoke(serial, e.now, reason); err != nil {
						t.Fatal(err)
					}
				}
			}
			events := []struct {
				at time.Duration
				do func()
			}{
				{test.from, revoke(hold)}, {test.lifted, revoke(lift)},
				{test.seen, func() {
					carried.OCSPs = append(carried.OCSPs, e.source().Revocation(t.Context(), path[0], path[1], e.now).Raw)
				}},
				{0, func() {
					document = e.raise(t, by, signPDF(t, by, "one", page(t), signedAt), levelT)
					if test.fresh {
						now := e.evidence(t, path)
						carried.OCSPs, carried.CRLs = append(carried.OCSPs, now.OCSPs...), append(carried.CRLs, now.CRLs...)
					}
				}},
			}
			slices.SortStableFunc(events, func(a, b struct {
				at time.Duration
				do func()
			}) int {
				return int(a.at - b.at)
			})
			for _, event := range events {
				e.now = signedAt.Add(event.at)
				event.do()
			}
			e.now = signedAt.Add(2 * time.Hour)
			v := *e.v
			v.At, v.Revocation = e.now, e.source()
			r := v.PDF(t.Context(), "x.pdf", appendDSS(t, document, carried))
			i := slices.IndexFunc(r.Signatures, func(s verify.Signature) bool { return s.Field == "one" })
			r.Signatures[0], r.Signatures[i] = r.Signatures[i], r.Signatures[0]
			check(t, r, nil, test.want)
		})
	}
}
