package store

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestTroubles(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(troubles{slog.NewTextHandler(&out, nil)}).With("of", "river").WithGroup("g")
	for _, tt := range []struct {
		name string
		say  func()
		want string
	}{
		{"its own going", func() { log.Info("producer: job counts", "n", 1) }, ""},
		{"a warning", func() { log.Warn("slow") }, "level=WARN msg=slow of=river"},
		{"an error", func() { log.Error("no transaction", "error", "connection refused") }, "connection refused"},
		{"the program stops", func() { log.Error("no transaction", "error", "begin: context canceled") }, ""},
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
