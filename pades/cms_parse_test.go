package pades

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

func TestParseCMSRefuses(t *testing.T) {
	good := newForge().bytes()
	many := newForge()
	many.signers = cmsMaxSigners + 1
	crowded := newForge()
	crowded.certificates = slices.Repeat([][]byte{{0x30, 0}}, cmsMaxCertificates+1)
	enveloped := cmsBuild(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3})
		})
	})
	tests := []struct {
		name string
		in   []byte
		want error
	}{
		{"nothing", nil, ErrCMS},
		{"text", []byte("-----BEGIN PKCS7-----"), ErrCMS},
		{"cut", good[:len(good)-1], ErrCMS},
		{"EnvelopedData", enveloped, ErrNotSignedData},
		{"too many signers", many.bytes(), ErrCMSLimit},
		{"too many certificates", crowded.bytes(), ErrCMSLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ParseCMS(tt.in); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestParseCMSParts(t *testing.T) {
	f := newForge()
	f.contentType = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4} // id-ct-TSTInfo
	f.content = []byte{0x30, 0}
	f.certificates = append(f.certificates, []byte{0xa2, 2, 5, 0}, []byte{0x30, 2, 5, 0})
	f.otherRevoked = append(cmsBuild(func(b *cryptobyte.Builder) {
		b.AddASN1(cmsTag1, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidOCSPResponse)
			b.AddBytes([]byte{0x30, 1, 7})
		})
	}), 0x30, 1, 9, 0xa1, 0)
	c, err := ParseCMS(append(f.bytes(), 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	if !c.ContentType.Equal(f.contentType) || !bytes.Equal(c.Content, f.content) {
		t.Errorf("content %s %x", c.ContentType, c.Content)
	}
	if len(c.Certificates) != 3 || c.Certificates[2].Certificate != nil || c.Certificates[2].Err == nil || len(c.OtherCertificates) != 1 {
		t.Errorf("certificates %d, other %x", len(c.Certificates), c.OtherCertificates)
	}
	if len(c.OCSPs) != 1 || !bytes.Equal(c.OCSPs[0], []byte{0x30, 1, 7}) || len(c.CRLs) != 1 || len(c.OtherRevocations) != 1 {
		t.Errorf("OCSP %x, CRL %x, other %x", c.OCSPs, c.CRLs, c.OtherRevocations)
	}
	if got := c.wantVersion(); got != 5 { // RFC 5652, 5.1: a crls element of another format
		t.Errorf("version must be %d, want 5", got)
	}
	if c.Length != len(f.bytes()) {
		t.Errorf("Length = %d, want %d", c.Length, len(f.bytes()))
	}
}

func TestAttributeAccessors(t *testing.T) {
	null := []byte{5, 0}
	oids := []asn1.ObjectIdentifier{oidContentType, oidMessageDigest, oidSigningTime, oidSigningCertificateV2, oidSigningCertificate, oidAlgorithmProtection}
	for _, tt := range []struct {
		name   string
		values [][]byte
		want   error
	}{
		{"absent", nil, ErrNoAttribute},
		{"NULL", [][]byte{null}, ErrCMS},
		{"empty sequence", [][]byte{{0x30, 0}}, ErrCMS},
		{"sequence of empty sequence", [][]byte{{0x30, 2, 0x30, 0}}, ErrCMS},
		{"empty time", [][]byte{{0x17, 0}}, ErrCMS},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, oid := range oids {
				s := SignerInfo{SignedAttrs: []Attribute{{Type: oid, Values: tt.values}}}
				var err error
				switch {
				case oid.Equal(oidContentType):
					_, err = s.ContentType()
				case oid.Equal(oidMessageDigest):
					_, err = s.MessageDigest()
				case oid.Equal(oidSigningTime):
					_, err = s.SigningTime()
				case oid.Equal(oidAlgorithmProtection):
					_, err = s.AlgorithmProtection()
				default:
					_, err = s.SigningCertificates()
				}
				if !errors.Is(err, tt.want) {
					t.Errorf("%s: got %v, want %v", oid, err, tt.want)
				}
			}
		})
	}
}

// TestCMSCorpus runs over CMS files nobody here wrote: whatever they hold, there is an answer.
func TestCMSCorpus(t *testing.T) {
	files := cmsCorpus(t)
	var parsed, ber, signers, ok, verified int
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		c, err := ParseCMS(b)
		if err != nil {
			t.Logf("%s: %v", filepath.Base(path), err)
			continue
		}
		parsed++
		if !c.IsDER {
			ber++
		}
		for i := range c.Signers {
			signers++
			o := CheckOptions{Profile: CAdES, Attached: c.Content != nil}
			r := c.Check(i, nil, o)
			if r.Status() != Fail {
				ok++
			}
			for _, f := range r.Findings {
				if f.Rule == "R-C7" && f.Status != Fail {
					verified++
				}
				if f.Status != OK {
					t.Logf("%s %d: %+v", filepath.Base(path), i, f)
				}
			}
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("%s took %v", filepath.Base(path), d)
		}
	}
	t.Logf("%d files, %d parsed (%d BER), %d signers, %d signatures verify, %d without failure (detached ones lack their content here)", len(files), parsed, ber, signers, verified, ok)
	if parsed == 0 || verified == 0 {
		t.Error("nothing parses or verifies")
	}
}

// cmsCorpus are the CMS files of the shared corpus, or a skip.
func cmsCorpus(t testing.TB) []string {
	t.Helper()
	var files []string
	for _, ending := range []string{"*.p7s", "*.p7m", "*.cms"} {
		found, err := filepath.Glob(filepath.Join("..", "..", "shared", "corpora", "files", ending))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Skip("../../shared/corpora/files is absent: no foreign CMS files to read")
	}
	return files
}

func FuzzParseCMS(f *testing.F) {
	for _, w := range cmsWritten {
		f.Add(cmsKeys()[w.key].cms(f, w.alg, cmsSigned, TimeStampAttribute([]byte{0x30, 0})))
	}
	f.Add(toBER(newForge().bytes()))
	files, _ := filepath.Glob(filepath.Join("..", "..", "shared", "corpora", "files", "*.p7*"))
	for _, path := range files {
		if b, err := os.ReadFile(path); err == nil && len(b) < 64<<10 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCMS(b)
		if err != nil {
			if !errors.Is(err, ErrCMS) && !errors.Is(err, ErrNotSignedData) && !errors.Is(err, ErrCMSLimit) {
				t.Fatalf("error without sentinel: %v", err)
			}
			return
		}
		if c.Length < 1 || c.Length > len(b) {
			t.Fatalf("Length %d of %d", c.Length, len(b))
		}
		// What is read does not depend on what follows.
		d, err := ParseCMS(append(bytes.Clone(b[:c.Length]), 0, 0, 0, 0))
		if err != nil || d.Length != c.Length || len(d.Signers) != len(c.Signers) || d.IsDER != c.IsDER {
			t.Fatalf("with padding: %+v, %v", d, err)
		}
		for _, profile := range []Profile{PAdES, CAdES, Legacy} {
			for i := -1; i <= len(c.Signers); i++ {
				r := c.Check(i, digestOf(cmsContent), CheckOptions{Profile: profile, Attached: c.Content != nil, Content: cmsContent})
				if len(r.Findings) == 0 {
					t.Fatal("no findings")
				}
				if r.Status() == Fail {
					continue
				}
				// Nothing passes without a certificate, a known digest and a signer that exists.
				if r.Signer == nil || r.Hash == crypto.Hash(0) || i < 0 || i >= len(c.Signers) {
					t.Fatalf("passes without a signer: %+v", r)
				}
			}
		}
	})
}
