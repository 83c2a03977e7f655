package certs

import (
	"encoding/binary"
	"testing"
)

// TestVerifiedPaths: what held is not asked again, what did not is; and there is an end to what is remembered.
func TestVerifiedPaths(t *testing.T) {
	path := func(n int) Path {
		return Path{{Raw: binary.BigEndian.AppendUint32([]byte{0x30, 4}, uint32(n))}, {Raw: []byte{0x30, 0}}}
	}
	asked := 0
	answer := func(holds bool) func() bool {
		return func() bool { asked++; return holds }
	}
	v := &VerifiedPaths{}
	for _, step := range []struct {
		v           *VerifiedPaths
		path        Path
		holds, want bool
		asked       int // so far
	}{
		{v, path(1), false, false, 1},
		{v, path(1), false, false, 2},
		{v, path(1), true, true, 3},
		{v, path(1), false, true, 3},
		{v, path(2), false, false, 4},
		{v, path(1)[:1], false, false, 5},
		{v, Path{path(1)[1], path(1)[0]}, false, false, 6},
		{nil, path(1), true, true, 7},
		{nil, path(1), true, true, 8},
	} {
		if got := step.v.do(step.path, answer(step.holds)); got != step.want || asked != step.asked {
			t.Errorf("got %v after %d times, want %v after %d", got, asked, step.want, step.asked)
		}
	}
	for n := range 2*maxVerified + 10 {
		v.do(path(n), answer(true))
	}
	if len(v.seen) > maxVerified {
		t.Errorf("got %d remembered, want at most %d", len(v.seen), maxVerified)
	}
}
