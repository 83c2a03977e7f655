package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kytiem/attest"
	"kytiem/bundle"
)

// operationSeen is a call as the description tells of it.
type operationSeen struct {
	OperationID string       `json:"operationId"`
	Acts        []attest.Act `json:"x-kytiem-acts"`
	Security    []map[string][]string
	RequestBody *struct{ Content map[string]any }

	method, path string
}

func (o *operationSeen) public() bool {
	return slices.ContainsFunc(o.Security, func(s map[string][]string) bool { return len(s) == 0 })
}

// operations are all that the description tells of.
func (d *desk) operations(t testing.TB) (all []operationSeen) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]operationSeen
	}
	if err := json.Unmarshal(d.get(t, "", "/openapi.json"), &doc); err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(doc.Paths[path])) {
			o := doc.Paths[path][method]
			o.method, o.path = strings.ToUpper(method), path
			all = append(all, o)
		}
	}
	return all
}

// world is the commune's things, for others to reach for.
type world struct {
	ids    map[string]string // what {id}, {item} … stand for, by the path's beginning
	seal   requestSeen       // the clerk's own signing request
	victim string            // an account of the commune
	record string
	bundle string
}

func (d *desk) world(t testing.TB) *world {
	t.Helper()
	w := &world{ids: make(map[string]string)}
	var in struct {
		ID  string
		Bad int
	}
	lines := bytes.SplitAfterN(d.results(t, 4), []byte("\n"), 3)
	d.importFile(t, bytes.Join([][]byte{lines[0], lines[1], []byte("x\n"), lines[2]}, nil)).into(t, &in)
	if in.Bad == 0 {
		t.Fatal("no bad row")
	}
	d.confirm(t)
	b := d.seal(t)
	at := "/v1/bundles/" + b.ID
	d.call(t, d.token[attest.Clerk], http.MethodPost, at+"/minutes", object{"parties": parties()}).into(t, &object{})
	minutes := d.get(t, d.token[attest.Clerk], at+"/minutes.pdf")
	d.call(t, d.token[attest.Clerk], http.MethodPost, at+"/minutes/scan", bytes.NewReader(minutes), "Content-Type", "application/pdf").into(t, &object{})
	r := d.prepare(t, d.key, b.ID)
	d.complete(t, r, sign(t, d.key, r.Items...))
	stamp := d.issueSeal(t)
	w.seal = d.countersign(t, stamp, b.ID)
	d.call(t, d.token[attest.Clerk], http.MethodPost, "/v1/signing-requests/"+w.seal.ID+"/signatures", sign(t, stamp, w.seal.Items...)).into(t, &object{})
	var bound struct{ Items []struct{ ID string } }
	d.call(t, d.token[attest.Head], http.MethodGet, "/v1/certificates?unit="+commune, nil).into(t, &bound)
	w.record, w.bundle = d.records(t, "&state=in_bundle")[0].ID, b.ID
	w.victim, _ = d.hire(t, attest.Clerk, commune)
	tokens, _, err := d.service.Tokens(t.Context(), attest.Operator(), w.victim, attest.Page{})
	if err != nil {
		t.Fatal(err)
	}
	w.ids = map[string]string{"/v1/imports": in.ID, "/v1/records": w.record, "/v1/bundles": b.ID, "/v1/signing-requests": r.ID, "{item}": r.Items[0].ID,
		"/v1/accounts": w.victim, "/v1/tokens": tokens[0].ID, "/v1/certificates": bound.Items[0].ID, "{code}": commune, "{annex}": "annex-01.pdf",
		"/v1/identity-lists": bundle.NewID(), "{sha256}": fmt.Sprintf("%x", sha256.Sum256(d.key.Certificate.Raw)),
		"/v1/anchors": fmt.Sprintf("%x", sha256.Sum256(d.ca.Root().Certificate.Raw))}
	return w
}

// as is the world in which {id} of a signing request is the role's own: the clerk has
// others than the head.
func (w *world) as(role attest.Role) *world {
	if role != attest.Clerk {
		return w
	}
	own := *w
	own.ids = maps.Clone(w.ids)
	own.ids["/v1/signing-requests"], own.ids["{item}"] = w.seal.ID, w.seal.Items[0].ID
	return &own
}

