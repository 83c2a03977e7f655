package pades

import (
	"bytes"
	"crypto"
	"encoding/json"
	"errors"
	"io"
	"testing"
)

func TestEmbed(t *testing.T) {
	base := twoFields()
	fresh := func() *Update { return prepared(t, base, SignatureOptions{Field: "head", Reserve: 64}) }
	cms := bytes.Repeat([]byte{0xAB}, 64)
	flipped := func(b []byte, i int) []byte {
		b = bytes.Clone(b)
		b[i] ^= 1
		return b
	}
	for _, test := range []struct {
		name string
		base []byte
		cms  []byte
		u    func(*Update)
		want error
	}{
		{name: "fits", base: base, cms: cms},
		{name: "too large", base: base, cms: append(cms, 0), want: ErrTooLarge},
		{name: "no CMS", base: base, want: ErrOptions},
		{name: "changed document", base: flipped(base, 100), cms: cms, want: ErrRevisionChanged},
		{name: "extended document", base: signed(t, base, SignatureOptions{Field: "organisation"}), cms: cms, want: ErrRevisionChanged},
		{name: "changed suffix", base: base, cms: cms, u: func(u *Update) { u.Suffix[20] ^= 1 }, want: ErrUpdateChanged},
		{name: "changed digest", base: base, cms: cms, u: func(u *Update) { u.Digest[0] ^= 1 }, want: ErrUpdateChanged},
		{name: "changed end", base: base, cms: cms, u: func(u *Update) { u.Suffix[len(u.Suffix)-1] ^= 1 }, want: ErrUpdateChanged},
		{name: "longer suffix", base: base, cms: cms, u: func(u *Update) { u.Suffix = append(u.Suffix, ' ') }, want: ErrUpdateChanged},
		{name: "moved hole", base: base, cms: cms, u: func(u *Update) { u.ByteRange[1]++ }, want: ErrUpdateChanged},
		{name: "hole in the base", base: base, cms: cms, u: func(u *Update) { u.ByteRange[1] = 5 }, want: ErrUpdateChanged},
		{name: "larger reserve", base: base, cms: cms, u: func(u *Update) { u.Reserve++ }, want: ErrUpdateChanged},
		{name: "other hash", base: base, cms: cms, u: func(u *Update) { u.Hash = crypto.MD5 }, want: ErrUpdateChanged},
		{name: "nothing", base: base, cms: cms, u: func(u *Update) { *u = Update{} }, want: ErrUpdateChanged},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := fresh()
			if test.u != nil {
				test.u(u)
			}
			if _, err := u.Embed(test.base, test.cms); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// TestUpdateIsStored takes an update through JSON, as between the two steps,
// and a shorter CMS after a longer one.
func TestUpdateIsStored(t *testing.T) {
	base := twoFields()
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		text, err := json.Marshal(prepared(t, base, SignatureOptions{Field: "head", Hash: h, Reserve: 128}))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("Ket qua")) || len(text) > 8000 {
			t.Errorf("what is stored is a copy of the document: %d bytes", len(text))
		}
		var u Update
		if err := json.Unmarshal(text, &u); err != nil {
			t.Fatal(err)
		}
		r, err := u.SignedBytes(base)
		if err != nil {
			t.Fatal(err)
		}
		sum := h.New()
		if _, err := io.Copy(sum, r); err != nil {
			t.Fatal(err)
		}
		if got := sum.Sum(nil); !bytes.Equal(got, u.Digest) {
			t.Errorf("%v: signed bytes hash to %x, want %x", h, got, u.Digest)
		}
		if _, err := u.Embed(base, bytes.Repeat([]byte{0xFF}, 128)); err != nil {
			t.Fatal(err)
		}
		pdf, err := u.Embed(base, bytes.Repeat([]byte{0xEE}, 4))
		if err != nil {
			t.Fatal(err)
		}
		list := signatures(t, pdf)
		if f := opened(t, pdf); !f.Padding(list[0], 4) || f.Padding(list[0], 3) {
			t.Error("the hole is not zero after the CMS")
		}
		r, _ = u.SignedBytes(base)
		content, _ := io.ReadAll(r)
		b, c := list[0].ContentsStart, list[0].ContentsEnd
		if !bytes.Equal(content, append(bytes.Clone(pdf[:b]), pdf[c:]...)) {
			t.Error("signed bytes are not those of the byte range")
		}
	}
}

