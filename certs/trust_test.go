package certs_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/certs/devca"
)

func fingerprint(c *x509.Certificate) [32]byte { return sha256.Sum256(c.Raw) }

// root makes a root of its own, outside of any list.
func root(t testing.TB, name string) devca.Authority {
	t.Helper()
	key := newECDSA(t)
	self := devca.Authority{Certificate: &x509.Certificate{}, Key: key}
	self.Certificate.Subject.CommonName = name
	return subordinate(t, self, name, key, nil)
}

// TestPathsStayWithinDomain: the roots of two domains have certified each other. A path to the root of the one that leads
// through the other's is none, and does not keep the one beside it from being found.
func TestPathsStayWithinDomain(t *testing.T) {
	national, official := root(t, "national"), root(t, "official")
	cross := subordinate(t, national, "official", official.Key, nil)
	below := subordinate(t, official, "below", newECDSA(t), nil)
	leaf := leafUnder(t, below, newECDSA(t), nil)
	pool := certs.Path{cross.Certificate, below.Certificate}
	domains := map[[32]byte]certs.Domain{fingerprint(national.Certificate): certs.Public, fingerprint(official.Certificate): certs.Official}
	both := certs.Path{national.Certificate, official.Certificate}
	for _, test := range []struct {
		name    string
		anchors certs.Anchors
		want    []int
		err     error
	}{
		{"no domains", certs.Anchors{CA: both}, []int{3, 4}, nil},
		{"two domains", certs.Anchors{CA: both, Domains: domains}, []int{3}, nil},
		{"one of them for time-stamps", certs.Anchors{CA: both[:1], TSA: both[1:], Domains: domains}, nil, certs.ErrConstraints},
		{"one of them for remote signing", certs.Anchors{CA: both[:1], Remote: both[1:], Domains: domains}, []int{3}, nil},
		{"the same domain", certs.Anchors{CA: both, Domains: map[[32]byte]certs.Domain{
			fingerprint(national.Certificate): certs.Public, fingerprint(official.Certificate): certs.Public}}, []int{3, 4}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.anchors.Paths(t.Context(), nil, certs.Signing, leaf, pool, now)
			if !slices.Equal(lengths(got), test.want) || !errors.Is(err, test.err) {
				t.Fatalf("got paths of %v and %v, want %v and %v", lengths(got), err, test.want, test.err)
			}
			if test.name == "two domains" && test.anchors.Domain(got[0][2]) != certs.Official {
				t.Error("the path does not end in its own domain")
			}
		})
	}
}

// TestClosedAnchor: an anchor is one for its time, and another beside it is found.
func TestClosedAnchor(t *testing.T) {
	first, second := root(t, "first"), root(t, "second")
	sub := subordinate(t, first, "sub", newECDSA(t), nil)
	again := subordinate(t, second, "sub", sub.Key, nil)
	leaf := leafUnder(t, sub, newECDSA(t), nil)
	closed := map[[32]byte]certs.Period{fingerprint(first.Certificate): {Until: now.Add(-time.Minute)}}
	alone := certs.Anchors{CA: certs.Path{first.Certificate}, Periods: closed}
	pool := certs.Path{sub.Certificate, again.Certificate}
	for at, want := range map[time.Time]error{now: certs.ErrClosed, now.Add(-time.Minute): nil} {
		if _, err := alone.Paths(t.Context(), nil, certs.Signing, leaf, pool, at); !errors.Is(err, want) {
			t.Errorf("at %v got %v, want %v", at, err, want)
		}
	}
	both := alone
	both.CA = append(both.CA, second.Certificate)
	got, err := both.Paths(t.Context(), nil, certs.Signing, leaf, pool, now)
	if err != nil || len(got) != 1 || !got[0][2].Equal(second.Certificate) {
		t.Errorf("got %v and %v, want the path to the second", lengths(got), err)
	}
}

