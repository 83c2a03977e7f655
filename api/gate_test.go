package api

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"
)

// TestGate: who does not fit in waits a little, and is then sent away; more than so many do
// not even wait.
func TestGate(t *testing.T) {
	g := newGate(1, queueFactor, 100*time.Millisecond)
	if err := g.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := g.enter(t.Context()); !errors.Is(err, errOverload) || time.Since(begun) < g.patience {
		t.Errorf("second entered after %v: %v", time.Since(begun), err)
	}
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	if err := g.enter(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("who hung up: %v", err)
	}
	answers := make(chan error, queueFactor+1)
	for range cap(answers) {
		go func() { answers <- g.enter(t.Context()) }()
	}
	if err := <-answers; !errors.Is(err, errOverload) || time.Since(begun) > 2*g.patience {
		t.Errorf("one too many was told %v after %v", err, time.Since(begun))
	}
	g.leave()
	entered := 0
	for range queueFactor {
		if err := <-answers; err == nil {
			entered++
		}
	}
	if entered != 1 {
		t.Errorf("%d entered one place", entered)
	}
}

// TestPursesAreBounded: however many addresses there are, the table is not larger, and who
// asked a moment ago is not forgotten.
func TestPursesAreBounded(t *testing.T) {
	p := newPurses(0.001, 1)
	first := netip.MustParseAddr("192.0.2.1")
	if err := p.spend(first, priceOfVerification); err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddr("10.0.0.0")
	for range 2 * purseCount {
		at = at.Next()
		if err := p.spend(at, 1); err != nil {
			t.Fatal(err)
		}
		if err := p.spend(first, priceOfVerification); !errors.Is(err, errRate) {
			t.Fatalf("forgotten after %s: %v", at, err)
		}
		if n := len(p.young) + len(p.old); n > purseCount {
			t.Fatalf("%d purses", n)
		}
	}
}
