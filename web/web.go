// Package web is the page for people at the root of the service: what this is and for
// whom, what the sample data holds, and the way through the API as commands to copy, in
// Vietnamese and in English. The screens on which people work come later; until then the
// page says that there are none.
//
// It asks nobody who they are, reads no database, changes nothing, and names no person
// but those made up for the commands.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"path"
)

// Options say what the page tells. The zero value is a service without sample data.
type Options struct {
	Sample *Sample // nil: the way is described, and no commands are shown
}

// Sample is what a service holds that was started for a try, and that the commands on
// the page make use of.
type Sample struct {
	Dir    string // of tokens, keys and files, as seen from where commands are typed
	Unit   string // code of the unit whose results are there
	Name   string // of that unit
	Seeded int    // results that are there from the beginning
	Fresh  int    // rows in each of the files that lie ready
}

//go:embed page
var files embed.FS

// Handler serves the page at / (Vietnamese) and /en (English), what belongs to it below
// /page/, and says in both languages that there is nothing else.
func Handler(o Options) (http.Handler, error) {
	h := &handler{o: o, parts: make(map[string]part)}
	for name, kind := range map[string]string{"page.css": "text/css", "copy.js": "text/javascript", "seal.svg": "image/svg+xml"} {
		content, err := files.ReadFile("page/" + name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		h.parts["/page/"+hex.EncodeToString(sum[:6])+"/"+name] = part{kind + "; charset=utf-8", content}
	}
	var err error
	h.pages, err = template.New("").Funcs(template.FuncMap{"part": h.address}).ParseFS(files, "page/*.html")
	return h, err
}

type handler struct {
	o     Options
	pages *template.Template
	parts map[string]part // by path
}

// part is a file that pages refer to. Its path changes with its content, so that a
// browser may keep it for good.
type part struct {
	kind    string
	content []byte
}

// address is where a part is served.
func (h *handler) address(name string) (string, error) {
	for at := range h.parts {
		if path.Base(at) == name {
			return at, nil
		}
	}
	return "", fmt.Errorf("no part %s", name)
}

// policy lets pages load their own style sheet, script and picture, and nothing else
// from anywhere; nobody may frame them.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", policy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		head.Set("Allow", "GET, HEAD")
		h.show(w, http.StatusMethodNotAllowed, "refused", nil)
		return
	}
	if p, ok := h.parts[r.URL.Path]; ok {
		head.Set("Content-Type", p.kind)
		head.Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = w.Write(p.content) // whoever left does not need it
		return
	}
	switch r.URL.Path {
	case "/":
		h.show(w, http.StatusOK, "vi", h.front(r, vietnamese))
	case "/en":
		h.show(w, http.StatusOK, "en", h.front(r, english))
	default:
		h.show(w, http.StatusNotFound, "missing", nil)
	}
}

// show renders before it sends: half a page under status 200 would pass for a whole one.
func (h *handler) show(w http.ResponseWriter, status int, name string, content any) {
	var page bytes.Buffer
	if err := h.pages.ExecuteTemplate(&page, name, content); err != nil {
		http.Error(w, "Không hiển thị được trang này · this page could not be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache") // it carries the address by which it was asked for
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
}
