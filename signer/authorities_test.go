package signer_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"kytiem/signer"
)

// TestAuthorities: they are asked in order, and a dead one is passed over for a while.
func TestAuthorities(t *testing.T) {
	clock := now
	var asked []string
	dead := map[string]bool{}
	authority := func(name string) signer.Timestamper {
		return timestamperFunc(func(context.Context, [32]byte) ([]byte, time.Time, error) {
			asked = append(asked, name)
			if dead[name] {
				return nil, time.Time{}, signer.ErrTSA
			}
			return []byte(name), clock, nil
		})
	}
	a := &signer.Authorities{TSAs: []signer.Timestamper{authority("a"), authority("b")}, Now: func() time.Time { return clock }}
	for _, step := range []struct {
		name  string
		dead  string
		wait  time.Duration
		asked string
		token string
	}{
		{name: "the first answers", asked: "a", token: "a"},
		{name: "one failure", dead: "a", asked: "ab", token: "b"},
		{name: "and it is back", asked: "a", token: "a"},
		{name: "failure 1", dead: "a", asked: "ab", token: "b"},
		{name: "failure 2", dead: "a", asked: "ab", token: "b"},
		{name: "failure 3", dead: "a", asked: "ab", token: "b"},
		{name: "passed over", dead: "a", asked: "b", token: "b"},
		{name: "even if it is back", asked: "b", token: "b"},
		{name: "tried after a minute", dead: "a", wait: time.Minute, asked: "ab", token: "b"},
		{name: "not again after another", dead: "a", wait: time.Minute, asked: "b", token: "b"},
		{name: "but after two", wait: time.Minute, asked: "a", token: "a"},
		{name: "as if nothing had been", asked: "a", token: "a"},
		{name: "both down", dead: "ab", asked: "ab"},
		{name: "both down 2", dead: "ab", asked: "ab"},
		{name: "both down 3", dead: "ab", asked: "ab"},
		{name: "both passed over, so both are asked", dead: "a", asked: "ab", token: "b"},
	} {
		asked = nil
		clear(dead)
		for _, name := range step.dead {
			dead[string(name)] = true
		}
		clock = clock.Add(step.wait)
		token, _, err := a.Timestamp(t.Context(), [32]byte{})
		if got := strings.Join(asked, ""); got != step.asked || string(token) != step.token || (err != nil) != (step.token == "") {
			t.Errorf("%s: asked %s, got %q, %v, want %s, %q", step.name, got, token, err, step.asked, step.token)
		}
		if err != nil && !errors.Is(err, signer.ErrTSA) {
			t.Errorf("%s: got %v, want %v", step.name, err, signer.ErrTSA)
		}
	}
	if _, _, err := (&signer.Authorities{}).Timestamp(t.Context(), [32]byte{}); !errors.Is(err, signer.ErrTSA) {
		t.Errorf("none: got %v, want %v", err, signer.ErrTSA)
	}
}

// TestAuthoritiesStopped: who gave up asking learns nothing about the authority.
func TestAuthoritiesStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	second := timestamperFunc(func(context.Context, [32]byte) ([]byte, time.Time, error) {
		t.Error("the second was asked")
		return nil, time.Time{}, nil
	})
	first := timestamperFunc(func(ctx context.Context, _ [32]byte) ([]byte, time.Time, error) {
		asked++
		cancel()
		return nil, time.Time{}, ctx.Err()
	})
	a := &signer.Authorities{TSAs: []signer.Timestamper{first, second}}
	for range 5 {
		if _, _, err := a.Timestamp(ctx, [32]byte{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want %v", err, context.Canceled)
		}
	}
	if asked != 5 {
		t.Errorf("asked %d times, want 5", asked)
	}
}
