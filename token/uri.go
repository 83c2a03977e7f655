package token

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxURI bounds a URI: Cryptoki's own strings have 32 bytes, labels and paths some hundred.
const maxURI = 4096

// What can be wrong with a URI. ErrPINValue is apart, since what it says to do is another
// thing: an address stands in process lists, histories and settings that are not secret.
var (
	ErrURI      = errors.New("not a pkcs11: URI that names a certificate (RFC 7512)")
	ErrPINValue = errors.New("a pkcs11: URI with the PIN in it (pin-value)")
)

// URI names a certificate and its key on a token (RFC 7512). What is empty is not asked for.
// Attributes that are not here, such as those about slots and libraries by description, are
// refused, not passed over: they would narrow down what is meant.
type URI struct {
	Token, Manufacturer, Model, Serial string
	Slot                               *uint64
	Object                             string // label of the certificate
	ID                                 []byte // CKA_ID, of certificate and key alike
	Type                               string // "cert", "private" or neither: the two come together here

	Module  string // module-path
	PINFile string // pin-source
}

// ParseURI reads a URI, strictly: each attribute once, none empty, pct-encoding whole.
func ParseURI(text string) (URI, error) {
	var u URI
	rest, ok := strings.CutPrefix(text, "pkcs11:")
	if !ok || len(text) > maxURI {
		return u, ErrURI
	}
	path, query, asked := strings.Cut(rest, "?")
	if asked && query == "" {
		return u, ErrURI
	}
	for _, part := range []struct{ text, separator, available string }{{path, ";", ":[]@!$'()*+,=&"}, {query, "&", ":[]@!$'()*+,=/?|"}} {
		if part.text == "" {
			continue
		}
		seen := map[string]bool{}
		for attribute := range strings.SplitSeq(part.text, part.separator) {
			name, encoded, _ := strings.Cut(attribute, "=")
			value, err := unescape(encoded, part.available)
			if err != nil || len(value) == 0 || seen[name] {
				return URI{}, fmt.Errorf("attribute %s: %w", printable(name), ErrURI)
			}
			seen[name] = true
			set := u.inPath
			if part.separator == "&" {
				set = u.inQuery
			}
			if err := set(name, value); err != nil {
				return URI{}, fmt.Errorf("attribute %s: %w", printable(name), err)
			}
		}
	}
	if len(u.String()) > maxURI { // an id is written in escapes, however it came
		return URI{}, ErrURI
	}
	return u, nil
}

func (u *URI) inPath(name string, value []byte) error {
	if name == "id" {
		u.ID = value
		return nil
	}
	text := string(value)
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return ErrURI
	}
	switch name {
	case "token":
		u.Token = text
	case "manufacturer":
		u.Manufacturer = text
	case "model":
		u.Model = text
	case "serial":
		u.Serial = text
	case "object":
		u.Object = text
	case "slot-id":
		slot, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return ErrURI
		}
		u.Slot = &slot
	case "type":
		if text != "cert" && text != "private" {
			return ErrURI
		}
		u.Type = text
	default:
		return ErrURI
	}
	return nil
}

func (u *URI) inQuery(name string, value []byte) error {
	text := string(value)
	if name == "pin-value" {
		return ErrPINValue
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return ErrURI
	}
	switch name {
	case "module-path":
		u.Module = text
	case "pin-source": // a file; RFC 7512, 2.4 also knows programs, which nobody should run for us
		text = strings.TrimPrefix(text, "file:")
		if rest, ok := strings.CutPrefix(text, "//"); ok {
			if text = strings.TrimPrefix(rest, "localhost"); !strings.HasPrefix(text, "/") {
				return ErrURI
			}
		}
		u.PINFile = text
	default:
		return ErrURI
	}
	if !filepath.IsAbs(text) {
		return ErrURI
	}
	return nil
}

// unescape takes pct-encoding away. Only what RFC 7512, 2.3 lets stand by itself may.
func unescape(text, available string) ([]byte, error) {
	value := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '%':
			if i+2 >= len(text) {
				return nil, ErrURI
			}
			octet, err := hex.DecodeString(text[i+1 : i+3])
			if err != nil {
				return nil, ErrURI
			}
			value, i = append(value, octet...), i+2
		case unreserved(c) || strings.IndexByte(available, c) >= 0:
			value = append(value, c)
		default:
			return nil, ErrURI
		}
	}
	return value, nil
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// String is the URI in one form.
func (u URI) String() string {
	slot := ""
	if u.Slot != nil {
		slot = strconv.FormatUint(*u.Slot, 10)
	}
	var path, query []string
	for _, a := range [][2]string{
		{"token", u.Token}, {"manufacturer", u.Manufacturer}, {"model", u.Model}, {"serial", u.Serial}, {"slot-id", slot},
		{"object", u.Object}, {"type", u.Type},
	} {
		if a[1] != "" {
			path = append(path, a[0]+"="+escape(a[1], ""))
		}
	}
	if u.ID != nil { // in hexadecimal throughout: RFC 7512, 2.3
		path = append(path, "id="+octets(u.ID))
	}
	for _, a := range [][2]string{{"module-path", u.Module}, {"pin-source", u.PINFile}} {
		if a[1] != "" {
			query = append(query, a[0]+"="+escape(a[1], "/"))
		}
	}
	text := "pkcs11:" + strings.Join(path, ";")
	if query != nil {
		text += "?" + strings.Join(query, "&")
	}
	return text
}

func escape(text, available string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if unreserved(c) || strings.IndexByte(available, c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteString(octets([]byte{c}))
		}
	}
	return b.String()
}

func octets(value []byte) string {
	var b strings.Builder
	for _, c := range value {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// Names says whether the URI names this certificate.
func (u URI) Names(c Certificate) bool {
	for _, pair := range [][2]string{{u.Token, c.Token}, {u.Manufacturer, c.Manufacturer}, {u.Model, c.Model}, {u.Serial, c.Serial}, {u.Object, c.Label}} {
		if pair[0] != "" && pair[0] != pair[1] {
			return false
		}
	}
	return (u.Slot == nil || *u.Slot == c.Slot) && (u.ID == nil || bytes.Equal(u.ID, c.ID))
}

// URI is the shortest that tells the certificate from others on other tokens, without names
// of persons, which labels often are.
func (c Certificate) URI() URI { return URI{Token: c.Token, Serial: c.Serial, ID: c.ID} }
