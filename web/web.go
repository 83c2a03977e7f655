// Package web is what people without an account see of the service, in Vietnamese and in
// English: the page at its root, which says what this is and for whom and leads through
// the API by commands to copy, and the page on which anybody verifies a document. The
// screens on which officers work come later; until then the front page says so.
//
// It asks nobody who they are, reads no database, changes nothing and keeps nothing. What
// is to be verified goes on to the API in the reader's name, whose limits, log and errors
// are those of everybody.
package web

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"path"
)

// Options say what the pages tell. The zero value is a service without sample data, and
// without a page for verification.
type Options struct {
	Sample *Sample // nil: the way is described, and no commands are shown

	// API judges what is sent to the page for verification: the calls of package api. nil:
	// there is no such page.
	API http.Handler

	// MaxDocument is the largest document that API takes, in bytes; zero is 64 MiB.
	MaxDocument int64
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

const defaultMaxDocument = 64 << 20

//go:embed page
var files embed.FS

// Handler serves the front page at / (Vietnamese) and /en (English), the page for
// verification at /verify and /en/verify, what belongs to them below /page/, and says in
// both languages that there is nothing else.
func Handler(o Options) (http.Handler, error) {
	o.MaxDocument = cmp.Or(o.MaxDocument, defaultMaxDocument)
	h := &handler{o: o, parts: make(map[string]part)}
	for name, kind := range map[string]string{
		"page.css": "text/css", "verification.css": "text/css", "copy.js": "text/javascript", "verification.js": "text/javascript", "seal.svg": "image/svg+xml",
	} {
		content, err := files.ReadFile("page/" + name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		h.parts["/page/"+hex.EncodeToString(sum[:6])+"/"+name] = part{kind + "; charset=utf-8", content}
	}
	for _, in := range [...]language{vietnamese, english} {
		pages, err := template.New("").Funcs(h.words(in)).ParseFS(files, "page/*.html")
		if err != nil {
			return nil, err
		}
		h.pages[in] = pages
	}
	return h, nil
}

type handler struct {
	o     Options
	pages [2]*template.Template // by language
	parts map[string]part       // by path
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

// Pages may load their own style sheets, script and picture, and nothing else from
// anywhere; nobody may frame them. The one for verification sends to this service, too.
const (
	policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; " +
		"base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
	sendingPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; " +
		"base-uri 'none'; frame-ancestors 'none'; form-action 'self'; connect-src 'self'"
)

// place is what is served at a path.
type place struct {
	in   language
	page string
}

var places = map[string]place{
	"/":          {vietnamese, "vi"},
	"/en":        {english, "en"},
	"/verify":    {vietnamese, verificationPage},
	"/en/verify": {english, verificationPage},

	// What a form leads to is the page itself for whoever only looks there.
	"/verify/detached":    {vietnamese, verificationPage},
	"/en/verify/detached": {english, verificationPage},
	"/verify/locked":      {vietnamese, verificationPage},
	"/en/verify/locked":   {english, verificationPage},
	"/verify/signed":      {vietnamese, verificationPage},
	"/en/verify/signed":   {english, verificationPage},
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", policy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	at, known := places[r.URL.Path]
	verification := known && at.page == verificationPage && h.o.API != nil
	switch {
	case verification && r.Method == http.MethodPost:
		head.Set("Content-Security-Policy", sendingPolicy)
		h.take(w, r, at.in)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		head.Set("Allow", "GET, HEAD")
		h.show(w, vietnamese, http.StatusMethodNotAllowed, "refused", nil)
		return
	case verification:
		head.Set("Content-Security-Policy", sendingPolicy)
		h.show(w, at.in, http.StatusOK, verificationPage, h.verification(at.in))
		return
	case known && at.page != verificationPage:
		h.show(w, at.in, http.StatusOK, at.page, h.front(r, at.in))
		return
	}
	if p, ok := h.parts[r.URL.Path]; ok {
		head.Set("Content-Type", p.kind)
		head.Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = w.Write(p.content) // whoever left does not need it
		return
	}
	h.show(w, vietnamese, http.StatusNotFound, "missing", nil)
}

// show renders before it sends: half a page under status 200 would pass for a whole one.
func (h *handler) show(w http.ResponseWriter, in language, status int, name string, content any) {
	var page bytes.Buffer
	if err := h.pages[in].ExecuteTemplate(&page, name, content); err != nil {
		http.Error(w, "Không hiển thị được trang này · this page could not be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-cache") // it carries the address by which it was asked for
	}
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
}
