package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// verificationPage is the template of the page on which anybody verifies.
const verificationPage = "verification"

const (
	// maxFiles is how many documents one form may bring. An address without an account may
	// ask for twenty in one go (see api.Options.Anonymous).
	maxFiles = 10

	// formBytes bounds a form beside its files.
	formBytes = 64 << 10

	// betweenParts is how long a sender may take from one file of a form to the next, and for
	// what is not wanted any more. A file's own time is the API's.
	betweenParts = 30 * time.Second

	// maxNameLetters bounds the name of a file that is shown.
	maxNameLetters = 120
)

// The calls of the API that the page makes.
const (
	verifyCall = "/v1/verifications"
	signedCall = "/v1/verifications/revisions/" // and the SHA-256 of what was signed
)

// The paths of the page's forms below its own.
const (
	detachedForm = "/detached"
	lockedForm   = "/locked"
	signedForm   = "/signed"
)

// verification is what the template of the page is given.
type verification struct {
	Other       string // path of the page in the other language
	MaxFiles    int
	MaxDocument int64
	Answers     []answer // none: nothing was sent

	Standing []answer // what the script says without asking anybody
}

func (h *handler) verification(in language) verification {
	v := verification{Other: here(1 - in), MaxFiles: maxFiles, MaxDocument: h.o.MaxDocument}
	for _, code := range [...]string{"too-large", "many", "lost"} {
		v.Standing = append(v.Standing, answer{ID: code, Problem: &problem{Code: code}})
	}
	return v
}

// take answers what was sent by one of the page's forms.
func (h *handler) take(w http.ResponseWriter, r *http.Request, in language) {
	v := h.verification(in)
	switch strings.TrimPrefix(r.URL.Path, here(in)) {
	case detachedForm, lockedForm:
		v.Answers = h.handedOn(w, r, in)
	case signedForm:
		v.Answers = h.signed(w, r, in)
		if v.Answers == nil { // the file is on its way
			return
		}
	default:
		v.Answers = h.documents(w, r, in)
	}
	for i := range v.Answers {
		v.Answers[i].number(i + 1)
	}
	head := w.Header()
	head.Set("Cache-Control", "no-store") // it says who signed what
	status := http.StatusOK
	if refused := slices.IndexFunc(v.Answers, func(a answer) bool { return a.Problem != nil }); refused >= 0 {
		p := v.Answers[refused].Problem
		if p.retry != "" {
			head.Set("Retry-After", p.retry)
		}
		if !slices.ContainsFunc(v.Answers, func(a answer) bool { return a.Report != nil }) {
			status = p.Status
		}
	}
	h.show(w, in, status, verificationPage, v)
}

// documents judges the files of a form one after the other as they come, each by a call of
// its own: none waits for the others, and no more than one is held at a time.
func (h *handler) documents(w http.ResponseWriter, r *http.Request, in language) []answer {
	r.Body = http.MaxBytesReader(w, r.Body, maxFiles*h.o.MaxDocument+formBytes)
	parts, err := r.MultipartReader()
	if err != nil {
		return []answer{refusal("", http.StatusBadRequest, "form")}
	}
	control := http.NewResponseController(w)
	var answers []answer
	var busy *problem // which holds for all that comes after
	for n := 0; ; n++ {
		_ = control.SetReadDeadline(time.Now().Add(betweenParts)) // a writer without deadlines is none of a network
		part, err := parts.NextPart()
		if err == io.EOF { // unwrapped: a form that was cut off wraps it
			break
		}
		if err != nil {
			return append(answers, broken(w, err))
		}
		name := shownName(part.FileName())
		switch {
		case n > 2*maxFiles: // each may take its time
			return append(answers, h.unread(w, r, refusal("", http.StatusBadRequest, "form")))
		case part.FormName() != "file" || name == "":
		case len(answers) == maxFiles:
			return append(answers, h.unread(w, r, refusal(name, http.StatusRequestEntityTooLarge, "many")))
		case busy != nil:
			answers = append(answers, answer{Name: name, Problem: busy})
		default:
			a := h.document(w, r, in, name, part)
			answers = append(answers, a)
			switch p := a.Problem; {
			case p == nil:
			case p.Code == "too-slow" || p.Code == "truncated": // and nothing comes after it
				w.Header().Set("Connection", "close")
				return answers
			case p.retry != "":
				busy = p
			}
		}
	}
	if len(answers) == 0 {
		return []answer{refusal("", http.StatusBadRequest, "nothing")}
	}
	return answers
}

