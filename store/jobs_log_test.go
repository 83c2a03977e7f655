package store

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestTroubles(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(troubles{slog.NewTextHandler(&out, nil)}).With(slog.String("of", "river")).WithGroup("g")
	for _, tt := range []struct {
		name string
		say  func()
		want string
	}{
		{"its own going", func() { log.InfoContext(t.Context(), "producer: job counts", slog.Int("n", 1)) }, ""},
		{"a warning", func() { log.WarnContext(t.Context(), "slow") }, "level=WARN msg=slow of=river"},
		{"an error", func() { log.ErrorContext(t.Context(), "none", slog.String("error", "connection refused")) }, "connection refused"},
		{"the program stops", func() { log.ErrorContext(t.Context(), "none", slog.String("error", "begin: context canceled")) }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out.Reset()
			tt.say()
			if got := out.String(); !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
