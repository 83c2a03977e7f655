package pades

import (
	"bytes"
	"math"
)

// Kind is the type of a PDF object (ISO 32000-1, 7.3).
type Kind uint8

// The zero Kind is the null object, which is also what stands for anything
// absent (ISO 32000-1, 7.3.9).
const (
	Null Kind = iota
	Boolean
	Integer
	Real
	String
	Name
	Array
	Dictionary
	Stream
	Reference
)

// Ref names an indirect object (ISO 32000-1, 7.3.10). Number 0 is never in
// use and stands for "no object".
type Ref struct{ Number, Generation int }

// Value is a PDF object and the span of bytes it was read from. The zero
// Value is the null object; asking a Value for what it is not gives a zero
// answer, so that a chain of questions needs one check at its end.
type Value struct {
	Kind Kind
	// Start and End are the first byte and one past the last. They count in
	// the file, or, for what stands in an object stream, in its decoded bytes
	// (see [File.Locate]).
	Start, End int64

	number uint64  // Integer, Boolean, bits of Real; Reference: number<<32 | generation; String, Stream: see sealed
	octets []byte  // Name and String decoded; Stream: its raw data
	items  []Value // Array: its elements; Dictionary, Stream: keys and values in turn
}

// Int is an integer's value.
func (v Value) Int() (int64, bool) { return int64(v.number), v.Kind == Integer }

// Number is the value of an integer or a real number.
func (v Value) Number() (float64, bool) {
	switch v.Kind {
	case Integer:
		return float64(int64(v.number)), true
	case Real:
		return math.Float64frombits(v.number), true
	}
	return 0, false
}

// Bool is a boolean's value.
func (v Value) Bool() bool { return v.Kind == Boolean && v.number == 1 }

// Name is a name without its slash, decoded.
func (v Value) Name() string {
	if v.Kind != Name {
		return ""
	}
	return string(v.octets)
}

// Octets are the decoded bytes of a string, or a stream's data as they stand
// in the file, decrypted; nothing of what does not decrypt. They must not be changed.
func (v Value) Octets() []byte {
	if v.Kind != String && v.Kind != Stream || v.number != 0 {
		return nil
	}
	return v.octets
}

// Text is a string as text (ISO 32000-1, 7.9.2.2).
func (v Value) Text() string {
	if v.Kind != String || v.number != 0 {
		return ""
	}
	return decodeText(v.octets)
}

// Ref is the object a reference names.
func (v Value) Ref() (Ref, bool) {
	if v.Kind != Reference {
		return Ref{}, false
	}
	return Ref{int(v.number >> 32), int(v.number & math.MaxUint32)}, true
}

// Items are the elements of an array. They must not be changed.
func (v Value) Items() []Value {
	if v.Kind != Array {
		return nil
	}
	return v.items
}

// IsDictionary reports whether v has entries: it is a dictionary or a stream.
func (v Value) IsDictionary() bool { return v.Kind == Dictionary || v.Kind == Stream }

// Key is the value of an entry, not following references.
func (v Value) Key(key string) Value {
	if i := v.index(key); i >= 0 {
		return v.items[i+1]
	}
	return Value{}
}

// Keys are the keys of a dictionary or a stream, in the order of the file.
func (v Value) Keys() []string {
	if !v.IsDictionary() {
		return nil
	}
	keys := make([]string, 0, len(v.items)/2)
	for i := 0; i < len(v.items); i += 2 {
		keys = append(keys, string(v.items[i].octets))
	}
	return keys
}

func (v Value) index(key string) int {
	if !v.IsDictionary() {
		return -1
	}
	for i := 0; i < len(v.items); i += 2 {
		if string(v.items[i].octets) == key {
			return i
		}
	}
	return -1
}

// finder is index for many questions: going through a dictionary of a hundred thousand
// entries for each of them would take minutes.
func (v Value) finder() func(key string) int {
	if !v.IsDictionary() || len(v.items) < 64 {
		return v.index
	}
	at := make(map[string]int, len(v.items)/2)
	for i := 0; i < len(v.items); i += 2 {
		at[string(v.items[i].octets)] = i
	}
	return func(key string) int {
		if i, ok := at[key]; ok {
			return i
		}
		return -1
	}
}

// same reports whether two values are alike in all but their place in the
// file and the order of dictionary entries. References are alike if they name
// the same object.
func (v Value) same(w Value) bool {
	if v.Kind != w.Kind || v.number != w.number || len(v.items) != len(w.items) || !bytes.Equal(v.octets, w.octets) {
		return false
	}
	if v.IsDictionary() {
		find := w.finder()
		for i := 0; i < len(v.items); i += 2 {
			j := find(string(v.items[i].octets))
			if j < 0 || !v.items[i+1].same(w.items[j+1]) {
				return false
			}
		}
		return true
	}
	for i := range v.items {
		if !v.items[i].same(w.items[i]) {
			return false
		}
	}
	return true
}

// count is how many values v consists of.
func (v Value) count() int {
	n := 1
	for _, item := range v.items {
		n += item.count()
	}
	return n
}

// references calls visit for every reference in v, in the order of the file.
func (v Value) references(visit func(Value)) {
	if v.Kind == Reference {
		visit(v)
	}
	for _, item := range v.items {
		item.references(visit)
	}
}
