package attest

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/pades"
	"kytiem/signer"
	"kytiem/store"
)

// raiseArgs is the job that raises the signatures of a bundle, and comes again until that
// is done.
type raiseArgs struct {
	Bundle string `json:"bundle"`
}

// Kind implements [river.JobArgs].
func (raiseArgs) Kind() string { return "bundles.raise" }

// Raising waits for others, minutes where it must, and so has a queue of its own: requests
// expire and bundles are drawn meanwhile.
const (
	raiseQueue   = "raise"
	raiseWorkers = 4
	raiseTimeout = 15 * time.Minute // two files, of which each may wait for several authorities
)

func raiseOnce() *river.InsertOpts {
	o := once()
	o.Queue = raiseQueue
	return o
}

// What keeps signatures from being raised, as Level.Cause says it.
const (
	CauseTSA             = "tsa-unavailable"       // no authority answers
	CauseTSAWrong        = "tsa-wrong"             // one answers with something that is no time-stamp over what was asked
	CauseTSAUntrusted    = "tsa-untrusted"         // it leads to no anchor, or its certificate was revoked or serves for something else
	CauseAuthorityLapses = "tsa-lapses"            // a new time-stamp would last no longer than the one that is there
	CauseOffline         = "offline"               // the service asks nobody about revocation
	CauseTooEarly        = "evidence-too-early"    // the issuer's next list is awaited
	CauseEvidence        = "evidence-unavailable"  // neither responder nor list gives an answer that counts
	CauseRevoked         = "certificate-revoked"   // before the time that is proven
	CauseSuspended       = "certificate-suspended" // then
	CauseUntrusted       = "certificate-untrusted" // it leads to no anchor any more, or has expired
	CauseNotAccepted     = "not-accepted"          // our own verifier found something
	CauseFailed          = "failed"                // something else; the log says what
)

// causeOf is the code of what went wrong.
func causeOf(err error) string {
	for _, known := range [...]struct {
		cause string
		is    []error // all of them
	}{
		{CauseNotAccepted, []error{ErrNotAccepted}},
		{CauseAuthorityLapses, []error{ErrAuthorityLapses}},
		{CauseTSAUntrusted, []error{signer.ErrTSA, certs.ErrNoPath}},
		{CauseTSAUntrusted, []error{signer.ErrTSA, certs.ErrUsage}},
		{CauseTSAUntrusted, []error{signer.ErrTSA, certs.ErrWeak}},
		{CauseTSAUntrusted, []error{signer.ErrTSA, certs.ErrRevoked}},
		{CauseTSAWrong, []error{signer.ErrTSA, pades.ErrTimeStamp}},
		{CauseTSA, []error{signer.ErrTSA}},
		{CauseTSAWrong, []error{pades.ErrTimeStamp}},
		{CauseRevoked, []error{certs.ErrRevoked}},
		{CauseSuspended, []error{certs.ErrSuspended}},
		{CauseOffline, []error{certs.ErrOffline}},
		{CauseTooEarly, []error{certs.ErrTooEarly}},
		{CauseEvidence, []error{certs.ErrStatusUnknown}},
		{CauseUntrusted, []error{certs.ErrNoPath}},
		{CauseUntrusted, []error{certs.ErrExpired}},
	} {
		all := true
		for _, one := range known.is {
			all = all && errors.Is(err, one)
		}
		if all {
			return known.cause
		}
	}
	return CauseFailed
}

// Pauses between tries: each twice the one before.
const (
	firstPause = 2 * time.Second
	lastPause  = 6 * time.Hour
	tsaPause   = 30 * time.Minute    // at most, since authorities come back
	dayPause   = 24 * time.Hour      // where only people can mend it, and for what has waited for long
	weekPause  = 7 * 24 * time.Hour  // for a renewal that would gain nothing
	longWait   = 14 * 24 * time.Hour // after which a try a day will do
)

// pauseAfter says how long to wait after so many tries in vain.
func pauseAfter(cause string, tries int, waited time.Duration) time.Duration {
	pause, most := firstPause, lastPause
	switch {
	case cause == CauseAuthorityLapses:
		return weekPause
	case cause == CauseRevoked, cause == CauseSuspended, cause == CauseUntrusted, cause == CauseNotAccepted, waited > longWait:
		return dayPause
	case cause == CauseTSA:
		most = tsaPause
	}
	for n := 1; n < tries && pause < most; n++ {
		pause *= 2
	}
	return min(pause, most)
}

// outage is what a server remembers of its authorities: while none answers, every further
// bundle would wait for them in vain. It goes by the clock of the queue.
type outage struct {
	mutex sync.Mutex
	gap   time.Duration
	until time.Time
}

const lastOutage = 15 * time.Minute

// wait is how long nobody is to be asked.
func (o *outage) wait() time.Duration {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return max(0, time.Until(o.until))
}

// note that authorities answered, or did not. Of several that found them dead at once, one
// counts.
func (o *outage) note(dead bool) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	switch now := time.Now(); {
	case !dead:
		o.gap, o.until = 0, time.Time{}
	case now.After(o.until):
		o.gap = min(max(time.Second, 2*o.gap), lastOutage)
		o.until = now.Add(o.gap)
	}
}

type raiseWorker struct {
	river.WorkerDefaults[raiseArgs]
	s   *Service
	cut context.Context // as of drawWorker
}

