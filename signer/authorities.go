package signer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Authorities are several time-stamping authorities, asked in order until one answers. One
// that failed three times in a row is passed over for a minute, and for twice as long after
// each further failure, up to half an hour, so that a dead one does not cost every signature
// its whole timeout; while all are being passed over, all are asked. It is safe for concurrent use.
type Authorities struct {
	TSAs []Timestamper
	Now  func() time.Time // zero is [time.Now]

	mu     sync.Mutex
	states []breaker // by index in TSAs
}

const (
	patience = 3
	firstGap = time.Minute
	lastGap  = 30 * time.Minute
)

// breaker is what is remembered of one authority.
type breaker struct {
	failures int       // in a row
	until    time.Time // it is passed over
}

// Timestamp implements [Timestamper]. The error joins what each said.
func (a *Authorities) Timestamp(ctx context.Context, digest [32]byte) (token []byte, at time.Time, err error) {
	causes := []error{}
	for _, i := range a.order() {
		token, at, err := a.TSAs[i].Timestamp(ctx, digest)
		if err == nil {
			a.note(i, true)
			return token, at, nil
		}
		causes = append(causes, fmt.Errorf("authority %d of %d: %w", i+1, len(a.TSAs), err))
		if ctx.Err() != nil { // we gave up; nothing follows about the authority
			break
		}
		a.note(i, false)
	}
	if len(causes) == 0 {
		causes = append(causes, fmt.Errorf("none is configured: %w", ErrTSA))
	}
	return nil, time.Time{}, errors.Join(causes...)
}

// order is which authorities to ask. One whose gap is over is asked once, and the gap
// prolonged at once, so that others do not wait for it, too, while it is being tried.
func (a *Authorities) order() []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.states) != len(a.TSAs) {
		a.states = make([]breaker, len(a.TSAs))
	}
	now := a.now()
	var list, all []int
	for i := range a.TSAs {
		all = append(all, i)
		s := &a.states[i]
		if s.failures < patience {
			list = append(list, i)
			continue
		}
		if !now.Before(s.until) {
			s.until = now.Add(s.gap())
			list = append(list, i)
		}
	}
	if len(list) == 0 {
		return all
	}
	return list
}

func (a *Authorities) note(i int, answered bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := &a.states[i]
	if answered {
		*s = breaker{}
		return
	}
	if s.failures++; s.failures >= patience {
		s.until = a.now().Add(s.gap())
	}
}

func (s *breaker) gap() time.Duration {
	gap := firstGap
	for n := patience; n < s.failures && gap < lastGap; n++ {
		gap *= 2
	}
	return min(gap, lastGap)
}

func (a *Authorities) now() time.Time {
	if a.Now != nil {
		return a.Now()
	}
	return time.Now()
}
