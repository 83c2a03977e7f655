package pades

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Context-specific tags of SignedData, SignerInfo and RSASSA-PSS-params.
const (
	cmsTag0  = cbasn1.Tag(0xa0)
	cmsTag1  = cbasn1.Tag(0xa1)
	cmsTag2  = cbasn1.Tag(0xa2)
	cmsTag3  = cbasn1.Tag(0xa3)
	cmsSKI   = cbasn1.Tag(0x80) // subjectKeyIdentifier [0] IMPLICIT OCTET STRING
	cmsDName = cbasn1.Tag(0xa4) // GeneralName.directoryName
)

// ErrAttributes is a request for signed attributes that would not make a signature we accept ourselves.
var ErrAttributes = errors.New("unusable signed attributes")

// Attribute is one attribute with its values (RFC 5652, 5.3), each a whole element in DER.
type Attribute struct {
	Type   asn1.ObjectIdentifier
	Values [][]byte
}

// TimeStampAttribute is the signature-time-stamp attribute (EN 319 122-1, 5.3) around
// an RFC 3161 token, to be written unsigned.
func TimeStampAttribute(token []byte) Attribute {
	return Attribute{Type: oidSignatureTimeStamp, Values: [][]byte{token}}
}

// AttributeOptions says what the signed attributes state.
type AttributeOptions struct {
	// Digest of the content, made with Hash (SHA-256, SHA-384 or SHA-512).
	Digest []byte
	Hash   crypto.Hash
	// Certificate of the signer, bound by signing-certificate-v2 so that no other
	// certificate of the same key can take its place (RFC 5035, 3).
	Certificate *x509.Certificate
	// SigningTime is the signer's claim. Zero leaves it out, as PAdES demands (EN 319 142-1, 6.3: /M has it).
	SigningTime time.Time
	// ContentType of what is signed; nil is id-data.
	ContentType asn1.ObjectIdentifier
}

// SignedAttributes makes the DER of SET OF Attribute: the bytes to sign (RFC 5652, 5.4), in one
// and the same form for the same options. ErrAttributes is wrapped where they cannot be made.
func SignedAttributes(o AttributeOptions) ([]byte, error) {
	switch o.Hash {
	case crypto.SHA256, crypto.SHA384, crypto.SHA512:
	default:
		return nil, fmt.Errorf("digest by %s: %w", cmsHashName(o.Hash), ErrAttributes)
	}
	if len(o.Digest) != o.Hash.Size() {
		return nil, fmt.Errorf("digest of %d bytes for %s: %w", len(o.Digest), o.Hash, ErrAttributes)
	}
	if o.Certificate == nil || len(o.Certificate.Raw) == 0 {
		return nil, fmt.Errorf("no certificate: %w", ErrAttributes)
	}
	contentType := o.ContentType
	if contentType == nil {
		contentType = oidData
	}
	attributes := []Attribute{
		cmsAttribute(oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(contentType) }),
		cmsAttribute(oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(o.Digest) }),
	}
	certificate, err := signingCertificateV2(o.Certificate)
	if err != nil {
		return nil, err
	}
	attributes = append(attributes, certificate)
	if !o.SigningTime.IsZero() {
		attributes = append(attributes, cmsAttribute(oidSigningTime, func(b *cryptobyte.Builder) { addTime(b, o.SigningTime) }))
	}
	set, err := attributeSet(cbasn1.SET, attributes)
	if err != nil {
		return nil, fmt.Errorf("writing signed attributes: %w: %w", ErrAttributes, err)
	}
	return set, nil
}

// signingCertificateV2 is the attribute of RFC 5035, 3, in its shortest DER: SHA-256 is the
// DEFAULT and so its identifier is left out.
func signingCertificateV2(certificate *x509.Certificate) (Attribute, error) {
	fields, err := parseCertificateFields(certificate.Raw)
	if err != nil {
		return Attribute{}, fmt.Errorf("reading the signer's certificate: %w: %w", ErrAttributes, err)
	}
	hash := sha256.Sum256(certificate.Raw)
	sequence := func(b *cryptobyte.Builder, f cryptobyte.BuilderContinuation) { b.AddASN1(cbasn1.SEQUENCE, f) }
	return cmsAttribute(oidSigningCertificateV2, func(b *cryptobyte.Builder) {
		sequence(b, func(b *cryptobyte.Builder) { // SigningCertificateV2
			sequence(b, func(b *cryptobyte.Builder) { // certs
				sequence(b, func(b *cryptobyte.Builder) { // ESSCertIDv2
					b.AddASN1OctetString(hash[:])
					sequence(b, func(b *cryptobyte.Builder) { // IssuerSerial
						sequence(b, func(b *cryptobyte.Builder) { // GeneralNames
							b.AddASN1(cmsDName, func(b *cryptobyte.Builder) { b.AddBytes(fields.issuer) })
						})
						b.AddASN1(cbasn1.INTEGER, func(b *cryptobyte.Builder) { b.AddBytes(fields.serial) })
					})
				})
			})
		})
	}), nil
}

// addTime writes Time: UTCTime to 2049, GeneralizedTime from 2050 and before 1950 (RFC 5652, 11.3).
func addTime(b *cryptobyte.Builder, t time.Time) {
	t = t.UTC()
	if t.Year() >= 1950 && t.Year() < 2050 {
		b.AddASN1UTCTime(t)
		return
	}
	b.AddASN1GeneralizedTime(t)
}

// cmsAttribute makes an attribute of one value. An error of the builder leaves the value empty,
// which attributeSet refuses.
func cmsAttribute(oid asn1.ObjectIdentifier, value cryptobyte.BuilderContinuation) Attribute {
	b := cryptobyte.NewBuilder(make([]byte, 0, 256))
	value(b)
	raw, _ := b.Bytes()
	return Attribute{Type: oid, Values: [][]byte{raw}}
}

// attributeSet writes SET OF Attribute in DER under the given tag: [0] and [1] IMPLICIT in a SignerInfo.
func attributeSet(tag cbasn1.Tag, attributes []Attribute) ([]byte, error) {
	elements := make([][]byte, 0, len(attributes))
	for _, a := range attributes {
		values := slices.Clone(a.Values)
		for _, v := range values {
			if rest := cryptobyte.String(v); !cmsSkipElement(&rest) || !rest.Empty() {
				return nil, fmt.Errorf("value of attribute %s is not one DER element", a.Type)
			}
		}
		slices.SortFunc(values, bytes.Compare)
		b := cryptobyte.NewBuilder(make([]byte, 0, 256))
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(a.Type)
			b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
				for _, v := range values {
					b.AddBytes(v)
				}
			})
		})
		raw, err := b.Bytes()
		if err != nil {
			return nil, fmt.Errorf("attribute %s: %w", a.Type, err)
		}
		elements = append(elements, raw)
	}
	return setOf(tag, elements)
}

// setOf writes elements under tag in the order DER gives a SET OF (X.690, 11.6).
// It sorts the slice it is given.
func setOf(tag cbasn1.Tag, elements [][]byte) ([]byte, error) {
	slices.SortFunc(elements, bytes.Compare)
	size := 8
	for _, e := range elements {
		size += len(e)
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, size))
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		for _, e := range elements {
			b.AddBytes(e)
		}
	})
	return b.Bytes()
}

// cmsSkipElement steps over one element of any tag.
func cmsSkipElement(s *cryptobyte.String) bool {
	var element cryptobyte.String
	var tag cbasn1.Tag
	return s.ReadAnyASN1Element(&element, &tag)
}
