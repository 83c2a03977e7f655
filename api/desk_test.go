package api_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/csv"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kytiem/api"
	"kytiem/attest"
	"kytiem/attest/desktest"
	"kytiem/bundle"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/sample"
	"kytiem/store"
)

const commune, other = desktest.Commune, desktest.Other

// desk is a service that answers over HTTP, with a throwaway CA that does too, and one
// account of every role in two units.
type desk struct {
	service  *attest.Service
	store    *store.Store
	database string
	clock    *desktest.Clock
	ca       *devca.CA
	key      devca.Issued // of the commune's head
	handler  http.Handler
	url      string
	client   *http.Client
	log      *lines
	metrics  *prometheus.Registry
	account  map[attest.Role]string // of the commune
	token    map[attest.Role]string
	alien    map[attest.Role]string // tokens of the other unit's
	seed     uint64
}

// lines is a log to be looked into.
type lines struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

func newDesk(t testing.TB, change func(*api.Options, *attest.Options)) *desk {
	t.Helper()
	return newDeskOn(t, desktest.Database(t), change)
}

func newDeskOn(t testing.TB, database string, change func(*api.Options, *attest.Options)) *desk {
	t.Helper()
	d := &desk{clock: desktest.NewClock(), log: &lines{}, metrics: prometheus.NewRegistry(),
		account: make(map[attest.Role]string), token: make(map[attest.Role]string), alien: make(map[attest.Role]string)}
	d.ca, _ = desktest.Authority(t, d.clock.Now)
	unit, _ := sample.Unit(commune)
	d.key = d.issue(t, unit.Identifier)
	d.database = database
	ao := desktest.Options(t, d.database, d.ca, d.clock.Now)
	d.store = ao.Store
	o := api.Options{Log: slog.New(slog.NewTextHandler(d.log, nil)), Metrics: d.metrics, Temp: t.TempDir(), Anonymous: 100_000}
	if change != nil {
		change(&o, &ao)
	}
	d.service = attest.New(ao)
	o.Service = d.service
	d.furnish(t)
	var err error
	if d.handler, err = api.New(o); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(d.handler)
	t.Cleanup(server.Close)
	d.url, d.client = server.URL, &http.Client{Transport: &described{t: t}}
	return d
}

