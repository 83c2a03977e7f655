package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

// load is calls that begin at a fixed rate, whether or not those before them have ended: a server that falls behind is
// seen to, since a call's time runs from when it was due.
type load struct {
	rate    int           // calls a second
	lasting time.Duration // rate × lasting calls in all
	callers int           // at a time at most; one that is due while all are busy waits, and its time runs
}

// latencies are how long calls took, in order.
type latencies []time.Duration

// run makes the calls. The first error ends it.
func (l load) run(ctx context.Context, call func(ctx context.Context, n int) error) (latencies, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	total := int(float64(l.rate) * l.lasting.Seconds())
	took := make(latencies, total)
	due := make(chan int)
	begin := time.Now()
	at := func(n int) time.Time { return begin.Add(time.Duration(n) * time.Second / time.Duration(l.rate)) }
	var callers sync.WaitGroup
	for range l.callers {
		callers.Go(func() {
			for n := range due {
				if err := call(ctx, n); err != nil {
					stop(fmt.Errorf("call %d: %w", n, err))
					return
				}
				took[n] = time.Since(at(n))
			}
		})
	}
	for n := 0; n < total && ctx.Err() == nil; n++ {
		time.Sleep(time.Until(at(n)))
		select {
		case due <- n:
		case <-ctx.Done():
		}
	}
	close(due)
	callers.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return took.sorted(), nil
}

// asFast runs the calls 0 to n-1 with so many callers, each as soon as its last one has ended, and gives the time of all.
func asFast(ctx context.Context, n, callers int, call func(ctx context.Context, n int) error) (time.Duration, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan int)
	begin := time.Now()
	var running sync.WaitGroup
	for range callers {
		running.Go(func() {
			for n := range next {
				if err := call(ctx, n); err != nil {
					stop(fmt.Errorf("call %d: %w", n, err))
					return
				}
			}
		})
	}
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	running.Wait()
	took := time.Since(begin)
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return 0, err
	}
	return took, ctx.Err()
}

func (l latencies) sorted() latencies {
	slices.Sort(l)
	return l
}

// percentile is the time within which so many of a hundred calls ended.
func (l latencies) percentile(p float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	return l[min(len(l)-1, int(math.Ceil(p/100*float64(len(l))))-1)]
}
