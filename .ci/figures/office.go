package main

import (
	"bufio"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"kytiem/bundle"
	"kytiem/sample"
)

// office is a service, and the people of some units who call it.
type office struct {
	*bench
	servers []*process
	admin   caller
	people  map[string]map[string]caller // by unit and role
	heads   map[string]head
	rows    int // of results that were imported to be many
}

// head is the head of a unit: a key that lies with the caller, never with the service.
type head struct {
	key          *rsa.PrivateKey
	certificates [][]byte
}

func headOf(code string) map[string]any {
	unit, _ := sample.Unit(code)
	return map[string]any{"name": "head-" + code, "kind": "person", "common_name": "Trần Văn Mẫu", "title": "Chủ tịch",
		"organization": "Ủy ban nhân dân " + strings.ToLower(unit.FullName[:1]) + unit.FullName[1:],
		"identifiers":  []string{unit.Identifier, "CCCD:075070000001"}, "province": "Đồng Nai", "locality": unit.Name, "key": "rsa2048"}
}

// openOffice starts so many servers on one database and furnishes it: units, and for each of these an officer of health, one of
// the police, and a head.
func (b *bench) openOffice(database string, servers int, units []string) (*office, error) {
	o := &office{bench: b, people: make(map[string]map[string]caller), heads: make(map[string]head)}
	for range servers {
		p, err := b.serve(database)
		if err != nil {
			return o, err
		}
		o.servers = append(o.servers, p)
	}
	token, err := b.adminToken(database)
	if err != nil {
		return o, err
	}
	o.admin = caller{o.servers[0].url, token}
	var register []bundle.Unit // with those above
	entered := make(map[string]bool)
	for above := slices.Clone(units); len(above) > 0; above = above[1:] {
		if entered[above[0]] || above[0] == "" {
			continue
		}
		entered[above[0]] = true
		unit, ok := sample.Unit(above[0])
		if !ok {
			return o, fmt.Errorf("no sample unit %s", above[0])
		}
		register, above = append(register, unit), append(above, unit.Parent)
	}
	if err := o.admin.call(b.ctx, http.MethodPut, "/v1/units", map[string]any{"units": register}, nil); err != nil {
		return o, err
	}
	for _, code := range units {
		o.people[code] = make(map[string]caller)
		for _, role := range []string{"health", "police", "head"} {
			if o.people[code][role], err = o.hire(role, code); err != nil {
				return o, err
			}
		}
		if o.heads[code], err = b.readHead(code); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (o *office) close() error {
	var err error
	for _, p := range o.servers {
		err = errors.Join(err, p.stop())
	}
	return err
}

func (b *bench) adminToken(database string) (string, error) {
	os.Setenv("KYTIEM_DATABASE", database) //nolint:errcheck // a name without NUL
	defer os.Unsetenv("KYTIEM_DATABASE")
	_, printed, err := b.run(nil, program, "token", "create", "--role", "admin")
	if err != nil {
		return "", err
	}
	for word := range strings.FieldsSeq(printed) {
		if strings.HasPrefix(word, "kytiem_") {
			return word, nil
		}
	}
	return "", fmt.Errorf("no token in %q", printed)
}

func (o *office) hire(role, unit string) (caller, error) {
	var account, token struct{ ID, Token string }
	err := o.admin.call(o.ctx, http.MethodPost, "/v1/accounts", map[string]string{"name": "Mẫu", "role": role, "unit": unit}, &account)
	if err == nil {
		err = o.admin.call(o.ctx, http.MethodPost, "/v1/accounts/"+account.ID+"/tokens", map[string]int{}, &token)
	}
	return caller{o.admin.url, token.Token}, err
}

func (b *bench) readHead(code string) (head, error) {
	packed, err := os.ReadFile(b.path("keys", "head-"+code+".p12"))
	if err != nil {
		return head{}, err
	}
	password, err := os.ReadFile(b.path("keys", "head-"+code+".pass"))
	if err != nil {
		return head{}, err
	}
	private, leaf, chain, err := pkcs12.DecodeChain(packed, strings.TrimSpace(string(password)))
	if err != nil {
		return head{}, err
	}
	key, ok := private.(*rsa.PrivateKey)
	if !ok {
		return head{}, errors.New("the head's key is not RSA")
	}
	h := head{key, [][]byte{leaf.Raw}}
	for _, c := range chain {
		h.certificates = append(h.certificates, c.Raw)
	}
	return h, nil
}

// sign is what a token does with the bytes it is sent.
func (h head) sign(signedAttributes []byte) ([]byte, error) {
	sum := sha256.Sum256(signedAttributes)
	return h.key.Sign(rand.Reader, sum[:], crypto.SHA256)
}

// post sends a file of results for a unit, as it is written, and says how long it took and how many rows were taken.
func (o *office) post(unit, file string) (took time.Duration, taken int, err error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	read, write := io.Pipe()
	form := multipart.NewWriter(write)
	go func() {
		err := form.WriteField("unit", unit)
		if err == nil {
			var part io.Writer
			if part, err = form.CreateFormFile("file", "results.csv"); err == nil {
				_, err = io.Copy(part, f)
			}
		}
		write.CloseWithError(errors.Join(err, form.Close()))
	}()
	var counts struct{ Rows, Taken, Doubled int } // of a million made-up people one or two can have one number
	begin := time.Now()
	err = o.people[unit]["health"].send(o.ctx, http.MethodPost, "/v1/imports", form.FormDataContentType(), read, &counts)
	if err == nil && counts.Taken+counts.Doubled != counts.Rows {
		err = fmt.Errorf("%d of %d made-up rows were taken", counts.Taken, counts.Rows)
	}
	return time.Since(begin), counts.Taken, err
}

// write writes made-up results of a unit, all of them complete and matched.
func (o *office) write(name, unit string, seed uint64, rows int) (string, error) {
	f, err := os.Create(o.path(name))
	if err != nil {
		return "", err
	}
	of, _ := sample.Unit(unit)
	out := bufio.NewWriterSize(f, 1<<20)
	err = sample.WriteCSV(out, sample.Rows(sample.Options{Seed: seed, Rows: rows, Unit: of}), sample.ExcelCSV())
	return f.Name(), errors.Join(err, out.Flush(), f.Close())
}

// ready imports so many results of a unit and has both sectors confirm them; it gives their ids.
func (o *office) ready(unit string, seed uint64, rows int) ([]string, error) {
	file, err := o.write("ready.csv", unit, seed, rows)
	if err != nil {
		return nil, err
	}
	if _, _, err := o.post(unit, file); err != nil {
		return nil, err
	}
	var ids []string
	for cursor := ""; ; {
		var page struct {
			Items []struct{ ID string }
			Next  string
		}
		query := url.Values{"unit": {unit}, "limit": {"500"}, "cursor": {cursor}, "state": {"health"}}
		if err := o.people[unit]["health"].call(o.ctx, http.MethodGet, "/v1/records?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		for _, r := range page.Items {
			ids = append(ids, r.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for from := 0; from < len(ids); from += 10_000 {
		some := ids[from:min(from+10_000, len(ids))]
		for role, part := range map[string]string{"health": "vaccination", "police": "identity"} {
			order := map[string]any{"records": some, "part": part, "result": "dung"}
			if err := o.people[unit][role].call(o.ctx, http.MethodPost, "/v1/records/confirmations", order, nil); err != nil {
				return nil, err
			}
		}
	}
	return ids, nil
}

// seal seals so many ready results of a unit.
func (o *office) seal(unit string, limit int) (id string, took time.Duration, err error) {
	var sealed struct {
		ID, State string
		Size      int
	}
	begin := time.Now()
	err = o.people[unit]["health"].call(o.ctx, http.MethodPost, "/v1/bundles", map[string]any{"unit": unit, "limit": limit}, &sealed)
	took = time.Since(begin)
	if err == nil && (sealed.State != "sealed" || sealed.Size != limit) {
		err = fmt.Errorf("bundle is %s with %d results, want sealed with %d", sealed.State, sealed.Size, limit)
	}
	return sealed.ID, took, err
}