// newHandler is a handler that describes itself and does no more.
func newHandler(t testing.TB) http.Handler {
	t.Helper()
	handler, err := api.New(api.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// furnish enters the sample units, and accounts with their tokens.
func (d *desk) furnish(t testing.TB) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(sample.Units())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var units []bundle.Unit
	for _, row := range rows {
		if u, ok := sample.Unit(row[1]); ok {
			units = append(units, u)
		}
	}
	if err := d.service.PutUnits(t.Context(), attest.Operator(), units); err != nil {
		t.Fatal(err)
	}
	for _, role := range attest.Roles() {
		d.account[role], d.token[role] = d.hire(t, role, commune)
		_, d.alien[role] = d.hire(t, role, other)
	}
}

// hire adds an account with a token.
func (d *desk) hire(t testing.TB, role attest.Role, unit string) (account, token string) {
	t.Helper()
	if !role.OfUnit() {
		unit = ""
	}
	a, err := d.service.AddAccount(t.Context(), attest.Operator(), "Mẫu", role, unit)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := d.service.IssueToken(t.Context(), attest.Operator(), a.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	return a.ID, issued.Secret
}

// issue certifies a head whose certificate carries these identifiers.
func (d *desk) issue(t testing.TB, identifiers ...string) devca.Issued {
	t.Helper()
	return desktest.Head(t, d.ca, identifiers...)
}

// issueSeal certifies the commune itself.
func (d *desk) issueSeal(t testing.TB) devca.Issued {
	t.Helper()
	unit, _ := sample.Unit(commune)
	return desktest.Seal(t, d.ca, unit.Identifier)
}

// results is a file of n fresh results of the commune.
func (d *desk) results(t testing.TB, n int) []byte {
	t.Helper()
	unit, _ := sample.Unit(commune)
	d.seed++
	var b bytes.Buffer
	if err := sample.WriteCSV(&b, sample.Rows(sample.Options{Seed: d.seed, Rows: n, Unit: unit}), sample.CSVOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// importFile sends a file of results of the commune.
func (d *desk) importFile(t testing.TB, content []byte, more ...string) *answer {
	t.Helper()
	return d.send(t, d.token[attest.Health], "/v1/imports", []file{{"file", "results.csv", content}, {"unit", "", []byte(commune)}}, more...)
}

type recordSeen struct {
	ID, Unit, State string
	Lacking         []string
	FullName        string `json:"full_name"`
}

// records lists the commune's.
func (d *desk) records(t testing.TB, query string) []recordSeen {
	t.Helper()
	var all []recordSeen
	for cursor := ""; ; {
		var page struct {
			Items []recordSeen
			Next  string
		}
		d.call(t, d.token[attest.Health], http.MethodGet, "/v1/records?limit=500&unit="+commune+query+"&cursor="+cursor, nil).into(t, &page)
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

// confirm has both sectors confirm what they can.
func (d *desk) confirm(t testing.TB) {
	t.Helper()
	var ids []string
	for _, r := range d.records(t, "&state=health") {
		ids = append(ids, r.ID)
	}
	d.call(t, d.token[attest.Health], http.MethodPost, "/v1/records/confirmations", object{"records": ids, "part": "vaccination"}).into(t, &object{})
	d.call(t, d.token[attest.Police], http.MethodPost, "/v1/records/confirmations", object{"records": ids, "part": "identity", "result": "dung"}).into(t, &object{})
}

type bundleSeen struct {
	ID, State, Root, Number string
	Size                    int
	Supersedes              string
	SupersededBy            string `json:"superseded_by"`
	Request                 string
	Files                   []struct{ Name, SHA256 string }
}

// sealed is a sealed bundle of n results, made from the beginning.
func (d *desk) sealed(t testing.TB, n int) bundleSeen {
	t.Helper()
	d.importFile(t, d.results(t, n)).into(t, &object{})
	d.confirm(t)
	return d.seal(t)
}

func (d *desk) seal(t testing.TB) (b bundleSeen) {
	t.Helper()
	d.call(t, d.token[attest.Health], http.MethodPost, "/v1/bundles", object{"unit": commune}).into(t, &b)
	return b
}

func (d *desk) bundle(t testing.TB, id string) (b bundleSeen) {
	t.Helper()
	d.call(t, d.token[attest.Head], http.MethodGet, "/v1/bundles/"+id, nil).into(t, &b)
	return b
}

func (d *desk) state(t testing.TB, id, want string) {
	t.Helper()
	if got := d.bundle(t, id).State; got != want {
		t.Errorf("bundle is %s, want %s", got, want)
	}
}

type requestSeen struct {
	ID, State string
	Expires   time.Time
	Items     []itemSeen
	Outcomes  []struct {
		ID    string
		Taken bool
		Code  string
	}
}

type itemSeen struct {
	ID, Bundle, Kind, Title, Algorithm, State string
	DocumentSHA256                            string `json:"document_sha256"`
	SignedAttributes                          []byte `json:"signed_attributes"`
}

func chainOf(key devca.Issued) []string {
	chain := []string{base64.StdEncoding.EncodeToString(key.Certificate.Raw)}
	for _, c := range key.Chain {
		chain = append(chain, base64.StdEncoding.EncodeToString(c.Raw))
	}
	return chain
}

// prepare has the head ask for signatures under key.
func (d *desk) prepare(t testing.TB, key devca.Issued, bundles ...string) (r requestSeen) {
	t.Helper()
	d.call(t, d.token[attest.Head], http.MethodPost, "/v1/signing-requests",
		object{"bundles": bundles, "carrier": "api", "certificates": chainOf(key)}).into(t, &r)
	return r
}

// countersign has the clerk ask for the organisation's signature under key.
func (d *desk) countersign(t testing.TB, key devca.Issued, bundles ...string) (r requestSeen) {
	t.Helper()
	d.call(t, d.token[attest.Clerk], http.MethodPost, "/v1/signing-requests",
		object{"bundles": bundles, "carrier": "api", "certificates": chainOf(key)}).into(t, &r)
	return r
}

// sign is what the head's token does, outside of the service.
func sign(t testing.TB, key devca.Issued, items ...itemSeen) object {
	t.Helper()
	var signatures []object
	for _, i := range items {
		hash := pades.Algorithm(i.Algorithm).Hash()
		if hash == 0 {
			t.Fatalf("algorithm %s", i.Algorithm)
		}
		h := hash.New()
		h.Write(i.SignedAttributes)
		var o crypto.SignerOpts = hash
		if strings.HasPrefix(i.Algorithm, "PS") {
			o = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
		}
		signature, err := key.Key.Sign(rand.Reader, h.Sum(nil), o)
		if err != nil {
			t.Fatal(err)
		}
		signatures = append(signatures, object{"id": i.ID, "signature": signature})
	}
	return object{"items": signatures}
}

// complete brings signatures in and expects all of them to be good.
func (d *desk) complete(t testing.TB, r requestSeen, signatures object) (after requestSeen) {
	t.Helper()
	d.call(t, d.token[attest.Head], http.MethodPost, "/v1/signing-requests/"+r.ID+"/signatures", signatures).into(t, &after)
	for _, o := range after.Outcomes {
		if !o.Taken {
			t.Fatalf("item %s: %s", o.ID, o.Code)
		}
	}
	return after
}

// signed is a bundle of n results that the head has signed.
func (d *desk) signed(t testing.TB, n int) bundleSeen {
	t.Helper()
	b := d.sealed(t, n)
	r := d.prepare(t, d.key, b.ID)
	d.complete(t, r, sign(t, d.key, r.Items...))
	return d.bundle(t, b.ID)
}

// get reads something whole.
func (d *desk) get(t testing.TB, token, path string) []byte {
	t.Helper()
	a := d.call(t, token, http.MethodGet, path, nil)
	if a.status != http.StatusOK {
		t.Fatalf("%s: status %d, %s", path, a.status, a.body)
	}
	return a.body
}

// refusals counts what the audit chain tells was refused.
func (d *desk) refusals(t testing.TB) int {
	t.Helper()
	n := 0
	for e, err := range d.store.Glance().AuditEntries(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Act == "refused" {
			n++
		}
	}
	return n
}
