package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"testing"

	"kytiem/attest"
)

type reportSeen struct {
	Verdict string
	Bundle  *struct{ ID, Status string }
	Proof   *struct {
		Inclusion string
		Disclosed []string
	}
}

// verify asks, as anybody, about a file.
func (d *desk) verify(t testing.TB, files ...file) (r reportSeen) {
	t.Helper()
	d.send(t, "", "/v1/verifications", files).into(t, &r)
	return r
}

// TestWholeWay goes from a file of results to a proof that a stranger verifies, by calls
// alone.
func TestWholeWay(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 5)
	if b.State != "sealed" || b.Size != 5 || b.Root == "" {
		t.Fatalf("bundle %+v, want it sealed with 5", b)
	}
	var status struct {
		Status    string
		Statement []byte
		Signature []byte
	}
	d.call(t, "", http.MethodGet, "/v1/bundles/"+b.ID+"/status", nil).into(t, &status)
	if status.Status != "unknown" {
		t.Errorf("status %s before anybody attested it, want unknown", status.Status)
	}
	r := d.prepare(t, d.key, b.ID)
	if len(r.Items) != 2 || r.State != "open" {
		t.Fatalf("request %+v, want two open items", r)
	}
	for _, i := range r.Items {
		content := d.get(t, d.token[attest.Head], "/v1/signing-requests/"+r.ID+"/items/"+i.ID+"/content")
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != i.DocumentSHA256 {
			t.Errorf("content of %s has the digest %x, want %s", i.Kind, sum, i.DocumentSHA256)
		}
	}
	if b := d.bundle(t, b.ID); b.State != "pending" || b.Request != r.ID {
		t.Errorf("bundle %s with request %s, want pending with %s", b.State, b.Request, r.ID)
	}
	if after := d.complete(t, r, sign(t, d.key, r.Items...)); after.State != "done" {
		t.Errorf("request is %s, want done", after.State)
	}
	d.state(t, b.ID, "signed")

	pages := d.get(t, d.token[attest.Head], "/v1/bundles/"+b.ID+"/bundle.pdf")
	if got := d.verify(t, file{"file", "x.pdf", pages}); got.Verdict != "TOTAL_PASSED" || got.Bundle.Status != "valid" {
		t.Errorf("the document is %+v", got)
	}
	manifest, p7s := d.get(t, "", "/v1/bundles/"+b.ID+"/manifest.json"), d.get(t, "", "/v1/bundles/"+b.ID+"/manifest.p7s")
	if got := d.verify(t, file{"file", "x.p7s", p7s}, file{"content", "manifest.json", manifest}); got.Verdict != "TOTAL_PASSED" || got.Bundle.Status != "valid" {
		t.Errorf("the manifest is %+v", got)
	}
	var report reportSeen
	sum := sha256.Sum256(manifest)
	d.call(t, "", http.MethodPost, "/v1/verifications", object{"signature": p7s, "sha256": hex.EncodeToString(sum[:])}).into(t, &report)
	if report.Verdict != "TOTAL_PASSED" || report.Bundle != nil {
		t.Errorf("the manifest by its digest is %+v, want TOTAL_PASSED of content that nobody saw", report)
	}
	sum[0]++
	d.call(t, "", http.MethodPost, "/v1/verifications", object{"signature": p7s, "sha256": hex.EncodeToString(sum[:])}).into(t, &report)
	if report.Verdict != "TOTAL_FAILED" {
		t.Errorf("another digest is %+v, want TOTAL_FAILED", report)
	}
	d.call(t, "", http.MethodPost, "/v1/verifications", bytes.NewReader(pages), "Content-Type", "application/pdf").into(t, &report)
	if report.Verdict != "TOTAL_PASSED" {
		t.Errorf("the document as it comes is %+v", report)
	}

	for _, record := range d.records(t, "&state=in_bundle") {
		proof := d.get(t, d.token[attest.Health], "/v1/records/"+record.ID+"/proof?disclose=full_name,vaccinated_on")
		got := d.verify(t, file{"file", "proof.json", proof})
		if got.Verdict != "TOTAL_PASSED" || got.Proof.Inclusion != "OK" || len(got.Proof.Disclosed) != 2 || got.Bundle.Status != "valid" {
			t.Errorf("the proof is %+v", got)
		}
		d.call(t, "", http.MethodPost, "/v1/verifications", bytes.NewReader(proof), "Content-Type", "application/json").into(t, &report)
		if report.Verdict != "TOTAL_PASSED" {
			t.Errorf("the proof as JSON is %+v", report)
		}
	}
	d.call(t, "", http.MethodGet, "/v1/bundles/"+b.ID+"/status", nil).into(t, &status)
	var said struct{ Status string }
	if err := json.Unmarshal(status.Statement, &said); err != nil || status.Status != "valid" || said.Status != "valid" || status.Signature != nil {
		t.Errorf("status %+v says %+v (%v), want valid and unsigned", status, said, err)
	}
}

