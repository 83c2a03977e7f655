package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"kytiem/store/pgtest"
)

// communes are the units whose people call the service here: those of the sample that a certificate can be bound to by its
// identifier. The first one gathers what is many.
var communes = []string{"26221", "25993", "25996", "26008"}

// service measures the service by its own calls over HTTP, on both databases; the load runs on the same processors.
func (b *bench) service() error {
	if !slices.ContainsFunc([]string{"http", "sqlite", "pairs", "postgres", "raise"}, b.wanted) {
		return nil
	}
	ca, err := b.startCA(communes)
	if err != nil {
		return err
	}
	if b.wanted("http") {
		err = b.verifications()
	}
	if b.wanted("sqlite") {
		err = errors.Join(err, b.onSQLite())
	}
	if b.wanted("pairs") || b.wanted("postgres") {
		err = errors.Join(err, b.onPostgres())
	}
	if b.wanted("raise") {
		err = errors.Join(err, b.raise(ca.url+"/tsa"))
	}
	return errors.Join(err, ca.stop())
}

func (b *bench) onSQLite() (err error) {
	database := b.path("service.db")
	o, err := b.openOffice(database, 1, communes)
	defer func() { err = errors.Join(err, o.close()) }()
	if err != nil {
		return err
	}
	if err := o.imports("SQLite", 25_000, 1); err != nil { // first: the peak is of this alone
		return err
	}
	if err := errors.Join(o.worklist("SQLite"), o.sealAndProve(), o.close()); err != nil {
		return err
	}
	o.servers = nil
	return b.startAgain(database)
}

