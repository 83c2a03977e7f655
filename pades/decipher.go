package pades

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:depguard // what ISO 32000-1, 7.6.2, has; nothing is protected by it here
	"crypto/rc4" //nolint:depguard // likewise
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"slices"
)

// decipherer reads what a file holds encrypted.
type decipherer struct {
	handler
	key []byte
}

// decipher puts plain text in the place of the strings and of the data of an object that
// was just read (7.6.1). What lies in object streams comes with these. Nothing is
// repaired: what does not decrypt stays as it is, and is marked (see sealed).
func (f *File) decipher(rev int, ref Ref, v *Value) error {
	h := &f.cipher.handler
	if ref == h.self || v.Kind == Stream && v.Key("Type").Name() == "XRef" { // 7.5.8.2
		return nil
	}
	by := &objectCipher{decipherer: f.cipher, ref: ref}
	by.strings(v)
	if v.Kind == Stream {
		way, err := f.wayOf(rev, *v)
		if err != nil {
			return err
		}
		by.open(way, v)
	}
	return f.charge(by.cost, v.Start)
}

// What decrypting costs beside its length, in bytes parsed: millions of strings of a letter
// are to take no longer than as much of anything else.
const (
	perKey  = 512
	perText = 96
)

// wayOf is how the data of a stream are encrypted.
func (f *File) wayOf(rev int, stream Value) (method, error) {
	own, name, err := f.cryptFilter(rev, stream)
	h := &f.cipher.handler
	switch kind := stream.Key("Type").Name(); {
	case err != nil:
		return unknown, err
	case own:
		return h.filter(name), nil
	case kind == "Metadata" && h.version >= 4 && !h.metadata:
		return plain, nil
	case kind == "EmbeddedFile":
		return h.inside, nil
	}
	return h.data, nil
}

// cryptFilter finds the crypt filter that a stream names itself, as the first of its
// filters (7.4.10).
func (f *File) cryptFilter(rev int, stream Value) (own bool, name Value, err error) {
	if f.nested++; f.nested > 8 { // like a length, they may stand in an object stream
		return false, Value{}, broken(ruleLimit, stream.Start, "a stream whose filter depends on itself")
	}
	defer func() { f.nested-- }()
	first := func(key string) (Value, error) {
		v, err := f.key(rev, stream, key)
		if err != nil || v.Kind != Array || len(v.items) == 0 {
			return v, err
		}
		return f.Resolve(rev, v.items[0])
	}
	filter, err := first("Filter")
	if err != nil || filter.Name() != "Crypt" {
		return false, Value{}, err
	}
	parms, err := first("DecodeParms")
	return true, parms.Key("Name"), err
}

// settled reports whether a stream says by itself how its data are encrypted.
func settled(stream Value) bool {
	depends := false
	for _, key := range [...]string{"Filter", "DecodeParms"} {
		stream.Key(key).references(func(Value) { depends = true })
	}
	return !depends
}

// objectCipher decrypts what belongs to one object.
type objectCipher struct {
	*decipherer
	ref  Ref
	cost int64

	stream    *rc4.Cipher
	keystream []byte // of stream, as far as it was needed: every short text begins with it
	block     cipher.Block
}

// strings decrypts every string of a value but what is signed: the /Contents of a
// signature dictionary, which is the dictionary that has a /ByteRange (7.6.1, 12.8.1).
func (o *objectCipher) strings(v *Value) {
	if v.Kind == String {
		o.open(o.texts, v)
		return
	}
	signature := v.Kind == Dictionary && v.Key("ByteRange").Kind != Null
	for i := range v.items {
		if signature && i%2 == 1 && string(v.items[i-1].octets) == "Contents" {
			continue
		}
		o.strings(&v.items[i])
	}
}

// open decrypts a string or the data of a stream. What does not decrypt is marked by the
// object it stands in: the same bytes elsewhere, under another key, would be another text.
func (o *objectCipher) open(way method, v *Value) {
	text, ok := v.octets, false
	switch way {
	case plain:
		return
	case byRC4:
		text, ok = o.openRC4(text)
	case byAES:
		text, ok = o.openAES(text)
	}
	o.cost += perText
	if !ok {
		v.number = uint64(o.ref.Number)<<32 | uint64(o.ref.Generation)
		return
	}
	v.octets = text
}

// maxKeystream bounds what is kept of one. Who decrypts more at once sets up a key for it,
// and what has the size of the file is in memory once.
const maxKeystream = 4 << 10

func (o *objectCipher) openRC4(text []byte) ([]byte, bool) {
	if len(text) > maxKeystream {
		return rc4Of(o.derived(nil), text), true
	}
	if o.stream == nil {
		stream, err := rc4.NewCipher(o.derived(nil))
		if err != nil { // of a key of 10 to 16 bytes there is none
			return nil, false
		}
		o.stream = stream
	}
	if more := len(text) - len(o.keystream); more > 0 {
		further := make([]byte, more)
		o.stream.XORKeyStream(further, further)
		o.keystream = append(o.keystream, further...)
	}
	out := make([]byte, len(text))
	subtle.XORBytes(out, text, o.keystream[:len(text)])
	return out, true
}

// openAES undoes CBC after an initialization vector, with the padding of RFC 8018. Nothing
// at all is nothing: writers leave empty what is empty.
func (o *objectCipher) openAES(text []byte) ([]byte, bool) {
	if len(text) == 0 {
		return text, true
	}
	if len(text) < 2*aes.BlockSize || len(text)%aes.BlockSize != 0 {
		return nil, false
	}
	if o.block == nil {
		key := o.key // of version 5 all objects have the file's (algorithm 1.A)
		if o.version < 5 {
			key = o.derived([]byte("sAlT"))
		}
		block, err := aes.NewCipher(key)
		if err != nil { // of a key of 16 or 32 bytes there is none
			return nil, false
		}
		o.block = block
	}
	out := make([]byte, len(text)-aes.BlockSize)
	cipher.NewCBCDecrypter(o.block, text[:aes.BlockSize]).CryptBlocks(out, text[aes.BlockSize:])
	padding := int(out[len(out)-1])
	if padding < 1 || padding > aes.BlockSize {
		return nil, false
	}
	for _, b := range out[len(out)-padding:] {
		if int(b) != padding {
			return nil, false
		}
	}
	return out[:len(out)-padding], true
}

// derived is the object's key (algorithm 1).
func (o *objectCipher) derived(salt []byte) []byte {
	o.cost += perKey
	number, generation := binary.LittleEndian.AppendUint32(nil, uint32(o.ref.Number)), binary.LittleEndian.AppendUint16(nil, uint16(o.ref.Generation))
	sum := md5.Sum(slices.Concat(o.key, number[:3], generation, salt))
	return sum[:min(len(o.key)+5, md5.Size)]
}

// sealed reports whether something in a value did not decrypt.
func (v Value) sealed() bool {
	if (v.Kind == String || v.Kind == Stream) && v.number != 0 {
		return true
	}
	for _, item := range v.items {
		if item.sealed() {
			return true
		}
	}
	return false
}

// legible holds that what a revision writes could be read whole (R-M10): another program
// may make something of what does not decrypt here.
func (d *differ) legible(changed []Ref) error {
	if d.f.cipher == nil {
		return nil
	}
	for _, ref := range changed {
		v, err := d.f.Object(d.new, ref)
		if err != nil {
			return err
		}
		if v.sealed() {
			return fmt.Errorf("object %d is encrypted otherwise than the document says: %w", ref.Number, ErrEncrypted)
		}
	}
	return nil
}
