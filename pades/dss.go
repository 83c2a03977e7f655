package pades

import (
	"cmp"
	"errors"
	"slices"
)

// DSS is a document security store (ETSI EN 319 142-1, 5.4.2): certificates and
// revocation data that a document carries for those who judge it later. Nothing
// signs the store, and who puts an answer there may have made it: what is in it
// is evidence only for what its own signature says.
type DSS struct {
	Certs, CRLs, OCSPs []Stored
	VRI                []VRI
	// Unreadable counts entries that are no streams, or no streams as they are
	// read here. They are evidence of nothing, and no reason to refuse the rest.
	Unreadable int
}

// Stored is one value of a store, in DER as it claims, unread.
type Stored struct {
	DER []byte
	Ref Ref // of the stream
	// Revision is the one in whose bytes the stream stands: a document time-stamp
	// of that revision or a later one proves that it existed then.
	Revision int
}

// VRI is what a store keeps for one signature in particular (5.4.2.3). Its
// lists name streams, mostly those that the store lists as well.
type VRI struct {
	Key                string // hexadecimal SHA-1 of the signature's /Contents, as it stands
	Certs, CRLs, OCSPs []Stored
	Updated            string   // /TU as it stands (7.9.4)
	TimeStamps         []Stored // /TS: one token at most
}

// Limits on a store, which costs a reading of the file for each entry. Real ones
// of ten renewals have a hundred.
const (
	maxStored = 5000
	maxVRI    = 1000
)

// DSS is the document security store that a reader of revision rev finds, nil if
// there is none. Entries that repeat a reference are listed once.
func (f *File) DSS(rev int) (*DSS, error) {
	root, err := f.catalog(rev)
	if err != nil {
		return nil, err
	}
	dict, err := f.key(rev, root.value, "DSS")
	if err != nil || dict.Kind == Null {
		return nil, err
	}
	if dict.Kind != Dictionary {
		return nil, broken(ruleStructure, root.start, "/DSS is not a dictionary")
	}
	r := storeReader{f: f, rev: rev, read: map[Ref]*Stored{}, dss: &DSS{}}
	for _, list := range []struct {
		key  string
		into *[]Stored
	}{{"Certs", &r.dss.Certs}, {"CRLs", &r.dss.CRLs}, {"OCSPs", &r.dss.OCSPs}} {
		if *list.into, err = r.list(dict, list.key); err != nil {
			return nil, err
		}
	}
	return r.dss, r.vri(dict)
}

type storeReader struct {
	f      *File
	rev    int
	read   map[Ref]*Stored // nil: unreadable
	listed int
	dss    *DSS
}

// list reads an array of references to streams.
func (r *storeReader) list(dict Value, key string) ([]Stored, error) {
	v, err := r.f.key(r.rev, dict, key)
	if err != nil {
		return nil, err
	}
	var list []Stored
	seen := map[Ref]bool{}
	for _, item := range v.Items() {
		ref, ok := item.Ref()
		if ok && seen[ref] {
			continue
		}
		seen[ref] = ok
		if r.listed++; r.listed > maxStored {
			return nil, broken(ruleLimit, dict.Start, "a security store of more than %d entries", maxStored)
		}
		s, err := r.stored(item)
		if err != nil {
			return nil, err
		}
		if s == nil {
			r.dss.Unreadable++
			continue
		}
		list = append(list, *s)
	}
	return list, nil
}

// stored reads one stream, nil if it cannot be.
func (r *storeReader) stored(item Value) (*Stored, error) {
	ref, ok := item.Ref()
	if !ok {
		return nil, nil // 7.3.8.1: streams are indirect objects
	}
	if s, known := r.read[ref]; known {
		return s, nil
	}
	r.read[ref] = nil
	obj, err := r.f.resolve(r.rev, item)
	if err != nil || obj.value.Kind != Stream {
		return nil, err
	}
	der, err := r.f.decode(r.rev, obj.value)
	if format := (*FormatError)(nil); errors.As(err, &format) && format.Rule != ruleLimit {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.read[ref] = &Stored{DER: der, Ref: ref, Revision: r.f.revisionAt(obj.start)}
	return r.read[ref], nil
}

// revisionAt is the revision in whose bytes an offset lies.
func (f *File) revisionAt(offset int64) int {
	i, _ := slices.BinarySearchFunc(f.revisions, offset+1, func(r revision, end int64) int { return cmp.Compare(r.End, end) })
	return min(i, len(f.revisions)-1)
}

func (r *storeReader) vri(dict Value) error {
	all, err := r.f.key(r.rev, dict, "VRI")
	if err != nil {
		return err
	}
	for i, key := range all.Keys() {
		if i == maxVRI {
			return broken(ruleLimit, dict.Start, "a security store for more than %d signatures", maxVRI)
		}
		v := VRI{Key: key}
		entry, err := r.f.Resolve(r.rev, all.items[2*i+1])
		if err != nil {
			return err
		}
		for _, list := range []struct {
			key  string
			into *[]Stored
		}{{"Cert", &v.Certs}, {"CRL", &v.CRLs}, {"OCSP", &v.OCSPs}} {
			if *list.into, err = r.list(entry, list.key); err != nil {
				return err
			}
		}
		updated, err := r.f.key(r.rev, entry, "TU")
		if err != nil {
			return err
		}
		v.Updated = updated.Text()
		stamp, err := r.stored(entry.Key("TS"))
		if err != nil {
			return err
		}
		if stamp != nil {
			v.TimeStamps = append(v.TimeStamps, *stamp)
		}
		r.dss.VRI = append(r.dss.VRI, v)
	}
	return nil
}
