package bundle_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/gowebpki/jcs"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"pgregory.net/rapid"

	"kytiem/bundle"
)

// text draws what may stand in a field: any valid Unicode, escapes included.
var text = rapid.StringOfN(rapid.RuneFrom([]rune("aĐễ\"\\\b\f\n\r\t\x00\x1f\x7f<>&\u2028\u2029\uffff𝒳 /")), 0, 20, -1)

// TestRecordIsRFC8785 holds our writer against a general implementation.
func TestRecordIsRFC8785(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := record(t, 1)
		r.FullName = "N" + text.Draw(rt, "name")
		r.Site, r.ExternalID = text.Draw(rt, "site"), text.Draw(rt, "external id")
		r.BirthDate = bundle.Date{Year: rapid.IntRange(1, 9999).Draw(rt, "year")}
		got := r.Append(nil)
		want, err := jcs.Transform(got)
		if err != nil {
			rt.Fatalf("%s: %v", got, err)
		}
		if !bytes.Equal(got, want) {
			rt.Fatalf("got  %s\nwant %s", got, want)
		}
		again, err := bundle.ParseRecord(got)
		if err != nil || again != r {
			rt.Fatalf("parsed %+v, %v\nwant   %+v", again, err, r)
		}
	})
}

func TestManifestIsRFC8785(t *testing.T) {
	roll, _ := rollOf(t, 3)
	m, _ := manifestOf(t, roll)
	m.LegalBasis, _ = bundle.LegalBasisOn(m.Period.To, "75")
	m.Annexes = []bundle.Annex{{Name: "annex-01.pdf", Rows: 3}}
	d := &bundle.Document{
		V: 1, Agency: []string{"ỦY BAN NHÂN DÂN", "XÃ <PHÚ> & HÒA"}, Notation: "BC-UBND", Number: "05", Place: "Phú Hòa",
		Date: bundle.Date{Year: 2021, Month: 12, Day: 1}, Capacity: bundle.TM, Recipients: []string{"Lưu: VT"},
		Signatory:   bundle.Signatory{Name: "Trần Văn An", Position: "Chủ tịch", Identifiers: []string{"MST:0319303270"}},
		Attachments: []bundle.Attachment{{Name: "minutes.pdf"}},
	}
	r := record(t, 1)
	p, err := bundle.Prove(roll.Leaves(), 1, &r, nil, []byte("{}"), []byte{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := bundle.Canonical(m)
	if err != nil {
		t.Fatal(err)
	}
	document, err := bundle.Canonical(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range [][]byte{manifest, document, p.Append(nil)} {
		want, err := jcs.Transform(got)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("got  %s\nwant %s (%v)", got, want, err)
		}
	}
}

// TestParseCanonicalRefuses lists forms that mean the same and are not the same.
func TestParseCanonicalRefuses(t *testing.T) {
	roll, lines := rollOf(t, 1)
	_, manifest := manifestOf(t, roll)
	line := bytes.TrimSuffix(lines, []byte("\n"))
	for name, change := range map[string]func([]byte) []byte{
		"white space":    func(b []byte) []byte { return append([]byte(" "), b...) },
		"trailing":       func(b []byte) []byte { return append(bytes.Clone(b), '\n') },
		"repeated name":  func(b []byte) []byte { return bytes.Replace(b, []byte(`"v":1`), []byte(`"v":1,"v":1`), 1) },
		"unknown name":   func(b []byte) []byte { return bytes.Replace(b, []byte(`"v":1`), []byte(`"v":1,"w":1`), 1) },
		"other version":  func(b []byte) []byte { return bytes.Replace(b, []byte(`"v":1`), []byte(`"v":2`), 1) },
		"escaped letter": func(b []byte) []byte { return bytes.Replace(b, []byte(`"26068"`), []byte(`"\u00326068"`), 1) },
		"empty":          func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := bundle.ParseManifest(change(manifest)); err == nil {
				t.Error("manifest parsed")
			}
			if _, err := bundle.ParseRecord(change(line)); err == nil {
				t.Error("record parsed")
			}
		})
	}
}

// TestTreeIsRFC6962 checks roots and paths with the code Certificate Transparency
// logs are checked with.
func TestTreeIsRFC6962(t *testing.T) {
	roll, _ := rollOf(t, 130)
	for size := 1; size <= roll.Len(); size++ {
		leaves := roll.Leaves()[:size]
		root, err := bundle.Root(leaves)
		if err != nil {
			t.Fatal(err)
		}
		for _, index := range []int{0, size / 3, size - 1} {
			path, err := bundle.Path(leaves, index)
			if err != nil {
				t.Fatal(err)
			}
			plain := make([][]byte, len(path))
			for i := range path {
				plain[i] = path[i][:]
			}
			if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(index), uint64(size), leaves[index][:], plain, root[:]); err != nil {
				t.Errorf("leaf %d of %d: %v", index, size, err)
			}
			if err := bundle.CheckPath(path, size, index, root, leaves[(index+1)%size]); size > 1 && !errors.Is(err, bundle.ErrProof) {
				t.Errorf("another leaf at %d of %d: %v, want ErrProof", index, size, err)
			}
		}
	}
}

