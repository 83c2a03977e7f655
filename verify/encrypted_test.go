package verify_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kytiem/pades/padestest"
	"kytiem/verify"
)

// encryptedForm is a signed form in which every object is encrypted.
type encryptedForm struct {
	*form
	e *padestest.Encryption
}

func newEncryptedForm(t *testing.T, way padestest.Way, password string) encryptedForm {
	t.Helper()
	e, err := padestest.New(way, password)
	if err != nil {
		t.Fatal(err)
	}
	return encryptedForm{newForm(t), e}
}

func (f encryptedForm) signed(d dictionary) []byte {
	d.number, d.objects, d.encryption = 20, map[int]string{7: f.field}, f.e
	return d.signedBy(f.t, f.by, revised(nil, f.e.Objects(f.text), f.e.Trailer))
}

func (f encryptedForm) next(pdf []byte, objects map[int]string) []byte {
	return revised(pdf, f.e.Objects(objects), f.e.Trailer)
}

// stored is a document after which validation data came.
func (f encryptedForm) stored(pdf []byte) []byte {
	return f.next(pdf, map[int]string{1: strings.Replace(f.text[1], "/Pages", "/DSS << /Certs [60 0 R] >> /Pages", 1), 60: streamOf("", "x")})
}

// TestEncrypted: of a document that opens without a password what follows the signature is
// judged as it would be were nothing encrypted (R-M10).
func TestEncrypted(t *testing.T) {
	const approved = "/Reason (approved)"
	for _, way := range padestest.Ways() {
		keyed, keyedRule := verify.TotalFailed, "R-P7" // by /ID
		if way == padestest.AESV3 {
			keyed, keyedRule = verify.TotalPassed, ""
		}
		f := newEncryptedForm(t, way, "")
		signed := f.signed(dictionary{more: approved})
		reason := func(text string) string {
			dict := string(signed[strings.LastIndex(string(signed), "\n20 0 obj\n")+10:])
			dict = dict[:strings.Index(dict, "\nendobj")]
			start := strings.Index(dict, "/Reason <")
			end := start + strings.Index(dict[start:], ">") + 1
			return dict[:start] + "/Reason (" + text + ")" + dict[end:]
		}
		// The time is encrypted already in what is taken over.
		rewritten := func(text string) []byte {
			objects := f.e.Objects(map[int]string{20: reason(text)})
			return revised(signed, objects, f.e.Trailer)
		}
		filled := func(value, shown string) map[int]string {
			return map[int]string{8: strings.Replace(f.text[8], "(old)", "("+value+")", 1), 10: strings.Replace(f.text[10], "(old)", "("+shown+")", 1)}
		}
		page := map[int]string{5: streamOf("", "BT /F1 24 Tf 72 700 Td (4000 doses) Tj ET")}
		twice := dictionary{number: 40, encryption: f.e, objects: map[int]string{
			6: strings.Replace(f.text[6], "8 0 R", "8 0 R 41 0 R", 1), 11: "[7 0 R 8 0 R 12 0 R 41 0 R]",
			41: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (second) /F 4 /P 3 0 R /V 40 0 R /Rect [0 0 0 0] >>",
		}}
		for _, test := range []struct {
			name  string
			pdf   []byte
			want  verify.Indication
			rule  string // that fails
			level string
		}{
			{"nothing follows", signed, verify.TotalPassed, "", "NONE"},
			{"written again", f.next(signed, map[int]string{5: f.text[5], 8: f.text[8], 12: f.text[12]}), verify.TotalPassed, "", "NONE"},
			{"the signature written again", rewritten("approved"), verify.TotalPassed, "", "NONE"},
			{"validation data", f.stored(signed), verify.TotalPassed, "", "LTA"},
			{"a field filled in", f.next(signed, filled("new", "new")), verify.TotalPassed, "", "FORM_FILL"},
			{"another signature", twice.signedBy(t, f.by, signed), verify.TotalPassed, "", "FORM_FILL"},

			{"another page", f.next(signed, page), verify.TotalFailed, "R-M2", "OTHER"},
			{"another page, in clear", revised(signed, map[int]string{5: streamOf("/Filter /Crypt", "BT (4000 doses) Tj ET")}, f.e.Trailer), verify.TotalFailed, "R-M2", "OTHER"},
			{"a field that shows another text", f.next(signed, filled("new", "4000")), verify.TotalFailed, "R-M4", "OTHER"},
			{"a stamp", f.next(signed, map[int]string{11: "[7 0 R 8 0 R 12 0 R 60 0 R]", 60: "<< /Subtype /Stamp /Rect [200 200 300 300] >>"}), verify.TotalFailed, "R-M1", "OTHER"},
			{"another remark", f.next(signed, map[int]string{12: strings.Replace(f.text[12], "remark", "forged", 1)}), verify.Indeterminate, "R-M1", "ANNOTATE"},
			{"another reason", rewritten("rejected"), verify.TotalFailed, "R-B7", ""},
			{"an object in a stream, as it lies", revised(signed, map[int]string{60: streamOf("", "5 0 obj (x) endobj")}, f.e.Trailer), verify.TotalFailed, "R-P6", ""},
			{"encrypted otherwise", revised(signed, f.e.Objects(page), strings.Replace(f.e.Trailer, "-4", "-8", 1)), verify.TotalFailed, "R-P7", ""},
			{"another /ID", revised(signed, f.e.Objects(filled("new", "new")), strings.Replace(f.e.Trailer, "<3031", "<4031", 1)), keyed, keyedRule, ""},
			{"no longer encrypted", revised(signed, page, ""), verify.TotalFailed, "R-P7", ""},
		} {
			t.Run(string(way)+"/"+test.name, func(t *testing.T) {
				r := f.w.judgeBy().PDF(t.Context(), "x.pdf", test.pdf)
				first := r.Signatures[slices.IndexFunc(r.Signatures, func(s verify.Signature) bool { return s.Coverage.Revision == 2 })]
				if r.Verdict != test.want || test.level != "" && first.Modifications.Level != test.level {
					t.Errorf("%s, %s, want %s, %s: %s", r.Verdict, first.Modifications.Level, test.want, test.level, faults(r))
				}
				if test.rule != "" && !slices.Contains(statuses(r, test.rule), verify.Fail) {
					t.Errorf("%s holds: %s", test.rule, faults(r))
				}
				if test.want == verify.TotalPassed && (first.Field != "head" || first.ClaimedSigningTime == nil) {
					t.Errorf("field %q, signed at %v", first.Field, first.ClaimedSigningTime)
				}
			})
		}
	}
}

