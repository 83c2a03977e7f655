package audit

import (
	"errors"
	"fmt"
	"iter"
	"time"
)

// How a chain can be broken.
var (
	ErrGap     = errors.New("entries are missing before it")
	ErrDoubled = errors.New("its number was there already")
	ErrPrev    = errors.New("does not follow the entry before it")
	ErrSum     = errors.New("is not as it was written")
	ErrHead    = errors.New("is not where the chain has to end")
)

// BrokenError names the first entry that does not follow.
type BrokenError struct {
	Seq int64
	Err error // ErrGap, ErrDoubled, ErrPrev, ErrSum, ErrHead or ErrMalformed
}

func (e *BrokenError) Error() string { return fmt.Sprintf("audit entry %d: %v", e.Seq, e.Err) }

// Unwrap gives how the chain is broken.
func (e *BrokenError) Unwrap() error { return e.Err }

// Report is what a walk along a chain found.
type Report struct {
	Entries int64 // that follow
	Head    Head  // how far they reach

	// Backwards counts entries that are dated before the one they follow. That is no
	// break: transactions that overlap are entered in the order in which they end, and
	// clocks get set. Furthest is the longest such step, at entry FurthestSeq.
	Backwards   int64
	Furthest    time.Duration
	FurthestSeq int64
}

// Check walks entries, which come after from, and reports whether they are an
// unbroken chain that ends in head. The zero from stands for the whole chain. The
// error is a *[BrokenError] for the first entry that does not follow, or the first
// error that entries yields; the report reaches up to there.
func Check(from, head Head, entries iter.Seq2[Entry, error]) (Report, error) {
	report := Report{Head: from}
	var before time.Time
	for e, err := range entries {
		if err != nil {
			return report, err
		}
		if err := follows(report.Head, &e); err != nil {
			return report, &BrokenError{e.Seq, err}
		}
		report.Entries++
		report.Head = Head{e.Seq, e.Sum}
		if step := before.Sub(e.At); step > 0 && report.Entries > 1 {
			report.Backwards++
			if step > report.Furthest {
				report.Furthest, report.FurthestSeq = step, e.Seq
			}
		}
		before = e.At
	}
	if report.Head != head {
		return report, &BrokenError{report.Head.Seq, ErrHead}
	}
	return report, nil
}

// follows reports whether e is the next entry after head.
func follows(head Head, e *Entry) error {
	switch {
	case e.Seq > head.Seq+1:
		return ErrGap
	case e.Seq <= head.Seq:
		return ErrDoubled
	}
	sum, err := Sum(e.Prev, e)
	switch {
	case err != nil:
		return err
	case e.Prev != head.Sum:
		return ErrPrev
	case e.Sum != sum:
		return ErrSum
	}
	return nil
}
