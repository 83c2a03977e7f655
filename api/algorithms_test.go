package api_test

import (
	"net/http"
	"testing"

	"kytiem/api"
	"kytiem/attest"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/sample"
)

// issueKey certifies a head with a key of some kind.
func (d *desk) issueKey(t testing.TB, kind string) devca.Issued {
	t.Helper()
	unit, _ := sample.Unit(commune)
	issued, err := d.ca.Issue(devca.Profile{Kind: devca.Person, CommonName: "Trần Văn Mẫu", Title: "Chủ tịch",
		Identifiers: []string{unit.Identifier, "CCCD:075070000001"}, Key: kind})
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

// TestAlgorithms: every algorithm that the regulations allow, from the order to a verdict
// that passes, document and data.
func TestAlgorithms(t *testing.T) {
	d := newDesk(t, nil)
	keys := map[string]devca.Issued{}
	for _, kind := range []string{"rsa2048", "p256", "p384"} {
		keys[kind] = d.issueKey(t, kind)
	}
	for _, tt := range []struct {
		name, key, algorithm string
		pss                  bool
		want                 string
	}{
		{"RSA unless said otherwise", "rsa2048", "", false, "RS256"},
		{"RSA by PSS", "rsa2048", "", true, "PS256"},
		{"RS384", "rsa2048", "RS384", false, "RS384"},
		{"RS512", "rsa2048", "RS512", false, "RS512"},
		{"PS384", "rsa2048", "PS384", false, "PS384"},
		{"PS512", "rsa2048", "PS512", false, "PS512"},
		{"P-256", "p256", "", false, "ES256"},
		{"P-384", "p384", "", false, "ES384"},
		{"P-384 by name", "p384", "ES384", false, "ES384"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := d.sealed(t, 1)
			key := keys[tt.key]
			var r requestSeen
			order := object{"bundles": []string{b.ID}, "certificates": chainOf(key), "pss": tt.pss}
			if tt.algorithm != "" {
				order["algorithm"] = tt.algorithm
			}
			d.call(t, d.token[attest.Head], http.MethodPost, "/v1/signing-requests", order).into(t, &r)
			for _, i := range r.Items {
				if i.Algorithm != tt.want {
					t.Errorf("%s by %s, want %s", i.Kind, i.Algorithm, tt.want)
				}
			}
			d.complete(t, r, sign(t, key, r.Items...))
			d.state(t, b.ID, "signed")
			pages := d.get(t, d.token[attest.Head], "/v1/bundles/"+b.ID+"/bundle.pdf")
			if report := d.verify(t, file{"file", "x.pdf", pages}); report.Verdict != "TOTAL_PASSED" {
				t.Errorf("verdict %s", report.Verdict)
			}
		})
	}
}

// TestAlgorithmsRefused: what is no algorithm, not one for the key, or not accepted by the
// service's settings. SHA-1 has no name that could be asked for.
func TestAlgorithmsRefused(t *testing.T) {
	d := newDesk(t, func(_ *api.Options, o *attest.Options) { o.Algorithms = []pades.Algorithm{pades.PS256, pades.ES384} })
	b := d.sealed(t, 1)
	rsa, p256, p384 := d.issueKey(t, "rsa2048"), d.issueKey(t, "p256"), d.issueKey(t, "p384")
	ask := func(key devca.Issued, more object) *answer {
		t.Helper()
		order := object{"bundles": []string{b.ID}, "certificates": chainOf(key)}
		for name, value := range more {
			order[name] = value
		}
		return d.call(t, d.token[attest.Head], http.MethodPost, "/v1/signing-requests", order)
	}
	ask(rsa, nil).is(t, 422, "algorithm") // RS256
	ask(rsa, object{"algorithm": "PS512"}).is(t, 422, "algorithm")
	ask(p256, nil).is(t, 422, "algorithm")
	ask(rsa, object{"algorithm": "ES384"}).is(t, 422, "key-unsupported")
	ask(p384, object{"algorithm": "ES256"}).is(t, 422, "key-unsupported")
	ask(p384, object{"algorithm": "PS256"}).is(t, 422, "key-unsupported")
	ask(rsa, object{"algorithm": "PS256", "pss": true}).is(t, 422, "malformed")
	for _, name := range []string{"RS1", "SHA1", "none", "HS256", "ES256K"} {
		ask(rsa, object{"algorithm": name}).is(t, 422, "invalid")
	}
	ask(d.issueKey(t, "rsa1024"), object{"algorithm": "PS256"}).is(t, 422, "certificate-weak")
	d.state(t, b.ID, "sealed")
	var r requestSeen
	ask(p384, nil).into(t, &r)
	if r.Items[0].Algorithm != "ES384" {
		t.Errorf("algorithm %s", r.Items[0].Algorithm)
	}
}
