package pades

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	cmsNotBefore = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	cmsNotAfter  = time.Date(2046, 1, 1, 0, 0, 0, 0, time.UTC)
	cmsSigned    = time.Date(2026, 11, 23, 3, 4, 5, 0, time.UTC)
)

// cmsSigner is a key with its certificate and the certificates above it, root last.
type cmsSigner struct {
	key   crypto.Signer
	chain []*x509.Certificate
}

func (s cmsSigner) leaf() *x509.Certificate { return s.chain[0] }

// carried is what goes into the CMS: all but the root.
func (s cmsSigner) carried() []*x509.Certificate { return s.chain[:2] }

// cmsKeys makes one signer of each kind, once per test process.
var cmsKeys = sync.OnceValue(func() map[string]cmsSigner {
	caKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	root := cmsCertificate(1, "Ký Tiêm thử nghiệm gốc", nil, caKey.Public(), nil, caKey)
	subKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	sub := cmsCertificate(2, "Ký Tiêm thử nghiệm", nil, subKey.Public(), root, caKey)
	signers := map[string]cmsSigner{}
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	for i, k := range []struct {
		name string
		key  crypto.Signer
	}{
		{"RSA-2048", rsaKey},
		{"P-256", must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))},
		{"P-384", must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))},
		{"P-521", must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader))},
	} {
		leaf := cmsCertificate(int64(0x1000+i), "Người ký "+k.name, []byte{1, 2, 3, byte(i)}, k.key.Public(), sub, subKey)
		signers[k.name] = cmsSigner{k.key, []*x509.Certificate{leaf, sub, root}}
	}
	// The same key, name and key identifier under another serial number: what R-C8 must tell apart.
	twin := cmsCertificate(0x2000, "Người ký RSA-2048", []byte{1, 2, 3, 0}, rsaKey.Public(), sub, subKey)
	signers["twin"] = cmsSigner{rsaKey, []*x509.Certificate{twin, sub, root}}
	return signers
})

func cmsCertificate(serial int64, name string, ski []byte, pub crypto.PublicKey, parent *x509.Certificate, key crypto.Signer) *x509.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: name, Organization: []string{"UBND xã An Phước"}, Country: []string{"VN"}},
		NotBefore:    cmsNotBefore,
		NotAfter:     cmsNotAfter,
		SubjectKeyId: ski,
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	if serial < 0x1000 {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	}
	if parent == nil {
		parent = template
	}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, parent, pub, key))))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var cmsContent = []byte(`{"v":1,"bundle":"9f2c","counts":{"doses":12}}`)

// sign makes a signature as a carrier would.
func (s cmsSigner) sign(alg Algorithm, signed []byte) []byte {
	return s.signWith(alg.Hash(), alg.kind() == SchemeRSAPSS, signed)
}

func (s cmsSigner) signWith(h crypto.Hash, pss bool, signed []byte) []byte {
	var opts crypto.SignerOpts = h
	if pss {
		opts = &rsa.PSSOptions{SaltLength: h.Size(), Hash: h}
	}
	return must(s.key.Sign(rand.Reader, cmsSum(h, signed), opts))
}

// cms signs cmsContent with the functions under test.
func (s cmsSigner) cms(t testing.TB, alg Algorithm, at time.Time, unsigned ...Attribute) []byte {
	t.Helper()
	attrs, err := SignedAttributes(AttributeOptions{Digest: cmsSum(alg.Hash(), cmsContent), Hash: alg.Hash(), Certificate: s.leaf(), SigningTime: at})
	if err != nil {
		t.Fatal(err)
	}
	b, err := SignedData(attrs, alg, s.sign(alg, attrs), s.carried(), unsigned...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// digestOf is the digest callback for detached content in memory.
func digestOf(content []byte) func(crypto.Hash) ([]byte, error) {
	return func(h crypto.Hash) ([]byte, error) { return cmsSum(h, content), nil }
}

// cmsForge writes any SignedData, right or wrong, where our writer refuses to.
type cmsForge struct {
	version       int
	digests       [][]byte
	contentType   asn1.ObjectIdentifier
	content       []byte // nil: detached
	certificates  [][]byte
	otherRevoked  []byte
	signers       int
	signerVersion int
	sid           []byte
	digest        []byte
	attributes    []Attribute // nil: none
	asListed      bool        // write attributes in this order, not in DER's
	signature     []byte      // nil: made by key
	algorithm     []byte
	key           cmsSigner
	hash          crypto.Hash
	pss           bool
	signSorted    bool // sign the DER order of the attributes, whatever order is written
}

func cmsIdentifier(oid asn1.ObjectIdentifier, parameters []byte) []byte {
	return cmsBuild(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			b.AddBytes(parameters)
		})
	})
}

