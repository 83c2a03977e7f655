package pades

// knownObjects are objects that were parsed already: every question about a document
// begins at its catalog, and every revision asks again for the form, its fields and the
// pages they stand on.
type knownObjects struct {
	at   map[bounds]known
	size int64
}

// bounds are where an object begins and what it must end within: the same bytes may be
// an object to one revision and reach too far for another.
type bounds struct{ start, limit int64 }

type known struct {
	obj  indirect
	cost int64 // see spend
}

// maxKnown bounds the memory for them, which is at most three times as much. Beyond it
// objects are parsed again.
const maxKnown = 8 << 20

// perKnown is what an object costs in memory beside its values.
const perKnown = 256

// indirectAt is parseIndirect, once for each object. Whoever asks again spends as much
// again: the bound is on questions, not on how quickly they are answered.
func (f *File) indirectAt(rev int, at, limit int64) (indirect, error) {
	if f.nested > 0 { // how deep it lies decides, too
		return f.parseIndirect(rev, at, limit)
	}
	where := bounds{at, limit}
	if again, ok := f.known.at[where]; ok {
		if err := f.charge(again.cost, at); err != nil {
			return indirect{}, err
		}
		return again.obj, nil
	}
	before := f.parsed
	obj, err := f.parseIndirect(rev, at, limit)
	if err != nil {
		return indirect{}, err
	}
	cost := f.parsed - before
	// The length of a stream may be another one to another revision, and so may its filter.
	if obj.value.Key("Length").Kind == Reference || f.cipher != nil && !settled(obj.value) || f.known.size+cost+perKnown > maxKnown {
		return obj, nil
	}
	if f.known.at == nil {
		f.known.at = map[bounds]known{}
	}
	f.known.at[where] = known{obj, cost}
	f.known.size += cost + perKnown
	return obj, nil
}
