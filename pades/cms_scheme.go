package pades

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// AlgorithmIdentifier is the pair of RFC 5280, 4.1.1.2, as it was written.
type AlgorithmIdentifier struct {
	OID        asn1.ObjectIdentifier
	Parameters []byte // the whole element; nil if absent
}

// Hash is the digest algorithm this identifier names, 0 if it names none that is known.
func (a AlgorithmIdentifier) Hash() crypto.Hash { return cmsHashByOID(a.OID) }

// plain says that the parameters are absent or exactly NULL, which RFC 5754, 2 and 3, make equal.
func (a AlgorithmIdentifier) plain() bool {
	return a.Parameters == nil || bytes.Equal(a.Parameters, []byte{0x05, 0x00})
}

// same compares two identifiers; absent and NULL parameters are the same (RFC 6211, 2 with RFC 5754, 2).
func (a AlgorithmIdentifier) same(b AlgorithmIdentifier) bool {
	return a.OID.Equal(b.OID) && (a.plain() && b.plain() || bytes.Equal(a.Parameters, b.Parameters))
}

// readAlgorithmIdentifier reads one AlgorithmIdentifier off s.
func readAlgorithmIdentifier(s *cryptobyte.String, tag cbasn1.Tag) (AlgorithmIdentifier, bool) {
	var a AlgorithmIdentifier
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, tag) || !seq.ReadASN1ObjectIdentifier(&a.OID) {
		return a, false
	}
	if seq.Empty() {
		return a, true
	}
	var raw cryptobyte.String
	var any cbasn1.Tag
	if !seq.ReadAnyASN1Element(&raw, &any) || !seq.Empty() {
		return a, false
	}
	a.Parameters = raw
	return a, true
}

// SchemeKind is the family of a signature algorithm.
type SchemeKind string

// The families that can be verified here.
const (
	SchemeUnknown SchemeKind = ""
	SchemeRSA     SchemeKind = "RSASSA-PKCS1-v1_5"
	SchemeRSAPSS  SchemeKind = "RSASSA-PSS"
	SchemeECDSA   SchemeKind = "ECDSA"
	SchemeEd25519 SchemeKind = "Ed25519"
)

// SignatureScheme is a signatureAlgorithm as read: wider than Algorithm, which is what we write.
type SignatureScheme struct {
	AlgorithmIdentifier
	Kind       SchemeKind
	Hash       crypto.Hash // 0 if the identifier names none (rsaEncryption, Ed25519) or an unknown one
	MGFHash    crypto.Hash // RSASSA-PSS only
	SaltLength int         // RSASSA-PSS only
	Malformed  bool        // the parameters are not those the algorithm may have
}

// parseScheme interprets a signatureAlgorithm.
func parseScheme(id AlgorithmIdentifier) SignatureScheme {
	s := SignatureScheme{AlgorithmIdentifier: id, Malformed: !id.plain()}
	switch {
	case id.OID.Equal(oidRSAEncryption):
		s.Kind = SchemeRSA // the hash is the SignerInfo's digestAlgorithm: RFC 3370, 3.2
		return s
	case id.OID.Equal(oidEd25519):
		s.Kind = SchemeEd25519
		s.Malformed = id.Parameters != nil // RFC 8410, 3
		return s
	case id.OID.Equal(oidRSAPSS):
		s.Kind = SchemeRSAPSS
		s.Malformed = !s.readPSSParameters(id.Parameters)
		return s
	}
	for _, row := range cmsHashes {
		switch {
		case id.OID.Equal(row.rsa):
			s.Kind, s.Hash = SchemeRSA, row.hash
		case id.OID.Equal(row.ecdsa):
			s.Kind, s.Hash = SchemeECDSA, row.hash
		}
	}
	return s
}

// readPSSParameters reads RSASSA-PSS-params with its defaults (RFC 4055, 3.1).
func (s *SignatureScheme) readPSSParameters(raw []byte) bool {
	s.Hash, s.MGFHash, s.SaltLength = crypto.SHA1, crypto.SHA1, 20
	in := cryptobyte.String(raw)
	var seq, field cryptobyte.String
	var present bool
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() || !seq.ReadOptionalASN1(&field, &present, cmsTag0) {
		return false
	}
	if present {
		id, ok := readAlgorithmIdentifier(&field, cbasn1.SEQUENCE)
		if !ok || !field.Empty() || !id.plain() {
			return false
		}
		s.Hash = id.Hash()
	}
	if !seq.ReadOptionalASN1(&field, &present, cmsTag1) {
		return false
	}
	if present {
		mgf, ok := readAlgorithmIdentifier(&field, cbasn1.SEQUENCE)
		if !ok || !field.Empty() || !mgf.OID.Equal(oidMGF1) {
			return false
		}
		inner := cryptobyte.String(mgf.Parameters)
		id, ok := readAlgorithmIdentifier(&inner, cbasn1.SEQUENCE)
		if !ok || !inner.Empty() || !id.plain() {
			return false
		}
		s.MGFHash = id.Hash()
	}
	trailer := 1
	if !seq.ReadOptionalASN1Integer(&s.SaltLength, cmsTag2, 20) || !seq.ReadOptionalASN1Integer(&trailer, cmsTag3, 1) {
		return false
	}
	return seq.Empty() && trailer == 1 && s.SaltLength >= 0
}

