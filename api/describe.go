package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"kytiem/attest"
)

// operation is the declaration of a call: what it is called, who may, what it takes, and
// how it can end. The description is made from it.
type operation struct {
	id, method, path string
	tag              string
	vi, en           string // one sentence each
	about            string // more, in both languages

	public bool         // nobody has to say who they are
	acts   []attest.Act // one of them is needed
	json   bool         // takes a JSON body
	most   int64        // bytes of it; zero is Options.MaxJSON
	keyed  bool         // takes an Idempotency-Key
	secret bool         // what it answers is not kept for a repeat
	stream bool         // lasts as long as its reader does
	costly bool         // to be asked for by anybody

	foreign bool // its problems are told as SiVa does, too

	takes    map[string]*huma.MediaType // a body that is read as it comes
	problems []string                   // codes, beside those that every such call can end with
	outcomes map[int]*outcome
}

// outcome is one way in which a call succeeds.
type outcome struct {
	about  string
	json   reflect.Type // nil: content
	or     reflect.Type // what else it can be
	files  []string     // types of content
	ranged bool
}

// priceOfVerification is what a verification costs an anonymous caller, where reading a
// small file costs one.
const priceOfVerification = 5

func (o *operation) price() int {
	switch {
	case !o.public:
		return 0
	case o.costly:
		return priceOfVerification
	}
	return 1
}

func (o *operation) returns(status int, t reflect.Type) {
	if o.outcomes == nil {
		o.outcomes = make(map[int]*outcome)
	}
	o.outcomes[status] = &outcome{about: http.StatusText(status), json: t}
}

// gives declares that a call answers with a file.
func (o *operation) gives(ranged bool, files ...string) {
	if o.outcomes == nil {
		o.outcomes = make(map[int]*outcome)
	}
	o.outcomes[http.StatusOK] = &outcome{about: "Nội dung tệp · the file", files: files, ranged: ranged}
}

// declare turns a declaration into huma's.
func (a *api) declare(o *operation) huma.Operation {
	d := huma.Operation{OperationID: o.id, Method: o.method, Path: o.path, Tags: []string{o.tag}, Summary: o.vi + " · " + o.en,
		Description: cmp.Or(o.about, o.vi+".\n\n"+o.en+"."), MaxBodyBytes: -1, BodyReadTimeout: -1, RejectUnknownQueryParameters: true,
		Middlewares: huma.Middlewares{a.enter(o)}, Responses: make(map[string]*huma.Response), Extensions: make(map[string]any)}
	if o.public {
		d.Security = []map[string][]string{{}, {"token": {}}}
	}
	if len(o.acts) > 0 {
		d.Extensions["x-kytiem-acts"] = o.acts
		d.Extensions["x-kytiem-roles"] = rolesFor(o.acts)
	}
	if o.keyed {
		most := maxKeyBytes
		d.Parameters = append(d.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header",
			Description: "Lặp lại cùng mã và cùng nội dung thì nhận lại đúng câu trả lời cũ · repeated with the same body, it gets the same answer",
			Schema:      &huma.Schema{Type: huma.TypeString, MaxLength: &most, Pattern: "^[!-~]+$"}, Example: "b2f1c3"})
	}
	if o.outcomes == nil { // nothing to tell
		o.outcomes = map[int]*outcome{http.StatusNoContent: {about: "Xong · done"}}
	}
	d.DefaultStatus = http.StatusNotImplemented
	for status, out := range o.outcomes {
		d.DefaultStatus = min(d.DefaultStatus, status)
		a.declareOutcome(&d, status, out)
	}
	a.declareProblems(&d, o)
	return d
}

func (a *api) declareOutcome(d *huma.Operation, status int, out *outcome) {
	r := &huma.Response{Description: out.about, Headers: map[string]*huma.Header{"X-Request-Id": {
		Description: "Mã lời gọi · id of the call", Schema: &huma.Schema{Type: huma.TypeString}}}}
	d.Responses[strconv.Itoa(status)] = r
	switch {
	case out.json != nil:
		schemas := a.huma.OpenAPI().Components.Schemas
		schema := schemas.Schema(out.json, true, d.OperationID+"Answer")
		if out.or != nil {
			schema = &huma.Schema{OneOf: []*huma.Schema{schema, schemas.Schema(out.or, true, d.OperationID+"Answer")}}
		}
		r.Content = map[string]*huma.MediaType{"application/json": {Schema: schema}}
	case len(out.files) > 0:
		r.Content = make(map[string]*huma.MediaType)
		for _, kind := range out.files {
			r.Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
			if kind == "application/json" {
				r.Content[kind].Schema = &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
			}
		}
	}
	if out.ranged {
		r.Headers["ETag"] = &huma.Header{Description: "SHA-256", Schema: &huma.Schema{Type: huma.TypeString}}
		d.Responses["206"] = &huma.Response{Description: "Một phần, theo Range · a part, by Range", Content: r.Content, Headers: r.Headers}
		d.Responses["304"] = &huma.Response{Description: "Không đổi, theo If-None-Match · unchanged, by If-None-Match"}
		d.Responses["416"] = &huma.Response{Description: "Range ngoài tệp · Range beyond the file",
			Content: map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}}}
	}
}

