// Package padestest encrypts documents that tests write by hand, as the standard security
// handler does (ISO 32000-1, 7.6). It shares no line with the reader in package pades, is for
// tests only, and understands no more than what tests write: strings in parentheses without
// escapes, streams whose /Length is a number.
package padestest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:depguard // what ISO 32000-1, 7.6, has
	"crypto/rc4" //nolint:depguard // likewise
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Way is how a document is encrypted: the crypt filter's method of table 25.
type Way string

// The ways of security handlers of revision 3, 4 and 5.
const (
	RC4   Way = "V2"
	AESV2 Way = "AESV2"
	AESV3 Way = "AESV3"
)

// Ways are all of them.
func Ways() []Way { return []Way{RC4, AESV2, AESV3} }

// Encryption encrypts the objects of one document.
type Encryption struct {
	// Trailer are the entries that the trailer of every revision of the document needs.
	Trailer string
	way     Way
	key     []byte
	turn    byte // makes initialization vectors differ
}

// New is an encryption under a user's password, of 32 bytes at most.
func New(way Way, password string) (*Encryption, error) { return encryption(way, password, true) }

// NewClearMetadata is New for a document whose metadata stay in clear; it has one of the AES
// ways. What calls itself metadata is for the test to leave out of [Encryption.Objects].
func NewClearMetadata(way Way, password string) (*Encryption, error) {
	return encryption(way, password, false)
}

func encryption(way Way, password string, metadata bool) (*Encryption, error) {
	e := &Encryption{way: way}
	id := []byte("0123456789abcdef")
	const permissions = "\xfc\xff\xff\xff" // -4
	owner := bytes.Repeat([]byte("o"), 32) // of whose password nobody knows
	var dictionary string
	switch way {
	case RC4, AESV2:
		word := []byte((password + padding)[:32] + string(owner) + permissions + string(id))
		if !metadata {
			word = append(word, "\xff\xff\xff\xff"...)
		}
		sum := md5.Sum(word)
		for range 50 {
			sum = md5.Sum(sum[:])
		}
		e.key = sum[:]
		check := md5.Sum(append([]byte(padding), id...))
		user := check[:]
		for turn := range 20 {
			key := bytes.Clone(e.key)
			for i := range key {
				key[i] ^= byte(turn)
			}
			user = e.rc4(key, user)
		}
		dictionary = fmt.Sprintf("/V 2 /R 3 /Length 128 /P -4 /O <%x> /U <%x%032x>", owner, user, 0)
		if way == AESV2 {
			dictionary = strings.Replace(dictionary, "/V 2 /R 3", "/V 4 /R 4 /StmF /StdCF /StrF /StdCF /CF << /StdCF << /CFM /AESV2 /Length 16 >> >>", 1)
		}
	case AESV3:
		key := sha256.Sum256([]byte("the key of the file"))
		e.key = key[:]
		check, wrap := sha256.Sum256([]byte(password+"checking")), sha256.Sum256([]byte(password+"wrapping"))
		wrapper, err := aes.NewCipher(wrap[:])
		if err != nil {
			return nil, err
		}
		wrapped := bytes.Clone(e.key)
		cipher.NewCBCEncrypter(wrapper, make([]byte, aes.BlockSize)).CryptBlocks(wrapped, wrapped)
		whole, err := aes.NewCipher(e.key)
		if err != nil {
			return nil, err
		}
		said := []byte(permissions + "\xff\xff\xff\xffTadb1234")
		if !metadata {
			said[8] = 'F'
		}
		whole.Encrypt(said, said)
		dictionary = fmt.Sprintf("/V 5 /R 5 /Length 256 /P -4 /O <%096x> /OE <%064x> /U <%x%x> /UE <%x> /Perms <%x> /StmF /StdCF /StrF /StdCF /CF << /StdCF << /CFM /AESV3 /Length 32 >> >>",
			1, 1, check, "checkingwrapping", wrapped, said)
	}
	if !metadata {
		dictionary += " /EncryptMetadata false"
	}
	e.Trailer = fmt.Sprintf(" /Encrypt << /Filter /Standard %s >> /ID [<%x> <%x>]", dictionary, id, id)
	return e, nil
}

// padding is what passwords are filled up with (algorithm 2).
const padding = "\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a"

var (
	text   = regexp.MustCompile(`\(([^()\\]*)\)`)
	length = regexp.MustCompile(`/Length \d+`)
)

// Objects encrypts objects, given as text by number; what is written in hexadecimal, as
// the /Contents of signatures, stays.
func (e *Encryption) Objects(objects map[int]string) map[int]string {
	out := make(map[int]string, len(objects))
	for number, object := range objects {
		dictionary, data, stream := strings.Cut(object, "stream\n")
		dictionary = text.ReplaceAllStringFunc(dictionary, func(s string) string {
			return fmt.Sprintf("<%x>", e.Encrypt(number, []byte(s[1:len(s)-1])))
		})
		if stream {
			data := e.Encrypt(number, []byte(strings.TrimSuffix(data, "\nendstream")))
			dictionary = length.ReplaceAllString(dictionary, "/Length "+strconv.Itoa(len(data))) + "stream\n" + string(data) + "\nendstream"
		}
		out[number] = dictionary
	}
	return out
}

// Encrypt encrypts what belongs to an object of generation 0 (algorithms 1 and 1.A).
func (e *Encryption) Encrypt(number int, plain []byte) []byte {
	key := e.key
	if e.way != AESV3 {
		key = append(bytes.Clone(key), binary.LittleEndian.AppendUint32(nil, uint32(number))[:3]...)
		key = append(key, 0, 0)
		if e.way == AESV2 {
			key = append(key, "sAlT"...)
		}
		sum := md5.Sum(key)
		key = sum[:]
	}
	if e.way == RC4 {
		return e.rc4(key, plain)
	}
	block, err := aes.NewCipher(key)
	if err != nil { // of keys of these lengths there is none
		return nil
	}
	e.turn++
	padded := aes.BlockSize - len(plain)%aes.BlockSize
	out := append(bytes.Repeat([]byte{e.turn}, aes.BlockSize), plain...)
	out = append(out, bytes.Repeat([]byte{byte(padded)}, padded)...)
	cipher.NewCBCEncrypter(block, out[:aes.BlockSize]).CryptBlocks(out[aes.BlockSize:], out[aes.BlockSize:])
	return out
}

func (e *Encryption) rc4(key, plain []byte) []byte {
	c, err := rc4.NewCipher(key)
	if err != nil { // of keys of this length there is none
		return nil
	}
	out := make([]byte, len(plain))
	c.XORKeyStream(out, plain)
	return out
}
