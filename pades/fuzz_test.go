package pades

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"kytiem/pades/padestest"
)

// fuzzSeeds are documents of our own, and those of the corpus where it is.
func fuzzSeeds(f *testing.F) [][]byte {
	base := twoFields()
	once := signed(f, base, SignatureOptions{Field: "head", Appearance: parsedStamp(f), Reserve: 1500})
	seeds := [][]byte{
		base, once, signed(f, once, SignatureOptions{Field: "organisation", Reserve: 1500}),
		stamped(f, appendedDSS(f, once, Evidence{Certs: dered("issuer"), CRLs: dered("list")})),
		hybrid(), forward(), certified(2), revised(base, 12), []byte("%PDF-1.7\n"),
	}
	for _, way := range padestest.Ways() {
		seeds = append(seeds, lockedFields(f, way))
	}
	for _, file := range fuzzCorpus() {
		if len(file) < 20_000 { // the fuzzer gets nowhere with large ones
			seeds = append(seeds, file)
		}
	}
	return seeds
}

// FuzzOpen asks everything of arbitrary bytes. What is reported must lie inside
// the file, and an answer must come in time.
func FuzzOpen(f *testing.F) {
	for _, seed := range fuzzSeeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<20 {
			t.Skip("larger than what is worth mutating")
		}
		before := bytes.Clone(b)
		start := time.Now()
		ask(t, b)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
		if !bytes.Equal(b, before) {
			t.Error("the input was changed")
		}
	})
}

func ask(t *testing.T, b []byte) {
	file, err := Open(b)
	if err != nil {
		return
	}
	size := int64(len(b))
	end := int64(0)
	for rev, r := range file.Revisions() {
		if r.End <= end || r.End > size || r.XRef < 0 || r.XRef >= r.End {
			t.Fatalf("revision %d is %+v in a file of %d bytes", rev, r, size)
		}
		end = r.End
		_, _ = file.Changed(rev)
		_, _ = file.Catalog(rev)
		_, _ = file.Embedded(rev, "manifest.json")
		_ = file.Accounting(rev)
		if dss, err := file.DSS(rev); err == nil && dss != nil {
			for _, s := range dss.Certs {
				if s.Revision > rev {
					t.Fatalf("an entry of revision %d in revision %d", s.Revision, rev)
				}
			}
		}
	}
	_, _ = file.EmptyFields()
	list, err := file.Signatures()
	if err != nil {
		return
	}
	for i, s := range list {
		if s.ContentsStart < 0 || s.ContentsStart > s.ContentsEnd || s.ContentsEnd > size || s.Revision >= len(file.Revisions()) {
			t.Fatalf("a signature outside the file: %+v", s)
		}
		c, err := file.Coverage(s)
		if (err == nil) == (c.Extent == Partial) {
			t.Fatalf("coverage is %v with %v", c, err)
		}
		if err == nil && (s.ByteRange[0] != 0 || s.ByteRange[1] != s.ContentsStart || s.ByteRange[2] != s.ContentsEnd || s.end() > size) {
			t.Fatalf("covered by %v, with contents from %d to %d", s.ByteRange, s.ContentsStart, s.ContentsEnd)
		}
		if c.Extent == WholeFile && size-s.end() > maxTail {
			t.Fatalf("whole file covered but for %d bytes", size-s.end())
		}
		_ = file.Consistent(s)
		file.CanonicalContents(s)
		file.Padding(s, i)
		_ = Nested(list)[i]
	}
}

// FuzzObjects has the fuzzer write objects, and a sound file around them: most
// mutations of whole files break the chain and reach nothing behind it.
func FuzzObjects(f *testing.F) {
	add := func(pdf []byte) {
		file, err := Open(pdf)
		if err != nil {
			f.Fatal(err)
		}
		var text [9]string
		for i := range text {
			if start, end, _, err := file.Locate(len(file.revisions)-1, Ref{i + 1, 0}); err == nil && end > start+8 {
				text[i] = string(pdf[start+8 : end-7])
			}
		}
		f.Add(text[0], text[1], text[2], text[3], text[5], text[6], text[7], "/Prev 9", "<< /FT /Sig /T (x) /V 4 0 R >>")
	}
	add(twoFields())
	add(certified(2))
	add(hybrid())
	f.Add(
		"<< /AcroForm << /Fields [6 0 R] >> /AF [4 0 R] /Pages 2 0 R >>", "<< /Kids [3 0 R] /Count 1 >>", "<< /Type /Page >>",
		"<< /F (manifest.json) /EF << /F 5 0 R >> >>", deflated([]byte("{}")), "<< /T (a) /FT /Sig /Kids [7 0 R] >>",
		"<< /T (b) /V << /Contents <01> /ByteRange [0 1 2 3] /Reference [<< /TransformMethod /DocMDP >>] >> >>", "/ID [<00> <01>]",
		"<< /Type /ObjStm /N 1 /First 4 /Length 9 >>\nstream\n9 0 (abc)\nendstream",
	)
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g, h, trailer, later string) {
		if len(a+b+c+d+e+g+h+trailer+later) > 1<<16 {
			t.Skip("larger than what is worth mutating")
		}
		pdf := written(map[int]string{1: a, 2: b, 3: c, 4: d, 5: e, 6: g, 7: h}, "/Size 10 /Root 1 0 R "+trailer)
		ask(t, pdf)
		pdf = appended(pdf, map[int]string{7: later, 8: h}, "/Size 10 /Root 1 0 R /Prev "+startxref(pdf))
		ask(t, pdf)
		extend(t, pdf, SignatureOptions{Field: "head", Time: signingTime, Reserve: 20})
	})
}

