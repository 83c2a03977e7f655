package signer_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kytiem/certs/devca"
	"kytiem/signer"
	"kytiem/token"
	"kytiem/token/tokentest"
)

func TestOpenPKCS11(t *testing.T) {
	ca := authority(t)
	s, program := tokens(t)
	head, seal := issue(t, ca, nil), issue(t, ca, func(p *devca.Profile) { p.Key = "p256" })
	first := hold(t, s, "UBND", []byte{1}, head)
	second := hold(t, s, "UBND", []byte{1}, seal)
	for _, test := range []struct {
		name, uri string
		want      error
		holds     *x509.Certificate
	}{
		{"by serial number", "pkcs11:serial=" + first, nil, head.Certificate},
		{"by serial number and id", "pkcs11:token=UBND;serial=" + second + ";id=%01", nil, seal.Certificate},
		{"by a label that two have", "pkcs11:token=UBND", token.ErrAmbiguous, nil},
		{"whatever there is", "pkcs11:", token.ErrAmbiguous, nil},
		{"an issuer is no signer", "pkcs11:id=%CA%00", token.ErrNoCertificate, nil},
		{"another token", "pkcs11:token=UBND2", token.ErrNoCertificate, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			uri, err := token.ParseURI(test.uri)
			if err != nil {
				t.Fatal(err)
			}
			c, err := signer.OpenPKCS11(context.Background(), signer.PKCS11Options{URI: uri, Program: program, Login: token.Login{PIN: tokentest.PIN}})
			if !errors.Is(err, test.want) {
				t.Fatalf("OpenPKCS11: %v, want %v", err, test.want)
			}
			if errors.Is(err, token.ErrAmbiguous) && (!strings.Contains(err.Error(), "serial="+first+";id=%01") || !strings.Contains(err.Error(), "serial="+second)) {
				t.Errorf("the error does not say which there are: %v", err)
			}
			if err != nil {
				return
			}
			if !c.Certificates()[0].Equal(test.holds) {
				t.Errorf("certificate of %s", c.Certificates()[0].Subject)
			}
			if err := c.Try(context.Background()); err != nil {
				t.Errorf("Try: %v", err)
			}
		})
	}
}

// TestIssuersBesideTheToken: what the token does not hold may be given, and only what leads
// upwards is taken.
func TestIssuersBesideTheToken(t *testing.T) {
	ca := authority(t)
	s, program := tokens(t)
	head := issue(t, ca, nil)
	alone := head
	alone.Chain = nil
	hold(t, s, "UBND", []byte{1}, alone)
	for _, given := range [][]*x509.Certificate{nil, head.Chain, {ca.Root().Certificate, ca.TSARoot().Certificate, head.Certificate, head.Chain[0]}} {
		c, err := signer.OpenPKCS11(context.Background(), signer.PKCS11Options{Program: program, Issuers: given})
		if err != nil {
			t.Fatal(err)
		}
		want := 1
		if len(given) > 0 {
			want = 2
		}
		if len(given) > 1 {
			want = 3 // the root, too
		}
		if got := c.Certificates(); len(got) != want || !got[0].Equal(head.Certificate) || want > 1 && !got[1].Equal(head.Chain[0]) {
			t.Errorf("of %d given: %d certificates, want %d", len(given), len(got), want)
		}
	}
}

// TestWrongPINOnce: a PIN that was wrong is not sent again, whatever is asked for, and by
// however many at once.
func TestWrongPINOnce(t *testing.T) {
	ca := authority(t)
	s, program := tokens(t)
	hold(t, s, "UBND", []byte{1}, issue(t, ca, nil))
	m := s.Misbehave(t, "")
	program.Module = m.Module
	open := func(pin string) *signer.PKCS11 {
		c, err := signer.OpenPKCS11(context.Background(), signer.PKCS11Options{Program: program, Login: token.Login{PIN: pin, Unattended: true}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := open("246810")
	outcome := make(chan error, 4)
	for range cap(outcome) {
		go func() { outcome <- c.Try(context.Background()) }()
	}
	for range cap(outcome) {
		if err := <-outcome; !errors.Is(err, token.ErrPINIncorrect) {
			t.Errorf("Try: %v, want ErrPINIncorrect", err)
		}
	}
	if got := m.Calls(); got != "login" {
		t.Errorf("called %q, want one login", got)
	}
	// Nor after a new start, as long as the token remembers.
	t.Setenv("MISBEHAVE", "low")
	if err := open(tokentest.PIN).Try(context.Background()); !errors.Is(err, token.ErrPINLow) {
		t.Errorf("Try: %v, want ErrPINLow", err)
	}
	if got := m.Calls(); got != "" {
		t.Errorf("called %q, want nothing", got)
	}
}

// TestPINProven: a service goes on with a PIN that was right when it started, though somebody
// mistyped it elsewhere since; its last try it leaves to people.
func TestPINProven(t *testing.T) {
	ca := authority(t)
	s, program := tokens(t)
	hold(t, s, "UBND", []byte{1}, issue(t, ca, nil))
	m := s.Misbehave(t, "")
	program.Module = m.Module
	c, err := signer.OpenPKCS11(context.Background(), signer.PKCS11Options{Program: program, Login: token.Login{PIN: tokentest.PIN, Unattended: true}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		behaviour string
		want      error
		calls     string
	}{{"", nil, "login sign logout"}, {"low", nil, "login sign logout"}, {"final", token.ErrPINFinalTry, ""}, {"", nil, "login sign logout"}} {
		t.Setenv("MISBEHAVE", test.behaviour)
		if err := c.Try(context.Background()); !errors.Is(err, test.want) {
			t.Errorf("Try, %q: %v, want %v", test.behaviour, err, test.want)
		}
		if got := m.Calls(); got != test.calls {
			t.Errorf("%q: called %q, want %q", test.behaviour, got, test.calls)
		}
	}
}

// BenchmarkPKCS11 is a batch of one signature: a process, the library, a login, RSA-2048.
func BenchmarkPKCS11(b *testing.B) {
	s := tokentest.Need(b)
	path, err := tokentest.BuildProgram(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	issued := issue(b, authority(b), nil)
	serial, err := s.Make("UBND")
	if err := errors.Join(err, s.PutKey(serial, []byte{1}, issued.Key), s.PutCertificate(serial, []byte{1}, "", issued.Certificate)); err != nil {
		b.Fatal(err)
	}
	o := signer.PKCS11Options{Program: token.Program{Path: path, Module: s.Module}, Login: token.Login{PIN: tokentest.PIN}}
	c, err := signer.OpenPKCS11(context.Background(), o)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := c.Try(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// TestChildIsNotTrusted: a program that is not what it should be has no signature accepted.
func TestChildIsNotTrusted(t *testing.T) {
	ca := authority(t)
	s, program := tokens(t)
	hold(t, s, "UBND", []byte{1}, issue(t, ca, nil))
	c, err := signer.OpenPKCS11(context.Background(), signer.PKCS11Options{Program: liar(t, program), Login: token.Login{PIN: tokentest.PIN}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Try(context.Background()); !errors.Is(err, token.ErrSignature) {
		t.Errorf("Try: %v, want ErrSignature", err)
	}
}

// liar lists as the program does, and signs anything with three zeros.
func liar(t *testing.T, program token.Program) token.Program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "liar")
	script := fmt.Sprintf(`#!/bin/sh
read -r q
case $q in *items*) echo '{"signature":"AAAA"}'; echo '{"done":true}';; *) { printf '%%s\n' "$q"; sleep 5; } | %s;; esac
`, program.Path)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	program.Path = path
	return program
}
