package pades

import (
	"cmp"
	"fmt"
	"slices"
)

// Signature is a signature dictionary (12.8.1) that some revision of the file
// holds as the value of a signature field. Its texts are claims.
type Signature struct {
	Field    string // fully qualified name of the field
	FieldRef Ref
	Ref      Ref // of the dictionary; zero if it stands in the field itself
	Revision int // the first that holds it

	Type, Filter, SubFilter string

	ByteRange                  []int64 // nil unless an array of direct integers
	Contents                   []byte  // decoded, with its padding
	ContentsStart, ContentsEnd int64   // span of the /Contents token, "<" to one past ">"
	Time                       string  // /M as it stands (7.9.4)
	Name, Reason               string
	Location, ContactInfo      string
	DocMDP                     int // permissions 1 to 3 of a certification (12.8.2.2); 0 if it is none
	Page                       int // of the field's widget, counted from 1; 0 if it says none
	Rect                       [4]float64
	Removed                    bool     // the last revision's field of that name has no signature any more, or is gone
	SharedBy                   []string // further fields with the same dictionary
	DuplicateName              bool     // an earlier field has the same fully qualified name

	dict    Value
	obj     indirect // what dict was found in
	altered bool     // the last revision's field holds another dictionary
	page    Ref
}

// place tells signature dictionaries apart: where they stand.
type place struct {
	start      int64 // of the indirect object, or its object stream
	dict       int64 // of the dictionary, within the file or the stream
	compressed bool
}

func (s *Signature) place() place { return place{s.obj.start, s.dict.Start, s.obj.compressed} }