// TestSealed: what follows a signature and does not decrypt is not judged as if it said
// nothing (R-M10).
func TestSealed(t *testing.T) {
	for _, way := range []padestest.Way{padestest.AESV2, padestest.AESV3} {
		f := newEncryptedForm(t, way, "")
		signed := f.signed(dictionary{})
		for name, objects := range map[string]map[int]string{
			"a text in clear":        {8: strings.Replace(f.text[8], "(old)", "(new)", 1)},
			"a stream in clear":      {5: streamOf("", "BT /F1 24 Tf 72 700 Td (4000 doses) Tj ET")},
			"new, and referred to":   {1: strings.Replace(f.text[1], "/Pages", "/DSS << /Certs [60 0 R] >> /Pages", 1), 60: streamOf("", "x")},
			"new, and nobody's":      {60: "(text)"},
			"by a filter of its own": {5: streamOf("/Filter /Crypt /DecodeParms << /Name /Mine >>", "BT (4000 doses) Tj ET")},
		} {
			t.Run(string(way)+"/"+name, func(t *testing.T) {
				r := f.w.judgeBy().PDF(t.Context(), "x.pdf", revised(signed, objects, f.e.Trailer))
				if s := r.Signatures[0]; r.Verdict != verify.Indeterminate || s.SubIndication != verify.SigConstraintsFailure || !slices.Contains(statuses(r, "R-M10"), verify.Fail) {
					t.Errorf("%s, %s: %s", r.Verdict, s.SubIndication, faults(r))
				}
			})
		}
	}
}

// twoFaced is data that is one content stream as it lies and another one decrypted.
func twoFaced(t *testing.T, e *padestest.Encryption, number int, clear, secret string) string {
	t.Helper()
	clear += "\n%" // what follows is a comment to who does not decrypt
	clear = strings.Repeat(" ", -len(clear)&15) + clear
	for n := range 10_000 {
		encrypted := string(e.Encrypt(number, []byte(strconv.Itoa(n)+"\n"+secret)))
		if !strings.ContainsAny(encrypted, "\r\n") {
			return clear + encrypted
		}
	}
	t.Fatal("no ciphertext of one line")
	return ""
}

