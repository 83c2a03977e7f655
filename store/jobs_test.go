package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"
)

type noteArgs struct {
	Subject string `json:"subject"`
}

func (noteArgs) Kind() string { return "note" }

// noteWorker counts how often each subject was worked.
type noteWorker struct {
	river.WorkerDefaults[noteArgs]
	mutex  sync.Mutex
	worked map[string]int
	came   chan struct{}
}

func (w *noteWorker) Work(_ context.Context, job *river.Job[noteArgs]) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.worked[job.Args.Subject]++
	w.came <- struct{}{}
	return nil
}

// testJobs: what is enqueued in a transaction is worked if that commits and only then.
func testJobs(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	w := &noteWorker{worked: make(map[string]int), came: make(chan struct{}, 10)}
	workers := river.NewWorkers()
	river.AddWorker(workers, w)
	work, err := s.Work(ctx, WorkOptions{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	gaveUp := errors.New("gave up")
	refuse(t, s, gaveUp, func(tx *Tx) error {
		if err := tx.Enqueue(ctx, noteArgs{"not committed"}, nil); err != nil {
			return err
		}
		return gaveUp
	})
	must(t, s, func(tx *Tx) error { return tx.Enqueue(ctx, noteArgs{"committed"}, nil) })
	once := &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: time.Hour}}
	for range 3 {
		must(t, s, func(tx *Tx) error { return tx.Enqueue(ctx, noteArgs{"once"}, once) })
	}
	for range 2 {
		select {
		case <-w.came:
		case <-time.After(20 * time.Second):
			t.Fatal("no job was worked")
		}
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := work.Stop(stopping); err != nil {
		t.Fatal(err)
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.worked["committed"] != 1 || w.worked["once"] != 1 || w.worked["not committed"] != 0 {
		t.Errorf("got %v worked, want each once that was committed", w.worked)
	}
}
