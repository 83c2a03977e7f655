package attest_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/store"
	"kytiem/verify"
)

// records lists the results of a bundle with the records they were sealed in.
func (d *desk) records(t testing.TB, b store.Bundle) (results, records []string) {
	t.Helper()
	for r, err := range d.store.Glance().ResultsOf(t.Context(), b.ID) {
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r.ID)
	}
	for _, id := range results {
		of, err := d.store.Glance().RecordsOf(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, of[len(of)-1].ID)
	}
	return results, records
}

// TestProve: every record of a signed bundle has a proof that passes, by its own id and by its result's.
func TestProve(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 9)
	results, records := d.records(t, b)
	health := d.who[attest.Health]
	early, err := d.Prove(t.Context(), health, records[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	if report, err := d.Verify(t.Context(), attest.Submission{File: early}); err != nil || report.Verdict != verify.NoSignature {
		t.Errorf("proof before the signature: %v, %v, want NO_SIGNATURE", report.Verdict, err)
	}
	r := d.prepare(t, d.key, b.ID)
	d.complete(t, r, sign(t, d.key, r.Items...))
	for n := range records {
		for _, id := range []string{records[n], results[n]} {
			proof, err := d.Prove(t.Context(), health, id, []string{"full_name", "vaccine"})
			if err != nil {
				t.Fatal(err)
			}
			report, err := d.Verify(t.Context(), attest.Submission{Name: "p", File: proof})
			if err != nil || report.Verdict != verify.TotalPassed || report.Bundle.Status != "valid" ||
				!slices.Equal(report.Proof.Disclosed, []string{"full_name", "vaccine"}) {
				t.Fatalf("proof %d: %v, %+v, %v", n, report.Verdict, report.Bundle, err)
			}
		}
	}
	for _, tt := range []struct {
		name  string
		who   attest.Actor
		id    string
		field string
		want  error
	}{
		{"unknown id", health, bundle.NewID(), "full_name", attest.ErrNotFound},
		{"id of nothing at all", health, "x\x00y", "full_name", attest.ErrNotFound},
		{"unknown field", health, records[0], "salary", bundle.ErrNoField},
		{"another unit's head", d.alien, records[0], "full_name", attest.ErrNotFound},
		{"administrator", d.who[attest.Admin], records[0], "full_name", attest.ErrForbidden},
		{"anybody", attest.Actor{}, records[0], "full_name", attest.ErrUnauthenticated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := d.Prove(t.Context(), tt.who, tt.id, []string{tt.field}); !errors.Is(err, tt.want) {
				t.Errorf("proving: %v, want %v", err, tt.want)
			}
		})
	}
}

// TestProveAtOnce: many who ask for different bundles at once get the right tree each.
func TestProveAtOnce(t *testing.T) {
	d := newDesk(t, nil)
	var ids []string
	for n := range 4 {
		_, records := d.records(t, d.signed(t, 3+n))
		ids = append(ids, records...)
	}
	var wait sync.WaitGroup
	for n := range 40 {
		wait.Go(func() {
			proof, err := d.Prove(t.Context(), d.who[attest.Head], ids[n%len(ids)], nil)
			if err != nil {
				t.Error(err)
				return
			}
			p, err := bundle.ParseProof(proof)
			if err == nil {
				_, err = p.Check()
			}
			if err != nil || len(p.P7S) == 0 {
				t.Errorf("proof of %s: %v", ids[n%len(ids)], err)
			}
		})
	}
	wait.Wait()
}

func BenchmarkProve(b *testing.B) {
	d := newDesk(b, nil)
	_, records := d.records(b, d.signed(b, 400))
	n := 0
	for b.Loop() {
		if _, err := d.Prove(b.Context(), d.who[attest.Health], records[n%len(records)], nil); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

// BenchmarkPair is Prepare and Complete of one small bundle, without the client's RSA.
func BenchmarkPair(b *testing.B) {
	d := newDesk(b, nil)
	for b.Loop() {
		b.StopTimer()
		sealed := d.sealed(b, 10)
		b.StartTimer()
		r := d.prepare(b, d.key, sealed.ID)
		b.StopTimer()
		signatures := sign(b, d.key, r.Items...)
		b.StartTimer()
		d.complete(b, r, signatures)
	}
}
