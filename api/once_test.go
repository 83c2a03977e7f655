package api_test

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"testing"

	"kytiem/attest"
	"kytiem/store"
)

// TestRepeats: a repeat under a key gets the same answer, to the byte, and nothing is done
// twice.
func TestRepeats(t *testing.T) {
	d := newDesk(t, nil)
	content := d.results(t, 4)
	first := d.importFile(t, content, "Idempotency-Key", "k1")
	second := d.importFile(t, content, "Idempotency-Key", "k1") // between other boundaries
	if first.status != http.StatusCreated || second.status != first.status || !bytes.Equal(first.body, second.body) {
		t.Fatalf("repeat is %d %s, first was %d %s", second.status, second.body, first.status, first.body)
	}
	if got := len(d.records(t, "")); got != 4 {
		t.Errorf("%d results after a repeat, want 4", got)
	}
	d.importFile(t, d.results(t, 1), "Idempotency-Key", "k1").is(t, 422, "key-reused")
	d.importFile(t, content, "Idempotency-Key", strings.Repeat("k", 201)).is(t, 400, "idempotency-key")
	d.importFile(t, content, "Idempotency-Key", "k 1").is(t, 400, "idempotency-key")
	// Another account's key of that name is another key.
	_, token := d.hire(t, attest.Health, commune)
	if a := d.send(t, token, "/v1/imports", []file{{"file", "r.csv", content}, {"unit", "", []byte(commune)}}, "Idempotency-Key", "k1"); bytes.Equal(a.body, first.body) || a.status != 201 {
		t.Errorf("another account got the answer %d %s", a.status, a.body)
	}

	d.confirm(t)
	seal := func(key string) *answer {
		return d.call(t, d.token[attest.Health], http.MethodPost, "/v1/bundles", object{"unit": commune}, "Idempotency-Key", key)
	}
	one, two := seal("s"), seal("s")
	if one.status != 201 || !bytes.Equal(one.body, two.body) {
		t.Errorf("sealing again: %d %s, first %s", two.status, two.body, one.body)
	}
	var b bundleSeen
	one.into(t, &b)
	order := object{"bundles": []string{b.ID}, "certificates": chainOf(d.key)}
	prepare := func() *answer {
		return d.call(t, d.token[attest.Head], http.MethodPost, "/v1/signing-requests", order, "Idempotency-Key", "p")
	}
	one, two = prepare(), prepare()
	if one.status != 201 || !bytes.Equal(one.body, two.body) {
		t.Errorf("preparing again: %d %s, first %s", two.status, two.body, one.body)
	}
	var r requestSeen
	one.into(t, &r)
	signatures := sign(t, d.key, r.Items...)
	complete := func() *answer {
		return d.call(t, d.token[attest.Head], http.MethodPost, "/v1/signing-requests/"+r.ID+"/signatures", signatures, "Idempotency-Key", "c")
	}
	one, two = complete(), complete()
	if one.status != 200 || !bytes.Equal(one.body, two.body) || !bytes.Contains(one.body, []byte(`"done"`)) {
		t.Errorf("completing again: %d %s, first %s", two.status, two.body, one.body)
	}
	// The same key on another thing's path is another call.
	recall := func(id string) *answer {
		return d.call(t, d.token[attest.Head], http.MethodPost, "/v1/bundles/"+id+"/recall", object{"reason": "x"}, "Idempotency-Key", "r")
	}
	if a := recall(b.ID); a.status != 200 {
		t.Errorf("recalling: %d %s", a.status, a.body)
	}
	recall("AAAAAAAAAAAAAAAAAAAAAAAAAA").is(t, 404, "not-found")

	// No answer lies readable in the database.
	content, err := readDatabase(d)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(content, []byte(`"file_sha256"`)) || bytes.Contains(content, []byte(d.token[attest.Health])) {
		t.Error("a kept answer, or a token, can be read in the database")
	}
}

// TestFailedThenRepeated: a call that did nothing can be made again under its key, with
// what was wrong put right elsewhere.
func TestFailedThenRepeated(t *testing.T) {
	d := newDesk(t, nil)
	seal := func() *answer {
		return d.call(t, d.token[attest.Health], http.MethodPost, "/v1/bundles", object{"unit": commune}, "Idempotency-Key", "s")
	}
	seal().is(t, 422, "nothing-ready")
	d.importFile(t, d.results(t, 2)).into(t, &object{})
	d.confirm(t)
	if a := seal(); a.status != http.StatusCreated {
		t.Errorf("sealing after it failed: %d %s", a.status, a.body)
	}
}

// TestRepeatsAtOnce: of calls under one key at once, one is made; the others are told the
// answer or to wait.
func TestRepeatsAtOnce(t *testing.T) {
	d := newDesk(t, nil)
	content := d.results(t, 300)
	answers := make([]*answer, 6)
	var wait sync.WaitGroup
	for n := range answers {
		wait.Go(func() { answers[n] = d.importFile(t, content, "Idempotency-Key", "k") })
	}
	wait.Wait()
	var body []byte
	for _, a := range answers {
		switch {
		case a.status == http.StatusConflict:
			a.is(t, http.StatusConflict, "key-busy")
		case a.status != http.StatusCreated, body != nil && !bytes.Equal(body, a.body):
			t.Errorf("status %d, %s beside %s", a.status, a.body, body)
		default:
			body = a.body
		}
	}
	if got := len(d.records(t, "")); body == nil || got != 300 {
		t.Errorf("%d results, want 300", got)
	}
	var imports struct{ Items []object }
	d.call(t, d.token[attest.Health], http.MethodGet, "/v1/imports?unit="+commune, nil).into(t, &imports)
	if len(imports.Items) != 1 {
		t.Errorf("%d imports, want 1", len(imports.Items))
	}
}

// TestTokenRepeats: a token is issued once under a key, and told once.
func TestTokenRepeats(t *testing.T) {
	d := newDesk(t, nil)
	at := "/v1/accounts/" + d.account[attest.Clerk] + "/tokens"
	issue := func() *answer {
		return d.call(t, d.token[attest.Admin], http.MethodPost, at, object{"days": 1}, "Idempotency-Key", "t")
	}
	var issued struct{ ID, Token string }
	issue().into(t, &issued)
	var me object
	d.call(t, issued.Token, http.MethodGet, "/v1/me", nil).into(t, &me)
	if me["role"] != "clerk" || me["unit"] != commune {
		t.Errorf("the token is of %v", me)
	}
	issue().is(t, 409, "key-spent")
	tokens, _, err := d.service.Tokens(t.Context(), attest.Operator(), d.account[attest.Clerk], store.Page{})
	if err != nil || len(tokens) != 2 {
		t.Errorf("%d tokens (%v), want the first and this one", len(tokens), err)
	}
	if a := d.call(t, d.token[attest.Admin], http.MethodDelete, "/v1/tokens/"+issued.ID, nil); a.status != http.StatusNoContent || len(a.body) != 0 {
		t.Errorf("revoking: %d %s", a.status, a.body)
	}
	d.call(t, issued.Token, http.MethodGet, "/v1/me", nil).is(t, 401, "unauthenticated")
	d.call(t, d.token[attest.Admin], http.MethodDelete, "/v1/tokens/"+issued.ID, nil).is(t, 409, "changed")
}
