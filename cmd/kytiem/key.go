package main

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"kytiem/bundle"
	"kytiem/cmd/terminal"
	"kytiem/signer"
	"kytiem/token"
)

// holder is a key with the certificates that lead from it upwards.
type holder interface {
	signer.KeyCarrier
	Certificates() []*x509.Certificate
}

// keyFlags say where the key is that signs: in a file, or on a token.
type keyFlags struct {
	p12, passFile           string
	pkcs11, pinFile, module string
	issuers                 string
	finalTry                bool
}

func (f *keyFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.p12, "p12", "", "PKCS#12 file with key and certificate")
	flags.StringVar(&f.passFile, "pass-file", "", "file with its password")
	flags.StringVar(&f.pkcs11, "pkcs11", "", "key on a USB token or an HSM instead: pkcs11: URI (RFC 7512) that names its certificate; pkcs11: alone where there is one")
	flags.StringVar(&f.pinFile, "pin-file", "", "file with its PIN (or pin-source in the URI; none where the reader has a pad)")
	flags.StringVar(&f.module, "pkcs11-module", "", "library of its vendor, where the URI has no module-path (default KYTIEM_PKCS11_MODULE)")
	flags.StringVar(&f.issuers, "issuers", "", "PEM file with its issuers' certificates, where the token does not hold them")
	flags.BoolVar(&f.finalTry, "final-try", false, "try the PIN even if another wrong one locks the token")
	cmd.MarkFlagsOneRequired("p12", "pkcs11")
	cmd.MarkFlagsMutuallyExclusive("p12", "pkcs11")
	cmd.MarkFlagsRequiredTogether("p12", "pass-file")
	for _, name := range []string{"pin-file", "pkcs11-module", "issuers", "final-try"} {
		cmd.MarkFlagsMutuallyExclusive("p12", name)
	}
}

func (f *keyFlags) open(ctx context.Context) (holder, error) {
	if f.p12 != "" {
		return openPKCS12(f.p12, f.passFile)
	}
	o := signer.PKCS11Options{Login: token.Login{FinalTry: f.finalTry}, Program: token.Program{Module: cmp.Or(f.module, os.Getenv("KYTIEM_PKCS11_MODULE"))}}
	if f.pinFile != "" {
		var err error
		if o.Login.PIN, err = terminal.ReadPassword(f.pinFile); err != nil {
			return nil, err
		}
	}
	return openPKCS11(ctx, f.pkcs11, f.issuers, o)
}

// openPKCS11 finds the key that a URI names. The URI's own module-path goes before the one
// that is set for all, since it was written for this key.
func openPKCS11(ctx context.Context, uri, issuers string, o signer.PKCS11Options) (*signer.PKCS11, error) {
	var err error
	if o.URI, err = token.ParseURI(uri); err != nil {
		return nil, err
	}
	if o.URI.PINFile != "" {
		if o.Login.PIN != "" {
			return nil, fmt.Errorf("pin-source beside another PIN: %w", token.ErrURI)
		}
		if o.Login.PIN, err = terminal.ReadPassword(o.URI.PINFile); err != nil {
			return nil, err
		}
	}
	if o.Program.Module = cmp.Or(o.URI.Module, o.Program.Module); o.Program.Module == "" {
		return nil, token.ErrNoModule
	}
	if issuers != "" {
		if o.Issuers, err = readCertificates(issuers); err != nil {
			return nil, err
		}
	}
	return signer.OpenPKCS11(ctx, o)
}

var errIssuers = errors.New("not a PEM file of certificates")

// readCertificates reads a PEM file that holds certificates and nothing else.
func readCertificates(path string) ([]*x509.Certificate, error) {
	rest, err := terminal.ReadFile(path, signer.MaxPKCS12Bytes)
	if err != nil {
		return nil, err
	}
	var list []*x509.Certificate
	for len(strings.TrimSpace(string(rest))) > 0 {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("%s: %w", path, errIssuers)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, errIssuers)
		}
		list = append(list, c)
	}
	if list == nil {
		return nil, fmt.Errorf("%s: %w", path, errIssuers)
	}
	return list, nil
}

// openPKCS12 opens a key file with the password in another file, so that it stands
// in no process list.
func openPKCS12(path, passFile string) (*signer.PKCS12, error) {
	password, err := terminal.ReadPassword(passFile)
	if err != nil {
		return nil, err
	}
	data, err := terminal.ReadFile(path, signer.MaxPKCS12Bytes)
	if errors.Is(err, bundle.ErrTooLarge) {
		return nil, fmt.Errorf("%s: %w", path, signer.ErrPKCS12)
	}
	if err != nil {
		return nil, err
	}
	carrier, err := signer.OpenPKCS12(data, password)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return carrier, nil
}
