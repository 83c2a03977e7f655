package certs_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/certs/devca"
)

// newCRL signs a list of the given entries.
func newCRL(t testing.TB, issuer devca.Authority, alter func(*x509.RevocationList), entries ...x509.RevocationListEntry) []byte {
	t.Helper()
	list := &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(time.Hour), RevokedCertificateEntries: entries,
	}
	if alter != nil {
		alter(list)
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, issuer.Certificate, issuer.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// scope is an issuingDistributionPoint extension.
func scope(t testing.TB, critical bool, point any) func(*x509.RevocationList) {
	t.Helper()
	value, err := asn1.Marshal(point)
	if err != nil {
		t.Fatal(err)
	}
	return crlExtension(pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: critical, Value: value})
}

func crlExtension(e pkix.Extension) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) { l.ExtraExtensions = append(l.ExtraExtensions, e) }
}

func TestParseCRL(t *testing.T) {
	ca := newCA(t, devca.Options{})
	issuing := ca.Issuing()
	cert := issue(t, ca, chair()).Certificate
	entry := func(reason int, extra ...pkix.Extension) x509.RevocationListEntry {
		return x509.RevocationListEntry{
			SerialNumber: cert.SerialNumber, RevocationTime: now.Add(-2 * time.Hour), ReasonCode: reason, ExtraExtensions: extra,
		}
	}
	other := x509.RevocationListEntry{SerialNumber: big.NewInt(1), RevocationTime: now.Add(-2 * time.Hour)}
	indirect := other
	indirect.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true, Value: []byte{0x30, 0}}}
	uri := func(address string) any {
		type name struct {
			Full []asn1.RawValue `asn1:"tag:0"`
		}
		return struct {
			Point name `asn1:"tag:0"`
		}{name{[]asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(address)}}}}
	}
	unnamed := struct {
		Point struct {
			Full []asn1.RawValue `asn1:"tag:0"`
		} `asn1:"tag:0"`
	}{}
	unnamed.Point.Full = []asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 4, IsCompound: true, Bytes: issuing.Certificate.RawSubject}}
	flag := func(tag int) any {
		return []asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: tag, Bytes: []byte{0xff}}}
	}
	reasons := []asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 3, Bytes: []byte{1, 0x40}}}
	noCRLSign := subordinate(t, ca.Root(), issuing.Certificate.Subject.CommonName, issuing.Key, func(c *x509.Certificate) {
		c.RawSubject, c.KeyUsage = issuing.Certificate.RawSubject, x509.KeyUsageCertSign
	})
	raw := func(der []byte) func(*testing.T) []byte { return func(*testing.T) []byte { return der } }
	list := func(alter func(*x509.RevocationList), entries ...x509.RevocationListEntry) func(*testing.T) []byte {
		return func(t *testing.T) []byte { return newCRL(t, issuing, alter, entries...) }
	}
	armoured := pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: newCRL(t, issuing, nil, entry(1))})

	tests := []struct {
		name  string
		raw   func(*testing.T) []byte
		want  certs.Status
		cause error
	}{
		{"not listed", list(nil, other), certs.Good, nil},
		{"empty", list(nil), certs.Good, nil},
		{"listed", list(nil, other, entry(1)), certs.Revoked, nil},
		{"listed without a reason", list(nil, entry(0)), certs.Revoked, nil},
		{"on hold", list(nil, entry(6)), certs.Suspended, nil},
		{"on hold, then revoked", list(nil, entry(6), entry(1)), certs.Revoked, nil},
		{"PEM", raw(armoured), certs.Revoked, nil},
		{"for users", list(scope(t, true, flag(1))), certs.Good, nil},
		{"for its distribution point", list(scope(t, true, uri(cert.CRLDistributionPoints[0]))), certs.Good, nil},
		{"PSS", list(func(l *x509.RevocationList) { l.SignatureAlgorithm = x509.SHA384WithRSAPSS }), certs.Good, nil},

		{"removed from a delta", list(nil, entry(8)), certs.Unknown, certs.ErrMalformed},
		{"by a stranger of the same name", func(t *testing.T) []byte { return newCRL(t, stranger().Issuing(), nil) }, certs.Unknown, certs.ErrForged},
		{"by the root", func(t *testing.T) []byte { return newCRL(t, ca.Root(), nil) }, certs.Unknown, certs.ErrOther},
		{"expired", list(func(l *x509.RevocationList) { l.NextUpdate = now.Add(-6 * time.Minute) }), certs.Unknown, certs.ErrOutdated},
		{"of the future", list(func(l *x509.RevocationList) { l.ThisUpdate = now.Add(6 * time.Minute) }), certs.Unknown, certs.ErrOutdated},
		{"for authorities", list(scope(t, true, flag(2))), certs.Unknown, certs.ErrOther},
		{"for authorities, said without stress", list(scope(t, false, flag(2))), certs.Unknown, certs.ErrOther},
		{"for attribute certificates", list(scope(t, true, flag(5))), certs.Unknown, certs.ErrOther},
		{"indirect", list(scope(t, true, flag(4))), certs.Unknown, certs.ErrPartial},
		{"for some reasons", list(scope(t, true, reasons)), certs.Unknown, certs.ErrPartial},
		{"for another distribution point", list(scope(t, true, uri("http://127.0.0.1/other.crl"))), certs.Unknown, certs.ErrOther},
		{"for a distribution point without address", list(scope(t, true, unnamed)), certs.Unknown, certs.ErrOther},
		{"broken scope", list(scope(t, true, 1)), certs.Unknown, certs.ErrMalformed},
		{"delta", list(crlExtension(pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}})), certs.Unknown, certs.ErrPartial},
		{"unknown critical extension", list(crlExtension(pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}})), certs.Unknown, certs.ErrMalformed},
		{"another entry of another issuer", list(nil, indirect), certs.Unknown, certs.ErrMalformed},
		{"SHA-1", list(func(l *x509.RevocationList) { l.SignatureAlgorithm = x509.SHA1WithRSA }), certs.Unknown, certs.ErrWeak},
		{"PEM of something else", raw(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})), certs.Unknown, certs.ErrMalformed},
		{"two in one PEM", raw(append(armoured[:len(armoured):len(armoured)], armoured...)), certs.Unknown, certs.ErrMalformed},
		{"garbage", raw([]byte("<html>")), certs.Unknown, certs.ErrMalformed},
		{"nothing", raw(nil), certs.Unknown, certs.ErrMalformed},
		{"too large", raw(make([]byte, 20<<20+1)), certs.Unknown, certs.ErrTooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := certs.ParseCRL(test.raw(t), cert, issuing.Certificate, now)
			if got.Status != test.want || !errors.Is(got.Cause, test.cause) || (got.Cause == nil) != (test.cause == nil) {
				t.Errorf("got %v because %v, want %v because %v", got.Status, got.Cause, test.want, test.cause)
			}
			if test.want != certs.Unknown && test.want != certs.Good && !got.RevokedAt.Equal(now.Add(-2*time.Hour)) {
				t.Errorf("got revoked at %v", got.RevokedAt)
			}
		})
	}

	t.Run("another algorithm outside than inside", func(t *testing.T) {
		inside, err := x509.ParseRevocationList(newCRL(t, issuing, func(l *x509.RevocationList) { l.SignatureAlgorithm = x509.SHA512WithRSA }))
		if err != nil {
			t.Fatal(err)
		}
		got := certs.ParseCRL(signed(t, issuing, inside.RawTBSRevocationList), cert, issuing.Certificate, now)
		if !errors.Is(got.Cause, certs.ErrMalformed) {
			t.Errorf("got %v because %v", got.Status, got.Cause)
		}
	})
	t.Run("issuer without cRLSign", func(t *testing.T) {
		got := certs.ParseCRL(newCRL(t, issuing, nil), cert, noCRLSign.Certificate, now)
		if !errors.Is(got.Cause, certs.ErrNotAuthorized) {
			t.Errorf("got %v because %v", got.Status, got.Cause)
		}
	})
	t.Run("about an authority", func(t *testing.T) {
		got := certs.ParseCRL(newCRL(t, ca.Root(), scope(t, true, flag(1))), issuing.Certificate, ca.Root().Certificate, now)
		if !errors.Is(got.Cause, certs.ErrOther) {
			t.Errorf("a list of users' certificates: got %v because %v", got.Status, got.Cause)
		}
		got = certs.ParseCRL(newCRL(t, ca.Root(), scope(t, true, flag(2))), issuing.Certificate, ca.Root().Certificate, now)
		if got.Status != certs.Good {
			t.Errorf("a list of authorities: got %v because %v", got.Status, got.Cause)
		}
	})
}

