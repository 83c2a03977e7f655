package web

import (
	"html/template"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// front is what the templates of the front page are given.
type front struct {
	Sample   *Sample
	Base     string // address of the service
	Verifies bool   // there is a page for it
	Ways     []shownWay
}

type shownWay struct {
	ID, Title string
	Steps     []shownStep
}

type shownStep struct {
	ID       string
	Number   int
	Title    string
	Text     template.HTML
	Here     template.HTML
	Calls    []string
	Commands string // empty without sample data
}

func (h *handler) front(r *http.Request, in language) front {
	f := front{Sample: h.o.Sample, Base: base(r), Verifies: h.o.API != nil}
	n := 0
	for _, w := range ways {
		shown := shownWay{ID: w.id, Title: w.title[in]}
		for _, s := range w.steps {
			step := shownStep{ID: s.id, Title: s.title[in], Text: s.text[in], Calls: s.calls}
			if f.Sample != nil {
				step.Here, step.Commands = s.here[in], f.fill(s.commands)
			}
			if !s.helps {
				n++
				step.Number = n
			}
			if step.Commands != "" || !s.helps {
				shown.Steps = append(shown.Steps, step)
			}
		}
		f.Ways = append(f.Ways, shown)
	}
	return f
}

// fill puts the service's address and the sample's place into commands, as the shell's
// own words.
func (f *front) fill(commands string) string {
	return strings.NewReplacer(
		"{base}", quote(f.Base), "{dir}", quote(f.Sample.Dir), "{unit}", quote(f.Sample.Unit),
	).Replace(strings.Trim(commands, "\n"))
}

// plain is a word that a shell takes as it stands.
var plain = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_./:@%+=-]+$`) })

func quote(word string) string {
	if plain().MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// hostForm is a host as an address may name it. What comes from outside is copied into
// a shell by whoever trusts this page: nothing else may pass.
var hostForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$`)
})

// base is the address by which the service was asked, for commands that ask it again. The
// proxy in front says whether that was over TLS.
func base(r *http.Request) string {
	host := r.Host
	if !hostForm().MatchString(host) {
		host = "127.0.0.1"
		if own, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			host = own.String()
		}
	}
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://" + host
	}
	return "http://" + host
}
