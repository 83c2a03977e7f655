package paper

import "sync"

// memo remembers the last outcomes of a function that always gives the same for the
// same: the same document is drawn when it is sealed, when it is signed and when it is
// judged. Remembering changes no byte. Outcomes are shared: nobody changes them.
type memo[K comparable, V any] struct {
	most int // outcomes that are kept

	mu   sync.Mutex
	kept map[K]V
	next []K // in the order they came, the oldest first
}

// of is what compute gives for key, remembered. Two who ask at once both compute.
func (m *memo[K, V]) of(key K, compute func() (V, error)) (V, error) {
	m.mu.Lock()
	known, ok := m.kept[key]
	m.mu.Unlock()
	if ok {
		return known, nil
	}
	fresh, err := compute()
	if err != nil {
		return fresh, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = make(map[K]V)
	}
	if _, ok := m.kept[key]; !ok {
		if len(m.next) == m.most {
			delete(m.kept, m.next[0])
			m.next = m.next[1:]
		}
		m.kept[key] = fresh
		m.next = append(m.next, key)
	}
	return fresh, nil
}
