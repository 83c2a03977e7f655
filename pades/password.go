package pades

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:depguard // what ISO 32000-1, 7.6.3, has; nothing is protected by it here
	"crypto/rc4" //nolint:depguard // likewise
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
)

// ErrHandler is a document that is encrypted in a way of which nothing is known here.
var ErrHandler = fmt.Errorf("not by the standard security handler: %w", ErrEncrypted)

// Opens reports whether a password is the user's or the owner's of an encrypted document
// (ISO 32000-1, 7.6.3; ISO 32000-2, 7.6.4). It decrypts nothing; who gives a wrong
// password has to be told, rather than that the document says less than hoped.
func (f *File) Opens(password string) (bool, error) {
	h, err := f.handler()
	if err != nil {
		return false, err
	}
	if h.revision >= 5 {
		word := []byte(password[:min(len(password), 127)])
		return bytes.Equal(h.hash(word, h.user[32:40], nil), h.user[:32]) || bytes.Equal(h.hash(word, h.owner[32:40], h.user[:48]), h.owner[:32]), nil
	}
	word := padded([]byte(password))
	return h.opensUser(word) || h.opensUser(padded(h.userPassword(word))), nil
}

// handler is the standard security handler's dictionary (table 21).
type handler struct {
	revision    int
	length      int // of the key, in bytes
	owner, user []byte
	permissions uint32
	id          []byte // the first half of the document's
	metadata    bool   // encrypted, too
}

func (f *File) handler() (*handler, error) {
	last := len(f.revisions) - 1
	d, err := f.key(last, f.Trailer(last), "Encrypt")
	if err != nil {
		return nil, err
	}
	number := func(key string, otherwise int64) int64 {
		if n, ok := d.Key(key).Int(); ok {
			return n
		}
		return otherwise
	}
	h := &handler{revision: int(number("R", 0)), length: int(number("Length", 40) / 8), owner: d.Key("O").Octets(), user: d.Key("U").Octets(),
		permissions: uint32(number("P", 0)), metadata: true}
	if m := d.Key("EncryptMetadata"); m.Kind == Boolean {
		h.metadata = m.Bool()
	}
	id, err := f.key(last, f.Trailer(last), "ID")
	if err != nil {
		return nil, err
	}
	if items := id.Items(); len(items) > 0 {
		h.id = items[0].Octets()
	}
	least := 32
	switch h.revision {
	case 2:
		h.length = 5
	case 3:
	case 4: // the length is that of the crypt filter, of 128 bits always (table 25)
		h.length = 16
	case 5, 6: // whose keys are no digests of passwords
		h.length, least = 16, 48
	default:
		return nil, ErrHandler
	}
	if d.Key("Filter").Name() != "Standard" || h.length < 5 || h.length > 16 || len(h.owner) < least || len(h.user) < least {
		return nil, ErrHandler
	}
	return h, nil
}

// padded is a password of 32 bytes (algorithm 2, step a).
func padded(password []byte) []byte {
	const padding = "\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a"
	return append(bytes.Clone(password[:min(len(password), 32)]), padding...)[:32]
}

// opensUser is algorithm 6 with algorithms 2, 4 and 5.
func (h *handler) opensUser(word []byte) bool {
	sum := md5.New()
	sum.Write(word)
	sum.Write(h.owner[:32])
	sum.Write(binary.LittleEndian.AppendUint32(nil, h.permissions))
	sum.Write(h.id)
	if h.revision >= 4 && !h.metadata {
		sum.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	key := h.stretched(sum.Sum(nil))
	if h.revision == 2 {
		return bytes.Equal(rc4Of(key, padded(nil)), h.user[:32])
	}
	sum.Reset()
	sum.Write(padded(nil))
	sum.Write(h.id)
	text := sum.Sum(nil)
	for i := range 20 {
		text = rc4Of(turned(key, i), text)
	}
	return bytes.Equal(text, h.user[:16])
}

// userPassword is what an owner's password, if it is that, decrypts (algorithm 7 with 3).
func (h *handler) userPassword(word []byte) []byte {
	sum := md5.Sum(word)
	key, text := h.stretched(sum[:]), bytes.Clone(h.owner[:32])
	if h.revision == 2 {
		return rc4Of(key, text)
	}
	for i := range 20 {
		text = rc4Of(turned(key, 19-i), text)
	}
	return text
}

// stretched makes a key of a digest.
func (h *handler) stretched(digest []byte) []byte {
	if h.revision >= 3 {
		for range 50 {
			next := md5.Sum(digest[:h.length])
			digest = next[:]
		}
	}
	return digest[:h.length]
}

// turned is a key of which every byte is changed by the number of the turn.
func turned(key []byte, turn int) []byte {
	out := make([]byte, len(key))
	for i, b := range key {
		out[i] = b ^ byte(turn)
	}
	return out
}

func rc4Of(key, text []byte) []byte {
	out := make([]byte, len(text))
	c, err := rc4.NewCipher(key)
	if err != nil { // of a key of 5 to 16 bytes there is none
		return out
	}
	c.XORKeyStream(out, text)
	return out
}

// hash is algorithm 2.B of ISO 32000-2; before revision 6 it was its first step alone. It
// ends within 288 turns.
func (h *handler) hash(word, salt, user []byte) []byte {
	first := sha256.Sum256(bytes.Join([][]byte{word, salt, user}, nil))
	key := first[:]
	if h.revision == 5 {
		return key
	}
	for turn, last := 0, byte(0); turn < 64 || int(last) > turn-32; turn++ {
		text := bytes.Repeat(bytes.Join([][]byte{word, key, user}, nil), 64)
		block, err := aes.NewCipher(key[:16])
		if err != nil { // of a key of 16 bytes there is none
			return nil
		}
		cipher.NewCBCEncrypter(block, key[16:32]).CryptBlocks(text, text)
		last = text[len(text)-1]
		rest := 0
		for _, b := range text[:16] { // 256 leaves the remainder 1: the number's is that of its digits
			rest += int(b)
		}
		switch rest % 3 {
		case 0:
			sum := sha256.Sum256(text)
			key = sum[:]
		case 1:
			sum := sha512.Sum384(text)
			key = sum[:]
		default:
			sum := sha512.Sum512(text)
			key = sum[:]
		}
	}
	return key[:32]
}