// declareProblems lists how a call can fail, by status, with the codes of each.
func (a *api) declareProblems(d *huma.Operation, o *operation) {
	codes := append([]string{"unauthenticated", "invalid", "rate", "overload", "unavailable", "internal"}, o.problems...)
	if !o.public {
		codes = append(codes, "forbidden")
	}
	if o.json || o.takes != nil {
		codes = append(codes, "no-body", "truncated", "too-large", "media-type", "too-slow")
	}
	if o.json {
		codes = append(codes, "json")
	}
	if o.keyed {
		codes = append(codes, "idempotency-key", "key-reused", "key-busy", "changed", "conflict", "storage-full")
	}
	byStatus := make(map[int][]string)
	for _, code := range codes {
		k := kindOfCode(code)
		if !slices.Contains(byStatus[k.status], code) {
			byStatus[k.status] = append(byStatus[k.status], code)
		}
	}
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem](), true, "Problem")
	for status, codes := range byStatus {
		slices.Sort(codes)
		d.Responses[strconv.Itoa(status)] = &huma.Response{Description: strings.Join(codes, ", "),
			Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schema}}}
	}
}

// kindOfCode finds a kind by its code; one that is not there is the program's own fault
// and stands for a fault.
func kindOfCode(code string) *kind {
	for _, k := range []*kind{&unusableFile, &wrongCorrection, &fullDisk} {
		if k.code == code {
			return k
		}
	}
	for i := range kinds {
		if kinds[i].code == code {
			return &kinds[i]
		}
	}
	return &kinds[len(kinds)-1]
}

// rolesFor lists who may do one of these acts at all, and how far.
func rolesFor(acts []attest.Act) map[string]string {
	reaches := map[attest.Reach]string{attest.Own: "own", attest.Below: "below", attest.Everywhere: "everywhere"}
	roles := make(map[string]string)
	for _, role := range attest.Roles() {
		far := attest.Nowhere
		for _, act := range acts {
			far = max(far, attest.ReachOf(role, act))
		}
		if far != attest.Nowhere {
			roles[string(role)] = reaches[far]
		}
	}
	return roles
}

// declareBody describes a body that huma is not to read: it would have it in memory.
func (a *api) declareBody(o *operation) {
	if o.takes == nil {
		return
	}
	a.huma.OpenAPI().Paths[o.path].Post.RequestBody = &huma.RequestBody{Required: true, Content: o.takes}
}

// configuration is what the description says as a whole.
func (a *api) configuration() huma.Config {
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: json.Unmarshal}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: "Ký Tiêm", Version: "1", Description: "Xác nhận kết quả tiêm chủng đã được kiểm tra: nhập, xác nhận, niêm phong, ký số hoặc lập biên bản, thay thế, thu hồi, chứng minh và kiểm tra.\n\n" +
				"Attestation of verified vaccination results: import, confirm, seal, sign or minute, supersede, recall, prove and verify.\n\n" +
				"Thời gian theo RFC 3339 (UTC), mã băm viết hệ 16, chứng thư và chữ ký base64 chuẩn. Lỗi theo RFC 9457, tiếng Việt và tiếng Anh. · " +
				"Times are RFC 3339 in UTC, digests hexadecimal, certificates and signatures standard base64. Problems by RFC 9457, in Vietnamese and English."},
			Servers: []*huma.Server{{URL: "/"}},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", nameOf),
				SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer",
					Description: "Mã truy cập do quản trị viên cấp (kytiem_…) · token that an administrator issues"}},
			},
			Security: []map[string][]string{{"token": {}}},
		},
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{ours},
	}
}

// nameOf names schemas by their types, or by the calls that they are bodies of. Those of a
// verification report are set apart: it has a Bundle and a Signature of its own.
func nameOf(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[struct{}]():
		return "Nothing"
	case strings.HasSuffix(t.PkgPath(), "/verify") && name != "Report":
		return "Report" + name
	}
	words := strings.Split(name, "-")
	for i, w := range words {
		words[i] = strings.ToUpper(w[:min(len(w), 1)]) + w[min(len(w), 1):]
	}
	return strings.Join(words, "")
}

// serveDescription writes the description down once, and serves it to anybody.
func (a *api) serveDescription(router *gin.Engine) error {
	schemas := a.huma.OpenAPI().Components.Schemas.Map()
	delete(schemas, "ErrorModel") // huma's own, which nobody gets to see
	delete(schemas, "ErrorDetail")
	for name, s := range schemas {
		for _, p := range s.Properties {
			if p.Type == huma.TypeArray && name != "DssOrder" { // an empty list is a list; clients of DSS say null
				p.Nullable = false
			}
		}
	}
	asJSON, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		return fmt.Errorf("describing the API: %w", err)
	}
	asYAML, err := a.huma.OpenAPI().YAML()
	if err != nil {
		return fmt.Errorf("describing the API: %w", err)
	}
	for path, is := range map[string]struct {
		kind string
		text []byte
	}{"/openapi.json": {"application/openapi+json", asJSON}, "/openapi.yaml": {"application/openapi+yaml", asYAML}} {
		o := &operation{path: path, method: http.MethodGet, public: true}
		router.GET(path, func(g *gin.Context) {
			c := a.begin(g, o)
			defer c.end()
			g.Writer.Header().Set("Content-Type", is.kind)
			g.Writer.Header().Set("Cache-Control", "public, max-age=300")
			c.patiently(a.o.SlowSender, func() { _, _ = g.Writer.Write(is.text) })
		})
	}
	return nil
}
