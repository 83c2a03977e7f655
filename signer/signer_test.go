package signer_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/paper"
	"kytiem/signer"
)

// now is when everything in these tests happens.
var now = time.Date(2021, 12, 1, 8, 30, 0, 0, time.FixedZone("", 7*60*60))

func authority(t testing.TB) *devca.CA {
	t.Helper()
	ca, err := devca.New(devca.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func issue(t testing.TB, ca *devca.CA, change func(*devca.Profile)) devca.Issued {
	t.Helper()
	p := devca.Profile{
		Kind: devca.Person, CommonName: "Trần Văn Mẫu", Organization: "Ủy ban nhân dân xã Phú Hòa", Title: "Chủ tịch",
		Identifiers: []string{"MST:0000075502", "CCCD:075070000001"},
	}
	if change != nil {
		change(&p)
	}
	issued, err := ca.Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

func carrier(t testing.TB, issued devca.Issued) *signer.PKCS12 {
	t.Helper()
	p12, err := issued.PKCS12("mật khẩu")
	if err != nil {
		t.Fatal(err)
	}
	c, err := signer.OpenPKCS12(p12, "mật khẩu")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// document is a bundle document over n made-up results, with its prepared fields.
func document(t testing.TB, n int) (pages, manifestJSON []byte) {
	t.Helper()
	type leafed struct {
		leaf bundle.Hash
		line []byte
	}
	var records []leafed
	for i := range n {
		r, err := bundle.NewRecord(bundle.Result{
			Unit: "26221", FullName: fmt.Sprintf("Nguyễn Thị Mẫu %d", i), Gender: bundle.Female, BirthDate: bundle.Date{Year: 1990},
			IDType: bundle.CCCD, IDNumber: fmt.Sprintf("075190%06d", i), DoseNumber: 1,
			VaccinatedOn: bundle.Date{Year: 2021, Month: 11, Day: 2}, Vaccine: "AstraZeneca", LotNumber: "NK-021", Site: "Trạm Y tế",
			Match: bundle.Matched, HealthConfirmedBy: "TYT", PoliceConfirmedBy: "CAX",
		})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, leafed{r.Leaf(), append(r.Append(nil), '\n')})
	}
	slices.SortFunc(records, func(a, b leafed) int { return bytes.Compare(a.leaf[:], b.leaf[:]) })
	var lines []byte
	for _, r := range records {
		lines = append(lines, r.line...)
	}
	roll, err := bundle.ReadRoll(bytes.NewReader(lines), int64(len(lines)))
	if err != nil {
		t.Fatal(err)
	}
	root, err := bundle.Root(roll.Leaves())
	if err != nil {
		t.Fatal(err)
	}
	manifestJSON, err = bundle.Canonical(&bundle.Manifest{
		V: 1, Bundle: bundle.NewID(), ConfirmationSource: bundle.ConfirmedInFile, Counts: roll.Counts(), Period: roll.Period(),
		Root: bundle.HexHash(root), Size: roll.Len(), SealedAt: "2021-12-01T01:00:00Z",
		Unit: bundle.UnitName{Code: "26221", Kind: "xa", Level: bundle.Commune, Name: "Xã Phú Hòa", Identifier: "MST:0000075502"},
	})
	if err != nil {
		t.Fatal(err)
	}
	documentJSON, err := bundle.Canonical(&bundle.Document{
		V: 1, Agency: []string{"ỦY BAN NHÂN DÂN", "XÃ PHÚ HÒA"}, Notation: "BC-UBND", Number: "05", Place: "Phú Hòa",
		Date: bundle.Date{Year: 2021, Month: 12, Day: 1}, Capacity: bundle.TM, Recipients: []string{"Lưu: VT"},
		Signatory: bundle.Signatory{Name: "Trần Văn Mẫu", Position: "Chủ tịch"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := paper.Bundle(&b, manifestJSON, documentJSON, roll); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), manifestJSON
}

// prepare makes both requests, the document's with a visible stamp.
func prepare(t testing.TB, pages, manifestJSON []byte, o signer.Options) (onPages, onManifest *signer.Prepared) {
	t.Helper()
	file, err := pades.Open(pages)
	if err != nil {
		t.Fatal(err)
	}
	stamp, err := signer.Stamp(file, bundle.HeadField, o)
	if err != nil {
		t.Fatal(err)
	}
	if onPages, err = signer.PrepareDocument(file, o, signer.Visible{Field: bundle.HeadField, Appearance: stamp}); err != nil {
		t.Fatal(err)
	}
	if onManifest, err = signer.PrepareManifest(manifestJSON, o); err != nil {
		t.Fatal(err)
	}
	return onPages, onManifest
}

// stored is what a prepared request is after it was kept as JSON, as between two
// servers.
func stored(t testing.TB, p *signer.Prepared) *signer.Prepared {
	t.Helper()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var again signer.Prepared
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	return &again
}

// run calls a program that judges what we made; the test is skipped where it is
// not installed.
func run(t testing.TB, debian, program string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed (Debian package %s)", program, debian)
	}
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}

// TestTwoSteps signs with every kind of key, wherever it is carried, and has others judge the outcome.
func TestTwoSteps(t *testing.T) {
	ca := authority(t)
	pages, manifestJSON := document(t, 20)
	for _, test := range []struct {
		key  string
		pss  bool
		want pades.Algorithm
	}{
		{"rsa2048", false, pades.RS256}, {"rsa3072", true, pades.PS256}, {"p256", false, pades.ES256}, {"p384", false, pades.ES384},
	} {
		for name, carry := range carriers(t) {
			t.Run(name+" "+string(test.want), func(t *testing.T) {
				dir := t.TempDir()
				key := carry(t, issue(t, ca, func(p *devca.Profile) { p.Key = test.key }))
				o := signer.Options{Certificates: key.Certificates(), PSS: test.pss, Title: "05/BC-UBND", Now: now}
				onPages, onManifest := prepare(t, pages, manifestJSON, o)
				if got := onPages.Request.Algorithm; got != test.want {
					t.Errorf("algorithm %s, want %s", got, test.want)
				}
				requests := []signer.Request{onPages.Request, onManifest.Request}
				signatures, err := key.Sign(context.Background(), requests)
				if err != nil {
					t.Fatal(err)
				}
				signed, err := stored(t, onPages).Complete(pages, signatures[0], now.Add(time.Minute))
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.HasPrefix(signed, pages) {
					t.Error("signing rewrote the document")
				}
				p7s, err := stored(t, onManifest).Complete(manifestJSON, signatures[1], now.Add(time.Minute))
				if err != nil {
					t.Fatal(err)
				}
				path := func(name string, content []byte) string {
					name = filepath.Join(dir, name)
					if err := os.WriteFile(name, content, 0o600); err != nil {
						t.Fatal(err)
					}
					return name
				}
				pdf, sig, content := path("a.pdf", signed), path("a.p7s", p7s), path("a.json", manifestJSON)
				root := path("root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Root().Certificate.Raw}))
				run(t, "openssl", "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", sig, "-content", content,
					"-CAfile", root, "-purpose", "any", "-attime", fmt.Sprint(now.Unix()), "-out", os.DevNull)
				run(t, "qpdf", "qpdf", "--check", pdf)
				if out := run(t, "poppler-utils", "pdfsig", "-nocert", pdf); !strings.Contains(out, "Signature is Valid") ||
					!strings.Contains(out, "Total document signed") {
					t.Errorf("pdfsig: %s", out)
				}
			})
		}
	}
}

// TestRequestShowsWhatIsSigned: the carrier can compare what it is shown with what
// it signs.
func TestRequestShowsWhatIsSigned(t *testing.T) {
	ca := authority(t)
	pages, manifestJSON := document(t, 1)
	key := carrier(t, issue(t, ca, func(p *devca.Profile) { p.Key = "p256" }))
	onPages, onManifest := prepare(t, pages, manifestJSON, signer.Options{Certificates: key.Certificates(), Now: now})
	for _, p := range []*signer.Prepared{onPages, onManifest} {
		r := p.Request
		if !bytes.Contains(r.SignedAttributes, r.DocumentSHA256) {
			t.Errorf("%s: the signed attributes do not name the document's digest", r.Kind)
		}
		if sum := sha256.Sum256(r.SignedAttributes); !bytes.Equal(sum[:], r.Digest) || r.SignedAttributes[0] != 0x31 {
			t.Errorf("%s: digest is not of the signed attributes", r.Kind)
		}
	}
}

func TestCompleteRefuses(t *testing.T) {
	ca := authority(t)
	pages, manifestJSON := document(t, 1)
	key, other := carrier(t, issue(t, ca, nil)), carrier(t, issue(t, ca, nil))
	o := signer.Options{Certificates: key.Certificates(), Now: now}
	onPages, onManifest := prepare(t, pages, manifestJSON, o)
	signatures, err := key.Sign(context.Background(), []signer.Request{onPages.Request, onManifest.Request})
	if err != nil {
		t.Fatal(err)
	}
	foreign := onPages.Request
	foreign.Certificates = [][]byte{other.Certificates()[0].Raw}
	strange, err := other.Sign(context.Background(), []signer.Request{foreign})
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(pages)
	changed[len(changed)/2] ^= 1
	for _, test := range []struct {
		name      string
		content   []byte
		signature []byte
		at        time.Time
		change    func(*signer.Prepared)
		want      error
	}{
		{"another key", pages, strange[0], now, nil, signer.ErrSignature},
		{"the other item's signature", pages, signatures[1], now, nil, signer.ErrSignature},
		{"no signature", pages, nil, now, nil, signer.ErrSignature},
		{"document changed in between", changed, signatures[0], now, nil, signer.ErrContentChanged},
		{"document grown in between", append(bytes.Clone(pages), '\n'), signatures[0], now, nil, signer.ErrContentChanged},
		{"stored update changed", pages, signatures[0], now, func(p *signer.Prepared) { p.Update.Suffix[20] ^= 1 }, signer.ErrContentChanged},
		{"too late", pages, signatures[0], now.Add(time.Hour), nil, signer.ErrLapsed},
		{"certificate lapsed in between", pages, signatures[0], now.AddDate(2, 0, 0),
			func(p *signer.Prepared) { p.Request.Expires = now.AddDate(3, 0, 0) }, certs.ErrExpired},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := stored(t, onPages)
			if test.change != nil {
				test.change(p)
			}
			if out, err := p.Complete(test.content, test.signature, test.at); !errors.Is(err, test.want) || out != nil {
				t.Errorf("Complete: %d bytes, %v, want %v", len(out), err, test.want)
			}
		})
	}
	t.Run("twice", func(t *testing.T) {
		if _, err := onPages.Complete(pages, signatures[0], now); err != nil {
			t.Fatal(err)
		}
		if _, err := onPages.Complete(pages, signatures[0], now); !errors.Is(err, signer.ErrUsed) {
			t.Errorf("second Complete: %v, want ErrUsed", err)
		}
	})
	t.Run("manifest changed", func(t *testing.T) {
		if _, err := onManifest.Complete(append(bytes.Clone(manifestJSON), ' '), signatures[1], now); !errors.Is(err, signer.ErrContentChanged) {
			t.Errorf("Complete: %v, want ErrContentChanged", err)
		}
	})
}

func TestPrepareRefuses(t *testing.T) {
	ca := authority(t)
	_, manifestJSON := document(t, 1)
	for _, test := range []struct {
		name   string
		change func(*devca.Profile)
		want   error
	}{
		{"expired", func(p *devca.Profile) { p.NotBefore, p.NotAfter = now.AddDate(-2, 0, 0), now.AddDate(-1, 0, 0) }, certs.ErrExpired},
		{"not yet valid", func(p *devca.Profile) { p.NotBefore, p.NotAfter = now.AddDate(0, 0, 1), now.AddDate(1, 0, 0) }, certs.ErrNotYetValid},
		{"not for signing", func(p *devca.Profile) {
			p.Alter = func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }
		}, certs.ErrUsage},
		{"weak key", func(p *devca.Profile) { p.Key = "rsa1024" }, certs.ErrWeak},
	} {
		t.Run(test.name, func(t *testing.T) {
			issued := issue(t, ca, test.change)
			_, err := signer.PrepareManifest(manifestJSON, signer.Options{Certificates: []*x509.Certificate{issued.Certificate}, Now: now})
			if !errors.Is(err, test.want) {
				t.Errorf("PrepareManifest: %v, want %v", err, test.want)
			}
		})
	}
	if _, err := signer.PrepareManifest(manifestJSON, signer.Options{Now: now}); !errors.Is(err, signer.ErrNoCertificate) {
		t.Errorf("without a certificate: %v", err)
	}
}

func TestOpenPKCS12Refuses(t *testing.T) {
	p12, err := issue(t, authority(t), nil).PKCS12("đúng")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		data     []byte
		password string
		want     error
	}{
		"wrong password": {p12, "sai", signer.ErrPassword},
		"truncated":      {p12[:len(p12)/2], "đúng", signer.ErrPKCS12},
		"something else": {[]byte("%PDF-1.7"), "đúng", signer.ErrPKCS12},
		"too large":      {make([]byte, signer.MaxPKCS12Bytes+1), "đúng", signer.ErrPKCS12},
	} {
		if _, err := signer.OpenPKCS12(test.data, test.password); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

// BenchmarkTwoSteps is Prepare and Complete of a document of about 100 KB with a
// stamp, the key operation included; BenchmarkKey is that operation alone.
func BenchmarkTwoSteps(b *testing.B) {
	pages, _ := document(b, 620)
	key := carrier(b, issue(b, authority(b), nil))
	o := signer.Options{Certificates: key.Certificates(), Now: now}
	b.Logf("%d bytes", len(pages))
	for b.Loop() {
		file, err := pades.Open(pages)
		if err != nil {
			b.Fatal(err)
		}
		stamp, err := signer.Stamp(file, bundle.HeadField, o)
		if err != nil {
			b.Fatal(err)
		}
		p, err := signer.PrepareDocument(file, o, signer.Visible{Field: bundle.HeadField, Appearance: stamp})
		if err != nil {
			b.Fatal(err)
		}
		signatures, err := key.Sign(context.Background(), []signer.Request{p.Request})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Complete(pages, signatures[0], now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkKey(b *testing.B) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256(nil)
	for b.Loop() {
		if _, err := key.Sign(rand.Reader, sum[:], crypto.SHA256); err != nil {
			b.Fatal(err)
		}
	}
}
