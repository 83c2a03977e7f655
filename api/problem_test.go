package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"kytiem/api"
	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/sample"
	"kytiem/store/pgtest"
)

// TestBadJSON: what is no JSON that a call takes.
func TestBadJSON(t *testing.T) {
	d := newDesk(t, func(o *api.Options, _ *attest.Options) { o.MaxJSON = 4 << 10 })
	for _, tt := range []struct {
		name, body, kind string
		status           int
		code             string
	}{
		{"none", "", "application/json", 400, "no-body"},
		{"half", `{"unit":`, "application/json", 400, "json"},
		{"two values", `{"unit":"1"}{}`, "application/json", 400, "json"},
		{"a name twice", `{"unit":"26221","unit":"26227"}`, "application/json", 400, "json"},
		{"too deep", strings.Repeat("[", 40) + strings.Repeat("]", 40), "application/json", 400, "json"},
		{"not UTF-8", "{\"unit\":\"\xff\"}", "application/json", 400, "json"},
		{"trailing comma", `{"unit":"26221",}`, "application/json", 400, "json"},
		{"unknown name", `{"unit":"26221","size":3}`, "application/json", 422, "invalid"},
		{"other case", `{"Unit":"26221"}`, "application/json", 422, "invalid"},
		{"missing name", `{}`, "application/json", 422, "invalid"},
		{"other type", `{"unit":5}`, "application/json", 422, "invalid"},
		{"null", `{"unit":null}`, "application/json", 422, "invalid"},
		{"array", `[]`, "application/json", 422, "invalid"},
		{"fraction", `{"unit":"26221","limit":0.5}`, "application/json", 422, "invalid"},
		{"negative", `{"unit":"26221","limit":-1}`, "application/json", 422, "invalid"},
		{"too large", `{"unit":"` + strings.Repeat("1", 5<<10) + `"}`, "application/json", 413, "too-large"},
		{"form", `unit=26221`, "application/x-www-form-urlencoded", 415, "media-type"},
		{"nothing said", `{"unit":"26221"}`, "", 415, "media-type"},
		{"other charset", `{"unit":"26221"}`, "application/json; charset=utf-16", 415, "media-type"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := d.call(t, d.token[attest.Health], http.MethodPost, "/v1/bundles", strings.NewReader(tt.body), "Content-Type", tt.kind)
			a.is(t, tt.status, tt.code)
			if tt.status != 422 {
				return
			}
			var p struct {
				Errors []struct{ Location, Code, VI, EN string }
			}
			if err := json.Unmarshal(a.body, &p); err != nil || len(p.Errors) == 0 {
				t.Fatalf("%s names no place (%v)", a.body, err)
			}
			for _, e := range p.Errors {
				if e.Location == "" || e.Code == "" || e.VI == "" || e.EN == "" || e.VI == e.EN {
					t.Errorf("place %+v", e)
				}
			}
		})
	}
	secret := "Bí Mật Nguyễn 079075000123"
	a := d.call(t, d.token[attest.Health], http.MethodPost, "/v1/records/search", object{"unit": commune, "name": 5, "state": []string{secret}})
	a.is(t, 422, "invalid")
	if strings.Contains(string(a.body), "079075000123") {
		t.Errorf("the answer repeats what was sent: %s", a.body)
	}
	d.call(t, d.token[attest.Health], http.MethodPost, "/v1/records/search", object{"unit": commune, "name": "nguyen"}).into(t, &object{})
}

