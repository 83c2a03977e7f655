package pades

import "fmt"

// ErrHandler is a document that is encrypted in a way of which nothing is known here.
var ErrHandler = fmt.Errorf("not by the standard security handler: %w", ErrEncrypted)

// Locked reports whether strings and streams of the file are ciphertext: it is encrypted,
// and neither the empty password opens it, with which [Open] tries as every reader does,
// nor one that was given to [File.Unlock].
func (f *File) Locked() bool { return f.encrypted && f.cipher == nil }

// Unlock opens an encrypted file with a password, the user's or the owner's, and reports
// whether it is one of them. Of a handler that is not known the error is [ErrHandler].
// What was read before stays as it is.
func (f *File) Unlock(password string) (bool, error) {
	h, err := f.handler()
	if err != nil {
		return false, err
	}
	key := h.fileKey(password)
	if key == nil {
		return false, nil
	}
	f.cipher = &decipherer{handler: *h, key: key}
	f.known, f.streams, f.root, f.answers = knownObjects{}, map[int64]*objectStream{}, lastRoot{}, nil
	return true, nil
}

// handler is the standard security handler's dictionary (tables 20, 21 and 25).
type handler struct {
	self                Ref // where it stands; zero is the trailer
	version, revision   int
	length              int // of the key, in bytes
	owner, user         []byte
	ownerKey, userKey   []byte // /OE, /UE
	sealed              []byte // /Perms
	permissions         uint32
	id                  []byte // the first half of the document's
	metadata            bool   // encrypted, too
	filters             map[string]method
	texts, data, inside method // of strings, of streams, of attached files
}

// method is what a crypt filter does (table 25).
type method int

const (
	plain method = iota
	byRC4
	byAES
	unknown
)

// handler reads the dictionary, of which every entry has to be direct: what it says must
// not depend on what it is needed for. Were it, or the identifier that goes into the key,
// another in an earlier revision, that revision's readers would see another document.
func (f *File) handler() (*handler, error) {
	last := len(f.revisions) - 1
	d, err := f.key(last, f.Trailer(last), "Encrypt")
	if err != nil {
		return nil, err
	}
	id := f.identifier(last)
	for rev := range last {
		before, err := f.key(rev, f.Trailer(rev), "Encrypt")
		if err != nil {
			return nil, err
		}
		if !before.same(d) || keyedByIdentifier(d) && !f.identifier(rev).same(id) {
			return nil, errOtherwise
		}
	}
	number := func(key string, otherwise int64) int64 {
		if n, ok := d.Key(key).Int(); ok {
			return n
		}
		return otherwise
	}
	h := &handler{version: int(number("V", 0)), revision: int(number("R", 0)), length: int(number("Length", 40) / 8),
		owner: d.Key("O").Octets(), user: d.Key("U").Octets(), ownerKey: d.Key("OE").Octets(), userKey: d.Key("UE").Octets(), sealed: d.Key("Perms").Octets(),
		permissions: uint32(number("P", 0)), id: id.Octets(), metadata: true}
	h.self, _ = f.Trailer(last).Key("Encrypt").Ref()
	if m := d.Key("EncryptMetadata"); m.Kind == Boolean {
		h.metadata = m.Bool()
	}
	if d.Kind != Dictionary || d.Key("Filter").Name() != "Standard" || !h.settle(d) {
		return nil, ErrHandler
	}
	return h, nil
}

var errOtherwise = fmt.Errorf("otherwise in other revisions: %w", ErrEncrypted)

// identifier is the first half of /ID (14.4), which goes into the key; the second changes
// with every revision.
func (f *File) identifier(rev int) Value {
	if halves := f.Trailer(rev).Key("ID").Items(); len(halves) > 0 {
		return halves[0]
	}
	return Value{}
}

// keyedByIdentifier reports whether what an encryption dictionary says depends on /ID: with
// version 5 the key is the dictionary's alone (ISO 32000-2, 7.6.4.3.3). What is no number is
// taken for one that does.
func keyedByIdentifier(d Value) bool {
	version, _ := d.Key("V").Int()
	return version < 5
}

// settle finds out how the dictionary encrypts, and whether it has what that takes.
func (h *handler) settle(d Value) bool {
	switch {
	case h.version == 1 && (h.revision == 2 || h.revision == 3):
		h.length = 5
	case h.version == 2 && (h.revision == 2 || h.revision == 3):
		if h.revision == 2 {
			h.length = 5
		}
	case h.version == 4 && h.revision == 4: // the length is that of the crypt filter, of 128 bits always (table 25)
		h.length = 16
	case h.version == 5 && (h.revision == 5 || h.revision == 6): // whose keys are no digests of passwords
		return len(h.owner) >= 48 && len(h.user) >= 48 && len(h.ownerKey) >= 32 && len(h.userKey) >= 32 && len(h.sealed) >= 16 && h.choose(d)
	default:
		return false
	}
	return h.length >= 5 && h.length <= 16 && len(h.owner) >= 32 && len(h.user) >= 32 && h.choose(d)
}

// choose takes the crypt filters that the dictionary names (table 20); before version 4
// there were none.
func (h *handler) choose(d Value) bool {
	if h.version < 4 {
		h.texts, h.data, h.inside = byRC4, byRC4, byRC4
		return true
	}
	h.define(d.Key("CF"))
	h.texts, h.data = h.filter(d.Key("StrF")), h.filter(d.Key("StmF"))
	h.inside = h.data
	if v := d.Key("EFF"); v.Kind != Null {
		h.inside = h.filter(v)
	}
	return h.texts != unknown && h.data != unknown && h.inside != unknown
}

// define reads the crypt filters, once: each of a hundred thousand streams may name its own
// among as many.
func (h *handler) define(filters Value) {
	h.filters = map[string]method{}
	for i, name := range filters.Keys() {
		switch by := filters.items[2*i+1].Key("CFM").Name(); {
		case h.version == 4 && by == "V2":
			h.filters[name] = byRC4
		case h.version == 4 && by == "AESV2", h.version == 5 && by == "AESV3":
			h.filters[name] = byAES
		}
	}
	h.filters["Identity"] = plain // which is nobody's to define (table 26)
}

// filter is what the crypt filter of a name does; without a name it is Identity.
func (h *handler) filter(name Value) method {
	if name.Kind == Null {
		return plain
	}
	if does, ok := h.filters[name.Name()]; ok && name.Kind == Name {
		return does
	}
	return unknown
}

// tryEmpty tries the empty password, which is that of documents that anybody may read. One
// that it does not open, whatever the reason, is still a document.
func (f *File) tryEmpty() {
	if opens, err := f.Unlock(""); err != nil || !opens {
		f.cipher = nil
	}
}
