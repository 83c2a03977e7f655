package attest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"kytiem/store"
)

// When what time alone makes due is looked for.
const (
	tendEvery  = time.Minute    // requests whose job did not come, and what was left in Options.Temp
	sweepEvery = time.Hour      // keys
	stampEvery = 24 * time.Hour // the head of the audit chain
	stampLook  = time.Hour      // whether it is time for that
	watchEvery = 24 * time.Hour // certificates: how they stand, and which expire
	levelEvery = 24 * time.Hour // signatures to raise, and time-stamps to renew
)

// Graces of a stop: what is under way may end, then is cut off to be taken again.
const (
	endGrace = 10 * time.Second
	cutGrace = 5 * time.Second
)

// Work runs the service's jobs until ctx is done: requests that expire, bundles that
// are drawn later, signatures that are raised and renewed, the daily time-stamp of the
// audit chain, keys that are forgotten.
// Every job decides by the state it finds, so that running twice does nothing twice.
// Then it takes no more, and waits for those under way, fifteen seconds at most.
func (s *Service) Work(ctx context.Context) error { return s.workUntil(ctx, endGrace, cutGrace) }

func (s *Service) workUntil(ctx context.Context, end, cutOff time.Duration) error {
	if err := s.bury(ctx); err != nil {
		return err
	}
	cut, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	workers := river.NewWorkers()
	river.AddWorker(workers, &expireWorker{s: s})
	river.AddWorker(workers, &drawWorker{s: s, cut: cut})
	river.AddWorker(workers, &sweepWorker{s: s})
	river.AddWorker(workers, &stampWorker{s: s})
	river.AddWorker(workers, &watchWorker{s: s})
	river.AddWorker(workers, &raiseWorker{s: s, cut: cut})
	river.AddWorker(workers, &levelsWorker{s: s})
	periodic := []*river.PeriodicJob{every(sweepEvery, sweepArgs{}), every(watchEvery, watchArgs{})}
	if s.o.Timestamper != nil {
		periodic = append(periodic, every(stampLook, stampArgs{}), every(levelEvery, levelsArgs{}))
	}
	work, err := s.store.Work(ctx, store.WorkOptions{Workers: workers, Periodic: periodic, Beside: map[string]int{raiseQueue: raiseWorkers}, Log: s.log})
	if err != nil {
		return err
	}
	s.tend(ctx)
	if err = halt(work, end); err != nil {
		stop()
		err = halt(work, cutOff)
	}
	if err != nil {
		return fmt.Errorf("stopping the jobs: %w", err)
	}
	return nil
}

func halt(work *store.Work, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	return work.Stop(ctx)
}

// every is a job that comes when the first server starts, and then again and again, on
// one server.
func every(d time.Duration, args river.JobArgs) *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(d), func() (river.JobArgs, *river.InsertOpts) { return args, once() },
		&river.PeriodicJobOpts{RunOnStart: true})
}

// once is for a job of which there is to be one at a time. One that is over does not
// count: it may have given up.
func once() *river.InsertOpts {
	return &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{rivertype.JobStateAvailable,
		rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}}}
}

// tend does, on every server, what hangs on no queue.
func (s *Service) tend(ctx context.Context) {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for {
		s.expireDue(ctx)
		s.tidy(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// expireDue closes the requests whose time is over: the net below the jobs that were
// enqueued for them, which a clock or the queue may have failed.
func (s *Service) expireDue(ctx context.Context) {
	v := s.store.Glance()
	due, err := v.RequestsDue(ctx, v.Now(), store.MaxPage)
	for _, id := range due {
		err = errors.Join(err, s.Expire(ctx, id)) // one that cannot be closed keeps no other open
	}
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "requests that are due not closed", slog.Any("error", err))
	}
}

// tidy removes from Options.Temp what a program that was killed left there: it is
// personal data. What is in use is never this old.
func (s *Service) tidy(ctx context.Context) {
	temp := cmp.Or(s.o.Temp, os.TempDir())
	for _, pattern := range []string{drawingPrefix + "*", badRowsPrefix + "*", spoolPrefix + "*"} {
		left, err := filepath.Glob(filepath.Join(temp, pattern))
		for _, path := range left {
			info, statErr := os.Lstat(path)
			if statErr == nil && time.Since(info.ModTime()) > 2*drawTimeout {
				err = errors.Join(err, os.RemoveAll(path))
			}
		}
		if err != nil {
			s.log.WarnContext(ctx, "leftovers not removed", slog.Any("error", err))
		}
	}
}

// expireWorker closes a request when its time is over.
type expireWorker struct {
	river.WorkerDefaults[expireArgs]
	s *Service
}

// Work implements [river.Worker].
func (w *expireWorker) Work(ctx context.Context, job *river.Job[expireArgs]) error {
	if err := w.s.Expire(ctx, job.Args.Request); err != nil {
		return err
	}
	r, err := w.s.store.Glance().Request(ctx, job.Args.Request)
	if err != nil || r.State != store.RequestOpen {
		return err
	}
	return river.JobSnooze(max(time.Second, r.ExpiresAt.Sub(w.s.now()))) // too early, by the clock of this server
}

// sweepArgs is the job that forgets what is over.
type sweepArgs struct{}

// Kind implements [river.JobArgs].
func (sweepArgs) Kind() string { return "service.sweep" }

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	s *Service
}

// Work implements [river.Worker].
func (w *sweepWorker) Work(ctx context.Context, _ *river.Job[sweepArgs]) error {
	return w.s.store.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.SweepKeys(ctx, tx.Now().Add(-KeyLife))
		return err
	})
}

// stampArgs is the job that has the audit chain time-stamped, if it is time.
type stampArgs struct{}

// Kind implements [river.JobArgs].
func (stampArgs) Kind() string { return "audit.stamp" }

type stampWorker struct {
	river.WorkerDefaults[stampArgs]
	s *Service
}

// Work implements [river.Worker].
func (w *stampWorker) Work(ctx context.Context, _ *river.Job[stampArgs]) error {
	v := w.s.store.Glance()
	last, err := v.LastStamp(ctx)
	if err == nil && v.Now().Sub(last.At) < stampEvery || err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return w.s.StampAudit(ctx)
}
