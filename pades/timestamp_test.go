package pades

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// tstForge writes any TSTInfo, right or wrong.
type tstForge struct {
	version   int
	hash      []byte // AlgorithmIdentifier
	imprint   []byte
	time      string
	optional  []byte // what follows genTime
	following []byte // after the TSTInfo
}

func newTSTForge() *tstForge {
	sum := sha256.Sum256(cmsContent)
	return &tstForge{version: 1, hash: cmsIdentifier(cmsHashOID(crypto.SHA256), cmsNULL), imprint: sum[:], time: "20261123030405Z"}
}

func (f *tstForge) bytes() []byte {
	return append(cmsBuild(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(int64(f.version))
			b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1})
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddBytes(f.hash)
				b.AddASN1OctetString(f.imprint)
			})
			b.AddASN1BigInt(new(big.Int).Lsh(big.NewInt(5), 150)) // RFC 3161, 2.4.2: up to 160 bits
			b.AddASN1(cbasn1.GeneralizedTime, func(b *cryptobyte.Builder) { b.AddBytes([]byte(f.time)) })
			b.AddBytes(f.optional)
		})
	}), f.following...)
}

// token signs a TSTInfo as an authority would.
func token(content []byte) *cmsForge {
	f := newForge()
	f.version, f.contentType, f.content = 3, oidTSTInfo, content // RFC 5652, 5.1: version 3, since it is not id-data
	sum := sha256.Sum256(content)
	f.attributes = []Attribute{
		cmsAttribute(oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidTSTInfo) }),
		cmsAttribute(oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum[:]) }),
		must(signingCertificateV2(f.key.leaf())),
	}
	return f
}

func TestParseTimeStamp(t *testing.T) {
	accuracy := []byte{0x30, 0x0b, 0x02, 0x01, 1, 0x80, 0x02, 1, 0x2c, 0x81, 0x02, 2, 0x58}
	ordering, nonce := []byte{1, 1, 0xff}, []byte{2, 1, 7}
	tsa := append([]byte{0xa0, 5}, 0x82, 3, 't', 's', 'a') // [0] GeneralName, dNSName
	extensions := []byte{0xa1, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x1d, 0x12, 0x04, 0x02, 0x05, 0x00}
	whole := time.Date(2026, 11, 23, 3, 4, 5, 0, time.UTC)
	for _, test := range []struct {
		name   string
		change func(*tstForge)
		at     time.Time
		nonce  *big.Int
	}{
		{name: "least", at: whole},
		{name: "fraction", change: func(f *tstForge) { f.time = "20261123030405.25Z" }, at: whole.Add(250 * time.Millisecond)},
		{name: "accuracy", change: func(f *tstForge) { f.optional = accuracy }, at: whole},
		{name: "millis alone", change: func(f *tstForge) { f.optional = []byte{0x30, 0x03, 0x80, 1, 9} }, at: whole},
		{name: "nonce", change: func(f *tstForge) { f.optional = nonce }, at: whole, nonce: big.NewInt(7)},
		{name: "ordering and nonce", change: func(f *tstForge) { f.optional = slices.Concat(ordering, nonce) }, at: whole, nonce: big.NewInt(7)},
		{name: "name", change: func(f *tstForge) { f.optional = tsa }, at: whole},
		{name: "extensions", change: func(f *tstForge) { f.optional = extensions }, at: whole},
		{
			name: "all", change: func(f *tstForge) { f.optional = slices.Concat(accuracy, ordering, nonce, tsa, extensions) },
			at: whole, nonce: big.NewInt(7),
		},
		{name: "SHA-512", change: func(f *tstForge) {
			f.hash, f.imprint = cmsIdentifier(cmsHashOID(crypto.SHA512), nil), make([]byte, 64)
		}, at: whole},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newTSTForge()
			if test.change != nil {
				test.change(f)
			}
			stamp, err := ParseTimeStamp(token(f.bytes()).bytes())
			if err != nil {
				t.Fatal(err)
			}
			if !stamp.At.Equal(test.at) || !bytes.Equal(stamp.Imprint, f.imprint) || !stamp.Authority.Equal(cmsKeys()["RSA-2048"].leaf()) {
				t.Errorf("got %s, %x, %s, want %s, %x", stamp.At, stamp.Imprint, stamp.Authority.Subject, test.at, f.imprint)
			}
			if (stamp.Nonce == nil) != (test.nonce == nil) || stamp.Nonce != nil && stamp.Nonce.Cmp(test.nonce) != 0 {
				t.Errorf("nonce %v, want %v", stamp.Nonce, test.nonce)
			}
		})
	}
}

