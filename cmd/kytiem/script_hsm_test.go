package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"kytiem/token/tokentest"
)

// hsm is a directory of tokens, behind SoftHSM's library. Scripts that use it begin by
// skipping where softhsm2-util and pkcs11-tool are not.
//
//	hsm start                  sets $KYTIEM_PKCS11_MODULE and $SOFTHSM2_CONF, writes token.pin
//	hsm hold NAME LABEL [OPTION…]
//	                           a new token with the key and certificate that `ca issue NAME` made,
//	                           and its issuer's; $NAME is the token's serial number. Options: no-key, no-issuer
func hsm(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: hsm start|hold …")
	}
	switch {
	case args[0] == "start" && len(args) == 1:
		s, err := tokentest.New(ts.MkAbs("hsm"))
		ts.Check(err)
		ts.Setenv("KYTIEM_PKCS11_MODULE", s.Module)
		ts.Setenv("SOFTHSM2_CONF", s.Conf)
		ts.Check(os.WriteFile(ts.MkAbs("token.pin"), []byte(tokentest.PIN+"\n"), 0o600))
	case args[0] == "hold" && len(args) >= 3:
		issued := ts.Value("ca").(*authority).issued[args[1]]
		s := &tokentest.Tokens{Module: ts.Getenv("KYTIEM_PKCS11_MODULE"), Conf: ts.Getenv("SOFTHSM2_CONF")}
		serial, err := s.Make(args[2])
		ts.Check(err)
		options := strings.Join(args[3:], " ")
		err = s.PutCertificate(serial, []byte{1}, "chứng thư", issued.Certificate)
		if !strings.Contains(options, "no-key") {
			err = errors.Join(err, s.PutKey(serial, []byte{1}, issued.Key))
		}
		for _, issuer := range issued.Chain {
			if !strings.Contains(options, "no-issuer") {
				err = errors.Join(err, s.PutCertificate(serial, []byte{2}, "", issuer))
			}
			writeCertificate(ts, "issuer.pem", issuer)
		}
		ts.Check(err)
		ts.Setenv(args[1], serial)
	default:
		ts.Fatalf("hsm %s: what is meant?", strings.Join(args, " "))
	}
}

// TestLibrariesStayOutside: kytiem is a static program that loads nothing. What loads a
// vendor's library, and so needs a C library, is kytiem-token alone.
func TestLibrariesStayOutside(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "kytiem/cmd/kytiem").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "kytiem/token\n") {
		t.Error("go list does not tell what kytiem is made of")
	}
	for _, line := range strings.Fields(string(out)) {
		if strings.Contains(line, "purego") || line == "kytiem/pkcs11" {
			t.Errorf("kytiem is made of %s", line)
		}
	}
}
