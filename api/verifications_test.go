package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"kytiem/api"
	"kytiem/attest"
	"kytiem/attest/desktest"
	"kytiem/certs"
	"kytiem/signer"
	"kytiem/verify"
)

// pdf asks, as anybody, about a document as it comes.
func (d *desk) pdf(t testing.TB, query string, document []byte) *answer {
	t.Helper()
	return d.call(t, "", http.MethodPost, "/v1/verifications"+query, bytes.NewReader(document), "Content-Type", "application/pdf")
}

// withKey gives the service a key of its own.
func withKey(t testing.TB) func(*api.Options, *attest.Options) {
	return func(_ *api.Options, o *attest.Options) { desktest.Statements(t, o) }
}

// TestFullReport: every check, and the evidence; the same input at the same time gives the
// same bytes.
func TestFullReport(t *testing.T) {
	d := newDesk(t, nil)
	pages := d.get(t, d.token[attest.Head], "/v1/bundles/"+d.signed(t, 1).ID+"/bundle.pdf")
	var simple, full verify.Report
	plain := d.pdf(t, "", pages)
	plain.into(t, &simple)
	if asked := d.pdf(t, "?report=simple", pages); !bytes.Equal(asked.body, plain.body) {
		t.Errorf("report=simple is\n%s\nwithout it it is\n%s", asked.body, plain.body)
	}
	d.pdf(t, "?report=both", pages).is(t, 422, "invalid")
	first := d.pdf(t, "?report=full", pages)
	first.into(t, &full)
	if simple.Evidence != nil || full.Evidence == nil || len(full.Evidence.Certificates) < 2 || len(full.Evidence.OCSPs) == 0 {
		t.Fatalf("simple %+v, full %+v: want certificates and OCSP responses in the full one", simple.Evidence, full.Evidence)
	}
	if len(full.Signatures) != 1 || len(full.Signatures[0].Checks) < 10 || full.Signatures[0].Algorithm != "RS256" {
		t.Errorf("signatures %+v", full.Signatures)
	}
	leaf := false
	for _, der := range full.Evidence.Certificates {
		leaf = leaf || bytes.Equal(der, d.key.Certificate.Raw)
	}
	if !leaf {
		t.Error("the signer's certificate is no evidence")
	}
	for range 2 {
		if again := d.pdf(t, "?report=full", pages); !bytes.Equal(again.body, first.body) {
			t.Errorf("the same document is told of differently:\n%s\n%s", again.body, first.body)
		}
	}
}

// TestSignedReport: the service signs the very bytes that it would have answered with, and
// anybody's verifier can check that.
func TestSignedReport(t *testing.T) {
	d := newDesk(t, withKey(t))
	pages := d.get(t, d.token[attest.Head], "/v1/bundles/"+d.signed(t, 1).ID+"/bundle.pdf")
	plain := d.pdf(t, "?report=full", pages)
	var signed struct{ Statement, Signature []byte }
	d.pdf(t, "?report=full&signed=true", pages).into(t, &signed)
	if !bytes.Equal(signed.Statement, plain.body) {
		t.Errorf("signed is\n%s\nwant\n%s", signed.Statement, plain.body)
	}
	got := d.verify(t, file{"file", "report.p7s", signed.Signature}, file{"content", "report.json", signed.Statement})
	if got.Verdict != "TOTAL_PASSED" || got.Bundle != nil {
		t.Errorf("the signed report is %+v", got)
	}
	other := bytes.Replace(signed.Statement, []byte("TOTAL_PASSED"), []byte("TOTAL_FAILED"), 1)
	if got := d.verify(t, file{"file", "report.p7s", signed.Signature}, file{"content", "report.json", other}); got.Verdict != "TOTAL_FAILED" {
		t.Errorf("a report that was changed is %+v", got)
	}
	newDesk(t, nil).pdf(t, "?signed=true", pages).is(t, http.StatusNotImplemented, "no-key")
}

// raised is a document of the desk's whose signature was raised, and the document as it was
// signed.
func (d *desk) raised(t testing.TB) (b bundleSeen, now, then []byte) {
	t.Helper()
	url, err := d.ca.Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b = d.signed(t, 1)
	at := "/v1/bundles/" + b.ID + "/bundle.pdf"
	then = d.get(t, d.token[attest.Head], at)
	anchors := certs.Anchors{CA: certs.Path{d.ca.Root().Certificate}, TSA: certs.Path{d.ca.TSARoot().Certificate}}
	with := attest.New(attest.Options{Store: d.store, Anchors: anchors, Revocation: &certs.HTTP{AllowPrivate: true, Now: d.clock.Now},
		Timestamper: &signer.TSA{URL: url + "/tsa", Anchors: anchors, Now: d.clock.Now}})
	if _, err := with.Raise(t.Context(), b.ID); err != nil {
		t.Fatal(err)
	}
	return b, d.get(t, d.token[attest.Head], at), then
}

