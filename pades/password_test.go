package pades_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"kytiem/pades"
)

// TestUnlock asks of documents that qpdf encrypted in each way there is which passwords are
// theirs.
func TestUnlock(t *testing.T) {
	for _, name := range []string{"r2", "r3", "r4", "r5", "r6", "r6-empty", "r6-streams"} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile("testdata/password/" + name + ".pdf")
			if err != nil {
				t.Fatal(err)
			}
			file, err := pades.Open(data)
			if err != nil {
				t.Fatal(err)
			}
			for password, want := range map[string]bool{
				"user": name != "r6-empty", "owner": true, "": name == "r6-empty", "User": false, "user ": false, "owne": false, "mật khẩu": false,
			} {
				if got, err := file.Unlock(password); got != want || err != nil {
					t.Errorf("%q opens it: %t (%v), want %t", password, got, err, want)
				}
			}
		})
	}
}

// TestUnlockNot: of what is not encrypted so, nothing is known.
func TestUnlockNot(t *testing.T) {
	data, err := os.ReadFile("testdata/password/r6.pdf")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"revision": {"/R 6", "/R 9"}, "handler": {"/Filter /Standard", "/Filter /Sthandrd"}, "no user": {"/U <", "/X <"},
	} {
		file, err := pades.Open([]byte(replaceOnce(t, string(data), change[0], change[1])))
		if err != nil {
			t.Fatal(err)
		}
		if opens, err := file.Unlock("user"); opens || !errors.Is(err, pades.ErrEncrypted) {
			t.Errorf("%s: opens %t (%v), want ErrEncrypted", name, opens, err)
		}
	}
}

// TestUnlockTied: a key that is not the one whose permissions the dictionary states opens
// nothing, or what one password opens could be another document than what the other does.
func TestUnlockTied(t *testing.T) {
	for _, name := range []string{"r3", "r4", "r5", "r6"} {
		data, err := os.ReadFile("testdata/password/" + name + ".pdf")
		if err != nil {
			t.Fatal(err)
		}
		file, err := pades.Open([]byte(replaceOnce(t, string(data), "/P -4", "/P -8")))
		if err != nil {
			t.Fatal(err)
		}
		for _, password := range []string{"user", "owner"} {
			if opens, err := file.Unlock(password); opens || err != nil {
				t.Errorf("%s: %q opens it: %t (%v), want false", name, password, opens, err)
			}
		}
	}
}

func replaceOnce(t *testing.T, text, old, replacement string) string {
	t.Helper()
	before, after, found := strings.Cut(text, old)
	if !found || len(old) != len(replacement) {
		t.Fatalf("no %s of that length", old)
	}
	return before + replacement + after
}
