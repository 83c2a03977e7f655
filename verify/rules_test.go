package verify_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/pades/padestest"
	"kytiem/verify"
)

// pair is a document that keeps a rule and one that breaks it.
type pair struct {
	good, bad func() *verify.Report
	// also lists the rules that the bad document cannot help breaking with this one.
	also string
}

// TestRules holds for every rule of the catalogue that a good document shows it held, and
// that a bad one makes this rule's check fail, and no other but those that follow from it.
// The rules of bundle directories (R-D) have theirs in package dossier.
func TestRules(t *testing.T) {
	pairs := map[string]pair{}
	for _, of := range []func(*testing.T, map[string]pair){filePairs, cmsPairs, laterPairs, timePairs, answerPairs, certificatePairs} {
		of(t, pairs)
	}
	for _, rule := range verify.Rules() {
		if strings.HasPrefix(rule.ID, "R-D") {
			continue
		}
		p, ok := pairs[rule.ID]
		delete(pairs, rule.ID)
		t.Run(rule.ID, func(t *testing.T) {
			if !ok {
				t.Fatal("no document keeps this rule, and none breaks it")
			}
			good := p.good()
			if found := statuses(good, rule.ID); !slices.Contains(found, verify.OK) || slices.Contains(found, rule.Broken) {
				t.Errorf("in the good document %v, want OK: %s", found, faults(good))
			}
			bad := p.bad()
			if found := statuses(bad, rule.ID); !slices.Contains(found, rule.Broken) {
				t.Errorf("in the bad document %v, want %s: %s", found, rule.Broken, faults(bad))
			}
			if rule.Broken == verify.Fail && bad.Verdict == verify.TotalPassed && !strings.HasPrefix(rule.ID, "R-T") {
				t.Error("the bad document passes")
			}
			for _, check := range everyCheck(bad) {
				if check.Status == verify.Fail && check.ID != rule.ID && !slices.Contains(strings.Fields(p.also), check.ID) {
					t.Errorf("the bad document breaks %s, too: %s", check.ID, check.Message)
				}
			}
		})
	}
	for id := range pairs {
		t.Errorf("%s has documents and does not stand in the catalogue", id)
	}
}

// TestRulesComplete holds that the catalogue has every rule that the code names, that
// verification.md asks for and that docs/conformance.md explains, and the other way round.
func TestRulesComplete(t *testing.T) {
	listed := map[string]bool{}
	for _, rule := range verify.Rules() {
		if listed[rule.ID] || rule.Holds == "" || rule.Broken != verify.Fail && rule.Broken != verify.Warn {
			t.Errorf("%+v", rule)
		}
		listed[rule.ID] = true
	}
	named := map[string]bool{}
	id := regexp.MustCompile(`^"R-[A-Z]\d+"$`)
	for _, pattern := range []string{"*.go", "../pades/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") || name == "rules.go" {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && id.MatchString(literal.Value) {
					named[strings.Trim(literal.Value, `"`)] = true
				}
				return true
			})
		}
	}
	for rule := range named {
		if !listed[rule] {
			t.Errorf("%s is named in the code and does not stand in the catalogue", rule)
		}
	}
	for rule := range listed {
		if !named[rule] {
			t.Errorf("%s stands in the catalogue and nothing applies it", rule)
		}
	}
	conformance, err := os.ReadFile("../docs/conformance.md")
	if err != nil {
		t.Fatal(err)
	}
	for rule := range listed {
		if !regexp.MustCompile(rule + `\b`).Match(conformance) {
			t.Errorf("docs/conformance.md does not name %s", rule)
		}
	}
	reference, err := os.ReadFile("../../shared/reference/verification.md")
	if err != nil {
		return // it is not part of the project
	}
	for _, match := range regexp.MustCompile(`\*\*(R-[PBCMT]\d+)\b`).FindAllSubmatch(reference, -1) {
		if !listed[string(match[1])] {
			t.Errorf("%s of verification.md does not stand in the catalogue", match[1])
		}
	}
}