// TestQueries: what is no query, and cursors of other lists.
func TestQueries(t *testing.T) {
	d := newDesk(t, nil)
	d.importFile(t, d.results(t, 5)).into(t, &object{})
	health := d.token[attest.Health]
	for url, want := range map[string]struct {
		status int
		code   string
	}{
		"/v1/records":                              {422, "invalid"},
		"/v1/records?unit=26221&limit=0":           {422, "invalid"},
		"/v1/records?unit=26221&limit=501":         {422, "invalid"},
		"/v1/records?unit=26221&limit=x":           {422, "invalid"},
		"/v1/records?unit=26221&name=nguyen":       {422, "invalid"},
		"/v1/records?unit=26221&state=lost":        {422, "invalid"},
		"/v1/records?unit=26221&state=match,ready": {422, "invalid"},
		"/v1/records?unit=26221&cursor=x":          {400, "cursor"},
		"/v1/records?unit=26221&cursor=WyJBIl0":    {400, "cursor"},
		"/v1/imports?unit=26221&cursor=WyJBIl0":    {400, "cursor"},
		"/v1/verifications?report=half":            {405, "no-such-method"},
		"/v1/records/%ff":                          {422, "invalid"},
		"/v1/records/a%00b":                        {422, "invalid"},
		"/v1/records?unit=%ff":                     {422, "invalid"},
		"/v1/records?unit=26221%00":                {422, "invalid"},
		"/v1/nothing":                              {404, "no-such-call"},
		"/v1/records/":                             {404, "no-such-call"},
		"/":                                        {404, "no-such-call"},
	} {
		d.call(t, health, http.MethodGet, url, nil).is(t, want.status, want.code)
	}
	var first, second struct {
		Items []recordSeen
		Next  string
	}
	d.call(t, health, http.MethodGet, "/v1/records?unit=26221&limit=3", nil).into(t, &first)
	d.call(t, health, http.MethodGet, "/v1/records?unit=26221&limit=3&cursor="+first.Next, nil).into(t, &second)
	if len(first.Items) != 3 || len(second.Items) != 2 || second.Next != "" {
		t.Errorf("pages of %d and %d, then %q", len(first.Items), len(second.Items), second.Next)
	}
	d.call(t, health, http.MethodGet, "/v1/bundles?unit=26221&cursor="+first.Next, nil).is(t, 400, "cursor")
	var found struct{ Items []recordSeen }
	d.call(t, health, http.MethodPost, "/v1/records/search", object{"unit": commune, "name": first.Items[0].FullName}).into(t, &found)
	if len(found.Items) == 0 || found.Items[0].FullName != first.Items[0].FullName {
		t.Errorf("search finds %+v", found)
	}
	var counts struct {
		Total, Ready int
		Lacking      map[string]int
	}
	d.call(t, health, http.MethodGet, "/v1/records/counts?unit=26221", nil).into(t, &counts)
	if counts.Total != 5 || counts.Lacking["health"] != 5 {
		t.Errorf("counts %+v", counts)
	}
}

// TestLanguages: problems are in Vietnamese unless English is asked for.
func TestLanguages(t *testing.T) {
	d := newDesk(t, nil)
	for asked, english := range map[string]bool{
		"": false, "en": true, "vi": false, "en-GB,en;q=0.9,vi;q=0.1": true, "vi-VN,vi;q=0.9,en;q=0.8": false, "fr": false, "en;q=0": false,
		"en,vi": false, strings.Repeat("en,", 200): false,
	} {
		a := d.call(t, "", http.MethodGet, "/v1/me", nil, "Accept-Language", asked)
		a.is(t, 401, "unauthenticated")
		var p struct{ Title, Detail, VI, EN string }
		if err := json.Unmarshal(a.body, &p); err != nil {
			t.Fatal(err)
		}
		want, language := p.VI, "vi"
		if english {
			want, language = p.EN, "en"
		}
		if p.Detail != want || a.header.Get("Content-Language") != language || (p.Title == "Not signed in") != english {
			t.Errorf("asked for %.40q: %q in %s", asked, p.Detail, a.header.Get("Content-Language"))
		}
	}
	if got := d.call(t, "", http.MethodGet, "/v1/me", nil).header.Get("WWW-Authenticate"); got != `Bearer realm="kytiem"` {
		t.Errorf("WWW-Authenticate %q", got)
	}
	d.call(t, "", http.MethodGet, "/v1/me", nil, "Authorization", "Basic eDp5").is(t, 401, "unauthenticated")
	d.call(t, "", http.MethodGet, "/v1/bundles/x/status", nil, "Authorization", "Bearer x").is(t, 401, "unauthenticated")
}

