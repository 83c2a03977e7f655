package web_test

import (
	"encoding/xml"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"kytiem/web"
)

var sample = &web.Sample{Dir: "var", Unit: "26221", Name: "Xã Phú Hòa", Seeded: 240, Fresh: 24}

func ask(t *testing.T, o web.Options, method, path string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	h, err := web.Handler(o)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, path, nil)
	r.Host = "127.0.0.1:8080"
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// element is a start tag.
type element struct {
	name  string
	attrs map[string]string
}

// elements reads a page as strictly as HTML allows: what is opened is closed, in order.
func elements(t *testing.T, page string) []element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.AutoClose = []string{"meta", "link", "img"}
	d.Strict = false
	d.Entity = xml.HTMLEntity
	var all []element
	var open []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("page is not well formed: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{token.Name.Local, make(map[string]string)}
			for _, a := range token.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			all, open = append(all, e), append(open, e.name)
		case xml.EndElement:
			if open[len(open)-1] != token.Name.Local {
				t.Fatalf("%s ends within %s", token.Name.Local, open[len(open)-1])
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Fatalf("never closed: %v", open)
	}
	return all
}

func TestPages(t *testing.T) {
	for _, tt := range []struct {
		name, method, path string
		o                  web.Options
		status             int
		says               []string
		not                []string
	}{
		{"Vietnamese", "GET", "/", web.Options{Sample: sample}, 200,
			[]string{`<html lang="vi">`, `href="/en"`, "Xã Phú Hòa", "240 kết quả", "Màn hình làm việc cho cán bộ chưa có", `href="/openapi.json"`,
				`href="/livez"`, `href="/readyz"`, `href="/metrics"`, "không có thật"}, nil},
		{"English", "GET", "/en", web.Options{Sample: sample}, 200,
			[]string{`<html lang="en">`, `<a href="/"`, "26221", "240 results", "Screens for officers’ daily work are not in this version", `href="/openapi.json"`}, nil},
		{"without sample data", "GET", "/", web.Options{}, 200,
			[]string{"POST /v1/bundles", "Ký ở nơi giữ khóa"}, []string{"<pre", "ữ liệu mẫu", "khóa mẫu", "Ở đây", "openssl", "BASE=", "var/", ">0<"}},
		{"nothing there", "GET", "/nichts", web.Options{}, 404, []string{"Không có trang này", "There is no such page", `lang="en"`}, nil},
		{"a name that is markup", "GET", "/%3Cscript%3E", web.Options{}, 404, []string{"There is no such page"}, []string{"script>"}},
		{"below a page", "GET", "/en/", web.Options{}, 404, []string{"There is no such page"}, nil},
		{"a part of another build", "GET", "/page/000000000000/page.css", web.Options{}, 404, []string{"There is no such page"}, nil},
		{"written to", "POST", "/", web.Options{}, 405, []string{"chỉ để đọc", "Only GET and HEAD"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(t, tt.o, tt.method, tt.path)
			page := w.Body.String()
			if w.Code != tt.status {
				t.Errorf("status %d, want %d", w.Code, tt.status)
			}
			for _, text := range tt.says {
				if !strings.Contains(page, text) {
					t.Errorf("does not say %q", text)
				}
			}
			for _, text := range tt.not {
				if strings.Contains(page, text) {
					t.Errorf("says %q", text)
				}
			}
			if !norm.NFC.IsNormalString(page) {
				t.Error("not in NFC")
			}
			check(t, tt.o, w)
		})
	}
}

// check asks of any page what holds for all: it is well formed, refers to what is there
// and to nothing elsewhere, and says so to the browser.
func check(t *testing.T, o web.Options, w *httptest.ResponseRecorder) {
	t.Helper()
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Content-Type": "text/html; charset=utf-8"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if p := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(p, "default-src 'none'; ") || strings.Contains(p, "unsafe") {
		t.Errorf("policy %q", p)
	}
	ids := make(map[string]int)
	all := elements(t, w.Body.String())
	for _, e := range all {
		if id := e.attrs["id"]; id != "" {
			ids[id]++
		}
	}
	for _, e := range all {
		for _, name := range []string{"style", "onclick", "onload"} {
			if _, ok := e.attrs[name]; ok {
				t.Errorf("%s has %s, which the policy forbids", e.name, name)
			}
		}
		if named := e.attrs["aria-labelledby"]; named != "" && ids[named] != 1 {
			t.Errorf("%s is labelled by %s, of which there are %d", e.name, named, ids[named])
		}
		for _, name := range []string{"href", "src"} {
			switch to := e.attrs[name]; {
			case to == "":
			case strings.HasPrefix(to, "#"):
				if ids[to[1:]] != 1 {
					t.Errorf("%s leads to %d places", to, ids[to[1:]])
				}
			case !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//"):
				t.Errorf("%s leads elsewhere: %s", e.name, to)
			case strings.HasPrefix(to, "/page/"):
				part := ask(t, o, "GET", to)
				if part.Code != 200 || part.Body.Len() == 0 || strings.HasPrefix(part.Header().Get("Content-Type"), "text/html") {
					t.Errorf("%s is not served: %d, %s", to, part.Code, part.Header().Get("Content-Type"))
				}
			}
		}
	}
	for id, n := range ids {
		if n != 1 {
			t.Errorf("id %s is there %d times", id, n)
		}
	}
}

