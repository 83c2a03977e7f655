package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
)

// Limits of jobs. jobTimeout holds for those that name none of their own; a job whose
// server died, if nobody noticed that (see orphans.go), is taken up again after rescueAfter,
// or after its own timeout where that is longer. Jobs decide by the state they find, so that twice is no harm.
const (
	jobTimeout  = 2 * time.Minute
	rescueAfter = 5 * time.Minute
)

// fetchCooldown is how soon after one look for jobs the next may come. River's own tenth of
// a second would leave workers idle that take less than that for each.
const fetchCooldown = 20 * time.Millisecond

// WorkOptions say what jobs are worked, and how.
type WorkOptions struct {
	Workers     *river.Workers
	Periodic    []*river.PeriodicJob
	Concurrency int            // jobs at a time; 0 stands for 2
	Beside      map[string]int // further queues, and how many jobs of each at a time: what waits for others must keep nobody waiting
	Beat        time.Duration  // how often others are told that this server is alive; 0 stands for 5 seconds
	Log         *slog.Logger   // of what goes wrong; nil logs nothing. Arguments of jobs are never logged
}

// Work is a store's jobs being worked.
type Work struct {
	client interface{ Stop(context.Context) error }
	keeper *keeper
	still  context.CancelFunc // the keeper's
}

// Enqueue has a job worked after the transaction commits, at least once, by whichever
// server works jobs on this database; if it does not commit, never. Arguments hold ids
// only.
func (tx *Tx) Enqueue(ctx context.Context, args river.JobArgs, o *river.InsertOpts) error {
	if err := tx.conn.(transaction).enqueue(ctx, args, o); err != nil {
		return fmt.Errorf("enqueueing %s: %w", args.Kind(), err)
	}
	return nil
}

// Work works jobs until it is stopped.
func (s *Store) Work(ctx context.Context, o WorkOptions) (*Work, error) {
	if o.Concurrency <= 0 {
		o.Concurrency = 2
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	queues := map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: o.Concurrency}}
	for name, n := range o.Beside {
		queues[name] = river.QueueConfig{MaxWorkers: n}
	}
	k := s.newKeeper(o.Beat, o.Log)
	if err := k.begin(ctx); err != nil {
		return nil, fmt.Errorf("working jobs: %w", err)
	}
	client, err := s.database.work(ctx, &river.Config{
		ID:                   k.id,
		Workers:              o.Workers,
		PeriodicJobs:         o.Periodic,
		Queues:               queues,
		FetchCooldown:        fetchCooldown,
		JobTimeout:           jobTimeout,
		RescueStuckJobsAfter: rescueAfter,
		Logger:               slog.New(troubles{o.Log.Handler()}),
	})
	if err != nil {
		return nil, fmt.Errorf("working jobs: %w", err)
	}
	beating, still := context.WithCancel(context.WithoutCancel(ctx))
	go k.run(beating)
	return &Work{client, k, still}, nil
}

// Stop takes no more jobs and waits for those under way. When ctx is done first, they go
// on for as long as the program does, or are taken up again later.
func (w *Work) Stop(ctx context.Context) error {
	if err := w.client.Stop(ctx); err != nil {
		return err
	}
	w.still()
	<-w.keeper.ended
	return w.keeper.leave(ctx)
}

// insertOnly makes the client that enqueues.
func insertOnly[T any](driver riverdriver.Driver[T]) (*river.Client[T], error) {
	return river.NewClient(driver, &river.Config{Logger: slog.New(slog.DiscardHandler)})
}

// begin makes the client that works and starts it. It goes on after ctx, which bounds the
// beginning only.
func begin[T any](ctx context.Context, driver riverdriver.Driver[T], c *river.Config) (*river.Client[T], error) {
	client, err := river.NewClient(driver, c)
	if err != nil {
		return nil, err
	}
	return client, client.Start(context.WithoutCancel(ctx))
}

// migrateJobs makes River's own tables. Where they are up to date that is one question.
func migrateJobs[T any](ctx context.Context, driver riverdriver.Driver[T]) error {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	there, err := migrator.ExistingVersions(ctx)
	if err == nil && len(there) < len(migrator.AllVersions()) {
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	return err
}