// everyCheck is all that a report says by rules.
func everyCheck(r *verify.Report) []verify.Check {
	all := slices.Clone(r.Checks)
	for _, s := range r.Signatures {
		all = append(all, s.Checks...)
		for _, stamp := range s.Timestamps {
			all = append(all, stamp.Checks...)
		}
	}
	return all
}

func statuses(r *verify.Report, rule string) (list []verify.CheckStatus) {
	for _, check := range everyCheck(r) {
		if check.ID == rule {
			list = append(list, check.Status)
		}
	}
	return list
}

// form is a document, signed by hand in its prepared field.
type form struct {
	t     *testing.T
	w     *world
	by    devca.Issued
	text  map[int]string
	field string
}

func newForm(t *testing.T) *form {
	w := newWorld(t)
	text := formText()
	delete(text, 13) // what is laid down for later breaks R-M11
	delete(text, 14)
	return &form{t, w, w.issue(t, nil), text, strings.Replace(text[7], " >>", " /V 20 0 R >>", 1)}
}

// judge is for a report to be made when it is asked for.
func (f *form) judge(pdf []byte) func() *verify.Report {
	return func() *verify.Report { return f.w.judgeBy().PDF(f.t.Context(), "x.pdf", pdf) }
}

func (f *form) signed(d dictionary) []byte {
	d.number = 20
	if d.objects == nil {
		d.objects = map[int]string{}
	}
	d.objects[7] = f.field
	return d.signedBy(f.t, f.by, revised(nil, f.text, d.trailer))
}

// stored is a document after which validation data came.
func (f *form) stored(pdf []byte) []byte {
	root := f.text[1]
	if bytes.Contains(pdf, []byte("/Perms")) {
		root = strings.Replace(root, ">>", "/Perms << /DocMDP 20 0 R >> >>", 1)
	}
	return revised(pdf, map[int]string{1: strings.Replace(root, "/Pages", "/DSS << /Certs [60 0 R] >> /Pages", 1), 60: streamOf("", "x")}, "")
}

func (f *form) filled(pdf []byte) []byte {
	return revised(pdf, map[int]string{
		8: strings.Replace(f.text[8], "(old)", "(new)", 1), 10: strings.Replace(f.text[10], "(old)", "(new)", 1)}, "")
}

// replaced is a document with bytes of it exchanged for as many.
func replaced(t *testing.T, pdf []byte, old, replacement string) []byte {
	t.Helper()
	at := bytes.LastIndex(pdf, []byte(old))
	if at < 0 || len(replacement) > len(old) {
		t.Fatalf("%q cannot be replaced", old)
	}
	out := bytes.Clone(pdf)
	copy(out[at:], replacement+strings.Repeat(" ", len(old)-len(replacement)))
	return out
}

