package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"kytiem/certs"
)

const profiles = `[
 {"name": "chair", "kind": "person", "common_name": "Nguyễn Thị Hòa", "organization": "Ủy ban nhân dân xã Phú Lý", "title": "Chủ tịch",
  "identifiers": ["MST:3600000001", "CCCD:075180000001"], "province": "Đồng Nai", "locality": "Vĩnh Cửu", "key": "p256"},
 {"name": "seal", "kind": "organisation", "common_name": "Ủy ban nhân dân xã Phú Lý", "organization": "Ủy ban nhân dân xã Phú Lý",
  "identifiers": ["MST:3600000001"], "key": "p256"}]`

// start runs the program until the test ends or stop is called, and gives its ready line.
func start(t *testing.T, args ...string) (line ready, stop func()) {
	t.Helper()
	stdin, lifeline := io.Pipe()
	out, stdout := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(t.Context(), append(args, "--stdin-lifeline"), stdin, stdout, io.Discard)
		stdout.CloseWithError(err)
		done <- err
	}()
	go io.WriteString(lifeline, profiles)
	printed, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(printed, &line); err != nil {
		t.Fatalf("%v in %q", err, printed)
	}
	return line, func() {
		t.Helper()
		lifeline.Close()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(5 * time.Second):
			t.Error("still there after standard input ended")
		}
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	trust, out := filepath.Join(dir, "trust"), filepath.Join(dir, "out")
	args := []string{"--dir", trust, "--out", out, "--profiles", "-"}
	line, stop := start(t, args...)
	if line.OCSP != line.URL+"/ocsp" || line.TSA != line.URL+"/tsa" || line.Trust != trust {
		t.Errorf("got %+v", line)
	}

	var files []string
	if err := fs.WalkDir(os.DirFS(trust), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"root.pem", "tsa/tsa-root.pem"}; !slices.Equal(files, want) {
		t.Errorf("the trust directory holds %v, want %v", files, want)
	}
	anchors, err := certs.LoadAnchors(trust)
	if err != nil || len(anchors.CA) != 1 || len(anchors.TSA) != 2 {
		t.Fatalf("got %d and %d anchors, %v", len(anchors.CA), len(anchors.TSA), err)
	}

	cert, chain := open(t, filepath.Join(out, "chair"))
	paths, err := certs.Paths(cert, chain, anchors.CA, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, answer := range certs.PathRevocation(t.Context(), &certs.HTTP{AllowPrivate: true}, paths[0], time.Now()) {
		if answer.Status != certs.Good {
			t.Errorf("certificate %s is %v because %v", answer.Serial, answer.Status, answer.Cause)
		}
	}
	if got := certs.Subject(cert); got.Title != "Chủ tịch" || len(got.Identifiers) != 2 {
		t.Errorf("got %+v", got)
	}

	stop()
	for tries := 0; ; tries++ { // the listener closes a moment after
		response, err := http.Get(line.URL + "/root.crt")
		if err != nil {
			break
		}
		response.Body.Close()
		if tries == 100 {
			t.Fatal("still answers after the end")
		}
		time.Sleep(10 * time.Millisecond)
	}

	// Another start: the same roots; at the old address the same certificates, at another new ones.
	_, stop = start(t, append(args, "--listen", strings.TrimPrefix(line.URL, "http://"))...)
	if again, _ := open(t, filepath.Join(out, "chair")); !again.Equal(cert) {
		t.Error("issued anew without need")
	}
	stop()
	_, stop = start(t, args...)
	defer stop()
	moved, chain := open(t, filepath.Join(out, "chair"))
	if moved.Equal(cert) {
		t.Error("still names the old address")
	}
	if _, err := certs.Paths(moved, chain, anchors.CA, time.Now()); err != nil {
		t.Errorf("below the first start's root: %v", err)
	}
}

// open unpacks NAME.p12 with NAME.pass.
func open(t *testing.T, base string) (*x509.Certificate, []*x509.Certificate) {
	t.Helper()
	packed, err := os.ReadFile(base + ".p12")
	if err != nil {
		t.Fatal(err)
	}
	password, err := os.ReadFile(base + ".pass")
	if err != nil {
		t.Fatal(err)
	}
	_, cert, chain, err := pkcs12.DecodeChain(packed, string(bytes.TrimSpace(password)))
	if err != nil {
		t.Fatal(err)
	}
	return cert, chain
}

func TestRunRefuses(t *testing.T) {
	dir := t.TempDir()
	trust := filepath.Join(dir, "trust")
	tests := []struct {
		name  string
		args  []string
		stdin string
	}{
		{"no directory", nil, ""},
		{"other address", []string{"--dir", trust, "--listen", "0.0.0.0:0"}, ""},
		{"profiles without --out", []string{"--dir", trust, "--profiles", "-"}, "[]"},
		{"files in the trust directory", []string{"--dir", trust, "--profiles", "-", "--out", filepath.Join(trust, "out")}, "[]"},
		{"state in the trust directory", []string{"--dir", trust, "--state", trust}, ""},
		{"name that leads out", []string{"--dir", trust, "--out", dir, "--profiles", "-"}, `[{"name": "../x", "kind": "person"}]`},
		{"name twice", []string{"--dir", trust, "--out", dir, "--profiles", "-"}, `[{"name": "x", "kind": "person"}, {"name": "x", "kind": "person"}]`},
		{"unknown field", []string{"--dir", trust, "--out", dir, "--profiles", "-"}, `[{"name": "x", "kind": "person", "colour": "red"}]`},
		{"no JSON", []string{"--dir", trust, "--out", dir, "--profiles", "-"}, `x`},
		{"left-over argument", []string{"--dir", trust, "x"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			var stdout bytes.Buffer
			err := run(ctx, test.args, strings.NewReader(test.stdin), &stdout, io.Discard)
			if err == nil || errors.Is(err, context.DeadlineExceeded) || stdout.Len() > 0 {
				t.Errorf("got %v and %q, want a refusal", err, stdout.String())
			}
		})
	}
}
