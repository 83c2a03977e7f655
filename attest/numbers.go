package attest

import (
	"context"
	"errors"
	"strconv"

	"kytiem/audit"
	"kytiem/store"
)

// The registers from which documents take their numbers, a new one each year, as every
// agency keeps them (Nghị định 30/2020/NĐ-CP, Điều 15).
const (
	documents         = "document"
	registerOfMinutes = "minutes"
)

// numbering is the act that enters a document in a register of this kind.
func numbering(kind string) string {
	if kind == registerOfMinutes {
		return "minutes.number"
	}
	return "bundles.number"
}

// enter enters a bundle's document in a register under a number, or under the next that
// nobody took by hand, and gives it. A number that is another bundle's is ErrNumberTaken.
func enter(ctx context.Context, tx *store.Tx, who Actor, in store.Register, id, number string) (string, error) {
	for next := number == ""; ; {
		if next {
			n, err := tx.NextNumber(ctx, in.Unit, in.Year, in.Kind)
			if err != nil {
				return "", err
			}
			number = strconv.Itoa(n)
		}
		err := tx.EnterNumber(ctx, in, number, id)
		switch {
		case err == nil:
			return number, tx.Audit(numbering(in.Kind), who.Account, in.Unit, id, audit.ID("number", number), audit.Count("year", int64(in.Year)))
		case !errors.Is(err, store.ErrConflict):
			return "", err
		case !next:
			return "", ErrNumberTaken
		}
	}
}

// regardNumber holds an entry about a number against the register.
func (c *checkup) regardNumber(ctx context.Context, v *store.View, e *audit.Entry) error {
	in, facts := store.Register{Unit: e.Unit, Kind: documents}, factsOf(e)
	if e.Act == numbering(registerOfMinutes) {
		in.Kind = registerOfMinutes
	}
	in.Year, _ = strconv.Atoi(facts["year"]) // in no year nothing is numbered
	holder, err := v.Numbered(ctx, in, facts["number"])
	if err == nil && holder != e.Subject {
		err = store.ErrCorrupt
	}
	return c.amiss(err, "number-changed", e.Subject)
}