// TestMutations changes single bytes of sound files, which the fuzzer does less
// thoroughly.
func TestMutations(t *testing.T) {
	once := signed(t, twoFields(), SignatureOptions{Field: "head", Reserve: 1500})
	streams := converted(t, once, "--object-streams=generate")
	for _, pdf := range [][]byte{once, hybrid(), streams, revised(twoFields(), 9), converted(t, twoFields(), "--linearize"), lockedFields(t, padestest.AESV3)} {
		for i := 0; i < len(pdf); i += 11 {
			for _, c := range []byte{pdf[i] ^ 1, pdf[i] ^ 0x80, '9', '\n', '<', '('} {
				changed := bytes.Clone(pdf)
				changed[i] = c
				ask(t, changed)
			}
		}
	}
}

// FuzzPrepare extends arbitrary documents: what can be extended can be read
// afterwards, is covered whole by the new signature, and has changed in nothing.
func FuzzPrepare(f *testing.F) {
	for _, seed := range fuzzSeeds(f) {
		f.Add(seed, "head", uint8(1))
		f.Add(seed, "new", uint8(1))
	}
	a := parsedStamp(f)
	f.Fuzz(func(t *testing.T, b []byte, field string, page uint8) {
		if len(b) > 1<<20 {
			t.Skip("larger than what is worth mutating")
		}
		extend(t, b, SignatureOptions{Field: field, Page: int(page), Rect: [4]float64{0, 0, 9, 9}, Time: signingTime, Reserve: 20, Appearance: a})
	})
}

func extend(t *testing.T, b []byte, o SignatureOptions) {
	file, err := Open(b)
	if err != nil {
		return
	}
	u, err := Prepare(file, o)
	if err != nil {
		return
	}
	signed, err := u.Embed(b, []byte{0x30, 0x00})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(signed, b) {
		t.Fatal("earlier bytes changed")
	}
	again, err := Open(signed)
	if err != nil {
		t.Fatalf("what was written is not read: %v", err)
	}
	list, err := again.Signatures()
	if err != nil {
		if _, before := file.Signatures(); before != nil {
			return // it was unreadable before
		}
		t.Fatalf("what was written is not read: %v", err)
	}
	i := slices.IndexFunc(list, func(s Signature) bool { return s.Revision == len(again.Revisions())-1 })
	if i < 0 {
		t.Fatal("the new signature is not found")
	}
	if c, err := again.Coverage(list[i]); c.Extent != WholeFile || err != nil {
		t.Fatalf("the new signature covers %v, %v", c, err)
	}
}

// FuzzScan has the property that a value prints back to what it was read from:
// its span, read alone, is the same value.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{"<</A[1 -2.5(x\\n)<4142>/N#20 3 0 R]/B null>>", "[true false]", "(((\\)))", "1 0 R", "-.", "<</A<</B<</C 1>>>>>>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := scanText(text)
		if err != nil {
			return
		}
		if v.Start < 0 || v.End > int64(len(text)) || v.Start >= v.End {
			t.Fatalf("span %d to %d of %d", v.Start, v.End, len(text))
		}
		again, err := scanText(text[v.Start:v.End])
		if err != nil || !v.same(again) {
			t.Fatalf("%q reads otherwise when alone: %v", text[v.Start:v.End], err)
		}
		for _, item := range v.items {
			if item.Start < v.Start || item.End > v.End {
				t.Fatalf("an item outside its container: %d to %d", item.Start, item.End)
			}
			part, err := scanText(text[item.Start:item.End])
			if err != nil || !item.same(part) {
				t.Fatalf("%q reads otherwise when alone: %v", text[item.Start:item.End], err)
			}
		}
	})
}
