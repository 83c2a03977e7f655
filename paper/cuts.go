package paper

import "sync"

// cuts remembers the last font subsets: the same document is drawn when it is
// sealed, when it is signed and when it is judged, and cutting its fonts is most of
// the work of a short one (20 ms). What is remembered is a function of font and
// runes, so that remembering changes no byte.
type cuts struct {
	mu   sync.Mutex
	kept map[cutKey]fontCut
	next []cutKey // in the order they came, the oldest first
}

type cutKey struct{ font, runes string }

// fontCut is a subset as cut makes it; nobody changes it.
type fontCut struct{ program, glyphs []byte }

// maxCuts bounds what is remembered to about 3 MB.
const maxCuts = 48

var lastCuts = sync.OnceValue(func() *cuts { return &cuts{kept: make(map[cutKey]fontCut)} })

// of is cut, remembered.
func (c *cuts) of(m *metrics, runes []rune) (fontCut, error) {
	key := cutKey{m.name, string(runes)}
	c.mu.Lock()
	known, ok := c.kept[key]
	c.mu.Unlock()
	if ok {
		return known, nil
	}
	program, glyphs, err := cut(m, runes)
	if err != nil {
		return fontCut{}, err
	}
	fresh := fontCut{program, glyphs}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.kept[key]; !ok {
		if len(c.next) == maxCuts {
			delete(c.kept, c.next[0])
			c.next = c.next[1:]
		}
		c.kept[key] = fresh
		c.next = append(c.next, key)
	}
	return fresh, nil
}