// TestUpdateOfEarlierProgram reads what programs before this one stored: the fields as they
// are, the hole with them. Whatever stands in the hole, it is not in what is signed.
func TestUpdateOfEarlierProgram(t *testing.T) {
	base := twoFields()
	want := prepared(t, base, SignatureOptions{Field: "head", Reserve: 128})
	type fields Update // without its ways to JSON
	for _, change := range []func(*Update){
		func(*Update) {},
		func(u *Update) { u.Suffix[u.ByteRange[1]-u.BaseSize+1] = 'F' },
	} {
		earlier := *want
		earlier.Suffix = bytes.Clone(want.Suffix)
		change(&earlier)
		text, err := json.Marshal(fields(earlier))
		if err != nil {
			t.Fatal(err)
		}
		var got Update
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		cms := bytes.Repeat([]byte{0xEE}, 4)
		signed, err := got.Embed(base, cms)
		if err != nil {
			t.Fatal(err)
		}
		if wanted, err := want.Embed(base, cms); err != nil || !bytes.Equal(signed, wanted) {
			t.Errorf("signed are other bytes than of what was prepared (%v)", err)
		}
		if err := json.Unmarshal(bytes.Replace(text, []byte(`"Suffix":"`), []byte(`"Suffix":"AAAA`), 1), &got); !errors.Is(err, ErrUpdateChanged) {
			t.Errorf("longer: got %v, want %v", err, ErrUpdateChanged)
		}
	}
}

// TestUpdateIsStoredWhole reads what was changed where it was stored: no number reaches
// beyond what is there, and no hole is larger than one may be.
func TestUpdateIsStoredWhole(t *testing.T) {
	text, err := json.Marshal(prepared(t, twoFields(), SignatureOptions{Field: "head", Reserve: 128}))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"Reserve":128`, `"Reserve":129`},
		{`"Reserve":128`, `"Reserve":-1`},
		{`"Reserve":128`, `"Reserve":1000000000000`},
		{`"Before":"`, `"Before":"AAAA`},
		{`"After":"`, `"After":"AAAA`},
		{`"ByteRange":[0,`, `"ByteRange":[0,1`},
		{`"BaseSize":`, `"BaseSize":1`},
		{`"Hash":5`, `"Hash":2`},
	} {
		if !bytes.Contains(text, []byte(change[0])) {
			t.Fatalf("%s is not in what is stored", change[0])
		}
		var u Update
		if err := json.Unmarshal(bytes.Replace(text, []byte(change[0]), []byte(change[1]), 1), &u); !errors.Is(err, ErrUpdateChanged) {
			t.Errorf("%s instead of %s: got %v, want %v", change[1], change[0], err, ErrUpdateChanged)
		}
	}
}

// FuzzUpdate reads an update from where anything may have been done to it. What it embeds is
// what its digest is over, or nothing, and what it prints reads back.
func FuzzUpdate(f *testing.F) {
	base := twoFields()
	u := prepared(f, base, SignatureOptions{Field: "head", Reserve: 16})
	text, err := json.Marshal(u)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	type fields Update
	if text, err = json.Marshal((*fields)(u)); err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	cms := []byte{0x30, 0x00}
	f.Fuzz(func(t *testing.T, text []byte) {
		var u Update
		if json.Unmarshal(text, &u) != nil {
			return
		}
		signed, err := u.Embed(base, cms)
		printed, printErr := json.Marshal(&u)
		var again Update
		if printErr != nil || json.Unmarshal(printed, &again) != nil {
			t.Fatalf("does not read back: %v", printErr)
		}
		second, secondErr := again.Embed(base, cms)
		if !bytes.Equal(signed, second) || (err == nil) != (secondErr == nil) {
			t.Errorf("read back it embeds otherwise: %v, then %v", err, secondErr)
		}
		if err != nil {
			return
		}
		sum := u.Hash.New()
		r := u.ByteRange
		sum.Write(signed[:r[1]])
		sum.Write(signed[r[2] : r[2]+r[3]])
		if !bytes.HasPrefix(signed, base) || r[2]+r[3] != int64(len(signed)) || !bytes.Equal(sum.Sum(nil), u.Digest) {
			t.Error("embedded is something else than the digest is over")
		}
	})
}