// filePairs are about how the file is read and what its signature covers.
func filePairs(t *testing.T, pairs map[string]pair) {
	f := newForm(t)
	signed := f.signed(dictionary{more: "/Reason (approved)"})
	_, s := lastSignature(t, signed)
	start, end := s.ContentsStart, s.ContentsEnd
	dict := string(signed[bytes.LastIndex(signed, []byte("\n20 0 obj\n"))+10:])
	dict = dict[:strings.Index(dict, "\nendobj")]
	byteRange := string(signed[bytes.Index(signed, []byte("/ByteRange")):][:45])
	stored := f.stored(signed)
	good := f.judge(stored)
	next := func(objects map[int]string) func() *verify.Report { return f.judge(revised(signed, objects, "")) }
	covering := func(a, b, c, d int64) func() *verify.Report {
		return f.judge(replaced(t, signed, byteRange, fmt.Sprintf("/ByteRange [%d %d %d %d]", a, b, c, d)))
	}
	size := int64(len(signed))
	hidden := "\n5 0 obj\n" + f.text[5] + "\nendobj\n"
	padded := bytes.Clone(signed)
	copy(padded[end-3:], "01")
	prepared := formText()

	for id, p := range map[string]pair{
		"R-P1": {bad: f.judge(stored[:len(stored)-8])},
		"R-P2": {bad: f.judge(bytes.Replace(stored, []byte("startxref\n"), []byte("startxrxf\n"), 1))},
		"R-P3": {bad: f.judge(redirected(dictionary{number: 20, objects: map[int]string{7: f.field}}.signedBy(t, f.by, revised(nil, prepared, "")), prepared)), also: "R-M1"}, // which cannot be judged then
		"R-P4": {bad: next(map[int]string{60: "<< /A 1 /A 2 >>"}), also: "R-M1"},
		"R-P5": {bad: f.judge(revised(append(bytes.Clone(signed), "% unlisted\n"...), nil, ""))},
		"R-P6": {bad: next(map[int]string{1: strings.Replace(f.text[1], ">>", "/DSS << /Certs [60 0 R] >> >>", 1), 60: streamOf("", hidden)})},
		"R-P7": {bad: f.judge(replaced(t, stored, "/Size 900", "/Size 800"))},
		"R-P8": {bad: f.judge(bytes.Replace(stored, []byte("%PDF-"), []byte("%PFD-"), 1))},
		"R-P9": {bad: next(map[int]string{60: strings.Repeat("[", 101) + strings.Repeat("]", 101)})},

		"R-B1":  {bad: covering(0, -1, 9, 9)},
		"R-B2":  {bad: f.judge(replaced(t, signed, "/Contents", "/Cantents"))},
		"R-B3":  {bad: covering(0, start-1, end, size-end)},
		"R-B4":  {bad: f.judge(padded)},
		"R-B5":  {bad: covering(0, start, end, size-end-9)},
		"R-B6":  {bad: f.judge(f.twoAtOnce()), also: "R-B9 R-C4"},
		"R-B7":  {bad: next(map[int]string{20: strings.Replace(dict, "(approved)", "(rejected)", 1)}), also: "R-B3 R-M2"}, // it is listed as signed and as it is now
		"R-B8":  {bad: next(map[int]string{7: f.text[7]}), also: "R-M1"},
		"R-B9":  {bad: f.judge(bytes.Replace(signed, []byte("40 doses"), []byte("41 doses"), 1)), also: "R-C4"},
		"R-B10": {bad: f.judge(replaced(t, signed, "/ETSI.CAdES.detached", "/ETSI.CAdES.detacked"))},
	} {
		p.good = good
		pairs[id] = p
	}
}

// twoAtOnce is two signatures in one revision, neither of which contains the other.
func (f *form) twoAtOnce() []byte {
	second := fmt.Sprintf("<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /%s /ByteRange [0 %s] /Contents <%s> >>",
		pades.SubFilter, strings.Repeat("^", 30), strings.Repeat("1", 16_000))
	out := f.signed(dictionary{objects: map[int]string{
		6: strings.Replace(f.text[6], "8 0 R", "8 0 R 41 0 R", 1), 40: second,
		41: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (second) /V 40 0 R /Rect [0 0 0 0] /P 3 0 R >>",
	}, cms: func([]byte) []byte { return []byte{0} }})
	// Both are signed over a file that holds the other one as it is here: the first, then the second over it.
	file := func(number int) (start, end int) {
		at := bytes.LastIndex(out, fmt.Appendf(nil, "\n%d 0 obj\n", number))
		start = at + bytes.Index(out[at:], []byte("/Contents <")) + len("/Contents ")
		return start, start + bytes.IndexByte(out[start:], '>') + 1
	}
	start, end := file(40)
	byteRange := fmt.Sprintf("[0 %d %d %d]", start, end, len(out)-end)
	copy(out[bytes.LastIndex(out, []byte("[0 ^")):], byteRange+strings.Repeat(" ", 34-len(byteRange)))
	for _, number := range []int{20, 40} {
		start, end := file(number)
		for i := start + 1; i < end-1; i++ {
			out[i] = '0'
		}
		sum := sha256.Sum256(slices.Concat(out[:start], out[end:]))
		hex.Encode(out[start+1:], cmsOf(f.t, f.by, sum[:]))
	}
	return out
}

