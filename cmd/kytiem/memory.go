package main

import (
	"os"
	"runtime/debug"
)

// How the service uses memory. What a call leaves behind is large beside what the service
// holds, so that collecting at every doubling would take a sixth of the processor: garbage
// may be four times what lives, up to a size at which it is collected as often as it takes.
const (
	garbage   = 400       // percent of what lives
	softLimit = 128 << 20 // bytes, of Go's memory; the pages of a SQLite file come on top
)

// collectSeldom sets that, unless the environment says otherwise in Go's own variables.
// What commands do in passing stays as it is.
func collectSeldom() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softLimit)
	}
}
