package main

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kytiem/api"
	"kytiem/web"
)

// handler puts together what is answered over HTTP. stopping is closed when the service is
// about to stop.
func (one *service) handler(stopping <-chan struct{}) (http.Handler, error) {
	metrics, err := one.metrics()
	if err != nil {
		return nil, err
	}
	calls, err := api.New(api.Options{
		Service: one.Service, Log: one.log, Metrics: metrics, Stopping: stopping, Temp: one.settings.Temp, Proxies: one.settings.Proxies,
		MaxImport: one.settings.MaxImport << 20, MaxDocument: one.settings.MaxDocument << 20,
	})
	if err != nil {
		return nil, err
	}
	pages, err := web.Handler(web.Options{Sample: one.sample, API: calls, MaxDocument: one.settings.MaxDocument << 20})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	for _, path := range append([]string{"/v1/", "/openapi.json", "/openapi.yaml"}, api.Foreign()...) {
		mux.Handle(path, calls)
	}
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, done := context.WithTimeout(r.Context(), 5*time.Second)
		defer done()
		if one.Ready(ctx) != nil {
			w.Header().Set("Retry-After", "5")
			http.Error(w, "database unavailable", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	return mux, nil
}