// cmsPairs are about the CMS in the field.
func cmsPairs(t *testing.T, pairs map[string]pair) {
	f := newForm(t)
	made := func(cms func(digest []byte) []byte) func() *verify.Report {
		return f.judge(f.signed(dictionary{cms: cms}))
	}
	changed := func(change func(*signedText)) func() *verify.Report {
		return made(func(digest []byte) []byte { return forged(t, cmsOf(t, f.by, digest), change) })
	}
	attributed := func(change func([]byte) []byte) func() *verify.Report {
		return made(func(digest []byte) []byte { return cmsWith(t, f.by, digest, change) })
	}
	stranger, err := devca.New(devca.Options{FreshKeys: true, Now: func() time.Time { return signedAt }})
	if err != nil {
		t.Fatal(err)
	}
	impostor, err := stranger.Issue(devca.Profile{Kind: devca.Person, CommonName: "Trần Văn Mẫu", Key: "p256"})
	if err != nil {
		t.Fatal(err)
	}
	impostor.Chain = []*x509.Certificate{stranger.Issuing().Certificate, stranger.Root().Certificate}
	sha512 := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}}
	good := f.judge(f.stored(f.signed(dictionary{})))

	for id, p := range map[string]pair{
		"R-C1": {bad: made(func([]byte) []byte { return []byte("junk") })},
		"R-C2": {bad: changed(func(text *signedText) { text.Signers = append(text.Signers, text.Signers[0]) })},
		"R-C3": {bad: changed(func(text *signedText) {
			text.Content = asn1.RawValue{FullBytes: derOf(t, struct {
				Type    asn1.ObjectIdentifier
				Content []byte `asn1:"explicit,tag:0"`
			}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, []byte("another content")})}
		})},
		"R-C4": {bad: attributed(func(attributes []byte) []byte { return without(t, attributes, oidMessageDigest) })},
		"R-C5": {bad: func() *verify.Report {
			// The attributes of a signature are laid down as content that was signed without any.
			whole := detached(t, f.by, []byte("content"))
			parsed, err := pades.ParseCMS(whole)
			if err != nil {
				t.Fatal(err)
			}
			content := bytes.Clone(parsed.Signers[0].SignedAttrsRaw)
			content[0] = 0x31
			bare := forged(t, whole, func(text *signedText) { text.Signers[0].Attributes = asn1.RawValue{} })
			report, err := f.w.judgeBy().Detached(t.Context(), "x.p7s", bare, content)
			if err != nil {
				t.Fatal(err)
			}
			return report
		}, also: "R-C4 R-C8"}, // which want the attributes
		"R-C6": {bad: changed(func(text *signedText) {
			text.Digests = asn1.RawValue{FullBytes: setOf(t, [][]byte{derOf(t, sha512)})}
		})},
		"R-C7": {bad: changed(func(text *signedText) {
			signature := text.Signers[0].Signature
			signature[len(signature)-1] ^= 1
		})},
		"R-C8":  {bad: attributed(func(attributes []byte) []byte { return without(t, attributes, oidSigningCertificateV2) })},
		"R-C9":  {bad: made(func(digest []byte) []byte { return cmsOf(t, impostor, digest) }), also: "R-X1"},
		"R-C10": {bad: f.judge(f.bySHA1()), also: "R-X4"},
		"R-C11": {bad: f.judge(signPDF(t, f.by, "one", page(t), signedAt.AddDate(-1, 0, 0)))},
	} {
		p.good = good
		pairs[id] = p
	}
}

