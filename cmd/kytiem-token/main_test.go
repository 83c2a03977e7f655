package main

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/token"
	"kytiem/token/tokentest"
)

// desk is a token with an RSA key and its certificate, and the program as it is installed.
type desk struct {
	*tokentest.Tokens
	program string
	serial  string
	issued  devca.Issued
}

func newDesk(t *testing.T, options ...string) desk {
	t.Helper()
	d := desk{Tokens: tokentest.Need(t)}
	ca, err := devca.New(devca.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d.issued, err = ca.Issue(devca.Profile{Kind: devca.Person, CommonName: "Trần Văn Mẫu"}); err != nil {
		t.Fatal(err)
	}
	if d.program, err = tokentest.BuildProgram(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if d.serial, err = d.Make("Chữ ký số"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.PutKey(d.serial, []byte{7}, d.issued.Key, options...), d.PutCertificate(d.serial, []byte{7}, "", d.issued.Certificate)); err != nil {
		t.Fatal(err)
	}
	return d
}

// certificate is the one that the token holds, as the program lists it.
func (d desk) certificate(t *testing.T) token.Certificate {
	t.Helper()
	list, err := token.Program{Path: d.program, Module: d.Module}.List(context.Background())
	if err != nil || len(list) != 1 {
		t.Fatalf("List: %d, %v", len(list), err)
	}
	return list[0]
}

func items(n int, algorithm pades.Algorithm) []token.Item {
	sum := sha256.Sum256([]byte("content"))
	list := make([]token.Item, n)
	for i := range list {
		list[i] = token.Item{Algorithm: string(algorithm), Digest: sum[:]}
	}
	return list
}

// TestTokensThatMisbehave is what tokens on desks do and SoftHSM does not. In every case
// the calls that reached the library are those that were wanted: no PIN is tried twice, no login is
// left behind where the process lives to end it, and no session could write.
func TestTokensThatMisbehave(t *testing.T) {
	d := newDesk(t)
	by := d.certificate(t)
	right, wrong := token.Login{PIN: tokentest.PIN}, token.Login{PIN: "246810"}
	final := token.Login{PIN: tokentest.PIN, FinalTry: true}
	for _, test := range []struct {
		behaviour string
		login     token.Login
		algorithm pades.Algorithm
		want      error
		calls     string
	}{
		{"", right, pades.RS256, nil, "login sign sign logout"},
		{"", right, pades.PS256, nil, "login sign sign logout"},
		{"", wrong, pades.RS256, token.ErrPINIncorrect, "login"},
		{"", token.Login{PIN: "1"}, pades.RS256, token.ErrPINLength, ""},
		{"", token.Login{}, pades.RS256, token.ErrNoPIN, ""},
		{"", right, "HS256", token.ErrMechanism, "login logout"},
		{"print", right, pades.RS256, nil, "login sign sign logout"},
		{"already", right, pades.RS256, nil, "login logout login sign sign logout"},
		{"low", right, pades.RS256, nil, "login sign sign logout"},
		{"low", token.Login{PIN: tokentest.PIN, Unattended: true}, pades.RS256, token.ErrPINLow, ""},
		{"final", right, pades.RS256, token.ErrPINFinalTry, ""},
		{"final", final, pades.RS256, nil, "login sign sign logout"},
		{"final", token.Login{PIN: tokentest.PIN, FinalTry: true, Unattended: true}, pades.RS256, token.ErrPINFinalTry, ""},
		{"final-after", wrong, pades.RS256, token.ErrPINIncorrectFinal, "login"},
		{"lock-after", wrong, pades.RS256, token.ErrPINLocked, "login"},
		{"locked", final, pades.RS256, token.ErrPINLocked, ""},
		{"no-pss", right, pades.RS256, nil, "login sign sign logout"},
		{"no-pss", right, pades.PS256, token.ErrMechanism, "login logout"},
		{"removed", right, pades.RS256, token.ErrRemoved, "login sign sign logout"},
		{"wrong", right, pades.RS256, token.ErrSignature, "login sign logout"},
		{"long", right, pades.RS256, token.ErrDevice, "login sign logout"},
		{"many", right, pades.RS256, token.ErrDevice, ""},
		{"crash", right, pades.RS256, token.ErrCrashed, "login sign"},
		{"exit", right, pades.RS256, token.ErrCrashed, "login sign"},
		{"hang", right, pades.RS256, token.ErrHangs, "login sign"},
		{"hang-load", right, pades.RS256, token.ErrHangs, ""},
	} {
		t.Run(strings.TrimSpace(test.behaviour+" "+test.calls), func(t *testing.T) {
			m := d.Misbehave(t, test.behaviour)
			p := token.Program{Path: d.program, Module: m.Module, Patience: 2 * time.Second}
			signatures, err := p.Sign(context.Background(), by, test.login, items(2, test.algorithm))
			if !errors.Is(err, test.want) || (err == nil) != (len(signatures) == 2) {
				t.Errorf("Sign: %d signatures, %v, want %v", len(signatures), err, test.want)
			}
			if got := m.Calls(); got != test.calls {
				t.Errorf("called %q, want %q", got, test.calls)
			}
			for _, signature := range signatures {
				if err := test.algorithm.Verify(d.issued.Certificate.PublicKey, []byte("content"), signature); err != nil {
					t.Error(err)
				}
			}
			if err != nil && (strings.Contains(err.Error(), tokentest.PIN) || strings.Contains(err.Error(), wrong.PIN)) {
				t.Errorf("the PIN stands in the error: %v", err)
			}
		})
	}
}

// TestAlwaysAuthenticate: a key that asks for the PIN at every signature gets it there.
func TestAlwaysAuthenticate(t *testing.T) {
	d := newDesk(t, "--always-auth")
	m := d.Misbehave(t, "")
	p := token.Program{Path: d.program, Module: m.Module}
	if _, err := p.Sign(context.Background(), d.certificate(t), token.Login{PIN: tokentest.PIN}, items(2, pades.RS256)); err != nil {
		t.Error(err)
	}
	if got, want := m.Calls(), "login context sign context sign logout"; got != want {
		t.Errorf("called %q, want %q", got, want)
	}
}

// TestTokensAlike: of two tokens with one label, and even one certificate, the one that was meant
// is logged in on, and no other; what is not there any more is not replaced.
func TestTokensAlike(t *testing.T) {
	d := newDesk(t)
	other, err := d.Make("Chữ ký số")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.PutCertificate(other, []byte{7}, "", d.issued.Certificate); err != nil { // without its key
		t.Fatal(err)
	}
	p := token.Program{Path: d.program, Module: d.Module}
	list, err := p.List(context.Background())
	if err != nil || len(list) != 2 || list[0].Token != list[1].Token || list[0].Serial == list[1].Serial {
		t.Fatalf("List: %+v, %v", list, err)
	}
	for _, by := range list {
		var want error
		if by.Serial == other {
			want = token.ErrNoKey
		}
		if _, err := p.Sign(context.Background(), by, token.Login{PIN: tokentest.PIN}, items(1, pades.RS256)); !errors.Is(err, want) {
			t.Errorf("by the token %s: %v, want %v", by.Serial, err, want)
		}
		moved := by
		moved.Slot++ // as after plugging in again
		if _, err := p.Sign(context.Background(), moved, token.Login{PIN: tokentest.PIN}, items(1, pades.RS256)); !errors.Is(err, want) {
			t.Errorf("by the token %s in another slot: %v, want %v", by.Serial, err, want)
		}
	}
	gone := list[0]
	gone.Serial = "0000000000000000"
	if _, err := p.Sign(context.Background(), gone, token.Login{PIN: tokentest.PIN}, items(1, pades.RS256)); !errors.Is(err, token.ErrNoToken) {
		t.Errorf("by a token that is not there: %v", err)
	}
}

func TestListRefuses(t *testing.T) {
	s := tokentest.Need(t)
	program, err := tokentest.BuildProgram(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		p    token.Program
		want error
	}{
		{"no token", token.Program{Path: program, Module: s.Module}, token.ErrNoToken},
		{"no library", token.Program{Path: program, Module: "/nowhere.so"}, token.ErrNoModule},
		{"library that is none", token.Program{Path: program, Module: s.Conf}, token.ErrModule},
		{"no program", token.Program{Path: program + "-none", Module: s.Module}, token.ErrNoProgram},
	} {
		t.Run(test.name, func(t *testing.T) {
			if list, err := test.p.List(context.Background()); !errors.Is(err, test.want) || list != nil {
				t.Errorf("List: %v, want %v", err, test.want)
			}
		})
	}
}

// TestStopped: whoever waits can stop waiting, however deep the library hangs.
func TestStopped(t *testing.T) {
	d := newDesk(t)
	by := d.certificate(t)
	m := d.Misbehave(t, "hang")
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	start := time.Now()
	_, err := token.Program{Path: d.program, Module: m.Module}.Sign(ctx, by, token.Login{PIN: tokentest.PIN}, items(1, pades.RS256))
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 5*time.Second {
		t.Errorf("Sign: %v after %s", err, time.Since(start))
	}
}

// TestParentGone: the program does not outlive whoever started it, even while the library
// hangs.
func TestParentGone(t *testing.T) {
	d := newDesk(t)
	m := d.Misbehave(t, "hang-load")
	child := exec.Command(d.program)
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(in).Encode(token.Question{Module: m.Module}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	select {
	case err := <-ended:
		t.Fatalf("ended by itself: %v", err)
	case <-time.After(500 * time.Millisecond):
	}
	in.Close()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		child.Process.Kill()
		t.Error("still there ten seconds after its parent")
	}
}

// TestSettingsStayHere: the library does not see our settings, in which passwords stand.
func TestSettingsStayHere(t *testing.T) {
	t.Setenv("KYTIEM_KEY_PASSWORD", "geheim")
	script := t.TempDir() + "/child"
	if err := os.WriteFile(script, []byte("#!/bin/sh\nread q\nenv | grep -q KYTIEM_ && exit 1\necho '{\"done\":true}'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := (token.Program{Path: script, Module: "/none"}).List(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestAnswerRefuses is what the program does with a certificate that is none.
func TestAnswerRefuses(t *testing.T) {
	d := newDesk(t)
	by := d.certificate(t)
	by.DER = []byte("none")
	_, err := token.Program{Path: d.program, Module: d.Module}.Sign(context.Background(), by, token.Login{PIN: tokentest.PIN}, items(1, pades.RS256))
	if !errors.Is(err, token.ErrDevice) {
		t.Errorf("Sign: %v", err)
	}
	if _, err := x509.ParseCertificate(by.DER); err == nil {
		t.Error("it is one")
	}
	out, err := exec.Command(d.program, "--help").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "not by hand") {
		t.Errorf("by hand: %v, %s", err, out)
	}
}
