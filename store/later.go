package store

import "context"

// later is a change whose outcome nobody waits for: it travels with the next question to
// the database, in the same transaction and in its place among the others.
type later struct {
	statement
	swap    bool              // it has to change a row, else it is ErrStale
	explain func(error) error // what failed
}

// postpone is for changes of which the step needs to know no more than that they were made:
// what goes wrong with them ends the transaction all the same, when it is known.
func (tx *Tx) postpone(swap bool, explain func(error) error, query string, args ...any) error {
	tx.strict.waiting = append(tx.strict.waiting, later{statement{query, args}, swap, explain})
	return tx.strict.failed
}

// send makes the changes that wait, and then further ones, in one round trip; it gives how
// many rows each of these changed. What an earlier change has against it counts before what a
// later one ran into: of two who complete one request the second is to learn that he is.
func (s *strict) send(ctx context.Context, further ...statement) ([]int64, error) {
	waiting := s.waiting
	s.waiting = nil
	if s.failed != nil || len(waiting)+len(further) == 0 {
		return nil, s.failed
	}
	statements := make([]statement, 0, len(waiting)+len(further))
	for _, l := range waiting {
		statements = append(statements, l.statement)
	}
	changed, err := s.transaction.all(ctx, append(statements, further...))
	for n, l := range waiting {
		switch {
		case n < len(changed) && (!l.swap || changed[n] > 0):
			continue
		case n < len(changed):
			err = ErrStale
		}
		s.failed = l.explain(err)
		return nil, s.failed
	}
	if s.failed = err; err != nil {
		return nil, err
	}
	return changed[len(waiting):], nil
}
