package certs_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"slices"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/certs/devca"
)

func newECDSA(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestPaths(t *testing.T) {
	ca := newCA(t, devca.Options{})
	root, issuing, key := ca.Root(), ca.Issuing(), newECDSA(t)
	weakKey, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	_, edwardsKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edwards := subordinate(t, root, "edwards", edwardsKey, nil)
	below := func(alter func(*x509.Certificate)) devca.Authority { return subordinate(t, root, "sub", key, alter) }
	leaf := func(issuer devca.Authority) *x509.Certificate { return leafUnder(t, issuer, newECDSA(t), nil) }
	critical := func(id ...int) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: id, Critical: true, Value: []byte{0x30, 0}}}
		}
	}

	sub := below(nil)
	short := below(func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 0, true })
	second := subordinate(t, short, "second", newECDSA(t), nil)
	notCA := below(func(c *x509.Certificate) { c.IsCA = false })
	noCertSign := below(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign })
	sha1 := below(withSHA1)
	small := subordinate(t, root, "small", weakKey, nil)
	odd := below(critical(1, 2, 3))
	named := below(func(c *x509.Certificate) {
		c.PermittedEmailAddresses, c.PermittedDNSDomainsCritical = []string{"syt.example"}, true
	})
	first := versionOne(t, root, key)
	lapsed := below(func(c *x509.Certificate) { c.NotBefore, c.NotAfter = now.AddDate(-2, 0, 0), now.AddDate(-1, 0, 0) })

	tests := []struct {
		name    string
		leaf    *x509.Certificate
		pool    certs.Path
		anchors certs.Path
		at      time.Time
		length  int   // of the path
		want    error // or this
		index   int   // of the link at fault
	}{
		{"usual", issue(t, ca, chair()).Certificate, certs.Path{issuing.Certificate}, certs.Path{root.Certificate}, now, 3, nil, 0},
		{"straight below the anchor", leaf(root), nil, certs.Path{root.Certificate}, now, 2, nil, 0},
		{"intermediate as anchor", leaf(sub), nil, certs.Path{sub.Certificate}, now, 2, nil, 0},
		{"leaf as anchor", leaf(sub), nil, nil, now, 1, nil, 0}, // listed below
		{"QCStatements critical", leafUnder(t, sub, key, critical(1, 3, 6, 1, 5, 5, 7, 1, 3)), certs.Path{sub.Certificate}, certs.Path{root.Certificate}, now, 3, nil, 0},

		{"no anchors", leaf(root), certs.Path{root.Certificate}, nil, now, 0, certs.ErrNoPath, 0},
		{"self-signed, not listed", root.Certificate, certs.Path{root.Certificate}, certs.Path{sub.Certificate}, now, 0, certs.ErrNoPath, 0},
		{"intermediate missing", leaf(sub), nil, certs.Path{root.Certificate}, now, 0, certs.ErrNoPath, 0},
		{"a stranger of the same name", leaf(stranger().Issuing()), certs.Path{issuing.Certificate, stranger().Issuing().Certificate}, certs.Path{root.Certificate}, now, 0, certs.ErrNoPath, 0},
		{"leaf expired", leaf(sub), certs.Path{sub.Certificate}, certs.Path{root.Certificate}, now.AddDate(1, 1, 0), 0, certs.ErrExpired, 0},
		{"leaf not yet valid", leaf(root), nil, certs.Path{root.Certificate}, now.Add(-time.Hour - time.Second), 0, certs.ErrNotYetValid, 0},
		{"issuer expired", leaf(lapsed), certs.Path{lapsed.Certificate}, certs.Path{root.Certificate}, now, 0, certs.ErrExpired, 1},
		{"anchor expired", leafUnder(t, root, key, func(c *x509.Certificate) { c.NotAfter = now.AddDate(30, 0, 0) }), nil, certs.Path{root.Certificate}, now.AddDate(20, 0, 0), 0, certs.ErrExpired, 1},
		{"leaf certified with SHA-1", leafUnder(t, root, key, withSHA1), nil, certs.Path{root.Certificate}, now, 0, certs.ErrWeak, 0},
		{"issuer certified with SHA-1", leaf(sha1), certs.Path{sha1.Certificate}, certs.Path{root.Certificate}, now, 0, certs.ErrWeak, 1},
		{"issuer's key weak", leaf(small), certs.Path{small.Certificate}, certs.Path{root.Certificate}, now, 0, certs.ErrWeak, 1},
		{"issuer no CA", leaf(notCA), certs.Path{notCA.Certificate}, certs.Path{root.Certificate}, now, 0, certs.ErrConstraints, 1},
		{"issuer without keyCertSign", leaf(noCertSign), certs.Path{noCertSign.Certificate}, certs.Path{root.Certificate}, now, 0, certs.ErrConstraints, 1},
		{"issuer of version 1", leaf(first), certs.Path{first.Certificate}, certs.Path{root.Certificate}, now, 0, certs.ErrConstraints, 1},
		{"anchor of version 1", leaf(first), nil, certs.Path{first.Certificate}, now, 2, nil, 0},
		{"Ed25519", leaf(edwards), nil, certs.Path{edwards.Certificate}, now, 0, certs.ErrWeak, 1},
		{"path too long", leaf(second), certs.Path{second.Certificate, short.Certificate}, certs.Path{root.Certificate}, now, 0, certs.ErrConstraints, 2},
		{"unknown critical extension", leafUnder(t, sub, key, critical(1, 2, 3)), certs.Path{sub.Certificate}, certs.Path{root.Certificate}, now, 0, certs.ErrConstraints, 0},
		{"unknown critical extension of the issuer", leaf(odd), certs.Path{odd.Certificate}, certs.Path{root.Certificate}, now, 0, certs.ErrConstraints, 1},
		{"name not permitted", leafUnder(t, named, key, func(c *x509.Certificate) { c.EmailAddresses = []string{"a@other.example"} }),
			certs.Path{named.Certificate}, certs.Path{root.Certificate}, now, 0, certs.ErrConstraints, 0},
		{"name permitted", leafUnder(t, named, key, func(c *x509.Certificate) { c.EmailAddresses = []string{"a@syt.example"} }),
			certs.Path{named.Certificate}, certs.Path{root.Certificate}, now, 3, nil, 0},
	}
	remembering := &certs.VerifiedPaths{} // by every test, for all that follow
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.length == 1 {
				test.anchors = certs.Path{test.leaf}
			}
			for range 2 {
				anchors := certs.Anchors{CA: test.anchors, Verified: remembering}
				got, err := anchors.Paths(t.Context(), nil, certs.Signing, test.leaf, test.pool, test.at)
				if !errors.Is(err, test.want) || test.want == nil && (len(got) != 1 || len(got[0]) != test.length) {
					t.Errorf("where paths are remembered: got %v and paths of %v, want %v and one of %d", err, lengths(got), test.want, test.length)
				}
			}
			got, err := certs.Paths(test.leaf, test.pool, test.anchors, test.at)
			if test.want != nil {
				if !errors.Is(err, test.want) || got != nil {
					t.Fatalf("got %v and %d paths, want %v", err, len(got), test.want)
				}
				var link *certs.LinkError
				if errors.As(err, &link) && (link.Index != test.index || link.Path[0] != test.leaf || len(link.Path) <= link.Index) {
					t.Errorf("got certificate %d of %d at fault, want %d", link.Index, len(link.Path), test.index)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || len(got[0]) != test.length {
				t.Fatalf("got %v, want one path of %d", lengths(got), test.length)
			}
			if path := got[0]; path[0] != test.leaf || !slices.ContainsFunc(test.anchors, path[len(path)-1].Equal) {
				t.Error("the path does not lead from the leaf to an anchor")
			}
		})
	}
}

