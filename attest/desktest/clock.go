package desktest

import (
	"sync"
	"time"
)

// Clock is what a desk goes by: it stands until time is let pass.
type Clock struct {
	mutex sync.Mutex
	at    time.Time
}

// NewClock makes a clock at the time at which all desks begin.
func NewClock() *Clock { return &Clock{at: begun()} }

func begun() time.Time { return time.Date(2022, 1, 5, 2, 0, 0, 0, time.UTC) }

// Now is the time by this clock.
func (c *Clock) Now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.at
}

// Pass lets time pass.
func (c *Clock) Pass(d time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.at = c.at.Add(d)
}

// Set puts the clock.
func (c *Clock) Set(at time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.at = at
}