// TestRevision: the report names the revision that each signature covers, and that is what
// comes back, byte for byte.
func TestRevision(t *testing.T) {
	d := newDesk(t, nil)
	_, now, _ := d.raised(t)
	var r verify.Report
	d.pdf(t, "", now).into(t, &r)
	if len(r.Signatures) < 2 {
		t.Fatalf("%d signatures, want the head's and a time-stamp", len(r.Signatures))
	}
	for _, s := range r.Signatures {
		for how, a := range map[string]*answer{
			"raw":  d.call(t, "", http.MethodPost, "/v1/verifications/revisions/"+s.Coverage.SHA256, bytes.NewReader(now), "Content-Type", "application/pdf"),
			"form": d.send(t, "", "/v1/verifications/revisions/"+s.Coverage.SHA256, []file{{"file", "x.pdf", now}}),
		} {
			sum := sha256.Sum256(a.body)
			if a.status != http.StatusOK || hex.EncodeToString(sum[:]) != s.Coverage.SHA256 || !bytes.HasPrefix(now, a.body) || int64(len(a.body)) != s.Coverage.Size {
				t.Errorf("%s of %s: status %d, %d bytes of %x; want the %d of %s", how, s.ID, a.status, len(a.body), sum, s.Coverage.Size, s.Coverage.SHA256)
			}
			if kind := a.header.Get("Content-Type"); kind != "application/pdf" || a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s, kept by %q", kind, a.header.Get("Cache-Control"))
			}
		}
	}
	ask := func(sum string, document string) *answer {
		return d.call(t, "", http.MethodPost, "/v1/verifications/revisions/"+sum, strings.NewReader(document), "Content-Type", "application/pdf")
	}
	ask(strings.Repeat("0", 64), string(now)).is(t, http.StatusNotFound, "no-such-revision")
	ask("x", string(now)).is(t, http.StatusUnprocessableEntity, "invalid")
	ask(strings.Repeat("0", 64), "hello").is(t, http.StatusBadRequest, "unreadable")
	ask(strings.Repeat("0", 64), "").is(t, http.StatusBadRequest, "no-body")
}

// TestWhereABundleStands: of each state of a bundle the answer on its document and on its
// data says what that means, and of a root that is not ours that it is not.
func TestWhereABundleStands(t *testing.T) {
	d := newDesk(t, nil)
	head, clerk := d.token[attest.Head], d.token[attest.Clerk]
	stands := func(what string, document []byte, ours bool, status string) {
		t.Helper()
		var r struct {
			Verdict string
			Bundle  *struct {
				Status string
				Ours   *bool
			}
		}
		d.pdf(t, "", document).into(t, &r)
		if r.Verdict != "TOTAL_PASSED" || r.Bundle == nil || r.Bundle.Ours == nil || *r.Bundle.Ours != ours || r.Bundle.Status != status {
			t.Errorf("%s is %s, %+v; want it passed, ours %t, %s", what, r.Verdict, r.Bundle, ours, status)
		}
	}
	old := d.signed(t, 2)
	at := "/v1/bundles/" + old.ID
	document := d.get(t, head, at+"/bundle.pdf")
	stands("signed", document, true, "valid")

	var successor bundleSeen
	d.call(t, head, http.MethodPost, at+"/supersede", object{"reason": "sai lô"}).into(t, &successor)
	stands("with an open successor", document, true, "valid")
	successor = d.seal(t)
	r := d.prepare(t, d.key, successor.ID)
	d.complete(t, r, sign(t, d.key, r.Items...))
	stands("superseded", document, true, "superseded")
	next := d.get(t, head, "/v1/bundles/"+successor.ID+"/bundle.pdf")
	stands("the successor", next, true, "valid")

	d.call(t, head, http.MethodPost, "/v1/bundles/"+successor.ID+"/recall", object{"reason": "sai đối tượng"}).into(t, &object{})
	stands("recalled", next, true, "recalled")

	minuted := d.seal(t)
	at = "/v1/bundles/" + minuted.ID
	d.call(t, clerk, http.MethodPost, at+"/minutes", object{"parties": parties()}).into(t, &object{})
	d.call(t, clerk, http.MethodPost, at+"/minutes/scan", bytes.NewReader(d.get(t, clerk, at+"/minutes.pdf")), "Content-Type", "application/pdf").into(t, &object{})
	r = d.prepare(t, d.key, minuted.ID)
	d.complete(t, requestSeen{ID: r.ID}, sign(t, d.key, r.Items[0])) // the document alone: the bundle is not signed by that
	content := d.get(t, head, "/v1/signing-requests/"+r.ID+"/items/"+r.Items[1].ID+"/content")
	var report struct {
		Bundle *struct {
			Status string
			Ours   *bool
		}
	}
	d.send(t, "", "/v1/verifications", []file{{"file", "x.p7s", d.get(t, "", "/v1/bundles/"+old.ID+"/manifest.p7s")}, {"content", "manifest.json", content}}).into(t, &report)
	if report.Bundle == nil || report.Bundle.Status != "minuted" || !*report.Bundle.Ours {
		t.Errorf("minuted only: %+v", report.Bundle)
	}

	stranger := newDesk(t, nil) // whose anchors are others
	theirs := stranger.get(t, stranger.token[attest.Head], "/v1/bundles/"+stranger.signed(t, 1).ID+"/bundle.pdf")
	d.pdf(t, "", theirs).into(t, &report)
	if report.Bundle == nil || report.Bundle.Status != "unknown" || *report.Bundle.Ours {
		t.Errorf("somebody else's root: %+v", report.Bundle)
	}
}

