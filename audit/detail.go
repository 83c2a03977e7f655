package audit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// MaxFacts bounds what one entry says beside act, actor, unit and subject: what is
// longer than a sentence belongs into a blob whose digest is named here.
const MaxFacts = 32

// maxCount is the largest integer that JSON keeps exactly everywhere (RFC 8785,
// appendix D).
const maxCount = 1<<53 - 1

// Detail says more about an act: a JSON object by RFC 8785 whose members are ids
// and counts. The empty Detail says nothing.
type Detail string

// Fact is one member of a [Detail].
type Fact struct {
	name, value string // value as JSON has it
	bad         bool
}

// ID is a fact about an id, a code, a state or a digest. It must be a [ValidText].
func ID(name, value string) Fact {
	return Fact{name, `"` + value + `"`, !ValidText(value)}
}

// Count is a fact about a number of things.
func Count(name string, n int64) Fact {
	return Fact{name, strconv.FormatInt(n, 10), n < -maxCount || n > maxCount}
}

// NewDetail puts facts together. Names are of lower-case letters, digits and
// underscores; one that comes twice, a text that has no place here and more than
// MaxFacts are ErrMalformed.
func NewDetail(facts ...Fact) (Detail, error) {
	if len(facts) == 0 {
		return "", nil
	}
	if len(facts) > MaxFacts {
		return "", fmt.Errorf("%d facts: %w", len(facts), ErrMalformed)
	}
	facts = slices.Clone(facts)
	slices.SortFunc(facts, func(a, b Fact) int { return strings.Compare(a.name, b.name) })
	var b strings.Builder
	for i, f := range facts {
		if f.bad || !validName(f.name) || i > 0 && f.name == facts[i-1].name {
			return "", fmt.Errorf("fact %d by name: %w", i+1, ErrMalformed)
		}
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(`"` + f.name + `":` + f.value)
	}
	return Detail(b.String() + "}"), nil
}

func validName(s string) bool {
	return s != "" && len(s) <= 40 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// String is the detail as JSON: {} where it says nothing.
func (d Detail) String() string {
	if d == "" {
		return "{}"
	}
	return string(d)
}

// check asks whether [NewDetail] could have written d, by having it write the same
// facts again.
func (d Detail) check() error {
	if d == "" || d == "{}" {
		return nil
	}
	if len(d) > MaxFacts*(MaxTextBytes+48) {
		return fmt.Errorf("detail of %d bytes: %w", len(d), ErrMalformed)
	}
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(d), &members) != nil {
		return fmt.Errorf("detail: %w", ErrMalformed)
	}
	facts := make([]Fact, 0, len(members))
	for name, value := range members {
		fact := Fact{name: name, bad: true}
		if n, err := strconv.ParseInt(string(value), 10, 64); err == nil {
			fact = Count(name, n)
		} else if text, quoted := strings.CutPrefix(string(value), `"`); quoted {
			fact = ID(name, strings.TrimSuffix(text, `"`))
		}
		facts = append(facts, fact)
	}
	again, err := NewDetail(facts...)
	if err != nil || again != d {
		return fmt.Errorf("detail: %w", ErrMalformed)
	}
	return nil
}