// TestTwoFaced: what one reader decrypts and another takes for plain text is not judged as
// if all read what we do (R-M10).
func TestTwoFaced(t *testing.T) {
	for _, way := range []padestest.Way{padestest.AESV2, padestest.AESV3} {
		e, err := padestest.NewClearMetadata(way, "")
		if err != nil {
			t.Fatal(err)
		}
		e.Trailer = strings.Replace(e.Trailer, "/StrF", "/EFF /Identity /StrF", 1)
		f := encryptedForm{newForm(t), e}
		f.text[14] = "/XRef"
		f.text[15] = "[/Crypt]"
		said, hidden := "BT /Helv 9 Tf 2 5 Td (new) Tj ET", "BT /Helv 9 Tf 2 5 Td (4000) Tj ET"
		drawn := func(entries, content string) string {
			return streamOf(entries+" /Subtype /Form /BBox [0 0 190 20] /Resources << /Font << /Helv 9 0 R >> >>", content)
		}
		field := strings.Replace(f.text[8], "(old)", "(new)", 1)
		data := twoFaced(t, e, 10, said, hidden)
		f.text[16] = drawn("/Type /XRef", "") // prepared, and used later
		clear := map[int]string{16: drawn("/Type /XRef", data)}
		metadata := streamOf("/Type /Metadata /Subtype /XML", "<x/>")
		root := strings.Replace(f.text[1], "/Pages", "/Metadata 17 0 R /Pages", 1)
		f.text[1] = root
		clear[17] = metadata
		objects := f.e.Objects(f.text)
		for number, object := range clear {
			objects[number] = object
		}
		signed := dictionary{number: 20, objects: map[int]string{7: f.field}, encryption: e}.signedBy(t, f.by, revised(nil, objects, e.Trailer))
		filled := func(appearance string) []byte {
			later := e.Objects(map[int]string{8: field})
			later[10] = appearance
			return revised(signed, later, e.Trailer)
		}
		by := func(text string) string { return string(e.Encrypt(10, []byte(text))) }
		for _, test := range []struct {
			name string
			pdf  []byte
			want verify.Indication
		}{
			{"as all are", filled(drawn("/Type /XObject", by(said))), verify.TotalPassed},
			{"metadata", revised(signed, map[int]string{17: streamOf("/Type /Metadata /Subtype /XML", "<y/>")}, e.Trailer), verify.TotalPassed},
			{"metadata, as it says itself", revised(signed, map[int]string{17: streamOf("/Type /Metadata /Subtype /XML /Filter /Crypt", "<y/>")}, e.Trailer), verify.TotalPassed},

			{"a cross-reference stream that is none", filled(drawn("/Type /XRef", data)), verify.Indeterminate},
			{"metadata that is none", filled(drawn("/Type /Metadata", data)), verify.Indeterminate},
			{"an attached file that is none", filled(drawn("/Type /EmbeddedFile", data)), verify.Indeterminate},
			{"a type elsewhere", filled(drawn("/Type 14 0 R", by(said))), verify.Indeterminate},
			{"Identity", filled(drawn("/Filter /Crypt", data)), verify.Indeterminate},
			{"Identity, elsewhere", filled(drawn("/Filter 15 0 R", data)), verify.Indeterminate},
			{"Identity, last of two", filled(drawn("/Filter [/FlateDecode /Crypt]", by(said))), verify.Indeterminate},
			{"the filter of all, by name", filled(drawn("/Filter /Crypt /DecodeParms << /Name /StdCF >>", by(said))), verify.Indeterminate},
			{"prepared", revised(signed, e.Objects(map[int]string{8: strings.Replace(field, "10 0 R", "16 0 R", 1)}), e.Trailer), verify.Indeterminate},
			{"the document's metadata", revised(signed, e.Objects(map[int]string{8: strings.Replace(field, "10 0 R", "17 0 R", 1)}), e.Trailer), verify.Indeterminate},
		} {
			t.Run(string(way)+"/"+test.name, func(t *testing.T) {
				r := f.w.judgeBy().PDF(t.Context(), "x.pdf", test.pdf)
				if s := r.Signatures[0]; r.Verdict != test.want || test.want == verify.Indeterminate && s.SubIndication != verify.SigConstraintsFailure {
					t.Errorf("%s, %s, want %s: %s", r.Verdict, s.SubIndication, test.want, faults(r))
				}
			})
		}
	}
}

