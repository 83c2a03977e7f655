package pades

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Algorithm is a signature algorithm we write, by its JWA name (RFC 7518, 3.1). Signatures
// are carried as CMS has them: ECDSA as DER, RSA as octets of the modulus' length.
type Algorithm string

// The algorithms of TT15/2025 Phụ lục I that the standard library computes.
const (
	RS256 Algorithm = "RS256" // RSASSA-PKCS1-v1_5
	RS384 Algorithm = "RS384"
	RS512 Algorithm = "RS512"
	PS256 Algorithm = "PS256" // RSASSA-PSS, MGF1 and salt of the same hash
	PS384 Algorithm = "PS384"
	PS512 Algorithm = "PS512"
	ES256 Algorithm = "ES256" // ECDSA on P-256, P-384 and P-521
	ES384 Algorithm = "ES384"
	ES512 Algorithm = "ES512"
)

var (
	// ErrUnsupportedAlgorithm is an algorithm that is not known here or not computed on purpose.
	ErrUnsupportedAlgorithm = errors.New("unsupported signature algorithm")
	// ErrUnsupportedKey is a public key of a kind or size that is not used, or that does not fit the algorithm.
	ErrUnsupportedKey = errors.New("unsupported public key")
	// ErrBadSignature is a signature that the key did not make over these bytes.
	ErrBadSignature = errors.New("signature does not verify")
)

// AlgorithmFor is the algorithm for signing with the private half of pub: PS256 or RS256 for
// RSA, and for ECDSA the hash as long as the curve (RFC 7518, 3.4).
func AlgorithmFor(pub crypto.PublicKey, pss bool) (Algorithm, error) {
	switch key := pub.(type) {
	case *rsa.PublicKey:
		if pss {
			return PS256, nil
		}
		return RS256, nil
	case *ecdsa.PublicKey:
		for _, a := range []Algorithm{ES256, ES384, ES512} {
			if a.curve() == key.Curve {
				return a, nil
			}
		}
	}
	return "", fmt.Errorf("choosing an algorithm for a %T: %w", pub, ErrUnsupportedKey)
}

// Hash is the digest algorithm, 0 for a name that is none of the constants.
func (a Algorithm) Hash() crypto.Hash {
	switch a {
	case RS256, PS256, ES256:
		return crypto.SHA256
	case RS384, PS384, ES384:
		return crypto.SHA384
	case RS512, PS512, ES512:
		return crypto.SHA512
	}
	return 0
}

// Fits says whether pub is a key for this algorithm: any RSA key, or one on the algorithm's curve.
// Whether the key is long enough for a purpose is policy and not decided here.
func (a Algorithm) Fits(pub crypto.PublicKey) bool {
	switch key := pub.(type) {
	case *rsa.PublicKey:
		return a.Hash() != 0 && a.curve() == nil
	case *ecdsa.PublicKey:
		return a.curve() != nil && a.curve() == key.Curve
	}
	return false
}

// Verify checks a signature over signed (not over its digest). The error is ErrBadSignature,
// or ErrUnsupportedKey for a key that does not fit or that is too small to be used at all.
func (a Algorithm) Verify(pub crypto.PublicKey, signed, signature []byte) error {
	if !a.Fits(pub) {
		return fmt.Errorf("verifying %s with a %T: %w", a, pub, ErrUnsupportedKey)
	}
	h := a.Hash()
	s := SignatureScheme{Kind: a.kind(), Hash: h, MGFHash: h, SaltLength: h.Size()}
	return s.Verify(pub, h, signed, signature)
}

func (a Algorithm) kind() SchemeKind {
	switch a {
	case RS256, RS384, RS512:
		return SchemeRSA
	case PS256, PS384, PS512:
		return SchemeRSAPSS
	case ES256, ES384, ES512:
		return SchemeECDSA
	}
	return SchemeUnknown
}

// curve is nil for the RSA algorithms and for names that are no algorithm.
func (a Algorithm) curve() elliptic.Curve {
	switch a {
	case ES256:
		return elliptic.P256()
	case ES384:
		return elliptic.P384()
	case ES512:
		return elliptic.P521()
	}
	return nil
}

// addIdentifier writes the signatureAlgorithm of a SignerInfo.
func (a Algorithm) addIdentifier(b *cryptobyte.Builder) {
	h := a.Hash()
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, row := range cmsHashes {
			if row.hash != h {
				continue
			}
			switch a.kind() {
			case SchemeRSA:
				b.AddASN1ObjectIdentifier(row.rsa)
				b.AddASN1NULL() // RFC 5754, 3.2
			case SchemeECDSA:
				b.AddASN1ObjectIdentifier(row.ecdsa) // parameters absent: RFC 5754, 3.3
			case SchemeRSAPSS:
				b.AddASN1ObjectIdentifier(oidRSAPSS)
				addPSSParameters(b, h)
			default:
				b.SetError(ErrUnsupportedAlgorithm)
			}
			return
		}
		b.SetError(ErrUnsupportedAlgorithm)
	})
}

// addPSSParameters writes RSASSA-PSS-params (RFC 4055, 3.1). trailerField is its DEFAULT and
// therefore left out (X.690, 11.5); inside PSS the SHA-2 identifiers carry NULL (RFC 4055, 2.1).
func addPSSParameters(b *cryptobyte.Builder, h crypto.Hash) {
	hash := func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(cmsHashOID(h))
			b.AddASN1NULL()
		})
	}
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cmsTag0, hash)
		b.AddASN1(cmsTag1, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidMGF1)
				hash(b)
			})
		})
		b.AddASN1(cmsTag2, func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(h.Size())) })
	})
}
