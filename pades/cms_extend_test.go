package pades

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"errors"
	"slices"
	"testing"
)

// detachedCMS is a signature over cmsContent, as written here.
func detachedCMS(t testing.TB, key string, alg Algorithm) []byte {
	t.Helper()
	s := cmsKeys()[key]
	attrs := must(SignedAttributes(AttributeOptions{
		Digest: cmsSum(alg.Hash(), cmsContent), Hash: alg.Hash(), Certificate: s.leaf(), SigningTime: cmsSigned,
	}))
	return must(SignedData(attrs, alg, s.sign(alg, attrs), s.carried()))
}

// passes checks a detached signature over cmsContent by every rule.
func passes(t testing.TB, cms []byte) *CMS {
	t.Helper()
	parsed, err := ParseCMS(cms)
	if err != nil {
		t.Fatal(err)
	}
	result := parsed.Check(0, digestOf(cmsContent), CheckOptions{Profile: CAdES})
	if result.Status() != OK {
		t.Fatalf("got %+v", result.Findings)
	}
	return parsed
}

func element(n byte) []byte { return []byte{0x30, 0x03, 0x02, 0x01, n} }

// TestExtendCMS adds to a signature all that levels T to LTA add, and has openssl say
// whether it still is one.
func TestExtendCMS(t *testing.T) {
	for _, test := range []struct {
		key string
		alg Algorithm
	}{{"RSA-2048", RS256}, {"RSA-2048", PS256}, {"P-256", ES256}, {"P-384", ES384}} {
		t.Run(string(test.alg), func(t *testing.T) {
			cms := detachedCMS(t, test.key, test.alg)
			before := passes(t, cms)
			stamp := stampOver(cmsSum(crypto.SHA256, before.Signers[0].Signature))
			out, err := AddUnsigned(cms, TimeStampAttribute(stamp))
			if err != nil {
				t.Fatal(err)
			}
			evidence := Evidence{Certs: [][]byte{cmsKeys()["twin"].leaf().Raw}, OCSPs: [][]byte{element(1), element(2), element(1)}}
			if out, err = AddEvidence(out, evidence); err != nil {
				t.Fatal(err)
			}
			again := must(AddEvidence(must(AddUnsigned(out, TimeStampAttribute(stamp))), evidence))
			if !bytes.Equal(again, out) {
				t.Error("adding the same again changed it")
			}
			after := passes(t, out)
			if after.Version != 5 || len(after.OCSPs) != 2 || len(after.Certificates) != len(before.Certificates)+1 {
				t.Errorf("got version %d, %d responses, %d certificates", after.Version, len(after.OCSPs), len(after.Certificates))
			}
			if !bytes.Equal(after.Signers[0].fields, before.Signers[0].fields) || !slices.EqualFunc(after.Signers[0].TimeStamps(), [][]byte{stamp}, bytes.Equal) {
				t.Error("the signer is another")
			}
			dir := t.TempDir()
			args := []string{
				"cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", cmsFile(t, dir, "p7s", out), "-content", cmsFile(t, dir, "content", cmsContent),
				"-CAfile", cmsPEM(t, dir, "ca", cmsKeys()[test.key].carried()...), "-partial_chain", "-purpose", "any", "-attime", "1795600000", "-out", dir + "/out",
			}
			if msg, err := cmsOpenSSL(t, args...); err != nil {
				t.Errorf("openssl: %v\n%s", err, msg)
			}
		})
	}
}

func TestExtendCMSRefuses(t *testing.T) {
	cms := detachedCMS(t, "RSA-2048", RS256)
	two := newForge()
	two.signers = 2
	for _, test := range []struct {
		name string
		cms  []byte
		want error
	}{
		{"no CMS", []byte("CMS"), ErrCMS},
		{"bytes after it", append(bytes.Clone(cms), 0), ErrUnextendedCMS},
		{"two signers", two.bytes(), ErrUnextendedCMS},
		{"BER", indefinite(cms), ErrUnextendedCMS},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := AddUnsigned(test.cms, TimeStampAttribute(element(1))); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if _, err := AddEvidence(test.cms, Evidence{}); !errors.Is(err, test.want) {
				t.Errorf("evidence: got %v, want %v", err, test.want)
			}
			if _, err := PrepareArchive(test.cms, [32]byte{}); !errors.Is(err, test.want) {
				t.Errorf("archive: got %v, want %v", err, test.want)
			}
		})
	}
	for _, bad := range [][]byte{nil, []byte("text"), append(element(1), 0)} {
		if _, err := AddUnsigned(cms, TimeStampAttribute(bad)); err == nil {
			t.Errorf("%x: got no error", bad)
		}
		if _, err := AddEvidence(cms, Evidence{CRLs: [][]byte{bad}}); err == nil && bad != nil {
			t.Errorf("a CRL %x: got no error", bad)
		}
	}
}