func TestParseTimeStampRefuses(t *testing.T) {
	twin := cmsKeys()["twin"]
	for _, test := range []struct {
		name  string
		info  func(*tstForge)
		forge func(*cmsForge)
		bytes func([]byte) []byte
	}{
		{name: "TSTInfo of version 2", info: func(f *tstForge) { f.version = 2 }},
		{name: "SHA-1", info: func(f *tstForge) { f.hash, f.imprint = cmsIdentifier(cmsHashOID(crypto.SHA1), nil), make([]byte, 20) }},
		{name: "unknown hash", info: func(f *tstForge) { f.hash = cmsIdentifier(asn1.ObjectIdentifier{1, 2, 3}, nil) }},
		{name: "short imprint", info: func(f *tstForge) { f.imprint = f.imprint[:31] }},
		{name: "long imprint", info: func(f *tstForge) { f.imprint = append(f.imprint, 0) }},
		{name: "time of no zone", info: func(f *tstForge) { f.time = "20261123030405" }},
		{name: "no time", info: func(f *tstForge) { f.time = "20261323030405Z" }},
		{name: "bytes after TSTInfo", info: func(f *tstForge) { f.following = []byte{5, 0} }},
		{name: "bytes after the token", bytes: func(b []byte) []byte { return append(b, 5, 0) }},
		{name: "cut", bytes: func(b []byte) []byte { return b[:len(b)-1] }},
		{name: "empty", bytes: func([]byte) []byte { return nil }},
		{name: "huge", bytes: func(b []byte) []byte { return append(b, make([]byte, MaxTimeStampBytes)...) }},
		{name: "content of another type", forge: func(f *cmsForge) { f.contentType = oidData }},
		{name: "detached", forge: func(f *cmsForge) { f.content = nil }},
		{name: "other content", forge: func(f *cmsForge) { f.content = append([]byte(nil), cmsContent...) }},
		{name: "no signed attributes", forge: func(f *cmsForge) { f.attributes = nil }},
		{name: "no signing-certificate", forge: func(f *cmsForge) { f.attributes = f.attributes[:2] }},
		{name: "signing-certificate of another", forge: func(f *cmsForge) { f.attributes[2] = must(signingCertificateV2(twin.leaf())) }},
		{name: "no certificate", forge: func(f *cmsForge) { f.certificates = nil }},
		{name: "only the issuer's certificate", forge: func(f *cmsForge) { f.certificates = f.certificates[1:] }},
		{name: "two signers", forge: func(f *cmsForge) { f.signers = 2 }},
		{name: "no signer", forge: func(f *cmsForge) { f.signers = 0 }},
		{name: "signature of another key", forge: func(f *cmsForge) { f.signature = make([]byte, 256) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			info := newTSTForge()
			if test.info != nil {
				test.info(info)
			}
			f := token(info.bytes())
			if test.forge != nil {
				test.forge(f)
			}
			der := f.bytes()
			if test.bytes != nil {
				der = test.bytes(der)
			}
			if stamp, err := ParseTimeStamp(der); !errors.Is(err, ErrTimeStamp) || stamp != nil {
				t.Errorf("got %v, %v, want ErrTimeStamp", stamp, err)
			}
		})
	}
}