// Signatures lists the signature dictionaries of every revision, not only
// those a reader of the last one would find (rule R-B8), ordered by revision,
// then by the end of the byte range. A dictionary that a later revision
// repeats unchanged is listed once; one that it changes, twice.
func (f *File) Signatures() ([]Signature, error) {
	var list, current []Signature
	latest := map[string]int{} // field name → index in list of its last signature
	listed := map[place]bool{}
	for rev := range f.revisions {
		var err error
		if current, err = f.signaturesOf(rev, current); err != nil {
			return nil, err
		}
		for _, s := range current {
			if listed[s.place()] {
				continue
			}
			if i, ok := latest[s.Field]; ok {
				repeated, err := f.alike(list[i].Revision, list[i].dict, rev, s.dict)
				if err != nil {
					return nil, err
				}
				if repeated {
					continue
				}
			}
			listed[s.place()] = true
			latest[s.Field] = len(list)
			list = append(list, s)
		}
	}
	last := make(map[named]*Signature, len(current))
	for i := range current {
		if key := current[i].named(); last[key] == nil {
			last[key] = &current[i]
		}
	}
	for i := range list {
		if err := f.compareWithLast(&list[i], last); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(list, func(a, b Signature) int {
		return cmp.Or(a.Revision-b.Revision, cmp.Compare(a.end(), b.end()))
	})
	return list, f.numberPages(list)
}

// end is one past the last byte that the byte range claims.
func (s *Signature) end() int64 {
	if len(s.ByteRange) != 4 {
		return 0
	}
	return s.ByteRange[2] + s.ByteRange[3]
}

// compareWithLast finds out what the last revision makes of a signature (rules
// R-B7, R-B8).
func (f *File) compareWithLast(s *Signature, last map[named]*Signature) error {
	now := last[s.named()]
	if s.Removed = now == nil; s.Removed {
		return nil
	}
	s.altered = now.FieldRef != s.FieldRef || now.Ref != s.Ref
	if s.altered {
		return nil
	}
	// Even the same dictionary may have entries in objects of their own.
	same, err := f.alike(s.Revision, s.dict, len(f.revisions)-1, now.dict)
	s.altered = !same
	return err
}

// named is what a signature's field is found by in another revision.
type named struct {
	field     string
	duplicate bool
}

func (s *Signature) named() named { return named{s.Field, s.DuplicateName} }

func (f *File) numberPages(list []Signature) error {
	for i := range list {
		s := &list[i]
		// The page tree of the revision that was signed says what was signed.
		numbers, err := f.pageNumbers(s.Revision, []Ref{s.page})
		if err != nil {
			return err
		}
		s.Page = numbers[s.page]
	}
	return nil
}

// signaturesOf lists the signatures that a reader of revision rev finds; before
// are those of the revision before, which are not read again.
func (f *File) signaturesOf(rev int, before []Signature) ([]Signature, error) {
	earlier := map[int64]*Signature{}
	for i := range before {
		if s := &before[i]; s.Ref.Number != 0 && !s.obj.compressed {
			earlier[s.obj.start] = s
		}
	}
	var list []Signature
	names := map[string]bool{}
	at := map[place]int{}
	err := f.fields(rev, func(field formField) error {
		if field.kind != "Sig" {
			return nil
		}
		if f.Locked() && field.ref.Number != 0 { // the name is ciphertext, another whenever it is written
			field.name = fmt.Sprintf("%d %d R", field.ref.Number, field.ref.Generation)
		}
		duplicate := names[field.name]
		names[field.name] = true
		s, err := f.signatureIn(rev, field, earlier)
		if err != nil || s == nil {
			return err
		}
		if len(list) == maxSignatures {
			return broken(ruleLimit, s.obj.start, "more than %d signatures", maxSignatures)
		}
		if first, shared := at[s.place()]; shared {
			list[first].SharedBy = append(list[first].SharedBy, field.name)
			return nil
		}
		at[s.place()] = len(list)
		s.Field, s.FieldRef, s.DuplicateName, s.SharedBy = field.name, field.ref, duplicate, nil
		list = append(list, *s)
		return nil
	})
	return list, err
}

// Bounds on what is held in memory of the signatures of a file: nobody signs one ten
// thousand times, and a dictionary is a dozen values.
const (
	maxSignatures      = 10_000
	maxSignatureValues = 500_000
	maxClaim           = 64 << 10
)

// signatureIn reads the signature a field holds; nil if it holds none.
func (f *File) signatureIn(rev int, field formField, earlier map[int64]*Signature) (*Signature, error) {
	ref, indirectly := field.value.Ref()
	if e, _, ok := f.lookup(rev, ref.Number); ok && indirectly && e.kind == inUse {
		if s := earlier[e.at]; s != nil && s.Ref == ref && e.ref(ref.Number) == ref {
			again := *s
			return &again, nil
		}
	}
	obj, err := f.resolve(rev, field.value)
	if err != nil || obj.value.Kind != Dictionary {
		return nil, err
	}
	if !indirectly {
		dict := obj.value
		obj = field.obj
		obj.value = dict
	}
	if f.held += obj.value.count(); f.held > maxSignatureValues {
		return nil, broken(ruleLimit, obj.start, "signature dictionaries of more than %d values", maxSignatureValues)
	}
	s := &Signature{Ref: ref, Revision: rev, dict: obj.value, obj: obj}
	if s.page, s.Rect, err = f.widget(rev, field); err != nil {
		return nil, err
	}
	return s, f.readDictionary(s)
}

// readDictionary fills in the entries of a signature dictionary (table 252).
func (f *File) readDictionary(s *Signature) error {
	var texts [8]Value
	for i, key := range [...]string{"Type", "Filter", "SubFilter", "M", "Name", "Reason", "Location", "ContactInfo"} {
		v, err := f.key(s.Revision, s.dict, key)
		if err != nil {
			return err
		}
		if len(v.octets) > maxClaim { // it is decoded, and shown
			return broken(ruleLimit, v.Start, "a /%s of more than %d bytes", key, maxClaim)
		}
		texts[i] = v
	}
	s.Type, s.Filter, s.SubFilter = texts[0].Name(), texts[1].Name(), texts[2].Name()
	if !f.Locked() { // what would be read there is ciphertext
		s.Time, s.Name, s.Reason = texts[3].Text(), texts[4].Text(), texts[5].Text()
		s.Location, s.ContactInfo = texts[6].Text(), texts[7].Text()
	}
	// Both must be direct: an indirect one could be exchanged later.
	byteRange := s.dict.Key("ByteRange").Items()
	for _, item := range byteRange[:min(len(byteRange), 8)] { // four are right, more are wrong however many
		n, ok := item.Int()
		if !ok {
			s.ByteRange = nil
			break
		}
		s.ByteRange = append(s.ByteRange, n)
	}
	if c := s.dict.Key("Contents"); c.Kind == String && !s.obj.compressed {
		s.Contents, s.ContentsStart, s.ContentsEnd = c.octets, c.Start, c.End
	}
	return f.readDocMDP(s)
}

// readDocMDP finds the permissions of a certification signature (12.8.2.2).
// Without a value they are 2; one that is unknown is taken as the strictest.
func (f *File) readDocMDP(s *Signature) error {
	list, err := f.key(s.Revision, s.dict, "Reference")
	if err != nil {
		return err
	}
	for _, item := range list.Items() {
		reference, err := f.Resolve(s.Revision, item)
		if err != nil {
			return err
		}
		if reference.Key("TransformMethod").Name() != "DocMDP" {
			continue
		}
		parms, err := f.key(s.Revision, reference, "TransformParams")
		if err != nil {
			return err
		}
		p := parms.Key("P")
		n, ok := p.Int()
		switch {
		case p.Kind == Null:
			n = 2
		case !ok || n < 1 || n > 3:
			n = 1
		}
		s.DocMDP = int(n)
	}
	return nil
}
