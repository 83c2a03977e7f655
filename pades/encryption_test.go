package pades

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"kytiem/pades/padestest"
)

// TestEncrypted reads what qpdf encrypted in each way there is, with object streams and
// without, as the document it was made of.
func TestEncrypted(t *testing.T) {
	objects := twoFieldsObjects()
	objects[1] = strings.Replace(objects[1], ">>", "/Metadata 10 0 R /Names << /EmbeddedFiles << /Names [(a) << /F (a.txt) /EF << /F 11 0 R >> >>] >> >> >>", 1)
	objects[10] = "<< /Type /Metadata /Subtype /XML /Length 4 >>\nstream\n<x/>\nendstream"
	objects[11] = "<< /Type /EmbeddedFile /Length 8 >>\nstream\nattached\nendstream"
	base := written(objects, "/Size 12 /Root 1 0 R")
	for name, args := range map[string]string{
		"revision 2": "40", "revision 3": "128 --use-aes=n", "RC4 by filter": "128 --use-aes=n --force-V4", "AES of 128 bits": "128 --use-aes=y",
		"clear metadata": "128 --use-aes=y --cleartext-metadata", "revision 5": "256 --force-R5", "revision 6": "256", "revision 6, clear metadata": "256 --cleartext-metadata",
	} {
		for _, streams := range []string{"disable", "generate"} {
			for _, user := range []string{"", "người dùng"} {
				t.Run(fmt.Sprintf("%s, streams %s, password %q", name, streams, user), func(t *testing.T) {
					flags := append([]string{"--allow-weak-crypto", "--object-streams=" + streams, "--encrypt", user, "owner"}, strings.Fields(args)...)
					f := opened(t, converted(t, base, append(flags, "--")...))
					if !f.Encrypted() || f.Locked() != (user != "") {
						t.Errorf("encrypted %t, locked %t", f.Encrypted(), f.Locked())
					}
					if _, err := f.Signatures(); errors.Is(err, ErrEncrypted) != (user != "" && streams == "generate") {
						t.Errorf("the signatures: %v", err)
					}
					if opens, err := f.Unlock("owner"); !opens || err != nil {
						t.Fatalf("the owner's password opens it: %t (%v)", opens, err)
					}
					checkTwoFields(t, f)
					if content, err := f.Embedded(0, "a.txt"); string(content) != "attached" || err != nil {
						t.Errorf("attached is %q (%v)", content, err)
					}
					if opens, err := f.Unlock("ownerr"); opens || err != nil || f.Locked() {
						t.Errorf("a wrong password opens %t (%v), locks %t", opens, err, f.Locked())
					}
				})
			}
		}
	}
}

// checkTwoFields asks a file whether it is that of twoFields.
func checkTwoFields(t *testing.T, f *File) {
	t.Helper()
	last := len(f.revisions) - 1
	root, err := f.Catalog(last)
	if err != nil || root.Key("Lang").Text() != "vi-VN" {
		t.Errorf("the language is %q (%v)", root.Key("Lang").Text(), err)
	}
	empty, err := f.EmptyFields()
	if err != nil || len(empty) != 2 || empty[0].Name != "head" || empty[1].Name != "organisation" {
		t.Errorf("the fields are %+v (%v)", empty, err)
	}
	page, err := f.page(last, 1)
	if err != nil {
		t.Fatal(err)
	}
	dict, err := f.Object(last, page)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := f.key(last, dict, "Contents")
	if err != nil {
		t.Fatal(err)
	}
	if content, err := f.Decode(last, stream); !bytes.Contains(content, []byte("(Ket qua tiem chung) Tj")) || err != nil {
		t.Errorf("the page says %q (%v)", content, err)
	}
	if metadata, err := f.key(last, root, "Metadata"); err != nil {
		t.Error(err)
	} else if metadata.Kind == Stream {
		if data, err := f.Decode(last, metadata); string(data) != "<x/>" || err != nil {
			t.Errorf("the metadata are %q (%v)", data, err)
		}
	}
}