// TestPassword: a wrong password is told, a right one opens the document, and none is not in
// the way.
func TestPassword(t *testing.T) {
	d := newDesk(t, nil)
	document, err := os.ReadFile("../pades/testdata/password/r6.pdf")
	if err != nil {
		t.Fatal(err)
	}
	ask := func(content []byte, password string) *answer {
		return d.send(t, "", "/v1/verifications", []file{{"file", "x.pdf", content}, {"password", "", []byte(password)}})
	}
	wrong := ask(document, "mật khẩu")
	wrong.is(t, http.StatusUnprocessableEntity, "password")
	if strings.Contains(d.log.String(), "mật khẩu") {
		t.Errorf("the password is repeated: %s", wrong.body)
	}
	streams, err := os.ReadFile("../pades/testdata/password/r6-streams.pdf")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]string{"": "[]", "user": "[head organisation]"} {
		var r struct {
			UnsignedFields []string `json:"unsigned_fields"`
		}
		if ask(streams, password).into(t, &r); "["+strings.Join(r.UnsignedFields, " ")+"]" != want {
			t.Errorf("with %q the fields are %v, want %s", password, r.UnsignedFields, want)
		}
	}
	for name, a := range map[string]*answer{
		"user's": ask(document, "user"), "owner's": ask(document, "owner"), "none": ask(document, ""),
		"of what is not encrypted": ask(d.get(t, d.token[attest.Head], "/v1/bundles/"+d.signed(t, 1).ID+"/bundle.pdf"), "x"),
	} {
		var r reportSeen
		if a.into(t, &r); r.Verdict == "" {
			t.Errorf("%s: %s", name, a.body)
		}
	}
}

// TestNothingIsKept: of what was verified nothing is left, on disk or in the database, and
// none of it is in the log.
func TestNothingIsKept(t *testing.T) {
	temp := t.TempDir()
	d := newDesk(t, func(o *api.Options, _ *attest.Options) { o.Temp, o.MaxDocument = temp, 1<<20 })
	document := []byte("%PDF-1.7 " + strings.Repeat("Nguyễn Văn Mẫu 079075000123 ", 2000))
	before, err := readDatabase(d)
	if err != nil {
		t.Fatal(err)
	}
	wrapped := base64.StdEncoding.EncodeToString(document)
	for _, a := range []*answer{
		d.pdf(t, "", document),
		d.named(t, document),
		d.pdf(t, "?report=full", document),
		// Too large by a little, of a length that is not said: it is read to the limit, and nobody is cut off while he sends.
		d.call(t, "", http.MethodPost, "/v1/verifications", io.MultiReader(bytes.NewReader(bytes.Repeat(document, 16))), "Content-Type", "application/pdf"),
		d.call(t, "", http.MethodPost, "/v1/verifications/revisions/"+strings.Repeat("0", 64), bytes.NewReader(document), "Content-Type", "application/pdf"),
		d.call(t, "", http.MethodPost, "/validate", object{"document": wrapped, "filename": "x.pdf"}),
		d.call(t, "", http.MethodPost, "/services/rest/validation/validateSignature", object{"signedDocument": object{"bytes": wrapped, "name": "x.pdf"}}),
	} {
		if a.status >= 500 {
			t.Errorf("status %d, %s", a.status, a.body)
		}
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
	after, err := readDatabase(d)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the database was written to: %d bytes before, %d after (%v)", len(before), len(after), err)
	}
	if strings.Contains(d.log.String(), "079075000123") {
		t.Error("the log tells of what was sent")
	}
}

// named sends a document in a form, under a name that is nobody's business.
func (d *desk) named(t testing.TB, document []byte) *answer {
	t.Helper()
	return d.send(t, "", "/v1/verifications", []file{{"file", "Nguyễn Văn Mẫu 079075000123.pdf", document}})
}
