package pkcs11

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Mechanisms (header pkcs11t.h). Digests are made by us: CKM_RSA_PKCS and CKM_ECDSA are what
// every token has, CKM_SHA256_RSA_PKCS and the like are not.
const (
	mechanismRSA   = 0x1
	mechanismPSS   = 0xd
	mechanismECDSA = 0x1041
)

// maxSignature is of RSA with 16384 bits.
const maxSignature = 2048

// hashes are the digests that are signed: how DigestInfo names them (RFC 8017, 9.2) and how Cryptoki does.
var hashes = map[crypto.Hash]struct {
	oid            asn1.ObjectIdentifier
	mechanism, mgf ulong
}{
	crypto.SHA256: {asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, 0x250, 0x2},
	crypto.SHA384: {asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, 0x260, 0x3},
	crypto.SHA512: {asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}, 0x270, 0x4},
}

// Key is a private key on a token, by which nothing can be done but sign.
type Key struct {
	session *Session
	handle  ulong
	public  crypto.PublicKey
	always  bool // CKA_ALWAYS_AUTHENTICATE
	offered []ulong
}

// Key finds the private key of a certificate by CKA_ID, which only shows after login. Of
// several RSA keys with one id it is that with the certificate's modulus; what an ECDSA key belongs to
// shows when its first signature is verified.
func (s *Session) Key(id []byte, certificate *x509.Certificate) (*Key, error) {
	if len(id) == 0 {
		return nil, ErrNoKey
	}
	offered, err := s.module.mechanisms(ulong(s.token.Slot))
	if err != nil {
		return nil, err
	}
	handles, err := s.find(number(attributeClass, classPrivateKey), match{attributeID, id})
	if err != nil {
		return nil, fmt.Errorf("finding the key: %w", err)
	}
	for _, handle := range handles {
		if public, ok := certificate.PublicKey.(*rsa.PublicKey); ok {
			modulus, err := s.value(handle, attributeModulus)
			if err != nil {
				return nil, fmt.Errorf("reading the key's modulus: %w", err)
			}
			if modulus != nil && !bytes.Equal(bytes.TrimLeft(modulus, "\x00"), public.N.Bytes()) {
				continue
			}
		}
		always, err := s.value(handle, attributeAlwaysAuthenticate)
		if err != nil {
			return nil, fmt.Errorf("reading the key's attributes: %w", err)
		}
		return &Key{s, handle, certificate.PublicKey, len(always) == 1 && always[0] != 0, offered}, nil
	}
	return nil, ErrNoKey
}

// Sign signs a digest: RSASSA-PKCS1-v1_5, RSASSA-PSS with a salt as long as the digest, or
// ECDSA in DER. No signature is returned that the certificate's key does not verify. An
// error closes the session: what state a token is in after one differs from vendor to vendor.
func (k *Key) Sign(hash crypto.Hash, digest []byte, pss bool) (signature []byte, err error) {
	defer func() {
		if err != nil {
			k.session.Close() //nolint:errcheck // the error before it counts
		}
	}()
	about, known := hashes[hash]
	if !known || len(digest) != hash.Size() {
		return nil, fmt.Errorf("digest of %d bytes: %w", len(digest), ErrMechanism)
	}
	var kind ulong
	var pins runtime.Pinner
	defer pins.Unpin()
	m, input := &mechanism{}, digest
	switch k.public.(type) {
	case *ecdsa.PublicKey:
		kind = mechanismECDSA
	case *rsa.PublicKey:
		if kind = mechanismRSA; pss {
			kind = mechanismPSS
			parameters := &pssParameters{about.mechanism, about.mgf, ulong(len(digest))}
			pins.Pin(parameters)
			m.parameter, m.length = uintptr(unsafe.Pointer(parameters)), unsafe.Sizeof(*parameters)
		} else if input, err = digestInfo(about.oid, digest); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("%T: %w", k.public, ErrMechanism)
	}
	m.kind = kind
	if !slices.Contains(k.offered, kind) {
		return nil, fmt.Errorf("mechanism 0x%x: %w", kind, ErrMechanism)
	}
	if signature, err = k.sign(m, input); err != nil {
		return nil, err
	}
	if kind == mechanismECDSA {
		if signature, err = derSignature(signature); err != nil {
			return nil, err
		}
	}
	if !k.verifies(hash, digest, signature, pss) {
		return nil, ErrSignature
	}
	return signature, nil
}

func (k *Key) sign(m *mechanism, input []byte) ([]byte, error) {
	s := k.session
	if err := returned("C_SignInit", call(s.module.function(cSignInit), s.handle, uintptr(unsafe.Pointer(m)), k.handle)); err != nil {
		return nil, err
	}
	if k.always {
		// Between the two calls, and for this signature only (PKCS #11 base specification, 5.6.8).
		if err := s.login(userContextSpecific, s.pin); err != nil {
			return nil, err
		}
	}
	signature := make([]byte, maxSignature)
	length := ulong(len(signature))
	err := returned("C_Sign", call(s.module.function(cSign), s.handle, uintptr(unsafe.Pointer(&input[0])), ulong(len(input)),
		uintptr(unsafe.Pointer(&signature[0])), uintptr(unsafe.Pointer(&length))))
	if err != nil {
		return nil, err
	}
	if length > maxSignature {
		return nil, fmt.Errorf("C_Sign: %d bytes: %w", length, ErrTooMuch)
	}
	return signature[:length], nil
}

// digestInfo is DigestInfo with NULL parameters (RFC 8017, A.2.4).
func digestInfo(oid asn1.ObjectIdentifier, digest []byte) ([]byte, error) {
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			b.AddASN1NULL()
		})
		b.AddASN1OctetString(digest)
	})
	return b.Bytes()
}

var errECDSA = errors.New("not two numbers of one length")

// derSignature makes Ecdsa-Sig-Value (RFC 3279, 2.2.3) of r‖s, which Cryptoki has (PKCS #11
// mechanisms, 2.3.1).
func derSignature(raw []byte) ([]byte, error) {
	if len(raw) == 0 || len(raw)%2 != 0 {
		return nil, fmt.Errorf("ECDSA signature of %d bytes: %w", len(raw), errECDSA)
	}
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[:len(raw)/2]))
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[len(raw)/2:]))
	})
	return b.Bytes()
}

func (k *Key) verifies(hash crypto.Hash, digest, signature []byte, pss bool) bool {
	switch public := k.public.(type) {
	case *rsa.PublicKey:
		if pss {
			return rsa.VerifyPSS(public, hash, digest, signature, &rsa.PSSOptions{SaltLength: len(digest)}) == nil
		}
		return rsa.VerifyPKCS1v15(public, hash, digest, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(public, digest, signature)
	}
	return false
}
