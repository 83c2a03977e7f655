package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"

	"kytiem/attest"
	"kytiem/certs"
	"kytiem/signer"
)

// levelSeen is what a bundle tells of its signatures.
type levelSeen struct {
	Level     string
	Raising   *struct{ State, Cause string }
	Revisions []struct{ Name, SHA256, Level string }
}

// pieceSeen is one piece of evidence.
type pieceSeen struct{ SHA256, Kind, Source string }

// TestLevels: a bundle that was signed tells what it waits for until it is raised; then its earlier revisions and its
// evidence can be fetched, and what the signature carries cannot be deleted.
func TestLevels(t *testing.T) {
	d := newDesk(t, nil)
	url, err := d.ca.Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := d.sealed(t, 2)
	r := d.prepare(t, d.key, b.ID)
	d.complete(t, r, sign(t, d.key, r.Items...))
	see := func() (seen levelSeen) {
		d.call(t, d.token[attest.Clerk], http.MethodGet, "/v1/bundles/"+b.ID, nil).into(t, &seen)
		return seen
	}
	if seen := see(); seen.Level != "B-B" || seen.Raising == nil || seen.Raising.State != "waiting" || len(seen.Revisions) != 0 {
		t.Errorf("signed: %+v, want B-B, waiting", seen)
	}
	for _, path := range []string{"/v1/levels?unit=" + commune, "/v1/levels?level=B-B&limit=1", "/v1/bundles?unit=" + commune} {
		var list struct {
			Items []struct{ ID, Bundle, Level string }
			Next  string
		}
		d.call(t, d.token[attest.Admin], http.MethodGet, path, nil).into(t, &list)
		if len(list.Items) != 1 || list.Items[0].Bundle+list.Items[0].ID != b.ID || list.Items[0].Level != "B-B" || list.Next != "" {
			t.Errorf("%s: %+v, want the bundle at B-B", path, list)
		}
	}
	d.call(t, d.token[attest.Head], http.MethodGet, "/v1/levels", nil).is(t, http.StatusNotFound, "not-found") // of all units
	d.call(t, d.token[attest.Admin], http.MethodGet, "/v1/levels?level=B-X", nil).is(t, http.StatusUnprocessableEntity, "invalid")

	anchors := certs.Anchors{CA: certs.Path{d.ca.Root().Certificate}, TSA: certs.Path{d.ca.TSARoot().Certificate}}
	with := attest.New(attest.Options{Store: d.store, Anchors: anchors, Revocation: &certs.HTTP{AllowPrivate: true, Now: d.clock.Now},
		Timestamper: &signer.TSA{URL: url + "/tsa", Anchors: anchors, Now: d.clock.Now}})
	if _, err := with.Raise(context.Background(), b.ID); err != nil {
		t.Fatal(err)
	}
	seen := see()
	if seen.Level != "B-LTA" || seen.Raising != nil || len(seen.Revisions) != 2 {
		t.Fatalf("raised: %+v, want B-LTA with two revisions", seen)
	}
	for _, r := range seen.Revisions {
		sum := sha256.Sum256(d.get(t, d.token[attest.Head], "/v1/bundles/"+b.ID+"/revisions/"+r.SHA256))
		if hex.EncodeToString(sum[:]) != r.SHA256 || r.Level != "B-B" {
			t.Errorf("%s at %s: got %x, want %s", r.Name, r.Level, sum, r.SHA256)
		}
	}
	at := "/v1/bundles/" + b.ID + "/evidence"
	kinds := make(map[string]int)
	for cursor := "first"; cursor != ""; {
		var kept struct {
			Items []pieceSeen
			Next  string
		}
		path := at + "?limit=4"
		if cursor != "first" {
			path += "&cursor=" + cursor
		}
		d.call(t, d.token[attest.Clerk], http.MethodGet, path, nil).into(t, &kept)
		for _, e := range kept.Items {
			kinds[e.Kind]++
			sum := sha256.Sum256(d.get(t, d.token[attest.Clerk], at+"/"+e.SHA256))
			if hex.EncodeToString(sum[:]) != e.SHA256 || (e.Kind == "ocsp" || e.Kind == "crl") != (e.Source != "") {
				t.Errorf("%+v: got %x", e, sum)
			}
		}
		cursor = kept.Next
	}
	if kinds["certificate"] < 4 || kinds["ocsp"] == 0 || kinds["crl"] == 0 || kinds["timestamp"] != 4 {
		t.Errorf("evidence %v, want all kinds", kinds)
	}
	leaf := sha256.Sum256(d.key.Certificate.Raw)
	piece := at + "/" + hex.EncodeToString(leaf[:]) + "/delete"
	d.call(t, d.token[attest.Head], http.MethodPost, piece, object{"reason": ""}).is(t, http.StatusUnprocessableEntity, "reason")
	d.call(t, d.token[attest.Head], http.MethodPost, piece, object{"reason": "cũ"}).is(t, http.StatusConflict, "carried")
	d.call(t, d.token[attest.Head], http.MethodPost, at+"/x/delete", object{"reason": "cũ"}).is(t, http.StatusNotFound, "not-found")
}