// bySHA1 is signed as it was usual until 2012.
func (f *form) bySHA1() []byte {
	signed := f.signed(dictionary{})
	_, s := lastSignature(f.t, signed)
	content := slices.Concat(signed[:s.ContentsStart], signed[s.ContentsEnd:])
	sha1 := func(data []byte) []byte {
		h := crypto.SHA1.New()
		h.Write(data)
		return h.Sum(nil)
	}
	digest := sha1(content)
	var sum []byte
	cms := forged(f.t, cmsWith(f.t, f.by, make([]byte, 32), func(attributes []byte) []byte {
		attributes = with(f.t, without(f.t, attributes, oidMessageDigest), oidMessageDigest, derOf(f.t, digest))
		sum = sha1(attributes)
		return attributes
	}), func(text *signedText) {
		algorithm := derOf(f.t, pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}})
		text.Digests = asn1.RawValue{FullBytes: setOf(f.t, [][]byte{algorithm})}
		signer := &text.Signers[0]
		signer.Digest = asn1.RawValue{FullBytes: algorithm}
		signer.Algorithm = asn1.RawValue{FullBytes: derOf(f.t, pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}})}
		var err error
		if signer.Signature, err = f.by.Key.Sign(rand.Reader, sum, crypto.SHA1); err != nil {
			f.t.Fatal(err)
		}
	})
	out := bytes.Clone(signed)
	for i := s.ContentsStart + 1; i < s.ContentsEnd-1; i++ {
		out[i] = '0'
	}
	hex.Encode(out[s.ContentsStart+1:], cms)
	return out
}

// laterPairs are about what follows the signature.
func laterPairs(t *testing.T, pairs map[string]pair) {
	f := newForm(t)
	approved := f.signed(dictionary{})
	certified := func(p string) []byte {
		return f.signed(dictionary{
			objects: map[int]string{1: strings.Replace(f.text[1], ">>", "/Perms << /DocMDP 20 0 R >> >>", 1)},
			more:    "/Reference [<< /TransformMethod /DocMDP /TransformParams << /Type /TransformParams " + p + " /V /1.2 >> >>]",
		})
	}
	locked := f.signed(dictionary{more: "/Reference [<< /TransformMethod /FieldMDP /TransformParams << /Action /Include /Fields [(note)] >> >>]"})
	again := func(pdf []byte, rect, more string) []byte {
		return dictionary{number: 40, more: more, objects: map[int]string{
			6: strings.Replace(f.text[6], "8 0 R", "8 0 R 41 0 R", 1), 11: "[7 0 R 8 0 R 12 0 R 41 0 R]",
			41: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (second) /F 4 /P 3 0 R /V 40 0 R /Rect " + rect + " >>",
		}}.signedBy(t, f.by, pdf)
	}
	next := func(objects map[int]string) func() *verify.Report { return f.judge(revised(approved, objects, "")) }
	added := func(annotation string) func() *verify.Report {
		return next(map[int]string{11: "[7 0 R 8 0 R 12 0 R 60 0 R]", 60: annotation})
	}
	readable, unreadable := newEncryptedForm(t, padestest.AESV3, ""), newEncryptedForm(t, padestest.AESV3, "mật khẩu")
	prepared := formText()
	shadowed := dictionary{number: 20, objects: map[int]string{7: f.field}}.signedBy(t, f.by, revised(nil, prepared, ""))
	good := f.judge(f.stored(approved))

	for id, p := range map[string]pair{
		"R-M1":  {bad: added("<< /Subtype /Stamp /Rect [200 200 300 300] >>")},
		"R-M2":  {bad: next(map[int]string{5: streamOf("", "BT /F1 24 Tf 72 700 Td (4000 doses) Tj ET")})},
		"R-M3":  {bad: next(map[int]string{1: strings.Replace(f.text[1], ">>", "/Metadata 60 0 R >>", 1), 60: streamOf("/Type /Metadata", "<!DOCTYPE x [<!ENTITY a 'b'>]><x/>")})},
		"R-M4":  {bad: next(map[int]string{10: strings.Replace(f.text[10], "(old)", "(new)", 1)})},
		"R-M5":  {good: f.judge(f.stored(certified("/P 1"))), bad: f.judge(f.filled(certified("/P 1")))},
		"R-M6":  {good: f.judge(f.stored(locked)), bad: f.judge(f.filled(locked))},
		"R-M7":  {good: f.judge(f.stored(certified("/P 2"))), bad: f.judge(again(certified("/P 2"), "[0 0 0 0]", "/Reference [<< /TransformMethod /DocMDP /TransformParams << /P 2 >> >>]"))},
		"R-M8":  {good: f.judge(again(certified("/P 2"), "[0 0 0 0]", "")), bad: f.judge(again(certified("/P 2"), "[200 200 300 300]", ""))},
		"R-M9":  {good: f.judge(again(approved, "[200 200 300 300]", "")), bad: f.judge(again(approved, "[70 690 100 710]", ""))}, // the words of the page
		"R-M10": {good: readable.judge(readable.stored(readable.signed(dictionary{}))), bad: unreadable.judge(unreadable.stored(unreadable.signed(dictionary{})))},
		"R-M11": {good: f.judge(f.filled(approved)), bad: f.judge(f.filled(shadowed))},
	} {
		if p.good == nil {
			p.good = good
		}
		pairs[id] = p
	}
}

