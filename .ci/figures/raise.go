package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"kytiem/certs/devca"
	"kytiem/signer"
	"kytiem/store"
	"kytiem/store/pgtest"
)

// raise measures how fast a service takes signed attestations to B-LTA by its jobs on PostgreSQL, document and manifest: they
// are signed while it has no time-stamping authority, and found when it starts with one. The authority, the responder and the
// database share its processors. The floor is what the authority's four RSA signatures alone would take.
func (b *bench) raise(tsa string) (err error) {
	server, err := pgtest.Start("fsync=on", "full_page_writes=on", "shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=15min")
	if err != nil {
		b.table.beside("raising by jobs on PostgreSQL", "not measured", "PostgreSQL is not installed (Debian package postgresql)")
		return nil //nolint:nilerr // said in the table
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if err := server.Create("raising", ""); err != nil {
		return err
	}
	total := 10_000
	if os.Getenv("BENCH_LARGE") == "0" {
		total = 300
	}
	o, err := b.openOffice(server.Address("raising"), 1, communes)
	if err == nil {
		err = o.signMany(total)
	}
	if err := errors.Join(err, o.close()); err != nil {
		return err
	}
	os.Setenv("KYTIEM_TSA", tsa) //nolint:errcheck // a name without NUL
	defer os.Unsetenv("KYTIEM_TSA")
	p, err := b.serve(server.Address("raising"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	return b.watchRaising(p, total, server.Address("raising"))
}

// signMany has bundles of five results signed, a quarter of them by each commune's head.
func (o *office) signMany(total int) error {
	const results = 5
	share := total / len(communes)
	for n, unit := range communes {
		if _, err := o.ready(unit, uint64(500+n), share*results); err != nil {
			return err
		}
	}
	_, err := asFast(o.ctx, len(communes), len(communes), func(ctx context.Context, n int) error {
		unit := communes[n]
		for range share {
			id, _, err := o.seal(unit, results)
			if err == nil {
				_, err = o.pair(ctx, o.people[unit]["head"], o.heads[unit], id)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// watchRaising looks at the metrics until everything is raised, and at the memory meanwhile.
func (b *bench) watchRaising(p *process, total int, database string) error {
	begin := time.Now()
	var memories []int64
	var took time.Duration
	for took == 0 {
		time.Sleep(200 * time.Millisecond)
		done, err := raisedSoFar(b.ctx, p.url)
		if err != nil {
			return err
		}
		now, err := p.memory(false)
		if err != nil {
			return err
		}
		memories = append(memories, now)
		switch {
		case done >= total:
			took = time.Since(begin)
		case time.Since(begin) > time.Duration(total)*time.Second:
			return fmt.Errorf("%d of %d raised after %s", done, total, time.Since(begin))
		}
	}
	// Flat: the last third of the run needs no more than the second, give or take what the collector does.
	third := len(memories) / 3
	early, late := slices.Max(memories[third:max(third+1, 2*third)]), slices.Max(memories[2*third:])
	flat := float64(late) <= 1.25*float64(early)+10
	floor, err := fourSignatures()
	if err != nil {
		return err
	}
	rate := float64(total) / took.Seconds()
	b.table.bounded(fmt.Sprintf("raise %s attestations to B-LTA through River, PostgreSQL", thousands(total)),
		fmt.Sprintf("%.0f/s, %d MB, then %d MB", rate, early, late), "40/s, memory flat",
		fmt.Sprintf("four RSA-2048 signatures of the authority alone %.0f/s", floor), rate >= 40 && flat)
	return b.allRaised(database, total)
}

// allRaised asks the database itself.
func (b *bench) allRaised(database string, total int) error {
	s, err := store.Open(b.ctx, store.Options{Database: database, Connections: 2})
	if err != nil {
		return err
	}
	counts, err := s.Glance().CountLevels(b.ctx)
	if err == nil && counts[string(signer.LevelLTA)][""] != total {
		err = fmt.Errorf("levels are %v, want %d at B-LTA", counts, total)
	}
	return errors.Join(err, s.Close())
}

// raisedSoFar reads the metric of bundles at B-LTA.
func raisedSoFar(ctx context.Context, url string) (int, error) {
	page, err := (caller{url: url}).text(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "kytiem_bundles_level{") && strings.Contains(line, `level="B-LTA"`) {
			value, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' ')+1:]), 64)
			return int(value), err
		}
	}
	return 0, nil
}

// text reads what is no JSON.
func (c caller) text(ctx context.Context, path string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return string(text), err
}

// fourSignatures is how often in a second an authority could make four signatures if it did nothing else.
func fourSignatures() (float64, error) {
	ca, err := devca.New(devca.Options{})
	if err != nil {
		return 0, err
	}
	digest, tsa := sha256.Sum256(nil), ca.TSA()
	return throughput(500, func() error {
		for range 4 {
			if _, err := tsa.Key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
				return err
			}
		}
		return nil
	})
}