func parties() []object {
	return []object{
		{"party": "Ủy ban nhân dân xã Phú Hòa", "name": "Trần Văn Mẫu", "position": "Chủ tịch", "role": "chair"},
		{"party": "Trạm Y tế xã Phú Hòa", "role": "secretary"},
		{"party": "Công an xã Phú Hòa"},
	}
}

// TestMinutes goes the other way: minutes on paper, then the same root signed; and what
// comes of bundles that are replaced and recalled.
func TestMinutes(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 3)
	at := "/v1/bundles/" + b.ID
	d.call(t, d.token[attest.Head], http.MethodPost, at+"/minutes/scan", bytes.NewReader([]byte("%PDF-1.4 x")), "Content-Type", "application/pdf").is(t, 409, "no-minutes")
	d.call(t, d.token[attest.Clerk], http.MethodPost, at+"/minutes", object{"parties": parties()[:2]}).is(t, 422, "minutes-parties")
	d.call(t, d.token[attest.Clerk], http.MethodPost, at+"/minutes", object{"parties": parties()[1:]}).is(t, 422, "minutes-parties")
	d.call(t, d.token[attest.Clerk], http.MethodPost, at+"/minutes", object{"parties": parties(), "start": "hôm qua"}).is(t, 422, "minutes-time")
	d.call(t, d.token[attest.Clerk], http.MethodPost, at+"/minutes", object{"parties": parties(), "start": "2022-01-05T08:30", "venue": "Trụ sở"}).into(t, &object{})
	d.state(t, b.ID, "sealed")
	minutes := d.get(t, d.token[attest.Clerk], at+"/minutes.pdf")
	d.call(t, d.token[attest.Clerk], http.MethodPost, at+"/minutes/scan", bytes.NewReader([]byte("GIF89a")), "Content-Type", "application/pdf").is(t, 422, "not-a-scan")
	d.send(t, d.token[attest.Clerk], at+"/minutes/scan", []file{{"file", "scan.pdf", minutes}}).into(t, &object{})
	d.state(t, b.ID, "minuted")
	if got := d.get(t, d.token[attest.Head], at+"/scan.pdf"); !bytes.Equal(got, minutes) {
		t.Error("the scan is not what was sent")
	}

	r := d.prepare(t, d.key, b.ID)
	d.complete(t, r, sign(t, d.key, r.Items...))
	if got := d.bundle(t, b.ID); got.State != "signed" || got.Root != b.Root {
		t.Errorf("bundle is %s with root %s, want signed with %s", got.State, got.Root, b.Root)
	}

	d.call(t, d.token[attest.Head], http.MethodPost, at+"/supersede", object{"reason": " "}).is(t, 422, "reason")
	var next bundleSeen
	d.call(t, d.token[attest.Head], http.MethodPost, at+"/supersede", object{"reason": "sai số lô"}).into(t, &next)
	if next.State != "open" || next.Supersedes != b.ID {
		t.Fatalf("successor %+v", next)
	}
	record := d.records(t, "")[0]
	d.call(t, d.token[attest.Health], http.MethodPost, "/v1/records/"+record.ID+"/corrections",
		object{"fields": object{"lot_number": "FF9999"}, "reason": "nhập sai", "evidence": "sổ tiêm"}).into(t, &object{})
	d.confirm(t)
	if next = d.seal(t); next.Supersedes != b.ID || next.State != "sealed" {
		t.Fatalf("successor %+v", next)
	}
	d.state(t, b.ID, "signed")
	r = d.prepare(t, d.key, next.ID)
	d.complete(t, r, sign(t, d.key, r.Items...))
	d.state(t, b.ID, "superseded")
	var status struct {
		Status, Reason string
		SupersededBy   string `json:"superseded_by"`
	}
	d.call(t, "", http.MethodGet, at+"/status", nil).into(t, &status)
	if status.Status != "superseded" || status.SupersededBy != next.ID || status.Reason != "sai số lô" {
		t.Errorf("status %+v", status)
	}
	d.call(t, d.token[attest.Head], http.MethodPost, at+"/recall", object{"reason": "nhầm"}).is(t, 409, "state")
	d.call(t, d.token[attest.Head], http.MethodPost, "/v1/bundles/"+next.ID+"/recall", object{"reason": "nhầm đơn vị"}).into(t, &object{})
	d.call(t, "", http.MethodGet, "/v1/bundles/"+next.ID+"/status", nil).into(t, &status)
	if status.Status != "recalled" || status.Reason != "nhầm đơn vị" {
		t.Errorf("status %+v", status)
	}
}