// timePairs are about time-stamps.
func timePairs(t *testing.T, pairs map[string]pair) {
	e := newEpoch(t, signedAt)
	by := e.issue(t, nil)
	content := []byte("content")
	stampedAt := func(after time.Duration, digest [32]byte) []byte {
		e.now = signedAt.Add(after)
		defer func() { e.now = signedAt }()
		return e.token(t, digest)
	}
	signature := func(p7s []byte) [32]byte {
		parsed, err := pades.ParseCMS(p7s)
		if err != nil {
			t.Fatal(err)
		}
		return sha256.Sum256(parsed.Signers[0].Signature)
	}
	stamped := func(p7s []byte, tokens ...[]byte) []byte {
		out, err := pades.AddUnsigned(p7s, pades.Attribute{Type: oidSignatureTimeStamp, Values: tokens})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	judge := func(p7s []byte, change func(*verify.Verifier)) func() *verify.Report {
		return func() *verify.Report {
			v := *e.v
			v.At, v.Revocation = signedAt.Add(time.Hour), trusting{}
			if change != nil {
				change(&v)
			}
			r, err := v.Detached(t.Context(), "x.p7s", p7s, content)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
	}
	p7s := detached(t, by, content)
	token := stampedAt(0, signature(p7s))
	sum := sha256.Sum256(content)
	early := cmsWith(t, by, sum[:], func(attributes []byte) []byte {
		return with(t, attributes, oidContentTimeStamp, stampedAt(0, sum))
	})
	late := cmsWith(t, by, sum[:], func(attributes []byte) []byte {
		return with(t, attributes, oidContentTimeStamp, stampedAt(30*time.Minute, sum))
	})
	ownAnchors := func(v *verify.Verifier) { v.Anchors.TSA = v.Anchors.CA }
	good := judge(stamped(p7s, token), nil)
	pairs["R-T1"] = pair{good, judge(stamped(p7s, tokenBy(t, by, token)), ownAnchors), ""}
	pairs["R-T2"] = pair{judge(stamped(early, stampedAt(0, signature(early))), nil), judge(stamped(p7s, stampedAt(0, sum)), nil), ""}
	pairs["R-T3"] = pair{judge(stamped(early, stampedAt(20*time.Minute, signature(early))), nil), judge(stamped(late, stampedAt(0, signature(late))), nil), ""}
	pairs["R-T4"] = pair{good, judge(stamped(p7s, token, token), nil), ""}
}

// answerPairs are about what is evidence of revocation (verification.md, 5.2; RFC 6960,
// 3.2; RFC 5280, 6.3.3). Where nothing else is there, the status is not known.
func answerPairs(t *testing.T, pairs map[string]pair) {
	e := newEpoch(t, signedAt)
	by := e.issue(t, nil)
	brief := e.issue(t, func(p *devca.Profile) { p.NotAfter = signedAt.AddDate(0, 0, 100) })
	stranger, err := devca.New(devca.Options{FreshKeys: true, Now: func() time.Time { return signedAt }})
	if err != nil {
		t.Fatal(err)
	}
	content := []byte("content")
	root, err := e.ca.CRL(e.ca.Root())
	if err != nil {
		t.Fatal(err)
	}
	judge := func(signer devca.Issued, at time.Time, carried pades.Evidence) func() *verify.Report {
		return func() *verify.Report {
			p7s := detached(t, signer, content)
			if signer.Certificate == brief.Certificate {
				p7s = e.stamped(t, p7s)
			}
			p7s, err := pades.AddEvidence(p7s, carried)
			if err != nil {
				t.Fatal(err)
			}
			v := *e.v
			v.At, v.Revocation = at, unless{by.Certificate, brief.Certificate}
			r, err := v.Detached(t.Context(), "x.p7s", p7s, content)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
	}
	answerAbout := func(signer devca.Issued, at time.Time, change func(*devca.OCSPResponse)) func() *verify.Report {
		r := devca.OCSPResponse{
			Issuer: e.ca.Issuing().Certificate, Serial: signer.Certificate.SerialNumber, ProducedAt: at, ThisUpdate: at,
			NextUpdate: at.Add(time.Hour), Signer: e.ca.Responder(), Certificates: []*x509.Certificate{e.ca.Responder().Certificate},
		}
		change(&r)
		der, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return judge(signer, at, pades.Evidence{OCSPs: [][]byte{der}, CRLs: [][]byte{root}})
	}
	answer := func(change func(*devca.OCSPResponse)) func() *verify.Report { return answerAbout(by, signedAt, change) }
	list := func(issuer devca.Authority, extensions ...pkix.Extension) func() *verify.Report {
		der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
			Number: big.NewInt(9), ThisUpdate: signedAt, NextUpdate: signedAt.Add(time.Hour), ExtraExtensions: extensions,
		}, issuer.Certificate, issuer.Key)
		if err != nil {
			t.Fatal(err)
		}
		return judge(by, signedAt, pades.Evidence{CRLs: [][]byte{der, root}})
	}
	extension := func(value []byte, id ...int) pkix.Extension {
		return pkix.Extension{Id: id, Critical: true, Value: value}
	}
	goodOCSP, goodCRL := answer(func(*devca.OCSPResponse) {}), list(e.ca.Issuing())
	foreign := sha256.Sum256([]byte("another certificate"))
	certHash := derOf(t, struct {
		Algorithm pkix.AlgorithmIdentifier
		Hash      []byte
	}{pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}}, foreign[:]})

	for id, p := range map[string]pair{
		"R-V1": {bad: judge(by, signedAt, pades.Evidence{OCSPs: [][]byte{{0x30, 3, 0x0a, 1, 3}}, CRLs: [][]byte{root}})}, // tryLater
		"R-V2": {bad: answer(func(r *devca.OCSPResponse) { r.Issuer = stranger.Issuing().Certificate })},
		"R-V3": {bad: answer(func(r *devca.OCSPResponse) {
			r.Signer, r.Certificates = devca.Authority{Certificate: by.Certificate, Key: by.Key}, []*x509.Certificate{by.Certificate}
		})},
		"R-V4": {bad: answer(func(r *devca.OCSPResponse) {
			r.ProducedAt, r.ThisUpdate, r.NextUpdate = signedAt.Add(-50*time.Minute), signedAt.Add(-50*time.Minute), signedAt.Add(-40*time.Minute)
		})},
		"R-V5": {bad: answer(func(r *devca.OCSPResponse) { r.Status = 2 })},
		"R-V6": {bad: answer(func(r *devca.OCSPResponse) {
			r.SingleExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 36, 8, 3, 13}, Value: certHash}}
		})},
		"R-V7":  {bad: answerAbout(brief, signedAt.AddDate(0, 0, 200), func(*devca.OCSPResponse) {})},
		"R-V8":  {bad: list(stranger.Issuing())}, // of the same name
		"R-V9":  {bad: list(e.ca.Issuing(), extension([]byte{2, 1, 1}, 2, 5, 29, 27))},
		"R-V10": {bad: list(e.ca.Issuing(), extension([]byte{0x30, 3, 0x82, 1, 0xff}, 2, 5, 29, 28))}, // onlyContainsCACerts
		"R-V11": {bad: list(e.ca.Issuing(), extension([]byte{5, 0}, 1, 2, 3))},
	} {
		p.good, p.also = goodOCSP, "R-X5"
		if n := strings.TrimPrefix(id, "R-V"); len(n) > 1 || n > "7" {
			p.good = goodCRL
		}
		pairs[id] = p
	}
}