// TestTimeStampChangedByte: whatever bit of a token changes, it states the same or it is refused.
func TestTimeStampChangedByte(t *testing.T) {
	der := token(newTSTForge().bytes()).bytes()
	want, err := ParseTimeStamp(der)
	if err != nil {
		t.Fatal(err)
	}
	for i := range der {
		broken := bytes.Clone(der)
		broken[i] ^= 1 << (i % 8)
		got, err := ParseTimeStamp(broken)
		if err == nil && (!got.At.Equal(want.At) || !bytes.Equal(got.Imprint, want.Imprint) || !got.Authority.Equal(want.Authority)) {
			t.Errorf("byte %d changed: %s passed", i, got.At)
		}
	}
}

func TestParseTimeStampResponse(t *testing.T) {
	stamp := []byte{0x30, 0x03, 0x02, 0x01, 0x09} // any SEQUENCE: what it is worth is asked later
	words := []byte{0x30, 0x04, 0x0c, 0x02, 'n', 'o'}
	failure := []byte{0x03, 0x02, 0x05, 0x20}
	for _, test := range []struct {
		name   string
		status []byte
		token  []byte
		after  []byte
		want   bool
	}{
		{name: "granted", status: []byte{2, 1, 0}, token: stamp, want: true},
		{name: "granted with changes", status: []byte{2, 1, 1}, token: stamp, want: true},
		{name: "granted in words", status: slices.Concat([]byte{2, 1, 0}, words), token: stamp, want: true},
		{name: "granted without a token", status: []byte{2, 1, 0}},
		{name: "rejected", status: []byte{2, 1, 2}},
		{name: "rejected in words", status: slices.Concat([]byte{2, 1, 2}, words, failure)},
		{name: "rejected with a failure alone", status: slices.Concat([]byte{2, 1, 2}, failure)},
		{name: "rejected with a token", status: []byte{2, 1, 2}, token: stamp},
		{name: "waiting", status: []byte{2, 1, 3}, token: stamp},
		{name: "negative status", status: []byte{2, 1, 0xff}, token: stamp},
		{name: "no status", token: stamp},
		{name: "bytes after", status: []byte{2, 1, 0}, token: stamp, after: []byte{5, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			response := append(cmsBuild(func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(test.status) })
					b.AddBytes(test.token)
				})
			}), test.after...)
			got, err := ParseTimeStampResponse(response)
			switch {
			case test.want && (err != nil || !bytes.Equal(got, test.token)):
				t.Errorf("got %x, %v, want %x", got, err, test.token)
			case !test.want && (!errors.Is(err, ErrTimeStamp) || got != nil):
				t.Errorf("got %x, %v, want ErrTimeStamp", got, err)
			}
		})
	}
}

// TestTimeStampRequest has OpenSSL read what we ask.
func TestTimeStampRequest(t *testing.T) {
	request, err := TimeStampRequest(sha256.Sum256(cmsContent), big.NewInt(0x1234567890))
	if err != nil {
		t.Fatal(err)
	}
	text, err := cmsOpenSSL(t, "ts", "-query", "-in", cmsFile(t, t.TempDir(), "query.tsq", request), "-text")
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, want := range []string{"Version: 1", "Hash Algorithm: sha256", "Nonce: 0x1234567890", "Certificate required: yes"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("OpenSSL reads\n%s\nwithout %q", text, want)
		}
	}
}

func FuzzParseTimeStamp(f *testing.F) {
	der := token(newTSTForge().bytes()).bytes()
	f.Add(der)
	f.Add(der[:len(der)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		if stamp, err := ParseTimeStamp(data); err == nil && (stamp.Authority == nil || len(stamp.Imprint) != stamp.Hash.Size()) {
			t.Errorf("half a stamp: %+v", stamp)
		}
		_, _ = ParseTimeStampResponse(data) // must not panic
	})
}