// TestLoadDomains: a directory says where its anchors belong, and for what they are.
func TestLoadDomains(t *testing.T) {
	ca := newCA(t, devca.Options{})
	block := func(c *x509.Certificate, domain string) []byte {
		b := &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}
		if domain != "" {
			b.Headers = map[string]string{"Trust-Domain": domain}
		}
		return pem.EncodeToMemory(b)
	}
	load := func(t *testing.T, files map[string][]byte) (certs.Anchors, error) {
		t.Helper()
		dir := t.TempDir()
		for name, content := range files {
			path := filepath.Join(dir, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		return certs.LoadAnchors(dir)
	}
	one, other := ca.Root().Certificate, ca.TSARoot().Certificate
	got, err := load(t, map[string][]byte{"ca/a.pem": block(one, "official"), "rs/b.pem": block(other, ""), "ca/c.pem": block(one, "")})
	if err != nil || got.Domain(one) != certs.Official || got.Domain(other) != "" || len(got.CA) != 1 || len(got.Remote) != 1 || len(got.For(certs.Signing)) != 2 ||
		len(got.For(certs.Stamping)) != 0 {
		t.Errorf("got %v, %d, %d and %v", got.Domains, len(got.CA), len(got.Remote), err)
	}
	bare := got
	bare.Domains = nil
	if got.Hash() == bare.Hash() {
		t.Error("the hash does not tell the domain")
	}
	for name, files := range map[string]map[string][]byte{
		"unknown": {"a.pem": block(one, "private")},
		"two":     {"ca/a.pem": block(one, "official"), "ca/b.pem": block(one, "public")},
		"across":  {"ca/a.pem": block(one, "official"), "tsa/b.pem": block(one, "public")},
	} {
		if _, err := load(t, files); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestWith: what is said at run time adds, narrows and removes; it neither widens what a directory bounds nor moves its
// anchors to another domain.
func TestWith(t *testing.T) {
	a, b := root(t, "a").Certificate, root(t, "b").Certificate
	until := now.AddDate(0, 0, 1)
	base := certs.Anchors{CA: certs.Path{a}, Periods: map[[32]byte]certs.Period{fingerprint(a): {Until: until}},
		Domains: map[[32]byte]certs.Domain{fingerprint(a): certs.Public}}
	before := base.Hash()
	for _, test := range []struct {
		name   string
		word   certs.Word
		is     *x509.Certificate
		uses   []certs.Purpose
		period certs.Period
		domain certs.Domain
	}{
		{"added", certs.Word{Certificate: b, Purposes: []certs.Purpose{certs.ForTSA, certs.ForRemote}, Domain: certs.Official, Period: certs.Period{From: until}},
			b, []certs.Purpose{certs.ForTSA, certs.ForRemote}, certs.Period{From: until}, certs.Official},
		{"for another purpose", certs.Word{Certificate: a, Purposes: []certs.Purpose{certs.ForTSA}}, a, []certs.Purpose{certs.ForCA, certs.ForTSA}, certs.Period{Until: until}, certs.Public},
		{"narrowed", certs.Word{Certificate: a, Purposes: []certs.Purpose{certs.ForCA}, Period: certs.Period{Until: now}}, a, []certs.Purpose{certs.ForCA}, certs.Period{Until: now}, certs.Public},
		{"not widened", certs.Word{Certificate: a, Purposes: []certs.Purpose{certs.ForCA}, Period: certs.Period{Until: until.AddDate(1, 0, 0)}}, a, []certs.Purpose{certs.ForCA}, certs.Period{Until: until}, certs.Public},
		{"not moved", certs.Word{Certificate: a, Purposes: []certs.Purpose{certs.ForCA}, Domain: certs.Official}, a, []certs.Purpose{certs.ForCA}, certs.Period{Until: until}, certs.Public},
		{"removed", certs.Word{Certificate: a, Purposes: []certs.Purpose{certs.ForCA}, Removed: true}, a, nil, certs.Period{Until: until}, certs.Public},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := base.With(test.word)
			if !slices.Equal(got.PurposesOf(test.is), test.uses) || got.Period(test.is) != test.period || got.Domain(test.is) != test.domain {
				t.Errorf("got %v, %v, %q, want %v, %v, %q", got.PurposesOf(test.is), got.Period(test.is), got.Domain(test.is), test.uses, test.period, test.domain)
			}
			if base.Hash() != before {
				t.Error("the directory's anchors changed")
			}
		})
	}
}

func TestWordCheck(t *testing.T) {
	ca := newCA(t, devca.Options{})
	good := ca.Root().Certificate
	for _, test := range []struct {
		name string
		word certs.Word
		want error
	}{
		{"good", certs.Word{Certificate: good, Purposes: certs.Purposes(), Domain: certs.Public}, nil},
		{"of a past time", certs.Word{Certificate: good, Purposes: certs.Purposes(), Period: certs.Period{Until: now.AddDate(-1, 0, 0)}}, nil},
		{"for nothing", certs.Word{Certificate: good}, certs.ErrUsage},
		{"for something else", certs.Word{Certificate: good, Purposes: []certs.Purpose{"tls"}}, certs.ErrUsage},
		{"a signer's", certs.Word{Certificate: issue(t, ca, chair()).Certificate, Purposes: certs.Purposes()}, certs.ErrNotAuthority},
		{"ends before it begins", certs.Word{Certificate: good, Purposes: certs.Purposes(), Period: certs.Period{From: now, Until: now}}, certs.ErrPeriod},
		{"another domain", certs.Word{Certificate: good, Purposes: certs.Purposes(), Domain: "private"}, certs.ErrDomain},
	} {
		if err := test.word.Check(); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}