func TestProof(t *testing.T) {
	roll, _ := rollOf(t, 40)
	_, manifest := manifestOf(t, roll)
	for index := range roll.Len() {
		r, err := roll.At(index)
		if err != nil {
			t.Fatal(err)
		}
		made, err := bundle.Prove(roll.Leaves(), index, &r, []string{"full_name", "dose_number"}, manifest, []byte("p7s"))
		if err != nil {
			t.Fatal(err)
		}
		data := made.Append(nil)
		if bytes.Contains(data, []byte(r.IDNumber)) {
			t.Fatal("the proof discloses the ID number, which nobody asked for")
		}
		p, err := bundle.ParseProof(data)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Check(); err != nil {
			t.Fatalf("record %d: %v", index, err)
		}
		if got := p.Disclosed["full_name"].Value.Text(); got != r.FullName {
			t.Errorf("disclosed name %q, want %q", got, r.FullName)
		}
	}
}

// TestProofChangedByte: a proof with one byte changed never passes, whatever byte.
func TestProofChangedByte(t *testing.T) {
	roll, _ := rollOf(t, 9)
	_, manifest := manifestOf(t, roll)
	r, _ := roll.At(4)
	made, err := bundle.Prove(roll.Leaves(), 4, &r, nil, manifest, nil)
	if err != nil {
		t.Fatal(err)
	}
	data := made.Append(nil)
	want, _ := bundle.ParseManifest(manifest)
	for at := range data {
		changed := bytes.Clone(data)
		changed[at] ^= 1 << (at % 7)
		p, err := bundle.ParseProof(changed)
		if err != nil {
			continue
		}
		// A manifest changed in what the tree does not cover (its times, its names) is
		// for the signature to find.
		if m, err := p.Check(); err == nil && m.Root == want.Root && bytes.Equal(p.Manifest, manifest) {
			t.Errorf("byte %d changed and the proof still holds: %s", at, changed[max(0, at-20):min(len(changed), at+20)])
		}
	}
}

func TestRollRefuses(t *testing.T) {
	_, lines := rollOf(t, 5)
	split := bytes.SplitAfter(lines, []byte("\n"))
	for name, data := range map[string][]byte{
		"swapped lines":     bytes.Join([][]byte{split[1], split[0]}, nil),
		"doubled line":      bytes.Join([][]byte{split[0], split[0]}, nil),
		"no last line feed": bytes.TrimSuffix(lines, []byte("\n")),
		"empty line":        append(bytes.Clone(lines), '\n'),
		"endless line":      bytes.Repeat([]byte("a"), 100<<10),
	} {
		var rollError *bundle.RollError
		if _, err := bundle.ReadRoll(bytes.NewReader(data), int64(len(data))); !errors.As(err, &rollError) {
			t.Errorf("%s: %v, want a RollError", name, err)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	r := record(f, 1)
	f.Add(r.Append(nil))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := bundle.ParseRecord(line)
		if err == nil && !bytes.Equal(r.Append(nil), line) {
			t.Errorf("%q prints back as %q", line, r.Append(nil))
		}
	})
}

func FuzzParseProof(f *testing.F) {
	roll, _ := rollOf(f, 3)
	_, manifest := manifestOf(f, roll)
	r, _ := roll.At(0)
	p, _ := bundle.Prove(roll.Leaves(), 0, &r, nil, manifest, nil)
	data := p.Append(nil)
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := bundle.ParseProof(data)
		if err != nil {
			return
		}
		if !json.Valid(data) {
			t.Error("parsed what is no JSON")
		}
		p.Check() // must not panic
		if again := p.Append(nil); !bytes.Equal(again, data) {
			t.Errorf("%q prints back as %q", data, again)
		}
	})
}

func FuzzParseManifest(f *testing.F) {
	roll, _ := rollOf(f, 3)
	_, manifest := manifestOf(f, roll)
	f.Add(manifest)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := bundle.ParseManifest(data)
		if err != nil {
			return
		}
		if again, err := bundle.Canonical(m); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%q prints back as %q, %v", data, again, err)
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	r := record(b, 1)
	var buffer []byte
	for b.Loop() {
		buffer = r.Append(buffer[:0])
		r.Leaf()
	}
}

func BenchmarkProve(b *testing.B) {
	roll, _ := rollOf(b, 10_000)
	_, manifest := manifestOf(b, roll)
	r, _ := roll.At(5000)
	for b.Loop() {
		if _, err := bundle.Prove(roll.Leaves(), 5000, &r, nil, manifest, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	roll, _ := rollOf(b, 10_000)
	_, manifest := manifestOf(b, roll)
	r, _ := roll.At(5000)
	p, _ := bundle.Prove(roll.Leaves(), 5000, &r, nil, manifest, nil)
	data := p.Append(nil)
	for b.Loop() {
		p, err := bundle.ParseProof(data)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Check(); err != nil {
			b.Fatal(err)
		}
	}
}