func cmsBuild(f cryptobyte.BuilderContinuation) []byte {
	b := cryptobyte.NewBuilder(nil)
	f(b)
	return b.BytesOrPanic()
}

var cmsNULL = []byte{5, 0}

// newForge is a correct RS256 signature over cmsContent, to be spoilt.
func newForge() *cmsForge {
	s := cmsKeys()["RSA-2048"]
	sum := sha256.Sum256(cmsContent)
	sha := cmsIdentifier(cmsHashOID(crypto.SHA256), nil)
	return &cmsForge{
		version: 1, digests: [][]byte{sha}, contentType: oidData,
		certificates: [][]byte{s.chain[0].Raw, s.chain[1].Raw},
		signers:      1, signerVersion: 1, sid: cmsSID(s.leaf()), digest: sha,
		attributes: []Attribute{
			cmsAttribute(oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData) }),
			cmsAttribute(oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum[:]) }),
			must(signingCertificateV2(s.leaf())),
		},
		algorithm: cmsIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, cmsNULL),
		key:       s, hash: crypto.SHA256,
	}
}

func cmsSID(c *x509.Certificate) []byte {
	return cmsBuild(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(c.RawIssuer)
			b.AddASN1BigInt(c.SerialNumber)
		})
	})
}

// rawAttributes keeps the order given, unlike attributeSet.
func rawAttributes(tag cbasn1.Tag, attributes []Attribute) []byte {
	return cmsBuild(func(b *cryptobyte.Builder) {
		b.AddASN1(tag, func(b *cryptobyte.Builder) {
			for _, a := range attributes {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(a.Type)
					b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
						for _, v := range a.Values {
							b.AddBytes(v)
						}
					})
				})
			}
		})
	})
}

func (f *cmsForge) bytes() []byte {
	signed := f.content
	if signed == nil {
		signed = cmsContent
	}
	var attributes []byte
	if f.attributes != nil {
		if !f.asListed {
			slices.SortFunc(f.attributes, func(a, b Attribute) int {
				return bytes.Compare(rawAttributes(cbasn1.SET, []Attribute{a})[2:], rawAttributes(cbasn1.SET, []Attribute{b})[2:])
			})
		}
		attributes = rawAttributes(cmsTag0, f.attributes)
		signed = rawAttributes(cbasn1.SET, f.attributes)
		if f.signSorted {
			signed = must(attributeSet(cbasn1.SET, f.attributes))
		}
	}
	signature := f.signature
	if signature == nil {
		signature = f.key.signWith(f.hash, f.pss, signed)
	}
	sequence := func(b *cryptobyte.Builder, g cryptobyte.BuilderContinuation) { b.AddASN1(cbasn1.SEQUENCE, g) }
	return cmsBuild(func(b *cryptobyte.Builder) {
		sequence(b, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidSignedData)
			b.AddASN1(cmsTag0, func(b *cryptobyte.Builder) {
				sequence(b, func(b *cryptobyte.Builder) {
					b.AddASN1Int64(int64(f.version))
					b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
						for _, d := range f.digests {
							b.AddBytes(d)
						}
					})
					sequence(b, func(b *cryptobyte.Builder) {
						b.AddASN1ObjectIdentifier(f.contentType)
						if f.content != nil {
							b.AddASN1(cmsTag0, func(b *cryptobyte.Builder) { b.AddASN1OctetString(f.content) })
						}
					})
					if f.certificates != nil {
						b.AddASN1(cmsTag0, func(b *cryptobyte.Builder) {
							for _, c := range f.certificates {
								b.AddBytes(c)
							}
						})
					}
					if f.otherRevoked != nil {
						b.AddASN1(cmsTag1, func(b *cryptobyte.Builder) { b.AddBytes(f.otherRevoked) })
					}
					b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
						for range f.signers {
							sequence(b, func(b *cryptobyte.Builder) {
								b.AddASN1Int64(int64(f.signerVersion))
								b.AddBytes(f.sid)
								b.AddBytes(f.digest)
								b.AddBytes(attributes)
								b.AddBytes(f.algorithm)
								b.AddASN1OctetString(signature)
							})
						}
					})
				})
			})
		})
	})
}

// cmsOpenSSL runs openssl, or skips.
func cmsOpenSSL(t *testing.T, args ...string) ([]byte, error) {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed (Debian package openssl)")
	}
	return exec.Command(path, args...).CombinedOutput()
}

func cmsPEM(t *testing.T, dir, name string, certificates ...*x509.Certificate) string {
	t.Helper()
	var b []byte
	for _, c := range certificates {
		b = append(b, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return cmsFile(t, dir, name, b)
}

func cmsFile(t *testing.T, dir, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
