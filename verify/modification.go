package verify

import (
	"errors"
	"fmt"
	"slices"

	"kytiem/pades"
)

// later is what a document became after its signatures, and what they allow it to.
type later struct {
	file        *pades.File
	signatures  []pades.Signature
	locks       [][]pades.Lock // by signature
	differences []pades.Difference
	searched    bool        // for leftovers
	leftovers   []pades.Ref // in what was signed first
	err         error
}

// laterOf compares the revisions once for all signatures.
func (v *Verifier) laterOf(file *pades.File, signatures []pades.Signature) *later {
	l := &later{file: file, signatures: signatures, locks: make([][]pades.Lock, len(signatures))}
	if len(signatures) == 0 {
		return l
	}
	for i := range signatures {
		if l.locks[i], l.err = file.Locks(signatures[i]); l.err != nil {
			return l
		}
	}
	l.differences, l.err = file.Differences(signatures[0].Revision)
	if slices.ContainsFunc(l.differences, func(d pades.Difference) bool { return d.Level() > pades.LongTerm }) {
		l.leftovers, l.err = file.Leftovers(signatures[0].Revision)
		l.searched = true
	}
	return l
}

// maxReported bounds the changes that a report lists for one signature.
const maxReported = 100

// judge applies the rules on what follows a signature: it may be nothing, or what the
// signatures before and with it allow (R-M1 to R-M11).
func (l *later) judge(s *Signature, c *checks, field *signedField) {
	s.Modifications = &Modifications{Level: pades.NoChange.String(), Changes: []string{}, Pages: []int{}}
	index := l.index(field)
	permissions, locks := l.permissions(index)
	allowed := allowedLevel(permissions)
	s.Modifications.Allowed = allowed.String()
	l.certification(c, index)
	if field.coverage.Extent == pades.WholeFile {
		c.held("R-M1", "R-M7", "R-M10") // nothing follows
		return
	}
	if !field.sound {
		return // nothing is known of what it covers
	}
	if l.err != nil {
		l.unread(s, c)
		return
	}
	level := pades.NoChange
	before := len(*c)
	for _, d := range l.differences {
		if d.Revision <= field.Revision {
			continue
		}
		for _, change := range d.Changes {
			level = max(level, change.Level)
			s.Modifications.touch(change.Page)
			if n := len(s.Modifications.Changes); n < maxReported {
				s.Modifications.Changes = append(s.Modifications.Changes, worded(d.Revision, change))
			}
			if len(*c)-before < maxReported || change.Level > allowed {
				judgeChange(c, change, permissions, allowed, locks, d.Revision)
			}
		}
	}
	s.Modifications.Level = level.String()
	if len(l.leftovers) > 0 {
		c.warn("R-M11", "sig.leftovers", fmt.Sprintf("%d objects that a page could be made of lie in what was signed, and nothing leads to them", len(l.leftovers)))
	}
	if l.searched {
		c.held("R-M11")
	}
	c.held("R-M1", "R-M2", "R-M3", "R-M4", "R-M5", "R-M6", "R-M7", "R-M8", "R-M9", "R-M10")
}

// maxPages bounds the pages that a report names for one signature.
const maxPages = 1000

// touch notes a page that changed, in the order of the pages.
func (m *Modifications) touch(page int) {
	at, known := slices.BinarySearch(m.Pages, page)
	if page != 0 && !known && len(m.Pages) < maxPages {
		m.Pages = slices.Insert(m.Pages, at, page)
	}
}

// unread says that the revisions could not be compared (R-M10 where a password is in the
// way).
func (l *later) unread(s *Signature, c *checks) {
	s.Modifications.Level = pades.Other.String()
	rule, message := "R-M1", l.err.Error()
	if errors.Is(l.err, pades.ErrEncrypted) {
		rule = "R-M10"
	}
	if broken := (*pades.FormatError)(nil); errors.As(l.err, &broken) && broken.Rule == "R-P9" {
		c.fail("R-P9", TryLater, "limit", "RESOURCE_LIMIT: "+message)
		return
	}
	c.fail(rule, SigConstraintsFailure, "sig.unanalysed", "what follows the signature cannot be analysed: "+message)
}

