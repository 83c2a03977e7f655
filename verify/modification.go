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
	judged := judgedChanges{permissions: permissions, allowed: allowed, locks: locks}
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
			judged.judge(c, change, d.Revision)
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

// judgedChanges holds changes against what a signature allows, all of them, and tells of as
// many as anybody reads and of one of each kind: the one that counts can be the last.
type judgedChanges struct {
	permissions int
	allowed     pades.Level
	locks       []pades.Lock

	told   int
	kinds  map[Check]bool
	closed map[string]bool // fields that were asked about
}

func (j *judgedChanges) judge(c *checks, change pades.Change, revision int) {
	kind := j.verdict(change)
	if kind.Status == "" || j.told >= maxReported && j.kinds[kind] {
		return
	}
	if j.kinds == nil {
		j.kinds = map[Check]bool{}
	}
	j.told, j.kinds[kind] = j.told+1, true
	kind.Message = worded(revision, change)
	*c = append(*c, kind)
}

// verdict is what one change means, in no words yet; nothing where it is allowed.
func (j *judgedChanges) verdict(change pades.Change) Check {
	failed := func(rule string, sub SubIndication, key string) Check {
		return Check{ID: rule, Status: Fail, sub: sub, key: key}
	}
	warned := func(rule, key string) Check { return Check{ID: rule, Status: Warn, key: key} }
	switch {
	case change.Existing && change.Level > pades.NoChange && j.locked(change.Field):
		return failed("R-M6", FormatFailure, "sig.locked")
	case change.Annotation && j.permissions == 3:
		return failed(change.Rule, SigConstraintsFailure, "sig.covered")
	case change.Level > j.allowed && j.permissions == 0 && change.Level == pades.Annotate:
		return failed(change.Rule, SigConstraintsFailure, "sig.annotated")
	case change.Level > j.allowed && j.permissions != 0 && change.Level < pades.Other:
		return failed("R-M5", FormatFailure, "sig.forbidden")
	case change.Level > j.allowed:
		return failed(change.Rule, FormatFailure, "sig.modified")
	case change.Unclear:
		return failed(change.Rule, SigConstraintsFailure, "sig.unclear")
	case change.Visible && j.permissions != 0:
		return failed("R-M8", SigConstraintsFailure, "sig.covered")
	case change.Note && change.Rule == "R-M9":
		return warned(change.Rule, "sig.overlap")
	case change.Note:
		return warned(change.Rule, "sig.font")
	case change.Level == pades.FormFill && change.Existing:
		return warned("R-M5", "sig.filled")
	}
	return Check{}
}

// locked reports whether a field is closed, asking the locks once for each field.
func (j *judgedChanges) locked(field string) bool {
	closed, asked := j.closed[field]
	if !asked {
		if j.closed == nil {
			j.closed = map[string]bool{}
		}
		closed = slices.ContainsFunc(j.locks, func(l pades.Lock) bool { return l.Holds(field) })
		j.closed[field] = closed
	}
	return closed
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
