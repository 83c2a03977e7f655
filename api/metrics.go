package api

import (
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts calls by the pattern of their route, never by their URL.
type metrics struct {
	calls    *prometheus.CounterVec
	took     *prometheus.HistogramVec
	under    prometheus.Gauge
	uploaded prometheus.Counter
	signed   prometheus.Counter
}

// newMetrics registers what is counted; with nobody to register with it counts all the same.
func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kytiem_calls_total", Help: "Calls by route, method and class of status."},
			[]string{"route", "method", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "kytiem_call_seconds", Help: "How long calls took.",
			Buckets: []float64{.001, .0025, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 10, 60}}, []string{"route", "method"}),
		under:    prometheus.NewGauge(prometheus.GaugeOpts{Name: "kytiem_calls_in_flight", Help: "Calls under way."}),
		uploaded: prometheus.NewCounter(prometheus.CounterOpts{Name: "kytiem_uploaded_bytes_total", Help: "Bytes of files that were sent."}),
		signed:   prometheus.NewCounter(prometheus.CounterOpts{Name: "kytiem_signatures_total", Help: "Signatures that were put in place."}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.calls, m.took, m.under, m.uploaded, m.signed} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("registering metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) begun() { m.under.Inc() }

func (m *metrics) ended(route, method string, status int, took time.Duration) {
	m.under.Dec()
	if route == unmatched { // methods of others' invention would be series without end
		method = "any"
	}
	m.calls.WithLabelValues(route, method, strconv.Itoa(status/100)+"xx").Inc()
	m.took.WithLabelValues(route, method).Observe(took.Seconds())
}