func encryption(t testing.TB, way padestest.Way) *padestest.Encryption {
	t.Helper()
	e, err := padestest.New(way, "")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// lockedFields is the document of twoFields, encrypted by hand.
func lockedFields(t testing.TB, way padestest.Way) []byte {
	t.Helper()
	e := encryption(t, way)
	return written(e.Objects(twoFieldsObjects()), "/Size 10 /Root 1 0 R"+e.Trailer)
}

// TestEncryptedByHand has qpdf read what tests encrypt, so that they mean what they say.
func TestEncryptedByHand(t *testing.T) {
	for _, way := range padestest.Ways() {
		t.Run(string(way), func(t *testing.T) {
			pdf := lockedFields(t, way)
			checkTwoFields(t, opened(t, pdf))
			checkTwoFields(t, opened(t, converted(t, pdf, "--decrypt")))
		})
	}
}

// TestCryptFilters: streams that say themselves how they are encrypted, and what does not
// decrypt.
func TestCryptFilters(t *testing.T) {
	e := encryption(t, padestest.AESV2)
	bare := func(entries, data string) string {
		return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", entries, len(data), data)
	}
	encrypted := string(e.Encrypt(10, []byte("text")))
	damaged := encrypted[:31] + string(encrypted[31]^1)
	for _, test := range []struct {
		name, object, want string
		sealed             bool
	}{
		{"as all are", bare("", encrypted), "text", false},
		{"by name", bare("/Filter /Crypt /DecodeParms << /Name /StdCF >>", encrypted), "text", false},
		{"not at all", bare("/Filter [/Crypt] /DecodeParms [<< /Type /CryptFilterDecodeParms /Name /Identity >>]", "text"), "text", false},
		{"nothing said is not at all", bare("/Filter /Crypt", "text"), "text", false},
		{"not at all, compressed", strings.Replace(deflated([]byte("text")), "/Filter /FlateDecode", "/Filter [/Crypt /FlateDecode] /DecodeParms [<< /Name /Identity >> null]", 1), "text", false},
		{"by reference", bare("/Filter 11 0 R", "text"), "text", false},
		{"empty", bare("", ""), "", false},
		{"unknown filter", bare("/Filter /Crypt /DecodeParms << /Name /Mine >>", encrypted), "", true},
		{"not encrypted", bare("", "text"), "", true},
		{"a vector alone", bare("", encrypted[:16]), "", true},
		{"broken block", bare("", encrypted+"x"), "", true},
		{"wrong padding", bare("", damaged), "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			objects := e.Objects(twoFieldsObjects())
			objects[10], objects[11] = test.object, "[/Crypt]"
			f := opened(t, written(objects, "/Size 20 /Root 1 0 R"+e.Trailer))
			v, err := f.Object(0, Ref{10, 0})
			if err != nil || f.Locked() {
				t.Fatalf("locked %t: %v", f.Locked(), err)
			}
			data, err := f.Decode(0, v)
			if string(data) != test.want || v.sealed() != test.sealed || (err != nil) != test.sealed {
				t.Errorf("data %q, sealed %t (%v), want %q, %t", data, v.sealed(), err, test.want, test.sealed)
			}
		})
	}
}

// TestCryptFiltersWithoutEnd: each of many streams names a filter among many.
func TestCryptFiltersWithoutEnd(t *testing.T) {
	e := encryption(t, padestest.AESV2)
	var filters strings.Builder
	for n := range 30_000 {
		fmt.Fprintf(&filters, "/F%d << /CFM /AESV2 >> ", n)
	}
	f := opened(t, written(e.Objects(twoFieldsObjects()), "/Size 10 /Root 1 0 R"+strings.Replace(e.Trailer, "/CF << ", "/CF << "+filters.String(), 1)))
	stream := Value{Kind: Stream, items: []Value{
		{Kind: Name, octets: []byte("Filter")}, {Kind: Name, octets: []byte("Crypt")},
		{Kind: Name, octets: []byte("DecodeParms")}, {Kind: Dictionary, items: []Value{{Kind: Name, octets: []byte("Name")}, {Kind: Name, octets: []byte("F29999")}}},
	}}
	start := time.Now()
	for range 60_000 {
		if way, err := f.wayOf(0, stream); way != byAES || err != nil {
			t.Fatalf("by %d (%v), want %d", way, err, byAES)
		}
	}
	if took := time.Since(start); took > 10*time.Second { // R-P9; it took half a minute
		t.Errorf("took %s", took)
	}
}