var block = regexp.MustCompile(`(?s)<pre class="commands"[^>]*><code>(.*?)</code></pre>`)

// commands are the blocks of a page, in order.
func commands(page string) []string {
	var all []string
	for _, found := range block.FindAllStringSubmatch(page, -1) {
		all = append(all, html.UnescapeString(found[1]))
	}
	return all
}

// TestCommandsAlike holds for both languages: the same commands, each introduced by a
// sentence, none so wide that a window scrolls. That they work is tested by cmd/kytiem.
func TestCommandsAlike(t *testing.T) {
	vi := commands(ask(t, web.Options{Sample: sample}, "GET", "/").Body.String())
	en := commands(ask(t, web.Options{Sample: sample}, "GET", "/en").Body.String())
	if len(vi) == 0 || !slices.Equal(vi, en) {
		t.Errorf("%d blocks in Vietnamese, %d in English, or not the same", len(vi), len(en))
	}
	for _, b := range vi {
		for line := range strings.Lines(b) {
			if n := len([]rune(line)); n > 80 {
				t.Errorf("line of %d characters: %s", n, line)
			}
		}
	}
}

// TestAddress: what a request says of the host ends in commands that people paste into
// a shell.
func TestAddress(t *testing.T) {
	for _, tt := range []struct {
		name, host, proto, want string
	}{
		{"own", "127.0.0.1:8080", "", "BASE=http://127.0.0.1:8080 "},
		{"name", "kytiem.dongnai.gov.vn", "", "BASE=http://kytiem.dongnai.gov.vn "},
		{"IPv6", "[::1]:9000", "", "BASE='http://[::1]:9000' "},
		{"behind a proxy", "kytiem.vn", "https", "BASE=https://kytiem.vn "},
		{"strange scheme", "kytiem.vn", "https;id", "BASE=http://kytiem.vn "},
		{"none", "", "", "BASE=http://127.0.0.1 "},
		{"command", "$(id)", "", "BASE=http://127.0.0.1 "},
		{"another command", "a;id", "", "BASE=http://127.0.0.1 "},
		{"line", "a\nid", "", "BASE=http://127.0.0.1 "},
		{"quote", "a'b", "", "BASE=http://127.0.0.1 "},
		{"markup", "<b>", "", "BASE=http://127.0.0.1 "},
		{"option", "-x", "", "BASE=http://127.0.0.1 "},
		{"long", strings.Repeat("a", 300), "", "BASE=http://127.0.0.1 "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(t, web.Options{Sample: sample}, "GET", "/", func(r *http.Request) {
				r.Host = tt.host
				r.Header.Set("X-Forwarded-Proto", tt.proto)
			})
			all := commands(w.Body.String())
			if len(all) == 0 || !strings.HasPrefix(all[0], tt.want) {
				t.Errorf("got %.60q, want %q", all, tt.want)
			}
			check(t, web.Options{Sample: sample}, w)
		})
	}
}

// TestDirectory is one with a name that means something to a shell and to a browser.
func TestDirectory(t *testing.T) {
	odd := *sample
	odd.Dir = `/tmp/it's <b> $(id)`
	w := ask(t, web.Options{Sample: &odd}, "GET", "/")
	if all := commands(w.Body.String()); !strings.Contains(all[0], `VAR='/tmp/it'\''s <b> $(id)' `) {
		t.Errorf("got %q", all[0])
	}
	check(t, web.Options{Sample: &odd}, w)
}

func TestHead(t *testing.T) {
	if w := ask(t, web.Options{}, "HEAD", "/"); w.Code != 200 {
		t.Errorf("status %d", w.Code)
	}
	if w := ask(t, web.Options{}, "DELETE", "/en"); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("status %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}