// versionOne certifies a key in the form of 1988, without extensions, in which nothing tells an authority from a person.
func versionOne(t *testing.T, issuer devca.Authority, key crypto.Signer) devca.Authority {
	t.Helper()
	var subject asn1.RawValue
	if _, err := asn1.Unmarshal(nameDER(t, commonName, asn1.TagUTF8String, "first"), &subject); err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	tbs, err := asn1.Marshal(struct {
		Serial    int
		Algorithm pkix.AlgorithmIdentifier
		Issuer    asn1.RawValue
		Validity  struct{ NotBefore, NotAfter time.Time }
		Subject   asn1.RawValue
		Public    asn1.RawValue
	}{
		1, sha256WithRSA, asn1.RawValue{FullBytes: issuer.Certificate.RawSubject},
		struct{ NotBefore, NotAfter time.Time }{now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0)},
		subject, asn1.RawValue{FullBytes: public},
	})
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(signed(t, issuer, tbs))
	if err != nil {
		t.Fatal(err)
	}
	return devca.Authority{Certificate: cert, Key: key}
}

// TestPathsLength: eight certificates are a path, nine are not.
func TestPathsLength(t *testing.T) {
	ca := newCA(t, devca.Options{})
	issuer, pool, anchors := ca.Root(), certs.Path{}, certs.Path{ca.Root().Certificate}
	for i := range 7 {
		issuer = subordinate(t, issuer, string(rune('a'+i)), newECDSA(t), nil)
		pool = append(pool, issuer.Certificate)
	}
	got, err := certs.Paths(issuer.Certificate, pool, anchors, now)
	if err != nil || len(got) != 1 || len(got[0]) != 8 {
		t.Errorf("got %v and %v, want one of 8", lengths(got), err)
	}
	if _, err := certs.Paths(leafUnder(t, issuer, newECDSA(t), nil), pool, anchors, now); !errors.Is(err, certs.ErrNoPath) {
		t.Errorf("got %v, want %v", err, certs.ErrNoPath)
	}
}