// TestLockedAltogether: of a document in which the password hides even where signatures are
// nobody can say that it has none.
func TestLockedAltogether(t *testing.T) {
	document, err := os.ReadFile("../pades/testdata/password/r6-streams.pdf")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]verify.Indication{"": verify.Indeterminate, "another": verify.Indeterminate, "user": verify.NoSignature, "owner": verify.NoSignature} {
		v := newWorld(t).judgeBy()
		v.Password = password
		r := v.PDF(t.Context(), "x.pdf", document)
		if locked := slices.Contains(statuses(r, "R-M10"), verify.Fail); r.Verdict != want || locked != (want == verify.Indeterminate) || len(r.UnsignedFields) != map[bool]int{false: 2}[locked] {
			t.Errorf("%q: %s, fields %v, want %s: %s", password, r.Verdict, r.UnsignedFields, want, faults(r))
		}
	}
}

// TestLocked: without the password a signature over the whole file is judged and what
// follows another is not; with it, both are.
func TestLocked(t *testing.T) {
	for _, way := range padestest.Ways() {
		f := newEncryptedForm(t, way, "mật khẩu")
		signed := f.signed(dictionary{})
		stored := f.stored(signed)
		for _, test := range []struct {
			name, password string
			pdf            []byte
			want           verify.Indication
			field          string
		}{
			{"whole file", "", signed, verify.TotalPassed, ""},
			{"whole file, password", "mật khẩu", signed, verify.TotalPassed, "head"},
			{"validation data", "", stored, verify.Indeterminate, ""},
			{"validation data, another password", "mật khâu", stored, verify.Indeterminate, ""},
			{"validation data, password", "mật khẩu", stored, verify.TotalPassed, "head"},
			{"the field written again", "", f.next(signed, map[int]string{7: f.field}), verify.Indeterminate, ""}, // its name is other ciphertext
			{"the field removed", "", f.next(signed, map[int]string{6: strings.Replace(f.text[6], "7 0 R ", "", 1)}), verify.TotalFailed, ""},
			{"another page, password", "mật khẩu", f.next(signed, map[int]string{5: streamOf("", "BT (4000 doses) Tj ET")}), verify.TotalFailed, "head"},
		} {
			t.Run(string(way)+"/"+test.name, func(t *testing.T) {
				v := f.w.judgeBy()
				v.Password = test.password
				r := v.PDF(t.Context(), "x.pdf", test.pdf)
				if s := r.Signatures[0]; r.Verdict != test.want || s.Field != test.field {
					t.Errorf("%s of %q, want %s of %q: %s", r.Verdict, s.Field, test.want, test.field, faults(r))
				}
			})
		}
	}
}

// FuzzEncryptedRevision is FuzzRevision on an encrypted document, the object encrypted as the
// document says, or not.
func FuzzEncryptedRevision(f *testing.F) {
	w, text := newWorld(f), formText()
	e, err := padestest.New(padestest.AESV3, "")
	if err != nil {
		f.Fatal(err)
	}
	signed := dictionary{number: 20, encryption: e, objects: map[int]string{7: strings.Replace(text[7], " >>", " /V 20 0 R >>", 1)}}.
		signedBy(f, w.issue(f, nil), revised(nil, e.Objects(text), e.Trailer))
	for n, object := range text {
		f.Add(n, object, false)
	}
	f.Add(5, streamOf("/Filter /Crypt", "BT (4000 doses) Tj ET"), true)
	v := w.judgeBy()
	f.Fuzz(func(t *testing.T, number int, object string, clear bool) {
		if number < 1 || number > 89 {
			return
		}
		objects := map[int]string{number: object}
		if !clear {
			objects = e.Objects(objects)
		}
		checkPages(t, v, revised(signed, objects, e.Trailer))
	})
}
