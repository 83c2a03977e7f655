package attest

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/store"
)

// drawArgs is the job that draws a bundle too large for its caller to wait for.
type drawArgs struct {
	Bundle string `json:"bundle"`
}

// Kind implements [river.JobArgs].
func (drawArgs) Kind() string { return "bundles.draw" }

// Limits of drawing. A million results take a minute; a province's twenty million are
// for a machine that is not this slow.
const (
	drawTimeout   = 15 * time.Minute
	drawTries     = 5
	progressEvery = time.Second
)

// What kept a bundle from being drawn, as Progress.Fault says it.
const (
	FaultOutside     = "results-outside-period" // the unit did not exist on days of the results
	FaultNotReady    = "results-not-ready"      // by the rules of the program that drew, which has changed
	FaultNotAccepted = "not-accepted"           // our own verifier found something
	FaultFailed      = "failed"                 // tried often enough
)

type drawWorker struct {
	river.WorkerDefaults[drawArgs]
	s   *Service
	cut context.Context // done when the program stops and waits no longer
}

// Timeout implements [river.Worker].
func (w *drawWorker) Timeout(*river.Job[drawArgs]) time.Duration { return drawTimeout }

// Work implements [river.Worker].
func (w *drawWorker) Work(ctx context.Context, job *river.Job[drawArgs]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.cut, cancel)()
	s, id := w.s, job.Args.Bundle
	_, err := again(func() (Bundle, error) { return s.draw(ctx, clockwork(), id, s.progress(ctx, id)) })
	var fault string
	switch {
	case err == nil:
		s.log.InfoContext(ctx, "bundle drawn", slog.String("bundle", id))
		return nil
	case errors.Is(err, bundle.ErrMove): // withdrawn, with its progress
		return s.store.InTx(ctx, func(tx *store.Tx) error { return tx.ClearProgress(ctx, id) })
	case w.cut.Err() != nil: // not this job's fault; the next server takes it at once
		return river.JobSnooze(0)
	case errors.Is(err, dossier.ErrOutsidePeriod):
		fault = FaultOutside
	case errors.Is(err, dossier.ErrNotReady), errors.Is(err, ErrNothingReady):
		fault = FaultNotReady
	case errors.Is(err, ErrNotAccepted):
		fault = FaultNotAccepted
	case job.Attempt >= drawTries:
		fault = FaultFailed
	default:
		return err
	}
	return errors.Join(river.JobCancel(err), s.giveUp(context.WithoutCancel(ctx), id, fault))
}

// progress notes how far a drawing is, in transactions of its own and seldom enough to
// hinder nobody. That it cannot be noted is no reason not to draw.
func (s *Service) progress(ctx context.Context, id string) func(done, total int) {
	var last time.Time
	return func(done, total int) {
		if time.Since(last) < progressEvery {
			return
		}
		last = time.Now()
		s.note(ctx, store.Progress{Bundle: id, Done: done, Total: total})
	}
}

func (s *Service) note(ctx context.Context, p store.Progress) {
	err := s.store.InTx(ctx, func(tx *store.Tx) error { return tx.SetProgress(ctx, p) })
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "progress not noted", slog.String("bundle", p.Bundle), slog.Any("error", err))
	}
}

// giveUp says of an open bundle what kept it from being drawn.
func (s *Service) giveUp(ctx context.Context, id, fault string) error {
	s.log.WarnContext(ctx, "bundle not drawn", slog.String("bundle", id), slog.String("fault", fault))
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		b, err := tx.Bundle(ctx, id)
		if err != nil || b.Status.State != bundle.Open {
			return err
		}
		p, err := tx.Progress(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		p.Bundle, p.Fault = id, fault
		return tx.SetProgress(ctx, p)
	})
}