// TestPathsRemembered: that a path was verified says nothing about the day, the anchors or any other path.
func TestPathsRemembered(t *testing.T) {
	ca := newCA(t, devca.Options{})
	root, key := ca.Root(), newECDSA(t)
	sub := subordinate(t, root, "sub", key, nil)
	leaf := leafUnder(t, sub, newECDSA(t), nil)
	forged := func(cert *x509.Certificate) *x509.Certificate {
		der := slices.Clone(cert.Raw)
		der[len(der)-1] ^= 1 // in the signature
		altered, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return altered
	}
	anchors := certs.Anchors{CA: certs.Path{root.Certificate}, Verified: &certs.VerifiedPaths{}}
	pool := certs.Path{sub.Certificate}
	if got, err := anchors.Paths(t.Context(), nil, certs.Signing, leaf, pool, now); err != nil || len(got) != 1 {
		t.Fatalf("got paths of %v and %v, want one", lengths(got), err)
	}
	closed := anchors.With(certs.Word{Certificate: root.Certificate, Period: certs.Period{Until: now.Add(-time.Second)}})
	for _, test := range []struct {
		name    string
		anchors certs.Anchors
		leaf    *x509.Certificate
		pool    certs.Path
		at      time.Time
		want    error
	}{
		{"later than the certificate", anchors, leaf, pool, now.AddDate(1, 1, 0), certs.ErrExpired},
		{"before it", anchors, leaf, pool, now.AddDate(0, 0, -1), certs.ErrNotYetValid},
		{"an anchor that was removed", anchors.With(certs.Word{Certificate: root.Certificate, Removed: true}), leaf, pool, now, certs.ErrNoPath},
		{"an anchor that has closed", closed, leaf, pool, now, certs.ErrClosed},
		{"another signature on the leaf", anchors, forged(leaf), pool, now, certs.ErrNoPath},
		{"another signature on its issuer", anchors, leaf, certs.Path{forged(sub.Certificate)}, now, certs.ErrNoPath},
		{"the issuer of another key", anchors, leaf, certs.Path{subordinate(t, root, "sub", newECDSA(t), nil).Certificate}, now, certs.ErrNoPath},
	} {
		for range 2 {
			if got, err := test.anchors.Paths(t.Context(), nil, certs.Signing, test.leaf, test.pool, test.at); !errors.Is(err, test.want) {
				t.Errorf("%s: got paths of %v and %v, want %v", test.name, lengths(got), err, test.want)
			}
		}
	}
}