func (h *handler) document(w http.ResponseWriter, r *http.Request, in language, name string, part *multipart.Part) answer {
	a := answer{Name: name}
	said, kept := reply{reader: w}, proofCopy{}
	if err := h.ask(&said, r, in, verifyCall, "application/octet-stream", io.TeeReader(part, &kept)); err != nil {
		return refusal(name, http.StatusInternalServerError, "internal")
	}
	a.Report, a.Problem = said.read()
	a.open(kept)
	return a
}

// handedOn judges a signature together with what it signs, or a document together with its
// password. The form is the one that the API takes, and goes to it as it came.
func (h *handler) handedOn(w http.ResponseWriter, r *http.Request, in language) []answer {
	said := reply{reader: w}
	if err := h.ask(&said, r, in, verifyCall, r.Header.Get("Content-Type"), r.Body); err != nil {
		return []answer{refusal("", http.StatusInternalServerError, "internal")}
	}
	a := answer{}
	if a.Report, a.Problem = said.read(); a.Report != nil {
		a.Name = shownName(a.Report.Document.Name)
		return []answer{a}
	}
	return []answer{h.unread(w, r, a)}
}

// digestForm is a SHA-256 as the page's own links have it.
var digestForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{64}$`) })

// signed gives back the document as it was signed. Nothing was kept, so the form brings the
// document once more, and it goes to the API as it came.
func (h *handler) signed(w http.ResponseWriter, r *http.Request, in language) []answer {
	sum := r.URL.Query().Get("sha256")
	if !digestForm().MatchString(sum) {
		return []answer{h.unread(w, r, refusal("", http.StatusNotFound, "no-such-revision"))}
	}
	said := reply{reader: w, through: true}
	if err := h.ask(&said, r, in, signedCall+sum, r.Header.Get("Content-Type"), r.Body); err != nil {
		return []answer{refusal("", http.StatusInternalServerError, "internal")}
	}
	if said.status == http.StatusOK {
		return nil
	}
	a := answer{}
	_, a.Problem = said.read()
	return []answer{h.unread(w, r, a)}
}

// unread takes in what was sent and is not wanted any more, for a while: a browser that is
// still sending shows no answer, only that the connection broke. The API has cut the
// sender off by then.
func (h *handler) unread(w http.ResponseWriter, r *http.Request, a answer) answer {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(betweenParts))
	if _, err := io.Copy(io.Discard, io.LimitReader(r.Body, 2*h.o.MaxDocument)); err != nil {
		w.Header().Set("Connection", "close")
	}
	return a
}

// broken says why a form could not be read to its end. The connection serves no further
// call then.
func broken(w http.ResponseWriter, err error) answer {
	w.Header().Set("Connection", "close")
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return refusal("", http.StatusRequestEntityTooLarge, "many")
	}
	return refusal("", http.StatusBadRequest, "truncated")
}

func refusal(name string, status int, code string) answer {
	return answer{Name: name, Problem: &problem{Status: status, Code: code}}
}

// shownName is the name of a file as it is shown to whoever sent it.
func shownName(name string) string {
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r) { // which could show exe.pdf for fdp.exe
			return -1
		}
		return r
	}, norm.NFC.String(strings.ToValidUTF8(name, "")))
	if letters := []rune(name); len(letters) > maxNameLetters {
		name = string(letters[:maxNameLetters]) + "…"
	}
	return name
}

// problem is why there is no report. The API says it in words for programs, too; where
// the page has words of its own for a code, those are shown.
type problem struct {
	Status  int    `json:"status"`
	Code    string `json:"code"`
	VI      string `json:"vi"`
	EN      string `json:"en"`
	Request string `json:"request"`

	retry string // seconds after which to try again; empty where that helps nothing
}
