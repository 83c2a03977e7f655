package pades

import "strings"

// validationData lets validation data be added or replaced (ISO 32000-2, 12.8.4.3; EN
// 319 142-1, 5.4.2): certificates, CRLs and OCSP responses in streams that are new, or
// were among the validation data before. That earlier ones are left out takes nothing
// away: they are still evidence in the revision that had them, and EU DSS writes the
// whole anew each time. The values are judged as a whole tree, so that it does not
// matter which of their parts are objects of their own.
func (d *differ) validationData(ref Ref, before, after Value) error {
	if d.dss != nil {
		return nil // compared already, by another of its objects
	}
	d.dss = map[Ref]bool{}
	was, err := d.f.Resolve(d.old, before)
	if err != nil {
		return err
	}
	is, err := d.f.Resolve(d.new, after)
	if err != nil {
		return err
	}
	if was.Kind == Null && is.Kind == Null {
		return nil
	}
	if err := d.collectDSS(before, 0); err != nil {
		return err
	}
	if is.Kind != Dictionary {
		d.other(ruleChanges, ref, "validation data removed")
		return nil
	}
	ok, err := d.validationEntries(was, is, dssEntries)
	if err != nil {
		return err
	}
	if !ok {
		d.other(ruleChanges, ref, "validation data that hold something else")
		return nil
	}
	d.allowed(LongTerm, ref, "validation data added")
	return nil
}

// usedByDSS judges an object that the validation data refer to.
func (d *differ) usedByDSS(u use, ref Ref) (bool, error) {
	root, err := d.f.catalog(d.old)
	if err != nil {
		return true, err
	}
	now, err := d.f.catalog(d.new)
	if err != nil {
		return true, err
	}
	if root.value.Key("DSS").Kind == Null {
		return false, nil
	}
	if err := d.validationData(ref, root.value.Key("DSS"), now.value.Key("DSS")); err != nil {
		return true, err
	}
	// A stream is never written again in place (R-M3): it is not in the set.
	if !d.dss[u.holder] || !d.dss[ref] {
		return false, nil
	}
	catalog, _ := d.f.Trailer(d.old).Key("Root").Ref()
	return d.onlyWithin(u.holder, func(u use) standing {
		switch {
		case u.holder == catalog && (u.path == "DSS" || strings.HasPrefix(u.path, "DSS/")):
			return atTop
		case d.dss[u.holder]:
			return within
		}
		return elsewhere
	}, 0)
}

// collectDSS gathers the objects that the validation data consist of, streams left
// out.
func (d *differ) collectDSS(v Value, depth int) error {
	if depth > 6 {
		return nil
	}
	if ref, ok := v.Ref(); ok {
		target, err := d.f.Resolve(d.old, v)
		if err != nil || target.Kind == Stream || d.dss[ref] {
			return err
		}
		d.dss[ref], d.stores[ref] = true, true
		v = target
	}
	for _, item := range v.items {
		if err := d.collectDSS(item, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// dssEntry is what an entry of the validation data may be.
type dssEntry int

const (
	dssFixed   dssEntry = iota // a name, or what stood there before
	dssStreams                 // an array of references to streams
	dssStream                  // a stream
	dssVRI                     // entries by signature
	dssTime                    // when an entry was made, which nobody relies on
)

// The entries of a DSS dictionary (EN 319 142-1, table 1) and of one for a single
// signature (table 2).
var (
	dssEntries = map[string]dssEntry{"Type": dssFixed, "VRI": dssVRI, "Certs": dssStreams, "CRLs": dssStreams, "OCSPs": dssStreams}
	vriEntries = map[string]dssEntry{"Type": dssFixed, "TU": dssTime, "TS": dssStream, "Cert": dssStreams, "CRL": dssStreams, "OCSP": dssStreams}
)

// validationEntries reports whether a dictionary of validation data has only entries
// that are known, or that it had before.
func (d *differ) validationEntries(before, after Value, known map[string]dssEntry) (bool, error) {
	if after.Kind != Dictionary {
		return false, nil
	}
	for _, key := range after.Keys() {
		kind, ok := known[key]
		if !ok && !before.Key(key).same(after.Key(key)) {
			return false, nil
		}
		is, err := d.f.key(d.new, after, key)
		if err != nil {
			return false, err
		}
		switch kind {
		case dssFixed:
			ok = is.Kind == Name || before.Key(key).same(after.Key(key))
		case dssTime:
			ok = is.Kind == String
		case dssStream:
			ok, err = d.evidence(after.Key(key))
		case dssStreams:
			ok, err = d.allEvidence(is)
		case dssVRI:
			ok, err = d.validationBySignature(before.Key(key), is)
		}
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (d *differ) allEvidence(list Value) (bool, error) {
	if list.Kind != Array {
		return false, nil
	}
	for _, item := range list.items {
		if ok, err := d.evidence(item); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// evidence reports whether a value refers to a stream that is new in the document, or
// was validation data before: a reference to anything else would give it a second
// meaning.
func (d *differ) evidence(item Value) (bool, error) {
	ref, ok := item.Ref()
	if !ok {
		return false, nil
	}
	stream, err := d.f.Resolve(d.new, item)
	if err != nil || stream.Kind != Stream {
		return false, err
	}
	if !d.existed(ref) {
		return true, nil
	}
	uses, err := d.uses(ref)
	if err != nil {
		return false, err
	}
	for _, u := range uses {
		if !d.stores[u.holder] && !strings.HasPrefix(u.path, "DSS/") { // EU DSS lists earlier streams from a new dictionary, and leaves the old one lying
			return false, nil
		}
	}
	return true, nil
}

// validationBySignature judges the entries by signature, named by a digest: SHA-1 in
// capital digits by EN 319 142-1, 5.4.2.3, others by some programs. The name is a label
// that nobody relies on.
func (d *differ) validationBySignature(before, after Value) (bool, error) {
	was, err := d.f.Resolve(d.old, before)
	if err != nil || after.Kind != Dictionary {
		return false, err
	}
	for _, key := range after.Keys() {
		if was.index(key) < 0 && (len(key) < 40 || len(key) > 128 || strings.Trim(key, "0123456789ABCDEFabcdef") != "") {
			return false, nil
		}
		entryWas, entry, err := d.entries(was, after, key)
		if err != nil {
			return false, err
		}
		if ok, err := d.validationEntries(entryWas, entry, vriEntries); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}
