package pades

import (
	"fmt"
	"slices"
	"strings"
)

// Level orders what a revision does to the document before it, from nothing to
// what nobody foresaw. Only what is known to be harmless at a level has it
// (rules R-M1 to R-M4 and R-M9); everything else is [Other].
type Level int

// The levels, as the verification report names them.
const (
	NoChange Level = iota // NONE: nothing that a reader of the document could notice
	LongTerm              // LTA: validation data, document time-stamps, metadata
	FormFill              // FORM_FILL: fields filled in, further signatures
	Annotate              // ANNOTATE: comments and marks
	Other                 // OTHER: anything else
)

func (l Level) String() string {
	return [...]string{"NONE", "LTA", "FORM_FILL", "ANNOTATE", "OTHER"}[l]
}

// Change is one thing that a revision does to the document before it.
type Change struct {
	Rule   string // by which it has its level: "R-M2"
	Level  Level
	Object Ref    // that was changed or added; zero if it is the trailer
	Field  string // fully qualified name of the form field concerned, or empty
	Page   int    // counted from 1; 0 if it concerns none
	What   string // in English, without anything of the content

	Existing   bool // Field was there before, so that a lock may forbid the change (R-M6)
	Visible    bool // a new signature field that covers part of a page (R-M8)
	Annotation bool // an annotation of a kind that can hide or imitate content
	Unclear    bool // what is shown could not be compared with what is said: somebody has to look
	Note       bool // worth a warning only
}

// Difference is what one revision does to the one before it.
type Difference struct {
	Revision int // that makes the changes
	Changes  []Change
}

// Level is the highest of the changes.
func (d Difference) Level() Level {
	level := NoChange
	for _, c := range d.Changes {
		level = max(level, c.Level)
	}
	return level
}