// Timeout implements [river.Worker].
func (w *raiseWorker) Timeout(*river.Job[raiseArgs]) time.Duration { return raiseTimeout }

// signingPause is how soon to look again at a bundle that somebody is asked to sign.
const signingPause = 30 * time.Second

// Work implements [river.Worker]. A job that could not do its work comes again, for as long as
// it takes: snoozing counts as no attempt, so that River gives up on none.
func (w *raiseWorker) Work(ctx context.Context, job *river.Job[raiseArgs]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.cut, cancel)()
	s, id := w.s, job.Args.Bundle
	if s.o.Timestamper == nil { // it was enqueued by a server that has one
		return river.JobSnooze(dayPause)
	}
	if wait := s.outage.wait(); wait > 0 {
		return river.JobSnooze(wait + time.Duration(job.ID%16)*(wait/64+50*time.Millisecond)) // not all of them at once
	}
	level, err := s.Raise(ctx, id)
	if dead := errors.Is(err, signer.ErrTSA); dead || err == nil {
		s.outage.note(dead)
	}
	switch {
	case err == nil:
		return nil
	case w.cut.Err() != nil: // the next server takes it at once
		return river.JobSnooze(0)
	case errors.Is(err, store.ErrNotFound): // not signed; nothing deletes a bundle
		return river.JobCancel(err)
	case errors.Is(err, ErrRequestOpen):
		return river.JobSnooze(signingPause)
	case level.Bundle == "": // the step itself failed, not what lies outside
		return err
	}
	next, err := s.delay(context.WithoutCancel(ctx), level, err)
	switch {
	case errors.Is(err, store.ErrStale): // another server was faster
		return river.JobSnooze(time.Second)
	case err != nil:
		return err
	case level.Level == string(signer.LevelLTA): // a renewal, which the daily look will take up
		return nil
	}
	return river.JobSnooze(next)
}

// delay notes why a bundle's signatures are not raised yet, and says for how long to wait.
func (s *Service) delay(ctx context.Context, l store.Level, why error) (time.Duration, error) {
	now := s.now()
	l.Cause = causeOf(why)
	next := pauseAfter(l.Cause, l.Tries+1, now.Sub(l.At))
	l.NextAt = now.Add(next)
	s.log.WarnContext(ctx, "signatures not raised", slog.String("bundle", l.Bundle), slog.String("level", l.Level), slog.String("cause", l.Cause),
		slog.Int("tries", l.Tries+1), slog.Duration("next", next), slog.Any("error", why))
	return next, s.store.InTx(ctx, func(tx *store.Tx) error { return tx.DelayLevel(ctx, &l) })
}

// levelsArgs is the job that looks, once a day, for signatures that no job raises, and for
// archive time-stamps that lapse.
type levelsArgs struct{}

// Kind implements [river.JobArgs].
func (levelsArgs) Kind() string { return "service.levels" }

type levelsWorker struct {
	river.WorkerDefaults[levelsArgs]
	s *Service
}

// Timeout implements [river.Worker].
func (w *levelsWorker) Timeout(*river.Job[levelsArgs]) time.Duration { return raiseTimeout }

// Work implements [river.Worker].
func (w *levelsWorker) Work(ctx context.Context, _ *river.Job[levelsArgs]) error {
	return w.s.TendLevels(ctx)
}

// TendLevels has every signature raised that is below B-LTA, and every archive time-stamp
// renewed that lapses within [RenewAhead], and warns of those that lapse within [WarnAhead]:
// they should have been renewed by now. It is the net below the jobs that came with the
// signatures; a bundle that has a job gets no second one.
func (s *Service) TendLevels(ctx context.Context) error {
	err := s.store.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.AdoptLevels(ctx, bundle.SignatureFile, string(signer.LevelB))
		return err
	})
	if err != nil {
		return err
	}
	v := s.store.Glance()
	for _, level := range signer.Levels() {
		if level == signer.LevelLTA {
			break
		}
		err := s.enqueueRaises(ctx, func(p store.Page) ([]store.Level, string, error) { return v.LevelsAt(ctx, "", string(level), p) })
		if err != nil {
			return err
		}
	}
	now := v.Now()
	err = s.enqueueRaises(ctx, func(p store.Page) ([]store.Level, string, error) {
		return v.LevelsLapsing(ctx, "", now.Add(RenewAhead), p)
	})
	if err != nil {
		return err
	}
	lapsing, err := v.CountLapsing(ctx, now.Add(WarnAhead))
	if err == nil && lapsing > 0 {
		s.log.WarnContext(ctx, "archive time-stamps lapse within 60 days and are not renewed", slog.Int("bundles", lapsing))
	}
	return err
}

// enqueueRaises goes through a list page by page.
func (s *Service) enqueueRaises(ctx context.Context, read func(store.Page) ([]store.Level, string, error)) error {
	for p := (store.Page{Limit: store.MaxPage}); ; {
		found, next, err := read(p)
		if err != nil {
			return err
		}
		err = s.store.InTx(ctx, func(tx *store.Tx) error {
			for _, l := range found {
				if l.Level == string(signer.LevelLTA) && l.NextAt.After(tx.Now()) { // a renewal that is not due again
					continue
				}
				if err := tx.Enqueue(ctx, raiseArgs{Bundle: l.Bundle}, raiseOnce()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if p.After = next; next == "" {
			return nil
		}
	}
}
