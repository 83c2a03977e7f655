package main

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/store"
)

// metrics is what /metrics tells beside the calls, which api counts.
func (one *service) metrics() (*prometheus.Registry, error) {
	registry := prometheus.NewRegistry()
	err := errors.Join(
		registry.Register(collectors.NewGoCollector()),
		registry.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})),
		registry.Register(&standing{
			store:    one.store,
			database: prometheus.NewDesc("kytiem_database_up", "Whether the database answers.", nil, nil),
			bundles:  prometheus.NewDesc("kytiem_bundles", "Bundles by state.", []string{"state"}, nil),
			expiring: prometheus.NewDesc("kytiem_certificates_expiring", "Bound certificates that expire within so many days.", []string{"days"}, nil),
			levels: prometheus.NewDesc("kytiem_bundles_level",
				"Signed bundles by the level of their signatures, and by what keeps them from being raised or renewed.", []string{"level", "cause"}, nil),
			lapsing: prometheus.NewDesc("kytiem_bundles_lapsing",
				"Bundles whose archive time-stamps lapse within 60 days and should have been renewed.", nil, nil),
			stamped: prometheus.NewDesc("kytiem_audit_stamped_timestamp_seconds",
				"Time of the last time-stamp over the audit chain; absent without any.", nil, nil),
		}),
	)
	return registry, err
}

// standing asks the database whenever it is asked. All servers on one database tell the
// same.
type standing struct {
	store                                                 *store.Store
	database, bundles, levels, lapsing, expiring, stamped *prometheus.Desc
}

// Describe implements [prometheus.Collector].
func (s *standing) Describe(to chan<- *prometheus.Desc) {
	to <- s.database
	to <- s.bundles
	to <- s.expiring
	to <- s.levels
	to <- s.lapsing
	to <- s.stamped
}

// Collect implements [prometheus.Collector]. It has no context: the time bounds it.
func (s *standing) Collect(to chan<- prometheus.Metric) {
	ctx, done := context.WithTimeout(context.Background(), 5*time.Second)
	defer done()
	v := s.store.Glance()
	counts, err := v.CountBundles(ctx)
	if err != nil { // the rest of the page counts all the same
		to <- prometheus.MustNewConstMetric(s.database, prometheus.GaugeValue, 0)
		return
	}
	to <- prometheus.MustNewConstMetric(s.database, prometheus.GaugeValue, 1)
	for _, state := range bundle.States() {
		to <- prometheus.MustNewConstMetric(s.bundles, prometheus.GaugeValue, float64(counts[state]), string(state))
	}
	now := v.Now()
	for _, days := range attest.ExpiryWarnings() {
		if n, err := v.CountExpiring(ctx, now, now.Add(time.Duration(days)*24*time.Hour)); err == nil {
			to <- prometheus.MustNewConstMetric(s.expiring, prometheus.GaugeValue, float64(n), strconv.Itoa(days))
		}
	}
	if counts, err := v.CountLevels(ctx); err == nil {
		for level, byCause := range counts {
			for cause, n := range byCause {
				to <- prometheus.MustNewConstMetric(s.levels, prometheus.GaugeValue, float64(n), level, cause)
			}
		}
	}
	if n, err := v.CountLapsing(ctx, v.Now().Add(attest.WarnAhead)); err == nil {
		to <- prometheus.MustNewConstMetric(s.lapsing, prometheus.GaugeValue, float64(n))
	}
	if last, err := v.LastStamp(ctx); err == nil {
		to <- prometheus.MustNewConstMetric(s.stamped, prometheus.GaugeValue, float64(last.At.Unix()))
	}
}
