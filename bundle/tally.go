package bundle

import "crypto/sha256"

// Tally counts records as they go by, for the manifest of a new bundle and for
// checking one. The zero value is ready.
type Tally struct {
	counts  Counts
	period  Period
	persons map[[16]byte]struct{}
}

// Add counts one record.
func (t *Tally) Add(r *Record) {
	if t.persons == nil {
		t.persons = make(map[[16]byte]struct{})
	}
	// A digest instead of the number: half the memory, and a million persons'
	// identity numbers do not lie about in it.
	digest := sha256.Sum256([]byte(r.Person()))
	t.persons[[16]byte(digest[:16])] = struct{}{}
	t.counts.Doses++
	switch r.Identity {
	case IdentityMatched:
		t.counts.Matched++
	case IdentityCleansed:
		t.counts.Cleansed++
	case IdentityExempt:
		t.counts.Exempt++
	}
	day := r.VaccinatedOn
	if t.period.From.IsZero() || day.Compare(t.period.From) < 0 {
		t.period.From = day
	}
	if day.Compare(t.period.To) > 0 {
		t.period.To = day
	}
}

// Counts is the sum so far.
func (t *Tally) Counts() Counts {
	c := t.counts
	c.Persons = len(t.persons)
	return c
}

// Period is the span of the vaccination dates so far.
func (t *Tally) Period() Period { return t.period }