// TestParseCRLExpired: a list may forget certificates that have expired.
func TestParseCRLExpired(t *testing.T) {
	ca := newCA(t, devca.Options{})
	profile := chair()
	profile.NotBefore, profile.NotAfter = now.AddDate(0, -2, 0), now.AddDate(0, -1, 0)
	cert := issue(t, ca, profile).Certificate
	kept, err := asn1.MarshalWithParams(now.AddDate(-5, 0, 0), "generalized")
	if err != nil {
		t.Fatal(err)
	}
	got := certs.ParseCRL(newCRL(t, ca.Issuing(), nil), cert, ca.Issuing().Certificate, now)
	if !errors.Is(got.Cause, certs.ErrOutOfBounds) {
		t.Errorf("got %v because %v, want %v", got.Status, got.Cause, certs.ErrOutOfBounds)
	}
	expired := crlExtension(pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 60}, Value: kept})
	got = certs.ParseCRL(newCRL(t, ca.Issuing(), expired), cert, ca.Issuing().Certificate, now)
	if got.Status != certs.Good {
		t.Errorf("with expiredCertsOnCRL got %v because %v", got.Status, got.Cause)
	}
}

// TestParseCRLBytes changes and cuts a list everywhere.
func TestParseCRLBytes(t *testing.T) {
	ca := newCA(t, devca.Options{})
	cert, issuer := issue(t, ca, chair()).Certificate, ca.Issuing().Certificate
	raw := newCRL(t, ca.Issuing(), nil)
	for i := range raw {
		changed := append([]byte(nil), raw...)
		changed[i] ^= 1 << (i % 8)
		if got := certs.ParseCRL(changed, cert, issuer, now); got.Status != certs.Unknown || got.Cause == nil {
			t.Errorf("byte %d of %d changed: got %v", i, len(raw), got.Status)
		}
		if got := certs.ParseCRL(raw[:i], cert, issuer, now); got.Status != certs.Unknown {
			t.Errorf("cut at %d: got %v", i, got.Status)
		}
	}
	if got := certs.ParseCRL(append(raw, 0), cert, issuer, now); got.Status != certs.Unknown {
		t.Errorf("trailing byte: got %v", got.Status)
	}
}

