package signer_test

import (
	"context"
	"crypto/x509"
	"errors"
	"sync"
	"testing"

	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/signer"
	"kytiem/token"
	"kytiem/token/tokentest"
)

// holder is a carrier that knows its certificates, as all of ours do.
type holder interface {
	signer.KeyCarrier
	Certificates() []*x509.Certificate
}

// carriers are the implementations of [signer.KeyCarrier]; each brings a key to where it is
// carried. What holds of one has to hold of all: the tests of this package that sign run on each.
func carriers(t *testing.T) map[string]func(*testing.T, devca.Issued) holder {
	t.Helper()
	return map[string]func(*testing.T, devca.Issued) holder{
		"PKCS12": func(t *testing.T, issued devca.Issued) holder { return carrier(t, issued) },
		"PKCS11": func(t *testing.T, issued devca.Issued) holder {
			s, program := tokens(t)
			hold(t, s, "Chữ ký số", []byte{1}, issued)
			c, err := signer.OpenPKCS11(context.Background(), signer.PKCS11Options{Program: program, Login: token.Login{PIN: tokentest.PIN}})
			if err != nil {
				t.Fatal(err)
			}
			return c
		},
	}
}

// tokens is a directory for tokens, and the program that signs with them.
func tokens(t *testing.T) (*tokentest.Tokens, token.Program) {
	t.Helper()
	s := tokentest.Need(t)
	path, err := tokentest.BuildProgram(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s, token.Program{Path: path, Module: s.Module}
}

// hold makes a token that holds a key, its certificate, and the issuers' certificates.
func hold(t *testing.T, s *tokentest.Tokens, label string, id []byte, issued devca.Issued) (serial string) {
	t.Helper()
	serial, err := s.Make(label)
	if err == nil {
		err = errors.Join(s.PutKey(serial, id, issued.Key), s.PutCertificate(serial, id, "", issued.Certificate))
	}
	for i, c := range issued.Chain {
		err = errors.Join(err, s.PutCertificate(serial, []byte{0xca, byte(i)}, "", c))
	}
	if err != nil {
		t.Fatal(err)
	}
	return serial
}

// TestCarriers is the contract of [signer.KeyCarrier], on each.
func TestCarriers(t *testing.T) {
	ca := authority(t)
	issued, stranger := issue(t, ca, nil), issue(t, ca, nil)
	for name, carry := range carriers(t) {
		t.Run(name, func(t *testing.T) {
			key := carry(t, issued)
			chain := key.Certificates()
			if len(chain) != 1+len(issued.Chain) || !chain[0].Equal(issued.Certificate) || !chain[1].Equal(issued.Chain[0]) {
				t.Errorf("%d certificates, want the leaf and %d issuers", len(chain), len(issued.Chain))
			}
			request := func(text string, algorithm pades.Algorithm) signer.Request {
				return signer.Request{SignedAttributes: []byte(text), Algorithm: algorithm, Certificates: [][]byte{chain[0].Raw}}
			}
			all := []signer.Request{
				request("a", pades.RS256), request("b", pades.PS256), request("c", pades.RS384), request("d", pades.PS384), request("e", pades.RS512), request("f", pades.PS512),
			}
			check := func(requests []signer.Request) error {
				signatures, err := key.Sign(context.Background(), requests)
				if err != nil || len(signatures) != len(requests) {
					return errors.Join(err, errors.New("not as many signatures as requests"))
				}
				for i, r := range requests {
					err = errors.Join(err, r.Algorithm.Verify(chain[0].PublicKey, r.SignedAttributes, signatures[i]))
				}
				return err
			}
			t.Run("in order", func(t *testing.T) {
				if err := check(all); err != nil {
					t.Error(err)
				}
			})
			t.Run("none", func(t *testing.T) {
				if signatures, err := key.Sign(context.Background(), nil); err != nil || len(signatures) != 0 {
					t.Errorf("%d signatures, %v", len(signatures), err)
				}
			})
			t.Run("at once", func(t *testing.T) {
				var wait sync.WaitGroup
				for range 4 {
					wait.Go(func() {
						if err := check(all[:2]); err != nil {
							t.Error(err)
						}
					})
				}
				wait.Wait()
			})
			foreign := request("a", pades.RS256)
			foreign.Certificates = [][]byte{stranger.Certificate.Raw}
			nobody := request("a", pades.RS256)
			nobody.Certificates = nil
			for _, test := range []struct {
				name    string
				request signer.Request
				want    error
			}{
				{"another's certificate", foreign, signer.ErrNoCertificate}, {"no certificate", nobody, signer.ErrNoCertificate},
				{"algorithm of another kind of key", request("a", pades.ES256), pades.ErrUnsupportedAlgorithm},
				{"no algorithm", request("a", "none"), pades.ErrUnsupportedAlgorithm},
			} {
				t.Run(test.name, func(t *testing.T) { // whole or not at all, wherever it stands
					if signatures, err := key.Sign(context.Background(), []signer.Request{all[0], test.request}); !errors.Is(err, test.want) || signatures != nil {
						t.Errorf("%d signatures, %v, want %v", len(signatures), err, test.want)
					}
				})
			}
			t.Run("stopped", func(t *testing.T) {
				ctx, cancel := context.WithCancel(context.Background())
				cancel()
				if signatures, err := key.Sign(ctx, all); !errors.Is(err, context.Canceled) || signatures != nil {
					t.Errorf("%d signatures, %v, want context.Canceled", len(signatures), err)
				}
			})
		})
	}
}
