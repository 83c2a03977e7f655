package pades

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// TimeStampReserve is the room, in bytes, kept beside SignedDataSize for a signature time-stamp
// to come: tokens seen carry three certificates at most.
const TimeStampReserve = 9000

// ErrSignedData is a set of parts that do not belong together; nothing is written from them.
var ErrSignedData = errors.New("parts of the SignedData disagree")

// SignedData puts a detached CMS together (RFC 5652, 5.1, version 1): attrs as SignedAttributes made
// them, the signature over them, the signer's certificate first among the certificates (a
// self-signed root belongs there only if the caller wants it), and unsigned attributes.
//
// It wraps ErrSignedData if attrs name another certificate or digest length, or alg does not fit the
// certificate's key. It does not check the signature: Algorithm.Verify does, and the caller must.
func SignedData(attrs []byte, alg Algorithm, signature []byte, certificates []*x509.Certificate, unsigned ...Attribute) ([]byte, error) {
	if len(certificates) == 0 || len(signature) == 0 {
		return nil, fmt.Errorf("writing SignedData: no certificate or no signature: %w", ErrSignedData)
	}
	leaf := certificates[0]
	contentType, err := matchAttributes(attrs, alg, leaf)
	if err != nil {
		return nil, fmt.Errorf("writing SignedData: %w", err)
	}
	signer, err := signerInfo(attrs, alg, signature, leaf, unsigned)
	if err != nil {
		return nil, fmt.Errorf("writing SignerInfo: %w", err)
	}
	raws := make([][]byte, 0, len(certificates))
	for _, c := range certificates {
		raws = append(raws, c.Raw)
	}
	certificateSet, err := setOf(cmsTag0, raws)
	if err != nil {
		return nil, fmt.Errorf("writing certificates: %w", err)
	}

	b := cryptobyte.NewBuilder(make([]byte, 0, len(certificateSet)+len(signer)+128))
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // ContentInfo
		b.AddASN1ObjectIdentifier(oidSignedData)
		b.AddASN1(cmsTag0, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(int64(signedDataVersion(contentType.Equal(oidData))))
				b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { addDigestAlgorithm(b, alg) })
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(contentType) })
				b.AddBytes(certificateSet)
				b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(signer) })
			})
		})
	})
	out, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("writing SignedData: %w", err)
	}
	return out, nil
}

// matchAttributes makes sure that attrs are about this certificate and this digest algorithm, and
// answers the content type they state: what does not pass our own check is not written.
func matchAttributes(attrs []byte, alg Algorithm, leaf *x509.Certificate) (asn1.ObjectIdentifier, error) {
	if alg.Hash() == 0 || !alg.Fits(leaf.PublicKey) {
		return nil, fmt.Errorf("%s with a %T: %w: %w", alg, leaf.PublicKey, ErrSignedData, ErrUnsupportedKey)
	}
	in := cryptobyte.String(attrs)
	var content cryptobyte.String
	if !in.ReadASN1(&content, cbasn1.SET) || !in.Empty() {
		return nil, fmt.Errorf("signed attributes are not one SET: %w", ErrSignedData)
	}
	list, err := parseAttributes(content)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignedData, err)
	}
	s := SignerInfo{SignedAttrs: list}
	contentType, err := s.ContentType()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignedData, err)
	}
	if digest, err := s.MessageDigest(); err != nil || len(digest) != alg.Hash().Size() {
		return nil, fmt.Errorf("message digest is not one of %s: %w", alg, ErrSignedData)
	}
	ids, err := s.SigningCertificates()
	hash := sha256.Sum256(leaf.Raw)
	if err != nil || len(ids) == 0 || !bytes.Equal(ids[0].CertHash, hash[:]) {
		return nil, fmt.Errorf("signing-certificate-v2 names another certificate: %w", ErrSignedData)
	}
	return contentType, nil
}

// signerInfo writes SignerInfo version 1 with issuerAndSerialNumber (RFC 5652, 5.3).
func signerInfo(attrs []byte, alg Algorithm, signature []byte, leaf *x509.Certificate, unsigned []Attribute) ([]byte, error) {
	fields, err := parseCertificateFields(leaf.Raw)
	if err != nil {
		return nil, err
	}
	var unsignedSet []byte
	if len(unsigned) > 0 {
		if unsignedSet, err = attributeSet(cmsTag1, unsigned); err != nil {
			return nil, err
		}
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, len(attrs)+len(signature)+len(fields.issuer)+len(unsignedSet)+128))
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(fields.issuer)
			b.AddASN1(cbasn1.INTEGER, func(b *cryptobyte.Builder) { b.AddBytes(fields.serial) })
		})
		addDigestAlgorithm(b, alg)
		b.AddUint8(uint8(cmsTag0)) // signedAttrs [0] IMPLICIT: the signed SET under its other tag
		b.AddBytes(attrs[1:])
		alg.addIdentifier(b)
		b.AddASN1OctetString(signature)
		b.AddBytes(unsignedSet)
	})
	return b.Bytes()
}

// addDigestAlgorithm leaves the parameters out, as RFC 5754, 2, asks of SHA-2.
func addDigestAlgorithm(b *cryptobyte.Builder, alg Algorithm) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(cmsHashOID(alg.Hash())) })
}

// signedDataVersion is the version of what SignedData writes (RFC 5652, 5.1).
func signedDataVersion(idData bool) int {
	if idData {
		return 1
	}
	return 3
}

// SignedDataSize is an upper bound in bytes of what SignedData makes of these certificates (leaf first) without
// unsigned attributes: the certificates, the issuer's name twice (sid and signing-certificate-v2), and 1.5 KB for the
// attributes, identifiers and a signature of up to 512 bytes. It is the room to reserve in
// /Contents; too little would mean asking the signer again.
func SignedDataSize(certificates []*x509.Certificate, alg Algorithm) int {
	size := 1536
	for _, c := range certificates {
		size += len(c.Raw)
	}
	if len(certificates) == 0 {
		return size
	}
	size += 2 * len(certificates[0].RawIssuer)
	if key, ok := certificates[0].PublicKey.(*rsa.PublicKey); ok && alg.Fits(key) {
		size += max(0, key.Size()-512)
	}
	return size
}
