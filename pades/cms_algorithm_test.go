package pades

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"math/big"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

func TestAlgorithmFor(t *testing.T) {
	p224 := must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader))
	tests := []struct {
		name string
		pub  crypto.PublicKey
		pss  bool
		want Algorithm
	}{
		{"RSA", cmsKeys()["RSA-2048"].key.Public(), false, RS256},
		{"RSA, PSS", cmsKeys()["RSA-2048"].key.Public(), true, PS256},
		{"P-256", cmsKeys()["P-256"].key.Public(), false, ES256},
		{"P-384, PSS has no meaning", cmsKeys()["P-384"].key.Public(), true, ES384},
		{"P-521", cmsKeys()["P-521"].key.Public(), false, ES512},
		{"P-224", p224.Public(), false, ""},
		{"Ed25519", ed25519.PublicKey(make([]byte, 32)), false, ""},
		{"nil", nil, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := AlgorithmFor(tt.pub, tt.pss)
			if got != tt.want || errors.Is(err, ErrUnsupportedKey) != (tt.want == "") {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestAlgorithmVerify(t *testing.T) {
	signed := []byte("31…")
	for _, tt := range cmsWritten {
		t.Run(string(tt.alg), func(t *testing.T) {
			s := cmsKeys()[tt.key]
			signature := s.sign(tt.alg, signed)
			if err := tt.alg.Verify(s.key.Public(), signed, signature); err != nil {
				t.Errorf("own signature: %v", err)
			}
			if err := tt.alg.Verify(s.key.Public(), append(signed, 0), signature); !errors.Is(err, ErrBadSignature) {
				t.Errorf("other bytes: %v", err)
			}
			for _, other := range cmsWritten {
				err := other.alg.Verify(s.key.Public(), signed, signature)
				if other.alg != tt.alg && err == nil {
					t.Errorf("verifies as %s", other.alg)
				}
				if other.key != tt.key && !errors.Is(err, ErrUnsupportedKey) {
					t.Errorf("key of %s as %s: %v", tt.key, other.alg, err)
				}
			}
		})
	}
	s := cmsKeys()["RSA-2048"]
	t.Run("salt of another length", func(t *testing.T) {
		signature := must(s.key.Sign(rand.Reader, cmsSum(crypto.SHA256, signed), &rsa.PSSOptions{SaltLength: 20, Hash: crypto.SHA256}))
		if err := PS256.Verify(s.key.Public(), signed, signature); !errors.Is(err, ErrBadSignature) {
			t.Errorf("got %v, want ErrBadSignature", err)
		}
	})
	t.Run("no algorithm", func(t *testing.T) {
		if err := Algorithm("none").Verify(s.key.Public(), signed, nil); !errors.Is(err, ErrUnsupportedKey) {
			t.Errorf("got %v", err)
		}
	})
}

func TestUnusableRSAKeys(t *testing.T) {
	modulus := func(bits uint) *big.Int {
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		return n.SetBit(n, 0, 1)
	}
	tests := []struct {
		name string
		key  *rsa.PublicKey
	}{
		{"1,023 bits", &rsa.PublicKey{N: modulus(1023), E: 65537}},
		{"16,385 bits", &rsa.PublicKey{N: modulus(16385), E: 65537}},
		{"exponent 1", &rsa.PublicKey{N: modulus(2048), E: 1}},
		{"even exponent", &rsa.PublicKey{N: modulus(2048), E: 65536}},
		{"even modulus", &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 65537}},
		{"negative modulus", &rsa.PublicKey{N: new(big.Int).Neg(modulus(2048)), E: 65537}},
		{"no modulus", &rsa.PublicKey{E: 65537}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := RS256.Verify(tt.key, nil, make([]byte, 256)); !errors.Is(err, ErrUnsupportedKey) {
				t.Errorf("got %v, want ErrUnsupportedKey", err)
			}
		})
	}
}

// TestAlgorithmIdentifiers compares with the encodings RFC 5754, 3 and RFC 4055, 6 print.
func TestAlgorithmIdentifiers(t *testing.T) {
	tests := []struct {
		alg  Algorithm
		want string
	}{
		{RS256, "300d06092a864886f70d01010b0500"},
		{ES384, "300a06082a8648ce3d040303"},
		{PS256, "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120"},
	}
	for _, tt := range tests {
		t.Run(string(tt.alg), func(t *testing.T) {
			if got := hex.EncodeToString(cmsBuild(tt.alg.addIdentifier)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	for _, tt := range cmsWritten {
		in := cryptobyte.String(cmsBuild(tt.alg.addIdentifier))
		id, ok := readAlgorithmIdentifier(&in, cbasn1.SEQUENCE)
		if got := parseScheme(id); !ok || got.Malformed || got.Algorithm(tt.alg.Hash()) != tt.alg {
			t.Errorf("%s reads back as %+v", tt.alg, got)
		}
	}
}

func TestPSSParameters(t *testing.T) {
	sha512 := cmsIdentifier(cmsHashOID(crypto.SHA512), nil)
	field := func(tag cbasn1.Tag, raw []byte) []byte {
		return cmsBuild(func(b *cryptobyte.Builder) { b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes(raw) }) })
	}
	mgf := cmsIdentifier(oidMGF1, sha512)
	tests := []struct {
		name      string
		fields    [][]byte
		malformed bool
		hash, mgf crypto.Hash
		salt      int
	}{
		{name: "all defaults", hash: crypto.SHA1, mgf: crypto.SHA1, salt: 20},
		{name: "SHA-512, identifiers without NULL", fields: [][]byte{field(cmsTag0, sha512), field(cmsTag1, mgf), field(cmsTag2, []byte{2, 1, 64})}, hash: crypto.SHA512, mgf: crypto.SHA512, salt: 64},
		{name: "other MGF hash", fields: [][]byte{field(cmsTag0, sha512), field(cmsTag2, []byte{2, 1, 64})}, hash: crypto.SHA512, mgf: crypto.SHA1, salt: 64},
		{name: "default trailer written out", fields: [][]byte{field(cmsTag3, []byte{2, 1, 1})}, hash: crypto.SHA1, mgf: crypto.SHA1, salt: 20},
		{name: "other trailer", fields: [][]byte{field(cmsTag3, []byte{2, 1, 2})}, malformed: true},
		{name: "negative salt", fields: [][]byte{field(cmsTag2, []byte{2, 1, 0xff})}, malformed: true},
		{name: "other mask function", fields: [][]byte{field(cmsTag1, cmsIdentifier(oidRSAPSS, sha512))}, malformed: true},
		{name: "wrong order", fields: [][]byte{field(cmsTag2, []byte{2, 1, 64}), field(cmsTag0, sha512)}, malformed: true},
		{name: "hash with other parameters", fields: [][]byte{field(cmsTag0, cmsIdentifier(cmsHashOID(crypto.SHA512), []byte{2, 1, 0}))}, malformed: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parameters := cmsBuild(func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					for _, f := range tt.fields {
						b.AddBytes(f)
					}
				})
			})
			got := parseScheme(AlgorithmIdentifier{OID: oidRSAPSS, Parameters: parameters})
			if got.Malformed != tt.malformed {
				t.Fatalf("Malformed = %v", got.Malformed)
			}
			if !tt.malformed && (got.Hash != tt.hash || got.MGFHash != tt.mgf || got.SaltLength != tt.salt) {
				t.Errorf("got %v, %v, %d", got.Hash, got.MGFHash, got.SaltLength)
			}
		})
	}
	if got := parseScheme(AlgorithmIdentifier{OID: oidRSAPSS}); !got.Malformed {
		t.Error("absent parameters are accepted")
	}
	if got := parseScheme(AlgorithmIdentifier{OID: asn1.ObjectIdentifier{1, 2, 3}}); got.Kind != SchemeUnknown {
		t.Errorf("unknown algorithm is %s", got.Kind)
	}
}

// TestSaltLengthZero: crypto/rsa takes 0 for "detect it", so a changed parameter would pass.
func TestSaltLengthZero(t *testing.T) {
	s := cmsKeys()["RSA-2048"]
	scheme := SignatureScheme{Kind: SchemeRSAPSS, Hash: crypto.SHA256, MGFHash: crypto.SHA256, SaltLength: 0}
	signed := []byte("signed")
	if err := scheme.Verify(s.key.Public(), crypto.SHA256, signed, s.sign(PS256, signed)); !errors.Is(err, ErrUnsupportedAlgorithm) {
		t.Errorf("got %v, want ErrUnsupportedAlgorithm", err)
	}
}
