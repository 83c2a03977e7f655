package pkcs11_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"kytiem/certs/devca"
	"kytiem/pkcs11"
	"kytiem/token/tokentest"
)

// keys are the kinds that Vietnamese tokens and HSMs hold.
var keys = []string{"rsa2048", "rsa3072", "p256", "p384"}

// filled makes a token with a key and a certificate of each kind, whose ids are 1, 2, ….
func filled(t testing.TB, s *tokentest.Tokens, label string) (serial string, issued []devca.Issued) {
	t.Helper()
	ca, err := devca.New(devca.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if serial, err = s.Make(label); err != nil {
		t.Fatal(err)
	}
	for i, kind := range keys {
		one, err := ca.Issue(devca.Profile{Kind: devca.Person, CommonName: "Trần Văn Mẫu", Key: kind})
		if err != nil {
			t.Fatal(err)
		}
		id := []byte{byte(i + 1)}
		if err := errors.Join(s.PutKey(serial, id, one.Key), s.PutCertificate(serial, id, kind, one.Certificate)); err != nil {
			t.Fatal(err)
		}
		issued = append(issued, one)
	}
	return serial, issued
}

func open(t testing.TB, path string) *pkcs11.Module {
	t.Helper()
	runtime.LockOSThread()
	m, err := pkcs11.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func TestOpenRefuses(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text.so")
	if err := os.WriteFile(text, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	libraries, _ := filepath.Glob("/lib/*/libm.so.6")
	for _, test := range []struct {
		name, path string
		want       error
	}{
		{"missing", "/nowhere/module.so", pkcs11.ErrNoModule}, {"bare name", "opensc-pkcs11.so", pkcs11.ErrNoModule},
		{"text", text, pkcs11.ErrNotModule}, {"directory", t.TempDir(), pkcs11.ErrNotModule},
		{"another library", append(libraries, text)[0], pkcs11.ErrNotModule},
	} {
		t.Run(test.name, func(t *testing.T) {
			if m, err := pkcs11.Open(test.path); !errors.Is(err, test.want) || m != nil {
				t.Errorf("Open: %v, want %v", err, test.want)
			}
		})
	}
}

// TestToken goes the whole way on a token of SoftHSM, in the order of a batch: list without
// a PIN, refuse what costs no try, log in, sign with every kind of key, and be logged out after.
func TestToken(t *testing.T) {
	s := tokentest.Need(t)
	serial, issued := filled(t, s, "Chữ ký số")
	m := open(t, s.Module)
	tokens, err := m.Tokens()
	if err != nil || len(tokens) != 1 { // SoftHSM's empty slot is not among them
		t.Fatalf("Tokens: %+v, %v", tokens, err)
	}
	if got := tokens[0]; got.Label != "Chữ ký số" || got.Serial != serial || got.Manufacturer != "SoftHSM project" || !got.PIN.Needed || got.PIN.Longest != 255 {
		t.Errorf("token %+v", got)
	}
	session, err := m.Open(tokens[0].Slot)
	if err != nil {
		t.Fatal(err)
	}
	certificates, err := session.Certificates()
	if err != nil || len(certificates) != len(keys) {
		t.Fatalf("Certificates: %d, %v, want %d", len(certificates), err, len(keys))
	}
	for _, c := range certificates {
		if i := int(c.ID[0]) - 1; len(c.ID) != 1 || !bytes.Equal(c.DER, issued[i].Certificate.Raw) || c.Label != keys[i] {
			t.Errorf("certificate %x %s is another's", c.ID, c.Label)
		}
	}
	if _, err := session.Key([]byte{1}, issued[0].Certificate); !errors.Is(err, pkcs11.ErrNoKey) {
		t.Errorf("key before login: %v", err)
	}
	wrong, short, right := "000000", "1", tokentest.PIN
	for _, test := range []struct {
		name string
		pin  *string
		want error
	}{{"none", nil, pkcs11.ErrNoPIN}, {"too short", &short, pkcs11.ErrPINLength}, {"wrong", &wrong, pkcs11.PINIncorrect}, {"right", &right, nil}} {
		if err := session.Login(pkcs11.Attempt{PIN: test.pin}); !errors.Is(err, test.want) {
			t.Errorf("Login, %s: %v, want %v", test.name, err, test.want)
		}
	}
	for i, one := range issued {
		for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			h := hash.New()
			h.Write([]byte("content"))
			digest := h.Sum(nil)
			for _, pss := range []bool{false, true} {
				if _, isRSA := one.Key.(*rsa.PrivateKey); pss && !isRSA {
					continue
				}
				key, err := session.Key([]byte{byte(i + 1)}, one.Certificate)
				if err != nil {
					t.Fatal(err)
				}
				signature, err := key.Sign(hash, digest, pss)
				if err != nil {
					t.Fatalf("%s, %s, PSS %t: %v", keys[i], hash, pss, err)
				}
				if !verifies(one.Key.Public(), hash, digest, signature, pss) {
					t.Errorf("%s, %s, PSS %t: does not verify", keys[i], hash, pss)
				}
			}
		}
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := m.Open(tokens[0].Slot)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := again.Key([]byte{1}, issued[0].Certificate); !errors.Is(err, pkcs11.ErrNoKey) {
		t.Errorf("the next session is logged in still: %v", err)
	}
}

func verifies(public crypto.PublicKey, hash crypto.Hash, digest, signature []byte, pss bool) bool {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if pss {
			return rsa.VerifyPSS(key, hash, digest, signature, &rsa.PSSOptions{SaltLength: hash.Size()}) == nil
		}
		return rsa.VerifyPKCS1v15(key, hash, digest, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, digest, signature)
	}
	return false
}

// TestKeyOfAnother: a key under the certificate's id that is not its key signs nothing.
func TestKeyOfAnother(t *testing.T) {
	s := tokentest.Need(t)
	_, issued := filled(t, s, "a")
	m := open(t, s.Module)
	tokens, err := m.Tokens()
	if err != nil {
		t.Fatal(err)
	}
	pin, digest := tokentest.PIN, sha256.Sum256(nil)
	for _, test := range []struct {
		name string
		id   byte
		cert int
		want error
	}{{"RSA by its modulus", 1, 1, pkcs11.ErrNoKey}, {"ECDSA by its signature", 3, 3, pkcs11.ErrSignature}, {"no id", 0, 1, pkcs11.ErrNoKey}} {
		t.Run(test.name, func(t *testing.T) {
			session, err := m.Open(tokens[0].Slot)
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			if err := session.Login(pkcs11.Attempt{PIN: &pin}); err != nil {
				t.Fatal(err)
			}
			var id []byte
			if test.id != 0 {
				id = []byte{test.id}
			}
			key, err := session.Key(id, issued[test.cert].Certificate)
			if err == nil {
				_, err = key.Sign(crypto.SHA256, digest[:], false)
			}
			if !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
		})
	}
}

// BenchmarkSign is a signature by SoftHSM, its verification included.
func BenchmarkSign(b *testing.B) {
	s := tokentest.Need(b)
	_, issued := filled(b, s, "a")
	m := open(b, s.Module)
	tokens, err := m.Tokens()
	if err != nil {
		b.Fatal(err)
	}
	session, err := m.Open(tokens[0].Slot)
	if err != nil {
		b.Fatal(err)
	}
	defer session.Close()
	pin, digest := tokentest.PIN, sha256.Sum256(nil)
	if err := session.Login(pkcs11.Attempt{PIN: &pin}); err != nil {
		b.Fatal(err)
	}
	for i, kind := range keys {
		b.Run(kind, func(b *testing.B) {
			key, err := session.Key([]byte{byte(i + 1)}, issued[i].Certificate)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := key.Sign(crypto.SHA256, digest[:], false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
