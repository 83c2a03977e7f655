package store

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"
)

// noting makes a worker of notes that has room for n of them.
func noting(n int) (*noteWorker, *river.Workers) {
	w := &noteWorker{worked: make(map[string]int), came: make(chan struct{}, n)}
	workers := river.NewWorkers()
	river.AddWorker(workers, w)
	return w, workers
}

// start works jobs for the time of the test.
func start(t *testing.T, s *Store, o WorkOptions) *Work {
	t.Helper()
	work, err := s.Work(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, work) })
	return work
}

func stop(t *testing.T, work *Work) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := work.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// wait waits for n notes.
func (w *noteWorker) wait(t *testing.T, n int, most time.Duration) {
	t.Helper()
	late := time.After(most)
	for i := range n {
		select {
		case <-w.came:
		case <-late:
			t.Fatalf("got %d jobs worked in %v, want %d", i, most, n)
		}
	}
}

// count tells how often each note was worked.
func (w *noteWorker) count() map[string]int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return maps.Clone(w.worked)
}

// testRescue: a job whose server was killed is taken up again by the next one.
func testRescue(t *testing.T, s *Store) {
	must(t, s, func(tx *Tx) error { return tx.Enqueue(t.Context(), noteArgs{"left behind"}, nil) })
	must(t, s, func(tx *Tx) error { // as a killed server leaves it
		_, err := tx.conn.exec(t.Context(), `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = $1`, leftAt(s))
		return err
	})
	w, workers := noting(1)
	start(t, s, WorkOptions{Workers: workers})
	w.wait(t, 1, 20*time.Second)
}

// leftAt is an hour ago in the database's own writing.
func leftAt(s *Store) any {
	ago := time.Now().UTC().Add(-time.Hour)
	if s.file != "" {
		return ago.Format("2006-01-02 15:04:05.000")
	}
	return ago
}

func TestRescue(t *testing.T) {
	c := &clock{now: today}
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); testRescue(t, open(t, newFile(t), c)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); testRescue(t, open(t, newDatabase(t), c)) })
}

// TestSharedJobs: two servers on one database work each job once.
func TestSharedJobs(t *testing.T) {
	t.Parallel()
	const jobs = 40
	address := newDatabase(t)
	c := &clock{now: today}
	one, other := open(t, address, c), open(t, address, c)
	w, workers := noting(2 * jobs)
	for _, s := range []*Store{one, other} {
		start(t, s, WorkOptions{Workers: workers, Concurrency: 4})
	}
	var enqueueing sync.WaitGroup
	for _, s := range []*Store{one, other} {
		enqueueing.Go(func() {
			for n := range jobs {
				err := s.InTx(t.Context(), func(tx *Tx) error { return tx.Enqueue(t.Context(), noteArgs{fmt.Sprintf("%p %d", s, n)}, nil) })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	enqueueing.Wait()
	w.wait(t, 2*jobs, 20*time.Second)
	time.Sleep(50 * time.Millisecond) // for one that would come twice
	counts := w.count()
	if len(counts) != 2*jobs {
		t.Errorf("got %d jobs worked, want %d", len(counts), 2*jobs)
	}
	for subject, n := range counts {
		if n != 1 {
			t.Errorf("job %s: worked %d times, want once", subject, n)
		}
	}
}

// TestJobsOutage: while the database is gone nothing is enqueued, and when it is back the
// jobs go on as before.
func TestJobsOutage(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	s := open(t, server.Address("postgres"), &clock{now: today})
	w, workers := noting(10)
	start(t, s, WorkOptions{Workers: workers})
	must(t, s, func(tx *Tx) error { return tx.Enqueue(t.Context(), noteArgs{"before"}, nil) })
	w.wait(t, 1, 10*time.Second)
	if err := server.Halt(); err != nil {
		t.Fatal(err)
	}
	refuse(t, s, ErrUnavailable, func(tx *Tx) error { return tx.Enqueue(t.Context(), noteArgs{"without"}, nil) })
	time.Sleep(time.Second) // River notices
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	must(t, s, func(tx *Tx) error { return tx.Enqueue(t.Context(), noteArgs{"after"}, nil) })
	w.wait(t, 1, 25*time.Second)
	if counts := w.count(); counts["without"] != 0 {
		t.Errorf("got %v worked, want none that was not committed", counts)
	}
}
