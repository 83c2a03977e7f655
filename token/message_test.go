package token_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kytiem/token"
)

// child is a shell script that answers in place of kytiem-token.
func child(t *testing.T, script string) token.Program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "child")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nread -r q\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return token.Program{Path: path, Module: "/none.so", Patience: time.Second}
}

// TestChildThatMisbehaves: whatever the child is, we come back, bounded, with nothing or
// with what was asked for.
func TestChildThatMisbehaves(t *testing.T) {
	for _, test := range []struct {
		name, script, says string
		want               error
	}{
		{"nothing", "", "", token.ErrCrashed},
		{"dies", "kill -SEGV $$", "signal", token.ErrCrashed},
		{"silent", "exec sleep 60", "no answer in 1s", token.ErrHangs},
		{"leaves somebody behind who is silent", "sleep 5 & wait", "", token.ErrHangs},
		{"cut off after a signature", `echo '{"signature":"AAAA"}'`, "", token.ErrCrashed},
		{"one signature too few", `echo '{"signature":"AAAA"}'; echo '{"done":true}'`, "1 signatures for 2 items", nil},
		{"one too many", `for i in 1 2 3; do echo '{"signature":"AAAA"}'; done; echo '{"done":true}'`, "not a message", nil},
		{"without end", `while :; do echo '{"signature":"AAAA"}'; done`, "not a message", nil},
		{"a line without end", `head -c 10000000 /dev/zero | tr '\0' a`, "line of more than", nil},
		{"a certificate", `echo '{"certificate":{}}'; echo '{"done":true}'`, "not a message", nil},
		{"noise", "echo DRIVER 1.0", "not a message", nil},
		{"unknown member", `echo '{"done":true,"more":1}'`, "not a message", nil},
		{"fault", `echo '{"fault":"pin-locked","detail":"C_Login: CKR_PIN_LOCKED\u001b[2J"}'`, "CKR_PIN_LOCKED?[2J", token.ErrPINLocked},
		{"fault that is new", `echo '{"fault":"on-fire"}'`, "", token.ErrDevice},
	} {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now()
			signatures, err := child(t, test.script).Sign(context.Background(), token.Certificate{}, token.Login{PIN: "482913"}, make([]token.Item, 2))
			if err == nil || signatures != nil || test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("Sign: %d signatures, %v, want %v %s", len(signatures), err, test.want, test.says)
			}
			if took := time.Since(start); took > 4*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// TestChildIsAskedOnce: the PIN goes over standard input and nowhere else.
func TestChildIsAskedOnce(t *testing.T) {
	dir := t.TempDir()
	p := child(t, fmt.Sprintf(`printf %%s "$q" > %s/asked; printf '%%s\n' "$*" > %[1]s/args; env > %[1]s/env; echo '{"signature":"AAAA"}'; echo '{"done":true}'`, dir))
	if _, err := p.Sign(context.Background(), token.Certificate{Serial: "f5"}, token.Login{PIN: "482913", Unattended: true}, make([]token.Item, 1)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"asked": true, "args": false, "env": false} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || strings.Contains(string(content), "482913") != want {
			t.Errorf("%s: %s, %v", name, content, err)
		}
	}
	if text := fmt.Sprintf("%v %+v %s", token.Login{PIN: "482913"}, token.Login{PIN: "482913"}, token.Question{Login: &token.Login{PIN: "482913"}}.Login); strings.Contains(text, "482913") {
		t.Errorf("printed: %s", text)
	}
}

func TestServe(t *testing.T) {
	whole := func(q token.Question) string {
		line, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		return string(line) + "\n"
	}
	for _, test := range []struct {
		name, question string
		fault          error // of answering
		want           string
	}{
		{"list", `{"module":"/a.so"}` + "\n", nil, `{"done":true}`},
		{"fault", `{"module":"/a.so"}` + "\n", fmt.Errorf("there: %w", token.ErrNoKey), `{"fault":"no-key","detail":"there: ` + token.ErrNoKey.English + `"}`},
		{"any error", `{"module":"/a.so"}` + "\n", errors.New("odd"), `{"fault":"device","detail":"odd"}`},
		{"no line", `{"module":"/a.so"}`, nil, ""},
		{"nothing", "", nil, ""},
		{"unknown member", `{"module":"/a.so","write":true}` + "\n", nil, ""},
		{"two", `{"module":"/a.so"} {}` + "\n", nil, ""},
		{"items without a certificate", whole(token.Question{Login: &token.Login{}, Items: make([]token.Item, 1)}), nil, ""},
		{"items without a login", whole(token.Question{Certificate: &token.Certificate{}, Items: make([]token.Item, 1)}), nil, ""},
		{"too many items", whole(token.Question{Certificate: &token.Certificate{}, Login: &token.Login{}, Items: make([]token.Item, token.MaxItems+1)}), nil, ""},
		{"too long", strings.Repeat(" ", 1<<20) + "{}\n", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			err := token.Serve(strings.NewReader(test.question), &out, func(token.Question, func(token.Answer) error) error { return test.fault })
			if got := strings.TrimSpace(out.String()); got != test.want || (err == nil) != (test.want != "") {
				t.Errorf("answered %s, %v, want %s", got, err, test.want)
			}
		})
	}
}

// FuzzQuestion: what is understood is written again so that it is understood the same.
func FuzzQuestion(f *testing.F) {
	f.Add(`{"module":"/a.so","certificate":{"slot":1,"id":"AQ==","der":"AA=="},"login":{"pin":"1"},"items":[{"algorithm":"RS256","digest":"AA=="}]}`)
	f.Fuzz(func(t *testing.T, line string) {
		var first, second token.Question
		take := func(into *token.Question) func(token.Question, func(token.Answer) error) error {
			return func(q token.Question, _ func(token.Answer) error) error { *into = q; return nil }
		}
		var out bytes.Buffer
		if token.Serve(strings.NewReader(line+"\n"), &out, take(&first)) != nil {
			return
		}
		once, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := token.Serve(strings.NewReader(string(once)+"\n"), &out, take(&second)); err != nil {
			t.Fatal(err)
		}
		if twice, err := json.Marshal(second); err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%s became %s, %v", once, twice, err)
		}
	})
}
