package main

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"time"

	"kytiem/attest"
	"kytiem/sample"
)

// answer is what a call came to.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// code is the code of a problem.
func (a answer) code() string {
	var problem struct{ Code string }
	_ = json.Unmarshal(a.body, &problem)
	return problem.Code
}

// request is one call, which can be made again.
type request struct {
	method, path, token, key, kind string
	body                           []byte
}

// client keeps no connection beyond a call, so that no call meets one of a process that
// died.
var client = http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}

// try makes a call once.
func (s *served) try(r request) (answer, error) {
	call, err := http.NewRequest(r.method, s.url+r.path, bytes.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	if r.token != "" {
		call.Header.Set("Authorization", "Bearer "+r.token)
	}
	if r.key != "" {
		call.Header.Set("Idempotency-Key", r.key)
	}
	if r.kind != "" {
		call.Header.Set("Content-Type", r.kind)
	}
	got, err := client.Do(call)
	if err != nil {
		return answer{}, err
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil { // half an answer is none
		return answer{}, err
	}
	return answer{got.StatusCode, got.Header, body}, nil
}

// patience is how long a call is repeated until it is answered: many starts of a service
// that is killed over and over, on a busy machine too.
const patience = 3 * time.Minute

// ask makes a call until it is answered, and decodes the answer.
func (s *served) ask(r request, into any) error {
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		a, err := s.try(r)
		switch {
		case time.Now().After(end):
			return fmt.Errorf("%s %s: no answer within %v: %d %s, %w", r.method, r.path, patience, a.status, a.body, err)
		case err != nil, a.status == http.StatusServiceUnavailable, a.status == http.StatusTooManyRequests:
			continue
		case a.code() == "key-busy":
			if s.impatient {
				r.key = rand.Text()
			}
			continue
		case a.status/100 != 2:
			return fmt.Errorf("%s %s: %d %s", r.method, r.path, a.status, a.body)
		}
		return json.Unmarshal(a.body, into)
	}
}

// change is a call with a JSON body, under a key of its own.
func change(path, token string, body any) request {
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err) // of a test's own making
	}
	return request{method: http.MethodPost, path: path, token: token, key: rand.Text(), kind: "application/json", body: encoded}
}

// upload is the import of rows from..from+n of a unit, none of which another has.
func (o *office) upload(seed uint64, n int) request {
	var file bytes.Buffer
	form := multipart.NewWriter(&file)
	_ = form.WriteField("unit", o.Code)
	part, err := form.CreateFormFile("file", "results.csv")
	if err == nil {
		err = sample.WriteCSV(part, sample.Rows(sample.Options{Seed: seed, Rows: n, Unit: o.Unit}), sample.CSVOptions{})
	}
	if err != nil || form.Close() != nil {
		panic(err) // as above
	}
	return request{method: http.MethodPost, path: "/v1/imports", token: o.tokens[attest.Health], key: rand.Text(),
		kind: form.FormDataContentType(), body: file.Bytes()}
}

// signed is a bundle that a client was told is signed.
type signed struct {
	Bundle  string
	Request string
	rows    int
	verdict string // of its document, by the API
}

