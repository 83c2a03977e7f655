package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	faults "github.com/pb33f/libopenapi-validator/errors"

	"kytiem/api"
)

// description is /openapi.json, read by somebody else's reader.
var description = sync.OnceValues(func() (validator.Validator, error) {
	handler, err := api.New(api.Options{}) // describing needs no service
	if err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	document, err := libopenapi.NewDocument(w.Body.Bytes())
	if err != nil {
		return nil, err
	}
	v, errs := validator.NewValidator(document, config.WithFormatAssertions())
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return v, nil
})

// described is a client's transport that holds everything that goes over it against the
// description: every answer, and every request that was taken.
type described struct{ t testing.TB }

// RoundTrip implements [http.RoundTripper].
func (d *described) RoundTrip(r *http.Request) (*http.Response, error) {
	v, err := description()
	if err != nil {
		return nil, err
	}
	var sent []byte
	if r.Body != nil {
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	switch response.Header.Get("Content-Type") {
	case "text/event-stream": // is not over yet
		return response, nil
	case "application/x-ndjson": // which the validator takes for one value
		return response, nil
	}
	came, err := io.ReadAll(response.Body)
	response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(came))
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(r.URL.Path, "/v1/") && !slices.Contains(api.Foreign(), r.URL.Path) || response.StatusCode == http.StatusMethodNotAllowed ||
		response.StatusCode == http.StatusPartialContent || // of JSON it is none any more
		bytes.Contains(came, []byte(`"code":"no-such-call"`)) {
		return response, nil
	}
	what := r.Method + " " + r.URL.Path + " " + response.Status
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(sent))
	if response.StatusCode < 300 {
		if ok, faults := v.ValidateHttpRequestSync(again); !ok {
			d.t.Error(undescribed(what+", the request", texts(faults)))
		}
	}
	copied := *response
	copied.Body = io.NopCloser(bytes.NewReader(came))
	again.Body = io.NopCloser(bytes.NewReader(sent))
	if ok, faults := v.ValidateHttpResponse(again, &copied); !ok {
		d.t.Error(undescribed(what+", the answer "+string(came[:min(len(came), 400)]), texts(faults)))
	}
	return response, nil
}

func texts(found []*faults.ValidationError) (all []string) {
	for _, f := range found {
		all = append(all, f.Message+" "+f.Reason)
		for _, s := range f.SchemaValidationErrors {
			all = append(all, s.FieldPath+" "+s.Reason)
		}
	}
	return all
}

// TestDescription holds the description itself against the specification of OpenAPI, and
// every call in it against what callers are promised.
func TestDescription(t *testing.T) {
	v, err := description()
	if err != nil {
		t.Fatal(err)
	}
	if ok, faults := v.ValidateDocument(); !ok {
		t.Error(undescribed("/openapi.json", texts(faults)))
	}
	w := httptest.NewRecorder()
	newHandler(t).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID, Summary, Description string
			Responses                         map[string]struct {
				Description string
				Content     map[string]any
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || doc.OpenAPI != "3.1.0" {
		t.Fatalf("OpenAPI %s (%v)", doc.OpenAPI, err)
	}
	seen := make(map[string]bool)
	for path, calls := range doc.Paths {
		for method, c := range calls {
			what := method + " " + path
			if c.OperationID == "" || seen[c.OperationID] || !strings.Contains(c.Summary, " · ") || c.Description == "" {
				t.Errorf("%s: id %q, summary %q, description %q", what, c.OperationID, c.Summary, c.Description)
			}
			seen[c.OperationID] = true
			for _, status := range []string{"401", "422", "500", "503"} {
				if c.Responses[status].Content["application/problem+json"] == nil || c.Responses[status].Description == "" {
					t.Errorf("%s tells of no %s", what, status)
				}
			}
			if ok := c.Responses["200"]; ok.Description != "" && ok.Content == nil {
				t.Errorf("%s tells of a success with nothing in it", what)
			}
		}
	}
}

var errNotDescribed = errors.New("traffic is not as described")

func undescribed(what string, faults []string) error {
	return fmt.Errorf("%w: %s: %s", errNotDescribed, what, strings.Join(faults, "; "))
}