// Differences says for every revision after from what it does to the one before
// it. A document that goes on after a signature is what was signed plus these.
//
// The changes are found by object, not by walking the document: an object that
// is written again is justified by every way in which the document before
// referred to it (R-M2), also where there was no such object, and one that nothing
// referred to counts as new. So the
// cost lies in what a revision changes, and the references of the document are
// read once for all revisions. Of a locked document, and where a revision writes what
// does not decrypt, the error is [ErrEncrypted].
func (f *File) Differences(from int) ([]Difference, error) {
	last := len(f.revisions) - 1
	if from >= last {
		return nil, nil
	}
	if f.Locked() {
		return nil, ErrEncrypted
	}
	g, err := f.references(from)
	if err != nil {
		return nil, fmt.Errorf("reading what was signed: %w", err)
	}
	pages, err := f.pageIndex(from)
	if err != nil {
		return nil, err
	}
	list := make([]Difference, 0, last-from)
	texts := &pageTexts{rev: from, known: map[Ref][]box{}}
	stores := map[Ref]bool{}
	for rev := from + 1; rev <= last; rev++ {
		d := differ{f: f, graph: g, pages: pages, texts: texts, stores: stores, old: rev - 1, new: rev}
		if err := d.compare(); err != nil {
			return nil, fmt.Errorf("comparing revision %d with the one before: %w", rev+1, err)
		}
		list = append(list, Difference{Revision: rev, Changes: d.changes})
		if err := g.advance(rev); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// pageIndex numbers the pages of a revision by their references.
func (f *File) pageIndex(rev int) (map[Ref]int, error) {
	index := map[Ref]int{}
	err := f.pages(rev, func(number int, page Ref) bool {
		index[page] = number
		return true
	})
	return index, err
}

// differ compares two consecutive revisions.
type differ struct {
	f        *File
	graph    *graph
	pages    map[Ref]int // of the signed revision; that the tree is still the same is part of the comparison
	texts    *pageTexts
	old, new int
	changes  []Change

	before, after *form // see forms
	dss           map[Ref]bool
	alone         map[Ref]bool // see alone.go
	stores        map[Ref]bool // objects that validation data consisted of in any revision

	refused bool // a change is noted that nobody allows
	flooded bool // more changes than are held
}

// entries are what a dictionary held under a key, and what it holds now.
func (d *differ) entries(before, after Value, key string) (was, is Value, err error) {
	if was, err = d.f.key(d.old, before, key); err == nil {
		is, err = d.f.key(d.new, after, key)
	}
	return was, is, err
}

// added are the items of a list that were not there before, and whether what was there is
// still there, in its order.
func added(before, after Value) (items []Value, kept bool) {
	rest := after.Items()
	for _, item := range before.Items() {
		i := slices.IndexFunc(rest, item.same)
		if i < 0 {
			return nil, false
		}
		items, rest = append(items, rest[:i]...), rest[i+1:]
	}
	return append(items, rest...), true
}

// maxChanges bounds what is told about one revision that nobody allows: nobody reads more.
// Of one that somebody may allow nothing is left out, since the last of its changes may be
// in the one field that is locked; a form has no more than maxHeld.
const (
	maxChanges = 1000
	maxHeld    = 2 * maxFields
)

func (d *differ) note(c Change) {
	n := len(d.changes)
	switch {
	case slices.Contains(d.changes[max(0, n-8):], c): // an object that several ways lead to
	case n >= maxChanges && d.refused:
	case n == maxHeld:
		d.flooded = true
	default:
		d.changes = append(d.changes, c)
		d.refused = d.refused || c.Level == Other && !c.Annotation
	}
}

// other notes a change that nothing allows.
func (d *differ) other(rule string, ref Ref, format string, args ...any) {
	d.note(Change{Rule: rule, Level: Other, Object: ref, Page: d.pages[ref], What: fmt.Sprintf(format, args...)})
}

// otherUnlessAlike notes a change that nothing allows, unless the value is the same
// all through: programs copy objects that they do not change.
func (d *differ) otherUnlessAlike(ref Ref, before, after Value, what string) error {
	same, err := d.f.alike(d.old, before, d.new, after)
	if err == nil && !same {
		d.other(ruleChanges, ref, "%s", what)
	}
	return err
}

// allowed notes a change of a level.
func (d *differ) allowed(level Level, ref Ref, format string, args ...any) {
	d.note(Change{Rule: ruleChanges, Level: level, Object: ref, What: fmt.Sprintf(format, args...)})
}

// compare looks at every object that the new revision lists (R-M1).
func (d *differ) compare() error {
	changed, freed := d.f.Changed(d.new)
	for _, ref := range freed {
		d.other(ruleChanges, ref, "object %d removed", ref.Number)
	}
	if err := d.trailer(); err != nil {
		return err
	}
	slices.SortFunc(changed, func(a, b Ref) int { return a.Number - b.Number })
	if err := d.legible(changed); err != nil {
		return err
	}
	for _, ref := range changed {
		if !d.existed(ref) {
			// What refers to it is an object that was changed, or one that referred to
			// nothing: a page whose second content was still to come.
			if awaited, err := d.awaited(ref); err != nil {
				return err
			} else if !awaited {
				continue
			}
		}
		before, err := d.f.object(d.old, ref)
		if err != nil {
			return err
		}
		after, err := d.f.object(d.new, ref)
		if err != nil {
			return err
		}
		if before.value.same(after.value) {
			continue
		}
		if err := d.rewritten(ref, before.value, after.value); err != nil {
			return err
		}
	}
	if d.flooded {
		return broken(ruleLimit, d.f.revisions[d.new].XRef, "a revision of more than %d changes", maxHeld)
	}
	return d.readAlike(changed)
}

// existed reports whether the old revision has an object under ref.
func (d *differ) existed(ref Ref) bool {
	e, _, ok := d.f.lookup(d.old, ref.Number)
	return ok && e.kind != free
}

// awaited reports whether the document refers to an object that it does not have. What a
// trailer names beyond table 15 is not the document's: LibreOffice puts its own sources
// there, and others copy the entry without them.
func (d *differ) awaited(ref Ref) (bool, error) {
	uses, err := d.uses(ref)
	return slices.ContainsFunc(uses, func(u use) bool {
		return u.holder.Number != 0 || u.path == "Root" || u.path == "Encrypt" || strings.HasPrefix(u.path, "Info")
	}), err
}

// trailer compares the document information. That /Root and /Encrypt stay is
// rule R-P7.
func (d *differ) trailer() error {
	before, after := d.f.Trailer(d.old), d.f.Trailer(d.new)
	if !before.Key("Root").same(after.Key("Root")) {
		d.other(ruleChanges, Ref{}, "another catalog")
	}
	if !before.Key("Info").same(after.Key("Info")) {
		ref, _ := after.Key("Info").Ref()
		d.allowed(LongTerm, ref, "document information changed")
	}
	return nil
}

// rewritten judges one object that is written again with another value, by what
// it was to the document.
func (d *differ) rewritten(ref Ref, before, after Value) error {
	root, _ := d.f.Trailer(d.old).Key("Root").Ref()
	if ref == root {
		return d.catalog(ref, before, after)
	}
	if d.pages[ref] > 0 {
		return d.page(ref, before, after)
	}
	uses, err := d.uses(ref)
	if err != nil {
		return err
	}
	if len(uses) == 0 {
		return nil // nothing led to it
	}
	if done, err := d.fieldObject(ref, before, after); done || err != nil {
		return err
	}
	// R-M2: every way to it has to allow the change, or one that is harmless at one
	// place is a change of the page at another.
	pointers := 0
	for _, use := range uses {
		if points(use, before) {
			pointers++
			continue
		}
		if err := d.used(use, ref, before, after); err != nil {
			return err
		}
	}
	if pointers == len(uses) {
		d.other("R-M2", ref, "object %d changed, which is no part of a page", ref.Number)
	}
	return nil
}

// trailed reports whether an object is the trailer, of this revision or of one before: that
// of a cross-reference stream is an object among others (7.5.8).
func (d *differ) trailed(holder Ref) bool {
	if holder.Number == 0 {
		return true
	}
	e, _, ok := d.f.lookup(d.old, holder.Number)
	return ok && e.kind == inUse && slices.ContainsFunc(d.f.revisions[:d.new], func(r revision) bool {
		return slices.ContainsFunc(r.sections, func(s *section) bool {
			return s.stream && s.at == e.at || s.hidden != nil && s.hidden.at == e.at
		})
	})
}

// points reports whether a reference to an annotation only points at it, from
// another one (12.5.6.2, 12.5.6.14) or from the structure tree (14.7.4.3): what it
// is to the document is said by its place among a page's annotations.
func points(u use, v Value) bool {
	if v.Key("Subtype").Kind != Name {
		return false
	}
	switch u.path[strings.LastIndexByte(u.path, '/')+1:] {
	case "Popup", "IRT", "Parent", "Obj":
		return true
	}
	return false
}

// used judges an object by one of the ways to it.
func (d *differ) used(u use, ref Ref, before, after Value) error {
	root, _ := d.f.Trailer(d.old).Key("Root").Ref()
	switch {
	case u.path == "Info" && d.trailed(u.holder):
		d.allowed(LongTerm, ref, "document information changed")
		return nil
	case u.holder == root:
		if done, err := d.usedByCatalog(u.path, ref, before, after); done || err != nil {
			return err
		}
	case d.pages[u.holder] > 0 && u.path == "Annots":
		if before.Kind == Array {
			return d.annotations(u.holder, before, after)
		}
		return d.annotation(u.holder, ref, before, after)
	}
	if done, err := d.usedByForm(u, ref, before, after); done || err != nil {
		return err
	}
	if done, err := d.usedByDSS(u, ref); done || err != nil {
		return err
	}
	if done, err := d.usedByStructure(u, ref, before, after); done || err != nil {
		return err
	}
	what := fmt.Sprintf("object %d changed, which is /%s of object %d", ref.Number, u.path, u.holder.Number)
	for _, page := range d.shownOn(u.holder) {
		d.note(Change{Rule: "R-M2", Level: Other, Object: ref, Page: page, What: what})
	}
	return nil
}