// url fills a path. Lists are asked for the commune's.
func (w *world) url(o *operationSeen) string {
	url := o.path
	for _, name := range []string{"{item}", "{code}", "{annex}", "{sha256}"} {
		url = strings.ReplaceAll(url, name, w.ids[name])
	}
	for begins, id := range w.ids {
		if strings.HasPrefix(o.path, begins+"/{id}") {
			url = strings.ReplaceAll(url, "{id}", id)
		}
	}
	switch o.OperationID {
	case "list-records", "count-records", "list-imports", "list-bundles", "list-certificates", "list-accounts", "list-levels":
		url += "?unit=" + commune
	case "list-units-without-certificate":
		url += "?below=" + commune
	}
	return url
}

// sample is a body for a call, with its type. A call whose body is not here has to get one:
// the test does not pass without.
func (w *world) sample(t testing.TB, d *desk, o *operationSeen) (io.Reader, string) {
	reason := object{"reason": "thử"}
	bodies := map[string]object{
		"search-records":         {"unit": commune, "name": "nguyen"},
		"correct-record":         {"fields": object{"lot_number": "X1"}, "reason": "thử"},
		"seal-bundle":            {"unit": commune},
		"withdraw-bundle":        reason,
		"supersede-bundle":       reason,
		"recall-bundle":          reason,
		"draw-minutes":           {"parties": parties()},
		"prepare-signatures":     {"bundles": []string{w.bundle}, "certificates": chainOf(d.key)},
		"complete-signatures":    {"items": []object{{"id": w.ids["{item}"], "signature": []byte("x")}}},
		"refuse-signing-request": reason,
		"put-units":              {"units": []object{{"level": "commune", "code": "99999", "parent": "75", "kind": "xa", "name": "Thử", "full_name": "Xã Thử"}}},
		"add-account":            {"name": "Mẫu", "role": "health", "unit": commune},
		"issue-token":            {},
		"bind-certificate":       {"account": w.victim, "certificate": base64.StdEncoding.EncodeToString(d.key.Certificate.Raw)},
		"unbind-certificate":     reason,
		"delete-evidence":        reason,
		"add-anchor":             {"certificate": d.ca.Root().Certificate.Raw, "purposes": []string{"ca"}, "reason": "thử"},
		"remove-anchor":          {"since": "2100-01-01T00:00:00Z", "reason": "thử"},
		"confirm-records":        {"records": []string{w.record}, "part": "identity", "result": "dung"},
		"confirm-records/1":      {"records": []string{w.record}, "part": "vaccination"},
	}
	bodies["add-units"] = bodies["put-units"]
	unsigned := []byte("%PDF-1.4")
	bodies["siva-validate"] = object{"document": unsigned, "filename": "x.pdf"}
	bodies["dss-validate-signature"] = object{"signedDocument": object{"bytes": unsigned}}
	switch o.OperationID {
	case "import-results":
		return form(t, file{"file", "r.csv", d.results(t, 1)}, file{"unit", "", []byte(commune)})
	case "send-minutes-scan":
		return bytes.NewReader([]byte("%PDF-1.4")), "application/pdf"
	case "verify", "extract-revision":
		return bytes.NewReader([]byte("%PDF-1.4")), "application/pdf"
	}
	body, there := bodies[o.OperationID]
	if !there {
		if o.RequestBody != nil {
			t.Fatalf("%s takes a body, of which this test has no sample", o.OperationID)
		}
		return nil, ""
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(text), "application/json"
}

// aboutOneself are calls that are about who calls, whoever that is.
func aboutOneself(id string) bool { return id == "me" || id == "list-signing-requests" }

// byRole reports whether a call is one act for one role and another for the next, rather
// than by what its body says.
func byRole(o *operationSeen) bool { return strings.HasPrefix(o.path, "/v1/signing-requests") }

// TestEveryCallByEveryRole takes every call of the description, and has it made by nobody,
// by every role of the unit whose things it is about, and by every role of another unit.
func TestEveryCallByEveryRole(t *testing.T) {
	d := newDesk(t, nil)
	w := d.world(t)
	all := d.operations(t)
	slices.SortStableFunc(all, func(a, b operationSeen) int { // look before anything is changed
		return strings.Compare(strings.Replace(a.method, "GET", "", 1), strings.Replace(b.method, "GET", "", 1))
	})
	for _, o := range all {
		if len(o.Acts) > 1 && !byRole(&o) { // each of its acts by a body of its own
			for n, act := range o.Acts[1:] {
				p := o
				p.Acts, p.OperationID = []attest.Act{act}, fmt.Sprintf("%s/%d", o.OperationID, n+1)
				d.everyRole(t, w, &p)
			}
			o.Acts = o.Acts[:1]
		}
		d.everyRole(t, w, &o)
	}
}

func (d *desk) everyRole(t *testing.T, w *world, o *operationSeen) {
	t.Run(o.OperationID, func(t *testing.T) {
		make1 := func(w *world, token string) (*answer, int) {
			before := d.refusals(t)
			body, kind := w.sample(t, d, o)
			var a *answer
			if body == nil {
				a = d.call(t, token, o.method, w.url(o), nil)
			} else {
				a = d.call(t, token, o.method, w.url(o), body, "Content-Type", kind)
			}
			return a, d.refusals(t) - before
		}
		a, _ := make1(w, "")
		switch {
		case o.OperationID == "extract-revision": // of a document that nobody signed
			a.is(t, http.StatusBadRequest, "unreadable")
		case o.OperationID == "siva-validate", o.OperationID == "dss-validate-signature":
			a.is(t, http.StatusBadRequest, "no-report")
		case o.public() && a.status/100 != 2:
			t.Errorf("anybody: status %d, %s", a.status, a.body)
		case !o.public():
			a.is(t, http.StatusUnauthorized, "unauthenticated")
		}
		a, _ = make1(w, attest.TokenPrefix+"nobody")
		a.is(t, http.StatusUnauthorized, "unauthenticated")
		if o.public() {
			return
		}
		if len(o.Acts) == 0 && o.OperationID != "me" {
			if a, _ := make1(w, d.token[attest.Health]); a.status != http.StatusNotImplemented {
				t.Errorf("status %d of a call that names no act, want 501", a.status)
			}
			return
		}
		for _, role := range attest.Roles() {
			reach := attest.Everywhere
			if len(o.Acts) > 0 {
				reach = attest.ReachOf(role, o.Acts[0])
			}
			if byRole(o) {
				for _, act := range o.Acts {
					reach = max(reach, attest.ReachOf(role, act))
				}
			}
			for _, side := range []struct {
				name  string
				token string
				alien bool
			}{{"own", d.token[role], false}, {"other", d.alien[role], true}} {
				a, refused := make1(w.as(role), side.token)
				switch {
				case reach == attest.Nowhere:
					if a.status != http.StatusForbidden || refused != 1 {
						t.Errorf("%s %s: status %d with %d refusals noted, want 403 and 1: %s", side.name, role, a.status, refused, a.body)
					}
				case side.alien && reach != attest.Everywhere && !aboutOneself(o.OperationID),
					strings.HasPrefix(o.path, "/v1/signing-requests/{id}") && side.alien:
					if a.status != http.StatusNotFound || refused != 1 {
						t.Errorf("%s %s: status %d with %d refusals noted, want 404 and 1: %s", side.name, role, a.status, refused, a.body)
					}
				case o.OperationID == "get-bundle-annex", o.OperationID == "get-revision": // there is none
					a.is(t, http.StatusNotFound, "not-found")
				case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden, a.status == http.StatusNotFound, a.status >= 500, refused != 0:
					t.Errorf("%s %s: status %d with %d refusals noted, want neither refused: %s", side.name, role, a.status, refused, a.body)
				}
			}
		}
	})
}

// TestUnknownIDs: an id of nothing is told of as one of another unit is.
func TestUnknownIDs(t *testing.T) {
	d := newDesk(t, nil)
	w := d.world(t)
	for _, o := range d.operations(t) {
		if !strings.Contains(o.path, "{id}") || o.OperationID == "send-minutes-scan" || o.Acts == nil {
			continue
		}
		for role := range d.token {
			if attest.ReachOf(role, o.Acts[0]) == attest.Nowhere {
				continue
			}
			for _, id := range []string{bundle.NewID(), "1", "%2e%2e", "a'b", "%c3%a9"} {
				body, kind := w.sample(t, d, &o)
				url := strings.ReplaceAll(o.path, "{id}", id)
				url = strings.ReplaceAll(strings.ReplaceAll(url, "{item}", w.ids["{item}"]), "{annex}", "annex-01.pdf")
				var a *answer
				if body == nil {
					a = d.call(t, d.token[role], o.method, url, nil)
				} else {
					a = d.call(t, d.token[role], o.method, url, body, "Content-Type", kind)
				}
				if a.status != http.StatusNotFound {
					t.Errorf("%s of %s by %s: status %d, %s", o.OperationID, id, role, a.status, a.body)
				}
			}
		}
	}
}