// TestRefusals: each refusal of the steps by its problem.
func TestRefusals(t *testing.T) {
	d := newDesk(t, nil)
	health, head := d.token[attest.Health], d.token[attest.Head]
	b := d.sealed(t, 3)
	record := d.records(t, "")[0].ID
	at := "/v1/records/" + record + "/corrections"
	d.call(t, health, http.MethodPost, at, object{"fields": object{"vaccine": "x"}, "reason": "x"}).is(t, 409, "in-bundle")
	d.call(t, health, http.MethodPost, "/v1/bundles/"+b.ID+"/withdraw", object{"reason": "x"}).into(t, &object{})
	d.call(t, health, http.MethodPost, at, object{"fields": object{"colour": "x"}, "reason": "x"}).is(t, 422, "field")
	d.call(t, health, http.MethodPost, at, object{"fields": object{"vaccine": "x"}, "reason": ""}).is(t, 422, "reason")
	d.call(t, health, http.MethodPost, at, object{"fields": object{"birth_date": "2090-01-01"}, "reason": "x"}).is(t, 422, "correction-invalid")
	d.call(t, health, http.MethodPost, "/v1/records/confirmations", object{"records": []string{record}, "part": "vaccination", "result": "sai"}).is(t, 422, "part")
	d.call(t, d.token[attest.Police], http.MethodPost, "/v1/records/confirmations", object{"records": []string{record}, "part": "identity", "result": "sai"}).is(t, 422, "reason")
	d.call(t, health, http.MethodPost, "/v1/records/confirmations", object{"records": []string{record}, "part": "identity", "result": "dung"}).is(t, 403, "forbidden")
	d.call(t, health, http.MethodPost, "/v1/records/confirmations", object{"records": []string{record, bundle.NewID()}, "part": "vaccination"}).is(t, 404, "not-found")

	b = d.seal(t)
	order := func(change object) object {
		o := object{"bundles": []string{b.ID}, "carrier": "api", "certificates": chainOf(d.key)}
		for name, value := range change {
			o[name] = value
		}
		return o
	}
	unit, _ := sample.Unit(commune)
	for _, tt := range []struct {
		change object
		status int
		code   string
	}{
		{object{"carrier": "agent"}, 422, "carrier"},
		{object{"carrier": "csc"}, 422, "carrier"},
		{object{"carrier": "x"}, 422, "invalid"},
		{object{"certificates": []string{"AAAA"}}, 422, "invalid"},
		{object{"certificates": []string{"%"}}, 422, "invalid"},
		{object{"certificates": []string{}}, 422, "invalid"},
		{object{"bundles": []string{bundle.NewID()}}, 404, "not-found"},
		{object{"number": "năm"}, 422, "malformed"},
		{object{"date": "2020-01-01"}, 422, "date"},
		{object{"date": "5/1/2022"}, 422, "invalid"},
		{object{"certificates": chainOf(d.issue(t, "MST:0000000000"))}, 422, "wrong-holder"},
		{object{"certificates": chainOf(d.issue(t, unit.Identifier))[:1]}, 422, "untrusted"},
	} {
		d.call(t, head, http.MethodPost, "/v1/signing-requests", order(tt.change)).is(t, tt.status, tt.code)
	}
	r := d.prepare(t, d.key, b.ID)
	d.call(t, head, http.MethodPost, "/v1/signing-requests", order(nil)).is(t, 409, "request-open")
	d.call(t, health, http.MethodPost, "/v1/bundles/"+b.ID+"/withdraw", object{"reason": "x"}).is(t, 409, "request-open")
	var after requestSeen
	signatures := sign(t, d.key, r.Items[:1]...)
	d.call(t, head, http.MethodPost, "/v1/signing-requests/"+r.ID+"/signatures", object{"items": []object{
		{"id": r.Items[1].ID, "signature": signatures["items"].([]object)[0]["signature"]}, {"id": bundle.NewID(), "signature": []byte("x")}}}).into(t, &after)
	if len(after.Outcomes) != 2 || after.Outcomes[0].Code != "signature" || after.Outcomes[1].Code != "no-such-item" {
		t.Errorf("outcomes %+v", after.Outcomes)
	}
	d.call(t, head, http.MethodGet, "/v1/signing-requests/"+r.ID+"/items/"+bundle.NewID()+"/content", nil).is(t, 404, "no-such-item")
	d.call(t, head, http.MethodPost, "/v1/signing-requests/"+r.ID+"/refuse", object{"reason": "chưa đúng"}).into(t, &after)
	d.call(t, head, http.MethodPost, "/v1/signing-requests/"+r.ID+"/signatures", signatures).is(t, 409, "request-closed")
	d.call(t, head, http.MethodPost, "/v1/signing-requests/"+r.ID+"/refuse", object{"reason": "nữa"}).is(t, 409, "request-closed")
	d.call(t, head, http.MethodPost, "/v1/bundles/"+b.ID+"/recall", object{"reason": "x"}).is(t, 409, "state")
	d.call(t, head, http.MethodGet, "/v1/records/"+record+"/proof?disclose=colour", nil).is(t, 422, "no-such-field")

	d.call(t, "", http.MethodPost, "/v1/verifications", strings.NewReader("hello"), "Content-Type", "text/plain").is(t, 400, "unreadable")
	d.call(t, "", http.MethodPost, "/v1/verifications", strings.NewReader(""), "Content-Type", "application/pdf").is(t, 400, "no-body")
	d.call(t, "", http.MethodPost, "/v1/verifications?report=full", strings.NewReader("x"), "Content-Type", "application/pdf").is(t, 400, "unreadable")
	d.call(t, "", http.MethodPost, "/v1/verifications?signed=x", strings.NewReader("x"), "Content-Type", "application/pdf").is(t, 422, "invalid")
	d.call(t, "", http.MethodPost, "/v1/verifications?report=half", strings.NewReader("x"), "Content-Type", "application/pdf").is(t, 422, "invalid")
	d.call(t, "", http.MethodPost, "/v1/verifications", object{"signature": "AAAA"}).is(t, 422, "invalid")
	d.call(t, "", http.MethodPost, "/v1/verifications", object{"signature": "AAAA", "sha256": "x"}).is(t, 422, "invalid")
	d.call(t, "", http.MethodPost, "/v1/verifications", object{"signature": "AAAA", "sha256": strings.Repeat("0", 64)}).is(t, 400, "unreadable")

	admin := d.token[attest.Admin]
	d.call(t, admin, http.MethodPost, "/v1/accounts", object{"name": "x", "role": "health"}).is(t, 422, "role")
	d.call(t, admin, http.MethodPost, "/v1/accounts", object{"name": "x", "role": "health", "unit": "00000"}).is(t, 422, "role")
	d.call(t, admin, http.MethodPost, "/v1/accounts", object{"name": "x\u0000", "role": "admin"}).is(t, 422, "text")
	d.call(t, admin, http.MethodPost, "/v1/accounts/"+d.account[attest.Admin]+"/disable", nil).is(t, 403, "forbidden")
	d.call(t, admin, http.MethodPut, "/v1/units", object{"units": []object{{"level": "x", "code": "", "parent": "", "kind": "", "name": "", "full_name": ""}}}).is(t, 422, "file-unusable")
	d.call(t, admin, http.MethodPost, "/v1/certificates", object{"account": d.account[attest.Head], "certificate": "AAAA"}).is(t, 422, "malformed")
}