// FuzzParseCRL takes bytes as a list, and as the content of a list that the issuer signs. Beside the property of answers it
// holds our reading against crypto/x509's: of what we accept, that must find the same.
func FuzzParseCRL(f *testing.F) {
	ca := newCA(f, devca.Options{})
	issuer := subordinate(f, ca.Root(), "fast", newECDSA(f), nil)
	cert := leafUnder(f, issuer, newECDSA(f), nil)
	revoked := x509.RevocationListEntry{SerialNumber: cert.SerialNumber, RevocationTime: now.Add(-time.Hour), ReasonCode: 1}
	held := revoked
	held.ReasonCode = 6
	for _, der := range [][]byte{
		newCRL(f, issuer, nil), newCRL(f, issuer, nil, revoked), newCRL(f, issuer, nil, held, revoked),
		newCRL(f, issuer, scope(f, true, []asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 1, Bytes: []byte{0xff}}}), revoked),
	} {
		list, err := x509.ParseRevocationList(der)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(list.RawTBSRevocationList)
		f.Add(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, raw := range [][]byte{raw, signed(t, issuer, raw)} {
			got := certs.ParseCRL(raw, cert, issuer.Certificate, now)
			checkAnswer(t, got, raw)
			if got.Status == certs.Unknown {
				continue
			}
			list, err := x509.ParseRevocationList(got.Raw)
			if err != nil || list.CheckSignatureFrom(issuer.Certificate) != nil {
				continue // crypto/x509 refuses version 1
			}
			listed := slices.ContainsFunc(list.RevokedCertificateEntries, func(e x509.RevocationListEntry) bool {
				return e.SerialNumber.Cmp(cert.SerialNumber) == 0
			})
			if listed != (got.Status != certs.Good) {
				t.Errorf("got %v, listed %v", got.Status, listed)
			}
		}
	})
}

// BenchmarkParseCRL shows what a list of the largest size costs.
func BenchmarkParseCRL(b *testing.B) {
	ca := newCA(b, devca.Options{})
	cert := issue(b, ca, chair()).Certificate
	entries := make([]x509.RevocationListEntry, 380_000)
	for i := range entries {
		serial := new(big.Int).Lsh(big.NewInt(0x54), 120)
		entries[i] = x509.RevocationListEntry{SerialNumber: serial.Add(serial, big.NewInt(int64(i))), RevocationTime: now, ReasonCode: 1}
	}
	raw := newCRL(b, ca.Issuing(), nil, entries...)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if got := certs.ParseCRL(raw, cert, ca.Issuing().Certificate, now); got.Status != certs.Good {
			b.Fatal(got.Cause)
		}
	}
}
