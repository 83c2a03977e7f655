package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kytiem/attest"
)

// TestPlaces: a problem names the place that is wrong, also where nothing stands there, and
// repeats no name that is the caller's own.
func TestPlaces(t *testing.T) {
	d := newDesk(t, nil)
	health, admin := d.token[attest.Health], d.token[attest.Admin]
	const person, number = "Nguyễn Văn A 012345678901", "nguyen_012345678901"
	whole := object{"level": "commune", "code": "99999", "parent": "75", "kind": "xa", "name": "Thử", "full_name": "Xã Thử"}
	without := func(name string) object {
		u := object{}
		for n, v := range whole {
			if n != name {
				u[n] = v
			}
		}
		return u
	}
	with := func(name string, value any) object {
		u := without("")
		u[name] = value
		return u
	}
	var form bytes.Buffer
	for _, tt := range []struct {
		name, token, method, path string
		body                      any
		want                      []string
	}{
		{"missing", health, http.MethodPost, "/v1/bundles", object{}, []string{"body.unit required"}},
		{"missing deeper down", admin, http.MethodPut, "/v1/units", object{"units": []object{whole, without("full_name")}}, []string{"body.units[1].full_name required"}},
		{"missing in the address", health, http.MethodGet, "/v1/records", nil, []string{"query.unit required"}},
		{"unknown", health, http.MethodPost, "/v1/bundles", object{"unit": commune, "size": 3}, []string{"body.size unexpected"}},
		{"unknown deeper down", admin, http.MethodPut, "/v1/units", object{"units": []object{with("colour", "x")}}, []string{"body.units[0].colour unexpected"}},
		{"of another type", admin, http.MethodPut, "/v1/units", object{"units": []object{with("code", 5)}}, []string{"body.units[0].code type"}},
		{"a number for a name", health, http.MethodPost, "/v1/bundles", object{"unit": commune, number: 3}, []string{"body.? unexpected"}},
		{"a person for a name", health, http.MethodPost, "/v1/bundles", object{"unit": commune, person: 3}, []string{"body unexpected"}},
		{"endless", health, http.MethodPost, "/v1/bundles", object{"unit": commune, strings.Repeat("x", 3000): 3}, []string{"body.? unexpected"}},
		{"unknown in the address", health, http.MethodGet, "/v1/records?unit=26221&size=3", nil, []string{"query.size unexpected"}},
		{"a person in the address", health, http.MethodGet, "/v1/records?unit=26221&" + url.QueryEscape(person) + "=3", nil, []string{"query.? unexpected"}},
		{"points in the address", health, http.MethodGet, "/v1/records?unit=26221&" + number + ".x[012345678901]=3", nil, []string{"query.?.? unexpected"}},
		{"a person for a part", health, http.MethodPost, "/v1/imports", &form, []string{"body.? unexpected"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var a *answer
			if tt.body == &form {
				a = d.send(t, tt.token, tt.path, []file{{person, "", []byte("x")}})
			} else {
				a = d.call(t, tt.token, tt.method, tt.path, tt.body)
			}
			a.is(t, 422, "invalid")
			var p struct {
				Errors []struct{ Location, Code string }
			}
			if err := json.Unmarshal(a.body, &p); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range p.Errors {
				got = append(got, e.Location+" "+e.Code)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("places %q, want %q", got, tt.want)
			}
			if strings.Contains(string(a.body), "0123456") || strings.Contains(string(a.body), "Nguy") {
				t.Errorf("repeats what was sent: %s", a.body)
			}
		})
	}
}

// TestContentEncoding: a body that is packed is not taken, whatever it is.
func TestContentEncoding(t *testing.T) {
	d := newDesk(t, nil)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if err := json.NewEncoder(w).Encode(object{"unit": commune}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, path, kind, encoding string }{
		{"JSON", "/v1/bundles", "application/json", "gzip"},
		{"JSON, in two layers", "/v1/bundles", "application/json", "identity, br"},
		{"form", "/v1/imports", "multipart/form-data; boundary=x", "gzip"},
		{"document", "/v1/verifications", "application/pdf", "deflate"},
		{"nothing said", "/v1/verifications", "", "gzip"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := d.call(t, d.token[attest.Health], http.MethodPost, tt.path, bytes.NewReader(packed.Bytes()), "Content-Type", tt.kind, "Content-Encoding", tt.encoding)
			a.is(t, 415, "media-type")
		})
	}
	d.call(t, d.token[attest.Health], http.MethodPost, "/v1/bundles", object{"unit": commune}, "Content-Encoding", "identity").is(t, 422, "nothing-ready")
}
