package store

import (
	"encoding/base64"
	"encoding/json"
)

// How long a page is.
const (
	DefaultPage = 50
	MaxPage     = 500 // more would be a way to have the whole database sorted at once
)

// Page asks for a part of a list. The zero Page is the first one.
type Page struct {
	After string // the cursor that came with the page before; empty for the first
	Limit int    // 0 stands for DefaultPage; at most MaxPage are given
}

func (p Page) limit() int {
	if p.Limit <= 0 {
		return DefaultPage
	}
	return min(p.Limit, MaxPage)
}

// cursor is where a page ended, as text that may stand in a URL: the keys hold ids
// and instants, never names.
func cursor(keys ...any) string {
	b, err := json.Marshal(keys)
	if err != nil { // of strings and integers there is none
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// read takes the cursor apart into keys, pointers to strings and integers. Without a
// cursor they stay as they are.
func (p Page) read(keys ...any) error {
	if p.After == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(p.After)
	if err != nil {
		return ErrCursor
	}
	var parts []json.RawMessage
	if json.Unmarshal(b, &parts) != nil || len(parts) != len(keys) {
		return ErrCursor
	}
	for i, part := range parts {
		if json.Unmarshal(part, keys[i]) != nil {
			return ErrCursor
		}
	}
	if cursor(keys...) != p.After { // one place, one cursor
		return ErrCursor
	}
	return nil
}

// cut ends a page that was read with one row more than asked for: if the row is
// there, so is a next page, which begins after the last one kept.
func cut[T any](items []T, limit int, at func(*T) string) (page []T, next string) {
	if len(items) <= limit {
		return items, ""
	}
	return items[:limit], at(&items[limit-1])
}

// newest is an instant after every other, in microseconds: where lists begin that
// show the newest first.
const newest = 1 << 62