// indefinite is a CMS with its outermost length open, as BER allows.
func indefinite(der []byte) []byte {
	return slices.Concat([]byte{0x30, 0x80}, der[4:], []byte{0, 0})
}

// archived is cms with one more archive time-stamp.
func archived(t testing.TB, cms []byte) []byte {
	t.Helper()
	a, err := PrepareArchive(cms, [32]byte(cmsSum(crypto.SHA256, cmsContent)))
	if err != nil {
		t.Fatal(err)
	}
	out, err := a.Embed(stampOver(a.Digest[:]))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestArchive stamps a signature twice. Each time-stamp covers what was there, more may
// come, and nothing may go.
func TestArchive(t *testing.T) {
	cms := detachedCMS(t, "P-384", ES384)
	cms = must(AddUnsigned(cms, TimeStampAttribute(stampOver(make([]byte, 32)))))
	cms = must(AddEvidence(cms, Evidence{CRLs: [][]byte{element(1)}, OCSPs: [][]byte{element(2)}}))
	first := archived(t, cms)
	second := archived(t, must(AddEvidence(first, Evidence{OCSPs: [][]byte{element(3)}})))
	parsed := passes(t, second)
	tokens := parsed.Signers[0].ArchiveTimeStamps()
	if len(tokens) != 2 || !slices.ContainsFunc(parsed.DigestAlgorithms, func(a AlgorithmIdentifier) bool { return a.Hash() == crypto.SHA256 }) {
		t.Fatalf("got %d archive time-stamps, digests %v", len(tokens), parsed.DigestAlgorithms)
	}
	covered := map[int]int{}
	for _, token := range tokens {
		a, err := parsed.CheckArchive(0, token, digestOf(cmsContent))
		if err != nil {
			t.Fatal(err)
		}
		covered[len(a.OCSPs)] = len(a.Tokens)
		if len(a.CRLs) != 1 || len(a.Certs) != len(parsed.Certificates) {
			t.Errorf("covers %d CRLs and %d certificates", len(a.CRLs), len(a.Certs))
		}
	}
	if covered[1] != 1 || covered[2] != 2 {
		t.Errorf("got %v, want one token and one response covered by one, two and two by the other", covered)
	}

	// The later one is over the earlier one.
	taken := must(takeApart(second))
	taken.unsigned = slices.DeleteFunc(slices.Clone(taken.unsigned), func(a Attribute) bool { return a.Type.Equal(oidSignatureTimeStamp) })
	for name, changed := range map[string][]byte{
		"a time-stamp taken away": must(taken.put()),
		"evidence taken away":     must(without(must(takeApart(second)))),
	} {
		parsed := passes(t, changed)
		for _, token := range parsed.Signers[0].ArchiveTimeStamps() {
			if _, err := parsed.CheckArchive(0, token, digestOf(cmsContent)); !errors.Is(err, ErrArchive) {
				t.Errorf("%s: got %v, want %v", name, err, ErrArchive)
			}
		}
	}
	if _, err := parsed.CheckArchive(0, tokens[0], digestOf([]byte("another content"))); !errors.Is(err, ErrArchive) {
		t.Errorf("another content: got %v, want %v", err, ErrArchive)
	}
	if a, err := PrepareArchive(first, [32]byte{}); err != nil {
		t.Error(err)
	} else if _, err := a.Embed(stampOver(make([]byte, 32))); !errors.Is(err, ErrArchive) {
		t.Errorf("a token over something else: got %v, want %v", err, ErrArchive)
	}
}

func without(p *cmsParts) ([]byte, error) {
	p.crls = p.crls[1:]
	return p.put()
}

func TestCheckArchiveRefuses(t *testing.T) {
	cms := detachedCMS(t, "RSA-2048", RS256)
	a := must(PrepareArchive(cms, [32]byte(cmsSum(crypto.SHA256, cmsContent))))
	good := stampOver(a.Digest[:])
	with := func(values ...[]byte) []byte {
		return must(AddUnsigned(good, Attribute{Type: oidATSHashIndexV3, Values: values}))
	}
	weak := hashIndex{hash: crypto.SHA1}
	for name, token := range map[string][]byte{
		"no index":           good,
		"two indexes":        with(a.Index, element(1)),
		"no index in it":     with(element(1)),
		"something after it": with(append(bytes.Clone(a.Index[:1:1]), append([]byte{a.Index[1] + 2}, append(bytes.Clone(a.Index[2:]), 5, 0)...)...)),
		"by SHA-1":           with(must(weak.encode())),
		"another index":      with(must((&hashIndex{hash: crypto.SHA256}).encode())),
	} {
		parsed := passes(t, cms)
		if _, err := parsed.CheckArchive(0, token, digestOf(cmsContent)); !errors.Is(err, ErrArchive) && !errors.Is(err, ErrCMS) {
			t.Errorf("%s: got %v, want %v", name, err, ErrArchive)
		}
	}
	if _, err := passes(t, cms).CheckArchive(0, with(a.Index), digestOf(cmsContent)); err != nil {
		t.Errorf("the right one: got %v", err)
	}
}

// TestReplaceContents puts a time-stamp into a signature that is the last, and into none
// that is not.
func TestReplaceContents(t *testing.T) {
	once := signed(t, twoFields(), SignatureOptions{Field: "head", Reserve: 9000})
	s := signatures(t, once)[0]
	cms, err := s.Token()
	if err != nil {
		t.Fatal(err)
	}
	more := must(AddUnsigned(cms, TimeStampAttribute(stampOver(make([]byte, 32)))))
	f := opened(t, once)
	out, err := f.ReplaceContents(s, more)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != len(once) || !bytes.Equal(out[:s.ContentsStart], once[:s.ContentsStart]) || !bytes.Equal(out[s.ContentsEnd:], once[s.ContentsEnd:]) {
		t.Error("something changed outside the hole")
	}
	if got := must(signatures(t, out)[0].Token()); !bytes.Equal(got, more) {
		t.Error("the hole holds another CMS")
	}
	back, err := opened(t, out).ReplaceContents(signatures(t, out)[0], cms)
	if err != nil || !bytes.Equal(back, once) {
		t.Errorf("the shorter one put back: got %v", err)
	}
	tool(t, "pdfsig", "poppler-utils")
	if msg := ran(t, out, "pdfsig", "-nocert"); !bytes.Contains([]byte(msg), []byte("Signature is Valid")) {
		t.Errorf("pdfsig does not accept it:\n%s", msg)
	}
	if _, err := f.ReplaceContents(s, make([]byte, 9001)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: got %v, want %v", err, ErrTooLarge)
	}
	if _, err := f.ReplaceContents(s, nil); !errors.Is(err, ErrOptions) {
		t.Errorf("nothing: got %v, want %v", err, ErrOptions)
	}
	for name, pdf := range map[string][]byte{
		"a second signature": signed(t, once, SignatureOptions{Field: "organisation"}),
		"a time-stamp":       stamped(t, once),
		"evidence":           appendedDSS(t, once, Evidence{Certs: [][]byte{element(1)}}),
	} {
		if _, err := opened(t, pdf).ReplaceContents(signatures(t, pdf)[0], more); !errors.Is(err, ErrUnextendable) {
			t.Errorf("%s follows: got %v, want %v", name, err, ErrUnextendable)
		}
	}
}

// FuzzCheckArchive has the fuzzer write indexes: whatever they are, an answer comes, and
// only for the right one is it the right one.
func FuzzCheckArchive(f *testing.F) {
	cms := detachedCMS(f, "P-256", ES256)
	a := must(PrepareArchive(cms, [32]byte(cmsSum(crypto.SHA256, cmsContent))))
	good := stampOver(a.Digest[:])
	parsed := must(ParseCMS(cms))
	f.Add(a.Index)
	f.Add(must(asn1.Marshal([]int{1, 2, 3})))
	f.Fuzz(func(t *testing.T, index []byte) {
		token, err := AddUnsigned(good, Attribute{Type: oidATSHashIndexV3, Values: [][]byte{index}})
		if err != nil {
			return
		}
		if _, err := parsed.CheckArchive(0, token, digestOf(cmsContent)); (err == nil) != bytes.Equal(index, a.Index) {
			t.Errorf("got %v for %x", err, index)
		}
	})
}
