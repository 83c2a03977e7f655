package api_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"kytiem/api"
	"kytiem/attest"
)

// BenchmarkProof is one citizen's proof through the whole handler: token, rights, one
// record out of many, and its path to the root.
func BenchmarkProof(b *testing.B) {
	d := newDesk(b, nil)
	sealed := d.signed(b, 500)
	records := d.records(b, "&state=in_bundle")
	if sealed.Size != len(records) {
		b.Fatalf("%d sealed of %d", sealed.Size, len(records))
	}
	ask := func(n int) {
		r := httptest.NewRequest(http.MethodGet, "/v1/records/"+records[n%len(records)].ID+"/proof?disclose=full_name,vaccinated_on", nil)
		r.Header.Set("Authorization", "Bearer "+d.token[attest.Health])
		w := httptest.NewRecorder()
		d.handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("status %d, %s", w.Code, w.Body)
		}
	}
	ask(0)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		ask(n)
	}
}

// BenchmarkProofHTTP is the same over the network, at the rate that has to be held: 2,000 a
// second, with the caller on the same processors. p99-ms counts from when a call was due.
func BenchmarkProofHTTP(b *testing.B) {
	const rate, callers = 2000, 32
	d := newDesk(b, nil)
	d.signed(b, 500)
	records := d.records(b, "&state=in_bundle")
	transport := &http.Transport{MaxIdleConnsPerHost: callers}
	due := make(chan time.Time, rate)
	took := make([][]time.Duration, callers)
	var wait sync.WaitGroup
	b.ResetTimer()
	for n := range callers {
		wait.Go(func() {
			for at := range due {
				url := d.url + "/v1/records/" + records[len(took[n])%len(records)].ID + "/proof?disclose=full_name,vaccinated_on"
				r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil)
				if err != nil {
					b.Error(err)
					return
				}
				r.Header.Set("Authorization", "Bearer "+d.token[attest.Health])
				response, err := transport.RoundTrip(r)
				if err != nil || response.StatusCode != http.StatusOK {
					b.Errorf("%v, %v", response, err)
					return
				}
				_, _ = io.Copy(io.Discard, response.Body)
				response.Body.Close()
				took[n] = append(took[n], time.Since(at))
			}
		})
	}
	begun := time.Now()
	for n := range b.N {
		at := begun.Add(time.Duration(n) * time.Second / rate)
		time.Sleep(time.Until(at))
		due <- at
	}
	close(due)
	wait.Wait()
	all := slices.Sorted(slices.Values(slices.Concat(took...)))
	b.ReportMetric(float64(len(all))/time.Since(begun).Seconds(), "calls/s")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
}

// BenchmarkVerification is a verdict on a signed document of some 150 KB through the whole handler, for
// somebody without a token: what is asked about the signer is known.
func BenchmarkVerification(b *testing.B) {
	d := newDesk(b, func(o *api.Options, _ *attest.Options) { o.Anonymous = 1_000_000 })
	document := d.get(b, d.token[attest.Head], "/v1/bundles/"+d.signed(b, 90).ID+"/bundle.pdf")
	ask := func() {
		r := httptest.NewRequest(http.MethodPost, "/v1/verifications", bytes.NewReader(document))
		r.Header.Set("Content-Type", "application/pdf")
		w := httptest.NewRecorder()
		d.handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes()[:64], []byte("TOTAL_PASSED")) {
			b.Fatalf("status %d, %s", w.Code, w.Body)
		}
	}
	ask()
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		ask()
	}
}

// BenchmarkMiddleware is what a call costs that does next to nothing.
func BenchmarkMiddleware(b *testing.B) {
	d := newDesk(b, nil)
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, "/v1/reports/daily", nil)
		r.Header.Set("Authorization", "Bearer "+d.token[attest.Health])
		w := httptest.NewRecorder()
		d.handler.ServeHTTP(w, r)
		if w.Code != http.StatusNotImplemented {
			b.Fatalf("status %d, %s", w.Code, w.Body)
		}
	}
}

// BenchmarkNew is what the description costs at start.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		newHandler(b)
	}
}
