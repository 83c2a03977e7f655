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
)

// fileKey is the key of the file that a password opens, the user's or the owner's
// (ISO 32000-1, 7.6.3; ISO 32000-2, 7.6.4); nil if it is neither.
func (h *handler) fileKey(password string) []byte {
	if h.revision >= 5 {
		word := []byte(password[:min(len(password), 127)])
		if key := h.unwrapped(word, h.user, h.userKey, nil); key != nil {
			return key
		}
		return h.unwrapped(word, h.owner, h.ownerKey, h.user[:48])
	}
	word := padded([]byte(password))
	if key := h.keyOfUser(word); key != nil {
		return key
	}
	return h.keyOfUser(padded(h.userPassword(word)))
}

// unwrapped is algorithm 2.A: the key that the dictionary holds, encrypted under a digest
// of the password, with what it says of itself in /Perms. Permissions are nobody's business
// here, but nothing else ties the key that the owner's password opens to the user's: were
// less of /Perms compared, a document could be made that is another to each of them.
func (h *handler) unwrapped(word, check, wrapped, user []byte) []byte {
	if !bytes.Equal(h.hash(word, check[32:40], user), check[:32]) {
		return nil
	}
	block, err := aes.NewCipher(h.hash(word, check[40:48], user))
	if err != nil { // of a key of 32 bytes there is none
		return nil
	}
	key := bytes.Clone(wrapped[:32])
	cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(key, key)
	if block, err = aes.NewCipher(key); err != nil {
		return nil
	}
	sealed := make([]byte, aes.BlockSize)
	block.Decrypt(sealed, h.sealed[:aes.BlockSize]) // algorithm 13
	said := append(binary.LittleEndian.AppendUint32(nil, h.permissions), "\xff\xff\xff\xffTadb"...)
	if !h.metadata {
		said[8] = 'F'
	}
	if !bytes.Equal(sealed[:len(said)], said) {
		return nil
	}
	return key
}

// padded is a password of 32 bytes (algorithm 2, step a).
func padded(password []byte) []byte {
	const padding = "\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a"
	return append(bytes.Clone(password[:min(len(password), 32)]), padding...)[:32]
}

// keyOfUser is algorithm 6 with algorithms 2, 4 and 5: the key, if the password is the user's.
func (h *handler) keyOfUser(word []byte) []byte {
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
		if !bytes.Equal(rc4Of(key, padded(nil)), h.user[:32]) {
			return nil
		}
		return key
	}
	sum.Reset()
	sum.Write(padded(nil))
	sum.Write(h.id)
	text := sum.Sum(nil)
	for i := range 20 {
		text = rc4Of(turned(key, i), text)
	}
	if !bytes.Equal(text, h.user[:16]) {
		return nil
	}
	return key
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
