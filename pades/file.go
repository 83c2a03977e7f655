package pades

import "fmt"

// Limits bound what one file may cost, so that no file can take a verifier's
// memory or time from others. A zero field takes the value of [Open].
type Limits struct {
	Size      int   // bytes of the file: 100 MB
	Objects   int   // entries of all cross-reference sections together: 500,000
	Revisions int   // 10,000
	Nesting   int   // arrays, dictionaries, form fields or pages within one another: 100
	Inflated  int64 // bytes decompressed, over the life of the File: 64 MB, and 1000 times their compressed size
	Parsed    int64 // bytes parsed as objects, over the life of the File, and 32 for each value: 256 MB; an object asked for again counts again
}

func (l Limits) orDefault() Limits {
	set := func(n *int, value int) {
		if *n == 0 {
			*n = value
		}
	}
	set(&l.Size, 100<<20)
	set(&l.Objects, 500_000)
	set(&l.Revisions, 10_000)
	set(&l.Nesting, 100)
	if l.Inflated == 0 {
		l.Inflated = 64 << 20
	}
	if l.Parsed == 0 {
		l.Parsed = 256 << 20
	}
	return l
}

// File is a PDF as its bytes lie, revision by revision. It reads objects when
// they are asked for, and is not safe for concurrent use.
type File struct {
	b         []byte
	limits    Limits
	revisions []revision // oldest first

	encrypted bool
	cipher    *decipherer             // nil unless it is encrypted and open
	listed    map[int][]int           // object number → revisions that list it, oldest first; nil while revisions are few
	streams   map[int64]*objectStream // by offset in the file
	nested    int                     // indirect lengths and object streams being resolved
	inflated  int64                   // spent of Limits.Inflated
	parsed    int64                   // spent of Limits.Parsed
	indexed   int                     // objects in the streams above; at most Limits.Objects
	held      int                     // values of signature dictionaries
	open      []Value                 // see scanner
	known     knownObjects            // see indirectAt
	root      lastRoot
	answers   map[question]error // see once
}

// lastRoot is the catalog that was read last: one document's questions nearly all
// begin there.
type lastRoot struct {
	rev     int
	catalog indirect
	known   bool
}

// Revision is one writing of the file (ISO 32000-1, 7.5.6).
type Revision struct {
	// End is one past the end-of-line marker that follows the revision's
	// %%EOF: the document of this revision is the file's bytes up to there.
	End int64
	// XRef is the offset of its cross-reference section, which startxref gives.
	XRef int64
	// Stream tells a cross-reference stream (7.5.8) from a table (7.5.4).
	Stream bool
	// Hybrid says that a table is accompanied by a stream whose objects older
	// readers do not see (7.5.8.4).
	Hybrid bool
	// Linearized says that the revision is the first of a linearized file and
	// has two sections (annex F).
	Linearized bool
}

type revision struct {
	Revision
	start    int64      // the end of the revision before
	eol      int64      // length of the end-of-line marker after %%EOF
	sections []*section // as they are searched; the first one's trailer is the revision's
	split    bool       // two sections in one writing: linearized, or hybrid as Word writes it
}

// Open reads the chain of cross-reference sections of a PDF within the default
// [Limits]. It keeps b, which must not be changed afterwards. What is wrong
// with the file is a *[FormatError].
func Open(b []byte) (*File, error) { return Limits{}.Open(b) }

// Open is [Open] within other limits.
func (l Limits) Open(b []byte) (*File, error) {
	f := &File{b: b, limits: l.orDefault(), streams: map[int64]*objectStream{}}
	if len(b) > f.limits.Size {
		return nil, broken(ruleLimit, 0, "a file of %d bytes; at most %d are read", len(b), f.limits.Size)
	}
	if err := f.readChain(); err != nil {
		return nil, fmt.Errorf("opening the document: %w", err)
	}
	if f.encrypted {
		f.tryEmpty()
	}
	return f, nil
}

// Bytes is the whole file. It must not be changed.
func (f *File) Bytes() []byte { return f.b }

// Revisions are the file's revisions, oldest first; there is at least one.
func (f *File) Revisions() []Revision {
	list := make([]Revision, len(f.revisions))
	for i, r := range f.revisions {
		list[i] = r.Revision
	}
	return list
}

// Tail is what follows the last revision's end: white space, since [Open]
// accepts nothing else there.
func (f *File) Tail() []byte { return f.b[f.revisions[len(f.revisions)-1].End:] }

// Trailer is the trailer dictionary of revision rev (7.5.5).
func (f *File) Trailer(rev int) Value { return f.revisions[rev].sections[0].trailer }

// Encrypted reports whether any revision claims to be encrypted (7.6). Strings
// and streams of such a file are not what they seem (see [File.Locked]); its byte
// ranges are.
func (f *File) Encrypted() bool { return f.encrypted }

// Changed lists the objects that revision rev writes, whether new or in place
// of an earlier one, and those in use before that it frees.
func (f *File) Changed(rev int) (changed, freed []Ref) {
	seen := map[int]bool{}
	for _, sec := range f.revisions[rev].sections {
		sec.each(func(number int, e entry) {
			if seen[number] {
				return
			}
			seen[number] = true
			now, _, _ := f.lookup(rev, number)
			before, _, was := f.lookup(rev-1, number)
			inUse := was && before.kind != free
			if now.kind != free {
				changed = append(changed, now.ref(number))
				inUse = inUse && before.ref(number) != now.ref(number) // by another generation
			}
			if inUse {
				freed = append(freed, before.ref(number))
			}
		})
	}
	return changed, freed
}