// certificatePairs are about the signer's certificate, and proofs.
func certificatePairs(t *testing.T, pairs map[string]pair) {
	content := []byte("content")
	judge := func(profile func(*devca.Profile), change func(*world, devca.Issued)) func() *verify.Report {
		return func() *verify.Report {
			w := newWorld(t)
			by := w.issue(t, profile)
			if change != nil {
				change(w, by)
			}
			r, err := w.v.Detached(t.Context(), "x.p7s", detached(t, by, content), content)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
	}
	good := judge(nil, nil)
	pairs["R-X1"] = pair{good, judge(nil, func(w *world, _ devca.Issued) { w.v.Anchors = certs.Anchors{} }), ""}
	pairs["R-X2"] = pair{good, judge(nil, func(w *world, _ devca.Issued) { w.v.At = signedAt.AddDate(2, 0, 0) }), ""}
	pairs["R-X3"] = pair{good, judge(func(p *devca.Profile) {
		p.Alter = func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }
	}, nil), ""}
	pairs["R-X4"] = pair{good, judge(func(p *devca.Profile) { p.Key = "rsa1024" }, nil), ""}
	pairs["R-X5"] = pair{good, judge(nil, func(w *world, by devca.Issued) {
		if err := w.ca.Revoke(by.Certificate.SerialNumber, signedAt.Add(-time.Minute), 1); err != nil {
			t.Fatal(err)
		}
	}), ""}

	w := newWorld(t)
	manifest, prove := provable(t)
	stranger := w.issue(t, func(p *devca.Profile) { p.Identifiers = []string{"MST:0000099999"} })
	proven := func(p7s []byte, change func(*bundle.Proof)) func() *verify.Report {
		return func() *verify.Report { return w.v.Proof(t.Context(), "proof.json", prove(p7s, change)) }
	}
	p7s := detached(t, w.issue(t, nil), manifest)
	pairs["R-X6"] = pair{proven(p7s, nil), proven(detached(t, stranger, manifest), nil), ""}
	pairs["R-E1"] = pair{proven(p7s, nil), proven(p7s, func(p *bundle.Proof) { p.Index = 4 }), ""}

	e := newEpoch(t, signedAt)
	by := e.issue(t, nil)
	lasting := e.raise(t, by, signPDF(t, by, "one", page(t), signedAt), levelLT)
	years := func(after time.Duration) func() *verify.Report {
		return func() *verify.Report {
			v := *e.v
			v.At, v.Revocation = signedAt.Add(after), nil
			return v.PDF(t.Context(), "x.pdf", lasting)
		}
	}
	pairs["R-X7"] = pair{years(time.Minute), years(3 * 365 * 24 * time.Hour / 2), ""}

	f := newForm(t)
	good = f.judge(f.signed(dictionary{}))
	f.text[1] = strings.Replace(f.text[1], ">>", "/DSS [10 0 R] >>", 1)
	pairs["R-X8"] = pair{good, f.judge(f.signed(dictionary{})), ""}
}

// unless says that nothing was revoked, but of some certificates it knows nothing.
type unless []*x509.Certificate

func (u unless) Revocation(ctx context.Context, cert, issuer *x509.Certificate, at time.Time) certs.Revocation {
	if slices.ContainsFunc(u, cert.Equal) {
		return certs.Offline{}.Revocation(ctx, cert, issuer, at)
	}
	return trusting{}.Revocation(ctx, cert, issuer, at)
}