// attestation takes rows all the way from import to signature.
func (s *served) attestation(o *office, seed uint64, n int) (signed, error) {
	var out signed
	var in struct {
		ID    string
		Taken int
	}
	if err := s.ask(o.upload(seed, n), &in); err != nil {
		return out, err
	}
	if in.Taken != n {
		return out, fmt.Errorf("import %s took %d of %d rows", in.ID, in.Taken, n)
	}
	ids, err := s.fresh(o, in.ID)
	if err != nil || len(ids) != n {
		return out, fmt.Errorf("%d rows of import %s, want %d: %w", len(ids), in.ID, n, err)
	}
	for _, c := range []struct {
		part, result string
		role         attest.Role
	}{{"vaccination", "", attest.Health}, {"identity", "dung", attest.Police}} {
		var done struct{ Confirmed []string }
		body := map[string]any{"records": ids, "part": c.part}
		if c.result != "" {
			body["result"] = c.result
		}
		if err := s.ask(change("/v1/records/confirmations", o.tokens[c.role], body), &done); err != nil {
			return out, err
		}
		if len(done.Confirmed) != n {
			return out, fmt.Errorf("%d of %d rows confirmed", len(done.Confirmed), n)
		}
	}
	var b struct {
		ID, State string
		Size      int
	}
	if err := s.ask(change("/v1/bundles", o.tokens[attest.Health], map[string]any{"unit": o.Code}), &b); err != nil {
		return out, err
	}
	if b.State != "sealed" || b.Size != n {
		return out, fmt.Errorf("bundle %s is %s with %d rows, want %d", b.ID, b.State, b.Size, n)
	}
	out.Bundle, out.rows = b.ID, n
	if out.Request, err = s.sign(o, b.ID); err != nil {
		return out, err
	}
	out.verdict, err = s.verdict(o, b.ID)
	return out, err
}

// fresh lists the rows of an import that nobody has confirmed.
func (s *served) fresh(o *office, of string) (ids []string, err error) {
	for cursor := ""; ; {
		var page struct {
			Items []struct{ ID, Import string }
			Next  string
		}
		err := s.ask(request{method: http.MethodGet, path: "/v1/records?unit=" + o.Code + "&state=health,police&limit=500&cursor=" + cursor,
			token: o.tokens[attest.Health]}, &page)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Items {
			if r.Import == of {
				ids = append(ids, r.ID)
			}
		}
		if cursor = page.Next; cursor == "" {
			return ids, nil
		}
	}
}

// sign has the head sign a bundle, by a key that the service never sees.
func (s *served) sign(o *office, id string) (string, error) {
	var r struct {
		ID    string
		Items []struct {
			ID         string
			Attributes []byte `json:"signed_attributes"`
			Algorithm  string
		}
	}
	order := map[string]any{"bundles": []string{id}, "carrier": "api", "certificates": o.chain}
	if err := s.ask(change("/v1/signing-requests", o.tokens[attest.Head], order), &r); err != nil {
		return "", err
	}
	type item struct {
		ID        string `json:"id"`
		Signature []byte `json:"signature"`
	}
	var items []item
	for _, i := range r.Items {
		sum := sha256.Sum256(i.Attributes)
		signature, err := o.key.Sign(rand.Reader, sum[:], crypto.SHA256)
		if err != nil || i.Algorithm != "RS256" {
			return "", fmt.Errorf("signing by %s: %w", i.Algorithm, err)
		}
		items = append(items, item{i.ID, signature})
	}
	var after struct {
		State    string
		Outcomes []struct{ Taken bool }
	}
	if err := s.ask(change("/v1/signing-requests/"+r.ID+"/signatures", o.tokens[attest.Head], map[string]any{"items": items}), &after); err != nil {
		return "", err
	}
	if after.State != "done" || slices.ContainsFunc(after.Outcomes, func(o struct{ Taken bool }) bool { return !o.Taken }) || len(after.Outcomes) != 2 {
		return "", fmt.Errorf("request %s is %s: %+v", r.ID, after.State, after.Outcomes)
	}
	return r.ID, nil
}

// verdict is the API's on a bundle's document.
func (s *served) verdict(o *office, id string) (string, error) {
	var document answer
	for end := time.Now().Add(patience); document.status != http.StatusOK; time.Sleep(10 * time.Millisecond) {
		var err error
		document, err = s.try(request{method: http.MethodGet, path: "/v1/bundles/" + id + "/bundle.pdf", token: o.tokens[attest.Head]})
		if time.Now().After(end) {
			return "", fmt.Errorf("document of bundle %s: %d, %w", id, document.status, err)
		}
	}
	var report struct{ Verdict string }
	err := s.ask(request{method: http.MethodPost, path: "/v1/verifications", token: o.tokens[attest.Head], kind: "application/pdf", body: document.body}, &report)
	return report.Verdict, err
}
