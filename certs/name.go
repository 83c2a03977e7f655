package certs

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/text/unicode/norm"
)

// Limits on a subject: a name is shown to people and compared, and comes from whoever made the document.
const (
	maxNameAttributes = 64
	maxNameValue      = 1024 // bytes
)

// Name is what a certificate's subject or issuer says, text in NFC. Of an attribute that occurs more than once the first
// counts, except identifiers, of which all do. What was absent or could not be decoded is empty.
type Name struct {
	CommonName   string
	Organization string
	Title        string // T, OID 2.5.4.12
	Locality     string
	Province     string // some authorities put the province into Locality instead
	Country      string
	Identifiers  []Identifier
}

// Subject reads the certificate's subject.
func Subject(cert *x509.Certificate) Name { return ParseName(cert.RawSubject) }

// Issuer reads the name of the certificate's issuer.
func Issuer(cert *x509.Certificate) Name { return ParseName(cert.RawIssuer) }

// Identifiers lists the identifiers in the certificate's subject, in their order there.
func Identifiers(cert *x509.Certificate) []Identifier { return Subject(cert).Identifiers }

// ParseName reads a DER RDNSequence (RFC 5280, 4.1.2.4), as far as it can be read.
func ParseName(der []byte) Name {
	var name Name
	once := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	eachAttribute(der, func(id asn1.ObjectIdentifier, value string) {
		switch id.String() {
		case "2.5.4.3":
			once(&name.CommonName, value)
		case "2.5.4.6":
			once(&name.Country, value)
		case "2.5.4.7":
			once(&name.Locality, value)
		case "2.5.4.8":
			once(&name.Province, value)
		case "2.5.4.10":
			once(&name.Organization, value)
		case "2.5.4.12":
			once(&name.Title, value)
		case "0.9.2342.19200300.100.1.1": // UID, RFC 4519, 2.39: person and organisation stand in one each
			if identifier, ok := certifiedIdentifier(value); ok {
				name.Identifiers = append(name.Identifiers, identifier)
			}
		}
	})
	return name
}

func eachAttribute(der []byte, visit func(id asn1.ObjectIdentifier, value string)) {
	input := cryptobyte.String(der)
	var sequence cryptobyte.String
	if !input.ReadASN1(&sequence, casn1.SEQUENCE) {
		return
	}
	attributes := 0
	for !sequence.Empty() {
		var set cryptobyte.String
		if !sequence.ReadASN1(&set, casn1.SET) {
			return
		}
		for !set.Empty() {
			var attribute, value cryptobyte.String
			var id asn1.ObjectIdentifier
			var tag casn1.Tag
			if attributes++; attributes > maxNameAttributes || !set.ReadASN1(&attribute, casn1.SEQUENCE) ||
				!attribute.ReadASN1ObjectIdentifier(&id) || !attribute.ReadAnyASN1(&value, &tag) {
				return
			}
			if text, ok := decodeText(tag, value); ok {
				visit(id, text)
			}
		}
	}
}

// decodeText decodes a DirectoryString (RFC 5280, 4.1.2.4) with the forms that older authorities use.
func decodeText(tag casn1.Tag, value []byte) (string, bool) {
	if len(value) > maxNameValue {
		return "", false
	}
	var text string
	switch tag {
	case casn1.UTF8String, casn1.PrintableString, casn1.IA5String, casn1.Tag(18): // 18: NumericString
		text = string(value)
	case casn1.T61String:
		// T.61 itself is extinct; under its tag stand UTF-8 and Latin-1.
		if text = string(value); !utf8.Valid(value) {
			text = latin1(value)
		}
	case casn1.Tag(30): // BMPString
		if len(value)%2 != 0 {
			return "", false
		}
		units := make([]uint16, len(value)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(value[2*i:])
		}
		text = string(utf16.Decode(units))
	default:
		return "", false
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
		return "", false
	}
	return norm.NFC.String(text), true
}

func latin1(value []byte) string {
	runes := make([]rune, len(value))
	for i, b := range value {
		runes[i] = rune(b)
	}
	return string(runes)
}
