package store

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"kytiem/bundle"
)

// A job whose server was killed is running for ever, as far as its row says. River takes it
// up again once it has run for longer than it may (rescueAfter, a raise's quarter of an
// hour). That is the net; before it, servers watch each other: each has a number go on, and
// whose number stood still for silentLooks looks is taken for dead and its jobs are handed
// back. No clocks are compared, and an outage of the database, in which nobody's number goes
// on and nobody looks, kills nobody. Who was only held up goes on, and its job is done
// twice, which is no harm.
//
// A SQLite file belongs to one program at a time: what is running when that begins to work
// is its predecessor's.
const (
	beatEvery   = 5 * time.Second
	silentLooks = 6
)

// workerPrefix begins the names of workers that have a beat. Those of programs before this
// have none, and are left to River.
const workerPrefix = "kytiem-"

// keeper is a worker's beat, and what it has seen of others'.
type keeper struct {
	store *Store
	id    string
	every time.Duration
	log   *slog.Logger
	seen  map[string]silence // by worker
	ended chan struct{}
}

// silence is a beat, and how often it was found unchanged.
type silence struct {
	beat  int64
	looks int
}

func (s *Store) newKeeper(every time.Duration, log *slog.Logger) *keeper {
	if every <= 0 {
		every = beatEvery
	}
	return &keeper{store: s, id: workerPrefix + bundle.NewID(), every: every, log: log, seen: make(map[string]silence), ended: make(chan struct{})}
}

// begin makes the worker known before it takes a job.
func (k *keeper) begin(ctx context.Context) error {
	if !k.store.Single() {
		return k.beat(ctx)
	}
	return k.store.InTx(ctx, func(tx *Tx) error {
		_, err := tx.conn.exec(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running' AND attempt < max_attempts`)
		return err
	})
}

// run beats and looks until ctx is done.
func (k *keeper) run(ctx context.Context) {
	defer close(k.ended)
	if k.store.Single() {
		return
	}
	tick := time.NewTicker(k.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := k.beat(ctx)
		if err == nil {
			err = k.look(ctx)
		}
		if err != nil && ctx.Err() == nil {
			k.log.WarnContext(ctx, "beat of this server not kept", slog.Any("error", err))
		}
	}
}

func (k *keeper) beat(ctx context.Context) error {
	_, err := k.store.Glance().conn.exec(ctx, `INSERT INTO workers (id, beat) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET beat = workers.beat + 1`, k.id)
	if err != nil {
		return fmt.Errorf("keeping the beat of worker %s: %w", k.id, err)
	}
	return nil
}

// leave forgets the worker, which has ended.
func (k *keeper) leave(ctx context.Context) error {
	if k.store.Single() {
		return nil
	}
	return k.bury(ctx, k.id)
}

// look counts how long others have been silent. Those that run a job and are not in the
// table at all were buried by somebody, and are dead.
func (k *keeper) look(ctx context.Context) error {
	v := k.store.Glance()
	type worker struct {
		id   string
		beat int64
	}
	beating, err := list(ctx, v, func(r rows) (w worker, err error) { return w, r.Scan(&w.id, &w.beat) }, `SELECT id, beat FROM workers ORDER BY id`)
	if err != nil {
		return fmt.Errorf("looking at other workers: %w", err)
	}
	now := make(map[string]silence, len(beating))
	for _, w := range beating {
		before, known := k.seen[w.id]
		if before.looks++; !known || before.beat != w.beat {
			before = silence{beat: w.beat}
		}
		now[w.id] = before
	}
	k.seen = now
	at, err := list(ctx, v, func(r rows) (id string, err error) { return id, r.Scan(&id) },
		`SELECT DISTINCT `+k.store.database.lastWorker()+` FROM river_job WHERE state = 'running' AND attempted_by IS NOT NULL`)
	if err != nil {
		return fmt.Errorf("looking at who runs jobs: %w", err)
	}
	for _, id := range at {
		if _, there := now[id]; !there && strings.HasPrefix(id, workerPrefix) {
			now[id] = silence{looks: silentLooks}
		}
	}
	for id, s := range now {
		if s.looks < silentLooks || id == k.id {
			continue
		}
		if err := k.bury(ctx, id); err != nil {
			return err
		}
		delete(k.seen, id)
		k.log.WarnContext(ctx, "jobs of a server that is silent taken over", slog.String("worker", id))
	}
	return nil
}

// bury hands back what a worker was at, and forgets it. A job that has used up its attempts
// is left to River, which gives it up: it may be what kills its servers.
func (k *keeper) bury(ctx context.Context, id string) error {
	err := k.store.InTx(ctx, func(tx *Tx) error {
		_, err := tx.conn.exec(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running' AND attempt < max_attempts AND `+
			k.store.database.lastWorker()+` = $1`, id)
		if err == nil {
			_, err = tx.conn.exec(ctx, `DELETE FROM workers WHERE id = $1`, id)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("taking over the jobs of worker %s: %w", id, err)
	}
	return nil
}