// Algorithm is the JWA name of the scheme with that digest, "" if it has none.
func (s SignatureScheme) Algorithm(digest crypto.Hash) Algorithm {
	for _, a := range []Algorithm{RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512} {
		h := a.Hash()
		if s.Kind == a.kind() && digest == h && (s.Hash == h || s.Hash == 0) &&
			(s.Kind != SchemeRSAPSS || s.MGFHash == h && s.SaltLength == h.Size()) {
			return a
		}
	}
	return ""
}

// Verify checks a signature over signed, digested with h. Ed25519 signs the bytes themselves.
func (s SignatureScheme) Verify(pub crypto.PublicKey, h crypto.Hash, signed, signature []byte) error {
	if s.Kind == SchemeEd25519 {
		key, ok := pub.(ed25519.PublicKey)
		if !ok || len(key) != ed25519.PublicKeySize {
			return fmt.Errorf("verifying Ed25519 with a %T: %w", pub, ErrUnsupportedKey)
		}
		if !ed25519.Verify(key, signed, signature) {
			return ErrBadSignature
		}
		return nil
	}
	if !cmsComputable(h) {
		return fmt.Errorf("digesting with %s: %w", cmsHashName(h), ErrUnsupportedAlgorithm)
	}
	return s.verifyDigest(pub, h, cmsSum(h, signed), signature)
}

// verifyDigest checks a signature over a digest already made.
func (s SignatureScheme) verifyDigest(pub crypto.PublicKey, h crypto.Hash, digest, signature []byte) error {
	if s.Malformed || s.Kind == SchemeUnknown || s.Kind == SchemeEd25519 || !cmsComputable(h) {
		return fmt.Errorf("verifying %s: %w", s.OID, ErrUnsupportedAlgorithm)
	}
	var ok bool
	switch key := pub.(type) {
	case *rsa.PublicKey:
		if err := cmsUsableRSA(key); err != nil {
			return err
		}
		switch s.Kind {
		case SchemeRSA:
			ok = rsa.VerifyPKCS1v15(key, h, digest, signature) == nil
		case SchemeRSAPSS:
			// crypto/rsa uses one hash for both, and its salt length 0 means "whatever is found",
			// which would let a changed parameter pass.
			if s.MGFHash != h || s.SaltLength < 1 {
				return fmt.Errorf("verifying RSASSA-PSS with MGF hash %s and salt length %d: %w", cmsHashName(s.MGFHash), s.SaltLength, ErrUnsupportedAlgorithm)
			}
			ok = rsa.VerifyPSS(key, h, digest, signature, &rsa.PSSOptions{SaltLength: s.SaltLength}) == nil
		default:
			return fmt.Errorf("verifying %s with an RSA key: %w", s.Kind, ErrUnsupportedKey)
		}
	case *ecdsa.PublicKey:
		if s.Kind != SchemeECDSA {
			return fmt.Errorf("verifying %s with an ECDSA key: %w", s.Kind, ErrUnsupportedKey)
		}
		ok = ecdsa.VerifyASN1(key, digest, signature)
	default:
		return fmt.Errorf("verifying %s with a %T: %w", s.Kind, pub, ErrUnsupportedKey)
	}
	if !ok {
		return ErrBadSignature
	}
	return nil
}

// verifyWithoutNULL checks an RSASSA-PKCS1-v1_5 signature whose DigestInfo leaves the parameters out.
// Readers may accept it beside the one form writers must use (RFC 8017, A.2.4); it is still compared whole.
func (s SignatureScheme) verifyWithoutNULL(pub crypto.PublicKey, h crypto.Hash, signed, signature []byte) bool {
	key, ok := pub.(*rsa.PublicKey)
	if !ok || s.Kind != SchemeRSA || s.Malformed || !cmsComputable(h) || cmsUsableRSA(key) != nil {
		return false
	}
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(cmsHashOID(h)) })
		b.AddASN1OctetString(cmsSum(h, signed))
	})
	info, err := b.Bytes()
	return err == nil && rsa.VerifyPKCS1v15(key, 0, info, signature) == nil // 0: no prefix of crypto/rsa's own
}

// cmsUsableRSA refuses keys that crypto/rsa would refuse with an error not to be told from a
// bad signature, and moduli so long that one signature keeps a core busy for seconds.
func cmsUsableRSA(key *rsa.PublicKey) error {
	if key.N == nil || key.N.Sign() <= 0 {
		return fmt.Errorf("RSA key without modulus: %w", ErrUnsupportedKey)
	}
	bits := key.N.BitLen()
	if bits < 1024 || bits > 8192 || key.N.Bit(0) == 0 || key.E < 3 || key.E&1 == 0 {
		return fmt.Errorf("RSA key of %d bits, exponent %d: %w", bits, key.E, ErrUnsupportedKey)
	}
	return nil
}

// cmsHashName is for messages; crypto.Hash's own String panics on no value but calls 0 "unknown".
func cmsHashName(h crypto.Hash) string {
	if h == 0 {
		return "an unknown hash"
	}
	return h.String()
}

// isUnsupported tells what could not be computed from what was computed and is wrong.
func isUnsupported(err error) bool {
	return errors.Is(err, ErrUnsupportedAlgorithm) || errors.Is(err, ErrUnsupportedKey)
}
