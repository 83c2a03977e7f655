package store

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
)

// holdArgs is a job that goes on until it is let go.
type holdArgs struct{}

func (holdArgs) Kind() string { return "hold" }

type holdWorker struct {
	river.WorkerDefaults[holdArgs]
	begun, let chan struct{}
	times      atomic.Int32
}

func (w *holdWorker) Work(ctx context.Context, _ *river.Job[holdArgs]) error {
	w.times.Add(1)
	w.begun <- struct{}{}
	select {
	case <-w.let:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// left enqueues a job and leaves it as a server does that was killed just now.
func left(t *testing.T, s *Store, by string) {
	t.Helper()
	must(t, s, func(tx *Tx) error { return tx.Enqueue(t.Context(), noteArgs{by}, nil) })
	writing := `'{` + by + `}'`
	if s.Single() {
		writing = `jsonb('["` + by + `"]')`
	}
	must(t, s, func(tx *Tx) error {
		_, err := tx.conn.exec(t.Context(), `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = scheduled_at, attempted_by = `+writing+
			` WHERE kind = 'note' AND state = 'available'`)
		return err
	})
}

// TestOrphans: what a killed server was at is taken up within some beats, not when it has run for longer than it may.
func TestOrphans(t *testing.T) {
	const beat = 50 * time.Millisecond
	c := &clock{now: today}
	t.Run("sqlite", func(t *testing.T) {
		s := open(t, newFile(t), c)
		left(t, s, workerPrefix+"A")
		w, workers := noting(1)
		start(t, s, WorkOptions{Workers: workers})
		w.wait(t, 1, 10*time.Second)
	})
	t.Run("postgres, buried before", func(t *testing.T) {
		s := open(t, newDatabase(t), c)
		left(t, s, workerPrefix+"A")
		w, workers := noting(1)
		start(t, s, WorkOptions{Workers: workers, Beat: beat})
		w.wait(t, 1, 10*time.Second)
	})
	t.Run("postgres, silent", func(t *testing.T) {
		s := open(t, newDatabase(t), c)
		left(t, s, workerPrefix+"A")
		must(t, s, func(tx *Tx) error {
			_, err := tx.conn.exec(t.Context(), `INSERT INTO workers (id, beat) VALUES ($1, 17)`, workerPrefix+"A")
			return err
		})
		w, workers := noting(1)
		work := start(t, s, WorkOptions{Workers: workers, Beat: beat})
		w.wait(t, 1, 10*time.Second)
		stop(t, work)
		var n int64
		if err := s.Glance().one(t.Context(), `SELECT count(*) FROM workers`, nil, &n); err != nil || n != 0 {
			t.Errorf("%d workers are known (%v), want none", n, err)
		}
	})
	t.Run("postgres, of a program without a beat", func(t *testing.T) {
		s := open(t, newDatabase(t), c)
		left(t, s, "elsewhere-2026")
		w, workers := noting(1)
		start(t, s, WorkOptions{Workers: workers, Beat: beat})
		time.Sleep(4 * silentLooks * beat)
		if n := len(w.count()); n != 0 {
			t.Errorf("%d jobs were taken from a server of which nobody knows whether it lives", n)
		}
	})
}

// TestLivingKeepTheirJobs: a job that takes long is not taken from a server that beats.
func TestLivingKeepTheirJobs(t *testing.T) {
	const beat = 50 * time.Millisecond
	address := newDatabase(t)
	c := &clock{now: today}
	w := &holdWorker{begun: make(chan struct{}, 2), let: make(chan struct{})}
	workers := river.NewWorkers()
	river.AddWorker(workers, w)
	one, other := open(t, address, c), open(t, address, c)
	must(t, one, func(tx *Tx) error { return tx.Enqueue(t.Context(), holdArgs{}, nil) })
	for _, s := range []*Store{one, other} {
		start(t, s, WorkOptions{Workers: workers, Beat: beat})
	}
	<-w.begun
	time.Sleep(4 * silentLooks * beat)
	if n := w.times.Load(); n != 1 {
		t.Errorf("the job was begun %d times", n)
	}
	close(w.let)
}