func (l *later) index(field *signedField) int {
	for i := range l.signatures {
		if l.signatures[i].ContentsStart == field.ContentsStart && l.signatures[i].Revision == field.Revision {
			return i
		}
	}
	return len(l.signatures) - 1
}

// permissions are the strictest that apply after the signature: its own certification
// and any earlier one, and what locks of ISO 32000-2 leave (R-M5); 0 if there are none.
// The locks are those of this signature and of earlier ones (R-M6).
func (l *later) permissions(index int) (int, []pades.Lock) {
	least := 0
	narrow := func(p int) {
		if p != 0 && (least == 0 || p < least) {
			least = p
		}
	}
	var locks []pades.Lock
	for i := range l.signatures {
		if l.signatures[i].Revision > l.signatures[index].Revision {
			continue
		}
		narrow(l.signatures[i].DocMDP)
		for _, lock := range l.locks[i] {
			narrow(lock.Permissions)
			locks = append(locks, lock)
		}
	}
	return least, locks
}

// allowedLevel is the highest level of change that permissions allow (12.8.2.2).
// Without any, filling in and signing again is what forms are for; remarks have to be
// looked at.
func allowedLevel(permissions int) pades.Level {
	switch permissions {
	case 1:
		return pades.LongTerm
	case 3:
		return pades.Annotate
	}
	return pades.FormFill
}

// judgeChange holds one change against what is allowed.
func judgeChange(c *checks, change pades.Change, permissions int, allowed pades.Level, locks []pades.Lock, revision int) {
	what := worded(revision, change)
	switch {
	case change.Existing && change.Level > pades.NoChange && locked(locks, change.Field):
		c.fail("R-M6", FormatFailure, "sig.locked", what)
	case change.Annotation && permissions == 3:
		c.fail(change.Rule, SigConstraintsFailure, "sig.covered", what)
	case change.Level > allowed && permissions == 0 && change.Level == pades.Annotate:
		c.fail(change.Rule, SigConstraintsFailure, "sig.annotated", what)
	case change.Level > allowed && permissions != 0 && change.Level < pades.Other:
		c.fail("R-M5", FormatFailure, "sig.forbidden", what)
	case change.Level > allowed:
		c.fail(change.Rule, FormatFailure, "sig.modified", what)
	case change.Unclear:
		c.fail(change.Rule, SigConstraintsFailure, "sig.unclear", what)
	case change.Visible && permissions != 0:
		c.fail("R-M8", SigConstraintsFailure, "sig.covered", what)
	case change.Note && change.Rule == "R-M9":
		c.warn(change.Rule, "sig.overlap", what)
	case change.Note:
		c.warn(change.Rule, "sig.font", what)
	case change.Level == pades.FormFill && change.Existing:
		c.warn("R-M5", "sig.filled", what)
	}
}

func locked(locks []pades.Lock, field string) bool {
	for _, lock := range locks {
		if lock.Holds(field) {
			return true
		}
	}
	return false
}

// worded says what a revision did, for the report.
func worded(revision int, change pades.Change) string {
	text := fmt.Sprintf("revision %d: %s", revision+1, change.What)
	if change.Object.Number != 0 {
		text += fmt.Sprintf(" (object %d", change.Object.Number)
		if change.Page != 0 {
			text += fmt.Sprintf(", page %d", change.Page)
		}
		text += ")"
	}
	return text
}

// certification applies the rules on certifying signatures (R-M7): there is one at most,
// and nobody signed before it.
func (l *later) certification(c *checks, index int) {
	s := &l.signatures[index]
	if s.DocMDP == 0 {
		return
	}
	for i := range l.signatures[:index] {
		if l.signatures[i].DocMDP != 0 {
			c.fail("R-M7", FormatFailure, "", "a second certification of the document")
			return
		}
	}
	if index > 0 {
		c.fail("R-M7", SigConstraintsFailure, "sig.unclear", "a certification of a document that was signed before")
	}
	certifies, err := l.file.Certifies(*s)
	switch {
	case err != nil:
		formatFailure(c, err)
	case !certifies:
		c.warn("R-M7", "sig.form", "a certification that the document's permissions do not name")
	}
}
