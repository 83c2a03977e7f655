package attest

import (
	"sync"
	"time"
)

// How many refusals of one account get an entry of their own, and in what time: the chain
// is kept for good, and a token that asks for what it may not see a thousand times a
// minute says nothing that the first hundred did not.
const (
	maxRefusals = 100
	refusalTime = time.Hour
)

// refusals counts what was refused, by account. It is this program's alone: of several
// servers each enters so many.
type refusals struct {
	mutex sync.Mutex
	of    map[string]*refused // no more than there are accounts
}

type refused struct {
	since   time.Time
	entered int
	left    int // out of the chain since the last entry
}

// count counts a refusal at now. enter says whether it gets an entry, left how many before
// it got none, which that entry tells.
func (r *refusals) count(account string, now time.Time) (enter bool, left int) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	x := r.of[account]
	if x == nil {
		x = &refused{since: now}
		r.of[account] = x
	}
	if now.Sub(x.since) >= refusalTime {
		x.since, x.entered = now, 0
	}
	if x.entered == maxRefusals {
		x.left++
		return false, 0
	}
	x.entered++
	left, x.left = x.left, 0
	return true, left
}
