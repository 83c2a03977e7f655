// Package api is the service over HTTP: it decodes a call, takes one step of attest, and
// encodes what came of it. Which error is which answer stands in problem.go, and nowhere
// else. The description at /openapi.json is made from the same declarations as the calls
// are, and the tests hold every answer against it.
//
// The package decides nothing about who may do what, opens no store, and draws no page;
// it serves no people's screens, and neither TLS nor health nor metrics, which belong to
// the program.
package api

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"kytiem/attest"
	"kytiem/bundle"
)

// Options say what the calls rest on and how much they take. Only Service is needed.
type Options struct {
	Service *attest.Service
	Log     *slog.Logger          // one line per call; nil logs nothing
	Metrics prometheus.Registerer // nil counts for nobody

	// What a sender may send, in bytes. Zero is 256 MiB for a file of results, 64 MiB for
	// a document, and 1 MiB for JSON.
	MaxImport, MaxDocument, MaxJSON int64

	// Temp is where uploads lie while their call lasts; empty is the system's directory for
	// temporary files. What it holds is personal data.
	Temp string

	// SlowSender is how long a sender may stall, the time within which an upload has to have
	// come to some pace, and how long a reader may take for an answer that is no file; zero
	// is 30 seconds.
	SlowSender time.Duration

	// Heavy is how many imports, seals and verifications run at once, and beside them how
	// many calls that prepare or complete signatures; those beyond wait a little and are
	// then sent away. Zero is two per processor.
	Heavy int

	// Calls is how many calls are under way at once, streams of events apart; those beyond
	// are sent away. Zero is 1,000.
	Calls int

	// Anonymous is how much one address may ask without a token, or with one that is none,
	// in calls per second, of which a verification counts as five; zero is 10, and a tenfold
	// in one go.
	Anonymous rate.Limit

	// Proxies are the addresses that may say by X-Forwarded-For for whom they call; without
	// them an address is that of the connection.
	Proxies []netip.Prefix

	// Events is how long a stream of events lasts before its reader has to ask again; zero
	// is five minutes.
	Events time.Duration

	// Stopping is closed when the service is about to stop: streams of events end then. nil
	// is never.
	Stopping <-chan struct{}
}

// The limits that a zero in Options stands for.
const (
	defaultMaxImport   = 256 << 20
	defaultMaxDocument = 64 << 20
	defaultMaxJSON     = 1 << 20
	defaultSlowSender  = 30 * time.Second
	defaultCalls       = 1000
	defaultAnonymous   = 10
	defaultEvents      = 5 * time.Minute
)

// api is what all calls share.
type api struct {
	o       Options
	service *attest.Service
	log     *slog.Logger
	huma    huma.API
	metrics *metrics
	calls   *gate
	heavy   *gate
	small   *gate
	signing *gate
	streams *gate
	purses  *purses
	known   *known

	watching *watching
}

// Foreign are the paths outside /v1/ that the handler serves, too, for clients of others.
func Foreign() []string { return []string{sivaPath, dssPath} }

// New makes the handler of /v1/…, /openapi.json and [Foreign]. It is for concurrent use.
func New(o Options) (http.Handler, error) {
	o.MaxImport = cmp.Or(o.MaxImport, defaultMaxImport)
	o.MaxDocument = cmp.Or(o.MaxDocument, defaultMaxDocument)
	o.MaxJSON = cmp.Or(o.MaxJSON, defaultMaxJSON)
	o.SlowSender = cmp.Or(o.SlowSender, defaultSlowSender)
	o.Heavy = cmp.Or(o.Heavy, 2*runtime.GOMAXPROCS(0))
	o.Calls = cmp.Or(o.Calls, defaultCalls)
	o.Anonymous = cmp.Or(o.Anonymous, defaultAnonymous)
	o.Events = cmp.Or(o.Events, defaultEvents)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &api{o: o, service: o.Service, log: o.Log, calls: newGate(o.Calls, 0, 0),
		heavy: newGate(o.Heavy, queueFactor*o.Heavy, heavyPatience), signing: newGate(o.Heavy, signingFactor*o.Heavy, heavyPatience),
		small: newGate(smallCount, 0, 0), streams: newGate(o.Calls, 0, 0), purses: newPurses(o.Anonymous, 10*o.Anonymous),
		known: &known{recent: newRecent[bundle.HexHash, struct{}](knownCount)}, watching: &watching{of: make(map[string]int)}}
	var err error
	if a.metrics, err = newMetrics(o.Metrics); err != nil {
		return nil, err
	}
	gin.SetMode(gin.ReleaseMode) // of the process: else gin writes its routes to standard output
	router := gin.New()
	router.RedirectTrailingSlash = false
	router.HandleMethodNotAllowed = true
	router.NoRoute(func(g *gin.Context) { a.stray(g, errNoRoute) })
	router.NoMethod(func(g *gin.Context) { a.stray(g, errNoMethod) })
	a.huma = humagin.New(router, a.configuration())

	a.importCalls()
	a.recordCalls()
	a.bundleCalls()
	a.fileCalls()
	a.evidenceCalls()
	a.minutesCalls()
	a.signingCalls()
	a.verificationCalls()
	a.proofCalls()
	a.unitCalls()
	a.accountCalls()
	a.certificateCalls()
	a.trustCalls()
	a.laterCalls()
	if err := a.serveDescription(router); err != nil {
		return nil, err
	}
	return router, nil
}