// TestDatabaseGone: while the database is away calls are told when to try again; then it
// goes on as before.
func TestDatabaseGone(t *testing.T) {
	pgtest.Need(t)
	server, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	if err := server.Create("desk", ""); err != nil {
		t.Fatal(err)
	}
	d := newDeskOn(t, server.Address("desk"), nil)
	b := d.sealed(t, 1)
	if err := server.Halt(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for _, gone := range []*answer{
			d.call(t, d.token[attest.Health], http.MethodGet, "/v1/me", nil),
			d.call(t, d.token[attest.Health], http.MethodGet, "/v1/records?unit=26221", nil),
			d.call(t, "", http.MethodGet, "/v1/bundles/"+b.ID+"/status", nil),
			d.importFile(t, d.results(t, 1), "Idempotency-Key", "gone"),
		} {
			gone.is(t, 503, "unavailable")
			if gone.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
	}
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	r := d.prepare(t, d.key, b.ID)
	d.complete(t, r, sign(t, d.key, r.Items...))
	d.importFile(t, d.results(t, 1), "Idempotency-Key", "gone").into(t, &object{})
}

// TestFellOver: what falls over is an answer, a line in the log, and no detail.
func TestFellOver(t *testing.T) {
	handler, err := api.New(api.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/bundles/x/status", nil)) // there is no service
	(&answer{status: w.Code, header: w.Header(), body: w.Body.Bytes()}).is(t, 500, "internal")
	if strings.Contains(w.Body.String(), "nil pointer") {
		t.Errorf("the answer tells %s", w.Body)
	}
}

// TestLog: a line for each call, with its pattern and its account, and nothing of anybody.
func TestLog(t *testing.T) {
	d := newDesk(t, nil)
	d.importFile(t, d.results(t, 3)).into(t, &object{})
	record := d.records(t, "")[0]
	a := d.call(t, d.token[attest.Health], http.MethodGet, "/v1/records/"+record.ID, nil)
	d.call(t, d.token[attest.Health], http.MethodGet, "/v1/records/Nguyễn%20Văn%20Mẫu", nil).is(t, 404, "not-found")
	d.call(t, d.token[attest.Health], http.MethodGet, "/nguyen-van-mau?so=079075000123", nil).is(t, 404, "no-such-call")
	log := d.log.String()
	want := regexp.MustCompile(`method=GET route=/v1/records/{id} status=200 took=\S+ bytes=` + `\d+ account=` + d.account[attest.Health] + ` request=` + a.header.Get("X-Request-Id"))
	if !want.MatchString(log) {
		t.Errorf("no line like %s in\n%s", want, log)
	}
	for _, never := range []string{record.FullName, record.ID, "Nguy", "nguyen", "079075000123", attest.TokenPrefix} {
		if strings.Contains(log, never) {
			t.Errorf("the log holds %q", never)
		}
	}
	families, err := d.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range families {
		text.WriteString(f.String() + "\n")
	}
	for _, want := range []string{"kytiem_calls_total", "kytiem_call_seconds", "kytiem_uploaded_bytes_total", "/v1/records/{id}", "unmatched"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if strings.Contains(text.String(), record.ID) {
		t.Error("metrics hold an id")
	}
}
