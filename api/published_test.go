package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kytiem/attest"
)

// TestPublishedReasons: why a bundle is replaced or recalled is told to anybody. The
// description says so, and a reason with what may be the number of an identity card is
// refused.
func TestPublishedReasons(t *testing.T) {
	d := newDesk(t, nil)
	head := d.token[attest.Head]
	b := d.signed(t, 1)
	at := "/v1/bundles/" + b.ID
	for _, reason := range []string{
		"sai số định danh 079075000123", "079075000123", "CMND 270123456.", "số 079 075 000 123 ghi nhầm", "079.075.000.123", "0790-7500-0123",
		"dòng 5 079075000123", "０７９０７５０００１２３", "CCCD:079\u00a0075\u00a0000\u00a0123",
	} {
		for _, what := range []string{"supersede", "recall"} {
			a := d.call(t, head, http.MethodPost, at+"/"+what, object{"reason": reason})
			a.is(t, 422, "reason-public")
			if strings.Contains(string(a.body), "079") {
				t.Errorf("repeats what was sent: %s", a.body)
			}
		}
	}
	d.state(t, b.ID, "signed")
	const fine = "theo Công văn số 9438/BYT-CNTT ngày 05.11.2021, 12 kết quả ghi sai lô 2021-000123; hỏi 0251 3822 297"
	d.call(t, head, http.MethodPost, at+"/recall", object{"reason": fine}).into(t, &object{})
	var said struct{ Status, Reason string }
	d.call(t, "", http.MethodGet, at+"/status", nil).into(t, &said)
	if said.Status != "recalled" || said.Reason != fine {
		t.Errorf("told %+v", said)
	}

	w := httptest.NewRecorder()
	newHandler(t).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	var doc struct {
		Paths map[string]struct{ Post struct{ Description string } }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"supersede", "recall"} {
		about := doc.Paths["/v1/bundles/{id}/"+what].Post.Description
		if !strings.Contains(about, "công khai") || !strings.Contains(about, "public") {
			t.Errorf("%s does not say that its reason is public: %s", what, about)
		}
	}
}
