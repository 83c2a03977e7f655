package store

import (
	"context"
	"log/slog"
	"strings"
)

// troubles hands on what River warns of. What it tells of its own going (a line every
// five seconds) is nobody's concern, and that a statement was cut off by the program's
// own stop is no error.
type troubles struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (t troubles) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && t.Handler.Enabled(ctx, level)
}

// Handle implements [slog.Handler].
func (t troubles) Handle(ctx context.Context, r slog.Record) error {
	stopping := false
	r.Attrs(func(a slog.Attr) bool {
		stopping = strings.HasSuffix(a.Value.String(), context.Canceled.Error()) // River logs the text of an error
		return !stopping
	})
	if stopping {
		return nil
	}
	return t.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (t troubles) WithAttrs(attrs []slog.Attr) slog.Handler {
	return troubles{t.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (t troubles) WithGroup(name string) slog.Handler { return troubles{t.Handler.WithGroup(name)} }