func lengths(paths []certs.Path) (all []int) {
	for _, path := range paths {
		all = append(all, len(path))
	}
	return all
}

// TestPathsAll has two roots cross-certify each other: every way is found, the shortest first.
func TestPathsAll(t *testing.T) {
	ca := newCA(t, devca.Options{})
	old, key := ca.Root(), newECDSA(t)
	self := devca.Authority{Certificate: &x509.Certificate{}, Key: key}
	self.Certificate.Subject.CommonName = "new root"
	young := subordinate(t, self, "new root", key, nil)
	cross := subordinate(t, old, "new root", key, nil)
	leaf := leafUnder(t, young, newECDSA(t), nil)

	got, err := certs.Paths(leaf, certs.Path{cross.Certificate, young.Certificate}, certs.Path{old.Certificate, young.Certificate}, now)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{2, 3}; !slices.Equal(lengths(got), want) {
		t.Errorf("got paths of %v, want %v", lengths(got), want)
	}
}

// TestPathsGoodBesideBad: a refused path does not spoil another, and the closest one explains a refusal.
func TestPathsGoodBesideBad(t *testing.T) {
	ca := newCA(t, devca.Options{})
	key := newECDSA(t)
	sha1 := subordinate(t, ca.Root(), "sub", key, withSHA1)
	lapsed := subordinate(t, ca.Root(), "sub", key, func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Minute) })
	good := subordinate(t, ca.Root(), "sub", key, nil)
	leaf := leafUnder(t, good, newECDSA(t), nil)
	anchors := certs.Path{ca.Root().Certificate}

	if _, err := certs.Paths(leaf, certs.Path{sha1.Certificate, lapsed.Certificate}, anchors, now); !errors.Is(err, certs.ErrExpired) {
		t.Errorf("got %v, want %v", err, certs.ErrExpired)
	}
	got, err := certs.Paths(leaf, certs.Path{sha1.Certificate, lapsed.Certificate, good.Certificate}, anchors, now)
	if err != nil || len(got) != 1 {
		t.Errorf("got %d paths and %v, want one", len(got), err)
	}
}

// TestPathsBounded searches a mesh in which each of nine keys of one name certifies every other: 8! ways, none to an anchor.
func TestPathsBounded(t *testing.T) {
	ca := newCA(t, devca.Options{})
	mesh := make([]devca.Authority, 9)
	for i := range mesh {
		mesh[i] = devca.Authority{Certificate: &x509.Certificate{Subject: pkix.Name{CommonName: "mesh"}}, Key: newECDSA(t)}
	}
	var pool certs.Path
	for _, issuer := range mesh {
		for _, subject := range mesh {
			pool = append(pool, subordinate(t, issuer, "mesh", subject.Key, nil).Certificate)
		}
	}
	leaf := leafUnder(t, mesh[0], newECDSA(t), nil)
	start := time.Now()
	if _, err := certs.Paths(leaf, pool, certs.Path{ca.Root().Certificate}, now); !errors.Is(err, certs.ErrNoPath) {
		t.Errorf("got %v, want %v", err, certs.ErrNoPath)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %v", took)
	}
}

// TestCriticalKnown: crypto/x509 reports what it does not handle; the list must not shrink to nothing unnoticed.
func TestCriticalKnown(t *testing.T) {
	ca := newCA(t, devca.Options{})
	cert := leafUnder(t, ca.Root(), newECDSA(t), func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}, Critical: true, Value: []byte{0x30, 0}}}
	})
	if len(cert.UnhandledCriticalExtensions) != 1 {
		t.Fatal("crypto/x509 handles QCStatements now: the exception for them can go")
	}
	if _, err := certs.Paths(cert, nil, certs.Path{ca.Root().Certificate}, now); err != nil {
		t.Error(err)
	}
	if len(cert.UnhandledCriticalExtensions) != 1 {
		t.Error("the caller's certificate was changed")
	}
}
