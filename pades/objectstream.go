package pades

import (
	"fmt"
	"math"
)

// objectStream is a decoded object stream (7.5.7).
type objectStream struct {
	indirect
	data    []byte
	numbers []int
	offsets []int64 // in data
}

// compressedObject finds an object that revision in lists as lying in an
// object stream.
func (f *File) compressedObject(rev, in, number int, e entry) (indirect, error) {
	st, err := f.objectStream(rev, in, e.at)
	if err != nil {
		return indirect{}, err
	}
	if int64(e.index) >= int64(len(st.numbers)) || st.numbers[e.index] != number {
		return indirect{}, broken(ruleObject, st.start, "an object stream that does not hold the object listed")
	}
	s := f.scan(st.data, st.offsets[e.index])
	v, err := s.value()
	if err := f.spend(s, st.offsets[e.index]); err != nil {
		return indirect{}, err
	}
	if err != nil {
		return indirect{}, err
	}
	return indirect{
		ref: Ref{Number: number}, value: v, src: st.data,
		start: st.start, end: st.end, compressed: true,
	}, nil
}

// objectStream reads the object stream that revision in means by a number,
// which must be the one a reader of revision rev means by it: were the stream
// replaced later, that reader would find other objects than were written.
func (f *File) objectStream(rev, in int, number int64) (*objectStream, error) {
	if f.Locked() {
		return nil, fmt.Errorf("reading an object stream: %w", ErrEncrypted)
	}
	e, listing, ok := f.lookup(in, int(min(number, 1<<40)))
	if now, _, _ := f.lookup(rev, int(min(number, 1<<40))); !ok || e.kind != inUse || e.index != 0 || now != e {
		return nil, broken(ruleObject, 0, "an object stream that does not exist or was replaced")
	}
	written, err := f.writtenIn(listing, int(number), e)
	if err != nil {
		return nil, err
	}
	if st := f.streams[e.at]; st != nil {
		return st, nil
	}
	if f.nested++; f.nested > 8 {
		return nil, broken(ruleLimit, e.at, "an object stream that depends on itself")
	}
	defer func() { f.nested-- }()
	obj, err := f.parseIndirect(in, e.at, f.bodyEnd(written, e.at))
	if err != nil {
		return nil, err
	}
	if obj.ref.Number != int(number) || obj.value.Kind != Stream || obj.value.Key("Type").Name() != "ObjStm" {
		return nil, broken(ruleObject, e.at, "no object stream where one is listed")
	}
	st := &objectStream{indirect: obj}
	if err := f.indexObjectStream(in, st); err != nil {
		return nil, err
	}
	f.streams[e.at] = st
	return st, nil
}

// indexObjectStream decodes a stream and reads the pairs of object numbers and
// offsets at its head.
func (f *File) indexObjectStream(rev int, st *objectStream) error {
	n, err := f.key(rev, st.value, "N")
	if err != nil {
		return err
	}
	first, err := f.key(rev, st.value, "First")
	if err != nil {
		return err
	}
	if st.data, err = f.decode(rev, st.value); err != nil {
		return err
	}
	count, ok := n.Int()
	base, ok2 := first.Int()
	if !ok || !ok2 || count < 0 || base < 0 || base > int64(len(st.data)) || count > base/2 {
		return broken(ruleStructure, st.start, "an object stream with a wrong /N or /First")
	}
	if f.indexed += int(min(count, math.MaxInt32)); f.indexed > f.limits.Objects {
		return broken(ruleLimit, st.start, "too many objects in streams")
	}
	s := f.scan(st.data[:base], 0)
	st.numbers, st.offsets = make([]int, count), make([]int64, count)
	for i := range st.numbers {
		s.blank()
		number, ok := s.digits()
		if !ok || !s.blank() {
			return broken(ruleStructure, st.start, "an object stream with a malformed head")
		}
		offset, ok := s.digits()
		if !ok || offset >= int64(len(st.data))-base {
			return broken(ruleStructure, st.start, "an object stream with a malformed head")
		}
		st.numbers[i], st.offsets[i] = int(number), base+offset
	}
	return nil
}