// TestLongTexts: what is as large as the file is in memory once more, not three times.
func TestLongTexts(t *testing.T) {
	for _, way := range padestest.Ways() {
		e := encryption(t, way)
		for _, size := range []int{0, maxKeystream, maxKeystream + 1, 8 << 20} {
			long := bytes.Repeat([]byte("x"), size)
			o := &objectCipher{decipherer: opened(t, lockedFields(t, way)).cipher, ref: Ref{10, 0}}
			short, v := Value{Kind: String, octets: e.Encrypt(10, []byte("short"))}, Value{Kind: Stream, octets: e.Encrypt(10, long)}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			o.open(o.texts, &short)
			o.open(o.data, &v)
			runtime.ReadMemStats(&after)
			if !bytes.Equal(v.Octets(), long) || short.Text() != "short" {
				t.Errorf("%s: %d bytes are not what was encrypted, or %q is not", way, size, short.Text())
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > uint64(size)+1<<20 {
				t.Errorf("%s: %d bytes take %d", way, size, got)
			}
		}
	}
}

// TestEncryptedDictionary: what is told by one revision and not by another, or not as it
// has to be, opens nothing.
func TestEncryptedDictionary(t *testing.T) {
	e := encryption(t, padestest.AESV2)
	plain := written(twoFieldsObjects(), "/Size 20 /Root 1 0 R")
	base := written(e.Objects(twoFieldsObjects()), "/Size 20 /Root 1 0 R"+e.Trailer)
	later := func(trailer string) []byte {
		return appended(base, nil, "/Size 20 /Root 1 0 R /Prev "+startxref(base)+trailer)
	}
	inObject := strings.Replace(e.Trailer, "/ID", "/Next", 1)
	start, end := strings.Index(inObject, "<<"), strings.Index(inObject, "/Next")
	moved := " /Encrypt 12 0 R " + strings.Replace(inObject[end:], "/Next", "/ID", 1)
	v := encryption(t, padestest.AESV3)
	byKey := written(v.Objects(twoFieldsObjects()), "/Size 20 /Root 1 0 R"+v.Trailer)
	objects := e.Objects(twoFieldsObjects())
	objects[12] = inObject[start:end]
	indirect := written(objects, "/Size 20 /Root 1 0 R"+moved)
	for _, test := range []struct {
		name   string
		pdf    []byte
		locked bool
	}{
		{"as it is", base, false},
		{"the same again", later(e.Trailer), false},
		{"another second identifier", later(replaceLast(e.Trailer, "30313233", "40313233")), false},
		{"in an object of its own", indirect, false},
		{"encrypted later", appended(plain, nil, "/Size 20 /Root 1 0 R /Prev "+startxref(plain)+e.Trailer), true},
		{"another first identifier", later(strings.Replace(e.Trailer, "30313233", "40313233", 1)), true},
		{"another first identifier, where no key depends on it", appended(byKey, nil, "/Size 20 /Root 1 0 R /Prev "+startxref(byKey)+strings.Replace(v.Trailer, "30313233", "40313233", 1)), false},
		{"no longer", later(""), true},
		{"by other filters", later(strings.Replace(e.Trailer, "/StrF /StdCF", "/StrF /Identity", 1)), true},
		{"the object written again", appended(indirect, map[int]string{12: strings.Replace(objects[12], "/StmF /StdCF", "/StmF /Identity", 1)},
			"/Size 20 /Root 1 0 R /Prev "+startxref(indirect)+moved), true},
		{"unknown filter", written(e.Objects(twoFieldsObjects()), "/Size 20 /Root 1 0 R"+strings.Replace(e.Trailer, "/CFM /AESV2", "/CFM /AESV9", 1)), true},
		{"no such filter", written(e.Objects(twoFieldsObjects()), "/Size 20 /Root 1 0 R"+strings.Replace(e.Trailer, "/StmF /StdCF", "/StmF /Other", 1)), true},
		{"a key for certificates", written(e.Objects(twoFieldsObjects()), "/Size 20 /Root 1 0 R"+strings.Replace(e.Trailer, "/Standard", "/Adobe.PubSec", 1)), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := opened(t, test.pdf)
			if !f.Encrypted() || f.Locked() != test.locked {
				t.Fatalf("encrypted %t, locked %t, want %t", f.Encrypted(), f.Locked(), test.locked)
			}
			if _, err := f.Leftovers(0); errors.Is(err, ErrEncrypted) != test.locked {
				t.Errorf("leftovers: %v", err)
			}
			if !test.locked {
				checkTwoFields(t, f)
			}
		})
	}
}

func replaceLast(s, old, replacement string) string {
	i := strings.LastIndex(s, old)
	return s[:i] + replacement + s[i+len(old):]
}

// FuzzEncryption: whatever says how a document is encrypted, and whatever one object is
// replaced by, encrypted or in clear, the file is read in time, and the page changes in
// nothing that is not told.
func FuzzEncryption(f *testing.F) {
	base := formObjects()
	e := encryption(f, padestest.AESV2)
	objects := e.Objects(base)
	for _, way := range padestest.Ways() {
		f.Add(encryption(f, way).Trailer, 8, base[8], false)
	}
	f.Add(e.Trailer, 5, base[5], false)
	f.Add(e.Trailer, 5, streamText("/Filter /Crypt /DecodeParms << /Name /Identity >>", "BT ET"), true)
	f.Add(strings.Replace(e.Trailer, "/StrF /StdCF", "/EncryptMetadata false /EFF /Identity", 1), 13, base[13], true)
	f.Fuzz(func(t *testing.T, trailer string, number int, text string, clear bool) {
		if number < 1 || number > 59 || len(trailer)+len(text) > 1<<16 {
			return
		}
		later := map[int]string{number: text}
		if !clear {
			later = e.Objects(later)
		}
		pdf := written(objects, formTrailer+trailer)
		pdf = appended(pdf, later, formTrailer+trailer+" /Prev "+startxref(pdf))
		ask(t, pdf)
		if file, err := Open(pdf); err == nil && len(file.revisions) == 2 {
			checkUnseen(t, file)
		}
	})
}
