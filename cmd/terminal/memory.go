package terminal

import (
	"os"
	"runtime/debug"
)

// garbage is how much of it may lie beside what lives, in percent. What a call or a document leaves behind is large beside
// what is held, so that collecting at every doubling would take a sixth of the processor of a service, and a tenth of the
// time in which a document is verified.
const garbage = 400

// CollectSeldom sets that, and a limit in bytes of Go's memory from which on garbage is collected as often as it takes,
// unless the environment says otherwise in Go's own variables.
func CollectSeldom(limit int64) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
}
