package web

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"kytiem/bundle"
	"kytiem/verify"
)

// TestWords: every word is said in both languages and by some template, and every word that
// a template says is there, also where the report chooses it.
func TestWords(t *testing.T) {
	var templates strings.Builder
	for _, name := range []string{"verification.html", "answer.html"} {
		text, err := files.ReadFile("page/" + name)
		if err != nil {
			t.Fatal(err)
		}
		templates.Write(text)
	}
	said := make(map[string]bool)
	for _, found := range regexp.MustCompile(`say "([^"]+)"`).FindAllStringSubmatch(templates.String(), -1) {
		said[found[1]] = true
	}
	chosen := func(prefix string, keys ...string) {
		for _, key := range keys {
			said[prefix+key] = true
		}
	}
	chosen("covers.", "whole-file", "whole-revision", "partial")
	chosen("after.", "none", "lta", "form-fill", "annotate", "other", "broken")
	chosen("bundle.", "valid", "superseded", "recalled", "minuted", "unknown", "open")
	chosen("revocation.", "good", "revoked", "suspended", "unknown")
	chosen("check.", "ok", "warn", "fail")
	chosen("field.", bundle.Fields()...)
	chosen("problem.", "unreadable", "too-large", "many", "nothing", "form", "truncated", "too-slow", "rate", "overload", "no-such-revision", "password", "no-body", "internal", "lost")
	for key := range said {
		if _, known := words[key]; !known {
			t.Errorf("no words for %s", key)
		}
	}
	for key, both := range words {
		if !said[key] {
			t.Errorf("nobody says %s", key)
		}
		for _, text := range both {
			if text == "" || !norm.NFC.IsNormalString(text) {
				t.Errorf("%s: %q", key, text)
			}
		}
		if strings.Count(both[vietnamese], "%") != strings.Count(both[english], "%") {
			t.Errorf("%s takes other values in English", key)
		}
	}
	for _, i := range []verify.Indication{verify.TotalPassed, verify.TotalFailed, verify.Indeterminate, verify.NoSignature} {
		if mark := `id="mark-` + strings.ToLower(strings.ReplaceAll(string(i), "_", "-")) + `"`; !strings.Contains(templates.String(), mark) {
			t.Errorf("no mark for %s", i)
		}
		if i.Words().VI == "" || i.Words().EN == "" {
			t.Errorf("no words for %s", i)
		}
	}
}
