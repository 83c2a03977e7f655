package pades

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
)

// Accounting checks that every byte after the end of revision rev is an object
// its revision lists, a cross-reference section, or white space, and that the
// trailers go on (rules R-P4, R-P5, R-P6, R-P7): a reader that repairs files
// finds there nothing that a strict one does not. What the listed objects say
// is not judged. A signature whose revision is rev calls for it.
func (f *File) Accounting(rev int) error {
	last := len(f.revisions) - 1
	var doubt error
	for r := rev + 1; r <= last; r++ {
		err := f.once(r, ruleBytes, f.appended)
		if format := (*FormatError)(nil); err != nil && !(errors.As(err, &format) && format.Doubtful) {
			return err
		}
		doubt = cmp.Or(doubt, err)
	}
	return cmp.Or(f.whiteTail(f.revisions[last].End), doubt)
}

// appended checks what one revision appends.
func (f *File) appended(r int) error {
	if err := f.continues(r); err != nil {
		return err
	}
	if err := f.accountFor(r); err != nil {
		return err
	}
	if f.revisions[r].sections[0].uneven {
		return doubtful(ruleViews, f.revisions[r].XRef, "cross-reference entries that are not of 20 bytes, after a signature")
	}
	return f.shrinks(r)
}

// shrinks compares the /Size of a revision with that of the one before: what lies beyond
// it is no object (7.5.5). PDFBox counts only what it writes, and readers know that.
func (f *File) shrinks(r int) error {
	size, _ := f.Trailer(r).Key("Size").Int()
	if before, _ := f.Trailer(r - 1).Key("Size").Int(); size < before {
		return doubtful(ruleTrailer, f.revisions[r].XRef, "a revision with a smaller /Size")
	}
	return nil
}

// question is a rule asked of a revision.
type question struct {
	revision int
	rule     string
}

// once asks a rule of a revision, and remembers the answer: every earlier signature
// asks the same.
func (f *File) once(r int, rule string, ask func(int) error) error {
	if err, known := f.answers[question{r, rule}]; known {
		return err
	}
	if f.answers == nil {
		f.answers = map[question]error{}
	}
	err := ask(r)
	f.answers[question{r, rule}] = err
	return err
}

// continues compares the trailer of a revision with the one before (R-P7).
func (f *File) continues(r int) error {
	now, before := f.Trailer(r), f.Trailer(r-1)
	at := f.revisions[r].XRef
	if !now.Key("Root").same(before.Key("Root")) {
		return broken(ruleTrailer, at, "a revision with another catalog")
	}
	if !now.Key("Encrypt").same(before.Key("Encrypt")) {
		return broken(ruleTrailer, at, "a revision encrypted otherwise")
	}
	// Honest programs change /ID, both halves of it; only what is encrypted
	// depends on it, and on its first half (7.6.3.3).
	if f.encrypted && !f.identifier(r).same(f.identifier(r-1)) {
		if d, err := f.key(r, now, "Encrypt"); err != nil || keyedByIdentifier(d) {
			return broken(ruleTrailer, at, "a revision of an encrypted document with another /ID")
		}
	}
	return nil
}

type span struct{ start, end int64 }

// accountFor finds a place for every byte of a revision (R-P5).
func (f *File) accountFor(r int) error {
	rv := &f.revisions[r]
	spans := []span{{rv.sections[0].at, rv.End}} // what stands between section and %%EOF was read by Open
	hidden := int64(-1)
	if rv.Hybrid {
		hidden = rv.sections[0].hidden.at
		spans = append(spans, span{hidden, rv.sections[0].hidden.end})
	}
	listed := map[int64]int{} // object stream → objects listed as lying in it
	rv.sections[0].each(func(_ int, e entry) {
		if e.kind == compressed {
			listed[e.at]++
		}
	})
	var failure error
	rv.sections[0].each(func(number int, e entry) {
		if failure != nil || e.kind != inUse || f.token(e.at) == rv.XRef || f.token(e.at) == hidden {
			return
		}
		var obj indirect
		obj, failure = f.object(r, e.ref(number))
		if failure == nil && obj.start >= rv.start { // before that it is listed again, unchanged
			spans = append(spans, span{obj.start, obj.end})
			failure = f.allListed(r, obj, listed[int64(number)])
			delete(listed, int64(number))
		}
	})
	if failure != nil {
		return failure
	}
	if len(listed) > 0 {
		return broken(ruleObject, rv.XRef, "objects in a stream that the revision does not write")
	}
	err := f.gaps(rv, spans)
	if err == nil && rv.Hybrid {
		// Readers of before PDF 1.5 do not see the stream's objects (R-P6). iText writes
		// such revisions after those of Word.
		return doubtful(ruleViews, rv.XRef, "a hybrid revision after a signature")
	}
	return err
}

// allListed checks that every object of an object stream, if obj is one, is
// listed (R-P4).
func (f *File) allListed(r int, obj indirect, listed int) error {
	if listed == 0 && (obj.value.Kind != Stream || obj.value.Key("Type").Name() != "ObjStm") {
		return nil
	}
	st, err := f.objectStream(r, r, int64(obj.ref.Number))
	if err == nil && len(st.numbers) != listed {
		err = broken(ruleDuplicate, obj.start, "an object stream with objects that its revision does not list")
	}
	return err
}

func (f *File) gaps(rv *revision, spans []span) error {
	slices.SortFunc(spans, func(a, b span) int { return int(a.start - b.start) })
	at := rv.start
	var doubt error
	for _, s := range spans {
		if s.start < at {
			return broken(ruleDuplicate, s.start, "two objects in the same bytes")
		}
		if gap := bytes.Trim(f.b[at:s.start], "\x00\t\n\f\r "); idle(gap) {
			doubt = doubtful(ruleBytes, at, "a comment after a signature")
		} else if len(gap) > 0 {
			return broken(ruleBytes, at, "bytes after a signature that no cross-reference section lists")
		}
		at = s.end
	}
	return doubt
}

// maxIdle bounds the comment that a program may leave of itself.
const maxIdle = 80

// idle reports whether a gap is a comment on one line in which nobody who repairs files
// finds anything. MuPDF writes its name so.
func idle(gap []byte) bool {
	if len(gap) == 0 || len(gap) > maxIdle || gap[0] != '%' {
		return false
	}
	for _, c := range gap {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return !slices.ContainsFunc([]string{"obj", "xref", "trailer", "stream", "%%EOF", "%PDF"}, func(word string) bool {
		return bytes.Contains(gap, []byte(word))
	})
}
