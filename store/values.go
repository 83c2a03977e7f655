package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"kytiem/bundle"
)

// Digest is a SHA-256 digest.
type Digest = bundle.HexHash

// micros is how an instant is kept: microseconds since 1970, or NULL for the zero
// time.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// orNull keeps an empty reference as NULL.
func orNull(id string) any {
	if id == "" {
		return nil
	}
	return id
}

// column reads one column into what it stands for. NULL is the zero value.
type column func(value any) error

// Scan implements [sql.Scanner].
func (c column) Scan(value any) error {
	if value == nil {
		return nil
	}
	return c(value)
}

var _ sql.Scanner = column(nil)

// instant reads what micros keeps.
func instant(t *time.Time) column {
	*t = time.Time{}
	return func(value any) error {
		n, ok := value.(int64)
		if !ok {
			return fmt.Errorf("instant of type %T: %w", value, ErrCorrupt)
		}
		*t = time.UnixMicro(n).UTC()
		return nil
	}
}

// number reads an integer that may be missing.
func number(n *int) column {
	*n = 0
	return func(value any) error {
		wide, ok := value.(int64)
		if !ok {
			return fmt.Errorf("number of type %T: %w", value, ErrCorrupt)
		}
		*n = int(wide)
		return nil
	}
}

// flag reads what is kept as 0 or 1.
func flag(on *bool) column {
	*on = false
	return func(value any) error {
		n, ok := value.(int64)
		if !ok {
			return fmt.Errorf("flag of type %T: %w", value, ErrCorrupt)
		}
		*on = n != 0
		return nil
	}
}

// flagged is how a flag is kept.
func flagged(on bool) int64 {
	if on {
		return 1
	}
	return 0
}

// digest reads a digest.
func digest[H ~[32]byte](h *H) column {
	*h = H{}
	return func(value any) error {
		b, ok := value.([]byte)
		if !ok || len(b) != 32 {
			return fmt.Errorf("digest of type %T: %w", value, ErrCorrupt)
		}
		copy((*h)[:], b)
		return nil
	}
}

// reference reads an id that may be missing.
func reference(id *string) column {
	*id = ""
	return func(value any) error {
		text, ok := value.(string)
		if !ok {
			return fmt.Errorf("text of type %T: %w", value, ErrCorrupt)
		}
		*id = text
		return nil
	}
}

// date reads a calendar date.
func date(d *bundle.Date) column {
	*d = bundle.Date{}
	return func(value any) error {
		text, ok := value.(string)
		if !ok {
			return fmt.Errorf("date of type %T: %w", value, ErrCorrupt)
		}
		parsed, err := bundle.ParseDate(text)
		if err != nil {
			return fmt.Errorf("date: %w", ErrCorrupt)
		}
		*d = parsed
		return nil
	}
}

// object reads JSON.
func object(into any) column {
	return func(value any) error {
		text, ok := value.(string)
		if !ok || json.Unmarshal([]byte(text), into) != nil {
			return fmt.Errorf("JSON of type %T: %w", value, ErrCorrupt)
		}
		return nil
	}
}

// text writes JSON. What is written here are structs of ours without maps.
func text(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