func (b *bench) onPostgres() (err error) {
	server, err := pgtest.Start("fsync=on", "full_page_writes=on", "shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=15min")
	if err != nil {
		b.table.beside("service on PostgreSQL", "not measured", "PostgreSQL is not installed (Debian package postgresql)")
		return nil //nolint:nilerr // said in the table
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if err := server.Create("figures", ""); err != nil {
		return err
	}
	o, err := b.openOffice(server.Address("figures"), 2, communes)
	defer func() { err = errors.Join(err, o.close()) }()
	if err != nil {
		return err
	}
	millions := 10
	if os.Getenv("BENCH_LARGE") == "0" {
		millions = 1
	}
	if b.wanted("pairs") {
		err = o.pairs()
	}
	if b.wanted("postgres") {
		err = errors.Join(err, o.imports("PostgreSQL", 40_000, millions), o.worklist("PostgreSQL"))
	}
	return err
}

// imports sends files of a million rows; the first one is measured.
func (o *office) imports(database string, bound, files int) error {
	rows := large
	if os.Getenv("BENCH_LARGE") == "0" {
		rows = large / 10
	}
	for n := range files {
		file, err := o.write("import.csv", communes[0], uint64(1000+n), rows)
		if err != nil {
			return err
		}
		if err := o.servers[0].resetPeak(); err != nil {
			return err
		}
		took, taken, err := o.post(communes[0], file)
		if err != nil {
			return err
		}
		o.rows += taken
		if n > 0 {
			continue
		}
		peak, err := o.servers[0].memory(true)
		if err != nil {
			return err
		}
		speed := int(float64(taken) / took.Seconds())
		alone, err := readFile(file)
		if err != nil {
			return err
		}
		o.table.bounded(fmt.Sprintf("import %s rows over HTTP, all checks, %s", thousands(taken), database),
			fmt.Sprintf("%s/s, %d MB", thousands(speed), peak), fmt.Sprintf("%s/s, 256 MB", thousands(bound)),
			fmt.Sprintf("reading and judging the rows alone %s", perSecond(taken, alone)), speed >= bound && peak <= 256)
	}
	return nil
}

func readFile(name string) (time.Duration, error) {
	file, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	err = readAll(file)
	return time.Since(begin), err
}

// worklist reads pages of 50 at random places of the largest unit's list.
func (o *office) worklist(database string) error {
	const pages = 200
	var took latencies
	cursor := ""
	for n := range pages {
		query := url.Values{"unit": {communes[0]}, "state": {"health"}, "cursor": {cursor}}
		var page struct{ Next string }
		var err error
		begin := time.Now()
		if n%2 == 0 {
			err = o.people[communes[0]]["health"].call(o.ctx, http.MethodGet, "/v1/records?"+query.Encode(), nil, &page)
		} else { // somewhere else in the list
			name := string(rune('a' + rand.IntN(26))) //nolint:gosec // any place will do
			err = o.people[communes[0]]["health"].call(o.ctx, http.MethodPost, "/v1/records/search", map[string]any{"unit": communes[0], "name": name}, &page)
		}
		if err != nil {
			return err
		}
		took, cursor = append(took, time.Since(begin)), page.Next
	}
	took = took.sorted()
	o.table.bounded(fmt.Sprintf("worklist page of 50 out of %s, %s", thousands(o.rows), database),
		fmt.Sprintf("median %s, slowest %s", short(took.percentile(50)), short(took.percentile(100))), "50 ms", "", took.percentile(100) <= 50*time.Millisecond)
	return nil
}

// sealAndProve seals bundles of ten thousand results and asks for the proofs of people in one of them.
func (o *office) sealAndProve() error {
	var times []time.Duration
	var bundles []string
	unit := communes[1]
	ids, err := o.ready(unit, 1, 3*ordinary)
	if err != nil {
		return err
	}
	for range 3 {
		id, took, err := o.seal(unit, ordinary)
		if err != nil {
			return err
		}
		bundles, times = append(bundles, id), append(times, took)
	}
	if err := o.signAll(unit, bundles); err != nil {
		return err
	}
	took := median(times)
	o.table.bounded(fmt.Sprintf("seal %s ready results out of the store, SQLite", thousands(ordinary)), short(took), "1.5 s", "", took <= 1500*time.Millisecond)

	const rate, bound = 2000, 20 * time.Millisecond
	lasting := 20 * time.Second
	citizens := make([]string, 1000)
	for n := range citizens {
		citizens[n] = ids[n*len(ids)/len(citizens)]
	}
	prove := func(ctx context.Context, n int) error {
		return o.people[unit]["health"].call(ctx, http.MethodGet, "/v1/records/"+citizens[n%len(citizens)]+"/proof", nil, nil)
	}
	if _, err := asFast(o.ctx, len(citizens), 2, prove); err != nil { // the trees of the bundles are read
		return err
	}
	all, err := load{rate, lasting, 64}.run(o.ctx, prove)
	if err != nil {
		return err
	}
	fastest, err := asFast(o.ctx, 4*rate, 16, prove)
	if err != nil {
		return err
	}
	health := caller{url: o.admin.url}
	bare, err := asFast(o.ctx, 4*rate, 16, func(ctx context.Context, _ int) error { return health.call(ctx, http.MethodGet, "/livez", nil, nil) })
	if err != nil {
		return err
	}
	o.table.bounded(fmt.Sprintf("one citizen's proof over HTTP, %s/s for %s", thousands(rate), short(lasting)),
		fmt.Sprintf("p99 %s", short(all.percentile(99))), "20 ms",
		fmt.Sprintf("as fast as it goes %s; /livez alone %s", perSecond(4*rate, fastest), perSecond(4*rate, bare)), all.percentile(99) <= bound)
	return nil
}

// signAll has the head of a unit sign bundles.
func (o *office) signAll(unit string, bundles []string) error {
	for _, id := range bundles {
		if _, err := o.pair(o.ctx, o.people[unit]["head"], o.heads[unit], id); err != nil {
			return err
		}
	}
	return nil
}

// startAgain starts the service on a database that is there, three times, and lets the last one lie idle.
func (b *bench) startAgain(database string) error {
	var times []time.Duration
	for n := range 3 {
		begin := time.Now()
		p, err := b.serve(database)
		if err != nil {
			return err
		}
		if err := (caller{url: p.url}).ready(b.ctx); err != nil {
			return errors.Join(err, p.stop())
		}
		times = append(times, time.Since(begin))
		if n < 2 {
			if err := p.stop(); err != nil {
				return err
			}
			continue
		}
		time.Sleep(10 * time.Second)
		now, err := p.memory(false)
		if err := errors.Join(err, p.stop()); err != nil {
			return err
		}
		took := median(times)
		b.table.bounded("start on a database of a million results; idle", fmt.Sprintf("%s; %d MB", short(took), now), "1 s; 60 MB", "", took <= time.Second && now <= 60)
	}
	return nil
}

// pairs holds a rate of bundles being prepared and completed, on two servers, the heads' keys being the callers'.
func (o *office) pairs() error {
	const rate, results, bound = 50, 20, 250 * time.Millisecond
	lasting := 5 * time.Minute
	if os.Getenv("BENCH_LARGE") == "0" {
		lasting = 20 * time.Second
	}
	total := rate * int(lasting.Seconds())
	type job struct{ unit, bundle string }
	share := (total + len(communes) - 1) / len(communes)
	for n, unit := range communes {
		if _, err := o.ready(unit, uint64(100+n), share*results); err != nil {
			return err
		}
	}
	sealed := make([]job, share*len(communes))
	if _, err := asFast(o.ctx, len(communes), len(communes), func(_ context.Context, n int) error {
		for i := range share {
			id, _, err := o.seal(communes[n], results)
			if err != nil {
				return err
			}
			sealed[i*len(communes)+n] = job{communes[n], id}
		}
		return nil
	}); err != nil {
		return err
	}
	prepares, completes := make(latencies, total), make(latencies, total)
	begin := time.Now()
	all, err := load{rate, lasting, 128}.run(o.ctx, func(ctx context.Context, n int) error {
		j := sealed[n]
		who := o.people[j.unit]["head"]
		who.url = o.servers[n%len(o.servers)].url
		took, err := o.pair(ctx, who, o.heads[j.unit], j.bundle)
		prepares[n], completes[n] = took[0], took[1]
		return err
	})
	if err != nil {
		return err
	}
	lasted := time.Since(begin)
	prepare, complete := prepares.sorted().percentile(95), completes.sorted().percentile(95)
	o.table.bounded(fmt.Sprintf("Prepare + Complete, %d/s for %s, two servers, PostgreSQL", rate, short(lasted)),
		fmt.Sprintf("p95 %s; whole pair from when it was due %s", short(max(prepare, complete)), short(all.percentile(95))), short(bound),
		fmt.Sprintf("Prepare p95 %s, Complete p95 %s; two RSA signatures by the caller within the pair", short(prepare), short(complete)),
		max(prepare, complete) <= bound)
	return nil
}

// pair has one bundle prepared and completed, and says how long each call took.
func (o *office) pair(ctx context.Context, who caller, by head, id string) (took [2]time.Duration, err error) {
	var request struct {
		ID    string
		Items []struct {
			ID, Kind         string
			SignedAttributes []byte `json:"signed_attributes"`
		}
	}
	begin := time.Now()
	err = who.call(ctx, http.MethodPost, "/v1/signing-requests", map[string]any{"bundles": []string{id}, "carrier": "api", "certificates": by.certificates}, &request)
	took[0] = time.Since(begin)
	if err != nil {
		return took, err
	}
	type signature struct {
		ID        string `json:"id"`
		Signature []byte `json:"signature"`
	}
	var signatures []signature
	for _, i := range request.Items {
		s, err := by.sign(i.SignedAttributes)
		if err != nil {
			return took, err
		}
		signatures = append(signatures, signature{i.ID, s})
	}
	var done struct {
		State string
	}
	begin = time.Now()
	err = who.call(ctx, http.MethodPost, "/v1/signing-requests/"+request.ID+"/signatures", map[string]any{"items": signatures}, &done)
	took[1] = time.Since(begin)
	if err == nil && done.State != "done" {
		err = fmt.Errorf("request %s is %s", request.ID, done.State)
	}
	return took, err
}
